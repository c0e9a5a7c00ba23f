#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What cannot be answered of a pack fails alone, and is found by halves.

load helper
load vectors

setup() {
	clean_room
	start_mock --quiet --dimensions 4
}

# 64 records, of which these have the script; all in one pack.
pack() {
	local script=$1
	shift
	texts 64 | awk -v script="[[mock:$script]]" -v which=" $* " '{
		if (index(which, " " NR " ")) sub(/"}$/, script "\"}")
		print }'
}

one_pack() {
	try embed --no-adaptive --batch-items 64 "$@"
}

# The ids of the failed records.
failed() {
	jq 'select(.pllm.error).id' "$1" | paste -sd ' '
}

# A script with this in it 40 times.
repeated() {
	local i list=$1
	for ((i = 1; i < 40; i++)); do list+=,$1; done
	echo "$list"
}

# The requests that were more than one for each pack, as the summary says.
extra() {
	sed -n 's/^pllm: packs divided .*: \([0-9]*\), by \([0-9]*\) more requests$/\2/p' err
}

log2() {
	awk -v n="$1" 'BEGIN { for (k = 0; 2 ^ k < n; k++); print k }'
}

@test "10,000 records, 1 % of them poison: 9,900 vectors, 100 errors, and a bounded search" {
	local size options most
	texts 10000 100 >in
	for options in '' '--no-adaptive --batch-items 100' '--no-adaptive --batch-items 1000'; do
		mock_reset
		# shellcheck disable=SC2086 # words
		try embed -v $options <in
		[ "$status" -eq 1 ]
		[ "$(failures out)" = content_filter:100 ]
		[ "$(vectors out | wc -l)" -eq 9900 ]
		[ "$(failed out)" = "$(seq -s ' ' 100 100 10000)" ]
		[ "$(ids out | paste -sd ' ')" = "$(seq -s ' ' 10000)" ]
		size=$(mock_stat items_most)
		most=$((100 * 2 * $(log2 "$size")))
		note "${options:-adaptive}: packs of up to $size, $(extra) more requests, the bound is $most"
		[ "$(extra)" -le "$most" ]
		# What was sent is what is said, and nothing was sent in vain.
		[ "$(mock_stat requests)" -eq $(($(extra) / 2 + $(mock_stat billed) + 100)) ]
		[ "$(mock_stat embedded)" -eq 9900 ]
		[ "$(mock_stat dropped)" -eq 0 ]
	done
}

@test "several bad texts of a pack share the search" {
	pack poison 11 12 13 14 >in
	one_pack -v <in
	[ "$(failed out)" = '11 12 13 14' ]
	[ "$(vectors out | wc -l)" -eq 60 ]
	[ "$(extra)" -lt 48 ]
	pack poison $(seq 64) >in
	one_pack -v <in
	[ "$status" -eq 1 ]
	[ "$(failures out)" = content_filter:64 ]
	[ "$(extra)" -eq 126 ]
}

@test "every bad text finds its error at whatever place, and its neighbours their own vectors" {
	local at
	texts 64 >in
	quietly embed <in
	vectors out >want
	for at in 1 2 31 32 33 63 64; do
		pack poison $at >in
		one_pack <in
		[ "$(failed out)" = $at ]
		vectors out | cmp - <(sed ${at}d want)
	done
}

@test "a refusal that names the text saves the search" {
	stop_mock
	start_mock --quiet --name-index --dimensions 4
	local api at
	texts 64 >in
	quietly embed <in
	vectors out >want
	for api in openai azure cohere; do
		for at in 1 33 64; do
			pack poison $at >in
			mock_reset
			try as "$api" --no-adaptive --batch-items 64 -v <in
			[ "$(failed out)" = $at ]
			vectors out | cmp - <(sed ${at}d want)
			[ "$(extra)" -eq 2 ]
			[ "$(mock_stat requests)" -eq 3 ]
		done
	done
	# A name is believed once one before it was right: how many are asked for depends on who is
	# answered first, but with -j 1.
	pack poison 3 30 60 >in
	one_pack -j 1 -v <in
	[ "$(failed out)" = '3 30 60' ]
	[ "$(extra)" -le 10 ]
	texts 10000 100 >in
	mock_reset
	try embed -v <in
	[ "$(failures out)" = content_filter:100 ]
	note "with the index named: $(extra) more requests"
	# Names are trusted once one has proved right.
	[ "$(extra)" -lt 400 ]
}

@test "a name that somebody wrote into a text blames nobody else" {
	pack poison 20 | sed '40s/word40/input[7] Invalid/' >in
	one_pack <in
	[ "$(failed out)" = 20 ]
	stop_mock
	start_mock --quiet --name-index --dimensions 4
	one_pack <in
	[ "$(failed out)" = 20 ]
	[ "$(vectors out | wc -l)" -eq 63 ]
}

@test "each vendor's refusal is divided" {
	local api
	pack poison 7 40 >in
	for api in $(apis); do
		try as "$api" <in
		echo "$api $(failures out)"
		[ "$(failed out)" = '7 40' ]
		[ "$(vectors out | wc -l)" -eq 62 ]
	done
}

@test "a text that is too long for the model fails alone, and is not a vector of its beginning" {
	stop_mock
	start_mock --quiet --dimensions 4 --embed-item-tokens 10
	local api
	texts 64 | sed '9s/word9/wordwordwordwordwordwordwordwordwordwordword/' >in
	for api in openai azure voyage cohere ollama tei mistral jina; do
		mock_reset
		try as "$api" <in
		echo "$api $(failures out)"
		[ "$(failed out)" = 9 ]
		[ "$(failures out)" = request_rejected:1 ]
		[ "$(vectors out | wc -l)" -eq 63 ]
	done
}

@test "what is too much together is divided until it is not, and nothing fails" {
	stop_mock
	start_mock --quiet --dimensions 4 --embed-tokens 60
	texts 300 >in
	local api
	for api in openai azure voyage mistral; do
		try as "$api" --no-adaptive <in
		[ "$status" -eq 0 ]
		[ "$(vectors out | wc -l)" -eq 300 ]
	done
}

@test "413 divides; a text that alone is too large fails alone" {
	stop_mock
	start_mock --quiet --dimensions 4 --max-body 1K
	{
		texts 200
		printf '{"id":201,"text":"%2000s"}\n' x
		texts 10
	} >in
	local options
	for options in '' '--no-adaptive'; do
		# shellcheck disable=SC2086 # words
		try embed $options -v <in
		[ "$status" -eq 1 ]
		[ "$(failed out)" = 201 ]
		[ "$(jq -r '.pllm.error.status // empty' out)" = 413 ]
		[ "$(vectors out | wc -l)" -eq 210 ]
		[ "$(mock_stat 'answered["413"]')" -ge 2 ]
		mock_reset
	done
}

@test "more texts than the server takes: the pack is divided, whatever his words" {
	stop_mock
	start_mock --quiet --dimensions 4 --embed-items 5
	local api options
	texts 200 >in
	for api in $(apis); do
		for options in '' '--no-adaptive'; do
			# shellcheck disable=SC2086 # words
			try as "$api" $options <in
			[ "$status" -eq 0 ]
			[ "$(vectors out | wc -l)" -eq 200 ]
			[ "$(ids out | paste -sd ' ')" = "$(seq -s ' ' 200)" ]
		done
	done
}

@test "a text that the server always fails at, or dies of, fails alone" {
	local how want
	for how in 500 drop reset garbage; do
		pack "$(repeated $how)" 20 >in
		one_pack --retries 2 -v <in
		[ "$status" -eq 1 ]
		[ "$(failed out)" = 20 ]
		[ "$(vectors out | wc -l)" -eq 63 ]
		want=overloaded
		[ $how != drop ] && [ $how != reset ] || want=transport
		[ $how != garbage ] || want=bad_response
		[ "$(failures out)" = $want:1 ]
		[ "$(extra)" -eq 12 ]
	done
}

@test "a text that keeps the server longer than --timeout fails alone" {
	pack "$(repeated hang)" 20 >in
	one_pack --retries 1 --timeout 200ms -v <in
	[ "$status" -eq 1 ]
	[ "$(failed out)" = 20 ]
	[ "$(failures out)" = timeout:1 ]
	[ "$(extra)" -eq 12 ]
}

@test "with --retries 0 a failure is everybody's, but a refusal is divided all the same" {
	pack 500 20 >in
	one_pack --retries 0 <in
	[ "$(failures out)" = overloaded:64 ]
	[ "$(mock_stat requests)" -eq 1 ]
	pack poison 20 >in
	one_pack --retries 0 <in
	[ "$(failed out)" = 20 ]
}

@test "a failure that goes away costs nobody anything" {
	pack 500,drop,429@0.01,200 20 >in
	one_pack --meta <in
	[ "$status" -eq 0 ]
	[ "$(vectors out | wc -l)" -eq 64 ]
	[ "$(mock_stat items_most)" -eq 64 ]
	[ "$(mock_stat requests)" -eq 4 ]
	[ "$(jq .pllm.attempts out | sort -u)" -eq 4 ]
}

@test "of a vector that is missing only that text is asked again" {
	local how
	for how in null number missing left-out hole; do
		mock_reset
		pack $how 20 >in
		one_pack --meta <in
		[ "$status" -eq 0 ]
		[ "$(vectors out | wc -l)" -eq 64 ]
		[ "$(mock_stat requests)" -eq 2 ]
		[ "$(mock_stat items)" -eq 65 ]
		[ "$(jq -sc 'map(.pllm.attempts) | unique' out)" = '[1,2]' ]
		[ "$(jq -c 'select(.pllm.attempts == 2).id' out | paste -sd ' ')" = 20 ]
		pack "$(repeated $how)" 20 >in
		one_pack <in
		[ "$(failed out)" = 20 ]
		[ "$(failures out)" = bad_response:1 ]
	done
}

@test "a vector of another length is its record's error, and not asked again" {
	pack short 20 >in
	one_pack <in
	[ "$(failed out)" = 20 ]
	grep -q 'has 3 numbers, the first ones had 4' out
	[ "$(mock_stat requests)" -eq 1 ]
}

@test "equal texts in a pack that is divided all get what one of them gets" {
	for i in 1 2 3; do pack poison 20; done >in
	try embed --no-adaptive <in
	[ "$(failed out)" = '20 20 20' ]
	[ "$(vectors out | wc -l)" -eq 189 ]
	[ "$(mock_stat items_most)" -eq 64 ]
}

@test "poison in several packs at once, unordered and with --halt" {
	texts 3000 50 >in
	try embed -u -j 16 --batch-items 40 <in
	[ "$status" -eq 1 ]
	[ "$(failures out)" = content_filter:60 ]
	[ "$(ids out | sort -n | uniq | wc -l)" -eq 3000 ]
	[ "$(vectors out | wc -l)" -eq 2940 ]
	try embed --halt soon,fail=5 -j 2 --batch-items 40 <in
	[ "$status" -ne 0 ]
	[ "$(failures out | grep -o 'content_filter:[0-9]*' | cut -d: -f2)" -ge 5 ]
	[ "$(ids out | paste -sd ' ')" = "$(seq -s ' ' "$(wc -l <out)")" ]
	[ "$(wc -l <out)" -lt 3000 ]
}

@test "what failed in a pack says how often it was asked, and of which line it is" {
	pack poison 20 >in
	one_pack <in
	[ "$(jq -c '.pllm.error // empty | [.status, .attempts, .line, .step, .retryable]' out)" = \
		'[400,7,20,"embedding",false]' ]
	[ "$(jq -c 'select(.pllm.error) | has("embedding")' out)" = false ]
}
