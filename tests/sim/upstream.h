/* SPDX-License-Identifier: MIT */
/*
 * upstream: the server that is asked: what it says to an attempt, and when.
 *
 * Speaks OpenAI's chat completions. An answer echoes the number that the prompt asked about,
 * and which attempt at it this is, so that an answer in the wrong record is seen.
 */
#pragma once

#include "work/attempt.h"
#include "work/outcome.h"

#include <stdbool.h>
#include <stdint.h>

enum reply_kind {
	REPLY_ANSWER,
	REPLY_RATE,        /* 429 */
	REPLY_ERROR,       /* 500 */
	REPLY_UNAVAILABLE, /* 503 */
	REPLY_REFUSED,     /* no connection */
	REPLY_DROP,        /* the connection closes without an answer */
	REPLY_CUT,         /* it closes in the middle of one */
	REPLY_HALF,        /* a complete HTTP answer with half of its JSON */
	REPLY_BAD_REQUEST, /* 400 */
	REPLY_AUTH,        /* 401 */
	REPLY_QUOTA,       /* 429 that means money */
	REPLY_LENGTH,      /* an answer cut by the limit of tokens */
	REPLY_SILENCE,     /* nothing, ever: becomes a timeout */
	REPLY_TIMEOUT,     /* what becomes of it */
	REPLY_CANCELLED,   /* the engine cut it off */
	REPLY_KINDS_N
};

/* What a kind of reply looks like, and what the engine has to make of it. */
struct reply_law {
	const char *name;
	enum wire wire;
	int status;
	const char *code;      /* the error body's; NULL = the body is none of an error */
	enum error_code error; /* what a record that ends so carries */
	bool counts;           /* against --retries */
	bool is_final;         /* unless the server advises otherwise, there is no other try */
	bool is_deadly;        /* for the endpoint */
	unsigned tries_max;    /* given up after so many, whatever --retries; 0 = no such limit */
};

struct reply {
	enum reply_kind kind;
	int64_t ms;      /* how long it takes */
	int64_t hint_ms; /* Retry-After; -1 = none */
	int advice;      /* x-should-retry: 1, 0, or -1 = not said */
	unsigned nth;    /* the attempt at this record, from 1 */
};

extern const struct reply_law reply_laws[REPLY_KINDS_N];

/* Opens the server for a run. */
void upstream_begin(void);

/* Takes an attempt in, the nth about record number seq, and says what will come of it. */
struct reply upstream_enter(uint64_t seq, unsigned nth);

/* Ends what upstream_enter began. */
void upstream_leave(void);

/* Writes the reply to the attempt about `id` as io/http would: wire, status, body, hints. */
void upstream_fill(const struct reply *reply, uint64_t id, struct attempt *attempt);
