#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The first wait without a hint is at most half a second: what takes longer was the server's
# doing, and what did not even take that did not listen.

load helper

setup() {
	clean_room
	start_mock
}

# Asks eight records with this script; sets $elapsed_ms.
ask_eight() {
	local script=$1 from
	shift
	awk -v s="$script" 'BEGIN { for (i = 0; i < 8; i++) printf "{\"text\":\"%d[[mock:%s]]\"}\n", i, s }' >in
	from=$(date +%s%3N)
	quietly ask -p '{{text}}' "$@" <in
	elapsed_ms=$(($(date +%s%3N) - from))
	echo "$script: $elapsed_ms ms"
	[ "$(grep -c '"output":"echo: [0-7]"' out)" -eq 8 ]
}

@test "seconds, fractions of them, and milliseconds" {
	ask_eight 429@1
	[ "$elapsed_ms" -ge 1000 ]
	ask_eight 503@0.7
	[ "$elapsed_ms" -ge 700 ]
	ask_eight 429@ms:650
	[ "$elapsed_ms" -ge 650 ]
	[ "$(mock_stat requests)" -eq 48 ]
}

@test "a date" {
	ask_eight 429@date:+2
	[ "$elapsed_ms" -ge 1000 ]
	[ "$(mock_stat requests)" -eq 16 ]
}

@test "a date that is over, and nonsense, do not break the retry" {
	ask_eight 429@date:-5
	ask_eight 503@soon
	ask_eight 429@-1
}

@test "being too fast is no failure: --retries does not count it" {
	ask_eight 429@ms:1,429@ms:1,429@ms:1 --retries 0
	[ "$(mock_stat requests)" -eq 32 ]
}

@test "x-should-retry overrules the status" {
	ask_eight retry:400
	[ "$(mock_stat requests)" -eq 16 ]
	printf '%s\n' '{"text":"x[[mock:noretry:500,200]]"}' '{"text":"y"}' >in
	try ask -p '{{text}}' <in
	[ "$status" -eq 1 ]
	[ "$(jq -r .pllm.error.attempts out | head -n 1)" -eq 1 ]
	[ "$(mock_stat requests)" -eq 18 ]
}

@test "through a limit of requests a minute everything comes, though much of it is refused first" {
	stop_mock
	start_mock --rpm 6000 --burst 20 --ratelimit-headers none
	records 120 >in
	quietly ask -p '{{text}}' <in
	[ "$(jq -s 'map(.id) == [range(1;121)]' out)" = true ]
	[ "$(mock_stat 'answered."200"')" -eq 120 ]
	[ "$(mock_stat 'answered."429"')" -gt 0 ]
}

@test "while one record waits, the others are asked in its place" {
	{
		echo '{"text":"x[[mock:500,500,500]]"}'
		records 40
	} >in
	quietly ask -p '{{text}}' -j 1 -u <in
	[ "$(jq -r .output out | sed -n 1p)" != 'echo: x' ]
	[ "$(jq -r .output out | grep -cx 'echo: x')" -eq 1 ]
}
