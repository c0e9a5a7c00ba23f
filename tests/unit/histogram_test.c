/* SPDX-License-Identifier: MIT */
#include "base/histogram.h"

#include "t.h"

#include "base/rng.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { VALUES_N = 5000 };

static int compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

/* The value of which a share of q are no larger, by looking at all of them. */
static int64_t exact_quantile(const int64_t *sorted, size_t n, double q)
{
	size_t i = 0;
	while (i < n - 1 && (double)(i + 1) < q * (double)n)
		i++;
	return sorted[i];
}

/* True if what is told is within a thirty-second of what it is. */
static bool is_near(int64_t told, int64_t exact)
{
	int64_t error = told > exact ? told - exact : exact - told;
	return error * 32 <= exact;
}

/* Values of all sizes up to 2^bits, small ones as often as large ones. */
static int64_t draw(struct rng *r, int bits)
{
	return rng_upto(r, INT64_C(1) << (1 + rng_upto(r, bits)));
}

TEST("without values nothing is known of them")
{
	struct histogram h = { 0 };
	CHECK_INT(histogram_quantile(&h, 0.5), -1);
	CHECK_INT(histogram_up_to(&h, 0), 0);
	CHECK_INT(histogram_up_to(&h, INT64_MAX), 0);
}

TEST("quantiles of values below 32 are exact")
{
	struct histogram h = { 0 };
	for (int i = 0; i < 32; i++)
		histogram_add(&h, i);
	for (int i = 0; i < 32; i++) {
		CHECK_INT(histogram_quantile(&h, (i + 1) / 32.0), i);
		CHECK_INT(histogram_up_to(&h, i), i + 1);
	}
	CHECK_INT(histogram_quantile(&h, 0), 0);
	CHECK_INT(h.sum, 31 * 32 / 2);
	CHECK_INT(h.max, 31);
}

TEST("quantiles of any values are within a thirty-second of the exact ones")
{
	static int64_t values[VALUES_N];
	static const double shares[] = { 0.001, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 1 };
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct histogram h = { 0 };
		struct rng r;
		rng_init(&r, seed);
		size_t n = (size_t)(1 + rng_upto(&r, VALUES_N - 1));
		for (size_t i = 0; i < n; i++) {
			values[i] = draw(&r, seed % 2 ? 38 : 16);
			histogram_add(&h, values[i]);
		}
		qsort(values, n, sizeof *values, compare);
		for (size_t i = 0; i < sizeof shares / sizeof *shares; i++)
			CHECK(is_near(histogram_quantile(&h, shares[i]),
				exact_quantile(values, n, shares[i])));
		CHECK_INT(histogram_quantile(&h, 1) <= h.max, true);
		CHECK_INT(h.n, n);
		CHECK_INT(h.max, values[n - 1]);
	}
}

TEST("how many are no larger is exact to the width of a bucket, and rises with the value")
{
	static int64_t values[VALUES_N];
	struct histogram h = { 0 };
	struct rng r;
	uint64_t before = 0;
	rng_init(&r, 7);
	for (size_t i = 0; i < VALUES_N; i++) {
		values[i] = draw(&r, 30);
		histogram_add(&h, values[i]);
	}
	for (int64_t limit = 1; limit < INT64_C(1) << 31; limit += 1 + limit / 10) {
		uint64_t least = 0, most = 0, told = histogram_up_to(&h, limit);
		for (size_t i = 0; i < VALUES_N; i++) {
			least += values[i] <= limit;
			most += values[i] <= limit + limit / 16;
		}
		CHECK(told >= least && told <= most);
		CHECK(told >= before);
		before = told;
	}
	CHECK_INT(histogram_up_to(&h, h.max), VALUES_N);
	CHECK_INT(histogram_up_to(&h, -1), 0);
}

TEST("what is below nothing is nothing, and what is too much is known by its maximum")
{
	struct histogram h = { 0 };
	histogram_add(&h, -5);
	CHECK_INT(histogram_quantile(&h, 1), 0);
	CHECK_INT(h.sum, 0);
	histogram_add(&h, INT64_MAX);
	histogram_add(&h, INT64_MAX - 1);
	CHECK_INT(h.n, 3);
	CHECK_INT(h.sum, INT64_MAX);
	CHECK_INT(histogram_quantile(&h, 0.3), 0);
	CHECK_INT(histogram_quantile(&h, 1), INT64_MAX);
	CHECK_INT(histogram_up_to(&h, 0), 1);
	CHECK_INT(histogram_up_to(&h, INT64_MAX), 3);
}

TEST("a full counter stays full, and never gives more than there are")
{
	struct histogram h = { 0 };
	histogram_add(&h, 40);
	memset(h.counts, 0xff, sizeof h.counts);
	h.n = UINT32_MAX;
	histogram_add(&h, 40);
	CHECK_INT(h.n, UINT32_MAX + INT64_C(1));
	CHECK_INT(histogram_up_to(&h, 39), UINT32_MAX + INT64_C(1));
	CHECK_INT(histogram_quantile(&h, 0.5), 0);
}

TEST("what a full counter leaves out is still among all")
{
	struct histogram h = { 0 };
	histogram_add(&h, 30);
	for (size_t i = 0; i < HISTOGRAM_BUCKETS_N; i++)
		h.counts[i] = h.counts[i] > 0 ? UINT32_MAX : 0;
	h.n = UINT32_MAX;
	histogram_add(&h, 30);
	histogram_add(&h, 1000);
	CHECK_INT(histogram_quantile(&h, 0), 30);
	CHECK_INT(histogram_quantile(&h, 0.5), 30);
	CHECK_INT(histogram_up_to(&h, 30), UINT32_MAX);
	CHECK_INT(histogram_up_to(&h, 1000), UINT32_MAX + INT64_C(2));
}
