#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Anthropic's Messages over a real socket.

load helper
load api_helper

api=anthropic model=claude-mock prefix=''

setup() {
	clean_room
	export ANTHROPIC_API_KEY=anthropic-canary-0123456789
	start_mock
	echo '{"text":"hi"}' >in
}

@test "anthropic: a prompt is asked in Anthropic's words, with its headers and a limit of tokens" {
	start_witness
	try pllm --api anthropic --endpoint "$BASE" -m claude-x --retries 0 -p 'Say {{text}}' -s 'be brief' <in
	[ "$(jq -r .path requests)" = /v1/messages ]
	[ "$(jq -r '.headers["x-api-key"]' requests)" = "$ANTHROPIC_API_KEY" ]
	[ "$(jq -r '.headers["anthropic-version"]' requests)" = 2023-06-01 ]
	[ "$(jq -r '.headers.authorization // "none"' requests)" = none ]
	[ "$(jq -r .body requests)" = '{"model":"claude-x","messages":[{"role":"user","content":"Say hi"}],"max_tokens":4096,"system":"be brief"}' ]
	: >requests
	try pllm --api anthropic --endpoint "$BASE" -m claude-x --retries 0 -p x --max-tokens 9 --param top_k=1 --stream <in
	[ "$(jq -r .body requests)" = '{"model":"claude-x","messages":[{"role":"user","content":"x"}],"max_tokens":9,"stream":true,"top_k":1}' ]
}

@test "anthropic: a model's prefix names the API, and the environment its address and key" {
	export ANTHROPIC_BASE_URL=$BASE
	quietly pllm -m anthropic/claude-mock -p '{{text}}' <in
	[ "$(jq -r .output out)" = 'echo: hi' ]
	[ "$(last .path)" = '"/v1/messages"' ]
	[ "$(last .body.model)" = '"claude-mock"' ]
}

@test "anthropic: answers are the same with and without --stream, and so is what is known of them" {
	jq -cn '(range(50) | {text: "n \(.) é€😀 \"q\" \\ \n\t\u0001[[mock:reasoning=7,cached=2]]"}), {text: "x"}' >in
	ask_it -p 'Say {{text}}' --meta <in | without_times >plain
	ask_it -p 'Say {{text}}' --meta --stream <in | without_times >streamed
	[ "$(mock_stat streamed)" = 51 ]
	[ "$(wc -l <streamed)" = 51 ]
	[ "$(jq -c 'select(.output | startswith("echo: Say")) | 1' streamed | wc -l)" = 51 ]
	cmp plain streamed
}

@test "anthropic: usage counts what was cached as input, and thoughts as output" {
	quietly ask_it -p 'one two three[[mock:reasoning=7,cached=2]]' --meta <in
	[ "$(jq -c '.pllm.usage | [.cached, .reasoning, .output > 7, .input > 2]' out)" = '[2,7,true,true]' ]
	[ "$(jq -r '.pllm | "\(.model) \(.finish)"' out)" = 'claude-mock stop' ]
	quietly ask_it -p 'x[[mock:no-usage]]' --meta <in
	[ "$(jq -c '.pllm.usage | [.input, .output]' out)" = '[null,null]' ]
	quietly ask_it -p 'x[[mock:usage-strings]]' --meta <in
	[ "$(jq -c '.pllm.usage.output > 0' out)" = true ]
}

@test "anthropic: a schema is asked for, and an answer that does not match is asked for again" {
	echo '{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}' >schema
	for stream in '' --stream; do
		quietly ask_it -p '{{text}}' --schema schema $stream <in
		[ "$(jq -r '.output.a | type' out)" = string ]
		[ "$(last .body.output_config.format.type)" = '"json_schema"' ]
		[ "$(last .body.output_config.format.schema.required)" = '["a"]' ]
	done
	mock_reset
	quietly ask_it -p 'x[[mock:prose]]' --schema schema <in
	[ "$(jq -r '.output.a | type' out)" = string ]
	[ "$(last '[.body.messages[].role]')" = '["user","assistant","user"]' ]
}

@test "anthropic: messages of a record, with tools and a picture, are told in Anthropic's words" {
	jq -cn '{messages: [
		{role: "system", content: "s"},
		{role: "user", content: [{type: "image_url", image_url: {url: "data:image/png;base64,QUJD"}}, {type: "text", text: "q"}]},
		{role: "assistant", content: "", tool_calls: [{id: "c1", type: "function", function: {name: "f", arguments: "{\"x\":1}"}}]},
		{role: "tool", tool_call_id: "c1", content: "r"}, {role: "user", content: "go on"}]}' >in
	quietly ask_it <in
	[ "$(last '[.body.messages[].role]')" = '["user","assistant","user"]' ]
	[ "$(last .body.messages[0].content[0].source)" = '{"type":"base64","media_type":"image/png","data":"QUJD"}' ]
	[ "$(last .body.messages[1].content)" = '[{"type":"tool_use","id":"c1","name":"f","input":{"x":1}}]' ]
	[ "$(last '[.body.messages[2].content[].type]')" = '["tool_result","text"]' ]
	[ "$(last .body.system)" = '"s"' ]
}

@test "anthropic: messages in Anthropic's own form, and bodies, go out byte for byte" {
	start_witness
	cat >in <<-'END'
		{"messages":[ {"role":"user", "content":[{"type":"text","text":"a","cache_control":{"type":"ephemeral"}}]} ]}
		{"body":{ "model":"own", "max_tokens":3, "messages":[], "x":1.10 }}
	END
	try pllm --api anthropic --endpoint "$BASE" -m claude-x --retries 0 -j 1 <in
	[ "$(sed -n 1p requests | jq -r .body)" = '{"model":"claude-x","messages":[{"role":"user", "content":[{"type":"text","text":"a","cache_control":{"type":"ephemeral"}}]}],"max_tokens":4096}' ]
	: >requests
	sed -n 2p in >body
	try pllm --api anthropic --endpoint "$BASE" --retries 0 <body
	[ "$(jq -r .body requests)" = '{ "model":"own", "max_tokens":3, "messages":[], "x":1.10 }' ]
}

@test "anthropic: what a model can do instead of answering is told apart, whole and streamed" {
	for stream in '' --stream; do
		gives 'content_filter 200 1' refusal $stream
		grep -q "the model refused: I'm sorry" err
		gives 'truncated 200 1' length $stream
		grep -q 'raise --max-tokens' err
		scripted tools $stream --meta
		[ "$(jq -c '[.output[0].type, .output[0].name, .pllm.finish]' out)" = '["tool_use","lookup","tool_calls"]' ]
		gives "$answer" odd-finish $stream
	done
	for odd in missing number null; do
		gives 'bad_response 200 1' $odd --retries 0
	done
}

@test "anthropic: a stream that breaks off or carries an error is asked again, and never an answer" {
	for how in stream-cut stream-end stream-error no-end truncate; do
		gives_at_last $how --stream
	done
	for how in stream-cut stream-end no-end; do
		gives 'transport 200 1' $how --stream --retries 0
	done
	gives 'overloaded 200 1' stream-error --stream --retries 0
	grep -q 'Overloaded' err
}

@test "anthropic: however a stream's lines end, and with comments in it, it is whole" {
	for how in cr crlf comments drip slow gzip crlf+comments; do
		gives "$answer" $how --stream
		[ "$(mock_stat requests)" = 1 ]
	done
}

@test "anthropic: Anthropic's errors are told apart" {
	gives 'auth 401 1' auth
	gives 'auth 403 1' 403
	gives 'quota 429 1' quota
	gives 'quota 400 1' spend-limit
	gives 'request_rejected 400 1' context
	grep -q 'prompt is too long' err
	gives 'request_rejected 400 1' 400
	gives 'request_rejected 404 1' 404
	gives 'overloaded 529 1' 529 --retries 0
	gives 'overloaded 500 1' 500 --retries 0
	gives 'rate_limited 429 1' 429@20 --deadline 1s
	gives 'overloaded 200 1' errbody --retries 0
	for how in garbage html; do
		gives 'bad_response 200 1' $how --retries 0
	done
	run ! grep -rq "$ANTHROPIC_API_KEY" out err
}

@test "anthropic: when to come again is read from the headers" {
	local before
	before=$(date +%s%3N)
	gives "$answer" 429@1
	[ $(($(date +%s%3N) - before)) -ge 1000 ]
	[ "$(mock_stat requests)" = 2 ]
}

@test "anthropic: a run stays within the limits that the headers tell" {
	stop_mock
	start_mock --rpm 600 --burst 5
	records 20 >in
	quietly ask_it -p '{{text}}' -j 20 <in
	echoed out
}
