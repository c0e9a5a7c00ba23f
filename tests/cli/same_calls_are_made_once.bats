#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Calls that ask the very same and are alive at the same time are made once, and each record has the
# answer. The `ask` of the other tests says --no-share; here pllm is asked without.

load helper

setup() {
	clean_room
	start_mock --quiet --latency 300ms
}

shared() {
	pllm --endpoint "$URL" -m mock "$@"
}

# N records that differ only in what is not asked, with this text.
alike() {
	jq -nc --argjson n "$1" --arg text "$2" 'range(1; $n + 1) | {id: ., text: $text}'
}

@test "records that ask the same while they are alive are one request, and each has its answer" {
	alike 50 same >in
	quietly shared -p '{{text}}' --stats s.json <in
	[ "$(jq -sc 'map(.id) == [range(1; 51)] and all(.[]; .output == "echo: same")' out)" = true ]
	[ "$(mock_stat requests)" -eq 1 ]
	[ "$(jq .calls.shared s.json)" -eq 49 ]
}

@test "each of several prompts is asked once, however they are mixed" {
	awk 'BEGIN { for (i = 1; i <= 60; i++) printf "{\"id\":%d,\"text\":\"n %d\"}\n", i, i % 6 }' >in
	quietly shared -p '{{text}}' <in
	[ "$(jq -sc 'map(.id) == [range(1; 61)] and all(.[]; .output == "echo: n \(.id % 6)")' out)" = true ]
	[ "$(mock_stat requests)" -eq 6 ]
}

@test "steps that ask the same are one request, unless a schema makes another answer of it" {
	alike 5 '[[answer:"7"]]7' >in
	quietly shared -p a='{{text}}' -p b='{{text}}' <in
	[ "$(jq -sc 'all(.[]; .a == .b and .a != null)' out)" = true ]
	[ "$(mock_stat requests)" -eq 1 ]
	echo '{}' >any.json
	quietly shared -p a='{{text}}' -p b='{{text}}' --schema b=any.json <in
	[ "$(mock_stat requests)" -eq 3 ]
}

@test "with --no-share each is asked" {
	alike 50 same >in
	quietly shared --no-share -p '{{text}}' <in
	[ "$(mock_stat requests)" -eq 50 ]
}

@test "another system message, model, limit or parameter is another question" {
	printf '%s\n' '{"body":{"messages":[{"role":"user","content":"x"}]}}' \
		'{"body":{"messages":[{"role":"user","content":"x"}],"max_tokens":9}}' \
		'{"body":{"messages":[{"role":"user","content":"x"}],"temperature":0}}' \
		'{"body":{"messages":[{"role":"system","content":"s"},{"role":"user","content":"x"}]}}' \
		'{"body":{"messages":[{"role":"user","content":"x"}]},"id":2}' >in
	quietly shared <in
	[ "$(jq -sc 'map(.output) | unique' out)" = '["echo: x"]' ]
	[ "$(mock_stat requests)" -eq 4 ]
	quietly shared -m v=one,two -p v='{{text?}}y' <in
	[ "$(mock_stat requests)" -eq 6 ]
}

@test "samples are to differ, and are all asked" {
	alike 10 same >in
	quietly shared --samples v=3 -p v='{{text}}[[mock:seed=1]]' <in
	[ "$(jq -sc 'map(.v) | unique' out)" = '[["0","1","2"]]' ]
	[ "$(mock_stat requests)" -eq 30 ]
}

@test "who did not pay says so in --meta, and the tokens are counted once" {
	alike 8 same >in
	quietly shared -p '{{text}}' --meta <in
	[ "$(jq -sc 'map(.pllm.shared // false | tostring) | sort | group_by(.) | map([.[0], length])' out)" = \
		'[["false",1],["true",7]]' ]
	[ "$(jq -sc 'map(.pllm | [.model, .finish]) | unique' out)" = '[["mock","stop"]]' ]
	[ "$(mock_stat billed)" -eq 1 ]
}

@test "a failure is the failure of all" {
	alike 20 'x[[mock:400,400]]' >in
	try shared -p '{{text}}' <in
	[ "$status" -eq 1 ]
	[ "$(jq -sc 'map([.id, .pllm.error.code, .pllm.error.status]) == [range(1; 21) | [., "request_rejected", 400]]' out)" = true ]
	[ "$(mock_stat requests)" -eq 1 ]
}

@test "retries are of all together" {
	alike 20 'x[[mock:500,drop,429@0]]' >in
	quietly shared -p '{{text}}' <in
	[ "$(jq -sc 'map(.output) | unique' out)" = '["echo: x"]' ]
	[ "$(mock_stat requests)" -eq 4 ]
}

@test "an answer that does not match is asked for again once for all" {
	echo '{"type":"object","required":["a"],"properties":{"a":{"type":"integer"}}}' >s.json
	alike 20 'x[[mock:mismatch=1]]' >in
	quietly shared -p '{{text}}' --schema s.json <in
	[ "$(jq -sc 'map(.output | keys) | unique' out)" = '[["a"]]' ]
	[ "$(mock_stat requests)" -eq 2 ]
}

@test "an answer that was cut is asked for with more room once for all" {
	alike 20 'a text of some length, of which a few tokens are but the beginning' >in
	quietly shared -p '{{text}}' --max-tokens 4 --on-truncate grow --max-tokens-limit 64 <in
	[ "$(jq -sc 'map(.output == "echo: \(.text)") | unique' out)" = '[true]' ]
	[ "$(mock_stat requests)" -eq 4 ]
}

@test "in a chain the same answers lead to the same questions" {
	awk 'BEGIN { for (i = 1; i <= 30; i++) printf "{\"id\":%d,\"text\":\"t\"}\n", i }' >in
	quietly shared -p a='{{text}}' -p b='{{a}} again' -p c='{{b}} {{id}}' <in
	[ "$(jq -sc 'all(.[]; .c == "echo: echo: echo: t again \(.id)")' out)" = true ]
	[ "$(mock_stat requests)" -eq 32 ]
}

@test "a record that comes later waits for the answer that is under way, with its own deadline" {
	mkfifo slow
	{
		echo '{"id":1,"text":"x[[mock:delay:4s]]"}'
		sleep 2
		echo '{"id":2,"text":"x[[mock:delay:4s]]"}'
	} >slow &
	try shared -p '{{text}}' --deadline 3s <slow
	[ "$status" -eq 1 ]
	[ "$(jq -r '.pllm.error.code // .output' out | paste -sd ,)" = 'timeout,echo: x' ]
	[ "$(mock_stat requests)" -eq 1 ]
	[ "$(mock_stat abandoned)" -eq 0 ]
}

@test "when nobody waits for it any more it is cut off" {
	alike 10 'x[[mock:hang]]' >in
	try shared -p '{{text}}' --deadline 2s <in
	[ "$status" -ne 0 ]
	[ "$(jq -r '.pllm.error.code' out | sort | uniq -c | tr -s ' ')" = ' 10 timeout' ]
	[ "$(mock_stat requests)" -eq 1 ]
	await eval '[ "$(mock_stat abandoned)" -eq 1 ]'
}

@test "what is not alive at the same time is asked again" {
	alike 5 same >in
	quietly shared -p '{{text}}' -j 1 --window 1 <in
	[ "$(mock_stat requests)" -eq 5 ]
}

@test "losers of first leave what others still wait for" {
	# Both records ask both models; the slow one's answer is nobody's in the end.
	start_mock --quiet --latency 30s
	local slow=$URL slow_base=$MOCK_BASE
	start_mock --quiet --latency 100ms
	alike 10 same >in
	quietly pllm --endpoint "$slow,model=a" --endpoint "$URL,model=b" -m v=a,b --join v=first -p v='{{text}}' <in
	[ "$(jq -sc 'map(.v) | unique' out)" = '["echo: same"]' ]
	[ "$(mock_stat requests)" -eq 1 ]
	MOCK_BASE=$slow_base
	await eval '[ "$(mock_stat abandoned)" -eq 1 ]'
	[ "$(mock_stat requests)" -eq 1 ]
}

@test "a signal cuts off what is shared, and each record has its line" {
	alike 10 'x[[mock:hang]]' >in
	start_pllm --endpoint "$URL" -m mock -p '{{text}}' --grace 100ms <in >out 2>err
	await eval '[ "$(mock_stat requests)" -eq 1 ]'
	kill -s INT "$ASK_PID"
	end_of_ask
	[ "$status" -eq 130 ]
	[ "$(jq -sc 'map([.id, .pllm.error.code]) == [range(1; 11) | [., "cancelled"]]' out)" = true ]
}

@test "ten thousand records of ten kinds" {
	awk 'BEGIN { for (i = 1; i <= 10000; i++) printf "{\"id\":%d,\"text\":\"kind %d\"}\n", i, i % 10 }' >in
	start_mock --quiet --latency 50ms
	quietly shared -p '{{text}}' --window 20000 <in
	[ "$(jq -sc 'map(.id) == [range(1; 10001)] and all(.[]; .output == "echo: kind \(.id % 10)")' out)" = true ]
	# Reading takes longer than an answer.
	note "$(mock_stat requests) requests for 10,000 records of 10 kinds"
	[ "$(mock_stat requests)" -lt 500 ]
}

@test "packs of a reduction that are the same are asked about once, and paid once" {
	alike 40 same >in
	quietly pllm reduce --endpoint "$URL" -m mock --item '{{text}}' -p '{{items}}' --fan-in 4 <in
	[ "$(jq -c '[.count, .levels]' out)" = '[40,3]' ]
	[ "$(jq -r .output out | grep -o same | wc -l)" -eq 40 ]
	# Ten packs of leaves that are one, two full ones of their answers that are one, a third of two,
	# and one of these.
	[ "$(mock_stat requests)" -eq 4 ]
}
