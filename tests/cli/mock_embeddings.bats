#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The vectors of pllm-mock itself, by every API that has them, asked with curl.

load helper

# post PATH JSON: the answer in ./out, its headers in ./headers, its status in $status.
post() {
	status=$(curl -sS -g -o out -D headers -w '%{http_code}' -H 'content-type: application/json' \
		-H 'api-key: x' "$BASE$1" -d "$2")
}

# has FILTER: jq says of ./out that it is true.
has() {
	jq -e "$1" out >/dev/null || {
		echo "not so: $1"
		head -c 2000 out
		return 1
	}
}

# refused STATUS WORDS: the last answer has the status, and the words somewhere.
refused() {
	[ "$status" = "$1" ] && grep -qF -- "$2" out || {
		echo "status $status"
		head -c 2000 out
		return 1
	}
}

# texts N [TEXT]: a JSON array of so many.
texts() {
	jq -cn --argjson n "$1" --arg text "${2:-word}" '[range($n) | "\($text) \(.)"]'
}

@test "texts are the nearer the more words they share, whatever their order and case" {
	start_mock
	post /v1/embeddings '{"model":"mock","dimensions":512,"input":["the cat sat on the mat",
		"On the mat THE CAT sat","the cat sat on a chair","stocks fell in early trading"]}'
	[ "$status" = 200 ]
	has 'def dot($a; $b): [range($a | length) | $a[.] * $b[.]] | add;
		[.data[].embedding] as $v | [$v[] | dot($v[0]; .)] |
		(.[0] - 1 | fabs) < 1e-6 and .[1] == .[0] and .[2] > 0.4 and .[2] < 0.9 and (.[3] | fabs) < 0.3'
	has '(.data | map(.index)) == [0, 1, 2, 3] and all(.data[].embedding; length == 512)'
	has '.usage.prompt_tokens > 10 and .usage.total_tokens == .usage.prompt_tokens'
}

@test "a vector is the same on every machine, and a script is no part of its text" {
	start_mock --dimensions 4
	post /v1/embeddings '{"model":"mock","input":"Hello, world"}'
	cp out first
	post /v1/embeddings '{"model":"mock","input":"Hello, world[[mock:200]]"}'
	cmp <(jq -c .data out) <(jq -c .data first)
	grep -qF '"embedding":[0.08590686,-0.21369599,0.78636634,-0.57322073]' first
}

@test "base64 is the numbers, which have the fewest digits that read back as the same float32" {
	start_mock --dimensions 1536
	post /v1/embeddings "{\"model\":\"mock\",\"input\":$(texts 20)}"
	mv out numbers
	post /v1/embeddings "{\"model\":\"mock\",\"encoding_format\":\"base64\",\"input\":$(texts 20)}"
	"${PYTHON3:-python3}" - <<-'EOF'
		import base64, json, struct

		def as_float32(x):
		    return struct.unpack("<f", struct.pack("<f", x))[0]

		def fewest(x):
		    return next(float("%.*e" % (n, x)) for n in range(9) if as_float32(float("%.*e" % (n, x))) == x)

		numbers = [d["embedding"] for d in json.load(open("numbers"))["data"]]
		packed = [d["embedding"] for d in json.load(open("out"))["data"]]
		for i in range(20):
		    floats = struct.unpack("<1536f", base64.b64decode(packed[i], validate=True))
		    assert list(floats) == [as_float32(x) for x in numbers[i]], i
		    assert [fewest(x) for x in floats] == numbers[i], i
		    assert abs(sum(x * x for x in floats) - 1) < 1e-5, i
	EOF
}

@test "every vendor's form is spoken at his path, and at a shared one by name" {
	start_mock --dimensions 3
	for path in /v1 /openai/v1 /mistral/v1 /vllm/v1 /voyage/v1 /jina/v1; do
		post $path/embeddings '{"model":"mock","input":["a","b"]}'
		has '.object == "list" and (.data | map(.index)) == [0, 1] and .usage.total_tokens == 1'
		has '(.data | all(.object == "embedding")) and (.data[1].embedding | length) == 3'
	done
	post '/openai/deployments/it/embeddings?api-version=2024-10-21' '{"input":["a","b"]}'
	has '.model == "it" and (.data | length) == 2'
	post /openai/deployments/it/embeddings '{"input":["a","b"]}'
	refused 404 'Resource not found'
	post /v1beta/models/it:embedContent '{"content":{"parts":[{"text":"a"}]}}'
	has '.embedding.values | length == 3'
	post /v1beta/models/it:batchEmbedContents '{"requests":[
		{"model":"models/it","content":{"parts":[{"text":"a"}]},"taskType":"RETRIEVAL_QUERY"},
		{"model":"models/it","content":{"parts":[{"text":"b"}]}}]}'
	has '[.embeddings[].values | length] == [3, 3]'
	post /api/embed '{"model":"mock","input":["a","b"]}'
	has '(.embeddings | map(length)) == [3, 3] and .prompt_eval_count == 1'
	post /v2/embed '{"model":"mock","texts":["a","b"],"input_type":"search_query"}'
	has '(.embeddings.float | map(length)) == [3, 3] and .texts == ["a", "b"]'
	post /embed '{"inputs":["a","b"]}'
	has 'map(length) == [3, 3]'
	grep -qi '^x-compute-tokens: 1.$' headers
	for name in openai azure mistral vllm jina voyage; do
		stop_mock
		start_mock --dialect $name
		post /v1/embeddings '{"model":"mock","input":"a"}'
		[ "$(mock_stat "dialects[\"$name-embed\"]")" = 1 ]
	done
}

@test "a request says how many numbers it wants, by each vendor's name for it" {
	start_mock
	for field in /v1:dimensions /openai/v1:dimensions /vllm/v1:dimensions /jina/v1:dimensions \
		/mistral/v1:output_dimension /voyage/v1:output_dimension; do
		post "${field%:*}/embeddings" "{\"model\":\"mock\",\"input\":\"a\",\"${field#*:}\":7}"
		has '.data[0].embedding | length == 7'
	done
	post /v1beta/models/it:embedContent '{"content":{"parts":[{"text":"a"}]},"outputDimensionality":7}'
	has '.embedding.values | length == 7'
	post /api/embed '{"model":"mock","input":"a","dimensions":7}'
	has '.embeddings[0] | length == 7'
	post /v2/embed '{"model":"mock","texts":["a"],"input_type":"search_query","output_dimension":7}'
	has '.embeddings.float[0] | length == 7'
	post /embed '{"inputs":"a","dimensions":7}'
	has '.[0] | length == 7'
	post /v1/embeddings '{"model":"mock","input":"a","dimensions":0}'
	refused 400 "'dimensions'"
	post /v1/embeddings '{"model":"mock","input":"a"}'
	has '.data[0].embedding | length == 64'
}

@test "base64 is had by each vendor's name for it, and by no other" {
	start_mock --dimensions 3
	for field in /v1:encoding_format /openai/v1:encoding_format /vllm/v1:encoding_format \
		/mistral/v1:encoding_format /voyage/v1:encoding_format /jina/v1:embedding_type; do
		post "${field%:*}/embeddings" "{\"model\":\"mock\",\"input\":\"a\",\"${field#*:}\":\"base64\"}"
		has '.data[0].embedding | type == "string" and length == 16'
		post "${field%:*}/embeddings" "{\"model\":\"mock\",\"input\":\"a\",\"${field#*:}\":\"binary\"}"
		case $status in 400 | 422) ;; *) false ;; esac
	done
	post /v2/embed '{"model":"mock","texts":["a"],"input_type":"search_query","embedding_types":["base64","float"]}'
	has '(.embeddings.base64[0] | length == 16) and (.embeddings.float[0] | length == 3)'
	post /v1/embeddings '{"model":"mock","input":"a","embedding_type":"base64"}'
	refused 400 "Unknown parameter: 'embedding_type'"
}

@test "Gemini's vectors are printed as Google does it, unless on one line is asked for" {
	start_mock --dimensions 2
	body='{"content":{"parts":[{"text":"a \" [{,"}]}}'
	post /v1beta/models/it:embedContent "$body"
	cp out pretty
	jq . out | cmp - out
	post '/v1beta/models/it:embedContent?prettyPrint=false' "$body"
	[ "$(wc -l <out)" = 0 ]
	cmp <(jq -c . pretty) <(jq -c . out)
}

@test "empty texts and lists, and tokens, are refused by all" {
	start_mock --name-index
	post /v1/embeddings '{"model":"mock","input":["a",""]}'
	refused 400 "Invalid 'input[1]': input cannot be an empty string."
	has '.error.param == "input[1]"'
	for path in /v1 /openai/v1 /mistral/v1 /vllm/v1 /voyage/v1 /jina/v1; do
		for input in '""' '["a",""]' '[]'; do
			post $path/embeddings "{\"model\":\"mock\",\"input\":$input}"
			[ "$status" = 400 ]
		done
		post $path/embeddings '{"model":"mock","input":[1,2,3]}'
		case $status in 400 | 422) ;; *) false ;; esac
	done
	post /v1beta/models/it:batchEmbedContents \
		'{"requests":[{"model":"models/it","content":{"parts":[{"text":""}]}}]}'
	refused 400 'BatchEmbedContentsRequest.requests[0].content'
	post /api/embed '{"model":"mock","input":""}'
	refused 400 'input[0]'
	post /v2/embed '{"model":"mock","texts":[""],"input_type":"search_query"}'
	refused 400 'texts[0]'
	post /embed '{"inputs":[]}'
	refused 400 '`inputs` cannot be empty'
}

@test "more texts than the vendor takes, or than are set, are refused in his words" {
	start_mock
	post /v1/embeddings "{\"model\":\"mock\",\"dimensions\":1,\"input\":$(texts 2048)}"
	[ "$status" = 200 ]
	post /v1/embeddings "{\"model\":\"mock\",\"input\":$(texts 2049)}"
	refused 400 'maximum length 2048, but got an array with length 2049'
	post /voyage/v1/embeddings "{\"model\":\"mock\",\"input\":$(texts 1001)}"
	refused 400 'The batch size limit is 1000. Your batch size is 1001.'
	post /v1beta/models/it:batchEmbedContents "{\"requests\":$(texts 101 |
		jq -c 'map({model: "models/it", content: {parts: [{text: .}]}})')}"
	refused 400 'at most 100 requests can be in one batch'
	post /v2/embed "{\"model\":\"mock\",\"input_type\":\"search_query\",\"texts\":$(texts 97)}"
	refused 400 'total number of texts must be at most 96 - received 97'
	post /embed "{\"inputs\":$(texts 33)}"
	refused 413 'batch size 33 > maximum allowed batch size 32'
	has '.error_type == "Validation"'
	stop_mock
	start_mock --embed-items 2
	for path in /v1 /openai/v1 /mistral/v1 /vllm/v1 /voyage/v1 /jina/v1; do
		post $path/embeddings "{\"model\":\"mock\",\"input\":$(texts 2)}"
		[ "$status" = 200 ]
		post $path/embeddings "{\"model\":\"mock\",\"input\":$(texts 3)}"
		[ "$status" = 400 ]
	done
	post /api/embed "{\"model\":\"mock\",\"input\":$(texts 3)}"
	refused 400 'at most 2 texts, got 3'
}

@test "texts that are too long are refused or cut, as the vendor does it" {
	start_mock --embed-item-tokens 4
	long='["short","this has more than sixteen bytes"]'
	post /v1/embeddings "{\"model\":\"mock\",\"input\":$long}"
	refused 400 "Invalid 'input': maximum context length is 4 tokens."
	post /api/embed "{\"model\":\"mock\",\"truncate\":false,\"input\":$long}"
	refused 400 'the input length exceeds the context length'
	post /v2/embed "{\"model\":\"mock\",\"truncate\":\"NONE\",\"input_type\":\"search_query\",\"texts\":$long}"
	refused 400 'too long'
	post /voyage/v1/embeddings "{\"model\":\"mock\",\"truncation\":false,\"input\":$long}"
	refused 400 'too long'
	post /embed "{\"truncate\":false,\"inputs\":$long}"
	refused 413 'must have less than 4 tokens. Given: 8'
	post /embed "{\"inputs\":$long}"
	mv out cut
	post /embed '{"inputs":["short","this has more th"]}'
	cmp out cut
}

@test "all texts together may have so many tokens, and a body so many bytes" {
	start_mock --embed-tokens 10 --max-body 1K
	post /v1/embeddings "{\"model\":\"mock\",\"input\":$(texts 5 eighty)}"
	[ "$status" = 200 ]
	post /v1/embeddings "{\"model\":\"mock\",\"input\":$(texts 6 eighty)}"
	refused 400 'Requested 12 tokens, max 10 tokens per request'
	has '.error.code == "max_tokens_per_request"'
	post /voyage/v1/embeddings "{\"model\":\"mock\",\"input\":$(texts 6 eighty)}"
	refused 400 'max allowed tokens per submitted batch is 10. Your batch has 12 tokens'
	post /v1/embeddings "{\"model\":\"mock\",\"input\":$(texts 200)}"
	[ "$status" = 413 ]
}

@test "a poisoned text has its whole request refused, whenever and by whomever it is asked" {
	start_mock
	poison='["a","b [[mock:poison]]"]'
	for _ in 1 2; do
		post /v1/embeddings "{\"model\":\"mock\",\"input\":$poison}"
		refused 400 'content_filter'
		has '.error.param == "input"'
	done
	for path in /openai/v1 /mistral/v1 /vllm/v1 /voyage/v1 /jina/v1; do
		post $path/embeddings "{\"model\":\"mock\",\"input\":$poison}"
		[ "$status" = 400 ]
	done
	post /v1beta/models/it:batchEmbedContents "{\"requests\":$(echo "$poison" |
		jq -c 'map({model: "models/it", content: {parts: [{text: .}]}})')}"
	refused 400 INVALID_ARGUMENT
	post /api/embed "{\"model\":\"mock\",\"input\":$poison}"
	refused 400 'was refused for its content'
	post /v2/embed "{\"model\":\"mock\",\"input_type\":\"search_query\",\"texts\":$poison}"
	refused 400 'was refused for its content'
	post /embed "{\"inputs\":$poison}"
	refused 422 'was refused for its content'
	post /v1/embeddings '{"model":"mock","input":["a"]}'
	[ "$status" = 200 ]
}

@test "which text was refused is said if that is wanted" {
	start_mock --name-index --embed-item-tokens 5
	post /v1/embeddings '{"model":"mock","input":["a","b","c [[mock:poison]]"]}'
	refused 400 "Invalid 'input[2]'"
	has '.error.param == "input[2]"'
	post /v1/embeddings '{"model":"mock","input":["a","more than sixteen bytes"]}'
	refused 400 "Invalid 'input[1]': maximum context length"
	post /v2/embed '{"model":"mock","input_type":"search_query","texts":["[[mock:poison]]"]}'
	refused 400 'texts[0] was refused'
}

@test "a script in any text speaks for its request, attempt by attempt" {
	start_mock
	ask='{"model":"mock","input":["a","b [[mock:500,429@7]]","c [[mock:200,503]]"]}'
	post /v1/embeddings "$ask"
	[ "$status" = 500 ]
	post /v1/embeddings "$ask"
	[ "$status" = 429 ]
	grep -qi '^retry-after: 7.$' headers
	post /v1/embeddings "$ask"
	[ "$status" = 200 ]
	post /v1/embeddings '{"model":"mock","input":"c [[mock:200,503]]"}'
	[ "$status" = 200 ]
	run ! post /v1/embeddings '{"model":"mock","input":["a","[[mock:drop]]"]}'
	from=$(date +%s%N)
	post /v1/embeddings '{"model":"mock","input":["a","[[mock:delay:300ms]]"]}'
	[ $(($(date +%s%N) - from)) -ge 300000000 ]
	post /v1/embeddings '{"model":"mock","input":["[[mock:nonsense]]"]}'
	refused 400 "knows no behaviour 'nonsense'"
}

@test "a script spoils its own text's vector, and no other" {
	start_mock --dimensions 4
	for spoilt in 'null:.data[1].embedding == null' 'number:.data[1].embedding == 42' \
		'missing:(.data[1] | has("embedding") | not) and .data[1].index == 1' \
		'left-out:(.data | map(.index)) == [0, 2]' 'short:(.data[1].embedding | length) == 3' \
		'hole:.data[1].embedding[2] == null and (.data[1].embedding | length) == 4' \
		'empty:.data == []'; do
		post /v1/embeddings "{\"model\":\"mock\",\"input\":[\"a\",\"b[[mock:${spoilt%%:*}]]\",\"c\"]}"
		[ "$status" = 200 ]
		has "${spoilt#*:}"
		[ "${spoilt%%:*}" = empty ] || has '[.data[0, -1].embedding | length] == [4, 4]'
	done
	for spoilt in 'null:.[1] == null' 'missing:length == 2' 'left-out:length == 2' 'short:map(length) == [4, 3, 4]'; do
		post /embed "{\"inputs\":[\"a\",\"b[[mock:${spoilt%%:*}]]\",\"c\"]}"
		has "${spoilt#*:}"
	done
	post /v1beta/models/it:embedContent '{"content":{"parts":[{"text":"[[mock:missing]]"}]}}'
	has '. == {embedding: {}}'
	post /v1/embeddings '{"model":"mock","input":["a [[mock:no-usage]]"]}'
	has 'has("usage") | not'
}

@test "every answer can be wrong in each known way" {
	for wrong in 'floats base64 .data[0].embedding|type=="array"' \
		'base64 float .data[0].embedding|type=="string"' \
		'reversed float .data|map(.index)==[2,1,0]' \
		'unindexed float .data|all(has("index")|not)' \
		'repeated float .data|map(.index)==[0,1,0]' \
		'left-out float .data|map(.index)==[0,1]' \
		'short float .data|map(.embedding|length)==[4,4,3]' \
		'null float .data[2].embedding==null'; do
		read -r how form says <<<"$wrong"
		start_mock --embed-rogue "$how" --dimensions 4
		post /v1/embeddings "{\"model\":\"mock\",\"encoding_format\":\"$form\",\"input\":$(texts 3)}"
		[ "$status" = 200 ]
		has "$says"
		stop_mock
	done
	start_mock --embed-rogue reversed --embed-rogue left-out --dimensions 4
	post /v1/embeddings '{"model":"mock","input":["a","b","c"]}'
	mv out reversed
	has_right='(.data | map(.index)) == [1, 0]'
	jq -e "$has_right" reversed
	post /embed '{"inputs":["a","b","c"]}'
	cmp <(jq -c '.' out) <(jq -c '[.data[1, 0].embedding]' reversed)
	run ! timeout 5 "$PLLM_MOCK" --embed-rogue sideways
}

@test "vectors of another length are scaled where that is asked for by name" {
	start_mock --embed-rogue long
	length='map(. * .) | add | sqrt'
	post /v1/embeddings '{"model":"mock","input":"a"}'
	has ".data[0].embedding | $length | . > 2.99 and . < 3.01"
	post /jina/v1/embeddings '{"model":"mock","input":["a"],"normalized":true}'
	has ".data[0].embedding | $length | . > 0.99 and . < 1.01"
	post /embed '{"inputs":"a","normalize":true}'
	has ".[0] | $length | . > 0.99 and . < 1.01"
}

@test "answers can be made large, and slow by the text" {
	start_mock --embed-pad 100K --latency-per-item 100ms
	from=$(date +%s%N)
	post /v1/embeddings '{"model":"mock","input":["a","b","c"]}'
	[ $(($(date +%s%N) - from)) -ge 300000000 ]
	has '.data | length == 3'
	[ "$(wc -c <out)" -gt 300000 ]
}

@test "texts are counted, those that were asked and those that were answered" {
	start_mock
	post /v1/embeddings '{"model":"mock","input":["a","b","c"]}'
	post /embed '{"inputs":["a","b"]}'
	post /v1/embeddings '{"model":"mock","input":["a","[[mock:poison]]"]}'
	post /v1/chat/completions '{"model":"mock","messages":[{"role":"user","content":"x"}]}'
	[ "$(mock_stat requests)" = 4 ]
	[ "$(mock_stat items)" = 7 ]
	[ "$(mock_stat items_most)" = 3 ]
	[ "$(mock_stat embedded)" = 5 ]
	[ "$(mock_stat 'dialects["openai-embed"]')" = 2 ]
	curl -sS -X POST "$BASE/_mock/reset"
	[ "$(mock_stat items)" = 0 ]
}
