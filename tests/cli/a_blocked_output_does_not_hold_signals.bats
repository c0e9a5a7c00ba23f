#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# When all is answered and only the reader of the output dawdles, signals work as ever.

load helper

# start_blocked: a run whose every answer waits for a reader that takes nothing; sets ASK_PID.
start_blocked() {
	mkfifo pipe
	exec 7<>pipe
	yes '{"t":"0123456789012345678901234567890123456789012345678901234567890123456789"}' |
		head -n 2000 >in
	"$PLLM" --endpoint "$URL" -m mock --no-share -p 'q {{t}}' "$@" <in >pipe 2>err 3>&- 4>&- 7<&- &
	ASK_PID=$!
	# The pipe is full, and all of the input has been asked or waits in the window.
	await eval '[ "$(mock_stat requests)" -ge 256 ] && [ "$(mock_stat in_flight)" -eq 0 ]'
}

# ends_by SIGNAL: waits for the run, which dies by that signal.
ends_by() {
	status=0
	wait "$ASK_PID" || status=$?
	[ "$status" -eq $((128 + $1)) ]
}

@test "a second TERM ends the run at once" {
	start_mock
	start_blocked
	kill -TERM "$ASK_PID"
	await eval 'grep -q . /proc/$ASK_PID/stat'
	kill -TERM "$ASK_PID"
	kill -TERM "$ASK_PID" 2>/dev/null || true
	ends_by 15
	exec 7<&-
}

@test "one TERM and no grace end it soon, for the output takes nothing" {
	start_mock
	start_blocked --grace 0
	kill -TERM "$ASK_PID"
	ends_by 15
	exec 7<&-
}

@test "the last lines alone are blocked, and a signal still works" {
	start_mock
	mkfifo pipe
	exec 7<>pipe
	head -c 100000 /dev/zero | tr '\0' x | sed 's/.*/{"t":"&"}/' >in
	"$PLLM" --endpoint "$URL" -m mock -p hi --grace 0 <in >pipe 2>err 3>&- 4>&- 7<&- &
	ASK_PID=$!
	await eval '[ "$(mock_stat requests)" -eq 1 ] && [ "$(mock_stat in_flight)" -eq 0 ]'
	kill -TERM "$ASK_PID"
	ends_by 15
	exec 7<&-
}
