#!/usr/bin/env bats
# SPDX-License-Identifier: MIT

load helper

setup() {
	clean_room
	start_mock
}

@test "the text of each answer and a newline, nothing else" {
	printf '%s\n' '{"text":"a\nb \"c\" é\u00e9😀\t"}' '{"text":""}' '{"text":"d"}' >in
	quietly ask -p '{{text}}' -r <in
	printf 'echo: a\nb "c" éé😀\t\necho: \necho: d\n' | cmp - out
}

@test "a failed record is an empty line and a message" {
	printf '%s\n' '{"text":"a"}' '{"id":2}' 'bad' '{"text":"d"}' >in
	try ask -p '{{text}}' -r <in
	[ "$status" -eq 1 ]
	printf 'echo: a\n\n\necho: d\n' | cmp - out
	grep -q '^pllm: line 2: error\[E-template\]: no field "text"' err
	grep -q '^pllm: line 3: error\[E-bad_record\]: ' err
}

@test "--raw-output0 ends each answer with a NUL" {
	printf '%s\n' '{"text":"a\nb"}' '{"text":"c"}' >in
	quietly ask -p '{{text}}' --raw-output0 <in
	printf 'echo: a\nb\0echo: c\0' | cmp - out
}

@test "text lines in, text lines out" {
	printf 'one\n  two "2" \\ \r\n\n\xc3\xa9' >in
	quietly ask -R -p '<{{.}}>' -r <in
	printf 'echo: <one>\necho: <  two "2" \\ >\necho: <é>\n' | cmp - out
}

@test "a text line is a JSON string to everybody else" {
	printf 'say "hi" \001 \177\n' >in
	quietly ask -R <in
	[ "$(jq -c .input out)" = '"say \"hi\" \u0001 \u007f"' ]
	[ "$(jq -r .output out)" = "echo: $(<in)" ]
	printf 'ok\ncaf\xe9\nok\n' >in
	try ask -R -r <in
	[ "$status" -eq 1 ]
	[ "$(wc -l <out)" -eq 3 ]
	grep -q '^pllm: line 2: error\[E-bad_record\]: .*UTF-8' err
}

@test "a record that was skipped gives the answer that it has" {
	printf '%s\n' '{"output":"old\n"}' '{"text":"x"}' >in
	quietly ask -p '{{text?}}' -r --existing skip <in
	printf 'old\n\necho: x\n' | cmp - out
}

@test "what a terminal would obey is escaped on stderr, and exact on stdout" {
	start_rogue
	URL=$BASE/escapes/v1
	quietly ask -p x -r <<<1
	grep -q $'\e\[31m' out
	printf '%s\n' $'{"a\\u001b[31m":1}' >in
	try ask -p '{{nosuch}}' -r <in
	(! grep -q $'\e' err)
}
