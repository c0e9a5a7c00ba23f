/* SPDX-License-Identifier: MIT */
/*
 * probe: one request by itself, and all that can be seen of how it went: for pllm doctor.
 *
 * Blocks: at most --connect-timeout, and as long again for the answer, or a minute for that of a
 * POST, which may have to wait for a model. As io/http it follows no redirect, trusts what the
 * endpoint trusts, and bounds headers and body. Where the server is not trusted, a second
 * connection looks at its certificates; nothing is sent on it. Any thread, with or without an http
 * room.
 */
#pragma once

#include "base/buf.h"
#include "work/attempt.h"
#include "work/endpoint.h"

#include <stdbool.h>
#include <stdint.h>

/* Why there is no answer, where there is none though the request was sent. */
enum probe_silence {
	SILENCE_ODD,  /* another reason, which detail says */
	SILENCE_LATE, /* time ran out */
	SILENCE_SHUT, /* the connection was closed before the first byte */
	SILENCE_OTHER /* what came is no HTTP */
};

/* How far it came. */
enum probe_end {
	PROBE_ANSWERED,      /* a whole HTTP answer, of whatever status */
	PROBE_NO_NAME,       /* the host's name, or the proxy's, was not found, or not in time */
	PROBE_NO_CONNECTION, /* refused, unreachable, or not in time; or the proxy refuses */
	PROBE_NO_TRUST,      /* TLS: no handshake, or a certificate that is not to be trusted */
	PROBE_NO_ANSWER, /* connected, but no whole answer in time, none in HTTP, or too large */
	PROBE_NOT_SENT   /* the request could not be made: detail says why */
};

/* One certificate of the chain, the server's own first. */
struct probe_certificate {
	char *subject, *issuer; /* owned, plain UTF-8, controls taken out */
	char *names;            /* owned, likewise: "DNS:a.example, DNS:b.example"; NULL = none */
	int64_t ends_s;         /* valid until: seconds since 1970; -1 = not known */
};

enum { PROBE_CHAIN_MAX = 8, PROBE_ADDRESSES_MAX = 8 };

struct probe {
	enum probe_end end;
	enum probe_silence silence;           /* PROBE_NO_ANSWER: why */
	bool is_of_other_name;                /* PROBE_NO_TRUST: but for the host it is trusted */
	char *detail;                         /* owned: the library's words; NULL = it went well */
	char *addresses[PROBE_ADDRESSES_MAX]; /* owned: what the name stands for, as text; none
						 where a proxy looks it up */
	unsigned addresses_n;
	char *peer;  /* owned: "192.0.2.1:443", "[::1]:443" or a socket's path, of the connection
			(with a proxy: to that); NULL = there was none */
	char *proxy; /* owned: the proxy that was used, without user and password; NULL */
	int64_t lookup_us; /* how long each took, from the start; -1 = it did not come so far */
	int64_t connect_us, tls_us, first_byte_us, total_us;
	const char *tls;  /* static: "TLSv1.3"; NULL = none */
	const char *http; /* static: "HTTP/1.1", "HTTP/2"; NULL = no answer */
	struct probe_certificate chain[PROBE_CHAIN_MAX]; /* also of a server that is not trusted */
	unsigned chain_n;
	int status;      /* HTTP's; 0 = none */
	bool is_html;    /* content-type says so */
	int64_t date_s;  /* the server's clock: seconds since 1970; -1 = it did not say */
	int64_t asked_s; /* ours, when that came; when we asked, if nothing came */
	char *location;  /* owned: where a redirect leads, in full; NULL = it is none */
	struct allowances allowances; /* what headers say of limits */
	struct buf body;              /* owned; decompressed; at most PROBE_BODY_MAX_BYTES */
};

enum { PROBE_BODY_MAX_BYTES = 8 << 20 };

/*
 * Asks the endpoint, with its headers and its key, for that URL (its own or one of the same origin:
 * asserted): GET, or POST of that JSON if body is not missing. Borrows all; fills out, whatever is
 * in it, which probe_release then frees. Never fails otherwise. The endpoint's secrets are taken
 * out of what comes back; a body that has one behind escapes is dropped, and detail says so.
 */
void probe_send(const struct endpoint *e, const char *url, struct span body,
	int64_t connect_timeout_ms, struct probe *out);

/* Frees what p holds; fine on a zeroed one. */
void probe_release(struct probe *p);
