#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Where the server offers HTTP/2 all requests of a shard share a connection. nginx is the peer.

load helper

# An nginx on a free port that answers every POST, with HTTP/2; sets $URL.
start_nginx() {
	local port
	openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 \
		-subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 2>/dev/null
	for port in $(shuf -i 20000-32000 -n 20); do
		cat >nginx.conf <<-EOF
			daemon off; master_process off; pid $PWD/nginx.pid; error_log $PWD/error.log;
			worker_rlimit_nofile 4096;
			events { worker_connections 1024; }
			http {
			  access_log $PWD/access.log;
			  client_body_temp_path $PWD/body; proxy_temp_path $PWD/proxy; fastcgi_temp_path $PWD/f;
			  uwsgi_temp_path $PWD/u; scgi_temp_path $PWD/s;
			  log_format wire '\$server_protocol \$connection'; access_log $PWD/access.log wire;
			  keepalive_requests $1;
			  server {
			    listen 127.0.0.1:$port ssl http2;
			    ssl_certificate $PWD/cert.pem; ssl_certificate_key $PWD/key.pem;
			    location / { default_type application/json; error_page 405 =200 @answer;
			      return 200 '{"choices":[{"message":{"content":"over \$server_protocol"},"finish_reason":"stop"}]}'; }
			  }
			}
		EOF
		"$nginx" -p "$PWD" -c "$PWD/nginx.conf" 2>nginx.err 3>&- 4>&- &
		server_pids+=($!)
		URL=https://127.0.0.1:$port/v1
		await eval "curl -sk '$URL' || ! kill -0 $!"
		if kill -0 $! 2>/dev/null; then
			: >access.log
			return 0
		fi
	done
	return 1
}

setup() {
	clean_room
	nginx=$(PATH=$PATH:/usr/sbin command -v nginx) || skip "nginx is not installed"
}

@test "five hundred records, a handful of connections" {
	start_nginx 100000
	records 500 >in
	quietly ask -p '{{text}}' --cacert cert.pem -j 100 <in
	[ "$(jq -r .output out | sort -u)" = 'over HTTP/2.0' ]
	[ "$(jq -s 'map(.id) == [range(1;501)]' out)" = true ]
	[ "$(sort -u access.log | wc -l)" -le 4 ]
}

@test "a server that ends its connections every few requests costs no record" {
	start_nginx 20
	records 300 >in
	quietly ask -p '{{text}}' --cacert cert.pem -j 30 <in
	[ "$(jq -s 'map(.id) == [range(1;301)]' out)" = true ]
	[ "$(wc -l <access.log)" -ge 300 ]
}
