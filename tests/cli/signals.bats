#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# INT and TERM drain and then kill; a second one kills at once; HUP drains without limit; USR1 asks
# how far it is. Whoever waits for pllm sees that it died by the signal.

load helper

setup() {
	clean_room
	start_mock
}

# Starts a run over an endless input: the first record answers late, or never.
start_endless() {
	local script=$1
	shift
	mkfifo endless
	awk -v script="$script" 'BEGIN {
		printf "{\"id\":1,\"text\":\"x[[mock:%s]]\"}\n", script
		for (i = 2;; i++) printf "{\"id\":%d,\"text\":\"x\"}\n", i }' >endless 2>/dev/null 3>&- 4>&- &
	start_ask -p '{{text}}' -j 4 "$@" <endless >out 2>err
	await eval '[ "$(mock_stat requests)" -ge 4 ]'
}

# Waits for its end, which must be by this signal.
dies_by() {
	status=0
	wait "$ASK_PID" || status=$?
	cat err
	[ "$status" -eq $((128 + $(kill -l "$1"))) ]
}

# Every record that was read has its line, in order, and no line is torn.
check_out() {
	[ "$(jq -s 'map(.id) == [range(1; length + 1)]' out)" = true ]
}

@test "INT and TERM: what flies lands, what was read has a line, nothing new is asked" {
	local signal
	for signal in INT TERM; do
		rm -f endless
		start_endless delay:700ms
		kill -s "$signal" "$ASK_PID"
		dies_by "$signal"
		check_out
		[ "$(head -n 1 out | jq -r .output)" = 'echo: x' ]
		[ "$(tail -n 1 out | jq -r .pllm.error.code)" = cancelled ]
		[ "$(jq -s 'map(select(.output)) | length' out)" -eq "$(mock_stat requests)" ]
		grep -q '^pllm: stopped by a signal$' err
		curl -sS -d '' "$BASE/_mock/reset" >/dev/null
	done
}

@test "what does not land within --grace is cut off" {
	start_endless hang --grace 50ms
	kill -s TERM "$ASK_PID"
	dies_by TERM
	check_out
	[ "$(head -n 1 out | jq -r .pllm.error.code)" = cancelled ]
}

@test "a second signal ends it at once, with fewer lines but none torn" {
	start_endless hang
	kill -s INT "$ASK_PID"
	kill -s TERM "$ASK_PID"
	dies_by INT
	check_out
}

@test "HUP drains too, for as long as it takes" {
	start_endless delay:700ms --grace 1ms
	kill -s HUP "$ASK_PID"
	dies_by HUP
	check_out
	[ "$(head -n 1 out | jq -r .output)" = 'echo: x' ]
}

@test "a signal that was ignored at the start stays ignored" {
	printf '%s\n' '{"text":"x[[mock:delay:500ms]]"}' >in
	env --ignore-signal=HUP --ignore-signal=INT "$PLLM" --endpoint "$URL" -m mock -p '{{text}}' \
		<in >out 2>err 3>&- 4>&- &
	await eval '[ "$(mock_stat in_flight)" -eq 1 ]'
	kill -s HUP $!
	kill -s INT $!
	wait $!
	[ "$(jq -r .output out)" = 'echo: x' ]
	[ ! -s err ]
}

@test "nohup works with it" {
	echo '{"text":"x"}' >in
	status=0
	nohup "$PLLM" --endpoint "$URL" -m mock -p '{{text}}' <in >out 2>err 3>&- 4>&- || status=$?
	[ "$status" -eq 0 ]
	[ "$(jq -r .output out)" = 'echo: x' ]
}

@test "USR1 says how far the run is and what its gates do, and the run goes on" {
	printf '%s\n' '{"id":1,"text":"[[mock:delay:3s]]"}' '{"id":2,"text":"x"}' >in
	start_ask -p '{{text}}' -q <in >out 2>err
	await eval '[ "$(mock_stat in_flight)" -eq 1 ] && [ "$(mock_stat requests)" -eq 2 ]'
	kill -s USR1 "$ASK_PID"
	await test -s err
	wait "$ASK_PID"
	check_out
	grep -qx 'pllm: 2 read, [0-9]* done, 0 failed; [12] in flight, 0 waiting, [01] held for order; http://[^ ]*: [12] of [0-9]* in flight, breaker closed' err
	grep -qx 'pllm: [01] records.*, [12] in flight.*' err
	[ "$(wc -l <err)" -eq 2 ]
}

@test "a signal while the input is silent ends it at once" {
	mkfifo silent
	exec {fd}<>silent
	start_ask -p x <silent >out 2>err
	await grep -q pllm "/proc/$ASK_PID/comm"
	await grep -q '^SigCgt:.*[1-9a-f]' "/proc/$ASK_PID/status"
	kill -s TERM "$ASK_PID"
	dies_by TERM
	exec {fd}>&-
	[ ! -s out ]
}

@test "a stopped run leaves -o FILE as it was" {
	echo old >result
	start_endless delay:700ms -o result
	kill -s TERM "$ASK_PID"
	dies_by TERM
	[ "$(<result)" = old ]
	[ "$(jq -s 'map(.id) == [range(1; length + 1)]' result.partial)" = true ]
}

# Lines have a length that fits no page; the reader is slow, so that the pipe is full when it ends.
@test "kill -9 leaves no torn line in a pipe, even in a full one" {
	local before=-1 now=0 try
	mkfifo pipe endless
	exec {fd}<>pipe
	yes '{"text":"some words that are the same in every record, 61 of them"}' >endless 2>/dev/null 3>&- 4>&- &
	start_ask -p '{{text}}' <endless >pipe 2>err
	for try in {1..500}; do
		now=$(mock_stat requests)
		[ "$now" -eq "$before" ] && [ "$now" -gt 500 ] && break
		before=$now
	done
	kill -9 "$ASK_PID"
	wait "$ASK_PID" || true
	# A line of our own is the end; it must be one.
	echo end >&"$fd"
	sed '/end$/q' <pipe >out
	exec {fd}>&-
	[ "$(tail -n 1 out)" = end ]
	[ "$(sed '$d' out | sort -u | wc -l)" -eq 1 ]
	[ "$(sed '$d' out | jq -r .output | sort -u)" = 'echo: some words that are the same in every record, 61 of them' ]
	[ "$(wc -l <out)" -gt 100 ]
}

@test "when the reader of its output has gone, -v says what was asked for nothing; else it is silent" {
	records 3000 >in
	ask -v -p '{{text}}' -i in 2>err | head -n 1 >out
	grep -q '^pllm: records: ' err
	grep -q '^pllm: requests: ' err
	ask -p '{{text}}' -i in 2>err | head -n 1 >out
	[ ! -s err ]
}
