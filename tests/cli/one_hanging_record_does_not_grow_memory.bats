#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Ordered output waits for the first record; reading waits with it, and memory stays flat.

load helper

# The peak of memory, in KB, of a run over ./in with these options, of which the first record
# hangs until the others have come as far as they can.
peak() {
	/usr/bin/time -f %M -o "$BATS_TEST_TMPDIR/peak" "$PLLM" --endpoint "$URL" -m mock -p '{{text}}' \
		-q "$@" <in >out 2>err 3>&- 4>&-
	tail -n 1 "$BATS_TEST_TMPDIR/peak"
}

@test "two hundred thousand records behind one that hangs take no more than two thousand" {
	local small large
	start_mock
	{
		echo '{"text":"[[mock:hang]]"}'
		yes '{"text":"x","ballast":"0123456789012345678901234567890123456789012345678901234567890123456789"}' | head -n 2000
	} >in
	small=$(peak --timeout 600ms --retries 0 --accept 1)
	[ "$(wc -l <out)" -eq 2001 ]
	{
		echo '{"text":"[[mock:hang]]"}'
		yes '{"text":"y","ballast":"0123456789012345678901234567890123456789012345678901234567890123456789"}' | head -n 200000
	} >in
	curl -sS -d '' "$BASE/_mock/reset" >/dev/null
	start_ask -p '{{text}}' -q <in >out 2>err
	# All of the window but the first is answered, and then nothing moves.
	await eval '[ "$(mock_stat requests)" -eq 256 ]'
	large=$(awk '/^VmHWM/ { print $2 }' "/proc/$ASK_PID/status")
	[ "$(mock_stat requests)" -eq 256 ]
	[ ! -s out ]
	kill -9 "$ASK_PID"
	wait "$ASK_PID" || true
	echo "peak $small KB for 2,001 records, $large KB with 200,000 waiting"
	is_sanitized || [ "$large" -lt $((small + small / 4 + 4096)) ]
}

@test "a window of bytes holds back large records" {
	local peak i
	start_mock --max-body 64M
	printf '{"text":"x","ballast":"%s"}\n' "$(head -c 1000000 /dev/zero | tr '\0' x)" >large
	{
		echo '{"text":"[[mock:hang]]"}'
		for i in {1..60}; do cat large; done
	} >in
	peak=$(peak --window-bytes 4M --timeout 500ms --retries 0 --accept 1)
	[ "$(wc -l <out)" -eq 61 ]
	echo "peak $peak KB for 60 MB of records"
	is_sanitized || [ "$peak" -lt $((45 * 1024)) ]
}

@test "an endless line is not stored" {
	local peak
	start_mock
	{
		echo '{"text":"a"}'
		head -c 300000000 /dev/zero | tr '\0' x
		printf '\n{"text":"b"}\n'
	} >in
	peak=$(peak --accept 1 --max-record 1M)
	[ "$(jq -r '.pllm.error.code // .output' out | paste -sd ' ')" = 'echo: a bad_record echo: b' ]
	echo "peak $peak KB for a line of 300 MB"
	is_sanitized || [ "$peak" -lt $((45 * 1024)) ]
}
