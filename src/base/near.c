/* SPDX-License-Identifier: MIT */
/*
 * Optimal string alignment (Damerau's edits, each piece of a word edited once): three rows of the
 * table of distances between prefixes are enough, because a swap looks two rows back.
 */
#include "base/near.h"

#include <string.h>

enum { WORD_MAX = 64 };

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * Fills the row of distances from the first i (>= 1) bytes of a to each prefix of b; rows[k] is k
 * rows back.
 */
static void fill_row(size_t *const rows[3], struct span a, struct span b, size_t i)
{
	rows[0][0] = i;
	for (size_t j = 1; j <= b.n; j++) {
		bool differ = a.at[i - 1] != b.at[j - 1];
		size_t d = least(rows[1][j] + 1, rows[0][j - 1] + 1);
		d = least(d, rows[1][j - 1] + differ);
		if (i > 1 && j > 1 && a.at[i - 1] == b.at[j - 2] && a.at[i - 2] == b.at[j - 1])
			d = least(d, rows[2][j - 2] + 1);
		rows[0][j] = d;
	}
}

size_t near_distance(struct span a, struct span b)
{
	if (a.n > WORD_MAX || b.n > WORD_MAX)
		return a.n > b.n ? a.n : b.n;
	size_t table[3][WORD_MAX + 1];
	for (size_t j = 0; j <= b.n; j++)
		table[0][j] = j;
	for (size_t i = 1; i <= a.n; i++)
		fill_row((size_t *[]){ table[i % 3], table[(i + 2) % 3], table[(i + 1) % 3] }, a, b,
			i);
	return table[a.n % 3][b.n];
}

size_t near_limit(size_t n)
{
	return n < 6 ? 1 : n / 3;
}

const char *near_find(const char *word, const char *const *words, size_t n)
{
	const char *best = NULL;
	size_t least = near_limit(strlen(word)) + 1;
	for (size_t i = 0; i < n; i++) {
		size_t distance = near_distance(span_of(word), span_of(words[i]));
		if (distance < least) {
			least = distance;
			best = words[i];
		}
	}
	return best;
}
