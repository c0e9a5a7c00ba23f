/* SPDX-License-Identifier: MIT */
#include "io/probe_part.h"

#include "base/xalloc.h"
#include "json/text.h"

#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

void probe_make_plain(char *text)
{
	struct span left = text ? span_of(text) : (struct span){ 0 };
	while (left.n > 0) {
		size_t n = utf8_valid_n(left);
		if (n < left.n)
			text[(size_t)(left.at - text) + n++] = '?';
		left = (struct span){ left.at + n, left.n - n };
	}
	for (; text && *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
}

static int64_t time_us(CURL *easy, CURLINFO which)
{
	curl_off_t us = 0;
	return curl_easy_getinfo(easy, which, &us) == CURLE_OK && us > 0 ? (int64_t)us : -1;
}

static void see_peer(CURL *easy, const struct endpoint *e, struct probe *out)
{
	const char *ip = NULL;
	long port = 0;
	curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &ip);
	curl_easy_getinfo(easy, CURLINFO_PRIMARY_PORT, &port);
	if (out->connect_us < 0)
		return;
	if (e->unix_path)
		out->peer = xstrdup(e->unix_path);
	else if (ip && *ip)
		out->peer = xasprintf(strchr(ip, ':') ? "[%s]:%ld" : "%s:%ld", ip, port);
}

static const char *http_name(CURL *easy)
{
	long version = 0;
	curl_easy_getinfo(easy, CURLINFO_HTTP_VERSION, &version);
	switch (version) {
	case CURL_HTTP_VERSION_1_0:
		return "HTTP/1.0";
	case CURL_HTTP_VERSION_1_1:
		return "HTTP/1.1";
	case CURL_HTTP_VERSION_2_0:
		return "HTTP/2";
	case CURL_HTTP_VERSION_3:
		return "HTTP/3";
	default:
		return NULL;
	}
}

/* "Expire date:Nov 22 16:38:40 2027 GMT" */
static void read_line(struct probe_certificate *c, const char *line)
{
	const char *colon = strchr(line, ':');
	size_t n = colon ? (size_t)(colon - line) : 0;
	struct span name = { line, n };
	if (span_is(name, "Subject") && !c->subject)
		probe_make_plain(c->subject = xstrdup(colon + 1));
	else if (span_is(name, "Issuer") && !c->issuer)
		probe_make_plain(c->issuer = xstrdup(colon + 1));
	else if (span_is(name, "X509v3 Subject Alternative Name") && !c->names)
		probe_make_plain(c->names = xstrdup(colon + 1));
	else if (span_is(name, "Expire date"))
		c->ends_s = (int64_t)curl_getdate(colon + 1, NULL);
}

void probe_see_chain(CURL *easy, struct probe *out)
{
	struct curl_certinfo *info = NULL;
	if (out->chain_n > 0 || curl_easy_getinfo(easy, CURLINFO_CERTINFO, &info) != CURLE_OK)
		return;
	for (int i = 0; info && i < info->num_of_certs && out->chain_n < PROBE_CHAIN_MAX; i++) {
		struct probe_certificate *c = &out->chain[out->chain_n++];
		c->ends_s = -1;
		for (struct curl_slist *s = info->certinfo[i]; s; s = s->next)
			read_line(c, s->data);
	}
}

void probe_see_addresses(const char *url, struct probe *out)
{
	struct addrinfo *all = NULL;
	const struct addrinfo wanted = { .ai_socktype = SOCK_STREAM };
	char text[128];
	char *host = probe_host_of(url);
	if (host && getaddrinfo(host, NULL, &wanted, &all) == 0)
		for (struct addrinfo *a = all; a && out->addresses_n < PROBE_ADDRESSES_MAX;
			a = a->ai_next)
			if (getnameinfo(a->ai_addr, a->ai_addrlen, text, sizeof text, NULL, 0,
				    NI_NUMERICHOST) == 0)
				out->addresses[out->addresses_n++] = xstrdup(text);
	if (all)
		freeaddrinfo(all);
	free(host);
}

void probe_see(CURL *easy, const struct endpoint *e, struct probe *out)
{
	long status = 0;
	const char *location = NULL;
	out->lookup_us = time_us(easy, CURLINFO_NAMELOOKUP_TIME_T);
	out->connect_us = time_us(easy, CURLINFO_CONNECT_TIME_T);
	out->tls_us = time_us(easy, CURLINFO_APPCONNECT_TIME_T);
	out->first_byte_us = time_us(easy, CURLINFO_STARTTRANSFER_TIME_T);
	out->total_us = time_us(easy, CURLINFO_TOTAL_TIME_T);
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	out->status = (int)status;
	out->http = status ? http_name(easy) : NULL;
	curl_easy_getinfo(easy, CURLINFO_REDIRECT_URL, &location);
	if (location)
		out->location = xstrdup(location);
	see_peer(easy, e, out);
	probe_see_chain(easy, out);
}
