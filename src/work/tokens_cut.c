/* SPDX-License-Identifier: MIT */
/*
 * Where to cut a text is found by halving, on whole estimates: what a piece costs depends on what
 * follows. The reach is doubled first, so that it costs what is kept, not what is thrown away.
 */
#include "work/tokens.h"

#include "work/tokens_part.h"

/* The most bytes of one character: two escapes. */
#define GLYPH_BYTES_MAX 12

/* How much is looked at first; then twice as much, until it is too much. */
#define REACH_BYTES 256

/* True for the bytes that continue a character. */
static bool is_tail(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* True if a character begins there, whatever stands before. */
static bool is_plain_start(struct span text, size_t at)
{
	size_t n = at < GLYPH_BYTES_MAX ? at : GLYPH_BYTES_MAX - 1;
	return at == 0 || (!is_tail(text.at[at]) && !memchr(text.at + at - n, '\\', n));
}

/* The last beginning of a character that is not behind `at`, or the end. */
static size_t start_before(struct span text, size_t at)
{
	size_t start = at, n;
	if (at >= text.n)
		return text.n;
	while (!is_plain_start(text, start))
		start--;
	while (n = tokens_glyph_n(text, start), start + n <= at)
		start += n;
	return start;
}

/* True if what a cut leaves, before it or after it, is within the budget. */
static bool fits(struct span text, size_t at, bool of_end, double budget)
{
	struct span tail = { text.at + at, text.n - at }, head = { text.at, at };
	return tokens_estimate(of_end ? tail : head) <= budget;
}

/* Gives where the text is to be cut. */
static size_t find_cut(struct span text, bool of_end, double budget)
{
	size_t good = of_end ? text.n : 0, bad, n;
	if (budget < 0 || text.n == 0)
		return good;
	for (n = REACH_BYTES;; n *= 2) {
		n = n < text.n ? n : text.n;
		bad = start_before(text, of_end ? text.n - n : n);
		if (!fits(text, bad, of_end, budget))
			break;
		good = bad;
		if (n == text.n)
			return good;
	}
	size_t low = of_end ? bad : good, high = of_end ? good : bad;
	while (low + (n = tokens_glyph_n(text, low)) < high) {
		size_t middle = start_before(text, low + (high - low) / 2);
		size_t at = middle > low ? middle : low + n;
		*(fits(text, at, of_end, budget) == of_end ? &high : &low) = at;
	}
	return of_end ? high : low;
}

size_t tokens_prefix(struct span text, double budget)
{
	return find_cut(text, false, budget);
}

size_t tokens_suffix(struct span text, double budget)
{
	return text.n - find_cut(text, true, budget);
}
