/* SPDX-License-Identifier: MIT */
/*
 * near: how far one word is from another, for "did you mean".
 *
 * Bytes are compared, not letters: in UTF-8 a wrong letter may count twice. Pure; any thread.
 */
#pragma once

#include "base/span.h"

#include <stddef.h>

/*
 * Gives the edit distance of a and b: insertions, deletions, replacements and swaps of neighbours
 * (optimal string alignment). If either is longer than 64 bytes, the length of the longer one.
 */
size_t near_distance(struct span a, struct span b);

/*
 * Gives the largest distance at which a word of n bytes is worth suggesting: a third of n, at
 * least 1.
 */
size_t near_limit(size_t n);

/* Gives the word of the n that is most like `word`, or NULL if none is near. */
const char *near_find(const char *word, const char *const *words, size_t n);
