#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# -v says what each gate does and why, a line for each change; USR1 shows them all on one line.

load helper

@test "a run in which nothing happens has the lines of its summary, and no other" {
	start_mock --quiet
	records 200 >in
	try ask -v -p '{{text}}' <in
	[ "$status" -eq 0 ]
	[ "$(grep -cvE '^pllm: (records|requests|tokens|cost|latency): ' err)" -eq 0 ]
	grep -q '^pllm: cost:     not known of 200 answers: ' err
	grep -q '^pllm: records:  200 read, 200 answered; ' err
}

@test "the limit of concurrency: from where to where, and because of what" {
	start_mock --quiet --latency 20ms --concurrency 4
	records 300 >in
	try ask -v -p '{{text}}' <in
	[ "$status" -eq 0 ]
	grep -Eq '^pllm: .*: limit [0-9]+ -> [0-9]+ because of HTTP 503$' err
	# Changes, not requests.
	[ "$(grep -c 'because of' err)" -le "$(mock_stat 'answered."503"')" ]
	[ "$(wc -l <err)" -le 100 ]
}

@test "a pause, and what asked for it" {
	start_mock --quiet
	printf '%s\n' '{"text":"x[[mock:429@0.3]]"}' '{"text":"y"}' >in
	try ask -v -p '{{text}}' <in
	[ "$status" -eq 0 ]
	grep -Eq '^pllm: .*: paused 0\.[3-9] s by Retry-After$' err
	[ "$(grep -c paused err)" -eq 1 ]
}

@test "the breaker: opened, half-open, closed" {
	start_mock --quiet --latency 20ms
	port=${BASE##*:}
	start_ask -j 8 -v -p '{{text}}' < <(records_until enough) >out 2>err
	await eval '[ "$(mock_stat requests)" -ge 20 ]'
	stop_server "$MOCK_PID"
	await grep -q 'breaker opened' err
	start_mock --quiet --latency 20ms --port "$port"
	await grep -q 'breaker closed' err
	touch enough
	end_of_ask
	cat err
	[ "$status" -eq 0 ]
	grep -Eq '^pllm: .*: breaker opened for [0-9.]+ s, .*; last: (could not connect|the server closed)' err
	grep -Eq '^pllm: .*: breaker half-open, one request tries$' err
	# In this order, and closed for good.
	[ "$(grep -o 'breaker [a-z-]*' err | uniq | head -n 2 | paste -sd ' ')" = 'breaker opened breaker half-open' ]
	[ "$(grep -o 'breaker [a-z-]*' err | tail -n 2 | paste -sd ' ')" = 'breaker half-open breaker closed' ]
	[ "$(wc -l <err)" -le 30 ]
}

@test "without -v a server that goes away and comes back is not worth a word" {
	start_mock --quiet --latency 20ms
	port=${BASE##*:}
	start_ask -j 8 -p '{{text}}' < <(records_until enough) >out 2>err
	await eval '[ "$(mock_stat requests)" -ge 20 ]'
	stop_server "$MOCK_PID"
	start_mock --quiet --latency 20ms --port "$port"
	await eval '[ "$(mock_stat requests)" -ge 20 ]'
	touch enough
	end_of_ask
	cat err
	[ "$status" -eq 0 ]
	[ ! -s err ]
}

@test "USR1 shows the state of every gate on one line" {
	start_mock --quiet --latency 20ms
	first=$URL
	start_mock --quiet --latency 20ms
	start_pllm --endpoint "$first" --endpoint "$URL" --endpoint http://127.0.0.1:1/v1 -m mock -j 8 \
		-p '{{text}}' < <(records_until enough) >out 2>err
	await eval '[ "$(mock_stat requests)" -ge 50 ]'
	kill -USR1 "$ASK_PID"
	await test -s err
	touch enough
	end_of_ask
	cat err
	[ "$status" -eq 0 ]
	[ "$(wc -l <err)" -eq 2 ]
	grep -Eq '^pllm: [0-9,]+ records, ' err
	grep -Eq '^pllm: [0-9]+ read, [0-9]+ done, ' err
	[ "$(grep -Eo '[0-9]+ of [0-9]+ in flight, breaker [a-z-]+' err | wc -l)" -eq 3 ]
	grep -q ':1.*breaker open' err
}
