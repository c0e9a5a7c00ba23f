# bash completion for pllm                               -*- shell-script -*-
# SPDX-License-Identifier: MIT
# Written by script/generate from the options table; change it there.

# Who takes the option, how often, and how its value is completed.
declare -gA _pllm_rows=(
	[--input]='filter,reduce,embed,chunk once files'
	[--input-format]='filter,reduce,embed,chunk once words'
	[--raw-input]='filter,reduce,embed,chunk once none'
	[--seq]='filter,reduce,embed,chunk once none'
	[--max-record]='filter,reduce,embed,chunk once free'
	[--output]='filter,reduce,embed,chunk,cache once files'
	[--as]='filter,reduce,embed once free'
	[--existing]='filter,embed once words'
	[--raw-output]='filter,reduce once none'
	[--raw-output0]='filter,reduce once none'
	[--meta]='filter,reduce,embed once ?free'
	[--keep-order]='filter,reduce,embed once none'
	[--unordered]='filter,reduce,embed once none'
	[--window]='filter,reduce,embed once free'
	[--window-bytes]='filter,reduce,embed once free'
	[--errors]='filter,reduce,embed,chunk once files'
	[--on-error]='filter,reduce,embed,chunk once words'
	[--retry-errors]='filter,embed,chunk once none'
	[--accept]='filter,reduce,embed,chunk once free'
	[--prompt]='filter,reduce,embed many free~'
	[--prompt-file]='filter,reduce,embed many files~'
	[--system]='filter,reduce many free='
	[--model]='filter,reduce,embed,cache,doctor many models=,'
	[--max-tokens]='filter,reduce many free='
	[--param]='filter,reduce,embed many free:'
	[--schema]='filter,reduce many files='
	[--reasks]='filter,reduce once free'
	[--image]='filter many free='
	[--samples]='filter many free='
	[--join]='filter many words='
	[--vote-by]='filter many free='
	[--quorum]='filter many free='
	[--emit]='filter many steps,'
	[--flow]='filter once files'
	[--show-flow]='filter once ?words'
	[--by]='reduce once free'
	[--fan-in]='reduce once free'
	[--item]='reduce once free'
	[--sorted]='reduce once none'
	[--group-bytes]='reduce once free'
	[--dimensions]='embed once free'
	[--input-type]='embed once words'
	[--normalize]='embed once none'
	[--format]='embed once words'
	[--ids]='embed once files'
	[--batch-items]='embed once free'
	[--batch-tokens]='embed once free'
	[--batch-wait]='embed once free'
	[--field]='chunk once free'
	[--size]='chunk once free'
	[--overlap]='chunk once free'
	[--at]='chunk once words'
	[--keep-fields]='chunk once words'
	[--api]='filter,reduce,embed,doctor once apis'
	[--endpoint]='filter,reduce,embed,doctor many endpoints'
	[--fallback]='filter,reduce,embed,doctor many fallbacks'
	[--fallback-after]='filter,reduce,embed once free'
	[--balance]='filter,reduce,embed once words'
	[--key-env]='filter,reduce,embed,doctor once free'
	[--key-file]='filter,reduce,embed,doctor once files'
	[--key-fd]='filter,reduce,embed,doctor once free'
	[--key-cmd]='filter,reduce,embed,doctor once free'
	[--header]='filter,reduce,embed,doctor many free'
	[--header-file]='filter,reduce,embed,doctor many files'
	[--allow-http]='filter,reduce,embed,doctor once none'
	[--cacert]='filter,reduce,embed,doctor once files'
	[--cert]='filter,reduce,embed,doctor once files'
	[--unix-socket]='filter,reduce,embed,doctor once files'
	[--config]='filter,reduce,embed,chunk,cache,doctor once files'
	[--no-config]='filter,reduce,embed,chunk,cache,doctor once none'
	[--profile]='filter,reduce,embed,chunk,cache,doctor once profiles'
	[--stream]='filter,reduce once none'
	[--jobs]='filter,reduce,embed,doctor once free'
	[--no-adaptive]='filter,reduce,embed once none'
	[--rate]='filter,reduce,embed,doctor once free'
	[--tpm]='filter,reduce,embed,doctor once free'
	[--hedge]='filter,reduce,embed once words'
	[--hedge-max]='filter,reduce,embed once free'
	[--no-share]='filter,reduce,embed once none'
	[--retries]='filter,reduce,embed once free'
	[--timeout]='filter,reduce,embed once free'
	[--connect-timeout]='filter,reduce,embed,doctor once free'
	[--ttft-timeout]='filter,reduce once free'
	[--idle-timeout]='filter,reduce once free'
	[--deadline]='filter,reduce,embed once free'
	[--give-up]='filter,reduce,embed once free'
	[--max-duration]='filter,reduce,embed once free'
	[--grace]='filter,reduce,embed once free'
	[--halt]='filter,reduce,embed once free'
	[--cache]='filter,reduce,embed,cache,doctor once files'
	[--cache-ttl]='filter,reduce,embed once free'
	[--refresh]='filter,reduce,embed once none'
	[--failed]='cache once none'
	[--older-than]='cache once free'
	[--max-cost]='filter,reduce,embed once free'
	[--max-total-tokens]='filter,reduce,embed once free'
	[--max-requests]='filter,reduce,embed once free'
	[--prices]='filter,reduce,embed,doctor once files'
	[--price-in]='filter,reduce,embed,doctor once free'
	[--price-out]='filter,reduce,embed,doctor once free'
	[--on-truncate]='filter,reduce once words'
	[--max-tokens-limit]='filter,reduce once free'
	[--max-input-tokens]='filter,reduce,embed once free'
	[--on-overflow]='filter,reduce,embed once words'
	[--dry-run]='filter,reduce,embed once none'
	[--trial]='filter,embed once free'
	[--progress]='filter,reduce,embed once words'
	[--stats-every]='filter,reduce,embed once free'
	[--total]='filter,reduce,embed once free'
	[--stats]='filter,reduce,embed once files'
	[--metrics-file]='filter,reduce,embed once files'
	[--job-name]='filter,reduce,embed once free'
	[--trace]='filter,reduce,embed once files'
	[--color]='filter,reduce,embed,chunk,cache,doctor once words'
	[--quiet]='filter,reduce,embed,chunk,cache,doctor once none'
	[--verbose]='filter,reduce,embed,chunk,cache,doctor once none'
	[--live]='doctor once none'
	[--json]='doctor once none'
	[-h]='filter,reduce,embed,chunk,cache,doctor once none'
	[--help]='filter,reduce,embed,chunk,cache,doctor once none'
	[--version]='filter,reduce,embed,chunk,cache,doctor once none'
)
declare -gA _pllm_letter=(
	[i]=--input
	[R]=--raw-input
	[o]=--output
	[a]=--as
	[r]=--raw-output
	[k]=--keep-order
	[u]=--unordered
	[p]=--prompt
	[s]=--system
	[m]=--model
	[j]=--jobs
	[P]=--jobs
	[n]=--dry-run
	[q]=--quiet
	[v]=--verbose
	[h]=-h
)
declare -gA _pllm_values=(
	[--input-format]='jsonl lines seq openai-batch anthropic-batch'
	[--existing]='error skip replace'
	[--on-error]='keep drop stop'
	[--join]='all vote first'
	[--show-flow]='text dot'
	[--input-type]='query document'
	[--format]='jsonl npy f32'
	[--at]='paragraph sentence line token'
	[--keep-fields]='all none'
	[--balance]='least weighted affinity'
	[--hedge]='off'
	[--on-truncate]='error keep grow'
	[--on-overflow]='error truncate truncate-middle split'
	[--progress]='auto always never json'
	[--color]='auto always never'
)
declare -gA _pllm_apis=(
	[filter]='openai openai-responses openai-completions openai-moderation azure azure-classic anthropic gemini ollama mistral groq together_ai openrouter deepseek xai fireworks_ai cerebras nvidia_nim cohere bedrock cohere-rerank voyage-rerank jina-rerank tei-rerank'
	[embed]='openai azure azure-classic gemini ollama cohere voyage jina mistral tei together_ai openrouter fireworks_ai nvidia_nim'
)
_pllm_commands='reduce embed chunk cache doctor'

# What was typed, without its quotes.
_pllm_plain() {
	local text=$1
	case $text in
	*[\'\"]*) text=${text//[\'\"]/} ;;
	*\\*) text=${text//\\/} ;;
	esac
	plain=$text
}

# Puts the words up to the cursor together again, without quotes: line. What of the last one
# stands before the part that readline will replace, which is given: kept.
_pllm_words() {
	local rest=${COMP_LINE:0:COMP_POINT} word gap i plain
	line=()
	for ((i = 0; i <= COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]} gap=${rest%%[![:space:]]*}
		rest=${rest#"$gap"}
		[ "$i" -lt "$COMP_CWORD" ] || word=$rest
		rest=${rest#"$word"}
		_pllm_plain "$word"
		if [ "$i" -eq 0 ] || [ -n "$gap" ]; then
			line+=("$plain")
		else
			line[${#line[@]} - 1]+=$plain
		fi
	done
	_pllm_plain "$1"
	[[ $plain != +([=:]) ]] || plain=
	kept=${line[${#line[@]} - 1]%"$plain"}
}

# An option, with its value if it has one, was given.
_pllm_given() {
	local how=${_pllm_rows[$1]:-} value=$2
	given+="$1 "
	if [[ $how == *'~'* && $value =~ ^([a-z0-9_]+)= ]]; then
		steps+=("${BASH_REMATCH[1]}")
	fi
	case $1 in
	--config | --profile) config+=("$1=${value/#'~/'/$HOME/}") ;;
	--no-config) config+=("$1") ;;
	esac
}

# Reads -rp or -rpVALUE: stem is what stands before the value of the option that ends it.
_pllm_letters() {
	local rest=${1#-}
	stem=- name='' value=''
	while [ -n "$rest" ]; do
		name=${_pllm_letter[${rest:0:1}]:-} stem+=${rest:0:1} rest=${rest:1}
		[ -n "$name" ] || return
		case ${_pllm_rows[$name]} in
		*" none") given+="$name " ;;
		*) value=$rest && return ;;
		esac
	done
	name=
}

# Reads a word that is options, or --, behind which there are none.
_pllm_dashed() {
	local how value stem
	case $1 in
	--) ended=yes ;;
	--*=*) _pllm_given "${1%%=*}" "${1#*=}" ;;
	--*)
		how=${_pllm_rows[$1]:-none}
		case $how in
		*none | *'?'*) _pllm_given "$1" '' ;;
		*) name=$1 ;;
		esac ;;
	*)
		_pllm_letters "$1"
		if [ -n "$name" ] && [ -n "$value" ]; then
			_pllm_given "$name" "$value"
			name=
		fi ;;
	esac
}

# Reads the words before the cursor as pllm does. Leaves in name the option whose value comes
# next, if one does.
_pllm_read() {
	local word i
	name=
	for ((i = 1; i < ${#line[@]} - 1; i++)); do
		word=${line[i]}
		if [ -n "$name" ]; then
			_pllm_given "$name" "$word"
			name=
			continue
		fi
		case $word in
		*[\<\>]) name='<' ;;
		[\<\>\&]* | [0-9]\>*) ;;
		*)
			if [ -z "$ended" ] && [[ $word == -?* ]]; then
				_pllm_dashed "$word"
			else
				words+=("$word")
			fi ;;
		esac
	done
}

# Offers each of the words behind the first that goes on where the word at the cursor ends and
# is not listed there already; the first is what of that one stands before them.
_pllm_offer() {
	local stem=$1 word
	shift
	for word; do
		[[ $listed != *,"$word",* ]] || continue
		word=$stem$word
		[[ $word != "$cur"* ]] || COMPREPLY+=("${word#"$kept"}")
	done
}

_pllm_files() {
	local -a files
	mapfile -t files < <(compgen -f -- "$2")
	compopt -o filenames
	_pllm_offer "$1" "${files[@]}"
}

# What the configuration file has names for. pllm reads nothing else for it.
_pllm_ask() {
	local -a found
	mapfile -t found < <(command pllm "${config[@]}" --generate "$2" </dev/null 2>/dev/null)
	_pllm_offer "$1" "${found[@]}"
}

# Offers values: the option, what of the word stands before its value, and that.
_pllm_value() {
	local how=${_pllm_rows[$1]:-files} stem=$2 value=$3 joint
	local -a found
	how=${how##* }
	joint=${how//[!=:~]/}
	if [ -n "$joint" ]; then
		if [[ $value =~ ^[a-z0-9_]*[${joint/'~'/=}] ]]; then
			stem+=${BASH_REMATCH[0]} value=${value:${#BASH_REMATCH[0]}}
		elif [ "$joint" != '~' ]; then
			_pllm_offer "$stem" "${steps[@]/%/$joint}"
			[ "${#COMPREPLY[@]}" -eq 0 ] || compopt -o nospace
		fi
	fi
	if [[ $how == *, && $value == *,* ]]; then
		listed=,${value%,*},
		stem+=${value%,*}, value=${value##*,}
	fi
	how=${how#'?'}
	case ${how%%[!a-z]*} in
	files) _pllm_files "$stem" "$value" ;;
	steps) _pllm_offer "$stem" "${steps[@]}" ;;
	words | apis)
		read -ra found <<<"${_pllm_values[$1]:-${_pllm_apis[$command]:-${_pllm_apis[filter]}}}"
		_pllm_offer "$stem" "${found[@]}" ;;
	models | endpoints | fallbacks | profiles) _pllm_ask "$stem" "${how%%[!a-z]*}" ;;
	esac
}

# Offers the command's options that can be given now.
_pllm_options() {
	local option row
	for option in "${!_pllm_rows[@]}"; do
		row=${_pllm_rows[$option]}
		case ,${row%% *},:$row:$given in
		*,"$command",*:*' many '*:*) ;;
		*" $option "*) continue ;;
		*,"$command",*:*:*) ;;
		*) continue ;;
		esac
		_pllm_offer '' "$option"
	done
}

_pllm_word() {
	local -a found
	case "${#words[@]} ${words[0]:-}" in
	'0 ')
		read -ra found <<<"$_pllm_commands"
		_pllm_offer '' help "${found[@]}" ;;
	'1 help')
		read -ra found <<<"$_pllm_commands"
		_pllm_offer '' "${found[@]}" ;;
	'1 cache') _pllm_offer '' stats ls rm export verify ;;
	'2 cache') _pllm_files '' "$cur" ;;
	'1 doctor') _pllm_offer '' reduce embed ;;
	esac
}

_pllm() {
	local IFS=$' \t\n' kept cur name command=filter given=' ' ended='' listed='' stem value
	local -a line words=() steps=() config=()
	COMPREPLY=()
	_pllm_words "$2"
	cur=${line[${#line[@]} - 1]}
	_pllm_read
	[[ " $_pllm_commands " != *" ${words[0]:-help} "* ]] || command=${words[0]}
	if [ -n "$name" ]; then
		_pllm_value "$name" '' "$cur"
		return
	fi
	if [ -n "$ended" ] && [[ $cur != [\<\>]* ]]; then
		_pllm_word
		return
	fi
	case $cur in
	[\<\>]*) _pllm_files "${cur:0:1}" "${cur:1}" ;;
	--*=*)
		name=${cur%%=*}
		[ -z "${_pllm_rows[$name]:-}" ] || _pllm_value "$name" "$name=" "${cur#*=}" ;;
	- | --*) _pllm_options ;;
	-*)
		_pllm_letters "$cur"
		[ -z "$name" ] || _pllm_value "$name" "$stem" "$value" ;;
	*) _pllm_word ;;
	esac
}
complete -F _pllm pllm
