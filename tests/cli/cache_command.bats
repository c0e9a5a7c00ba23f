#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# pllm cache: what is in a file that --cache keeps answers in is shown, exported, removed, verified.

load helper
load kept

# A cache c.db with three answers of each of two models, and a refusal of one of them.
fill() {
	start_mock --model mock --model other
	records 3 >in
	echo '{"id":4,"text":"no [[mock:400]]"}' >bad
	quietly kept -p '{{text}}' -i in
	quietly pllm --endpoint "$URL" -m other --cache c.db -p '{{text}}' -i in
	try kept -p '{{text}}' -i bad
	[ "$status" -eq 1 ]
}

# Fails unless pllm cache refuses with status 2 and this message, and prints nothing.
refuses() {
	local want=$1
	shift
	try pllm cache "$@"
	cat err
	[ "$status" -eq 2 ]
	[ ! -s out ]
	[ "$(flat <err)" = "pllm: $want" ]
}

# The value of a name in ./out.
value() {
	awk -v name="$1" '$1 == name { print $2 }' out
}

# The numbers in the texts of all entries.
exported() {
	pllm cache export c.db | jq -r '.text // "refused" | sub(".* "; "")' | xargs
}

@test "stats counts entries, refusals and tokens, in all and for each model" {
	fill
	quietly pllm cache stats c.db
	[ "$(value entries)" = 7 ]
	[ "$(value failures)" = 1 ]
	[ "$(value tokens-in)" = "$(pllm cache export c.db | jq -s 'map(.usage.input // 0) | add')" ]
	[ "$(value tokens-out)" = "$(pllm cache export c.db | jq -s 'map(.usage.output // 0) | add')" ]
	[ "$(value tokens-out)" -gt 6 ]
	[ "$(date -u -d "$(value oldest)" +%s)" -le "$(date -u -d "$(value newest)" +%s)" ]
	[ "$(date -u -d "$(value newest)" +%s)" -ge $(($(date +%s) - 60)) ]
	[ "$(grep -c '^model ' out)" -eq 2 ]
	grep -q '^model  *mock  entries 4  failures 1 ' out
	grep -q '^model  *other  entries 3  failures 0 ' out
	[[ $(value file) =~ ^[0-9]+\.[0-9][kM]$ ]]
}

@test "the file is named behind the command, by --cache or by PLLM_CACHE" {
	fill
	local first
	first=$(pllm cache ls c.db)
	[ "$(wc -l <<<"$first")" -eq 7 ]
	[ "$(pllm cache ls --cache c.db)" = "$first" ]
	[ "$(pllm --cache=c.db cache ls)" = "$first" ]
	[ "$(PLLM_CACHE=c.db pllm cache ls)" = "$first" ]
	[ "$(PLLM_CACHE=other.db pllm cache ls c.db)" = "$first" ]
	refuses 'which cache?; its file stands at the end, or in --cache or PLLM_CACHE' ls
	refuses 'pllm cache ls: one file at a time' ls c.db c.db
}

@test "a file that is not there is not made, and one of another kind is left alone" {
	refuses 'cannot open the cache c.db: No such file or directory' stats c.db
	refuses 'cannot open the cache c.db: No such file or directory' rm --failed c.db
	refuses 'cannot open the cache c.db: No such file or directory' verify c.db
	[ ! -e c.db ]
	echo 'notes of mine' >text
	local verb
	for verb in stats ls 'rm --failed' export verify; do
		# shellcheck disable=SC2086 # words
		try pllm cache $verb text
		[ "$status" -eq 2 ]
		grep -q 'error\[E-cache\]: text is not a cache' err
	done
	[ "$(cat text*)" = 'notes of mine' ]
}

@test "an empty cache has nothing to show" {
	start_mock
	: >none
	quietly kept -p x -i none
	quietly pllm cache ls c.db
	[ ! -s out ]
	quietly pllm cache export c.db
	[ ! -s out ]
	quietly pllm cache stats c.db
	[ "$(value entries) $(value oldest)" = '0 -' ]
	quietly pllm cache verify c.db
	[ "$(value verdict)" = sound ]
}

@test "ls shows a line for each entry, of those that are asked for" {
	fill
	quietly pllm cache ls c.db
	[ "$(awk '{ print $2, $4 }' out | sort | uniq -c | xargs)" = \
		'3 answered mock 3 answered other 1 request_rejected mock' ]
	[ "$(grep -cE '^20[0-9-]{8}T[0-9:]{8}Z answered +[0-9]+\+[0-9]+ +mock +echo: n [123]$' out)" -eq 3 ]
	[ "$(cut -d' ' -f1 out | sort -c && echo sorted)" = sorted ]
	quietly pllm cache ls c.db --failed
	[ "$(awk '{ print $2 }' out)" = request_rejected ]
	quietly pllm cache ls c.db -m other
	[ "$(awk '{ print $4 }' out | sort | uniq -c | xargs)" = '3 other' ]
	quietly pllm cache ls c.db -m other --failed
	[ ! -s out ]
	quietly pllm cache ls c.db --older-than 1h
	[ ! -s out ]
	sleep 1.1
	quietly pllm cache ls c.db --older-than 1ms
	[ "$(wc -l <out)" -eq 7 ]
}

@test "what a model wrote cannot command the terminal that shows it" {
	start_mock
	printf '{"text":"a\\u001b]0;x\\u0007\\u009b2J\\u202e\\nb"}\n' >in
	quietly kept -p '{{text}}' -i in
	quietly pllm cache ls c.db
	[ "$(wc -l <out)" -eq 1 ]
	LC_ALL=C run ! grep -q $'[\x01-\x09\x0b-\x1f\x7f\xc2\xe2]' out
	grep -qF 'echo: a\u001b]0;x\u0007\u009b2J\u202e\nb' out
	quietly pllm cache export c.db
	[ "$(jq -r .text out)" = "$(jq -r '"echo: \(.text)"' in)" ]
}

@test "export writes what is known of each answer as JSON" {
	fill
	quietly pllm cache export c.db
	[ "$(jq -s length out)" -eq 7 ]
	[ "$(jq -r .key out | grep -cE '^[0-9a-f]{64}$')" -eq 7 ]
	[ "$(jq -r .key out | sort -u | wc -l)" -eq 7 ]
	head -n 1 out >first
	[ "$(jq -c '[.api, .model, .outcome, .status, .attempts, .answered_by, .finish, .text]' first)" = \
		'["openai","mock","answered",200,1,"mock","stop","echo: n 1"]' ]
	[ "$(jq -r '.endpoint' first)" = "$URL" ]
	[[ $(jq -r .request_id first) == req_* ]]
	[ "$(jq -c '.usage | [.input > 0, .output > 0]' first)" = '[true,true]' ]
	[ "$(date -u -d "$(jq -r .time first)" +%s)" -ge $(($(date +%s) - 60)) ]
	[ "$(jq -c 'select(.outcome == "request_rejected") | [.status, has("text"), (.message | length > 0)]' \
		out)" = '[400,false,true]' ]
	quietly pllm cache export c.db -m other -o others.jsonl
	[ ! -s out ]
	[ "$(jq -r .model others.jsonl | sort | uniq -c | xargs)" = '3 other' ]
}

@test "export writes answers that are JSON, tools' calls and vectors as they are" {
	start_mock --answer 'fixed:{"a": [1, 2]}'
	records 1 >in
	echo '{"type":"object"}' >schema
	quietly kept -p '{{text}}' --schema schema -i in
	mv out answered
	quietly pllm cache export c.db
	[ "$(jq -c '.value // (.text | fromjson)' out)" = "$(jq -c .output answered)" ]
	stop_server "$MOCK_PID"
	start_mock
	rm c.db*
	quietly pllm embed --endpoint "$URL" -m mock --cache c.db --dimensions 4 -i in
	mv out answered
	quietly pllm cache export c.db
	[ "$(jq -c .vector out)" = "$(jq -c .embedding answered)" ]
	[ "$(jq '.vector | length' out)" -eq 4 ]
}

@test "rm removes what it is told to, which is asked again, and nothing else" {
	fill
	refuses "pllm cache rm wants to be told which; --failed, --model MODEL or --older-than DUR; \
to remove all, delete c.db" rm c.db
	[ "$(entries)" -eq 7 ]
	quietly pllm cache rm c.db --older-than 1h
	[ "$(cat out)" = 'removed       0' ]
	quietly pllm cache rm c.db --failed
	[ "$(cat out)" = 'removed       1' ]
	[ "$(exported)" = '1 2 3 1 2 3' ]
	quietly pllm cache rm c.db -m mock
	[ "$(cat out)" = 'removed       3' ]
	[ "$(pllm cache export c.db | jq -r .model | sort -u)" = other ]
	asking 0 pllm --endpoint "$URL" -m other --cache c.db -p '{{text}}' -i in
	asking 3 kept -p '{{text}}' -i in
	asking 0 kept -p '{{text}}' -i in
	sleep 1.1
	quietly pllm cache rm c.db --older-than 1s --model other
	[ "$(cat out)" = 'removed       3' ]
	[ "$(pllm cache export c.db | jq -r .model | sort -u)" = mock ]
	is_sound
}

@test "what is set for runs does not say what is removed, nor where lists go" {
	fill
	export PLLM_MODEL=mock
	refuses "pllm cache rm wants to be told which; --failed, --model MODEL or --older-than DUR; \
to remove all, delete c.db" rm c.db
	mkdir -p "$XDG_CONFIG_HOME/pllm"
	printf 'defaults: { model: other, output: %s/config.out, cache: %s/c.db }\n' "$PWD" "$PWD" \
		>"$XDG_CONFIG_HOME/pllm/config.yaml"
	[ "$(pllm cache ls | wc -l)" -eq 7 ]
	[ ! -e config.out ]
	refuses '--model: one at a time for pllm cache' rm c.db -m mock -m other
	refuses '--failed, --model and --older-than are for pllm cache ls, rm and export' stats c.db --failed
	refuses '--failed, --model and --older-than are for pllm cache ls, rm and export' verify c.db -m x
	[ "$(entries)" -eq 7 ]
}

@test "verify finds an entry that is damaged, and the next run has it replaced" {
	fill
	quietly pllm cache verify c.db
	[ "$(value entries) $(value damaged) $(value verdict)" = '7 0 sound' ]
	sqlite3 c.db "update answers set form = zeroblob(length(form)) where id = 2"
	try pllm cache verify c.db
	cat out
	[ "$status" -eq 1 ]
	[ ! -s err ]
	[ "$(value entries) $(value damaged)" = '7 1' ]
	grep -q "^complaint  *entry $(sqlite3 c.db 'select lower(hex(key)) from answers where id = 2'): " out
	grep -q '^verdict .*asks for it again and replaces it$' out
	try pllm cache export c.db
	[ "$status" -eq 1 ]
	[ "$(jq -c 'select(.damaged) | [.damaged, .model, has("text")]' out)" = '[true,"mock",false]' ]
	[ "$(jq -c 'select(.text)' out | wc -l)" -eq 5 ]
	grep -q '^pllm: damaged entries: 1; ' err
	try pllm cache ls c.db -o list
	[ "$status" -eq 1 ]
	[ "$(grep -c '(damaged)$' list.partial)" -eq 1 ]
	[ ! -e list ]
	local before
	before=$(mock_stat requests)
	try kept -p '{{text}}' -i in
	[ "$status" -eq 0 ]
	[ "$(mock_stat requests)" -eq $((before + 1)) ]
	echoed out
	quietly pllm cache verify c.db
	[ "$(value entries) $(value verdict)" = '7 sound' ]
}

@test "verify finds damage of the file itself, and says how to go on" {
	start_mock
	records 3000 >in
	quietly kept -p '{{text}}' -i in
	sqlite3 c.db 'pragma wal_checkpoint(truncate)' >/dev/null
	local size
	size=$(stat -c %s c.db)
	truncate -s $((size / 2)) c.db
	try pllm cache verify c.db
	cat out err
	[ "$status" -eq 1 ]
	grep -q '^complaint ' out
	grep -q '^verdict  *the file is damaged: move it away' out
}

# Overwrites pages of c.db, counted from 0.
damage() {
	quietly sqlite3 c.db 'pragma wal_checkpoint(truncate)'
	local page
	for page in "$@"; do
		head -c 8192 /dev/zero | tr '\0' '\356' |
			dd of=c.db bs=8192 seek="$page" conv=notrunc status=none
	done
}

@test "of a damaged file ls and export write all that can be read, and say how much" {
	start_mock
	records 1000 >in
	quietly kept -p '{{text}}' -i in
	# Leaves of the table, with others between them.
	damage 10 20 30
	local verb n
	for verb in ls export; do
		try pllm cache "$verb" c.db
		cat err
		[ "$status" -eq 1 ]
		n=$(wc -l <out)
		[ "$n" -ge 900 ]
		[ "$n" -lt 1000 ]
		[ "$(flat <err)" = "pllm: the file c.db is damaged: entries written: $n, \
entries that cannot be read: $((1000 - n)) at most" ]
	done
	[ "$(jq -r .text out | sort -u | wc -l)" -eq "$n" ]
	try pllm cache export c.db -m nobody
	[ "$status" -eq 1 ]
	[ ! -s out ]
	try pllm cache verify c.db
	[ "$status" -eq 1 ]
	[ "$(value entries)" = "$n" ]
	grep -q "^complaint  *entries that cannot be read: $((1000 - n)) at most$" out
	truncate -s $(($(stat -c %s c.db) / 2)) c.db
	try pllm cache export c.db
	[ "$status" -eq 1 ]
	[ "$(wc -l <out)" -ge 300 ]
	grep -q '^pllm: the file c\.db is damaged: ' err
}

# Root, too, is asked for permission here.
without_powers() {
	if [ "$(id -u)" -eq 0 ]; then
		setpriv --bounding-set=-dac_override,-dac_read_search "$PLLM" "$@" 3>&- 4>&-
	else
		pllm "$@"
	fi
}

# Fails unless all that only reads works on theirs/c.db without the right to write, and makes nothing.
reads_all() {
	local verb before
	before=$(echo theirs/*)
	for verb in stats ls export verify; do
		quietly without_powers cache "$verb" theirs/c.db || return 1
		mv out "$verb.list"
	done
	[ "$(wc -l <ls.list) $(wc -l <export.list)" = '3 3' ] || return 1
	try without_powers --endpoint "$URL" -m mock --cache theirs/c.db -p '{{text}}' -n -i in
	cat err
	[ "$status" -eq 0 ] && [ "$(echo theirs/*)" = "$before" ]
}

@test "what may be read but not written is read, and nothing is made beside it" {
	start_mock
	records 3 >in
	quietly kept -p '{{text}}' -i in
	mkdir theirs
	mv c.db theirs
	chmod 444 theirs/c.db
	reads_all
	chmod 555 theirs
	reads_all
	chmod 644 theirs/c.db
	reads_all
	chmod 755 theirs
}

@test "a cache whose log cannot be read without the right to write says what would do" {
	start_mock
	records 3 >in
	quietly kept -p '{{text}}' -i in
	"${PYTHON3:-python3}" - <<-'EOF2'
		import os, shutil, sqlite3
		os.mkdir("theirs")
		db = sqlite3.connect("c.db", isolation_level=None)
		db.execute("delete from answers where id = 2")
		for end in "", "-wal", "-shm":
		    shutil.copy("c.db" + end, "theirs/c.db" + end)
	EOF2
	chmod 444 theirs/*
	chmod 555 theirs
	quietly without_powers cache ls theirs/c.db
	[ "$(wc -l <out)" -eq 2 ]
	chmod 755 theirs
	rm theirs/c.db-shm
	chmod 555 theirs
	try without_powers cache ls theirs/c.db
	[ "$status" -eq 2 ]
	[ "$(flat <err)" = "pllm: cache theirs/c.db: part of it is in its log, theirs/c.db-wal, which only \
who may write both and their directory can read; become one of these, or copy both to a directory \
of your own" ]
	mkdir mine
	cp theirs/* mine
	chmod 600 mine/*
	[ "$(pllm cache ls mine/c.db | wc -l)" -eq 2 ]
	chmod 755 theirs
}

@test "an entry whose model stands in the record's own body is under the model that answered" {
	start_mock
	echo '{"body":{"model":"own","messages":[{"role":"user","content":"a"}]}}' >in
	quietly pllm --endpoint "$URL" --cache c.db -i in
	quietly pllm cache ls c.db -m own
	[ "$(wc -l <out)" -eq 1 ]
	quietly pllm cache rm c.db -m own
	[ "$(cat out)" = 'removed       1' ]
}

@test "tokens that no entry knows of are not 0" {
	start_mock
	records 3 >in
	quietly pllm embed --endpoint "$URL" -m mock --cache c.db --dimensions 4 -i in
	quietly pllm cache stats c.db
	# Vectors have no tokens of output.
	input=$(mock_stat input)
	[ "$(value tokens-in) $(value tokens-out)" = "$input -" ]
	grep -q "^model  *mock  entries 3  failures 0  tokens-in $input  tokens-out -$" out
}

@test "a list that cannot be written is an error, and a reader that has seen enough is none" {
	fill
	local verb
	for verb in stats ls export verify; do
		try bash -c 'pllm cache "$1" c.db >/dev/full' - "$verb"
		[ "$status" -eq 7 ]
		[ "$(cat err)" = 'pllm: error[E-output]: cannot write standard output: No space left on device' ]
	done
	records 3000 >in
	quietly kept -p '{{text}}' -i in
	set +o pipefail
	for verb in ls export; do
		run bash -c 'pllm cache "$1" c.db 2>err | head -n 1 >/dev/null; echo "${PIPESTATUS[0]}"' - "$verb"
		[ "$output" = 141 ]
		[ ! -s err ]
	done
	refuses 'cannot write nowhere/x.partial: No such file or directory' ls c.db -o nowhere/x
}

@test "a disk that is full while entries are removed: 7, and the error is the cache's" {
	build_fault fail
	fill
	mv c.db whole
	local n codes=
	for n in {1..60}; do
		rm -f c.db* seen
		cp whole c.db
		status=0
		env LD_PRELOAD="$BATS_TEST_TMPDIR/fail.so" FAIL_FILE=c.db FAIL_CALL=disk FAIL_NTH="$n" \
			FAIL_SEEN="$PWD/seen" "$PLLM" cache rm c.db -m mock >out 2>err || status=$?
		[ -e seen ] || break
		codes+=" $status"
		[ "$status" -eq 0 ] || grep -q '^pllm: error\[E-cache\]: .*c\.db' err
	done
	note "exit codes, by the call that failed:$codes"
	[[ $codes == *7* ]]
}

@test "a cache is looked after while a run uses it" {
	start_mock --latency 50ms
	records 400 >in
	start_pllm --endpoint "$URL" -m mock --cache c.db -j 8 -p '{{text}}' -i in -o whole 2>run.err
	await eval '[ -e c.db ] && [ "$(pllm cache ls c.db 2>/dev/null | wc -l)" -gt 20 ]'
	quietly pllm cache stats c.db
	[ "$(value entries)" -lt 400 ]
	quietly pllm cache rm c.db -m nobody
	quietly pllm cache verify c.db
	end_of_ask
	[ "$status" -eq 0 ]
	echoed whole
	[ "$(entries)" -eq 400 ]
}
