/* SPDX-License-Identifier: MIT */
/*
 * attempts: how often each prompt has been asked.
 *
 * Scripts and random faults depend on the attempt, not on the order in which requests of different
 * prompts arrive; so a run with a seed meets the same faults however concurrent it is.
 * A prompt is known by a 64-bit hash. One thread at a time.
 */
#pragma once

#include "base/span.h"

#include <stdint.h>

struct attempts_slot {
	uint64_t key; /* 0: free */
	uint64_t n;
};

/* Zeroed is empty. */
struct attempts {
	struct attempts_slot *slots; /* owned */
	size_t slots_n;              /* 0 or a power of two, at most half of them used */
	size_t used_n;
};

/* Frees what a holds and leaves it empty, all counts zero. */
void attempts_release(struct attempts *a);

/* Gives the 64-bit hash of a text; never 0. */
uint64_t attempts_key(struct span text);

/* Counts one more attempt of the prompt with this key and gives its number: 1 for the first. */
uint64_t attempts_count(struct attempts *a, uint64_t key);
