#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A fallback is asked for a record that is too long for the model, and for all when the pool is dead
# or silent; not because of rate limits.

load helper

asked_of() {
	MOCK_BASE=${1%/v1} mock_stat requests
}

@test "a quota that is used up: the fallback takes over" {
	start_mock --quiet --quota-after 5
	spent=$URL
	start_mock --quiet
	records 50 >in
	try pllm --endpoint "$spent" -m mock --fallback "$URL,other" -j 4 --meta -p '{{text}}' <in
	[ "$status" -eq 0 ]
	[ "$(wc -l <err)" -eq 2 ]
	grep -qF "$spent: not asked again: HTTP 429" err
	grep -qF "$URL: asked from now on (--fallback)" err
	echoed out
	[ "$(jq -r .pllm.model out | sort | uniq -c | xargs)" = '5 mock 45 other' ]
	[ "$(asked_of "$spent")" -le 9 ]
}

@test "a key that is refused: the fallback takes over" {
	start_mock --quiet --key right
	locked=$URL
	start_mock --quiet
	records 50 >in
	export WRONG=wrong
	quietly pllm -q --endpoint "$locked,key-env=WRONG" -m mock --fallback "$URL,other" -j 4 -p '{{text}}' <in
	echoed out
	[ "$(asked_of "$locked")" -le 4 ]
}

@test "a request that is too long goes to the fallback's model, the others do not" {
	start_mock --quiet
	{
		records 20
		echo '{"id":21,"text":"long[[mock:context]]"}'
		records 23 | tail -n 2
	} >in
	quietly ask --fallback big -j 4 --meta -p '{{text}}' <in
	[ "$(jq -r 'select(.pllm.model == "big") | .id' out)" = 21 ]
	[ "$(jq -r 'select(.id == 21) | .output' out)" = 'echo: long' ]
	[ "$(jq -r .pllm.model out | sort | uniq -c | xargs)" = '1 big 22 mock' ]
	[ "$(mock_stat requests)" -eq 24 ]
}

@test "a request that is too long for all of them fails" {
	start_mock --quiet
	printf '%s\n' '{"text":"x[[mock:context,context,200]]"}' '{"text":"y"}' >in
	try ask --fallback big -p '{{text}}' <in
	[ "$status" -eq 1 ]
	[ "$(jq -r '.output // .pllm.error.code' out | paste -sd ' ')" = 'request_rejected echo: y' ]
	[ "$(mock_stat requests)" -eq 3 ]
}

@test "a rate limit is waited for, also longer than --fallback-after" {
	start_mock --quiet --rpm 600 --burst 5
	limited=$URL
	start_mock --quiet
	records 40 >in
	quietly pllm --endpoint "$limited" -m mock --fallback "$URL,other" --fallback-after 300ms \
		-p '{{text}}' <in
	echoed out
	[ "$(asked_of "$URL")" -eq 0 ]
	echo '{"text":"x[[mock:429@2,200]]"}' >in
	quietly pllm --endpoint "$limited" -m mock --fallback "$URL,other" --fallback-after 300ms \
		-p '{{text}}' <in
	[ "$(jq -r .output out)" = 'echo: x' ]
	[ "$(asked_of "$URL")" -eq 0 ]
}

@test "a pool that is silent for --fallback-after is stood in for, and no record fails" {
	start_mock --quiet
	records 100 >in
	try timeout 20 "$PLLM" --endpoint http://127.0.0.1:1/v1 -m mock --fallback "$URL,other" \
		--fallback-after 1s -v -p '{{text}}' <in
	[ "$status" -eq 0 ]
	echoed out
	grep -q -e 'asked from now on (--fallback)' err
	[ "$(mock_stat requests)" -eq 100 ]
}

@test "a pool that comes back is asked again" {
	start_mock --quiet --latency 20ms
	first=$URL
	first_pid=$MOCK_PID
	port=${BASE##*:}
	start_mock --quiet --latency 20ms
	stand_in=$URL
	start_pllm --endpoint "$first" -m mock --fallback "$stand_in,other" --fallback-after 500ms -v -j 4 \
		-p '{{text}}' < <(records_until enough) >out 2>err
	await eval '[ "$(asked_of $first)" -ge 20 ]'
	[ "$(asked_of "$stand_in")" -eq 0 ]
	stop_server "$first_pid"
	await eval '[ "$(asked_of $stand_in)" -ge 20 ]'
	start_mock --quiet --latency 20ms --port "$port"
	await eval '[ "$(asked_of $first)" -ge 50 ]'
	touch enough
	end_of_ask
	cat err
	[ "$status" -eq 0 ]
	echoed out
	grep -q 'asked from now on (it is back)' err
}
