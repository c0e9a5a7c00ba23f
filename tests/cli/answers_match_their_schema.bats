#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# --schema: the API is told, the answer is checked here, and what does not match is asked for again.

load helper

setup() {
	clean_room
	cat >person.json <<-'END'
		{ "type": "object",
		  "properties": { "name": { "type": "string" }, "age": { "$ref": "#/$defs/age" } },
		  "required": ["name", "age"], "additionalProperties": false,
		  "$defs": { "age": { "type": "integer", "minimum": 0 } } }
	END
	start_mock
}

# says ANSWER [OPTION]...: asks one record about itself; the answer's text is in it.
says() {
	local answer=$1
	shift
	jq -cn --arg a "$answer" '{text: "[[answer:\($a)]]"}' >in
	try ask -p '{{text}}' --schema person.json "$@" <in
}

last() {
	curl -sS "$BASE/_mock/last" | jq -r "$1"
}

@test "an answer that matches is JSON in its record, on one line, its digits as they came" {
	says '{ "name": "A\u00e9",
		"age": 12345678901234567890 }'
	[ "$status" -eq 0 ]
	[ "$(wc -l <out)" -eq 1 ]
	grep -qF '"output":{"name":"A\u00e9","age":12345678901234567890}' out
	says '{"name":"A","age":1}' -r
	[ "$(cat out)" = '{"name":"A","age":1}' ]
	[ "$(mock_stat requests)" -eq 2 ]
}

@test "the API is told of the schema, strictly where it keeps the rules for that" {
	says '{"name":"A","age":1}'
	[ "$(last .body.response_format.type)" = json_schema ]
	[ "$(last .body.response_format.json_schema.schema.required[1])" = age ]
	echo '{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}' >strict.json
	quietly ask -p 'x[[answer:{"a":"b"}]]' --schema strict.json <<<1
	[ "$(last .body.response_format.json_schema.strict)" = true ]
	echo '{"type":"object","properties":{"a":{"type":"string"}}}' >loose.json
	quietly ask -p 'x[[answer:{"a":"b"}]]' --schema loose.json <<<1
	[ "$(last '.body.response_format.json_schema|has("strict")')" = false ]
}

@test "a fence around the answer is taken off" {
	# shellcheck disable=SC2016 # backquotes that are text
	says '```json
{"name":"A","age":1}
```'
	[ "$status" -eq 0 ]
	[ "$(jq -c .output out)" = '{"name":"A","age":1}' ]
}

@test "an answer that does not match is asked for again, with what it was and what is wrong" {
	echo '{"text":"q[[mock:mismatch=2]]"}' >in
	quietly ask -p '{{text}}' --schema person.json --meta <in
	[ "$(jq '.pllm.attempts' out)" -eq 3 ]
	[ "$(jq '.output | has("name")' out)" = true ]
	[ "$(last '.body.messages|length')" -eq 3 ]
	[ "$(last '.body.messages[1].role')" = assistant ]
	[[ $(last '.body.messages[2].content') = *'does not match the schema'*'try 3 of 3'* ]]
	# All three were paid for.
	[ "$(jq .pllm.usage.output out)" -gt 6 ]
}

@test "--reasks says how often; then it is a schema_mismatch with the last answer beside it" {
	says '{"name":"A","age":-1}' --reasks 0
	[ "$status" -eq 1 ]
	[ "$(jq -r .pllm.error.code out)" = schema_mismatch ]
	[ "$(jq -r .pllm.error.attempts out)" -eq 1 ]
	[[ $(jq -r .pllm.error.message out) = *'/age'* ]]
	[ "$(jq -r .pllm.error.partial out)" = '{"name":"A","age":-1}' ]
	echo '{"text":"q[[mock:mismatch=9]]"}' >in
	try ask -p '{{text}}' --schema person.json --reasks 3 <in
	[ "$(jq .pllm.error.attempts out)" -eq 4 ]
}

@test "half of a JSON value is never an answer, even where cut ones are kept" {
	says '{"name":"A","age":1}' --max-tokens 2 --on-truncate keep
	[ "$status" -eq 1 ]
	[ "$(jq -r .pllm.error.code out)" = truncated ]
	[ "$(jq .pllm.error.attempts out)" -eq 1 ]
}

@test "a record's own body is told of the schema and checked, but not asked again" {
	echo '{"body":{"messages":[{"role":"user","content":"[[answer:{}]]"}]}}' >in
	try ask --schema person.json <in
	[ "$(jq -r '.pllm.error | .code, .attempts' out | paste -sd ' ')" = 'schema_mismatch 1' ]
	[ "$(last .body.response_format.type)" = json_schema ]
}

@test "a schema that cannot be kept is refused before anything is sent, with what and where" {
	local row
	while IFS='|' read -r schema words; do
		printf '%s' "$schema" >bad.json
		try ask -p x --schema bad.json <<<1
		[ "$status" -eq 2 ]
		grep -q -- "$words" err
		grep -q 'bad.json' err
	done <<-'END'
		{"type":|not JSON
		{"unevaluatedProperties":false}|unevaluatedProperties
		{"typ":"object"}|typ
		{"$ref":"#/$defs/none"}|/$defs/none
		{"$ref":"https://example.com/x"}|example.com
		{"pattern":"("}|pattern
		{"type":"objekt"}|objekt
	END
	try ask -p x --schema missing.json <<<1
	[ "$status" -eq 2 ]
	[ "$(mock_stat requests)" -eq 0 ]
}
