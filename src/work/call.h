/* SPDX-License-Identifier: MIT */
/*
 * call: one question to a model for one record: a step of it, one of its models, one sample.
 *
 * Made when its step begins, settled once, kept until its record's line is written. While it is
 * being asked a request carries it (work/request.h), alone or with calls that ask the very same.
 * Owned by its record.
 */
#pragma once

#include "base/heap.h"
#include "base/list.h"
#include "work/answer.h"
#include "work/attempt.h"

#include <stdbool.h>

struct item;
struct record;
struct request;

struct call {
	struct record *record; /* borrowed: the owner */
	unsigned step;         /* index into the plan's steps */
	unsigned index;        /* its position among the step's: model by model, sample by sample */

	/* The scheduler's part. */
	struct request *request;   /* borrowed: what carries it; NULL = it is not being asked */
	struct item *item;         /* borrowed: its text, of that request; NULL = it is no pack */
	struct heap_node deadline; /* among those with a last moment; out if there is none */
	struct list_node link;     /* among its request's calls, or the settled */

	/* What came of it. */
	bool is_settled;
	bool is_shared;        /* the answer was asked for by another call, and is paid there */
	bool was_sought;       /* it was looked for in a cache */
	bool is_cached;        /* the answer was asked for by another run, or earlier in this one */
	enum error_code error; /* why it failed for good; ERROR_NONE = it did not */
	unsigned attempts_n;   /* sent or tried for it */
	struct attempt attempt; /* the one that counted: how it went, and the bytes of the answer */
	struct answer answer;
};

/* Makes a call of that record, step and position that has not been asked. Borrows the record. */
void call_init(struct call *c, struct record *record, unsigned step, unsigned index);

/* Makes it one that ended without being asked, or asked on. Takes message (allocated). */
void call_abandon(struct call *c, enum error_code error, char *message);

/*
 * Lets go of what the answer's bytes came wrapped in: what matters of them is copied, the rest is
 * freed. For calls whose record waits for more.
 */
void call_compact(struct call *c);

/* Gives how many bytes its answer holds. */
size_t call_weight(const struct call *c);

/* Frees what c holds. */
void call_release(struct call *c);
