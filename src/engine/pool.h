/* SPDX-License-Identifier: MIT */
/*
 * pool: the endpoints of a run behind their gates, and which of them an attempt goes to.
 *
 * Each model that is asked has a pool of its own, a number; fallbacks serve all pools. What was
 * said of an --endpoint (max, rpm, tpm) is shared by the endpoints that it became for several
 * models.
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
#include "work/plan.h"

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
	unsigned pools_n;         /* models with endpoints of their own */
	unsigned *tier;           /* owned, by pool: the one that was asked last, for -v */
	struct gates_site *sites; /* owned array: what several gates share; NULL = nothing */
	unsigned sites_n;
	struct rng *rng; /* borrowed */
};

/* What an attempt needs. */
struct pool_want {
	unsigned pool;             /* the number of its model's */
	unsigned tier;             /* the first that can serve it */
	const struct gates *avoid; /* where it just failed or flies; NULL = nowhere */
	bool must_avoid;           /* rather not at all than there */
	struct gates_size size;
	uint64_t key; /* for affinity: hash of how its prompt begins */
};

/*
 * Opens the pool on n >= 1 endpoints in the order of their tiers, of tier 0 at least one of each
 * model's pool. Borrows them and rng.
 */
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

/* True if an endpoint is left that can serve what needs this tier of that pool. */
bool pool_can_serve(const struct pool *p, unsigned pool, unsigned tier);

/* Gives the first tier after that of g which has another model and is alive; 0 if there is none. */
unsigned pool_next_model(const struct pool *p, const struct gates *g);

/* True if another endpoint than g serves what wants that, and is thought to work. */
bool pool_has_other(
	const struct pool *p, const struct gates *g, const struct pool_want *want, int64_t now_ms);

/* Says that no work is waiting: nobody is asked in vain, but what failed stays so. */
void pool_rest(struct pool *p);

/* How many attempts the limits would let start now, of all models together. */
unsigned pool_free_n(const struct pool *p, int64_t now_ms);

/* Gives the first gates that can serve what needs this tier of that pool; NULL if none is left. */
const struct gates *pool_first(const struct pool *p, unsigned pool, unsigned tier);

/* Gives the first gates of a pool, alive or not: that by which what is asked has its name. */
const struct gates *pool_head(const struct pool *p, unsigned pool);

/* Gives the first gates whose requests have the bytes of that kind, which some gates have. */
const struct gates *pool_of_kind(const struct pool *p, unsigned body_kind);

/* True if some endpoint counts tokens. */
bool pool_counts_tokens(const struct pool *p);

/*
 * Gives the gates of the endpoint that died last, of those that serve the pool; NULL while one of
 * them is alive.
 */
const struct gates *pool_death(const struct pool *p, unsigned pool);

/* True if all steps can have as many answers as they need although all that serve a pool died. */
bool pool_can_do_without(const struct pool *p, unsigned pool, const struct plan *plan);
