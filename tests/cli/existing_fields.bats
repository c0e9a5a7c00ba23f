#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What happens to a record that has the answer's field already.

load helper

setup() {
	clean_room
	start_mock
	cat >in <<'EOF'
{"id":1,"output":"old", "text":"a"}
{"id":2,"text":"b"}
EOF
}

@test "by default it is a bad record, and costs nothing" {
	try ask -p '{{text}}' <in
	[ "$status" -eq 1 ]
	[ "$(jq -r '.pllm.error.code // .output' out | paste -sd ' ')" = 'bad_record echo: b' ]
	[[ $(head -n 1 out | jq -r .pllm.error.message) == *'"output"'*--existing* ]]
	[[ $(head -n 1 out) == '{"id":1,"output":"old", "text":"a","pllm":'* ]]
	[ "$(mock_stat requests)" -eq 1 ]
}

@test "skip leaves it as it is, and it counts as done" {
	quietly ask -p '{{text}}' --existing skip <in
	[ "$(head -n 1 out)" = "$(head -n 1 in)" ]
	[ "$(mock_stat requests)" -eq 1 ]
	mv out in
	quietly ask -p '{{text}}' --existing skip <in
	diff in out
	[ "$(mock_stat requests)" -eq 1 ]
}

@test "replace asks anew, and the old field is gone" {
	quietly ask -p '{{text}}' --existing replace <in
	[ "$(jq -r .output out | paste -sd ' ')" = 'echo: a echo: b' ]
	[ "$(grep -o '"output"' out | wc -l)" -eq 2 ]
	[[ $(head -n 1 out) != *old* ]]
	[ "$(mock_stat requests)" -eq 2 ]
}

@test "replace: when the new answer fails, the record says so" {
	echo '{"id":1,"output":"old","text":"a[[mock:400]]"}' >in
	try ask -p '{{text}}' --existing replace <in
	[ "$status" -eq 1 ]
	[ "$(jq -r .pllm.error.code out)" = request_rejected ]
}

@test "another name is another field, and names that need escapes work" {
	quietly ask -p '{{text}}' -a answer <in
	[ "$(jq -r .answer out | paste -sd ' ')" = 'echo: a echo: b' ]
	quietly ask -p 'label={{text}}' <in
	[ "$(jq -r .label out | paste -sd ' ')" = 'echo: a echo: b' ]
	quietly ask -p '=x={{text}}' -a 'odd "name"' <in
	[ "$(jq -r '.["odd \"name\""]' out | paste -sd ' ')" = 'echo: x=a echo: x=b' ]
	echo '{"odd \"name\"":1}' >in
	try ask -p x -a 'odd "name"' <in
	[ "$status" -eq 1 ]
}

@test "the field is found however its name is escaped" {
	echo '{"outp\u0075t":"old","text":"a"}' >in
	try ask -p '{{text}}' <in
	[ "$status" -eq 1 ]
	quietly ask -p '{{text}}' --existing skip <in
	[ "$(mock_stat requests)" -eq 0 ]
}

@test "a name that is ours, or none, is refused" {
	try ask -p x -a pllm <in
	[ "$status" -eq 2 ]
	try ask -p x -a '' <in
	[ "$status" -eq 2 ]
}

@test "an answer cannot stand where a record that is no object is put" {
	start_mock
	printf '%s\n' '"text"' '{"t":1}' >in
	try ask -a input -p '{{.}}' <in
	[ "$status" -eq 1 ]
	[ "$(jq -r '.pllm.error.code // .input' out | paste -sd ' ')" = 'bad_record echo: {"t":1}' ]
}
