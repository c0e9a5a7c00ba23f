#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# No more is spent than was allowed, by the server's own count; what did not fit says so and can be
# asked later; what cannot be bounded is refused before anything is sent.

load helper
load vectors
load kept

setup() {
	clean_room
	# A token is four bytes; of twenty words 20 to 50.
	start_mock --quiet --answer words:20 --latency 5ms
	cat >prices.json <<-'EOF2'
		{"sample_spec": {"max_tokens": "none", "input_cost_per_token": 0},
		 "mock": {"input_cost_per_token": 1e-06, "output_cost_per_token": "2e-06",
		          "max_output_tokens": 64, "max_input_tokens": 4096, "litellm_provider": null},
		 "cheap": {"input_cost_per_token": 1e-07, "output_cost_per_token": 1e-07, "max_output_tokens": 64},
		 "boundless": {"input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06},
		 "free-answers": {"input_cost_per_token": 1e-06, "max_output_tokens": 64},
		 "vectors": {"input_cost_per_token": 1e-06, "output_cost_per_token": 0, "mode": "embedding"}}
	EOF2
}

ended() {
	await eval '[ "$(mock_stat in_flight)" -eq 0 ]'
}

tokens() {
	ended
	echo $(($(mock_stat input) + $(mock_stat output)))
}

# By the prices of mock in prices.json, in millionths of a dollar.
cost() {
	ended
	echo $(($(mock_stat input) + 2 * $(mock_stat output)))
}

# True if each record in OUT is answered or says budget, and both are there.
is_split() {
	[ "$(jq -r '.pllm.error.code // "answered"' "$1" | sort -u | paste -sd ' ')" = 'answered budget' ]
}

# spends COMMAND...: with ./in on its stdin it has to exit 8; what it has not read is in ./rest.
spends() {
	status=0
	{
		"$@" >out 2>err || status=$?
		cat >rest
	} <in
	cat err
	[ "$status" -eq 8 ]
	# Each line of the input is in one place or the other, in order.
	cmp <(jq .id in) <(cat out rest | jq .id)
}

@test "--max-requests: so many, all of them used, and the rest says budget or stays unread" {
	records 2000 >in
	spends kept -p '{{text}}' -j 4 --max-requests 100
	[ "$(mock_stat requests)" -eq 100 ]
	is_split out
	[ "$(jq -r 'select(.output) | .id' out | wc -l)" -eq 100 ]
	[ -s rest ]
	grep -q 'max-requests' err
	# It is retryable: later there may be money for it.
	[ "$(jq -r '.pllm.error // empty | .retryable' out | sort -u)" = true ]
}

@test "the same command with a larger budget and the cache goes on from there" {
	records 300 >in
	try kept -p '{{text}}' -j 4 --max-requests 100 -i in
	[ "$status" -eq 8 ]
	try kept -p '{{text}}' -j 4 --max-requests 100 -i in
	[ "$status" -eq 8 ]
	[ "$(mock_stat requests)" -eq 200 ]
	[ "$(jq -r 'select(.output) | .id' out | wc -l)" -eq 200 ]
	quietly kept -p '{{text}}' -j 4 --max-requests 101 -i in
	[ "$(mock_stat requests)" -eq 300 ]
	# What is in the cache is free.
	quietly kept -p '{{text}}' -j 4 --max-requests 1 --max-cost 0.000001 --prices prices.json -i in
	[ "$(jq -sc 'map(.id) == [range(1; 301)] and all(.[]; .output)' out)" = true ]
	[ "$(mock_stat requests)" -eq 300 ]
}

@test "a run that needs just its budget is no failure" {
	records 50 >in
	asking 50 ask -p '{{text}}' -j 8 --max-requests 50 -i in
}

@test "retries are requests too" {
	jq -nc 'range(1; 101) | {id: ., text: "n \(.)[[mock:500]]"}' >in
	try ask -p '{{text}}' -j 4 --max-requests 51 -i in
	[ "$status" -eq 8 ]
	ended
	[ "$(mock_stat requests)" -eq 51 ]
	is_split out
}

@test "so are samples, and steps, and each call of them" {
	records 30 >in
	try kept -p v='{{text}}' --samples v=5 -p w='{{v}}' -j 4 --max-requests 40 -i in
	[ "$status" -eq 8 ]
	ended
	[ "$(mock_stat requests)" -eq 40 ]
	[ "$(jq -r '.pllm.error.code // "answered"' out | sort -u | paste -sd ' ')" = 'answered budget' ]
	quietly kept -p v='{{text}}' --samples v=5 -p w='{{v}}' -j 4 --max-requests 140 -i in
	[ "$(mock_stat requests)" -eq 180 ]
}

@test "so are second requests for what is slow" {
	local slow_base slow_url
	start_mock --quiet --latency 400ms
	slow_url=$URL slow_base=$MOCK_BASE
	start_mock --quiet --latency 5ms
	records 40 >in
	try pllm --endpoint "$slow_url" --endpoint "$URL" -m mock --balance weighted -j 4 --hedge 50ms --hedge-max 100 \
		-p '{{text}}' --max-requests 20 -i in
	[ "$status" -eq 8 ]
	ended
	MOCK_BASE=$slow_base ended
	local sum=$(($(mock_stat requests) + $(MOCK_BASE=$slow_base mock_stat requests)))
	echo "$sum requests"
	[ "$sum" -le 20 ]
	[ "$sum" -ge 18 ]
}

@test "--max-total-tokens: never more by the server's count, and nearly all of it" {
	local budget
	records 2000 >in
	for budget in 2500 10000; do
		mock_reset
		spends ask -p '{{text}}' -j 4 --max-tokens 64 --max-total-tokens "$budget"
		note "--max-total-tokens $budget: $(tokens) tokens"
		[ "$(tokens)" -le "$budget" ]
		[ "$(tokens)" -ge $((budget * 9 / 10)) ]
		is_split out
		grep -q 'max-total-tokens' err
	done
}

@test "--max-cost, with prices and maxima of a model map: never more, and nearly all of it" {
	local budget
	records 2000 >in
	for budget in 3000 20000; do
		mock_reset
		spends ask -p '{{text}}' -j 8 --prices prices.json --max-cost "$(printf '0.%06d' "$budget")"
		note "--max-cost \$0.$(printf %06d "$budget"): $(cost) millionths"
		[ "$(cost)" -le "$budget" ]
		[ "$(cost)" -ge $((budget * 9 / 10)) ]
		is_split out
		grep -q 'max-cost' err
	done
}

@test "--max-cost with prices on the command line" {
	records 2000 >in
	spends ask -p '{{text}}' -j 8 --price-in 1 --price-out 2 --max-tokens 64 --max-cost 0.01
	[ "$(cost)" -le 10000 ]
	[ "$(cost)" -ge 9000 ]
}

@test "what --meta says of costs is what the server charges" {
	records 50 >in
	quietly ask -p '{{text}}' --prices prices.json --meta -i in
	[ "$(jq -s 'map(.pllm.cost) | add * 1000000 | round' out)" -eq "$(cost)" ]
	# In the cache they are free, and an unknown price is none.
	quietly kept -p '{{text}}' --prices prices.json -i in
	quietly kept -p '{{text}}' --prices prices.json --meta -i in
	[ "$(jq -r '.pllm.cost' out | sort -u)" = 0 ]
	quietly ask -m unheard-of -p '{{text}}' --meta -i in
	[ "$(jq -r '.pllm.cost' out | sort -u)" = null ]
}

@test "calls that do not fit beside each other wait for each other" {
	records 50 >in
	# One may need 1000 tokens and needs about 40: alone each fits.
	asking 50 ask -p '{{text}}' -j 8 --max-tokens 1000 --max-total-tokens 4000 -i in
	[ "$(mock_stat peak_in_flight)" -le 3 ]
	[ "$(tokens)" -le 4000 ]
}

@test "a call that does not fit alone: nothing is sent" {
	records 20 >in
	try ask -p '{{text}}' --max-tokens 1000 --max-total-tokens 900 -i in
	[ "$status" -eq 8 ]
	[ "$(mock_stat requests)" -eq 0 ]
	[ "$(jq -r .pllm.error.code out | sort -u)" = budget ]
}

@test "attempts that bring no answer count as if they had brought the longest" {
	jq -nc 'range(1; 11) | {id: ., text: "n \(.)[[mock:hang]]"}' >in
	try ask -p '{{text}}' -j 1 --timeout 200ms --retries 0 --max-tokens 1000 --max-total-tokens 3800 -i in
	[ "$status" -eq 8 ]
	[ "$(mock_stat requests)" -eq 3 ]
	[ "$(jq -r .pllm.error.code out | sort | uniq -c | xargs)" = '7 budget 3 timeout' ]
	# So do those that are cut in the middle.
	mock_reset
	jq -nc 'range(1; 11) | {id: ., text: "n \(.)[[mock:stream-cut,stream-cut,stream-cut]]"}' >in
	try ask -p '{{text}}' -j 1 --stream --retries 0 --max-tokens 1000 --max-total-tokens 3800 -i in
	[ "$status" -eq 8 ]
	[ "$(mock_stat requests)" -eq 3 ]
}

@test "whatever the server does, no more is spent" {
	start_mock --quiet --answer words:20 --error-rate 0.1 --drop-rate 0.1 --latency 1ms-120ms
	records 2000 >in
	spends ask -p '{{text}}' -j 8 --timeout 100ms --retries 2 --max-tokens 64 --max-total-tokens 8000
	note "with errors, drops and timeouts: $(tokens) of 8000 tokens"
	[ "$(tokens)" -le 8000 ]
	[ "$(tokens)" -ge 2000 ]
}

@test "a line of a batch file that wants several answers may cost as much as all of them" {
	start_mock --quiet --answer words:400
	jq -nc 'range(1; 30) | {custom_id: "r\(.)", method: "POST", url: "/v1/chat/completions",
		body: {model: "mock", messages: [{role: "user", content: "text \(.)"}], max_tokens: 64, n: 5}}' >in
	try pllm --endpoint "$URL" --input-format openai-batch -j 4 --max-total-tokens 1500 -i in
	[ "$status" -eq 8 ]
	[ "$(tokens)" -le 1500 ]
	[ "$(tokens)" -gt 0 ]
}

@test "a record's own request says what it may cost" {
	start_mock --quiet --answer words:400
	jq -nc 'range(1; 30) | {id: ., body: {messages: [{role: "user", content: "text \(.)"}],
		max_tokens: 10, max_completion_tokens: 200}}' >in
	try ask -j 4 --max-total-tokens 2000 -i in
	[ "$status" -eq 8 ]
	[ "$(tokens)" -le 2000 ]
	[ "$(tokens)" -ge 1600 ]
	# One that does not say it is not asked.
	mock_reset
	jq -nc 'range(1; 4) | {id: ., body: ({messages: [{role: "user", content: "text \(.)"}]} +
		if . == 2 then {} else {max_tokens: 20} end)}' >in
	try ask -j 4 --max-total-tokens 2000 --on-truncate keep -i in
	[ "$status" -eq 1 ]
	[ "$(jq -r '.pllm.error.code // "answered"' out | xargs)" = 'answered bad_record answered' ]
	[ "$(mock_stat requests)" -eq 2 ]
}

@test "refusals are free: who is told to wait has spent nothing" {
	jq -nc 'range(1; 11) | {id: ., text: "n \(.)[[mock:429@ms:1,429@ms:1,429@ms:1]]"}' >in
	quietly ask -p '{{text}}' -j 1 --max-tokens 64 --max-total-tokens 1000 -i in
	[ "$(tokens)" -le 1000 ]
}

@test "fallbacks spend of the same budget" {
	start_mock --quiet --quota-after 20 --answer words:20
	local spent_base=$MOCK_BASE spent_url=$URL
	start_mock --quiet --answer words:20
	records 2000 >in
	spends pllm --endpoint "$spent_url" -m mock --fallback "$URL,cheap" -p '{{text}}' -j 4 --prices prices.json \
		--max-cost 0.003
	local sum=$(($(MOCK_BASE=$spent_base cost) * 10 + $(mock_stat input) + $(mock_stat output)))
	echo "$sum tenths of millionths"
	[ "$(mock_stat requests)" -gt 0 ]
	[ "$sum" -le 30000 ]
	[ "$sum" -ge 27000 ]
}

@test "vectors: requests, tokens and costs" {
	texts 200 >in
	try embed --batch-items 10 --max-requests 3 -i in
	[ "$status" -eq 8 ]
	[ "$(mock_stat requests)" -eq 3 ]
	[ "$(mock_stat embedded)" -eq 30 ]
	[ "$(failures out | cut -d: -f1)" = budget ]
	mock_reset
	try embed --batch-items 10 --max-total-tokens 500 -i in
	[ "$status" -eq 8 ]
	ended
	echo "$(mock_stat input) tokens"
	[ "$(mock_stat input)" -le 500 ]
	[ "$(mock_stat input)" -gt 0 ]
	mock_reset
	try pllm embed --endpoint "$URL" -m vectors --prices prices.json --batch-items 10 --max-cost 0.0005 -i in
	[ "$status" -eq 8 ]
	[ "$(mock_stat input)" -le 500 ]
	[ "$(mock_stat input)" -gt 0 ]
}

@test "vectors: what was bought is kept, and the next run buys the rest" {
	texts 100 >in
	try embed --cache c.db --batch-items 10 --max-requests 4 -i in
	[ "$status" -eq 8 ]
	[ "$(entries)" -eq 40 ]
	quietly embed --cache c.db --batch-items 10 --max-requests 6 -i in
	[ "$(mock_stat embedded)" -eq 100 ]
}

@test "reductions keep to it" {
	records 100 >in
	try pllm reduce --endpoint "$URL" -m mock --item '{{text}}' -p '{{items}}' --fan-in 4 --max-requests 10 -j 4 -i in
	[ "$status" -eq 8 ]
	ended
	[ "$(mock_stat requests)" -eq 10 ]
}

@test "answers that are asked for with more room spend of it too" {
	records 200 >in
	try ask -p '{{text}}' -j 4 --max-tokens 8 --on-truncate grow --max-tokens-limit 64 --max-total-tokens 3000 -i in
	[ "$status" -eq 8 ]
	[ "$(tokens)" -le 3000 ]
	[ "$(tokens)" -ge 2700 ]
}

# refuses PATTERN OPTIONS...: exit 2, with a message like that, and nothing is sent.
refuses() {
	local pattern=$1
	shift
	try ask -p '{{text}}' -i in "$@"
	[ "$status" -eq 2 ] && grep -qi -e "$pattern" err && [ "$(mock_stat requests)" -eq 0 ] && [ ! -s out ]
}

@test "what has no price or no bound is refused before anything is sent" {
	records 5 >in
	local maps=(--prices prices.json)
	refuses 'price' --max-cost 1
	refuses 'price' --max-cost 1 --max-tokens 64
	refuses 'price' --max-cost 1 "${maps[@]}" -m unheard-of --max-tokens 64
	refuses 'price' --max-cost 1 "${maps[@]}" -m free-answers
	refuses 'price' --max-cost 1 --price-in 1 --max-tokens 64
	refuses 'max-tokens' --max-cost 1 "${maps[@]}" -m boundless
	refuses 'max-tokens' --max-cost 1 --price-in 1 --price-out 2
	refuses 'max-tokens' --max-total-tokens 1000
	refuses 'max-tokens' --max-total-tokens 1000 "${maps[@]}" -m boundless
	# Of each model that may be asked.
	refuses 'unheard-of' --max-cost 1 "${maps[@]}" --fallback unheard-of
	refuses 'boundless' --max-cost 1 "${maps[@]}" --fallback boundless
	refuses 'unheard-of' --max-cost 1 "${maps[@]}" -m output=mock,unheard-of
	# With what is missing they are fine.
	quietly ask -p '{{text}}' -i in --max-cost 1 "${maps[@]}"
	quietly ask -p '{{text}}' -i in --max-cost 1 "${maps[@]}" -m boundless --max-tokens 64
	quietly ask -p '{{text}}' -i in --max-total-tokens 5000 --max-tokens 64
	quietly ask -p '{{text}}' -i in --max-total-tokens 5000 "${maps[@]}"
	quietly ask -p '{{text}}' -i in --max-requests 5
}

@test "budgets and prices that are none, and maps that are none" {
	records 5 >in
	local wrong
	for wrong in '--max-cost -1' '--max-cost x' '--max-cost 1e99' '--max-requests 0' '--max-requests -1' \
		'--max-total-tokens 0' '--max-total-tokens 1.5' '--price-in -1 --price-out 1 --max-cost 1 --max-tokens 9' \
		'--prices missing.json'; do
		# shellcheck disable=SC2086 # words
		refuses . $wrong
	done
	for wrong in '' '[]' '{}' '{"mock": 1}' 'no JSON' '{"mock":{"input_cost_per_token":-1}}'; do
		printf '%s' "$wrong" >map.json
		refuses 'map.json' --prices map.json --max-cost 1 --max-tokens 64
	done
}

@test "a server's error costs nothing; what may have been billed is told apart" {
	start_mock --error-rate 0.3
	records 300 >in
	try ask -p '{{text}}' --max-total-tokens 6000 --max-tokens 20 --retries 20 <in
	spent=$(($(mock_stat input) + $(mock_stat output)))
	echo "billed $spent of 6000"
	[ "$spent" -le 6000 ]
	[ "$(jq -s 'map(select(.output)) | length' out)" -ge 250 ]
	! grep -F 'may have been billed' err
}

@test "a price that nobody knows is not nothing, whoever names the model" {
	start_mock
	echo '{"known":{"input_cost_per_token":1e-06,"output_cost_per_token":1e-06}}' >map
	printf '{"body":{"model":"%s","messages":[{"role":"user","content":"x"}]}}\n' unheard known >in
	try pllm --endpoint "$URL" --prices map --meta <in
	[ "$status" -eq 0 ]
	[ "$(jq -c .pllm.cost out | head -n 1)" = null ]
	jq -s -e '.[1].pllm.cost > 0' out
	grep -F 'not known of 1 answers' err
}
