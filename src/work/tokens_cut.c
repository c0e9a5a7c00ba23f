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

/* What is cut, and what is to be left. */
struct cut {
	struct span text;
	bool is_plain;
	bool of_end; /* the end of the text is kept */
	double budget;
};

/* True for the bytes that continue a character. */
static bool is_tail(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* How many bytes the character at `at` has. */
static size_t glyph_n(const struct cut *c, size_t at)
{
	size_t n = 1;
	if (!c->is_plain)
		return tokens_escape_n(c->text, at);
	while (at + n < c->text.n && is_tail(c->text.at[at + n]))
		n++;
	return n;
}

/* True if a character begins there, whatever stands before. */
static bool is_plain_start(const struct cut *c, size_t at)
{
	size_t n = at < GLYPH_BYTES_MAX ? at : GLYPH_BYTES_MAX - 1;
	return at == 0 ||
		(!is_tail(c->text.at[at]) &&
			(c->is_plain || !memchr(c->text.at + at - n, '\\', n)));
}

/* The last beginning of a character that is not behind `at`, or the end. */
static size_t start_before(const struct cut *c, size_t at)
{
	size_t start = at, n;
	if (at >= c->text.n)
		return c->text.n;
	while (!is_plain_start(c, start))
		start--;
	while (n = glyph_n(c, start), start + n <= at)
		start += n;
	return start;
}

/* True if what a cut leaves, before it or after it, is within the budget. */
static bool fits(const struct cut *c, size_t at)
{
	struct span tail = { c->text.at + at, c->text.n - at }, head = { c->text.at, at };
	return tokens_measure(c->of_end ? tail : head, c->is_plain) <= c->budget;
}

/* Gives where the text is to be cut. */
static size_t find_cut(const struct cut *c)
{
	size_t text_n = c->text.n, good = c->of_end ? text_n : 0, bad, n;
	if (c->budget < 0 || text_n == 0)
		return good;
	for (n = REACH_BYTES;; n *= 2) {
		n = n < text_n ? n : text_n;
		bad = start_before(c, c->of_end ? text_n - n : n);
		if (!fits(c, bad))
			break;
		good = bad;
		if (n == text_n)
			return good;
	}
	size_t low = c->of_end ? bad : good, high = c->of_end ? good : bad;
	while (low + (n = glyph_n(c, low)) < high) {
		size_t middle = start_before(c, low + (high - low) / 2);
		size_t at = middle > low ? middle : low + n;
		*(fits(c, at) == c->of_end ? &high : &low) = at;
	}
	return c->of_end ? high : low;
}

static size_t prefix(struct span text, double budget, bool is_plain)
{
	return find_cut(&(struct cut){ text, is_plain, false, budget });
}

static size_t suffix(struct span text, double budget, bool is_plain)
{
	return text.n - find_cut(&(struct cut){ text, is_plain, true, budget });
}

size_t tokens_prefix(struct span text, double budget)
{
	return prefix(text, budget, false);
}

size_t tokens_suffix(struct span text, double budget)
{
	return suffix(text, budget, false);
}

size_t tokens_prefix_plain(struct span text, double budget)
{
	return prefix(text, budget, true);
}

size_t tokens_suffix_plain(struct span text, double budget)
{
	return suffix(text, budget, true);
}
