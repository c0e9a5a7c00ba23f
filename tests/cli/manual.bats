#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The manual's pages are well formed, lead to each other, and say what the program says.

load helper

# The commands that have a page, the filter's being the empty one.
commands=('' embed reduce chunk cache doctor)

# Prints where the page of a command, or of nothing, the filter, is.
page_of() {
	echo "$top/man/pllm${1:+-$1}.1"
}

@test "mandoc has nothing to warn of" {
	mandoc -T lint -W warning "$top"/man/*.1
}

@test "there is a page for each command, and it is the one that help knows" {
	local command
	pllm help >long
	for command in "${commands[@]:1}"; do
		grep -q "^       pllm $command " long
		grep -qx "\.Nm pllm-$command" "$(page_of "$command")"
	done
	[ "$(grep -c '^       pllm ' long)" -eq $((${#commands[@]} - 1)) ]
}

@test "the part on options is what the table says" {
	local command
	for command in "${commands[@]}"; do
		sed -n '/^\.\\" begin options$/,/^\.\\" end options$/p' "$(page_of "$command")" |
			sed '1d;$d' >manual
		[ -s manual ]
		# shellcheck disable=SC2086 # or none
		pllm $command --generate mdoc | diff manual -
	done
}

@test "script/generate changes nothing in a tree that is up to date, and repairs one that is not" {
	local file
	mkdir -p tree/man tree/completions
	cp "$top"/man/*.1 tree/man
	cp "$top"/completions/* tree/completions
	chmod -R u+w tree
	"$top/script/generate" "$PLLM" tree
	for file in "$top"/man/*.1 "$top"/completions/*; do
		cmp "$file" "tree/${file#"$top/"}"
	done
	sed -i '/^\.It Fl j/d' tree/man/pllm.1
	sed -i '/^\.It Fl -fan-in/d' tree/man/pllm-reduce.1
	echo '# stale' >>tree/completions/_pllm
	"$top/script/generate" "$PLLM" tree
	cmp "$top/man/pllm.1" tree/man/pllm.1
	cmp "$top/man/pllm-reduce.1" tree/man/pllm-reduce.1
	cmp "$top/completions/_pllm" tree/completions/_pllm
	sed -i '/^\.\\" end options$/d' tree/man/pllm-chunk.1
	run ! "$top/script/generate" "$PLLM" tree
}

@test "a reference to a section leads to one of the same page, one to a page of ours to a file" {
	local page name
	for page in "$top"/man/*.1; do
		sed -n 's/^\.Sx \(.*[^ .,;]\)\( [.,;]\)\{0,1\}$/\1/p' "$page" | sort -u |
			while read -r name; do
				grep -qx "\.S[hs] $name" "$page" || echo "${page##*/}: no section $name"
			done
		sed -n 's/^\.Xr \(pllm[^ ]*\) 1.*/\1/p' "$page" | sort -u |
			while read -r name; do
				[ -f "$top/man/$name.1" ] || echo "${page##*/}: no page $name"
			done
	done >faults
	cat faults
	[ ! -s faults ]
}

@test "the manual knows every code that a failed record can carry, and every exit status" {
	local word
	for word in bad_record template request_rejected auth quota rate_limited overloaded timeout \
		transport bad_response truncated content_filter schema_mismatch too_large budget \
		cancelled; do
		grep -qx "\.It Li $word" "$top/man/pllm.1"
		grep -q "^\.It E-$word$" "$top/man/pllm.1"
	done
	for word in 0 1 2 3 4 5 6 7 8 9 70; do
		grep -qx "\.It $word" "$top/man/pllm.1"
	done
}

@test "every page says how it exits, shows examples and leads on" {
	local page section
	for page in "$top"/man/*.1; do
		for section in NAME SYNOPSIS DESCRIPTION OPTIONS 'EXIT STATUS' EXAMPLES 'SEE ALSO'; do
			grep -qx "\.Sh $section" "$page" || {
				echo "${page##*/}: no $section"
				return 1
			}
		done
	done
	for section in INPUT OUTPUT TEMPLATES STEPS PROGRESS SUMMARY METRICS TRACE ENVIRONMENT FILES \
		SIGNALS DIAGNOSTICS SECURITY; do
		grep -qx "\.Sh $section" "$top/man/pllm.1"
	done
}
