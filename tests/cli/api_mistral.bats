#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Mistral, and those who speak OpenAI's chat with a difference or two.

load helper
load api_helper

api=mistral model=mock prefix=/mistral

setup() {
	clean_room
	start_mock
	echo '{"text":"hi"}' >in
}

@test "Mistral answers, the same with and without --stream, with nothing asked that it refuses" {
	jq -cn 'range(20) | {text: "n \(.) é€😀"}' >in
	ask_it -p '{{text}}' --meta <in | without_times >plain
	ask_it -p '{{text}}' --meta --stream --max-tokens 99 <in | without_times >streamed
	[ "$(jq -r 'select(.pllm.usage.output > 0) | 1' streamed | wc -l)" = 20 ]
	cmp plain streamed
	[ "$(last '.body|[.max_tokens,.stream,.stream_options]')" = '[99,true,null]' ]
}

@test "the key is MISTRAL_API_KEY, a bearer's" {
	start_witness
	MISTRAL_API_KEY=mistral-canary quietly pllm --api mistral --endpoint "$BASE" -m m -p x <in
	[ "$(jq -r '.headers.authorization' requests)" = 'Bearer mistral-canary' ]
	[ "$(jq -r .path requests)" = /v1/chat/completions ]
	: >requests
	MISTRAL_API_KEY=mistral-canary quietly pllm --api mistral --endpoint "$BASE/v1" -m m -p x <in
	[ "$(jq -r .path requests)" = /v1/chat/completions ]
}

@test "a schema is asked for at Mistral, and the answer is JSON" {
	echo '{"type":"object"}' >schema
	quietly ask_it -p 'x[[answer:{"a":"b"}]]' --schema schema <in
	[ "$(jq -c .output out)" = '{"a":"b"}' ]
	[ "$(last .body.response_format.json_schema.schema.type)" = '"object"' ]
}

@test "DeepSeek is told of a schema in words, and asked for JSON" {
	echo '{"type":"object","required":["a"]}' >schema
	quietly pllm --api deepseek --endpoint "$URL" -m mock -p 'x[[answer:{"a":"b"}]]' -s 'be brief' --schema schema <in
	[ "$(jq -c .output out)" = '{"a":"b"}' ]
	[ "$(last .body.response_format)" = '{"type":"json_object"}' ]
	[[ $(last '.body.messages[0].content') == '"be brief\n\n'*'{\"type\":\"object\",\"required\":[\"a\"]}"' ]]
}

@test "errors of Mistral are told apart, and hints waited for" {
	gives 'request_rejected 400 1' 400,200
	gives 'request_rejected 422 1' 422,200
	gives 'auth 401 1' 401
	scripted 402
	[[ $failure == 'quota 402 '* ]]
	gives 'overloaded 500 1' 500 --retries 0
	gives 'truncated 200 1' length
	local before=$EPOCHREALTIME
	gives "$answer" 429@1,200
	[ $((${EPOCHREALTIME/./} - ${before/./})) -ge 1000000 ]
}

@test "a stream of Mistral's that breaks off is asked again, and never taken for an answer" {
	for how in stream-cut stream-end stream-error; do
		gives_at_last "$how" --stream
	done
	gives 'transport 200 1' stream-cut --stream --retries 0
}
