#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# pllm chunk: documents in, chunks out, nothing lost between.

load helper

# documents N BYTES: N documents on stdout, with about so many bytes of text each.
documents() {
	"${PYTHON3:-python3}" - "$@" <<-'EOF'
		import json, random, sys
		random.seed(1)
		words = "one Two three, four. Five! six\n sieben\n\n élève 漢字。 \U0001F468\u200d\U0001F469 \"x\"".split(" ")
		for i in range(int(sys.argv[1])):
		    text = ""
		    while len(text) < int(sys.argv[2]):
		        text += random.choice(words) + " "
		    print(json.dumps({"id": i, "text": text, "lang": "en"}, ensure_ascii=i % 2 == 0))
	EOF
}

# whole IN OUT [FIELD]: true if the chunks in OUT are together the texts in IN, and say where from.
whole() {
	"${PYTHON3:-python3}" - "$@" <<-'EOF'
		import json, sys
		texts = [json.loads(line)["text"].encode() for line in open(sys.argv[1], encoding="utf-8")]
		got = [[] for _ in texts]
		for line in open(sys.argv[2], encoding="utf-8"):
		    c = json.loads(line)
		    got[c["id"]].append(c)
		for text, chunks in zip(texts, got):
		    assert [c["chunk"] for c in chunks] == list(range(len(chunks))), "order"
		    assert all(c["chunks"] == len(chunks) for c in chunks), "count"
		    assert all(text[c["start"]:c["end"]] == c["text"].encode() for c in chunks), "offsets"
		    assert b"".join(c["text"].encode() for c in chunks) == text, "text"
	EOF
}

@test "the chunks of a document are the document, wherever it is cut" {
	local at
	documents 20 5000 >in
	for at in paragraph sentence line token; do
		quietly pllm chunk --at "$at" --size 40 <in
		[ "$(wc -l <out)" -gt 200 ]
		whole in out
	done
}

@test "by default sentences, 512 tokens, all fields" {
	documents 1 9000 >in
	quietly pllm chunk <in
	cp out before
	quietly pllm chunk --field text --at sentence --size 512 --overlap 0 --keep-fields all <in
	cmp out before
	[ "$(wc -l <out)" -gt 2 ]
	[ "$(jq -s 'map(.lang) | unique | join(" ")' out)" = '"en"' ]
}

@test "an overlap repeats the end of the chunk before" {
	quietly pllm chunk --size 8 --overlap 4 <<<'{"text":"One two. Three four. Five six. Seven eight."}'
	[ "$(jq -r '"\(.start)-\(.end) \(.text)"' out)" = '0-21 One two. Three four. 
9-31 Three four. Five six. 
21-43 Five six. Seven eight.' ]
}

@test "the text may be deep in its record, and some fields stay behind" {
	quietly pllm chunk --field doc.body --keep-fields id <<<'{"id":1.10,"x":2,"doc":{"n":1,"body":"One."}}'
	[ "$(<out)" = '{"id":1.10,"doc":{"n":1,"body":"One."},"chunk":0,"chunks":1,"start":0,"end":4}' ]
	quietly pllm chunk --keep-fields none <<<'{"id":1,"text":"One.","start":0.5}'
	[ "$(<out)" = '{"text":"One.","chunk":0,"chunks":1,"start":0,"end":4}' ]
}

@test "lines of text and an empty document are documents, too" {
	printf 'One.\nTwo "x".\n' >in
	quietly pllm chunk -R <in
	[ "$(<out)" = '{"text":"One.","chunk":0,"chunks":1,"start":0,"end":4}
{"text":"Two \"x\".","chunk":0,"chunks":1,"start":0,"end":8}' ]
	quietly pllm chunk <<<'{"text":""}'
	[ "$(<out)" = '{"text":"","chunk":0,"chunks":1,"start":0,"end":0}' ]
	quietly pllm chunk </dev/null
	[ ! -s out ]
}

@test "what cannot be cut leaves one line that says why, and its neighbours live" {
	cat >in <<-'EOF'
		{"id":0,"text":"One."}
		not json
		{"id":2,"txt":"a"}
		{"id":3,"text":7}
		{"id":4,"text":"a","end":1}
		{"id":5,"text":"a \ud83d b"}
		{"id":6,"text":"a","pllm":{"error":{"code":"timeout"}}}
		[1]
		{"id":8,"text":"Two."}
	EOF
	try pllm chunk <in
	[ "$status" -eq 1 ]
	# jq takes no half characters
	[ "$(sed 's/\\ud83d/x/' out | jq -r '.pllm.error.code // .text' | paste -sd ' ')" = \
		'One. bad_record template bad_record bad_record bad_record timeout bad_record Two.' ]
	# what failed before goes through byte for byte
	[ "$(sed -n 7p out)" = "$(sed -n 7p in)" ]
	[ "$(sed -n 3p out | jq -r .pllm.error.message)" = 'no field "text" to cut; the record has "txt"' ]
	[ "$(sed -n 5p out | jq -r .pllm.error.message)" = \
		'the record already has a field "end", as each chunk does; leave it out with --keep-fields' ]
	grep -q '^pllm: 7 of 9 records failed$' err
}

@test "--errors, --on-error drop and --accept are the filter's" {
	printf '{"text":"a"}\nbad\n{"text":"b"}\n' >in
	try pllm chunk --errors failed <in
	[ "$status" -eq 1 ]
	[ "$(jq -r .text out | paste -sd ' ')" = 'a b' ]
	[ "$(<failed.partial)" = bad ]
	try pllm chunk --on-error drop <in
	[ "$status" -eq 1 ]
	[ "$(jq -r .text out | paste -sd ' ')" = 'a b' ]
	try pllm chunk --accept 1 --errors failed -o result <in
	[ "$status" -eq 0 ]
	[ "$(<failed)" = bad ]
	[ "$(jq -r .text result | paste -sd ' ')" = 'a b' ]
}

@test "--on-error stop: 4, and what was read and not cut says so" {
	printf '{"text":"a"}\nbad\n{"text":"b"}\n{"text":"c"}\n' >in
	try pllm chunk --on-error stop <in
	[ "$status" -eq 4 ]
	[ "$(jq -r '.pllm.error.code // .text' out | paste -sd ' ')" = 'a bad_record cancelled cancelled' ]
}

@test "options that will not do are refused before anything is read" {
	local options
	for options in '--size 0' '--size 5 --overlap 5' '--field a..b' '--field [0]' '--field chunk' \
		'--keep-fields a,,b' '--at word' '-m gpt' '--input-format openai-batch'; do
		# shellcheck disable=SC2086 # words
		try pllm chunk $options -o result <<<'{"text":"a"}'
		[ "$status" -eq 2 ]
		[ -s err ]
		[ ! -s out ]
		[ ! -e result ]
		[ ! -e result.partial ]
	done
}

@test "a file appears whole or not at all" {
	documents 5 1000 >in
	quietly pllm chunk -i in -o result --size 20
	whole in result
	[ ! -e result.partial ]
	cp result before
	{
		cat in
		echo bad
	} >worse
	try pllm chunk -i worse -o result
	[ "$status" -eq 1 ]
	cmp result before
	[ -s result.partial ]
	grep -q 'result.partial$' err
}

@test "a full disk: 7" {
	documents 50 1000 >in
	status=0
	pllm chunk <in >/dev/full 2>err || status=$?
	[ "$status" -eq 7 ]
	[ "$(<err)" = 'pllm: error[E-output]: cannot write standard output: No space left on device' ]
}

@test "input that cannot be opened, or read" {
	try pllm chunk -i missing
	[ "$status" -eq 2 ]
	status=0
	pllm chunk <&- 2>err || status=$?
	[ "$status" -eq 6 ]
	[ "$(head -n 1 err)" = 'pllm: error[E-input]: cannot read standard input: Bad file descriptor' ]
}

@test "yes | pllm chunk | head ends at once, by SIGPIPE and without a word" {
	local statuses
	set +o pipefail
	yes '{"text":"One. Two."}' 2>/dev/null | pllm chunk --size 3 2>err | head -n 3 >out || true
	statuses=("${PIPESTATUS[@]}")
	[ "${statuses[1]}" -eq 141 ]
	[ ! -s err ]
	[ "$(wc -l <out)" -eq 3 ]
}

@test "a line is written at once, though the input goes on" {
	mkfifo pipe
	exec 7<>pipe
	start_pllm chunk <pipe >out 7>&-
	echo '{"text":"One."}' >&7
	await grep -q One out
	exec 7>&-
	end_of_ask
	[ "$status" -eq 0 ]
}

@test "a signal ends the run between lines, by that signal" {
	mkfifo pipe
	exec 7<>pipe
	start_pllm chunk --size 5 <pipe >out 2>err 7>&-
	documents 30 2000 >&7
	await grep -q '"id": *29' out
	kill -TERM "$ASK_PID"
	end_of_ask
	exec 7>&-
	[ "$status" -eq 143 ]
	grep -q '^pllm: stopped by a signal$' err
	jq -es 'length > 100' out >/dev/null
}

@test "an output that takes nothing does not hold signals" {
	mkfifo pipe
	exec 7<>pipe
	documents 40 20000 >in
	start_pllm chunk --size 5 <in >pipe 2>err 7>&-
	# All its threads sleep: the pipe is full.
	await eval 'sleep 0.2; ! grep -q R /proc/$ASK_PID/task/*/stat'
	kill -TERM "$ASK_PID"
	end_of_ask
	[ "$status" -eq 143 ]
	exec 7<&-
}

@test "memory holds a document, not the stream" {
	documents 1 20000 >one
	for _ in {1..200}; do cat one; done >some
	for _ in {1..10}; do cat some; done >many
	local kb_some kb_many
	kb_some=$(peak_kb <some)
	kb_many=$(peak_kb <many)
	echo "$kb_some $kb_many"
	[ "$kb_many" -lt $((kb_some * 3 / 2)) ]
}

# The peak memory of a run over stdin, in kB.
peak_kb() {
	"${PYTHON3:-python3}" - "$PLLM" <<-'EOF' 3<&0
		import resource, subprocess, sys
		subprocess.run([sys.argv[1], "chunk"], stdin=3, stdout=subprocess.DEVNULL, check=True)
		print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
	EOF
}
