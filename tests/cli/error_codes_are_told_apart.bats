#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What can go wrong with one record has a code, and what the server said is in the message.

load helper

# Asks one record with this script between two good ones; sets $code, $message and the rest of
# the failed line's error.
fails() {
	local script=$1
	shift
	curl -sS -d '' "$BASE/_mock/reset" >/dev/null
	printf '%s\n' '{"text":"a"}' "{\"text\":\"x[[mock:$script]]\"}" '{"text":"b"}' >in
	try ask -p '{{text}}' --timeout 300ms "$@" <in
	[ "$status" -eq 1 ]
	[ "$(jq -r .output out | paste -sd ' ')" = 'echo: a null echo: b' ]
	error=$(sed -n 2p out | jq -c .pllm.error)
	code=$(jq -r .code <<<"$error")
	message=$(jq -r .message <<<"$error")
	echo "$script: $error"
	[ "$(jq -r 'del(.partial) | keys_unsorted | join(",")' <<<"$error")" = code,message,status,attempts,step,line,retryable ]
	[ "$(jq -c '[.step, .line]' <<<"$error")" = '["output",2]' ]
}

# is CODE STATUS ATTEMPTS RETRYABLE PART OF THE MESSAGE
is() {
	[ "$(jq -r '[.code, .status, .attempts, .retryable] | map(tostring) | join(" ")' <<<"$error")" = "$1 $2 $3 $4" ]
	[[ $message == *"$5"* ]]
}

setup() {
	clean_room
	start_mock
}

@test "what the server will not have is not sent twice" {
	fails 400,200
	is request_rejected 400 1 false 'HTTP 400: Invalid'
	fails 413,200
	is request_rejected 413 1 false 'HTTP 413'
	fails 422,200
	is request_rejected 422 1 false 'HTTP 422'
	fails context,200
	is request_rejected 400 1 false 'context'
	fails filter
	is content_filter 200 1 false 'content filter'
	fails refusal
	is content_filter 200 1 false 'refused'
}

@test "trouble at the server is tried again, then named" {
	fails 500,500 --retries 1
	is overloaded 500 2 true 'HTTP 500'
	fails errbody --retries 0
	is overloaded 200 1 true 'HTTP 200'
}

@test "too much at once is the limiter's business first, but not for ever" {
	local http
	for http in 503 529; do
		fails "$http,$http,$http,$http,$http,$http,$http,$http,$http" \
			--retries 0 --deadline 10s
		is overloaded "$http" "$(jq .attempts <<<"$error")" true "HTTP $http"
		[ "$(jq .attempts <<<"$error")" -le 8 ]
	done
}

@test "what breaks on the wire is told apart" {
	fails drop --retries 0
	is transport null 1 true 'closed the connection without an answer'
	fails reset --retries 0
	is transport null 1 true 'closed the connection without an answer'
	fails truncate --retries 0
	is transport 200 1 true 'broke off'
	fails hang --retries 0
	is timeout null 1 true '--timeout'
	fails slow --retries 0
	is timeout 200 1 true '--timeout'
}

@test "an answer that is none is a bad response" {
	fails garbage --retries 0
	is bad_response 200 1 true 'not JSON'
	fails html --retries 0
	is bad_response 200 1 true 'HTML page'
	fails empty --retries 0
	is bad_response 200 1 true 'no choices'
	fails null --retries 0
	is bad_response 200 1 true 'content'
}

@test "an answer cut by the token limit is no answer, unless that is asked for" {
	fails length
	is truncated 200 1 false '--max-tokens'
	[ "$(jq -r '.partial | length > 0' <<<"$error")" = true ]
	curl -sS -d '' "$BASE/_mock/reset" >/dev/null
	quietly ask -p '{{text}}' --on-truncate keep <in
	[ "$(sed -n 2p out | jq -r .output)" = "$(jq -r .partial <<<"$error")" ]
}

@test "a rate limit that lasts longer than the record's patience is called one" {
	fails 429@20 --deadline 1s
	is rate_limited 429 1 true 'HTTP 429'
}

@test "the messages on stderr say the same, one line for each reason" {
	fails 400
	grep -qx 'pllm: 1 of 3 records failed' err
	grep -qx 'pllm:   request_rejected: 1, first on line 2: HTTP 400: .*' err
	fails 400 -q
	[ ! -s err ]
	fails 400 -v
	grep -q '^pllm: line 2: error\[E-request_rejected\]: HTTP 400' err
	grep -q '^pllm: records:  3 read, 2 answered, 1 failed; ' err
	grep -qx 'pllm: requests: 3' err
}

@test "a failed record and its attempts in --trace name the same step" {
	start_mock
	echo '{"text":"a[[mock:400]]"}' >in
	try ask -p '{{text}}' --trace trace -i in
	[ "$(jq -c '.pllm.error | [.line, .step]' out)" = '[1,"output"]' ]
	[ "$(jq -c '[.line, .step]' trace)" = '[1,"output"]' ]
}
