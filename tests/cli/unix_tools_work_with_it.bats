#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A filter among filters: what one expects of cat, one may expect of pllm.

load helper

setup() {
	clean_room
	start_mock
}

@test "jq before and after" {
	seq 100 | jq -c '{id: ., text: "n \(.)"}' | ask -p 'Say {{text}}' 2>err | jq -r .output >out
	[ ! -s err ]
	diff out <(seq 100 | sed 's/^/echo: Say n /')
}

@test "three in a row, all answers in one record" {
	records 50 | ask -p 'a={{text}}' 2>>err | ask -p 'b=<{{a}}>' 2>>err | ask -p 'c={{b}}!' >out 2>>err
	[ ! -s err ]
	[ "$(jq -s 'map(select(.c == "echo: echo: <echo: n \(.id)>!")) | length' out)" -eq 50 ]
	[ "$(mock_stat requests)" -eq 150 ]
}

@test "split, xargs -P and cat give what one run gives" {
	records 40 >in
	split -n l/4 in part.
	printf '%s\n' part.?? | xargs -P 4 -I{} sh -c '"$0" --endpoint "$1" -m mock -p "{{text}}" -i {} -o {}.done' \
		"$PLLM" "$URL" 3>&- 4>&-
	cat part.??.done >out
	quietly ask -p '{{text}}' -o whole <in
	cat part.??.done | diff - whole
}

@test "GNU parallel hands it blocks and keeps the order" {
	command -v parallel >/dev/null || skip "parallel is not installed"
	records 300 >in
	parallel --pipe -k -N 100 "$PLLM" --endpoint "$URL" -m mock -p '{{text}}' <in >out 2>err 3>&- 4>&-
	[ "$(jq -s 'map(.id) == [range(1;301)]' out)" = true ]
}

@test "pllm | head: head is satisfied, and nobody complains" {
	records 100000 | ask -p x 2>err | head -n 5 >out || true
	[ "$(wc -l <out)" -eq 5 ]
	[ ! -s err ]
}

@test "sort -R, tee, comm: lines are lines" {
	records 20 >in
	ask -p '{{text}}' <in 2>err | tee copy | shuf | sort >out
	sort copy | cmp - out
	[ ! -s err ]
}

@test "a line that may be written is written at once, while the input goes on" {
	mkfifo slow
	exec {fd}<>slow
	start_ask -p '{{text}}' <slow >out 2>err
	local i
	for i in 1 2 3; do
		echo "{\"id\":$i,\"text\":\"x\"}" >&"$fd"
		await eval "[ \$(wc -l <out) -eq $i ]"
	done
	# Half a record is not taken for a whole one.
	printf '{"id":4,"te' >&"$fd"
	[ "$(wc -l <out)" -eq 3 ]
	printf 'xt":"x"}\n' >&"$fd"
	await eval '[ $(wc -l <out) -eq 4 ]'
	kill "$ASK_PID"
	wait "$ASK_PID" || true
	exec {fd}>&-
}

@test "it reads a file, a pipe, a socket of the shell and /dev/stdin alike" {
	records 10 >in
	quietly ask -p x -i in
	mv out whole
	quietly ask -p x -i /dev/stdin <in
	cmp whole out
	quietly ask -p x -i - -o - <in
	cmp whole out
	quietly ask -p x -i <(cat in)
	cmp whole out
}

@test "output to a device and to a fifo goes straight there" {
	records 5 >in
	quietly ask -p x -o /dev/stdout <in
	[ "$(wc -l <out)" -eq 5 ]
	quietly ask -p x -o /dev/null <in
	[ ! -s out ]
	[ ! -e /dev/null.partial ]
	mkfifo pipe
	cat pipe >through 3>&- 4>&- &
	quietly ask -p x -o pipe <in
	wait $!
	[ "$(wc -l <through)" -eq 5 ]
}

@test "nothing is read from the directory it runs in" {
	echo '"x"' >in
	local name
	for name in .env .pllm .pllmrc pllm.toml pllm.conf .netrc .curlrc; do
		echo 'garbage = "{' >"$name"
	done
	HOME=$PWD quietly ask <in
	[ "$(jq -r .output out)" = 'echo: x' ]
}

@test "at a terminal with nothing to do it shows short help and ends with 2" {
	script -qec "'$PLLM'; echo status \$?" /dev/null </dev/null >out 3>&- 4>&-
	grep -q 'status 2' out
	grep -q -e '--endpoint\|pllm -p\|-p ' out
	[ "$(wc -l <out)" -lt 60 ]
}

@test "on a terminal it reads what is typed" {
	printf '"typed"\n\004' >keys
	script -qec "'$PLLM' --endpoint '$URL' -m mock -r" /dev/null <keys >out 3>&- 4>&-
	grep -q 'echo: typed' out
}
