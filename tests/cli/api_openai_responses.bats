#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# OpenAI's Responses, over a socket.

load helper
load api_helper

api=openai-responses model=mock prefix=/v1

setup() {
	clean_room
	start_mock
	printf '%s\n' '{"text":"x é€😀 \"q\" \\"}' >in
}

@test "a response answers, is not stored, and says what it used" {
	quietly ask_it -p '{{text}}' -s 'be brief' --max-tokens 99 --param temperature=0 --meta <in
	[ "$(jq -r .output out)" = "echo: $(jq -r .text in)" ]
	[ "$(jq -c '.pllm | [.model, .finish]' out)" = '["mock","stop"]' ]
	[ "$(jq '.pllm.usage | .input > 0 and .output > 0' out)" = true ]
	[ "$(asked '|[.instructions,.store,.max_output_tokens,.temperature]')" = '["be brief",false,99,0]' ]
	[ "$(asked .input)" = "$(jq -c .text in)" ]
	quietly ask_it -p '{{text}}' --param store=true <in
	[ "$(asked .store)" = true ]
}

@test "answers of Responses are the same with and without --stream, and so is what is known of them" {
	jq -cn 'range(50) | {text: "n \(.) é€😀 \"q\" \\ \n\t\u0001"}' >in
	ask_it -p 'Say {{text}}' --meta <in | without_times >plain
	[ "$(mock_stat streamed)" = 0 ]
	ask_it -p 'Say {{text}}' --meta --stream <in | without_times >streamed
	[ "$(mock_stat streamed)" = 50 ]
	[ "$(jq -r 'select(.pllm.usage.output > 0) | 1' streamed | wc -l)" = 50 ]
	cmp plain streamed
}

@test "messages of a chat, items and bodies are understood by a server of Responses" {
	printf '%s\n' \
		'{"messages":[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"a"}]},{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":"7"},{"role":"user","content":"chat"}]}' \
		'{"messages":[{"type":"message","role":"user","content":[{"type":"input_text","text":"items"}]}]}' \
		'{"body":{"model":"own","input":"body"}}' >in
	quietly pllm --api openai-responses --endpoint "$URL" -m mock -j 1 <in
	[ "$(jq -r .output out | paste -sd ,)" = 'echo: chat,echo: items,echo: body' ]
}

@test "a schema goes along as text.format, and the answer is JSON" {
	echo '{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}' >schema
	quietly ask_it -p 'x[[answer:{"a":"b"}]]' --schema schema <in
	[ "$(jq -c .output out)" = '{"a":"b"}' ]
	[ "$(asked '.text.format|[.type,.strict,.schema.required]')" = '["json_schema",true,["a"]]' ]
}

@test "errors of Responses are told apart" {
	gives 'request_rejected 400 1' 400,200
	gives 'auth 401 1' 401
	scripted quota
	[[ $failure == 'quota 429 '* ]]
	gives 'request_rejected 400 1' context
	gives 'overloaded 500 1' 500 --retries 0
	gives "$answer" 503,200
	gives 'content_filter 200 1' refusal
	gives 'content_filter 200 1' filter
	gives 'truncated 200 1' length
	gives 'bad_response 200 1' empty --retries 0
}

@test "a hint of Responses is waited for" {
	local before=$EPOCHREALTIME
	gives_at_last 429@1,200
	[ $((${EPOCHREALTIME/./} - ${before/./})) -ge 1000000 ]
}

@test "a stream of Responses that breaks off is asked again, and never taken for an answer" {
	for how in stream-cut stream-end stream-error; do
		gives_at_last "$how" --stream
	done
	gives 'transport 200 1' stream-cut --stream --retries 0
	gives 'transport 200 1' stream-end --stream --retries 0
	gives 'content_filter 200 1' refusal --stream
	gives 'truncated 200 1' length --stream
}
