# SPDX-License-Identifier: MIT
# What the tests of the command line share: `load helper` at the top of a .bats file.
#
# Every test runs in an empty directory of its own with an empty HOME, no proxies, no keys;
# what it starts is stopped by teardown, and what is still alive then fails the test.
#
#	start_mock [OPTIONS]    pllm-mock in the background: $URL (.../v1), $BASE, $MOCK_PID
#	start_rogue [OPTIONS]   tests/mock/rogue.py likewise: $URL, $BASE, $ROGUE_PID
#	start_witness [SOCKET]  tests/cli/witness.py likewise: $URL, $BASE; requests go to ./requests
#	start_nginx             nginx likewise, with stdin for the inside of its http {}, where PORT is
#	                        its port; ./nginx/access.log has status, protocol and connection of
#	                        each request
#	start_haproxy           haproxy likewise, with stdin for its configuration, where PORT1, PORT2
#	                        ... are its ports; $PORT1, $PORT2 ...; its log is ./haproxy/log
#	haproxy_do COMMAND      a command for haproxy's stats socket
#	stop_mock               stops every server of this test (teardown does it too)
#	stop_server PID         stops one of them
#	mock_stat KEY           one figure of GET /_mock/stats of $MOCK_BASE
#	pllm [OPTIONS]          the program under test
#	ask [OPTIONS]           pllm against $URL with model mock
#	start_pllm [OPTIONS]    pllm in the background, as $ASK_PID; give stdin, stdout and stderr
#	start_ask [OPTIONS]     the same against $URL with model mock
#	end_of_ask              waits for it: status in $status
#	try COMMAND...          runs it: stdout in ./out, stderr in ./err, status in $status
#	quietly COMMAND...      the same, but status 0 and an empty stderr are expected
#	await COMMAND...        until it succeeds; fails the test if it never does
#	records N               N records on stdout: {"id":1,"text":"n 1"} ...
#	records_until FILE      the same, until there is such a file; few of them wait in the pipe
#	echoed FILE             true if these are the answered records 1, 2, 3 ... to its last line
#	flat                    stdin, messages of pllm, without ids and with a fault a line:
#	                        "pllm: WHERE: what is wrong; what would be right"
#	note TEXT               shows a line among the results of the tests
#
# A file that needs a setup or teardown of its own calls clean_room or clean_up in it.

bats_require_minimum_version 1.5.0

top=${srcdir:-$BATS_TEST_DIRNAME/../..}
: "${PLLM:=$top/build/pllm}"
: "${PLLM_MOCK:=$top/build/pllm-mock}"

flat() {
	sed 's/error\[E-[a-z_]*\]: //' | awk '
		sub(/^help: /, "; ") { said = said $0; next }
		NR > 1 { print said }
		{ said = $0 }
		END { if (NR) print said }'
}

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
		*_proxy | *_PROXY | CURL_CA_BUNDLE | SSL_* | *_API_KEY | *_BASE_URL | OPENAI_* | AWS_* | AZURE_* | \
			GOOGLE_* | CO_API_URL | OLLAMA_HOST | CREDENTIALS_DIRECTORY | PLLM_* | XDG_*)
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
	servers_n=0
	mkdir -p "$HOME" "$BATS_TEST_TMPDIR/work"
	cd "$BATS_TEST_TMPDIR/work" || return 1
}

clean_up() {
	stop_mock
	[ -n "${BATS_TEST_COMPLETED:-}" ] || show_logs
	no_leftovers
}

# Of a test that failed: how the servers saw it.
show_logs() {
	local log
	for log in nginx/out nginx/error.log haproxy/log; do
		[ ! -s "$log" ] || printf '%s\n' "the end of $log:" "$(tail -n 20 "$log")"
	done
}

# Runs a server in the background, waits for the line that says where it listens, and sets
# $BASE (http://127.0.0.1:PORT) and $server_pid. The server's stdout stays a pipe that is
# never closed before it ends. bats waits for whoever holds its own descriptors 3 and 4.
start_server() {
	local pipe=$BATS_TEST_TMPDIR/server.$((++servers_n)) line fd
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

# Prints where a program is. A test that needs one which is missing fails.
program() {
	PATH=$PATH:/usr/local/sbin:/usr/sbin command -v "$1" || {
		echo "$1 is not installed; script/bootstrap test installs it" >&2
		return 1
	}
}

# Prints so many ports of 127.0.0.1 that are free. They may not be for long: try again then.
free_ports() {
	"${PYTHON3:-python3}" - "$1" <<-'EOF'
		import socket, sys
		sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(int(sys.argv[1]))]
		print(*(s.getsockname()[1] for s in sockets))
	EOF
}

# Starts a foreign server, which dies with this test, with its output in LOG, and waits for the
# command IS_UP to be true. False if it has ended instead.
start_foreign() {
	local log=$1 is_up=$2 pid
	shift 2
	setpriv --pdeathsig TERM "$@" >"$log" 2>&1 3>&- 4>&- &
	pid=$!
	server_pids+=("$pid")
	await eval "$is_up || ! kill -0 $pid" || return 1
	kill -0 "$pid" 2>/dev/null && return 0
	stop_server "$pid"
	return 1
}

start_nginx() {
	local nginx inside port
	nginx=$(program nginx) || return 1
	inside=$(cat)
	for _ in {1..5}; do
		port=$(free_ports 1)
		rm -rf nginx
		mkdir nginx
		cat >nginx/nginx.conf <<-EOF
			daemon off; master_process off; pid pid; error_log error.log;
			events { worker_connections 500; }
			http {
			client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
			uwsgi_temp_path uwsgi; scgi_temp_path scgi;
			log_format short '\$status \$server_protocol \$connection'; access_log access.log short;
			${inside//PORT/$port}
			}
		EOF
		BASE=http://127.0.0.1:$port
		URL=$BASE/v1
		start_foreign nginx/out '[ -s nginx/pid ]' \
			"$nginx" -p "$PWD/nginx/" -e error.log -c nginx.conf && return 0
	done
	show_logs
	return 1
}

start_haproxy() {
	local haproxy wanted config i ports
	haproxy=$(program haproxy) || return 1
	wanted=$(cat)
	for _ in {1..5}; do
		read -ra ports < <(free_ports 9)
		config=$wanted
		for i in {1..9}; do
			declare -g "PORT$i=${ports[i - 1]}"
			config=${config//PORT$i/${ports[i - 1]}}
		done
		rm -rf haproxy
		mkdir haproxy
		cat >haproxy/haproxy.cfg <<-EOF
			global
			    stats socket unix@sock level admin
			    log stdout format raw local0
			    maxconn 500
			defaults
			    mode http
			    log global
			    option httplog
			    timeout connect 5s
			    timeout client 60s
			    timeout server 60s
			$config
		EOF
		start_foreign haproxy/log 'haproxy_do "show info"' \
			"$haproxy" -db -C "$PWD/haproxy" -f haproxy.cfg && return 0
	done
	show_logs
	return 1
}

haproxy_do() {
	"${PYTHON3:-python3}" - "$1" <<-'EOF'
		import socket, sys
		s = socket.socket(socket.AF_UNIX)
		s.connect("haproxy/sock")
		s.sendall(sys.argv[1].encode() + b"\n")
		answer = s.makefile().read().strip()
		sys.exit(answer if answer and not sys.argv[1].startswith("show") else 0)
	EOF
}

stop_server() {
	local pid kept=()
	kill "$1" 2>/dev/null || true
	wait "$1" 2>/dev/null || true
	for pid in "${server_pids[@]}"; do
		[ "$pid" = "$1" ] || kept+=("$pid")
	done
	server_pids=("${kept[@]}")
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

# The records of many tests ask the very same; here each is to be asked.
ask() {
	pllm --endpoint "$URL" -m mock --no-share "$@"
}

# A shell ignores SIGINT for what it starts in the background, and pllm leaves ignored what is.
start_pllm() {
	env --default-signal=INT "$PLLM" "$@" <&0 3>&- 4>&- &
	ASK_PID=$!
}

start_ask() {
	start_pllm --endpoint "$URL" -m mock --no-share "$@"
}

end_of_ask() {
	status=0
	wait "$ASK_PID" || status=$?
	echo "status $status"
}

try() {
	status=0
	"$@" >out 2>err || status=$?
	echo "status $status: $*"
	head -c 4000 err
}

# Before its 1.7 jq -e takes no input at all for true.
jq() {
	[[ $1 == -e* ]] || {
		command jq "$@"
		return
	}
	local said
	said=$(command jq "$@") && [ -n "$said" ] && printf '%s\n' "$said"
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

# Each fills a kilobyte, so that a pipe holds few that come too late.
records_until() {
	local i pad
	printf -v pad '%1000s' ''
	for ((i = 1; ; i++)); do
		[ ! -e "$1" ] || return 0
		printf '{"id":%d,"text":"n %d","pad":"%s"}\n' "$i" "$i" "$pad" 2>/dev/null || return 0
	done
}

echoed() {
	jq -es 'length > 0 and map(.id) == [range(1; length + 1)] and
		all(.[]; .output == "echo: \(.text)")' "$1" >/dev/null
}

note() {
	echo "# $*" >&3
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
