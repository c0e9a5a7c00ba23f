/* SPDX-License-Identifier: MIT */
/*
 * The first two runs of HISTOGRAM_PARTS_N buckets hold one value each; every further run covers the
 * next power of two with buckets twice as wide. So a bucket is never wider than a sixteenth of the
 * smallest value in it, and its middle is off by a thirty-second at most. Finding one takes a shift
 * and no search. 36 runs reach to 2^39, which is 17 years in milliseconds; what is more goes into
 * the last one, where only the maximum is exact.
 */
#include "base/histogram.h"

enum { PARTS_BITS = 4 };

_Static_assert(1 << PARTS_BITS == HISTOGRAM_PARTS_N, "the parts are a power of two");

static unsigned bucket_of(int64_t value)
{
	uint64_t v = value > 0 ? (uint64_t)value : 0;
	if (v < HISTOGRAM_PARTS_N)
		return (unsigned)v;
	unsigned shift = 63 - PARTS_BITS - (unsigned)__builtin_clzll(v);
	unsigned bucket = (shift << PARTS_BITS) + (unsigned)(v >> shift);
	return bucket < HISTOGRAM_BUCKETS_N ? bucket : HISTOGRAM_BUCKETS_N - 1;
}

/* The value in the middle of a bucket. */
static int64_t middle_of(unsigned bucket)
{
	if (bucket < 2 * HISTOGRAM_PARTS_N)
		return bucket;
	unsigned shift = (bucket >> PARTS_BITS) - 1;
	int64_t lowest = (int64_t)(bucket - (shift << PARTS_BITS)) << shift;
	return lowest + ((INT64_C(1) << shift) - 1) / 2;
}

void histogram_add(struct histogram *h, int64_t value)
{
	uint32_t *count = &h->counts[bucket_of(value)];
	value = value > 0 ? value : 0;
	*count += *count < UINT32_MAX;
	h->n++;
	h->sum = value < INT64_MAX - h->sum ? h->sum + value : INT64_MAX;
	h->max = value > h->max ? value : h->max;
}

int64_t histogram_quantile(const struct histogram *h, double q)
{
	uint64_t seen_n = 0;
	if (h->n == 0)
		return -1;
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS_N - 1; i++) {
		seen_n += h->counts[i];
		if (seen_n > 0 && (double)seen_n >= q * (double)h->n)
			return middle_of(i) < h->max ? middle_of(i) : h->max;
	}
	return h->max;
}

uint64_t histogram_up_to(const struct histogram *h, int64_t value)
{
	uint64_t n = 0;
	if (value >= h->max)
		return h->n;
	for (unsigned i = 0; value >= 0 && i <= bucket_of(value); i++)
		n += h->counts[i];
	/* What a full counter has left out is nowhere but in the sum. */
	return n < h->n ? n : h->n;
}
