#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# --flow FILE: steps in YAML, what is wrong with them told with its place, and --show-flow.

load helper

setup() {
	clean_room
	cat >flow.yaml <<-'EOF'
		defaults:
		  max_tokens: 90
		  params: { temperature: 0 }
		steps:
		  topics: "List: {{text}}"
		  draft:
		    prompt: |-
		      Write about {{topics}}.
		      \n is no line feed here, \{{ braces.
		    samples: 2
		    emit: false
		  best:
		    prompt_file: parts/best.prompt
		    model: large
		    max_tokens: 50
	EOF
	mkdir parts
	echo 'Which? {{draft}}' >parts/best.prompt
}

# A flow file of stdin is refused with this message behind its name.
refuses_flow() {
	local want=$1
	cat >bad.yaml
	run --separate-stderr pllm --endpoint http://127.0.0.1:9/v1 -m x --flow bad.yaml </dev/null
	echo "got: $stderr"
	[ "$status" -eq 2 ]
	[ -z "$output" ]
	[ "$(flat <<<"$stderr")" = "pllm: bad.yaml:$want" ]
}

@test "a flow's steps are asked with what the file says" {
	start_witness
	echo '{"text":"t"}' >in
	quietly pllm --endpoint "$URL" -m small -j 1 --flow flow.yaml <in
	jq -c '.body | fromjson | [.model, .max_tokens, .temperature, .messages[0].content]' requests >got
	diff got - <<-'EOF'
		["small",90,0,"List: t"]
		["small",90,0,"Write about seen.\n\\n is no line feed here, {{ braces."]
		["small",90,0,"Write about seen.\n\\n is no line feed here, {{ braces."]
		["large",50,0,"Which? 1. seen\n2. seen"]
	EOF
	[ "$(cat out)" = '{"text":"t","topics":"seen","best":"seen"}' ]
}

@test "files that a flow names are beside it, wherever one stands" {
	start_mock
	mkdir elsewhere
	cd elsewhere
	echo '{"text":"t"}' >in
	quietly ask --flow ../flow.yaml <in
	[ "$(jq -r .best out)" = "$(printf 'echo: Which? 1. %s\n2. %s' \
		'echo: Write about echo: List: t.
\n is no line feed here, {{ braces.' 'echo: Write about echo: List: t.
\n is no line feed here, {{ braces.')" ]
}

@test "options with a step's name win over the flow, which wins over options for all" {
	start_witness
	echo '{"text":"t"}' >in
	quietly pllm --endpoint "$URL" -m small -j 1 --flow flow.yaml --max-tokens 20 \
		--max-tokens topics=30 --param temperature=1 --samples draft=1 --join all \
		-p last='{{best}}' <in
	jq -c '.body | fromjson | [.max_tokens, .temperature]' requests >got
	diff got - <<-'EOF'
		[30,1]
		[20,1]
		[50,1]
		[20,1]
	EOF
	[ "$(cat out)" = '{"text":"t","topics":"seen","best":"seen","last":"seen"}' ]
}

@test "what is wrong in a flow is told with line and column" {
	refuses_flow '1:1: unknown key "step"; the nearest is steps' <<<'step: {a: x}'
	refuses_flow '1:13: unknown key "promt"; the nearest is prompt' <<<'steps: {a: {promt: x}}'
	refuses_flow '1:34: samples 0: not understood; expected a whole number from 1 to 256' \
		<<<'steps: {a: {prompt: x, samples:  0}}'
	refuses_flow '1:9: step a has no prompt; give prompt or prompt_file' <<<'steps: {a: {samples: 2}}'
	refuses_flow '2:6: prompt: column 5: unknown filter '"'up'"'; the filters are json, trim and truncate:N' \
		<<<$'steps:\n  a: "{{x|up}}"'
	refuses_flow '1:42: params: --param stream=true: pllm sets "stream" itself' \
		<<<'steps: {a: {prompt: x, params:  {stream: true}}}'
	refuses_flow '2:3: "a" is there twice; the first is in line 1' <<<$'steps: {a: x,\n  a: y}'
	refuses_flow '1:12: prompt: there is nothing in it' <<<'steps: {a: ""}'
}

@test "a flow without steps does not pay for what the records say" {
	refuses_flow '2:1: there are no steps; give some here, or with -p' \
		<<<$'defaults: {max_tokens: 5}\nsteps:'
	refuses_flow '1:1: there are no steps; give some here, or with -p' \
		<<<'defaults: {max_tokens: 5}'
}

@test "a flow's defaults win over the environment and the configuration file" {
	start_witness
	umask 022
	mkdir -p ~/.config/pllm
	echo 'defaults: { max-tokens: 7, param: [top_p=1], prompt: "Hi" }' >~/.config/pllm/config.yaml
	printf '%s\n' 'defaults: { model: ours, max_tokens: 9 }' 'steps: { a: x }' >short.yaml
	echo '{}' >in
	PLLM_MODEL=theirs quietly pllm --endpoint "$URL" -j 1 --flow short.yaml <in
	PLLM_MODEL=theirs quietly pllm --endpoint "$URL" -j 1 --flow short.yaml -m said -p b=y <in
	jq -c '.body | fromjson | [.model, .max_tokens, .top_p, .messages[0].content]' requests >got
	diff got - <<-'EOF'
		["ours",9,1,"x"]
		["ours",9,1,"Hi"]
		["said",9,1,"x"]
		["said",9,1,"y"]
	EOF
}

@test "a flow that cannot be had is refused" {
	local flow
	run --separate-stderr pllm --flow - </dev/null
	[ "$status" -eq 2 ]
	[ "$(flat <<<"$stderr")" = 'pllm: --flow: standard input is for the records; give a file' ]
	for flow in nowhere.yaml parts; do
		run --separate-stderr pllm --flow "$flow" </dev/null
		[ "$status" -eq 2 ]
		[[ $(flat <<<"$stderr") == "pllm: --flow: cannot "*"$flow: "* ]]
	done
	run --separate-stderr pllm --flow flow.yaml -p topics=x </dev/null
	[ "$status" -eq 2 ]
	[ "$(flat <<<"$stderr")" = 'pllm: -p: there are two steps named "topics"; the other is in flow.yaml' ]
}

@test "--show-flow prints the steps, and asks nobody" {
	quietly pllm --flow flow.yaml -m small --show-flow </dev/null
	diff out - <<-'EOF'
		STEP    NEEDS   ASKS       JOIN     OUTPUT
		topics  record  small      -        yes
		draft   topics  small x 2  all 2/2  no
		best    draft   large      -        yes
	EOF
}

@test "--show-flow=dot prints a graph" {
	quietly pllm -p a='{{text}}' -p b='{{a}}' -m 'odd "name"' --show-flow=dot </dev/null
	sed 's/^\t//' out | diff - <(
		cat <<-'EOF'
		digraph flow {
		rankdir=LR;
		node [shape=box];
		records [shape=plaintext];
		output [shape=plaintext];
		step0 [label="a\nodd \"name\""];
		step1 [label="b\nodd \"name\""];
		records -> step0;
		step0 -> output;
		step0 -> step1;
		step1 -> output;
		}
		EOF
	)
}

@test "the flow among the examples runs" {
	start_mock
	head -n 3 "$top/examples/devil.jsonl" >in
	quietly ask --flow "$top/examples/brief.flow.yaml" <in
	[ "$(jq -c 'has("target") and has("plain")' out | sort -u)" = true ]
	[ "$(jq -r .brief out | grep -c '^echo: An entry of a satirical dictionary mocks echo: ')" -eq 3 ]
	[ "$(mock_stat requests)" -eq 15 ]
}
