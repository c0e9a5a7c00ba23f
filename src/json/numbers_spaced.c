/* SPDX-License-Identifier: MIT */
/*
 * Some servers put each number on a line of its own. What is between white space goes out in one
 * piece, sixteen bytes looked at at a time, and the result is validated as one that never had any.
 * Where white space goes, two numbers must not become one: it may go beside a comma or a bracket
 * only.
 */
#include "json/numbers.h"

#include "json/run.h"

enum { AHEAD = 2048 };

/* True if what stands there may stand beside white space. */
static bool is_border(char c)
{
	return c == ',' || c == '[' || c == ']';
}

/* Appends the array, as far as its first closing bracket. Gives what is past it; NULL = none is. */
static const char *strip(const char *at, const char *end, struct buf *out)
{
	for (;;) {
		const char *past = run_end(at, end, RUN_CLOSED);
		bool is_whole = past < end && *past == ']';
		past += is_whole;
		if (past == end && !is_whole)
			return NULL;
		if (!buf_put(out, at, (size_t)(past - at)) || is_whole)
			return is_whole && !out->is_full ? past : NULL;
		__builtin_prefetch(past + AHEAD); /* as in numbers.c */
		at = run_end(past, end, RUN_SPACE);
		if (at == past || at == end ||
			!(is_border(out->data[out->len - 1]) || is_border(*at)))
			return NULL;
	}
}

bool json_numbers_spaced(struct span text, struct buf *out, size_t *length, size_t *n)
{
	size_t from = out->len, stripped_n, numbers_n;
	if (!text.n || *text.at != '[')
		return false;
	const char *past = strip(text.at, text.at + text.n, out);
	struct span stripped = { out->data + from, out->len - from };
	if (!past || !json_numbers(stripped, &stripped_n, &numbers_n) || stripped_n != stripped.n) {
		out->len = from;
		return false;
	}
	*length = (size_t)(past - text.at);
	*n = numbers_n;
	return true;
}
