/* SPDX-License-Identifier: MIT */
/*
 * upstream: the servers that are asked, one behind each endpoint: what they say to an attempt, and
 * when.
 *
 * They speak OpenAI's chat completions. An answer echoes the number that the prompt asked about,
 * and which attempt at it this is, so that an answer in the wrong record is seen.
 */
#pragma once

#include "work/attempt.h"
#include "work/outcome.h"

#include <stdbool.h>
#include <stdint.h>

/* How often the simulated run asks again for an answer that does not match. */
enum { SIM_REASKS_N = 2 };

/* What a token costs, in pico-dollars. */
enum { SIM_INPUT_PRICE = 1000, SIM_OUTPUT_PRICE = 3000 };

/* The longest answer of the model, in tokens. */
enum { SIM_OUTPUT_MAX = 400 };

enum reply_kind {
	REPLY_ANSWER,
	REPLY_RATE,        /* 429 */
	REPLY_ERROR,       /* 500 */
	REPLY_UNAVAILABLE, /* 503 */
	REPLY_OVERLOADED,  /* 529 */
	REPLY_REFUSED,     /* no connection */
	REPLY_DROP,        /* the connection closes without an answer */
	REPLY_CUT,         /* it closes in the middle of one */
	REPLY_HALF,        /* a complete HTTP answer with half of its JSON */
	REPLY_BAD_REQUEST, /* 400 */
	REPLY_TOO_LONG,    /* 400: more than the model takes */
	REPLY_AUTH,        /* 401 */
	REPLY_QUOTA,       /* 429 that means money */
	REPLY_LENGTH,      /* an answer cut by the limit of tokens */
	REPLY_MISMATCH,    /* an answer that is not what the schema says */
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
	unsigned endpoint;
	unsigned nth;    /* the attempt at this record, from 1 */
	int64_t ms;      /* how long it takes */
	int64_t hint_ms; /* Retry-After; -1 = none */
	int64_t end_ms;  /* when it came */
	int advice;      /* x-should-retry: 1, 0, or -1 = not said */
	int64_t input;   /* tokens */
	int64_t output;
	bool is_served; /* takes one of the places that there are at once */
	struct allowances told;
};

extern const struct reply_law reply_laws[REPLY_KINDS_N];

/* Opens the servers for a run. */
void upstream_begin(void);

/* Takes an attempt in, the nth about record number seq, and says what will come of it. */
void upstream_enter(unsigned endpoint, uint64_t seq, unsigned nth, struct reply *reply);

/* Ends what upstream_enter began. */
void upstream_leave(const struct reply *reply);

/* Writes the reply to the attempt about `id` as io/http would: wire, status, body, hints. */
void upstream_fill(const struct reply *reply, uint64_t id, struct attempt *attempt);

/* True if a record is to fail whatever is done. */
bool upstream_is_poison(uint64_t seq);

/* What the servers together can answer in a second, -j being what it is, at that time. */
double upstream_best_per_s(int64_t at_ms);
