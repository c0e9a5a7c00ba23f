#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The examples of README.md and of all pages of the manual are run, each in a directory of its own,
# against a pllm-mock with the options that the mark before it names; see examples.bash.

load helper
load vectors
load examples

# True if so many lines of the file have an answer to the template that begins so, in that field.
answered() {
	[ "$(jq -r ".$3" "$2" | grep -c "^echo: $4")" -eq "$1" ]
}

# What else must be so after an example, in the directory it ran in.
check_example() {
	case $1 in
	README.2) answered 400 answers.jsonl output 'Below is' ;;
	README.4) [ "$(awk '{ n += $1 } END { print n }' out)" -eq 400 ] ;;
	README.7) [ "$(grep -c '^1\. echo: A title for: ' out)" -eq 400 ] ;;
	README.8) grep -Eqx '[1-5](\.[0-9]+)?' out ;;
	README.10)
		[ "$(rows v-*.npy)" = '20 64' ]
		[ "$(grep -c . v-*.jsonl)" -eq 20 ]
		[ ! -s out ]
		;;
	README.11)
		pllm embed -m text-embedding-3-small <ids.jsonl >vectors.jsonl
		[ "$(jq -c 'del(.embedding)' vectors.jsonl)" = "$(jq -c . ids.jsonl)" ]
		agree v.npy vectors.jsonl
		;;
	README.12)
		[ -s published.jsonl ]
		[ "$(jq -c 'has("verdict")' published.jsonl | sort -u)" = false ]
		;;
	README.14) answered 400 first.jsonl output 'Explain ' ;;
	README.16)
		grep -q '^cost-at-most ' out
		grep -q . what-all-would-cost
		answered 20 twenty.jsonl output 'Shorten: '
		answered 400 all.jsonl output 'Shorten: '
		;;
	README.17)
		answered 20 articles.summary.jsonl output 'Explain: '
		answered 20 in.summary.jsonl output 'Explain: '
		;;
	README.18)
		answered 10 part.aa.out output 'Tell me about {"id":'
		answered 10 part.ab.out output 'Tell me about {"id":'
		;;
	README.19)
		answered 80 out output 'Shorten: '
		[ "$(curl -sS "$MOCK_BASE/_mock/stats" | jq -c '.dialects | keys | sort')" = \
			'["anthropic","gemini","ollama","openai"]' ]
		;;
	README.20) [ "$(jq -r .response.status_code results.jsonl | uniq -c | tr -s ' ')" = ' 2 200' ] ;;
	pllm.1) [ "$(grep -c '"output":"Short\."}$' summaries.jsonl)" -eq 20 ] ;;
	pllm.2) [ "$(jq -r .output answers.jsonl | wc -w)" -eq 400 ] ;;
	pllm.3) [ "$(tr -s ' ' <out)" = ' 3 neutral' ] ;;
	pllm.4) answered 20 out title 'A title, on echo: Name the topic' ;;
	pllm.5) [ "$(jq -r .pllm.finish out | grep -c '^stop$')" -eq 20 ] ;;
	pllm.6) answered 20 todo.jsonl output Summarise ;;
	pllm.7)
		answered 20 out brief 'One line from echo: One word: '
		[ "$(jq -c 'has("mood") or has("topic")' out | sort -u)" = false ]
		;;
	pllm.8) [ "$(jq -c '[.mood, .pllm.tally]' out | sort | uniq -c | tr -s ' ')" = \
		' 20 ["neutral",[{"value":"neutral","votes":5}]]' ] ;;
	pllm.9) [ "$(jq -r .best out | grep -c '^1\. echo: A title: ')" -eq 20 ] ;;
	pllm.10)
		grep '^{' out >lines
		answered 20 lines title 'A title about echo: The topic: '
		[ "$(head -n 1 out | cut -c 1)" != '{' ]
		;;
	pllm.11)
		answered 20 summaries.jsonl output 'Summarise: '
		[ "$(pllm cache export answers.db | wc -l)" -eq 20 ]
		;;
	pllm.12)
		[ "$(jq -r .output ten.jsonl | wc -w)" -eq 200 ]
		[ "$(jq -r .output summaries.jsonl | wc -w)" -eq 400 ]
		;;
	pllm.13) answered 20 articles.summary.jsonl output 'Summarise: ' ;;
	pllm.14)
		[ "$(jq .answered out)" = 20 ]
		grep -qx 'pllm_run_records{job="articles",status="answered"} 20' pllm.prom
		;;
	pllm.15) [ "$(cut -f 2- out | sort -u | wc -l)" -eq 10 ] ;;
	pllm-cache.1) grep -q '^entries .*20' out ;;
	pllm-cache.2) grep -q 0 out ;;
	pllm-cache.3) grep -q '^verdict ' out ;;
	pllm-cache.4) [ "$(grep -c '^echo: Summarise: ' out)" -ge 20 ] ;;
	pllm-chunk.2) [ "$(jq -c 'keys' out | sort -u)" = '["body","chunk","chunks","end","id","start"]' ] ;;
	pllm-chunk.3) answered 20 out output 'Make one summary of these:' ;;
	pllm-doctor.1) grep -qx '  \[ok\]   model: gpt-4o-mini is there' out ;;
	pllm-doctor.2)
		[ "$(mock_stat billed)" -eq 1 ]
		[ "$(tail -n 1 out)" = 'all is well' ]
		[ ! -e summaries.jsonl ]
		[ ! -e c.db ]
		;;
	pllm-doctor.3)
		[ ! -s out ]
		sed 's/-m mock/-m mokc/' example >misspelt
		sh misspelt | grep -q 'model: mokc is not in '
		;;
	pllm-embed.1) [ "$(jq -c '.embedding | length' vectors.jsonl | uniq -c | tr -s ' ')" = ' 20 64' ] ;;
	pllm-embed.2) [ "$(jq -c '.vector | length' vectors.jsonl | uniq -c | tr -s ' ')" = ' 20 256' ] ;;
	pllm-embed.3)
		[ "$(jq -r 'select(.chunk == 0).id' pieces.jsonl | paste -sd' ')" = "$(seq -s' ' 20)" ]
		[ "$(rows vectors.npy)" = "$(grep -c . pieces.jsonl) 64" ]
		;;
	pllm-embed.4)
		[ "$(rows vectors.npy)" = '20 64' ]
		sh example
		[ "$(mock_stat embedded)" -eq 20 ]
		;;
	pllm-reduce.1) [ "$(jq -c '[.key, .count, .output]' out)" = '["news",20,"news"]' ] ;;
	pllm-reduce.2) [ "$(jq -c '[.key, .count]' out)" = '[null,20]' ] ;;
	pllm-reduce.3) [ "$(jq -c '[.key, .count]' out | paste -sd' ')" = '["en",10] ["fr",10]' ] ;;
	esac
}

# Cuts the file's examples, of which there must be so many, and runs them.
run_examples() {
	local n count
	count=$(cut_examples "$1")
	[ "$count" -eq "$2" ] || {
		echo "$count examples in $1"
		return 1
	}
	prepare_python
	for ((n = 1; n <= count; n++)); do
		echo "example $n of $1:"
		run_example "$name.$n"
	done
}

@test "the examples of README.md do what they say" {
	name=README run_examples "$top/README.md" 20
}

@test "the examples of pllm(1) work" {
	name=pllm run_examples "$top/man/pllm.1" 15
}

@test "the examples of pllm-cache(1) work" {
	name=pllm-cache run_examples "$top/man/pllm-cache.1" 4
}

@test "the examples of pllm-chunk(1) work" {
	name=pllm-chunk run_examples "$top/man/pllm-chunk.1" 3
}

@test "the examples of pllm-doctor(1) work" {
	name=pllm-doctor run_examples "$top/man/pllm-doctor.1" 3
}

@test "the examples of pllm-embed(1) work" {
	name=pllm-embed run_examples "$top/man/pllm-embed.1" 4
}

@test "the examples of pllm-reduce(1) work" {
	name=pllm-reduce run_examples "$top/man/pllm-reduce.1" 3
}

@test "the examples of pllm-mock(1) work" {
	name=pllm-mock run_examples "$top/man/pllm-mock.1" 4
}

@test "what README.md shows of a run is the end of its picture" {
	"${PYTHON3:-python3}" - "$top/doc/look.svg" "$top/README.md" <<-'EOF'
		import re, sys
		import xml.etree.ElementTree as tree

		svg, readme = (open(name, encoding='utf-8').read() for name in sys.argv[1:])
		name = '{http://www.w3.org/2000/svg}'
		rows = {}
		for text in tree.fromstring(svg).findall(name + 'g')[-1].findall(name + 'text'):
		    rows.setdefault(float(text.get('y')), []).append(text.text)
		shown = [''.join(row) for _, row in sorted(rows.items())]
		told = re.search(r'(?s)<!-- look -->\n```text\n(.*?)```', readme)[1].splitlines()
		assert len(shown) > 5 and shown[:2] == told[:2], (shown, told)
		assert shown[2:] == told[-len(shown[2:]):], (shown, told)
		assert re.search(r'\| .*/s \| ETA ', told[2]), told[2]
	EOF
}

@test "no example is there that is not run" {
	local file
	for file in "$top/README.md" "$top"/man/*.1; do
		[ -z "$(unmarked "$file")" ] || {
			echo "$file: $(unmarked "$file")"
			return 1
		}
	done
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
	await eval '[ "$(grep -c "no success for 0.2s (--give-up)" err)" -ge 2 ]'
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
