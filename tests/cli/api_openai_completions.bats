#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# OpenAI's older Completions, over a socket.

load helper

setup() {
	clean_room
	start_mock
}

ask_it() {
	pllm --api openai-completions --endpoint "$URL" -m mock "$@"
}

asked() {
	curl -sS "$BASE/_mock/last" | jq -c ".body$1"
}

scripted() {
	local script=$1
	shift
	curl -sS -d '' "$BASE/_mock/reset" >/dev/null
	try ask_it -p '{{text}}' "$@" <<<"{\"text\":\"long enough to be cut[[mock:$script]]\"}"
	failure=$(jq -r 'if .pllm.error then .pllm.error | [.code, .status, .attempts] | map(tostring) | join(" ") else .output end' out)
	echo "$script: $failure"
}

@test "a text is continued, the same with and without --stream" {
	jq -cn 'range(30) | {text: "n \(.) é€😀 \"q\" \\ \n\t\u0001"}' >in
	ask_it -p 'Say {{text}}' --meta <in | jq -c 'del(.pllm.ms, .pllm.ttft_ms)' >plain
	[ "$(mock_stat streamed)" = 0 ]
	ask_it -p 'Say {{text}}' --meta --stream <in | jq -c 'del(.pllm.ms, .pllm.ttft_ms)' >streamed
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
	scripted 400,200
	[ "$failure" = 'request_rejected 400 1' ]
	scripted 401
	[ "$failure" = 'auth 401 1' ]
	scripted quota
	[[ $failure == 'quota 429 '* ]]
	scripted 500 --retries 0
	[ "$failure" = 'overloaded 500 1' ]
	scripted length
	[ "$failure" = 'truncated 200 1' ]
	scripted filter
	[ "$failure" = 'content_filter 200 1' ]
	scripted empty --retries 0
	[ "$failure" = 'bad_response 200 1' ]
	local before=$EPOCHREALTIME
	scripted 429@1,200
	[ "$failure" = 'echo: long enough to be cut' ]
	[ $((${EPOCHREALTIME/./} - ${before/./})) -ge 1000000 ]
}

@test "a streamed completion that breaks off is asked again, and never taken for an answer" {
	for how in stream-cut stream-end stream-error; do
		scripted "$how" --stream
		[ "$failure" = 'echo: long enough to be cut' ]
		[ "$(mock_stat requests)" = 2 ]
	done
	scripted stream-end --stream --retries 0
	[ "$failure" = 'transport 200 1' ]
}
