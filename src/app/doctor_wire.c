/* SPDX-License-Identifier: MIT */
/* What can be seen of the way to an endpoint: its name, connection, certificates; its clock. */
#include "api/api.h"
#include "app/doctor_part.h"
#include "base/xalloc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	DAY_S = 86400,
	DAYS_LEFT_MIN = 21, /* who renews by a machine does it before */
	SKEW_MAX_S = 30,
	SIGNED_SKEW_MAX_S = 300, /* what Amazon takes */
	ADDRESSES_TEXT_MAX = 500
};

static long long ms_of(int64_t us)
{
	return (us + 500) / 1000;
}

/* How long something took that began when another thing had ended. */
static long long ms_between(int64_t from_us, int64_t to_us)
{
	return ms_of(to_us - (from_us > 0 ? from_us : 0));
}

/* "192.0.2.1, 192.0.2.2": allocated. */
static char *addresses_text(const struct probe *p)
{
	struct buf text;
	buf_init(&text, ADDRESSES_TEXT_MAX);
	for (unsigned i = 0; i < p->addresses_n; i++) {
		buf_put_str(&text, i > 0 ? ", " : "");
		buf_put_str(&text, p->addresses[i]);
	}
	char *copy = xmemdup(text.len > 0 ? text.data : "", text.len);
	buf_release(&text);
	return copy;
}

static const char *detail_of(const struct probe *p)
{
	return p->detail ? p->detail : "no more is known";
}

static void look_at_name(struct doctor *d, const struct endpoint *e, const struct probe *p)
{
	if (p->end == PROBE_NO_NAME) {
		doctor_say(d, FINDING_FAIL, "name", "%s", detail_of(p));
		doctor_help(d, "%s",
			p->proxy
				? "is the proxy's name right, and does this machine resolve names?"
				: "is the host right in --endpoint, and does this machine resolve names?");
	} else if (p->addresses_n > 0 && !e->unix_path && !strstr(e->origin, p->addresses[0])) {
		char *addresses = addresses_text(p);
		if (p->lookup_us >= 0)
			doctor_say(d, FINDING_OK, "name", "%s, in %lld ms", addresses,
				ms_of(p->lookup_us));
		else
			doctor_say(d, FINDING_OK, "name", "%s", addresses);
		free(addresses);
	}
	if (p->proxy)
		doctor_say(d, FINDING_NOTE, "proxy", "%s", p->proxy);
}

static void look_at_connection(struct doctor *d, const struct endpoint *e, const struct probe *p)
{
	if (p->end == PROBE_NO_CONNECTION) {
		doctor_say(d, FINDING_FAIL, "connection", "%s", detail_of(p));
		doctor_help(d, "%s",
			p->proxy               ? "does the proxy let this host through?"
				: e->unix_path ? "does the server listen at that socket?"
				: e->is_loopback
				? "does the server run, and listen at that port?"
				: "is the port right, and does a firewall stand between?");
	} else if (p->peer && p->connect_us >= 0) {
		doctor_say(d, FINDING_OK, "connection", "%s, in %lld ms", p->peer,
			ms_between(p->lookup_us, p->connect_us));
	}
}

/* The server's own, if it is known how long it is good; others of the chain may be out of use. */
static const struct probe_certificate *certificate_of(const struct probe *p)
{
	return p->chain_n > 0 && p->chain[0].ends_s >= 0 ? &p->chain[0] : NULL;
}

static bool is_expired(const struct probe *p)
{
	const struct probe_certificate *c = certificate_of(p);
	return c && c->ends_s < p->asked_s;
}

static void look_at_certificate(struct doctor *d, const struct probe *p)
{
	const struct probe_certificate *c = certificate_of(p);
	if (!c)
		return;
	long long days = (c->ends_s - p->asked_s) / DAY_S;
	const char *issuer = c->issuer ? c->issuer : "nobody";
	if (is_expired(p)) {
		doctor_say(d, FINDING_FAIL, "certificate", "expired, %lld days ago; issued by %s",
			-days, issuer);
		doctor_help(d, "whoever runs the server has to renew it; is the clock here right?");
	} else {
		doctor_say(d, days < DAYS_LEFT_MIN ? FINDING_WARN : FINDING_OK, "certificate",
			"%lld days left; issued by %s; chain of %u", days, issuer, p->chain_n);
	}
}

static void say_distrust(struct doctor *d, const struct endpoint *e, const struct probe *p)
{
	const struct probe_certificate *c = &p->chain[0];
	if (p->is_of_other_name) {
		doctor_say(d, FINDING_FAIL, "trust", "the certificate is for another name: %s",
			c->names             ? c->names
				: c->subject ? c->subject
					     : "it has none");
		doctor_help(d, "is the host right in --endpoint? Its certificate has to name it");
		return;
	}
	doctor_say(d, FINDING_FAIL, "trust", "%s", detail_of(p));
	doctor_help(d, "%s",
		p->chain_n == 0 ? "is https spoken at that port?"
			: e->cacert
			? "does --cacert hold the certificate of whoever signed the server's?"
			: "if the server has a certificate of your own, give --cacert FILE");
}

static void look_at_trust(struct doctor *d, const struct endpoint *e, const struct probe *p)
{
	/* What has expired is not trusted either, but that is one thing. */
	if (p->end == PROBE_NO_TRUST && !is_expired(p)) {
		say_distrust(d, e, p);
	} else if (p->tls && p->tls_us >= 0) {
		doctor_say(d, FINDING_OK, "trust", "%s, in %lld ms", p->tls,
			ms_between(p->connect_us, p->tls_us));
	}
	look_at_certificate(d, p);
}

static const char *help_for_silence(const struct probe *p)
{
	static const char *const texts[] = {
		[SILENCE_ODD] = "is it a server of this API?",
		[SILENCE_LATE] =
			"it took the request and does not answer: it is overloaded, or has no API of this kind",
		[SILENCE_SHUT] =
			"it hung up on the request: should it be https:// in --endpoint, or is it no server of HTTP?",
		[SILENCE_OTHER] =
			"what came is no HTTP: is https spoken at that port, or something else?",
	};
	/* With TLS it is https already. */
	if (p->tls && (p->silence == SILENCE_SHUT || p->silence == SILENCE_OTHER))
		return "there is TLS, and no HTTP in it: is the port right?";
	if (p->silence == SILENCE_LATE && p->status != 0)
		return "it began to answer and did not end: it is overloaded, or the network is";
	return texts[p->silence];
}

void doctor_wire(struct doctor *d, const struct endpoint *e, const struct probe *p)
{
	look_at_name(d, e, p);
	look_at_connection(d, e, p);
	look_at_trust(d, e, p);
	if (p->end == PROBE_NO_ANSWER) {
		doctor_say(d, FINDING_FAIL, "answer", "%s", detail_of(p));
		doctor_help(d, "%s", help_for_silence(p));
	} else if (p->end == PROBE_NOT_SENT) {
		doctor_refuse(d, "request", detail_of(p));
	} else if (p->end == PROBE_ANSWERED) {
		doctor_say(d, FINDING_OK, "answer", "%s, in %lld ms", p->http ? p->http : "HTTP",
			ms_of(p->total_us));
	}
}

void doctor_clock(struct doctor *d, const struct endpoint *e, const struct probe *p)
{
	if (p->date_s < 0)
		return;
	int64_t ahead_s = p->asked_s - p->date_s;
	int64_t off_s = ahead_s < 0 ? -ahead_s : ahead_s;
	if (off_s <= SKEW_MAX_S)
		return doctor_say(d, FINDING_OK, "clock", "as the server's");
	bool is_fatal = e->aws && off_s > SIGNED_SKEW_MAX_S;
	doctor_say(d, is_fatal ? FINDING_FAIL : FINDING_WARN, "clock",
		"%" PRId64 " s %s the server's%s", off_s, ahead_s > 0 ? "ahead of" : "behind",
		is_fatal ? ": signatures are refused" : "");
	doctor_help(d, "set this machine's clock, or have it set by NTP");
}
