#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Google's Gemini over a real socket.

load helper
load api_helper

api=gemini model=gemini-mock prefix=''

setup() {
	clean_room
	unset GOOGLE_API_KEY GOOGLE_GEMINI_BASE_URL
	export GEMINI_API_KEY=gemini-canary-0123456789
	start_mock
	echo '{"text":"hi"}' >in
}

@test "gemini: a prompt is asked in Google's words, with the model in the path" {
	start_witness
	try pllm --api gemini --endpoint "$BASE" -m gemini-x --retries 0 -p 'Say {{text}}' -s 'be brief' --max-tokens 9 --param generationConfig.temperature=0 <in
	[ "$(jq -r .path requests)" = /v1beta/models/gemini-x:generateContent ]
	[ "$(jq -r '.headers["x-goog-api-key"]' requests)" = "$GEMINI_API_KEY" ]
	[ "$(jq -r '.headers.authorization // "none"' requests)" = none ]
	[ "$(jq -r .body requests)" = '{"contents":[{"role":"user","parts":[{"text":"Say hi"}]}],"systemInstruction":{"parts":[{"text":"be brief"}]},"generationConfig":{"maxOutputTokens":9,"temperature":0}}' ]
}

@test "gemini: the address and the key come from the environment" {
	unset GEMINI_API_KEY
	export GOOGLE_GEMINI_BASE_URL=$BASE GOOGLE_API_KEY=google-canary-0123456789
	quietly pllm --api gemini -m gemini-mock -p '{{text}}' <in
	[ "$(jq -r .output out)" = 'echo: hi' ]
	[ "$(last .headers | jq -r '."x-goog-api-key"')" = '***' ]
}

@test "gemini: answers are the same with and without --stream, and so is what is known of them" {
	jq -cn '(range(50) | {text: "n \(.) é€😀 \"q\" \\ \n\t\u0001[[mock:reasoning=7,cached=2]]"}), {text: "x"}' >in
	ask_it -p 'Say {{text}}' --meta <in | without_times >plain
	[ "$(last .path)" = '"/v1beta/models/gemini-mock:generateContent"' ]
	ask_it -p 'Say {{text}}' --meta --stream <in | without_times >streamed
	[[ $(last .path) == '"/v1beta/models/gemini-mock:streamGenerateContent?alt=sse"' ]]
	[ "$(wc -l <streamed)" = 51 ]
	[ "$(jq -c 'select(.output | startswith("echo: Say")) | 1' streamed | wc -l)" = 51 ]
	cmp plain streamed
}

@test "gemini: usage counts thoughts as output, what was cached as input, and tells both apart" {
	quietly ask_it -p 'one two three[[mock:reasoning=7,cached=2]]' --meta <in
	[ "$(jq -c '.pllm.usage | [.cached, .reasoning, .output > 7, .input >= 2]' out)" = '[2,7,true,true]' ]
	[ "$(jq -r '.pllm | "\(.model) \(.finish)"' out)" = 'gemini-mock stop' ]
	quietly ask_it -p 'x[[mock:no-usage]]' --meta <in
	[ "$(jq -c '.pllm.usage | [.input, .output]' out)" = '[null,null]' ]
	quietly ask_it -p 'x[[mock:usage-strings]]' --meta <in
	[ "$(jq -c '.pllm.usage.output > 0' out)" = true ]
}

@test "gemini: a schema is asked for, and the answer is JSON" {
	echo '{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}' >schema
	for stream in '' --stream; do
		quietly ask_it -p '{{text}}' --schema schema $stream <in
		[ "$(jq -r '.output.a | type' out)" = string ]
	done
	[ "$(last .body.generationConfig.responseMimeType)" = '"application/json"' ]
	[ "$(last .body.generationConfig.responseJsonSchema.required)" = '["a"]' ]
}

@test "gemini: messages of a record, with tools and a picture, are told in Google's words" {
	jq -cn '{messages: [
		{role: "system", content: "s"},
		{role: "user", content: [{type: "image_url", image_url: {url: "data:image/png;base64,QUJD"}}, {type: "text", text: "q"}]},
		{role: "assistant", tool_calls: [{id: "c1", type: "function", function: {name: "f", arguments: "{\"x\":1}"}}]},
		{role: "tool", tool_call_id: "c1", content: "r"}]}' >in
	quietly ask_it <in
	[ "$(last '[.body.contents[].role]')" = '["user","model","user"]' ]
	[ "$(last .body.contents[2].parts[0].functionResponse.name)" = '"f"' ]
	[ "$(last .body.systemInstruction.parts[0].text)" = '"s"' ]
}

@test "gemini: a record's own body goes out as it is, and names its model" {
	start_witness
	echo '{"body":{"model":"gemini-own","contents":[{"parts":[{"text":"a"}]}], "x":1.10 }}' >in
	try pllm --api gemini --endpoint "$BASE" --retries 0 <in
	[ "$(jq -r .path requests)" = /v1beta/models/gemini-own:generateContent ]
	[ "$(jq -r .body requests)" = '{"contents":[{"parts":[{"text":"a"}]}], "x":1.10 }' ]
	for model in '../x' 'a?b' ''; do
		jq -cn --arg m "$model" '{body: {model: $m, contents: []}}' >in
		try pllm --api gemini --endpoint "$BASE" <in
		[ "$(jq -r .pllm.error.code out)" = bad_record ]
	done
	[ "$(wc -l <requests)" = 1 ]
}

@test "gemini: what a model can do instead of answering is told apart, whole and streamed" {
	for stream in '' --stream; do
		gives 'content_filter 200 1' blocked $stream
		grep -q 'the prompt was blocked (PROHIBITED_CONTENT)' err
		gives 'content_filter 200 1' filter $stream
		grep -q '(SAFETY)' err
		gives 'content_filter 200 1' refusal $stream
		gives 'truncated 200 1' length $stream
		scripted tools $stream --meta
		[ "$(jq -c '[.output[0].functionCall.name, .pllm.finish]' out)" = '["lookup","tool_calls"]' ]
		gives "$answer" odd-finish $stream
	done
	for odd in empty missing number null; do
		gives 'bad_response 200 1' $odd --retries 0
	done
	gives 'transport 200 1' empty --stream --retries 0
}

@test "gemini: a stream that breaks off or carries an error is asked again, and never an answer" {
	for how in stream-cut stream-end stream-error no-end truncate; do
		gives_at_last $how --stream
	done
	for how in stream-cut stream-end no-end; do
		gives 'transport 200 1' $how --stream --retries 0
	done
	gives 'overloaded 200 1' stream-error --stream --retries 0
	grep -q 'The model is overloaded' err
}

@test "gemini: however a stream's lines end, and with comments in it, it is whole" {
	for how in cr crlf comments slow gzip; do
		gives "$answer" $how --stream
		[ "$(mock_stat requests)" = 1 ]
	done
}

@test "gemini: Google's errors are told apart" {
	gives 'auth 400 1' auth
	gives 'auth 403 1' 403
	gives 'quota 429 1' quota
	gives 'request_rejected 400 1' context
	grep -q 'maximum number of tokens' err
	gives 'request_rejected 400 1' 400
	gives 'request_rejected 404 1' 404
	gives 'overloaded 503 1' 503 --retries 0
	gives 'overloaded 500 1' 500 --retries 0
	gives 'overloaded 500 1' array:500 --retries 0
	gives 'overloaded 500 1' string:500 --retries 0
	gives 'overloaded 200 1' errbody --retries 0
	for how in garbage html; do
		gives 'bad_response 200 1' $how --retries 0
	done
	! grep -rq "$GEMINI_API_KEY" out err
}

@test "gemini: when to come again is read from the error's body" {
	local before
	for how in 429@1 array:429@1; do
		before=$(date +%s%3N)
		gives "$answer" $how
		[ $(($(date +%s%3N) - before)) -ge 1000 ]
		[ "$(mock_stat requests)" = 2 ]
	done
}
