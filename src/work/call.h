/* SPDX-License-Identifier: MIT */
/*
 * call: one question to a model for one record.
 *
 * Its parts are written top to bottom by one room each and read only by later ones. A further
 * attempt starts the attempt and answer parts afresh. Owned by its record.
 */
#pragma once

#include "base/heap.h"
#include "base/list.h"
#include "work/answer.h"
#include "work/attempt.h"

#include <stdbool.h>

struct record;
struct reask;

/* A body_kind that is no endpoint's: what is asked has changed. */
#define CALL_BODY_IS_STALE (~0U)

struct call {
	struct record *record; /* borrowed: the owner */
	unsigned step;         /* index into the plan's steps */

	/* The scheduler's part. */
	struct heap_node turn;     /* among the ready (by record) or the waiting (by time) */
	bool is_waiting;           /* which of the two */
	struct heap_node deadline; /* among those with a last moment; out if there is none */
	struct list_node link;     /* among the settled */
	unsigned flights_n;        /* attempts in flight: 0, 1, or 2 with a hedge */
	unsigned attempts_n;       /* sent or tried so far */
	unsigned failures_n;       /* those of them that count against --retries */
	unsigned doubtful_n;       /* those of the failures after which trying again is doubtful */
	unsigned faults_n;         /* failures that may be its own doing, counted or not */
	unsigned refusals_n;       /* times that there was too much to do at once */
	unsigned trials_n;         /* failures that kept a breaker open */
	int64_t failed_ms;         /* when it last failed */
	unsigned guilty_n;         /* faults while others were answered: they are its own */
	unsigned tier;             /* the first tier that can serve it */
	unsigned body_kind;        /* whose request attempt.body is; 0 = nobody's yet */
	bool is_own_body;          /* the record's own request, which we do not extend */
	unsigned reasks_n;         /* times that its answer did not match the schema */
	struct reask *reask;       /* owned, its bytes behind it: the last of these; NULL = none */
	bool is_reask;             /* its next attempt asks again, and repeats nothing */
	struct usage paid;         /* tokens of the answers that did not match */
	bool is_retry;             /* its next attempt comes after a failure that counts */
	double estimate;           /* tokens of input; 0 = nobody asked */
	size_t picture_bytes;      /* of the request that are no text */
	int64_t max_tokens;    /* of output, as the request says; 0 = no limit, or nobody asked */
	const void *failed_at; /* the engine's: where it last failed; NULL = nowhere */

	enum error_code error; /* why it failed for good; ERROR_NONE = it did not */

	struct attempt attempt;
	struct attempt *second; /* owned: the hedge, while there is one; else NULL */
	const struct attempt
		*won; /* which of them has answered while the other flies; NULL = none */
	struct answer answer;
};

/* Makes a call of that record and step that has not been tried. Borrows the record. */
void call_init(struct call *c, struct record *record, unsigned step);

/* Frees what c holds. */
void call_release(struct call *c);
