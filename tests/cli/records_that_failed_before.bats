#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A failure is part of the stream: it stays in its place through further stages, unpaid, until
# somebody asks for it to be tried again.

load helper

setup() {
	clean_room
	start_mock
}

# Three records of which one fails, one is no JSON and one is no object.
three_and_one() {
	cat <<'EOF'
{"id":1,"text":"a"}
{"id":2,"text":"b[[mock:400]]"}
{"id":3, "text":"not JSON
"word"
{"id":5,"text":"e"}
EOF
}

fail_some() {
	three_and_one >in
	try ask -p '{{text}}' <in
	[ "$status" -eq 1 ]
	mv out failed
	curl -sS -d '' "$BASE/_mock/reset" >/dev/null
}

@test "a record with pllm.error passes through untouched and unpaid" {
	fail_some
	try ask -p 'again {{text}}' -a second <failed
	[ "$status" -eq 1 ]
	[ "$(mock_stat requests)" -eq 2 ]
	diff <(sed -n '2,4p' failed) <(sed -n '2,4p' out)
	[ "$(sed -n 1p out | jq -r .second)" = 'echo: again a' ]
	grep -qx 'pllm:   failed before and passed through: 3' err
	try ask -p 'again {{text}}' <failed
	grep -q 'failed before and passed through: 3 (--retry-errors asks 2 of them again)$' err
}

@test "what failed in a step of another command is not asked for the steps of this one" {
	printf '%s\n' '{"id":1,"text":"a"}' '{"id":2,"text":"b [[mock:400]]"}' >in
	try ask -p one='{{text}}' <in
	[ "$status" -eq 1 ]
	mv out first
	try ask -p two='{{text}}' <first
	[ "$status" -eq 1 ]
	grep -qx 'pllm:   failed before and passed through: 1' err
	run ! grep 'rerun:' err
	mv out second
	try ask -p two='{{text}}' --retry-errors <second
	[ "$status" -eq 1 ]
	diff second out
	[ "$(jq -r '.pllm.error.step // .two' out | paste -sd ' ')" = 'echo: a one' ]
	try ask -p two='{{text}}' -r --retry-errors <second
	grep -q "^pllm: line 2: failed before; its step is another command's$" err
	"$PLLM" chunk --field text --retry-errors <second >out 2>err || true
	[ "$(sed -n 2p out)" = "$(sed -n 2p second)" ]
}

@test "a field that a record was refused for is not taken for its answer, unless that is said" {
	printf '%s\n' '{"text":"a","output":"stale"}' '{"text":"b [[mock:400]]"}' >in
	try ask -p '{{text}}' <in
	[ "$status" -eq 1 ]
	mv out failed
	[ "$(jq -r '.pllm.error | "\(.code) \(.step)"' failed | paste -sd ,)" = 'bad_record output,request_rejected output' ]
	sed -i 's/ \[\[mock:400\]\]//' failed
	try ask -p '{{text}}' --retry-errors <failed
	[ "$status" -eq 1 ]
	[ "$(jq -r '.pllm.error.code // .output' out | paste -sd ,)" = 'bad_record,echo: b' ]
	try ask -p '{{text}}' --retry-errors --existing skip <failed
	[ "$status" -eq 0 ]
	[ "$(jq -r .output out | paste -sd ,)" = 'stale,echo: b' ]
	try ask -p '{{text}}' --retry-errors -a other <failed
	[ "$status" -eq 1 ]
	diff failed out
	jq -c '.pllm.error.step = null' failed >named
	quietly ask -p '{{text}}' --retry-errors -a other <named
	[ "$(jq -r .other out | paste -sd ,)" = 'echo: a,echo: b' ]
}

@test "pllm | pllm keeps failures in their places, and the last status says that there are some" {
	three_and_one >in
	status=0
	ask -p '{{text}}' <in 2>err1 | ask -p 'two {{output}}' -a two >out 2>err2 || status=$?
	[ "$status" -eq 1 ]
	[ "$(jq -r '.pllm.error.code // .two' out | paste -sd ' ')" = \
		'echo: two echo: a request_rejected bad_record template echo: two echo: e' ]
	[ "$(mock_stat requests)" -eq 5 ]
}

@test "any other member called error is data" {
	printf '%s\n' '{"text":"a","error":{"code":"x"}}' '{"text":"b","pllm":{"note":1}}' '{"text":"c","pllm":"error"}' >in
	quietly ask -p '{{text}}' <in
	[ "$(mock_stat requests)" -eq 3 ]
}

@test "--retry-errors asks for what failed and pays for nothing else" {
	fail_some
	try ask -p '{{text}}' --retry-errors <failed
	# A line that was no JSON is none now.
	[ "$(sed -n 3p out)" = "$(sed -n 3p failed)" ]
	[ "$(sed -n 1p out)" = "$(sed -n 1p failed)" ]
	[ "$(sed -n 5p out)" = "$(sed -n 5p failed)" ]
	[ "$(sed -n 2p out | jq -r .pllm.error.code)" = request_rejected ]
	[ "$(mock_stat requests)" -eq 1 ]
	try ask -p 'about {{id?}}' --retry-errors <failed
	[ "$status" -eq 1 ]
	[ "$(sed -n 2p out)" = '{"id":2,"text":"b[[mock:400]]","output":"echo: about 2"}' ]
	[ "$(sed -n 3p out)" = "$(sed -n 3p failed)" ]
	[ "$(sed -n 4p out)" = '{"input":"word","output":"echo: about "}' ]
	[ "$(mock_stat requests)" -eq 3 ]
}

@test "a run with --errors and a later one with --retry-errors give together what one would have" {
	awk 'BEGIN { for (i = 1; i <= 60; i++)
		printf "{\"id\":%d,\"text\":\"%d%s\"}\n", i, i, i % 3 ? "" : "[[mock:500]]" }' >in
	try ask -p '{{text}}' --retries 0 --errors failed --accept 100% <in
	[ "$status" -eq 0 ]
	[ "$(wc -l <out)" -eq 40 ]
	[ "$(wc -l <failed)" -eq 20 ]
	[ "$(mock_stat requests)" -eq 60 ]
	mv out good
	quietly ask -p '{{text}}' --retry-errors <failed
	[ "$(mock_stat requests)" -eq 80 ]
	[ "$(sort -n good out | jq -s 'sort_by(.id) | map(.output == "echo: \(.id)") | all')" = true ]
	[ "$(grep -c pllm out)" -eq 0 ]
}

@test "--retry-errors on the whole output, again and again, ends with all answered" {
	awk 'BEGIN { for (i = 1; i <= 30; i++)
		printf "{\"id\":%d,\"text\":\"%d[[mock:%s]]\"}\n", i, i, i % 2 ? "500,500" : "200" }' >in
	try ask -p '{{text}}' --retries 0 <in
	mv out once
	try ask -p '{{text}}' --retries 0 --retry-errors <once
	mv out twice
	quietly ask -p '{{text}}' --retries 0 --retry-errors <twice
	[ "$(jq -s 'map(.output == "echo: \(.id)") | all' out)" = true ]
	[ "$(mock_stat requests)" -eq 60 ]
	mv out complete
	quietly ask -p '{{text}}' --retry-errors <complete
	diff complete out
	[ "$(mock_stat requests)" -eq 60 ]
}

@test "an old failure that fails anew has one failure, the new one" {
	echo '{"id":1,"pllm":{"error":{"code":"timeout","message":"old"}},"text":"x"}' >in
	try ask -p '{{nosuch}}' --retry-errors <in
	[ "$status" -eq 1 ]
	[ "$(grep -o '"pllm"' out | wc -l)" -eq 1 ]
	[ "$(jq -r .pllm.error.code out)" = template ]
	[[ $(<out) == '{"id":1,"text":"x","pllm":'* ]]
}
