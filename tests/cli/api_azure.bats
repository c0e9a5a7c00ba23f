#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Azure's OpenAI, in both forms of its address.

load helper
load api_helper

api=azure model=mock prefix=''

setup() {
	clean_room
	start_mock
	export AZURE_OPENAI_API_KEY=azure-canary-0123456789
	echo '{"text":"hi"}' >in
}

@test "the newer form needs no version, and the key has a header of its own" {
	start_witness
	quietly pllm --api azure --endpoint "$BASE" -m gpt -p '{{text}}' --max-tokens 9 <in
	[ "$(jq -r .path requests)" = /openai/v1/chat/completions ]
	[ "$(jq -r '.headers["api-key"]' requests)" = "$AZURE_OPENAI_API_KEY" ]
	[ "$(jq -r '.headers.authorization // "none"' requests)" = none ]
	[ "$(jq -r .body requests | jq -c '[.model,.max_completion_tokens,.max_tokens]')" = '["gpt",9,null]' ]
}

@test "the older form has the deployment in its path and the version behind it" {
	start_witness
	quietly pllm --api azure --endpoint "$BASE?api-version=2024-06-01" -m gpt -p '{{text}}' --max-tokens 9 <in
	[ "$(jq -r .path requests)" = '/openai/deployments/gpt/chat/completions?api-version=2024-06-01' ]
	[ "$(jq -r .body requests | jq -c '[.max_completion_tokens,.max_tokens]')" = '[null,9]' ]
}

@test "the address comes from AZURE_OPENAI_ENDPOINT, too" {
	export AZURE_OPENAI_ENDPOINT=$BASE
	quietly pllm --api azure -m mock -p '{{text}}' <in
	[ "$(jq -r .output out)" = 'echo: hi' ]
	[ "$(last .path)" = '"/openai/v1/chat/completions"' ]
}

@test "Azure answers in both forms, the same with and without --stream" {
	jq -cn 'range(20) | {text: "n \(.) é€😀"}' >in
	for form in "$BASE" "$BASE?api-version=2024-10-21"; do
		pllm --api azure --endpoint "$form" -m mock -p '{{text}}' --meta <in | without_times >plain
		pllm --api azure --endpoint "$form" -m mock -p '{{text}}' --meta --stream <in | without_times >streamed
		[ "$(jq -r 'select(.output | startswith("echo: ")) | select(.pllm.usage.output > 0) | 1' streamed | wc -l)" = 20 ]
		cmp plain streamed
	done
}

@test "what Azure's filter refuses is content refused, whole and streamed" {
	scripted filter
	[[ $failure == 'content_filter 200 1' ]]
	scripted filter --stream
	[[ $failure == 'content_filter 200 1' ]]
	gives 'content_filter 400 1' blocked
}

@test "errors of Azure are told apart, and hints waited for" {
	gives 'request_rejected 400 1' 400,200
	gives 'auth 401 1' 401
	gives 'overloaded 500 1' 500 --retries 0
	local before=$EPOCHREALTIME
	gives "$answer" 429@1,200
	[ $((${EPOCHREALTIME/./} - ${before/./})) -ge 1000000 ]
}

@test "a schema is asked for at Azure, and the answer is JSON" {
	echo '{"type":"object"}' >schema
	quietly ask_it -p 'x[[answer:{"a":"b"}]]' --schema schema <in
	[ "$(jq -c .output out)" = '{"a":"b"}' ]
	[ "$(last .body.response_format.json_schema.schema.type)" = '"object"' ]
}
