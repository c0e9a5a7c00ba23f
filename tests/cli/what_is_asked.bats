#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Without a template the record itself says what is asked.

load helper

setup() {
	clean_room
	start_witness
}

body() {
	jq -r .body requests
}

@test "a prompt, a string, messages" {
	printf '%s\n' '{"prompt":"one \u00e9"}' '"two"' '{"messages":[{"role":"user","content":"three"}],"prompt":"no"}' >in
	quietly ask -j 1 <in
	body | diff - <(
		cat <<'EOF'
{"model":"mock","messages":[{"role":"user","content":"one \u00e9"}]}
{"model":"mock","messages":[{"role":"user","content":"two"}]}
{"model":"mock","messages":[{"role":"user","content":"three"}]}
EOF
	)
	[ "$(jq -r .output out | sort -u)" = seen ]
}

@test "a body goes out as it is, but for what the command line says" {
	printf '%s\n' '{"body":{"model":"own", "temperature" : 0.10,"messages":[],"max_tokens":5}}' >in
	quietly pllm --endpoint "$URL" <in
	[ "$(body)" = '{"model":"own", "temperature" : 0.10,"messages":[],"max_tokens":5}' ]
	: >requests
	quietly ask --max-tokens 7 --param top_p=0.5 <in
	[ "$(body | jq -c '[.model, .temperature, .max_tokens, .top_p]')" = '["mock",0.1,7,0.5]' ]
}

@test "parameters, system message and limit of tokens arrive" {
	echo '{"text":"x"}' >in
	quietly ask -p '{{text}}' -s 'be {{text}}' --max-tokens 9 --param temperature=0 --param 'stop=["\n"]' <in
	[ "$(body)" = '{"model":"mock","messages":[{"role":"system","content":"be x"},{"role":"user","content":"x"}],"max_tokens":9,"temperature":0,"stop":["\n"]}' ]
}

@test "a record that asks nothing is a bad one, and nothing is sent for it" {
	printf '%s\n' '{"id":1}' '{"prompt":5}' '7' '{"body":{"model":"m","messages":[],"stream":true}}' \
		'{"body":{"messages":[],"n":2}}' '"good"' >in
	try ask <in
	[ "$status" -eq 1 ]
	[ "$(jq -r '.pllm.error.code // .output' out | paste -sd ' ')" = 'bad_record bad_record bad_record bad_record bad_record seen' ]
	[ "$(wc -l <requests)" -eq 1 ]
}

@test "without a model anywhere the record fails before it is sent" {
	echo '{"prompt":"x"}' >in
	try pllm --endpoint "$URL" <in
	[ "$status" -eq 1 ]
	[[ $(jq -r .pllm.error.message out) == 'no model: '* ]]
	[ ! -s requests ]
}

@test "what pllm sets itself cannot be a parameter" {
	local name
	for name in model messages n stream; do
		try ask -p x --param "$name=1" </dev/null
		[ "$status" -eq 2 ]
	done
	for name in 'temperature=' 'temperature={' '=1' x; do
		try ask -p x --param "$name" </dev/null
		[ "$status" -eq 2 ]
	done
}

@test "messages in Anthropic's form are told in OpenAI's words, with pictures and tools" {
	start_witness
	cat >in <<'EOF'
{"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}},{"type":"text","text":"q"}]},{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"f","input":{"a":1}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"42"}]}]}
EOF
	quietly ask -s brief <in
	[ "$(jq -r .body requests | jq -c .messages)" = '[{"role":"system","content":"brief"},{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}},{"type":"text","text":"q"}]},{"role":"assistant","tool_calls":[{"id":"t1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},{"role":"tool","tool_call_id":"t1","content":"42"}]' ]
}
