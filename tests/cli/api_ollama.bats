#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Ollama's own API over a real socket.

load helper
load api_helper

api=ollama model=llama prefix=''

setup() {
	clean_room
	start_mock
	echo '{"text":"hi"}' >in
}

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
	ask_it -p 'Say {{text}}' --meta <in | without_times >plain
	[ "$(mock_stat streamed)" = 0 ]
	ask_it -p 'Say {{text}}' --meta --stream <in | without_times >streamed
	[ "$(mock_stat streamed)" = 51 ]
	[ "$(jq -c 'select(.output | startswith("echo: Say")) | select(.pllm.usage.output > 0) | 1' streamed | wc -l)" = 51 ]
	cmp plain streamed
}

@test "ollama: usage is what it counted, and unknown where it says nothing" {
	quietly ask_it -p 'one two three[[mock:reasoning=7]]' --meta <in
	[ "$(jq -c '.pllm.usage | [.input > 0, .output > 7, .cached, .reasoning]' out)" = '[true,true,null,null]' ]
	[ "$(jq -r '.pllm | "\(.model) \(.finish)"' out)" = 'llama stop' ]
	quietly ask_it -p 'x[[mock:cached=2]]' --meta <in
	[ "$(jq -c '.pllm.usage | [.input, .output > 0]' out)" = '[null,true]' ]
	quietly ask_it -p 'x[[mock:no-usage]]' --meta --stream <in
	[ "$(jq -c '.pllm.usage | [.input, .output]' out)" = '[null,null]' ]
}

@test "ollama: a schema is asked for, and the answer is JSON" {
	echo '{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}' >schema
	for stream in '' --stream; do
		quietly ask_it -p '{{text}}' --schema schema $stream <in
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
		gives 'truncated 200 1' length $stream
		scripted tools $stream --meta
		[ "$(jq -c '[.output[0].function.name, .pllm.finish]' out)" = '["lookup","tool_calls"]' ]
		gives "$answer" odd-finish $stream
		gives 'bad_response 200 1' empty $stream --retries 0
	done
	for odd in missing number null; do
		gives 'bad_response 200 1' $odd --retries 0
	done
}

@test "ollama: a stream that breaks off or carries an error is asked again, and never an answer" {
	for how in stream-cut stream-end stream-error no-end truncate; do
		gives_at_last $how --stream
	done
	for how in stream-cut stream-end no-end; do
		gives 'transport 200 1' $how --stream --retries 0
	done
	gives 'overloaded 200 1' stream-error --stream --retries 0
	grep -q 'an error was encountered while running the model' err
}

@test "ollama: a stream that comes slowly or packed is whole" {
	for how in slow gzip crlf; do
		gives "$answer" $how --stream
		[ "$(mock_stat requests)" = 1 ]
	done
}

@test "ollama: its errors are told apart" {
	gives 'auth 401 1' auth
	gives 'quota 429 1' quota
	gives 'request_rejected 400 1' context
	grep -q 'exceeds the context length' err
	gives 'request_rejected 400 1' 400
	gives 'request_rejected 404 1' 404
	grep -q 'not found' err
	gives 'overloaded 503 1' 503 --retries 0
	gives 'overloaded 500 1' 500 --retries 0
	gives 'overloaded 500 1' array:500 --retries 0
	gives 'overloaded 200 1' errbody --retries 0
	for how in garbage html; do
		gives 'bad_response 200 1' $how --retries 0
	done
}

@test "ollama: hints of a proxy before it are waited for" {
	local before
	before=$(date +%s%3N)
	gives "$answer" 503@1
	[ $(($(date +%s%3N) - before)) -ge 1000 ]
	[ "$(mock_stat requests)" = 2 ]
}
