#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A server that is away is not asked again and again, and no record fails for it, until the
# patience of the run is over.

load helper

endless() {
	awk 'BEGIN { for (i = 1;; i++) printf "{\"id\":%d,\"text\":\"x\"}\n", i }' 2>/dev/null
}

# A run of one endpoint that has begun; sets $port.
begin() {
	start_mock --quiet --latency 20ms
	port=${BASE##*:}
	start_ask -j 8 -v -p '{{text}}' "$@" < <(records_until enough) >out 2>err
	await eval '[ "$(mock_stat requests)" -ge 50 ]'
}

# said PATTERN: the number that the summary says there.
said() {
	sed -nE "s/^pllm: $1.*/\1/p" err
}

# It ends with all its records answered, and with few requests in vain.
finish() {
	local answered wasted
	touch enough
	end_of_ask
	cat err
	[ "$status" -eq 0 ]
	echoed out
	answered=$(said 'records:.* ([0-9]+) answered')
	wasted=$(($(said 'requests: +([0-9]+)') - answered))
	note "$1: $wasted requests more than $answered records"
	[ "$wasted" -le 40 ]
}

@test "the only server dies and is started anew: the run pauses, and then all records are answered" {
	begin
	stop_server "$MOCK_PID"
	await grep -q 'breaker opened' err
	start_mock --quiet --latency 20ms --port "$port"
	await eval '[ "$(mock_stat requests)" -ge 50 ]'
	finish 'a server that was dead'
}

@test "the only server stands still for a while: the run pauses, and then all records are answered" {
	begin --timeout 300ms
	kill -STOP "$MOCK_PID"
	await grep -q 'breaker opened' err
	kill -CONT "$MOCK_PID"
	from=$(mock_stat requests)
	await eval '[ "$(mock_stat requests)" -ge $((from + 50)) ]'
	finish 'a server that stood still'
}

# given_up_by STATUS OPTIONS: an endless run against a refused port ends so, with a line for each
# record that was read.
given_up_by() {
	local want=$1
	shift
	try timeout 20 "$PLLM" --endpoint http://127.0.0.1:1/v1 -m mock -v -p '{{text}}' "$@" < <(endless)
	[ "$status" -eq "$want" ]
	[ "$(said 'records: +([0-9]+) read, 0 answered')" -eq "$(wc -l <out)" ]
	[ "$(wc -l <out)" -ge 1 ]
	[ "$(jq -s 'map(.id) == [range(1; length + 1)]' out)" = true ]
	[ "$(jq -s 'all(.[]; .pllm.error.code == "cancelled" or .pllm.error.code == "transport")' out)" = true ]
}

@test "a port that nobody listens on: --give-up ends with 5, every record read is reported" {
	given_up_by 5 --give-up 3s
	grep -q -e '--give-up' err
}

@test "a port that nobody listens on: --max-duration ends with 9, every record read is reported" {
	given_up_by 9 --max-duration 3s
	grep -q -e '--max-duration' err
}

@test "a record's --deadline ends its waiting for a server that is away" {
	records 20 >in
	try timeout 20 "$PLLM" --endpoint http://127.0.0.1:1/v1 -m mock -p '{{text}}' --deadline 1s <in
	[ "$status" -eq 5 ]
	[ "$(wc -l <out)" -eq 20 ]
	[ "$(jq -s 'all(.[]; .pllm.error.code == "timeout" or .pllm.error.code == "transport")' out)" = true ]
}

@test "a server that is away does not hold up what another one answers" {
	start_mock --quiet --latency 20ms
	records 600 >in
	quietly timeout 20 "$PLLM" --endpoint http://127.0.0.1:1/v1 --endpoint "$URL" -m mock -j 8 \
		--window 16 -p '{{text}}' <in
	echoed out
	[ "$(mock_stat requests)" -eq 600 ]
}
