#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# An answer has a ceiling of 64M, after unpacking, and so has the memory that it takes.

load helper

setup() {
	clean_room
	start_rogue
}

# meets BEHAVIOUR: a failure, within a fixed amount of memory.
meets() {
	status=0
	/usr/bin/time -f '%M' -o peak "$PLLM" --endpoint "$BASE/$1/v1" -m mock --retries 0 \
		<<<'"x"' >out 2>err 3>&- 4>&- || status=$?
	[ "$status" -eq 1 ]
	[ "$(jq -c '.pllm.error | [.code, .attempts]' out)" = '["too_large",1]' ]
	echo "$1: peak $(tail -n 1 peak) KB"
	[ "$(tail -n 1 peak)" -lt $((200 * 1024)) ]
}

@test "a body without end is cut off" {
	meets endlessbody
}

@test "a bomb of 200 megabytes in 200 kilobytes of gzip is cut off" {
	meets gzipbomb
}
