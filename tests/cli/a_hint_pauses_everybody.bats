#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# "Come again in a second", said to one record, is meant for all that go to that endpoint.

load helper

# The gaps between requests, in ms, the largest first, each with the number of requests before it.
gaps() {
	jq -s -r 'map(.at) | sort | [., .[1:]] | transpose[:-1] | to_entries |
		map([((.value[1] - .value[0]) * 1000 | floor), .key + 1]) | sort | reverse[] | @tsv' requests
}

@test "a Retry-After for one record keeps all of them away, and then all are answered" {
	start_witness
	records 40 >in
	quietly pllm --endpoint "$BASE/pause/v1" -m m -j 4 -p '{{text}}' <in
	[ "$(jq -r .output out | grep -cx seen)" -eq 40 ]
	[ "$(grep -c . requests)" -eq 41 ]
	read -r gap before < <(gaps)
	echo "$gap ms of silence after $before requests"
	[ "$gap" -ge 850 ]
	# Those that were under way when the answer came.
	[ "$before" -le 4 ]
}

@test "an endpoint that waits does not hold the others up" {
	start_witness
	busy=$BASE/busy/v1
	start_mock --quiet --latency 5ms
	records 200 >in
	quietly timeout 20 "$PLLM" --endpoint "$busy" --endpoint "$URL" -m mock -j 8 -p '{{text}}' <in
	echoed out
	[ "$(mock_stat requests)" -eq 200 ]
	[ "$(grep -c . requests)" -ge 1 ]
	[ "$(grep -c . requests)" -le 8 ]
}

@test "what waits for a hint is cut short by --deadline" {
	start_witness
	records 10 >in
	try timeout 20 "$PLLM" --endpoint "$BASE/busy/v1" -m mock --deadline 500ms -p '{{text}}' <in
	[ "$status" -eq 5 ]
	[ "$(jq -s 'map(.id) == [range(1;11)] and all(.[];
		.pllm.error.code == "timeout" or .pllm.error.code == "rate_limited")' out)" = true ]
	grep -q 'Slow down' err
}
