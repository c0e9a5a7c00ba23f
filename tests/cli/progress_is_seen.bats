#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The line at the bottom of a real terminal, and what stands there instead of one.

load helper
load terminal

# True if just that many lines of the screen are not blank, and each is narrower than that.
screen_has() {
	terminal_screen | LC_ALL=C.UTF-8 awk -v n="$1" -v columns="$2" '
		NF { lines++ }
		length($0) >= columns { exit 1 }
		END { exit lines != n }'
}

# A run that is soon told to come back later, and waits; it is never over.
start_limited() {
	start_mock --rpm 6 --burst 10 --ratelimit-headers none
	records 300 >in
}

# A run of some seconds, of which each third record fails.
start_failing() {
	start_mock --latency 300ms
	records 90 | jq -c 'if .id % 3 == 0 then .text += " [[mock:400]]" else . end' >in
}

# Each line of what was said is a message from its beginning; what is too long for the terminal
# would be folded, so it is wide.
only_messages() {
	[ -s said ] && ! grep -Ev '^(pllm|help): ' said
}

# Each line that was drawn at the bottom, coloured as it was, one after another.
drawn() {
	terminal_stream | LC_ALL=C tr '\r' '\n' | LC_ALL=C sed 's/\x1b\[[CJK]//g'
}

@test "at 80 columns a run that is rate-limited says so, how far it is, and when it will be over" {
	start_limited
	terminal_run 80 10 'ask -p "{{text}}" -i in --total 300 >out'
	terminal_await '^1[0-9]/300 \([3-6]%\) \| .*ETA .* \| rate limited, [0-9]+s left$'
	screen_has 1 80
	terminal_note "rate-limited, 80 columns"
	terminal_type C-c
	terminal_end
}

@test "at 40 columns there is still room for how far, the end and the reason" {
	start_limited
	terminal_run 40 10 'ask -p "{{text}}" -i in --total 300 >out'
	terminal_await '^1[0-9]/300 .* (limited [0-9]+s|rate limited, [0-9]+s left)$'
	screen_has 1 40
	terminal_note "rate-limited, 40 columns"
	terminal_type C-c
	terminal_end
}

@test "the line follows the width of its terminal and leaves nothing behind" {
	start_limited
	terminal_run 100 10 'ask -p "{{text}}" -i in --total 300 >out'
	terminal_await '^1[0-9]/300 \([3-6]%\) .* in flight .* \| rate limited, [0-9]+s left$'
	terminal_resize 40 10
	await eval 'screen_has 1 40 && terminal_shows "^1[0-9]/300 .*limited"'
	terminal_note "after 100 columns became 40"
	terminal_resize 120 10
	terminal_await '^1[0-9]/300 .* in flight .* rate limited, [0-9]+s left$'
	await screen_has 1 120
	terminal_type C-c
	terminal_end
}

@test "after ^C the line is gone, and the last words stand clean" {
	start_limited
	terminal_run 400 20 'ask -p "{{text}}" -i in --total 300 >out'
	terminal_await 'rate limited, [0-9]+s left$'
	terminal_type C-c
	terminal_end
	[ "$status" -eq 130 ]
	terminal_screen | sed 's/^\^C//' >said
	only_messages
	grep -q '^pllm: records: .*300 read, 1[0-9] answered' said
	terminal_note "after ^C"
}

@test "messages and the line never tear each other" {
	start_failing
	terminal_run 400 70 'ask -v -p "{{text}}" -i in --total 90 -j 8 >out'
	terminal_await ' \| [0-9]+ failed \| '
	terminal_screen | sed '$d' >said
	only_messages
	terminal_end
	terminal_history >said
	only_messages
	[ "$(grep -c 'error\[E-' said)" -ge 3 ]
}

@test "failures and what holds the run up are in colour, unless there is to be none" {
	start_failing
	terminal_run 120 60 'ask -p "{{text}}" -i in --total 90 -j 8 >out'
	terminal_end
	drawn | grep -aq $' | \e\[31m[0-9]* failed\e\[0m | '
	stop_mock
	local plain
	for plain in 'NO_COLOR=1 ask' 'ask --color=never'; do
		start_failing
		terminal_run 120 60 "$plain"' -p "{{text}}" -i in --total 90 -j 8 >out'
		terminal_await ' \| [0-9]+ failed \| '
		terminal_note "without colour"
		terminal_end
		terminal_stream >said
		run ! grep -aq $'\e\[[0-9;]*m' said
		stop_mock
	done
}

@test "a dumb terminal is sent no control characters" {
	start_failing
	terminal_run 200 60 'TERM=dumb ask -p "{{text}}" -i in --total 90 -j 8 >out'
	terminal_end
	terminal_stream | tr -d '\r' >said
	only_messages
	! LC_ALL=C grep -aq '[^ -~]' said
}

@test "a locale without UTF-8 is sent ASCII, one with it gets a bar of blocks" {
	start_mock --latency 400ms
	records 30 >in
	terminal_run 200 10 'LC_ALL=C ask -p "{{text}}" -i in --total 30 -j 8 >out'
	terminal_await '^\[#*-*\] \| [0-9]+ of 30 records'
	terminal_end
	terminal_stream >said
	LC_ALL=C run ! grep -aq $'[\x80-\xff]' said
	terminal_run 200 10 'ask -p "{{text}}" -i in --total 30 -j 8 >out'
	terminal_await '^(█|░)+ \| [0-9]+ of 30 records'
	terminal_end
}

# As many per cent as records of a hundred, give or take what the numbers in them are longer.
bytes_tell() {
	drawn | awk 'match($0, /^[0-9]+ records \([0-9]+%\)/) {
			lines++
			split(substr($0, RSTART, RLENGTH), part, / records \(|%/)
			wrong += part[2] > part[1] || part[2] < part[1] - 3
			has_end += / \| ETA 0:0[0-9] \| /
		}
		END { exit !(lines > 3 && has_end && !wrong) }'
}

@test "of a regular file the bytes say how far it is; of a pipe only what is done is known" {
	start_mock --latency 400ms
	records 100 >in
	terminal_run 100 10 'ask -p "{{text}}" -i in -j 20 >out'
	terminal_end
	bytes_tell
	terminal_run 100 10 'ask -p "{{text}}" <in -j 20 >out'
	terminal_end
	bytes_tell
	terminal_run 100 10 'cat in | ask -p "{{text}}" -j 20 >out'
	terminal_end
	drawn | grep -q '^[0-9]* records | '
	! drawn | grep -q 'ETA\|%'
}

@test "a run that is over before 300 ms shows no line" {
	start_mock
	records 3 >in
	# A loaded machine may make it longer.
	for _ in {1..10}; do
		terminal_run 80 10 'ask -p "{{text}}" -i in --stats stats >out'
		terminal_end
		jq -e '.wall_ms < 300' stats && break
	done
	terminal_stream >said
	! grep -aq $'\e\|in flight' said
}

@test "it is gone when all is done, and the summary begins where it stood" {
	start_mock --latency 600ms
	records 20 >in
	terminal_run 120 10 'ask -p "{{text}}" -i in -j 10 >out'
	terminal_await 'at -j 10$'
	terminal_end
	[ "$status" -eq 0 ]
	terminal_screen >said
	only_messages
	terminal_note "when all is done"
}

@test "where stderr is no terminal nothing is said of a run in which all is well" {
	start_mock --latency 500ms
	records 20 >in
	quietly ask -p '{{text}}' -i in -j 10
}

@test "with -q a terminal is sent nothing" {
	start_mock --latency 600ms
	records 20 >in
	terminal_run 100 10 'ask -q -p "{{text}}" -i in -j 10 >out'
	terminal_end
	[ "$status" -eq 0 ]
	[ -z "$(terminal_stream)" ]
}

@test "records that are typed are asked for, and no line tears them" {
	start_mock --latency 600ms
	terminal_run 100 10 'ask -p "{{text}}" >out'
	terminal_await '^pllm: reading records from the terminal, a line each; \^D ends them$'
	terminal_type '{"text":"a"}' Enter
	await test -s out
	terminal_type C-d
	terminal_end
	[ "$status" -eq 0 ]
	drawn >said
	run ! grep -a 'in flight\|at -j\|waiting' said
}

@test "where stages share a pipe only, not a terminal, messages have no control characters" {
	start_mock
	records 3 >in
	(cat in | ask -p '{{nope}}' | cat >out) 2>err || true
	[ "$(grep -c 'error\[E-template\]' err)" -ge 1 ]
	LC_ALL=C run ! grep '[^ -~]' err
}

@test "JSON is an object a second, the last with all that was done" {
	start_mock --latency 2500ms
	# As many as are tried at once before anything is known: a first look may come at any time.
	records 10 >in
	try ask -p '{{text}}' -i in -j 10 --total 10 --progress=json --price-in 1 --price-out 2
	[ "$status" -eq 0 ]
	echoed out
	jq -es 'length >= 3 and all(.[]; .type == "progress" and .total == 10 and .jobs == 10)' err
	jq -es 'map(.final) | .[-1] and (.[:-1] | any | not)' err
	jq -es '.[0] | .elapsed_s >= 1 and .done == 0 and .in_flight == 10 and
		.waiting_for == "jobs" and .eta_s == null' err
	jq -es '.[-1] | .done == 10 and .ok == 10 and .failed == 0 and .share == 1 and
		.in_flight == 0 and .requests == 10 and .tokens.output == 30 and .cost > 0 and
		.waiting_for == null and .elapsed_s >= 2.5' err
}

@test "a short run says its one object, whatever became of it" {
	start_mock
	records 3 | jq -c '.text += " [[mock:400]]"' >in
	try ask -q -p '{{text}}' -i in --progress=json
	[ "$status" -eq 1 ]
	jq -es 'length == 1 and 
		(.[0] | .final and .done == 3 and .failed == 3 and .ok == 0 and .share == 1)' err
}

@test "plain lines come as often as --stats-every says, without control characters, and not with -q" {
	start_mock --latency 400ms
	records 30 >in
	try ask -p '{{text}}' -i in -j 10 --total 30 --stats-every 250ms
	[ "$status" -eq 0 ]
	[ "$(grep -Ec '^pllm: [0-9]+ of 30 records \([0-9]+%\), .*10 in flight.*, at -j 10$' err)" -ge 3 ]
	LC_ALL=C run ! grep -q '[^ -~]' err
	quietly ask -q -p '{{text}}' -i in -j 10 --total 30 --stats-every 250ms
}

@test "a line that is asked for where none can be drawn is a plain one" {
	start_mock --latency 400ms
	records 30 >in
	try ask -p '{{text}}' -i in -j 10 --progress=always --color=always --stats-every 250ms
	[ "$status" -eq 0 ]
	grep -q '^pllm: [0-9]* records ([0-9]*%), ' err
	! LC_ALL=C grep -q '[^ -~]' err
}

@test "a reader that is slow is named as the reason" {
	start_mock
	records 20000 >in
	terminal_run 100 10 'ask -p "{{text}}" -i in | (echo $BASHPID >reader; exec sleep 1000)'
	terminal_await 'waiting for output$'
	kill "$(cat reader)"
	terminal_end
}

@test "of two stages in a pipeline one has the line, and the other when that is over; nothing is torn" {
	start_mock --latency 100ms
	records 120 | jq -c 'if .id % 9 == 0 then .text += " [[mock:400]]" else . end' >in
	terminal_run 300 40 'echo pllm: begins; ask -v -j 4 -a one -p "{{text}}" -i in | (sleep 1; ask -v -j 2 -a two -p "{{text}}") >out'
	terminal_await '[0-9]+/4 in flight'
	terminal_end
	[ "$(wc -l <out)" -eq 120 ]
	# One after the other, and never in turns.
	[ "$(drawn | grep -oE '/[24] in flight' | uniq | tr '\n' ' ')" = '/4 in flight /2 in flight ' ]
	terminal_history >said
	only_messages
}

@test "a stage without the line erases that of another, before or behind it, when it speaks" {
	start_mock --latency 400ms
	records 9 >in
	terminal_run 200 40 'echo pllm: begins; (until [ -e go ]; do sleep 0.05; done
		ask --progress=never -p "{{nope}}" -i in) | ask -p "{{text}}" --total 9 >out'
	terminal_await ' of 9 records '
	touch go
	terminal_end
	terminal_history >said
	grep -q 'error\[E-template\]' said
	run ! grep ' | ' said
	terminal_run 200 40 'echo pllm: begins; ask -j 1 -p "{{text}}" -i in --total 9 |
		ask --progress=never -p "{{nope}}" --existing replace >out'
	terminal_end
	terminal_history >said
	grep -q 'error\[E-template\]' said
	run ! grep ' | ' said
}

@test "stages that have names are told apart, in messages and in the line" {
	start_mock --latency 100ms
	records 40 | jq -c 'if .id == 9 then .text += " [[mock:400]]" else . end' >in
	(
		ask --job-name first -v -j 4 -a one -p "{{text}}" -i in |
			ask --job-name second -v -j 2 -a two -p "{{text}}" >out
	) 2>err || true
	[ "$(wc -l <out)" -eq 40 ]
	grep -q '^pllm\[first\]: line 9: error\[E-request_rejected\]: ' err
	grep -q '^pllm\[first\]: records:  40 read, 39 answered, 1 failed' err
	grep -q '^pllm\[second\]: records:  40 read, ' err
	run ! grep -v '^pllm\[first\]: \|^pllm\[second\]: \|^help: ' err
	terminal_run 100 10 'ask --job-name first -j 2 -p "{{text}}" -i in >out'
	terminal_await '^first \| [0-9]+ .* in flight'
	terminal_end
}

@test "who sends a run to the background types undisturbed" {
	start_mock --latency 300ms
	records 40 >in
	terminal_run 100 10 'set -m; ask -j 4 -p "{{text}}" -i in >out & wait'
	terminal_end
	[ "$(wc -l <out)" -eq 40 ]
	drawn >said
	run ! grep -a ' in flight' said
}

@test "what a stop leaves unasked is not done, and a run that was stopped has no speed and no end" {
	start_mock --latency 400ms
	records 300 >in
	try ask -p '{{text}}' -i in -j 10 --total 300 --max-duration 1500ms --grace 5s --progress=json
	[ "$status" -ne 0 ]
	grep -v '^pllm' err >objects
	jq -es '.[0] | .done == .ok and .done > 0 and .records_per_s > 0 and .eta_s > 0' objects
	jq -es '.[-1] | .final and .cancelled > 0 and .done == .ok and .done < 100 and
		.share < 0.34 and .records_per_s == null and .eta_s == null' objects
}

@test "after ^C the line counts what is done, and not what is left" {
	start_mock --latency 2500ms
	records 3000 >in
	terminal_run 80 10 'ask -p "{{text}}" -i in -j 10 --total 3000 >out'
	terminal_await '^10(/| of )3,000 .* \| at -j 10$'
	terminal_type C-c
	terminal_await '^10(/| of )3,000 [^%]*\(0%\) [^%]* \| ending, 10 in flight'
	terminal_end
	terminal_shows 'records: .* 20 answered'
}

@test "a total that turns out too small is none, and that is said once at the end" {
	start_mock --latency 300ms
	records 90 >in
	terminal_run 120 10 'ask -p "{{text}}" -i in -j 8 --total 20 >out'
	terminal_await 'in flight'
	terminal_end
	drawn >said
	[ "$(grep -c -- '--total said 20, and there were 90 records$' said)" -eq 1 ]
	[ "$(grep -acE '^(2[1-9]|[3-9][0-9])(/| of )20' said)" -eq 0 ]
	try ask -p '{{text}}' -i in -j 90 --total 20 --progress=json
	jq -es '.[-1] | .done == 90 and .total == null and .share == 1' err
}

@test "of a trial the total is not known: --total is that of the input" {
	start_mock
	records 90 >in
	try ask -p '{{text}}' -i in --trial 5 --total 90 --progress=json
	grep '^{' err | jq -es '.[-1] | .done == 5 and .total == null'
}

# A run in a shell that has jobs, and what follows when it has been stopped. A subshell has none.
start_job() {
	printf '%s\n' 'set -m' "$1 >out" 'echo "stopped by $?"' "$2" >job
	terminal_run 100 20 'exec bash ./job'
}

# How many lines were scrolled off the screen.
scrolled_n() {
	terminal_do display-message -p '#{history_size}'
}

# True if the line was drawn that often.
drawn_times() {
	[ "$(drawn | grep -ac '^[0-9]*/300 ')" -ge "$1" ]
}

@test "on the first row of the screen the line leaves no copies in what was scrolled off" {
	start_limited
	terminal_run 80 12 'ask -p "{{text}}" -i in --total 300 >out'
	terminal_await '^1[0-9]/300 .* \| rate limited, [0-9]+s left$'
	await drawn_times 9
	[ "$(scrolled_n)" -eq 0 ]
	terminal_type C-c
	terminal_end
	[ "$(scrolled_n)" -eq 0 ]
}

@test "nor does it when another stage erases it" {
	start_limited
	terminal_run 300 40 '(until [ -e go ]; do sleep 0.05; done
		ask --progress=never -p "{{nope}}" -i in) | ask -p "{{text}}" --total 300 >out'
	terminal_await ' of 300 records '
	touch go
	terminal_end
	terminal_shows 'error\[E-template\]'
	[ "$(scrolled_n)" -eq 0 ]
}

@test "nor does it when the run is stopped" {
	start_limited
	start_job '(echo $BASHPID >pid; exec "$PLLM" --endpoint "$URL" -m mock -p "{{text}}" -i in --total 300)' \
		'until [ -e go_on ]; do sleep 0.1; done; kill -9 %1'
	terminal_await 'rate limited, [0-9]+s left$'
	kill -TSTP "$(cat pid)"
	terminal_await 'stopped by 148$'
	[ "$(scrolled_n)" -eq 0 ]
	touch go_on
	terminal_end
}

@test "^Z takes the line away, and fg brings it back" {
	start_limited
	start_job '"$PLLM" --endpoint "$URL" -m mock -p "{{text}}" -i in --total 300' \
		'until [ -e go_on ]; do sleep 0.1; done; fg %1'
	terminal_await 'rate limited, [0-9]+s left$'
	terminal_type C-z
	terminal_await 'stopped by 148$'
	terminal_screen >said
	run ! grep 'rate limited\|/300' said
	touch go_on
	terminal_await '^1[0-9]/300 .* rate limited, [0-9]+s left$'
	terminal_type C-c
	terminal_end
}

@test "a run that is stopped and goes on in the background leaves the screen alone" {
	start_mock --latency 300ms
	records 60 >in
	start_job '"$PLLM" --endpoint "$URL" -m mock -p "{{text}}" -i in -j 4 --total 60' 'bg %1; wait'
	terminal_await 'at -j 4$'
	terminal_type C-z
	terminal_end
	[ "$(wc -l <out)" -eq 60 ]
	terminal_stream | tr '\r' '\n' | sed '1,/stopped by 148/d' >said
	grep -aq '^pllm: records: .* 60 answered' said
	run ! grep -a ' in flight\|at -j' said
}

@test "messages behind half a line of the output begin on a new one" {
	start_mock
	records 3 >in
	terminal_run 100 20 'ask -p "{{text}}" -i in --raw-output0 --unordered'
	terminal_end
	terminal_screen >said
	grep -q '^pllm: records: ' said
	run ! grep '[^ ]pllm: ' said
}
