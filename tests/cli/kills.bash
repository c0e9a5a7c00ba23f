# SPDX-License-Identifier: MIT
# Runs that are killed at random moments, and run again: `load kills` after `load kept`.
#
#	undisturbed OPTIONS...   a whole run over ./in with a cache of its own: ./expected, and how long
#	                         it took in $whole_ms
#	killed OPTIONS...        a run over ./in with c.db into ./part, killed -9 at some moment, and
#	                         looked at; lines of it in $part_n
#	kill_runs KILLS OPTIONS...
#	                         so many times: a fresh cache, a run that is killed, sometimes two or
#	                         three, and then one to the end; prints figures
#
# PLLM_KILLS and PLLM_KILL_RECORDS say how many runs are killed, and how long they are: $kills_n,
# $kill_records_n. A kill may cost what was in flight, and a group of answers that waited to be committed.

jobs=32
group=256

# Before a room is made, which forgets these.
kills_n=${PLLM_KILLS:-6}
kill_records_n=${PLLM_KILL_RECORDS:-5000}

undisturbed() {
	local from=$EPOCHREALTIME to
	rm -f whole.db*
	pllm --endpoint "$URL" -m mock -j "$jobs" --cache whole.db "$@" -i in >expected
	to=$EPOCHREALTIME
	whole_ms=$(((${to/./} - ${from/./}) / 1000))
	mock_reset
}

# At some moment of a run that would take $whole_ms.
some_moment() {
	local ms=$(((RANDOM * 32768 + RANDOM) % (whole_ms + whole_ms / 10 + 1)))
	sleep "$((ms / 1000)).$(printf %03d $((ms % 1000)))"
}

killed() {
	start_pllm --endpoint "$URL" -m mock -j "$jobs" --cache c.db "$@" -i in >part 2>err
	some_moment
	kill -9 "$ASK_PID" 2>/dev/null || true
	{ wait "$ASK_PID" || true; } 2>/dev/null
	lines_hold part in
	part_n=$(wc -l <part)
	is_sound_if_there c.db
	# What was emitted was stored, and is what it will be.
	head -n "$part_n" expected | cmp - part
	head -n "$part_n" in >emitted
	[ "$part_n" -eq 0 ] || asking 0 pllm --endpoint "$URL" -m mock --cache c.db "$@" -i emitted
	cmp part out || [ "$part_n" -eq 0 ]
}

# A file that was begun, and is no database yet, is none of SQLite's business.
is_sound_if_there() {
	[ ! -s "$1" ] || is_sound "$1"
}

kill_runs() {
	local kills=$1 n=0 in_a_row records_n billed over most=0 extra=0
	shift
	records_n=$(wc -l <in)
	undisturbed "$@"
	while [ "$n" -lt "$kills" ]; do
		rm -f c.db*
		mock_reset
		in_a_row=0
		while
			killed "$@"
			n=$((n + 1)) in_a_row=$((in_a_row + 1))
			[ "$n" -lt "$kills" ] && [ $((RANDOM % 3)) -eq 0 ]
		do :; done
		pllm --endpoint "$URL" -m mock -j "$jobs" --cache c.db "$@" -i in >out
		cmp expected out
		is_sound
		await eval '[ "$(mock_stat in_flight)" -eq 0 ]'
		billed=$(mock_stat billed)
		over=$((billed - records_n))
		echo "kill $n: $part_n lines were out, $billed billed for $records_n records"
		[ "$over" -ge 0 ]
		[ "$over" -le $((in_a_row * (jobs + group))) ]
		extra=$((extra + over))
		[ "$over" -le "$most" ] || most=$over
	done
	note "$n kills of runs over $records_n records ($whole_ms ms): $extra paid twice in all, $most at most"
}
