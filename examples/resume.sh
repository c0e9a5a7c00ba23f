#!/bin/sh
# SPDX-License-Identifier: MIT
# examples/resume.sh MODEL [OPTIONS OF PLLM]: asks about the whole dictionary, in the directory it is
# called in, however often that is interrupted.
#
# Stop it with Ctrl-C, or pull the plug, and run it again: what was answered is in answers.db and is
# not paid for again; answers.jsonl appears when all is there. While the endpoint is down (status 5)
# it waits and goes on by itself; whatever else is wrong, such as a budget that is used up (8), is
# for you to decide.
set -u
here=$(cd "$(dirname "$0")" && pwd)
model=${1:?which model}
shift

while :; do
	pllm -m "$model" --prompt-file "$here/classify.prompt" --cache answers.db \
		-i "$here/devil.jsonl" -o answers.jsonl "$@"
	status=$?
	[ "$status" -eq 5 ] || exit "$status"
	sleep "${RESUME_AFTER:-60}"
done
