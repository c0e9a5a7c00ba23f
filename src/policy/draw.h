/* SPDX-License-Identifier: MIT */
/*
 * draw: some things of a row whose length nobody knows, drawn evenly by chance, in one pass.
 *
 * Of a row of `total` it draws n (all, if there are no more), each thing with the chance n/total
 * (but for what rng_upto is off, below 2^-40), none twice. Of n equal parts of the row the i-th
 * drawn is from the i-th, or from a block of neighbours that reaches into it, which is no longer
 * than a part, and of few things much shorter; so neighbours are less than two parts and two blocks
 * apart. A period of the row does not lead it astray. Which are drawn depends on the seed, total
 * and n alone, and a row that has grown a little mostly gives the same ones. Holds at most 2n
 * things, or DRAW_KEPT. Knows nothing of what the things are. Pure.
 */
#pragma once

#include "base/rng.h"

#include <stddef.h>
#include <stdint.h>

/* The most that can be drawn. */
#define DRAW_MAX ((size_t)1 << 30)

/* Of few wanted so many are kept, so that blocks are short. */
#define DRAW_KEPT ((size_t)64)

struct draw {
	void **kept; /* owned, and so are the things: one of each block */
	size_t kept_n;
	size_t room_n; /* of `kept` */
	size_t wanted_n;
	size_t most_n;    /* that are kept */
	uint64_t block_n; /* things in a block; the last one may have fewer */
	uint64_t seen_n;  /* how long the row is */
	struct rng rng;
	void (*drop)(void *thing);
};

/* Makes it ready to draw n in [1, DRAW_MAX]; any seed is good; drop frees things that are not. */
void draw_init(struct draw *d, size_t n, uint64_t seed, void (*drop)(void *thing));

/* Takes the next of the row; not NULL. */
void draw_put(struct draw *d, void *thing);

/*
 * The row is over: what was not drawn is dropped; the others are kept[0 .. kept_n), in their order,
 * still owned by d. Once.
 */
void draw_choose(struct draw *d);

/* Drops what is kept and frees the list; fine on a zeroed one. */
void draw_release(struct draw *d);
