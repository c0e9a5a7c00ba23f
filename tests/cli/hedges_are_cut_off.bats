#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# With --hedge a second endpoint is asked when the first is slow; the first whole answer counts.

load helper

# One mock that takes its time, and one that does not.
start_two() {
	start_mock --quiet --latency "$1"
	slow=$URL
	start_mock --quiet --latency 5ms
	fast=$URL
}

of() {
	MOCK_BASE=${1%/v1} mock_stat "$2"
}

# True when all that was asked has been answered, or cut off.
is_over() {
	[ "$(of "$slow" in_flight)" -eq 0 ] && [ "$(of "$fast" in_flight)" -eq 0 ]
}

@test "each answer comes once, and the loser is cut off" {
	start_two 15s
	records 30 >in
	quietly timeout 14 "$PLLM" --endpoint "$slow" --endpoint "$fast" -m mock -j 4 --hedge 100ms \
		--hedge-max 100 -p '{{text}}' <in
	echoed out
	[ "$(wc -l <out)" -eq 30 ]
	await is_over
	echo "$(of "$slow" requests) to the slow one, $(of "$fast" requests) to the fast one"
	[ "$(of "$slow" requests)" -ge 1 ]
	[ "$(of "$slow" abandoned)" -eq "$(of "$slow" requests)" ]
	[ "$(of "$slow" billed)" -eq 0 ]
	[ "$(of "$fast" 'answered."200"')" -eq 30 ]
}

@test "--hedge-max per cent of all requests, and no more" {
	start_two 300ms
	records 100 >in
	quietly pllm --endpoint "$slow" --endpoint "$fast" -m mock -j 4 --balance weighted \
		--hedge 50ms --hedge-max 10 -p '{{text}}' <in
	echoed out
	await is_over
	hedges=$(($(of "$slow" requests) + $(of "$fast" requests) - 100))
	note "--hedge-max 10: $hedges second requests for 100 records"
	[ "$hedges" -ge 5 ]
	[ "$hedges" -le 12 ]
}

@test "nothing is asked twice unless that is wanted" {
	start_two 300ms
	records 30 >in
	quietly pllm --endpoint "$slow" --endpoint "$fast" -m mock -j 4 -p '{{text}}' <in
	echoed out
	[ $(($(of "$slow" requests) + $(of "$fast" requests))) -eq 30 ]
}

@test "a failure on one side is no failure while the other side may answer" {
	start_mock --quiet --latency 300ms --error-rate 1
	slow=$URL
	start_mock --quiet --latency 500ms
	fast=$URL
	records 8 >in
	quietly timeout 20 "$PLLM" --endpoint "$slow" --endpoint "$fast" -m mock -j 8 --hedge 100ms \
		--hedge-max 100 --retries 2 -p '{{text}}' <in
	echoed out
}

@test "losers of first that wait for their end are not hedged" {
	start_mock --quiet --latency 20ms
	local first=$URL
	start_mock --quiet --latency 50ms
	seq 500 | jq -c '{text: "t \(.)"}' >in
	quietly pllm --endpoint "$first" --endpoint "$URL" -m mock -p '{{text}}' --samples 2 --join first \
		--hedge 30ms --hedge-max 100 -j 16 <in
	[ "$(grep -c '"output":"echo: t ' out)" -eq 500 ]
}
