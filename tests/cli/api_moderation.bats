#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# OpenAI's Moderations, over a socket.

load helper
load api_helper

api=openai-moderation model='' prefix=/v1

setup() {
	clean_room
	start_mock
}

@test "a record's answer is what the server says of its text, as JSON; no model is needed" {
	printf '%s\n' '{"id":1,"input":"harmless"}' '{"id":2,"input":"flag this"}' '"flag"' >in
	quietly ask_it <in
	[ "$(jq -c '.output.flagged' out | paste -sd ,)" = 'false,true,true' ]
	[ "$(sed -n 2p out | jq -c '.output.category_scores.violence')" = 0.9731 ]
	quietly ask_it -p 'Look: {{input}}' -m omni --meta <<<'{"input":"flag"}'
	[ "$(jq -c '[.output.flagged, .pllm.model]' out)" = '[true,"omni"]' ]
	[ "$(asked)" = '{"input":"Look: flag","model":"omni"}' ]
}

@test "several texts of one record have several results" {
	quietly ask_it <<<'{"input":["a","flag","b"]}'
	[ "$(jq -c '[.output[].flagged]' out)" = '[false,true,false]' ]
	quietly ask_it <<<'{"input":[{"type":"text","text":"flag"},{"type":"image_url","image_url":{"url":"http://h/i.png"}}]}'
	[ "$(jq -c '.output.flagged' out)" = true ]
}

@test "errors of Moderations are told apart, and hints waited for" {
	gives 'request_rejected 400 1' 400,200
	gives 'auth 401 1' 401
	gives 'overloaded 500 1' 500 --retries 0
	scripted 503,200
	[ "$(jq .output.flagged out)" = false ]
	gives 'bad_response 200 1' empty --retries 0
	local before=$EPOCHREALTIME
	scripted 429@1,200
	[ "$(jq .output.flagged out)" = false ]
	[ $((${EPOCHREALTIME/./} - ${before/./})) -ge 1000000 ]
}

@test "what moderation has no use for is refused before anything is sent" {
	try ask_it <<<'{"messages":[{"role":"user","content":"x"}]}'
	[ "$(jq -r .pllm.error.code out)" = bad_record ]
	try ask_it <<<'{"text":"x"}'
	[[ $(jq -r .pllm.error.message out) == *'"input"'* ]]
	[ "$(mock_stat requests)" = 0 ]
}
