#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A line that is no record is a failed record; the lines before and after it get their answers.

load helper

setup() {
	clean_room
	start_mock
}

# Puts the line that stdin is between two good ones and asks; its output line is then in ./bad.
between() {
	{
		echo '{"text":"before"}'
		cat
		printf '\n{"text":"after"}\n'
	} >in
	try ask -p '{{text}}' "$@" <in
	[ "$status" -eq 1 ]
	[ "$(wc -l <out)" -eq 3 ]
	[ "$(sed -n 1p out)" = '{"text":"before","output":"echo: before"}' ]
	[ "$(sed -n 3p out)" = '{"text":"after","output":"echo: after"}' ]
	sed -n 2p out >bad
	[ "$(jq -r .pllm.error.code bad)" = bad_record ]
	[ "$(jq -r .pllm.error.line bad)" -eq 2 ]
	[ "$(jq -r .pllm.error.attempts bad)" -eq 0 ]
	[ "$(mock_stat requests)" -eq 2 ]
}

message() {
	jq -r .pllm.error.message bad
}

@test "a line that is not JSON" {
	printf 'hello, world' | between
	[ "$(jq -r .input bad)" = 'hello, world' ]
	[[ $(message) == 'not a JSON value: '*' byte 1 of the line (byte 19 of the input)' ]]
}

@test "a line that almost is" {
	local line
	for line in '{"text":"a"' '{"text":"a"}}' "{'text':'a'}" '{"text":"a",}' '{"text":01}' \
		'{"text":NaN}' '{"text":"a"} {"text":"b"}' '{"text":"\x"}' '[1 2]' $'{"text":"a\tb"}'; do
		printf '%s' "$line" | between
		[ "$(jq -r .input bad)" = "$line" ]
		curl -sS -d '' "$BASE/_mock/reset" >/dev/null
	done
}

@test "a line with bytes that are no UTF-8" {
	printf '{"text":"caf\xe9 \xc0\x80 \xed\xa0\x80"}' | between
	[[ $(message) == *UTF-8* ]]
	[[ $(<bad) == *$'caf\xef\xbf\xbd'* ]]
	iconv -f UTF-8 -t UTF-8 out >/dev/null
}

@test "a line with NULs" {
	printf '{"text":"a\0b\0"}' | between
	[ "$(jq -r '.input | explode | map(select(. == 0)) | length' bad)" -eq 2 ]
}

@test "a line that is too long, however much too long" {
	head -c 101 /dev/zero | tr '\0' a | between --max-record 100
	[[ $(message) == *--max-record* ]]
	curl -sS -d '' "$BASE/_mock/reset" >/dev/null
	head -c 3000000 /dev/zero | tr '\0' a | between --max-record 100
	[ "$(jq -r '.input | length' bad)" -le 100 ]
}

@test "a line of just the allowed length is no bad one" {
	printf '{"text":"%s"}\n' "$(head -c 89 /dev/zero | tr '\0' a)" >in
	[ "$(wc -c <in)" -eq 101 ]
	quietly ask -p x --max-record 100 <in
	try ask -p x --max-record 99 <in
	[ "$status" -eq 1 ]
}

@test "a line that nests a million deep" {
	head -c 1000000 /dev/zero | tr '\0' '[' | between
	[[ $(message) == *deep* || $(message) == *nest* ]]
}

@test "512 levels are accepted, 513 are not" {
	awk 'BEGIN { for (i = 0; i < 512; i++) printf "["; for (i = 0; i < 512; i++) printf "]"; print "" }' >in
	quietly ask -p x <in
	curl -sS -d '' "$BASE/_mock/reset" >/dev/null
	awk 'BEGIN { for (i = 0; i < 513; i++) printf "["; for (i = 0; i < 513; i++) printf "]" }' | between
}

@test "a line that ends in the middle, at the end of the input" {
	printf '{"text":"before"}\n{"text":"cu' >in
	try ask -p '{{text}}' <in
	[ "$status" -eq 1 ]
	[ "$(sed -n 1p out)" = '{"text":"before","output":"echo: before"}' ]
	[ "$(sed -n 2p out | jq -r .input)" = '{"text":"cu' ]
}

@test "megabytes of noise are answered with lines of JSON, and nothing is sent" {
	head -c 3000000 /dev/urandom >in
	try ask -p '{{text}}' --halt never <in
	[ "$status" -eq 1 ]
	[ "$(jq -r .pllm.error.code out | sort | uniq -c | sort -n | awk 'END { print $2 }')" = bad_record ]
	[ "$(mock_stat requests)" -eq 0 ]
}

@test "the summary names the reasons and the first line of each" {
	printf '{"text":"a"}\nx\n{"id":3}\ny\n' >in
	try ask -p '{{text}}' <in
	grep -q '^pllm: 3 of 4 records failed$' err
	grep -q '^pllm:   bad_record: 2, first on line 2: ' err
	grep -q '^pllm:   template: 1, first on line 3: ' err
}

# True once all that was written to the pipe has been read.
is_drained() {
	"${PYTHON3:-python3}" -c 'import fcntl, termios
raise SystemExit(any(fcntl.ioctl(0, termios.FIONREAD, bytes(4))))' <&"$pipe"
}

@test "a line that is too long and does not end leaves with the run" {
	mkfifo in
	exec {pipe}<>in
	start_ask -R -p x --max-record 1k <in >out 2>err
	head -c 5000 /dev/zero | tr '\0' a >&"$pipe"
	await is_drained
	kill -TERM "$ASK_PID"
	end_of_ask
	[ "$status" -eq 143 ]
	[ "$(wc -l <out)" -eq 1 ]
	jq -e '.input | length == 1024' out
	[ "$(mock_stat requests)" -eq 0 ]
}
