# SPDX-License-Identifier: MIT
# What the tests of --cache and of budgets share: `load kept` after `load helper`.
#
#	kept [OPTIONS]        pllm against $URL with model mock and the cache c.db
#	asking N COMMAND...   quietly, and fails unless the mock got N requests meanwhile
#	replays COMMAND...    runs it twice: the second time the mock is asked nothing, and status and
#	                      output are the same; give input by -i
#	entries [FILE]        how many answers are in the cache
#	is_sound [FILE]       true if SQLite finds nothing wrong with it
#	build_fault NAME      builds tests/faults/NAME.c as $BATS_TEST_TMPDIR/NAME.so, once per test
#	failing NAME=VALUE... -- [OPTIONS]
#	                      kept, with tests/faults/fail.c and these settings (FAIL_X) on c.db
#	lines_hold FILE IN    true if FILE has a line for each of the first records of IN, in order and
#	                      each whole: answered, or failed

kept() {
	pllm --endpoint "$URL" -m mock --cache c.db "$@"
}

asking() {
	local n=$1 before
	shift
	before=$(mock_stat requests)
	quietly "$@" || return 1
	echo "asked $(($(mock_stat requests) - before)) times, not $n"
	[ $(($(mock_stat requests) - before)) -eq "$n" ]
}

replays() {
	local before status_before
	try "$@"
	mv out out.first
	status_before=$status
	before=$(mock_stat requests)
	[ "$before" -gt 0 ] || return 1
	try "$@"
	echo "asked $(($(mock_stat requests) - before)) times again"
	[ "$status" -eq "$status_before" ] && cmp out.first out && [ "$(mock_stat requests)" -eq "$before" ]
}

entries() {
	pllm cache export --cache "${1:-c.db}" | wc -l
}

is_sound() {
	local said
	said=$(sqlite3 "${1:-c.db}" 'pragma integrity_check') || said="status $?: $said"
	echo "integrity_check: $said"
	[ "$said" = ok ]
}

build_fault() {
	! is_sanitized || skip "a sanitizer has these calls"
	[ -e "$BATS_TEST_TMPDIR/$1.so" ] ||
		"${CC:-cc}" -D_GNU_SOURCE -shared -fPIC -o "$BATS_TEST_TMPDIR/$1.so" "$top/tests/faults/$1.c" -ldl
}

failing() {
	local settings=("LD_PRELOAD=$BATS_TEST_TMPDIR/fail.so" "FAIL_FILE=c.db" "FAIL_SEEN=$PWD/seen")
	while [ "$1" != -- ]; do
		settings+=("$1")
		shift
	done
	shift
	rm -f seen
	status=0
	# The shell says of a process that was killed that it was.
	{ env "${settings[@]}" "$PLLM" --endpoint "$URL" -m mock --cache c.db "$@" >out 2>err 3>&- 4>&- ||
		status=$?; } 2>/dev/null
	head -n 5 err
}

lines_hold() {
	"${PYTHON3:-python3}" - "$1" "$2" <<-'EOF'
		import json, sys
		out = open(sys.argv[1], "rb").read()
		assert not out or out.endswith(b"\n"), "the last line is torn"
		records = [json.loads(line) for line in open(sys.argv[2], "rb")]
		for i, line in enumerate(out.splitlines()):
		    result = json.loads(line)
		    assert result["id"] == records[i]["id"], (i, line)
		    assert ("output" in result) != ("error" in result.get("pllm", {})), line
	EOF
}
