/* SPDX-License-Identifier: MIT */
/*
 * http_tls: whom to trust, loaded once. Private to io/http and io/probe.
 *
 * libcurl would read the system's bundle anew for every connection (20 ms and 0.9 MB each with
 * Debian's defaults); instead one OpenSSL store is filled at the first https endpoint and handed to
 * each connection. All TLS is in the loop's thread.
 */
#pragma once

#include "base/err.h"
#include "work/endpoint.h"

#include <curl/curl.h>
#include <stdbool.h>

struct http_tls; /* one store of certificates */

/*
 * Loads the endpoint's --cacert, or the system's bundle. NULL with err filled (ERR_FILE) if it
 * cannot be read or holds no certificates, or if libcurl was not built with OpenSSL.
 */
struct http_tls *http_tls_new(const struct endpoint *e, struct err *err);

/* Makes the handle trust just what t holds. Borrows t until the handle is gone. */
void http_tls_arm(const struct http_tls *t, const struct endpoint *e, CURL *easy);

/*
 * Gives the version that the handle's connection speaks, "TLSv1.3", static; NULL = none. Only while
 * a transfer is under way: in a callback.
 */
const char *http_tls_version(CURL *easy);

/* Frees t; fine on NULL. */
void http_tls_free(struct http_tls *t);
