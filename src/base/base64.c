/* SPDX-License-Identifier: MIT */
/*
 * Text is mostly an image or the vectors of an answer, megabytes of it. So it is decoded in one
 * pass, which finds what is wrong as it goes (see base64_groups.c); what was written by then lies
 * behind the end of the buf. Only looking is a pass of its own, sixteen characters at a time, in
 * the vector arithmetic that gcc and clang have for every machine.
 */
#include "base/base64.h"

#include "base/base64_groups.h"

#include <stdint.h>

enum { STRIDE = 16 };

typedef unsigned char vector __attribute__((vector_size(STRIDE)));

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t base64_length(size_t n)
{
	return n / 3 * 4 + (n % 3 ? 4 : 0);
}

/* Writes the four characters of three bytes. */
static void write_four(char out[4], uint32_t bits)
{
	out[0] = letters[bits >> 18 & 63];
	out[1] = letters[bits >> 12 & 63];
	out[2] = letters[bits >> 6 & 63];
	out[3] = letters[bits & 63];
}

bool base64_encode(struct buf *out, const void *bytes, size_t n)
{
	const uint8_t *at = bytes;
	size_t length = base64_length(n);
	if (n == 0)
		return !out->is_full;
	if (!buf_reserve(out, length))
		return false;
	char *to = out->data + out->len;
	for (; n >= 3; n -= 3, at += 3, to += 4)
		write_four(to, (uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2]);
	if (n > 0) {
		write_four(to, (uint32_t)at[0] << 16 | (n == 2 ? (uint32_t)at[1] << 8 : 0));
		to[3] = '=';
		if (n == 1)
			to[2] = '=';
	}
	out->len += length;
	return true;
}

/* Gives -1 for each letter, else 0. */
static inline vector are_letters(vector x)
{
	/* What is too small wraps around; '+' is '/' without the bit 4. */
	return (vector)(((x | 0x20) - 'a' < 26) | (x - '0' < 10) | ((x | 4) == '/'));
}

/* True if all n characters are letters. */
static bool is_all_letters(const char *text, size_t n)
{
	vector all = { 0 }, x;
	all = (vector)(all == 0);
	for (; n >= STRIDE; n -= STRIDE, text += STRIDE) {
		memcpy(&x, text, STRIDE);
		all &= are_letters(x);
	}
	if (n > 0) {
		memset(&x, 'A', STRIDE);
		memcpy(&x, text, n);
		all &= are_letters(x);
	}
	uint64_t halves[2];
	memcpy(halves, &all, sizeof halves);
	return (halves[0] & halves[1]) == UINT64_MAX;
}

/* Gives how many of the last characters are padding: 0, 1 or 2. */
static size_t padding(struct span text)
{
	if (text.n == 0 || text.at[text.n - 1] != '=')
		return 0;
	return text.at[text.n - 2] == '=' ? 2 : 1;
}

/*
 * Decodes the last four characters, of which some are padding, to three bytes. False if they are no
 * such four.
 */
static bool take_padded(char three[3], const char *four, size_t padding_n)
{
	char filled[4] = { four[0], four[1], padding_n == 2 ? 'A' : four[2], 'A' };
	if (!base64_groups(three, filled, 4))
		return false;
	return three[3 - padding_n] == 0; /* whose bits are dropped */
}

bool base64_check(struct span text, size_t *bytes_n)
{
	char three[3];
	if (text.n % 4 != 0)
		return false;
	size_t padding_n = padding(text), whole_n = text.n - (padding_n ? 4 : 0);
	if (!is_all_letters(text.at, whole_n) ||
		(padding_n && !take_padded(three, text.at + whole_n, padding_n)))
		return false;
	*bytes_n = text.n / 4 * 3 - padding_n;
	return true;
}

bool base64_decode(struct buf *out, struct span text)
{
	char three[3];
	if (text.n % 4 != 0)
		return false;
	size_t padding_n = padding(text), whole_n = text.n - (padding_n ? 4 : 0);
	size_t bytes_n = text.n / 4 * 3 - padding_n;
	if (padding_n && !take_padded(three, text.at + whole_n, padding_n))
		return false;
	if (!buf_reserve(out, bytes_n))
		return false;
	if (whole_n > 0) {
		char *to = out->data + out->len;
		size_t wide_n = base64_groups_wide(to, text.at, whole_n);
		if (!base64_groups(to + wide_n / 4 * 3, text.at + wide_n, whole_n - wide_n))
			return false;
	}
	if (padding_n)
		memcpy(out->data + out->len + whole_n / 4 * 3, three, 3 - padding_n);
	out->len += bytes_n;
	return true;
}
