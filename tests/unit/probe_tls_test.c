/* SPDX-License-Identifier: MIT */
#include "io/probe.h"

#include "base/clock.h"
#include "base/xalloc.h"
#include "probe_server.h"
#include "t.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FINE "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

enum { PATIENCE_MS = 10000, HOUR_S = 3600, DAY_S = 86400 };

/*
 * Asks a server with that certificate; trusts the authority if wanted. Gives what the server saw.
 */
static unsigned ask(struct probe_paper *paper, bool trusts, struct probe *p)
{
	char authority[] = "/tmp/pllm-probe-XXXXXX";
	close(mkstemp(authority));
	paper->authority = authority;
	struct probe_server s = { .answer = FINE, .tls = probe_paper_make(paper) };
	probe_server_start(&s);
	struct endpoint e = { .origin = s.url, .is_loopback = true };
	e.cacert = trusts ? authority : NULL;
	probe_send(&e, s.url, (struct span){ 0 }, PATIENCE_MS, p);
	probe_server_stop(&s);
	SSL_CTX_free(s.tls);
	unlink(authority);
	return s.requests_n;
}

/* What a certificate without trust looks like: shown, and nothing was sent. */
static void check_refused(struct probe_paper *paper, bool trusts, const char *why)
{
	struct probe p;
	CHECK_INT(ask(paper, trusts, &p), 0);
	CHECK_INT(p.end, PROBE_NO_TRUST);
	CHECK(p.detail && strstr(p.detail, why));
	CHECK_INT(p.chain_n, 1);
	CHECK_INT(p.status, 0);
	CHECK_STR(p.tls, NULL);
	int64_t left_s = p.chain[0].ends_s - clock_wall_s();
	CHECK(left_s > paper->to_s - 60 && left_s <= paper->to_s);
	char *subject = xasprintf("CN = %s", paper->name);
	CHECK_STR(p.chain[0].subject, subject);
	CHECK_STR(p.chain[0].issuer, paper->is_self_signed ? subject : "CN = An authority");
	CHECK_INT(p.is_of_other_name, strcmp(paper->name, "127.0.0.1") != 0);
	free(subject);
	probe_release(&p);
}

TEST("a probe over TLS shows the certificate, how long it is valid, and the version")
{
	struct probe_paper paper = { "127.0.0.1", -HOUR_S, 10 * DAY_S, false, NULL };
	struct probe p;
	CHECK_INT(ask(&paper, true, &p), 1);
	CHECK_INT(p.end, PROBE_ANSWERED);
	CHECK_STR(p.detail, NULL);
	CHECK_INT(p.status, 200);
	CHECK_STR(p.tls, "TLSv1.3");
	CHECK_INT(p.chain_n, 1);
	CHECK_STR(p.chain[0].subject, "CN = 127.0.0.1");
	CHECK_STR(p.chain[0].issuer, "CN = An authority");
	int64_t left_s = p.chain[0].ends_s - clock_wall_s();
	CHECK(left_s > 10 * DAY_S - 60 && left_s <= 10 * DAY_S);
	CHECK(p.connect_us <= p.tls_us && p.tls_us <= p.first_byte_us);
	probe_release(&p);
}

TEST("a probe shows a certificate of an authority that nobody trusts, and sends nothing")
{
	struct probe_paper paper = { "127.0.0.1", -HOUR_S, DAY_S, false, NULL };
	check_refused(&paper, false, "unable to get local issuer certificate");
}

TEST("a probe shows since when a certificate has expired, and sends nothing")
{
	struct probe_paper paper = { "127.0.0.1", -2 * HOUR_S, -HOUR_S, false, NULL };
	check_refused(&paper, true, "expired");
}

TEST("a probe shows whose certificate another host has, and sends nothing")
{
	struct probe_paper paper = { "elsewhere.example", -HOUR_S, DAY_S, false, NULL };
	check_refused(&paper, true, "127.0.0.1");
}

TEST("a probe says of no name that it is the only fault if nobody trusts who signed, either")
{
	struct probe_paper paper = { "elsewhere.example", -HOUR_S, DAY_S, false, NULL };
	struct probe p;
	ask(&paper, false, &p);
	CHECK_INT(p.end, PROBE_NO_TRUST);
	CHECK(!p.is_of_other_name);
	probe_release(&p);
}

TEST("a probe shows a certificate that signed itself, and sends nothing")
{
	struct probe_paper paper = { "127.0.0.1", -HOUR_S, DAY_S, true, NULL };
	check_refused(&paper, true, "self");
}

TEST("a probe of TLS where none is spoken says that there is no handshake")
{
	struct probe_server s = { .answer = "HTTP/1.1 400 Bad Request\r\n\r\n" };
	struct probe p;
	probe_server_start(&s);
	char *url = xasprintf("https%s", s.url + strlen("http"));
	struct endpoint e = { .origin = url, .is_loopback = true };
	probe_send(&e, url, (struct span){ 0 }, 500, &p);
	probe_server_stop(&s);
	CHECK(p.end == PROBE_NO_TRUST || p.end == PROBE_NO_CONNECTION);
	CHECK(p.detail);
	CHECK_INT(p.chain_n, 0);
	probe_release(&p);
	free(url);
}

TEST("a probe is not sent if what the endpoint trusts cannot be read")
{
	struct endpoint e = { .origin = (char[]){ "https://127.0.0.1:1" }, .is_loopback = true };
	struct probe p;
	e.cacert = (char[]){ "/nowhere/ca.pem" };
	probe_send(&e, e.origin, (struct span){ 0 }, 500, &p);
	CHECK_INT(p.end, PROBE_NOT_SENT);
	CHECK(p.detail && strstr(p.detail, "/nowhere/ca.pem"));
	probe_release(&p);
}
