#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A prompt that is longer than allowed is refused or cut before anything is paid, and an answer that
# was cut off is asked for again with more room, never in the same words.

load helper
load recorder

# A text of so many words, each of which is a token.
words() {
	jq -nr --argjson n "$1" '[range($n) | "word"] | join(" ")'
}

a_long_one() {
	jq -nc '{id: 1, text: "short"}, {id: 2, text: ("begin " + ([range(2000) | "word"] | join(" ")) + " end")}, {id: 3, text: "shorter"}'
}

@test "a prompt that is too long fails its record, and nothing is sent for it" {
	start_mock --quiet
	a_long_one >in
	try ask --max-input-tokens 200 -p 'Sum up: {{text}}' <in
	[ "$status" -eq 1 ]
	[ "$(jq -r '.pllm.error.code // .output' out | paste -sd ,)" = 'echo: Sum up: short,too_large,echo: Sum up: shorter' ]
	[[ $(sed -n 2p out | jq -r .pllm.error.message) == 'the prompt is about 2'*' tokens, --max-input-tokens allows 200' ]]
	[ "$(sed -n 2p out | jq -c '.pllm.error | [.attempts, .retryable]')" = '[0,false]' ]
	[ "$(mock_stat requests)" -eq 2 ]
	# And what is told is about right: six tokens and two thousand words.
	[ "$(sed -n 2p out | jq '.pllm.error.message | capture("about (?<n>[0-9]+)").n | tonumber | . > 1700 and . < 2400')" = true ]
}

@test "truncate keeps the beginning, and marks the end" {
	start_mock --quiet
	a_long_one >in
	quietly ask --max-input-tokens 200 --on-overflow truncate -p 'Sum up: {{text}}' <in
	[ "$(sed -n '1p;3p' out | jq -r .output | paste -sd ,)" = 'echo: Sum up: short,echo: Sum up: shorter' ]
	sed -n 2p out | jq -r .output >said
	[[ $(<said) == 'echo: Sum up: begin word word '*$'\n[...]' ]]
	# Most of what is allowed is used, and no more.
	echo "$(grep -o word said | wc -l) words"
	[ "$(grep -o word said | wc -l)" -ge 150 ]
	[ "$(grep -o word said | wc -l)" -le 200 ]
}

@test "how many were cut is said with -v" {
	start_mock
	printf '{"text":"%s"}\n' "$(seq -s ' ' 1000)" short >in
	try ask -v --max-input-tokens 200 --on-overflow truncate -p 'Sum up: {{text}}' <in
	[ "$status" -eq 0 ]
	grep -q '^pllm: cut to --max-input-tokens: 1$' err
}

@test "truncate-middle keeps both ends, and marks the middle" {
	start_mock --quiet
	a_long_one >in
	quietly ask --max-input-tokens 200 --on-overflow truncate-middle -p 'Sum up: {{text}}' <in
	sed -n 2p out | jq -r .output >said
	[[ $(<said) == 'echo: Sum up: begin word word '*$'\n[...]\n'*' word word end' ]]
	[ "$(grep -o word said | wc -l)" -ge 150 ]
	[ "$(grep -o word said | wc -l)" -le 200 ]
}

@test "what was cut fits: asked with the same limit it is not cut again" {
	local rule
	start_mock --quiet --answer fixed:ok
	a_long_one >in
	for rule in truncate truncate-middle; do
		quietly ask --max-input-tokens 150 --on-overflow $rule -s 'Be brief.' -p '{{text}} 😀 é "x"' <in
		curl -sS "$MOCK_BASE/_mock/last" >last
		jq -c '.body | (fromjson? // .) | {text: .messages[1].content}' last >again
		[ "$(jq '.text | length > 5' again)" = true ]
		quietly ask --max-input-tokens 150 -s 'Be brief.' -p '{{text}}' <again
	done
}

@test "the system message is never cut, and counts" {
	start_mock --quiet
	a_long_one >in
	quietly ask -j 1 --max-input-tokens 200 --on-overflow truncate -s "$(words 150)" -p '{{text}}' <in
	[ "$(sed -n 2p out | jq -r .output | grep -o word | wc -l)" -le 50 ]
	try ask --max-input-tokens 100 --on-overflow truncate -s "$(words 150)" -p '{{text}}' <in
	[ "$status" -ne 0 ]
	[[ $(head -n 1 out | jq -r .pllm.error.message) == 'the system message alone is about '* ]]
	[ "$(mock_stat requests)" -eq 3 ]
}

@test "no character is cut in two" {
	start_mock --quiet
	jq -nc 'range(20; 60) | {n: ., text: ([range(.) | "日本語😀é\"\\\n"] | join(""))}' >in
	quietly ask --max-input-tokens 70 --on-overflow truncate -p '{{text}}' <in
	[ "$(jq -sc 'length' out)" -eq 40 ]
	[ "$(grep -ci 'ufffd' out)" -eq 0 ]
	[ "$(grep -c $'\xef\xbf\xbd' out)" -eq 0 ]
	[ "$(jq -sc 'all(.[]; .text as $t | .output | ltrimstr("echo: ") | rtrimstr("\n[...]") | . as $o | $t | startswith($o))' out)" = true ]
}

@test "a step whose need answered too much fails alone, and its answer stays" {
	start_mock --quiet --answer words:300
	echo '{"text":"t"}' >in
	try ask --max-input-tokens 100 -p a='{{text}}' -p b='{{a}}' -p c='{{text}}!' <in
	[ "$status" -eq 1 ]
	[ "$(jq -c '[(.a | length > 500), has("b"), has("c"), .pllm.error.code, .pllm.error.step]' out)" = \
		'[true,false,true,"too_large","b"]' ]
	[ "$(mock_stat requests)" -eq 2 ]
	quietly ask --max-input-tokens 100 --on-overflow truncate -p a='{{text}}' -p b='{{a}}' <in
}

@test "a record's own messages and body are measured, and never cut" {
	start_mock --quiet
	jq -nc '([range(500) | "word"] | join(" ")) as $long |
		{messages: [{role: "user", content: $long}]}, {body: {messages: [{role: "user", content: $long}]}},
		{messages: [{role: "user", content: "short"}]}' >in
	try ask --max-input-tokens 100 --on-overflow truncate <in
	[ "$status" -eq 1 ]
	[ "$(jq -r '.pllm.error.code // .output' out | paste -sd ,)" = 'too_large,too_large,echo: short' ]
	[[ $(head -n 1 out | jq -r .pllm.error.message) == "the record's messages are about "*', and these are never cut' ]]
	[ "$(mock_stat requests)" -eq 1 ]
}

@test "grow: the limit doubles until the answer is whole, and no two bodies are the same" {
	start_recorder --answer words:100
	echo '{"text":"t"}' >in
	quietly ask -p '{{text}}' --max-tokens 8 --on-truncate grow --max-tokens-limit 1000 --meta <in
	[ "$(jq -r '.output | split(" ") | length' out)" -eq 100 ]
	await eval '[ "$(bodies | wc -l)" -eq "$(jq .pllm.attempts out)" ]'
	bodies | jq -s 'map(.max_tokens)' >limits
	cat limits
	[ "$(jq -c '. == [range(length) as $i | [range($i)] | reduce .[] as $_ (8; . * 2)] and length >= 4' limits)" = true ]
	[ "$(bodies | sort | uniq -d | wc -l)" -eq 0 ]
	[ "$(bodies | jq -c 'del(.max_tokens)' | sort -u | wc -l)" -eq 1 ]
	# What was cut is paid for: all are in the usage.
	[ "$(jq -c '.pllm | [.finish, .usage.output > 8 + 16 + 32]' out)" = '["stop",true]' ]
	[ "$(jq .pllm.usage.output out)" -eq "$(jq '(.[:-1] | add)' limits | awk -v last="$(jq -r '.output | utf8bytelength' out)" '{ print $1 + int((last + 3) / 4) }')" ]
}

@test "grow: the last try is with the limit itself, and then it is truncated" {
	start_recorder --answer words:2000
	echo '{"text":"t"}' >in
	try ask -p '{{text}}' --max-tokens 8 --on-truncate grow --max-tokens-limit 40 --meta <in
	[ "$status" -eq 1 ]
	[ "$(jq -c '.pllm.error | [.code, .attempts, (.partial | length > 100)]' out)" = '["truncated",4,true]' ]
	[ "$(jq -c 'has("output")' out)" = false ]
	await eval '[ "$(bodies | jq -sc "map(.max_tokens)")" = "[8,16,32,40]" ]'
}

@test "grow: among several records each grows for itself, and in --retries it does not count" {
	start_recorder
	jq -nc 'range(1; 41) | {id: ., text: ([range(. * 4) | "w"] | join(" "))}' >in
	quietly ask --retries 0 -p '{{text}}' --max-tokens 4 --on-truncate grow --max-tokens-limit 500 <in
	[ "$(jq -sc 'map(.id) == [range(1; 41)] and all(.[]; .output == "echo: \(.text)")' out)" = true ]
	await eval '[ "$(bodies | wc -l)" -eq "$(mock_stat requests)" ]'
	[ "$(bodies | sort | uniq -d | wc -l)" -eq 0 ]
}

@test "grow: a server that cuts off whatever it is allowed is asked a few times, and no more" {
	start_recorder
	echo '{"text":"some words[[mock:length,length,length,length,length,length,length,length]]"}' >in
	try ask -p '{{text}}' --max-tokens 100 --on-truncate grow --max-tokens-limit 350 <in
	[ "$status" -eq 1 ]
	[ "$(jq -r .pllm.error.code out)" = truncated ]
	await eval '[ "$(bodies | jq -sc "map(.max_tokens)")" = "[100,200,350]" ]'
}

@test "grow: every API has its own name for it" {
	start_mock --quiet --answer words:50
	echo '{"text":"t"}' >in
	quietly pllm --api anthropic --endpoint "$BASE" -m mock --key-env none -p '{{text}}' --max-tokens 20 --on-truncate grow --max-tokens-limit 900 <in
	[ "$(jq -r '.output | split(" ") | length' out)" -eq 50 ]
	[ "$(mock_stat requests)" -gt 1 ]
	quietly pllm --api gemini --endpoint "$BASE/v1beta" -m mock --key-env none -p '{{text}}' --max-tokens 20 --on-truncate grow --max-tokens-limit 900 <in
	[ "$(jq -r '.output | split(" ") | length' out)" -eq 50 ]
}

@test "grow is for a step by its own limit" {
	start_recorder --answer words:30
	echo '{"text":"t"}' >in
	quietly ask -j 1 -p a='a {{text}}' -p b='b {{a|truncate:3}}' --max-tokens 100 --max-tokens a=10 \
		--on-truncate grow --max-tokens-limit 200 <in
	await eval '[ "$(bodies | jq -rc "[.messages[0].content[:1], .max_tokens] | join(\" \")" | paste -sd ,)" = "a 10,a 20,a 40,b 100" ]' ||
		{ bodies; false; }
}

@test "what cannot be is refused before anything is sent" {
	start_mock --quiet
	echo '{"text":"t"}' >in
	try ask -p '{{text}}' --max-input-tokens 100 --on-overflow split <in
	[ "$status" -eq 2 ]
	[[ $(<err) == *'only pllm reduce'* ]]
	try ask -p '{{text}}' --on-truncate grow --max-tokens-limit 100 <in
	[ "$status" -eq 2 ]
	[[ $(<err) == *--max-tokens* ]]
	try ask -p '{{text}}' --on-truncate grow --max-tokens 100 <in
	[ "$status" -eq 2 ]
	[[ $(<err) == *--max-tokens-limit* ]]
	try ask -p '{{text}}' --max-input-tokens 0 <in
	[ "$status" -eq 2 ]
	try ask -p '{{text}}' --on-overflow middle --max-input-tokens 10 <in
	[ "$status" -eq 2 ]
	[ "$(mock_stat requests)" -eq 0 ]
}
