/* SPDX-License-Identifier: MIT */
#include "io/http_tls.h"

#include "base/xalloc.h"

#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct http_tls {
	X509_STORE *store;
};

/*
 * Where the system keeps what it trusts: what curl users set, what OpenSSL users set, what libcurl
 * was built with, and Debian's place.
 */
static const char *system_bundle(void)
{
	const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
	const char *places[] = {
		getenv("CURL_CA_BUNDLE"),
		getenv("SSL_CERT_FILE"),
		info->cainfo,
		"/etc/ssl/certs/ca-certificates.crt",
	};
	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		if (places[i] && *places[i] && access(places[i], R_OK) == 0)
			return places[i];
	return NULL;
}

struct http_tls *http_tls_new(const struct endpoint *e, struct err *err)
{
	const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
	const char *file = e->cacert ? e->cacert : system_bundle();
	if (!info->ssl_version || !strstr(info->ssl_version, "OpenSSL")) {
		err_set(err, ERR_FILE,
			"https needs a libcurl with OpenSSL" LOG_HELP "this one has %s",
			info->ssl_version ? info->ssl_version : "no TLS");
		return NULL;
	}
	if (!file) {
		err_set(err, ERR_FILE,
			"no file of trusted certificates found" LOG_HELP
			"install ca-certificates or give --cacert");
		return NULL;
	}
	struct http_tls *t = xcalloc(1, sizeof *t);
	t->store = X509_STORE_new();
	if (!t->store)
		xalloc_die();
	if (X509_STORE_load_file(t->store, file) != 1) {
		err_set(err, ERR_FILE, "%s: no certificates in PEM form can be read from it", file);
		http_tls_free(t);
		return NULL;
	}
	return t;
}

static CURLcode give_store(CURL *easy, void *ssl_ctx, void *store)
{
	(void)easy;
	/* set1: the connection takes a reference of its own */
	SSL_CTX_set1_cert_store(ssl_ctx, store);
	return CURLE_OK;
}

void http_tls_arm(const struct http_tls *t, const struct endpoint *e, CURL *easy)
{
	curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
	curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, give_store);
	curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, t->store);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	/* Wait for the first connection of a shard: if it speaks HTTP/2, the rest ride along. */
	curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
	if (e->cert)
		curl_easy_setopt(easy, CURLOPT_SSLCERT, e->cert);
}

const char *http_tls_version(CURL *easy)
{
	struct curl_tlssessioninfo *session = NULL;
	if (curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &session) != CURLE_OK || !session ||
		session->backend != CURLSSLBACKEND_OPENSSL || !session->internals)
		return NULL;
	return SSL_get_version(session->internals);
}

void http_tls_free(struct http_tls *t)
{
	if (!t)
		return;
	X509_STORE_free(t->store);
	free(t);
}
