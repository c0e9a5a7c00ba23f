#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Output lines are input lines with something inserted before the last brace.

load helper

setup() {
	clean_room
	start_mock --answer fixed:A
}

# Each line of ./in comes out as itself with ,"output":"A" before its last brace.
stays() {
	quietly ask -p hi <in
	sed 's/}\([ \t]*\)$/,"output":"A"}\1/; s/{\( *\),/{\1/' in | diff - out
}

@test "numbers, duplicate keys, escapes, order and spacing come out as they went in" {
	cat >in <<'EOF'
{"a":12345678901234567890,"b":1.10,"a":1e400}
{"b":-0,"a":-0.0E+00,"c":0.1000000000000000055511151231257827}
{ "z" : 1 ,  "a" :[ 1,2 , {"x":null} ] , "z" : true }
{"u":"\u00e9 \ud83d\ude00 \/ \u0041","v":"é 😀 / A"}
{"lone":"\ud800","nul":"\u0000","del":""}
{}
{   }
	{"tab":"before and after"}	
{"pllm":{"mine":1},"error":{"code":"yours"}}
{"outputs":1,"Output":2,"out\u0070ut ":3}
EOF
	stays
}

@test "a record of many megabytes is not changed" {
	awk 'BEGIN { printf "{\"a\":["; for (i = 0; i < 400000; i++) printf "1.%06d0,", i
		print "0],\"z\":1.10}" }' >in
	stays
}

@test "a record that is no object is wrapped, its bytes unchanged" {
	printf '%s\n' '12345678901234567890' '"a\u00e9"' '[ 1.10 , 2e400 ]' ' null ' true >in
	quietly ask -p hi <in
	diff - out <<'EOF'
{"input":12345678901234567890,"output":"A"}
{"input":"a\u00e9","output":"A"}
{"input":[ 1.10 , 2e400 ],"output":"A"}
{"input":null,"output":"A"}
{"input":true,"output":"A"}
EOF
}

@test "a byte order mark, CRLF, blank lines and a missing last newline are accepted" {
	printf '\xef\xbb\xbf{"id":1}\r\n\r\n  \n\n{"id":2}\n \t\n{"id":3}' >in
	quietly ask -p hi <in
	printf '%s\n' '{"id":1,"output":"A"}' '{"id":2,"output":"A"}' '{"id":3,"output":"A"}' | diff - out
}

@test "no input at all is no output and no error" {
	quietly ask -p hi </dev/null
	[ ! -s out ]
	printf '\n\n  \n' >in
	quietly ask -p hi <in
	[ ! -s out ]
	[ "$(mock_stat requests)" -eq 0 ]
}

@test "an answer's bytes come out as the server escaped them, and mean the same" {
	stop_mock
	start_mock
	printf '%s\n' '{"id":1,"text":"a \"quoted\" \\ back\/slash \u0007 \n é \ud83d\ude00"}' >in
	quietly ask -p '{{text}}' <in
	[ "$(jq -r '.output == "echo: " + .text' out)" = true ]
}
