#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A client library that finds its kept-alive connection dead after it has sent a request sends it
# again without a word, and the server may have been paid twice. Here each send is an attempt.

load helper

counted() {
	curl -sS "$BASE/_count" | jq -r ".$1"
}

@test "a connection killed under its second request costs one send for each attempt" {
	start_rogue
	URL=$BASE/twosend/v1
	records 2 >in
	try ask -p x -j 1 --retries 0 <in
	[ "$status" -eq 1 ]
	jq -c '[.output, .pllm.error.code, .pllm.error.attempts]' out | diff - <(
		printf '%s\n' '["fine",null,null]' '[null,"transport",1]'
	)
	[ "$(counted posts)" -eq 2 ]
	[ "$(counted connections)" -eq 1 ]
}

@test "with retries, requests sent are attempts made" {
	start_rogue
	URL=$BASE/twosend/v1
	records 20 >in
	quietly ask -p x -j 1 --meta <in
	[ "$(jq -s 'map(.pllm.attempts) | add' out)" -eq "$(counted posts)" ]
	[ "$(counted posts)" -gt 20 ]
}

@test "dropped and reset connections are attempts, no more and no less" {
	start_mock --drop-rate 0.3 --seed 3
	records 100 >in
	quietly ask -p '{{text}}' --retries 50 --meta -j 10 <in
	[ "$(jq -s 'map(.pllm.attempts) | add' out)" -eq "$(mock_stat requests)" ]
	[ "$(mock_stat 'answered."200"')" -eq 100 ]
}

@test "a long run opens no more connections than it has requests in flight" {
	start_mock --latency 1ms-3ms
	records 500 >in
	quietly ask -p x -j 8 <in
	[ "$(mock_stat connections)" -le 8 ]
}
