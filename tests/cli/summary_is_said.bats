#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What is said when a run is over, to whom, and the command that asks again for what failed.

load helper

setup() {
	clean_room
	start_mock
	records 20 >in
}

# Each third record is refused once, and answered when it is asked again.
some_fail() {
	awk 'BEGIN { for (i = 1; i <= 30; i++)
		printf "{\"id\":%d,\"text\":\"n %d%s\"}\n", i, i, i % 3 ? "" : "[[mock:500]]" }' >in
}

# The command that the summary of ./err says.
rerun_said() {
	sed -n 's/^pllm:   rerun: //p' err
}

# True if ./out.jsonl holds the answers of all.
is_complete() {
	[ "$(jq -s 'length == 30 and all(.[]; .output == "echo: n \(.id)" and .pllm == null)' "$1")" = true ]
}

# ask, without what is for tests alone, so that the command is as people type it.
once() {
	try pllm --endpoint "$URL" -m mock --retries 0 -p '{{text}}' "$@"
	[ "$status" -eq 1 ]
	grep -qx 'pllm: 10 of 30 records failed' err
	grep -qE '^pllm:   overloaded: 10, first on line 3: ' err
}

# True if the server was asked so often.
asked() {
	[ "$(mock_stat requests)" -eq "$1" ]
}

@test "nobody is there and all is well: not a byte" {
	quietly ask -p '{{text}}' <in
	quietly ask -p '{{text}}' -i in -o o --stats s --metrics-file m
}

@test "a terminal is told how many, and how many tokens; a short run no more" {
	script -qec "'$PLLM' --endpoint '$URL' -m mock -p '{{text}}' -i in -o out 2>&1" /dev/null </dev/null >shown
	cat -v shown
	[ "$(grep -c '^pllm: ' shown)" -eq 2 ]
	grep -qE '^pllm: records:  20 read, 20 answered; [0-9.]+m?s' shown
	grep -qE '^pllm: tokens:   [0-9]+ in, [0-9]+ out' shown
}

@test "-v has it say all, -q nothing" {
	try ask -p '{{text}}' --price-in 1 --price-out 2 -v <in
	grep -qE '^pllm: records:  20 read, 20 answered; ' err
	grep -qx 'pllm: requests: 20' err
	grep -qE '^pllm: tokens:   [0-9]+ in, [0-9]+ out$' err
	grep -qE '^pllm: cost:     \$[0-9.]+ \(prices: --price-in/--price-out\)$' err
	grep -qE '^pllm: latency:  half in [0-9.]+m?s, 90 % in [0-9.]+m?s, 99 % in [0-9.]+m?s$' err
	some_fail
	try ask -p '{{text}}' --retries 0 -q <in
	[ "$status" -eq 1 ]
	[ ! -s err ]
}

@test "retries are told by their reasons" {
	printf '{"text":"%s"}\n' 'a[[mock:500,429@0.01]]' 'b[[mock:503]]' 'c' >in
	try ask -p '{{text}}' -v <in
	[ "$status" -eq 0 ]
	grep -qx 'pllm: requests: 6, 3 of them retries (1 rate_limited, 2 overloaded)' err
}

@test "where answers stream, it is told when they began" {
	printf '{"text":"%s"}\n' 'one two three four five six seven eight' >in
	try ask -p '{{text}}' --stream -v <in
	[ "$status" -eq 0 ]
	grep -q '^pllm: latency: ' err
	stop_mock
	start_mock --chunk-gap 20ms
	try ask -p '{{text}}' --stream -v <in
	[ "$status" -eq 0 ]
	grep -q '^pllm: began: ' err
}

@test "with -o the command that it says completes the file" {
	some_fail
	once -i in -o out.jsonl
	[ ! -e out.jsonl ]
	[ "$(mock_stat requests)" -eq 30 ]
	eval "$(rerun_said)" 2>err
	is_complete out.jsonl
	[ "$(mock_stat requests)" -eq 40 ]
}

@test "with standard output in a file likewise, in its place" {
	some_fail
	once <in
	[ "$(rerun_said)" = "$PLLM --endpoint $URL -m mock --retries 0 -p '{{text}}' --retry-errors -i $PWD/out -o $PWD/out" ]
	eval "$(rerun_said)" 2>err
	is_complete out
	[ "$(mock_stat requests)" -eq 40 ]
}

@test "with --errors the answers go behind the others; into the lines of -o no command puts them" {
	some_fail
	once --errors bad.jsonl <in
	eval "$(rerun_said)" 2>err
	jq -sc 'sort_by(.id) | .[]' out >all
	is_complete all
	stop_mock
	start_mock
	once --errors bad.jsonl -i in -o good.jsonl
	run ! grep rerun: err
}

@test "lines that were text are asked again, too" {
	printf '%s\n' one 'two[[mock:500]]' >in
	try pllm --endpoint "$URL" -m mock --retries 0 -R -p '{{.}}' -i in -o out.jsonl
	[ "$status" -eq 1 ]
	eval "$(rerun_said)"
	[ "$(jq -rs 'map(.output) | join(", ")' out.jsonl)" = 'echo: one, echo: two' ]
}

@test "a pipe's reader is told to put its name in" {
	some_fail
	pllm --endpoint "$URL" -m mock --retries 0 -p '{{text}}' <in 2>err | cat >out
	rerun_said | grep -q -- ' --retry-errors -i OUTPUT -o OUTPUT$'
}

@test "a file that had lines before is not asked about, nor replaced" {
	some_fail
	echo '{"id":"old","text":"of another run"}' >all.jsonl
	pllm --endpoint "$URL" -m mock --retries 0 -p '{{text}}' <in 2>err >>all.jsonl || true
	rerun_said | grep -q -- ' --retry-errors -i OUTPUT -o OUTPUT$'
	stop_mock
	start_mock
	pllm --endpoint "$URL" -m mock --retries 0 -p '{{text}}' <in 2>err >>new.jsonl || true
	rerun_said | grep -q -- ' --retry-errors -i [^ ]*/new.jsonl -o [^ ]*/new.jsonl$'
}

@test "what failed for being no JSON is not asked again" {
	echo '{' >in
	try ask -p '{{text}}' -i in -o out.jsonl
	[ "$status" -eq 1 ]
	grep -q '^pllm:   bad_record: 1, first on line 1: ' err
	run ! grep rerun err
}

@test "of what no run can mend there is no rerun, so that following them comes to an end" {
	printf '%s\n' '{"text":"a"}' '{"text":"b[[mock:400]]"}' '{"text":"c[[mock:500]]"}' 'not json' >in
	try pllm --endpoint "$URL" -m mock --retries 0 -p '{{text}}' -i in -o p.jsonl
	[ "$status" -eq 1 ]
	rerun_said >again
	[ -s again ]
	try eval "$(cat again) --stats s.json"
	[ "$status" -eq 1 ]
	grep -qx 'pllm:   failed before and passed through: 1' err
	run ! grep -e rerun: -e retry-errors err
	[ "$(jq .rerun s.json.partial)" = null ]
	[ "$(jq -r .output p.jsonl.partial | head -n 3)" = $'echo: a\necho: b\necho: c' ]
	# Without --retry-errors they go through likewise.
	try ask -p '{{text}}' -i p.jsonl.partial -o q.jsonl --existing skip
	run ! grep -e rerun: -e retry-errors err
	try ask -r -p '{{text}}' -i p.jsonl.partial --retry-errors
	grep -q 'failed before; its line was no JSON' err
	run ! grep -e rerun: -e 'asks again' err
}

@test "an answer that was cut is cut again: a larger limit is named, and no rerun" {
	echo '{"text":"one two three four five six seven eight"}' >in
	for with in '' '--cache c.db'; do
		# shellcheck disable=SC2086 # two words
		try pllm --endpoint "$URL" -m mock -p '{{text}}' --max-tokens 3 -i in -o p.jsonl $with
		[ "$status" -eq 1 ]
		grep -q '^pllm:   for truncated: a larger --max-tokens, ' err
		run ! grep rerun: err
	done
	mv p.jsonl.partial cut
	quietly pllm --endpoint "$URL" -m mock -p '{{text}}' --max-tokens 30 --cache c.db \
		--retry-errors -i cut -o p.jsonl
}

@test "what a schema refuses is asked again, unless a cache has it: then --refresh is named" {
	echo '{"text":"q[[mock:mismatch=9]]"}' >in
	echo '{"type":"object","required":["a"]}' >schema
	try ask -p '{{text}}' --schema schema --reasks 0 -i in -o p.jsonl
	[ -n "$(rerun_said)" ]
	for with in '' --refresh; do
		# shellcheck disable=SC2086 # or none
		try pllm --endpoint "$URL" -m mock -p '{{text}}' --schema schema --reasks 0 \
			--cache c.db $with -i in -o p.jsonl
		[ "$status" -eq 1 ]
		[ -z "$(rerun_said)" ] || [ "$with" = --refresh ]
		grep -q '^pllm:   for schema_mismatch: --refresh, ' err || [ "$with" = --refresh ]
	done
	[ -n "$(rerun_said)" ]
}

@test "a wrong model, or a wrong key, is not asked for again by a command" {
	stop_mock
	start_mock --strict-model --key right
	export K=right
	try ask --key-env K -m other -p '{{text}}' -i in -o p.jsonl
	[ "$status" -eq 3 ]
	run ! grep -e rerun: -e 'to go on' err
	K=wrong
	try ask --key-env K -p '{{text}}' -i in -o p.jsonl
	[ "$status" -eq 3 ]
	run ! grep -e rerun: -e 'to go on' err
}

@test "what came from a descriptor cannot be had again; where records came from does not matter" {
	some_fail
	try ask --retries 0 --prompt-file <(echo '{{text}}') -i in -o out.jsonl
	[ "$status" -eq 1 ]
	run ! grep rerun: err
	stop_mock
	start_mock
	once -o out.jsonl -i <(cat in)
	eval "$(rerun_said)" 2>err
	is_complete out.jsonl
}

@test "a prompt of several lines is said on one" {
	some_fail
	once -i in -o out.jsonl -s $'Say\n\'it\' 100%, \\\\n\there'
	[ "$(rerun_said | wc -l)" -eq 1 ]
	eval "$(rerun_said) --trace trace" 2>err
	is_complete out.jsonl
	[ "$(jq -r 'select(.line == 3) | .request.messages[0].content' trace)" = $'Say\n\'it\' 100%, \\n\there' ]
}

@test "a run that was stopped says that there is more than was read" {
	mkfifo pipe
	exec {hold}<>pipe
	start_ask -p '{{text}}[[mock:hang]]' --grace 100ms -o out.jsonl <pipe 2>err
	records 3 >&"$hold"
	await asked 3
	kill -INT "$ASK_PID"
	end_of_ask
	exec {hold}>&-
	[ "$status" -eq 130 ]
	cat err
	grep -q '^pllm: 3 of 3 records were not asked, or not to the end$' err
	grep -q '^pllm:   to go on: the same command again; with --cache FILE ' err
	run ! grep rerun: err
}

@test "a file is not read while it is written" {
	cp in f.partial
	try ask -p '{{text}}' -i f.partial -o f
	[ "$status" -eq 2 ]
	grep -q -- '--input f.partial: that is what -o f is written as until the end' err
	cmp in f.partial
	quietly ask -p '{{text}}' -i in -o in
	echoed in
	[ "$(wc -l <in)" -eq 20 ]
}

@test "a run that fails says all that it cost, however short it was and whoever looks" {
	printf '{"text":"%s"}\n' 'a' 'b[[mock:400]]' >in
	try ask -p '{{text}}' -i in -o result
	[ "$status" -eq 1 ]
	grep -q '^pllm: requests: 2$' err
	grep -q '^pllm: tokens: .* in, .* out' err
	grep -q '^pllm: latency: ' err
}
