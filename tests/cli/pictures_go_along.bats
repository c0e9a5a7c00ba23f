#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# --image: a picture goes along with the prompt, and no other file does.

load helper

setup() {
	clean_room
	printf '\x89PNG\r\n\x1a\n and the rest' >a.png
	printf 'GIF89a and the rest' >looks-like-text.txt
}

sent() {
	jq -r .body requests | jq -c '.messages[0].content'
}

@test "a file goes as a data URL before the words, its type read off its bytes" {
	start_witness
	quietly ask -p 'What is {{f}}?' --image '{{f}}' <<<'{"f":"a.png"}'
	[ "$(sent)" = "[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,$(base64 -w0 a.png)\"}},{\"type\":\"text\",\"text\":\"What is a.png?\"}]" ]
	: >requests
	quietly ask -p x --image '{{f}}' <<<'{"f":"looks-like-text.txt"}'
	sent | grep -q 'data:image/gif;base64,'
}

@test "a URL goes as it is, and nothing of it gets out of its string" {
	start_witness
	quietly ask -p x --image '{{u}}' <<<'{"u":"https://example.com/a.png?b=\"},{\"c"}'
	[ "$(sent | jq -r '.[0].image_url.url')" = 'https://example.com/a.png?b="},{"c' ]
	: >requests
	quietly ask -p x --image 'data:image/png;base64,iVBORw0KGgo=' <<<1
	[ "$(sent | jq -r '.[0].image_url.url')" = 'data:image/png;base64,iVBORw0KGgo=' ]
}

@test "what is no picture is not sent: text, a directory, a FIFO, a device, a name with a NUL" {
	start_witness
	mkfifo fifo
	echo secret >text.png
	local name
	for name in text.png /etc/passwd . fifo /dev/zero missing.png 'a.png\u0000x' 'ftp://h/a.png'; do
		try ask -p x --image '{{f}}' <<<"{\"f\":\"$name\"}"
		[ "$status" -eq 1 ]
		[ "$(jq -r .pllm.error.code out)" = bad_record ]
		grep -q -- '--image' err
	done
	[ ! -s requests ]
}

@test "one byte too many is refused, and said so" {
	start_witness
	{
		cat a.png
		head -c $((20 << 20)) /dev/zero
	} >large.png
	try ask -p x --image large.png <<<1
	[ "$(jq -r .pllm.error.code out)" = bad_record ]
	jq -r .pllm.error.message out | grep -q '20'
	[ ! -s requests ]
}

@test "records that bring their own messages bring their own pictures" {
	start_witness
	try ask --image a.png <<<'{"messages":[{"role":"user","content":"x"}]}'
	[ "$(jq -r .pllm.error.code out)" = bad_record ]
	[ ! -s requests ]
}

@test "each API gets the picture in its own form" {
	start_mock
	local api
	for api in openai-responses anthropic gemini ollama cohere bedrock; do
		case $api in openai*) base=$URL ;; *) base=$BASE ;; esac
		quietly pllm --api "$api" --endpoint "$base" -m mock --key-env none -p x --image a.png <<<1
	done
	[ "$(mock_stat images)" -eq 6 ]
}
