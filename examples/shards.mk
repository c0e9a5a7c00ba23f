# SPDX-License-Identifier: MIT
# examples/shards.mk: four parts of the dictionary, asked about at the same time, with one cache.
#
#	make -j4 -f shards.mk MODEL=gpt-4o-mini
#
# A part is a target: it is there when all of its records have their answers, and not before. What
# was answered is in the cache all the same, so that after Ctrl-C, or a failure, or a change of the
# prompt and back, make asks for what is missing. JOBS, requests in flight, is each part's own.
MODEL ?= gpt-4o-mini
JOBS ?= 16
here := $(dir $(lastword $(MAKEFILE_LIST)))
parts := 0 1 2 3

answers.jsonl: $(parts:%=answers.%.jsonl)
	cat $^ >$@

answers.%.jsonl: part.%.jsonl $(here)classify.prompt
	pllm -m $(MODEL) -j $(JOBS) --prompt-file $(here)classify.prompt --cache answers.db -i $< -o $@

part.%.jsonl: $(here)devil.jsonl
	awk 'NR % $(words $(parts)) == $*' $< >$@

.DELETE_ON_ERROR:
.SECONDARY:
