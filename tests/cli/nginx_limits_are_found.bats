#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# nginx lets so many requests a second through and tells nobody how many: no header, no
# Retry-After, only its refusals.

load helper

# limited RATE STATUS: nginx in front of the mock, refusing what is over RATE with STATUS.
limited() {
	start_nginx <<-EOF
		limit_req_zone \$binary_remote_addr zone=all:1m rate=$1;
		server {
			listen 127.0.0.1:PORT;
			location / {
				limit_req zone=all burst=5 nodelay; limit_req_status $2; limit_req_log_level info;
				proxy_pass $MOCK_BASE;
			}
		}
	EOF
}

# Sets $refused_percent of all answers that nginx gave, and shows it.
count_refused() {
	local all refused
	all=$(wc -l <nginx/access.log)
	refused=$(grep -c "^$1 " nginx/access.log || true)
	[ "$((all - refused))" -eq "$2" ]
	refused_percent=$((100 * refused / all))
	note "nginx limit_req: $refused of $all requests were answered $1 ($refused_percent %)"
}

@test "2,000 records through nginx's limit_req: all are answered, few requests are in vain" {
	start_mock --quiet
	limited 200r/s 429
	records 2000 >in
	quietly timeout 60 "$PLLM" --endpoint "$URL" -m mock -p '{{text}}' <in
	echoed out
	[ "$(wc -l <out)" -eq 2000 ]
	count_refused 429 2000
	[ "$refused_percent" -le 10 ]
}

@test "where the refusal says 503, as it does by default, all are answered too" {
	start_mock --quiet --latency 50ms
	limited 100r/s 503
	records 400 >in
	quietly timeout 60 "$PLLM" --endpoint "$URL" -m mock -p '{{text}}' <in
	echoed out
	[ "$(wc -l <out)" -eq 400 ]
	count_refused 503 400
}
