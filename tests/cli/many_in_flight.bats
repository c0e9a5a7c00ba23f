#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Ten thousand requests at once, and what happens when the system does not allow them.

load helper

@test "ten thousand requests are in flight at once, and all come back in order" {
	# Both sides in one place: twice the descriptors.
	[ "$(ulimit -Hn)" = unlimited ] || [ "$(ulimit -Hn)" -ge 10400 ] ||
		skip "the limit of open files is $(ulimit -Hn)"
	ulimit -Sn "$(ulimit -Hn)"
	start_mock --latency 4s
	records 10000 >in
	quietly ask -p '{{text}}' -j 10000 <in
	[ "$(jq -s 'map(select(.output == "echo: \(.text)").id) == [range(1;10001)]' out)" = true ]
	[ "$(mock_stat requests)" -eq 10000 ]
	echo "peak in flight: $(mock_stat peak_in_flight)"
	[ "$(mock_stat peak_in_flight)" -gt 5000 ]
}

@test "more than the limit of open files allows is refused, with the number that fits" {
	local fits
	start_mock
	echo '"x"' >in
	status=0
	(
		ulimit -n 256
		ask -j 1000 <in >out 2>err
	) || status=$?
	cat err
	[ "$status" -eq 2 ]
	[ ! -s out ]
	[[ $(flat <err) =~ ^'pllm: -j 1000 needs '[0-9]+' open files, but the limit is 256 (ulimit -Hn); -j '([0-9]+)' would fit'$ ]]
	fits=${BASH_REMATCH[1]}
	[ "$(mock_stat requests)" -eq 0 ]
	records 400 >in
	(
		ulimit -n 256
		quietly ask -p '{{text}}' -j "$fits" <in
	)
	[ "$(jq -s 'map(.id) == [range(1;401)]' out)" = true ]
	[ "$fits" -gt 100 ]
}

@test "where one request has too few, how many are needed is said, and one more is not too few" {
	local limit
	start_mock
	records 1 >in
	for limit in 20 66 68; do
		status=0
		(
			ulimit -n "$limit"
			ask -p x <in >out 2>err
		) || status=$?
		cat err
		[ "$status" -eq 2 ]
		[ "$(flat <err)" = "pllm: even -j 1 needs 69 open files, and the limit is $limit (ulimit -Hn); for -j 64, set it no lower than 132" ]
	done
	for limit in 69:1 132:64 136:64 137:65; do
		status=0
		(
			ulimit -n "${limit%:*}"
			quietly ask -p x -j "${limit#*:}" <in
			try ask -p x -j 100 <in
			grep -xF "help: -j ${limit#*:} would fit" err
		)
	done
}

@test "a soft limit below the hard one is raised, not obeyed" {
	start_mock --latency 20ms
	records 400 >in
	(
		ulimit -Sn 64
		quietly ask -p '{{text}}' -j 200 <in
	)
	[ "$(jq -s 'map(.id) == [range(1;401)]' out)" = true ]
}
