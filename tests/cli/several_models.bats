#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A pool of endpoints for each model that steps ask: who is asked for which model, what all models
# share at one endpoint, and whose key goes where. The rules one by one:
# tests/unit/endpoints_test.c, pool_test.c and gates_test.c.

load helper

# What each place was asked for: lines "PLACE MODEL COUNT", of the first segment of the path.
asked() {
	jq -r '"\(.path | split("/")[1]) \(.body | fromjson | .model)"' requests | sort | uniq -c |
		awk '{ print $2, $3, $1 }'
}

# The most requests that arrived in any second.
busiest_second() {
	jq -s 'map(.at) | sort | . as $at | [range(length)] |
		map(. as $i | $at | map(select(. >= $at[$i] and . < $at[$i] + 1)) | length) | max' requests
}

@test "the models of a step are asked each, and their answers are a list in the order of the models" {
	start_mock --quiet
	records 20 >in
	quietly pllm --endpoint "$URL" -m draft=one,two,three -p 'draft={{text}}' <in
	[ "$(jq -sc 'map(.id) == [range(1; 21)] and all(.[]; .draft == [range(3) as $i | "echo: \(.text)"])' out)" = true ]
	[ "$(mock_stat requests)" -eq 60 ]
}

@test "an endpoint that names a model is asked for that one, the others for the rest" {
	start_witness
	records 10 >in
	quietly pllm --endpoint "$BASE/v1" --endpoint "$BASE/two/v1,model=b" -m draft=a,b,c -p 'draft={{text}}' <in
	[ "$(asked)" = $'two b 10\nv1 a 10\nv1 c 10' ]
}

@test "steps with models of their own, and the usual one for the rest" {
	start_witness
	records 10 >in
	quietly pllm --endpoint "$BASE/v1" -m usual -m first=special -p 'first={{text}}' -p 'second={{text}}' <in
	[ "$(asked)" = $'v1 special 10\nv1 usual 10' ]
}

@test "a model that no endpoint serves is refused before anything is sent" {
	start_witness
	echo '{"text":"x"}' >in
	try pllm --endpoint "$BASE/v1,model=a" --endpoint "$BASE/two/v1,model=c" -m draft=a,b -p 'draft={{text}}' <in
	[ "$status" -eq 2 ]
	[ "$(flat <err)" = 'pllm: -m b: no --endpoint serves it: each names another model' ]
	[ ! -s requests ]
}

@test "more endpoints for all models together than there may be are refused" {
	local i options=()
	for i in {1..8}; do
		options+=(--endpoint "http://127.0.0.1:$i/v1")
	done
	echo '{"text":"x"}' >in
	try pllm "${options[@]}" -m draft=a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p -p 'draft={{text}}' <in
	[ "$status" -eq 2 ]
	[[ $(flat <err) == 'pllm: 128 endpoints are too many; up to 64 will do'* ]]
}

@test "max= of an endpoint holds for all models that are asked there together" {
	start_mock --quiet --latency 30ms
	records 40 >in
	quietly pllm --endpoint "$URL,max=3" -m draft=a,b -p 'draft={{text}}' --no-adaptive <in
	[ "$(mock_stat requests)" -eq 80 ]
	[ "$(mock_stat peak_in_flight)" -eq 3 ]
}

@test "rpm= of an endpoint holds for all models that are asked there together" {
	start_witness
	records 10 >in
	quietly pllm --endpoint "$BASE/v1,rpm=300" -m draft=a,b,c -p 'draft={{text}}' <in
	[ "$(grep -c . requests)" -eq 30 ]
	echo "at most $(busiest_second) in a second"
	[ "$(busiest_second)" -le 6 ]
	# Thirty starts have twenty-nine gaps between them, of which one is forgiven at the start.
	[ "$(jq -s 'map(.at) | sort | .[-1] - .[0] >= 5.4' requests)" = true ]
}

@test "a pool whose key is refused has its fallback, and the other model stays where it is" {
	start_mock --quiet
	local open=$URL
	start_mock --quiet --key right
	local locked=$URL
	start_mock --quiet
	records 20 >in
	try pllm --endpoint "$open,model=a" --endpoint "$locked,model=b" --fallback "$URL,big" -j 4 \
		-m one=a -m two=b -p 'one={{text}}' -p 'two={{text}}' <in
	[ "$status" -eq 0 ]
	[ "$(jq -sc 'all(.[]; .one == "echo: \(.text)" and .two == "echo: \(.text)") and length == 20' out)" = true ]
	grep -qF "$URL: asked from now on for b (--fallback)" err
	[ "$(mock_stat requests)" -eq 20 ]
	[ "$(MOCK_BASE=${open%/v1} mock_stat requests)" -eq 20 ]
	[ "$(MOCK_BASE=${locked%/v1} mock_stat requests)" -le 4 ]
}

@test "a model that does not exist fails its own step, and the other's answer stays" {
	start_mock --quiet --strict-model --model a
	echo '{"text":"x"}' >in
	try pllm --endpoint "$URL" -m one=a -m two=b -p 'one={{text}}' -p 'two={{text}}' <in
	[ "$status" -ne 0 ]
	[ "$(jq -c '[.one, .two, .pllm.error.step]' out)" = '["echo: x",null,"two"]' ]
}

@test "models of two vendors: each gets the key of its own variable" {
	start_mock --quiet --key anthropic-key-AAAA
	export ANTHROPIC_BASE_URL=$BASE ANTHROPIC_API_KEY=anthropic-key-AAAA
	local first=$BASE
	start_mock --quiet --key gemini-key-GGGG
	export GOOGLE_GEMINI_BASE_URL=$BASE GEMINI_API_KEY=gemini-key-GGGG
	records 5 >in
	quietly pllm -m draft=anthropic/a,gemini/b --max-tokens 50 -p 'draft={{text}}' <in
	[ "$(jq -sc 'all(.[]; .draft == ["echo: \(.text)", "echo: \(.text)"])' out)" = true ]
	[ "$(mock_stat 'keys | tojson')" = '{"GGGG":5}' ]
	[ "$(MOCK_BASE=$first mock_stat 'keys | tojson')" = '{"AAAA":5}' ]
	# And whose is not set is named.
	unset GEMINI_API_KEY
	GOOGLE_GEMINI_BASE_URL=https://models.example try pllm -m draft=anthropic/a,gemini/b -p 'draft={{text}}' <in
	[ "$status" -eq 2 ]
	[ "$(flat <err)" = 'pllm: no key for https://models.example; set GEMINI_API_KEY' ]
	[ "$(MOCK_BASE=$first mock_stat requests)" -eq 5 ]
}

@test "with models of two vendors --key-env is refused: it would be one key for both" {
	export ANTHROPIC_API_KEY=anthropic-key-AAAA GEMINI_API_KEY=gemini-key-GGGG
	echo '{"text":"x"}' >in
	try pllm -m draft=anthropic/a,gemini/b --key-env ANTHROPIC_API_KEY -p 'draft={{text}}' <in
	[ "$status" -eq 2 ]
	[[ $(flat <err) == 'pllm: --key-env is for one origin, and https://api.anthropic.com and '*' are two'* ]]
}

@test "what another model's end leaves unasked is cancelled, and not blamed for it" {
	start_mock --strict-model --model m --latency 50ms
	for i in 1 2 3 4 5 6 7 8; do echo "{\"t\":\"hi$i\"}"; done >in
	try pllm --endpoint "$URL" -j 2 -p a='{{t}}' -p b='{{a}} b' -m a=m -m b=nosuch <in
	[ "$status" -eq 3 ]
	[ "$(wc -l <out)" -eq 8 ]
	[ "$(jq -r 'select(.pllm.error.step == "a") | "\(.pllm.error.code) \(.pllm.error.retryable)"' out |
		sort -u)" = 'cancelled true' ]
	grep -q 'nosuch' err
}

@test "status 5 is for runs in which nothing was answered" {
	start_mock
	echo '{"t":"x"}' >in
	try ask -q -p a=A -p b='[[mock:delay:900ms]] {{a}}' --deadline 600ms <in
	[ "$status" -eq 1 ]
	[ "$(jq -r .a out)" = 'echo: A' ]
}
