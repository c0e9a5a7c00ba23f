/* SPDX-License-Identifier: MIT */
#include "io/probe.h"

#include "base/clock.h"
#include "base/xalloc.h"
#include "io/probe_part.h"
#include "probe_server.h"
#include "t.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEY "sk-canary-0123456789"
#define FINE                                                                              \
	"HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 2\r\n" \
	"x-ratelimit-limit-requests: 500\r\nx-ratelimit-remaining-requests: 499\r\n\r\n{}"

enum { PATIENCE_MS = 10000 };

/* As app/address makes it of a URL on this machine. */
static struct endpoint endpoint_of(const char *url)
{
	struct endpoint e = { 0 };
	e.origin = xstrdup(url);
	e.is_loopback = true;
	endpoint_add_header(&e, "Authorization: Bearer " KEY);
	endpoint_add_secret(&e, KEY);
	return e;
}

/* GETs /v1/models of the server. */
static void ask(const struct probe_server *s, struct probe *p)
{
	struct endpoint e = endpoint_of(s->url);
	char *url = xasprintf("%s/v1/models", s->url);
	probe_send(&e, url, (struct span){ 0 }, PATIENCE_MS, p);
	free(url);
	endpoint_release(&e);
}

/* What the server has to say, and how that is seen. */
static void ask_for(const char *answer, struct probe *p)
{
	struct probe_server s = { .answer = answer };
	probe_server_start(&s);
	ask(&s, p);
	probe_server_stop(&s);
	CHECK_INT(s.connections_n, 1);
}

TEST("a probe of a server that answers sees all that there is")
{
	struct probe_server s = { .answer = FINE };
	struct probe p;
	probe_server_start(&s);
	ask(&s, &p);
	probe_server_stop(&s);
	CHECK_INT(p.end, PROBE_ANSWERED);
	CHECK_STR(p.detail, NULL);
	CHECK_INT(p.status, 200);
	CHECK_STR(p.http, "HTTP/1.1");
	CHECK_STR(p.tls, NULL);
	CHECK_STR(p.proxy, NULL);
	CHECK_STR(p.location, NULL);
	CHECK_STR(p.peer, s.url + strlen("http://"));
	CHECK_INT(p.addresses_n, 1);
	CHECK_STR(p.addresses[0], "127.0.0.1");
	CHECK_INT(p.date_s, 784111777);
	CHECK(p.asked_s > 1600000000 && p.asked_s <= clock_wall_s());
	CHECK_INT(p.allowances.n, 1);
	CHECK_INT(p.allowances.items[0].limit, 500);
	CHECK_MEM(p.body.data, p.body.len, "{}");
	CHECK(0 <= p.lookup_us && p.lookup_us <= p.connect_us);
	CHECK_INT(p.tls_us, -1);
	CHECK(p.connect_us <= p.first_byte_us && p.first_byte_us <= p.total_us);
	CHECK(strncmp(s.request, "GET /v1/models HTTP/1.1\r\n", 25) == 0);
	CHECK(strstr(s.request, "\r\nAuthorization: Bearer " KEY "\r\n"));
	CHECK_INT(p.chain_n, 0);
	probe_release(&p);
	CHECK_INT(p.body.len, 0);
}

TEST("a probe posts the body that it is given, once")
{
	struct probe_server s = { .answer = FINE };
	struct probe p;
	probe_server_start(&s);
	struct endpoint e = endpoint_of(s.url);
	probe_send(&e, s.url, SPAN("{\"a\":1}"), PATIENCE_MS, &p);
	probe_server_stop(&s);
	CHECK_INT(p.end, PROBE_ANSWERED);
	CHECK(strncmp(s.request, "POST / HTTP/1.1\r\n", 17) == 0);
	CHECK(strstr(s.request, "\r\n\r\n{\"a\":1}"));
	CHECK(!strstr(s.request, "Expect:"));
	CHECK_INT(s.requests_n, 1);
	probe_release(&p);
	endpoint_release(&e);
}

TEST("a probe signs what goes to Amazon")
{
	struct probe_server s = { .answer = FINE };
	struct probe p;
	probe_server_start(&s);
	struct endpoint e = endpoint_of(s.url);
	free(e.headers[0]);
	e.headers_n = 0;
	e.aws = xcalloc(1, sizeof *e.aws);
	e.aws->id = xstrdup("AKIDEXAMPLE");
	e.aws->secret = xstrdup("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
	e.aws->region = xstrdup("eu-west-1");
	probe_send(&e, s.url, SPAN("{}"), PATIENCE_MS, &p);
	probe_server_stop(&s);
	CHECK_INT(p.end, PROBE_ANSWERED);
	CHECK(strstr(s.request, "\r\nAuthorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"));
	CHECK(strstr(s.request, "/eu-west-1/bedrock/aws4_request"));
	CHECK(strstr(s.request, "\r\nX-Amz-Date: "));
	CHECK(!strstr(s.request, "wJalrXUtnFEMI"));
	probe_release(&p);
	endpoint_release(&e);
}

TEST("a probe says of a refusal what was refused, and keeps the words")
{
	struct probe p;
	ask_for("HTTP/1.1 401 Unauthorized\r\nContent-Length: 14\r\n\r\n{\"error\":\"no\"}", &p);
	CHECK_INT(p.end, PROBE_ANSWERED);
	CHECK_INT(p.status, 401);
	CHECK_INT(p.date_s, -1);
	CHECK_MEM(p.body.data, p.body.len, "{\"error\":\"no\"}");
	probe_release(&p);
}

TEST("a probe follows no redirect, and says where it leads")
{
	struct probe_server elsewhere = { .answer = FINE };
	struct probe p;
	probe_server_start(&elsewhere);
	char *answer = xasprintf("HTTP/1.1 307 Temporary Redirect\r\nContent-Length: 0\r\n"
				 "Location: %s/v1/models?key=" KEY "\r\n\r\n",
		elsewhere.url);
	char *there = xasprintf("%s/v1/models?key=********************", elsewhere.url);
	ask_for(answer, &p);
	probe_server_stop(&elsewhere);
	CHECK_INT(p.end, PROBE_ANSWERED);
	CHECK_INT(p.status, 307);
	CHECK_STR(p.location, there);
	CHECK_INT(elsewhere.connections_n, 0);
	probe_release(&p);
	free(answer);
	free(there);
}

TEST("a probe takes the key out of what comes back, and drops what hides it")
{
	struct probe p;
	ask_for("HTTP/1.0 401 No\r\n\r\n{\"error\":\"bad key " KEY "\"}", &p);
	CHECK_MEM(p.body.data, p.body.len, "{\"error\":\"bad key ********************\"}");
	CHECK_STR(p.http, "HTTP/1.0");
	probe_release(&p);
	ask_for("HTTP/1.0 401 No\r\n\r\n{\"error\":\"\\u0073k-canary-0123456789\"}", &p);
	CHECK_INT(p.body.len, 0);
	CHECK_STR(p.detail, "the answer repeats the key that it was asked with");
	probe_release(&p);
}

TEST("a probe of a port where nobody listens says so, and what the name stands for")
{
	struct probe_server s = { .answer = FINE };
	struct probe p;
	probe_server_start(&s);
	probe_server_stop(&s);
	ask(&s, &p);
	CHECK_INT(p.end, PROBE_NO_CONNECTION);
	CHECK(p.detail && strstr(p.detail, "Connection refused"));
	CHECK_STR(p.peer, NULL);
	CHECK_INT(p.addresses_n, 1);
	CHECK(p.lookup_us >= 0);
	CHECK_INT(p.connect_us, -1);
	CHECK_INT(p.status, 0);
	CHECK_STR(p.http, NULL);
	probe_release(&p);
}

TEST("a probe of a name that nobody has says so")
{
	struct endpoint e = endpoint_of("http://nobody.invalid:80");
	struct probe p;
	probe_send(&e, "http://nobody.invalid/v1/models", (struct span){ 0 }, PATIENCE_MS, &p);
	CHECK_INT(p.end, PROBE_NO_NAME);
	CHECK(p.detail != NULL);
	CHECK_INT(p.addresses_n, 0);
	CHECK_INT(p.lookup_us, -1);
	CHECK_INT(p.connect_us, -1);
	probe_release(&p);
	endpoint_release(&e);
}

TEST("a probe of a server that never answers ends in time")
{
	struct probe_server s = { .answer = NULL };
	struct probe p;
	probe_server_start(&s);
	struct endpoint e = endpoint_of(s.url);
	int64_t began_ms = clock_now_ms();
	probe_send(&e, s.url, (struct span){ 0 }, 300, &p);
	int64_t took_ms = clock_now_ms() - began_ms;
	probe_server_stop(&s);
	CHECK_INT(p.end, PROBE_NO_ANSWER);
	CHECK_INT(p.silence, SILENCE_LATE);
	CHECK(took_ms >= 300 && took_ms < 10000);
	CHECK(p.connect_us >= 0);
	CHECK_INT(p.status, 0);
	CHECK_STR(p.peer, s.url + strlen("http://"));
	probe_release(&p);
	endpoint_release(&e);
}

TEST("a probe of a server that speaks no HTTP, or breaks off, says that there was no answer")
{
	struct probe p;
	ask_for("220 mail.example ready\r\n", &p);
	CHECK_INT(p.end, PROBE_NO_ANSWER);
	CHECK_INT(p.silence, SILENCE_OTHER);
	CHECK(p.detail);
	probe_release(&p);
	ask_for("", &p);
	CHECK_INT(p.end, PROBE_NO_ANSWER);
	CHECK_INT(p.silence, SILENCE_SHUT);
	probe_release(&p);
	ask_for("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", &p);
	CHECK_INT(p.end, PROBE_NO_ANSWER);
	CHECK_INT(p.silence, SILENCE_ODD);
	CHECK_INT(p.status, 200);
	probe_release(&p);
}

TEST("a probe keeps no more of an answer than it may be")
{
	static const char head[] = "HTTP/1.1 200 OK\r\n\r\n";
	size_t n = (10 << 20) + sizeof head - 1;
	char *answer = xmalloc(n);
	memset(answer, 'a', n);
	memcpy(answer, head, sizeof head - 1);
	struct probe_server s = { .answer = answer, .answer_n = n };
	struct probe p;
	probe_server_start(&s);
	ask(&s, &p);
	probe_server_stop(&s);
	CHECK_INT(p.end, PROBE_NO_ANSWER);
	CHECK_STR(p.detail, "the answer is larger than it may be");
	CHECK_INT(p.status, 200);
	CHECK(p.body.len <= PROBE_BODY_MAX_BYTES);
	probe_release(&p);
	free(answer);
}

TEST("a probe unpacks what comes packed")
{
	static const char packed[] =
		"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 22\r\n\r\n"
		"\x1f\x8b\x08\0\0\0\0\0\x02\x03\xab\xae\x05\0\x43\xbf\xa6\xa3\x02\0\0\0";
	struct probe_server s = { .answer = packed, .answer_n = sizeof packed - 1 };
	struct probe p;
	probe_server_start(&s);
	struct endpoint e = endpoint_of(s.url);
	setenv("no_proxy", "*", 1);
	e.is_loopback = false; /* on this machine nothing is packed */
	probe_send(&e, s.url, (struct span){ 0 }, PATIENCE_MS, &p);
	unsetenv("no_proxy");
	probe_server_stop(&s);
	CHECK_INT(p.end, PROBE_ANSWERED);
	CHECK(strstr(s.request, "\r\nAccept-Encoding: "));
	CHECK_MEM(p.body.data, p.body.len, "{}");
	probe_release(&p);
	endpoint_release(&e);
}

TEST("a probe connects to a socket in the file system where it is told to")
{
	char dir[] = "/tmp/pllm-probe-XXXXXX";
	CHECK(mkdtemp(dir) != NULL);
	char *path = xasprintf("%s/socket", dir);
	struct probe_server s = { .answer = FINE, .unix_path = path };
	struct probe p;
	probe_server_start(&s);
	struct endpoint e = endpoint_of("http://nobody.invalid:80");
	e.unix_path = xstrdup(path);
	probe_send(&e, "http://nobody.invalid/v1/models", (struct span){ 0 }, PATIENCE_MS, &p);
	probe_server_stop(&s);
	CHECK_INT(p.end, PROBE_ANSWERED);
	CHECK_STR(p.peer, path);
	CHECK_INT(p.addresses_n, 0);
	CHECK(strstr(s.request, "\r\nHost: nobody.invalid\r\n"));
	probe_release(&p);
	endpoint_release(&e);
	unlink(path);
	CHECK_INT(rmdir(dir), 0);
	free(path);
}

TEST("a probe of headers without end says that they are too large")
{
	struct buf answer;
	struct probe p;
	buf_init(&answer, 1 << 20);
	buf_put_str(&answer, "HTTP/1.1 200 OK\r\n");
	while (answer.len < 400000) {
		buf_put_str(&answer, "x-padding: ");
		for (int i = 0; i < 100; i++)
			buf_put_str(&answer, "0123456789");
		buf_put_str(&answer, "\r\n");
	}
	buf_put_char(&answer, '\0');
	ask_for(answer.data, &p);
	CHECK_INT(p.end, PROBE_NO_ANSWER);
	CHECK(p.detail);
	probe_release(&p);
	buf_release(&answer);
}

TEST("a probe goes to the proxy of the environment, and names it without its password")
{
	struct probe_server s = { .answer = FINE };
	struct probe p;
	probe_server_start(&s);
	char *proxy = xasprintf("http://user:secret-word@%s", s.url + strlen("http://"));
	setenv("http_proxy", proxy, 1);
	struct endpoint e = endpoint_of("http://nobody.invalid:80");
	e.is_loopback = false;
	probe_send(&e, "http://nobody.invalid/v1/models", (struct span){ 0 }, PATIENCE_MS, &p);
	CHECK_INT(p.end, PROBE_ANSWERED);
	CHECK_STR(p.proxy, s.url);
	CHECK_INT(p.addresses_n, 0);
	probe_release(&p);
	/* As libcurl has it: not for a host that is excepted. */
	setenv("no_proxy", "example.com, .invalid", 1);
	probe_send(&e, "http://nobody.invalid/v1/models", (struct span){ 0 }, PATIENCE_MS, &p);
	CHECK_INT(p.end, PROBE_NO_NAME);
	CHECK_STR(p.proxy, NULL);
	probe_release(&p);
	unsetenv("http_proxy");
	unsetenv("no_proxy");
	probe_server_stop(&s);
	CHECK(strncmp(s.request, "GET http://nobody.invalid/v1/models ", 36) == 0);
	CHECK_INT(s.connections_n, 1);
	endpoint_release(&e);
	free(proxy);
}

/* The proxy for a URL is that one, or none; the variables of before are gone then. */
static void check_proxy(const char *url, const char *want)
{
	static const char *const names[] = { "http_proxy", "HTTP_PROXY", "https_proxy",
		"HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY" };
	char *proxy = probe_proxy_for(url);
	CHECK_STR(proxy, want);
	free(proxy);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		unsetenv(names[i]);
}

TEST("of the environment's proxies the one counts that libcurl takes")
{
	setenv("HTTP_PROXY", "http://cgi", 1);
	check_proxy("http://h/", NULL);
	setenv("HTTPS_PROXY", "http://upper", 1);
	setenv("https_proxy", "http://lower", 1);
	setenv("all_proxy", "http://all", 1);
	check_proxy("HTTPS://h/", "http://lower");
	setenv("http_proxy", "", 1);
	setenv("ALL_PROXY", "http://all", 1);
	check_proxy("http://h/", "http://all");
	setenv("http_proxy", "http://p", 1);
	setenv("no_proxy", "other", 1);
	setenv("NO_PROXY", "h", 1);
	check_proxy("http://h/", "http://p");
	setenv("http_proxy", "http://p", 1);
	setenv("no_proxy", "fd00::/8", 1);
	check_proxy("http://[fd00::1]:80/", NULL);
}

TEST("no_proxy names hosts, all below them, addresses and networks")
{
	CHECK(probe_proxy_is_excepted("api.example.com", "*"));
	CHECK(probe_proxy_is_excepted("api.example.com", "example.com"));
	CHECK(probe_proxy_is_excepted("API.example.com", ".Example.com"));
	CHECK(probe_proxy_is_excepted("example.com", ".example.com"));
	CHECK(probe_proxy_is_excepted("example.com.", "local,example.com."));
	CHECK(!probe_proxy_is_excepted("notexample.com", "example.com"));
	CHECK(!probe_proxy_is_excepted("example.com", "api.example.com"));
	CHECK(!probe_proxy_is_excepted("example.com", ""));
	CHECK(!probe_proxy_is_excepted("example.com", ", .,"));
	CHECK(probe_proxy_is_excepted("10.1.2.3", "192.0.2.1 10.0.0.0/8"));
	CHECK(probe_proxy_is_excepted("10.1.2.3", "10.1.2.3"));
	CHECK(probe_proxy_is_excepted("10.1.2.3", "10.1.2.2/31"));
	CHECK(!probe_proxy_is_excepted("10.1.2.3", "10.1.2.0/31"));
	CHECK(!probe_proxy_is_excepted("10.1.2.3", "10.0.0.0/33"));
	CHECK(!probe_proxy_is_excepted("10.1.2.3", "2.3"));
	CHECK(!probe_proxy_is_excepted("10.1.2.3", "10.0.0.0/x"));
	CHECK(probe_proxy_is_excepted("fd00::1", "fd00::/8"));
	CHECK(probe_proxy_is_excepted("fd00::1", "[fd00::1]"));
	CHECK(!probe_proxy_is_excepted("fd00::1", "10.0.0.0/8"));
}

TEST("a proxy is shown without user and password, with the port that libcurl takes")
{
	static const struct {
		const char *given, *shown;
	} all[] = {
		{ "http://u:p@proxy.example:3128/", "http://proxy.example:3128" },
		{ "proxy.example", "http://proxy.example:1080" },
		{ "https://proxy.example", "https://proxy.example:443" },
		{ "socks5h://u:p@[::1]:9050", "socks5h://[::1]:9050" },
		{ "http://", "one whose address cannot be read" },
	};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		char *shown = probe_proxy_shown(all[i].given);
		CHECK_STR(shown, all[i].shown);
		free(shown);
	}
}

TEST("text of a certificate is made plain")
{
	char text[] = "a\x1b[2J\xff\xc3\xa4\x7f";
	probe_make_plain(text);
	CHECK_STR(text, "a?[2J?\xc3\xa4?");
	probe_make_plain(NULL);
}
