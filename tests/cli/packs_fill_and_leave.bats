#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# When a pack leaves and with how many texts, and that the order of records does not depend on it.

load helper
load vectors

setup() {
	clean_room
	start_mock --quiet --dimensions 4
}

now_ms() {
	date +%s%3N
}

# Feeds N records with a pause of this between two, forever silent after the last one until ./over.
trickle() {
	local i
	for ((i = 1; i <= $1; i++)); do
		echo "{\"id\":$i,\"text\":\"n $i\"}"
		sleep "$2"
	done
	until [ -e over ]; do sleep 0.02; done
}

@test "--batch-items is the most texts of a request, and what all but the last have" {
	texts 1000 >in
	quietly embed --no-adaptive --batch-items 30 <in
	[ "$(mock_stat items_most)" -eq 30 ]
	[ "$(mock_stat requests)" -eq 34 ]
	mock_reset
	quietly embed --batch-items 30 <in
	[ "$(mock_stat items_most)" -le 30 ]
	mock_reset
	quietly embed --batch-items 1 < <(head -n 50 in)
	[ "$(mock_stat requests)" -eq 50 ]
}

@test "--batch-tokens is the most tokens of a request; a text with more goes alone" {
	stop_mock
	start_mock --quiet --dimensions 1 --embed-tokens 100 --embed-item-tokens 1000
	texts 500 >in
	quietly embed --no-adaptive --batch-tokens 100 <in
	[ "$(mock_stat 'answered | keys | join(" ")')" = 200 ]
	[ "$(mock_stat requests)" -ge 10 ]
	[ "$(mock_stat requests)" -le 50 ]
	stop_mock
	start_mock --quiet --dimensions 1
	{
		texts 3
		printf '{"id":4,"text":"%s"}\n' "$(seq -s ' ' 500)"
		texts 3 | sed 's/word/w/'
	} >in
	quietly embed --no-adaptive --batch-tokens 100 <in
	[ "$(mock_stat requests)" -eq 3 ]
	[ "$(mock_stat items_most)" -eq 3 ]
}

@test "a slow stream is not held back for a full pack" {
	mkfifo slow
	trickle 3 0.3 >slow 3>&- 4>&- &
	start_embed <slow >out 2>err
	await eval '[ "$(wc -l <out)" -eq 1 ]'
	[ "$(mock_stat requests)" -eq 1 ]
	await eval '[ "$(wc -l <out)" -eq 3 ]'
	[ "$(mock_stat requests)" -eq 3 ]
	touch over
	end_of_ask
	[ "$status" -eq 0 ]
}

@test "--batch-wait is how long the first text waits for others" {
	mkfifo slow
	trickle 5 0.05 >slow 3>&- 4>&- &
	start_embed --batch-wait 2s <slow >out 2>err
	sleep 1
	[ "$(mock_stat requests)" -eq 0 ]
	await eval '[ "$(wc -l <out)" -eq 5 ]'
	[ "$(mock_stat requests)" -eq 1 ]
	touch over
	end_of_ask
	[ "$status" -eq 0 ]
}

@test "the end of the input ends the waiting, and so does a full pack" {
	local from
	texts 5 >in
	from=$(now_ms)
	quietly embed --batch-wait 20s <in
	[ "$(mock_stat requests)" -eq 1 ]
	mock_reset
	mkfifo slow
	{
		cat in
		until [ -e over ]; do sleep 0.02; done
	} >slow 3>&- 4>&- &
	start_embed --batch-wait 20s --batch-items 5 --no-adaptive <slow >out 2>err
	await eval '[ "$(wc -l <out)" -eq 5 ]'
	touch over
	end_of_ask
	[ "$status" -eq 0 ]
	[ "$(mock_stat requests)" -eq 1 ]
	[ $(($(now_ms) - from)) -lt 15000 ]
}

@test "a window that is full ends the waiting: no more can come" {
	local from
	texts 10 >in
	from=$(now_ms)
	quietly embed --batch-wait 20s --window 5 --no-adaptive <in
	[ "$(mock_stat items_most)" -le 5 ]
	quietly embed --batch-wait 20s --window-bytes 1 --no-adaptive <in
	[ "$(vectors out | wc -l)" -eq 10 ]
	[ $(($(now_ms) - from)) -lt 15000 ]
}

@test "--batch-wait 0: nobody waits, and what comes while others are asked still goes together" {
	stop_mock
	start_mock --quiet --dimensions 4 --latency 20ms
	texts 2000 >in
	quietly embed --batch-wait 0 -j 2 <in
	[ "$(vectors out | wc -l)" -eq 2000 ]
	[ "$(ids out | paste -sd ' ')" = "$(seq -s ' ' 2000)" ]
	note "--batch-wait 0: $(mock_stat requests) requests for 2000 texts, the largest of $(mock_stat items_most)"
	[ "$(mock_stat items_most)" -gt 10 ]
}

@test "order is that of the input, however long each pack takes" {
	stop_mock
	start_mock --quiet --dimensions 4 --latency 1ms-60ms --error-rate 0.05 --drop-rate 0.05 --seed 3
	texts 3000 >in
	quietly embed -j 16 --batch-items 20 --retries 30 <in
	[ "$(ids out | paste -sd ' ')" = "$(seq -s ' ' 3000)" ]
	vectors out >want
	[ "$(wc -l <want)" -eq 3000 ]
	# Each has its own vector: those of a mock that never fails, in packs of one.
	stop_mock
	start_mock --quiet --dimensions 4
	quietly embed --batch-items 1 <in
	vectors out | cmp - want
}

@test "-u writes what is there, and every record has its own vector all the same" {
	stop_mock
	start_mock --quiet --dimensions 4 --latency 1ms-60ms
	texts 2000 >in
	quietly embed -u -j 16 --batch-items 20 <in
	cp out unordered
	[ "$(ids out | paste -sd ' ')" != "$(seq -s ' ' 2000)" ]
	quietly embed <in
	jq -c . unordered | sort | cmp - <(jq -c . out | sort)
	quietly embed -u --format npy -o v.npy -j 16 --batch-items 20 <in
	mv out ids.jsonl
	# Row i is line i's, in whatever order.
	sort unordered >by_text
	numbers '
want = {json.loads(l)["id"]: json.loads(l)["embedding"] for l in open("unordered")}
m = np.load("v.npy", mmap_mode="r")
for i, l in enumerate(open("ids.jsonl")):
    assert (m[i] == np.array(want[json.loads(l)["id"]]).astype(np.float32)).all(), i
assert len(m) == 2000 and i == 1999
'
}

@test "equal texts are asked once; with --no-share each is asked" {
	# So slow that all are alive at the same time.
	stop_mock
	start_mock --quiet --dimensions 4 --latency 700ms
	for _ in 1 2 3 4; do texts 50; done >in
	quietly embed <in
	[ "$(mock_stat items)" -eq 50 ]
	vectors out >want
	cmp <(head -n 50 want) <(tail -n 50 want)
	[ "$(wc -l <want)" -eq 200 ]
	mock_reset
	quietly embed --no-share <in
	[ "$(mock_stat items)" -eq 200 ]
	vectors out | cmp - want
	quietly embed --meta <in
	[ "$(jq -s 'map(.pllm.shared // false) | map(select(.)) | length' out)" -eq 150 ]
}

@test "an equal text that comes while the other is under way waits for its vector" {
	stop_mock
	start_mock --quiet --dimensions 4 --latency 500ms
	mkfifo slow
	{
		echo '{"id":1,"text":"same"}'
		sleep 0.2
		echo '{"id":2,"text":"same"}'
		echo '{"id":3,"text":"other"}'
	} >slow 3>&- 4>&- &
	quietly embed <slow
	[ "$(mock_stat items)" -eq 2 ]
	[ "$(jq -sc '[.[0].embedding == .[1].embedding, .[1].embedding == .[2].embedding]' out)" = '[true,false]' ]
}

@test "packs are no larger than the window, and no more in flight than -j" {
	stop_mock
	start_mock --quiet --dimensions 4 --latency 30ms
	texts 400 >in
	quietly embed --window 8 --no-adaptive <in
	[ "$(mock_stat items_most)" -le 8 ]
	[ "$(vectors out | wc -l)" -eq 400 ]
	mock_reset
	quietly embed -j 3 --batch-items 10 --no-adaptive <in
	[ "$(mock_stat peak_in_flight)" -eq 3 ]
	[ "$(mock_stat requests)" -eq 40 ]
	mock_reset
	quietly embed -j 1 --batch-items 10 --no-adaptive <in
	[ "$(mock_stat peak_in_flight)" -eq 1 ]
}

@test "where a request costs time and a text little, packs grow" {
	stop_mock
	start_mock --quiet --dimensions 1 --latency 30ms
	texts 60000 >in
	quietly embed -j 2 <in
	[ "$(vectors out | wc -l)" -eq 60000 ]
	note "30 ms a request: packs of up to $(mock_stat items_most), $(mock_stat requests) requests"
	[ "$(mock_stat items_most)" -ge 256 ]
}

@test "where each text costs and a request nothing, packs stay smaller than the API allows" {
	stop_mock
	start_mock --quiet --dimensions 1 --latency-per-item 1ms
	texts 3000 >in
	quietly embed -j 4 <in
	[ "$(vectors out | wc -l)" -eq 3000 ]
	note "1 ms a text: packs of up to $(mock_stat items_most), $(mock_stat requests) requests"
	[ "$(mock_stat items_most)" -lt 2048 ]
}

@test "below a ceiling that the server has, packs settle; it is not run into again and again" {
	stop_mock
	start_mock --quiet --dimensions 1 --embed-items 50 --latency 2ms
	texts 20000 >in
	quietly embed -j 4 <in
	[ "$(vectors out | wc -l)" -eq 20000 ]
	note "a ceiling of 50: $(mock_stat requests) requests, $(mock_stat 'answered["400"]') of them refused"
	[ "$(mock_stat 'answered["400"]')" -le 40 ]
	[ "$(mock_stat requests)" -le 1300 ]
}

@test "--no-adaptive pins the size: the API's, or what is said" {
	texts 5000 >in
	quietly embed --no-adaptive --batch-wait 10s <in
	[ "$(mock_stat items_most)" -eq 2048 ]
	[ "$(mock_stat requests)" -eq 3 ]
	mock_reset
	quietly as tei --no-adaptive < <(head -n 100 in)
	[ "$(mock_stat requests)" -eq 4 ]
}

@test "a timeout makes packs smaller, until all are answered" {
	stop_mock
	start_mock --quiet --dimensions 1 --latency-per-item 5ms
	texts 600 >in
	quietly embed -j 8 --timeout 250ms <in
	[ "$(vectors out | wc -l)" -eq 600 ]
}

@test "a rate limit is of requests, not of texts" {
	stop_mock
	start_mock --quiet --dimensions 4 --rpm 600 --burst 1
	texts 500 >in
	quietly embed --batch-items 100 --no-adaptive --rate 600/m <in
	[ "$(vectors out | wc -l)" -eq 500 ]
	[ "$(mock_stat 'answered["200"]')" -eq 5 ]
}

@test "packs that wait for a rate of requests are filled as far as they may be" {
	texts 6000 >in
	quietly embed --rate 5/s <in
	[ "$(wc -l <out)" -eq 6000 ]
	echo "$(mock_stat requests) requests, at most $(mock_stat items_most) texts"
	[ "$(mock_stat items_most)" -gt 500 ]
	[ "$(mock_stat requests)" -le 60 ]
}

@test "a path that nobody knows ends a large run as a small one: 3" {
	texts 2000 >in
	try pllm embed --endpoint "${URL}x" -m mock <in
	[ "$status" -eq 3 ]
	[ "$(wc -l <out)" -gt 0 ]
}

@test "an output pipe that nobody reads does not keep a signal from ending pllm" {
	mkfifo pipe
	texts 5 >in
	start_pllm embed --endpoint "$URL" -m mock -o pipe <in
	sleep 0.5
	kill -TERM "$ASK_PID"
	end_of_ask
	[ "$status" -eq 143 ]
}
