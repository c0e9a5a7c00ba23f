#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# When whoever reads the answers has gone, nothing more is paid for.

load helper

setup() {
	clean_room
	start_mock --latency 1ms
}

@test "yes | pllm | head ends at once, by SIGPIPE, and sends nothing afterwards" {
	local statuses requests
	set +o pipefail
	yes '{"text":"x"}' 2>/dev/null | ask -p '{{text}}' -j 8 2>err | head -n 3 >out || true
	statuses=("${PIPESTATUS[@]}")
	requests=$(mock_stat requests)
	cat err
	[ "$(wc -l <out)" -eq 3 ]
	[ ! -s err ]
	await test "$(mock_stat in_flight)" -eq 0
	[ "$(mock_stat requests)" -eq "$requests" ]
	[ "$requests" -lt 3000 ]
	yes '{"text":"x"}' 2>/dev/null | { ask -p '{{text}}' || echo $? >status; } 2>err | head -n 3 >out
	[ "$(<status)" -eq 141 ]
}

@test "-v says all the same what a run did whose reader has gone" {
	set +o pipefail
	yes '{"text":"x"}' 2>/dev/null | ask -v -p '{{text}}' -j 8 2>err | head -n 3 >out || true
	grep -q '^pllm: records: .* answered' err
}

@test "a reader that goes while answers are awaited is noticed without a write" {
	{
		echo '{"text":"x"}'
		echo '{"text":"[[mock:hang]]"}'
	} >in
	start_ask -p '{{text}}' <in > >(head -n 1 >out) 2>err
	# Nothing is ever written again, and nobody waits for --timeout.
	status=0
	wait "$ASK_PID" || status=$?
	[ "$status" -eq 141 ]
	[ ! -s err ]
	await eval '[ "$(mock_stat in_flight)" -eq 0 ]'
}

@test "a reader that goes while the input is silent is noticed too" {
	mkfifo silent
	exec {fd}<>silent
	start_ask -p '{{text}}' <silent > >(head -n 1 >out) 2>err
	echo '{"text":"x"}' >&"$fd"
	status=0
	wait "$ASK_PID" || status=$?
	exec {fd}>&-
	[ "$status" -eq 141 ]
	[ "$(mock_stat requests)" -eq 1 ]
}

@test "SIGPIPE ignored by whoever started it changes nothing about the end of the run" {
	(
		trap '' PIPE
		yes '{"text":"x"}' 2>/dev/null | { "$PLLM" --endpoint "$URL" -m mock -p x 3>&- 4>&- || echo $? >status; } 2>err | head -n 1
	) >out
	[ "$(<status)" -ne 0 ]
	[ "$(wc -l <out)" -eq 1 ]
}

@test "in a run that was stopped nothing lands for nobody, and what that costs is said" {
	local reader
	printf '{"id":%d,"text":"%d [[mock:hang]]"}\n' 1 1 2 2 >in
	mkfifo pipe
	cat pipe >/dev/null 3>&- 4>&- &
	reader=$!
	start_ask -p '{{text}}' -v -i in >pipe 2>err
	await eval '[ "$(mock_stat requests)" -eq 2 ]'
	kill -s INT "$ASK_PID"
	kill "$reader"
	end_of_ask
	cat err
	[ "$status" -eq 130 ]
	grep -F 'pllm: 2 in flight are left; they may be billed' err
}
