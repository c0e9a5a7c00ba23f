#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Rerank: records with a query and documents, at each of those who rank them.

load helper
load api_helper

# The APIs, each with what follows the mock's base URL.
apis='cohere-rerank: voyage-rerank:/voyage jina-rerank: tei-rerank:'

setup() {
	clean_room
	unset CO_API_KEY CO_API_URL COHERE_API_KEY VOYAGE_API_KEY JINA_API_KEY
	start_mock
	echo '{"id":7,"query":"red fox","documents":["blue",{"text":"a red fox"},"fox"]}' >in
}

# rank API:PATH [OPTIONS]: pllm with that API against the mock.
rank() {
	local api=${1%%:*} path=${1#*:}
	shift
	pllm --api "$api" --endpoint "$BASE$path" -m mock "$@"
}

# Asks once with this script, as try.
rank_once() {
	local api=$1 script=$2
	shift 2
	mock_reset
	try rank "$api" "$@" <<<"{\"query\":\"red [[mock:$script]]\",\"documents\":[\"a\",\"red\"]}"
}

@test "all of them give one form: places and scores, the best first, beside the record's own bytes" {
	local api
	for api in $apis; do
		quietly rank "$api" <in
		[ "$(jq -c '.output | map(.index)' out)" = '[1,2,0]' ]
		[ "$(jq -c '.output[0] | keys_unsorted' out)" = '["index","score"]' ]
		# The digits are the server's.
		grep -q '"score":0\.[0-9]\{6\}}' out
		[ "$(jq -c 'del(.output)' out)" = "$(cat in)" ]
		[ "$(mock_stat "dialects[\"${api%%:*}\"]")" = 1 ]
	done
}

@test "a template makes the query, and --param asks for fewer" {
	echo '{"topic":"fox","documents":["blue","a red fox","fox"]}' >in
	quietly rank cohere-rerank: -p 'the {{topic}}' --param top_n=1 <in
	[ "$(jq -c '.output | map(.index)' out)" = '[1]' ]
	quietly rank voyage-rerank:/voyage -p 'the {{topic}}' --param top_k=2 <in
	[ "$(jq -c '.output | length' out)" = 2 ]
	quietly rank jina-rerank: -p 'the {{topic}}' --param top_n=2 --param return_documents=true <in
	[ "$(jq -c '.output | map(keys_unsorted) | unique' out)" = '[["index","score"]]' ]
	quietly rank tei-rerank: -p 'the {{topic}}' --param raw_scores=true <in
	[ "$(jq -c '.output | length' out)" = 3 ]
	printf '%s\n' '{"body":{"query":"fox","documents":["blue","fox"],"top_n":1}}' >in
	quietly rank cohere-rerank: <in
	[ "$(jq -c '.output | map(.index)' out)" = '[1]' ]
}

@test "--meta has the tokens where they are told, and searches are none" {
	local api
	for api in $apis; do
		quietly rank "$api" --meta <in
		jq -r '.pllm | [.finish, .usage.input != null, .usage.output] | map(tostring) | join(" ")' out >>meta
	done
	diff - meta <<'END'
stop false null
stop true null
stop true null
stop false null
END
}

@test "text-embeddings-inference has one model, and nobody needs to name it" {
	quietly pllm --api tei-rerank --endpoint "$BASE" <in
	[ "$(jq -c '.output | map(.index)' out)" = '[1,2,0]' ]
	try pllm --api tei-rerank <in
	[ "$status" -eq 2 ]
	try pllm --api jina-rerank --endpoint "$BASE" <in
	[ "$status" -ne 0 ]
	grep -q 'model' err
}

@test "--stream makes no difference, since nobody can stream this" {
	local api
	for api in $apis; do
		quietly rank "$api" --stream <in
		[ "$(jq -c '.output | map(.index)' out)" = '[1,2,0]' ]
	done
	[ "$(mock_stat streamed)" = 0 ]
}

@test "records that bring nothing to rank fail before anything is sent" {
	printf '%s\n' '{"query":"q"}' '{"documents":["a"]}' '{"query":"q","documents":[]}' '"q"' '7' \
		'{"query":"q","documents":["a",5]}' '{"query":"","documents":["a"]}' >in
	jq -cn '{query: "q", documents: [range(1001) | "a"]}' >>in
	local api
	for api in cohere-rerank: voyage-rerank:/voyage; do
		try rank "$api" <in
		[ "$status" -eq 1 ]
		[ "$(jq -r .pllm.error.code out | sort | uniq -c | tr -s ' ')" = ' 8 bad_record' ]
		[[ $(tail -n 1 out | jq -r .pllm.error.message) == *1000* ]]
	done
	[ "$(mock_stat requests)" = 0 ]
	tail -n 1 in >many
	quietly rank jina-rerank: <many
	[ "$(jq '.output | length' out)" = 1001 ]
}

@test "answers that rank nothing are asked again, then fail" {
	local api how
	for api in $apis; do
		for how in empty missing null number garbage; do
			rank_once "$api" "$how"
			[ "$(jq -c '.output | map(.index)' out)" = '[1,0]' ]
			[ "$(mock_stat requests)" = 2 ]
		done
		rank_once "$api" missing --retries 0
		[ "$(outcome)" = 'bad_response 200 1' ]
		[[ $(jq -r .pllm.error.message out) == *'has no score'* ]]
	done
}

@test "errors of those who rank are told apart" {
	local api
	for api in $apis; do
		rank_once "$api" 400,200
		[ "$(outcome)" = 'request_rejected 400 1' ]
		rank_once "$api" 500,500 --retries 1
		[ "$(jq -r '.pllm.error | "\(.code) \(.attempts)"' out)" = 'overloaded 2' ]
		rank_once "$api" errbody --retries 0
		[ "$(outcome)" = 'overloaded 200 1' ]
		rank_once "$api" auth
		[ "$status" -eq 3 ]
		[ "$(outcome)" = 'auth 401 1' ]
		rank_once "$api" 429@ms:1,503,200
		[ "$(jq -c '.output | map(.index)' out)" = '[1,0]' ]
		[ "$(mock_stat requests)" = 3 ]
	done
	for api in cohere-rerank: voyage-rerank:/voyage jina-rerank:; do
		rank_once "$api" quota
		[ "$status" -eq 3 ]
		[ "$(jq -r .pllm.error.code out)" = quota ]
	done
	rank_once tei-rerank: 413,200
	[ "$(outcome)" = 'request_rejected 413 1' ]
}

@test "a hint of those who rank is kept, and a refusal for speed is no failure" {
	local api from retries
	for api in $apis; do
		from=$(date +%s%3N)
		# To text-embeddings-inference a 429 means too much at once.
		retries=0
		[ "$api" != tei-rerank: ] || retries=1
		rank_once "$api" 429@1 --retries "$retries"
		[ "$(jq -c '.output | map(.index)' out)" = '[1,0]' ]
		[ $(($(date +%s%3N) - from)) -ge 1000 ]
	done
}

@test "each key has its vendor's variable" {
	stop_mock
	start_mock --key rank-secret-1
	local api
	for api in CO_API_KEY=cohere-rerank: VOYAGE_API_KEY=voyage-rerank:/voyage JINA_API_KEY=jina-rerank:; do
		export "${api%%=*}=rank-secret-1"
		quietly rank "${api#*=}" <in
		unset "${api%%=*}"
		try rank "${api#*=}" <in
		[ "$status" -eq 3 ]
	done
}
