#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# An endpoint whose quota is used up, or that refuses its key, is not asked again; the others go on.

load helper

words='You exceeded your current quota, please check your plan and billing details.'

# A mock that gives ten answers; sets $spent, its URL.
start_spent() {
	start_mock --quiet --latency 5ms --quota-after 10
	spent=$URL
}

asked_of() {
	MOCK_BASE=${1%/v1} mock_stat "$2"
}

setup() {
	clean_room
	records 200 >in
}

@test "all records are answered by the other, and the spent one is asked no more" {
	start_spent
	start_mock --quiet --latency 5ms
	try pllm --endpoint "$spent" --endpoint "$URL" -m mock -j 8 -p '{{text}}' <in
	[ "$status" -eq 0 ]
	[ "$(wc -l <err)" -eq 1 ]
	grep -qF "$spent: not asked again: HTTP 429: $words" err
	echoed out
	[ "$(wc -l <out)" -eq 200 ]
	[ "$(asked_of "$spent" 'answered."200"')" -eq 10 ]
	[ "$(asked_of "$URL" 'answered."200"')" -eq 190 ]
	# What was under way when it said so, and no more.
	[ "$(asked_of "$spent" 'answered."429"')" -ge 1 ]
	[ "$(asked_of "$spent" 'answered."429"')" -le 8 ]
}

@test "alone, it ends the run with 3 and the server's words" {
	start_spent
	try pllm --endpoint "$spent" -m mock -j 8 -p '{{text}}' <in
	[ "$status" -eq 3 ]
	grep -qF "$words" err
	[ "$(asked_of "$spent" requests)" -le 18 ]
	[ "$(jq -r '.pllm.error.code // "ok"' out | sort | uniq -c | head -n 1 | xargs)" = '10 ok' ]
	[ "$(jq -r '.pllm.error.code // "ok"' out | sort -u | paste -sd ' ')" = 'ok quota' ]
	[ "$(jq -s 'map(.id) == [range(1; length + 1)]' out)" = true ]
}

@test "a quota that is used up from the start ends the run with the first answer" {
	start_mock --quiet --quota-after 0
	try pllm --endpoint "$URL" -m mock -p '{{text}}' <in
	[ "$status" -eq 3 ]
	grep -qF "$words" err
	[ "$(mock_stat requests)" -le 64 ]
}

@test "a refused key of one endpoint leaves the other working" {
	start_mock --quiet --latency 5ms --key right
	other=$URL
	start_mock --quiet --latency 5ms --key right
	export WRONG=wrong RIGHT=right
	quietly pllm -q --endpoint "$other,key-env=WRONG" --endpoint "$URL,key-env=RIGHT" -m mock -j 8 \
		-p '{{text}}' <in
	echoed out
	[ "$(mock_stat 'answered."200"')" -eq 200 ]
	[ "$(asked_of "$other" requests)" -ge 1 ]
	[ "$(asked_of "$other" requests)" -le 8 ]
}

@test "two keys at one server are two endpoints, and each has its own quota" {
	start_mock --quiet --latency 5ms --quota-after 10 --quota-key sk-spent
	export SPENT=sk-spent RICH=sk-rich
	quietly pllm -q --endpoint "$URL,key-env=SPENT" --endpoint "$URL,key-env=RICH" -m mock -j 8 \
		-p '{{text}}' <in
	echoed out
	[ "$(mock_stat 'answered."200"')" -eq 200 ]
	[ "$(mock_stat 'answered."429"')" -ge 1 ]
	[ "$(mock_stat 'answered."429"')" -le 8 ]
}

@test "when none is left the run ends with 3, and -v says why of each" {
	start_mock --quiet --latency 5ms --key right
	export WRONG=wrong
	locked=$URL
	start_spent
	try pllm --endpoint "$spent" --endpoint "$locked,key-env=WRONG" -m mock -j 4 -v -p '{{text}}' <in
	[ "$status" -eq 3 ]
	grep -qF "not asked again: HTTP 429: $words" err
	grep -q 'not asked again: HTTP 401: Incorrect API key provided' err
	[ "$(grep -c 'not asked again' err)" -eq 2 ]
	[ "$(jq -s 'map(.id) == [range(1; length + 1)]' out)" = true ]
	[ "$(jq -s 'map(select(.output)) | length' out)" -eq 10 ]
}

@test "when none is left, the last that was says why the run ended" {
	start_mock --quiet --latency 5ms --key right
	export WRONG=wrong
	locked=$URL
	start_spent
	try pllm --endpoint "$locked,key-env=WRONG" --endpoint "$spent" -m mock -j 1 -p '{{text}}' <in
	[ "$status" -eq 3 ]
	grep -qF "$words" err
	[ "$(tail -n 1 out | jq -r .pllm.error.code)" = quota ]
}
