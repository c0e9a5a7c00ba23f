#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A header file may hold a key, and is treated as one.

load helper

@test "plain http to another machine is refused before sending" {
	printf 'Authorization: Bearer sk-canary-1234567\n' >headers
	try pllm --endpoint http://models.example/v1 --header-file headers -m m -p x <<<'{}'
	[ "$status" -eq 2 ]
	grep -q 'unencrypted' err
	! grep -q canary err out
}

@test "two keys are one too many" {
	start_mock
	printf 'Authorization: Bearer sk-canary-1234567\n' >headers
	echo sk-other-7654321 >key
	try pllm --endpoint "$URL" --header-file headers --key-file key -m mock -p x <<<'{}'
	[ "$status" -eq 2 ]
	grep -q 'two keys' err
	! grep -q 'canary\|other' err out
}
