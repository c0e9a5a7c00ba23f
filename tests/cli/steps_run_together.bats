#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Steps that do not need each other run at the same time; those that do run one after the other; and
# one that fails takes nobody along but those that need it.

load helper

now_ms() {
	date +%s%3N
}

# Runs it, and sets $took_ms.
timed() {
	local began
	began=$(now_ms)
	"$@"
	took_ms=$(($(now_ms) - began))
	echo "took $took_ms ms"
}

reset_mock() {
	curl -sS -d '' "$MOCK_BASE/_mock/reset" >/dev/null
}

@test "a record with independent steps costs the latency of the slowest, not the sum" {
	start_mock --quiet
	echo '{"text":"t"}' >in
	timed quietly ask -p a='a{{text}}[[mock:delay:500ms]]' -p b='b{{text}}[[mock:delay:700ms]]' \
		-p c='c{{text}}[[mock:delay:600ms]]' -p d='d{{text}}[[mock:delay:500ms]]' <in
	[ "$took_ms" -ge 700 ]
	[ "$took_ms" -lt 2300 ]
	[ "$(mock_stat peak_in_flight)" -eq 4 ]
	[ "$(<out)" = '{"text":"t","a":"echo: at","b":"echo: bt","c":"echo: ct","d":"echo: dt"}' ]
}

@test "a chain costs the sum, and its records go side by side" {
	start_mock --quiet --latency 200ms
	records 20 >in
	timed quietly ask -p a='{{text}}' -p b='{{a}}' -p c='{{b}}' <in
	[ "$took_ms" -ge 600 ]
	[ "$took_ms" -lt 12000 ]
	[ "$(mock_stat peak_in_flight)" -ge 10 ]
	[ "$(mock_stat requests)" -eq 60 ]
	[ "$(jq -sc 'map(.id) == [range(1; 21)] and all(.[]; .c == "echo: echo: echo: \(.text)")' out)" = true ]
}

@test "a diamond waits for both of its sides, each of which is asked once" {
	start_mock --quiet --latency 1ms-40ms
	records 30 >in
	quietly ask -p top='{{text}}' -p left='L{{top}}' -p right='R{{top}}' -p end='{{left}}|{{right}}' <in
	[ "$(mock_stat requests)" -eq 120 ]
	[ "$(jq -sc 'all(.[]; .end == "echo: echo: Lecho: \(.text)|echo: Recho: \(.text)")' out)" = true ]
}

@test "the record at the head is finished before others are begun" {
	start_witness
	records 4 >in
	quietly ask -j 1 -p a='a {{id}}' -p b='b {{id}} {{a}}' -p c='c {{id}} {{b}}' <in
	[ "$(jq -r '.body | fromjson | .messages[0].content[:3]' requests | paste -sd ,)" = \
		'a 1,b 1,c 1,a 2,b 2,c 2,a 3,b 3,c 3,a 4,b 4,c 4' ]
}

@test "an answer reaches the next step as it was said, whatever is in it" {
	start_mock --quiet
	jq -nc '{text: "quo\"te \\ back, {{a}} $x \u0001 tab\t line\n é 😀 end"}' >in
	quietly ask -p a='{{text}}' -p b='{{a}}' <in
	[ "$(jq -c '[.a == "echo: \(.text)", .b == "echo: echo: \(.text)"]' out)" = '[true,true]' ]
}

@test "a failed step leaves its siblings' fields, and says which step it was and which were not run" {
	start_mock --quiet
	echo '{"text":"t"}' >in
	try ask -p a='{{text}}' -p b='x[[mock:400]]' -p c='{{b}}' -p d='{{a}}{{c}}' -p e='{{a}}!' <in
	[ "$status" -eq 1 ]
	[ "$(jq -c '[.a, .e, has("b"), has("c"), has("d")]' out)" = '["echo: t","echo: echo: t!",false,false,false]' ]
	[ "$(jq -c '.pllm.error | [.code, .step, .status, .not_run, .also_failed, .retryable]' out)" = \
		'["request_rejected","b",400,["c","d"],null,false]' ]
	[ "$(mock_stat requests)" -eq 3 ]
}

@test "of several failed steps the first in the order given is the error, the others are named" {
	start_mock --quiet
	echo '{"text":"t"}' >in
	try ask -p a='{{text}}[[mock:delay:200ms]]' -p b='y{{a}}[[mock:400]]' -p ok='{{text}}' \
		-p c='{{missing}}' -p late='{{text}}[[mock:400]]' <in
	[ "$status" -eq 1 ]
	[ "$(jq -c '.pllm.error | [.code, .step, .also_failed]' out)" = '["request_rejected","b",["c","late"]]' ]
	[ "$(jq -c '[.a, .ok]' out)" = '["echo: t","echo: t"]' ]
}

@test "a template of a later step that lacks a field fails that step, and the earlier answer stays" {
	start_mock --quiet
	echo '{"text":"t"}' >in
	try ask -p a='{{text}}' -p b='{{a}} {{txt}}' <in
	[ "$status" -eq 1 ]
	[ "$(jq -c '[.a, .pllm.error.code, .pllm.error.step]' out)" = '["echo: t","template","b"]' ]
	[[ $(jq -r .pllm.error.message out) == *'"txt"'*'"text"'* ]]
	[ "$(mock_stat requests)" -eq 1 ]
}

@test "a step that fails for a while is tried again by itself" {
	start_mock --quiet
	echo '{"text":"t"}' >in
	quietly ask -p a='{{text}}' -p b='{{a}}[[mock:500,429@0]]' -p c='{{b}}' --meta <in
	[ "$(jq -r .c out)" = 'echo: echo: echo: t' ]
	[ "$(jq -c '.pllm.steps | map_values(.attempts)' out)" = '{"a":1,"b":3,"c":1}' ]
	[ "$(mock_stat requests)" -eq 5 ]
}

@test "--deadline is for all steps of a record together" {
	start_mock --quiet
	echo '{"text":"t"}' >in
	timed try ask --deadline 2s -p a='{{text}}[[mock:delay:500ms]]' -p b='{{a}}[[mock:delay:20s]]' <in
	[ "$status" -ne 0 ]
	[ "$took_ms" -lt 15000 ]
	[ "$(jq -c '[.a, .pllm.error.code, .pllm.error.step]' out)" = '["echo: t","timeout","b"]' ]
}

@test "--emit leaves out what is there for other steps alone, but a failure in it is told" {
	start_mock --quiet
	printf '%s\n' '{"id":1,"text":"t"}' '{"id":2,"text":"u[[mock:400]]"}' >in
	try ask -p hidden='{{text}}' -p b='{{hidden}}' -p c='c{{id}}' --emit b --emit c <in
	[ "$status" -eq 1 ]
	[ "$(head -n 1 out)" = '{"id":1,"text":"t","b":"echo: echo: t","c":"echo: c1"}' ]
	[ "$(tail -n 1 out | jq -c '[.c, has("hidden"), .pllm.error.step, .pllm.error.not_run]')" = \
		'["echo: c2",false,"hidden",["b"]]' ]
}

@test "--existing error: one field that is there already refuses the record, and nothing is asked" {
	start_mock --quiet
	printf '%s\n' '{"id":1,"text":"t","b":0}' '{"id":2,"text":"u"}' >in
	try ask -p a='{{text}}' -p b='{{a}}' <in
	[ "$status" -eq 1 ]
	[ "$(head -n 1 out | jq -c '[.b, has("a"), .pllm.error.code]')" = '[0,false,"bad_record"]' ]
	[[ $(head -n 1 out | jq -r .pllm.error.message) == *'"b"'* ]]
	[ "$(tail -n 1 out | jq -r .b)" = 'echo: echo: u' ]
	[ "$(mock_stat requests)" -eq 2 ]
}

@test "--existing skip: only the steps whose fields are missing are asked, with what is there" {
	start_mock --quiet
	cat >in <<-'END'
		{"id":1,"text":"t","a":"mine"}
		{"id":2,"text":"t","b":"mine"}
		{"id":3,"text":"t","a":7,"b":[1],"c":null}
		{"id":4,"text":"t","a":{"k":"v"},"c":1}
	END
	quietly ask --existing skip -p a='{{text}}' -p b='{{a}}' -p c='c{{b}}' <in
	diff out - <<-'END'
		{"id":1,"text":"t","a":"mine","b":"echo: mine","c":"echo: cecho: mine"}
		{"id":2,"text":"t","b":"mine","a":"echo: t","c":"echo: cmine"}
		{"id":3,"text":"t","a":7,"b":[1],"c":null}
		{"id":4,"text":"t","a":{"k":"v"},"c":1,"b":"echo: {\"k\":\"v\"}"}
	END
	[ "$(mock_stat requests)" -eq 5 ]
}

@test "--existing skip: a step that is not written is asked only if one that is missing needs it" {
	start_mock --quiet
	printf '%s\n' '{"text":"t","b":"mine"}' '{"text":"t","c":"mine"}' >in
	quietly ask --existing skip -p a='{{text}}' -p b='{{a}}' -p c='c{{text}}' --emit b,c <in
	diff out - <<-'END'
		{"text":"t","b":"mine","c":"echo: ct"}
		{"text":"t","c":"mine","b":"echo: echo: t"}
	END
	[ "$(mock_stat requests)" -eq 3 ]
}

@test "--existing replace: all steps are asked anew, and no old answer stays beside an error" {
	start_mock --quiet
	printf '%s\n' '{"a":"old","text":"t","b":"old"}' '{"a":"old","text":"u[[mock:400]]","b":"old"}' >in
	try ask --existing replace -p a='{{text}}' -p b='{{a}}' <in
	[ "$status" -eq 1 ]
	[ "$(head -n 1 out)" = '{"text":"t","a":"echo: t","b":"echo: echo: t"}' ]
	[ "$(grep -c old out)" -eq 0 ]
	[ "$(tail -n 1 out | jq -c .pllm.error.not_run)" = '["b"]' ]
}

@test "--retry-errors asks only for what is missing, and gives what one run would have" {
	start_mock --quiet
	awk 'BEGIN { for (i = 1; i <= 30; i++) printf "{\"id\":%d,\"text\":\"%d\"}\n", i, i }' >in
	try ask -p a='a{{text}}' -p b='b{{a}}[[mock:400]]' -p c='c{{b}}' -p d='d{{text}}' <in
	[ "$status" -eq 1 ]
	[ "$(mock_stat requests)" -eq 90 ]
	mv out failed
	quietly ask --retry-errors -p a='a{{text}}' -p b='b{{a}}[[mock:400]]' -p c='c{{b}}' -p d='d{{text}}' <failed
	[ "$(mock_stat requests)" -eq 150 ]
	[ "$(jq -sc 'map(.id) == [range(1; 31)] and all(.[]; .c == "echo: cecho: becho: a\(.id)" and
		.d == "echo: d\(.id)" and (has("pllm") | not))' out)" = true ]
	mv out complete
	quietly ask --retry-errors -p a='a{{text}}' -p b='b{{a}}[[mock:400]]' -p c='c{{b}}' -p d='d{{text}}' <complete
	diff complete out
	[ "$(mock_stat requests)" -eq 150 ]
}

@test "pllm | pllm passes a record on that failed in one step, untouched and unpaid" {
	start_mock --quiet
	printf '%s\n' '{"id":1,"text":"t"}' '{"id":2,"text":"u[[mock:400]]"}' '{"id":3,"text":"v"}' >in
	ask -q -p a='{{text}}' -p b='b{{id}}' <in >first || true
	[ "$(mock_stat requests)" -eq 6 ]
	try ask -p c='{{a}}' -p d='{{c}}' <first
	[ "$status" -eq 1 ]
	[ "$(mock_stat requests)" -eq 10 ]
	diff <(sed -n 2p first) <(sed -n 2p out)
	[ "$(sed -n 2p out | jq -r .b)" = 'echo: b2' ]
	[ "$(sed -n '1p;3p' out | jq -r .d | paste -sd ,)" = 'echo: echo: echo: t,echo: echo: echo: v' ]
}

@test "order is kept though later records pass earlier ones between steps" {
	start_mock --quiet --latency 1ms-60ms
	records 300 >in
	quietly ask -p a='{{text}}' -p b='{{a}}' -p c='c{{text}}' <in
	[ "$(jq -sc 'map(.id) == [range(1; 301)] and all(.[]; .b == "echo: echo: \(.text)" and .c == "echo: c\(.text)")' out)" = true ]
	[ "$(mock_stat requests)" -eq 900 ]
}

@test "a broken line and a record without the field stay in their places among steps" {
	start_mock --quiet
	printf '%s\n' '{"id":1,"text":"t"}' 'no JSON' '"word"' '{"id":4,"text":"v"}' >in
	try ask -p a='{{text}}' -p b='{{a}}' <in
	[ "$status" -eq 1 ]
	[ "$(jq -r '.pllm.error.code // .b' out | paste -sd ,)" = 'echo: echo: t,bad_record,template,echo: echo: v' ]
	[ "$(sed -n 3p out | jq -c '[.pllm.error.step, .pllm.error.not_run]')" = '["a",["b"]]' ]
	[ "$(sed -n 2p out | jq -c .pllm.error.step)" = null ]
	[ "$(mock_stat requests)" -eq 4 ]
}
