/* SPDX-License-Identifier: MIT */
/*
 * pack_times: how long an item takes in packs of one size, and how sure that is.
 *
 * Keeps mean and variance of the logarithms, so that a difference is a ratio and a pack that was
 * ten times as long does not outweigh ten. All zero is one that nothing is known of. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* So many packs are known well enough to be compared with if they vary little, */
#define PACK_TIMES_LEAST 4
/* and so many however they vary. */
#define PACK_TIMES_ENOUGH 16

struct pack_times {
	unsigned n;      /* packs that make up the mean; it has a memory of some dozens */
	double mean;     /* of log ms per item */
	double variance; /* of that */
};

/* Adds a pack of items_n >= 1 that took took_ms >= 0. */
void pack_times_add(struct pack_times *t, int64_t took_ms, unsigned items_n);

/* True if another size can be compared with this one. */
bool pack_times_are_known(const struct pack_times *t);

/* Gives what deviation of the difference of both means chance alone explains; both n >= 1. */
double pack_times_deviation(const struct pack_times *a, const struct pack_times *b);
