/* SPDX-License-Identifier: MIT */
/*
 * sigv4: what Amazon's services want in place of a key: each request signed (AWS Signature Version
 * 4, in headers, for all services but S3, which writes paths in another way).
 *
 * Signed are the method, the path, the query, the headers given, Host, the time and the body; a
 * server takes it for some five minutes, so every attempt is signed anew. Knows no connection and
 * no clock. Any thread.
 */
#pragma once

#include "base/err.h"
#include "base/span.h"
#include "base/strings.h"
#include "work/endpoint.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is signed; all borrowed. */
struct sigv4_request {
	const char *service; /* as in "bedrock" */
	const char *method;  /* as in "POST" */
	/*
	 * As it is sent: http or https, no user, the path percent-encoded where it has to be. The
	 * Host header is taken to be its host, with its port unless that is the scheme's usual one
	 * (which is what libcurl sends).
	 */
	const char *url;
	const char *const *headers; /* lines "Name: value" to sign as well, as they are sent */
	size_t headers_n;
	struct span body; /* empty or missing = there is none */
};

/*
 * Signs for the moment wall_s (seconds since 1970, UTC) and appends to `lines` the header lines to
 * send: X-Amz-Date, X-Amz-Security-Token if the key has a token, Authorization. They are the
 * caller's to overwrite; no other copy of a secret stays behind. False with err filled and `lines`
 * unchanged (ERR_KEY: the URL or a header is none, or sets what is set here; ERR_INTERNAL: the
 * crypto library fails).
 */
bool sigv4_sign(const struct aws_key *key, const struct sigv4_request *r, int64_t wall_s,
	struct strings *lines, struct err *err);
