/* SPDX-License-Identifier: MIT */
/*
 * chunk_edge: the places in a text where it may be cut.
 *
 * Private to work/chunk.c. All texts are valid UTF-8, all places are between two characters.
 * Pure; any thread.
 */
#pragma once

#include "base/span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What ends there. */
enum edge { EDGE_PARAGRAPH, EDGE_SENTENCE, EDGE_LINE, EDGE_WORD };

/* Stands for "there is none". */
#define NO_EDGE SIZE_MAX

/* True if the character at `at` (< text.n) is white space. */
bool edge_is_white(struct span text, size_t at);

/*
 * True if the place, 0 < at < text.n, is inside a word, as scripts have them that part words by
 * spaces.
 */
bool edge_is_inside_word(struct span text, size_t at);

/*
 * Gives the last place p where such an edge is, low < p <= high <= text.n, with something other
 * than white space between low and p; NO_EDGE if there is none. Looks no further than high, but for
 * the next few characters.
 */
size_t edge_last(struct span text, size_t low, size_t high, enum edge edge);

/* Where an edge is looked for: low < p < high. */
struct edge_range {
	size_t low, high;
};

/* Gives the first place p in the range, but p >= least, where such an edge is; or NO_EDGE. */
size_t edge_first(struct span text, struct edge_range range, size_t least, enum edge edge);

/*
 * Gives the last place p, low <= p <= high <= text.n, that is not inside a grapheme cluster, low
 * being known to be none.
 */
size_t edge_floor(struct span text, size_t low, size_t high);

/* Gives the end of the grapheme cluster that begins at `at` (< text.n). */
size_t edge_past_cluster(struct span text, size_t at);
