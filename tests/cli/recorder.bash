# SPDX-License-Identifier: MIT
# For tests of what goes over the wire while the mock answers: `load recorder` after the helper.
#
#	start_recorder [OPTIONS]  pllm-mock behind an nginx that writes down each body: $URL is nginx's,
#	                          $MOCK_BASE the mock's
#	bodies                    the bodies so far, as JSON, one a line, in the order of their ends
#	prompts                   the last message of each, as a JSON string

start_recorder() {
	local mock
	start_mock --quiet "$@" || return 1
	mock=$BASE
	start_nginx <<-END
		log_format body escape=json '{"body":"\$request_body"}';
		access_log bodies.log body;
		client_max_body_size 64m;
		client_body_buffer_size 1m;
		upstream mock { server ${mock#http://}; keepalive 64; }
		server { listen 127.0.0.1:PORT; location / {
			proxy_pass http://mock; proxy_http_version 1.1;
			proxy_set_header Connection ""; } }
	END
}

bodies() {
	jq -c '.body | fromjson' nginx/bodies.log
}

prompts() {
	bodies | jq -c '.messages[-1].content'
}
