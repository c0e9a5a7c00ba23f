/* SPDX-License-Identifier: MIT */
/*
 * pool: the endpoints of a run behind their gates, and which of them an attempt goes to.
 *
 * Tier 0 is the pool that was asked for; tier n, the n-th fallback, is asked only where the tiers
 * before it cannot serve: for a request too long for them, when all of them are dead, or when they
 * have been silent for --fallback-after. What waits for a rate limit is not silent. A tier that was
 * silent is tried with one attempt at a time, and is itself again with its first answer. Time is an
 * argument. The loop's thread.
 */
#pragma once

#include "base/rng.h"
#include "engine/gates.h"
#include "policy/balance.h"

#include <stdbool.h>
#include <stdint.h>

/* The most endpoints a run may have, fallbacks included. */
enum { POOL_ENDPOINTS_MAX = 64 };

struct pool_opts {
	unsigned jobs; /* requests in flight, at most */
	bool is_fixed; /* no adaptive limits */
	enum balance_rule balance;
	int64_t fallback_after_ms; /* of silence */
};

struct pool {
	struct pool_opts opts;
	struct gates *gates; /* owned array, by tier */
	unsigned gates_n;
	unsigned tiers_n;
	unsigned tier;   /* the one that was asked last, for -v */
	struct rng *rng; /* borrowed */
};

/* What an attempt needs. */
struct pool_want {
	unsigned tier;             /* the first that can serve it */
	const struct gates *avoid; /* where it just failed or flies; NULL = nowhere */
	bool must_avoid;           /* rather not at all than there */
	struct gates_size size;
	uint64_t key; /* for affinity: hash of how its prompt begins */
};

/* Opens the pool on n >= 1 endpoints in the order of their tiers. Borrows them and rng. */
void pool_init(struct pool *p, const struct pool_opts *opts, const struct endpoint *endpoints,
	unsigned n, struct rng *rng);

/* Frees what p holds. */
void pool_release(struct pool *p);

/*
 * Gives the gates that an attempt may enter now; or NULL, with *wait_ms being how long until it may
 * (GATES_UNTIL_LEAVE: somebody has to leave first, or there is no endpoint left for it).
 */
struct gates *pool_choose(
	struct pool *p, const struct pool_want *want, int64_t now_ms, int64_t *wait_ms);

/* True if an endpoint is left that can serve what needs this tier. */
bool pool_can_serve(const struct pool *p, unsigned tier);

/* Gives the first tier after that of g which has another model and is alive; 0 if there is none. */
unsigned pool_next_model(const struct pool *p, const struct gates *g);

/* True if another endpoint than g serves what needs this tier, and is thought to work. */
bool pool_has_other(const struct pool *p, const struct gates *g, unsigned tier, int64_t now_ms);

/* Says that no work is waiting: nobody is asked in vain, but what failed stays so. */
void pool_rest(struct pool *p);

/* How many attempts the limits would let start now. */
unsigned pool_free_n(const struct pool *p, int64_t now_ms);

/* Gives the first gates that can serve what needs this tier; NULL if none is left. */
const struct gates *pool_first(const struct pool *p, unsigned tier);

/* True if some endpoint counts tokens. */
bool pool_counts_tokens(const struct pool *p);

/* Gives the gates of the endpoint that died last; NULL while one is alive. */
const struct gates *pool_death(const struct pool *p);
