#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# An answer has a ceiling of 64M, after unpacking, and so has the memory that it takes.

load helper

# meets ENDPOINT OPTIONS...: a failure, within a fixed amount of memory.
meets() {
	status=0
	/usr/bin/time -f '%M' -o peak "$PLLM" --endpoint "$@" -m mock --retries 0 \
		<<<'"x"' >out 2>err 3>&- 4>&- || status=$?
	cat err
	[ "$status" -eq 1 ]
	[ "$(jq -c '.pllm.error | [.code, .attempts]' out)" = '["too_large",1]' ]
	echo "$1: peak $(tail -n 1 peak) KB"
	is_sanitized || [ "$(tail -n 1 peak)" -lt $((200 * 1024)) ]
}

@test "a body without end is cut off" {
	start_rogue
	meets "$BASE/endlessbody/v1"
}

# To loopback nothing is compressed; a socket that stands for a host elsewhere is asked as that is.
@test "a compressed answer is read, and a bomb of 200 megabytes in less than one is cut off" {
	start_witness "$BATS_TEST_TMPDIR/socket"
	quietly pllm --endpoint http://models.example/gzip/v1 --key-env none \
		--unix-socket "$BATS_TEST_TMPDIR/socket" -m mock <<<'"x"'
	[ "$(jq -r .output out)" = seen ]
	[[ $(jq -r '.headers["accept-encoding"]' requests) == *gzip* ]]
	meets http://models.example/bomb/v1 --key-env none --unix-socket "$BATS_TEST_TMPDIR/socket"
}
