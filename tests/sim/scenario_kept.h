/* SPDX-License-Identifier: MIT */
/* scenario_kept: the parts of a scenario that caches and budgets are made of. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct scenario;

/* Both ends included. */
struct range {
	int64_t least;
	int64_t most;
};

/* Where answers are kept. */
struct scenario_cache {
	bool is_on;
	struct range look_ms;          /* that it takes to look for what has queued */
	struct range commit_ms;        /* and to store it */
	struct range fails_ms;         /* when it cannot be written any more; 0 = it can */
	bool forgets;                  /* what is not committed at the end is lost, as by kill -9 */
	const struct scenario *before; /* what is played first, with the same file */
};

/* What may be spent: 0 = as much as it takes. */
struct scenario_budget {
	int64_t money, tokens, requests;
	double used_percent; /* so much of it is, at least */
};
