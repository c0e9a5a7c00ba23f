#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A silent answer ends by --ttft-timeout, a stalled one by --idle-timeout, and both are asked again.
#
# No durations are measured: an attempt that must end hangs for ever, one that must not end comes
# in pieces that together last longer than the patience.

load helper

# asks SCRIPT OPTIONS...: sets $status, out and err.
asks() {
	local script=$1
	shift
	curl -sS -d '' "$BASE/_mock/reset" >/dev/null
	try ask -p '{{text}}' "$@" <<<"{\"text\":\"a text that is long enough [[mock:$script]]\"}"
}

answered() {
	[ "$status" -eq 0 ]
	[ "$(jq -r .output out)" = 'echo: a text that is long enough ' ]
	[ "$(mock_stat requests)" = "$1" ]
}

failure() {
	jq -r '.pllm.error | [.code, .attempts, .message] | map(tostring) | join(" ")' out
}

setup() {
	clean_room
	start_mock
}

@test "an attempt that stays silent ends by --ttft-timeout and is made again" {
	asks hang --ttft-timeout 200ms
	answered 2
	asks hang --ttft-timeout 200ms --retries 0
	[ "$status" -ne 0 ]
	[ "$(failure)" = 'timeout 1 no first byte within --ttft-timeout' ]
}

@test "an answer that stops arriving ends by --idle-timeout and is asked for again" {
	asks stall --idle-timeout 200ms
	answered 2
	[ "$(mock_stat streamed)" = 2 ]
	asks stall --idle-timeout 200ms --retries 0
	[ "$status" -ne 0 ]
	[ "$(failure)" = 'timeout 1 the answer stopped arriving for --idle-timeout' ]
}

@test "the one does not do the work of the other" {
	asks stall --ttft-timeout 300ms --timeout 2s --retries 0
	[ "$(failure)" = 'timeout 1 no whole answer within --timeout' ]
	asks hang --idle-timeout 300ms --timeout 2s --retries 0
	[ "$(failure)" = 'timeout 1 no whole answer within --timeout' ]
}

@test "an answer that comes slowly but comes is waited for" {
	asks slow --idle-timeout 1s --ttft-timeout 1s
	answered 1
	asks delay:700ms --idle-timeout 300ms
	answered 1
}

@test "the shortest patience counts" {
	asks hang --ttft-timeout 5m --timeout 200ms --retries 0
	[ "$(failure)" = 'timeout 1 no whole answer within --timeout' ]
	asks hang --ttft-timeout 200ms --idle-timeout 5m --retries 0
	[ "$(failure)" = 'timeout 1 no first byte within --ttft-timeout' ]
}

@test "comments keep a stream alive, but do not begin it" {
	stop_mock
	start_rogue
	try pllm -m mock -p x --ttft-timeout 300ms --idle-timeout 5m --retries 0 \
		--endpoint "$BASE/comments/v1" <<<1
	[ "$(failure)" = 'timeout 1 no first byte within --ttft-timeout' ]
	try pllm -m mock -p x --idle-timeout 1s --retries 0 --endpoint "$BASE/commented/v1" <<<1
	[ "$status" -eq 0 ]
	[ "$(jq -r .output out)" = fine ]
}

# It waits here for who reads its output, and then has records at once.
@test "a request's time begins when it is sent, however long the program took to begin" {
	start_mock
	records 4 >in
	mkfifo pipe
	for _ in {1..10}; do
		start_ask -p '{{text}}' -i in -o pipe --stats s.json
		sleep 0.3
		cat pipe >out
		end_of_ask
		[ "$status" -eq 0 ]
		jq -e '.wall_ms >= .latency_ms.max' s.json
	done
}
