/* SPDX-License-Identifier: MIT */
/*
 * hedge: when a call that is slow is worth asking a second endpoint.
 *
 * After a fixed delay, or after so long as only the slowest few of late have taken; and never more
 * than a given share of all requests, since each may be paid for. Pure; time is an argument.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct hedge_opts {
	int64_t delay_ms;   /* --hedge DUR; 0 = by percentile, or off */
	double percentile;  /* --hedge pNN: 0 < NN < 100; 0 = by delay, or off */
	double max_percent; /* --hedge-max: of all requests */
};

/* Four buckets for each doubling, from 1 ms to 2^20 ms, about 17 minutes. */
enum { HEDGE_SLICES_N = 3, HEDGE_SLICE_MS = 10000, HEDGE_BUCKETS_N = 81 };

/* The latencies of ten seconds. */
struct hedge_slice {
	int64_t nth; /* which ten seconds */
	uint32_t n;  /* all counts together */
	uint32_t counts[HEDGE_BUCKETS_N];
};

struct hedge {
	const struct hedge_opts *opts; /* borrowed */
	uint64_t hedges_n;             /* started */
	struct hedge_slice slices[HEDGE_SLICES_N];
};

/* Starts h knowing no latencies. Borrows opts for its life. */
void hedge_init(struct hedge *h, const struct hedge_opts *opts);

/* True if hedging is wanted at all. */
bool hedge_is_on(const struct hedge *h);

/* A request was answered after so long, or was cut off or timed out after so long. */
void hedge_note(struct hedge *h, int64_t latency_ms, int64_t now_ms);

/* How long after its start a request is to be hedged; INT64_MAX = not at all for now. */
int64_t hedge_delay_ms(const struct hedge *h, int64_t now_ms);

/* True if one more hedge stays within the share of requests_n, the requests started so far. */
bool hedge_is_affordable(const struct hedge *h, uint64_t requests_n);

/* A hedge starts. */
void hedge_enter(struct hedge *h);
