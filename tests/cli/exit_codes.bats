#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The codes of the manual's EXIT STATUS. 2 is in options.bats, signals have files of their own.

load helper

# ends STATUS OPTIONS...: asks about ./in.
ends() {
	local want=$1
	shift
	try ask -p '{{text}}' --retries 0 "$@" <in
	[ "$status" -eq "$want" ]
}

@test "0: every record has its answer; 1: some failed" {
	start_mock
	records 3 >in
	ends 0
	echo x >>in
	ends 1
	[ "$(wc -l <out)" -eq 4 ]
}

@test "--accept says how many may fail: a number or a share" {
	start_mock
	{
		records 8
		echo x
		echo y
	} >in
	ends 1 --accept 1
	ends 0 --accept 2
	ends 0 --accept 20%
	ends 1 --accept 19.9%
	ends 0 --accept 100%
}

@test "--accept counts what failed in an earlier stage too" {
	start_mock
	printf '%s\n' '{"pllm":{"error":{"code":"timeout"}}}' '{"text":"a"}' >in
	ends 1
	ends 0 --accept 1
	ends 0 --accept 50%
}

@test "3: no key is good, or quota is used up, or the model is unknown; reading stops" {
	start_mock --key sk-right
	export OPENAI_API_KEY=sk-wrong
	records 20000 >in
	ends 3 -j 1
	[ "$(mock_stat requests)" -eq 1 ]
	[ "$(jq -r .pllm.error.code out | sort -u)" = auth ]
	[ "$(wc -l <out)" -lt 20000 ]
	[ "$(jq -s 'map(.id) == [range(1; length + 1)]' out)" = true ]
	grep -q '^pllm: HTTP 401: ' err
	stop_mock
	start_mock
	echo '{"text":"[[mock:quota]]"}' >in
	ends 3
	[ "$(jq -r .pllm.error.code out)" = quota ]
	stop_mock
	start_mock --strict-model --model other
	ends 3
	[ "$(jq -r .pllm.error.code out)" = request_rejected ]
}

@test "an unknown model that only one record names is that record's failure" {
	start_mock --strict-model
	printf '%s\n' '{"body":{"model":"none","messages":[{"role":"user","content":"a"}]}}' \
		'{"body":{"model":"mock","messages":[{"role":"user","content":"b"}]}}' >in
	try pllm --endpoint "$URL" <in
	[ "$status" -eq 1 ]
	[ "$(jq -r '.pllm.error.status // .output' out | paste -sd ' ')" = '404 echo: b' ]
}

@test "5: nobody answers, and nothing has succeeded" {
	start_mock
	stop_mock
	records 3 >in
	ends 5
	[ "$(jq -r .pllm.error.code out | sort -u)" = transport ]
	[ "$(wc -l <out)" -eq 3 ]
	start_mock --error-rate 1 --error-status 503
	ends 5
	ends 5 --accept 100%
}

@test "1, not 5, when something succeeded or was refused" {
	start_mock
	printf '%s\n' '{"text":"a"}' '{"text":"[[mock:drop]]"}' >in
	ends 1
	printf '%s\n' '{"text":"[[mock:400]]"}' '{"text":"[[mock:reset]]"}' >in
	ends 1
}

@test "5 is 5, whatever else did not need an endpoint" {
	start_mock
	printf '%s\n' nonsense '{"text":"[[mock:reset]]"}' '{"text":"x","output":"was there"}' >in
	ends 5 --existing skip
}

@test "6: the input cannot be read, but what was read is answered" {
	start_mock
	try ask -p x -i /proc/self/mem
	[ "$status" -eq 6 ]
	grep -q '^pllm: error\[E-input\]: cannot read /proc/self/mem: ' err
	[ ! -s out ]
	try ask -p x <&-
	[ "$status" -eq 6 ]
	grep -q '^pllm: error\[E-input\]: cannot read standard input: ' err
}

@test "2, and nothing sent: input that is not there, or is no file of records" {
	start_mock
	local wrong
	for wrong in '-i nowhere' '-i .' '-o nowhere/out' '-o .' '--errors nowhere/out' \
		'--key-file nowhere' '--header-file nowhere' '--header-file .' '--key-file .' '--prompt-file nowhere'; do
		# shellcheck disable=SC2086 # words
		try ask $wrong <<<'"x"'
		echo "$wrong"
		[ "$status" -eq 2 ]
		[ "$(flat <err | wc -l)" -eq 1 ]
	done
	[ "$(mock_stat requests)" -eq 0 ]
}

@test "of several, the worst: output before a failed input, a halt before bad keys" {
	start_mock
	records 3 >in
	echo x >>in
	status=0
	ask -p x <in >/dev/full 2>err || status=$?
	[ "$status" -eq 7 ]
	echo '{"text":"[[mock:auth]]"}' >in
	ends 4 --on-error stop
}
