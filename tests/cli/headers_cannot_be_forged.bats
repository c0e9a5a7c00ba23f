#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What the user adds as headers arrives, and nothing can smuggle a second one in.

load helper

setup() {
	clean_room
	echo '"x"' >in
	start_witness
}

@test "headers arrive, from the command line and from a file" {
	printf 'X-Two: 2\r\n\nX-Three:3\n' >headers
	quietly ask --header 'X-One: 1' --header-file headers <in
	[ "$(jq -c '.headers | [.["x-one"], .["x-two"], .["x-three"]]' requests)" = '["1","2","3"]' ]
	[ "$(jq -r '.headers["content-type"]' requests)" = application/json ]
}

@test "a header with CR, LF or another control character is refused before anything is sent" {
	local wrong
	for wrong in $'X-A: 1\r\nX-Evil: 1' $'X-A: 1\nX-Evil: 1' $'X-A: 1\rX-Evil: 1' $'X-A: \x01' \
		$'X-A\r\n: 1' 'X A: 1' ': 1' 'X-A' 'X-A:' ''; do
		try ask --header "$wrong" <in
		[ "$status" -eq 2 ]
		[ "$(wc -l <err)" -eq 1 ]
	done
	[ ! -s requests ]
}

@test "in a file a CR or NUL inside a line is refused too" {
	local wrong
	for wrong in 'X-A: 1\rX-Evil: 1\n' 'X-A: 1\0X-Evil: 1\n' 'X-A: 1\n no continuation\n' 'nonsense\n'; do
		# shellcheck disable=SC2059 # escapes are meant
		printf "$wrong" >headers
		try ask --header-file headers <in
		echo "$wrong"
		[ "$status" -eq 2 ]
	done
	[ ! -s requests ]
}

@test "what pllm sets itself cannot be set" {
	local name
	for name in Host Content-Length Transfer-Encoding Content-Type Connection Expect host; do
		try ask --header "$name: 1" <in
		[ "$status" -eq 2 ]
	done
	[ ! -s requests ]
}

@test "a base URL with CR, LF, spaces, a password or another scheme is refused" {
	local wrong
	for wrong in $'http://127.0.0.1:1/v1\r\nX-Evil: 1' 'http://127.0.0.1:1/v1 HTTP/1.1' \
		'http://user:canary@127.0.0.1:1/v1' 'file:///etc/passwd' 'gopher://127.0.0.1:1/' 'ftp://127.0.0.1/' \
		'127.0.0.1:1/v1' 'http://' 'http://127.0.0.1:99999/' 'http://127.0.0.1:1/v1?x=1' 'unix:///x' ''; do
		try pllm --endpoint "$wrong" -m mock <in
		echo "$wrong"
		[ "$status" -eq 2 ]
		[ "$(flat <err | wc -l)" -eq 1 ]
		[[ $(<err) != *canary* ]]
	done
}

@test "the API's path is appended to the base, however it ends" {
	local base
	for base in "$BASE/v1" "$BASE/v1/" "$BASE/v1//" "$BASE/v1/chat/completions"; do
		quietly pllm --endpoint "$base" -m mock <in
	done
	[ "$(jq -r .path requests | sort -u)" = /v1/chat/completions ]
	[ "$(wc -l <requests)" -eq 4 ]
}
