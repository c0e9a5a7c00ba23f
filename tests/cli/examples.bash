# SPDX-License-Identifier: MIT
# The examples of README.md and of the manual's pages: `load examples` after `load helper`.
#
#	README.md     <!-- run OPTIONS -->, then a block: a script for sh
#	              <!-- cron OPTIONS -->, then a block: the last line of a crontab, run as cron does
#	              <!-- serve -->, then a block: a server of its own, and what is asked there
#	              <!-- output -->, then a block: what the one before prints
#	              <!-- file NAME -->, then a block: a file that stands beside the next one
#	man/*.1       the same after .\" in place of <!-- -->, and displays for blocks
#
# OPTIONS are those of the pllm-mock that is asked. The addresses and ports of servers of one's own
# are replaced by the mock's; what they call python3 has NumPy.
#
#	cut_examples FILE    cuts them out of it, into directories NAME.N: what
#	                     is run, options, output and files/; says how many there are
#	unmarked FILE        blocks and displays of examples that no mark stands before
#	run_example DIR      runs it in DIR/at, where there are examples/, articles.jsonl and the like:
#	                     nothing on stderr, status 0, in ./out what it says it prints, and what
#	                     check_example DIR, of who loads this, wants

# README.md, or a page, as lines that say what they are: mark TEXT, text TEXT, end.
as_blocks() {
	case $1 in
	*.md)
		awk '
			/^<!-- (run|cron|serve|output|file).* -->$/ { gsub(/^<!-- *| *-->$/, ""); print "mark " $0; next }
			/^```/ { inside = !inside; print inside ? "begin " substr($0, 4) : "end"; next }
			inside { print "text " $0 }' "$1"
		;;
	*)
		awk '
			/^\.\\" (run|cron|serve|output|file)/ { sub(/^\.\\" /, ""); print "mark " $0; next }
			/^\.Sh/ { section = $2 }
			/^\.Bd/ { inside = 1; print "begin " section; next }
			/^\.Ed/ { inside = 0; print "end"; next }
			inside { gsub(/\\\(aq/, "\047"); gsub(/\\\(dq/, "\""); gsub(/\\&/, ""); gsub(/\\e/, "\\")
				print "text " $0 }' "$1"
		;;
	esac
}

cut_examples() {
	local name=${1##*/}
	as_blocks "$1" | awk -v name="${name%.*}" '
		function start() { n++; dir = name "." n; system("mkdir -p " dir "/files; mv held/* " dir \
			"/files 2>/dev/null"); }
		BEGIN { system("mkdir -p held") }
		$1 == "mark" && $2 ~ /^(run|cron|serve)$/ { start(); to = dir "/" $2
			sub(/^mark [a-z]+ */, ""); print >(dir "/options"); next }
		$1 == "mark" && $2 == "output" { to = dir "/output"; next }
		$1 == "mark" { to = "held/" $3; next }
		$1 == "text" && to { sub(/^text ?/, ""); print >to }
		$1 == "end" && to { close(to); to = "" }
		END { print n + 0; exit n == 0 }'
}

unmarked() {
	as_blocks "$1" | awk '
		$1 == "mark" { marked = 1 }
		$1 == "begin" && !marked { shown = $2 == "sh" || $2 == "EXAMPLES" || $2 == "make" }
		$1 == "text" && shown { print; shown = 0 }
		$1 == "end" { marked = shown = 0 }'
}

# Has python3 be one that has NumPy.
prepare_python() {
	find_numpy || return 1
	mkdir -p "$HOME/bin"
	printf '#!/bin/sh\nexec %q "$@"\n' "$(command -v "$numpy")" >"$HOME/bin/python3"
	chmod +x "$HOME/bin/python3"
	PATH=$HOME/bin:$PATH
}

# What examples find where they are run.
furnish() {
	ln -s "$top/examples" examples
	head -n 20 examples/devil.jsonl |
		jq -c '{id, heading: .word, lang: ["en", "fr"][.id % 2], text}' >articles.jsonl
	cp articles.jsonl in.jsonl
	printf '%s\n' good bad indifferent >reviews.txt
	echo 'Explain: {{text}}' >task.prompt
}

# The words of a line of a crontab as cron has them run: a % that is not escaped ends the command.
run_as_cron() {
	sed -n '$s/^\([^ ]* *\)\{5\}//p' "$1" | sed 's/\([^\\]\)%.*/\1/; s/\\%/%/g' >line
	(umask 077 && echo example >.openai-key)
	env -i HOME="$PWD" SHELL=/bin/sh PATH="$PATH" OPENAI_BASE_URL="$OPENAI_BASE_URL" \
		sh -c "$(cat line)" </dev/null
}

# Has the first command be a server on a free port, and runs the rest.
run_served() {
	sed -e ':more' -e '/\\$/{N;s/\\\n//;b more}' "$1" >joined
	# shellcheck disable=SC2046 # words
	start_server $(sed -n '1s/ *&$//;1s/--port 8000/--port 0/p' joined) || return 1
	sed "1d;s/:8000/:${BASE##*:}/g" joined >rest
	sh -e rest
}

run_example() {
	local kind
	mkdir "$1/at"
	cd "$1/at" || return 1
	furnish
	cp ../files/* . 2>/dev/null || true
	kind=$(cd .. && ls -d run cron serve 2>/dev/null || true)
	# The tests may be run by make, whose jobs are not those of an example.
	unset MAKEFLAGS MFLAGS MAKELEVEL
	# shellcheck disable=SC2046 # words
	start_mock $(cat ../options)
	export OPENAI_BASE_URL=$URL OPENAI_API_KEY=example
	export ANTHROPIC_BASE_URL=$BASE ANTHROPIC_API_KEY=example CO_API_URL=$BASE CO_API_KEY=example
	export GOOGLE_GEMINI_BASE_URL=$BASE GEMINI_API_KEY=example OLLAMA_HOST=$BASE
	sed "s,http://127\.0\.0\.1:8000/v1,$URL,g" "../$kind" >example
	cat example
	case $kind in
	run) sh -e example ;;
	cron) run_as_cron example ;;
	serve) run_served ../serve ;;
	esac >out 2>err || echo "status $?" >>err
	cat err
	[ ! -s err ] || return 1
	[ ! -f ../output ] || diff ../output out || return 1
	check_example "$1" || return 1
	stop_mock
	cd ../..
}
