#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What pllm says about itself.

load helper

@test "-h fits one screen and shows examples before options" {
	run --separate-stderr pllm -h
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	[ "$(pllm -h | wc -l)" -le 23 ] # and the prompt below
	[ "$(pllm -h | wc -L)" -le 80 ]
	[ "$(pllm -h | grep -n -m 1 '^  pllm ' | cut -d: -f1)" -lt \
		"$(pllm -h | grep -n -m 1 '^  -' | cut -d: -f1)" ]
}

@test "--help and help show every option by group" {
	pllm --help >long
	pllm help | cmp long
	grep -qx 'Input and output:' long
	grep -q '^  -j, --jobs N .*(default 64)$' long
	[ "$(wc -L <long)" -le 80 ]
	run ! grep -q generate long
	run ! grep -qe --fan-in long
}

@test "help of reduce shows its options and not those of the filter alone" {
	pllm help reduce >long
	pllm reduce --help | cmp long
	pllm --fan-in 3 reduce help | cmp long
	head -n 1 long | grep -qx 'Usage: pllm reduce \[OPTION\]\.\.\.'
	grep -qx 'Reduce:' long
	grep -q '^      --fan-in N .*(default 8)$' long
	run ! grep -qe --samples long
	run ! grep -qe --image long
	run --separate-stderr pllm reduce --image x -p '{{items}}' </dev/null
	[ "$status" -eq 2 ]
	[ "$stderr" = 'pllm: error[E-usage]: --image is no option of pllm reduce' ]
	[ "$(wc -L <long)" -le 80 ]
	pllm help | grep -q 'pllm help reduce'
}

@test "-h of each command fits one screen as well" {
	local command
	for command in reduce embed chunk cache; do
		run --separate-stderr pllm "$command" -h
		[ "$status" -eq 0 ]
		[ "$(pllm "$command" -h | wc -l)" -le 23 ]
		[ "$(pllm "$command" -h | wc -L)" -le 80 ]
		[[ ${lines[0]} == "Usage: pllm $command "* ]]
		[[ $output == *"pllm $command --help lists all"* ]]
	done
}

@test "help of embed and of chunk shows their own options and defaults" {
	pllm help embed >long
	pllm --dimensions 3 embed --help | cmp long
	grep -qx 'Embed:' long
	grep -q '^  -a, --as NAME .*(default embedding)$' long
	grep -q '^  -m, --model MODEL  ' long
	run ! grep -qe '--samples\|--raw-output\|--stream\|--image\|--fan-in\|--overlap' long
	pllm help chunk >long
	grep -qx 'Chunk:' long
	grep -q '^      --size N .*(default 512)$' long
	run ! grep -qe '--model\|--jobs\|--endpoint\|--prompt\|--format' long
	pllm help | grep -q 'pllm help embed'
	pllm help | grep -q 'pllm help chunk'
}

@test "help of cache shows what it can do, and nothing that asks somebody" {
	pllm help cache >long
	pllm cache ls --help | cmp long
	[[ $(head -n 1 long) == 'Usage: pllm cache stats|ls|rm|export|verify '* ]]
	grep -q '^      --older-than DUR ' long
	grep -q '^  -m, --model MODEL  ' long
	run ! grep -qe '--input\|--jobs\|--endpoint\|--prompt\|--cache-ttl\|--errors' long
	pllm help >all
	grep -q 'pllm help cache' all
	grep -q '^  -n, --dry-run ' all
	run ! grep -qe '--failed\|--older-than' all
}

@test "the version is the last word of the first line, its libraries follow" {
	run --separate-stderr pllm --version
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	[[ ${lines[0]} =~ ^pllm\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
	[[ ${lines[1]} =~ ^libcurl/[0-9.]+\ .*OpenSSL/ ]]
}

@test "help that cannot be written is an error" {
	local option
	for option in -h --help --version; do
		run --separate-stderr bash -c '"$0" "$1" >/dev/full' "$PLLM" "$option"
		[ "$status" -eq 7 ]
		[[ $stderr == "pllm: error[E-output]: cannot write standard output: "* ]]
	done
}

@test "at a terminal with nothing to do it shows the short help and exits 2" {
	run script -qec "\"$PLLM\"; echo status \$?" typescript </dev/null
	[[ $output == *"Usage: pllm"* ]]
	[[ $output == *"status 2"* ]]
}

@test "script/build without a directory says how it is used" {
	run -2 --separate-stderr "$top/script/build"
	[[ $stderr == 'usage: script/build DIR'* ]]
	run -2 --separate-stderr "$top/script/build" --enable-werror
	[[ $stderr == 'usage: script/build DIR'* ]]
}
