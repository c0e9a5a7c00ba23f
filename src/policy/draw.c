/* SPDX-License-Identifier: MIT */
/*
 * The row is cut into blocks of k things, and of each block one thing is kept, each with the same
 * chance: the i-th replaces what was kept with the chance 1/i. When there is one block more than
 * m >= 2n, two neighbours at a time become one, which keeps the one or the other, and k is twice as
 * much. Of the two each was as likely in its half, so each thing is in the whole. At the end
 *
 *	m/2 x k < total <= m x k, or k is 1.
 *
 * A grid would be easier, and wrong: inputs have periods (pairs of a question and an answer, every
 * eighth record long), and a grid whose step is a multiple of one sees a single phase of it.
 *
 * More than n blocks are left, of which n are drawn, each with n/total times its length as its
 * chance: then each thing has the chance n/total, those of a last block that is short among them.
 * This is the pivotal method in the order of the row (J.-C. Deville, Y. Tille, Unequal probability
 * sampling without replacement through a splitting method, Biometrika 85, 1998): a block meets what
 * is left of those before it. If both chances together are less than 1, one of the two gets all of
 * it and the other is out; else one is drawn, and the other goes on with what is more than 1. It is
 * the same as drawing one block from each of n equal parts of the row, no block twice where it
 * reaches into two (G. Chauvet, On a characterization of ordered pivotal sampling, Bernoulli 18,
 * 2012), so that parts are met evenly. A mean of what was drawn then varies no more than one of
 * things drawn each from all (G. Chauvet, A. Ruiz-Gazen, 2017, of pivotal sampling). Chances are
 * whole numbers, of total: nothing is rounded.
 */
#include "policy/draw.h"

#include "base/xalloc.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

enum { ROOM_LEAST_N = 16 };

/* A block that is neither drawn nor out yet. */
struct claim {
	size_t at;
	uint64_t chance; /* of the row's length; less than that */
};

void draw_init(struct draw *d, size_t n, uint64_t seed, void (*drop)(void *thing))
{
	assert(n >= 1 && n <= DRAW_MAX);
	*d = (struct draw){ .wanted_n = n,
		.most_n = 2 * n > DRAW_KEPT ? 2 * n : DRAW_KEPT,
		.block_n = 1,
		.drop = drop };
	rng_init(&d->rng, seed);
}

/* True with the chance part/whole. */
static bool happens(struct draw *d, uint64_t part, uint64_t whole)
{
	return (uint64_t)rng_upto(&d->rng, (int64_t)(whole - 1)) < part;
}

/* Only full blocks are merged, so the two halves of what comes of it are equal. */
static void merge_pairs(struct draw *d)
{
	d->kept_n /= 2;
	for (size_t i = 0; i < d->kept_n; i++) {
		size_t chosen = 2 * i + happens(d, 1, 2);
		d->drop(d->kept[chosen ^ 1]);
		d->kept[i] = d->kept[chosen];
	}
	d->block_n *= 2;
}

static void keep(struct draw *d, void *thing)
{
	if (d->kept_n == d->room_n) {
		d->room_n = d->room_n ? 2 * d->room_n : ROOM_LEAST_N;
		d->kept = xrealloc(d->kept, d->room_n, sizeof *d->kept);
	}
	d->kept[d->kept_n++] = thing;
}

/* The i-th of the last block. */
static void offer(struct draw *d, void *thing, uint64_t i)
{
	void **kept = &d->kept[d->kept_n - 1];
	void *out = thing;
	if (happens(d, 1, i)) {
		out = *kept;
		*kept = thing;
	}
	d->drop(out);
}

void draw_put(struct draw *d, void *thing)
{
	uint64_t before_n = d->seen_n++ % d->block_n;
	if (before_n > 0) {
		offer(d, thing, before_n + 1);
		return;
	}
	/* A block of twice that length ends here, too: most_n is even. */
	if (d->kept_n == d->most_n)
		merge_pairs(d);
	keep(d, thing);
}

static void drop_at(struct draw *d, size_t at)
{
	d->drop(d->kept[at]);
	d->kept[at] = NULL;
}

/* One of the two is out, and the other, which is given back, has the chance of both. */
static struct claim knock_out(struct draw *d, struct claim a, struct claim b)
{
	uint64_t sum = a.chance + b.chance;
	bool is_a = happens(d, a.chance, sum);
	drop_at(d, is_a ? b.at : a.at);
	return (struct claim){ is_a ? a.at : b.at, sum };
}

/*
 * One of the two is drawn, and the other, which is given back, has what is left. The less either is
 * short of being drawn for certain, the more likely it is.
 */
static struct claim draw_one(struct draw *d, struct claim a, struct claim b)
{
	uint64_t total = d->seen_n, short_a = total - a.chance, short_b = total - b.chance;
	bool is_b = happens(d, short_a, short_a + short_b);
	return (struct claim){ is_b ? a.at : b.at, a.chance + b.chance - total };
}

static struct claim claim_of(const struct draw *d, size_t at)
{
	uint64_t left_n = d->seen_n - at * d->block_n;
	uint64_t n = left_n < d->block_n ? left_n : d->block_n;
	return (struct claim){ at, d->wanted_n * n };
}

/* Closes the gaps where things were dropped. */
static void close_ranks(struct draw *d)
{
	size_t n = 0;
	for (size_t i = 0; i < d->kept_n; i++)
		if (d->kept[i])
			d->kept[n++] = d->kept[i];
	d->kept_n = n;
}

void draw_choose(struct draw *d)
{
	/* So few only while blocks are of one thing. */
	if (d->kept_n <= d->wanted_n)
		return;
	/* More than n blocks, so the row is longer than n full ones: no chance reaches 1. */
	struct claim a = claim_of(d, 0);
	for (size_t i = 1; i < d->kept_n; i++) {
		struct claim b = claim_of(d, i);
		a = a.chance + b.chance < d->seen_n ? knock_out(d, a, b) : draw_one(d, a, b);
	}
	/* The chances were n together, and n were drawn. */
	assert(a.chance == 0);
	drop_at(d, a.at);
	close_ranks(d);
}

void draw_release(struct draw *d)
{
	for (size_t i = 0; i < d->kept_n; i++)
		d->drop(d->kept[i]);
	free(d->kept);
	*d = (struct draw){ 0 };
}
