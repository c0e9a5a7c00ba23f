/* SPDX-License-Identifier: MIT */
#include "base/rng.h"
#include "policy/draw.h"

#include "t.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { TOTAL_MAX = 200000, SHORT_TOTAL_MAX = 1200, PERIOD_MAX = 64 };

#define RARE 1e-7

/* Things are the bytes of a row: how often each was dropped. */
static unsigned char row[TOTAL_MAX];

static void drop(void *thing)
{
	++*(unsigned char *)thing;
}

static void drop_nothing(void *thing)
{
	(void)thing;
}

static void draw(struct draw *d, size_t n, size_t total, uint64_t seed)
{
	memset(row, 0, total);
	draw_init(d, n, seed, drop);
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

/* The block of the i-th that was drawn reaches into the i-th part. */
static bool is_in_part(const struct draw *d, size_t i, size_t total)
{
	size_t n = d->wanted_n, from = place(d, i) / d->block_n * d->block_n;
	size_t end = from + d->block_n < total ? from + d->block_n : total;
	return CHECK(place(d, i) < total) && CHECK(n * from < (i + 1) * total) &&
		CHECK(n * end > i * total);
}

/* What holds of any draw of n of more than n. */
static bool is_even(const struct draw *d, size_t n, size_t total)
{
	bool ok = CHECK_INT(d->kept_n, n) && CHECK_INT(d->seen_n, total) &&
		CHECK(d->block_n * n <= total) && CHECK(d->block_n == 1 || d->block_n * 32 < total);
	for (size_t i = 0; ok && i < n; i++) {
		ok = is_in_part(d, i, total);
		if (i == 0)
			continue;
		size_t gap = place(d, i) - place(d, i - 1);
		ok = ok && CHECK(place(d, i) > place(d, i - 1)) &&
			CHECK(gap * n < 2 * total + 2 * n * d->block_n);
	}
	return ok;
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
	draw(&d, n, total, n + total);
	bool ok = total > n ? is_even(&d, n, total) : CHECK_INT(d.kept_n, total);
	ok = ok && is_whole(&d, total);
	draw_release(&d);
	return ok;
}

TEST("of a row that is no longer than what is wanted all are drawn, in order")
{
	for (size_t total = 0; total <= 10; total++) {
		struct draw d;
		draw(&d, 10, total, total);
		CHECK_INT(d.kept_n, total);
		for (size_t i = 0; i < d.kept_n; i++)
			CHECK_INT(place(&d, i), i);
		draw_release(&d);
	}
}

TEST("the same seed draws the same, another one others")
{
	struct draw a, b, c;
	size_t same_n = 0;
	draw(&a, 50, 3333, 7);
	draw(&b, 50, 3333, 7);
	draw(&c, 50, 3333, 8);
	for (size_t i = 0; i < 50; i++) {
		CHECK_INT(place(&a, i), place(&b, i));
		same_n += place(&a, i) == place(&c, i);
	}
	CHECK(same_n < 10);
	draw_release(&a);
	draw_release(&b);
	draw_release(&c);
}

TEST("of every short row each is drawn once, from near its part")
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

/* True if a figure is no further from what is expected than so many times its variance's root. */
static bool is_within(double got, double want, double variance, double deviations)
{
	double off = got - want;
	return off * off <= deviations * deviations * variance;
}

/* Draws with many seeds; each thing is drawn as often as the others. */
static bool is_fair(size_t n, size_t total, int times)
{
	static unsigned drawn_n[SHORT_TOTAL_MAX];
	double p = (double)n / (double)total, want = times * p, squares = 0;
	bool ok = true;
	memset(drawn_n, 0, sizeof drawn_n);
	for (int t = 0; t < times; t++) {
		struct draw d;
		draw(&d, n, total, (uint64_t)t);
		for (size_t i = 0; i < d.kept_n; i++)
			drawn_n[place(&d, i)]++;
		draw_release(&d);
	}
	for (size_t i = 0; i < total; i++) {
		double off = drawn_n[i] - want;
		squares += off * off;
		ok = CHECK(is_within(drawn_n[i], want, want * (1 - p), 5)) && ok;
	}
	/* Chi-square, of some total degrees: its variance is twice as much. */
	double all = (double)total;
	return CHECK(is_within(squares / (want * (1 - p)), all, 2 * all, 5)) && ok;
}

TEST("each thing is drawn as often as any, those of a short last block too")
{
	static const struct {
		size_t n, total;
	} rows[] = { { 1, 2 }, { 1, 65 }, { 2, 129 }, { 3, 11 }, { 5, 150 }, { 20, 21 }, { 20, 39 },
		{ 32, 65 }, { 33, 67 }, { 40, 161 }, { 20, 1000 }, { 100, 1101 } };
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (!is_fair(rows[i].n, rows[i].total, 2000))
			CHECK_INT(rows[i].total, -1);
}

/* Counts where in each period, from 2 to PERIOD_MAX, the drawn are the first. */
static void count_firsts(const struct draw *d, unsigned firsts[PERIOD_MAX + 1])
{
	for (size_t p = 2; p <= PERIOD_MAX; p++) {
		firsts[p] = 0;
		for (size_t i = 0; i < d->kept_n; i++)
			firsts[p] += place(d, i) % p == 0;
	}
}

/* What many draws have found of the firsts of a period. */
struct tally {
	double got, want, variance, squares;
};

static void tally_add(struct tally *t, unsigned got, double n, double share)
{
	double off = got - n * share;
	t->got += got;
	t->want += n * share;
	t->variance += n * share * (1 - share);
	t->squares += off * off;
}

/* The chance that of n things drawn each from all, of which `share` are such, k or more are. */
static double chance_of(double n, double share, unsigned k)
{
	double chance = 1, below = 0;
	for (double i = 0; i < n; i++)
		chance *= 1 - share;
	for (double i = 0; i < k; i++) {
		below += chance;
		chance *= (n - i) / (i + 1) * share / (1 - share);
	}
	return 1 - below;
}

/*
 * Of every p-th thing being another, no draw has so many, or so few, that it would happen once in
 * ten million draws of each from all; and of many draws the mean is right, and they are off it no
 * more than such are.
 */
static void try_periods(size_t n, bool is_seed_fixed)
{
	struct tally tallies[PERIOD_MAX + 1] = { { 0 } };
	for (size_t total = 1000; total <= 5000; total += 13) {
		unsigned firsts[PERIOD_MAX + 1];
		struct draw d;
		draw(&d, n, total, is_seed_fixed ? 1 : total);
		count_firsts(&d, firsts);
		for (size_t p = 2; p <= PERIOD_MAX; p++) {
			double share = (double)((total + p - 1) / p) / (double)total;
			CHECK(chance_of((double)n, share, firsts[p]) > RARE);
			CHECK(1 - chance_of((double)n, share, firsts[p] + 1) > RARE);
			tally_add(&tallies[p], firsts[p], (double)n, share);
		}
		draw_release(&d);
	}
	for (size_t p = 2; !is_seed_fixed && p <= PERIOD_MAX; p++) {
		const struct tally *t = &tallies[p];
		CHECK(is_within(t->got, t->want, t->variance, 4));
		CHECK(t->squares < 1.4 * t->variance);
		CHECK(t->squares > 0.4 * t->variance);
	}
}

TEST("of a row with a period each phase is drawn about as often as it is there")
{
	try_periods(20, false);
	try_periods(100, false);
}

TEST("the seed of a trial is no exception")
{
	try_periods(20, true);
	try_periods(100, true);
}

TEST("over rows of many lengths each tenth of them is drawn as often")
{
	unsigned tenths[10] = { 0 };
	double all = 0;
	for (size_t total = 1000; total <= 5000; total += 7) {
		struct draw d;
		draw(&d, 20, total, total);
		for (size_t i = 0; i < d.kept_n; i++)
			tenths[place(&d, i) * 10 / total]++;
		all += 20;
		draw_release(&d);
	}
	for (size_t i = 0; i < 10; i++)
		CHECK(is_within(tenths[i], all / 10, all / 10, 4));
}

TEST("what was kept is dropped with the draw, finished or not")
{
	struct draw d = { 0 };
	draw_release(&d);
	memset(row, 0, 7);
	draw_init(&d, 4, 1, drop);
	for (size_t i = 0; i < 7; i++)
		draw_put(&d, &row[i]);
	draw_release(&d);
	for (size_t i = 0; i < 7; i++)
		CHECK_INT(row[i], 1);
}

TEST("of a row far longer than what is kept few are held, and each part gives one")
{
	struct draw d;
	draw_init(&d, 100, 3, drop_nothing);
	for (size_t i = 0; i < 10 * (size_t)TOTAL_MAX; i++)
		draw_put(&d, &row[i % TOTAL_MAX]);
	CHECK(d.kept_n > 100 && d.kept_n <= 200);
	CHECK(d.room_n <= 256);
	draw_choose(&d);
	CHECK_INT(d.kept_n, 100);
	draw_release(&d);
}
