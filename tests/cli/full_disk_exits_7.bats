#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What cannot be written is not claimed to be.

load helper

setup() {
	clean_room
	start_mock
	records 50 >in
}

# Builds the library of faults once per test; see tests/faults/fail.c.
build_faults() {
	! is_sanitized || skip "a sanitizer has these calls"
	"${CC:-cc}" -D_GNU_SOURCE -shared -fPIC -o "$BATS_TEST_TMPDIR/fail.so" "$top/tests/faults/fail.c" -ldl
}

# fails CALL [FAIL_X=...]...: runs the command that stands after -- with this call failing.
fails() {
	local settings=("LD_PRELOAD=$BATS_TEST_TMPDIR/fail.so" "FAIL_CALL=$1" "FAIL_SEEN=$PWD/seen")
	shift
	while [ "$1" != -- ]; do
		settings+=("$1")
		shift
	done
	shift
	rm -f seen
	status=0
	env "${settings[@]}" "$PLLM" --endpoint "$URL" -m mock "$@" <in >out 2>err 3>&- 4>&- || status=$?
	head -n 5 err
	[ -e seen ]
}

@test "/dev/full" {
	status=0
	ask -p x <in >/dev/full 2>err || status=$?
	[ "$status" -eq 7 ]
	[ "$(head -n 1 err)" = 'pllm: error[E-output]: cannot write standard output: No space left on device' ]
	try ask -p x -o /dev/full <in
	[ "$status" -eq 7 ]
	[ "$(head -n 1 err)" = 'pllm: error[E-output]: cannot write /dev/full: No space left on device' ]
}

@test "a full disk stops an endless run, and soon" {
	status=0
	yes '{"text":"x"}' 2>/dev/null | ask -p x -j 4 >/dev/full 2>err || status=$?
	[ "$status" -eq 7 ]
	[ "$(mock_stat requests)" -lt 20000 ]
}

@test "-r, -h, --help and --version notice as well" {
	local options
	for options in '-p x -r' --help -h --version; do
		status=0
		# shellcheck disable=SC2086 # words
		ask $options <in >/dev/full 2>err || status=$?
		[ "$status" -eq 7 ]
		grep -q 'No space left on device' err
	done
}

# Fails unless that command, with a stdout that it cannot write to, says so and asks nobody.
unheard() {
	local stdout status
	for stdout in '>&-' '</dev/null >&0'; do
		status=0
		eval '"$@" 2>err '"$stdout" || status=$?
		cat err
		[ "$status" -eq 7 ] || return 1
		[ "$(flat <err)" = 'pllm: cannot write standard output: Bad file descriptor; it is closed, or open for reading only: give it a file or a pipe' ] || return 1
	done
	[ "$(mock_stat requests)$(mock_stat listed)" = 00 ]
}

@test "closed stdout is no place to write to, which is known before anything is paid for" {
	unheard ask -p x -i in
	grep -q '^pllm: error\[E-output\]: ' err
	unheard ask -p x -i in -o -
	unheard ask -p x -i in -o result --errors /dev/stdout
	unheard ask -p x -i in -o result --stats -
	unheard pllm reduce --endpoint "$URL" -m mock -p '{{items}}' -i in
	unheard pllm embed --endpoint "$URL" -m mock -p '{{text}}' -i in
	unheard pllm embed --endpoint "$URL" -m mock -p '{{text}}' --format f32 --ids ids -i in
	unheard pllm chunk --field text -i in
	unheard pllm doctor --json --endpoint "$URL" -m mock
	unheard pllm doctor --endpoint "$URL" -m mock
	[ ! -e result ]
}

@test "who writes to files needs no stdout" {
	ask -p x -i in -o result >&-
	[ "$(wc -l <result)" -eq 50 ]
	pllm reduce --endpoint "$URL" -m mock -p '{{items}}' -i in -o result >&-
	[ -s result ]
	pllm embed --endpoint "$URL" -m mock -p '{{text}}' -i in -o result >&-
	[ "$(wc -l <result)" -eq 50 ]
	pllm embed --endpoint "$URL" -m mock -p '{{text}}' -i in --format npy --ids ids -o matrix >&-
	[ -s matrix ]
	[ "$(wc -l <ids)" -eq 50 ]
	pllm chunk --field text -i in -o result >&-
	[ "$(wc -l <result)" -eq 50 ]
}

@test "a descriptor that is named and cannot be written to: 2, and nothing sent" {
	try ask -p x -i in -o /dev/fd/9 9<in
	[ "$status" -eq 2 ]
	grep -q '^pllm: error\[E-file\]: cannot write /dev/fd/9: Bad file descriptor$' err
	status=0
	ask -p x -i in -o /dev/stderr >out 2>&- || status=$?
	[ "$status" -eq 2 ]
	[ "$(mock_stat requests)" -eq 0 ]
	ask -p x -i in -o /dev/fd/9 9>result
	[ "$(wc -l <result)" -eq 50 ]
}

@test "closed stderr hurts nobody, and what was meant for it goes nowhere else" {
	echo bad >>in
	status=0
	ask -p x -o result --accept 1 <in >out 2>&- || status=$?
	[ "$status" -eq 0 ]
	[ "$(wc -l <result)" -eq 51 ]
	[ "$(grep -c '^pllm' result out | paste -sd ' ')" = 'result:0 out:0' ]
}

@test "all three closed" {
	status=0
	ask -p x <&- >&- 2>&- || status=$?
	[ "$status" -eq 6 ] || [ "$status" -eq 7 ]
	ask -p x -i in -o result >&- 2>&- <&-
	[ "$(wc -l <result)" -eq 50 ]
}

@test "a file that may not grow: 7, and the file of before is untouched" {
	echo old >result
	records 5000 >in
	status=0
	(
		trap '' XFSZ
		ulimit -f 8
		ask -p '{{text}}' -o result <in >out 2>err
	) || status=$?
	cat err
	[ "$status" -eq 7 ]
	[ "$(<result)" = old ]
	grep -q 'File too large' err
}

@test "a disk that is full after some lines: 7, and the whole lines before are whole" {
	build_faults
	# One after the other, or all might leave in one write.
	fails write FAIL_FD=1 FAIL_NTH=2 -- -p x -j 1 --no-share
	[ "$status" -eq 7 ]
	[ "$(jq -s 'map(.id) == [range(1; length + 1)]' out)" = true ]
	grep -q '^pllm: error\[E-output\]: cannot write standard output: No space left on device$' err
}

@test "an error of the device, interrupted and partial writes are told apart" {
	build_faults
	fails write FAIL_FD=1 FAIL_ERRNO=5 -- -p x
	[ "$status" -eq 7 ]
	grep -q 'Input/output error' err
	# EINTR, EAGAIN and a short count are no failures.
	local harmless
	for harmless in FAIL_ERRNO=4 FAIL_ERRNO=11 'FAIL_SHORT=7'; do
		fails write FAIL_FD=1 FAIL_TIMES=1 "$harmless" -- -p x
		[ "$status" -eq 0 ]
		[ ! -s err ]
		[ "$(jq -s 'map(.id) == [range(1;51)]' out)" = true ]
	done
}

@test "fsync or rename that fails: 7, and the old file is still there" {
	build_faults
	local call
	for call in fsync rename; do
		echo old >result
		fails "$call" -- -p x -o result
		[ "$status" -eq 7 ]
		[ "$(<result)" = old ]
		[ "$(wc -l <result.partial)" -eq 50 ]
		grep -q 'No space left on device' err
	done
}

@test "with --errors too, -o comes last: if it is there, all is" {
	build_faults
	echo bad >>in
	fails rename FAIL_NTH=2 -- -p x --errors failed -o result --accept 1
	[ "$status" -eq 7 ]
	[ -e failed ]
	[ ! -e result ]
}
