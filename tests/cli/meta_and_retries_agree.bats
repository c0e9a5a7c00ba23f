#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# --meta=NAME does not stand in the way of asking failed records again, nor of the answer.

load helper

@test "a record that failed under --meta=NAME can be asked again under the same" {
	start_mock
	echo '{"a":"[[mock:400]]1"}' >in
	try pllm --endpoint "$URL" -m mock -p '{{a}}' --meta=m -q <in
	[ "$status" -eq 1 ]
	cp out failed
	quietly pllm --endpoint "$URL" -m mock -p '{{a}}' --meta=m --retry-errors <failed
	[ "$(jq -c '[.output, .m.attempts]' out)" = '["echo: 1",1]' ]
}

@test "--meta cannot take the answer's field" {
	try pllm --endpoint http://127.0.0.1:9/v1 -m mock -p x --meta=output <<<'{}'
	[ "$status" -eq 2 ]
	grep -q 'meta=output' err
}

@test "a prompt without a model is refused before reading" {
	try pllm --endpoint http://127.0.0.1:9/v1 -p x <<<'{}'
	[ "$status" -eq 2 ]
	grep -q -- '-m MODEL' err
}

@test "--errors /dev/stderr goes where stderr goes, messages too" {
	start_mock
	printf 'bad\n{"a":1}\n' >in
	status=0
	"$PLLM" --endpoint "$URL" -m mock -p x --errors /dev/stderr --accept 1 <in >out 2>err.log 3>&- 4>&- ||
		status=$?
	[ "$status" -eq 0 ]
	grep -qx bad err.log
	grep -q 'records failed' err.log
	[ ! -e err.log.partial ]
}

@test "a SIGPIPE that was ignored at start stays so: a broken pipe is exit 7" {
	start_mock
	status=0
	(
		trap '' PIPE
		yes '{"a":1}' 2>/dev/null | { "$PLLM" --endpoint "$URL" -m mock -p x 2>err 3>&- 4>&-; echo $? >code; } | head -n 1 >first
	) || true
	[ "$(cat code)" -eq 7 ]
	grep -q 'Broken pipe' err
}
