/* SPDX-License-Identifier: MIT */
/*
 * estimate: what a run would ask and pay, without asking. Private to engine/sched, but for its
 * sums.
 *
 * A request that would start is weighed instead: its tokens of input by what the model reads of it,
 * those of the answer by the most that it may have, the money by the endpoint's price; then it is
 * settled with a stand-in (engine/stand_in), so that later steps go on. What later steps hold of
 * stand-ins is known roughly; at most it is as long as those answers may be. Each is counted as
 * asked once: without retries, and without asking again. Nothing is counted for what the cache has.
 * The loop's thread.
 */
#pragma once

#include "api/price.h"
#include "engine/estimate_seen.h"
#include "work/plan.h"

#include <stdint.h>

struct request;
struct sched;

/* What one model would be asked. */
struct estimate_sum {
	uint64_t requests_n;
	uint64_t shared_n;        /* calls beyond the first that ask the same as another one */
	uint64_t rough_n;         /* of the requests: with stand-ins in them */
	double input;             /* tokens, about */
	int64_t output;           /* tokens, at most, of requests for which somebody says */
	uint64_t unbounded_n;     /* requests for which nobody does */
	int64_t cost_in;          /* pico-dollars for the input, of those whose price is known */
	int64_t cost_most;        /* at most, likewise, for all */
	uint64_t unpriced_n;      /* requests for whose input there is no price */
	uint64_t no_most_n;       /* requests of which nobody can say what they cost at most */
	enum price_source source; /* of the price; PRICE_UNKNOWN = some request had none */
};

struct estimate {
	struct estimate_sum pools[PLAN_MODELS_MAX]; /* by the number of the model's pool */
	uint64_t repeats_n; /* calls that ask what was asked before in the run: the cache has it */
	char *unpriced;     /* owned: the first model that has no price; NULL = none, or no name */
	struct estimate_seen seen;
};

/*
 * Counts a request, which is in no queue, where the first endpoint of its pool would be asked; it
 * is over by this. Its calls have a stand-in for an answer, or have failed, if the record yields no
 * request. The estimate is that of the scheduler's rooms.
 */
void estimate_take(struct sched *s, struct request *q);

/* Frees what e holds; fine on a zeroed one. */
void estimate_release(struct estimate *e);
