#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What a terminal would obey (controls, and what turns the direction of writing) is shown to it,
# wherever it came from: models, servers, records, options. Pipes and files get the very bytes.

load helper
load terminal

# Sets the clipboard, then colour, DEL, a C1, directions; in JSON as escapes where there must be.
poison=$'\\u001b]52;c;ZWNobw==\\u0007\\u001b[35;5m \x7f \xc2\x9b5m \xe2\x80\xae \xe2\x81\xa6 \xd8\x9c \\u009b'
# How it looks, as a terminal shows it.
shown='\u001b]52;c;ZWNobw==\u0007\u001b[35;5m \u007f \u009b5m \u202e \u2066 \u061c \u009b'

# True if the file, what a terminal was sent, is UTF-8 without a control but line ends, tabs and the
# sequence by which we erase the line at the bottom.
harmless() {
	"${PYTHON3:-python3}" - "$1" <<-'EOF'
		import re, sys
		sent = open(sys.argv[1], "rb").read()
		text = re.sub(b"\r{1,2}\x1b\\[K\x1b\\[C\x1b\\[J\r", b"", sent).replace(b"\r\n", b"\n").decode()
		bad = re.search("[^\t\n\x20-\x7e\xa0-\u061b\u061d-\u200d\u2010-\u2029\u202f-\u2065"
		                "\u206a-\U0010ffff]", text)
		sys.exit(repr(text[max(bad.start() - 20, 0):bad.end() + 20]) if bad else 0)
	EOF
}

# Runs a line of shell in a terminal without colours: what it was sent is in ./sent.
watch() {
	terminal_run "${2:-80}" 24 "export NO_COLOR=1; $1" || return 1
	terminal_end || return 1
	terminal_stream >sent
	harmless sent
}

@test "the text of a model" {
	start_mock
	printf '{"text":"%s"}\n' "$poison" >in
	watch 'ask -p "{{text}}" -r <in'
	[ "$status" -eq 0 ]
	grep -qF "echo: $shown" sent
	terminal_shows 'u001b\]52;c;ZWNobw'
	ask -p '{{text}}' -r <in >piped
	ask -p '{{text}}' -r -o filed <in
	jq -r '"echo: " + .text' in | cmp - piped
	cmp piped filed
}

@test "records stay JSON with the same value" {
	start_mock
	printf '{"id%s":"%s","n":1.50,"text":"%s\\n"}\n' "$poison" "$poison" "$poison" >in
	watch 'ask -p "{{text}}" <in'
	[ "$status" -eq 0 ]
	ask -p '{{text}}' <in >piped
	LC_ALL=C grep -q $'\x7f' piped
	LC_ALL=C grep -q $'\xe2\x80\xae' piped
	[ "$(jq -S . piped)" = "$(tr -d '\r' <sent | jq -S .)" ]
	head -c "$(($(wc -c <in) - 2))" in | cmp - <(head -c "$(($(wc -c <in) - 2))" piped)
}

@test "texts that end with a NUL" {
	start_mock
	printf '{"text":"%s"}\n' "$poison" >in
	watch 'ask -p "{{text}}" --raw-output0 <in'
	grep -qF "$shown\u0000" sent
}

@test "what a server says of an error" {
	start_rogue
	echo 1 >in
	watch '"$PLLM" --endpoint "$BASE/complains/v1" -m mock -p x -v <in'
	[ "$status" -eq 1 ]
	# once in the record, and once more in what is said of it
	[ "$(grep -c 'HTTP 400: no,.*link' sent)" -ge 2 ]
	try pllm --endpoint "$BASE/complains/v1" -m mock -p x -v <in
	grep -q 'HTTP 400: no,.*link' err
	harmless err
}

@test "a terminal that is a file for results, or for errors" {
	start_mock
	printf '{"text":"%s"}\n{"%s":1}\n' "$poison" "$poison" >in
	watch 'ask -p "{{text}}" -o /dev/tty -r <in >/dev/null'
	grep -qF "echo: $shown" sent
	watch 'ask -p "{{text}}" --errors /dev/tty <in >out'
	grep -qF "$shown" sent
	LC_ALL=C grep -q $'\x7f' out
	watch 'ask -p "{{text}}" -o /dev/stderr -r <in'
	grep -qF "echo: $shown" sent
}

@test "what messages quote of records and options" {
	start_mock
	printf '{"%s":1}\n' "$poison" >in
	watch 'ask -p "{{nosuch}}" -v -r <in'
	grep -qF 'pllm: line 1: ' sent
	grep -qF '\u001b]52;c;ZWNobw==\u0007' sent
	watch 'ask --$'"'"'\e]52;c;x\a\x7f\xc2\x9b\x9b\n'"'"' <in; ask -o $'"'"'\e[35m/x/y'"'"' <in'
	grep -qF '\u001b]52;c;x\u0007\u007f\u009b\x9b' sent
	grep -qF '\u001b[35m/x/y' sent
}

@test "a rehearsal and a flow" {
	printf '{"text":"x"}\n' >in
	watch '"$PLLM" --endpoint http://127.0.0.1:1/v1 -m $'"'"'m\e[35m\x7f\xe2\x80\xae'"'"' -p x -n <in'
	[ "$status" -eq 0 ]
	terminal_shows 'u001b\[35m.u007f.u202e|m\?\[35m'
	watch '"$PLLM" -p $'"'"'a=\e[35m{{x}}'"'"' -m $'"'"'m\e[35m\x7f\xe2\x80\xae'"'"' --show-flow'
	[ "$status" -eq 0 ]
	terminal_shows 'a .*m'
}

@test "what the doctor finds" {
	start_mock --model $'n\e[35m\x7f\xe2\x80\xaem' --strict-model
	watch '"$PLLM" doctor --endpoint "$URL" -m $'"'"'n\e[35m\x7f\xe2\x80\xae'"'"
	terminal_history | grep -F 'n\u001b[35m\u007f\u202e'
	watch '"$PLLM" doctor --json --endpoint "$URL" -m $'"'"'n\e[35m\x7f\xe2\x80\xae'"'"
	grep -F 'n\u001b[35m\u007f\u202e' sent
	terminal_erased <sent | grep '^{' | jq -e .
}

@test "chunks, and what a cache holds" {
	start_mock
	printf '{"text":"%s"}\n' "$poison" >in
	watch '"$PLLM" chunk --field text <in'
	[ "$status" -eq 0 ]
	[ "$(tr -d '\r' <sent | jq -r .text)" = "$(jq -r .text in)" ]
	pllm --endpoint "$URL" -p '{{text}}' --cache cache -m $'m\x7f\xe2\x80\xae' <in >/dev/null
	local verb
	for verb in ls export stats verify; do
		watch "\"\$PLLM\" cache $verb cache"
		[ "$status" -eq 0 ]
		[ -s sent ]
		echo "$verb: $(wc -c <sent)"
	done
	pllm cache export cache >exported
	LC_ALL=C grep -q $'\x7f' exported
}

@test "another terminal than tmux" {
	start_mock
	printf '{"text":"%s"}\n' "$poison" >in
	NO_COLOR=1 timeout 60 script -qec "'$PLLM' --endpoint '$URL' -m mock -p '{{text}}' -r -v <in" \
		/dev/null </dev/null >sent 3>&- 4>&-
	harmless sent
	grep -qF "echo: $shown" sent
}

@test "lines are whole while the line at the bottom comes and goes" {
	start_mock --latency 50ms-900ms
	records 60 | sed "s/\"text\"/\"p\":\"${poison//\\/\\\\}\",\"text\"/" >in
	watch 'ask -p "{{text}}" -j 5 --unordered <in'
	[ "$status" -eq 0 ]
	# a result stands at the beginning of a line that was erased, if something was there
	terminal_erased <sent | grep -a '^{"id"' >lines
	[ "$(wc -l <lines)" -eq 60 ]
	[ "$(jq -s 'map(.id) | sort == [range(1; 61)]' lines)" = true ]
	grep -q $'\r\x1b\\[K\x1b\\[C\x1b\\[J\r' sent
}
