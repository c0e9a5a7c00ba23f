#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Hopeless runs stop by themselves. Every record that was read leaves its line all the same.

load helper

setup() {
	clean_room
	start_mock
}

# The lines in ./out are those of the first records, each once.
check_out() {
	[ "$(jq -s 'map(.id) == [range(1; length + 1)]' out)" = true ]
}

endless() {
	awk -v text="$1" 'BEGIN { for (i = 1;; i++) printf "{\"id\":%d,\"text\":\"%s\"}\n", i, text }' 2>/dev/null
}

@test "when the first 100 have all failed for reasons of their own, the run ends" {
	try ask -p '{{nosuch}}' < <(endless x)
	[ "$status" -eq 4 ]
	check_out
	[ "$(wc -l <out)" -ge 100 ]
	[ "$(mock_stat requests)" -eq 0 ]
	grep -q '^pllm: all of the first 100 records failed' err
}

@test "99 are not enough, nor are 1000 with one success, and never is never" {
	records 99 >in
	try ask -p '{{nosuch}}' <in
	[ "$status" -eq 1 ]
	{
		echo '{"id":1,"nosuch":1}'
		records 1000 | tail -n +2
	} >in
	try ask -p '{{nosuch}}' -j 1 --window 1 <in
	[ "$status" -eq 1 ]
	[ "$(wc -l <out)" -eq 1000 ]
	records 150 >in
	try ask -p '{{nosuch}}' --halt never <in
	[ "$status" -eq 1 ]
	[ "$(wc -l <out)" -eq 150 ]
}

@test "--halt soon lets what is in flight land" {
	{
		echo '{"id":1,"text":"[[mock:delay:300ms]]"}'
		echo '{"id":2,"text":"[[mock:400]]"}'
		records 500 | tail -n +3
	} >in
	try ask -p '{{text}}' -j 4 --halt soon,fail=1 <in
	[ "$status" -eq 4 ]
	check_out
	[ "$(head -n 1 out | jq -r .output)" = 'echo: ' ]
	[ "$(mock_stat abandoned)" -eq 0 ]
	[ "$(jq -s 'map(select(.pllm.error.code == "cancelled")) | length > 0' out)" = true ]
}

@test "--halt now cuts it off" {
	{
		echo '{"id":1,"text":"[[mock:hang]]"}'
		echo '{"id":2,"text":"[[mock:400]]"}'
		records 500 | tail -n +3
	} >in
	try ask -p '{{text}}' -j 4 --halt now,fail=1 <in
	[ "$status" -eq 4 ]
	check_out
	[ "$(head -n 1 out | jq -r .pllm.error.code)" = cancelled ]
	await test "$(mock_stat in_flight)" -eq 0
}

@test "--halt with a share waits for ten records" {
	awk 'BEGIN { for (i = 1; i <= 1000; i++)
		printf "{\"id\":%d,\"text\":\"%d%s\"}\n", i, i, i % 4 ? "" : "[[mock:400]]" }' >in
	try ask -p '{{text}}' -j 1 --halt soon,fail=30% <in
	[ "$status" -eq 1 ]
	curl -sS -d '' "$BASE/_mock/reset" >/dev/null
	try ask -p '{{text}}' -j 1 --halt soon,fail=20% <in
	[ "$status" -eq 4 ]
	check_out
	[ "$(jq -s 'map(select(.pllm == null or .pllm.error.code == "request_rejected")) | length' out)" -ge 10 ]
}

@test "--on-error stop ends at the first failure, and says so" {
	endless '[[mock:200]]' | head -n 300 | sed 's/"id":5,"text":"/&[[mock:400]]/;s/\[\[mock:400\]\]\[\[mock:200\]\]/[[mock:400]]/' >in
	try ask -p '{{text}}' -j 1 --on-error stop <in
	[ "$status" -eq 4 ]
	check_out
	[ "$(jq -r '.pllm.error.code // "ok"' out | uniq | paste -sd ' ')" = 'ok request_rejected cancelled' ]
	[ "$(jq -r '.pllm.error.code // "ok"' out | grep -c ok)" -eq 4 ]
	grep -q '^pllm: a record failed (--on-error stop)$' err
	[ "$(mock_stat requests)" -eq 5 ]
}

@test "--on-error drop leaves failures out of the output, not out of the exit code" {
	printf '%s\n' '{"id":1,"text":"a"}' bad '{"id":2,"text":"b"}' >in
	try ask -p '{{text}}' --on-error drop <in
	[ "$status" -eq 1 ]
	check_out
	[ "$(wc -l <out)" -eq 2 ]
	grep -q '1 of 3 records failed' err
}

@test "what --halt and --accept do not understand is refused" {
	local wrong
	for wrong in '--halt later,fail=1' '--halt soon' '--halt soon,fail=0' '--halt now,fail=200%' \
		'--accept -1' '--accept 101%' '--accept many' '--accept 1.5'; do
		# shellcheck disable=SC2086 # words
		try ask -p x $wrong </dev/null
		[ "$status" -eq 2 ]
	done
}
