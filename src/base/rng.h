/* SPDX-License-Identifier: MIT */
/*
 * rng: seeded random numbers for jitter and simulation; not for secrets.
 *
 * The state is a value of the caller's, so equal seeds give equal runs. One thread at a time.
 */
#pragma once

#include <stdint.h>

struct rng {
	uint64_t state;
};

/* Starts r at the seed; any seed is good. */
void rng_init(struct rng *r, uint64_t seed);

/* Gives the next 64 random bits. */
uint64_t rng_next(struct rng *r);

/* Gives a whole number in [0, n], each as likely; 0 for n <= 0. */
int64_t rng_upto(struct rng *r, int64_t n);

/* Gives a number in [0, 1). */
double rng_unit(struct rng *r);
