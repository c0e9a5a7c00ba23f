#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# --metrics-file: what Prometheus and its node exporter can read, after each run.

load helper

setup() {
	clean_room
	start_mock
	records 20 >in
}

# The value of a series of ./m.prom, whose labels behind job="pllm" are given.
metric() {
	grep -F "$1{job=\"pllm\"${2:+,$2}} " m.prom | cut -d ' ' -f 2
}

# Prometheus' own tool has nothing to say about it.
is_fine() {
	local promtool said
	promtool=$(program promtool)
	[ "$(tail -c 1 m.prom | od -An -tx1 | tr -d ' ')" = 0a ]
	said=$("$promtool" check metrics <m.prom 2>&1)
	echo "$said"
	[ -z "$said" ]
}

@test "promtool has nothing to say, and the figures are the server's" {
	printf '{"text":"%s"}\n' 'a[[mock:500]]' 'b[[mock:429@0.01]]' 'c[[mock:400]]' >>in
	before=$(date +%s)
	try ask -p '{{text}}' --metrics-file m.prom --price-in 1 --price-out 1 -i in
	[ "$status" -eq 1 ]
	is_fine
	[ "$(metric pllm_records_total 'status="answered"')" = 22 ]
	[ "$(metric pllm_records_total 'status="failed"')" = 1 ]
	[ "$(metric pllm_requests_total 'outcome="answered"')" = 22 ]
	[ "$(metric pllm_requests_total 'outcome="request_rejected"')" = 1 ]
	[ "$(metric pllm_requests_total 'outcome="overloaded"')" = 1 ]
	[ "$(grep '^pllm_requests_total' m.prom | cut -d ' ' -f 2 | paste -sd+ | bc)" -eq "$(mock_stat requests)" ]
	[ "$(metric pllm_retries_total 'reason="rate_limited"')" = 1 ]
	[ "$(metric pllm_tokens_total 'type="input"')" -gt 0 ]
	[ "$(metric pllm_request_duration_seconds_count)" = 22 ]
	[ "$(metric pllm_request_duration_seconds_bucket 'le="+Inf"')" = 22 ]
	[ "$(metric pllm_exit_code)" = 1 ]
	[ "$(metric pllm_last_run_timestamp_seconds)" -ge "$before" ]
	[ "$(metric pllm_last_success_timestamp_seconds)" = 0 ]
	[ "$(metric pllm_cost_usd_total)" != 0 ]
}

@test "runs that end at the same moment are all counted" {
	runs=()
	for _ in 1 2 3 4 5 6 7 8; do
		quietly ask -p '{{text}}' --metrics-file m.prom -i in -o /dev/null &
		runs+=($!)
	done
	wait "${runs[@]}"
	is_fine
	[ "$(metric pllm_records_total 'status="answered"')" = 160 ]
}

@test "counters go on from run to run, gauges are of the last one" {
	quietly ask -p '{{text}}' --metrics-file m.prom -i in
	is_fine
	success=$(metric pllm_last_success_timestamp_seconds)
	[ "$success" -gt 0 ]
	printf '{"text":"%s"}\n' 'c[[mock:400]]' >bad
	sleep 1.1
	try ask -p '{{text}}' --metrics-file m.prom -i bad
	[ "$status" -eq 1 ]
	is_fine
	[ "$(metric pllm_records_total 'status="answered"')" = 20 ]
	[ "$(metric pllm_records_total 'status="failed"')" = 1 ]
	[ "$(metric pllm_run_records 'status="answered"')" = 0 ]
	[ "$(metric pllm_run_records 'status="failed"')" = 1 ]
	[ "$(metric pllm_request_duration_seconds_count)" = 20 ]
	[ "$(metric pllm_last_success_timestamp_seconds)" = "$success" ]
	[ "$(metric pllm_last_run_timestamp_seconds)" -gt "$success" ]
	quietly ask -p '{{text}}' --metrics-file m.prom -i in
	[ "$(metric pllm_records_total 'status="answered"')" = 40 ]
	[ "$(metric pllm_last_success_timestamp_seconds)" -gt "$success" ]
	rm m.prom
	quietly ask -p '{{text}}' --metrics-file m.prom -i in
	[ "$(metric pllm_records_total 'status="answered"')" = 20 ]
}

@test "two jobs share a file, and none loses what the other wrote" {
	printf '{"text":"%s"}\n' 'c[[mock:400]]' >bad
	quietly ask -p '{{text}}' --job-name a --metrics-file m.prom -i in
	quietly ask -p '{{text}}' --job-name 'b "2"' --metrics-file m.prom -i in
	is_fine
	a=$(grep -F 'pllm_last_success_timestamp_seconds{job="a"} ' m.prom)
	grep -qF 'pllm_last_success_timestamp_seconds{job="b \"2\""} 1' m.prom
	try ask -p '{{text}}' --job-name a --metrics-file m.prom -i bad
	[ "$status" -eq 1 ]
	quietly ask -p '{{text}}' --job-name 'b "2"' --metrics-file m.prom -i in
	is_fine
	grep -qxF "$a" m.prom
	grep -qxF 'pllm_exit_code{job="a"} 1' m.prom
	grep -qxF 'pllm_exit_code{job="b \"2\""} 0' m.prom
	grep -qxF 'pllm_records_total{job="a",status="answered"} 20' m.prom
	grep -qxF 'pllm_records_total{job="a",status="failed"} 1' m.prom
	grep -qxF 'pllm_records_total{job="b \"2\"",status="answered"} 40' m.prom
	grep -qxF 'pllm_request_duration_seconds_count{job="b \"2\""} 40' m.prom
	[ "$(grep -c '{job="a"' m.prom)" -eq "$(grep -c '{job="b' m.prom)" ]
}

@test "a full file keeps the jobs that ran last, and that is said" {
	quietly ask -p '{{text}}' --job-name new --metrics-file m.prom -i in
	for i in {1..400}; do
		sed "/^#/d; s/job=\"new\"/job=\"old $i\"/; /last_run/s/ [0-9]*$/ $((1000 - i))/" m.prom
	done >others
	cat m.prom others | head -c 1048000 >full
	[ "$(stat -c %s full)" -eq 1048000 ]
	cp full m.prom
	last=$(grep -o 'job="old [0-9]*"' full | tail -n 1)
	try ask -p '{{text}}' --job-name newer --metrics-file m.prom -i in
	[ "$status" -eq 0 ]
	grep -q 'm.prom is full' err
	[ "$(stat -c %s m.prom)" -le 1048576 ]
	is_fine
	[ "$(grep -c 'job="new"' m.prom)" -eq "$(grep -c 'job="newer"' m.prom)" ]
	[ "$(grep -c 'job="old 1"' m.prom)" -eq "$(grep -c 'job="newer"' m.prom)" ]
	run ! grep -q "$last" m.prom
}

@test "the job may have any name, from the environment, too" {
	local name
	for name in nightly 'a"b\c' $'two\nlines' 'ä ö' $'\xff'; do
		rm -f m.prom
		PLLM_JOB_NAME=$name quietly ask -p '{{text}}' --metrics-file m.prom -i in
		is_fine
	done
	quietly ask -p '{{text}}' --job-name 'a"b' --metrics-file m.prom -i in
	grep -qF 'pllm_exit_code{job="a\"b"} 0' m.prom
}

@test "whatever stands in the file, the next one is fine" {
	local old
	for old in '' garbage 'pllm_records_total{job="pllm",status="answered"} -7' \
		'pllm_request_duration_seconds_bucket{job="pllm",le="0.5"} 99'; do
		printf '%s\n' "$old" >m.prom
		quietly ask -p '{{text}}' --metrics-file m.prom -i in
		is_fine
		[ "$(metric pllm_records_total 'status="answered"')" = 20 ]
	done
	head -c 3000000 /dev/urandom >m.prom
	quietly ask -p '{{text}}' --metrics-file m.prom -i in
	is_fine
}

@test "who may read the old file may read the new one, and nothing else is left" {
	mkdir d
	umask 022
	quietly ask -p '{{text}}' --metrics-file d/m.prom -i in
	[ "$(stat -c %a d/m.prom)" = 644 ]
	chmod 640 d/m.prom
	ln -s d/m.prom link
	quietly ask -p '{{text}}' --metrics-file link -i in
	[ "$(stat -c %a d/m.prom)" = 640 ]
	[ -L link ]
	[ "$(ls d)" = m.prom ]
	grep -qF 'pllm_records_total{job="pllm",status="answered"} 40' d/m.prom
}

@test "a link to a file that is not there yet stays one" {
	mkdir d
	ln -s d/m.prom link.prom
	quietly ask -p '{{text}}' --metrics-file link.prom -i in
	[ -L link.prom ]
	[ "$(ls d)" = m.prom ]
	grep -qF 'pllm_records_total{job="pllm",status="answered"} 20' d/m.prom
	ln -s other loop
	ln -s loop other
	try ask -p '{{text}}' --metrics-file loop -i in
	[ "$status" -eq 2 ]
	[ -L loop ]
}

@test "where it cannot be, nothing is asked; without room there is no output, and the old one stays" {
	try ask -p '{{text}}' --metrics-file no/such/m.prom -i in
	[ "$status" -eq 2 ]
	[ "$(mock_stat requests)" -eq 0 ]
	try ask -p '{{text}}' --metrics-file /dev/full -i in -o result
	[ "$status" -eq 7 ]
	[ ! -e result ]
	quietly ask -p '{{text}}' --metrics-file m.prom -i in
	cp m.prom old
	records 1 >in
	status=0
	(
		ulimit -f 1
		ask -p '{{text}}' --metrics-file m.prom -i in -o result >/dev/null 2>err
	) || status=$?
	cat err
	[ "$status" -eq 7 ]
	cmp m.prom old
	[ ! -e result ]
	[ "$(ls m.prom*)" = m.prom ]
}

@test "an output that cannot get its name is not told as a success" {
	mkdir d
	echo old >d/result
	quietly ask -p '{{text}}' --metrics-file m.prom -i in -o d/result
	success=$(metric pllm_last_success_timestamp_seconds)
	! is_sanitized || skip "a sanitizer has these calls"
	build_rename_fault
	sleep 1.1
	status=0
	LD_PRELOAD=$PWD/rename.so ask -p '{{text}}' --metrics-file m.prom -i in -o d/result 2>err || status=$?
	cat err
	[ "$status" -eq 7 ]
	is_fine
	[ "$(metric pllm_exit_code)" = 7 ]
	[ "$(metric pllm_last_success_timestamp_seconds)" = "$success" ]
	[ "$(metric pllm_records_total 'status="answered"')" = 40 ]
}

# A rename to .../result fails.
build_rename_fault() {
	cat >rename.c <<-'EOF'
		#define _GNU_SOURCE
		#include <dlfcn.h>
		#include <errno.h>
		#include <string.h>
		int rename(const char *from, const char *to)
		{
			int (*next)(const char *, const char *) =
				(int (*)(const char *, const char *))dlsym(RTLD_NEXT, "rename");
			size_t n = strlen(to);
			if (n > 7 && strcmp(to + n - 7, "/result") == 0) {
				errno = EACCES;
				return -1;
			}
			return next(from, to);
		}
	EOF
	"${CC:-cc}" -shared -fPIC -o rename.so rename.c -ldl
}

@test "a dry run has not run, and a trial is no success" {
	try ask -p '{{text}}' --metrics-file m.prom -n --max-tokens 5 -i in
	[ "$status" -eq 0 ]
	[ ! -e m.prom ]
	try ask -p '{{text}}' --metrics-file m.prom --trial 3 -i in
	[ "$status" -eq 0 ]
	[ "$(metric pllm_records_total 'status="answered"')" = 3 ]
	[ "$(metric pllm_last_success_timestamp_seconds)" = 0 ]
}

@test "a killed run leaves the file as it was" {
	quietly ask -p '{{text}}' --metrics-file m.prom -i in
	cp m.prom old
	mkfifo pipe
	exec {hold}<>pipe
	start_ask -p '{{text}}' --metrics-file m.prom <pipe >out 2>err
	records 1 >&"$hold"
	await test -s out
	kill -KILL "$ASK_PID"
	end_of_ask
	exec {hold}>&-
	cmp m.prom old
}
