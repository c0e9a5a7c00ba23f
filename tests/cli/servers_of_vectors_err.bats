#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Servers that answer in a way that nobody asked for, late, or not at all: the right vector, or an
# error that says what is wrong; never the vector of another text.

load helper
load vectors

setup() {
	clean_room
	texts 50 >in
	start_mock --quiet --dimensions 4
	quietly embed <in
	vectors out >want
	stop_mock
}

# A server that is wrong in these ways.
rogue() {
	local options=() how
	for how; do options+=(--embed-rogue "$how"); done
	[ "${#server_pids[@]}" -eq 0 ] || stop_mock
	start_mock --quiet --dimensions 4 "${options[@]}"
}

# All vectors are right, in records and in a matrix, by this API.
all_right() {
	quietly as "$1" <in || return 1
	vectors out | cmp - want || return 1
	mv out lines
	quietly as "$1" --format npy -o v.npy <in || return 1
	agree v.npy lines
}

# Those records that are no errors have their own vector, and no other.
none_is_wrong() {
	numbers '
want = [json.loads(l) for l in open("want")]
got = read_lines("out")
assert len(got) == 50 and all(g is None or g == w for g, w in zip(got, want))
'
}

# A server whose answer this Python makes: of `texts`, and of `path`, the first segment.
python_server() {
	cat >server.py <<-EOF
		import http.server, json

		class Server(http.server.BaseHTTPRequestHandler):
		    def log_message(self, *_):
		        pass

		    def do_POST(self):
		        texts = json.loads(self.rfile.read(int(self.headers["content-length"])))["input"]
		        scope = {"texts": texts, "path": self.path.split("/")[1]}
		        exec(SCRIPT, scope)
		        answer = scope["answer"]
		        body = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
		        self.send_response(200)
		        self.send_header("content-length", str(len(body)))
		        self.end_headers()
		        self.wfile.write(body)

		SCRIPT = """$1"""
		server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
		print(server.server_address[1], flush=True)
		server.serve_forever()
	EOF
	start_server "${PYTHON3:-python3}" server.py
}

reason() {
	jq -r '.pllm.error.message // empty' "$1" | sort | uniq -c | sort -rn | head -n 1 | sed 's/^ *[0-9]* //'
}

@test "a server that knows no base64, or nothing else, is understood" {
	local how api
	for how in floats base64; do
		rogue $how
		for api in openai cohere jina mistral; do
			all_right $api
		done
	done
}

@test "digits that were printed of base64 are the fewest that read back as the same" {
	rogue base64
	quietly embed <in
	numbers '
want = [json.loads(l) for l in open("want")]
assert [[np.float32(x) for x in v] for v in read_lines("out")] == [[np.float32(x) for x in v] for v in want]
'
	vectors out | cmp - want
}

@test "vectors out of order find their texts by the index; without one order is what counts" {
	rogue reversed
	all_right openai
	all_right voyage
	rogue unindexed
	all_right openai
	rogue unindexed base64
	all_right openai
}

@test "a repeated index is not trusted; texts are asked again until it cannot be wrong" {
	rogue repeated
	try embed --no-adaptive <in
	none_is_wrong
	[ "$status" -eq 0 ]
	[ "$(vectors out | wc -l)" -eq 50 ]
	note "repeated index: $(mock_stat requests) requests for 50 texts"
	[ "$(mock_stat requests)" -le 150 ]
	mock_reset
	try embed --retries 0 <in
	[ "$status" -ne 0 ]
	none_is_wrong
	[[ $(reason out) == 'the answer has two vectors with the index 0' ]]
}

@test "one vector too few, with indices: only that text is asked again, and alone it fails" {
	rogue left-out
	try embed --no-adaptive <in
	[ "$status" -eq 1 ]
	none_is_wrong
	[ "$(failures out)" = bad_response:1 ]
	[ "$(jq 'select(.pllm.error).id' out)" = 50 ]
	[ "$(mock_stat requests)" -le 4 ]
	try embed --retries 0 --no-adaptive <in
	[ "$(failures out)" = bad_response:1 ]
	[ "$(reason out)" = 'the answer has vectors for other texts, and none for this' ]
}

@test "one vector too few, without indices: none of that answer is trusted" {
	local api
	rogue left-out unindexed
	for api in openai tei ollama cohere gemini; do
		try as $api --retries 0 <in
		none_is_wrong
		[ "$(vectors out | wc -l)" -eq 0 ]
		[ "$(failures out)" = bad_response:50 ]
		[[ $(reason out) =~ ^[0-9]+' vectors came for '[0-9]+' texts'$ ]]
	done
	# If it happens once, asking again is all it takes.
	stop_mock
	start_mock --quiet --dimensions 4
	for api in tei ollama cohere gemini; do
		sed "20s/word20/&[[mock:left-out]]/" in >once
		quietly as $api <once
		vectors out | cmp - want
	done
}

@test "an index that is none of a text's, and vectors with and without one, are not trusted" {
	python_server '
items = [{"index": i, "embedding": [i, 1.5]} for i in range(len(texts))]
if path == "beyond": items[-1]["index"] = len(texts)
if path == "negative": items[0]["index"] = -1
if path == "mixed": del items[0]["index"]
if path == "words": items[0]["index"] = "x"
if path == "half": items[0]["index"] = 0.5
if path == "more": items.append({"index": len(texts), "embedding": [9, 9]})
if path == "huge": items[0]["index"] = 10**30
answer = {"data": items}
'
	local how
	for how in beyond negative mixed words half more huge; do
		try pllm embed --endpoint "$BASE/$how" -m mock --retries 0 <in
		echo "$how: $(reason out)"
		[ "$(vectors out | wc -l)" -eq 0 ]
		[ "$(failures out)" = bad_response:50 ]
		grep -q 'index' out
	done
}

@test "a server that gives one vector of many is not paid for the rest again and again" {
	python_server '
import os
with open("texts", "a") as log: log.write("%d\\n" % len(texts))
answer = {"data": [{"index": 0, "embedding": [1.5, 2]}]}
'
	texts 1000 >many
	try pllm embed --endpoint "$BASE/v1" -m mock --no-adaptive --batch-items 1000 <many
	[ "$status" -eq 1 ]
	[ "$(wc -l <out)" -eq 1000 ]
	grep -q 'the answer has vectors for other texts, and none for this' out
	echo "$(wc -l <texts) requests, $(paste -sd+ texts | bc) texts"
	[ "$(wc -l <texts)" -le 63 ]
	[ "$(paste -sd+ texts | bc)" -le 6000 ]
}

@test "a vector that is odd in the first answer fails alone, though it is the first of all" {
	python_server '
answer = {"data": [{"embedding": [1, 2] if t.startswith("1 ") else [1, 2, 3]} for t in texts]}
'
	seq 1 50 | sed 's/.*/{"text":"& x"}/' >first
	try embed --no-adaptive <first
	[ "$status" -eq 1 ]
	[ "$(failures out)" = bad_response:1 ]
	[ "$(jq -r 'select(.pllm.error).text' out)" = '1 x' ]
	[[ $(reason out) == *'has 2 numbers, the first ones had 3' ]]
}

@test "a refusal of what is no text is not looked for in texts" {
	stop_mock
	start_mock --quiet --dimensions 4
	try embed --no-adaptive --param dimensons=8 <in
	[ "$status" -eq 1 ]
	[ "$(failures out)" = request_rejected:50 ]
	[ "$(mock_stat requests)" -eq 1 ]
}

@test "odd numbers go as they are into records, and as float32 into a matrix" {
	local numbers='[1e400, -0.0,1E-5,123456789012345678901234567890, 0.1]'
	python_server "
answer = '{\"data\":[' + ','.join('{\"embedding\":$numbers}' for _ in texts) + ']}'
"
	quietly embed <in
	[ "$(vectors out | sort -u | tr -d ' ')" = '[1e400,-0.0,1E-5,123456789012345678901234567890,0.1]' ]
	quietly embed --format npy -o v.npy <in
	numbers '
row = np.load("v.npy")[49]
want = np.array([float("inf"), -0.0, 1e-5, 123456789012345678901234567890.0, 0.1]).astype(np.float32)
assert row.tobytes() == want.tobytes(), row
'
}

@test "what is no vector is none: strings, nests, objects, nothing" {
	local what
	for what in '"abc"' '"AAAA"' '[]' '[[1]]' '[1,[2]]' '["1"]' '{}' '[true]' '[1,null]' '[NaN]' '7'; do
		python_server "
answer = '{\"data\":[' + ','.join('{\"embedding\":$what}' for _ in texts) + ']}'
"
		try embed --retries 0 <in
		echo "$what: $(reason out)"
		[ "$(failures out)" = bad_response:50 ]
		stop_mock
	done
}

@test "a vector that is null, short or has a hole fails alone" {
	local how
	for how in null short; do
		rogue $how
		try embed --no-adaptive <in
		[ "$status" -eq 1 ]
		none_is_wrong
		[ "$(failures out)" = bad_response:1 ]
	done
	grep -q 'has 3 numbers, the first ones had 4' out
}

@test "an answer beyond the ceiling divides the pack" {
	stop_mock
	start_mock --quiet --dimensions 4 --embed-pad 8M
	quietly embed --no-adaptive < <(head -n 12 in)
	cmp <(vectors out) <(head -n 12 want)
	note "answers of 8 MB a text: $(mock_stat requests) requests for 12"
	[ "$(mock_stat requests)" -gt 1 ]
	[ "$(mock_stat requests)" -le 23 ]
}

@test "a server that dies midway: what it gave is kept, the rest is reported" {
	stop_mock
	start_mock --quiet --dimensions 4 --latency 50ms
	texts 2000 >in
	start_embed -j 2 --batch-items 20 --retries 2 --give-up 2s <in >out 2>err
	await eval '[ "$(mock_stat billed)" -ge 4 ]'
	kill -9 "$MOCK_PID"
	end_of_ask
	[ "$status" -ne 0 ]
	[ "$(ids out | paste -sd ' ')" = "$(seq -s ' ' "$(wc -l <out)")" ]
	[ "$(vectors out | wc -l)" -ge 40 ]
	[ "$(jq -r 'select(.embedding | not).pllm.error.code' out | sort -u | grep -vc 'transport\|cancelled')" -eq 0 ]
}

@test "limits and overload are waited out" {
	stop_mock
	start_mock --quiet --dimensions 4 --rpm 1200 --burst 2
	quietly embed -j 16 --batch-items 5 --no-share <in
	vectors out | cmp - want
	stop_mock
	start_mock --quiet --dimensions 4 --concurrency 2 --latency 10ms
	quietly embed -j 16 --batch-items 5 <in
	vectors out | cmp - want
	stop_mock
	start_mock --quiet --dimensions 4 --error-rate 0.2 --drop-rate 0.1 --seed 5
	quietly embed -j 4 --batch-items 5 --retries 30 <in
	vectors out | cmp - want
}

@test "quota and key end the run at once, with the server's words" {
	stop_mock
	start_mock --quiet --dimensions 4 --quota-after 2
	try embed -j 1 --batch-items 10 --no-adaptive <in
	[ "$status" -eq 3 ]
	grep -q 'exceeded your current quota' err
	[ "$(mock_stat requests)" -le 4 ]
	cmp <(vectors out) <(head -n 20 want)
	stop_mock
	start_mock --quiet --dimensions 4 --key right
	OPENAI_API_KEY=wrong try embed <in
	[ "$status" -eq 3 ]
	[ "$(vectors out | wc -l)" -eq 0 ]
}

@test "an outage opens the breaker, and is waited out" {
	stop_mock
	start_mock --quiet --dimensions 4 --latency 20ms
	texts 3000 >many
	start_embed -j 4 --batch-items 10 -v --retries 10 <many >out 2>err
	await eval '[ "$(mock_stat billed)" -ge 4 ]'
	local port=${BASE##*:}
	stop_server "$MOCK_PID"
	await grep -q 'breaker opened' err
	start_server "$PLLM_MOCK" --port "$port" --quiet --dimensions 4
	end_of_ask
	[ "$status" -eq 0 ]
	[ "$(vectors out | wc -l)" -eq 3000 ]
	[ "$(ids out | paste -sd ' ')" = "$(seq -s ' ' 3000)" ]
}

@test "--deadline is each record's, though it waits among others" {
	stop_mock
	start_mock --quiet --dimensions 4
	local from
	sed '20s/word20/&[[mock:hang,hang,hang,hang]]/' in >slow
	from=$(date +%s%3N)
	try embed --batch-items 10 --no-adaptive --deadline 700ms <slow
	[ "$status" -eq 1 ]
	[ "$(failures out)" = deadline:10 ] || [ "$(failures out)" = timeout:10 ]
	[ "$(jq 'select(.pllm.error).id' out | paste -sd ' ')" = "$(seq -s ' ' 11 20)" ]
	[ $(($(date +%s%3N) - from)) -lt 10000 ]
}

@test "Ctrl-C: what flies lands, and every record that was read has a line" {
	stop_mock
	start_mock --quiet --dimensions 4 --latency 200ms
	texts 5000 >many
	start_embed -j 2 --batch-items 10 <many >out 2>err
	await eval '[ "$(mock_stat billed)" -ge 2 ]'
	kill -s INT "$ASK_PID"
	end_of_ask
	[ "$status" -eq 130 ]
	[ "$(ids out | paste -sd ' ')" = "$(seq -s ' ' "$(wc -l <out)")" ]
	[ "$(vectors out | wc -l)" -eq "$(mock_stat embedded)" ]
	[[ $(failures out) == cancelled:* ]]
	grep -q '^pllm: stopped by a signal$' err
}

@test "Ctrl-C while packs are being divided: nothing is asked for any more" {
	stop_mock
	start_mock --quiet --dimensions 4 --latency 500ms
	texts 64 2 >many
	start_embed -j 1 --batch-items 64 --no-adaptive <many >out 2>err
	await eval '[ "$(mock_stat requests)" -ge 3 ]'
	kill -s INT "$ASK_PID"
	local asked
	asked=$(mock_stat requests)
	end_of_ask
	[ "$status" -eq 130 ]
	[ "$(mock_stat requests)" -le $((asked + 1)) ]
	[ "$(ids out | paste -sd ' ')" = "$(seq -s ' ' 64)" ]
}

@test "a second endpoint takes over, for whole packs and for their halves" {
	stop_mock
	start_mock --quiet --dimensions 4 --latency 5ms --quota-after 3
	local first=$URL
	start_mock --quiet --dimensions 4 --latency 5ms
	texts 600 50 >many
	try pllm embed --endpoint "$first" --endpoint "$URL" -m mock -j 4 --batch-items 20 <many
	[ "$status" -eq 1 ]
	[ "$(failures out)" = content_filter:12 ]
	[ "$(vectors out | wc -l)" -eq 588 ]
	[ "$(ids out | paste -sd ' ')" = "$(seq -s ' ' 600)" ]
	# One of them is down from the start.
	texts 600 >many
	quietly embed <many
	mv out lines
	try pllm embed --endpoint http://127.0.0.1:1/v1 --endpoint "$URL" -m mock -j 4 --batch-items 20 <many
	[ "$status" -eq 0 ]
	cmp <(vectors out) <(vectors lines)
}

@test "another API of the same model takes over: the pack is written anew for it" {
	stop_mock
	start_mock --quiet --dimensions 4 --quota-after 0
	local first=$URL
	start_mock --quiet --dimensions 4
	try pllm embed --endpoint "$first" --endpoint "$MOCK_BASE,api=tei" -m mock --batch-items 20 <in
	[ "$status" -eq 0 ]
	vectors out | cmp - want
	# No pack has more texts than the smaller of the two takes.
	try pllm embed --endpoint "$URL" --endpoint "$MOCK_BASE,api=tei" -m mock --no-adaptive --no-share \
		< <(texts 500)
	[ "$(mock_stat items_most)" -le 32 ]
}

@test "the same model elsewhere is a fallback; another one is refused, since vectors would not compare" {
	stop_mock
	start_mock --quiet --dimensions 4
	try pllm embed --endpoint http://127.0.0.1:1/v1 -m mock --fallback-after 100ms \
		--fallback "$URL,mock" <in
	[ "$status" -eq 0 ]
	vectors out | cmp - want
	mock_reset
	try embed --fallback other <in
	[ "$status" -eq 2 ]
	grep -q 'vectors of different models cannot be compared' err
	[ ! -s out ]
	[ "$(mock_stat requests)" -eq 0 ]
}

@test "pllm embed | head ends at once, and sends nothing afterwards" {
	stop_mock
	start_mock --quiet --dimensions 4 --latency 2ms
	local requests
	texts 200000 >many
	set +o pipefail
	{ embed -j 8 <many || echo $? >status; } 2>err | head -n 1 >out
	[ "$(<status)" -eq 141 ]
	[ ! -s err ]
	[ "$(wc -l <out)" -eq 1 ]
	requests=$(mock_stat requests)
	await eval '[ "$(mock_stat in_flight)" -eq 0 ]'
	[ "$(mock_stat requests)" -eq "$requests" ]
	[ "$(mock_stat items)" -lt 200000 ]
}

@test "answers that break off, are huge, nested, or no answers at all, fail their records" {
	local how
	stop_mock
	start_rogue
	for how in deep huge html empty; do
		try timeout 60 "$PLLM" embed --endpoint "$BASE/$how/v1" -m mock --retries 0 <in 3>&- 4>&-
		echo "$how: $(failures out)"
		[ "$status" -ne 0 ]
		[ "$status" -lt 124 ]
		[ "$(ids out | paste -sd ' ')" = "$(seq -s ' ' 50)" ]
		[ "$(vectors out | wc -l)" -eq 0 ]
	done
}

@test "a hedge asks the other server when one is slow, and each text has its own vector" {
	stop_mock
	start_mock --quiet --dimensions 4 --latency 400ms
	local slow=$URL
	start_mock --quiet --dimensions 4
	try pllm embed --endpoint "$slow" --endpoint "$URL" -m mock -j 2 --batch-items 5 --no-adaptive \
		--hedge 50ms --hedge-max 100 <in
	[ "$status" -eq 0 ]
	vectors out | cmp - want
}
