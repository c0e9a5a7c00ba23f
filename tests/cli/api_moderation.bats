#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# OpenAI's Moderations, over a socket.

load helper

setup() {
	clean_room
	start_mock
}

look() {
	pllm --api openai-moderation --endpoint "$URL" "$@"
}

scripted() {
	local script=$1
	shift
	curl -sS -d '' "$BASE/_mock/reset" >/dev/null
	try look -p '{{text}}' "$@" <<<"{\"text\":\"x[[mock:$script]]\"}"
	failure=$(jq -r 'if .pllm.error then .pllm.error | [.code, .status, .attempts] | map(tostring) | join(" ") else .output.flagged end' out)
	echo "$script: $failure"
}

@test "a record's answer is what the server says of its text, as JSON; no model is needed" {
	printf '%s\n' '{"id":1,"input":"harmless"}' '{"id":2,"input":"flag this"}' '"flag"' >in
	quietly look <in
	[ "$(jq -c '.output.flagged' out | paste -sd ,)" = 'false,true,true' ]
	[ "$(sed -n 2p out | jq -c '.output.category_scores.violence')" = 0.9731 ]
	quietly look -p 'Look: {{input}}' -m omni --meta <<<'{"input":"flag"}'
	[ "$(jq -c '[.output.flagged, .pllm.model]' out)" = '[true,"omni"]' ]
	[ "$(curl -sS "$BASE/_mock/last" | jq -c .body)" = '{"input":"Look: flag","model":"omni"}' ]
}

@test "several texts of one record have several results" {
	quietly look <<<'{"input":["a","flag","b"]}'
	[ "$(jq -c '[.output[].flagged]' out)" = '[false,true,false]' ]
	quietly look <<<'{"input":[{"type":"text","text":"flag"},{"type":"image_url","image_url":{"url":"http://h/i.png"}}]}'
	[ "$(jq -c '.output.flagged' out)" = true ]
}

@test "errors of Moderations are told apart, and hints waited for" {
	scripted 400,200
	[ "$failure" = 'request_rejected 400 1' ]
	scripted 401
	[ "$failure" = 'auth 401 1' ]
	scripted 500 --retries 0
	[ "$failure" = 'overloaded 500 1' ]
	scripted 503,200
	[ "$failure" = false ]
	scripted empty --retries 0
	[ "$failure" = 'bad_response 200 1' ]
	local before=$EPOCHREALTIME
	scripted 429@1,200
	[ "$failure" = false ]
	[ $((${EPOCHREALTIME/./} - ${before/./})) -ge 1000000 ]
}

@test "what moderation has no use for is refused before anything is sent" {
	try look <<<'{"messages":[{"role":"user","content":"x"}]}'
	[ "$(jq -r .pllm.error.code out)" = bad_record ]
	try look <<<'{"text":"x"}'
	[[ $(jq -r .pllm.error.message out) == *'"input"'* ]]
	[ "$(mock_stat requests)" = 0 ]
}
