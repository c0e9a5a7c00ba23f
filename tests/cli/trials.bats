#!/usr/bin/env bats
# SPDX-License-Identifier: MIT

load helper

@test "a trial asks N records, drawn evenly, and says what all would take" {
	start_mock
	records 1000 >in
	try ask -p '{{text}}' --trial 20 --price-in 100 --price-out 200 <in
	[ "$status" -eq 0 ]
	[ "$(mock_stat requests)" -eq 20 ]
	[ "$(wc -l <out)" -eq 20 ]
	# Of a thousand, twenty: one from about each fifty.
	jq -s -e '[.[].id] as $i | ($i | length) == 20 and $i[0] <= 50 and $i[-1] > 950 and
		([range(1; 20) | $i[.] - $i[. - 1]] | max <= 100 and min >= 25)' out
	grep -F '20 of 1000 records' err
	grep -E 'input tokens: about [0-9]+ \(90 %: [0-9]+ to [0-9]+\)' err
	grep -E 'cost: about \$[0-9.]+ \(90 %: \$[0-9.]+ to \$[0-9.]+\)' err
	grep -E 'time with -j [0-9]+: about' err
}

@test "what a trial foretells is what all records take, where they are alike" {
	start_mock
	for ((i = 0; i < 300; i++)); do echo '{"text":"the same words each time, none of them new"}'; done |
		jq -c '.id = input_line_number' >in
	try ask -p '{{id}} {{text}}' --trial 30 <in
	foretold=$(sed -n 's/.*output tokens: about \([0-9]*\).*/\1/p' err)
	before=$(mock_stat output)
	quietly ask -p '{{id}} {{text}}' <in
	real=$(($(mock_stat output) - before))
	echo "foretold $foretold, real $real"
	[ "$((foretold * 100))" -ge "$((real * 95))" ]
	[ "$((foretold * 100))" -le "$((real * 105))" ]
}

@test "what a trial has paid for, the run that follows has" {
	start_mock
	records 200 >in
	try pllm --endpoint "$URL" -m mock -p '{{text}}' --trial 15 --cache c.db <in
	[ "$status" -eq 0 ]
	quietly pllm --endpoint "$URL" -m mock -p '{{text}}' --cache c.db <in
	echoed out
	[ "$(mock_stat requests)" -eq 200 ]
}

@test "a trial is not the whole: -o FILE does not appear" {
	start_mock
	records 50 >in
	try ask -p '{{text}}' --trial 5 -o result -i in
	[ "$status" -eq 0 ]
	[ ! -e result ]
	[ "$(wc -l <result.partial)" -eq 5 ]
	grep -F result.partial err
}

@test "a trial of more records than there are asks them all, and is sure" {
	start_mock
	records 7 >in
	try ask -p '{{text}}' --trial 100 <in
	[ "$status" -eq 0 ]
	echoed out
	[ "$(wc -l <out)" -eq 7 ]
	grep -F '7 of 7 records' err
}

@test "texts may be tried, too, and a price that nobody knows is not nothing" {
	start_mock
	records 100 >in
	try pllm embed --endpoint "$URL" -m mock --trial 10 <in
	[ "$status" -eq 0 ]
	[ "$(wc -l <out)" -eq 10 ]
	[ "$(mock_stat embedded)" -eq 10 ]
	grep -F 'cost: unknown' err
}

@test "groups cannot be tried, nor can nobody be asked for a trial" {
	try pllm reduce -p '{{items}}' -m mock --endpoint http://127.0.0.1:9/v1 --trial 5 </dev/null
	[ "$status" -eq 2 ]
	try pllm -p x -m mock --endpoint http://127.0.0.1:9/v1 --trial 5 -n </dev/null
	[ "$status" -eq 2 ]
	grep -F -- '--trial does not go with -n' err
	try pllm -p x -m mock --endpoint http://127.0.0.1:9/v1 --trial 0 </dev/null
	[ "$status" -eq 2 ]
}
