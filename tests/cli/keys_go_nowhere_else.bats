#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A key comes from the environment, a file, a descriptor or a command; it goes to the origin it
# belongs to and is seen nowhere else.

load helper

canary=sk-canary-0123456789abcdefABCDEF

setup() {
	clean_room
	echo '"x"' >in
	printf '%s\n' "$canary" >"$BATS_TEST_TMPDIR/key"
}

# What the server was sent as a key.
sent() {
	jq -r '.headers.authorization // "none"' requests | sort -u
}

# Fails if the key is in any file the test made but the server's log and the key's own.
nowhere() {
	local found
	found=$(grep -rl canary . --exclude requests) || true
	echo "found in: $found"
	[ -z "$found" ]
}

@test "environment, named variable, file, descriptor and command bring the key to the server" {
	start_witness
	OPENAI_API_KEY=$canary quietly ask <in
	MY_KEY=$canary quietly ask --key-env MY_KEY <in
	MY_KEY=$canary quietly pllm --endpoint "$URL,model=mock,key-env=MY_KEY" <in
	quietly ask --key-file ../key <in
	quietly ask --key-fd 9 <in 9<../key
	quietly ask --key-cmd 'cat "../key"' <in
	[ "$(wc -l <requests)" -eq 6 ]
	[ "$(sent)" = "Bearer $canary" ]
	nowhere
}

@test "of several sources the nearest counts: descriptor, file, command, environment" {
	start_witness
	export OPENAI_API_KEY=wrong
	printf wrong >wrong
	quietly ask --key-file wrong --key-cmd 'echo wrong' --key-fd 9 <in 9<../key
	quietly ask --key-file ../key --key-cmd 'echo wrong' <in
	quietly ask --key-cmd 'cat ../key' <in
	[ "$(sent)" = "Bearer $canary" ]
}

@test "none is none, whatever the environment has" {
	start_witness
	OPENAI_API_KEY=$canary quietly ask --key-env none <in
	[ "$(sent)" = none ]
}

@test "a server that echoes the key does not get it into output, messages or files" {
	start_witness
	export OPENAI_API_KEY=$canary
	local behaviour options
	for behaviour in leak leak200; do
		for options in '' -v -r '--errors failed' '-o result' '--meta -v'; do
			# shellcheck disable=SC2086 # words
			status=0
			pllm --endpoint "$BASE/$behaviour/v1" -m mock --retries 0 $options <in >out 2>err || status=$?
			[ "$status" -ne 0 ]
			nowhere
		done
	done
	[ "$(sent)" = "Bearer $canary" ]
	grep -q 'Incorrect API key provided' result.partial err || grep -q 'HTML page' err
}

@test "a key from --header-file is hidden in the same way" {
	start_witness
	printf 'X-Api-Key: %s\n\nAuthorization: Bearer %s\r\n' "$canary" "$canary" >"$BATS_TEST_TMPDIR/headers"
	try pllm --endpoint "$BASE/leak/v1" -m mock --header-file ../headers -v <in
	[ "$status" -eq 3 ]
	[ "$(sent)" = "Bearer $canary" ]
	[ "$(jq -r '.headers["x-api-key"]' requests)" = "$canary" ]
	nowhere
}

@test "no other user can read it from /proc, and the command that brings it does not get ours" {
	start_mock
	export OPENAI_API_KEY=$canary
	mkfifo slow
	exec {fd}<>slow
	start_ask <slow >out 2>err
	await grep -q pllm "/proc/$ASK_PID/comm"
	(! grep -q canary "/proc/$ASK_PID/cmdline")
	# Not dumpable: what is in its memory and environment belongs to root.
	await test "$(stat -c %u "/proc/$ASK_PID/environ")" -eq 0
	kill "$ASK_PID"
	wait "$ASK_PID" || true
	exec {fd}>&-
	quietly ask --key-cmd 'sh -c "env >environment; echo other"' <in
	[ -s environment ]
	(! grep -q canary environment)
}

@test "an answer that repeats the key has stars in its place, whole, streamed, as JSON and in a batch" {
	start_mock --answer "fixed:it is $canary, yes"
	export OPENAI_API_KEY=$canary
	local options
	for options in '' -r --stream '--meta --stream'; do
		# shellcheck disable=SC2086 # words
		quietly ask $options <in
		grep -q 'it is \*\*\*' out
		nowhere
	done
	echo '{"custom_id":"a","url":"/v1/chat/completions","body":{"model":"mock","messages":[{"role":"user","content":"x"}]}}' |
		quietly pllm --endpoint "$URL" --input-format openai-batch
	grep -q 'it is \*\*\*' out
	nowhere
}

@test "each API's own key goes into its own header, and nowhere else when it is refused" {
	start_mock --key "right-key"
	local row api variable base
	for row in openai:OPENAI_API_KEY openai-responses:OPENAI_API_KEY anthropic:ANTHROPIC_API_KEY \
		gemini:GEMINI_API_KEY azure:AZURE_OPENAI_API_KEY cohere:CO_API_KEY bedrock:AWS_BEARER_TOKEN_BEDROCK; do
		api=${row%:*} variable=${row#*:} base=$BASE
		case $api in openai*) base=$URL ;; esac
		export "$variable=$canary"
		try pllm --api "$api" --endpoint "$base" -m mock -v --retries 0 --errors failed <in
		[ "$status" -eq 3 ]
		[ "$(jq -r .pllm.error.code failed.partial)" = auth ]
		nowhere
		export "$variable=right-key"
		quietly pllm --api "$api" --endpoint "$base" -m mock <in
		unset "$variable"
	done
}

@test "Amazon's secret and session token sign requests and are seen nowhere" {
	start_mock --aws-secret "$canary-secret-of-amazon"
	export AWS_ACCESS_KEY_ID=AKIDEXAMPLE AWS_SECRET_ACCESS_KEY=$canary-secret-of-amazon AWS_REGION=eu-west-1
	export AWS_SESSION_TOKEN=$canary-session
	try pllm --api bedrock --endpoint "$BASE" -m anthropic.claude-3:0 -v <in
	[ "$(jq -r .output out)" = 'echo: x' ]
	nowhere
	AWS_SECRET_ACCESS_KEY=$canary-wrong try pllm --api bedrock --endpoint "$BASE" -m anthropic.claude-3:0 -v <in
	[ "$status" -eq 3 ]
	nowhere
}

@test "a unit of systemd's finds the key among its credentials" {
	start_witness
	mkdir "$BATS_TEST_TMPDIR/credentials"
	cp ../key "$BATS_TEST_TMPDIR/credentials/OPENAI_API_KEY"
	CREDENTIALS_DIRECTORY=$BATS_TEST_TMPDIR/credentials quietly ask <in
	[ "$(sent)" = "Bearer $canary" ]
	nowhere
}

# no_core PID: true once the process may leave none.
no_core() {
	[ "$(awk '/^Max core file size/ { print $5 $6 }' "/proc/$1/limits")" = 00 ]
}

@test "a crash leaves no core file with the key in it" {
	start_mock
	export OPENAI_API_KEY=$canary
	mkfifo slow
	exec {fd}<>slow
	ulimit -c unlimited 2>/dev/null || true
	start_ask <slow >out 2>err
	await grep -q pllm "/proc/$ASK_PID/comm"
	await no_core "$ASK_PID"
	kill -SEGV "$ASK_PID"
	wait "$ASK_PID" || true
	exec {fd}>&-
	[ -z "$(find . -name 'core*')" ]
	nowhere
}

@test "the key does not follow a redirect" {
	start_rogue
	export OPENAI_API_KEY=$canary
	URL=$BASE/redirect/v1
	try ask <in
	[ "$status" -eq 1 ]
	[ "$(curl -sS "$BASE/_count" | jq .redirected)" -eq 0 ]
	nowhere
}

@test "a key does not travel over plain http, unless to loopback or when that is allowed" {
	export OPENAI_API_KEY=$canary
	local url
	for url in http://models.example/v1 http://192.0.2.1:8000/v1 http://127.0.0.1.example/v1 \
		http://localhost.example:80/v1 http://0.0.0.0/v1; do
		try pllm --endpoint "$url" -m mock <in
		[ "$status" -eq 2 ]
		[ "$(flat <err)" = "pllm: $url: a key would travel unencrypted; use https, or --allow-http if the network is yours" ]
		OPENAI_BASE_URL=$url try pllm -m mock <in
		[ "$status" -eq 2 ]
	done
	try pllm --endpoint http://127.0.0.1@models.example/v1 -m mock <in
	[ "$status" -eq 2 ]
	nowhere
	# 192.0.2.0/24 leads nowhere, by RFC 5737: the refusal is over, a connection is not made.
	try pllm --endpoint http://192.0.2.1:9/v1 --allow-http -m mock --retries 0 --connect-timeout 50ms <in
	[ "$status" -eq 5 ]
	start_witness
	quietly pllm --endpoint "${URL/127.0.0.1/localhost}" -m mock <in
	[ "$(sent)" = "Bearer $canary" ]
}

@test "a proxy in the environment does not see what is for loopback" {
	start_witness
	export OPENAI_API_KEY=$canary http_proxy=http://127.0.0.1:1 all_proxy=http://127.0.0.1:1
	quietly ask <in
	[ "$(sent)" = "Bearer $canary" ]
}

@test "without a key nothing is sent to where one is needed" {
	try pllm -m mock <in
	[ "$status" -eq 2 ]
	[[ $(<err) == *OPENAI_API_KEY* ]]
	try pllm --endpoint https://models.example/v1 -m mock --key-env NO_SUCH <in
	[ "$status" -eq 2 ]
}

@test "with two origins each gets the key it names, and nobody the usual one" {
	start_witness
	local first=$URL
	start_witness
	export OPENAI_API_KEY=usual-canary KEY_A=$canary
	yes '"x"' | head -n 50 >in
	quietly pllm --endpoint "$first,key-env=KEY_A" --endpoint "$URL" -m mock --no-share --balance weighted <in
	[ "$(jq -r '"\(.headers.host) \(.headers.authorization // "none")"' requests | sort -u)" = \
		"$(printf '%s\n' "$(cut -d/ -f3 <<<"$first") Bearer $canary" "$(cut -d/ -f3 <<<"$URL") none" | sort)" ]
	nowhere
}

@test "a second origin without a key of its own is refused before the first one's is sent" {
	start_witness
	export OPENAI_API_KEY=$canary
	local other
	for other in '--endpoint https://models.example/v1' '--fallback https://models.example/v1,other'; do
		# shellcheck disable=SC2086 # words
		try ask $other <in
		[ "$status" -eq 2 ]
		[[ $(<err) == *'https://models.example/v1'*key-env=* ]]
	done
	[ ! -s requests ]
	nowhere
}

@test "a key with a line end, a space or NUL in it is refused, and not shown" {
	start_mock
	local wrong
	for wrong in 'canary\r\nX-Evil: 1' 'canary\nX-Evil: 1' 'can ary' 'canary\0x' 'caf\xe9canary' '' '\n'; do
		# shellcheck disable=SC2059 # escapes are meant
		printf "$wrong" >../key
		try ask --key-file ../key <in
		[ "$status" -eq 2 ]
		[[ $(<err) != *canary* ]]
	done
	OPENAI_API_KEY=$'canary\r\nX-Evil: 1' try ask <in
	[ "$status" -eq 2 ]
	[ "$(mock_stat requests)" -eq 0 ]
	nowhere
}

@test "a command for the key that fails, says nothing or hangs its output is an error" {
	start_mock
	local wrong
	for wrong in false true 'no-such-command' "sh -c 'echo canary; exit 3'" "echo 'open"; do
		try ask --key-cmd "$wrong" <in
		[ "$status" -eq 2 ]
		[ "$(wc -l <err)" -eq 1 ]
	done
	[ "$(mock_stat requests)" -eq 0 ]
}

@test "a key that looks like one is refused as an argument, and not repeated" {
	start_mock
	local wrong
	for wrong in "Authorization: Bearer $canary" "X-Api-Key: $canary" "X-Other: $canary" "api-key:$canary" \
		"Cookie: $canary" "X-Session-Token: $canary"; do
		try ask --header "$wrong" <in
		[ "$status" -eq 2 ]
		[[ $(<err) != *canary* ]]
		[[ $(<err) == *--header-file* ]]
	done
	[ "$(mock_stat requests)" -eq 0 ]
}

@test "what is written about a run has no key in it: trace, statistics, metrics, messages, doctor" {
	local key=sk-canary-5d41402abc4b2a76b9719d911017c592
	mkdir seen
	start_mock --key "$key" --latency 20ms
	# A server that gives the key back, too: the echo of a prompt that has it.
	records 20 | jq -c --arg key "$key" 'if .id == 7 then .text += " " + $key else . end' >in
	export OPENAI_API_KEY=$key
	try ask -v -p '{{text}}' --progress json --stats-every 100ms --trace seen/trace \
		--stats seen/stats --metrics-file seen/metrics -i in
	[ "$(mock_stat billed)" -eq 20 ] # the key was the right one
	mv out err seen/
	[ "$(wc -l <seen/trace)" -ge 20 ]
	try pllm doctor --live -v --endpoint "$URL" -m mock
	mv out seen/doctor && mv err seen/doctor.err
	try pllm doctor --json --endpoint "$URL" -m mock
	mv out seen/doctor.json && mv err seen/doctor.json.err
	# The record is the user's own, and comes out as it came in.
	sed -i "s/^\({\"id\":7,.*\)$key\(\".*\)/\1\2/" seen/out
	run ! grep -rn "$key" seen
	grep -q '"line":7,' seen/trace
}

@test "a key that is echoed as a URL has it is in no file of ours, and in no message" {
	local key='Zx9/AbCd+1234567890abcdefXYZ=' hex
	mkdir seen
	start_mock --key "$key"
	export OPENAI_API_KEY=$key
	for hex in '%2F %2B %3D' '%2f %2b %3d'; do
		# shellcheck disable=SC2086 # three words
		set -- $hex
		printf '{"text":"a Zx9%sAbCd%s1234567890abcdefXYZ%s b"}\n' "$1" "$2" "$3"
	done >in
	try pllm --endpoint "$URL" -m mock -v -p '{{text}}' --trace seen/trace --stats seen/stats \
		--cache seen/cache -i in
	[ "$status" -eq 0 ]
	jq -r .output out >seen/out
	mv err seen/
	grep -q 'a \*\*\*\*.* b' seen/out
	run ! grep -rani '1234567890abcdefXYZ' seen
}
