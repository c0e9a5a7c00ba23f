#!/usr/bin/env bats
# SPDX-License-Identifier: MIT

load helper

@test "--meta says who answered, at what cost, after how many attempts" {
	start_mock
	echo '{"text":"x[[mock:500]]"}' >in
	quietly ask -p '{{text}}' --meta <in
	[ "$(jq -c '.pllm | keys_unsorted' out)" = '["model","endpoint","finish","usage","cost","attempts","ms"]' ]
	[ "$(jq -c '.pllm | [.model, .finish, .attempts]' out)" = '["mock","stop",2]' ]
	[ "$(jq -r .pllm.endpoint out)" = "$URL" ]
	[ "$(jq '.pllm.usage.input > 0 and .pllm.usage.output > 0 and .pllm.ms >= 0' out)" = true ]
}

@test "under another name, pllm stays free for errors" {
	start_mock
	printf '%s\n' '{"text":"x"}' '{"id":2}' >in
	try ask -p '{{text}}' --meta=about <in
	[ "$status" -eq 1 ]
	[ "$(jq -r '.about.model // .pllm.error.code' out | paste -sd ' ')" = 'mock template' ]
	[ "$(head -n 1 out | jq -c 'keys_unsorted')" = '["text","output","about"]' ]
}

@test "a later stage renews it, and does not take it for a failure" {
	start_mock
	echo '{"text":"x"}' >in
	quietly ask -p '{{text}}' --meta <in
	mv out in
	quietly ask -p '{{output}}' -a second --meta <in
	[ "$(jq -c 'keys_unsorted' out)" = '["text","output","second","pllm"]' ]
	[ "$(grep -o '"pllm"' out | wc -l)" -eq 1 ]
}
