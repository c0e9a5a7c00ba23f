/* SPDX-License-Identifier: MIT */
/*
 * queue: the requests that do not fly: ready ones, by pool and tier, and those that wait for their
 * time; and the last moments of their calls.
 *
 * Knows the order, not the reasons. Borrows requests and calls. Time is an argument. The loop's
 * thread.
 *
 * Invariant: a request is here unless it is REQUEST_FLYING or REQUEST_SOUGHT.
 */
#pragma once

#include "base/heap.h"
#include "work/request.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The requests that are ready for one tier of one pool. */
struct lane {
	struct heap ready; /* by record number */
	bool is_blocked;   /* its first may not start now */
};

struct queue {
	struct lane *lanes; /* owned: pool after pool, each with all tiers */
	size_t lanes_n;
	unsigned tiers_n;
	size_t ready_n;        /* in all lanes */
	struct heap waiting;   /* by the time at which they become ready */
	struct heap deadlines; /* of calls, if there are any */
	int64_t patience_ms;   /* --deadline: from a record's admission; 0 = none */
};

/* Makes an empty one for so many pools and tiers. */
void queue_init(struct queue *k, unsigned pools_n, unsigned tiers_n, int64_t patience_ms);

/* Frees what k holds; no request may be in it. */
void queue_release(struct queue *k);

/* Puts a request in, ready. */
void queue_put(struct queue *k, struct request *q);

/* A request that is ready has got a call of an earlier record: it goes as early. */
void queue_hasten(struct queue *k, struct request *q);

/* Puts a request in that becomes ready at that time. */
void queue_put_off(struct queue *k, struct request *q, int64_t until_ms);

/* Takes the request out, wherever it is: from now on it counts as flying. */
void queue_remove(struct queue *k, struct request *q);

/* Takes out and gives any request; NULL = none is left. */
struct request *queue_take(struct queue *k);

/* Moves those whose time has come to the ready ones. */
void queue_ripen(struct queue *k, int64_t now_ms);

/* All lanes may be asked for their first again. */
void queue_unblock(struct queue *k);

/* The lane of this request, which is ready, is left out by queue_first. */
void queue_block(struct queue *k, const struct request *q);

/* Gives the ready request of the earliest record in the lanes that are not blocked; NULL = none. */
struct request *queue_first(const struct queue *k);

/* Gives one that is ready, whether it may start or not; NULL = none is. */
const struct request *queue_any_ready(const struct queue *k);

/* Gives when something here becomes ready or passes its last moment; INT64_MAX = never. */
int64_t queue_next_ms(const struct queue *k);

/* The last moment for a request: its latest call's; INT64_MAX = none. */
int64_t queue_deadline_ms(const struct queue *k, const struct request *q);

/* Minds the deadline of a call, unless it does so already. */
void queue_mind(struct queue *k, struct call *call);

/* Minds those of all calls of a request. */
void queue_mind_all(struct queue *k, struct request *q);

/* Minds a call's at another time. */
void queue_put_off_deadline(struct queue *k, struct call *call, int64_t until_ms);

/* No longer minds a call's. */
void queue_forget(struct queue *k, struct call *call);

/* No longer minds those of all calls of a request. */
void queue_forget_all(struct queue *k, struct request *q);

/* Gives a call whose last moment has passed, which is minded no longer; NULL = none. */
struct call *queue_take_late(struct queue *k, int64_t now_ms);
