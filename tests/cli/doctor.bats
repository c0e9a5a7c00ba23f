#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# pllm doctor finds what would keep a run from working, and says what to mend.

# shellcheck disable=SC2016 # dollars are dollars here
load helper

canary=sk-canary-9f8e7d6c5b4a3210

# Looks at $URL with model mock; more options may follow.
doctor() {
	try pllm doctor --endpoint "$URL" -m mock "$@" </dev/null
	[ ! -s err ] || cat err
	is_nowhere 'canary\|9f8e7d6c'
}

# The words are in neither output.
is_nowhere() {
	! grep -q -- "$1" out err
}

# The finding is in the output, as "FINDING PART NAME", and its text and help hold these words.
found() {
	local finding=$1 part=$2 name=$3 words=${4-}
	jq -e --arg finding "$finding" --arg part "$part" --arg name "$name" --arg words "$words" '
		any(.checks[]; .finding == $finding and (.part | startswith($part)) and
			(.name | startswith($name)) and
			("\(.text) \(.help)" | contains($words)))' out >/dev/null || {
		echo "not found: $*"
		cat out
		return 1
	}
}

# Nothing is wrong, or just so many things are.
wrong_n() {
	[ "$(jq '[.checks[] | select(.finding == "fail" or .finding == "warn")] | length' out)" -eq "$1" ] || {
		cat out
		return 1
	}
}

# A server in which each first part of a path is another oddity; its port is in $ODD.
start_odd() {
	cat >odd.py <<-'EOF'
		import email.utils, http.server, json, os, re, sys, time

		class Odd(http.server.BaseHTTPRequestHandler):
		    def log_message(self, *ignored):
		        pass
		    def answer(self, status, headers, body):
		        self.send_response_only(status)
		        headers = {"Date": email.utils.formatdate(time.time(), usegmt=True), **headers}
		        for name, value in headers.items():
		            self.send_header(name, value)
		        self.send_header("Content-Length", str(len(body)))
		        self.end_headers()
		        self.wfile.write(body)
		    def do_GET(self):
		        odd = re.sub("^http://[^/]*", "", self.path).split("/")[1]
		        with open("gets", "a") as log:
		            log.write(f"{self.path}\n")
		        models = json.dumps({"object": "list", "data": [{"id": "mock", "object": "model"},
		            {"id": "long-2026-01-01", "object": "model"}]}).encode()
		        if odd.startswith("skew"):
		            date = email.utils.formatdate(time.time() + int(odd[4:]), usegmt=True)
		            self.answer(200, {"Date": date}, models)
		        elif odd == "moved":
		            self.answer(308, {"Location": sys.argv[1] + "/models"}, b"")
		        elif odd == "limits":
		            self.answer(200, {"x-ratelimit-limit-requests": "500",
		                "x-ratelimit-remaining-requests": "499",
		                "x-ratelimit-limit-tokens": "30000"}, models)
		        elif odd == "parrot":
		            key = self.headers.get("authorization", "").split(" ")[-1]
		            self.answer(401, {}, json.dumps({"error": {"message":
		                f"\x1b[2JIncorrect API key provided: {key}"}}).encode())
		        elif odd == "page":
		            self.answer(200, {"Content-Type": "text/html"}, b"<html>Welcome</html>")
		        elif odd == "strange":
		            self.answer(200, {}, json.dumps({"data": [{"id": "x" * 600},
		                {"id": "two words"}, {"id": 7}]}).encode())
		        elif odd == "slow":
		            time.sleep(20)
		        elif odd == "held":
		            while not os.path.exists("go"):
		                time.sleep(0.02)
		            self.answer(200, {}, models)
		        elif odd == "half":
		            self.send_response_only(200)
		            self.send_header("Content-Length", "100")
		            self.end_headers()
		            self.wfile.flush()
		            time.sleep(20)
		        elif odd == "first":
		            self.answer(200, {}, json.dumps({"data": [{"id": "listed"}],
		                "has_more": True}).encode())
		        elif odd.isdigit():
		            self.answer(int(odd), {}, b'{"error":{"message":"so it is"}}')
		        elif odd == "down":
		            self.answer(503, {}, b'{"error":{"message":"upstream is down"}}')
		        else:
		            self.answer(404, {}, b"{}")

		server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Odd)
		print(server.server_address[1], flush=True)
		server.serve_forever()
	EOF
	start_server "${PYTHON3:-python3}" odd.py "$1"
	ODD=$BASE
}

@test "all is well: exit 0, nothing on stderr, and nothing was billed" {
	start_mock --key "$canary"
	OPENAI_API_KEY=$canary doctor
	[ "$status" -eq 0 ]
	[ ! -s err ]
	[ "$(tail -n 1 out)" = "all is well" ]
	grep -q '^  \[ok\]   model: mock is there$' out
	grep -q "^  \[ok\]   $URL: from OPENAI_API_KEY; goes to $BASE alone\$" out
	is_nowhere $'\e'
	[ "$(mock_stat requests)" -eq 0 ]
	[ "$(mock_stat billed)" -eq 0 ]
}

@test "--json is one JSON object on one line that says the same" {
	start_mock
	doctor --json
	[ "$status" -eq 0 ]
	[ "$(wc -l <out)" -eq 1 ]
	[ "$(jq -r '.well, .worst' out | paste -sd' ')" = 'true note' ]
	found ok program version
	found ok 'endpoint http' connection '127.0.0.1:'
	wrong_n 0
}

@test "--color=always is obeyed in a pipe" {
	start_mock
	doctor --color=always
	grep -q $'\e\[32m\[ok\]\e\[0m' out
}

@test "without any configuration it says what is missing" {
	try env -u HOME -u XDG_CONFIG_HOME "$PLLM" doctor --json --connect-timeout 300ms \
		--endpoint http://127.0.0.1:1 <&-
	[ "$status" -eq 1 ]
	found note configuration file 'HOME is not set'
	try env -u XDG_CONFIG_HOME HOME=relative "$PLLM" doctor --json --connect-timeout 300ms \
		--endpoint http://127.0.0.1:1 <&-
	found note configuration file 'HOME is not an absolute path'
	found note run prompt 'none: each record would say'
	found note run model 'give -m MODEL'
	try pllm doctor embed --json --connect-timeout 300ms --endpoint http://127.0.0.1:1
	found fail run model 'give -m MODEL'
	try pllm doctor --json --connect-timeout 300ms -p '{{text}}'
	[ "$status" -eq 1 ]
	found fail run model 'give -m MODEL'
	found fail keys https://api.openai.com/v1 'set OPENAI_API_KEY'
}

@test "a key that is refused, with where it is from, in the server's words less the key" {
	start_mock --key another-key
	printf '%s\n' "$canary" >key
	printf 'Authorization: Bearer %s\n' "$canary" >headers
	OPENAI_API_KEY=$canary doctor --json
	[ "$status" -eq 1 ]
	found fail endpoint key 'it is from OPENAI_API_KEY'
	wrong_n 1
	OPENAI_API_KEY=$canary doctor
	grep -q '^  \[FAIL\] key: refused: ' out
	[ "$(tail -n 1 out)" = "1 thing to mend" ]
	MINE=$canary doctor --json --key-env MINE
	found fail endpoint key 'it is from MINE'
	doctor --json --key-file key
	found fail endpoint key 'it is from --key-file key'
	doctor --json --key-fd 7 7<key
	found fail endpoint key 'it is from --key-fd 7'
	doctor --json --key-cmd 'cat key'
	found fail endpoint key 'it is from --key-cmd'
	is_nowhere 'cat key'
	doctor --json --header-file headers
	found fail endpoint key 'it is from a header'
	mkdir credentials
	cp key credentials/OPENAI_API_KEY
	CREDENTIALS_DIRECTORY=$PWD/credentials doctor --json
	found fail endpoint key 'it is from $CREDENTIALS_DIRECTORY/OPENAI_API_KEY'
	doctor --json --key-env none
	found fail endpoint key 'give --key-env NAME or --key-file FILE'
	doctor --json --key-env NOWHERE
	found note endpoint key 'wanted, and there is none: '
	is_nowhere 'none was sent'
	start_odd "$URL"
	URL=$ODD/parrot OPENAI_API_KEY=$canary doctor --json
	found fail endpoint key 'Incorrect API key provided'
	URL=$ODD/parrot OPENAI_API_KEY=$canary doctor
	is_nowhere $'\e'
}

@test "a key that is missing, or must not travel, keeps nothing else from being looked at" {
	start_mock --tls --ca-file ca
	URL=$URL,key-env=NOWHERE doctor --json --cacert ca
	found fail keys https:// 'key-env=NOWHERE: there is no such variable'
	is_nowhere '--key-env NOWHERE'
	MINE='' doctor --json --key-env MINE --cacert ca
	[ "$status" -eq 1 ]
	found fail keys https:// MINE
	found ok endpoint certificate 'days left'
	found ok endpoint model 'mock is there'
	wrong_n 1
	OPENAI_API_KEY=$canary try pllm doctor --json --connect-timeout 300ms \
		--endpoint http://canary.invalid/v1 -m mock
	found fail keys http://canary.invalid/v1 'would travel unencrypted'
	found fail endpoint name
	is_nowhere "$canary"
}

@test "keys that are there and that nobody asks for" {
	start_mock
	GROQ_API_KEY=$canary VOYAGE_API_KEY=$canary OPENAI_API_KEY=$canary doctor --json
	[ "$status" -eq 0 ]
	found note keys others 'GROQ_API_KEY, VOYAGE_API_KEY: set, and not asked for'
	found ok endpoint key 'not refused'
	OPENAI_API_KEY=$canary GROQ_API_KEY=$canary doctor --json --key-env none
	[ "$(jq -r '.checks[] | select(.name == "others").text | split(":")[0]' out |
		tr ', ' '\n\n' | sort | uniq -d)" = '' ]
	found note keys others OPENAI_API_KEY
}

@test "where keys are from, and why there is none" {
	start_mock
	doctor --json --key-cmd 'echo canary-key-of-a-command'
	found ok keys http 'from --key-cmd, which was run; goes to '
	doctor --json
	found ok keys http 'a server on this machine needs none'
	doctor --json --api ollama
	found ok keys http 'none, and the API ollama needs none'
	URL=http://far.invalid/v1 doctor --json --key-env none
	found ok keys http 'none, as it was asked for'
	URL=http://localhost/v1 OPENAI_API_KEY=$canary doctor --json --unix-socket "$PWD/nothing"
	found ok keys http "goes to $PWD/nothing alone"
}

@test "a model that is misspelt, with the nearest; -v shows the list" {
	start_mock --model claude-3-haiku --model gpt-4o-mini --model gpt-4o
	try pllm doctor --json --endpoint "$URL" -m gpt4o-mini
	[ "$status" -eq 1 ]
	found fail endpoint model 'the nearest: gpt-4o-mini'
	wrong_n 1
	try pllm doctor --json --endpoint "$URL" -m something-else
	found fail endpoint model '-v shows the list'
	try pllm doctor -v --json --endpoint "$URL" -m gpt-4o
	[ "$status" -eq 0 ]
	found ok endpoint models 'claude-3-haiku, gpt-4o-mini, gpt-4o'
	try pllm doctor --json --endpoint "$URL" -m gpt-4o
	found ok endpoint models '3 in the list'
	is_nowhere haiku
	try pllm doctor --json --endpoint "$URL" -m gpt-4o,gpt4o-mini
	found ok endpoint model 'gpt-4o is there'
	found fail endpoint model 'gpt4o-mini is not'
}

@test "a short name of a model that is listed by its long one is none to mend" {
	start_mock
	start_odd "$URL"
	local name
	for name in long long-latest long-0; do
		try pllm doctor --json --endpoint "$ODD/skew0/v1" -m "$name"
		[ "$status" -eq 0 ]
		found note endpoint model 'and long-2026-01-01 is'
	done
}

@test "names, ports and sockets that lead nowhere" {
	URL=http://nowhere.invalid/v1 doctor --json --key-env none --connect-timeout 5s
	[ "$status" -eq 1 ]
	found fail endpoint name 'is the host right'
	wrong_n 1
	URL=http://127.0.0.1:$(free_ports 1)/v1 doctor --json
	[ "$status" -eq 1 ]
	found fail endpoint connection 'does the server run'
	wrong_n 1
	http_proxy=http://127.0.0.1:$(free_ports 1) URL=http://far.invalid/v1 doctor --json --key-env none
	found fail endpoint connection 'does the proxy let this host through?'
	http_proxy=http://nowhere.invalid URL=http://far.invalid/v1 doctor --json --key-env none
	found fail endpoint name "is the proxy's name right"
	URL=http://localhost/v1 doctor --json --unix-socket "$PWD/nothing"
	[ "$status" -eq 1 ]
	found fail endpoint connection 'at that socket'
}

@test "with -q nothing is written if all is well, and else what is not" {
	start_mock
	doctor -q
	[ "$status" -eq 0 ]
	[ ! -s out ]
	[ ! -s err ]
	try pllm doctor -q --endpoint "$URL" -m mokc
	[ "$status" -eq 1 ]
	[ "$(grep -c '^  \[FAIL\] model: ' out)" -eq 1 ]
	[ "$(grep -c '^  \[' out)" -eq 1 ]
	[ "$(tail -n 1 out)" = '1 thing to mend' ]
	start_odd "$URL"
	try pllm doctor -q --endpoint "$ODD/page" -m mock
	[ "$status" -eq 1 ]
	[ "$(grep -c '^  \[warn\] models: ' out)" -eq 1 ]
}

@test "certificates: trusted, of nobody, expired, of another host" {
	start_mock --tls --ca-file ca
	doctor --json --cacert ca
	[ "$status" -eq 0 ]
	found ok endpoint trust TLSv1
	found ok endpoint certificate 'days left'
	doctor --json
	[ "$status" -eq 1 ]
	found fail endpoint trust 'give --cacert FILE'
	mv ca other
	stop_mock
	start_mock --tls --ca-file ca
	doctor --json --cacert other
	found fail endpoint trust 'does --cacert hold the certificate'
	stop_mock
	start_mock --tls --ca-file ca --tls-bad expired
	doctor --json --cacert ca
	[ "$status" -eq 1 ]
	found fail endpoint certificate 'expired, '
	wrong_n 1
	stop_mock
	start_mock --tls --ca-file ca --tls-bad wrong-host
	doctor --json --cacert ca
	[ "$status" -eq 1 ]
	found fail endpoint trust 'for another name: DNS:'
	found fail endpoint trust 'is the host right in --endpoint?'
	is_nowhere --cacert
	[ "$(mock_stat requests)" -eq 0 ]
	doctor --json
	found fail endpoint trust 'give --cacert FILE'
	doctor --json --cacert nowhere
	[ "$status" -eq 1 ]
	found fail endpoint '' nowhere
	wrong_n 1
}

@test "https where http is spoken, and the other way round" {
	start_mock
	URL=${URL/http/https} doctor --json
	[ "$status" -eq 1 ]
	found fail endpoint trust 'is https spoken at that port?'
	stop_mock
	start_mock --tls --ca-file ca
	URL=${URL/https/http} doctor --json
	[ "$status" -eq 1 ]
	jq -e 'any(.checks[]; .part | startswith("endpoint")) and .well == false' out
}

@test "a server that takes the request and does not answer is not said to speak something else" {
	start_mock
	start_odd "$URL"
	URL=$ODD/slow doctor --json --connect-timeout 300ms
	[ "$status" -eq 1 ]
	found fail endpoint answer 'took the request and does not answer: it is overloaded'
	is_nowhere 'help":"[^"]*https'
	wrong_n 1
	URL=$ODD/half doctor --json --connect-timeout 300ms
	found fail endpoint answer 'it began to answer and did not end'
}

@test "a page for people is called that, as a run does, and the base URL is doubted" {
	start_server "${PYTHON3:-python3}" -c 'import http.server
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(b"<html>Welcome</html>")
    do_POST = do_GET
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
print(server.server_address[1], flush=True)
server.serve_forever()'
	words='HTTP 200 with an HTML page where JSON was expected; is the URL right?'
	try ask -p x <<<'{}'
	grep -F "$words" err
	doctor --json --live
	[ "$status" -eq 1 ]
	found fail endpoint live "$words"
	URL=$BASE doctor --json --live
	found fail endpoint live "should it be --endpoint $BASE/v1"
}

@test "a port that takes connections and says nothing where TLS is wanted" {
	start_server "${PYTHON3:-python3}" -c 'import socket, time
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
time.sleep(60)'
	URL=${URL/http/https} doctor --json --connect-timeout 300ms
	[ "$status" -eq 1 ]
	found fail endpoint trust 'is https spoken at that port?'
	wrong_n 1
}

@test "a version in the base URL that the API does not have there is to be left out" {
	start_mock
	try pllm doctor --json --api gemini --endpoint "$URL" -m mock
	found warn endpoint models "should it be --endpoint $BASE, without /v1?"
	try pllm doctor --json --live --api gemini --endpoint "$URL" -m mock
	found fail endpoint live "should it be --endpoint $BASE, without /v1?"
	try pllm doctor --json --live --endpoint "$BASE/x" -m mock
	found fail endpoint live "should it be --endpoint $BASE/x/v1?"
}

@test "names in a list that are none are counted, and the model may be one of them" {
	start_mock
	start_odd "$URL"
	URL=$ODD/strange doctor --json
	[ "$status" -eq 0 ]
	found ok endpoint models '0 in the list'
	found note endpoint models 'passed over: 3'
	found note endpoint model 'mock is not'
	ANTHROPIC_API_KEY=$canary URL=$ODD/first doctor --json --api anthropic
	[ "$status" -eq 0 ]
	found ok endpoint models '1 in the first page of the list'
	found note endpoint model 'mock is not in the first page'
}

@test "where an endpoint is from that nobody typed: the vendor's variable, or built in" {
	start_mock
	OPENAI_BASE_URL=$URL try pllm doctor --json -m mock </dev/null
	[ "$status" -eq 0 ]
	found ok configuration endpoint "$URL (environment, OPENAI_BASE_URL)"
	OLLAMA_HOST=${BASE#http://} try pllm doctor --json --api ollama -m mock
	found ok configuration endpoint "$BASE (environment, OLLAMA_HOST)"
	AZURE_OPENAI_ENDPOINT=$BASE OPENAI_API_VERSION=2024-01-01 \
		try pllm doctor --json --api azure-classic -m mock
	found ok configuration endpoint "$BASE (environment, AZURE_OPENAI_ENDPOINT)"
	found ok configuration api-version '2024-01-01 (environment, OPENAI_API_VERSION)'
	AWS_ACCESS_KEY_ID=AKIDEXAMPLE AWS_SECRET_ACCESS_KEY=$canary AWS_REGION=eu-west-1 \
		try pllm doctor --json --api bedrock --endpoint "$BASE" -m mock
	found ok configuration region 'eu-west-1 (environment, AWS_REGION)'
	is_nowhere canary
	env -u OPENAI_BASE_URL "$PLLM" doctor --json --connect-timeout 1ms -m mock >out || true
	found ok configuration endpoint 'https://api.openai.com/v1 (built in)'
	OPENAI_BASE_URL=ftp://h try pllm doctor --json -m mock
	found fail run endpoints 'OPENAI_BASE_URL: bad base URL'
	jq -e 'all(.checks[]; .part != "keys" and .part != "prices")' out
	OPENAI_BASE_URL=$URL try pllm doctor --json -m mock,other </dev/null
	[ "$(jq '[.checks[] | select(.part == "configuration" and .name == "endpoint")] | length' out)" -eq 1 ]
	doctor --json
	[ "$(jq '[.checks[] | select(.name == "endpoint")] | length' out)" -eq 1 ]
}

@test "a clock that is wrong" {
	start_mock
	start_odd "$URL"
	URL=$ODD/skew25 doctor --json
	[ "$status" -eq 0 ]
	found ok endpoint clock
	URL=$ODD/skew-3600 doctor --json
	[ "$status" -eq 1 ]
	found warn endpoint clock 'ahead of the server'
	URL=$ODD/skew3600 doctor --json
	found warn endpoint clock 'behind the server'
	wrong_n 1
	# Amazon's signatures are good for five minutes.
	AWS_ACCESS_KEY_ID=AKIDEXAMPLE AWS_SECRET_ACCESS_KEY=$canary URL=$ODD/skew3600 \
		doctor --json --api bedrock
	found fail endpoint clock 'signatures are refused'
	found ok keys http 'from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY'
}

@test "a redirect, with the URL to give instead" {
	start_mock
	local right=$URL
	start_odd "$URL"
	URL=$ODD/moved doctor --json
	[ "$status" -eq 1 ]
	found fail endpoint redirect "give --endpoint $right"
	[ "$(jq -r '.checks[] | select(.name == "redirect").help' out)" = "give --endpoint $right" ]
}

@test "servers that are down, have no list, or are none of that API" {
	start_mock
	start_odd "$URL"
	URL=$ODD/down doctor --json
	[ "$status" -eq 1 ]
	found fail endpoint status 'upstream is down'
	local odd
	for odd in 500 599; do
		URL=$ODD/$odd doctor --json
		found fail endpoint status 'so it is'
	done
	for odd in 429 418; do
		URL=$ODD/$odd doctor --json
		found warn endpoint status 'so it is'
	done
	URL=$ODD/405 doctor --json
	found warn endpoint models 'HTTP 405'
	URL=$ODD/405 doctor --json --live
	found note endpoint models 'HTTP 405'
	OPENAI_API_KEY=$canary URL=$ODD/403 doctor --json
	found fail endpoint key 'and allowed to list models?'
	AWS_ACCESS_KEY_ID=AKIDEXAMPLE AWS_SECRET_ACCESS_KEY=$canary URL=$ODD/404 \
		doctor --json --api bedrock
	found note endpoint models 'this API has no list'
	URL=$ODD/nothing doctor --json
	[ "$status" -eq 1 ]
	found warn endpoint models "should it be --endpoint $ODD/nothing/v1?"
	URL=$ODD/page doctor --json
	[ "$status" -eq 1 ]
	found warn endpoint models 'is the base URL right, and --api openai?'
}

@test "limits that the server tells, and the -j and --rate that suit them" {
	start_mock
	start_odd "$URL"
	URL=$ODD/limits doctor --json
	[ "$status" -eq 0 ]
	found note endpoint limit '500 requests/m, 499 left'
	# Little's law: 500/60 s x 1 s.
	found note endpoint limit '-j 9 makes use of it: 8.33 requests/s x 1 s'
	found note endpoint limit '--rate 480/m keeps below it'
	found note endpoint limit '--tpm 28800 keeps below it'
}

@test "--live costs one request for each model, and says what it took" {
	start_mock --rpm 600 --latency 200ms
	doctor --json --live --price-in 1 --price-out 2
	[ "$status" -eq 0 ]
	[ "$(mock_stat requests)" -eq 1 ]
	[ "$(mock_stat billed)" -eq 1 ]
	found ok endpoint live 'mock answered in '
	found ok endpoint live 'cost: $0.0'
	found note endpoint limit 'which the answer took'
	doctor --json --live -m other,third
	[ "$(mock_stat billed)" -eq 3 ]
	found ok endpoint live 'cost: not known'
	try pllm doctor --json --live --endpoint "$URL" --endpoint "$URL" -m mock
	[ "$(mock_stat billed)" -eq 4 ]
}

@test "--live shows whether a model answers that is not in the list" {
	start_mock --model gpt-4o
	try pllm doctor --json --live --endpoint "$URL" -m unlisted
	[ "$status" -eq 0 ]
	found note endpoint model 'and answers all the same'
	stop_mock
	start_mock --model gpt-4o --strict-model
	try pllm doctor --json --live --endpoint "$URL" -m unlisted
	[ "$status" -eq 1 ]
	found fail endpoint live 'unlisted: '
	found fail endpoint model
	try pllm doctor --json --live --endpoint "$URL"
	found note endpoint live 'not asked: there is no model'
}

@test "--live in the words of each API, vectors too" {
	local api
	start_mock
	for api in openai openai-responses anthropic gemini ollama cohere mistral; do
		try env ANTHROPIC_API_KEY=$canary GEMINI_API_KEY=$canary CO_API_KEY=$canary \
			MISTRAL_API_KEY=$canary "$PLLM" doctor --json --live --api "$api" \
			--endpoint "$(base_of "$api")" -m mock
		found ok endpoint live 'mock answered in '
		is_nowhere canary
	done
	try pllm doctor embed --json --live --endpoint "$URL" -m mock
	[ "$status" -eq 0 ]
	found ok endpoint live 'mock answered in '
	[ "$(mock_stat embedded)" -eq 1 ]
}

# Where the mock has that API.
base_of() {
	case $1 in
	anthropic | ollama | cohere) echo "$BASE" ;;
	gemini) echo "$BASE/v1beta" ;;
	mistral) echo "$BASE/mistral/v1" ;;
	*) echo "$URL" ;;
	esac
}

@test "the options of a run are taken as they are, and what is wrong with them is all found" {
	start_mock
	doctor --json -p 'Say {{text}}' -s '' --max-tokens 5 -o out.jsonl --errors errors.jsonl \
		--cache c.db --retries 3 -u
	[ "$status" -eq 0 ]
	found ok run prompt 'steps: 1'
	[ ! -e out.jsonl ]
	[ ! -e errors.jsonl ]
	[ ! -e c.db ]
	doctor --json -p 'Say {{text' --halt nonsense --rate 60 --schema nowhere.json
	[ "$status" -eq 1 ]
	found fail run prompt
	found fail run --halt
	found fail run --rate 'N/UNIT'
	doctor --json --accept nonsense --hedge nonsense -r --input-format openai-batch
	found fail run --accept
	found fail run --hedge
	found fail run --input-format
	doctor --json --api openai-completions -p '{{text}}' -s x
	found fail run step '-s: openai-completions has no place for it'
	doctor --json -i nowhere.jsonl -o no/such/file --errors bad --stats bad
	found fail files input nowhere.jsonl
	found fail files -o no/such/file
	found fail files names 'that is where'
	local option
	for option in --errors --stats --metrics-file --trace; do
		doctor --json "$option" no/such/file
		found fail files "$option" no/such/file
	done
	doctor embed --json --format f32 -o vectors --ids no/such/file
	found fail files --ids
	records 1 >in
	doctor --json -i in -o out.jsonl
	found ok files names '2 can be read'
	doctor --json --window-bytes 1000G --window 77
	found warn machine memory 'for up to 77 records'
	found warn machine memory 'give a smaller --window-bytes'
	found ok endpoint model
	doctor reduce --json --by .lang --item '{{text}}' -p '{{items}}'
	[ "$status" -eq 0 ]
	found ok run prompt
	doctor --no-such-option
	[ "$status" -eq 2 ]
	doctor chunk
	[ "$status" -eq 2 ]
}

@test "each value that is not built in, and who said so; never what may be secret" {
	start_mock
	mkdir -p "$HOME/.config/pllm"
	cat >"$HOME/.config/pllm/config.yaml" <<-'EOF'
		defaults:
		  retries: 9
		  key-cmd: printf canary-in-a-command
		profiles:
		  night:
		    jobs: 7
	EOF
	chmod 600 "$HOME/.config/pllm/config.yaml"
	PLLM_TIMEOUT=77s doctor --json --profile night --header 'X-Trace: canary-value' \
		--param 'user="canary-user"' --param temperature=0
	[ "$status" -eq 0 ]
	found ok configuration file "$HOME/.config/pllm/config.yaml, yours, mode 0600, profile night"
	found ok configuration retries "9 (defaults, $HOME/.config/pllm/config.yaml:2:"
	found ok configuration jobs '7 (profile, '
	found ok configuration timeout '77s (environment, PLLM_TIMEOUT)'
	found ok configuration key-cmd 'not shown (defaults'
	found ok configuration header 'X-Trace: ... (command line)'
	found ok configuration param 'user=..., temperature=0 (command line)'
	jq -e 'all(.checks[]; .name != "json")' out
	doctor --json --no-config
	found ok configuration file 'none is read'
	chmod 666 "$HOME/.config/pllm/config.yaml"
	doctor
	[ "$status" -eq 2 ]
	rm "$HOME/.config/pllm/config.yaml"
	doctor --json
	found note configuration file 'there is none; it would be'
}

@test "what may be secret, or is long, is said of no value" {
	local texts
	URL='https://canary:canary@far.invalid/v1?key=canary,model=m' doctor --json \
		--fallback 'https://canary@other.invalid/v1'
	found ok configuration endpoint 'https://***@far.invalid/v1?***,model=m (command line)'
	found ok configuration fallback 'https://***@other.invalid/v1 (command line)'
	texts=(-p 'a canary' -s 'a canary' --image canary.png)
	URL=http://127.0.0.1:1/v1 doctor --json "${texts[@]}" \
		--param seed=00000000000000000000000000000000000000001 --trace "$(printf 'x%.0s' {1..1100})"
	found ok configuration prompt 'text of 8 bytes'
	found ok configuration system 'text of 8 bytes'
	found ok configuration image 'text of 10 bytes'
	found ok configuration param 'seed=...'
	found ok configuration trace '... (command line)'
	URL=http://127.0.0.1:1/v1 doctor reduce --json --item 'a canary' -p '{{items}}'
	found ok configuration item 'text of 8 bytes'
}

@test "what the environment says to libraries" {
	start_mock
	HTTPS_PROXY=http://canary:canary@proxy.invalid:3128 HTTP_PROXY=http://x NO_PROXY=a,b \
		SSL_CERT_FILE=$PWD/nowhere SSLKEYLOGFILE=$PWD/keys doctor --json
	[ "$status" -eq 1 ]
	found note environment HTTPS_PROXY 'http://***@proxy.invalid:3128'
	found note environment HTTP_PROXY 'http_proxy, in lower case, has one'
	found note environment NO_PROXY 'a,b'
	found warn environment SSL_CERT_FILE 'cannot be read'
	found note environment SSLKEYLOGFILE 'has no effect'
	wrong_n 1
	[ ! -e keys ]
	# Signs that end the host of other URLs are those of a password here.
	https_proxy='http://user:canary,canary@proxy.invalid:3128' doctor --json --key-env none
	found note environment https_proxy 'http://***@proxy.invalid:3128'
	https_proxy=http://user:canary@canary@lower.invalid HTTPS_PROXY=http://upper.invalid \
		http_proxy=http://plain.invalid HTTP_PROXY=x ALL_PROXY=http://all.invalid \
		SSL_CERT_DIR=/x CURL_CA_BUNDLE=$PWD/odd.py SSL_CERT_FILE=$BATS_TEST_FILENAME \
		no_proxy=lower NO_PROXY=upper LC_ALL=C doctor --json --key-env none
	found note environment https_proxy 'http://***@lower.invalid'
	found note environment http_proxy 'http://plain.invalid, for http endpoints'
	found note environment ALL_PROXY 'http://all.invalid'
	found note environment no_proxy 'lower: no proxy'
	found note environment SSL_CERT_DIR 'has no effect'
	found warn environment CURL_CA_BUNDLE 'cannot be read'
	found note environment SSL_CERT_FILE "whom to trust, in place of the system's"
	found note environment locale 'not UTF-8'
	is_nowhere 'upper\|"HTTP_PROXY"'
}

@test "a proxy that is in the way is named, without what it wants to know" {
	start_mock
	start_odd "$URL"
	http_proxy=http://canary:canary@${ODD#http://} URL=http://far.invalid/skew0 \
		doctor --json --key-env none
	[ "$status" -eq 0 ]
	found note endpoint proxy "$ODD"
	found ok endpoint model 'mock is there'
	[ "$(cat gets)" = http://far.invalid/skew0/models ]
	http_proxy=$ODD no_proxy=far.invalid URL=http://far.invalid/skew0 doctor --json --key-env none
	found fail endpoint name
}

@test "more requests at once than descriptors can be had for" {
	start_mock
	(
		ulimit -n 300
		doctor --json -j 5000
		[ "$status" -eq 1 ]
	)
	found fail machine descriptors 'would fit'
	wrong_n 1
}

@test "the cache: sound, none of ours, no place for it" {
	start_mock
	quietly pllm --endpoint "$URL" -m mock --cache c.db -p '{{text}}' <<<'{"text":"a"}'
	local sum
	sum=$(sha256sum c.db)
	doctor --json --cache c.db
	[ "$status" -eq 0 ]
	found ok cache file 'c.db: sound; entries: 1'
	found ok cache disk left
	[ "$(sha256sum c.db)" = "$sum" ]
	head -c 8192 c.db >half.db
	doctor --json --cache half.db
	[ "$status" -eq 1 ]
	found fail cache file half.db
	records 1000 >text
	doctor --json --cache text
	[ "$status" -eq 1 ]
	found fail cache file
	doctor --json --cache nowhere/c.db
	[ "$status" -eq 1 ]
	found fail cache file 'cannot be made'
}

@test "prices: whose they are, and a budget that could not be kept" {
	start_mock
	doctor --json --price-in 0.15 --price-out 0.60
	[ "$status" -eq 0 ]
	found ok prices mock '$0.15 in, $0.60 out, for a million tokens (--price-in/--price-out)'
	try pllm doctor --json --endpoint "$URL" --endpoint "$URL,key-env=HOME" -m mock
	found note prices mock 'it is asked on this machine'
	[ "$(jq '[.checks[] | select(.part == "prices")] | length' out)" -eq 1 ]
	URL=http://far.invalid/v1 doctor --json --key-env none
	found note prices mock 'give --prices FILE'
	doctor --json --max-cost 1
	[ "$status" -eq 1 ]
	found fail prices options
}

@test "endpoints of one place are asked once, and each that has another key again" {
	start_mock
	start_odd "$URL"
	local place=$ODD/skew0/v1
	A_KEY=$canary B_KEY=${canary}b try pllm doctor --json \
		--endpoint "$place,key-env=A_KEY,model=mock" \
		--endpoint "$place,key-env=A_KEY,model=long" \
		--endpoint "$place,key-env=B_KEY,model=mock"
	[ "$status" -eq 0 ]
	[ "$(cat gets)" = "$(printf '/skew0/v1/models\n%.0s' 1 2)" ]
	[ "$(jq '[.checks[] | select(.name == "model" and .finding != "fail")] | length' out)" -eq 3 ]
	is_nowhere canary
}

@test "each part is written before an endpoint is waited for" {
	start_mock
	start_odd "$URL"
	pllm doctor --connect-timeout 5m -m mock --endpoint "$ODD/skew0/v1" \
		--endpoint "$ODD/held/v1" >out 2>err &
	local doctor=$!
	await grep -qF "endpoint $ODD/skew0/v1" out
	await grep -q '^  \[ok\]   model: mock is there$' out
	run ! grep -q 'all is well' out
	: >go
	wait "$doctor"
	[ "$(grep -cx "endpoint $ODD/skew0/v1" out)" -eq 1 ]
	[ "$(grep -cx "endpoint $ODD/held/v1" out)" -eq 1 ]
	[ "$(grep -cx 'program' out)" -eq 1 ]
	[ "$(tail -n 1 out)" = 'all is well' ]
}

@test "output that cannot be written ends with 7, and nobody is asked" {
	start_mock
	start_odd "$URL"
	status=0
	pllm doctor --endpoint "$ODD/skew0/v1" -m mock >/dev/full 2>err || status=$?
	[ "$status" -eq 7 ]
	[ "$(grep -c 'cannot write standard output' err)" -eq 1 ]
	[ ! -e gets ]
}

@test "a reader that goes away ends it as it ends any filter, and nobody is asked" {
	start_mock
	start_odd "$URL"
	(
		await test -e gone
		status=0
		pllm doctor --endpoint "$ODD/skew0/v1" -m mock 2>err || status=$?
		echo "$status" >status
	) | (
		exec <&-
		: >gone
		await test -e status
	)
	[ "$(<status)" -eq 141 ]
	[ ! -s err ]
	[ ! -e gets ]
}

@test "its short help fits a screen, and its options are no others' business" {
	try pllm doctor -h
	[ "$status" -eq 0 ]
	[ "$(wc -l <out)" -le 24 ]
	grep -q -- '--live' out
	try pllm --live -m mock
	[ "$status" -eq 2 ]
	grep -q -- '--live is an option of pllm doctor' err
}
