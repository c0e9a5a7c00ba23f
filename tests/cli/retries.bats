#!/usr/bin/env bats
# SPDX-License-Identifier: MIT

load helper

setup() {
	clean_room
	start_mock
}

@test "a request that fails is sent again, and its answer is as good as any" {
	printf '%s\n' '{"text":"x[[mock:500,drop,200]]"}' >in
	quietly ask -p '{{text}}' --meta <in
	[ "$(jq -c '[.output, .pllm.attempts]' out)" = '["echo: x",3]' ]
	[ "$(mock_stat requests)" -eq 3 ]
}

@test "--retries N is N attempts after the first" {
	local n
	for n in 0 1 2; do
		curl -sS -d '' "$BASE/_mock/reset" >/dev/null
		printf '%s\n' '{"text":"x[[mock:500,500,500]]"}' '{"text":"y"}' >in
		try ask -p '{{text}}' --retries "$n" <in
		[ "$status" -eq 1 ]
		[ "$(jq -s '.[0].pllm.error.attempts' out)" -eq $((n + 1)) ]
		[ "$(mock_stat requests)" -eq $((n + 2)) ]
	done
}

@test "an answer that is none is asked for twice more at most: each may be paid for" {
	printf '%s\n' '{"text":"x[[mock:garbage,empty,null,200]]"}' '{"text":"y"}' >in
	try ask -p '{{text}}' --retries 20 <in
	[ "$status" -eq 1 ]
	[ "$(jq -s '.[0].pllm.error.attempts' out)" -eq 3 ]
}

@test "with a fifth of all requests failing, every record gets its answer" {
	stop_mock
	start_mock --error-rate 0.1 --drop-rate 0.1 --seed 7
	records 200 >in
	quietly ask -p '{{text}}' --retries 50 <in
	[ "$(jq -s 'map(select(.output == "echo: \(.text)").id) == [range(1;201)]' out)" = true ]
	[ "$(mock_stat requests)" -gt 210 ]
}
