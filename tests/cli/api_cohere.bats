#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Cohere's chat over a real socket.

load helper
load api_helper

api=cohere model=mock prefix=''

setup() {
	clean_room
	unset CO_API_KEY CO_API_URL COHERE_API_KEY
	start_mock
}

@test "answers and what is known of them are the same with and without --stream" {
	jq -cn '(range(100) | {text: "n \(.) é€😀 \"q\" \\ \n\t\u0001"}), {text: ""},
		{text: "[[mock:cached=3,reasoning=5]]thought"}' >in
	ask_it -p 'Say {{text}}' --meta <in | without_times >plain
	[ "$(mock_stat streamed)" = 0 ]
	ask_it -p 'Say {{text}}' --meta --stream <in | without_times >streamed
	[ "$(mock_stat streamed)" = 102 ]
	[ "$(mock_stat dialects.cohere)" = 204 ]
	[ "$(jq -r .output plain | head -n 1)" = 'echo: Say n 0 é€😀 "q" \ ' ]
	[ "$(jq -c .pllm.finish plain | sort -u)" = '"stop"' ]
	[ "$(jq -r 'select(.pllm.usage.input > 0 and .pllm.usage.output > 0) | 1' plain | wc -l)" = 102 ]
	[ "$(tail -n 1 plain | jq -c .pllm.usage.cached)" = 3 ]
	[ "$(tail -n 1 plain | jq -r .output)" = 'echo: Say thought' ]
	cmp plain streamed
}

@test "messages, the system message and bodies go to Cohere as they are, and pictures" {
	printf '%s\n' \
		'{"messages":[{"role":"system","content":"s"},{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":[{"type":"text","text":"c"}]}]}' \
		'{"messages":[{"role":"developer","content":"s"},{"role":"user","content":"d"}]}' \
		'{"body":{"messages":[{"role":"user","content":"e"}]}}' >in
	quietly ask_it <in
	[ "$(jq -r .output out | paste -sd ,)" = 'echo: c,echo: d,echo: e' ]
	[ "$(mock_stat systems)" = 2 ]
	quietly ask_it -p '{{text}}' -s 'be brief' --image https://h/a.png --max-tokens 50 <<<'{"text":"f"}'
	[ "$(jq -r .output out)" = 'echo: f' ]
	[ "$(mock_stat images)" = 1 ]
	[ "$(mock_stat systems)" = 3 ]
}

@test "a schema is Cohere's to keep, and asked for again where it was not" {
	echo '{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]}' >schema
	local how
	for how in '' --stream; do
		once x --schema schema $how
		[ "$status" -eq 0 ]
		[ "$(jq -c '.output.n | type' out)" = '"number"' ]
		once 'x[[mock:mismatch=1]]' --schema schema $how
		[ "$status" -eq 0 ]
		[ "$(jq -c '.output.n | type' out)" = '"number"' ]
		[ "$(mock_stat requests)" = 2 ]
	done
}

@test "tool calls are the answer where Cohere says nothing else" {
	local how
	for how in '' --stream; do
		once 'x[[mock:tools]]' --meta $how
		[ "$status" -eq 0 ]
		[ "$(jq -c '.output[0].function.name, .pllm.finish' out | paste -sd ' ')" = '"lookup" "tool_calls"' ]
	done
}

@test "what Cohere can do instead of answering has its code, whole and in a stream" {
	local how
	for how in '' --stream; do
		once 'x[[mock:length]]' $how
		[ "$(outcome)" = 'truncated 200 1' ]
		once 'x[[mock:filter]]' --retries 0 $how
		[ "$(outcome)" = 'bad_response 200 1' ]
		once 'x[[mock:empty]]' --retries 0 $how
		[ "$(outcome)" = 'bad_response 200 1' ]
		once 'x[[mock:garbage]]' --retries 0 $how
		[ "$(outcome)" = 'bad_response 200 1' ]
		once 'x[[mock:odd-finish]]' --meta $how
		[ "$(jq -r '.output, .pllm.finish' out | paste -sd ,)" = 'echo: x,unknown' ]
		once 'x[[mock:usage-strings]]' --meta $how
		[ "$(jq '.pllm.usage.output > 0' out)" = true ]
		once 'x[[mock:no-usage]]' --meta $how
		[ "$(jq -c '[.output, .pllm.usage.output]' out)" = '["echo: x",null]' ]
	done
	for how in null missing number; do
		once "x[[mock:$how]]" --retries 0
		[ "$(outcome)" = 'bad_response 200 1' ]
	done
}

@test "a stream of Cohere's that breaks off is asked again, and never taken for an answer" {
	local how
	for how in stream-cut stream-end no-end truncate stream-error; do
		once "long enough to be cut in half[[mock:$how]]" --stream
		[ "$status" -eq 0 ]
		[ "$(jq -r .output out)" = "$answer" ]
		[ "$(mock_stat requests)" = 2 ]
	done
	once 'long enough to be cut in half[[mock:no-end]]' --stream --retries 0
	[ "$(outcome)" = 'transport 200 1' ]
	once 'long enough to be cut in half[[mock:stream-error]]' --stream --retries 0
	[ "$(outcome)" = 'overloaded 200 1' ]
	grep -q 'Upstream failed' err
}

@test "streams of Cohere's are read however their lines end, and in however many pieces" {
	local how
	for how in crlf cr comments slow gzip; do
		once "x[[mock:$how]]" --stream
		[ "$status" -eq 0 ]
		[ "$(jq -r .output out)" = 'echo: x' ]
	done
	once 'x[[mock:deltas=20000]]' --stream
	[ "$status" -eq 0 ]
	[ "$(jq '.output | length' out)" -eq 20000 ]
}

@test "Cohere's errors are told apart" {
	once 'x[[mock:400,200]]'
	[ "$(outcome)" = 'request_rejected 400 1' ]
	once 'x[[mock:context,200]]'
	[ "$(outcome)" = 'request_rejected 400 1' ]
	grep -q 'too many tokens' err
	once 'x[[mock:500,500]]' --retries 1
	[ "$(outcome)" = 'overloaded 500 2' ]
	once 'x[[mock:errbody]]' --retries 0
	[ "$(outcome)" = 'overloaded 200 1' ]
	once 'x[[mock:503,200]]'
	[ "$(jq -r .output out)" = 'echo: x' ]
	once 'x[[mock:auth]]'
	[ "$status" -eq 3 ]
	[ "$(outcome)" = 'auth 401 1' ]
	once 'x[[mock:quota]]'
	[ "$status" -eq 3 ]
	[ "$(jq -r .pllm.error.code out)" = quota ]
	[ "$(mock_stat requests)" = 1 ]
}

@test "Cohere's Retry-After is kept, and a refusal for speed is no failure" {
	local from
	from=$(date +%s%3N)
	once 'x[[mock:429@1]]' --retries 0
	[ "$(jq -r .output out)" = 'echo: x' ]
	[ $(($(date +%s%3N) - from)) -ge 1000 ]
}

@test "Cohere's key is taken from either variable" {
	stop_mock
	start_mock --key co-secret-1
	CO_API_KEY=co-secret-1 quietly ask_it -p '{{text}}' <<<'{"text":"x"}'
	COHERE_API_KEY=co-secret-1 quietly ask_it -p '{{text}}' <<<'{"text":"x"}'
	CO_API_KEY=co-secret-2 try ask_it -p '{{text}}' <<<'{"text":"x"}'
	[ "$status" -eq 3 ]
	run ! grep -q co-secret out err
	CO_API_URL=$BASE CO_API_KEY=co-secret-1 quietly pllm -m cohere/mock -p '{{text}}' --api cohere <<<'{"text":"x"}'
}
