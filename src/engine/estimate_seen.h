/* SPDX-License-Identifier: MIT */
/*
 * estimate_seen: what was asked before in this run, by its key for the cache.
 *
 * With a cache the same is asked but once, however far apart; where nobody is asked the cache does
 * not get to know. A Bloom filter: its memory is fixed, and of ten million keys one in two hundred
 * is taken for another. Beyond CAPACITY_N nothing more is remembered, so that an estimate is rather
 * too high. The loop's thread.
 */
#pragma once

#include "work/entry.h"

#include <stdbool.h>
#include <stdint.h>

struct estimate_seen {
	uint64_t *bits;  /* owned; NULL before the first key */
	uint64_t keys_n; /* different ones */
};

/* True if the key was put before; puts it. A zeroed struct has seen nothing. */
bool estimate_seen_put(struct estimate_seen *s, const struct entry_key *key);

/* Frees what s holds; fine on a zeroed one. */
void estimate_seen_release(struct estimate_seen *s);
