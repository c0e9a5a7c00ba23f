#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# --errors FILE takes the failed records, the output the others.

load helper

setup() {
	clean_room
	start_mock
	printf '%s\n' '{"id":1,"text":"a"}' '{"id":2,"text":"b[[mock:400]]"}' '{"id":3}' '{"id":4,"text":"d"}' >in
	printf 'caf\xe9 "not JSON\0\n' >>in
}

@test "each record is in one of the two, and bad lines keep their bytes" {
	try ask -p '{{text}}' --errors bad --accept 3 <in
	[ "$status" -eq 0 ]
	[ "$(jq -s 'map(.id) == [1,4]' out)" = true ]
	[ "$(head -n 2 bad | jq -r '"\(.id) \(.pllm.error.code)"' | paste -sd ' ')" = '2 request_rejected 3 template' ]
	cmp <(tail -n 1 in) <(tail -n 1 bad)
}

@test "the file follows the rule of -o: it is there only if the exit status is 0" {
	try ask -p '{{text}}' --errors bad -o good <in
	[ "$status" -eq 1 ]
	[ ! -e bad ]
	[ ! -e good ]
	[ "$(wc -l <bad.partial)" -eq 3 ]
	[ "$(wc -l <good.partial)" -eq 2 ]
	grep -q 'bad.partial$' err
	grep -q 'good.partial$' err
}

@test "the same file twice is refused" {
	try ask -p x --errors same -o same <in
	[ "$status" -eq 2 ]
	[ "$(mock_stat requests)" -eq 0 ]
}

@test "the errors file that cannot be written ends the run with 7" {
	status=0
	ask -p '{{text}}' --errors /dev/full <in >out 2>err || status=$?
	[ "$status" -eq 7 ]
	grep -q '^pllm: error\[E-output\]: cannot write /dev/full: No space left on device' err
}

@test "--errors - is the output" {
	try ask -p '{{text}}' --errors - <in
	[ "$status" -eq 1 ]
	[ "$(wc -l <out)" -eq 5 ]
	[ "$(jq -R 'fromjson? | .id // empty' out | sort | paste -sd ' ')" = '1 2 3 4' ]
}

@test "records that failed before go there as they are" {
	echo '{"x":1,"pllm":{"error":{"code":"timeout"}}}' >in
	try ask -p x --errors bad --accept 1 <in
	[ "$status" -eq 0 ]
	[ ! -s out ]
	diff in bad
}
