/* SPDX-License-Identifier: MIT */
/*
 * retry: whether to try again, and when.
 *
 * Decides from what kind of failure it was and how often this has happened; asks no clock, sleeps
 * nowhere. Pure: the random numbers come from the caller's rng.
 */
#pragma once

#include "base/rng.h"

#include <stdbool.h>
#include <stdint.h>

/* What kind of failure, in the policies' own words. */
enum trouble {
	TROUBLE_PERMANENT, /* repeating cannot help */
	TROUBLE_PACE,      /* asked too fast: waiting is no failure and is never used up */
	TROUBLE_LOAD,      /* the other side has trouble */
	TROUBLE_LINK,      /* nothing was got across: cheap and quick to repeat */
	TROUBLE_DOUBTFUL,  /* repeating may pay twice for what is not likely to get better */
	TROUBLE_KINDS_N
};

struct retry_opts {
	int64_t retries; /* failures that are followed by another try; 0 = none */
};

struct retry_case {
	enum trouble trouble;
	unsigned failures_n; /* failures of this call that count, this one included if it does */
	unsigned doubtful_n; /* those of them that were TROUBLE_DOUBTFUL */
	unsigned refusals_n; /* times that it was refused for load, and excused */
	bool others_succeed; /* the other side answers others just now: it is not down */
	bool has_elsewhere;  /* the next try can go somewhere else */
	bool is_excused;     /* this failure does not count: a gate will say when to try again */
	int advice; /* 1 the other side said try again, 0 it said do not, -1 it did not say */
};

/*
 * Decides about one failure. True: try again after *wait_ms (>= 0), gates willing. False: give up.
 * What the other side asked us to wait is not this one's business but the gates'.
 */
bool retry_decide(
	const struct retry_opts *o, const struct retry_case *c, struct rng *rng, int64_t *wait_ms);

/* True if a failure of that kind uses up one of --retries. */
bool retry_counts(enum trouble trouble);
