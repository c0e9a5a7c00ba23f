/* SPDX-License-Identifier: MIT */
/*
 * histogram: how often values of which size came, in a fixed number of buckets, each at most a
 * sixteenth wide of what it holds: quantiles are exact below 32, and above within a thirty-second.
 * Pure.
 *
 * Buckets as in HdrHistogram (Gil Tene): powers of two, each divided evenly.
 */
#pragma once

#include <stdint.h>

enum { HISTOGRAM_PARTS_N = 16, HISTOGRAM_POWERS_N = 36 };
enum { HISTOGRAM_BUCKETS_N = HISTOGRAM_PARTS_N * HISTOGRAM_POWERS_N };

/* Zeroed, it is empty. */
struct histogram {
	uint32_t counts[HISTOGRAM_BUCKETS_N];
	uint64_t n;
	int64_t sum; /* saturates */
	int64_t max;
};

/* Counts a value; below 0 it counts as 0. */
void histogram_add(struct histogram *h, int64_t value);

/* Gives the value that a share of q (0 to 1) of all are no larger than; -1 if there are none. */
int64_t histogram_quantile(const struct histogram *h, double q);

/* Gives how many were no larger than the value, to the width of a bucket; all if that is max. */
uint64_t histogram_up_to(const struct histogram *h, int64_t value);
