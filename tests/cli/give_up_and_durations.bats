#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# How long pllm waits: for an attempt, a connection, a record, an endpoint, a run.

load helper

endless() {
	awk 'BEGIN { for (i = 1;; i++) printf "{\"id\":%d,\"text\":\"x\"}\n", i }' 2>/dev/null
}

check_out() {
	[ "$(jq -s 'map(.id) == [range(1; length + 1)]' out)" = true ]
}

@test "--give-up ends a run that nobody answers: 5, and a line for each record read" {
	start_mock
	stop_mock
	try ask -p x --retries 1000000 --give-up 200ms < <(endless)
	[ "$status" -eq 5 ]
	check_out
	[ -s out ]
	grep -q -e '--give-up' err
}

@test "who waits for a server that is not there is told so before long, once" {
	start_mock
	stop_mock
	start_ask -v -p '{{text}}' < <(endless) >out 2>err
	await grep -q 'no request has succeeded yet' err
	kill -TERM "$ASK_PID"
	end_of_ask
	cat err
	grep -q '^pllm: no request has succeeded yet, which --give-up will end: http://.*, last: could not connect: .*; is the server up? pllm doctor looks for what is wrong$' err
	[ "$(grep -c 'no request has succeeded' err)" -eq 1 ]
}

@test "--give-up after a success is 1" {
	start_mock
	printf '%s\n' '{"id":1,"text":"x"}' '{"id":2,"text":"[[mock:hang]]"}' >in
	try ask -p '{{text}}' --give-up 300ms --grace 0 <in
	[ "$status" -eq 1 ]
	check_out
	[ "$(jq -r '.pllm.error.code // .output' out | paste -sd ' ')" = 'echo: x cancelled' ]
}

# One record at a time: the next one when the last has its answer and --give-up has passed again,
# which another run tells us.
feed_slowly() {
	local i
	for i in 1 2 3; do
		echo "{\"id\":$i,\"text\":\"x\"}"
		await eval "[ \$(wc -l <out) -ge $i ]"
		echo '"x"' | pllm --endpoint http://127.0.0.1:1/v1 -m m --give-up 150ms --retries 1000000 >/dev/null 2>&1 || true
	done
}

@test "--give-up does not count the time in which nothing is to be done" {
	start_mock
	quietly ask -p '{{text}}' --give-up 150ms < <(feed_slowly)
	check_out
	[ "$(wc -l <out)" -eq 3 ]
}

@test "--max-duration ends an endless run: 9, what was read has its line" {
	start_mock --latency 5ms
	try ask -p x -j 4 --max-duration 400ms < <(endless)
	[ "$status" -eq 9 ]
	check_out
	[ "$(jq -r '.pllm.error.code // "ok"' out | sort -u | paste -sd ' ')" = 'cancelled ok' ] ||
		[ "$(jq -r '.pllm.error.code // "ok"' out | sort -u)" = ok ]
	grep -q -e '^pllm: --max-duration reached' err
}

@test "--max-duration ends a run whose input never speaks" {
	start_mock
	mkfifo silent
	exec {fd}<>silent
	try ask -p x --max-duration 100ms <silent
	exec {fd}>&-
	[ "$status" -eq 9 ]
	[ ! -s out ]
}

@test "what flies at --max-duration has --grace to land" {
	start_mock
	echo '{"id":1,"text":"x[[mock:delay:500ms]]"}' >in
	try ask -p '{{text}}' --max-duration 50ms <in
	[ "$status" -eq 9 ]
	[ "$(jq -r .output out)" = 'echo: x' ]
	echo '{"id":1,"text":"[[mock:hang]]"}' >in
	try ask -p '{{text}}' --max-duration 50ms --grace 50ms <in
	[ "$status" -eq 9 ]
	[ "$(jq -r .pllm.error.code out)" = cancelled ]
}

@test "--deadline is a record's own: the others have theirs" {
	start_mock
	printf '%s\n' '{"id":1,"text":"[[mock:hang]]"}' '{"id":2,"text":"x"}' '{"id":3,"text":"[[mock:500@30]]"}' >in
	try ask -p '{{text}}' --deadline 400ms <in
	[ "$status" -eq 1 ]
	check_out
	[ "$(jq -r '.pllm.error.code // .output' out | head -n 2 | paste -sd ' ')" = 'timeout echo: x' ]
	# It waits for the endpoint, which is paused, or fails at once if its own wait is too long.
	[[ $(tail -n 1 out | jq -r .pllm.error.code) == @(timeout|overloaded) ]]
	[[ $(tail -n 1 out | jq -r .pllm.error.message) == *'HTTP 500'* ]]
}

@test "--timeout is each attempt's, and a new one follows" {
	start_mock
	echo '{"id":1,"text":"x[[mock:hang,slow,200]]"}' >in
	quietly ask -p '{{text}}' --timeout 300ms --meta <in
	[ "$(jq -c '[.output, .pllm.attempts]' out)" = '["echo: x",3]' ]
	await test "$(mock_stat abandoned)" -ge 1
}

@test "--connect-timeout ends a connection that is never made" {
	cat >silent.py <<'EOF'
import ctypes, socket, time
ctypes.CDLL(None).prctl(1, 15)
s = socket.create_server(("127.0.0.1", 0))
print("https://127.0.0.1:%d" % s.getsockname()[1], flush=True)
time.sleep(100)
EOF
	start_server "${PYTHON3:-python3}" silent.py
	echo '"x"' >in
	try ask --connect-timeout 200ms --retries 0 <in
	[ "$status" -eq 5 ]
	[ "$(jq -r .pllm.error.code out)" = transport ]
	[[ $(jq -r .pllm.error.message out) == *--connect-timeout* ]]
}
