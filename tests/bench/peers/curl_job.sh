#!/bin/sh
# SPDX-License-Identifier: MIT
# curl_job.sh BASE_URL WORKERS DIR <records >results: all of the job with jq and one curl: jq turns
# the records into a configuration, curl --parallel leaves an answer in each file, jq joins them.
set -eu
mkdir "$3"
tee "$3/records" | jq -r --arg url "$1/chat/completions" --arg dir "$3" '
	(if .id > 1 then "next" else empty end),
	"url = \($url | tojson)",
	"header = \"Content-Type: application/json\"",
	"data = \({model: "mock", messages: [{role: "user", content: "Say \(.text)"}]} | tojson | tojson)",
	"output = \"\($dir)/\(.id)\""' | curl -sS --parallel --parallel-max "$2" -K -
jq -r --arg dir "$3" '"\($dir)/\(.id)"' "$3/records" | xargs cat | jq -c . >"$3/answers"
paste -d '\n' "$3/records" "$3/answers" |
	jq -cn 'inputs as $record | input as $answer |
		$record + {output: $answer.choices[0].message.content}'
