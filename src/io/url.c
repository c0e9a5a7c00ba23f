/* SPDX-License-Identifier: MIT */
/*
 * A check that parses a URL in its own way lets through what the sender reads differently
 * ("http://127.0.0.1@evil", "http://0x7f.1"), so libcurl parses here as it will when it sends, and
 * all that is said about the host is said about what libcurl made of it. Nothing is resolved: a
 * name that points to loopback in some DNS is not loopback.
 */
#include "io/url.h"

#include "base/xalloc.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

enum { URL_MAX_BYTES = 8192 };

/* A URL with a password in it must not reach a message. */
static bool wrong(const char *base, struct err *err, const char *what)
{
	bool is_shown = !strchr(base, '@') && strlen(base) < 200;
	return err_set(err, ERR_ENDPOINT, "bad base URL%s%s: %s", is_shown ? " " : "",
		is_shown ? base : "", what);
}

static void lower(char *s)
{
	for (; *s; s++)
		if (*s >= 'A' && *s <= 'Z')
			*s = (char)(*s | 0x20);
}

/* Without memory nothing can be said about a URL. */
static CURLUcode checked(CURLUcode code)
{
	if (code == CURLUE_OUT_OF_MEMORY)
		xalloc_die();
	return code;
}

/* Gives a copy of the part that free() frees, "" if there is none. */
static char *part(CURLU *parsed, CURLUPart which, unsigned flags)
{
	char *text = NULL;
	if (checked(curl_url_get(parsed, which, &text, flags)) != CURLUE_OK)
		return xstrdup("");
	char *copy = xstrdup(text);
	curl_free(text);
	return copy;
}

static bool is_loopback(const char *host)
{
	struct in_addr v4;
	struct in6_addr v6;
	size_t n = strlen(host);
	static const char name[] = "localhost";
	size_t name_n = sizeof name - 1;
	if (n >= name_n && strcmp(host + n - name_n, name) == 0)
		return n == name_n || host[n - name_n - 1] == '.';
	if (inet_pton(AF_INET, host, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == 127;
	char inside[INET6_ADDRSTRLEN];
	if (n < 3 || host[0] != '[' || n - 2 >= sizeof inside)
		return false;
	memcpy(inside, host + 1, n - 2);
	inside[n - 2] = '\0';
	return inet_pton(AF_INET6, inside, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

/* A host by itself. */
static bool refuse_bare(const char *base, struct err *err)
{
	char what[160], host[64];
	size_t n = strcspn(base, ":/");
	bool has_host =
		!strpbrk(base, "@") && !strstr(base, "://") && n > 0 && strlen(base) < sizeof host;
	snprintf(host, sizeof host, "%.*s", (int)(n < sizeof host ? n : 0), base);
	snprintf(what, sizeof what, "it must begin with https:// or http://%s%s%s",
		has_host ? LOG_HELP "write http" : "",
		has_host ? is_loopback(host) ? "://" : "s://" : "", has_host ? base : "");
	return wrong(base, err, what);
}

static bool check_text(const char *base, struct err *err)
{
	for (const char *at = base; *at; at++)
		if ((unsigned char)*at <= ' ' || *at == 0x7f)
			return err_set(err, ERR_ENDPOINT,
				"bad base URL: it has a space or control character in it");
	if (strpbrk(base, "?#"))
		return wrong(base, err, "it must not have a query or fragment");
	if (strlen(base) > URL_MAX_BYTES)
		return wrong(base, err, "it is too long");
	return true;
}

static bool read_origin(struct url *u, CURLU *parsed, const char *base, struct err *err)
{
	char *scheme = part(parsed, CURLUPART_SCHEME, 0);
	char *host = part(parsed, CURLUPART_HOST, 0);
	char *port = part(parsed, CURLUPART_PORT, CURLU_DEFAULT_PORT);
	lower(scheme);
	lower(host);
	u->is_https = strcmp(scheme, "https") == 0;
	u->is_loopback = is_loopback(host);
	bool ok = true;
	if (!u->is_https && strcmp(scheme, "http") != 0)
		ok = wrong(base, err, "it must begin with https:// or http://");
	else if (!*host)
		ok = wrong(base, err, "it has no host");
	else
		u->origin = xasprintf("%s://%s:%s", scheme, host, port);
	free(scheme);
	free(host);
	free(port);
	return ok;
}

/*
 * The base's path without slashes at its end, and the API's path after that unless it is there
 * already.
 */
static char *joined_path(CURLU *parsed, const char *path)
{
	char *base = part(parsed, CURLUPART_PATH, 0);
	size_t base_n = strlen(base), path_n = strlen(path);
	while (base_n > 0 && base[base_n - 1] == '/')
		base_n--;
	bool has_path = base_n >= path_n && memcmp(base + base_n - path_n, path, path_n) == 0;
	char *joined = xasprintf("%.*s%s", (int)base_n, base, has_path ? "" : path);
	free(base);
	return joined;
}

static bool read_parts(
	struct url *u, CURLU *parsed, const char *base, const char *path, struct err *err)
{
	unsigned flags = CURLU_DISALLOW_USER | CURLU_NON_SUPPORT_SCHEME;
	CURLUcode code = checked(curl_url_set(parsed, CURLUPART_URL, base, flags));
	if (code == CURLUE_USER_NOT_ALLOWED)
		return wrong(base, err,
			"it must not have a user or password in it" LOG_HELP
			"give a key with --key-file");
	if (code == CURLUE_BAD_SCHEME || code == CURLUE_BAD_SLASHES || !strstr(base, "://"))
		return refuse_bare(base, err);
	if (code != CURLUE_OK)
		return wrong(base, err, curl_url_strerror(code));
	if (!read_origin(u, parsed, base, err))
		return false;
	char *joined = joined_path(parsed, path);
	code = checked(curl_url_set(parsed, CURLUPART_PATH, joined, 0));
	free(joined);
	if (code != CURLUE_OK)
		return wrong(base, err, curl_url_strerror(code));
	u->full = part(parsed, CURLUPART_URL, 0);
	return true;
}

bool url_parse(struct url *u, const char *base, const char *path, struct err *err)
{
	*u = (struct url){ 0 };
	if (!check_text(base, err))
		return false;
	CURLU *parsed = curl_url();
	if (!parsed)
		xalloc_die();
	bool ok = read_parts(u, parsed, base, path, err);
	curl_url_cleanup(parsed);
	if (!ok)
		url_release(u);
	return ok;
}

void url_release(struct url *u)
{
	free(u->origin);
	free(u->full);
	*u = (struct url){ 0 };
}

void url_hide_proxy_user(char *message)
{
	static const char quoting[] = "proxy syntax in '";
	char *from = message ? strstr(message, quoting) : NULL;
	char *at = from ? strrchr(from, '@') : NULL;
	if (!at)
		return;
	from += sizeof quoting - 1;
	memset(from, '*', (size_t)(at - from));
}
