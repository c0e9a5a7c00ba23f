/* SPDX-License-Identifier: MIT */
/*
 * sched: which call goes next, and what happens to one whose attempt failed.
 *
 * Holds the calls that are ready (earlier records first) and those that wait for their time; asks
 * the policies, renders the request, starts attempts, and turns what an API says of a finished one
 * into what a policy understands. A waiting call holds no slot. Time is an argument. The loop's
 * thread.
 *
 * Identity: inside = ready + waiting + in flight + settled but not yet taken.
 */
#pragma once

#include "base/heap.h"
#include "base/list.h"
#include "base/rng.h"
#include "io/http.h"
#include "policy/limit.h"
#include "policy/retry.h"
#include "work/call.h"
#include "work/endpoint.h"
#include "work/plan.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * The largest request body: a record of the largest size, every byte of it escaped, and its prompt.
 */
#define SCHED_BODY_MAX_BYTES (256UL << 20)

/* How many bodies are kept for further requests: most of what a turn frees and takes. */
#define SCHED_SPARES_N 256

/* --on-truncate: what an answer is that was cut by the limit of tokens. */
enum truncate_rule { TRUNCATE_IS_ERROR, TRUNCATE_IS_KEPT };

struct sched_opts {
	int64_t jobs;        /* -j: requests in flight, at most; >= 1 */
	int64_t timeout_ms;  /* of one attempt */
	int64_t deadline_ms; /* of one record, from its admission; 0 = none */
	int on_truncate;     /* enum truncate_rule */
	bool wants_usage;    /* somebody will look at the tokens of answers */
	struct retry_opts retry;
};

/* What the scheduler works with; all borrowed. */
struct sched_rooms {
	const struct plan *plan;
	const struct endpoint *endpoint;
	struct http *http;
};

struct sched {
	const struct sched_opts *opts; /* borrowed */
	struct sched_rooms rooms;
	struct rng rng;
	struct limit limit;
	struct heap ready;        /* by record number */
	struct heap waiting;      /* by the time at which they become ready */
	struct heap deadlines;    /* of ready and waiting calls, if --deadline */
	struct list_node flying;  /* calls in flight */
	struct list_node settled; /* finished for good, not yet taken */
	size_t settled_n;
	uint64_t requests_n;  /* attempts started in the run */
	uint64_t retries_n;   /* of them, those after a failure */
	uint64_t successes_n; /* answers in the run */
	int64_t success_ms;   /* when the last of them came; -1 = none yet */
	enum outcome dead;    /* why the endpoint is not asked again: QUOTA, AUTH or NOT_FOUND; else
				 ANSWERED */
	char *dead_message;   /* owned: in the server's words */
	bool is_stopped;      /* sched_stop was called */
	size_t spares_n;
	struct buf spares[SCHED_SPARES_N]; /* owned: empty bodies with memory */
};

/* Makes s ready; the seed is that of the jitter. Borrows the pointers for its life. */
void sched_init(struct sched *s, const struct sched_opts *opts, const struct sched_rooms *rooms,
	uint64_t seed);

/* Frees what s holds. No call may be inside. */
void sched_release(struct sched *s);

/* Takes a call of an admitted record in: it is ready. */
void sched_put(struct sched *s, struct call *call);

/*
 * Starts what may start now: moves waiting calls whose time has come to the ready ones, and ready
 * ones to the wire while the gates are open. Calls whose request cannot be rendered, and those past
 * their deadline, settle.
 */
void sched_dispatch(struct sched *s, int64_t now_ms);

/*
 * How long until sched_dispatch has something to do for the passing of time alone; INT64_MAX =
 * never.
 */
int64_t sched_wait_ms(const struct sched *s, int64_t now_ms);

/*
 * Takes an attempt back from the wire: its call is answered, settled as failed, or waits for
 * another try.
 */
void sched_finish(struct sched *s, struct attempt *attempt, int64_t now_ms);

/* Gives a call that is finished for good, its answer saying how, or NULL. */
struct call *sched_take_settled(struct sched *s);

/*
 * From now on nothing starts: calls that are ready or waiting, now or later, settle as cancelled
 * (or as what killed the endpoint).
 */
void sched_stop(struct sched *s);

/* Also cuts off what is in flight; it comes back through http. */
void sched_cut(struct sched *s);

/*
 * How many more calls would be of use now: as many as there are free slots, and a few. More would
 * only grow cold in the ready queue.
 */
size_t sched_hungry_n(const struct sched *s);

/* How many calls are in the scheduler, in flight included. */
size_t sched_inside(const struct sched *s);
