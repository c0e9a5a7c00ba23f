#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# With --cache what was asked before is not asked again: the same words to the same model have the
# answer of then, whatever became of the input meanwhile.

load helper
load vectors
load kept

setup() {
	clean_room
	start_mock --quiet
}

@test "the same command twice: the same output, and as many requests as there are records" {
	records 500 >in
	asking 500 kept -p '{{text}}' -i in
	echoed out
	mv out first
	asking 0 kept -p '{{text}}' -i in
	cmp first out
	[ "$(entries)" -eq 500 ]
	is_sound
}

@test "the file is ours alone: mode 0600, and known as an SQLite database of pllm" {
	records 3 >in
	(umask 0 && kept -p '{{text}}' -i in >out)
	[ "$(stat -c %a c.db)" = 600 ]
	[ "$(head -c 15 c.db)" = 'SQLite format 3' ]
	[ "$(sqlite3 c.db 'pragma application_id')" -ne 0 ]
	[ "$(sqlite3 c.db 'pragma user_version')" -ge 1 ]
	[ "$(sqlite3 c.db 'pragma journal_mode')" = wal ]
}

@test "one record of a thousand is another: one request" {
	records 1000 >in
	asking 1000 kept -p '{{text}}' -i in
	sed '500s/n 500/n five hundred/' in >changed
	asking 1 kept -p '{{text}}' -i changed
	echoed out
	[ "$(sed -n 500p out | jq -r .output)" = 'echo: n five hundred' ]
}

@test "what is not asked may change: no request" {
	records 50 >in
	asking 50 kept -p '{{text}}' -i in
	jq -c '. + {"more": .id}' in >changed
	asking 0 kept -p '{{text}}' -i changed
	[ "$(jq -sc 'all(.[]; .more == .id and .output == "echo: \(.text)")' out)" = true ]
	asking 0 kept -p '{{text}}' -i in -a other -j 3 --timeout 5s --retries 1 --window 9
	[ "$(jq -sc 'all(.[]; .other == "echo: \(.text)")' out)" = true ]
}

@test "input in another order, part of the input, input twice: no request" {
	records 100 >in
	asking 100 kept -p '{{text}}' -i in
	tac in >changed
	asking 0 kept -p '{{text}}' -i changed
	[ "$(jq -sc 'map(.id) == [range(100; 0; -1)] and all(.[]; .output == "echo: \(.text)")' out)" = true ]
	sed -n '1~7p' in >changed
	asking 0 kept -p '{{text}}' -i changed
	[ "$(wc -l <out)" -eq 15 ]
	cat in in >changed
	asking 0 kept -p '{{text}}' -i changed
	[ "$(wc -l <out)" -eq 200 ]
}

@test "another model, prompt, system message, limit or parameter is asked anew" {
	records 10 >in
	asking 10 kept -p '{{text}}' -i in
	asking 10 kept -p '{{text}}' -i in -m other
	asking 10 kept -p '{{text}}!' -i in
	asking 10 kept -p '{{text}}' -i in -s 'Be short'
	asking 10 kept -p '{{text}}' -i in -s 'Be shorter'
	asking 10 kept -p '{{text}}' -i in --max-tokens 99
	asking 10 kept -p '{{text}}' -i in --param temperature=0
	asking 10 kept -p '{{text}}' -i in --param temperature=1
	# All of them are there now.
	asking 0 kept -p '{{text}}' -i in
	asking 0 kept -p '{{text}}' -i in -m other
	asking 0 kept -p '{{text}}' -i in -s 'Be short' -j 1
	asking 0 kept -p '{{text}}' -i in --param temperature=0
	[ "$(entries)" -eq 80 ]
}

@test "another API is asked anew, another place with the same API is not" {
	records 10 >in
	asking 10 kept -p '{{text}}' -i in --max-tokens 50
	asking 10 pllm --api anthropic --endpoint "$MOCK_BASE" -m mock --cache c.db -p '{{text}}' -i in --max-tokens 50
	local elsewhere=$MOCK_BASE
	start_mock --quiet
	asking 0 kept -p '{{text}}' -i in --max-tokens 50
	[ "$elsewhere" != "$MOCK_BASE" ]
}

@test "another key is no other question" {
	records 10 >in
	OPENAI_API_KEY=one asking 10 kept -p '{{text}}' -i in
	OPENAI_API_KEY=two asking 0 kept -p '{{text}}' -i in
}

@test "samples are numbered: three, then five, are two more" {
	records 10 >in
	asking 30 kept -p 'v={{text}}[[mock:seed=1]]' --samples v=3 -i in
	[ "$(jq -sc 'map(.v) | unique' out)" = '[["0","1","2"]]' ]
	asking 20 kept -p 'v={{text}}[[mock:seed=1]]' --samples v=5 -i in
	[ "$(jq -sc 'map(.v) | unique' out)" = '[["0","1","2","3","4"]]' ]
	asking 0 kept -p 'v={{text}}[[mock:seed=1]]' --samples v=2 -i in
	[ "$(jq -sc 'map(.v) | unique' out)" = '[["0","1"]]' ]
}

@test "samples are numbered where the request has no place for a number" {
	records 10 >in
	anthropic() {
		pllm --api anthropic --endpoint "$MOCK_BASE" -m mock --cache c.db --max-tokens 50 -p 'v={{text}}' -i in "$@"
	}
	asking 30 anthropic --samples v=3
	[ "$(entries)" -eq 30 ]
	asking 0 anthropic --samples v=3
	[ "$(jq -sc 'all(.[]; .v | length == 3)' out)" = true ]
	asking 20 anthropic --samples v=5
}

@test "steps: of a chain what comes after the change is asked, and no more" {
	records 20 >in
	asking 60 kept -p a='{{text}}' -p b='{{a}} again' -p c='{{b}} and {{id}}' -i in
	mv out first
	asking 0 kept -p a='{{text}}' -p b='{{a}} again' -p c='{{b}} and {{id}}' -i in
	cmp first out
	asking 20 kept -p a='{{text}}' -p b='{{a}} again' -p c='{{b}} or {{id}}' -i in
	asking 20 kept -p a='{{text}}' -p b='{{a}} again' -p c='{{b}} or {{id}}' -p d='{{a}} {{c}}' -i in
	[ "$(jq -sc 'all(.[]; .d == "echo: \(.a) \(.c)")' out)" = true ]
}

@test "joins of samples and models replay" {
	records 20 >in
	replays kept -p v='{{text}}' --samples v=3 --join v=vote -p w='{{v}}!' -i in
	[ "$(jq -sc 'all(.[]; .w == "echo: \(.v)!")' out)" = true ]
	replays kept -p v='{{text}} of many' -m v=one,two,three -i in
	[ "$(jq -sc 'all(.[]; .v | length == 3)' out)" = true ]
	# Of several samples the first is enough, and it is there.
	asking 20 kept -p v='{{text}} first' --samples v=1 -i in
	asking 0 kept -p v='{{text}}' --samples v=3 --join v=first -i in
}

@test "an answer that does not match its schema is asked for again, and all of that replays" {
	echo '{"type":"object","required":["a"],"properties":{"a":{"type":"integer"}}}' >s.json
	echo '{"id":1,"text":"x[[mock:mismatch=2]]"}' >in
	asking 3 kept -p '{{text}}' --schema s.json -i in
	mv out first
	asking 0 kept -p '{{text}}' --schema s.json -i in
	cmp first out
	[ "$(entries)" -eq 3 ]
	# One that never fits fails the record each time, and is paid once.
	echo '{"id":1,"text":"y[[mock:mismatch=9]]"}' >in
	replays kept -p '{{text}}' --schema s.json --reasks 2 -i in
	[ "$status" -eq 1 ]
	[ "$(jq -r .pllm.error.code out)" = schema_mismatch ]
}

@test "another schema is another question" {
	echo '{"id":1,"text":"[[answer:{\"a\":1}]]"}' >in
	echo '{"type":"object"}' >s.json
	asking 1 kept -p '{{text}}' --schema s.json -i in
	asking 0 kept -p '{{text}}' --schema s.json -i in
	[ "$(jq -c .output out)" = '{"a":1}' ]
	echo '{"type":"object","required":["b"]}' >s.json
	try kept -p '{{text}}' --schema s.json --reasks 0 -i in
	[ "$status" -eq 1 ]
	[ "$(jq -r .pllm.error.code out)" = schema_mismatch ]
	[ "$(mock_stat requests)" -eq 2 ]
}

@test "an answer that was cut is asked for with more room, and all of that replays" {
	jq -nc 'range(1; 11) | {id: ., text: "number \(.) of texts of some length, of which a few tokens are but the beginning"}' >in
	replays kept -p '{{text}}' --max-tokens 4 --on-truncate grow --max-tokens-limit 64 -i in
	[ "$status" -eq 0 ]
	echoed out
	# What was cut then is cut now, and was paid.
	replays kept -p '{{text}} indeed' --max-tokens 4 -i in
	[ "$status" -eq 1 ]
	[ "$(jq -r .pllm.error.code out | sort -u)" = truncated ]
	asking 0 kept -p '{{text}} indeed' --max-tokens 4 --on-truncate keep -i in
}

@test "whether the answer is streamed is no part of the question" {
	records 20 >in
	asking 20 kept -p '{{text}}' -i in --stream
	mv out first
	asking 0 kept -p '{{text}}' -i in
	cmp first out
	records 40 >in
	asking 20 kept -p '{{text}}' -i in
	asking 0 kept -p '{{text}}' -i in --stream
	asking 0 kept -p '{{text}}' -i in --ttft-timeout 5s
	echoed out
}

@test "what a fallback has answered replays, and the pool is not asked for it" {
	records 20 >in
	echo '{"id":21,"text":"n 21[[mock:context]]"}' >>in
	asking 22 kept --fallback big -p '{{text}}' -i in
	mv out first
	asking 0 kept --fallback big -p '{{text}}' -i in
	cmp first out
}

@test "a pool of several places and APIs has one cache" {
	records 40 >in
	local first_url=$URL first_base=$MOCK_BASE
	start_mock --quiet
	both() {
		pllm --endpoint "$first_url" --endpoint "$MOCK_BASE,api=ollama" -m mock --cache c.db "$@"
	}
	quietly both -p '{{text}}' -i in -j 4 --balance weighted
	mv out first
	[ "$(mock_stat requests)" -gt 0 ]
	[ "$(MOCK_BASE=$first_base mock_stat requests)" -gt 0 ]
	asking 0 both -p '{{text}}' -i in
	cmp first out
	[ $(($(mock_stat requests) + $(MOCK_BASE=$first_base mock_stat requests))) -eq 40 ]
	# The words are those for the first place of the pool.
	URL=$first_url MOCK_BASE=$first_base asking 0 kept -p '{{text}}' -i in
}

@test "vectors: one answer for each text, however they were packed" {
	texts 100 >in
	asking 10 embed --cache c.db --batch-items 10 -i in
	mv out first
	[ "$(entries)" -eq 100 ]
	asking 0 embed --cache c.db --batch-items 10 -i in
	cmp first out
	asking 0 embed --cache c.db --batch-items 7 -j 2 -i in
	cmp first out
	tac in >changed
	asking 0 embed --cache c.db -i changed
	cmp <(tac first) out
	texts 105 >longer
	asking 1 embed --cache c.db -i longer
	cmp first <(head -n 100 out)
	[ "$(mock_stat embedded)" -eq 105 ]
	asking 10 embed --cache c.db --dimensions 8 --batch-items 10 -i in
}

@test "vectors: a matrix after lines, and lines after a matrix" {
	texts 50 >in
	asking 2 embed --cache c.db --batch-items 25 -i in
	mv out lines
	asking 0 embed --cache c.db --format npy -o matrix.npy -i in
	agree matrix.npy lines
	asking 2 embed --cache d.db --batch-items 25 --format npy -o again.npy -i in
	cmp matrix.npy again.npy
	asking 0 embed --cache d.db -i in
	cmp lines out
}

@test "vectors: the same text many times in the run is one" {
	jq -nc 'range(1; 501) | {id: ., text: "text \(. % 5)"}' >in
	quietly embed --cache c.db -i in --batch-items 10 --window 40
	[ "$(mock_stat embedded)" -eq 5 ]
	[ "$(entries)" -eq 5 ]
	[ "$(vectors out | sort -u | wc -l)" -eq 5 ]
	[ "$(wc -l <out)" -eq 500 ]
}

@test "vectors: texts that are refused are refused again for nothing" {
	texts 40 10 >in
	try embed --cache c.db -i in
	[ "$status" -eq 1 ]
	[ "$(failures out)" = content_filter:4 ]
	mv out first
	local before
	before=$(mock_stat requests)
	try embed --cache c.db -i in --stats s.json
	[ "$status" -eq 1 ]
	[ "$(mock_stat requests)" -eq "$before" ]
	cmp first out
	[ "$(jq .calls.cached_refusals s.json.partial)" -eq 4 ]
}

@test "files of a batch replay with the server's own words" {
	jq -nc 'range(1; 31) | {custom_id: "r\(.)", method: "POST", url: "/v1/chat/completions",
		body: {model: "mock", messages: [{role: "user", content: "text \(.)"}]}}' >in
	quietly pllm --endpoint "$URL" --input-format openai-batch --cache c.db -i in
	mv out first
	asking 0 pllm --endpoint "$URL" --input-format openai-batch --cache c.db -i in
	cmp first out
	[ "$(jq -sc 'map(.response.body.choices[0].message.content) == [range(1; 31) | "echo: text \(.)"]' out)" = true ]
}

@test "reductions replay" {
	records 50 >in
	reduction() {
		pllm reduce --endpoint "$URL" -m mock --cache c.db --item '{{text}}' -p 'of {{key}}: {{items}}' --by group --fan-in 4 "$@"
	}
	jq -c '. + {group: (.id % 3)}' in >grouped
	replays reduction -i grouped
	[ "$(wc -l <out)" -eq 3 ]
	# A member more in one group: the packs before it are what they were.
	echo '{"id":51,"text":"n 51","group":0}' >>grouped
	local before
	before=$(mock_stat requests)
	quietly reduction -i grouped
	[ $(($(mock_stat requests) - before)) -ge 1 ]
	[ $(($(mock_stat requests) - before)) -le 4 ]
}

@test "plain text replays, out of order too" {
	records 30 >in
	replays kept -p '{{text}}' -r -i in
	[ "$(head -n 1 out)" = 'echo: n 1' ]
	asking 0 kept -p '{{text}}' --raw-output0 -i in
	asking 0 kept -p '{{text}}' -u -i in
	[ "$(jq -sc 'sort_by(.id) | map(.id) == [range(1; 31)] and all(.[]; .output == "echo: \(.text)")' out)" = true ]
}

@test "--meta says what came from the cache, and tells of the answer as it was" {
	records 5 >in
	asking 5 kept -p '{{text}}' --meta -i in
	[ "$(jq -r '.pllm.cache' out | sort -u)" = miss ]
	mv out first
	asking 0 kept -p '{{text}}' --meta -i in
	[ "$(jq -r '.pllm.cache' out | sort -u)" = hit ]
	local what='[.id, .output, .pllm.model, .pllm.finish, .pllm.usage.input, .pllm.usage.output]'
	cmp <(jq -c "$what" first) <(jq -c "$what" out)
	[ "$(jq -c '.pllm.usage.input > 0' out | sort -u)" = true ]
}

@test "identical calls of the whole run are one request, long after the first is over" {
	jq -nc 'range(1; 201) | {id: ., text: "text \(. % 4)"}' >in
	asking 4 kept -p '{{text}}' -i in -j 1 --window 1
	[ "$(jq -sc 'map(.id) == [range(1; 201)] and all(.[]; .output == "echo: \(.text)")' out)" = true ]
}

@test "rejected and filtered records are not asked again; --retry-errors asks them" {
	{
		records 10
		echo '{"id":11,"text":"x[[mock:400]]"}'
		echo '{"id":12,"text":"y[[mock:blocked]]"}'
	} >in
	replays kept -p '{{text}}' -i in
	[ "$status" -eq 1 ]
	[ "$(jq -r '.pllm.error.code // empty' out | paste -sd ' ')" = 'request_rejected content_filter' ]
	[ "$(jq -r '.pllm.error.status // empty' out | head -n 1)" = 400 ]
	# The mock has been asked once, so this is the second attempt, which it answers.
	mv out failed
	asking 2 kept -p '{{text}}' --retry-errors -i failed
	[ "$(jq -sc 'map(.output == null) | any' out)" = false ]
	asking 0 kept -p '{{text}}' -i in
}

@test "other failures are not kept: the next run asks again" {
	records 5 >in
	echo '{"id":6,"text":"x[[mock:500,500]]"}' >>in
	try kept -p '{{text}}' --retries 1 -i in
	[ "$status" -eq 1 ]
	[ "$(entries)" -eq 5 ]
	asking 1 kept -p '{{text}}' -i in
	[ "$(entries)" -eq 6 ]
}

@test "--refresh asks all anew, and replaces what was there" {
	jq -nc 'range(1; 6) | {id: ., text: "n \(.)[[mock:400,200]]"}' >in
	try kept -p '{{text}}' -i in
	[ "$status" -eq 1 ]
	try kept -p '{{text}}' -i in
	[ "$(mock_stat requests)" -eq 5 ]
	asking 5 kept -p '{{text}}' --refresh -i in
	[ "$(jq -r .output out | head -n 1)" = 'echo: n 1' ]
	asking 0 kept -p '{{text}}' -i in
	[ "$(jq -r .output out | head -n 1)" = 'echo: n 1' ]
	[ "$(entries)" -eq 5 ]
	# Within the run each is asked once.
	cat in in in >thrice
	asking 5 kept -p '{{text}}' --refresh -j 1 --window 1 -i thrice
}

@test "--cache-ttl: what is older is asked anew" {
	records 5 >in
	asking 5 kept -p '{{text}}' -i in
	asking 0 kept -p '{{text}}' --cache-ttl 1h -i in
	# Times are whole seconds.
	sleep 2.1
	asking 5 kept -p '{{text}}' --cache-ttl 1s -i in
	asking 0 kept -p '{{text}}' --cache-ttl 1h -i in
	[ "$(entries)" -eq 5 ]
}

@test "PLLM_CACHE names a cache as well, and the option is stronger" {
	records 5 >in
	plainly() {
		pllm --endpoint "$URL" -m mock -p '{{text}}' -i in "$@"
	}
	PLLM_CACHE=e.db asking 5 plainly
	PLLM_CACHE=e.db asking 0 plainly
	[ "$(entries e.db)" -eq 5 ]
	asking 5 plainly
	[ ! -e c.db ]
	PLLM_CACHE=e.db asking 5 plainly --cache c.db
	[ "$(entries)" -eq 5 ]
}

@test "the configuration names a cache as well" {
	records 5 >in
	printf 'defaults:\n  cache: %s\n' "$PWD/e.db" >config.yaml
	asking 5 pllm --config config.yaml --endpoint "$URL" -m mock -p '{{text}}' -i in
	asking 0 pllm --config config.yaml --endpoint "$URL" -m mock -p '{{text}}' -i in
	[ "$(entries e.db)" -eq 5 ]
}

@test "--no-share is refused: identical calls share what is kept" {
	records 5 >in
	try kept --no-share -p '{{text}}' -i in
	[ "$status" -eq 2 ]
	grep -q -e '--samples' err
	[ "$(mock_stat requests)" -eq 0 ]
}

@test "caches of several files know nothing of each other" {
	records 5 >in
	asking 5 kept -p '{{text}}' -i in
	asking 5 pllm --endpoint "$URL" -m mock --cache d.db -p '{{text}}' -i in
	asking 0 pllm --endpoint "$URL" -m mock --cache d.db -p '{{text}}' -i in
}

@test "records without an answer of ours are none of the cache's business" {
	printf '%s\n' '{"id":1,"text":"n 1"}' 'no JSON' '{"id":2}' '{"id":3,"pllm":{"error":{"code":"x"}}}' \
		'{"id":4,"text":"n 4"}' >in
	replays kept -p '{{text}}' -i in
	[ "$status" -eq 1 ]
	[ "$(mock_stat requests)" -eq 2 ]
	[ "$(entries)" -eq 2 ]
}

@test "long answers, with every character there is, come back as they were" {
	"${PYTHON3:-python3}" - >in <<-'EOF'
		import json
		texts = ["", " ", "\u0000\u0001\u001f\u007f", "\u00e9\u20ac\U0001f600" * 500, "x" * 300000, "\\\"\n\t"]
		for i, text in enumerate(texts):
		    print(json.dumps({"id": i, "text": "t" + text}))
	EOF
	replays kept -p '{{text}}' -i in
	[ "$status" -eq 0 ]
	[ "$(jq -sc 'all(.[]; .output == "echo: \(.text)")' out)" = true ]
	# Ends of the text are what they were, too.
	replays kept -p '{{text}}' -r -i in
}

@test "ten thousand answers stream out of the cache" {
	records 10000 >in
	asking 10000 kept -p '{{text}}' -i in
	mv out first
	local from=$EPOCHREALTIME to
	asking 0 kept -p '{{text}}' -i in
	to=$EPOCHREALTIME
	cmp first out
	note "10,000 answers from the cache in $(((${to/./} - ${from/./}) / 1000)) ms"
}

@test "a text that is too long for the model is so in the next run, too" {
	start_mock
	printf '{"text":"[[mock:context]] x"}\n{"text":"fine"}\n' >in
	replays kept -p '{{text}}' -i in
	[ "$status" -eq 1 ]
	[ "$(head -n 1 out | jq -r .pllm.error.code)" = request_rejected ]
	[ "$(entries)" -eq 2 ]
	pllm cache ls c.db --failed | grep -F request_rejected
}

@test "a re-ask that waits with many others loses nothing of what it quotes" {
	start_mock --answer words:100
	jq -nc 'range(2) | {text:"[[mock:length]] the same"}' >in
	jq -nc 'range(60) | {text:("x" * 600000 + tostring)}' >>in
	try kept -j 1 --window 100 --max-tokens 100 --max-tokens-limit 1000 --on-truncate grow \
		--max-requests 3 -p '{{text}}' -i in
	[ "$status" -eq 8 ]
	[ "$(wc -l <out)" -eq 62 ]
	jq -e . out >/dev/null
}

@test "samples of equal records are the same samples, however they fall together" {
	start_mock
	printf '{"id":%d,"text":"same"}\n' 1 2 3 >in
	replays kept -p '{{text}}' --samples 2 -i in
	[ "$(mock_stat requests)" -eq 2 ]
	[ "$(jq -c .output out | sort -u | wc -l)" -eq 1 ]
}

@test "where the server has chosen the model, another server is another question" {
	start_mock
	printf '{"text":"n %d"}\n' 1 2 3 >in
	quietly pllm embed --api tei --endpoint "$BASE" --cache c.db <in
	first=$(mock_stat requests)
	quietly pllm embed --api tei --endpoint "${BASE/127.0.0.1/localhost}" --cache c.db <in
	[ "$(mock_stat requests)" -gt "$first" ]
}

@test "a call that was asked three times is one that the cache answers" {
	start_mock --answer words:100
	jq -nc 'range(10) | {text:"a long one \(.)"}' >in
	try kept --max-tokens 30 --max-tokens-limit 1000 --on-truncate grow -p '{{text}}' -i in
	[ "$status" -eq 0 ]
	[ "$(mock_stat requests)" -gt 10 ]
	asking 0 kept --max-tokens 30 --max-tokens-limit 1000 --on-truncate grow -v -p '{{text}}' -i in || true
	grep -F 'cache:    10 calls answered' err
}

@test "that it was asked at a wrong place is no answer to keep" {
	start_mock
	echo '{"text":"x [[mock:redirect]]"}' >in
	try kept -p '{{text}}' -i in
	[ "$status" -ne 0 ]
	[ "$(entries)" -eq 0 ]
	echo '{"text":"x [[mock:400]]"}' >in
	try kept -p '{{text}}' -i in
	[ "$(entries)" -eq 1 ]
}

@test "each text of a pack has its part of the tokens" {
	start_mock
	jq -nc 'range(1; 51) | {text: ("word " * .)}' >in
	quietly pllm embed --endpoint "$URL" -m mock --cache c.db <in
	[ "$(sqlite3 c.db 'select sum(input) from answers')" -eq "$(mock_stat input)" ]
	[ "$(sqlite3 c.db 'select count(distinct input) > 10 from answers')" -eq 1 ]
}

# ^C goes to all of a pipeline: whoever reads our output is gone before the answers are here.
@test "what flies when a run is stopped is kept, although nobody reads the output any more" {
	local reader signal fd n=0
	mkfifo pipe source
	exec {fd}<>source
	for signal in INT TERM HUP; do
		printf '{"text":"%s n %d[[mock:delay:1s]]"}\n' $signal 1 $signal 2 | tee in >&"$fd"
		cat pipe >/dev/null 3>&- 4>&- &
		reader=$!
		start_pllm --endpoint "$URL" -m mock --cache c.db -v -p '{{text}}' <source >pipe 2>err
		n=$((n + 2))
		await eval '[ "$(mock_stat requests)" -eq '$n' ]'
		kill -s "$signal" "$ASK_PID"
		kill "$reader"
		end_of_ask
		cat err
		[ "$status" -eq $((128 + $(kill -l "$signal"))) ]
		run ! grep -F 'are left' err
		[ "$(entries)" -eq $n ]
		asking 0 kept -p '{{text}}' -i in
		[ "$(jq -s 'map(.output) | length' out)" -eq 2 ]
	done
	exec {fd}>&-
}

@test "a second signal ends also a run that waits for what it may keep" {
	local reader
	echo '{"text":"[[mock:hang]]"}' >in
	mkfifo pipe
	cat pipe >/dev/null 3>&- 4>&- &
	reader=$!
	start_pllm --endpoint "$URL" -m mock --cache c.db -v -p '{{text}}' -i in >pipe 2>err
	await eval '[ "$(mock_stat requests)" -eq 1 ]'
	kill -s INT "$ASK_PID"
	kill "$reader"
	await grep -F 'stopping: 1 in flight may land within 30s' err
	kill -s TERM "$ASK_PID"
	end_of_ask
	cat err
	[ "$status" -eq 130 ]
	grep -F '1 in flight are left; they may be billed' err
}
