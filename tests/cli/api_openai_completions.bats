#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# OpenAI's older Completions, over a socket.

load helper
load api_helper

api=openai-completions model=mock prefix=/v1

setup() {
	clean_room
	start_mock
}

@test "a text is continued, the same with and without --stream" {
	jq -cn 'range(30) | {text: "n \(.) é€😀 \"q\" \\ \n\t\u0001"}' >in
	ask_it -p 'Say {{text}}' --meta <in | without_times >plain
	[ "$(mock_stat streamed)" = 0 ]
	ask_it -p 'Say {{text}}' --meta --stream <in | without_times >streamed
	[ "$(mock_stat streamed)" = 30 ]
	[ "$(jq -r 'select(.pllm.usage.output > 0 and .pllm.model == "mock") | 1' streamed | wc -l)" = 30 ]
	cmp plain streamed
	quietly ask_it --max-tokens 50 --param logprobs=1 <<<'{"prompt":"p"}'
	[ "$(asked '|[.prompt,.max_tokens,.logprobs]')" = '["p",50,1]' ]
}

@test "messages and system prompts are refused before anything is sent" {
	try ask_it <<<'{"messages":[{"role":"user","content":"x"}]}'
	[ "$status" -eq 1 ]
	[ "$(jq -r .pllm.error.code out)" = bad_record ]
	[[ $(jq -r .pllm.error.message out) == *'--api openai'* ]]
	try ask_it -p x -s sys <<<'{"id":1}'
	[ "$status" -ne 0 ]
	[ "$(mock_stat requests)" = 0 ]
}

@test "errors of Completions are told apart, and hints waited for" {
	gives 'request_rejected 400 1' 400,200
	gives 'auth 401 1' 401
	scripted quota
	[[ $failure == 'quota 429 '* ]]
	gives 'overloaded 500 1' 500 --retries 0
	gives 'truncated 200 1' length
	gives 'content_filter 200 1' filter
	gives 'bad_response 200 1' empty --retries 0
	local before=$EPOCHREALTIME
	gives "$answer" 429@1,200
	[ $((${EPOCHREALTIME/./} - ${before/./})) -ge 1000000 ]
}

@test "a streamed completion that breaks off is asked again, and never taken for an answer" {
	for how in stream-cut stream-end stream-error; do
		gives_at_last "$how" --stream
	done
	gives 'transport 200 1' stream-end --stream --retries 0
}
