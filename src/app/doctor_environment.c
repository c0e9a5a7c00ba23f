/* SPDX-License-Identifier: MIT */
/* What the environment says to the libraries, rather than to us; the locale. */
#include "app/doctor_part.h"
#include "app/environment.h"
#include "app/process.h"
#include "ui/terminal.h"

#include <string.h>
#include <unistd.h>

enum { URL_MAX_BYTES = 1000 };

/* Without user and password, whatever signs are in these. */
static void put_proxy(struct buf *out, const char *url)
{
	const char *scheme = strstr(url, "://"), *host = strrchr(url, '@');
	if (host && scheme && scheme < host)
		buf_put(out, url, (size_t)(scheme + 3 - url));
	buf_put_str(out, host ? "***" : url);
	buf_put_str(out, host ? host : "");
}

/* As libcurl looks for them: the lower-case one counts. */
static void look_at_proxy(struct doctor *d, const char *lower, const char *upper, const char *whose)
{
	const char *name = environment_get(lower) ? lower : upper, *value = environment_get(name);
	struct buf text;
	if (!value)
		return;
	buf_init(&text, URL_MAX_BYTES);
	put_proxy(&text, value);
	doctor_say(d, FINDING_NOTE, name, "%.*s, for %s that are not on this machine",
		(int)text.len, text.data, whose);
	buf_release(&text);
}

static void look_at_proxies(struct doctor *d)
{
	look_at_proxy(d, "https_proxy", "HTTPS_PROXY", "https endpoints");
	look_at_proxy(d, "http_proxy", NULL, "http endpoints");
	look_at_proxy(d, "all_proxy", "ALL_PROXY", "endpoints without a proxy of their own");
	if (environment_get("HTTP_PROXY") && !environment_get("http_proxy")) {
		doctor_say(d, FINDING_NOTE, "HTTP_PROXY",
			"has no effect: whoever asks a CGI program can set it");
		doctor_help(d, "http_proxy, in lower case, has one");
	}
	const char *name = environment_get("no_proxy") ? "no_proxy" : "NO_PROXY";
	if (environment_get(name))
		doctor_say(d, FINDING_NOTE, name, "%s: no proxy for these", environment_get(name));
}

/* What it names is passed over where it cannot be read: then another counts, in silence. */
static void look_at_bundle(struct doctor *d, const char *name)
{
	const char *path = environment_get(name);
	if (!path)
		return;
	if (access(path, R_OK) == 0) {
		doctor_say(
			d, FINDING_NOTE, name, "%s: whom to trust, in place of the system's", path);
		return;
	}
	doctor_say(d, FINDING_WARN, name, "%s cannot be read, and is passed over", path);
	doctor_help(d, "let it name a file of certificates, or unset it");
}

void doctor_environment(struct doctor *d)
{
	struct terminal t;
	doctor_begin(d, "environment");
	look_at_proxies(d);
	look_at_bundle(d, "CURL_CA_BUNDLE");
	look_at_bundle(d, "SSL_CERT_FILE");
	if (environment_get("SSL_CERT_DIR"))
		doctor_say(d, FINDING_NOTE, "SSL_CERT_DIR",
			"has no effect: --cacert or SSL_CERT_FILE names a file");
	if (process_had_keylog())
		doctor_say(d, FINDING_NOTE, "SSLKEYLOGFILE",
			"has no effect: keys of sessions are not written anywhere");
	terminal_look(&t, -1);
	if (t.is_utf8)
		doctor_say(d, FINDING_OK, "locale", "UTF-8");
	else
		doctor_say(d, FINDING_NOTE, "locale",
			"not UTF-8: the progress line is plain; records are UTF-8 in any locale");
}
