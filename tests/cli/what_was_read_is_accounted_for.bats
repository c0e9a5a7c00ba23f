#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A run that stops early loses nothing it has read: a file is left where the records end, and what
# came from a pipe leaves as cancelled.

load helper

@test "a file is given back where the last record ends" {
	start_mock --latency 20ms
	seq 100000 >in
	status=0
	{
		"$PLLM" --endpoint "$URL" -m mock -p '{{.}}' -j 4 --max-duration 300ms -q >out 2>err 3>&- 4>&- ||
			status=$?
		cat >rest
	} <in
	[ "$status" -eq 9 ]
	[ -s rest ]
	[ "$(($(wc -l <out) + $(wc -l <rest)))" -eq 100000 ]
	jq -c .input out | cat - rest | cmp - in
}

@test "from a pipe every whole line that was read leaves a line" {
	start_mock --latency 20ms
	status=0
	seq 100000 | {
		"$PLLM" --endpoint "$URL" -m mock -p '{{.}}' -j 4 --max-duration 300ms -q >out 2>err 3>&- 4>&- ||
			status=$?
		cat >rest
		[ "$status" -eq 9 ]
	}
	# All but the line in which reading stopped is in one place or the other, in order.
	jq -c .input out | cat - <(tail -n +2 rest) >all
	[ "$(wc -l <all)" -ge 99998 ]
	comm -23 <(sort all) <(seq 100000 | sort) >strangers
	[ ! -s strangers ]
}
