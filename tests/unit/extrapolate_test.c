/* SPDX-License-Identifier: MIT */
#include "base/rng.h"
#include "policy/extrapolate.h"

#include "t.h"

#include <math.h>
#include <stddef.h>

static struct extrapolate seen(const double *figures, size_t n)
{
	struct extrapolate x = { 0 };
	for (size_t i = 0; i < n; i++)
		extrapolate_add(&x, figures[i]);
	return x;
}

static bool is_near(double got, double want)
{
	return fabs(got - want) <= 1e-3 * fabs(want);
}

TEST("the whole is as many times the mean as there are, and the interval is Student's")
{
	/* Mean 4, variance 10; t(4) = 2.1318: 1000 x 2.1318 x sqrt(0.995 x 10 / 5) = 3007.3 */
	static const double figures[] = { 1, 2, 3, 5, 9 };
	struct extrapolate x = seen(figures, 5);
	struct projection e = extrapolate_whole(&x, 1000);
	CHECK(is_near(e.about, 4000));
	CHECK(is_near(e.low, 4000 - 3007.3));
	CHECK(is_near(e.high, 4000 + 3007.3));
	CHECK(e.has_interval);
}

TEST("with two, three and four things the interval is the table's")
{
	/* Of figures 0 and 1 in turn, of very many; the last is of one, none, one, one. */
	static const double figures[] = { 1, 0, 1, 1, 0, 1 };
	static const double t[] = { 0, 6.3138, 2.9200, 2.3534, 2.1318, 2.0150 };
	for (size_t n = 2; n <= 6; n++) {
		struct extrapolate x = seen(figures, n);
		double variance = x.squares / ((double)n - 1);
		struct projection e = extrapolate_whole(&x, 1000000000);
		double off = e.high - e.about;
		CHECK(is_near(off, 1e9 * t[n - 1] * sqrt(variance / (double)n)));
	}
}

TEST("what all things were seen of is known exactly")
{
	static const double figures[] = { 1, 2, 3, 5, 9 };
	struct extrapolate x = seen(figures, 5);
	struct projection e = extrapolate_whole(&x, 5);
	CHECK(is_near(e.about, 20));
	CHECK(e.low == e.about && e.high == e.about && e.has_interval);
	struct extrapolate none = { 0 };
	e = extrapolate_whole(&none, 0);
	CHECK(e.about == 0 && e.high == 0 && e.has_interval);
}

TEST("one thing of several gives a guess without an interval")
{
	double figure = 7;
	struct extrapolate x = seen(&figure, 1);
	struct projection e = extrapolate_whole(&x, 10);
	CHECK(is_near(e.about, 70));
	CHECK(!e.has_interval && e.low == e.about && e.high == e.about);
	CHECK(extrapolate_whole(&x, 1).has_interval);
}

TEST("the lower end is never below what was seen")
{
	static const double figures[] = { 0, 0, 0, 1000 };
	struct extrapolate x = seen(figures, 4);
	struct projection e = extrapolate_whole(&x, 100);
	CHECK(is_near(e.low, 1000));
	CHECK(e.high > e.about && e.about > e.low);
}

TEST("figures that differ little beside their size lose nothing")
{
	struct extrapolate x = { 0 };
	for (int i = 0; i < 1000; i++)
		extrapolate_add(&x, 1e12 + (i & 1));
	CHECK(is_near(x.squares, 250));
}

TEST("a sum that is shared out as something else is has its relative interval")
{
	static const double figures[] = { 1, 2, 3, 5, 9 };
	struct extrapolate x = seen(figures, 5);
	struct projection bytes = extrapolate_whole(&x, 1000);
	struct projection e = extrapolate_share(&x, 1000, 100);
	CHECK(is_near(e.about, 20000));
	CHECK(is_near(e.low / e.about, bytes.low / bytes.about));
	CHECK(is_near(e.high / e.about, bytes.high / bytes.about));
	CHECK(is_near(extrapolate_share(&x, 5, 100).high, 100));
}

/* == Whether intervals hold the truth == */

enum { WHOLE_N = 10000, SEEDS_N = 1000 };

static double normal(struct rng *rng)
{
	double radius = sqrt(-2 * log(1 - rng_unit(rng)));
	return radius * cos(6.283185307179586 * rng_unit(rng));
}

/* Draws n of a whole of lognormal figures; true if the interval holds the sum of them. */
static bool holds(struct rng *rng, size_t n, double deviation)
{
	struct extrapolate x = { 0 };
	double sum = 0;
	for (size_t i = 0; i < WHOLE_N; i++) {
		double figure = exp(5 + deviation * normal(rng));
		sum += figure;
		if (i < n)
			extrapolate_add(&x, figure);
	}
	struct projection e = extrapolate_whole(&x, WHOLE_N);
	return e.low <= sum && sum <= e.high;
}

/* How many of a thousand hold it. */
static int count_held(size_t n, double deviation)
{
	struct rng rng;
	int held_n = 0;
	rng_init(&rng, n);
	for (int seed = 0; seed < SEEDS_N; seed++)
		held_n += holds(&rng, n, deviation);
	return held_n;
}

TEST("nine intervals of ten hold the truth, for answers whose lengths are uneven as usual")
{
	int few = count_held(20, 0.5), some = count_held(100, 0.5);
	CHECK(few >= 860 && few <= 940);
	CHECK(some >= 860 && some <= 940);
}

TEST("of few and very uneven figures fewer do, but three of four")
{
	int held_n = count_held(20, 1);
	CHECK(held_n >= 750 && held_n <= 940);
}

/* == Time == */

static struct projection exactly(double amount)
{
	return (struct projection){ amount, amount, amount, true };
}

TEST("a run takes what its requests take side by side")
{
	struct extrapolate_work w = { .busy_ms = { 1000, 800, 1500, true },
		.requests = exactly(100),
		.tokens = exactly(5000),
		.longest_ms = 20,
		.jobs = 10 };
	struct projection e = extrapolate_time(&w);
	CHECK(is_near(e.about, 100) && is_near(e.low, 80) && is_near(e.high, 150));
	CHECK(e.has_interval);
}

TEST("no more go side by side than there are, and none is faster than the longest")
{
	struct extrapolate_work w = {
		.busy_ms = exactly(1000), .requests = exactly(4), .jobs = 64
	};
	CHECK(is_near(extrapolate_time(&w).about, 250));
	w.longest_ms = 700;
	CHECK(is_near(extrapolate_time(&w).about, 700));
	w.requests = exactly(0);
	CHECK(is_near(extrapolate_time(&w).about, 1000));
}

TEST("a rate of requests or tokens may be what takes longest")
{
	struct extrapolate_work w = { .busy_ms = { 1000, 900, 1200, false },
		.requests = { 100, 90, 130, false },
		.tokens = { 50000, 1, 90000, false },
		.jobs = 10,
		.requests_per_ms = 0.1 };
	struct projection e = extrapolate_time(&w);
	CHECK(is_near(e.about, 1000) && is_near(e.low, 900) && is_near(e.high, 1300));
	w.tokens_per_ms = 10;
	e = extrapolate_time(&w);
	CHECK(is_near(e.about, 5000) && is_near(e.low, 900) && is_near(e.high, 9000));
	CHECK(!e.has_interval);
}
