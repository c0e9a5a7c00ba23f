#!/usr/bin/env bats
# SPDX-License-Identifier: MIT

load helper

@test "the socket is asked instead of the host, and the key goes there too" {
	start_witness "$BATS_TEST_TMPDIR/socket"
	echo '"x"' >in
	export OPENAI_API_KEY=sk-socket
	quietly pllm --endpoint http://models.example/v1 --unix-socket "$BATS_TEST_TMPDIR/socket" -m mock <in
	[ "$(jq -r .headers.authorization requests)" = 'Bearer sk-socket' ]
	[ "$(jq -r .headers.host requests)" = models.example ]
}

@test "a socket that is not there is a failed connection" {
	echo '"x"' >in
	try pllm --endpoint http://models.example/v1 --unix-socket nowhere -m mock --retries 0 <in
	[ "$status" -eq 5 ]
	[ "$(jq -r .pllm.error.code out)" = transport ]
}
