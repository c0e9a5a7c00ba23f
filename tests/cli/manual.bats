#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The manual is well formed and says what the options table says.

load helper

@test "mandoc has nothing to warn of" {
	mandoc -T lint -W warning "$top/man/pllm.1"
}

@test "the part on options is what the table says" {
	sed -n '/^\.\\" begin options$/,/^\.\\" end options$/p' "$top/man/pllm.1" | sed '1d;$d' >manual
	[ -s manual ]
	pllm --generate mdoc | diff manual -
}

@test "script/generate changes nothing in a tree that is up to date, and repairs one that is not" {
	local file
	mkdir -p tree/man tree/completions
	cp "$top/man/pllm.1" tree/man
	cp "$top"/completions/* tree/completions
	chmod -R u+w tree
	"$top/script/generate" "$PLLM" tree
	for file in man/pllm.1 completions/pllm.bash completions/_pllm completions/pllm.fish; do
		cmp "$top/$file" "tree/$file"
	done
	sed -i '/^\.It Fl j/d' tree/man/pllm.1
	echo '# stale' >>tree/completions/_pllm
	"$top/script/generate" "$PLLM" tree
	cmp "$top/man/pllm.1" tree/man/pllm.1
	cmp "$top/completions/_pllm" tree/completions/_pllm
}

@test "the manual knows every code that a failed record can carry, and every exit status" {
	local word
	for word in bad_record template request_rejected auth quota rate_limited overloaded timeout \
		transport bad_response truncated content_filter schema_mismatch too_large budget \
		cancelled; do
		grep -qx "\.It Li $word" "$top/man/pllm.1"
	done
	for word in 0 1 2 3 4 5 6 7 8 9 70; do
		grep -qx "\.It $word" "$top/man/pllm.1"
	done
}
