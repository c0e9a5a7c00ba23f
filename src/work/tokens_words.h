/* SPDX-License-Identifier: MIT */
/*
 * tokens_words: runs of ordinary words, priced at a glance.
 *
 * What English and its kin are mostly made of: ASCII letters, a capital at most at the front, then
 * a comma or a full stop or nothing, then one space, then the next word. Private to tokens.c, which
 * prices the same text to the same sum without it. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* What is charged for a word, in tokens. */
#define LETTERS_FREE 6   /* of a word: what they all cost is one token */
#define LETTER_COST 0.12 /* of each letter after these */

/* Longer words are left to the walk. */
#define WORD_LETTERS_MAX 16

/* A word, its mark, the space and a letter of the next are looked at without asking for the end. */
#define WORD_REACH_BYTES 24

typedef unsigned char words_bytes __attribute__((vector_size(WORD_LETTERS_MAX)));
typedef signed char words_hits __attribute__((vector_size(WORD_LETTERS_MAX)));

/* True for an ASCII letter. */
static inline bool words_is_letter(char c)
{
	return (unsigned char)((c | 0x20) - 'a') < 26;
}

/* Gives how many of the 16 bytes at `at` are small letters before one that is none. */
static inline unsigned words_small_n(const char *at)
{
	words_bytes x;
	memcpy(&x, at, sizeof x);
	words_hits others = (x - 'a') > 25;
#ifdef __SSE2__
	unsigned mask = (unsigned)_mm_movemask_epi8((__m128i)others);
	return mask ? (unsigned)__builtin_ctz(mask) : WORD_LETTERS_MAX;
#else
	unsigned n = 0;
	while (n < WORD_LETTERS_MAX && !others[n])
		n++;
	return n;
#endif
}

#define WORD(n) (1 + (double)((n)-LETTERS_FREE) * LETTER_COST)
static const double words_costs[WORD_LETTERS_MAX + 1] = { 0, 1, 1, 1, 1, 1, 1, WORD(7), WORD(8),
	WORD(9), WORD(10), WORD(11), WORD(12), WORD(13), WORD(14), WORD(15), WORD(16) };
#undef WORD

/*
 * Steps over such words from `at`, where a word begins, as long as the text could end behind each
 * without passing the budget, and adds to *sum what they cost. Gives where it stopped: at a letter,
 * with a space before it, or where it began.
 */
static inline const char *words_take(const char *at, const char *end, double *sum, double budget)
{
	while (end - at >= WORD_REACH_BYTES && words_is_letter(*at)) {
		unsigned n = 1 + words_small_n(at + 1);
		if (n > WORD_LETTERS_MAX)
			break;
		const char *past = at + n;
		unsigned marks_n = *past == ',' || *past == '.';
		past += marks_n;
		/* a space at the end of a text is a token, and so is the mark */
		if (*past != ' ' || !words_is_letter(past[1]) || *sum + words_costs[n] + 2 > budget)
			break;
		*sum += words_costs[n];
		*sum += marks_n;
		at = past + 1;
	}
	return at;
}
