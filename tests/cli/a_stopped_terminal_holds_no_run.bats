#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# ^S stops a terminal: it takes nothing more. What a run shows on it waits; its work does not.

load helper
load terminal

@test "records are asked and written while the terminal of the progress line is stopped" {
	start_mock --latency 200ms
	records 60 >in
	terminal_run 80 24 'ask -p "{{text}}" -j 2 -o out <in'
	terminal_await '/s'
	terminal_type C-s
	[ "$(mock_stat requests)" -lt 60 ]
	await eval '[ "$(cat out out.partial 2>/dev/null | wc -l)" -eq 60 ]'
	[ "$(mock_stat requests)" -eq 60 ]
	terminal_type C-q
	terminal_end
	[ "$status" -eq 0 ]
	echoed out
}

@test "a run is ended by ^C while its terminal is stopped" {
	start_mock --latency 300ms
	records 2000 >in
	terminal_run 80 24 'ask -p "{{text}}" -j 2 -o out <in'
	terminal_await '/s'
	terminal_type C-s
	terminal_type C-c
	terminal_end
	[ "$status" -ne 0 ]
	[ "$(mock_stat requests)" -lt 2000 ]
}

@test "results that stop with their terminal come whole when it goes on" {
	start_mock --latency 50ms
	records 100 >in
	terminal_run 120 24 'ask -p "{{text}}" -j 4 <in'
	terminal_await '"id":'
	terminal_type C-s
	sleep 0.5
	terminal_type C-q
	terminal_end
	[ "$status" -eq 0 ]
	terminal_stream | terminal_erased | grep -a '^{"id"' >lines
	echoed lines
	[ "$(wc -l <lines)" -eq 100 ]
}

@test "a run that is given up at the second ^C leaves no line behind" {
	start_mock --latency 60s
	records 9 >in
	terminal_run 80 24 'trap : INT; ask -p "{{text}}" -o out <in; echo "the next prompt"'
	terminal_await 'in flight'
	terminal_type C-c
	terminal_await 'pllm: stopping'
	terminal_await 'in flight, '
	terminal_type C-c
	terminal_end
	terminal_shows '^the next prompt$'
	(! terminal_shows 'in flight, ')
}
