#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The examples of README.md and man/pllm.1 are run, each in a directory of its own, against a
# pllm-mock with the options that the mark before it names:
#
#	README.md     <!-- run OPTIONS -->, then a block of sh; <!-- output --> and a block may follow
#	man/pllm.1    .\" run OPTIONS, then a display
#
# The address of the server of one's own is replaced by the mock's. What they call python3 has NumPy.

load helper
load vectors

# Cuts the marked examples of README.md into N.sh, N.options and N.output.
cut_readme() {
	awk '
		/^<!-- run.* -->$/ { n++; options = $0; gsub(/^<!-- run *| *-->$/, "", options)
			print options >(n ".options"); kind = "sh"; next }
		/^<!-- output -->$/ { kind = "output"; next }
		/^```/ && inside { inside = 0; kind = ""; next }
		/^```/ && kind != "" { inside = 1; next }
		inside { print >(n "." kind) }
		END { exit n == 0 }' "$top/README.md"
}

# Cuts those of the manual likewise.
cut_manual() {
	awk '
		/^\.\\" run/ { n++; sub(/^\.\\" run */, ""); print >(n ".options"); marked = 1; next }
		/^\.Bd/ && marked { inside = 1; next }
		/^\.Ed/ { inside = marked = 0 }
		inside { gsub(/\\\(aq/, "\047"); gsub(/\\e/, "\\"); print >(n ".sh") }
		END { exit n == 0 }' "$top/man/pllm.1"
}

# Has python3 be one that has NumPy.
prepare_python() {
	find_numpy || return 1
	mkdir -p "$HOME/bin"
	printf '#!/bin/sh\nexec %q "$@"\n' "$numpy" >"$HOME/bin/python3"
	chmod +x "$HOME/bin/python3"
	PATH=$HOME/bin:$PATH
}

# Runs example N, which stands in the directory above: nothing on stderr, status 0, every record
# answered, and what it prints is what it says it prints.
run_example() {
	# shellcheck disable=SC2046 # words
	start_mock $(cat "../$1.options")
	export OPENAI_BASE_URL=$URL OPENAI_API_KEY=example
	sed "s,http://127\.0\.0\.1:8000/v1,$URL,g" "../$1.sh" >example.sh
	cat example.sh
	bash -e example.sh >out 2>err || echo "status $?" >>err
	cat err
	[ ! -s err ]
	[ ! -f "../$1.output" ] || diff "../$1.output" out
}

@test "the examples of README.md do what they say" {
	local script number count=0
	cut_readme
	prepare_python
	for script in *.sh; do
		number=${script%.sh}
		mkdir "run.$number"
		cd "run.$number"
		ln -s "$top/examples" .
		run_example "$number"
		case $number in
		2) [ "$(jq -r .output answers.jsonl | grep -c '^echo: Below is')" -eq 400 ] ;;
		5) [ "$(jq -r .output first.jsonl | grep -c '^echo: ')" -eq 400 ] ;;
		6) [ "$(cat out)" -gt 400 ] ;;
		10) [ "$(jq -r .brief briefs.jsonl | grep -c '^echo: From echo: One word: ')" -eq 400 ] ;;
		13) [ "$(grep -c '^1\. echo: A title for: ' out)" -eq 400 ] ;;
		14) [ "$(jq -r .brief headlines.jsonl | grep -c '^echo: An entry of a satirical')" -eq 400 ] ;;
		17)
			pllm embed -m text-embedding-3-small <ids.jsonl >vectors.jsonl
			[ "$(jq -c 'del(.embedding)' vectors.jsonl)" = "$(jq -c . ids.jsonl)" ]
			agree v.npy vectors.jsonl
			;;
		esac
		cd ..
		count=$((count + 1))
	done
	[ "$count" -eq 17 ]
}

@test "the examples of the manual work" {
	local script number count=0
	cut_manual
	for script in *.sh; do
		number=${script%.sh}
		mkdir "run.$number"
		cd "run.$number"
		head -n 20 "$top/examples/devil.jsonl" >articles.jsonl
		printf '%s\n' good bad indifferent >reviews.txt
		echo 'Explain: {{text}}' >task.prompt
		run_example "$number"
		case $number in
		1) [ "$(grep -c '"output":"Short\."}$' summaries.jsonl)" -eq 20 ] ;;
		2) [ "$(jq -r .output answers.jsonl | wc -w)" -eq 400 ] ;;
		3) [ "$(tr -s ' ' <out)" = ' 3 neutral' ] ;;
		4) [ "$(jq -r .title out | grep -c '^echo: A title, on echo: Name the topic')" -eq 20 ] ;;
		5) [ "$(jq -r .pllm.finish out | grep -c '^stop$')" -eq 20 ] ;;
		6) [ "$(grep -c '"output":"echo: Summarise' todo.jsonl)" -eq 20 ] ;;
		7)
			[ "$(jq -r .brief out | grep -c '^echo: One line from echo: One word: ')" -eq 20 ]
			[ "$(jq -c 'has("mood") or has("topic")' out | sort -u)" = false ]
			;;
		8) [ "$(jq -c '[.mood, .pllm.tally]' out | sort | uniq -c | tr -s ' ')" = \
			' 20 ["neutral",[{"value":"neutral","votes":5}]]' ] ;;
		9) [ "$(jq -r .best out | grep -c '^1\. echo: A title: ')" -eq 20 ] ;;
		10)
			[ "$(jq -Rr 'fromjson? | objects | .title' out | grep -c '^echo: A title about echo: The topic: ')" -eq 20 ]
			[ "$(head -n 1 out | cut -c 1)" != '{' ]
			;;
		11) [ "$(jq -c '[.key, .count, .output]' out)" = '["news",20,"news"]' ] ;;
		12)
			[ "$(jq -r 'select(.chunk == 0).id' pieces.jsonl | paste -sd' ')" = "$(seq -s' ' 20)" ]
			[ "$(rows vectors.npy)" = "$(grep -c . pieces.jsonl) 64" ]
			;;
		13)
			[ "$(grep -c '"output":"echo: Summarise: ' summaries.jsonl)" -eq 20 ]
			[ "$(pllm cache export answers.db | wc -l)" -eq 20 ]
			;;
		esac
		cd ..
		count=$((count + 1))
	done
	[ "$count" -eq 13 ]
}

@test "examples/resume.sh goes on where it was stopped, and waits while the endpoint is down" {
	start_mock
	export OPENAI_BASE_URL=$URL OPENAI_API_KEY=example RESUME_AFTER=1
	try "$top/examples/resume.sh" mock --max-requests 100
	[ "$status" -eq 8 ]
	[ ! -e answers.jsonl ]
	try "$top/examples/resume.sh" mock
	[ "$status" -eq 0 ]
	[ "$(jq -r .output answers.jsonl | grep -c '^echo: Below is')" -eq 400 ]
	[ "$(mock_stat requests)" -eq 400 ]
	stop_server "$MOCK_PID"
	rm answers.db* answers.jsonl
	# Nobody answers there: it does not give up, and when somebody does, it ends.
	"$top/examples/resume.sh" mock --retries 0 --give-up 200ms 2>err 3>&- 4>&- &
	local waiting=$!
	await eval '[ "$(grep -c "no success for --give-up" err)" -ge 2 ]'
	kill -0 "$waiting"
	[ ! -e answers.jsonl ]
	start_server "$PLLM_MOCK" --port "${BASE##*:}"
	wait "$waiting"
	[ "$(wc -l <answers.jsonl)" -eq 400 ]
}

@test "examples/shards.mk asks about each record once, and about nothing when it is there" {
	start_mock
	export OPENAI_BASE_URL=$URL OPENAI_API_KEY=example
	make -j4 -f "$top/examples/shards.mk" MODEL=mock
	[ "$(jq -r .output answers.jsonl | grep -c '^echo: Below is')" -eq 400 ]
	[ "$(mock_stat requests)" -eq 400 ]
	cp answers.jsonl first.jsonl
	rm answers.2.jsonl
	make -j4 -f "$top/examples/shards.mk" MODEL=mock
	cmp first.jsonl answers.jsonl
	[ "$(mock_stat requests)" -eq 400 ]
}
