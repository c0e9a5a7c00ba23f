#!/bin/sh
# SPDX-License-Identifier: MIT
# curl_parallel.sh BASE_URL WORKERS CONFIG: one curl, its own parallel mode (300 transfers at most).
# CONFIG, made beforehand, has a section per record: body, URL, a file for the answer.
exec curl -sS --parallel --parallel-max "$2" -K "$3"
