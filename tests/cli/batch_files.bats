#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Files made for a Batch API run live and unchanged, and what comes out is that API's results file.

load helper

setup() {
	clean_room
	start_mock
}

batch() {
	pllm --endpoint "$URL" --input-format openai-batch "$@"
}

# request ID TEXT: a line of a batch file, which the mock echoes.
request() {
	printf '{"custom_id": "%s", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "mock", "messages": [{"role": "user", "content": "%s"}]}}\n' "$1" "$2"
}

# True if FILE is an output file of the Batch API for the requests in IN, in their order.
is_output_of() {
	"${PYTHON3:-python3}" - "$1" "$2" <<-'EOF'
		import json, sys
		asked = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
		given = [json.loads(line) for line in open(sys.argv[2], encoding="utf-8")]
		assert [a["custom_id"] for a in asked] == [g["custom_id"] for g in given]
		assert len({g["id"] for g in given}) == len(given)
		for line, request in zip(given, asked):
		    assert list(line) == ["id", "custom_id", "response", "error"], line
		    response, error = line["response"], line["error"]
		    assert (response is None) != (error is None), line
		    if error is not None:
		        assert isinstance(error["code"], str) and isinstance(error["message"], str), line
		        continue
		    assert list(response) == ["status_code", "request_id", "body"], line
		    assert type(response["status_code"]) is int and type(response["request_id"]) is str
		    assert isinstance(response["body"], dict), line
		    if response["status_code"] != 200:
		        assert isinstance(response["body"]["error"]["message"], str), line
		    elif request["url"] == "/v1/chat/completions":
		        choice = response["body"]["choices"][0]
		        assert isinstance(choice["message"]["content"], str), line
		        assert choice["finish_reason"] and response["body"]["usage"]["total_tokens"] > 0
	EOF
}

# ID STATUS, or ID CODE where there was no HTTP answer, a line each.
outcomes() {
	jq -r '"\(.custom_id) \(.response.status_code // .error.code)"' "$1"
}

@test "a file in the form of vLLM's example runs unchanged" {
	quietly batch -i "$top/examples/batch.jsonl" -o results.jsonl
	[ ! -s out ]
	is_output_of "$top/examples/batch.jsonl" results.jsonl
	[ "$(outcomes results.jsonl)" = $'request-1 200\nrequest-2 200' ]
	[ "$(jq -r .id results.jsonl | paste -sd ' ')" = 'batch_req_1 batch_req_2' ]
	[ "$(jq -r .response.request_id results.jsonl | grep -c '^req_')" -eq 2 ]
	[ "$(jq -r .response.body.model results.jsonl | sort -u)" = meta-llama/Meta-Llama-3-8B-Instruct ]
	[ "$(mock_stat requests)" = 2 ]
}

@test "many requests keep their order, or with -u their ids" {
	local i
	for i in {1..300}; do request "r-$i" "n $i"; done >in
	quietly batch -j 20 <in
	is_output_of in out
	mv out ordered
	quietly batch -j 20 -u <in
	diff <(jq -r '"\(.custom_id) \(.response.body.choices[0].message.content)"' ordered | sort) \
		<(jq -r '"\(.custom_id) \(.response.body.choices[0].message.content)"' out | sort)
	[ "$(jq -r 'select(.custom_id == "r-217").response.body.choices[0].message.content' out)" = 'echo: n 217' ]
}

@test "one file may ask for several of a server's APIs" {
	cat >in <<-'EOF'
		{"custom_id":"chat","method":"POST","url":"/v1/chat/completions","body":{"model":"mock","messages":[{"role":"user","content":"a"}]}}
		{"custom_id":"completion","method":"POST","url":"/v1/completions","body":{"model":"mock","prompt":"b"}}
		{"custom_id":"response","method":"POST","url":"/v1/responses","body":{"model":"mock","input":"c"}}
		{"custom_id":"moderation","method":"POST","url":"\/v1\/moderations","body":{"input":"d"}}
		{"custom_id":"rerank","url":"/v1/rerank","body":{"model":"mock","query":"e","documents":["f","e"]}}
	EOF
	quietly batch --tpm 1000000 <in
	is_output_of in out
	[ "$(outcomes out | grep -c ' 200$')" -eq 5 ]
	jq -s '.[0].response.body.choices[0].message.content == "echo: a" and
		.[1].response.body.choices[0].text == "echo: b" and
		.[2].response.body.output[0].content[0].text == "echo: c" and
		.[3].response.body.results[0].flagged == false and
		(.[4].response.body.results | map(.index) | sort) == [0, 1]' out | grep -qx true
	[ "$(mock_stat requests)" = 5 ]
}

@test "what the server refuses is a response, what got no answer is an error" {
	{
		request good a
		request busy '[[mock:429,200]]b'
		printf '%s\n' '{"custom_id":"bad","url":"/v1/chat/completions","body":{"model":"mock"}}'
		request down '[[mock:500]]c'
		request dropped '[[mock:drop]]d'
		printf '%s\n' '{"custom_id":"stream","url":"/v1/chat/completions","body":{"stream":true}}' \
			'{"custom_id":"url","url":"/v1/files","body":{}}' \
			'{"custom_id":"get","method":"GET","url":"/v1/rerank","body":{}}' \
			'{"custom_id":"body","url":"/v1/rerank","params":{}}'
		request last e
	} >in
	try batch --retries 0 <in
	[ "$status" -eq 1 ]
	is_output_of in out
	outcomes out | diff - <(
		cat <<-'EOF'
			good 200
			busy 200
			bad 400
			down 500
			dropped transport
			stream bad_record
			url bad_record
			get bad_record
			body bad_record
			last 200
		EOF
	)
	[[ $(jq -r 'select(.custom_id == "bad").response.body.error.message' out) == *messages* ]]
	[[ $(jq -r 'select(.custom_id == "url").error.message' out) == *'one of /v1/chat/completions '* ]]
}

@test "a line that is no request loses nothing but itself" {
	{
		request 'caf\u00e9\/1' a
		printf '%s\n' 'no json' '[]' '{"prompt":"x"}' '{"custom_id":7,"url":"/score","body":{}}' ''
		request 2 b
	} >in
	try batch <in
	[ "$status" -eq 1 ]
	[ "$(jq -r '"\(.id) \(.custom_id) \(.response.status_code) \(.error.code)"' out | tail -n +2)" = "$(
		cat <<-'EOF'
			batch_req_2 null null bad_record
			batch_req_3 null null bad_record
			batch_req_4 null null bad_record
			batch_req_5 null null bad_record
			batch_req_7 2 200 null
		EOF
	)" ]
	head -n 1 out | grep -qF '"custom_id":"caf\u00e9\/1","response":{"status_code":200,'
}

@test "what the end of the run leaves is said to be cancelled" {
	{
		request 1 '[[mock:hang]]'
		request 2 '[[mock:hang]]'
	} >in
	try batch -j 1 --max-duration 300ms --grace 0s <in
	[ "$status" -eq 9 ]
	is_output_of in out
	[ "$(outcomes out)" = $'1 cancelled\n2 cancelled' ]
}

@test "what --errors keeps is asked again as it is" {
	{
		request 1 a
		request 2 '[[mock:500,200]]b'
	} >in
	try batch --retries 0 --errors again --accept 100% <in
	[ "$status" -eq 0 ]
	[ "$(outcomes out)" = '1 200' ]
	[ "$(jq -r '.custom_id + " " + .pllm.error.code' again)" = '2 overloaded' ]
	quietly batch <again
	is_output_of again out
	[ "$(outcomes out)" = '2 200' ]
}

@test "requests go out byte for byte, each to its own path" {
	start_witness
	cat >in <<-'EOF'
		{"custom_id":"1","url":"/v1/chat/completions","body":{ "model":"a", "n": 2, "seed":12345678901234567890,"x":1.10 }}
		{"custom_id":"2","url":"/v1/embeddings","body":{"input":["\u00e9"]}}
		{"custom_id":"3","url":"/v2/rerank","body":{}}
		{"custom_id":"4","url":"/score","body":{"text_1":"a"}}
	EOF
	quietly batch -j 1 <in
	jq -r '.path + " " + .body' requests | diff - <(
		cat <<-'EOF'
			/v1/chat/completions { "model":"a", "n": 2, "seed":12345678901234567890,"x":1.10 }
			/v1/embeddings {"input":["\u00e9"]}
			/v2/rerank {}
			/score {"text_1":"a"}
		EOF
	)
}

# paths_below BASE_URL: where two requests go.
paths_below() {
	: >requests
	try pllm --endpoint "$1" --input-format openai-batch -j 1 "${@:2}" >&2 <<-'EOF'
		{"custom_id":"1","url":"/v1/embeddings","body":{}}
		{"custom_id":"2","url":"/rerank","body":{}}
	EOF
	jq -r .path requests | paste -sd ' '
}

@test "paths are found below whatever base URL a server has" {
	start_witness
	[ "$(paths_below "$BASE")" = '/v1/embeddings /rerank' ]
	[ "$(paths_below "$BASE/v1/")" = '/v1/embeddings /rerank' ]
	[ "$(paths_below "$BASE/v1/chat/completions")" = '/v1/embeddings /rerank' ]
	[ "$(paths_below "$BASE/api/v1")" = '/api/v1/embeddings /api/rerank' ]
	[ "$(paths_below "$BASE/v1beta/openai")" = '/v1beta/openai/embeddings /v1beta/openai/rerank' ]
	[ "$(paths_below "$BASE" --api mistral)" = '/v1/embeddings /rerank' ]
	[ "$(paths_below "$BASE" --api azure)" = '/openai/v1/embeddings /rerank' ]
}

@test "no url of a file leads to another host" {
	local other url
	start_witness
	other=$BASE
	for url in "$other/v1/score" "//${other#http://}/v1/score" "@${other#http://}/v1/score" "/v1/score/../../x" \
		'/v1/score?a' '/v1/score#a' '' 'v1/score' '/v1/score\r\nHost: h'; do
		printf '{"custom_id":"1","url":"%s","body":{}}\n' "$url"
	done >in
	try pllm --endpoint "$MOCK_BASE" --input-format openai-batch <in
	[ "$status" -eq 1 ]
	[ "$(jq -r .error.code out | sort | uniq -c | tr -s ' ')" = ' 9 bad_record' ]
	[ -f requests ]
	[ ! -s requests ]
	[ "$(mock_stat requests)" = 0 ]
}

@test "the command line's model, limit and parameters win over the file's" {
	start_witness
	cat >in <<-'EOF'
		{"custom_id":"1","url":"/v1/chat/completions","body":{"model":"a","max_completion_tokens":9,"messages":[]}}
		{"custom_id":"2","url":"/v1/responses","body":{"model":"a","max_output_tokens":9,"input":"x"}}
		{"custom_id":"3","url":"/v1/embeddings","body":{"model":"a","input":"x"}}
	EOF
	quietly batch -j 1 -m b --max-tokens 5 --param user='"u"' <in
	jq -r .body requests | diff - <(
		cat <<-'EOF'
			{"messages":[],"max_tokens":5,"user":"u","model":"b"}
			{"input":"x","max_output_tokens":5,"user":"u","model":"b"}
			{"input":"x","user":"u","model":"b"}
		EOF
	)
}

@test "one path that a server does not have is not the end of the others" {
	printf '%s\n' '{"custom_id":"1","url":"/v1/score","body":{}}' >in
	request 2 a >>in
	try batch -j 1 -m mock <in
	[ "$status" -eq 1 ]
	[ "$(outcomes out)" = $'1 404\n2 200' ]
}

@test "a key that the server echoes does not get into the results" {
	start_witness
	export OPENAI_API_KEY=sk-canary-0123456789
	request 1 a >in
	try pllm --endpoint "$BASE/leak" --input-format openai-batch <in
	[ "$status" -eq 3 ]
	[ "$(jq -r '.headers.authorization' requests)" = 'Bearer sk-canary-0123456789' ]
	[ "$(outcomes out)" = '1 401' ]
	[[ $(jq -r .response.body.error.message out) == 'Incorrect API key'* ]]
	run ! grep -r canary out err
}

anthropic() {
	pllm --endpoint "$BASE" --input-format anthropic-batch "$@"
}

@test "Anthropic's files run likewise, and give Anthropic's results" {
	cat >in <<-'EOF'
		{"custom_id":"one","params":{"model":"mock","max_tokens":50,"messages":[{"role":"user","content":"hi"}]}}
		{"custom_id":"no limit","params":{"model":"mock","messages":[{"role":"user","content":"hi"}]}}
		{"custom_id":"no params","body":{}}
		{"custom_id":"down","params":{"model":"mock","max_tokens":50,"messages":[{"role":"user","content":"[[mock:529]]"}]}}
		{"custom_id":"hangs","params":{"model":"mock","max_tokens":50,"messages":[{"role":"user","content":"[[mock:hang]]"}]}}
		no json
	EOF
	try anthropic --retries 0 --timeout 500ms <in
	[ "$status" -eq 1 ]
	[ "$(jq -r '"\(.custom_id) \(.result.type) \(.result.error.type) \(.result.error.error.type)"' out)" = "$(
		cat <<-'EOF'
			one succeeded null null
			no limit errored error invalid_request_error
			no params errored error invalid_request_error
			down errored error overloaded_error
			hangs errored error timeout_error
			null errored error invalid_request_error
		EOF
	)" ]
	[ "$(jq -c 'keys_unsorted' out | sort -u)" = '["custom_id","result"]' ]
	jq -se '.[0].result.message | .type == "message" and .content[0].text == "echo: hi" and .usage.output_tokens > 0' out
	[ "$(mock_stat dialects.anthropic)" = 4 ]
}

@test "Anthropic's results tell what was canceled" {
	echo '{"custom_id":"1","params":{"model":"mock","max_tokens":5,"messages":[{"role":"user","content":"[[mock:hang]]"}]}}' >in
	try anthropic --max-duration 300ms --grace 0s <in
	[ "$(cat out)" = '{"custom_id":"1","result":{"type":"canceled"}}' ]
}

# refused WORDS OPTIONS...: a usage error with these words in it, and nothing sent.
refused() {
	local words=$1
	shift
	try pllm --endpoint "$URL" "$@" <in
	[ "$status" -eq 2 ]
	[ ! -s out ]
	[[ $(cat err) == *"$words"* ]]
}

@test "options that have no place in a batch are refused before anything is sent" {
	local format
	request 1 a >in
	echo '{"type":"object"}' >schema.json
	for format in openai-batch anthropic-batch; do
		refused "-p does not go with --input-format $format" --input-format $format -p x
		refused "--prompt-file does not go with --input-format $format" --input-format $format --prompt-file in
		refused "-s does not go with --input-format $format" --input-format $format -s x
		refused "--image does not go with --input-format $format" --input-format $format --image x
		refused "--schema does not go with --input-format $format" --input-format $format --schema schema.json
		refused "--stream does not go with --input-format $format" --input-format $format --stream
		refused "--ttft-timeout does not go with --input-format $format" --input-format $format --ttft-timeout 1s
		refused "--idle-timeout does not go with --input-format $format" --input-format $format --idle-timeout 1s
		refused "-a does not go with --input-format $format" --input-format $format -a x
		refused "-r does not go with --input-format $format" --input-format $format -r
		refused "--raw-output0 does not go with --input-format $format" --input-format $format --raw-output0
		refused "--seq does not go with --input-format $format" --seq --input-format $format
		refused "--meta does not go with --input-format $format" --input-format $format --meta
		refused "--existing does not go with --input-format $format" --input-format $format --existing skip
		refused "--retry-errors does not go with --input-format $format" --input-format $format --retry-errors
	done
	[ "$(mock_stat requests)" = 0 ]
}

@test "a batch of one API is not sent to another" {
	local api
	request 1 a >in
	for api in anthropic gemini bedrock; do
		AWS_REGION=eu-west-1 refused "openai-batch does not go with --api $api" --input-format openai-batch --api $api -m m
	done
	# With a version Azure has the model in its path.
	OPENAI_API_VERSION=2024-10-21 refused 'openai-batch does not go with --api azure' --input-format openai-batch --api azure -m m
	for api in openai gemini; do
		refused 'it needs --api anthropic' --input-format anthropic-batch --api $api -m m
	done
	refused 'it needs --api anthropic' --input-format anthropic-batch --endpoint "$BASE/x,api=openai"
	[ "$(mock_stat requests)" = 0 ]
}
