#!/usr/bin/env bats
# SPDX-License-Identifier: MIT

load helper

@test "a thousand records with jitter come out in input order, each with its own answer" {
	start_mock --latency 1ms-30ms
	records 1000 >in
	quietly ask -p 'Say {{text}}' -j 100 <in
	[ "$(jq -s 'map(.id) == [range(1;1001)]' out)" = true ]
	[ "$(jq -s 'map(select(.output != "echo: Say \(.text)")) | length' out)" -eq 0 ]
	[ "$(mock_stat requests)" -eq 1000 ]
	[ "$(mock_stat peak_in_flight)" -gt 20 ]
}

@test "unordered, a slow record does not hold up the others, and none is lost" {
	start_mock
	printf '%s\n' '{"id":0,"text":"[[mock:delay:400ms]]"}' >in
	records 50 >>in
	quietly ask -p '{{text}}' -u <in
	[ "$(tail -n 1 out | jq .id)" -eq 0 ]
	[ "$(jq -s 'map(.id) | sort == [range(0;51)]' out)" = true ]
}

@test "ordered, retries, bad lines and failures keep their places" {
	start_mock
	cat >in <<'EOF'
{"id":1,"text":"a[[mock:500,200]]"}
not json
{"id":3,"text":"b[[mock:400]]"}
{"id":4}
{"id":5,"text":"c"}
{"pllm":{"error":{"code":"timeout"}}}
{"id":7,"text":"d[[mock:drop]]"}
EOF
	try ask -p '{{text}}' <in
	[ "$status" -eq 1 ]
	jq -c '[.id, .pllm.error.code, .output]' out | diff - <(
		cat <<'EOF'
[1,null,"echo: a"]
[null,"bad_record",null]
[3,"request_rejected",null]
[4,"template",null]
[5,null,"echo: c"]
[null,"timeout",null]
[7,null,"echo: d"]
EOF
	)
}

@test "never more than -j requests are in flight" {
	start_mock --latency 5ms-20ms
	records 200 >in
	quietly ask -p x -j 7 <in
	[ "$(mock_stat peak_in_flight)" -eq 7 ]
}

@test "a window as narrow as one still gets everything through" {
	start_mock
	records 30 >in
	quietly ask -p x --window 1 <in
	[ "$(jq -s 'map(.id) == [range(1;31)]' out)" = true ]
	quietly ask -p x --window-bytes 1 <in
	[ "$(jq -s 'map(.id) == [range(1;31)]' out)" = true ]
}
