#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# RFC 7464: records begin with RS and end with LF.

load helper

setup() {
	clean_room
	start_mock
}

@test "sequences in and out, each text on a line of its own" {
	printf '\x1e{"text":"a"}\n\x1e{\n  "text": "b"\n}\n\x1e"c"\n' >in
	try ask --seq -p '{{.}}' <in
	[ "$status" -eq 0 ]
	[ "$(tr -cd '\036' <out | wc -c)" -eq 3 ]
	[ "$(tr -d '\036' <out | wc -l)" -eq 3 ]
	[ "$(tr -d '\036' <out | jq -s 'map(.text // .input) == ["a","b","c"]')" = true ]
	mv out in
	quietly ask --seq -p again -a second <in
	[ "$(tr -d '\036' <out | jq -s 'map(.second) == ["echo: again","echo: again","echo: again"]')" = true ]
}

@test "what jq --seq writes goes in" {
	jq -n --seq '{text: "a"}, {text: "b"}' >in
	quietly ask --seq -p '{{text}}' <in
	[ "$(tr -d '\036' <out | jq -r .output | paste -sd ' ')" = 'echo: a echo: b' ]
}

@test "a text cut short is a bad record, and its neighbours live" {
	printf '\x1e{"text":"a"}\n\x1e{"text":"b\x1e{"text":"c"}\n' >in
	try ask --seq -p '{{text}}' <in
	[ "$status" -eq 1 ]
	[ "$(tr -d '\036' <out | jq -r '.pllm.error.code // .output' | paste -sd ' ')" = 'echo: a bad_record echo: c' ]
}

@test "sequences in, lines out" {
	printf '\x1e{"text":\n"a"}\n' >in
	quietly ask --input-format seq -p '{{text}}' <in
	[ "$(cat out)" = '{"text": "a","output":"echo: a"}' ]
}

@test "plain JSON Lines are understood too" {
	records 3 >in
	quietly ask --seq -p '{{text}}' <in
	[ "$(tr -d '\036' <out | jq -r .output | paste -sd ' ')" = 'echo: n 1 echo: n 2 echo: n 3' ]
}
