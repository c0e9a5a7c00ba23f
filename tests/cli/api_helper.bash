# SPDX-License-Identifier: MIT
# What the tests of the wire APIs share: `load api_helper` after `load helper`, then say which one:
#
#	api=NAME                as --api takes it
#	model=NAME              for -m; empty: none is named
#	prefix=PATH             what follows the mock's address in the base URL; empty: nothing
#
#	ask_it [OPTIONS]             pllm with all that, against the mock
#	mock_reset                   the mock forgets what it was asked
#	once TEXT [OPTIONS]          asks one record with this text of a mock that was reset; as try
#	scripted SCRIPT [OPTIONS]    the same with a script for the mock, and sets $failure: outcome
#	gives WANT SCRIPT [OPTIONS]  the same, and the outcome must be that
#	gives_at_last SCRIPT [OPT]   the same, and it is an answer, to the second request
#	outcome                      the failed record's CODE STATUS ATTEMPTS, or the answer
#	without_times                records on stdin, without what --meta tells of time
#	last FILTER                  what jq's filter finds in the mock's last request
#	asked PATH                   the same in that request's body
#	$answer                      what a scripted record is answered when all goes well

answer='echo: long enough to be cut in half'

ask_it() {
	# shellcheck disable=SC2154 # the file that loads this sets them
	pllm --api "$api" --endpoint "$BASE$prefix" ${model:+-m "$model"} "$@"
}

mock_reset() {
	curl -sS -d '' "$MOCK_BASE/_mock/reset" >/dev/null
}

once() {
	local text=$1
	shift
	mock_reset
	try ask_it -p '{{text}}' "$@" <<<"{\"text\":\"$text\"}"
}

scripted() {
	local script=$1
	shift
	once "${answer#echo: }[[mock:$script]]" "$@"
	failure=$(outcome)
	echo "$script $*: $failure"
}

gives() {
	local want=$1
	shift
	scripted "$@"
	[ "$failure" = "$want" ]
}

gives_at_last() {
	gives "$answer" "$@" && [ "$(mock_stat requests)" = 2 ]
}

without_times() {
	jq -c 'del(.pllm.ms, .pllm.ttft_ms)'
}

outcome() {
	jq -r 'if .pllm.error then .pllm.error | [.code, .status, .attempts] | map(tostring) | join(" ")
		else .output end' out
}

last() {
	curl -sS "$MOCK_BASE/_mock/last" | jq -c "$1"
}

asked() {
	last ".body$1"
}
