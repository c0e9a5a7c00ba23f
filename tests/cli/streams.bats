#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# With --stream the answers travel as streams of events, and are the same.

load helper

# Asks one record with this script, and --stream; sets $status, out and err.
streams() {
	local text=$1
	shift
	curl -sS -d '' "$BASE/_mock/reset" >/dev/null
	try ask --stream -p '{{text}}' "$@" <<<"{\"text\":\"$text\"}"
}

# The failed record's CODE STATUS ATTEMPTS.
failure() {
	jq -r '.pllm.error | [.code, .status, .attempts] | map(tostring) | join(" ")' out
}

@test "answers are the same with and without --stream, and so is what is known of them" {
	start_mock
	jq -cn '(range(200) | {text: "n \(.) é€😀 \"q\" \\ \n\t\u0001"}), {text: ""}, {text: "\u0000x"}' >in
	ask -p 'Say {{text}}' --meta <in | jq -c 'del(.pllm.ms, .pllm.ttft_ms)' >plain
	[ "$(mock_stat streamed)" = 0 ]
	ask -p 'Say {{text}}' --meta --stream <in | jq -c 'del(.pllm.ms, .pllm.ttft_ms)' >streamed
	[ "$(mock_stat streamed)" = 202 ]
	[ "$(wc -l <streamed)" = 202 ]
	[ "$(jq -r 'select(.pllm.usage.output > 0) | 1' streamed | wc -l)" = 202 ]
	cmp plain streamed
}

@test "bodies of records are streamed too, but do not decide that themselves" {
	start_mock
	printf '%s\n' \
		'{"body":{"model":"own","messages":[{"role":"user","content":"a"}],"stream":false}}' \
		'{"body":{"model":"own","messages":[{"role":"user","content":"b"}],"stream":true}}' >in
	try ask --stream <in
	[ "$status" -eq 1 ]
	[ "$(sed -n 1p out | jq -r .output)" = 'echo: a' ]
	[ "$(sed -n 2p out | jq -r .pllm.error.code)" = bad_record ]
	[ "$(mock_stat streamed)" = 1 ]
}

@test "a stream that comes late, slowly or packed is whole" {
	start_mock --ttft 20ms-60ms --chunk-gap 1ms-5ms
	records 20 >in
	quietly ask --stream -p '{{text}}' <in
	[ "$(jq -r .output out | paste -sd ,)" = "$(jq -r '"echo: " + .text' in | paste -sd ,)" ]
	streams 'x[[mock:slow]]'
	[ "$(jq -r .output out)" = 'echo: x' ]
	streams 'x[[mock:gzip]]'
	[ "$(jq -r .output out)" = 'echo: x' ]
}

@test "a stream that breaks off is asked again, and never taken for an answer" {
	start_mock
	for how in stream-cut stream-end stream-error truncate; do
		streams "long enough to be cut in half[[mock:$how]]"
		[ "$status" -eq 0 ]
		[ "$(jq -r .output out)" = 'echo: long enough to be cut in half' ]
		[ "$(mock_stat requests)" = 2 ]
	done
	streams 'long enough to be cut in half[[mock:stream-cut]]' --retries 0
	[ "$(failure)" = 'transport 200 1' ]
	streams 'long enough to be cut in half[[mock:stream-end]]' --retries 0
	[ "$(failure)" = 'transport 200 1' ]
	grep -q 'the stream broke off' err
	streams 'long enough to be cut in half[[mock:stream-error]]' --retries 0
	[ "$(failure)" = 'overloaded 200 1' ]
	grep -q 'Upstream failed' err
}

@test "what a model can do instead of answering is seen in a stream, too" {
	start_mock
	streams 'x[[mock:refusal]]'
	[ "$(failure)" = 'content_filter 200 1' ]
	grep -q "I'm sorry" err
	streams 'x[[mock:filter]]'
	[ "$(failure)" = 'content_filter 200 1' ]
	streams 'x[[mock:length]]'
	[ "$(failure)" = 'truncated 200 1' ]
	streams 'x[[mock:tools]]' --retries 0
	[ "$(jq -r '.output[0].function.name' out)" = lookup ]
	streams 'x[[mock:empty]]' --retries 0
	[ "$(failure)" = 'bad_response 200 1' ]
	streams 'x[[mock:429@0]]'
	[ "$(jq -r .output out)" = 'echo: x' ]
}

@test "a server that does not stream is understood all the same" {
	start_witness
	quietly pllm --endpoint "$URL" -m mock --stream <<<'"x"'
	[ "$(jq -r .output out)" = seen ]
	[ "$(jq -c '.body | fromjson? // . | [.stream, .stream_options]' requests)" = '[true,{"include_usage":true}]' ]
}
