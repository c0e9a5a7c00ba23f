#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Wherever memory runs out, the run ends with a code of ours, never by a crash or with half a line.

load helper

setup() {
	clean_room
	! is_sanitized || skip "a sanitizer has the allocator"
	"${CC:-cc}" -D_GNU_SOURCE -shared -fPIC -o "$BATS_TEST_TMPDIR/fail.so" "$top/tests/faults/fail.c" -ldl
	printf '%s\n' '"a"' '{"prompt":"b"}' 'no JSON' '"c[[mock:500]]"' >in
}

# One run in which allocation N fails, alone (TIMES 1) or with all that follow (0).
runs_out() {
	local times=$1 n=$2
	shift 2
	rm -f seen
	status=0
	env LD_PRELOAD="$BATS_TEST_TMPDIR/fail.so" FAIL_CALL=malloc FAIL_NTH="$n" FAIL_TIMES="$times" \
		FAIL_SEEN="$PWD/seen" "$PLLM" --endpoint "$URL" -m mock --retries 1 "$@" \
		<in >out 2>err 3>&- 4>&- || status=$?
	case $status in
	0 | 1 | 2 | 5 | 70) ;;
	*)
		echo "allocation $n, times $times: status $status: $(head -n 2 err)"
		return 1
		;;
	esac
	[ ! -s err ] || [ "$(grep -vc '^pllm: ' err)" -eq 0 ]
	[ ! -s out ] || jq -c . out >/dev/null
	[ "$status" -ne 70 ] || [ "$(tail -n 1 err)" = 'pllm: out of memory' ]
}

# Each allocation of the first sixty, then ever fewer, until one that is never reached.
each_runs_out() {
	local times=$1 n
	shift
	for n in {1..60} {64..120..4} 128 160 200 256 400 512 1000 2000 4000 8000 16000; do
		runs_out "$times" "$n" "$@"
		[ -e seen ] || break
	done
	echo "$n was never reached"
	[ "$n" -gt 60 ]
}

@test "one allocation fails" {
	start_mock
	each_runs_out 1
}

@test "one and all that follow fail" {
	start_mock
	each_runs_out 0
	[ "$status" -ne 70 ]
}

@test "with files" {
	start_mock
	echo old >result
	local n
	for n in 1 2 3 5 8 12 20 30 40 60 80 100; do
		runs_out 0 "$n" -o result --errors failed --meta
		[ "$(<result)" = old ]
	done
}

@test "with TLS" {
	start_mock --tls --ca-file ca
	local n
	for n in 1 4 16 30 40 45 50 64 100 256 500 700 1000 2000 4000; do
		runs_out 0 "$n" --cacert ca
		runs_out 1 "$n" --cacert ca
	done
}
