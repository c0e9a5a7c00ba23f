/* SPDX-License-Identifier: MIT */
/*
 * Times have a floor but no top. What is far above the mean is counted as less; what is far below
 * says that the mean is made of such, and starts it anew: with a first pack of ten times the usual
 * it took dozens to come down. Variances of a few packs are often far too small, so of two the
 * larger one is believed of both, and none is believed to be nothing.
 */
#include "policy/pack_times.h"

#include <math.h>

enum { MEMORY_N = 48 };

#define DOUBT 0.01  /* variance that is assumed besides what is seen, as of one pack */
#define OUTLIER 0.7 /* nothing counts as further above the mean, */
#define AMISS 1.0   /* and what is so far below starts it anew */
#define KNOWN 0.07  /* deviation of a mean that is good enough to compare with */

void pack_times_add(struct pack_times *t, int64_t took_ms, unsigned items_n)
{
	/* Half a millisecond, because times are cut to whole ones. */
	double time = log(((double)took_ms + 0.5) / items_n), off = time - t->mean;
	if (t->n == 0 || off < -AMISS) {
		*t = (struct pack_times){ .n = 1, .mean = time };
		return;
	}
	off = fmin(off, OUTLIER);
	t->n += t->n < MEMORY_N;
	t->mean += off / t->n;
	t->variance += (off * off * (t->n - 1) / t->n - t->variance) / t->n;
}

/* The variance of the mean. */
static double doubt(const struct pack_times *t, double variance)
{
	return (variance + DOUBT / t->n) / t->n;
}

bool pack_times_are_known(const struct pack_times *t)
{
	if (t->n < PACK_TIMES_LEAST || t->n >= PACK_TIMES_ENOUGH)
		return t->n >= PACK_TIMES_ENOUGH;
	return doubt(t, t->variance) < KNOWN * KNOWN;
}

double pack_times_deviation(const struct pack_times *a, const struct pack_times *b)
{
	double variance = fmax(a->variance, b->variance);
	return sqrt(doubt(a, variance) + doubt(b, variance));
}
