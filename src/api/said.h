/* SPDX-License-Identifier: MIT */
/*
 * said: what a model said, put together piece by piece, and what it amounts to.
 *
 * For answers that come in many pieces, events of a stream or blocks of a message: texts are
 * escaped and put together as they stand, so that the halves of a surrogate pair meet again. Knows
 * no API. Pure; the loop's thread.
 */
#pragma once

#include "base/buf.h"
#include "base/span.h"
#include "work/answer.h"
#include "work/attempt.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One tool's call, while its pieces come. */
struct said_call {
	int64_t index;    /* by which the API tells calls apart */
	struct span id;   /* escaped; missing = not said */
	struct span name; /* escaped */
	struct buf args;  /* owned: of the arguments what has come, escaped as the API does it */
};

/* The most calls of one answer; the pieces of further ones are dropped with a finish of error. */
enum { SAID_CALLS_MAX = 128 };

struct said {
	struct buf text; /* escaped, as the following */
	struct buf refusal;
	struct said_call *calls; /* owned */
	size_t calls_n;
	struct span model;    /* of the bytes that came, as the following; missing = not said */
	struct span usage;    /* a JSON value */
	struct span tier;     /* of service, escaped */
	struct span logprobs; /* a JSON value */
	struct span tools;    /* a JSON array of whole calls, where the API brings one */
	enum finish finish;   /* as the last piece that has one says */
	bool has_text;        /* perhaps an empty one */
	bool has_finish;
	bool has_too_many_calls;
	bool has_bad_text; /* a piece that is none */
};

/* Makes s empty; nothing that is put together may be larger than the attempt's answer. */
void said_init(struct said *s, const struct attempt *attempt);

/* Frees what s holds. */
void said_release(struct said *s);

/* Adds a piece of the text, escaped; a missing one says nothing. */
void said_add_text(struct said *s, struct span piece);

/*
 * The same of a JSON value: null and a missing one say nothing, any other that is no string spoils
 * the answer, which then has no text.
 */
void said_add_value(struct said *s, struct span value);

/* Adds a piece of the refusal, likewise. */
void said_add_refusal(struct said *s, struct span piece);

/* Gives the call of that index, a new one if there is none yet; NULL = there are too many. */
struct said_call *said_call(struct said *s, int64_t index);

/* Appends one whole call as the API writes it: for said_keep. */
typedef bool said_put_call(struct buf *out, const struct said_call *call);

/*
 * Moves what was said into the answer, whose spans then lie in answer->own. put may be NULL if the
 * API never calls tools piece by piece.
 */
void said_keep(struct said *s, said_put_call *put, struct answer *answer);

/*
 * Decides what an answer amounts to, once its text, tool calls and finish are there: an answer, or
 * a failure with a message. refusal is escaped text or missing. An answer of tool calls alone has
 * them as its value. `where` says what is missing if nothing was said:
 * "choices[0].message.content".
 */
void said_judge(struct answer *answer, struct span refusal, const char *where);

/* Makes answer a failure with these words. */
void said_refuse(struct answer *answer, enum outcome outcome, const char *message);
