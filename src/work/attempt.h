/* SPDX-License-Identifier: MIT */
/*
 * attempt: one try of a request at one endpoint: what is sent, and what came of it.
 *
 * The engine fills the first part and hands the attempt to io/http, which fills the second and
 * hands it back; the API's file then reads it. In one thread at a time, like the call it is part
 * of.
 */
#pragma once

#include "base/buf.h"
#include "base/list.h"
#include "work/endpoint.h"

#include <stdbool.h>
#include <stdint.h>

/* How the exchange ended, as the wire saw it. */
enum wire {
	WIRE_COMPLETE,        /* a whole HTTP answer, of whatever status */
	WIRE_NO_CONNECTION,   /* refused, unreachable, no such host: nothing was sent */
	WIRE_TLS,             /* the connection could not be trusted: nothing was sent */
	WIRE_CLOSED,          /* closed or reset after sending, before an answer began */
	WIRE_CUT,             /* closed or broken in the middle of the answer */
	WIRE_CONNECT_TIMEOUT, /* no connection in time: nothing was sent */
	WIRE_TIMEOUT,         /* no whole answer in time */
	WIRE_LATE,            /* no first byte of the answer in time */
	WIRE_IDLE,            /* the answer began, and then nothing came for too long */
	WIRE_TOO_LARGE,       /* headers or body passed a ceiling of ours */
	WIRE_NOT_HTTP,        /* what came back is no HTTP */
	WIRE_CANCELLED        /* http_cancel, or the end of the run */
};

/* What the answer's headers said about asking again. */
struct hint {
	int64_t wait_ms;  /* how long to wait first; -1 = nothing was said */
	int should_retry; /* x-should-retry: 1 yes, 0 no, -1 = nothing was said */
	bool is_exact;    /* wait_ms is from retry-after-ms, which retry-after does not overrule */
};

enum allowance_unit {
	ALLOWANCE_REQUESTS,
	ALLOWANCE_TOKENS,
	ALLOWANCE_INPUT_TOKENS,
	ALLOWANCE_OUTPUT_TOKENS
};

/* What the answer's headers said about one limit of the endpoint. */
struct allowance {
	enum allowance_unit unit;
	double limit;      /* -1 = not said, like the following */
	double remaining;  /* of the limit */
	int64_t reset_ms;  /* until all of it is there again */
	int64_t window_ms; /* the time the limit is for, where its name says so; else 0 */
};

enum { ALLOWANCES_MAX = 8 };

struct allowances {
	unsigned n;
	struct allowance items[ALLOWANCES_MAX];
};

struct attempt {
	/* What to send. Written by the engine at dispatch. */
	const struct endpoint *endpoint; /* borrowed */
	const struct api *api;           /* borrowed: who wrote the body, and reads the answer */
	char *path; /* owned: follows the endpoint's base URL, where the record has a say in it;
		       NULL = the endpoint's url is it */
	struct buf body;               /* owned; the request's JSON */
	unsigned texts_n;              /* how many vectors it asks for; 0 = for an answer */
	int64_t timeout_ms;            /* from http_start to the last byte; > 0 */
	int64_t first_byte_timeout_ms; /* to the first byte of the body; 0 = none of its own */
	int64_t idle_timeout_ms;       /* between two bytes of it; 0 = none */
	void *owner;                   /* the engine's; io/http only carries it */

	/* What came back. Written by io/http. */
	enum wire wire;
	int status;        /* HTTP status; 0 = none */
	struct buf answer; /* owned; the body, decompressed */
	struct hint hint;
	struct allowances *allowances; /* owned; NULL = nothing was said about limits */
	bool is_html;                  /* content-type says so */
	bool is_event_stream;          /* likewise: server-sent events */
	char error_type[48];           /* x-amzn-errortype; "" = none */
	char request_id[64];           /* x-request-id, or request-id; "" = none */
	char *detail;                  /* owned; the library's words for a failure; NULL = none */
	unsigned sends_n;              /* how often the request left this machine: 0 or 1 */
	int64_t ms;                    /* from start to end */
	int64_t first_byte_ms; /* from start to the first byte of the body; -1 = none came */

	/* While the attempt is with io/http. */
	struct list_node link;
	int64_t started_ms;
	void *slot; /* what carries it; NULL = it waits for its turn, or is finished */
};

/* Makes `a` ready for a first try: an empty body with the given ceiling, nothing come back. */
void attempt_init(struct attempt *a, size_t body_max_bytes);

/* Makes `a` ready for a further try: what came back is dropped, the body stays. */
void attempt_again(struct attempt *a);

/* Frees what `a` holds; fine on a zeroed one. */
void attempt_release(struct attempt *a);
