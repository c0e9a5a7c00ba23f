# SPDX-License-Identifier: MIT
# What the tests of the command line share: `load helper` at the top of a .bats file.
#
# Every test runs in an empty directory of its own with an empty HOME, no proxies, no keys;
# what it starts is stopped by teardown, and what is still alive then fails the test.
#
#	start_mock [OPTIONS]    pllm-mock in the background: $URL (.../v1), $BASE, $MOCK_PID
#	start_rogue [OPTIONS]   tests/mock/rogue.py likewise: $URL, $BASE, $ROGUE_PID
#	start_witness [SOCKET]  tests/cli/witness.py likewise: $URL, $BASE; requests go to ./requests
#	stop_mock               stops every server of this test (teardown does it too)
#	mock_stat KEY           one figure of GET /_mock/stats
#	pllm [OPTIONS]          the program under test
#	ask [OPTIONS]           pllm against $URL with model mock
#	start_ask [OPTIONS]     the same in the background, as $ASK_PID; give stdin and stdout
#	try COMMAND...          runs it: stdout in ./out, stderr in ./err, status in $status
#	quietly COMMAND...      the same, but status 0 and an empty stderr are expected
#	await COMMAND...        until it succeeds; fails the test if it never does
#	records N               N records on stdout: {"id":1,"text":"n 1"} ...
#
# A file that needs a setup or teardown of its own calls clean_room or clean_up in it.

bats_require_minimum_version 1.5.0

top=${srcdir:-$BATS_TEST_DIRNAME/../..}
: "${PLLM:=$top/build/pllm}"
: "${PLLM_MOCK:=$top/build/pllm-mock}"

setup() {
	clean_room
}

teardown() {
	clean_up
}

clean_room() {
	local name
	for name in $(compgen -e); do
		case $name in
		*_proxy | *_PROXY | CURL_CA_BUNDLE | SSL_* | OPENAI_* | ANTHROPIC_* | GEMINI_* | AZURE_OPENAI_* | OLLAMA_HOST | \
			PLLM_* | XDG_*)
			[ "$name" = PLLM_MOCK ] || unset "$name"
			;;
		esac
	done
	export HOME=$BATS_TEST_TMPDIR/home
	export XDG_CONFIG_HOME=$HOME/.config XDG_CACHE_HOME=$HOME/.cache
	export PATH=${PLLM%/*}:$PATH
	export ASAN_OPTIONS=exitcode=99:detect_leaks=1 UBSAN_OPTIONS=exitcode=99:print_stacktrace=1
	export TSAN_OPTIONS=exitcode=98:halt_on_error=1
	# Marks every process this test starts; see no_leftovers.
	export TEST_MARK=$BATS_TEST_TMPDIR
	server_pids=()
	mkdir -p "$HOME" "$BATS_TEST_TMPDIR/work"
	cd "$BATS_TEST_TMPDIR/work" || return 1
}

clean_up() {
	stop_mock
	no_leftovers
}

# Runs a server in the background, waits for the line that says where it listens, and sets
# $BASE (http://127.0.0.1:PORT) and $server_pid. The server's stdout stays a pipe that is
# never closed before it ends. bats waits for whoever holds its own descriptors 3 and 4.
start_server() {
	local pipe=$BATS_TEST_TMPDIR/server.${#server_pids[@]} line fd
	mkfifo "$pipe"
	"$@" >"$pipe" 2>"$pipe.err" 3>&- 4>&- &
	server_pid=$!
	server_pids+=("$server_pid")
	exec {fd}<"$pipe"
	BASE=
	while [ -z "$BASE" ]; do
		IFS= read -r -t 20 -u "$fd" line || {
			echo "$1 does not say where it listens; it said: $(cat "$pipe.err")" >&2
			return 1
		}
		[[ $line =~ https?://[^/\ ]+:[0-9]+ ]] && BASE=${BASH_REMATCH[0]}
		[[ $line =~ ^[0-9]+$ ]] && BASE=http://127.0.0.1:$line
	done
	URL=$BASE/v1
}

start_mock() {
	start_server "$PLLM_MOCK" --port 0 "$@" || return 1
	MOCK_PID=$server_pid
	MOCK_BASE=$BASE
}

start_rogue() {
	start_server "${PYTHON3:-python3}" "$top/tests/mock/rogue.py" --port 0 "$@" || return 1
	ROGUE_PID=$server_pid
}

start_witness() {
	start_server "${PYTHON3:-python3}" "$top/tests/cli/witness.py" "$PWD/requests" "$@"
}

stop_mock() {
	local pid
	for pid in "${server_pids[@]}"; do
		kill "$pid" 2>/dev/null || true
	done
	for pid in "${server_pids[@]}"; do
		wait "$pid" 2>/dev/null || true
	done
	server_pids=()
}

mock_stat() {
	curl -sSk "$MOCK_BASE/_mock/stats" | jq -r ".$1"
}

pllm() {
	"$PLLM" "$@" 3>&- 4>&-
}

ask() {
	pllm --endpoint "$URL" -m mock "$@"
}

# A shell ignores SIGINT for what it starts in the background, and pllm leaves ignored what is.
start_ask() {
	env --default-signal=INT "$PLLM" --endpoint "$URL" -m mock "$@" <&0 3>&- 4>&- &
	ASK_PID=$!
}

try() {
	status=0
	"$@" >out 2>err || status=$?
	echo "status $status: $*"
	head -c 4000 err
}

quietly() {
	try "$@"
	[ "$status" -eq 0 ] && [ ! -s err ]
}

# The bound is generous: it is reached only by tests that fail.
await() {
	local try
	for try in {1..1500}; do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.02
	done
	echo "never came true: $*"
	return 1
}

records() {
	awk -v n="$1" 'BEGIN { for (i = 1; i <= n; i++) printf "{\"id\":%d,\"text\":\"n %d\"}\n", i, i }'
}

# Pids of living processes that were started by this test (they carry its mark).
marked() {
	env -u TEST_MARK grep -lsz "^TEST_MARK=$TEST_MARK\$" /proc/[0-9]*/environ |
		env -u TEST_MARK sed 's/[^0-9]//g'
}

# Fails the test if something it started is still alive after a moment to die in.
no_leftovers() {
	local pids try
	for try in {1..100}; do
		pids=$(marked)
		[ -n "$pids" ] || return 0
		sleep 0.02
	done
	echo "still alive at the end of the test:" >&2
	for try in $pids; do
		printf '%s: %s\n' "$try" "$(tr '\0' ' ' <"/proc/$try/cmdline" 2>/dev/null)" >&2
		kill -9 "$try" 2>/dev/null || true
	done
	return 1
}

# Under a sanitizer memory is not what it is, and calls cannot be made to fail.
is_sanitized() {
	ldd "$PLLM" | grep -q 'libasan\|libtsan'
}
