/* SPDX-License-Identifier: MIT */
/*
 * What is set here is what io/http sets (see http_shard.c), so that what is seen here is what a run
 * would meet; one easy handle that blocks is simpler than a room for one request, and shows its
 * certificates. Those of a server that fails the check are not shown, because the handshake ends
 * before libcurl has read them: so the chain is fetched on a second connection, which checks
 * nothing, shows no certificate of ours, and is closed before anything is sent.
 */
#include "io/probe.h"

#include "base/clock.h"
#include "base/strings.h"
#include "base/xalloc.h"
#include "io/allowance.h"
#include "io/hint.h"
#include "io/http.h"
#include "io/http_header.h"
#include "io/http_tls.h"
#include "io/probe_part.h"
#include "io/sigv4.h"
#include "io/url.h"
#include "work/secrets.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { POST_MIN_MS = 60000 }; /* for the answer to a POST */

struct transfer {
	const struct endpoint *e; /* borrowed */
	const char *url;          /* borrowed */
	struct span body;         /* borrowed; missing = GET */
	struct probe *out;        /* borrowed */
	CURL *easy;
	struct curl_slist *headers;
	struct http_tls *tls; /* NULL = plain http */
	struct allowances *allowances;
	size_t header_bytes;
	const char *ceiling; /* static: what was too large; NULL = nothing */
	unsigned sends_n;
	char error[CURL_ERROR_SIZE];
};

/* what comes back */

/* A line "HTTP/1.1 200": what came before was an interim answer. */
static void begin_answer(struct transfer *t)
{
	free(t->allowances);
	t->allowances = NULL;
	t->out->date_s = -1;
	t->out->is_html = false;
	t->out->asked_s = clock_wall_s();
}

static struct span trimmed(const char *from, const char *to)
{
	while (from < to && (*from == ' ' || *from == '\t'))
		from++;
	while (from < to && strchr(" \t\r\n", to[-1]))
		to--;
	return (struct span){ .at = from, .n = (size_t)(to - from) };
}

static size_t on_header(char *line, size_t size, size_t n, void *transfer)
{
	struct transfer *t = transfer;
	(void)size; /* always 1 */
	t->header_bytes += n;
	if (t->header_bytes > HTTP_HEADERS_MAX_BYTES) {
		t->ceiling = "the headers of the answer";
		return 0;
	}
	if (n >= 5 && memcmp(line, "HTTP/", 5) == 0)
		begin_answer(t);
	const char *colon = memchr(line, ':', n);
	if (!colon)
		return n;
	struct span name = { line, (size_t)(colon - line) }, value = trimmed(colon + 1, line + n);
	if (name.n == 4 && strncasecmp(name.at, "date", 4) == 0)
		hint_parse_date(value, &t->out->date_s);
	else if (name.n == 12 && strncasecmp(name.at, "content-type", 12) == 0)
		t->out->is_html = http_header_is_html(value);
	else if (allowance_is_header(name))
		allowance_read(&t->allowances, name, value, t->out->asked_s);
	return n;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *transfer)
{
	struct transfer *t = transfer;
	(void)size; /* always 1 */
	if (buf_put(&t->out->body, bytes, n))
		return n;
	t->ceiling = "the answer";
	return 0;
}

/* Here, and only while the request is under way, the connection can be asked about itself. */
static int on_send(void *transfer, char *ip, char *local_ip, int port, int local_port)
{
	struct transfer *t = transfer;
	(void)ip;
	(void)local_ip;
	(void)port;
	(void)local_port;
	if (t->tls)
		t->out->tls = http_tls_version(t->easy);
	/* One request is one send. */
	return t->sends_n++ > 0 ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

/* what is sent */

static void add_header(struct transfer *t, const char *line)
{
	struct curl_slist *grown = curl_slist_append(t->headers, line);
	if (!grown)
		xalloc_die();
	t->headers = grown;
}

static bool sign(struct transfer *t, struct err *err)
{
	const struct sigv4_request request = {
		.service = "bedrock",
		.method = t->body.at ? "POST" : "GET",
		.url = t->url,
		.body = t->body,
	};
	struct strings lines = { 0 };
	bool ok = sigv4_sign(t->e->aws, &request, clock_wall_s(), &lines, err);
	for (size_t i = 0; i < lines.n; i++) {
		add_header(t, lines.items[i]);
		explicit_bzero(lines.items[i], strlen(lines.items[i]));
	}
	strings_release(&lines);
	return ok;
}

static bool set_headers(struct transfer *t, struct err *err)
{
	for (size_t i = 0; i < t->e->headers_n; i++)
		add_header(t, t->e->headers[i]);
	add_header(t, "Expect:");
	if (t->e->aws && !sign(t, err))
		return false;
	curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
	return true;
}

/* Where it goes and what it may do there: the same for both connections. */
static void set_way(CURL *easy, const struct endpoint *e, const char *url, int64_t connect_ms)
{
	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_ms);
	curl_easy_setopt(easy, CURLOPT_CERTINFO, 1L);
#ifdef CURL_VERSION_BITS
#if LIBCURL_VERSION_NUM >= CURL_VERSION_BITS(7, 87, 0)
	/* Or it would wait for a name server that is as slow as we are impatient. */
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
#endif
	if (e->is_loopback)
		curl_easy_setopt(easy, CURLOPT_PROXY, "");
	if (e->unix_path)
		curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, e->unix_path);
}

static void set_callbacks(struct transfer *t)
{
	CURL *easy = t->easy;
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->error);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_send);
	curl_easy_setopt(easy, CURLOPT_PREREQDATA, t);
	curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
}

static bool set_all(struct transfer *t, int64_t connect_ms, struct err *err)
{
	int64_t answer_ms = t->body.at && connect_ms < POST_MIN_MS ? POST_MIN_MS : connect_ms;
	if (strncmp(t->e->origin, "https:", 6) == 0 && !(t->tls = http_tls_new(t->e, err)))
		return false;
	set_way(t->easy, t->e, t->url, connect_ms);
	set_callbacks(t);
	curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, (long)(connect_ms + answer_ms));
	if (!t->e->is_loopback)
		curl_easy_setopt(t->easy, CURLOPT_ACCEPT_ENCODING, "");
	if (t->tls)
		http_tls_arm(t->tls, t->e, t->easy);
	else
		curl_easy_setopt(t->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	if (t->body.at) {
		curl_easy_setopt(t->easy, CURLOPT_POST, 1L);
		curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)t->body.n);
		curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, t->body.at);
	}
	return set_headers(t, err);
}

/* how it ended */

/* What the library's errors mean before the request was sent; after that: no answer. */
static const struct {
	CURLcode code;
	enum probe_end end;
} unsent[] = {
	{ CURLE_COULDNT_RESOLVE_HOST, PROBE_NO_NAME },
	{ CURLE_COULDNT_RESOLVE_PROXY, PROBE_NO_NAME },
	{ CURLE_PEER_FAILED_VERIFICATION, PROBE_NO_TRUST },
	{ CURLE_SSL_CONNECT_ERROR, PROBE_NO_TRUST },
	{ CURLE_SSL_CIPHER, PROBE_NO_TRUST },
	{ CURLE_SSL_ISSUER_ERROR, PROBE_NO_TRUST },
	{ CURLE_SSL_CERTPROBLEM, PROBE_NOT_SENT }, /* it is the one of ours */
	{ CURLE_SSL_CACERT_BADFILE, PROBE_NOT_SENT },
	{ CURLE_URL_MALFORMAT, PROBE_NOT_SENT },
	{ CURLE_UNSUPPORTED_PROTOCOL, PROBE_NOT_SENT },
	{ CURLE_BAD_FUNCTION_ARGUMENT, PROBE_NOT_SENT },
};

/* What time it took to connect is known only once the handshake is over; to whom, before. */
static bool is_connected(CURL *easy)
{
	const char *ip = NULL;
	curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &ip);
	return ip && *ip;
}

static enum probe_end end_of(const struct transfer *t, CURLcode code)
{
	if (code == CURLE_OK)
		return PROBE_ANSWERED;
	if (t->sends_n > 0)
		return PROBE_NO_ANSWER;
	for (size_t i = 0; i < sizeof unsent / sizeof *unsent; i++)
		if (unsent[i].code == code)
			return unsent[i].end;
	if (code == CURLE_OPERATION_TIMEDOUT && t->out->lookup_us < 0)
		return PROBE_NO_NAME;
	if (code == CURLE_OPERATION_TIMEDOUT && t->tls && !t->out->proxy && is_connected(t->easy))
		return PROBE_NO_TRUST;
	return PROBE_NO_CONNECTION;
}

static enum probe_silence silence_of(CURLcode code)
{
	switch (code) {
	case CURLE_OPERATION_TIMEDOUT:
		return SILENCE_LATE;
	case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR:
		return SILENCE_SHUT;
	case CURLE_UNSUPPORTED_PROTOCOL: /* HTTP/0.9: no head */
	case CURLE_WEIRD_SERVER_REPLY:
		return SILENCE_OTHER;
	default:
		return SILENCE_ODD;
	}
}

static char *detail_of(const struct transfer *t, CURLcode code)
{
	if (code == CURLE_OK)
		return NULL;
	if (t->ceiling)
		return xasprintf("%s is larger than it may be", t->ceiling);
	const char *text = t->error[0] ? t->error : curl_easy_strerror(code);
	long number = 0;
	curl_easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &number);
	if (code == CURLE_COULDNT_CONNECT && number != 0)
		return xasprintf("%s: %s", text, strerror((int)number));
	return xstrdup(text);
}

static size_t drop(char *bytes, size_t size, size_t n, void *unused)
{
	(void)bytes;
	(void)unused;
	return size * n;
}

static void look_at_chain(const struct transfer *t, int64_t connect_ms)
{
	CURL *easy = curl_easy_init();
	long verdict = -1;
	if (!easy)
		xalloc_die();
	http_tls_arm(t->tls, t->e, easy);
	set_way(easy, t->e, t->url, connect_ms);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, drop);
	curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
	curl_easy_setopt(easy, CURLOPT_SSLCERT, NULL);
	if (curl_easy_perform(easy) == CURLE_OK)
		curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &verdict);
	/* Names are left out of what OpenSSL looks at. */
	t->out->is_of_other_name = verdict == 0;
	probe_see_chain(easy, t->out);
	curl_easy_cleanup(easy);
}

static void hide_secrets(const struct transfer *t)
{
	struct probe *out = t->out;
	char *const texts[] = { out->detail, out->location };
	url_hide_proxy_user(out->detail);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		if (texts[i])
			secrets_redact(t->e, texts[i], strlen(texts[i]));
		probe_make_plain(texts[i]);
	}
	secrets_redact(t->e, out->body.data, out->body.len);
	if (!secrets_are_hidden(t->e, buf_span(&out->body)))
		return;
	buf_clear(&out->body);
	if (!out->detail)
		out->detail = xstrdup("the answer repeats the key that it was asked with");
}

static void carry(struct transfer *t, int64_t connect_ms)
{
	struct probe *out = t->out;
	CURLcode code = curl_easy_perform(t->easy);
	probe_see(t->easy, t->e, out);
	out->end = end_of(t, code);
	out->silence = silence_of(code);
	out->detail = detail_of(t, code);
	if (t->allowances)
		out->allowances = *t->allowances;
	/* Who says nothing is not asked again. */
	if (out->end == PROBE_NO_TRUST && code != CURLE_OPERATION_TIMEDOUT)
		look_at_chain(t, connect_ms);
	/* It took its time once, and is asked again only if that went well. */
	if (out->lookup_us >= 0 && !out->proxy && !t->e->unix_path)
		probe_see_addresses(t->url, out);
	hide_secrets(t);
}

static bool is_of_origin(const struct endpoint *e, const char *url)
{
	struct url parsed = { 0 };
	struct err err;
	char *path = xmemdup(url, strcspn(url, "?"));
	bool is = url_parse(&parsed, path, "", &err) && strcmp(parsed.origin, e->origin) == 0;
	url_release(&parsed);
	free(path);
	return is;
}

static char *proxy_of(const struct endpoint *e, const char *url)
{
	char *found = e->is_loopback || e->unix_path ? NULL : probe_proxy_for(url);
	char *shown = found ? probe_proxy_shown(found) : NULL;
	if (found)
		explicit_bzero(found, strlen(found));
	free(found);
	return shown;
}

static void release(struct transfer *t)
{
	curl_easy_cleanup(t->easy);
	for (struct curl_slist *s = t->headers; s; s = s->next)
		explicit_bzero(s->data, strlen(s->data));
	curl_slist_free_all(t->headers);
	http_tls_free(t->tls);
	free(t->allowances);
}

static char *flat(const struct err *err)
{
	char text[sizeof err->msg + 8];
	err_flatten(text, sizeof text, err->msg);
	return xstrdup(text);
}

void probe_send(const struct endpoint *e, const char *url, struct span body,
	int64_t connect_timeout_ms, struct probe *out)
{
	struct transfer t = { .e = e, .url = url, .body = body, .out = out };
	struct sigaction ignored = { .sa_handler = SIG_IGN }, before;
	struct err err = { 0 };
	assert(is_of_origin(e, url));
	*out = (struct probe){ .end = PROBE_NOT_SENT, .lookup_us = -1, .connect_us = -1 };
	out->tls_us = out->first_byte_us = out->total_us = out->date_s = -1;
	out->asked_s = clock_wall_s();
	out->proxy = proxy_of(e, url);
	buf_init(&out->body, PROBE_BODY_MAX_BYTES);
	/* For the life of the process: a look-up that was given up may still use it. */
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || !(t.easy = curl_easy_init()))
		xalloc_die();
	/* Of a connection that breaks; a reader of ours that goes away is another matter. */
	sigaction(SIGPIPE, &ignored, &before);
	if (set_all(&t, connect_timeout_ms, &err))
		carry(&t, connect_timeout_ms);
	else
		out->detail = flat(&err);
	release(&t);
	sigaction(SIGPIPE, &before, NULL);
}

void probe_release(struct probe *p)
{
	free(p->detail);
	for (unsigned i = 0; i < p->addresses_n; i++)
		free(p->addresses[i]);
	free(p->peer);
	free(p->proxy);
	for (unsigned i = 0; i < p->chain_n; i++) {
		free(p->chain[i].subject);
		free(p->chain[i].issuer);
		free(p->chain[i].names);
	}
	free(p->location);
	buf_release(&p->body);
	*p = (struct probe){ 0 };
}
