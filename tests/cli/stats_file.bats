#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# --stats: what the summary says, and more, as JSON, whole or not at all.

load helper

setup() {
	clean_room
	start_mock
	records 20 >in
}

# A member of ./s.json.
stat_of() {
	jq -c ".$1" s.json
}

@test "it has the figures that the server has" {
	printf '{"text":"%s"}\n' 'a[[mock:500]]' 'b[[mock:429@0.01]]' >>in
	before=$(date +%s)
	quietly ask -p '{{text}}' -i in -o result --stats s.json --price-in 1 --price-out 2
	[ "$(wc -l <s.json)" -eq 1 ]
	[ "$(stat_of exit_code)" = 0 ]
	[ "$(stat_of records.read)" = 22 ]
	[ "$(stat_of records.answered)" = 22 ]
	[ "$(stat_of requests.sent)" -eq "$(mock_stat requests)" ]
	[ "$(stat_of requests.outcomes)" = '{"answered":22,"rate_limited":1,"overloaded":1}' ]
	[ "$(stat_of requests.retries)" = 2 ]
	[ "$(stat_of requests.retries_after)" = '{"rate_limited":1,"overloaded":1}' ]
	[ "$(stat_of latency_ms.n)" = 22 ]
	jq -e '.latency_ms | .p50 <= .p90 and .p90 <= .p99 and .p99 <= .max' s.json
	jq -e '.wall_ms >= .latency_ms.max' s.json
	jq -e '((.ended | fromdate) - (.started | fromdate)) | . >= 0 and . <= 2' s.json
	jq -e --argjson before "$before" '(.started | fromdate) >= $before' s.json
	[ "$(stat_of tokens.input)" -gt 0 ]
	jq -e '((.tokens.input + 2 * .tokens.output) / 1e6 - .cost) | fabs < 1e-9' s.json
	[ "$(stat_of cost_source)" = '"--price-in/--price-out"' ]
	[ "$(stat_of errors)" = '{}' ]
	[ "$(stat_of rerun)" = null ]
	[ ! -e s.json.partial ]
}

@test "what failed is there by code, with a line and its words; the file keeps its .partial name" {
	printf '{"text":"%s"}\n' 'a[[mock:400]]' 'b[[mock:400]]' >>in
	echo '{"no":1}' >>in
	echo '{"old":1}' >s.json
	try ask -p '{{text}}' -i in -o result --stats s.json
	[ "$status" -eq 1 ]
	[ "$(<s.json)" = '{"old":1}' ]
	grep -qx 'pllm: s.json is left as it was; what was written is in s.json.partial' err ||
		grep -q "s.json is left as it was; what was written is in .*/s.json.partial" err
	mv s.json.partial s.json
	[ "$(stat_of exit_code)" = 1 ]
	[ "$(stat_of errors.request_rejected.n)" = 2 ]
	[ "$(stat_of errors.request_rejected.line)" = 21 ]
	[ "$(stat_of errors.template.line)" = 23 ]
	jq -e '.errors.template.message | contains("text")' s.json
	jq -e '.rerun | startswith("mv result.partial result.failed && ")' s.json
}

@test "with --accept it is there although some failed" {
	echo '{"no":1}' >>in
	try ask -p '{{text}}' -i in -o result --stats s.json --accept 1
	[ "$status" -eq 0 ]
	[ "$(stat_of records.failed)" = 1 ]
	[ -e result ]
	# All that is known is in a file of its own name, which is input and output of the rerun.
	printf '{"text":"%s"}\n' a 'b[[mock:500]]' >in
	try ask -p '{{text}}' -i in -o result --stats s.json --accept 1 --retries 0
	[ "$status" -eq 0 ]
	jq -e '.rerun | endswith("--retry-errors -i result -o result") and (contains("mv ") | not)' s.json
}

@test "the cache, and calls that ask the same" {
	try pllm --endpoint "$URL" -m mock --cache c.db -p '{{text}}' -i in
	try pllm --endpoint "$URL" -m mock --cache c.db -p '{{text}}' -i in -o result --stats s.json
	[ "$(stat_of calls.cached)" = 20 ]
	[ "$(stat_of requests.sent)" = 0 ]
	[ "$(stat_of latency_ms.p50)" = null ]
}

@test "groups and vectors have theirs" {
	quietly pllm reduce --endpoint "$URL" -m mock --item '{{text}}' -p '{{items}}' -i in --stats s.json
	[ "$(stat_of records.read)" = 20 ]
	[ "$(stat_of records.answered)" = 1 ]
	quietly pllm embed --endpoint "$URL" -m mock -p '{{text}}' -i in --stats s.json
	[ "$(stat_of records.answered)" = 20 ]
	[ "$(stat_of tokens.output)" = null ] || [ "$(stat_of tokens.output)" = 0 ]
}

@test "it may go to a descriptor, whatever becomes of the run" {
	printf '{"text":"%s"}\n' 'a[[mock:400]]' >in
	status=0
	ask -p '{{text}}' -i in -o result --stats /dev/fd/7 2>err 7>s.json || status=$?
	[ "$status" -eq 1 ]
	[ "$(stat_of exit_code)" = 1 ]
	[ ! -e s.json.partial ]
}

@test "the tokens of streams are in it, also if nothing else is said" {
	quietly ask -q --stream -p '{{text}}' -i in --stats s.json
	[ "$(stat_of tokens.output)" -gt 0 ]
	quietly ask -q --stream -p '{{text}}' -i in --metrics-file m.prom
	grep -E '^pllm_tokens_total\{.*output.*\} [1-9]' m.prom
}

@test "a trial is not the whole: its figures keep their .partial name" {
	try ask -p '{{text}}' -i in --trial 3 --stats s.json
	[ "$status" -eq 0 ]
	[ ! -e s.json ]
	[ "$(jq .records.answered s.json.partial)" = 3 ]
}

@test "a signal is in it" {
	mkfifo pipe
	exec {hold}<>pipe
	start_ask -p '{{text}}' --stats /dev/fd/7 <pipe >out 2>err 7>s.json
	records 1 >&"$hold"
	await test -s out
	kill -TERM "$ASK_PID"
	end_of_ask
	exec {hold}>&-
	[ "$status" -eq 143 ]
	[ "$(stat_of signal)" = 15 ]
	[ "$(stat_of exit_code)" = 143 ]
	jq -e '.reason | length > 0' s.json
}

@test "without room for it there is no output either" {
	status=0
	ask -p '{{text}}' -i in -o result --stats /dev/full 2>err || status=$?
	[ "$status" -eq 7 ]
	grep -q '/dev/full' err
	[ ! -e result ]
	[ -e result.partial ]
}

@test "no file of the run is two things" {
	local options
	for options in '-o x --stats x' '-o x --stats ./x' '--errors x --stats x' '--stats -' \
		'--stats /dev/stdout' '-o x --stats x.partial' '--cache x --stats x' \
		'--stats x --metrics-file x' "-i $PWD/in --stats in" "-i in --metrics-file ./in"; do
		# shellcheck disable=SC2086 # words
		try pllm --endpoint "$URL" -m mock -p '{{text}}' $options <in
		[ "$status" -eq 2 ]
		grep -qE ': (that is|standard output is) ' err
		[ ! -e x ]
	done
	[ "$(wc -l <in)" -eq 20 ]
	[ "$(mock_stat requests)" -eq 0 ]
	try pllm --endpoint "$URL" -m mock -p '{{text}}' --stats no/such/place <in
	[ "$status" -eq 2 ]
}

@test "what cannot be written is exit 7, also where records failed" {
	records 3 | jq -c 'if .id == 2 then .text += " [[mock:400]]" else . end' >in
	try ask -p '{{text}}' -i in --stats /dev/full
	[ "$status" -eq 7 ]
	grep -q 'error\[E-output\]' err
	[ "$(wc -l <out)" -eq 3 ]
	try ask -p '{{text}}' -i in --metrics-file /dev/full
	[ "$status" -eq 7 ]
}
