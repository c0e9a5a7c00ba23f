#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Ollama's own API over a real socket.

load helper

setup() {
	clean_room
	start_mock
	echo '{"text":"hi"}' >in
}

ollama() {
	pllm --api ollama --endpoint "$BASE" -m llama "$@"
}

last() {
	curl -sS "$MOCK_BASE/_mock/last" | jq -c "$1"
}

# Asks one record with this script; sets $failure to the failed record's CODE STATUS ATTEMPTS, or to
# the answer.
scripted() {
	local script=$1
	shift
	curl -sS -d '' "$BASE/_mock/reset" >/dev/null
	try ollama -p '{{text}}' "$@" <<<"{\"text\":\"long enough to be cut in half[[mock:$script]]\"}"
	failure=$(jq -r 'if .pllm.error then .pllm.error | [.code, .status, .attempts] | map(tostring) | join(" ") else .output end' out)
	echo "$script $*: $failure"
}

answer='echo: long enough to be cut in half'

@test "ollama: a prompt is asked in its words, with no key, and not as a stream unless it is one" {
	start_witness
	try pllm --api ollama --endpoint "$BASE" -m llama --retries 0 -p 'Say {{text}}' -s 'be brief' --max-tokens 9 --param options.seed=1 <in
	[ "$(jq -r .path requests)" = /api/chat ]
	[ "$(jq -r '.headers.authorization // "none"' requests)" = none ]
	[ "$(jq -r .body requests)" = '{"model":"llama","messages":[{"role":"system","content":"be brief"},{"role":"user","content":"Say hi"}],"stream":false,"truncate":false,"options":{"num_predict":9,"seed":1}}' ]
	: >requests
	try pllm --api ollama --endpoint "$BASE" -m llama -p '{{text}}' --stream --retries 0 <in
	[ "$(jq -r .body requests | jq .stream)" = true ]
}

@test "ollama: the address comes from OLLAMA_HOST" {
	export OLLAMA_HOST=${BASE#http://}
	quietly pllm --api ollama -m llama -p '{{text}}' <in
	[ "$(jq -r .output out)" = 'echo: hi' ]
	[ "$(last .path)" = '"/api/chat"' ]
}

@test "ollama: answers are the same with and without --stream, and so is what is known of them" {
	jq -cn '(range(50) | {text: "n \(.) é€😀 \"q\" \\ \n\t\u0001[[mock:reasoning=7]]"}), {text: "x"}' >in
	ollama -p 'Say {{text}}' --meta <in | jq -c 'del(.pllm.ms, .pllm.ttft_ms)' >plain
	[ "$(mock_stat streamed)" = 0 ]
	ollama -p 'Say {{text}}' --meta --stream <in | jq -c 'del(.pllm.ms, .pllm.ttft_ms)' >streamed
	[ "$(mock_stat streamed)" = 51 ]
	[ "$(jq -c 'select(.output | startswith("echo: Say")) | select(.pllm.usage.output > 0) | 1' streamed | wc -l)" = 51 ]
	cmp plain streamed
}

@test "ollama: usage is what it counted, and unknown where it says nothing" {
	quietly ollama -p 'one two three[[mock:reasoning=7]]' --meta <in
	[ "$(jq -c '.pllm.usage | [.input > 0, .output > 7, .cached, .reasoning]' out)" = '[true,true,null,null]' ]
	[ "$(jq -r '.pllm | "\(.model) \(.finish)"' out)" = 'llama stop' ]
	quietly ollama -p 'x[[mock:cached=2]]' --meta <in
	[ "$(jq -c '.pllm.usage | [.input, .output > 0]' out)" = '[null,true]' ]
	quietly ollama -p 'x[[mock:no-usage]]' --meta --stream <in
	[ "$(jq -c '.pllm.usage | [.input, .output]' out)" = '[null,null]' ]
}

@test "ollama: a schema is asked for, and the answer is JSON" {
	echo '{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}' >schema
	for stream in '' --stream; do
		quietly ollama -p '{{text}}' --schema schema $stream <in
		[ "$(jq -r '.output.a | type' out)" = string ]
	done
	[ "$(last .body.format.required)" = '["a"]' ]
}

@test "ollama: messages in its own form go out as they are, those in OpenAI's are told anew" {
	start_witness
	printf '%s\n' '{"messages":[ {"role":"user","content":"a","images":["QUJD"]} ]}' \
		'{"messages":[{"role":"user","content":[{"type":"text","text":"b"}]}]}' \
		'{"messages":[{"role":"user","content":[]},{"role":"user","content":"","images":["QUJD"]}]}' \
		'{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://h/a.png"}}]}]}' >in
	try pllm --api ollama --endpoint "$BASE" -m llama -j 1 --retries 0 <in
	[ "$(jq -r .body requests)" = '{"model":"llama","messages":[ {"role":"user","content":"a","images":["QUJD"]} ],"stream":false,"truncate":false}
{"model":"llama","messages":[{"role":"user","content":"b"}],"stream":false,"truncate":false}' ]
	[ "$(jq -r .pllm.error.code out | tail -n 2 | paste -sd ' ')" = 'bad_record bad_record' ]
	grep -q "not in Ollama's form" out
	grep -q 'ollama takes no images by URL' out
}

@test "ollama: a record's own body is asked whole unless --stream says otherwise" {
	echo '{"body":{"model":"own","messages":[{"role":"user","content":"a"}]}}' >in
	quietly pllm --api ollama --endpoint "$BASE" <in
	[ "$(jq -r .output out)" = 'echo: a' ]
	[ "$(last .body.stream)" = false ]
	quietly pllm --api ollama --endpoint "$BASE" --stream <in
	[ "$(jq -r .output out)" = 'echo: a' ]
	[ "$(last .body.stream)" = true ]
}

@test "ollama: what a model can do instead of answering is told apart, whole and streamed" {
	for stream in '' --stream; do
		scripted length $stream
		[ "$failure" = 'truncated 200 1' ]
		scripted tools $stream --meta
		[ "$(jq -c '[.output[0].function.name, .pllm.finish]' out)" = '["lookup","tool_calls"]' ]
		scripted odd-finish $stream
		[ "$failure" = "$answer" ]
		scripted empty $stream --retries 0
		[ "$failure" = 'bad_response 200 1' ]
	done
	for odd in missing number null; do
		scripted $odd --retries 0
		[ "$failure" = 'bad_response 200 1' ]
	done
}

@test "ollama: a stream that breaks off or carries an error is asked again, and never an answer" {
	for how in stream-cut stream-end stream-error no-end truncate; do
		scripted $how --stream
		[ "$failure" = "$answer" ]
		[ "$(mock_stat requests)" = 2 ]
	done
	for how in stream-cut stream-end no-end; do
		scripted $how --stream --retries 0
		[ "$failure" = 'transport 200 1' ]
	done
	scripted stream-error --stream --retries 0
	[ "$failure" = 'overloaded 200 1' ]
	grep -q 'an error was encountered while running the model' err
}

@test "ollama: a stream that comes slowly or packed is whole" {
	for how in slow gzip crlf; do
		scripted $how --stream
		[ "$failure" = "$answer" ]
		[ "$(mock_stat requests)" = 1 ]
	done
}

@test "ollama: its errors are told apart" {
	scripted auth
	[ "$failure" = 'auth 401 1' ]
	scripted quota
	[ "$failure" = 'quota 429 1' ]
	scripted context
	[ "$failure" = 'request_rejected 400 1' ]
	grep -q 'exceeds the context length' err
	scripted 400
	[ "$failure" = 'request_rejected 400 1' ]
	scripted 404
	[ "$failure" = 'request_rejected 404 1' ]
	grep -q 'not found' err
	scripted 503 --retries 0
	[ "$failure" = 'overloaded 503 1' ]
	scripted 500 --retries 0
	[ "$failure" = 'overloaded 500 1' ]
	scripted array:500 --retries 0
	[ "$failure" = 'overloaded 500 1' ]
	scripted errbody --retries 0
	[ "$failure" = 'overloaded 200 1' ]
	for how in garbage html; do
		scripted $how --retries 0
		[ "$failure" = 'bad_response 200 1' ]
	done
}

@test "ollama: hints of a proxy before it are waited for" {
	local before
	before=$(date +%s%3N)
	scripted 503@1
	[ "$failure" = "$answer" ]
	[ $(($(date +%s%3N) - before)) -ge 1000 ]
	[ "$(mock_stat requests)" = 2 ]
}
