#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The command line as a user types it. The parser's rules one by one: tests/unit/parse_test.c.

load helper

# Runs pllm, which must refuse: status 2, nothing on stdout, one line on stderr, which is this.
refuses() {
	local want=$1
	shift
	run --separate-stderr pllm "$@" </dev/null
	echo "got: $stderr"
	[ "$status" -eq 2 ]
	[ -z "$output" ]
	[ "$(flat <<<"$stderr")" = "pllm: $want" ]
}

@test "an unknown option is refused with the nearest one" {
	refuses 'unknown option --promt; the nearest is --prompt' --promt x
	refuses 'unknown option --no-such-thing; pllm --help lists all' --no-such-thing
	refuses 'unknown option -z; pllm --help lists all' -z
}

@test "an abbreviation is not an option" {
	refuses 'unknown option --existin; the nearest is --existing' --existin skip
	refuses 'unknown option --max-dur; the nearest is --max-duration' --max-dur=3s
}

@test "a number out of range is refused with the range" {
	refuses '-j 0: not understood; expected a whole number from 1 to 100000' -j 0
	refuses '--jobs 100001: not understood; expected a whole number from 1 to 100000' --jobs=100001
	refuses '--timeout 5: not understood; expected a duration from 1ms to 8760h, such as 500ms, 30s or 1h30m' \
		--timeout 5
}

@test "a value that is missing is asked for" {
	refuses '--model needs a value; [STEP=]MODEL,...' -p x --model
	refuses '-j needs a value; N' -uj
	refuses '-m: the value is empty' -m ''
}

@test "a word that is no command is refused with what was meant" {
	refuses '"Say {{text}}" is not a command; a prompt is given with -p' 'Say {{text}}'
	refuses '"in.jsonl" is not a command; a prompt is given with -p, an input file with -i' in.jsonl
	refuses 'unknown command "cahce"; the nearest is cache' cahce
	refuses 'unknown command "hlep"; the nearest is help' hlep
	refuses 'unknown command "reduec"; the nearest is reduce' reduec
	refuses 'unknown command "embde"; the nearest is embed' embde
	refuses '"in.jsonl" is one word too many; an input file is given with -i' chunk in.jsonl
	refuses '"in.jsonl" is one word too many; a prompt is given with -p, an input file with -i' \
		reduce -p x in.jsonl
	refuses '"-u" is not a command; a prompt is given with -p, an input file with -i' -- -u
}

@test "a long option with one dash is not taken for a prompt" {
	refuses 'long options have two dashes; --prompt' -prompt x
}

@test "an option of another command is refused, wherever the command stands" {
	refuses '--by is an option of pllm reduce' -p x --by .lang
	refuses '--sorted is an option of pllm reduce' --sorted -p x
	refuses '--samples is no option of pllm reduce' reduce --samples 3
	refuses '--emit is no option of pllm reduce' --emit a reduce
	refuses '--existing is no option of pllm reduce' reduce --existing skip
	refuses '--samples is no option of pllm embed' embed -m x --samples 3
	refuses '--model is no option of pllm chunk' chunk -m x
	refuses '--dimensions is an option of pllm embed' -p x --dimensions 8
	refuses '--overlap is an option of pllm chunk' --overlap 8 -p x
	refuses '--fan-in 1: not understood; expected a whole number from 2 to 1000' reduce --fan-in 1
}

@test "what is about a cache wants one, and what shares nothing wants none" {
	refuses '--cache-ttl is about what is in a cache; give --cache FILE' -p x -m x --cache-ttl 1d
	refuses '--refresh replaces what is in a cache; give --cache FILE' -p x -m x --refresh
	refuses '--no-share: with --cache identical calls share an answer; --samples N asks for several' \
		-p x -m x --cache c.db --no-share
	[ ! -e c.db ]
}

@test "what a cache cannot be asked to do is refused with what would be right" {
	refuses 'pllm cache wants to know what to do; stats, ls, rm, export or verify' cache
	refuses 'pllm cache: unknown command "stat"; the nearest is stats' cache stat
	refuses 'pllm cache: unknown command "c.db"; it knows stats, ls, rm, export or verify' cache c.db
	refuses 'pllm cache rm: one file at a time' cache rm --failed a.db --cache b.db
	refuses '--prompt is no option of pllm cache' cache ls -p x
	refuses '--older-than is an option of pllm cache' -p x --older-than 3d
}

@test "a key on the command line is refused and not shown" {
	local arguments
	for arguments in 'sk-canary-0123456789' '-m sk-canary-0123456789' 'cache ls sk-canary-0123456789' \
		'--api-key=sk-canary-0123456789' '--api-key sk-canary-0123456789' \
		'--key-env sk-canary-0123456789' '--header Authorization:sk-canary-0123456789'; do
		# shellcheck disable=SC2086 # words
		run --separate-stderr pllm $arguments </dev/null
		echo "$arguments: $stderr"
		[ "$status" -eq 2 ]
		[[ $stderr$output != *canary* ]]
	done
}

@test "short options bundle, and values follow with a space, an equals sign or nothing" {
	start_mock
	records 3 >in
	ask -uj8 -p 'Say {{text}}' --meta=info <in >out
	[ "$(jq -r .info.model out | sort -u)" = mock ]
	ask -ruj8 -p=plain -a x <in >out
	[ "$(sort -u out)" = 'echo: plain' ]
	ask --jobs=8 --jobs 2 -k -i in -o- -p '{{text}}' >out
	[ "$(jq -r .output out | tail -n 1)" = 'echo: n 3' ]
}

@test "the environment gives defaults, the command line overrides them" {
	start_mock --strict-model --model one --model two
	export PLLM_MODEL=one
	records 1 | pllm --endpoint "$URL" -p x --meta >out
	[ "$(jq -r .pllm.model out)" = one ]
	records 1 | pllm --endpoint "$URL" -p x --meta -m two >out
	[ "$(jq -r .pllm.model out)" = two ]
	export PLLM_JOBS=many
	refuses 'PLLM_JOBS=many: not understood; expected a whole number from 1 to 100000' -p x
}

@test "no endpoint, key or header comes from a PLLM variable" {
	start_mock
	export PLLM_ENDPOINT=http://127.0.0.1:1/v1 PLLM_HEADER='X: y' PLLM_KEY_FILE=/nowhere
	records 1 | ask -p x >out
	[ "$(jq -r .output out)" = 'echo: x' ]
}
