#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A redirect would carry records and keys to where nobody sent them.

load helper

@test "each kind of redirect fails its record, and the message says so" {
	start_rogue
	local status_code
	for status_code in 301 302 303 307 308; do
		URL=$BASE/redirect$status_code/v1
		try ask <<<'"x"'
		[ "$status" -eq 1 ]
		[ "$(jq -c '.pllm.error | [.code, .status, .attempts]' out)" = "[\"request_rejected\",$status_code,1]" ]
		[[ $(jq -r .pllm.error.message out) == *redirect*--endpoint* ]]
	done
	[ "$(curl -sS "$BASE/_count" | jq -c '[.posts, .redirected, .redirected_posts]')" = '[5,0,0]' ]
}

@test "between others, a redirect is one record's failure" {
	start_mock
	printf '%s\n' '{"text":"a"}' '{"text":"[[mock:redirect]]"}' '{"text":"b"}' >in
	try ask -p '{{text}}' <in
	[ "$status" -eq 1 ]
	[ "$(jq -r '.pllm.error.code // .output' out | paste -sd ' ')" = 'echo: a request_rejected echo: b' ]
	[ "$(mock_stat requests)" -eq 3 ]
}
