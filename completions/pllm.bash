# bash completion for pllm                               -*- shell-script -*-
# SPDX-License-Identifier: MIT
# Written by script/generate from the options table; change it there.

_pllm_options='
	--input
	--input-format
	--raw-input
	--seq
	--max-record
	--output
	--as
	--raw-output
	--raw-output0
	--meta
	--keep-order
	--unordered
	--window
	--window-bytes
	--errors
	--on-error
	--accept
	--prompt
	--prompt-file
	--system
	--model
	--max-tokens
	--param
	--schema
	--reasks
	--api
	--endpoint
	--fallback
	--fallback-after
	--balance
	--key-env
	--key-file
	--key-fd
	--key-cmd
	--header
	--header-file
	--allow-http
	--cacert
	--cert
	--unix-socket
	--config
	--no-config
	--profile
	--stream
	--jobs
	--no-adaptive
	--rate
	--tpm
	--hedge
	--hedge-max
	--no-share
	--retries
	--timeout
	--connect-timeout
	--ttft-timeout
	--idle-timeout
	--deadline
	--give-up
	--max-duration
	--grace
	--halt
	--on-truncate
	--max-tokens-limit
	--max-input-tokens
	--on-overflow
	--quiet
	--verbose
	-h
	--help
	--version
'
_pllm_filter_options='
	--existing
	--retry-errors
	--image
	--samples
	--join
	--vote-by
	--quorum
	--emit
	--flow
	--show-flow
'
_pllm_reduce_options='
	--by
	--fan-in
	--item
	--sorted
	--group-bytes
'

_pllm() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local words='' equals=''
	COMPREPLY=()
	# bash cuts --name=value at the sign, which is then a word of its own.
	if [ "$cur" = '=' ]; then
		cur='' equals=1
	elif [ "$prev" = '=' ] && [ "$COMP_CWORD" -gt 2 ]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]} equals=1
	fi
	case $cur in
	-*)
		case " ${COMP_WORDS[*]} " in
		*' reduce '*) words=$_pllm_options$_pllm_reduce_options ;;
		*) words=$_pllm_options$_pllm_filter_options ;;
		esac ;;
	*) [ "$COMP_CWORD" -gt 1 ] || words='help reduce' ;;
	esac
	[ "$prev" != help ] || words=reduce
	case $prev in
	--input-format) words='jsonl lines seq openai-batch anthropic-batch' ;;
	--existing) words='error skip replace' ;;
	--on-error) words='keep drop stop' ;;
	--show-flow) [ -z "$equals" ] || words='text dot' ;;
	--balance) words='least weighted affinity' ;;
	--on-truncate) words='error keep grow' ;;
	--on-overflow) words='error truncate truncate-middle split' ;;
	--input|-i|\
	--output|-o|\
	--errors|\
	--prompt-file|\
	--schema|\
	--flow|\
	--key-file|\
	--header-file|\
	--cacert|\
	--cert|\
	--unix-socket|\
	--config)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return ;;
	--max-record|\
	--as|-a|\
	--window|\
	--window-bytes|\
	--accept|\
	--prompt|-p|\
	--system|-s|\
	--model|-m|\
	--max-tokens|\
	--param|\
	--reasks|\
	--image|\
	--samples|\
	--join|\
	--vote-by|\
	--quorum|\
	--emit|\
	--by|\
	--fan-in|\
	--item|\
	--group-bytes|\
	--api|\
	--endpoint|\
	--fallback|\
	--fallback-after|\
	--key-env|\
	--key-fd|\
	--key-cmd|\
	--header|\
	--profile|\
	--jobs|-j|-P|\
	--rate|\
	--tpm|\
	--hedge|\
	--hedge-max|\
	--retries|\
	--timeout|\
	--connect-timeout|\
	--ttft-timeout|\
	--idle-timeout|\
	--deadline|\
	--give-up|\
	--max-duration|\
	--grace|\
	--halt|\
	--max-tokens-limit|\
	--max-input-tokens) return ;;
	--meta) [ -z "$equals" ] || return ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}
complete -F _pllm pllm
