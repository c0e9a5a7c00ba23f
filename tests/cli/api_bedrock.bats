#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# AWS Bedrock's Converse over a real socket.

load helper
load api_helper

api=bedrock model=us.vendor.model-v1:0 prefix=''

setup() {
	clean_room
	unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_REGION AWS_DEFAULT_REGION \
		AWS_ENDPOINT_URL_BEDROCK_RUNTIME
	export AWS_BEARER_TOKEN_BEDROCK=bedrock-canary-0123456789
	start_mock
	echo '{"text":"hi"}' >in
}

@test "bedrock: a prompt is asked in Converse's words, with the model in the path, encoded" {
	start_witness
	try pllm --api bedrock --endpoint "$BASE" -m us.vendor.model-v1:0 --retries 0 -p 'Say {{text}}' -s 'be brief' --max-tokens 9 --param inferenceConfig.temperature=0 <in
	[ "$(jq -r .path requests)" = /model/us.vendor.model-v1%3A0/converse ]
	[ "$(jq -r .headers.authorization requests)" = "Bearer $AWS_BEARER_TOKEN_BEDROCK" ]
	[ "$(jq -r .body requests)" = '{"messages":[{"role":"user","content":[{"text":"Say hi"}]}],"inferenceConfig":{"maxTokens":9,"temperature":0},"system":[{"text":"be brief"}]}' ]
}

@test "bedrock: a model's prefix names the API, and the environment its address" {
	export AWS_ENDPOINT_URL_BEDROCK_RUNTIME=$BASE
	quietly pllm -m bedrock/vendor.model-v1:0 -p '{{text}}' <in
	[ "$(jq -r .output out)" = 'echo: hi' ]
	[ "$(last .path)" = '"/model/vendor.model-v1%3A0/converse"' ]
}

@test "bedrock: without a region or an address nothing is sent" {
	try pllm --api bedrock -m vendor.model-v1:0 -p '{{text}}' <in
	[ "$status" -eq 2 ]
	grep -q AWS_REGION err
}

@test "bedrock: answers are the same with and without --stream, and so is what is known of them" {
	jq -cn '(range(50) | {text: "n \(.) é€😀 \"q\" \\ \n\t\u0001[[mock:reasoning=7,cached=2]]"}), {text: "x"}' >in
	ask_it -p 'Say {{text}}' --meta <in | without_times >plain
	ask_it -p 'Say {{text}}' --meta --stream <in | without_times >streamed
	[[ $(last .path) == *'/converse-stream"' ]]
	[ "$(wc -l <streamed)" = 51 ]
	[ "$(jq -c 'select(.output | startswith("echo: Say")) | 1' streamed | wc -l)" = 51 ]
	cmp plain streamed
}

@test "bedrock: usage counts what was cached as input" {
	quietly ask_it -p 'one two three[[mock:cached=2]]' --meta <in
	[ "$(jq -c '.pllm.usage | [.cached, .output > 0, .input > 2]' out)" = '[2,true,true]' ]
	[ "$(jq -r .pllm.finish out)" = stop ]
	quietly ask_it -p 'x[[mock:no-usage]]' --meta <in
	[ "$(jq -c '.pllm.usage | [.input, .output]' out)" = '[null,null]' ]
	quietly ask_it -p 'x[[mock:usage-strings]]' --meta <in
	[ "$(jq -c '.pllm.usage.output > 0' out)" = true ]
}

@test "bedrock: a schema is asked for as a string, and an answer that does not match again" {
	echo '{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}' >schema
	for stream in '' --stream; do
		quietly ask_it -p '{{text}}' --schema schema $stream <in
		[ "$(jq -r '.output.a | type' out)" = string ]
		[ "$(last '.body.outputConfig.textFormat.structure.jsonSchema.schema | fromjson.required')" = '["a"]' ]
	done
	mock_reset
	quietly ask_it -p 'x[[mock:prose]]' --schema schema <in
	[ "$(jq -r '.output.a | type' out)" = string ]
	[ "$(last '[.body.messages[].role]')" = '["user","assistant","user"]' ]
}

@test "bedrock: messages of a record, with tools and a picture, are told in Converse's words" {
	jq -cn '{messages: [
		{role: "system", content: "s"},
		{role: "user", content: [{type: "image_url", image_url: {url: "data:image/png;base64,QUJD"}}, {type: "text", text: "q"}]},
		{role: "assistant", content: "", tool_calls: [{id: "c1", type: "function", function: {name: "f", arguments: "{\"x\":1}"}}]},
		{role: "tool", tool_call_id: "c1", content: "r"}, {role: "user", content: "go on"}]}' >in
	quietly ask_it <in
	[ "$(last '[.body.messages[].role]')" = '["user","assistant","user"]' ]
	[ "$(last .body.messages[0].content[0].image)" = '{"format":"png","source":{"bytes":"QUJD"}}' ]
	[ "$(last .body.messages[1].content)" = '[{"toolUse":{"toolUseId":"c1","name":"f","input":{"x":1}}}]' ]
	[ "$(last .body.messages[2].content[0].toolResult.toolUseId)" = '"c1"' ]
	[ "$(last .body.system)" = '[{"text":"s"}]' ]
	echo '{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://h/x.png"}}]}]}' >in
	try ask_it <in
	[ "$(jq -r .pllm.error.code out)" = bad_record ]
}

@test "bedrock: a record's own body goes out as it is, and names its model" {
	start_witness
	echo '{"body":{"model":"own.model:1","messages":[], "x":1.10 }}' >in
	try pllm --api bedrock --endpoint "$BASE" --retries 0 <in
	[ "$(jq -r .path requests)" = /model/own.model%3A1/converse ]
	[ "$(jq -r .body requests)" = '{"messages":[], "x":1.10 }' ]
}

@test "bedrock: what a model can do instead of answering is told apart, whole and streamed" {
	for stream in '' --stream; do
		gives 'content_filter 200 1' filter $stream
		gives 'content_filter 200 1' blocked $stream
		gives 'truncated 200 1' length $stream
		scripted tools $stream --meta
		[ "$(jq -c '[.output[0].toolUse.name, .pllm.finish]' out)" = '["lookup","tool_calls"]' ]
		gives "$answer" odd-finish $stream
	done
	for odd in missing number null; do
		gives 'bad_response 200 1' $odd --retries 0
	done
}

@test "bedrock: a stream that breaks off or carries an exception is asked again, and never an answer" {
	for how in stream-cut stream-end stream-error no-end truncate; do
		gives_at_last $how --stream
	done
	for how in stream-cut stream-end no-end; do
		gives 'transport 200 1' $how --stream --retries 0
	done
	gives 'overloaded 200 1' stream-error --stream --retries 0
	grep -q 'Upstream failed' err
}

@test "bedrock: however a stream comes, it is whole" {
	for how in drip slow gzip; do
		gives "$answer" $how --stream
		[ "$(mock_stat requests)" = 1 ]
	done
}

@test "bedrock: Amazon's errors are told apart, by the type that a header says" {
	gives 'auth 403 1' auth
	gives 'auth 403 1' 403
	gives 'quota 400 1' quota
	gives 'request_rejected 400 1' context
	grep -q 'Input is too long' err
	gives 'request_rejected 400 1' 400
	gives 'request_rejected 404 1' 404
	gives 'overloaded 503 1' 503 --retries 0
	gives 'overloaded 500 1' 500 --retries 0
	gives 'rate_limited 429 1' 429@ms:20000 --deadline 1s
	gives 'overloaded 200 1' errbody --retries 0
	for how in garbage html; do
		gives 'bad_response 200 1' $how --retries 0
	done
	run ! grep -rq "$AWS_BEARER_TOKEN_BEDROCK" out err
}

@test "bedrock: when to come again is read from Amazon's header" {
	local before
	before=$(date +%s%3N)
	gives "$answer" 429@ms:1000
	[ $(($(date +%s%3N) - before)) -ge 1000 ]
	[ "$(mock_stat requests)" = 2 ]
}
