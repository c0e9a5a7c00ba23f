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
	# Of a thousand, twenty: one from each fifty, or sixteen more to either side.
	jq -s -e '[.[].id] as $i | $i == ($i | unique) and ($i | length) == 20 and
		([range(20) | $i[.] > 50 * . - 16 and $i[.] <= 50 * (. + 1) + 16] | all)' out
	grep -F '20 of 1000 records' err
	grep -E 'input tokens: about [0-9]+ \(90 %: [0-9]+ to [0-9]+\)' err
	grep -E 'cost: about \$[0-9.]+ \(90 %: \$[0-9.]+ to \$[0-9.]+\)' err
	grep -E 'time with -j [0-9]+: at least about' err
}

@test "an input with a period does not lead a trial astray" {
	start_mock
	records 4000 >in
	for n in 20 100; do
		try ask -p '{{text}}' --trial "$n" <in
		[ "$status" -eq 0 ]
		# How many of each phase there are: within four deviations of what chance gives.
		for period in 2 4 8 16 32; do
			jq -s -e --argjson n "$n" --argjson p "$period" '[.[].id % $p] as $at |
				($n / $p) as $want | (4 * ($want * (1 - 1 / $p) | sqrt)) as $off |
				[range($p) as $i | [$at[] | select(. == $i)] | length |
					. - $want | fabs <= $off] | all' out
		done
	done
}

@test "a trial that is repeated draws the same, and with a cache asks nothing" {
	start_mock
	records 500 >in
	try pllm --endpoint "$URL" -m mock -p '{{text}}' --trial 25 --cache c.db <in
	[ "$status" -eq 0 ]
	mv out first
	try pllm --endpoint "$URL" -m mock -p '{{text}}' --trial 25 --cache c.db <in
	[ "$status" -eq 0 ]
	cmp first out
	[ "$(mock_stat requests)" -eq 25 ]
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
	grep -F 'result is not made: a trial is not the whole' err
}

@test "of each file that a trial does not make the reason is said, and of no other" {
	start_mock
	records 50 >in
	echo '{' >>in
	ln -s there result
	echo old >there
	try ask -p '{{text}}' --trial 100 --errors bad -o result -i in
	grep -F 'bad is not made: a trial is not the whole' err
	grep -F 'result is not made: a trial is not the whole' err
	[ "$(cat there)" = old ]
	[ "$(wc -l <there.partial)" -eq 50 ]
	[ "$(wc -l <bad.partial)" -eq 1 ]
	try pllm embed --endpoint "$URL" -m mock --trial 10 --format npy -o m.npy --ids ids <in
	grep -F 'm.npy is not made: a trial' err
	grep -F 'ids is not made: a trial' err
	try ask -p '{{text}}' --trial 10 -o /dev/null <in
	[ "$(grep -cF 'is not made' err)" -eq 0 ]
	try ask -p '{{text}}' --trial 10 <in
	[ "$(grep -cF 'is not made' err)" -eq 0 ]
}

@test "where all that were drawn are alike, that is said, and not an interval" {
	start_mock
	for ((i = 0; i < 300; i++)); do echo '{"text":"the same words"}'; done >in
	try ask -p '{{text}}' --trial 20 <in
	[ "$status" -eq 0 ]
	grep -E 'input tokens: about [0-9]+ \(all 20 drawn were alike\)' err
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
