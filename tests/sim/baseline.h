/* SPDX-License-Identifier: MIT */
/*
 * baseline: what simpler clients make of the same servers.
 *
 * Two that people write: a fixed number of workers of which each waits longer and longer after a
 * failure, and the OpenAI cookbook's script, which pauses everybody for 15 s at a 429. Both have
 * -j workers, know the endpoints of the pool, and ask them in turn.
 */
#pragma once

#include "check.h"
#include "scenario.h"

#include <stdint.h>

enum baseline { BASELINE_BACKOFF, BASELINE_COOKBOOK, BASELINES_N };

/* What several runs amounted to. */
struct baseline_sum {
	uint64_t counted_n; /* answers in the time that the scenario's goal names */
	uint64_t requests_n;
	uint64_t refused_n; /* 429s */
	uint64_t lost_n;    /* records given up */
};

/* Plays the scenario of the world, which has just begun. Adds to sum. */
void baseline_play(enum baseline client, struct baseline_sum *sum);

/* Prints the names of the columns. */
void baseline_print_head(void);

/* Prints a row: what we and they did in runs_n runs each. */
void baseline_print(const struct scenario *scenario, const struct check_sum *ours,
	const struct baseline_sum *theirs, unsigned runs_n);
