/* SPDX-License-Identifier: MIT */
/*
 * balance: which of several endpoints gets the next request.
 *
 * Power of two choices by least expected work, weights, or affinity of a prompt's beginning to an
 * endpoint. Sees numbers, not endpoints. Pure: random numbers come from the caller's rng.
 */
#pragma once

#include "base/rng.h"

#include <stdbool.h>
#include <stdint.h>

enum balance_rule {
	BALANCE_LEAST,    /* the one of two that has least to do */
	BALANCE_WEIGHTED, /* in proportion to the weights */
	BALANCE_AFFINITY  /* equal keys to the same one, unless it has far more to do than others */
};

/* One endpoint that could start a request now. */
struct balance_choice {
	unsigned in_flight;
	double weight;     /* > 0 */
	double latency_ms; /* mean of late; 0 = nothing is known yet */
	uint64_t id;       /* hash of what it is: the same in each run, another for each endpoint */
};

/* What a mean latency becomes by one more; mean_ms 0 = there was none. Never 0. */
double balance_mean_ms(double mean_ms, int64_t latency_ms);

/* A weight some time after the endpoint came back: grows from a tenth to all of it in 10 s. */
double balance_ramp(double weight, int64_t since_ms);

/* Gives a hash of some bytes, for keys and ids. */
uint64_t balance_hash(const void *bytes, uint64_t n);

/*
 * Gives the index of the choice that is best; n >= 1. The key is only for BALANCE_AFFINITY, the rng
 * for the others.
 */
unsigned balance_pick(enum balance_rule rule, const struct balance_choice *choices, unsigned n,
	uint64_t key, struct rng *rng);
