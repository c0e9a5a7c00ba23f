#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# haproxy stands before two servers, a port for each. A server that is taken out answers 503.

load helper

# The requests that a mock has had: asked A, asked B.
asked() {
	MOCK_BASE=$1 mock_stat requests
}

asked_since() {
	[ "$(asked "$1")" -ge $(($2 + $3)) ]
}

setup() {
	clean_room
	start_mock --quiet --latency 30ms
	a=$BASE
	start_mock --quiet --latency 30ms
	b=$BASE
	start_haproxy <<-EOF
		frontend a
		    bind 127.0.0.1:PORT1
		    default_backend a
		backend a
		    server mock ${a#http://}
		frontend b
		    bind 127.0.0.1:PORT2
		    default_backend b
		backend b
		    server mock ${b#http://}
	EOF
}

@test "a server is taken down and up again under a run of two endpoints: no record fails" {
	start_pllm --endpoint "http://127.0.0.1:$PORT1/v1" --endpoint "http://127.0.0.1:$PORT2/v1" \
		-m mock -j 8 -v -p '{{text}}' < <(records_until enough) >out 2>err
	await asked_since "$a" 0 50
	await asked_since "$b" 0 50

	haproxy_do 'set server a/mock state maint'
	from=$(asked "$b")
	await asked_since "$b" "$from" 100

	haproxy_do 'set server a/mock state ready'
	from=$(asked "$a")
	from_b=$(asked "$b")
	await asked_since "$a" "$from" 50
	await asked_since "$b" "$from_b" 20

	touch enough
	end_of_ask
	cat err
	[ "$status" -eq 0 ]
	echoed out
	note "haproxy: $(grep -o '[0-9]* answered.*' err), $(asked "$a") by the server that was away"
}

@test "a server that is away takes few requests with it" {
	haproxy_do 'set server a/mock state maint'
	records 400 >in
	try timeout 20 "$PLLM" --endpoint "http://127.0.0.1:$PORT1/v1" \
		--endpoint "http://127.0.0.1:$PORT2/v1" -m mock -j 8 -p '{{text}}' <in
	[ "$status" -eq 0 ]
	echoed out
	[ "$(asked "$a")" -eq 0 ]
	[ "$(asked "$b")" -eq 400 ]
	refused=$(grep -c ' 503 ' haproxy/log || true)
	note "haproxy: $refused requests went to a server that was away, of $((400 + refused))"
	[ "$refused" -ge 1 ]
	[ "$refused" -le 60 ]
}
