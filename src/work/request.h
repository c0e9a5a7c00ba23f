/* SPDX-License-Identifier: MIT */
/*
 * request: what is asked once, for one call or for several.
 *
 * The scheduler's unit: it is ready, waits, flies (once, or twice with a hedge), and lands. Its
 * calls ask the very same, and all get the answer; or it is a pack, with several items, and each
 * call gets the vector of its own. It lives from sched_put until its last call has gone; the calls
 * belong to their records, the items to it. The loop's thread.
 *
 * Invariant: each call in `calls` has `request` pointing here, and would be asked of the same pool:
 * in the same words, or as one of the items.
 */
#pragma once

#include "base/heap.h"
#include "base/list.h"
#include "base/lookup.h"
#include "work/answer.h"
#include "work/attempt.h"
#include "work/call.h"
#include "work/entry.h"
#include "work/item.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A body_kind that is no endpoint's: what is asked has changed. */
#define REQUEST_BODY_IS_STALE (~0U)

/* Where it is. */
enum request_state {
	REQUEST_READY,   /* may start as soon as gates are open */
	REQUEST_WAITING, /* for its time */
	REQUEST_SOUGHT,  /* is looked for in the cache */
	REQUEST_FLYING   /* has attempts in the air */
};

struct reask;

struct request {
	struct list_node calls; /* borrowed: who waits for its answer */
	unsigned calls_n;       /* none: it was cut off, and lands for nobody */
	struct list_node items; /* owned: of a pack, in the order in which they are asked */
	unsigned items_n;
	bool is_pack;
	int64_t latest_ms; /* when the youngest of their records was admitted */
	uint64_t seq;      /* the least number of a record that has held it */
	unsigned step;     /* index into the plan's steps: of the call it was made for */
	unsigned pool;     /* index of the pool that serves it */

	enum request_state state;
	struct heap_node turn;   /* among the ready (by record) or the waiting (by time) */
	struct list_node link;   /* among the spare */
	struct lookup_node same; /* by what it asks, if that is known and to be shared */

	unsigned flights_n;    /* attempts in flight: 0, 1, or 2 with a hedge */
	unsigned attempts_n;   /* sent or tried so far */
	unsigned failures_n;   /* those of them that count against --retries */
	unsigned doubtful_n;   /* those of the failures after which trying again is doubtful */
	unsigned faults_n;     /* failures that may be its own doing, counted or not */
	unsigned refusals_n;   /* times that there was too much to do at once */
	unsigned trials_n;     /* failures that kept a breaker open */
	int64_t failed_ms;     /* when it last failed */
	unsigned guilty_n;     /* faults while others were answered: they are its own */
	unsigned tier;         /* the first tier that can serve it */
	unsigned body_kind;    /* whose request attempt.body is; 0 = nobody's yet */
	bool is_cut;           /* a part of its prompt was left out: it is too long */
	size_t parked_bytes;   /* of its body, counted by the scheduler while it does not fly */
	bool brings_own;       /* messages or a body: the record's own words, as they are */
	bool is_own_body;      /* the record's own request, which we do not extend */
	unsigned reasks_n;     /* times that its answer did not match the schema */
	struct reask *reask;   /* owned, its bytes behind it: the last of these; NULL = none */
	int64_t grown_tokens;  /* --on-truncate grow: the limit it is asked with now; 0 = the step's
				*/
	bool is_reask;         /* its next attempt asks something else, and repeats nothing */
	struct usage paid;     /* tokens of the answers that were asked for again */
	bool is_retry;         /* its next attempt comes after a failure that counts */
	double estimate;       /* tokens of input; 0 = nobody asked */
	size_t picture_bytes;  /* of the request that are no text */
	int64_t max_tokens;    /* of output, as the request says; 0 = no limit, or nobody asked */
	struct entry_key key;  /* what it asks, for the cache */
	bool has_key;          /* it is known: there is a cache */
	bool is_cached;        /* its answer came from there */
	int64_t paid_cost;     /* what these have cost; see answer.h */
	const void *failed_at; /* the engine's: where it last failed; NULL = nowhere */

	struct attempt attempt;
	struct attempt *second; /* owned: the hedge, while there is one; else NULL */
	const struct attempt
		*won; /* which of them has answered while the other flies; NULL = none */
	struct answer answer;
};

/* Makes one for calls of that step, to be asked of that pool; it has none yet. */
void request_init(struct request *q, unsigned step, unsigned pool);

/* Adds a call: that asks the same, or, of a pack, one of its items (NULL = it is no pack). */
void request_join(struct request *q, struct call *call, struct item *item);

/*
 * Takes a call of it away; it gets no answer from here. Its item stays, though it may be the last
 * that wants it.
 */
void request_leave(struct request *q, struct call *call);

/* Gives the call that has held it longest; there must be one. */
struct call *request_first(const struct request *q);

/* Adds an item, which has no calls yet. Takes it. */
void request_put_item(struct request *q, struct item *item);

/*
 * Moves the items of `from` from that one on, with their calls, to the end of q, which is of the
 * same step and pool.
 */
void request_move_items(struct request *q, struct request *from, struct item *first);

/*
 * Hands what has come of it, `error` being ERROR_NONE or why it failed for good, to its calls, and
 * takes them away: to the first the bytes themselves, to the others copies. They are put to
 * `settled`.
 */
void request_settle(struct request *q, enum error_code error, struct list_node *settled);

/* What the vectors of an answer lie in. */
struct vector_source {
	struct shared *bytes; /* borrowed */
	size_t weight;        /* of each vector's part of them, in bytes */
};

/*
 * Hands a call of a pack the vector of its item and a share of what that lies in, with what was
 * used to the first that is told anything; takes the call away, and puts it to `settled`.
 */
void request_settle_vector(struct request *q, struct call *call, const struct vector_source *source,
	struct list_node *settled);

/* The same for a call whose vector will not do. Takes message (allocated). */
void request_settle_misfit(
	struct request *q, struct call *call, char *message, struct list_node *settled);

/* Frees what q holds; no call may be left. */
void request_release(struct request *q);
