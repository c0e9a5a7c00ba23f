/* SPDX-License-Identifier: MIT */
#include "base/rng.h"
#include "policy/draw.h"

#include "t.h"

#include <stdint.h>

enum { TOTAL_MAX = 200000 };

#define HAIR 1e-6 /* by which sums of fractions are off */

/* Things are the bytes of a row: how often each was dropped. */
static unsigned char row[TOTAL_MAX];

static void drop(void *thing)
{
	++*(unsigned char *)thing;
}

static void start(struct draw *d, size_t n)
{
	for (size_t i = 0; i < TOTAL_MAX; i++)
		row[i] = 0;
	draw_init(d, n, drop);
}

static void draw(struct draw *d, size_t n, size_t total)
{
	start(d, n);
	for (size_t i = 0; i < total; i++) {
		draw_put(d, &row[i]);
		if (d->kept_n > 2 * n && d->kept_n > DRAW_KEPT)
			CHECK_INT(d->kept_n, 2 * n);
	}
	draw_choose(d);
}

static size_t place(const struct draw *d, size_t i)
{
	return (size_t)((unsigned char *)d->kept[i] - row);
}

/* What holds of any draw of n of more than n. */
static bool is_even(const struct draw *d, size_t n, size_t total)
{
	double part = (double)total / (double)n, step = (double)d->step;
	size_t least = SIZE_MAX, most = 0;
	bool ok = CHECK_INT(d->kept_n, n) && CHECK_INT(d->seen_n, total);
	for (size_t i = 0; ok && i < n; i++) {
		double off = (double)place(d, i) - (((double)i + 0.5) * part - 0.5);
		ok = CHECK(place(d, i) < total) &&
			CHECK(off <= step / 2 + HAIR && off >= -step / 2 - HAIR);
		if (!ok || i == 0)
			continue;
		ok = CHECK(place(d, i) > place(d, i - 1));
		size_t gap = place(d, i) - place(d, i - 1);
		least = gap < least ? gap : least;
		most = gap > most ? gap : most;
	}
	return ok && CHECK(step <= part) && CHECK(n == 1 || most - least <= d->step) &&
		CHECK(n > 8 || step <= part / 4 || step < 2);
}

/* Each thing is dropped once or drawn. */
static bool is_whole(const struct draw *d, size_t total)
{
	for (size_t i = 0; i < d->kept_n; i++)
		row[place(d, i)]++;
	size_t once_n = 0;
	for (size_t i = 0; i < total; i++)
		once_n += row[i] == 1;
	return CHECK_INT(once_n, total);
}

static bool try(size_t n, size_t total)
{
	struct draw d;
	draw(&d, n, total);
	bool ok = total > n ? is_even(&d, n, total) : CHECK_INT(d.kept_n, total);
	ok = ok && is_whole(&d, total);
	draw_release(&d);
	return ok;
}

TEST("of a row that is no longer than what is wanted all are drawn, in order")
{
	for (size_t total = 0; total <= 10; total++) {
		struct draw d;
		draw(&d, 10, total);
		CHECK_INT(d.kept_n, total);
		for (size_t i = 0; i < d.kept_n; i++)
			CHECK_INT(place(&d, i), i);
		draw_release(&d);
	}
}

TEST("while nothing had to be dropped, the middles of equal parts are drawn")
{
	struct draw d;
	draw(&d, 5, 10);
	for (size_t i = 0; i < 5; i++)
		CHECK_INT(place(&d, i), 2 * i + 1);
	draw_release(&d);
	draw(&d, 3, 5);
	CHECK_INT(place(&d, 0), 0);
	CHECK_INT(place(&d, 1), 2);
	CHECK_INT(place(&d, 2), 4);
	draw_release(&d);
}

TEST("one of many is drawn from near the middle")
{
	for (size_t total = 2; total < 3000; total++) {
		struct draw d;
		draw(&d, 1, total);
		CHECK(place(&d, 0) >= total * 48 / 100 && place(&d, 0) <= total * 52 / 100);
		draw_release(&d);
	}
}

TEST("of every short row each is drawn once, near its middle, and gaps differ by a step at most")
{
	for (size_t n = 1; n <= 12; n++)
		for (size_t total = 0; total <= 200; total++)
			if (!try(n, total)) {
				CHECK_INT(n, -1);
				CHECK_INT(total, -1);
				return;
			}
}

TEST("of long rows too")
{
	struct rng rng;
	rng_init(&rng, 7);
	for (int i = 0; i < 40; i++) {
		size_t n = 1 + (size_t)rng_upto(&rng, 1 + rng_upto(&rng, 1000));
		size_t total = (size_t)rng_upto(&rng, TOTAL_MAX);
		if (!try(n, total)) {
			CHECK_INT(n, -1);
			CHECK_INT(total, -1);
		}
	}
	CHECK(try(7, TOTAL_MAX));
}

TEST("what was kept is dropped with the draw, finished or not")
{
	struct draw d = { 0 };
	draw_release(&d);
	start(&d, 4);
	for (size_t i = 0; i < 7; i++)
		draw_put(&d, &row[i]);
	draw_release(&d);
	for (size_t i = 0; i < 7; i++)
		CHECK_INT(row[i], 1);
}
