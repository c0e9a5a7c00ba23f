#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# How fast and how much at once: as the user says, as the headers say, or as it is found by trying.

load helper

# share STATUS N: shows what share of the mock's answers had this status, N of them being 200, and
# sets $percent.
share() {
	local refused all
	[ "$(mock_stat 'answered."200"')" -eq "$2" ]
	refused=$(mock_stat "answered.\"$1\" // 0")
	all=$(mock_stat requests)
	percent=$((100 * refused / all))
	note "$BATS_TEST_DESCRIPTION: $refused of $all requests were answered $1 ($percent %)"
}

# The most requests that arrived in any second.
busiest_second() {
	jq -s 'map(.at) | sort | . as $at | [range(length)] |
		map(. as $i | $at | map(select(. >= $at[$i] and . < $at[$i] + 1)) | length) | max' requests
}

@test "--rate is kept in any second, and the requests are spread" {
	start_witness
	records 30 >in
	quietly pllm --endpoint "$BASE/v1" -m m --rate 10/s -p '{{text}}' <in
	[ "$(grep -c . requests)" -eq 30 ]
	echo "at most $(busiest_second) in a second"
	[ "$(busiest_second)" -le 11 ]
	# Thirty starts have twenty-nine gaps between them, of which one is forgiven at the start.
	[ "$(jq -s 'map(.at) | sort | .[-1] - .[0] >= 2.7' requests)" = true ]
}

@test "--rate holds for all endpoints and all attempts together" {
	start_witness
	records 20 >in
	quietly pllm --endpoint "$BASE/v1" --endpoint "$BASE/two/v1" -m m --rate 10/s -p '{{text}}' <in
	[ "$(grep -c . requests)" -eq 20 ]
	[ "$(jq -r .path requests | sort -u | wc -l)" -eq 2 ]
	[ "$(busiest_second)" -le 11 ]
}

@test "rpm= holds for one endpoint" {
	start_witness
	records 30 >in
	quietly pllm --endpoint "$BASE/slow/v1,rpm=300" --endpoint "$BASE/v1" -m m -j 4 -p '{{text}}' <in
	[ "$(grep -c . requests)" -eq 30 ]
	grep '/slow/' requests >slow
	mv slow requests
	[ "$(busiest_second)" -le 6 ]
}

@test "a server that works on four at once" {
	start_mock --quiet --latency 20ms --concurrency 4
	records 600 >in
	quietly ask -p '{{text}}' <in
	echoed out
	[ "$(mock_stat peak_in_flight)" -eq 4 ]
	share 503 600
}

@test "a server that works on four at once and says so with 429" {
	start_mock --quiet --latency 20ms --concurrency 4 --concurrency-status 429
	records 600 >in
	quietly ask -p '{{text}}' <in
	echoed out
	share 429 600
}

@test "requests per minute, told in headers" {
	start_mock --quiet --rpm 6000 --burst 20
	records 500 >in
	quietly ask -p '{{text}}' <in
	echoed out
	share 429 500
	[ "$percent" -le 10 ]
}

@test "requests per minute, told by nothing but refusals" {
	start_mock --quiet --rpm 6000 --burst 20 --ratelimit-headers none --retry-after no
	records 500 >in
	quietly ask -p '{{text}}' <in
	echoed out
	share 429 500
	[ "$percent" -le 20 ]
}

@test "--no-adaptive keeps -j requests in flight" {
	start_mock --quiet --latency 100ms
	records 60 >in
	quietly ask -j 20 --no-adaptive -p '{{text}}' <in
	echoed out
	[ "$(mock_stat peak_in_flight)" -eq 20 ]
}

@test "max= holds for one endpoint" {
	start_mock --quiet --latency 20ms
	records 60 >in
	quietly pllm --endpoint "$URL,max=3" -m mock --no-adaptive -p '{{text}}' <in
	echoed out
	[ "$(mock_stat peak_in_flight)" -eq 3 ]
}
