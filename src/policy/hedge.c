/* SPDX-License-Identifier: MIT */
/*
 * A second request to another endpoint, sent when the first takes longer than nearly all do, cuts
 * the tail of latencies for little extra work (Dean, Barroso, "The Tail at Scale", 2013). Little,
 * as long as the delay fits: when everything becomes slower at once, everything looks late, and
 * hedging would double the load just then. So the percentile follows what came in the last 20 to
 * 30 seconds, as in Finagle's BackupRequestFilter, and the share of hedges has a ceiling that no
 * percentile overrules.
 *
 * What failed at once is not to be noted, or the percentile would be that of failing.
 *
 * Latencies are counted in buckets, each a fifth wider than the one before, and a percentile is the
 * upper end of its bucket: a hedge comes up to a fifth late rather than early. Before 20 latencies
 * are known there is no percentile worth the name.
 */
#include "policy/hedge.h"

#include <math.h>
#include <string.h>

enum { SAMPLES_MIN = 20, BUCKETS_PER_DOUBLING = 4 };

void hedge_init(struct hedge *h, const struct hedge_opts *opts)
{
	*h = (struct hedge){ .opts = opts };
}

bool hedge_is_on(const struct hedge *h)
{
	return h->opts->delay_ms > 0 || h->opts->percentile > 0;
}

static unsigned bucket_of(int64_t latency_ms)
{
	if (latency_ms <= 1)
		return 0;
	double bucket = ceil(log2((double)latency_ms) * BUCKETS_PER_DOUBLING);
	return bucket < HEDGE_BUCKETS_N ? (unsigned)bucket : HEDGE_BUCKETS_N - 1;
}

/* The largest latency that falls into the bucket. */
static int64_t end_of(unsigned bucket)
{
	return (int64_t)floor(exp2((double)bucket / BUCKETS_PER_DOUBLING));
}

void hedge_note(struct hedge *h, int64_t latency_ms, int64_t now_ms)
{
	int64_t nth = now_ms / HEDGE_SLICE_MS;
	struct hedge_slice *s = &h->slices[nth % HEDGE_SLICES_N];
	if (s->nth != nth) {
		memset(s, 0, sizeof *s);
		s->nth = nth;
	}
	s->counts[bucket_of(latency_ms)]++;
	s->n++;
}

static bool is_recent(const struct hedge_slice *s, int64_t now_ms)
{
	return s->nth > now_ms / HEDGE_SLICE_MS - HEDGE_SLICES_N;
}

/* How many recent latencies there are, or only those in the bucket. */
static uint64_t recent_n(const struct hedge *h, int64_t now_ms, int bucket)
{
	uint64_t n = 0;
	for (unsigned i = 0; i < HEDGE_SLICES_N; i++)
		if (is_recent(&h->slices[i], now_ms))
			n += bucket < 0 ? h->slices[i].n : h->slices[i].counts[bucket];
	return n;
}

static int64_t percentile_ms(const struct hedge *h, int64_t now_ms)
{
	uint64_t n = recent_n(h, now_ms, -1), below = 0;
	if (n < SAMPLES_MIN)
		return INT64_MAX;
	for (int bucket = 0; bucket < HEDGE_BUCKETS_N; bucket++) {
		below += recent_n(h, now_ms, bucket);
		if ((double)below * 100 >= h->opts->percentile * (double)n)
			return end_of((unsigned)bucket);
	}
	return INT64_MAX;
}

int64_t hedge_delay_ms(const struct hedge *h, int64_t now_ms)
{
	if (h->opts->delay_ms > 0)
		return h->opts->delay_ms;
	return h->opts->percentile > 0 ? percentile_ms(h, now_ms) : INT64_MAX;
}

bool hedge_is_affordable(const struct hedge *h, uint64_t requests_n)
{
	return ((double)h->hedges_n + 1) * 100 <= h->opts->max_percent * (double)requests_n;
}

void hedge_enter(struct hedge *h)
{
	h->hedges_n++;
}
