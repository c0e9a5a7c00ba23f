#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What several answers to one step become: a list, the one that most gave, or the first. Counting
# votes in detail: tests/unit/vote_test.c.

load helper

# Starts a server that gives each of these texts, which have no single quotes, at a path of its own
# to whoever asks, and sets $pool: options by which the models a, b, c ... are answered so.
start_voters() {
	local text json names=(a b c d e f) i=0 places=
	pool=()
	for text in "$@"; do
		json=$(jq -nc --arg text "$text" '{choices: [{message: {content: $text}, finish_reason: "stop"}]}')
		places+="location /${names[i++]}/ { default_type application/json; return 200 '${json//\\/\\\\}'; }"
	done
	start_nginx <<<"server { listen 127.0.0.1:PORT; $places }" || return 1
	while ((i-- > 0)); do
		pool+=(--endpoint "$BASE/${names[i]}/v1,model=${names[i]}")
	done
}

vote() {
	pllm "${pool[@]}" "$@"
}

@test "samples differ by their seeds, which are those of their places and the same for each record" {
	start_mock --quiet --latency 1ms-30ms
	records 20 >in
	quietly ask --samples draft=5 -p draft='{{text}}[[mock:seed=1]]' <in
	[ "$(jq -sc 'map(.draft) | unique' out)" = '[["0","1","2","3","4"]]' ]
	[ "$(mock_stat requests)" -eq 100 ]
	# What the user says is where they begin.
	quietly ask --samples draft=3 --param draft:seed=40 -p draft='{{text}}[[mock:seed=1]]' <in
	[ "$(jq -sc 'map(.draft) | unique' out)" = '[["40","41","42"]]' ]
}

@test "one answer has no seed, and is no list" {
	start_mock --quiet
	echo '{"text":"t"}' >in
	quietly ask -p draft='{{text}}[[mock:seed=1]]' <in
	[ "$(<out)" = '{"text":"t","draft":"none"}' ]
}

@test "models and samples: model by model, sample by sample" {
	start_mock --quiet --latency 1ms-30ms
	echo '{"text":"t"}' >in
	quietly pllm --endpoint "$URL" -m draft=one,two --samples draft=3 -p draft='{{text}}[[mock:seed=1]]' --meta <in
	[ "$(jq -c '.draft' out)" = '["0","1","2","0","1","2"]' ]
	[ "$(jq -c '.pllm.calls | map(.model)' out)" = '["one","one","one","two","two","two"]' ]
	[ "$(jq -c '[.pllm.attempts, .pllm.usage.output]' out)" = '[6,6]' ]
}

@test "a list goes into a template numbered, by its place, or as JSON" {
	start_mock --quiet
	echo '{"text":"t"}' >in
	quietly ask --samples draft=3 -p draft='{{text}}[[mock:seed=1]]' -p best='{{draft}}' -p last='{{draft[-1]}} {{draft[0]}}' \
		-p json='{{draft|json}}' <in
	[ "$(jq -c '[.best, .last, .json]' out)" = \
		'["echo: 1. 0\n2. 1\n3. 2","echo: 2 0","echo: [\"0\",\"1\",\"2\"]"]' ]
}

@test "what failed is null in its place if the quorum allows, and a template that names it fails" {
	start_mock --quiet
	echo '{"text":"t"}' >in
	try ask -j 1 --samples v=3 --quorum v=2 -p v='{{text}}[[mock:seed=1,200,400]]' -p all='{{v}}' -p one='{{v[2]}}' \
		-p gone='{{v[1]}}' -p json='{{v|json}}' -p maybe='[{{v[1]?}}]' --meta <in
	[ "$status" -eq 1 ]
	[ "$(jq -c .v out)" = '["0",null,"2"]' ]
	[ "$(jq -c '[.all, .one, .json, .maybe, has("gone")]' out)" = \
		'["echo: 1. 0\n3. 2","echo: 2","echo: [\"0\",null,\"2\"]","echo: []",false]' ]
	[ "$(jq -c '.pllm.error | [.code, .step]' out)" = '["template","gone"]' ]
	[[ $(jq -r .pllm.error.message out) == *'"v[1]"'* ]]
	[ "$(jq -c '.pllm.steps.v.calls[1].error.code' out)" = '"request_rejected"' ]
}

@test "without a quorum all must be answered; when that is lost no more is asked" {
	start_mock --quiet
	echo '{"text":"t"}' >in
	try ask -j 1 --samples v=5 -p v='{{text}}[[mock:200,400]]' -p w='{{text}}' <in
	[ "$status" -eq 1 ]
	[ "$(jq -c '[has("v"), .w, .pllm.error.code, .pllm.error.step]' out)" = '[false,"echo: t","request_rejected","v"]' ]
	[[ $(jq -r .pllm.error.message out) == '1 of 5 calls failed: '* ]]
	# Two of the five, and w.
	[ "$(mock_stat requests)" -eq 3 ]
}

@test "more failures than the quorum allows fail the step, and what was under way is cut off" {
	local began
	start_mock --quiet
	echo '{"text":"t"}' >in
	began=$(date +%s)
	try ask --samples v=4 --quorum v=3 -p v='{{text}}[[mock:400,400,hang,hang]]' <in
	[ "$status" -eq 1 ]
	[ "$(jq -r '.pllm.error.code' out)" = request_rejected ]
	[[ $(jq -r .pllm.error.message out) == '2 of 4 calls failed: '* ]]
	[ $(($(date +%s) - began)) -lt 10 ]
	await eval '[ "$(mock_stat abandoned)" -eq 2 ]'
}

@test "a vote takes what most gave, white space and case apart, as it was said by the first of them" {
	start_voters 'no' $' YES\n' 'yes' 'No.'
	echo '{"text":"t"}' >in
	try vote -m v=a,b,c,d --join v=vote -p v='{{text}}' --meta <in
	[ "$status" -eq 0 ]
	[ "$(jq -c .v out)" = '" YES\n"' ]
	[ "$(jq -c .pllm.tally out)" = \
		'[{"value":" YES\n","votes":2},{"value":"no","votes":1},{"value":"No.","votes":1}]' ]
	[ "$(jq -c '[.pllm.attempts, (.pllm.calls | length)]' out)" = '[4,4]' ]
}

@test "ties go to the earliest place, whoever answers first" {
	start_mock --quiet --answer fixed:slow --latency 300ms
	pool=(--endpoint "$URL,model=a")
	start_mock --quiet --answer fixed:fast
	pool+=(--endpoint "$URL,model=b")
	echo '{"text":"t"}' >in
	quietly vote -m v=a,b --join v=vote -p v='{{text}}' --meta <in
	[ "$(jq -c '[.v, .pllm.tally]' out)" = '["slow",[{"value":"slow","votes":1},{"value":"fast","votes":1}]]' ]
	quietly vote -m v=b,a --join v=vote -p v='{{text}}' <in
	[ "$(jq -r .v out)" = fast ]
}

@test "a vote is a value like any other for the next step" {
	start_voters yes no Yes
	echo '{"text":"t"}' >in
	start_mock --quiet
	quietly pllm "${pool[@]}" --endpoint "$URL,model=m" -m w=m -m v=a,b,c --join v=vote -p v='{{text}}' -p w='so: {{v}}' <in
	[ "$(<out)" = '{"text":"t","v":"yes","w":"echo: so: yes"}' ]
}

@test "schema answers vote by their values, whatever their layout" {
	start_voters '{"a":1,"b":[2]}' '{"b":[3],"a":1}' '{ "b": [2.0], "a": 1e0 }'
	echo '{"type":"object","required":["a","b"]}' >s.json
	echo '{"text":"t"}' >in
	quietly vote -m v=a,b,c --join v=vote --schema v=s.json -p v='{{text}}' --meta <in
	[ "$(jq -c '[.v, (.pllm.tally | map(.votes))]' out)" = '[{"a":1,"b":[2]},[2,1]]' ]
}

@test "--vote-by counts one part of the answer, and the whole answer of the first wins" {
	start_voters '{"label":"x","why":1}' '{"label":" Y","why":2}' '{"label":"y","why":3}'
	echo '{"type":"object","required":["label"]}' >s.json
	echo '{"text":"t"}' >in
	# Values are compared, and texts in them are values: none of the three is another.
	quietly vote -m v=a,b,c --join v=vote --vote-by v=.why --schema v=s.json -p v='{{text}}' --meta <in
	[ "$(jq -c '[.v.why, .pllm.tally]' out)" = \
		'[1,[{"value":1,"votes":1},{"value":2,"votes":1},{"value":3,"votes":1}]]' ]
	stop_mock
	start_voters '{"label":"x","why":1}' '{"label":"y","why":2}' '{"label":"y","why":3}'
	quietly vote -m v=a,b,c --join v=vote --vote-by v=.label --schema v=s.json -p v='{{text}}' --meta <in
	[ "$(jq -c '[.v, .pllm.tally]' out)" = \
		'[{"label":"y","why":2},[{"value":"y","votes":2},{"value":"x","votes":1}]]' ]
}

@test "a vote stands if more than half were answered, and not with fewer" {
	start_mock --quiet
	echo '{"text":"t"}' >in
	quietly ask -j 1 --samples v=5 --join v=vote -p v='{{text}}[[mock:400,200,400,200]][[answer:yes]]' --meta <in
	[ "$(jq -c '[.v, .pllm.tally, (.pllm.calls | map(has("error")))]' out)" = \
		'["yes",[{"value":"yes","votes":3}],[true,false,true,false,false]]' ]
	try ask -j 1 --samples v=4 --join v=vote -p v='two {{text}}[[mock:400,200,400]]' <in
	[ "$status" -eq 1 ]
	[ "$(jq -r .pllm.error.code out)" = request_rejected ]
}

@test "first: the record leaves with the first answer, and the others are cut off on the wire" {
	local began
	start_mock --quiet
	records 10 | sed 's/"}$/[[mock:delay:30s,delay:50ms,delay:30s]]"}/' >in
	began=$(date +%s%3N)
	quietly ask --samples v=3 --join v=first -p v='{{text}}' -p next='{{v}}!' --meta <in
	echo "took $(($(date +%s%3N) - began)) ms"
	[ $(($(date +%s%3N) - began)) -lt 8000 ]
	[ "$(jq -sc 'map(.id) == [range(1; 11)] and all(.[]; .v == "echo: n \(.id)" and .next == "echo: echo: n \(.id)!")' out)" = true ]
	[ "$(jq -sc 'all(.[]; [.pllm.steps.v.calls[] | select(.model == "mock")] | length == 1)' out)" = true ]
	await eval '[ "$(mock_stat abandoned)" -eq 20 ]'
	[ "$(mock_stat in_flight)" -eq 0 ]
	[ "$(mock_stat requests)" -eq 40 ]
}

@test "first: one that fails is not the first, and the losers that nobody has sent are not sent" {
	start_mock --quiet
	echo '{"text":"t"}' >in
	quietly ask -j 1 --samples v=8 --join v=first -p v='{{text}}[[mock:400,garbage]]' --retries 0 <in
	[ "$(<out)" = '{"text":"t","v":"echo: t"}' ]
	[ "$(mock_stat requests)" -eq 3 ]
}

@test "first: only if all fail the step does" {
	start_mock --quiet
	echo '{"text":"t"}' >in
	try ask --samples v=3 --join v=first -p v='{{text}}[[mock:400,400,400]]' <in
	[ "$status" -eq 1 ]
	[[ $(jq -r .pllm.error.message out) == '3 of 3 calls failed: '* ]]
	[ "$(mock_stat requests)" -eq 3 ]
}

@test "first of several models: the slow one's time is not spent" {
	start_mock --quiet --latency 30s
	pool=(--endpoint "$URL,model=a")
	local slow=$MOCK_BASE
	start_mock --quiet
	pool+=(--endpoint "$URL,model=b")
	records 20 >in
	quietly vote -m v=a,b --join v=first -p v='{{text}}' <in
	[ "$(jq -sc 'all(.[]; .v == "echo: \(.text)")' out)" = true ]
	MOCK_BASE=$slow
	await eval '[ "$(mock_stat in_flight)" -eq 0 ]'
	[ "$(mock_stat billed)" -eq 0 ]
	[ "$(mock_stat abandoned)" -eq "$(mock_stat requests)" ]
}

@test "an answer may be any text, and a list keeps it exactly" {
	start_mock --quiet
	jq -nc '{text: "quo\"te \\ tab\t line\n é 😀 [\"a\", null]"}' >in
	quietly ask --samples v=2 -p v='{{text}}' -p w='{{v[1]}}' <in
	[ "$(jq -c '[.v == ["echo: \(.text)", "echo: \(.text)"], .w == "echo: echo: \(.text)"]' out)" = '[true,true]' ]
}

@test "raw output is of one step: several that are written are refused" {
	start_mock --quiet
	echo '{"text":"t"}' >in
	try ask -r -p a='{{text}}' -p b='{{a}}' <in
	[ "$status" -eq 2 ]
	[[ $(<err) == *--emit* ]]
	[ ! -s out ]
	[ "$(mock_stat requests)" -eq 0 ]
	quietly ask -r -p a='{{text}}' -p b='{{a}}' --emit b <in
	[ "$(<out)" = 'echo: echo: t' ]
	quietly ask -r --samples b=2 -p b='{{text}}' <in
	[ "$(<out)" = '["echo: t","echo: t"]' ]
}

@test "64 samples of a long input hold its bytes once, and what they answered" {
	local kb
	start_mock --quiet --answer fixed:short
	jq -nc '{text: ("word " * 40000)}' >long
	for _ in {1..6}; do cat long; done >in
	/usr/bin/time -f %M -o peak "$PLLM" --endpoint "$URL" -m mock --samples v=64 --join v=vote -p v='{{text}}' \
		--emit v -q <in >out 3>&- 4>&-
	kb=$(tail -n 1 peak)
	[ "$(jq -sc 'map(.v) | unique' out)" = '["short"]' ]
	[ "$(mock_stat requests)" -eq 384 ]
	note "peak $kb KB for 6 records of 200 KB, 64 samples each, 64 in flight"
	# Those in flight have their bodies; what waits has none.
	is_sanitized || [ "$kb" -lt $((80 * 1024)) ]
}
