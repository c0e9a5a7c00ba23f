#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# pllm reduce: many records become one per group, by a tree of calls that depends on nothing but the
# input. The tree in all its shapes: tests/unit/fold_test.c.

load helper
load recorder

reduce() {
	pllm reduce --endpoint "$URL" -m mock "$@"
}

start_reduce() {
	start_pllm reduce --endpoint "$URL" -m mock "$@"
}

# N items of the groups 0 ... GROUPS - 1, in turn.
items() {
	awk -v n="$1" -v groups="$2" 'BEGIN { for (i = 1; i <= n; i++)
		printf "{\"id\":%d,\"g\":\"g%d\",\"text\":\"<%d>\"}\n", i, (i - 1) % groups, i }'
}

# The numbers of all items in an answer that echoes its prompts, in their order.
numbers() {
	jq -c '[.output | scan("<[0-9]+>") | .[1:-1] | tonumber]' "$@"
}

@test "one record for each group: its key, its count, its levels and the answer" {
	start_mock --quiet
	cat >in <<-'END'
		{"lang":"en","output":"one"}
		{"lang":"de","output":"eins"}
		{"lang":"en","output":"two"}
	END
	quietly reduce --by .lang --item '- {{output}}' -p 'Merge these about {{key}}:\n{{items}}' --fan-in 8 <in
	diff <(jq -c . out) - <<-'END'
		{"key":"en","count":2,"levels":1,"output":"echo: Merge these about en:\n- one\n- two"}
		{"key":"de","count":1,"levels":1,"output":"echo: Merge these about de:\n- eins"}
	END
	[ "$(mock_stat requests)" -eq 2 ]
}

@test "without --by all records are one group, whose key is null" {
	start_mock --quiet
	items 5 3 >in
	quietly reduce --item '{{text}}' -p '{{key}}|{{items}}' -a all <in
	[ "$(jq -c . out)" = '{"key":null,"count":5,"levels":1,"all":"echo: null|<1>\n<2>\n<3>\n<4>\n<5>"}' ]
}

@test "without --item an item is all of the record" {
	start_mock --quiet
	printf '%s\n' '{"a": 1.10}' '[2]' '"three"' >in
	quietly reduce -p '{{items}}' <in
	[ "$(jq -r .output out)" = $'echo: {"a": 1.10}\n[2]\nthree' ]
}

@test "more than --fan-in items are combined level by level, each once and in order" {
	start_recorder
	items 100 1 >in
	quietly reduce --item '{{text}}' -p '({{items}})' --fan-in 4 --meta <in
	[ "$(numbers out)" = "$(jq -nc '[range(1; 101)]')" ]
	# 25 packs of leaves, 7 with the last left over alone ..., until one is left.
	[ "$(jq -c '[.count, .levels]' out)" = '[100,4]' ]
	await eval '[ "$(bodies | wc -l)" -eq "$(mock_stat requests)" ]'
	[ "$(jq .pllm.attempts out)" -eq "$(mock_stat requests)" ]
	prompts >asked
	# Of the leaves each is in exactly one pack of four.
	[ "$(jq -sc '[.[] | select(contains("echo") | not) | [scan("<[0-9]+>")]] | [length, (map(length) | unique), (add | unique | length), (add | length)]' asked)" = \
		'[25,[4],100,100]' ]
	# Of the answers each is in exactly one pack of the next level, or is the last.
	[ "$(jq -s '[.[] | split("\n")[] | select(startswith("(echo: ") or startswith("echo: "))] | length >= 24' asked)" = true ]
}

@test "a group of one item is combined once, and one that just fills a pack as well" {
	start_mock --quiet
	items 8 1 >in
	quietly reduce --item '{{text}}' -p '({{items}})' --fan-in 8 <in
	[ "$(jq -c '[.count, .levels]' out)" = '[8,1]' ]
	[ "$(mock_stat requests)" -eq 1 ]
	items 1 1 >in
	quietly reduce --item '{{text}}' -p '({{items}})' --fan-in 8 <in
	[ "$(jq -c . out)" = '{"key":null,"count":1,"levels":1,"output":"echo: (<1>)"}' ]
	[ "$(mock_stat requests)" -eq 2 ]
}

@test "no records make no groups, and that is well" {
	start_mock --quiet
	: >in
	quietly reduce -p '{{items}}' <in
	[ ! -s out ]
	printf '\n\n' >in
	quietly reduce --by .g -p '{{items}}' <in
	[ ! -s out ]
	[ "$(mock_stat requests)" -eq 0 ]
}

@test "a key is any value: numbers, objects and null as they stand, equal strings however they are escaped" {
	start_mock --quiet
	cat >in <<-'END'
		{"k":"a/b","t":1}
		{"k":"a\/b","t":2}
		{"k":"\u0061/b","t":3}
		{"k":12345678901234567890,"t":4}
		{"k":true,"t":5}
		{"k":null,"t":6}
		{"k":{"x": [1, 2]},"t":7}
		{"k":{"x":[1,2]},"t":8}
		{"k":"true","t":9}
		{"k":"","t":10}
		{"k":12345678901234567891,"t":11}
	END
	quietly reduce --by .k --item '{{t}}' -p '{{key}}: {{items}}' <in
	diff <(sed 's/,"levels".*//; s/,"count":/ /' out) - <<-'END'
		{"key":"a/b" 3
		{"key":12345678901234567890 1
		{"key":true 1
		{"key":null 1
		{"key":{"x":[1,2]} 2
		{"key":"true" 1
		{"key":"" 1
		{"key":12345678901234567891 1
	END
}

@test "the groups leave in the order in which they began; with -u as they are done" {
	start_mock --quiet
	printf '%s\n' '{"g":"slow","t":"a[[mock:delay:600ms]]"}' '{"g":"fast","t":"b"}' '{"g":"slow","t":"c"}' >in
	quietly reduce --by .g --item '{{t}}' -p '{{items}}' <in
	[ "$(jq -r .key out | paste -sd ,)" = slow,fast ]
	curl -sS -d '' "$MOCK_BASE/_mock/reset" >/dev/null
	quietly reduce -u --by .g --item '{{t}}' -p '{{items}}' <in
	[ "$(jq -r .key out | paste -sd ,)" = fast,slow ]
}

@test "packs are asked about while the input still comes, and a full level is combined" {
	start_mock --quiet
	mkfifo slow
	exec 7<>slow
	start_reduce --item '{{text}}' -p '({{items}})' --fan-in 2 <slow 7>&- >out 2>err
	items 8 1 >&7
	# Four packs, two of their answers, and one of these: all that there is, before the end.
	await eval '[ "$(mock_stat billed)" -eq 7 ]'
	[ ! -s out ]
	items 1 1 >&7
	exec 7>&-
	end_of_ask
	[ "$status" -eq 0 ]
	[ "$(jq -c '[.count, .levels]' out)" = '[9,4]' ]
	[ "$(mock_stat billed)" -eq 9 ]
}

@test "--sorted writes a group as soon as another key comes" {
	start_mock --quiet
	mkfifo slow
	exec 7<>slow
	start_reduce --sorted --by .g --item '{{t}}' -p '{{items}}' <slow 7>&- >out 2>err
	printf '%s\n' '{"g":1,"t":"a"}' '{"g":1,"t":"b"}' '{"g":2,"t":"c"}' >&7
	await test -s out
	[ "$(jq -c . out)" = '{"key":1,"count":2,"levels":1,"output":"echo: a\nb"}' ]
	echo '{"g":1,"t":"d"}' >&7
	await eval '[ "$(wc -l <out)" -eq 2 ]'
	exec 7>&-
	end_of_ask
	[ "$status" -eq 0 ]
	[ "$(jq -c '[.key, .count]' out | paste -sd ' ')" = '[1,2] [2,1] [1,1]' ]
}

@test "a member that fails fails its group and no other; what fails is named with its line" {
	start_mock --quiet
	printf '%s\n' '{"g":1,"t":"a"}' '{"g":2,"t":"b"}' '{"g":1}' '{"g":2,"t":"c"}' \
		'{"g":3,"t":"d","pllm":{"error":{"code":"quota","message":"no money"}}}' >in
	try reduce --by .g --item '{{t}}' -p '{{items}}' <in
	[ "$status" -eq 1 ]
	[ "$(jq -c '[.key, .count, .pllm.error.code, has("output")]' out | paste -sd ' ')" = \
		'[1,2,"template",false] [2,2,null,true] [3,1,"quota",false]' ]
	[[ $(head -n 1 out | jq -r .pllm.error.message) == 'a member failed: line 3: '*'"t"'* ]]
	[[ $(tail -n 1 out | jq -r .pllm.error.message) == 'a member failed: line 5: '*'no money' ]]
	[ "$(mock_stat requests)" -eq 1 ]
	grep -q '^pllm: 2 of 3 results failed$' err
}

@test "a group that has failed asks no more" {
	start_mock --quiet
	(echo '"[[mock:400]]"' && seq 2 20000) >in
	try reduce -q -p 'S: {{items}}' --fan-in 2 --window 10000 -j 1 <in
	[ "$status" -eq 1 ]
	[ "$(jq -c '[.count, .pllm.error.code]' out)" = '[20000,"request_rejected"]' ]
	[ "$(mock_stat requests)" -eq 1 ]
}

@test "a line that is no JSON is a member of the only group, and in none of several" {
	start_mock --quiet
	printf '%s\n' '{"g":' '{"g":1}' >in
	try reduce -p '{{items}}' <in
	[ "$status" -eq 1 ]
	[ "$(jq -c '[.count, .pllm.error.code]' out)" = '[2,"bad_record"]' ]
	try reduce --by .g -p '{{items}}' <in
	[ "$status" -eq 1 ]
	[ "$(jq -c '[.key, .count, .pllm.error.code]' out | paste -sd ' ')" = \
		'[null,null,"bad_record"] [1,1,null]' ]
}

@test "with --on-error drop the members that failed are left out, and are told" {
	start_mock --quiet
	printf '%s\n' '{"g":1,"t":"a"}' '{"g":1}' '{"g":2}' '{"g":1,"t":"b"}' '{"g":3,"t":"d","pllm":{"error":{"code":"quota"}}}' >in
	try reduce --by .g --item '{{t}}' -p '{{items}}' --on-error drop <in
	cat out
	[ "$(jq -c . out)" = '{"key":1,"count":2,"levels":1,"output":"echo: a\nb"}' ]
	grep -q 'left out of their groups (--on-error drop): 3 records' err
}

@test "a record that is in no group leaves by itself, in the place where it came" {
	start_mock --quiet
	printf '%s\n' '{"g":1,"t":"a"}' 'no JSON' '{"G":2,"t":"b"}' '{"g":1,"t":"c"}' \
		'{"pllm":{"error":{"code":"quota"}}}' >in
	try reduce --by .g --item '{{t}}' -p '{{items}}' <in
	[ "$status" -eq 1 ]
	[ "$(wc -l <out)" -eq 4 ]
	[ "$(jq -r '.pllm.error.code // .count' out | sort | paste -sd ,)" = '2,bad_record,quota,template' ]
	[[ $(jq -r 'select(.pllm.error.code == "template") | .pllm.error.message' out) == 'no field ".g" to group by; the record has "G"' ]]
	grep -qxF '{"pllm":{"error":{"code":"quota"}}}' out
}

@test "a pack that fails fails its group, and says what was being combined" {
	start_mock --quiet
	items 9 3 | sed 's/<5>/<5>[[mock:400]]/' >in
	try reduce --by .g --item '{{text}}' -p '{{items}}' <in
	[ "$status" -eq 1 ]
	[ "$(jq -c '[.key, .count, .pllm.error.code, .pllm.error.status]' out | paste -sd ' ')" = \
		'["g0",3,null,null] ["g1",3,"request_rejected",400] ["g2",3,null,null]' ]
	[[ $(sed -n 2p out | jq -r .pllm.error.message) == 'combining lines 2-8 (level 1): '* ]]
}

@test "packs are tried again like any other request" {
	start_mock --quiet --error-rate 0.1
	items 60 3 >in
	try reduce --by .g --item '{{text}}' -p '{{items}}' --fan-in 4 --retries 20 <in
	[ "$status" -eq 0 ]
	[ "$(numbers out | jq -s 'add | sort == [range(1; 61)]')" = true ]
}

@test "--max-input-tokens packs fewer where items are long" {
	start_recorder --answer fixed:short
	jq -nc 'range(1; 41) | {text: ("<\(.)> " + ([range(30) | "word"] | join(" ")))}' >in
	quietly reduce --item '{{text}}' -p 'Merge:\n{{items}}' --max-input-tokens 150 --fan-in 100 <in
	[ "$(jq -c '[.count, .levels]' out)" = '[40,2]' ]
	await eval '[ "$(bodies | wc -l)" -eq "$(mock_stat requests)" ]'
	prompts >asked
	# Some four of 34 tokens fit, and each is in one pack.
	[ "$(jq -sc '[.[] | [scan("<[0-9]+>")] | select(length > 0)] | [(map(length) | max), (map(length) | min >= 3), (add | length)]' asked)" = '[4,true,40]' ]
	[ "$(jq -s 'map(split(" ") | length) | max <= 150' asked)" = true ]
}

@test "an item that is too long fails its group, is cut, or is split" {
	start_recorder --answer fixed:short
	jq -nc '{g: 1, text: "a"}, {g: 2, text: ("begin " + ([range(300) | "word"] | join(" ")) + " end")}, {g: 1, text: "b"}' >in
	try reduce --by .g --item '{{text}}' -p 'Merge:\n{{items}}' --max-input-tokens 100 <in
	[ "$status" -eq 1 ]
	[ "$(jq -c '[.key, .pllm.error.code]' out | paste -sd ' ')" = '[1,null] [2,"too_large"]' ]
	[[ $(tail -n 1 out | jq -r .pllm.error.message) == 'a member failed: line 2: its item is about 30'*--on-overflow* ]]
	: >nginx/bodies.log
	quietly reduce --by .g --item '{{text}}' -p 'Merge:\n{{items}}' --max-input-tokens 100 --on-overflow truncate <in
	await eval '[ "$(bodies | wc -l)" -eq 2 ]'
	[ "$(prompts | jq -sr 'map(select(test("begin word.* word \\[\\.\\.\\.\\]$"; "s"))) | length')" -eq 1 ]
	: >nginx/bodies.log
	quietly reduce --by .g --item '{{text}}' -p 'Merge:\n{{items}}' --max-input-tokens 100 --on-overflow truncate-middle <in
	await eval '[ "$(bodies | wc -l)" -eq 2 ]'
	[ "$(prompts | jq -sr 'map(select(test("begin word.* word \\[\\.\\.\\.\\] +word .*end$"; "s"))) | length')" -eq 1 ]
	: >nginx/bodies.log
	curl -sS -d '' "$MOCK_BASE/_mock/reset" >/dev/null
	quietly reduce --by .g --item '{{text}}' -p 'Merge:\n{{items}}' --max-input-tokens 100 --on-overflow split --no-share <in
	[ "$(tail -n 1 out | jq -c '[.key, .count, .levels, .output]')" = '[2,1,2,"short"]' ]
	await eval '[ "$(bodies | wc -l)" -eq "$(mock_stat requests)" ]'
	# Nothing of it is lost, and nothing doubled.
	[ "$(prompts | jq -sr 'map(select(contains("short") | not)) | join(" ")' | grep -o word | wc -l)" -eq 300 ]
}

@test "answers too long to be combined by two fail the group, and say what would help" {
	start_mock --quiet --answer words:200
	items 20 1 >in
	try reduce --item '{{text}}' -p 'Merge:\n{{items}}' --max-input-tokens 60 --fan-in 4 <in
	[ "$status" -eq 1 ]
	[ "$(jq -r .pllm.error.code out)" = too_large ]
	[[ $(jq -r .pllm.error.message out) == *--max-tokens* ]]
	quietly reduce --item '{{text}}' -p 'Merge:\n{{items}}' --max-input-tokens 60 --fan-in 4 --on-overflow truncate <in
}

@test "--group-bytes: what waits has a ceiling, and beyond it --sorted is named" {
	start_mock --quiet
	items 20000 20000 >in
	try reduce --by .g --item '{{text}}' -p '{{items}}' --group-bytes 200k <in
	[ "$status" -eq 4 ]
	grep -q -- '--group-bytes.*--sorted' err
	# What was read has its line: nothing is lost in silence.
	[ "$(jq -r .pllm.error.code out | sort -u)" = cancelled ]
	[ "$(wc -l <out)" -gt 50 ]
	[ "$(jq -s 'map(.count) | add' out)" -le 20000 ]
	try reduce --sorted --by .g --item '{{text}}' -p '{{items}}' --group-bytes 200k <in
	[ "$status" -eq 0 ]
	[ "$(jq -s 'length' out)" -eq 20000 ]
}

@test "a signal leaves a line for each group that has begun" {
	start_mock --quiet
	mkfifo slow
	exec 7<>slow
	start_reduce --by .g --item '{{text}}' -p '{{items}}' --grace 100ms <slow 7>&- >out 2>err
	items 60 20 >&7
	items 100 1 | sed 's/"g0"/"hung"/; s/<1>/[[mock:hang]]/' >&7
	# Twelve packs are full; the answers of eleven wait for that of the first.
	await eval '[ "$(mock_stat billed)" -eq 11 ]'
	kill -s INT "$ASK_PID"
	end_of_ask
	exec 7>&-
	[ "$status" -eq 130 ]
	[ "$(jq -sc 'map(.key) == ([range(20) | "g\(.)"] + ["hung"])' out)" = true ]
	[ "$(jq -sc 'map(.pllm.error.code) | unique' out)" = '["cancelled"]' ]
	[ "$(jq -sc 'map(.count) | add' out)" -eq 160 ]
}

@test "a reader that has gone ends the run" {
	start_mock --quiet --latency 10ms
	items 1000 1000 >in
	quietly reduce --sorted --by .g --item '{{text}}' -p '{{items}}' -j 8 <in
	[ "$(mock_stat requests)" -eq 1000 ]
	curl -sS -d '' "$MOCK_BASE/_mock/reset" >/dev/null
	bash -c '"$@"; echo $? >status' _ "$PLLM" reduce --endpoint "$URL" -m mock --sorted --by .g --item '{{text}}' \
		-p '{{items}}' -j 8 <in 2>err 3>&- 4>&- | head -n 1 >first
	[ "$(jq -r .key first)" = g0 ]
	await test -s status
	[ "$(<status)" -eq 141 ]
	[ "$(mock_stat requests)" -lt 500 ]
}

@test "status 2 for what cannot be, and nothing is sent" {
	start_mock --quiet
	items 3 1 >in
	try reduce --by .g <in
	[ "$status" -eq 2 ]
	[[ $(<err) == *'{{items}}'* ]]
	try reduce -p 'no hole' <in
	[ "$status" -eq 2 ]
	try reduce -p 'a={{items}}' -p 'b={{a}}' <in
	[ "$status" -eq 2 ]
	try reduce -p '{{items}}' --sorted <in
	[ "$status" -eq 2 ]
	[[ $(<err) == *--by* ]]
	try reduce -p '{{items}}' --samples 3 <in
	[ "$status" -eq 2 ]
	try reduce -p '{{items}}' --fan-in 1 <in
	[ "$status" -eq 2 ]
	try reduce -p '{{items}}' --existing skip <in
	[ "$status" -eq 2 ]
	try pllm --endpoint "$URL" -m mock -p '{{text}}' --fan-in 4 <in
	[ "$status" -eq 2 ]
	[ "$(mock_stat requests)" -eq 0 ]
}

@test "status 3 if the key is refused, and 1 if some groups failed, unless --accept" {
	start_mock --quiet --key right
	items 30 3 >in
	OPENAI_API_KEY=wrong try reduce --by .g --item '{{text}}' -p '{{items}}' <in
	[ "$status" -eq 3 ]
	start_mock --quiet
	items 9 3 | sed 's/<5>/<5>[[mock:400]]/' >in
	try reduce --by .g --item '{{text}}' -p '{{items}}' --accept 1 <in
	[ "$status" -eq 0 ]
}

@test "reduce after a filter: failures stay failures, and -o is whole" {
	start_mock --quiet
	items 40 4 | sed 's/<6>/<6>[[mock:400]]/' >in
	status=0
	ask -q -p 'sum {{text}}' <in | reduce -q --by .g --item '{{output}}' -p '{{items}}' -o result || status=$?
	[ "$status" -eq 1 ]
	[ ! -e result ]
	[ "$(jq -c '[.key, .pllm.error.code]' result.partial | paste -sd ' ')" = \
		'["g0",null] ["g1","request_rejected"] ["g2",null] ["g3",null]' ]
}

@test "answers by a schema are combined as JSON" {
	start_mock --quiet
	echo '{"type":"object","required":["n"],"properties":{"n":{"type":"integer"}}}' >s.json
	items 6 1 >in
	quietly reduce --item '{{text}}' -p 'x {{items}}' --fan-in 3 --schema s.json <in
	[ "$(jq -c '[.count, .levels, .output]' out)" = '[6,2,{"n":1}]' ]
	[ "$(curl -sS "$MOCK_BASE/_mock/last" | jq -r '.body | (fromjson? // .) | .messages[-1].content')" = $'x {"n":1}\n{"n":1}' ]
}

@test "the tree does not depend on time: other latencies and -j, the same requests" {
	start_recorder --latency 1ms-80ms --seed 1
	items 400 7 | shuf --random-source=<(yes) >in
	quietly reduce --by .g --item '{{text}}' -p '{{key}} ({{items}})' --fan-in 3 <in
	await eval '[ "$(bodies | wc -l)" -eq "$(mock_stat requests)" ]'
	bodies | sort >first
	mv out out1
	stop_mock
	start_recorder --latency 1ms-80ms --seed 2 --error-rate 0.05
	quietly reduce --by .g --item '{{text}}' -p '{{key}} ({{items}})' --fan-in 3 -j 3 --retries 20 <in
	await eval '[ "$(bodies | wc -l)" -eq "$(mock_stat requests)" ]'
	bodies | sort -u >second
	diff first second
	diff out1 out
}

@test "a hundred thousand records in a thousand groups: each is in its group, once, and memory is bounded" {
	local kb
	start_mock --quiet
	awk 'BEGIN { for (i = 0; i < 100000; i++)
		printf "{\"id\":%d,\"g\":%d,\"text\":\"<%d> of some length\"}\n", i, (i * 7919) % 1000, i }' >in
	/usr/bin/time -f %M -o peak "$PLLM" reduce --endpoint "$URL" -m mock -j 64 --by .g --item '{{text}}' \
		-p 'Merge {{key}}:\n{{items}}' --fan-in 10 <in >out 3>&- 4>&-
	kb=$(tail -n 1 peak)
	note "peak $kb KB for 100,000 records in 1,000 groups"
	# Ten packs of ten, and one of their answers.
	[ "$(jq -sc '[length, (map([.count, .levels]) | unique), (map(.key) | sort == [range(1000)])]' out)" = \
		'[1000,[[100,2]],true]' ]
	[ "$(mock_stat requests)" -eq 11000 ]
	jq -r '.key as $key | .output | scan("<([0-9]+)>")[0] | "\($key) \(.)"' out >where
	[ "$(awk '($2 * 7919) % 1000 != $1 || ($1 in last && $2 <= last[$1]) { bad++ } { last[$1] = $2 } END { print NR, bad + 0 }' where)" = '100000 0' ]
	is_sanitized || [ "$kb" -lt $((48 * 1024)) ]
}
