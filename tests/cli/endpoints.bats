#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What can be said of several endpoints, and what is refused before anything is sent. The rules one
# by one: tests/unit/endpoints_test.c, endpoint_text_test.c and speed_test.c.

load helper

here=http://127.0.0.1:1/v1
there=http://127.0.0.1:2/v1

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

@test "what an endpoint cannot have is refused with what it can" {
	refuses '--endpoint: "color=red" is none of api=, model=, key-env=, weight=, max=, rpm=, tpm=' \
		--endpoint "$here,color=red"
	refuses '--endpoint: weight=0: not understood; expected a number above 0, up to a million' --endpoint "$here,weight=0"
	refuses '--endpoint: max=0: not understood; expected a whole number from 1 to 100000' --endpoint "$here,max=0"
	refuses '--endpoint: rpm=many: not understood; expected a whole number from 1 to 1000000000000' \
		--endpoint "$here,rpm=many"
	refuses '--fallback: two models; give the option once for each' --endpoint "$here" --fallback a,b
}

@test "each endpoint needs a model, and the one that has none is named" {
	run --separate-stderr pllm -p hi --endpoint "$here,model=a" --endpoint "$there" </dev/null
	[ "$status" -eq 2 ]
	[ "$(flat <<<"$stderr")" = "pllm: which model shall be asked at $there?; give -m MODEL, or append ,model=MODEL" ]
}

@test "the same endpoint twice is refused" {
	refuses "$here is there twice, with the same model and key; to give it more, say weight= or max=" \
		--endpoint "$here" --endpoint "$here,weight=3"
	refuses "$here is there twice, with the same model and key; to give it more, say weight= or max=" \
		--endpoint "$here" --fallback m
}

@test "hedging needs a second endpoint, and a fallback is none" {
	local message='--hedge asks a second endpoint, and there is only one; give another --endpoint'
	refuses "$message" --endpoint "$here" --hedge 5s
	refuses "$message" --endpoint "$here" --fallback big --hedge p95
	refuses '--hedge 5: not understood; expected a duration such as 10s, a percentile such as p95, or off' \
		--endpoint "$here" --endpoint "$there" --hedge 5
	refuses '--hedge-max 200: not understood; expected a number of per cent from 0 to 100' --endpoint "$here" \
		--hedge-max 200
}

@test "a rate needs a unit" {
	refuses '--rate 60: not understood; expected N/UNIT with unit s, m, h or d, such as 5/s, 60/m or 5/15s' \
		--endpoint "$here" --rate 60
	export PLLM_RATE=60/w
	refuses '--rate 60/w: not understood; expected N/UNIT with unit s, m, h or d, such as 5/s, 60/m or 5/15s' \
		--endpoint "$here"
}

@test "with several origins each endpoint names its key" {
	export OPENAI_API_KEY=sk-canary-0123456789
	refuses 'which key is for https://b.example/v1?; with several origins each endpoint names its own: append ,key-env=NAME or ,key-env=none' \
		--endpoint https://a.example/v1,key-env=OPENAI_API_KEY --endpoint https://b.example/v1
	echo "$OPENAI_API_KEY" >key
	refuses "--key-file is for one origin, and https://a.example/v1 and $here are two; let each endpoint name its own with ,key-env=NAME" \
		--endpoint https://a.example/v1 --endpoint "$here" --key-file key
	echo "X-Key: $OPENAI_API_KEY" >headers
	refuses "--header-file is for one origin, and https://a.example/v1 and $here are two" \
		--endpoint https://a.example/v1,key-env=none --endpoint "$here" --header-file headers
}

@test "no endpoint and no fallback comes from a PLLM variable" {
	start_mock
	export PLLM_ENDPOINT=$here PLLM_FALLBACK=$there,big
	records 3 | quietly ask -p x
	[ "$(jq -r .output out | sort -u)" = 'echo: x' ]
}

@test "a pool answers, each of its endpoints with its own model" {
	start_mock --strict-model --model one
	local first=$URL
	start_mock --strict-model --model two
	records 200 >in
	quietly pllm --endpoint "$first,model=one" --endpoint "$URL,model=two,weight=3" --balance weighted \
		-p '{{text}}' --meta <in
	[ "$(jq -r .output out | sort -u | wc -l)" -eq 200 ]
	[ "$(jq -r '.pllm | "\(.endpoint) \(.model)"' out | sort -u)" = "$(printf '%s\n' "$first one" "$URL two" | sort)" ]
}
