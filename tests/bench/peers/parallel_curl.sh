#!/bin/sh
# SPDX-License-Identifier: MIT
# parallel_curl.sh BASE_URL WORKERS <bodies >answers: GNU parallel, one curl per record, in order.
exec parallel -k -q -j "$2" \
	curl -sS -H 'Content-Type: application/json' "$1/chat/completions" -d '{}'
