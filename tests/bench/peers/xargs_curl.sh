#!/bin/sh
# SPDX-License-Identifier: MIT
# xargs_curl.sh BASE_URL WORKERS <bodies >answers: one curl process per record, as they finish.
exec xargs -d '\n' -P "$2" -n 1 \
	curl -sS -H 'Content-Type: application/json' "$1/chat/completions" -d
