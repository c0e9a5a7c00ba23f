#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Where the server offers HTTP/2 all requests of a shard share a connection. nginx is the peer.

load helper

# nginx that answers every POST, with HTTP/2, and ends a connection after so many requests.
start_http2() {
	openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 \
		-subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 2>/dev/null
	start_nginx <<-EOF
		keepalive_requests $1;
		server {
			listen 127.0.0.1:PORT ssl http2;
			ssl_certificate $PWD/cert.pem; ssl_certificate_key $PWD/key.pem;
			location / { default_type application/json; error_page 405 =200 @answer;
				return 200 '{"choices":[{"message":{"content":"over \$server_protocol"},"finish_reason":"stop"}]}'; }
		}
	EOF
	URL=${URL/http:/https:}
}

@test "five hundred records, a handful of connections" {
	start_http2 100000
	records 500 >in
	quietly ask -p '{{text}}' --cacert cert.pem -j 100 <in
	[ "$(jq -r .output out | sort -u)" = 'over HTTP/2.0' ]
	[ "$(jq -s 'map(.id) == [range(1;501)]' out)" = true ]
	[ "$(cut -d " " -f 3 nginx/access.log | sort -u | wc -l)" -le 4 ]
}

@test "a server that ends its connections every few requests costs no record" {
	start_http2 20
	records 300 >in
	quietly ask -p '{{text}}' --cacert cert.pem -j 30 <in
	[ "$(jq -s 'map(.id) == [range(1;301)]' out)" = true ]
	[ "$(wc -l <nginx/access.log)" -ge 300 ]
}
