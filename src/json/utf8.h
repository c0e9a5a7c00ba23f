/* SPDX-License-Identifier: MIT */
/*
 * utf8: one code point at a time (Unicode 15, chapter 3, table 3-7).
 *
 * Private to the room json; others use text.h. Pure; any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest well-formed sequence. */
#define UTF8_BYTES_MAX 4

/* What stands in for what is not a character: U+FFFD. */
#define UTF8_REPLACEMENT "\xef\xbf\xbd"

/* True for the bytes that continue a sequence. */
static inline bool utf8_continues(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/*
 * Gives the first two bytes of a sequence as a number: whatever is overlong, a surrogate or too
 * large shows there.
 */
static inline unsigned utf8_pair(const char *at)
{
	return (unsigned)(unsigned char)at[0] << 8 | (unsigned char)at[1];
}

/* True if two bytes begin a well-formed sequence of three or four. */
static inline bool utf8_pair_is_good(unsigned pair)
{
	if (!utf8_continues((char)pair))
		return false;
	if (pair < 0xf000)
		return pair >= 0xe0a0 && (pair < 0xeda0 || pair > 0xedff);
	return pair >= 0xf090 && pair <= 0xf48f;
}

/*
 * Gives the length, 1 to 4, of the well-formed sequence that begins at `at` (< end), or 0 if none
 * does.
 */
static inline size_t utf8_step(const char *at, const char *end)
{
	unsigned char lead = (unsigned char)*at;
	size_t left = (size_t)(end - at);
	if (lead < 0x80)
		return 1;
	if (lead < 0xc2 || left < 2)
		return 0;
	if (lead < 0xe0)
		return utf8_continues(at[1]) ? 2 : 0;
	if (left < 3 || !utf8_pair_is_good(utf8_pair(at)) || !utf8_continues(at[2]))
		return 0;
	if (lead < 0xf0)
		return 3;
	return left >= 4 && utf8_continues(at[3]) ? 4 : 0;
}

/*
 * Where no well-formed sequence begins: gives the length, 1 to 3, of the maximal subpart that
 * U+FFFD replaces.
 */
static inline size_t utf8_bad_step(const char *at, const char *end)
{
	if ((unsigned char)*at < 0xe0 || end - at < 2 || !utf8_pair_is_good(utf8_pair(at)))
		return 1;
	return end - at >= 3 && utf8_continues(at[2]) ? 3 : 2;
}

/* Writes the code point (<= U+10FFFF, no surrogate) to out and gives its length. */
static inline size_t utf8_write(char out[UTF8_BYTES_MAX], uint32_t code)
{
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	size_t n = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	for (size_t i = n - 1; i > 0; i--, code >>= 6)
		out[i] = (char)(0x80 | (code & 0x3f));
	out[0] = (char)(0xf00U >> n | code);
	return n;
}
