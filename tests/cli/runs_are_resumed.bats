#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# With --cache the same command again goes on where a run was stopped, however it was: what was paid
# is not paid again, and what comes out is what would have come out. PLLM_KILLS says how many runs
# are killed, PLLM_KILL_RECORDS how long they are.

load helper
load vectors
load kept
load kills

setup() {
	clean_room
	start_mock --quiet
}

@test "killed at random moments, a run goes on to the very output of one that was not" {
	records "$kill_records_n" >in
	kill_runs "$kills_n" -p '{{text}}'
}

@test "killed at random moments: of vectors, in packs" {
	texts 3000 >in
	jobs=4
	whole_ms=0
	local n before
	quietly embed --cache whole.db --batch-items 20 -i in
	mv out expected
	for n in 1 2 3 4; do
		rm -f c.db*
		mock_reset
		start_embed --cache c.db --batch-items 20 -j "$jobs" -i in >part 2>err
		sleep "0.$((RANDOM % 4))$((RANDOM % 10))"
		kill -9 "$ASK_PID" 2>/dev/null || true
		{ wait "$ASK_PID" || true; } 2>/dev/null
		head -n "$(wc -l <part)" expected | cmp - part
		quietly embed --cache c.db --batch-items 20 -i in
		cmp expected out
		await eval '[ "$(mock_stat in_flight)" -eq 0 ]'
		[ "$(mock_stat embedded)" -le $((3000 + jobs * 20 + group)) ]
		is_sound
	done
}

@test "killed at each of the first calls that write to the file, from its making on" {
	build_fault fail
	records 40 >in
	local n
	for n in {1..6} 10 14 18 22 26 30 {33..60}; do
		rm -f c.db*
		failing FAIL_CALL=disk FAIL_ERRNO=0 FAIL_NTH="$n" -- -j 4 -p '{{text}}' -i in
		[ ! -e seen ] || [ "$status" -eq 137 ]
		lines_hold out in
		head -n "$(wc -l <out)" in >emitted
		[ ! -s emitted ] || asking 0 kept -p '{{text}}' -i emitted
		quietly kept -p '{{text}}' -i in
		echoed out
		[ "$(wc -l <out)" -eq 40 ]
		is_sound
		[ "$(entries)" -eq 40 ]
	done
}

@test "two runs share a cache from both ends, are killed, and go on" {
	local kills=3 n records_n=3000 tries=0 pids
	records "$records_n" >in
	tac in >reversed
	undisturbed -p '{{text}}'
	for ((n = 0; n < kills; n++)); do
		start_pllm --endpoint "$URL" -m mock -j "$jobs" --cache c.db -p '{{text}}' -i in >part 2>err
		pids=$ASK_PID
		start_pllm --endpoint "$URL" -m mock -j "$jobs" --cache c.db -p '{{text}}' -i reversed >part2 2>err2
		whole_ms=$((whole_ms / 2)) some_moment
		kill -9 "$pids" "$ASK_PID" 2>/dev/null || true
		{ wait "$pids" "$ASK_PID" || true; } 2>/dev/null
		lines_hold part in
		lines_hold part2 reversed
		is_sound_if_there c.db
	done
	start_pllm --endpoint "$URL" -m mock -j "$jobs" --cache c.db -p '{{text}}' -i in >out 2>err
	pids=$ASK_PID
	quietly kept -j "$jobs" -p '{{text}}' -i reversed -o out2
	wait "$pids"
	[ ! -s err ]
	cmp expected out
	cmp <(tac expected) out2
	is_sound
	[ "$(entries)" -eq "$records_n" ]
	await eval '[ "$(mock_stat in_flight)" -eq 0 ]'
	note "two runs, killed $kills times: $(mock_stat billed) billed for $records_n records"
	# Where they meet, as many may be asked twice as are in a window, or wait for a commit.
	[ "$(mock_stat billed)" -le $((records_n + (2 * kills + 2) * (4 * jobs + group))) ]
}

@test "make -j4: four targets on one cache, each call made once, or twice if at the same time" {
	local i
	records 600 >all
	for i in 0 1 2 3; do
		# Each begins elsewhere.
		{ tail -n "+$((i * 150 + 1))" all && head -n $((i * 150)) all; } >"in$i"
	done
	printf 'all: out0 out1 out2 out3\nout%%: in%%\n\t"$(PLLM)" --endpoint $(URL) -m mock -q -j 8 --cache c.db -p "{{text}}" -i $< -o $@\n' >Makefile
	# It may be run by a make, which is none of this one's business.
	unset MAKEFLAGS MFLAGS MAKELEVEL
	quietly make -s -j4 PLLM="$PLLM" URL="$URL" 3>&- 4>&-
	note "make -j4: $(mock_stat requests) requests for 600 calls wanted by four targets"
	[ "$(mock_stat requests)" -ge 600 ]
	[ "$(mock_stat requests)" -le 1200 ]
	for i in 0 1 2 3; do
		[ "$(jq -sc 'all(.[]; .output == "echo: \(.text)") and length == 600' "out$i")" = true ]
		cmp <(jq .id "in$i") <(jq .id "out$i")
	done
	is_sound
	[ "$(entries)" -eq 600 ]
	rm out?
	asking 0 make -s -j4 PLLM="$PLLM" URL="$URL" 3>&- 4>&-
}

@test "a signal: what flies lands and is kept, and the same command completes the run" {
	local signal
	start_mock --quiet --latency 300ms
	records 40 >in
	for signal in INT TERM HUP; do
		rm -f c.db*
		mock_reset
		start_pllm --endpoint "$URL" -m mock --cache c.db -j 4 -p '{{text}}' -i in >part 2>err
		await eval '[ "$(mock_stat billed)" -ge 6 ]'
		kill -s "$signal" "$ASK_PID"
		end_of_ask
		[ "$status" -eq $((128 + $(kill -l "$signal"))) ]
		lines_hold part in
		[ "$(mock_stat billed)" -lt 40 ]
		[ "$(entries)" -eq "$(mock_stat billed)" ]
		[ "$(jq -r 'select(.output) | .id' part | wc -l)" -eq "$(mock_stat billed)" ]
		quietly kept -j 8 -p '{{text}}' -i in
		echoed out
		[ "$(mock_stat requests)" -eq 40 ]
		is_sound
	done
}

@test "two signals: what was emitted is stored" {
	start_mock --quiet --latency 300ms
	records 40 >in
	start_pllm --endpoint "$URL" -m mock --cache c.db -j 4 -p '{{text}}' -i in >part 2>err
	await eval '[ "$(mock_stat billed)" -ge 6 ]'
	kill -s INT "$ASK_PID"
	kill -s TERM "$ASK_PID"
	end_of_ask
	[ "$status" -eq 130 ]
	lines_hold part in
	jq -c 'select(.output) | {id, text}' part >emitted
	asking 0 kept -p '{{text}}' -i emitted
	quietly kept -j 8 -p '{{text}}' -i in
	echoed out
	[ "$(mock_stat billed)" -le 44 ]
	is_sound
}

@test "a run that is stopped by --max-duration, --halt or a reader that went is completed" {
	start_mock --quiet --latency 100ms
	records 60 >in
	try kept -j 4 -p '{{text}}' --max-duration 400ms -i in
	[ "$status" -eq 9 ]
	[ "$(entries)" -eq "$(mock_stat billed)" ]
	status=0
	kept -j 4 -p '{{text}}' -i in 2>err | head -n 20 >out || true
	[ "$(wc -l <out)" -eq 20 ]
	[ "$(mock_stat billed)" -lt 60 ]
	quietly kept -j 8 -p '{{text}}' -i in
	echoed out
	# Who goes while answers are on their way does not get them.
	[ "$(mock_stat billed)" -le 64 ]
}

@test "-o appears once all is there, however often it is tried" {
	start_mock --quiet --latency 20ms
	records 100 >in
	local n
	for n in 1 2 3; do
		start_pllm --endpoint "$URL" -m mock --cache c.db -j 4 -p '{{text}}' -i in -o result 2>err
		await eval "[ \"\$(mock_stat billed)\" -ge $((n * 20)) ]"
		kill -9 "$ASK_PID" 2>/dev/null
		{ wait "$ASK_PID" || true; } 2>/dev/null
		[ ! -e result ]
	done
	quietly kept -j 4 -p '{{text}}' -i in -o result
	echoed result
	[ "$(wc -l <result)" -eq 100 ]
	[ "$(mock_stat billed)" -le $((100 + 3 * (4 + 256))) ]
}

@test "steps of which some were answered before the kill" {
	start_mock --quiet --latency 20ms
	records 60 >in
	local chain=(-p a='{{text}}' -p b='{{a}} again' -p c='{{b}} {{id}}') n
	quietly pllm --endpoint "$URL" -m mock --cache whole.db "${chain[@]}" -i in
	mv out expected
	mock_reset
	for n in 1 2 3; do
		start_pllm --endpoint "$URL" -m mock --cache c.db -j 4 "${chain[@]}" -i in >part 2>err
		await eval "[ \"\$(mock_stat billed)\" -ge $((n * 40)) ]"
		kill -9 "$ASK_PID" 2>/dev/null
		{ wait "$ASK_PID" || true; } 2>/dev/null
		head -n "$(wc -l <part)" expected | cmp - part
	done
	quietly kept "${chain[@]}" -i in
	cmp expected out
	note "a chain killed three times: $(mock_stat billed) billed for 180 calls"
	[ "$(mock_stat billed)" -le $((180 + 3 * (4 + 256))) ]
}

@test "reductions that were killed between their levels" {
	start_mock --quiet --latency 20ms
	jq -nc 'range(1; 201) | {text: "text \(.)", group: (. % 3)}' >in
	local combine=(--item '{{text}}' -p 'of {{key}}: {{items}}' --by group --fan-in 4) n
	quietly pllm reduce --endpoint "$URL" -m mock --cache whole.db "${combine[@]}" -i in
	mv out expected
	local calls
	calls=$(mock_stat requests)
	mock_reset
	for n in 1 2 3; do
		start_pllm reduce --endpoint "$URL" -m mock --cache c.db -j 4 "${combine[@]}" -i in >part 2>err
		await eval "[ \"\$(mock_stat billed)\" -ge $((n * 20)) ]"
		kill -9 "$ASK_PID" 2>/dev/null
		{ wait "$ASK_PID" || true; } 2>/dev/null
		head -n "$(wc -l <part)" expected | cmp - part
	done
	quietly pllm reduce --endpoint "$URL" -m mock --cache c.db "${combine[@]}" -i in
	cmp expected out
	note "a reduction killed three times: $(mock_stat billed) billed for $calls calls"
	[ "$(mock_stat billed)" -le $((calls + 3 * (4 + 256))) ]
	is_sound
}

@test "records that come through a pipe, while others are already settled" {
	mkfifo slow
	{
		records 20
		await test -e stored
		echo '{"id":21,"text":"n 21"}'
	} >slow 3>&- 4>&- &
	start_pllm --endpoint "$URL" -m mock --cache c.db -p '{{text}}' <slow >out 2>err
	# What is settled leaves although more is to come: its commit is not waited for by hand.
	await eval '[ "$(wc -l <out)" -eq 20 ]'
	[ "$(sqlite3 -readonly c.db 'select count(*) from sqlite_master')" -gt 0 ]
	touch stored
	end_of_ask
	[ "$status" -eq 0 ]
	echoed out
}
