/* SPDX-License-Identifier: MIT */
/*
 * libcurl before 8.7 does not say which proxy it took, so the rules it has are here once more:
 * which variables it looks at, in which order (http_proxy in small letters only, since a server's
 * CGI has HTTP_PROXY from a header), and what no_proxy excepts. Nothing is decided here, only
 * said.
 */
#include "io/probe_part.h"

#include "base/units.h"
#include "base/xalloc.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { ADDRESS_MAX_BYTES = 64, V6_BITS = 128, V4_BITS = 32 };

/* A variable that is empty is as good as none. */
static const char *first_set(const char *const *names)
{
	for (; *names; names++) {
		const char *value = getenv(*names);
		if (value && *value)
			return value;
	}
	return NULL;
}

/* An address of n bytes in network order; 0 = the text is none. */
static unsigned read_address(struct span text, unsigned char bytes[16])
{
	char copy[ADDRESS_MAX_BYTES];
	if (text.n > 1 && text.at[0] == '[' && text.at[text.n - 1] == ']')
		text = (struct span){ text.at + 1, text.n - 2 };
	if (text.n >= sizeof copy)
		return 0;
	memcpy(copy, text.at, text.n);
	copy[text.n] = '\0';
	if (inet_pton(AF_INET, copy, bytes) == 1)
		return V4_BITS / 8;
	return inet_pton(AF_INET6, copy, bytes) == 1 ? V6_BITS / 8 : 0;
}

static bool shares_bits(const unsigned char *a, const unsigned char *b, int64_t bits)
{
	size_t whole = (size_t)bits / 8;
	unsigned rest = (unsigned)bits % 8;
	return memcmp(a, b, whole) == 0 && (rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0);
}

/* "10.0.0.0/8", or an address alone. */
static bool is_in_network(const unsigned char *address, unsigned n, struct span network)
{
	unsigned char bytes[16];
	const char *slash = memchr(network.at, '/', network.n);
	int64_t bits = n * 8;
	if (slash) {
		struct span text = { slash + 1, (size_t)(network.at + network.n - slash - 1) };
		if (!units_parse_int(text, &bits) || bits < 0 || bits > n * 8)
			return false;
		network.n = (size_t)(slash - network.at);
		bits = bits == 0 ? n * 8 : bits;
	}
	return read_address(network, bytes) == n && shares_bits(address, bytes, bits);
}

static bool is_name_or_below(struct span host, struct span name)
{
	if (name.n && name.at[name.n - 1] == '.')
		name.n--;
	if (name.n && name.at[0] == '.')
		name = (struct span){ name.at + 1, name.n - 1 };
	if (name.n == 0 || host.n < name.n ||
		strncasecmp(host.at + host.n - name.n, name.at, name.n) != 0)
		return false;
	return host.n == name.n || host.at[host.n - name.n - 1] == '.';
}

bool probe_proxy_is_excepted(const char *host, const char *list)
{
	struct span name = span_of(host);
	unsigned char address[16];
	unsigned n = read_address(name, address);
	if (strcmp(list, "*") == 0)
		return true;
	if (name.n && name.at[name.n - 1] == '.')
		name.n--;
	for (const char *at = list; *at;) {
		struct span item = { at, strcspn(at, ", \t") };
		at += item.n + strspn(at + item.n, ", \t");
		if (item.n && (n ? is_in_network(address, n, item) : is_name_or_below(name, item)))
			return true;
	}
	return false;
}

char *probe_proxy_for(const char *url)
{
	static const char *const excepted[] = { "no_proxy", "NO_PROXY", NULL };
	static const char *const plain[] = { "http_proxy", "all_proxy", "ALL_PROXY", NULL };
	static const char *const tls[] = { "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY",
		NULL };
	const char *proxy = first_set(strncasecmp(url, "https:", 6) == 0 ? tls : plain);
	const char *list = first_set(excepted);
	if (!proxy)
		return NULL;
	char *host = probe_host_of(url);
	bool is_excepted = host && list && probe_proxy_is_excepted(host, list);
	free(host);
	return is_excepted ? NULL : xstrdup(proxy);
}

static char *part(CURLU *parsed, CURLUPart which)
{
	char *text = NULL;
	if (curl_url_get(parsed, which, &text, 0) != CURLUE_OK)
		return NULL;
	char *copy = xstrdup(text);
	curl_free(text);
	return copy;
}

char *probe_host_of(const char *url)
{
	CURLU *parsed = curl_url();
	if (!parsed)
		xalloc_die();
	char *host = NULL;
	if (curl_url_set(parsed, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK)
		host = part(parsed, CURLUPART_HOST);
	curl_url_cleanup(parsed);
	size_t n = host ? strlen(host) : 0;
	if (n > 1 && host[0] == '[') {
		memmove(host, host + 1, n - 2);
		host[n - 2] = '\0';
	}
	return host;
}

/* Where no port is named it is libcurl's own, not that of the web. */
static char *shown_of(CURLU *parsed)
{
	char *scheme = part(parsed, CURLUPART_SCHEME), *host = part(parsed, CURLUPART_HOST);
	char *port = part(parsed, CURLUPART_PORT);
	bool is_https = scheme && strcmp(scheme, "https") == 0;
	char *shown = xasprintf("%s://%s:%s", scheme ? scheme : "http", host ? host : "",
		port               ? port
			: is_https ? "443"
				   : "1080");
	free(scheme);
	free(host);
	free(port);
	return shown;
}

char *probe_proxy_shown(const char *proxy)
{
	CURLU *parsed = curl_url();
	if (!parsed)
		xalloc_die();
	char *full = xasprintf("%s%s", strstr(proxy, "://") ? "" : "http://", proxy);
	bool ok = curl_url_set(parsed, CURLUPART_URL, full, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK;
	char *shown = ok ? shown_of(parsed) : xstrdup("one whose address cannot be read");
	explicit_bzero(full, strlen(full));
	free(full);
	curl_url_cleanup(parsed);
	return shown;
}
