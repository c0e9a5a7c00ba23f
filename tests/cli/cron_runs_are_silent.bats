#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# As cron has it: no HOME, no terminal, hardly an environment, and standard input closed. What is
# said is mailed to somebody: nothing when all is well, and when not, enough to know what to do.

load helper

setup() {
	clean_room
	start_mock
	records 20 >in
}

# Runs pllm so; what cron would mail is in ./mail.
cron() {
	status=0
	env -i ${TEST_MARK:+TEST_MARK="$TEST_MARK"} ${ASAN_OPTIONS:+ASAN_OPTIONS="$ASAN_OPTIONS"} \
		"$PLLM" --endpoint "$URL" -m mock "$@" <&- >mail 2>&1 3>&- 4>&- || status=$?
	echo "status $status"
	cat mail
}

@test "all is well: no mail" {
	cron -p '{{text}}' -i in -o out --errors bad --stats s --metrics-file m --cache c.db
	[ "$status" -eq 0 ]
	[ ! -s mail ]
	echoed out
	[ -e s ]
	[ -e m ]
	cron -p '{{text}}' -i in -o out --errors bad --stats s --metrics-file m --cache c.db
	[ "$status" -eq 0 ]
	[ ! -s mail ]
}

@test "retries that helped are no news" {
	printf '{"id":1,"text":"%s"}\n' 'n 1[[mock:500,429@0.01]]' >in
	cron -p '{{text}}' -i in -o out
	[ "$status" -eq 0 ]
	[ ! -s mail ]
}

@test "some failed: how many, why, the first line of each kind, where the output is, and what to do" {
	printf '{"text":"%s"}\n' 'a[[mock:400]]' 'b' 'c[[mock:500]]' >>in
	cron -p '{{text}}' -i in -o out --retries 0
	[ "$status" -eq 1 ]
	grep -qx 'pllm: 2 of 23 records failed' mail
	grep -qE '^pllm:   request_rejected: 1, first on line 21: HTTP 400' mail
	grep -qE '^pllm:   overloaded: 1, first on line 23: HTTP 500' mail
	grep -qE '^pllm: records:  23 read, 21 answered, 2 failed; ' mail
	grep -qF 'out was not made; what was written is in out.partial' mail
	[ "$(wc -l <mail)" -le 12 ]
	run ! env LC_ALL=C grep -q $'[\x01-\x08\x0b-\x1f]' mail
	eval "$(sed -n 's/^pllm:   rerun: //p' mail)" 2>err
	[ "$(jq -s 'map(select(.output and .pllm == null)) | length' out)" -eq 23 ]
}

@test "nobody answers: what was tried, and that it may help to try again" {
	stop_mock
	cron -p '{{text}}' -i in -o out --give-up 300ms
	[ "$status" -eq 5 ]
	[ -s mail ]
	[ "$(wc -l <mail)" -le 15 ]
	grep -qE '^pllm: .*(transport|connect)' mail
}

@test "without -i there is nothing to read, and that is said" {
	cron -p '{{text}}' -o out
	[ "$status" -eq 6 ]
	grep -q '^pllm: ' mail
}

@test "a wrong command line is told in a line or two" {
	cron -p '{{text}}' -i in --stat s
	[ "$status" -eq 2 ]
	[ "$(wc -l <mail)" -le 2 ]
	grep -q -- '--stats' mail
}
