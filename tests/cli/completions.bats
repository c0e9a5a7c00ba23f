#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The completions are what the options table says, and work in their shells.

load helper

# What can be offered must come from here alone.
write_config() {
	mkdir -p "$HOME/.config/pllm"
	cat >"$HOME/.config/pllm/config.yaml" <<-EOF
		defaults:
		  model: [gpt-4o-mini, "brief=o3", 'a\$(touch ran);b', "-x"]
		  key-cmd: touch key-was-read
		endpoints:
		  here: {url: "${1:-http://127.0.0.1:9/v1}", model: "llama3:8b"}
		  there: ${1:-http://127.0.0.1:9/v1}
		pools:
		  both: [here, there]
		profiles:
		  night: {model: night-model, fallback: "${1:-http://127.0.0.1:9/v1},spare"}
		  day: {jobs: 3}
	EOF
	chmod -R go-w "$HOME/.config"
}

# What fish offers after a line.
fish_offers() {
	fish --no-config -c "source $top/completions/pllm.fish; complete -C \$argv[1]" "$1" 3>&- 4>&- |
		cut -f1
}

# What zsh offers after a line: an interactive zsh whose compadd also writes to a file.
zsh_offers() {
	cat >rc.zsh <<-'EOF'
		PROMPT= RPROMPT=
		fpath=($offered_by $fpath)
		autoload -U compinit && compinit -u -D
		bindkey '^I' complete-word
		compadd() {
			if [[ ${@[1,(i)(-|--)]} != *-(O|A|D)\ * ]]; then
				local -a hits
				builtin compadd -A hits "$@"
				print -rl -- $hits >>offers
			fi
			builtin compadd "$@"
		}
		leave() { exit }
		comppostfuncs=(leave)
	EOF
	cat >driver.zsh <<-'EOF'
		zmodload zsh/zpty
		export offered_by=$1
		zpty z zsh -f -i
		zpty -w z '. ./rc.zsh; print ready'
		while zpty -r z line && [[ $line != *ready* ]]; do :; done
		zpty -w -n z "$2"$'\t'
		while zpty -r z line; do :; done
	EOF
	: >offers
	timeout 60 zsh -f driver.zsh "$top/completions" "$1" 3>&- 4>&-
	sed '/^$/d' offers
}

# Writes what bash reads first. Completions may be loaded by a function, as by bash-completion's.
write_rc_bash() {
	cat >rc.bash <<-EOF
		load() { . $top/completions/pllm.bash; }
		load
		pllm() { printf '<%s>' "\$@" >got; }
		show() { _pllm "\$@"; printf '%s\n' "\${COMPREPLY[@]}" >got; }
		PS1=
		$1
	EOF
}

# Types into an interactive bash.
type_into_bash() {
	: >got
	printf '%s\nexit\n' "$1" |
		TERM=dumb timeout 60 script -qec 'bash --noprofile --rcfile rc.bash -i' /dev/null \
			>/dev/null 3>&- 4>&-
	cat got
}

# What bash makes of a line in which \t is the key TAB: the words that pllm gets.
bash_completes() {
	write_rc_bash "${2:-}"
	type_into_bash "${1//\\t/$'\t'}"
}

# What bash offers after a line, which is then made a comment.
bash_offers() {
	write_rc_bash 'complete -F show pllm'
	type_into_bash "$1"$'\t\e#' | sed '/^$/d'
}

# Lines up to the cursor, and what is offered there; of that only what comes behind = or a comma, for
# shells differ in what they call a word.
table_of_words() {
	cat <<-'EOF'
		pllm => cache chunk doctor embed help reduce
		pllm re=> reduce
		pllm help => cache chunk doctor embed reduce
		pllm cache => export ls rm stats verify
		pllm cache ls uni=> unique.txt
		pllm -p cache -q ca=> cache
		pllm doctor => embed reduce
		pllm -p reduce --fan=>
		pllm --exi=> --existing
		pllm --existing => error replace skip
		pllm --existing=s=> skip
		pllm --show-flow=d=> dot
		pllm --balance w=> weighted
		pllm --progress => always auto json never
		pllm --hedge => off
		pllm --timeout =>
		pllm -j 8 -i uni=> unique.txt
		pllm --trace=uni=> unique.txt
		pllm --metrics-file uni=> unique.txt
		pllm --endpoint uni=>
		pllm reduce --fan=> --fan-in
		pllm --fan=>
		pllm reduce --sampl=>
		pllm reduce --retry-e=>
		pllm embed --retry-e=> --retry-errors
		pllm embed --dim=> --dimensions
		pllm chunk --job=>
		pllm chunk --keep-fields => all none
		pllm cache ls --fai=> --failed
		pllm --fai=>
		pllm doctor --li=> --live
		pllm --liv=>
		pllm -j 8 --job=> --job-name
		pllm -P8 --job=> --job-name
		pllm --jobs=8 --job=> --job-name
		pllm -q --qui=>
		pllm -m one --mode=> --model
		pllm --api oll=> ollama
		pllm --api voy=> voyage-rerank
		pllm embed --api voy=> voyage
		pllm --forma=>
		pllm embed --format n=> npy
		pllm -- --exi=>
		pllm -- -=>
		pllm -- re=> reduce
		pllm -- cache => export ls rm stats verify
		pllm cache -- ls uni=> unique.txt
		pllm cache -- --fai=>
		pllm -- --existing =>
		pllm -- --existing==>
		pllm -- -i uni=>
		pllm -- -k cache =>
	EOF
}

# The same for what is named on the line or in the configuration.
table_of_names() {
	cat <<-'EOF'
		pllm -p =>
		pllm -p one==>
		pllm --prompt-file one=uni=> unique.txt
		pllm -p first='Hello {{x}}' -p =>
		pllm -p first='Hello {{x}}' -s => first
		pllm -p "first=it's a | b" -s f=> first
		pllm -p first='Hello {{x}}' -s first==>
		pllm -p a=x --prompt=b='y z' --prompt-file c=f -rp d=w -pe=v --emit => a b c d e
		pllm -p aa=x -p b=y --emit b,a=> aa
		pllm -p a=x -p b=y -p c=z --emit a,=> b c
		pllm -p a=x -p b=y -p c=z --emit=b,a,=> c
		pllm -p a=x -p aa=y --emit a,a=> aa
		pllm -p 'No step' --emit =>
		pllm -p Step=x --emit =>
		pllm -p first=x --join => all first vote
		pllm -p one=x --join=f=> first
		pllm -p one=x --join one=f=> first
		pllm -p one=x --join=one=v=> vote
		pllm -p one=x --schema one=uni=> unique.txt
		pllm -p zz=x --schema z=> zz
		pllm -p one=x --max-tokens => one
		pllm -p one=x --samples => one
		pllm -p one=x --quorum => one
		pllm -p one=x --vote-by => one
		pllm -p one=x --image => one
		pllm -p one=x --param => one
		pllm -m => gpt-4o-mini llama3:8b o3
		pllm -m one=g=> gpt-4o-mini
		pllm -p one=x -m => gpt-4o-mini llama3:8b o3 one
		pllm -m o3,g=> gpt-4o-mini
		pllm -p one=x -m one=o3,=> gpt-4o-mini llama3:8b
		pllm -m llama3:8b,o3,=> gpt-4o-mini
		pllm -m openai/=>
		pllm cache ls -m l=> llama3:8b
		pllm --endpoint => both here there
		pllm --fallback => both gpt-4o-mini here llama3:8b o3 there
		pllm --profile => day night
		pllm --profile night --fallback => both here llama3:8b night-model spare there
		pllm --profile=night -m => llama3:8b night-model spare
		pllm --no-config -m =>
		pllm --config other.yaml --endpoint => else
		pllm --config=~/broken.yaml --endpoint => whole
		pllm --config nonesuch.yaml --endpoint =>
	EOF
}

# offers_what_the_table_says OFFERS TABLE: fails unless the one function offers what the other says.
offers_what_the_table_says() {
	local line typed wanted got bad=0
	touch unique.txt
	write_config
	echo 'endpoints: {else: "http://127.0.0.1:9/v1"}' >other.yaml
	printf 'endpoints:\n  whole: http://127.0.0.1:9/v1\ndefaults:\n  jbos: 3\n' >"$HOME/broken.yaml"
	chmod go-w other.yaml "$HOME/broken.yaml"
	while IFS= read -r line; do
		typed=${line%%=>*} wanted=${line#*=>}
		got=$("$1" "$typed" | sed -E 's/^.*[=,]([^=,])/\1/; s/[=:]$//' | sort -u | tr '\n' ' ')
		got=${got% }
		[ "$got" = "${wanted# }" ] || {
			echo "$typed| $got, not$wanted"
			bad=1
		}
	done < <("$2")
	[ ! -e key-was-read ] && [ ! -e ran ] && [ "$bad" -eq 0 ]
}

@test "what is checked in is what the table says" {
	pllm --generate bash | diff "$top/completions/pllm.bash" -
	pllm --generate zsh | diff "$top/completions/_pllm" -
	pllm --generate fish | diff "$top/completions/pllm.fish" -
}

@test "each completion names every option of --help" {
	local name command
	for command in '' reduce embed chunk cache doctor; do
		pllm ${command:+"$command"} --help
	done >help
	for name in $(grep -o '^ *\(-., \)\?--[a-z0-9-]*' help | grep -o '[a-z0-9-]*$' | sed 's/^--//'); do
		grep -qF "	[--$name]=" "$top/completions/pllm.bash"
		grep -qE -- "--$name(=-?)?}?'\[" "$top/completions/_pllm"
		grep -qE -- " -l $name( |\$)" "$top/completions/pllm.fish"
	done
	[ -n "$name" ]
}

@test "bash offers what fits" {
	bash -n "$top/completions/pllm.bash"
	offers_what_the_table_says bash_offers table_of_words
}

@test "bash offers names that fit" {
	offers_what_the_table_says bash_offers table_of_names
}

@test "zsh offers what fits" {
	zsh -n "$top/completions/_pllm"
	offers_what_the_table_says zsh_offers table_of_words
}

@test "zsh offers names that fit" {
	offers_what_the_table_says zsh_offers table_of_names
}

@test "fish offers what fits" {
	fish --no-execute "$top/completions/pllm.fish"
	offers_what_the_table_says fish_offers table_of_words
}

@test "fish offers names that fit" {
	offers_what_the_table_says fish_offers table_of_names
}

# What bash leaves of a line, with its quotes, and with either idea of what a word is.
completes_in_bash() {
	[ "$(bash_completes 'pllm --exist\t re\t' "$1")" = '<--existing><replace>' ]
	[ "$(bash_completes 'pllm --existing=sk\t -u' "$1")" = '<--existing=skip><-u>' ]
	[ "$(bash_completes 'pllm -i uni\t -j 8' "$1")" = '<-i><unique.txt><-j><8>' ]
	[ "$(bash_completes 'pllm --output=uni\t -kouni\t' "$1")" = '<--output=unique.txt><-kounique.txt>' ]
	[ "$(bash_completes 'pllm --meta=x --unord\t' "$1")" = '<--meta=x><--unordered>' ]
	[ "$(bash_completes 'pllm -i my\t -k' "$1")" = '<-i><my file.txt><-k>' ]
	[ "$(bash_completes "pllm -i 'my\\t -k" "$1")" = '<-i><my file.txt><-k>' ]
	[ "$(bash_completes 'pllm -p one=x --schema one="my\t -k' "$1")" = \
		'<-p><one=x><--schema><one=my file.txt><-k>' ]
	[ "$(bash_completes "pllm -p first='Hello {{x}}' -s f\\tx" "$1")" = \
		'<-p><first=Hello {{x}}><-s><first=x>' ]
	[ "$(bash_completes 'pllm -p one=x --param o\tt=1 --join=o\tv\t' "$1")" = \
		'<-p><one=x><--param><one:t=1><--join=one=vote>' ]
	[ "$(bash_completes 'pllm -m llama3:\t -m o3,ll\t --emit x' "$1")" = \
		'<-m><llama3:8b><-m><o3,llama3:8b><--emit><x>' ]
	[ "$(bash_completes 'echo | A=b pllm < uni\t --exis\t re\t' "$1")" = '<--existing><replace>' ]
	[ "$(bash_completes 'pllm -k >uni\t' "$1")" = '<-k>' ]
	[ ! -e uni ]
}

@test "bash puts offers where they belong, with spaces and signs in words" {
	touch unique.txt 'my file.txt'
	write_config
	completes_in_bash ''
	completes_in_bash 'COMP_WORDBREAKS=${COMP_WORDBREAKS//[=:]/}'
	completes_in_bash 'set -u'
}

# A server that writes a byte for each connection.
start_counter() {
	cat >counter.py <<-'EOF'
		import socket
		server = socket.create_server(("127.0.0.1", 0))
		print(server.getsockname()[1], flush=True)
		while True:
		    connection, _ = server.accept()
		    with open("connections", "a") as log:
		        log.write("x")
		    connection.close()
	EOF
	start_server "${PYTHON3:-python3}" counter.py
}

@test "completing asks nobody and looks for no key" {
	local shell option
	start_counter
	write_config "$URL"
	export OPENAI_BASE_URL=$URL
	for shell in bash zsh fish; do
		for option in -m --endpoint --fallback --profile 'doctor -m'; do
			[ -n "$("${shell}_offers" "pllm $option ")" ]
		done
	done
	[ ! -e connections ]
	[ ! -e key-was-read ]
	pllm -m one -p x <<<1 || true
	await test -e key-was-read
	pllm --no-config -m one -p x --retries 0 <<<1 || true
	await test -e connections
}

@test "what a configuration has names for is said without an error, whatever it is like" {
	write_config
	quietly pllm --generate models
	[ "$(tr '\n' ' ' <out)" = 'gpt-4o-mini o3 llama3:8b ' ]
	quietly pllm --profile nonesuch --generate endpoints
	[ "$(tr '\n' ' ' <out)" = 'here there both ' ]
	quietly pllm --config nonesuch --generate models
	[ ! -s out ]
	chmod go+w "$HOME/.config/pllm/config.yaml"
	quietly pllm --generate models
	[ ! -s out ]
	rm -r "$HOME/.config"
	quietly pllm --generate profiles
	[ ! -s out ]
}
