/* SPDX-License-Identifier: MIT */
/*
 * draw: some things of a row whose length nobody knows, drawn evenly, in one pass.
 *
 * Of a row of `total` it draws n (all, if there are no more), the i-th from the middle of the i-th
 * of n equal parts, rounded to a step of what was kept: so it lies in that part, and the gaps
 * between neighbours differ by one step at most, which is no longer than a part, and of few things
 * much shorter. Holds at most 2n things, or DRAW_KEPT. Which are drawn depends on total and n
 * alone. Knows nothing of what the things are. Pure.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The most that can be drawn. */
#define DRAW_MAX ((size_t)1 << 30)

/* Of few wanted so many are kept, for the sake of the middle. */
#define DRAW_KEPT ((size_t)64)

struct draw {
	void **kept; /* owned, and so are the things: every step-th of the row */
	size_t kept_n;
	size_t room_n; /* of `kept` */
	size_t wanted_n;
	size_t most_n; /* that are kept */
	uint64_t step;
	uint64_t seen_n; /* how long the row is */
	void (*drop)(void *thing);
};

/* Makes it ready to draw n in [1, DRAW_MAX]; drop frees things that are not. */
void draw_init(struct draw *d, size_t n, void (*drop)(void *thing));

/* Takes the next of the row. */
void draw_put(struct draw *d, void *thing);

/*
 * The row is over: what was not drawn is dropped; the others are kept[0 .. kept_n), in their order,
 * still owned by d.
 */
void draw_choose(struct draw *d);

/* Drops what is kept and frees the list; fine on a zeroed one. */
void draw_release(struct draw *d);
