#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# -o FILE: the name stands for a complete result or for what was there before.

load helper

setup() {
	clean_room
	start_mock
	records 3 >in
}

@test "a run that succeeds leaves the file, and nothing beside it" {
	quietly ask -p x -o result <in
	[ ! -s out ]
	[ "$(wc -l <result)" -eq 3 ]
	[ "$(echo result*)" = result ]
}

@test "a run with failures leaves the old file as it was, and names the partial one" {
	echo old >result
	echo bad >>in
	try ask -p x -o result <in
	[ "$status" -eq 1 ]
	[ "$(<result)" = old ]
	[ "$(wc -l <result.partial)" -eq 4 ]
	grep -q '^pllm: .*result is left as it was; what was written is in .*result.partial$' err
	rm result
	try ask -p x -o result <in
	[ ! -e result ]
	grep -q '^pllm: .*result was not made; what was written is in .*result.partial$' err
	quietly ask -p x -o result --existing skip < <(head -n 3 result.partial)
	[ "$(wc -l <result)" -eq 3 ]
	[ ! -e result.partial ]
}

@test "with --accept the file comes into place" {
	echo bad >>in
	try ask -p x -o result --accept 1 <in
	[ "$status" -eq 0 ]
	[ "$(wc -l <result)" -eq 4 ]
}

@test "a run with nothing to do makes an empty file" {
	quietly ask -p x -o result </dev/null
	[ -f result ]
	[ ! -s result ]
}

@test "kill -9 leaves the file untouched, and what is in the partial file is whole lines" {
	echo old >result
	{
		records 20
		printf '%s\n' '{"id":21,"text":"[[mock:hang]]"}'
	} >in
	start_ask -p '{{text}}' -o result <in >out 2>err
	await eval '[ "$(wc -l <result.partial)" -eq 20 ]'
	kill -9 "$ASK_PID"
	wait "$ASK_PID" || true
	[ "$(<result)" = old ]
	[ "$(jq -s 'map(.output == "echo: \(.text)") | all and length == 20' result.partial)" = true ]
	records 3 >in
	quietly ask -p x -o result <in
	[ "$(wc -l <result)" -eq 3 ]
}

@test "two runs do not write one file" {
	mkfifo slow
	exec {fd}<>slow
	start_ask -p x -o result <slow >out1 2>err1
	await test -e result.partial
	try ask -p x -o result <in
	kill "$ASK_PID"
	wait "$ASK_PID" || true
	exec {fd}>&-
	[ "$status" -eq 2 ]
	grep -q 'is being written by another run' err
}

@test "a file that is both input and output survives" {
	quietly ask -p x -i in -o in
	[ "$(jq -s 'map(.output) == ["echo: x", "echo: x", "echo: x"]' in)" = true ]
}

@test "permissions and symbolic links stay as they were" {
	mkdir real
	echo old >real/result
	chmod 600 real/result
	ln -s real/result link
	quietly ask -p x -o link <in
	[ -L link ]
	[ "$(wc -l <real/result)" -eq 3 ]
	[ "$(stat -c %a real/result)" = 600 ]
}

@test "a link planted under the partial name is not followed" {
	echo precious >precious
	ln -s precious result.partial
	try ask -p x -o result <in
	[ "$status" -eq 2 ]
	[ "$(<precious)" = precious ]
	[ "$(mock_stat requests)" -eq 0 ]
}

@test "make is not misled: the target is there only when it is complete" {
	echo bad >>in
	printf 'answers: in\n\t@"$(PLLM)" --endpoint %s -m mock -p x -o $@ <$<\n' "$URL" >Makefile
	try env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make PLLM="$PLLM" 3>&- 4>&-
	[ "$status" -eq 2 ]
	[ ! -e answers ]
	records 3 >in
	quietly env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make PLLM="$PLLM" 3>&- 4>&-
	[ "$(wc -l <answers)" -eq 3 ]
	quietly env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make PLLM="$PLLM" 3>&- 4>&-
	[[ $(<out) == *'up to date'* ]]
}

@test "a run that cannot start leaves what an earlier one left in FILE.partial" {
	echo '{"paid":1}' >result.partial
	cp result.partial kept
	for wrong in '-i nosuch' '-i in --metrics-file nodir/m.prom' '-i in --stats nodir/s' \
		'-i in --errors nodir/e' '-i in --trace nodir/t'; do
		# shellcheck disable=SC2086 # two words and more
		try ask -p '{{text}}' -o result $wrong
		echo "$wrong: $status"
		[ "$status" -eq 2 ] || [ "$status" -eq 6 ]
		cmp result.partial kept
	done
	rm result.partial
	try ask -p '{{text}}' -o result -i nosuch
	[ ! -e result ]
	[ ! -e result.partial ]
}

@test "a run does not read what it writes, whoever opened it" {
	cp in result.partial
	for file in result.partial result.errors.partial; do
		cp in "$file"
		try ask -p '{{text}}' -o result --errors result.errors <"$file"
		[ "$status" -eq 2 ]
		grep -q "^pllm: error\[E-usage\]: standard input (<): that is what .* is written as until the end$" err
		cmp in "$file"
	done
	[ "$(mock_stat requests)" -eq 0 ]
	quietly ask -p '{{text}}' -o in <in
	[ "$(jq -s 'map(has("output")) | all' in)" = true ]
}

@test "what one file of a run still has of an earlier one goes with that of the others" {
	echo '{"old":1}' | tee result.partial >errors.partial
	printf '%s\n' '{"id":1,"text":"x"}' '{"id":2,"text":"[[mock:hang]]"}' >in
	start_ask -p '{{text}}' -i in -o result --errors errors
	await grep -q '"id":1' result.partial
	[ ! -s errors.partial ]
	kill -KILL "$ASK_PID"
	wait "$ASK_PID" || true
}
