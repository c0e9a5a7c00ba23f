/* SPDX-License-Identifier: MIT */
#include "base/near.h"

#include "t.h"

#include <stdio.h>

static size_t distance(const char *a, const char *b)
{
	return near_distance(span_of(a), span_of(b));
}

TEST("the distance counts insertions, deletions, replacements and swaps of neighbours")
{
	static const struct {
		const char *a, *b;
		size_t want;
	} cases[] = {
		{ "", "", 0 },
		{ "", "abc", 3 },
		{ "a", "a", 0 },
		{ "a", "b", 1 },
		{ "ab", "ba", 1 },
		{ "titel", "title", 1 },
		{ "retry", "retries", 3 },
		{ "kitten", "sitting", 3 },
		{ "saturday", "sunday", 3 },
		{ "abcd", "badc", 2 },
		{ "ca", "abc", 3 }, /* a swapped piece is not edited again: not 2 as in
				       Damerau-Levenshtein */
		{ "--max-cost", "--max-cots", 1 },
		{ "xtext", "text", 1 },
		{ "text", "TEXT", 4 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		bool ok = CHECK_INT(distance(cases[i].a, cases[i].b), cases[i].want);
		ok &= CHECK_INT(distance(cases[i].b, cases[i].a), cases[i].want);
		if (!ok)
			printf("#   %s, %s\n", cases[i].a, cases[i].b);
	}
}

TEST("words up to 64 bytes are compared, longer ones are as far as their length")
{
	char a[65], b[65];
	memset(a, 'x', sizeof a);
	memset(b, 'x', sizeof b);
	b[3] = 'y';
	CHECK_INT(near_distance((struct span){ a, 64 }, (struct span){ b, 64 }), 1);
	CHECK_INT(near_distance((struct span){ a, 65 }, (struct span){ b, 65 }), 65);
	CHECK_INT(near_distance((struct span){ a, 3 }, (struct span){ b, 65 }), 65);
	CHECK_INT(near_distance((struct span){ a, 65 }, (struct span){ a, 65 }), 65);
}

TEST("a third of a word may be wrong, and one letter of a short one")
{
	CHECK_INT(near_limit(0), 1);
	CHECK_INT(near_limit(1), 1);
	CHECK_INT(near_limit(5), 1);
	CHECK_INT(near_limit(6), 2);
	CHECK_INT(near_limit(9), 3);
	CHECK_INT(near_limit(64), 21);
}
