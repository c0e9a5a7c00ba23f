#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# -n says what a run would ask and what it would cost, and asks nobody: no connection, no key, no
# file. Where nothing stands in for an answer the figures are those of the run itself.

load helper
load vectors

canary=sk-canary-0123456789abcdefABCDEF
remote=https://api.example.com/v1

setup() {
	clean_room
	cat >prices.json <<-'EOF2'
		{"mock": {"input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06},
		 "dear": {"input_cost_per_token": 1e-04, "output_cost_per_token": 1e-03, "max_output_tokens": 10},
		 "vectors": {"input_cost_per_token": 1e-06, "output_cost_per_token": 0, "mode": "embedding"}}
	EOF2
}

# As the report has it.
figure() {
	awk -v name="$1" '$1 == name { print $2 }' out
}

# costs NAME N: true if that is N millionths of a dollar, by two digits.
costs() {
	awk -v is="$(figure "$1")" -v want="$2" \
		'BEGIN { part = substr(is, 2) * 1e6 / want; exit !(part > 0.94 && part < 1.06) }'
}

# dry [OPTIONS]: at a place where nobody may ask, for nobody is there.
dry() {
	try pllm --endpoint "$remote" -m mock -n "$@"
}

# The same against the mock.
fresh() {
	pllm --endpoint "$URL" -m mock "$@"
}

# No file but those that the test itself has made.
leaves_nothing() {
	[ "$(find . -type f ! -name out ! -name err ! -name prices.json ! -name 'in*' | wc -l)" -eq 0 ]
}

@test "an estimate names records, requests, tokens and costs, a name and a figure on each line" {
	records 40 >in
	dry -p 'word word {{text}}' --max-tokens 100 --prices prices.json <in
	[ "$status" -eq 0 ]
	[ ! -s err ]
	[ "$(figure records)" = 40 ]
	[ "$(figure failed)" = 0 ]
	[ "$(figure requests)" = 40 ]
	[ "$(figure cached)" = 0 ]
	[ "$(figure rough)" = 0 ]
	[ "$(figure tokens-out)" = 4000 ]
	[ "$(figure prices)" = --prices ]
	[ "$(figure next)" = --trial ]
	# word word n 12, a message and the beginning of an answer
	[ "$(figure tokens-in)" -ge 400 ]
	[ "$(figure tokens-in)" -le 480 ]
	costs cost-in "$(figure tokens-in)"
	costs cost-at-most $(($(figure tokens-in) + 2 * 4000))
}

@test "what is estimated is asked: as many requests, and about as many tokens" {
	start_mock --quiet
	for i in {1..50}; do
		printf '{"id":%d,"text":"%s number %d"}\n' "$i" \
			'The committee will meet again on Thursday to discuss the remaining points of' "$i"
	done >in
	try ask -n -p 'Shorten this: {{text}}' <in
	[ "$status" -eq 0 ]
	[ "$(mock_stat requests)" -eq 0 ]
	local requests tokens
	requests=$(figure requests)
	tokens=$(figure tokens-in)
	quietly ask -p 'Shorten this: {{text}}' <in
	[ "$(mock_stat requests)" -eq "$requests" ]
	# The mock counts four bytes as one.
	awk -v is="$tokens" -v mock="$(mock_stat input)" 'BEGIN { exit !(is > 0.6 * mock && is < 1.4 * mock) }'
}

@test "nobody is asked and nothing is looked up: no connection is made, whatever is told of servers" {
	start_witness
	records 5 >in
	try ask -n -p '{{text}}' --max-tokens 5 --stream --rate 1/h --deadline 1ms <in
	[ "$status" -eq 0 ]
	[ "$(figure requests)" = 5 ]
	[ ! -s requests ]
}

@test "no key has to be there, none is read, and none is seen" {
	records 3 >in
	dry -p '{{text}}' --max-tokens 5 <in
	[ "$status" -eq 0 ]
	[ "$(figure requests)" = 3 ]
	records 3 >in
	OPENAI_API_KEY=$canary dry -p '{{text}}' --max-tokens 5 -v <in
	[ "$status" -eq 0 ]
	run ! grep -r canary .
	records 3 >in
	dry -p '{{text}}' --key-file missing <in
	[ "$status" -eq 0 ]
	records 3 >in
	dry -p '{{text}}' --key-cmd 'touch ran' <in
	[ "$status" -eq 0 ]
	[ ! -e ran ]
	records 3 >in
	try pllm -n -p '{{text}}' -m mock --endpoint 'https://a.example.com/v1,key-env=A' \
		--endpoint 'https://a.example.com/v1,key-env=B' <in
	[ "$status" -eq 0 ]
}

@test "no file is made or changed: not the output, nor the failed, nor a matrix, nor a cache" {
	echo old >in-out
	{ records 3; echo nonsense; } >in
	dry -p '{{text}}' -o in-out --errors failed --cache c.db <in
	[ "$status" -eq 1 ]
	[ "$(cat in-out)" = old ]
	texts 3 >in
	try pllm embed --endpoint "$remote" -m vectors -n --format npy -o m.npy --ids ids <in
	[ "$status" -eq 0 ]
	leaves_nothing
}

@test "records that would fail before anything is asked are counted, and named as by a run" {
	printf '%s\n' '{"text":"a"}' nonsense '{"titel":"b"}' '{"text":"c","output":1}' >in
	dry -p '{{text}}' --max-tokens 5 <in
	[ "$status" -eq 1 ]
	[ "$(figure records)" = 4 ]
	[ "$(figure failed)" = 3 ]
	[ "$(figure requests)" = 1 ]
	grep -q 'bad_record: 2, first on line 2' err
	grep -q 'template: 1, first on line 3: no field "text"' err
	dry -p '{{text}}' --accept 3 <in
	[ "$status" -eq 0 ]
	for i in {1..300}; do echo '{}'; done >in
	dry -p '{{text}}' --halt soon,fail=1 <in
	[ "$status" -eq 1 ]
	[ "$(figure failed)" = 300 ]
}

@test "what is skipped or was failed before is not asked, and not counted as a request" {
	printf '%s\n' '{"output":"x","text":"a"}' '{"text":"b"}' \
		'{"text":"c","pllm":{"error":{"code":"auth"}}}' >in
	dry -p '{{text}}' --existing skip <in
	[ "$(figure skipped)" = 1 ]
	[ "$(figure failed)" = 1 ]
	[ "$(figure requests)" = 1 ]
}

@test "without a maximum of tokens, or a price, what is not known is unknown and why is said" {
	records 2 >in
	dry -p '{{text}}' --prices prices.json <in
	[ "$(figure tokens-out)" = unknown ]
	[ "$(figure cost-at-most)" = unknown ]
	[ "$(figure cost-in)" != unknown ]
	grep -q 'no --max-tokens' out
	records 2 >in
	dry -m nobody-knows-this -p '{{text}}' --max-tokens 5 <in
	[ "$(figure tokens-out)" = 10 ]
	[ "$(figure cost-in)" = unknown ]
	grep -q 'no price for nobody-knows-this' out
	# The map may know the longest answer.
	records 2 >in
	dry -m dear -p '{{text}}' --prices prices.json <in
	[ "$(figure tokens-out)" = 20 ]
	costs cost-at-most $(($(figure tokens-in) * 100 + 20 * 1000))
}

@test "steps that need others are asked with stand-ins, also where they want fields of an answer" {
	echo '{"type":"object"}' >in.schema
	records 7 >in.records
	dry -p 'facts={{text}}' -p 'final={{facts.place.names[1]}} of {{facts.who}}' \
		--schema facts=in.schema --max-tokens 50 <in.records
	[ "$status" -eq 0 ]
	[ "$(figure requests)" = 14 ]
	[ "$(figure rough)" = 7 ]
	[ "$(figure tokens-in)" -gt 400 ]
	dry -p 'a={{text}}' -p 'b={{a}} {{missing}}' <in.records
	[ "$status" -eq 1 ]
	[ "$(figure failed)" = 7 ]
}

@test "samples, votes and several models are each a request, and models have prices of their own" {
	records 3 >in
	dry -m 'draft=mock,dear' -m mock --samples draft=2 -p 'draft={{text}}' \
		-p 'best={{draft}} {{draft[3]}}' --max-tokens 20 --prices prices.json <in
	[ "$status" -eq 0 ]
	[ "$(figure requests)" = 15 ]
	[ "$(figure rough)" = 3 ]
	[ "$(awk '$1 == "model" && $2 == "mock" { print $4 }' out)" = 9 ]
	[ "$(awk '$1 == "model" && $2 == "dear" { print $4 }' out)" = 6 ]
	dry --samples v=3 --join v=vote -p 'v={{text}}' -p 'w={{v}}' <in
	[ "$status" -eq 0 ]
	[ "$(figure requests)" = 12 ]
	dry --samples v=3 --join v=first -p 'v={{text}}' <in
	[ "$(figure requests)" = 9 ]
}

@test "records that ask the same share an estimate" {
	for i in 1 2 3 4; do printf '{"id":%d,"text":"a"}\n' "$i"; done >in
	dry -p '{{text}}' <in
	[ "$(figure requests)" = 1 ]
	[ "$(figure shared)" = 3 ]
	dry --no-share -p '{{text}}' <in
	[ "$(figure requests)" = 4 ]
	[ "$(figure shared)" = 0 ]
}

@test "what the cache has is free, is used by later steps, and stays as it is" {
	start_mock --quiet
	records 20 >in
	head -n 15 in >in.head
	quietly fresh --cache c.db -p 'a={{text}}' --max-tokens 30 <in.head
	cp c.db in.before
	try fresh --cache c.db -n -p 'a={{text}}' -p 'b=So: {{a}}' --max-tokens 30 <in
	[ "$status" -eq 0 ]
	[ "$(figure cached)" = 15 ]
	[ "$(figure requests)" = 25 ]
	[ "$(figure rough)" = 5 ]
	cmp c.db in.before
	[ "$(mock_stat requests)" -eq 15 ]
	try fresh --cache c.db --refresh -n -p 'a={{text}}' --max-tokens 30 <in
	[ "$(figure requests)" = 20 ]
}

@test "with a cache what is asked again much later in the input counts once" {
	{ records 1000; records 1000; } >in
	dry --cache c.db -p '{{text}}' <in
	[ "$status" -eq 0 ]
	[ "$(figure requests)" = 1000 ]
	[ "$(figure shared)" = 1000 ]
	{ texts 500; texts 500; } >in
	try pllm embed --endpoint "$remote" -m vectors -n --cache c.db <in
	[ "$(figure shared)" = 500 ]
	[ ! -e c.db ]
}

@test "texts for vectors are counted as they are, in packs, and have no answer to pay for" {
	texts 100 >in
	try pllm embed --endpoint "$remote" -m vectors -n --batch-items 10 --no-adaptive \
		--prices prices.json <in
	[ "$status" -eq 0 ]
	[ "$(figure requests)" = 10 ]
	[ "$(figure tokens-out)" = 0 ]
	[ "$(figure tokens-in)" -ge 400 ]
	[ "$(figure tokens-in)" -le 700 ]
	[ "$(figure cost-in)" = "$(figure cost-at-most)" ]
}

@test "requests of the batch formats are estimated like others" {
	for i in 1 2 3; do
		printf '{"custom_id":"r%d","method":"POST","url":"/v1/chat/completions","body":{"model":"mock","max_tokens":7,"messages":[{"role":"user","content":"word word"}]}}\n' $i
	done >in.openai
	dry --input-format openai-batch --prices prices.json <in.openai
	[ "$status" -eq 0 ]
	[ "$(figure requests)" = 3 ]
	[ "$(figure tokens-out)" = 21 ]
	[ "$(figure tokens-in)" = 27 ]
	for i in 1 2 3; do
		printf '{"custom_id":"r%d","params":{"model":"mock","max_tokens":7,"messages":[{"role":"user","content":"word word"}]}}\n' $i
	done >in.anthropic
	try pllm -n --input-format anthropic-batch --endpoint https://api.example.com <in.anthropic
	[ "$status" -eq 0 ]
	[ "$(figure requests)" = 3 ]
	[ "$(figure tokens-out)" = 21 ]
}

@test "a reduce is estimated as the tree that it would be" {
	records 20 >in
	try pllm reduce --endpoint "$remote" -m mock -n -p 'Merge: {{items}}' --item '{{text}}' \
		--fan-in 4 --max-tokens 50 <in
	[ "$status" -eq 0 ]
	# 5 packs of leaves, one of four and one left over, and these two
	[ "$(figure requests)" = 7 ]
	[ "$(figure rough)" = 2 ]
	try pllm reduce --endpoint "$remote" -m mock -n -p 'Merge: {{items}}' --item '{{text}}' \
		--fan-in 4 --max-tokens 500 --max-input-tokens 60 <in
	[ "$status" -eq 0 ]
	[ "$(figure rough)" -gt 0 ]
}

@test "an estimate that cannot be written is no success" {
	status=0
	records 2 | pllm --endpoint "$remote" -m mock -n -p '{{text}}' >/dev/full 2>err || status=$?
	[ "$status" -eq 7 ]
	grep -q 'cannot write the estimate' err
}

@test "an input that cannot be read to its end has no estimate, and a wrong option none at all" {
	dry -p '{{text}}' -i missing
	[ "$status" -ne 0 ]
	[ -z "$(figure requests)" ]
	dry -p '{{text}}' --trial 5 <prices.json
	[ "$status" -eq 2 ]
	dry -p '{{text' <prices.json
	[ "$status" -eq 2 ]
}
