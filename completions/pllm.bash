# bash completion for pllm                               -*- shell-script -*-
# SPDX-License-Identifier: MIT
# Written by script/generate from the options table; change it there.

_pllm_filter='
	--image
	--samples
	--join
	--vote-by
	--quorum
	--emit
	--flow
	--show-flow
'
_pllm_reduce='
	--by
	--fan-in
	--item
	--sorted
	--group-bytes
'
_pllm_filter_reduce='
	--raw-output
	--raw-output0
	--system
	--max-tokens
	--schema
	--reasks
	--stream
	--ttft-timeout
	--idle-timeout
	--on-truncate
	--max-tokens-limit
'
_pllm_embed='
	--dimensions
	--input-type
	--normalize
	--format
	--ids
	--batch-items
	--batch-tokens
	--batch-wait
'
_pllm_filter_embed='
	--existing
	--trial
'
_pllm_filter_reduce_embed='
	--as
	--meta
	--keep-order
	--unordered
	--window
	--window-bytes
	--prompt
	--prompt-file
	--param
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
	--deadline
	--give-up
	--max-duration
	--grace
	--halt
	--cache-ttl
	--refresh
	--max-cost
	--max-total-tokens
	--max-requests
	--prices
	--price-in
	--price-out
	--max-input-tokens
	--on-overflow
	--dry-run
'
_pllm_chunk='
	--field
	--size
	--overlap
	--at
	--keep-fields
'
_pllm_filter_embed_chunk='
	--retry-errors
'
_pllm_filter_reduce_embed_chunk='
	--input
	--input-format
	--raw-input
	--seq
	--max-record
	--errors
	--on-error
	--accept
'
_pllm_cache='
	--failed
	--older-than
'
_pllm_filter_reduce_embed_cache='
	--model
	--cache
'
_pllm_filter_reduce_embed_chunk_cache='
	--output
	--config
	--no-config
	--profile
	--quiet
	--verbose
	-h
	--help
	--version
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
		*' reduce '*) words=$_pllm_reduce$_pllm_filter_reduce$_pllm_filter_reduce_embed$_pllm_filter_reduce_embed_chunk$_pllm_filter_reduce_embed_cache$_pllm_filter_reduce_embed_chunk_cache ;;
		*' embed '*) words=$_pllm_embed$_pllm_filter_embed$_pllm_filter_reduce_embed$_pllm_filter_embed_chunk$_pllm_filter_reduce_embed_chunk$_pllm_filter_reduce_embed_cache$_pllm_filter_reduce_embed_chunk_cache ;;
		*' chunk '*) words=$_pllm_chunk$_pllm_filter_embed_chunk$_pllm_filter_reduce_embed_chunk$_pllm_filter_reduce_embed_chunk_cache ;;
		*' cache '*) words=$_pllm_cache$_pllm_filter_reduce_embed_cache$_pllm_filter_reduce_embed_chunk_cache ;;
		*) words=$_pllm_filter$_pllm_filter_reduce$_pllm_filter_embed$_pllm_filter_reduce_embed$_pllm_filter_embed_chunk$_pllm_filter_reduce_embed_chunk$_pllm_filter_reduce_embed_cache$_pllm_filter_reduce_embed_chunk_cache ;;
		esac ;;
	*) [ "$COMP_CWORD" -gt 1 ] || words='help reduce embed chunk cache' ;;
	esac
	[ "$prev" != help ] || words='reduce embed chunk cache'
	[ "$prev" != cache ] || words='stats ls rm export verify'
	case $prev in
	--input-format) words='jsonl lines seq openai-batch anthropic-batch' ;;
	--existing) words='error skip replace' ;;
	--on-error) words='keep drop stop' ;;
	--show-flow) [ -z "$equals" ] || words='text dot' ;;
	--input-type) words='query document' ;;
	--format) words='jsonl npy f32' ;;
	--at) words='paragraph sentence line token' ;;
	--balance) words='least weighted affinity' ;;
	--on-truncate) words='error keep grow' ;;
	--on-overflow) words='error truncate truncate-middle split' ;;
	--input|-i|\
	--output|-o|\
	--errors|\
	--prompt-file|\
	--schema|\
	--flow|\
	--ids|\
	--key-file|\
	--header-file|\
	--cacert|\
	--cert|\
	--unix-socket|\
	--config|\
	--cache|\
	--prices)
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
	--dimensions|\
	--batch-items|\
	--batch-tokens|\
	--batch-wait|\
	--field|\
	--size|\
	--overlap|\
	--keep-fields|\
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
	--cache-ttl|\
	--older-than|\
	--max-cost|\
	--max-total-tokens|\
	--max-requests|\
	--price-in|\
	--price-out|\
	--max-tokens-limit|\
	--max-input-tokens|\
	--trial) return ;;
	stats|ls|rm|export|verify)
		if [[ $cur != -* && " ${COMP_WORDS[*]} " == *' cache '* ]]; then
			compopt -o filenames
			mapfile -t COMPREPLY < <(compgen -f -- "$cur")
			return
		fi ;;
	--meta) [ -z "$equals" ] || return ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}
complete -F _pllm pllm
