#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Whatever a server does, the record says what it was, memory stays bounded and the next record
# is asked.

load helper

setup() {
	clean_room
	start_rogue
}

# meets BEHAVIOUR CODE PART OF THE MESSAGE
meets() {
	try pllm --endpoint "$BASE/$1/v1" -m mock --retries 0 --timeout 20s --meta=about <<<'"x"'
	echo "$1: $(head -c 600 out)"
	[ "$(wc -l <out)" -eq 1 ]
	[ "$(jq -r '.pllm.error.code // "none"' out)" = "$2" ]
	[[ $(jq -r '.pllm.error.message // .output' out) == *"$3"* ]]
}

@test "what is no answer is told apart" {
	meets deep bad_response 'deep'
	meets badutf8 bad_response UTF-8
	meets nul bad_response 'not JSON'
	meets closemid bad_response 'not JSON'
	meets chunkedbad transport ''
	meets http09 bad_response 'not HTTP'
	meets nosuchpath request_rejected 'HTTP 404'
}

@test "what can be read is read" {
	meets wrongct none fine
	meets escapes none red
	meets ok none fine
	[ "$(jq -r .output out)" = fine ]
}

@test "headers without end, and one without measure, are cut off" {
	meets endlessheaders too_large 'larger'
	meets hugeline too_large 'larger'
}

@test "a server that drips is left at --timeout" {
	try pllm --endpoint "$BASE/slowloris/v1" -m mock --retries 0 --timeout 400ms <<<'"x"'
	[ "$status" -eq 5 ]
	[ "$(jq -r .pllm.error.code out)" = timeout ]
}

@test "after each of them the next record is asked, on a connection that works" {
	local behaviour
	for behaviour in deep closemid endlessheaders badutf8; do
		printf '"x"\n"y"\n' >in
		try pllm --endpoint "$BASE/$behaviour/v1" -m mock --retries 0 -j 1 <in
		[ "$(wc -l <out)" -eq 2 ]
		[ "$(curl -sS "$BASE/_count" | jq ".paths.$behaviour")" -eq 2 ]
	done
}
