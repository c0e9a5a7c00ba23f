#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A cache that cannot be written ends the run and loses nothing that it holds; one that is none of
# ours, or damaged, is refused with a message that says how to go on.

load helper
load vectors
load kept

canary=sk-canary-0123456789abcdefABCDEF

setup() {
	clean_room
	start_mock --quiet
}

teardown() {
	[ ! -e "$BATS_TEST_TMPDIR/full" ] || umount "$BATS_TEST_TMPDIR/full" 2>/dev/null || true
	clean_up
}

# After a run that failed: what is in ./out is whole, what of it was answered is stored, and the
# same again completes it.
is_completed() {
	lines_hold out in || return 1
	jq -c 'select(.output) | {id, text}' out >emitted
	is_sound_if_there || return 1
	[ ! -s emitted ] || asking 0 kept -p '{{text}}' -i emitted || return 1
	quietly kept -p '{{text}}' -i in || return 1
	echoed out && [ "$(wc -l <out)" -eq "$(wc -l <in)" ] && is_sound
}

is_sound_if_there() {
	[ ! -s c.db ] || is_sound
}

# fails_at NTH NAME=VALUE...: the run has to notice that one call has failed.
fails_at() {
	local n=$1
	shift
	failing FAIL_NTH="$n" "$@" -- -j 4 -p '{{text}}' -i in
	echo "call $n: status $status"
}

@test "a full disk: exit 7 with a word on the cache, nothing stored is lost, and room makes it go on" {
	build_fault fail
	records 2000 >in
	fails_at 60 FAIL_CALL=disk FAIL_ERRNO=28
	[ -e seen ]
	[ "$status" -eq 7 ]
	grep -q '^pllm: error\[E-cache\]: cache c\.db: disk full$' err
	run ! grep 'E-output' err
	[ "$(wc -l <err)" -le 16 ]
	[ "$(mock_stat requests)" -lt 2000 ]
	# Every record that was read has left its line: answered if that is stored, else cancelled.
	[ "$(jq -r '.pllm.error.code // empty' out | sort -u)" = cancelled ]
	is_completed
}

# A megabyte to store answers in: $full, where there is more with more_room. Without a disk of our
# own no file may be larger.
make_room() {
	full=$BATS_TEST_TMPDIR/full
	mkdir "$full"
	mount -t tmpfs -o size=1m none "$full" 2>/dev/null && has_disk=true || has_disk=false
}

in_room() {
	if "$has_disk"; then
		pllm --endpoint "$URL" -m mock --cache "$full/c.db" "$@"
	else
		(trap '' XFSZ && ulimit -f 1024 && pllm --endpoint "$URL" -m mock --cache "$full/c.db" "$@")
	fi
}

more_room() {
	! "$has_disk" || mount -o remount,size=64m "$full"
}

@test "a real disk that is full" {
	local full has_disk
	start_mock --quiet --answer words:300
	records 2000 >in
	make_room
	try in_room -j 8 -p '{{text}}' -i in
	[ "$status" -eq 7 ]
	lines_hold out in
	grep -q 'full/c\.db' err
	jq -c 'select(.output) | {id, text}' out >emitted
	[ -s emitted ]
	is_sound "$full/c.db"
	# What it holds can be read while it is full.
	asking 0 in_room -p '{{text}}' -i emitted
	more_room
	quietly pllm --endpoint "$URL" -m mock --cache "$full/c.db" -j 8 -p '{{text}}' -i in
	[ "$(wc -l <out)" -eq 2000 ]
	[ "$(mock_stat billed)" -le $((2000 + 8 + 256)) ]
	is_sound "$full/c.db"
}

@test "a disk that fails at each call in turn: 7, or 2 with nothing sent, and nothing stored is lost" {
	build_fault fail
	records 60 >in
	local n error before seen_n=0 codes=
	for n in {1..40} 44 48 52 56 60 70 80; do
		error=$((n % 2 ? 5 : 28))
		rm -f c.db*
		mock_reset
		fails_at "$n" FAIL_CALL=disk FAIL_ERRNO="$error"
		if [ ! -e seen ]; then
			[ "$status" -eq 0 ]
			break
		fi
		seen_n=$((seen_n + 1)) codes+=" $status"
		case $status in
		0) ;; # what failed was the cleaning up after all was stored
		2) [ "$(mock_stat requests)" -eq 0 ] && [ ! -s out ] ;;
		7) ;;
		*) false ;;
		esac
		[ "$status" -eq 0 ] || grep -q '^pllm: error\[E-cache\]: .*c\.db' err
		is_completed
	done
	note "exit codes, by the call that failed:$codes"
	[ "$seen_n" -ge 5 ]
	[[ $codes == *7* ]]
}

@test "one call that fails and no other: the run may end, but not wrongly" {
	build_fault fail
	records 60 >in
	local n
	# The first three dozen make the file.
	for n in 1 2 5 10 20 30 {34..60}; do
		rm -f c.db*
		fails_at "$n" FAIL_CALL=disk FAIL_ERRNO=5 FAIL_TIMES=1
		[ -e seen ] || break
		[ "$status" -eq 0 ] || [ "$status" -eq 2 ] || [ "$status" -eq 7 ]
		is_completed
	done
}

@test "a disk that cannot be read: nothing is asked that is there, or the run ends" {
	build_fault fail
	records 200 >in
	quietly kept -p '{{text}}' -i in
	local n before
	for n in 1 2 3 5 8 13 21; do
		before=$(mock_stat requests)
		fails_at "$n" FAIL_CALL=read FAIL_ERRNO=5
		[ -e seen ] || break
		[ "$status" -eq 2 ] || [ "$status" -eq 7 ]
		grep -q 'c\.db' err
		# Who cannot know what is stored does not pay for it again and again.
		[ $(($(mock_stat requests) - before)) -le $((4 + 256)) ]
		lines_hold out in
		asking 0 kept -p '{{text}}' -i in
	done
	is_sound
}

@test "short writes are no failures" {
	build_fault fail
	records 60 >in
	failing FAIL_CALL=write FAIL_NTH=5 FAIL_TIMES=1 FAIL_SHORT=100 -- -j 4 -p '{{text}}' -i in
	[ "$status" -eq 0 ]
	is_completed
}

@test "the wall clock runs backwards: what was asked is found all the same" {
	build_fault clock
	records 50 >in
	local back=(env LD_PRELOAD="$BATS_TEST_TMPDIR/clock.so" CLOCK_SEEN="$PWD/seen"
		"$PLLM" --endpoint "$URL" -m mock --cache c.db -p '{{text}}' -i in)
	# Stored now, looked for a day ago.
	asking 50 kept -p '{{text}}' -i in
	CLOCK_BACK_S=86400 asking 0 "${back[@]}" --cache-ttl 1h
	[ -e seen ]
	asking 0 kept -p '{{text}}' -i in
	# Stored ever earlier, and looked for in the same run.
	rm -f c.db*
	CLOCK_BACK_S=100 asking 50 "${back[@]}" -j 4
	asking 0 kept -p '{{text}}' -i in
	CLOCK_BACK_S=100 asking 0 "${back[@]}"
	is_sound
	# Of what the run itself has stored none is older than the run.
	cat in in in >thrice
	CLOCK_BACK_S=3600 asking 50 "${back[@]}" --refresh -j 1 --window 1 -i thrice
	is_sound
}

# refused FILE PATTERN...: exit 2, nothing sent, the file as it was, and the message has all of these.
refused() {
	local file=$1 before sum
	shift
	before=$(mock_stat requests)
	sum=$(sha256sum <"$file" 2>/dev/null) || true
	try pllm --endpoint "$URL" -m mock --cache "$file" -p '{{text}}' -i in
	[ "$status" -eq 2 ] || return 1
	[ "$(mock_stat requests)" -eq "$before" ] || return 1
	[ "$(sha256sum <"$file" 2>/dev/null)" = "$sum" ] || return 1
	[ ! -s out ] || return 1
	grep -qF "$file" err || return 1
	# A reason, and what to do.
	[ "$(wc -w <err)" -ge 8 ] || return 1
	while [ $# -gt 0 ]; do
		grep -qi -e "$1" err || return 1
		shift
	done
}

@test "what is no cache of ours is refused, and left as it is" {
	records 5 >in
	echo 'notes of mine, and not the last' >text
	refused text 'not a\|no cache\|not.* cache'
	sqlite3 foreign 'create table mine(a); insert into mine values(1)'
	refused foreign 'not a\|no cache\|not.* cache'
	mkdir dir
	try pllm --endpoint "$URL" -m mock --cache dir -p '{{text}}' -i in
	[ "$status" -eq 2 ]
	grep -q 'dir' err
	try pllm --endpoint "$URL" -m mock --cache nowhere/c.db -p '{{text}}' -i in
	[ "$status" -eq 2 ]
	grep -q 'nowhere/c\.db.*No such file' err
	try pllm --endpoint "$URL" -m mock --cache /dev/null -p '{{text}}' -i in
	[ "$status" -eq 2 ]
	try pllm --endpoint "$URL" -m mock --cache '' -p '{{text}}' -i in
	[ "$status" -eq 2 ]
	[ "$(mock_stat requests)" -eq 0 ]
	[ "$(sqlite3 foreign 'select * from mine')" = 1 ]
	[ "$(echo foreign* text*)" = 'foreign text' ]
}

@test "an empty file becomes a cache" {
	records 5 >in
	: >c.db
	asking 5 kept -p '{{text}}' -i in
	asking 0 kept -p '{{text}}' -i in
}

@test "a newer version is refused, and says so" {
	records 5 >in
	quietly kept -p '{{text}}' -i in
	sqlite3 c.db 'pragma journal_mode=delete; pragma user_version=1000' >/dev/null
	refused c.db 'newer'
}

# Root, too, is asked for permission here.
without_powers() {
	if [ "$(id -u)" -eq 0 ]; then
		setpriv --bounding-set=-dac_override,-dac_read_search "$PLLM" "$@" 3>&- 4>&-
	else
		pllm "$@"
	fi
}

@test "a file that may not be written or read" {
	local mode
	records 5 >in
	quietly kept -p '{{text}}' -i in
	for mode in 400 0; do
		chmod "$mode" c.db
		try without_powers --endpoint "$URL" -m mock --cache c.db -p '{{text}}' -i in
		[ "$status" -eq 2 ]
		[ ! -s out ]
		grep -q 'c\.db.*\(Permission denied\|read-only\|readonly\)' err
	done
	[ "$(mock_stat requests)" -eq 5 ]
	chmod 600 c.db
	asking 0 kept -p '{{text}}' -i in
}

@test "a truncated cache: said so, and neither crash nor wrong answers" {
	records 3000 >in
	quietly kept -p '{{text}}' -i in
	mv c.db whole
	rm -f c.db-*
	local size part codes=
	size=$(stat -c %s whole)
	for part in 1 50 99 100 4095 4096 8192 $((size / 2)) $((size - 4096)) $((size - 1)); do
		rm -f c.db*
		head -c "$part" whole >c.db
		try kept -p '{{text}}' -i in
		codes+=" $status"
		case $status in
		0) echoed out && [ "$(wc -l <out)" -eq 3000 ] ;;
		2 | 7) grep -q 'c\.db' err && grep -qi 'damaged\|malformed\|not a\|no cache\|corrupt' err ;;
		*) false ;;
		esac
		lines_hold out in
	done
	note "exit codes of truncated caches:$codes"
	[[ $codes == *[27]* ]]
}

@test "a cache with bits flipped: said so, or as good as it was; never a crash, never a wrong answer" {
	records 400 >in
	quietly kept -p '{{text}}' -i in
	sqlite3 c.db 'pragma wal_checkpoint(truncate)' >/dev/null
	mv c.db whole
	rm -f c.db-*
	local n codes=
	for n in {1..40}; do
		rm -f c.db*
		"${PYTHON3:-python3}" - "$n" <<-'EOF2'
			import random, sys
			luck = random.Random(int(sys.argv[1]))
			data = bytearray(open("whole", "rb").read())
			for _ in range(luck.choice([1, 1, 8, 200])):
			    data[luck.randrange(len(data))] ^= 1 << luck.randrange(8)
			open("c.db", "wb").write(data)
		EOF2
		try kept -p '{{text}}' -i in
		codes+=" $status"
		case $status in
		0) echoed out && [ "$(wc -l <out)" -eq 400 ] ;;
		2 | 7) grep -q 'c\.db' err ;;
		*) false ;;
		esac
		lines_hold out in
		jq -c 'select(.output) | .output == "echo: \(.text)"' out >right
		[ ! -s right ] || [ "$(sort -u right)" = true ]
	done
	note "exit codes of damaged caches: $(tr ' ' '\n' <<<"$codes" | sort | uniq -c | xargs)"
}

@test "a cache with something else in the place of its log" {
	records 50 >in
	quietly kept -p '{{text}}' -i in
	head -c 100000 /dev/urandom >c.db-wal
	try kept -p '{{text}}' -i in
	[ "$status" -eq 0 ] || grep -q 'c\.db' err
	lines_hold out in
	rm -f c.db-wal c.db-shm
	asking 0 kept -p '{{text}}' -i in
}

@test "somebody else holds the file: it is waited for" {
	records 20 >in
	quietly kept -p '{{text}}' -i in
	records 40 >in
	"${PYTHON3:-python3}" - <<-'EOF2' &
		import sqlite3, time
		db = sqlite3.connect("c.db", isolation_level=None)
		db.execute("begin immediate")
		open("held", "w").close()
		time.sleep(1.5)
		db.execute("commit")
	EOF2
	local holder=$!
	await test -e held
	asking 20 kept -p '{{text}}' -i in
	echoed out
	wait "$holder"
	[ "$(entries)" -eq 40 ]
}

@test "two runs that make the file at the same moment" {
	local n pids
	records 40 >in
	for n in {1..10}; do
		rm -f c.db* err?
		start_pllm --endpoint "$URL" -m mock --cache c.db -p '{{text}}' -i in >out1 2>err1
		pids=$ASK_PID
		start_pllm --endpoint "$URL" -m mock --cache c.db -p '{{text}}' -i in >out2 2>err2
		wait "$pids"
		wait "$ASK_PID"
		cat err1 err2
		[ ! -s err1 ]
		[ ! -s err2 ]
		cmp out1 out2
		is_sound
		[ "$(entries)" -eq 40 ]
	done
}

@test "keys are in no file of the cache" {
	stop_mock
	start_mock --quiet --key "$canary" --latency 100ms
	export OPENAI_API_KEY=$canary
	records 40 >in
	start_pllm --endpoint "$URL" -m mock --cache c.db -p '{{text}}' -j 4 -i in >out 2>err
	await eval '[ "$(wc -l <out)" -ge 10 ]'
	[ -e c.db-wal ]
	for _ in 1 2; do
		[ "$(grep -al canary c.db* out err | wc -l)" -eq 0 ]
		end_of_ask
	done
	echoed out
	pllm cache export --cache c.db >exported
	[ "$(grep -acl canary c.db* exported)" = '' ]
	# An unlucky server may tell it; ours tells no more than its end.
	OPENAI_API_KEY=$canary-wrong try kept -p '{{text}} again' -i in
	[ "$(grep -al canary c.db* out err | wc -l)" -eq 0 ]
}

@test "without a sound cache -n and stats say so, too" {
	records 5 >in
	echo 'notes of mine, and not the last' >text
	try pllm --endpoint "$URL" -m mock --cache text -p '{{text}}' -n -i in
	[ "$status" -eq 2 ]
	try pllm cache stats --cache text
	[ "$status" -eq 2 ]
	try pllm --endpoint "$URL" -m mock --cache absent.db -p '{{text}}' -n -i in
	[ "$status" -eq 0 ]
	[ ! -e absent.db ]
	[ "$(mock_stat requests)" -eq 0 ]
}

@test "a cache is a file of its own" {
	start_mock
	records 3 >in
	for other in '-o c.db' '--errors ./c.db' '-i c.db' '-o c.db-wal'; do
		cp in c.db
		try kept -p '{{text}}' $other <in
		[ "$status" -eq 2 ]
		grep -E -- '--cache c\.db: that is (what|where) (-o|--errors|--input) |-o c\.db-wal: that is what --cache ' err
		cmp in c.db
	done
	try pllm --endpoint "$URL" -m mock --cache - -p '{{text}}' <in
	[ "$status" -eq 2 ]
	[ ! -e ./- ]
	[ "$(mock_stat requests)" -eq 0 ]
}
