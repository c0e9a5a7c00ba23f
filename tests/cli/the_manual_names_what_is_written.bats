#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What programs read of a run is in the manual, name by name; and what the manual names is there.

load helper

# Prints the words of a section of pllm(1) that are set as they are written.
words_of() {
	sed -n "/^\.Sh $1\$/,/^\.Sh /p" "$top/man/pllm.1" | sed -n 's/^\.It Li //p; s/^\.Li //p' |
		tr -s ' ,;' '\n\n\n'
}

# Names on stdin: those that the section does not say.
unsaid() {
	words_of "$1" >words
	while read -r name; do
		grep -qxF -- "$name" words || echo "$1: $name"
	done
}

@test "the manual knows every metric and every member that a run writes" {
	start_mock --error-rate 0.2 --seed 7
	records 20 >in.jsonl
	try ask -p '{{text}}' --stats run.json --metrics-file run.prom --trace trace.jsonl \
		--progress json -i in.jsonl -o out.jsonl
	[ "$status" -eq 0 ]
	{
		sed -n 's/^# TYPE \([a-z_]*\) .*/\1/p' run.prom | unsaid METRICS
		jq -r 'keys[], (.records, .requests, .calls, .tokens, .latency_ms | keys[])' run.json |
			unsaid SUMMARY
		jq -r 'keys[]' trace.jsonl | sort -u | unsaid TRACE
		grep '^{' err | jq -r 'keys[], (.tokens | keys[])' | sort -u | unsaid PROGRESS
	} >faults
	cat faults
	[ ! -s faults ]
	[ "$(grep -c '^# TYPE' run.prom)" -gt 10 ]
	[ "$(grep -c '^{' err)" -ge 1 ]
	[ "$(wc -l <trace.jsonl)" -ge 20 ]
}

@test "the manual knows every member of --meta" {
	start_mock
	records 1 | ask -p '{{text}}' --meta --stream >out
	jq -r '.pllm | keys[]' out >names
	sed -n '/^\.Sh OUTPUT$/,/^\.Sh /p' "$top/man/pllm.1" >section
	while read -r name; do
		grep -qE "(\\\"|\(dq|Li )$name" section || echo "$name"
	done <names >faults
	cat faults
	[ ! -s faults ]
	[ "$(wc -l <names)" -gt 5 ]
}

# Prints the APIs that --api takes, as its refusal of another one lists them.
apis_there() {
	pllm "$@" --api nonsense -m m -p '{{.}}' </dev/null 2>&1 |
		sed -n 's/^help: there are //p' | tr -s ', ' '\n'
}

# Prints those that a section of a page has in its list.
apis_said() {
	sed -n "/^\.Sh $2\$/,/^\.El/p" "$top/man/$1" |
		sed -n 's/ Pq .*//; s/^\.It Cm //p' | tr -s ', ' '\n'
}

@test "the pages list the APIs that there are, and no others" {
	{
		apis_there
		apis_there embed
	} | sort -u >there
	apis_said pllm.1 APIS | sort >said
	diff there said
	[ "$(wc -l <there)" -gt 20 ]
	apis_there embed | sort >there
	apis_said pllm-embed.1 "WHO GIVES VECTORS" | sort >said
	diff there said
	[ "$(wc -l <there)" -gt 10 ]
}

@test "every long option that a page or README.md speaks of exists" {
	local command commands=(reduce embed chunk cache doctor)
	for command in '' "${commands[@]}"; do
		# shellcheck disable=SC2086 # or none
		pllm help $command
	done | grep -Eo -- '--[a-z][a-z0-9-]*' | sort -u >there
	# What examples give to others than pllm, and what pllm-mock takes.
	"$PLLM_MOCK" --help | grep -Eo -- '--[a-z][a-z0-9-]*' | sort -u >mock
	printf '%s\n' --icsv --ojsonl --ijsonl --ocsv --additional-suffix --joblog --resume --parallel \
		--disable-mock --name | sort -u - there mock >known
	{
		for command in '' "${commands[@]}"; do
			mandoc -T ascii "$top/man/pllm${command:+-$command}.1" | col -b
		done
		cat "$top/README.md"
	} | grep -v '[-]$' | grep -Eo -- '(^|[^a-zA-Z0-9_-])--[a-z][a-z0-9-]*' | grep -Eo -- '--.*' | sort -u |
		comm -23 - known | tee strange
	[ ! -s strange ]
}
