#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The configuration file as a user meets it. What may stand in it and who wins, one by one:
# tests/unit/config_file_test.c, layers_test.c, names_test.c, private_file_test.c.

load helper

setup() {
	clean_room
	# Others must not be able to write what is made here.
	umask 022
	chmod go-w .
	file=$HOME/.config/pllm/config.yaml
	mkdir -p "${file%/*}"
}

# Runs pllm, which must refuse: status 2, nothing on stdout, one line on stderr, which is this.
refuses() {
	local want=$1
	shift
	run --separate-stderr pllm -m m -p hi "$@" </dev/null
	echo "got: $stderr"
	[ "$status" -eq 2 ]
	[ -z "$output" ]
	[ "$(flat <<<"$stderr")" = "pllm: $want" ]
}

# The answer to one record, or how often each model and field came out of it.
answered_by() {
	jq -r '.[$meta] | .model' --arg meta "${1:-pllm}" out | sort -u
}

@test "defaults of the file make a command line short" {
	start_mock --strict-model --model one
	cat >"$file" <<-EOF
		# What I always say.
		defaults:
		  endpoint: $URL
		  model: one
		  prompt: 'Say {{text}}'
		  as: answer
		  meta: info
	EOF
	records 3 | quietly pllm
	[ "$(jq -r .answer out | tail -n 1)" = 'echo: Say n 3' ]
	[ "$(answered_by info)" = one ]
}

@test "command line, environment, profile, defaults: the first that says something wins" {
	start_mock --strict-model --model defaults --model profile --model environment --model argument
	cat >"$file" <<-EOF
		defaults: { endpoint: $URL, prompt: x, meta: true, model: defaults }
		profiles: { night: { model: profile } }
	EOF
	records 1 >in
	quietly pllm <in
	[ "$(answered_by)" = defaults ]
	quietly pllm --profile night <in
	[ "$(answered_by)" = profile ]
	PLLM_MODEL=environment quietly pllm --profile night <in
	[ "$(answered_by)" = environment ]
	PLLM_MODEL=environment quietly pllm --profile night -m argument <in
	[ "$(answered_by)" = argument ]
}

@test "a list on the command line replaces the list of the file" {
	start_witness
	echo "defaults: { param: [temperature=0, top_p=1], header: ['X-Team: search', 'X-Tag: a'] }" >"$file"
	records 1 | quietly ask -p x --param temperature=0.5
	[ "$(jq -c '.body | if type == "string" then fromjson else . end | [.temperature, .top_p]' requests)" = '[0.5,null]' ]
	[ "$(jq -r '.headers["x-team"] + .headers["x-tag"]' requests)" = searcha ]
}

@test "prompts on the command line come after the flow of the file, and another flow replaces it" {
	start_mock
	echo 'steps: { a: "A {{text}}" }' >a.yaml
	echo 'steps: { b: "B {{text}}" }' >b.yaml
	echo "defaults: { flow: $PWD/a.yaml, prompt: 'c={{text}}' }" >"$file"
	records 1 >in
	quietly ask <in
	[ "$(jq -c '[.a, .b, .c]' out)" = '["echo: A n 1",null,"echo: n 1"]' ]
	quietly ask -p d='{{a}}' <in
	[ "$(jq -c '[.a, .c, .d]' out)" = '["echo: A n 1",null,"echo: echo: A n 1"]' ]
	quietly ask --flow b.yaml <in
	[ "$(jq -c '[.a, .b, .c]' out)" = '[null,"echo: B n 1","echo: n 1"]' ]
}

@test "an endpoint and a pool are called by their names" {
	start_mock --strict-model --model one
	local first=$URL
	start_mock --strict-model --model two
	cat >"$file" <<-EOF
		endpoints:
		  a: { url: $first, model: one }
		  b: { url: $URL, model: two, weight: 3, max: 8, key-env: none }
		pools:
		  both: [a, b]
	EOF
	records 200 >in
	quietly pllm --endpoint b -p '{{text}}' --meta <in
	[ "$(answered_by)" = two ]
	quietly pllm --endpoint both --balance weighted -p '{{text}}' --meta <in
	[ "$(jq -r '.pllm | "\(.endpoint) \(.model)"' out | sort -u)" = "$(printf '%s\n' "$first one" "$URL two" | sort)" ]
	echoed out
}

@test "a named fallback answers when the pool cannot" {
	start_mock --strict-model --model spare
	cat >"$file" <<-EOF
		defaults: { endpoint: broken, fallback: [spare], fallback-after: 10ms }
		endpoints:
		  broken: { url: http://127.0.0.1:1/v1, model: x }
		  spare: { url: $URL, model: spare }
	EOF
	records 3 >in
	try pllm -p '{{text}}' --meta --retries 20 <in
	cat err
	[ "$status" -eq 0 ]
	[ "$(answered_by)" = spare ]
}

@test "the key of a named endpoint goes to it" {
	start_witness
	echo "endpoints: { here: { url: $URL, model: mock, key-env: MY_KEY } }" >"$file"
	records 1 | MY_KEY=sk-canary-0123456789 quietly pllm --endpoint here -p x
	[ "$(jq -r .headers.authorization requests)" = 'Bearer sk-canary-0123456789' ]
}

@test "a mistake is refused with file, line and column" {
	printf 'defaults:\n  model: m\n  jobs: many\n' >"$file"
	refuses "$file:3:9: --jobs many: not understood; expected a whole number from 1 to 100000"
	printf 'defaults:\n  jbos: 8\n' >"$file"
	refuses "$file:2:3: unknown key \"jbos\"; the nearest is jobs"
	printf 'defaults:\n  stream: on\n' >"$file"
	refuses "$file:2:11: --stream: not understood; expected true or false"
	printf 'defaults:\n\tjobs: 8\n' >"$file"
	refuses "$file:2:1: tab character may not be used as indentation; line 2 is indented with a tab, not spaces"
	printf 'endpoints:\n  a:\n    url: http://x/v1\n    colour: red\n' >"$file"
	refuses "$file:4:13: \"colour=red\" is none of api=, model=, key-env=, weight=, max=, rpm=, tpm="
	printf 'profiles:\n  p: { retries: -1 }\n' >"$file"
	refuses "$file:2:17: --retries -1: not understood; expected a whole number from 0 to 1000000"
}

@test "aliases that multiply are refused at once" {
	{
		echo 'a0: &a0 [x, x, x, x, x, x, x, x, x]'
		for i in {1..40}; do
			echo "a$i: &a$i [*a$((i - 1)), *a$((i - 1)), *a$((i - 1)), *a$((i - 1))]"
		done
	} >"$file"
	refuses "$file:6:20: this is too much: more than 10000 values, aliases written out"
}

@test "a file that others can write is refused, with what helps" {
	echo 'defaults: { jobs: 8 }' >"$file"
	chmod g+w "$file"
	refuses "$file may be written by others, who may change where your requests go; chmod go-w $file"
	chmod go-w "$file"
	chmod o+w "${file%/*}"
	refuses "${file%/*} may be written by others, who may change where your requests go; chmod go-w ${file%/*}"
	refuses "--config: there is no file nowhere/config.yaml" --config nowhere/config.yaml
}

@test "a FIFO is refused, not waited for" {
	mkfifo "$file"
	refuses "$file is not a regular file"
}

@test "nothing is read from the working directory" {
	start_mock
	local dirs=(. .config pllm .config/pllm) dir name
	for dir in "${dirs[@]}"; do
		mkdir -p "$dir"
		for name in config.yaml config.yml pllm.yaml .pllm.yaml .pllm .pllmrc; do
			[ -d "$dir/$name" ] || echo 'defaults: { jobs: wrong }' >"$dir/$name"
		done
	done
	records 1 >in
	quietly ask -p x <in
	XDG_CONFIG_HOME='' HOME='' quietly ask -p x <in
	XDG_CONFIG_HOME=.config HOME=. quietly ask -p x <in
	refuses 'config.yaml:1:19: --jobs wrong: not understood; expected a whole number from 1 to 100000' --config config.yaml
}

@test "--no-config leaves the file alone, and help does too" {
	start_mock
	echo 'defaults: [' >"$file"
	records 1 | quietly ask -p x --no-config
	run pllm --help
	[ "$status" -eq 0 ]
	refuses '--no-config does not go with --profile' --no-config --profile x
}

@test "a key in the file is refused and not shown" {
	local text
	for text in 'defaults: { model: sk-canary-0123456789 }' 'defaults: { key-env: sk-canary-0123456789 }' \
		"defaults: { header: 'Authorization: Bearer canary' }" \
		'endpoints: { e: { url: "http://x/", key-env: sk-canary-0123456789 } }'; do
		echo "$text" >"$file"
		run --separate-stderr pllm --endpoint http://127.0.0.1:1/v1 -p x </dev/null
		echo "$text: $stderr"
		[ "$status" -eq 2 ]
		[[ $stderr$output != *canary* ]]
	done
}

@test "the example file is understood, each profile and name of it" {
	start_mock
	sed "s,http://127\.0\.0\.1:800[01]/v1,$URL," "$top/examples/config.yaml" >example.yaml
	records 2 | quietly pllm --config example.yaml -p '{{text}}' --meta
	[ "$(answered_by)" = llama-3.1-8b ]
	cp "$top/examples/config.yaml" config.yaml
	chmod go-w config.yaml
	records 2 | quietly pllm --config config.yaml --profile night --endpoint "$URL" -m mock \
		--fallback spare -p '{{text}}'
	[ "$(jq -r .output out | tail -n 1)" = 'echo: n 2' ]
}
