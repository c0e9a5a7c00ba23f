#!/usr/bin/env bats
# SPDX-License-Identifier: MIT

load helper

# Asks one record; it must fail for want of trust, and nothing must have been sent.
is_not_trusted() {
	export OPENAI_API_KEY=sk-canary-0123456789
	try ask --retries 0 "$@" <<<'"x"'
	[ "$status" -eq 5 ]
	[ "$(jq -r .pllm.error.code out)" = transport ]
	[[ $(jq -r .pllm.error.message out) == *'cannot be trusted'*"$what"* ]]
	[ "$(mock_stat requests)" -eq 0 ]
}

@test "with the authority's certificate, and for each of its names" {
	start_mock --tls --ca-file ca
	records 100 >in
	quietly ask -p '{{text}}' --cacert ca -j 20 <in
	[ "$(jq -s 'map(.id) == [range(1;101)]' out)" = true ]
	[ "$(mock_stat connections)" -le 20 ]
	URL=${URL/127.0.0.1/localhost}
	quietly ask -p '{{text}}' --cacert ca <in
	SSL_CERT_FILE=$PWD/ca quietly ask -p '{{text}}' <in
}

@test "an authority that nobody trusts" {
	start_mock --tls --ca-file ca
	what='' is_not_trusted
}

@test "a certificate for another host" {
	start_mock --tls --ca-file ca --tls-bad wrong-host
	what='' is_not_trusted --cacert ca
}

@test "an expired certificate" {
	start_mock --tls --ca-file ca --tls-bad expired
	what=expired is_not_trusted --cacert ca
}

@test "a certificate that signed itself" {
	start_mock --tls --ca-file ca --tls-bad self-signed
	what=self is_not_trusted --cacert ca
}

@test "a file of trusted certificates that is none is refused before anything is sent" {
	start_mock --tls --ca-file ca
	local wrong
	echo nonsense >nonsense
	for wrong in nowhere nonsense /dev/null .; do
		try ask --cacert "$wrong" <<<'"x"'
		[ "$status" -eq 2 ]
		[ "$(wc -l <err)" -eq 1 ]
	done
	[ "$(mock_stat requests)" -eq 0 ]
}

@test "http where https is spoken, and the other way round" {
	start_mock --tls --ca-file ca
	URL=${URL/https/http}
	try ask --retries 0 <<<'"x"'
	[ "$status" -ne 0 ]
	[ "$(jq -r '.pllm.error.code' out)" != null ]
	stop_mock
	start_mock
	URL=${URL/http/https}
	try ask --retries 0 <<<'"x"'
	[ "$status" -eq 5 ]
	[ "$(jq -r .pllm.error.code out)" = transport ]
}

@test "no variable of the environment makes the session readable" {
	start_mock --tls --ca-file ca
	export SSLKEYLOGFILE=$PWD/keys
	quietly ask --cacert ca <<<'"x"'
	[ ! -e keys ]
}
