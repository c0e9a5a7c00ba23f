#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The completions are what the options table says, and work in their shells.

load helper

# What fish offers after a line.
fish_offers() {
	fish --no-config -c "source $top/completions/pllm.fish; complete -C '$1'" | cut -f1 | sort
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
	timeout 60 zsh -f driver.zsh "$top/completions" "$1"
	sed '/^$/d' offers | sort
}

# What bash makes of a line in which \t is the key TAB: the words that pllm gets.
bash_completes() {
	cat >rc.bash <<-EOF
		. $top/completions/pllm.bash
		pllm() { printf '<%s>' "\$@" >got; }
		PS1=
	EOF
	: >got
	# shellcheck disable=SC2059 # tabs
	printf "$1\nexit\n" |
		TERM=dumb timeout 60 script -qec 'bash --noprofile --rcfile rc.bash -i' /dev/null >/dev/null
	cat got
}

@test "what is checked in is what the table says" {
	pllm --generate bash | diff "$top/completions/pllm.bash" -
	pllm --generate zsh | diff "$top/completions/_pllm" -
	pllm --generate fish | diff "$top/completions/pllm.fish" -
}

@test "each completion names every option of --help" {
	local name
	for name in $( (pllm --help; pllm reduce --help; pllm embed --help; pllm chunk --help; pllm cache --help) | grep -o '^ *\(-., \)\?--[a-z0-9-]*' | grep -o '[a-z0-9-]*$' | sed 's/^--//'); do
		grep -qxF "	--$name" "$top/completions/pllm.bash"
		grep -qE "^	+'\*?--$name(=-?)?\[" "$top/completions/_pllm"
		grep -qE -- " -l $name( |\$)" "$top/completions/pllm.fish"
	done
	[ -n "$name" ]
}

@test "bash completes options, choices and files" {
	bash -n "$top/completions/pllm.bash"
	touch unique.txt
	[ "$(bash_completes 'pllm --exist\t re\t')" = '<--existing><replace>' ]
	[ "$(bash_completes 'pllm --existing=sk\t -u')" = '<--existing=skip><-u>' ]
	[ "$(bash_completes 'pllm -i uni\t -j 8')" = '<-i><unique.txt><-j><8>' ]
	[ "$(bash_completes 'pllm --output=uni\t')" = '<--output=unique.txt>' ]
	[ "$(bash_completes 'pllm --meta=x --unord\t')" = '<--meta=x><--unordered>' ]
	[ "$(bash_completes 'pllm he\t')" = '<help>' ]
	[ "$(bash_completes 'pllm red\t --fan\t 3')" = '<reduce><--fan-in><3>' ]
	[ "$(bash_completes 'pllm --fan\t 3')" = '<--fan><3>' ]
	[ "$(bash_completes 'pllm reduce --sampl\t 3')" = '<reduce><--sampl><3>' ]
	[ "$(bash_completes 'pllm help re\t')" = '<help><reduce>' ]
	[ "$(bash_completes 'pllm emb\t --dim\t 3 --input-t\t qu\t')" = \
		'<embed><--dimensions><3><--input-type><query>' ]
	[ "$(bash_completes 'pllm chunk --ove\t 3 --job\t')" = '<chunk><--overlap><3><--job>' ]
	[ "$(bash_completes 'pllm --dim\t 3')" = '<--dim><3>' ]
	[ "$(bash_completes 'pllm --show-flow=d\t -u')" = '<--show-flow=dot><-u>' ]
	[ "$(bash_completes 'pllm -p uni\t')" = '<-p><uni>' ]
	[ "$(bash_completes 'pllm cac\t ver\t uni\t')" = '<cache><verify><unique.txt>' ]
	[ "$(bash_completes 'pllm cache rm --old\t 3d --job\t')" = '<cache><rm><--older-than><3d><--job>' ]
	[ "$(bash_completes 'pllm --cache uni\t -p ls uni\t')" = '<--cache><unique.txt><-p><ls><uni>' ]
}

@test "zsh completes options, choices and files" {
	zsh -n "$top/completions/_pllm"
	touch unique.txt
	[ "$(zsh_offers 'pllm --exi')" = --existing ]
	[ "$(zsh_offers 'pllm --existing ' | tr '\n' ' ')" = 'error replace skip ' ]
	[ "$(zsh_offers 'pllm --existing=re')" = replace ]
	[ "$(zsh_offers 'pllm -j 8 -i uni')" = unique.txt ]
	[ "$(zsh_offers 'pllm ' | tr '\n' ' ')" = 'cache chunk embed help reduce ' ]
	[ "$(zsh_offers 'pllm reduce --fan')" = --fan-in ]
	[ "$(zsh_offers 'pllm embed --dim')" = --dimensions ]
	[ "$(zsh_offers 'pllm embed --retry-e')" = --retry-errors ]
	[ -z "$(zsh_offers 'pllm reduce --retry-e')" ]
	[ "$(zsh_offers 'pllm chunk --at ' | tr '\n' ' ')" = 'line paragraph sentence token ' ]
	[ -z "$(zsh_offers 'pllm chunk --job')" ]
	[ -z "$(zsh_offers 'pllm --fan')" ]
	[ -z "$(zsh_offers 'pllm reduce --sampl')" ]
	[ "$(zsh_offers 'pllm cache ' | tr '\n' ' ')" = 'export ls rm stats verify ' ]
	[ "$(zsh_offers 'pllm cache ls uni')" = unique.txt ]
	[ "$(zsh_offers 'pllm cache ls --fai')" = --failed ]
	[ -z "$(zsh_offers 'pllm --fai')" ]
	[ "$(zsh_offers 'pllm --show-flow=' | tr '\n' ' ')" = 'dot text ' ]
}

@test "fish completes options, choices and files" {
	fish --no-execute "$top/completions/pllm.fish"
	touch unique.txt
	[ "$(fish_offers 'pllm --exi')" = --existing ]
	[ "$(fish_offers 'pllm --existing ' | tr '\n' ' ')" = 'error replace skip ' ]
	[ "$(fish_offers 'pllm -j 8 -i uni')" = unique.txt ]
	[ "$(fish_offers 'pllm ' | tr '\n' ' ')" = 'cache chunk embed help reduce ' ]
	[ "$(fish_offers 'pllm reduce --fan')" = --fan-in ]
	[ "$(fish_offers 'pllm embed --dim')" = --dimensions ]
	[ "$(fish_offers 'pllm embed --retry-e')" = --retry-errors ]
	[ -z "$(fish_offers 'pllm reduce --retry-e')" ]
	[ "$(fish_offers 'pllm chunk --over')" = --overlap ]
	[ -z "$(fish_offers 'pllm chunk --job')" ]
	[ -z "$(fish_offers 'pllm --fan')" ]
	[ -z "$(fish_offers 'pllm reduce --sampl')" ]
	[ "$(fish_offers 'pllm cache ' | tr '\n' ' ')" = 'export ls rm stats verify ' ]
	[ "$(fish_offers 'pllm cache ls uni')" = unique.txt ]
	[ "$(fish_offers 'pllm cache ls --fai')" = --failed ]
	[ -z "$(fish_offers 'pllm --fai')" ]
	[ "$(fish_offers 'pllm --show-flow=d')" = --show-flow=dot ]
}
