#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What pllm embed takes and refuses, before anything is sent.

load helper

setup() {
	clean_room
	export OPENAI_API_KEY=key
}

# Runs pllm embed -m m, which must refuse: status 2, nothing on stdout, one line that begins so.
refuses() {
	local want=$1
	shift
	run --separate-stderr pllm embed -m m "$@" </dev/null
	echo "got: $stderr"
	[ "$status" -eq 2 ]
	[ -z "$output" ]
	[ "$(flat <<<"$stderr" | wc -l)" -eq 1 ]
	[[ $(flat <<<"$stderr") == "pllm: $want"* ]]
}

@test "a matrix goes into a file, and its records elsewhere" {
	refuses '--format npy: the matrix goes into a file; give -o FILE' --format npy
	refuses '--format npy: the matrix goes into a file; give -o FILE' --format npy -o -
	refuses '--format f32: the matrix and the records cannot both go to standard output' \
		--format f32
	refuses '--ids x: is for --format npy or f32' --ids x
	refuses '--ids x: that is where -o writes' --format npy -o x --ids x
	refuses '--errors x: that is where -o writes' --format npy -o x --errors x
	refuses '--errors y: that is where --ids writes' --format f32 -o x --ids y --errors y
	[ ! -e x ]
	[ ! -e x.partial ]
}

@test "a record that has its vector already has no place beside a matrix" {
	refuses '--existing skip: a record that is skipped would have no row' \
		--format npy -o x --existing skip
}

@test "it has one prompt, without a name, and asks one model" {
	refuses 'pllm embed has one prompt; ' -p a -p b
	refuses "-p q=...: pllm embed has one prompt, without a name; -a q names the field" \
		-p 'q={{q}}'
	refuses '-m: pllm embed asks one model' -m n
	run --separate-stderr pllm embed -m a,b </dev/null
	[ "$status" -eq 2 ]
	[[ $stderr == 'pllm: error[E-model]: -m: pllm embed asks one model, since vectors of different models'* ]]
	run --separate-stderr pllm embed </dev/null
	[ "$status" -eq 2 ]
	[ "$(flat <<<"$stderr")" = 'pllm: which model shall be asked?; give -m MODEL' ]
}

@test "another model is no fallback, the same one elsewhere is" {
	refuses '--fallback n: vectors of different models cannot be compared' --fallback n
	run --separate-stderr pllm embed -m m --endpoint http://127.0.0.1:1/v1 \
		--fallback http://127.0.0.1:2/v1,n </dev/null
	[ "$status" -eq 0 ]
	[[ $stderr == *'if these are two models, their vectors cannot be compared' ]]
	refuses 'http://127.0.0.1:1/v1 is to be asked for two models, m and n' \
		--endpoint http://127.0.0.1:1/v1 --fallback http://127.0.0.1:1/v1,n
}

@test "no file is what another is written as until the end" {
	refuses '--ids v.npy.partial: that is what -o v.npy is written as until the end' \
		--format npy -o v.npy --ids v.npy.partial
	refuses '--errors v.npy.partial: that is what -o v.npy is written as until the end' \
		--format npy -o v.npy --errors v.npy.partial
}

@test "an API without vectors is refused, with those that have them" {
	refuses '--api: anthropic gives no vectors; those that do are openai, ' --api anthropic
	refuses '--endpoint: bedrock gives no vectors; ' --endpoint http://127.0.0.1:1,api=bedrock
	refuses '--api: unknown API "voyag"; the nearest is voyage' --api voyag
	run --separate-stderr pllm embed -m anthropic/m </dev/null
	[ "$status" -eq 2 ]
	[[ $(flat <<<"$stderr") == 'pllm: anthropic/m: anthropic gives no vectors; '* ]]
}

@test "an API of vectors alone answers no prompt" {
	local want='voyage gives vectors, not answers; pllm embed asks for them'
	run --separate-stderr pllm --api voyage -m m -p x </dev/null
	[ "$status" -eq 2 ]
	[ "$(flat <<<"$stderr")" = "pllm: --api: $want" ]
	run --separate-stderr pllm -m voyage/m -p x </dev/null
	[ "$status" -eq 2 ]
	[ "$(flat <<<"$stderr")" = "pllm: voyage/m: $want" ]
}

@test "what the API has no words for is refused" {
	refuses '--api openai: --input-type' --input-type query
	refuses '--param input=3: pllm sets "input" itself' --param input=3
	refuses 'embed does not go with --input-format openai-batch: ' --input-format openai-batch
	run --separate-stderr pllm chunk --input-format openai-batch </dev/null
	[ "$status" -eq 2 ]
	[[ $stderr == 'pllm: error[E-usage]: chunk does not go with --input-format openai-batch: '* ]]
}

@test "numbers have their ranges" {
	refuses '--batch-items 65537: not understood; expected a whole number from 1 to 65536' --batch-items 65537
	refuses '--dimensions 0: not understood; expected a whole number from 1 to 65536' --dimensions 0
	refuses '--batch-wait 2h: not understood; expected a duration from 0 to 1h' --batch-wait 2h
}

@test "what the environment and the configuration file say of other commands is left aside" {
	mkdir -p "$XDG_CONFIG_HOME/pllm"
	echo 'defaults: { raw-output: true, samples: 3, system: hello, batch-items: 7, overlap: 9 }' \
		>"$XDG_CONFIG_HOME/pllm/config.yaml"
	export PLLM_STREAM=1 PLLM_MODEL=m
	quietly pllm embed --endpoint http://127.0.0.1:1/v1 </dev/null
	quietly pllm chunk </dev/null
}
