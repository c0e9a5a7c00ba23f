/* SPDX-License-Identifier: MIT */
/*
 * Kept is every step-th of the row, from the first on. When one more than m >= 2n would be kept,
 * every other is dropped and the step is twice as long, so
 *
 *	m/2 x step <= total <= m x step, at the end, or step is 1.
 *
 * The middles of n equal parts are then no less than a step apart, so that rounding them to whole
 * steps gives n different places; and the last middle is half a part, so at least half a step,
 * before the end, where rounding cannot leave the row. Chance is left out: with it each trial would
 * be another, and its estimate would vary more wherever neighbours in the input are alike.
 */
#include "policy/draw.h"

#include "base/xalloc.h"

#include <assert.h>
#include <stdlib.h>

enum { ROOM_LEAST_N = 16 };

void draw_init(struct draw *d, size_t n, void (*drop)(void *thing))
{
	assert(n >= 1 && n <= DRAW_MAX);
	*d = (struct draw){ .wanted_n = n,
		.most_n = 2 * n > DRAW_KEPT ? 2 * n : DRAW_KEPT,
		.step = 1,
		.drop = drop };
}

/* Keeps the chosen one of what is kept, in the i-th place, out of those from *from on. */
static void move(struct draw *d, size_t i, size_t chosen, size_t *from)
{
	for (; *from < chosen; ++*from)
		d->drop(d->kept[*from]);
	d->kept[i] = d->kept[chosen];
	*from = chosen + 1;
}

static void drop_from(struct draw *d, size_t from)
{
	for (; from < d->kept_n; from++)
		d->drop(d->kept[from]);
}

static void keep_every_other(struct draw *d)
{
	size_t from = 0;
	for (size_t i = 0; i < d->most_n / 2; i++)
		move(d, i, 2 * i, &from);
	drop_from(d, from);
	d->kept_n = d->most_n / 2;
	d->step *= 2;
}

static void keep(struct draw *d, void *thing)
{
	if (d->kept_n == d->room_n) {
		d->room_n = d->room_n ? 2 * d->room_n : ROOM_LEAST_N;
		d->kept = xrealloc(d->kept, d->room_n, sizeof *d->kept);
	}
	d->kept[d->kept_n++] = thing;
}

void draw_put(struct draw *d, void *thing)
{
	if (d->seen_n++ % d->step != 0) {
		d->drop(thing);
		return;
	}
	/* A step of twice that length ends here, too: most_n is even. */
	if (d->kept_n == d->most_n)
		keep_every_other(d);
	keep(d, thing);
}

/*
 * The whole step that is nearest to the middle of the i-th part, which need not be a whole place.
 */
static size_t place_of(const struct draw *d, size_t i)
{
	unsigned __int128 n = d->wanted_n;
	unsigned __int128 middle = (2 * (unsigned __int128)i + 1) * d->seen_n - n; /* x 2n */
	return (size_t)((middle + n * d->step) / (2 * n * d->step));
}

void draw_choose(struct draw *d)
{
	size_t from = 0;
	if (d->kept_n <= d->wanted_n)
		return;
	for (size_t i = 0; i < d->wanted_n; i++)
		move(d, i, place_of(d, i), &from);
	drop_from(d, from);
	d->kept_n = d->wanted_n;
}

void draw_release(struct draw *d)
{
	drop_from(d, 0);
	free(d->kept);
	*d = (struct draw){ 0 };
}
