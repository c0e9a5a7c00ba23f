#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# --format npy and f32: row i of the matrix is the vector of line i of the records.

load helper
load vectors

setup() {
	clean_room
	start_mock --quiet --dimensions 16
}

npy() {
	embed --format npy -o v.npy "$@"
}

# The lines that the matrix is to agree with, from a run without one.
lines_of() {
	try embed "$@"
	mv out lines
}

# True if the shape that the matrix's header says is this, and the file has all its numbers.
has_shape() {
	echo "$1: $(rows "$1"), not $2 $3"
	[ "$(rows "$1")" = "$2 $3" ] && [ "$(stat -c %s "$1")" -eq $((128 + 4 * $2 * $3)) ]
}

# True if what an interrupted run left has as many rows as lines, each of them right.
parts_agree() {
	local n
	n=$(wc -l <"$2")
	echo "$n lines, rows: $(rows "$1")"
	[ "$(rows "$1")" = "$n 16" ] || return 1
	numbers '
m = np.load(sys.argv[1], mmap_mode="r")
want = {json.loads(l)["id"]: json.loads(l).get("embedding") for l in open(sys.argv[3])}
for i, l in enumerate(open(sys.argv[2])):
    r = json.loads(l)
    v = None if r.get("pllm", {}).get("error") else want[r["id"]]
    assert np.isnan(m[i]).all() if v is None else (m[i] == np.array(v).astype(np.float32)).all(), i
' "$1" "$2" lines
}

@test "numpy maps it, and it is the float32 of the digits in the records" {
	texts 3000 >in
	lines_of <in
	quietly npy <in
	cmp out in
	agree v.npy lines
	has_shape v.npy 3000 16
	[ "$(numbers 'm = np.load("v.npy"); print(m.dtype.str, m.flags.c_contiguous, m.flags.writeable)')" = '<f4 True True' ]
	quietly embed --format f32 -o v.f32 <in
	cmp out in
	agree v.f32 lines
	[ "$(stat -c %s v.f32)" -eq $((4 * 3000 * 16)) ]
	cmp v.f32 <(tail -c +129 v.npy)
}

@test "the numbers begin where they can be mapped, however wide the matrix is" {
	local n
	for n in 1 2 1536 4096; do
		stop_mock
		start_mock --quiet --dimensions $n
		texts 70 >in
		quietly npy <in
		has_shape v.npy 70 $n
		[ "$(head -c 6 v.npy | tail -c 5)" = NUMPY ]
		[ "$(head -c 128 v.npy | tail -c 1 | od -An -tu1 | xargs)" = 10 ]
	done
}

@test "from digits the same float32 are made as numpy makes, from base64 the server's own bits" {
	texts 500 >in
	lines_of <in
	quietly npy <in
	mv v.npy base64.npy
	stop_mock
	start_mock --quiet --dimensions 16 --embed-rogue floats
	quietly npy <in
	cmp v.npy base64.npy
	agree v.npy lines
	quietly as gemini --format npy -o v.npy <in
	cmp v.npy base64.npy
}

@test "a record that failed has a row of NaN and its error among the records" {
	texts 200 7 >in
	lines_of <in
	try npy <in
	[ "$status" -eq 1 ]
	[ ! -e v.npy ]
	agree v.npy.partial lines 2>/dev/null || {
		mv v.npy.partial partial.npy
		agree partial.npy lines
	}
	[ "$(failures out)" = content_filter:28 ]
	cmp <(ids out) <(ids in)
	try npy --accept 28 <in
	[ "$status" -eq 0 ]
	agree v.npy lines
	[ "$(jq -r 'select(.pllm.error) | .pllm.error.line' out | paste -sd ' ')" = "$(seq -s ' ' 7 7 200)" ]
	grep -q '28 of 200 records failed' err
}

@test "failed rows before the first vector are there, too" {
	{
		printf '%s\n' '{"id":1}' '{"id":2,"text":""}' '{"id":3,"text":"[[mock:poison]]"}'
		texts 5
		echo '{"id":9}'
	} >in
	lines_of <in
	try npy --accept 100% <in
	[ "$status" -eq 0 ]
	has_shape v.npy 9 16
	agree v.npy lines
	try embed --format f32 -o v.f32 --accept 100% <in
	agree v.f32 lines
}

@test "--errors and --on-error drop take the row away with the line" {
	local options
	texts 200 7 >in
	lines_of --on-error drop <in
	[ "$(wc -l <lines)" -eq 172 ]
	for options in '--on-error drop' '--errors failed'; do
		rm -f v.npy
		# shellcheck disable=SC2086 # words
		try npy --accept 28 $options <in
		[ "$status" -eq 0 ]
		[ "$(wc -l <out)" -eq 172 ]
		agree v.npy lines
		cmp <(ids out) <(ids lines)
	done
	[ "$(wc -l <failed)" -eq 28 ]
}

@test "where all fail there are as many rows without a number, or as --dimensions says" {
	texts 10 1 >in
	try npy --accept 100% <in
	[ "$(wc -l <out)" -eq 10 ]
	has_shape v.npy 10 0
	try npy --accept 100% --dimensions 5 <in
	has_shape v.npy 10 5
	[ "$(numbers 'print(np.isnan(np.load("v.npy")).all())')" = True ]
	try npy --accept 100% --on-error drop --dimensions 5 <in
	has_shape v.npy 0 5
	try embed --format f32 -o v.f32 --accept 100% --dimensions 5 <in
	[ "$(stat -c %s v.f32)" -eq 200 ]
}

@test "of no records the matrix has no rows" {
	quietly npy </dev/null
	has_shape v.npy 0 0
	quietly npy --dimensions 7 </dev/null
	has_shape v.npy 0 7
	quietly embed --format f32 -o v.f32 </dev/null
	[ -f v.f32 ]
	[ ! -s v.f32 ]
}

@test "a vector of another length is a NaN row and its record's error" {
	texts 20 | sed '15s/word15/&[[mock:short]]/' >in
	lines_of --no-adaptive <in
	mock_reset
	try npy --accept 1 --no-adaptive <in
	[ "$status" -eq 0 ]
	agree v.npy lines
	[ "$(jq 'select(.pllm.error).id' out)" = 15 ]
	grep -q 'has 15 numbers, the first ones had 16' out
}

@test "in base64, too: a vector that is short, null, missing or has what is no number" {
	local how
	for how in short null missing left-out hole number; do
		texts 20 | sed "15s/word15/&[[mock:$how,$how,$how,$how]]/" >in
		try npy --accept 1 --no-adaptive <in
		echo "$how: $(failures out)"
		[ "$status" -eq 0 ]
		[ "$(failures out)" = bad_response:1 ]
		[ "$(numbers 'print(np.isnan(np.load("v.npy")).sum(1))' | xargs)" = '[ 0 0 0 0 0 0 0 0 0 0 0 0 0 0 16 0 0 0 0 0]' ]
	done
}

@test "--ids FILE has the records, and stdout nothing" {
	texts 30 >in
	quietly npy --ids ids.jsonl <in
	[ ! -s out ]
	cmp ids.jsonl in
	has_shape v.npy 30 16
	[ "$(echo *)" = 'err ids.jsonl in out v.npy' ]
}

@test "both files come into place, or neither" {
	echo old >v.npy
	echo older >ids.jsonl
	texts 30 7 >in
	lines_of <in
	try npy --ids ids.jsonl <in
	[ "$status" -eq 1 ]
	[ "$(<v.npy) $(<ids.jsonl)" = 'old older' ]
	grep -q 'v.npy is left as it was' err
	grep -q 'ids.jsonl is left as it was' err
	mv v.npy.partial p.npy
	agree p.npy lines
	[ "$(wc -l <ids.jsonl.partial)" -eq 30 ]
}

@test "records keep their fields, and --meta says what the vectors have cost" {
	echo '{"id":1,"text":"x","embedding":"mine","n":1.10}' >in
	quietly npy <in
	cmp out in
	quietly npy --meta < <(texts 2)
	[ "$(jq -sc 'map([.pllm.usage.input != null, .pllm.attempts, has("embedding")])' out)" = \
		'[[true,1,false],[false,1,false]]' ]
}

@test "an interrupted run leaves as many rows as lines" {
	stop_mock
	start_mock --quiet --dimensions 16
	texts 3000 >many
	lines_of <many
	stop_mock
	start_mock --quiet --dimensions 16 --latency 20ms-60ms
	local signal
	for signal in INT TERM; do
		rm -f v.npy* ids.jsonl*
		start_embed --format npy -o v.npy --ids ids.jsonl -j 3 --batch-items 10 <many >out 2>err
		await eval '[ -s ids.jsonl.partial ]'
		kill -s $signal "$ASK_PID"
		end_of_ask
		[ "$status" -eq $((128 + $(kill -l $signal))) ]
		[ ! -e v.npy ]
		[ ! -e ids.jsonl ]
		[ "$(wc -l <ids.jsonl.partial)" -lt 3000 ]
		mv v.npy.partial p.npy
		parts_agree p.npy ids.jsonl.partial
	done
}

@test "kill -9 leaves no more rows promised than there are" {
	texts 3000 >many
	lines_of <many
	stop_mock
	start_mock --quiet --dimensions 16 --latency 20ms-60ms
	start_embed --format npy -o v.npy --ids ids.jsonl -j 3 --batch-items 10 <many >out 2>err
	await eval '[ "$(wc -l <ids.jsonl.partial)" -ge 100 ]'
	kill -9 "$ASK_PID"
	wait "$ASK_PID" || true
	mv v.npy.partial p.npy
	local n
	n=$(rows p.npy)
	n=${n% 16}
	echo "$n rows, $(wc -l <ids.jsonl.partial) lines"
	[ "$n" -gt 0 ]
	[ "$n" -le 3000 ]
	[ "$(stat -c %s p.npy)" -ge $((128 + n * 64)) ]
	numbers '
m = np.load("p.npy", mmap_mode="r")
v = read_lines("lines")
assert all((m[i] == np.array(v[i]).astype(np.float32)).all() for i in range(len(m)))
'
}

@test "--halt, --max-duration and a deadline leave as many rows as lines" {
	texts 3000 100 >many
	lines_of <many
	try npy --ids ids.jsonl --halt now,fail=3 --batch-items 10 -j 2 <many
	[ "$status" -ne 0 ]
	mv v.npy.partial p.npy
	parts_agree p.npy ids.jsonl.partial
	stop_mock
	start_mock --quiet --dimensions 16 --latency 30ms
	try npy --ids ids.jsonl --max-duration 300ms --batch-items 10 -j 2 --grace 0 <many
	[ "$status" -ne 0 ]
	mv v.npy.partial p.npy
	parts_agree p.npy ids.jsonl.partial
}

@test "a disk that is full: 7, and what is promised is there" {
	echo old >v.npy
	texts 3000 >in
	lines_of <in
	status=0
	(
		trap '' XFSZ
		ulimit -f 64
		npy --ids /dev/null <in >out 2>err
	) || status=$?
	cat err
	[ "$status" -eq 7 ]
	[ "$(<v.npy)" = old ]
	grep -q 'v.npy.*File too large' err
	cp v.npy.partial p.npy
	local n
	n=$(rows p.npy)
	echo "$n promised in $(stat -c %s p.npy) bytes"
	[ "$(stat -c %s p.npy)" -ge $((128 + ${n% *} * 64)) ]
	rm v.npy.partial
	try embed --format f32 -o /dev/full <in
	[ "$status" -eq 7 ]
	grep -q '/dev/full: No space left on device' err
	try npy --ids /dev/full <in
	[ "$status" -eq 7 ]
	grep -q '/dev/full: No space left on device' err
	status=0
	npy <in >/dev/full 2>err || status=$?
	[ "$status" -eq 7 ]
	[ "$(<v.npy)" = old ]
}

@test "what is no place for a matrix is refused before anything is asked" {
	texts 3 >in
	mkfifo pipe
	exec {fd}<>pipe
	try embed --format npy -o pipe <in
	exec {fd}>&-
	[ "$status" -eq 2 ]
	grep -q 'is no place for a NumPy matrix' err
	try embed --format npy -o /dev/stdout <in
	[ "$status" -eq 2 ]
	try embed --format npy -o nowhere/v.npy <in
	[ "$status" -eq 2 ]
	ln -s v.npy also.npy
	touch v.npy
	try npy --ids also.npy <in
	[ "$status" -eq 2 ]
	[ "$(mock_stat requests)" -eq 0 ]
	[ ! -s v.npy ]
}

@test "f32 goes into a pipe, with the records in --ids" {
	texts 3000 5 >in
	lines_of <in
	embed --format f32 --ids ids.jsonl --accept 100% <in 2>err | cat >v.f32
	agree v.f32 lines
	cmp <(ids ids.jsonl) <(ids lines)
	mkfifo pipe
	cat pipe >w.f32 3>&- 4>&- &
	try embed --format f32 -o pipe --accept 100% <in
	[ "$status" -eq 0 ]
	wait $!
	cmp v.f32 w.f32
	# How often a record was asked depends on whose pack it was in.
	cmp <(jq -c 'del(.pllm.error.attempts)' out) <(jq -c 'del(.pllm.error.attempts)' ids.jsonl)
}

@test "a reader of f32 that goes away ends the run" {
	texts 100000 >in
	set +o pipefail
	{ embed --format f32 --ids ids.jsonl <in || echo $? >status; } 2>err | head -c 64 >row
	[ "$(<status)" -eq 141 ]
	[[ $(<err) == 'pllm: ids.jsonl was not made; '*'ids.jsonl.partial' ]]
	[ "$(stat -c %s row)" -eq 64 ]
	[ ! -e ids.jsonl ]
	[ "$(mock_stat embedded)" -lt 100000 ]
}

@test "with --normalize, what is not of length 1 is, in all three formats" {
	stop_mock
	start_mock --quiet --dimensions 16 --embed-rogue long
	texts 300 >in
	lines_of --normalize <in
	quietly npy --normalize <in
	quietly embed --normalize --format f32 -o v.f32 <in
	numbers '
a = np.array(read_lines("lines"), np.float64)
b = np.load("v.npy").astype(np.float64)
c = np.fromfile("v.f32", "<f4").reshape(-1, 16).astype(np.float64)
for m in (a, b, c):
    assert m.shape == (300, 16) and (abs(np.linalg.norm(m, axis=1) - 1) < 1e-6).all()
assert (b == c).all() and (a.astype(np.float32) == b).all()
'
	quietly npy <in
	[ "$(numbers 'print((abs(np.linalg.norm(np.load("v.npy"), axis=1) - 3) < 1e-5).all())')" = True ]
}

@test "memory does not grow with the rows, and the matrix is written as it goes" {
	stop_mock
	start_mock --quiet --dimensions 512
	local small large n
	for n in 4000 40000; do
		texts $n | /usr/bin/time -f %M -o peak "$PLLM" embed --endpoint "$URL" -m mock --no-share \
			--format npy -o v.npy --batch-items 100 -j 4 >/dev/null 3>&- 4>&-
		has_shape v.npy $n 512
		[ "${small:-}" ] || small=$(<peak)
		large=$(<peak)
	done
	note "peak memory: $small kB for 4,000 rows of 512, $large kB for 40,000"
	is_sanitized || [ "$large" -lt $((small + 16 * 1024)) ]
}

@test "an old matrix is overwritten whole, a shorter one leaves nothing of it" {
	texts 500 >in
	quietly npy <in
	quietly npy < <(head -n 3 in)
	has_shape v.npy 3 16
	quietly npy --dimensions 2 < <(head -n 5 in)
	has_shape v.npy 5 2
}

@test "two runs do not write one matrix" {
	mkfifo slow
	exec {fd}<>slow
	start_embed --format npy -o v.npy <slow >out1 2>err1
	await test -e v.npy.partial
	try npy < <(texts 3)
	kill "$ASK_PID"
	wait "$ASK_PID" || true
	exec {fd}>&-
	[ "$status" -eq 2 ]
	grep -q 'is being written by another run' err
}
