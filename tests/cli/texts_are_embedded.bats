#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Each record gets the vector of its text, as each API gives it.

load helper
load vectors

setup() {
	clean_room
	start_mock --dimensions 8
}

# What jq's filter finds in the last request.
last() {
	curl -sS "$MOCK_BASE/_mock/last" | jq -c "$1"
}

# The vectors that a server of this path gives for the texts of ./in.
post() {
	jq -sc '{model: "mock", input: map(.text)}' in >body
	curl -sS -H 'content-type: application/json' --data-binary @body "$BASE$1" >answer
}

# A record with this script, asked once by this API; its failure, or ok, is in $got.
scripted() {
	local api=$1 script=$2
	mock_reset
	try as "$api" --retries 0 <<<"{\"text\":\"words[[mock:$script]]\"}"
	got=$(code out)
	[ "$got" ] || got=ok
	echo "$api $script: $got"
}

@test "the digits in a record are the server's own bytes, whoever he is" {
	local api
	texts 20 >in
	post /v1/embeddings
	vectors answer >want
	[ "$(wc -l <want)" -eq 20 ]
	for api in $(apis); do
		echo "$api"
		quietly as "$api" <in
		vectors out | cmp - want
		[ "$(ids out | paste -sd ' ')" = "$(seq -s ' ' 20)" ]
		cmp <(jq -c 'del(.embedding)' out) <(jq -c . in)
	done
}

@test "a matrix has the same numbers, in base64 from those who have that" {
	local api form
	texts 20 >in
	for api in $(apis); do
		echo "$api"
		quietly as "$api" <in
		mv out lines
		[ "$(last '[.body | .. | strings | select(. == "base64")] | length')" -eq 0 ]
		rm -f v.*
		for form in npy f32; do
			quietly as "$api" --format $form -o v.$form <in
			cmp out in
		done
		agree v.npy lines
		cmp <(tail -c +129 v.npy) v.f32
		case $api in
		openai | azure* | openrouter | voyage | mistral) [ "$(last .body.encoding_format)" = '"base64"' ] ;;
		jina) [ "$(last .body.embedding_type)" = '"base64"' ] ;;
		cohere) [ "$(last .body.embedding_types)" = '["base64"]' ] ;;
		*) [ "$(last '[.body | .. | strings | select(. == "base64")] | length')" -eq 0 ] ;;
		esac
	done
}

@test "texts of all kinds arrive as they are" {
	jq -cn '"a\u0000b", "é€😀", "\"q\" \\ \n\t\u0001", " " | {text: .}' >in
	printf '%s\n' '{"text":"\u0061\/\ud83d\ude00 <&>"}' '{"text":"raw 😀"}' >>in
	local api
	for api in openai gemini cohere tei ollama; do
		try as "$api" <in
		[ "$status" -eq 0 ]
		[ "$(vectors out | wc -l)" -eq 6 ]
		jq -c 'del(.embedding)' out | cmp - <(jq -c . in)
	done
	post /v1/embeddings
	cmp <(vectors answer) <(vectors out)
	[ "$(last '.body | (.input // .inputs // .texts // [])[3:6]')" = "$(jq -sc 'map(.text)[3:6]' in)" ]
}

@test "a prompt says what is embedded; strings and lines are texts themselves; -a names the field" {
	quietly embed -p 'title: {{title}} {{text}}' -a v <<<'{"title":"T","text":"x"}'
	[ "$(last .body.input)" = '["title: T x"]' ]
	[ "$(jq -c '[keys, (.v | length)]' out)" = '[["text","title","v"],8]' ]
	quietly embed <<<'"just so"'
	[ "$(last .body.input)" = '["just so"]' ]
	[ "$(jq -c '[.input, (.embedding | length)]' out)" = '["just so",8]' ]
	quietly embed -R <<<'a line'
	[ "$(last .body.input)" = '["a line"]' ]
	[ "$(jq -c '[.input, (.embedding | length)]' out)" = '["a line",8]' ]
	quietly embed --seq < <(printf '\036{"text":"x"}\n')
	[ "$(head -c 1 out)" = $'\036' ]
	[ "$(tr -d '\036' <out | jq '.embedding | length')" -eq 8 ]
}

@test "what has no text is an error, and nothing is asked for it" {
	printf '%s\n' '{"text":""}' '{"id":2}' '{"text":7}' '{"text":null}' 'nonsense' '""' '{"text":"x"}' >in
	try embed <in
	[ "$status" -eq 1 ]
	[ "$(jq -s 'length' out)" -eq 7 ]
	[ "$(jq -r '.pllm.error.code // "ok"' out | paste -sd ' ')" = \
		'bad_record bad_record bad_record bad_record bad_record bad_record ok' ]
	[ "$(mock_stat items)" -eq 1 ]
	try embed -p '{{text}}{{more?}}' < <(printf '%s\n' '{"text":""}' '{"text":"y","more":""}')
	[ "$(failures out)" = bad_record:1 ]
	grep -q 'the text is empty: it has no vector' out
}

@test "--dimensions is said in each vendor's words, and kept" {
	local api
	for api in $(apis); do
		[ "$api" != together_ai ] || continue
		quietly as "$api" --dimensions 3 <<<'{"text":"x"}'
		[ "$(jq '.embedding | length' out)" -eq 3 ]
		case $api in
		gemini) [ "$(last '.body.requests[0].outputDimensionality')" -eq 3 ] ;;
		cohere | voyage | mistral) [ "$(last .body.output_dimension)" -eq 3 ] ;;
		*) [ "$(last .body.dimensions)" -eq 3 ] ;;
		esac
	done
	try as together_ai --dimensions 3 <<<'{"text":"x"}'
	[ "$status" -eq 2 ]
	grep -q 'together_ai: --dimensions' err
}

@test "a server that does not heed --dimensions is told apart from one that does" {
	echo '{"text":"x[[mock:short]]"}' >in
	try embed --dimensions 8 <in
	[ "$status" -eq 1 ]
	[ "$(jq -r .pllm.error.code out)" = bad_response ]
	grep -q 'the vector has 7 numbers, --dimensions says 8' out
}

@test "--input-type is said in each vendor's words, and refused where there are none" {
	local api
	for api in $(apis); do
		case $api in
		gemini | cohere | voyage | jina) quietly as "$api" --input-type query <<<'{"text":"x"}' ;;
		*)
			try as "$api" --input-type query <<<'{"text":"x"}'
			[ "$status" -eq 2 ]
			grep -q -e '--input-type' err
			continue
			;;
		esac
		case $api in
		gemini) [ "$(last '.body.requests[0].taskType')" = '"RETRIEVAL_QUERY"' ] ;;
		cohere) [ "$(last .body.input_type)" = '"search_query"' ] ;;
		voyage) [ "$(last .body.input_type)" = '"query"' ] ;;
		jina) [ "$(last .body.task)" = '"retrieval.query"' ] ;;
		esac
		quietly as "$api" --input-type document <<<'{"text":"x"}'
		[ "$(last '.body | .. | strings | select(test("(?i)document|passage"))' | wc -l)" -eq 1 ]
	done
}

@test "--normalize gives vectors of length 1, whoever does it" {
	stop_mock
	start_mock --dimensions 8 --embed-rogue long
	texts 5 >in
	local api
	for api in $(apis); do
		[ "$api" != fireworks_ai ] || continue # the mock knows OpenAI's fields alone
		echo "$api"
		quietly as "$api" <in
		jq -es 'all(.[]; .embedding | map(. * .) | add | sqrt | . > 2.99 and . < 3.01)' out >/dev/null
		quietly as "$api" --normalize <in
		jq -es 'length == 5 and all(.[]; .embedding | map(. * .) | add | sqrt | . > 0.99999 and . < 1.00001)' out >/dev/null
		mv out lines
		quietly as "$api" --normalize --format f32 -o v.f32 <in
		agree v.f32 lines
	done
}

@test "--meta: the first record of a pack has what the pack has cost, the others null" {
	local api
	texts 4 >in
	for api in $(apis); do
		echo "$api"
		quietly as "$api" --meta --batch-items 2 --no-adaptive <in
		[ "$(mock_stat items_most)" -eq 2 ]
		[ "$(jq -sc 'map(.pllm.attempts)' out)" = '[1,1,1,1]' ]
		case $api in
		gemini | tei) [ "$(jq -sc 'map(.pllm.usage.input)' out)" = '[null,null,null,null]' ] ;;
		*) [ "$(jq -sc 'map(.pllm.usage.input != null)' out)" = '[true,false,true,false]' ] ;;
		esac
		[ "$(jq -sc 'map(.pllm.usage.output) | unique' out)" = '[null]' ]
		mock_reset
	done
	quietly embed --meta <<<'{"text":"x[[mock:no-usage]]"}'
	[ "$(jq -c .pllm.usage.input out)" = null ]
}

@test "each vendor's failures are told apart" {
	local api
	for api in openai azure azure-classic gemini cohere voyage jina mistral ollama; do
		scripted "$api" quota
		[ "${got% * *}" = quota ]
		scripted "$api" context
		[[ $got == 'request_rejected 4'* ]]
	done
	for api in $(apis); do
		scripted "$api" auth
		[[ $got == 'auth 40'* ]]
		scripted "$api" 500
		[ "$got" = 'overloaded 500 1' ]
		scripted "$api" 404
		[ "$got" = 'request_rejected 404 1' ]
		scripted "$api" errbody
		[ "$got" = 'overloaded 200 1' ]
		scripted "$api" drop
		[ "$got" = 'transport null 1' ]
	done
}

@test "an answer without the vector is none, in whatever way it is missing" {
	local api how
	for api in openai gemini cohere tei ollama mistral; do
		for how in garbage html empty null number missing left-out hole; do
			scripted "$api" "$how"
			[ "$got" = 'bad_response 200 1' ]
		done
	done
}

@test "an answer that breaks off or comes byte by byte is whole or none" {
	local how
	for how in slow drip gzip; do
		scripted openai $how
		[ "$got" = ok ]
		[ "$(jq '.embedding | length' out)" -eq 8 ]
	done
	for how in truncate reset; do
		scripted openai $how
		[ "$got" = 'transport null 1' ] || [ "$got" = 'transport 200 1' ]
	done
}

@test "no request has more texts than the vendor takes" {
	local row api most
	texts 2500 >in
	for row in openai:2048 azure:2048 gemini:100 cohere:96 voyage:1000 jina:2048 mistral:1024 tei:32; do
		api=${row%:*} most=${row#*:}
		mock_reset
		quietly as "$api" --no-adaptive <in
		[ "$(vectors out | wc -l)" -eq 2500 ]
		echo "$api $(mock_stat items_most)"
		[ "$(mock_stat items_most)" -le "$most" ]
		[ "$(mock_stat 'answered | keys | join(" ")')" = 200 ]
	done
}

@test "no request has more tokens than the vendor takes" {
	stop_mock
	start_mock --dimensions 1 --quiet
	awk 'BEGIN { for (i = 1; i <= 600; i++) { printf "{\"id\":%d,\"text\":\"%d", i, i
		for (j = 0; j < 150; j++) printf " %d", 1000000 + (i * 7919 + j * 104729) % 8999999
		print "\"}" } }' >in
	local api
	for api in openai voyage mistral; do
		mock_reset
		quietly as "$api" --no-adaptive <in
		[ "$(vectors out | wc -l)" -eq 600 ]
		[ "$(mock_stat 'answered | keys | join(" ")')" = 200 ]
		[ "$(mock_stat requests)" -ge 2 ] || [ "$api" = openai ]
	done
}

@test "keys go in each vendor's header, from his variable, and nowhere else" {
	local row api name
	stop_mock
	start_mock --key canary-0123456789
	for row in openai:OPENAI_API_KEY azure:AZURE_OPENAI_API_KEY azure-classic:AZURE_API_KEY \
		gemini:GEMINI_API_KEY cohere:CO_API_KEY voyage:VOYAGE_API_KEY jina:JINA_API_KEY \
		mistral:MISTRAL_API_KEY together_ai:TOGETHER_API_KEY; do
		api=${row%:*} name=${row#*:}
		echo "$api"
		try env "$name=canary-0123456789" "$PLLM" embed --api "$api" \
			--endpoint "$(base_of "$api")" -m mock <<<'{"text":"x"}' 3>&- 4>&-
		[ "$status" -eq 0 ]
		case $api in
		azure*) [ "$(last '.headers | [has("authorization"), .["api-key"]]')" = '[false,"***"]' ] ;;
		gemini) [ "$(last '.headers | [has("authorization"), .["x-goog-api-key"]]')" = '[false,"***"]' ] ;;
		*) [ "$(last '.headers.authorization')" = '"Bearer ***"' ] ;;
		esac
		try env "$name=wrong" "$PLLM" embed --api "$api" --endpoint "$(base_of "$api")" -m mock \
			<<<'{"text":"x"}' 3>&- 4>&-
		[ "$status" -eq 3 ]
		[[ $(code out) == 'auth 40'* ]]
		run ! grep -q canary out err
	done
}

@test "the vendor's path, fields and content type go over the wire, and what --param adds" {
	quietly as gemini --param 'title="t"' < <(texts 2)
	[ "$(last .path)" = '"/v1beta/models/mock:batchEmbedContents"' ]
	[ "$(last '.body.requests | map([.model, .content.parts[0].text, .title])')" = \
		'[["models/mock","word1 of 1","t"],["models/mock","word2 of 2","t"]]' ]
	quietly as azure-classic < <(texts 1)
	[ "$(last .path)" = '"/openai/deployments/mock/embeddings?api-version=2024-10-21"' ]
	quietly as azure < <(texts 1)
	[ "$(last .path)" = '"/openai/v1/embeddings"' ]
	quietly as ollama < <(texts 1)
	[ "$(last '[.path, .body.truncate]')" = '["/api/embed",false]' ]
	quietly as cohere < <(texts 1)
	[ "$(last '[.path, .body.input_type, .body.truncate]')" = '["/v2/embed","search_document","NONE"]' ]
	quietly as voyage < <(texts 1)
	[ "$(last '[.path, .body.truncation]')" = '["/voyage/v1/embeddings",false]' ]
	quietly as tei < <(texts 1)
	[ "$(last '[.path, .body.truncate, (.body | has("model"))]')" = '["/embed",false,true]' ]
	quietly pllm embed --api tei --endpoint "$BASE" < <(texts 1)
	[ "$(last '.body | has("model")')" = false ]
	quietly embed --param user='"me"' < <(texts 1)
	[ "$(last '[.path, .body.user, .headers["content-type"]]')" = '["/v1/embeddings","me","application/json"]' ]
}

@test "a field that is there already is an error, skipped or replaced, as said" {
	printf '%s\n' '{"id":1,"text":"x","embedding":[1]}' '{"id":2,"text":"y"}' >in
	try embed <in
	[ "$status" -eq 1 ]
	[ "$(jq -r '.pllm.error.code // "ok"' out | paste -sd ' ')" = 'bad_record ok' ]
	mock_reset
	quietly embed --existing skip <in
	[ "$(jq -c '.embedding | length' out | paste -sd ' ')" = '1 8' ]
	[ "$(mock_stat items)" -eq 1 ]
	quietly embed --existing replace <in
	[ "$(jq -c '.embedding | length' out | paste -sd ' ')" = '8 8' ]
}

@test "--retry-errors asks for those that failed, and leaves the others as they were" {
	texts 6 3 >in
	try embed -o once.jsonl <in
	[ "$status" -eq 1 ]
	mv once.jsonl.partial once
	sed 's/ \[\[mock:poison\]\]//' once >mended
	mock_reset
	quietly embed --retry-errors <mended
	[ "$(mock_stat items)" -eq 2 ]
	[ "$(ids out | paste -sd ' ')" = '1 2 3 4 5 6' ]
	[ "$(vectors out | wc -l)" -eq 6 ]
	! grep -q '"pllm"' out
}
