/* SPDX-License-Identifier: MIT */
/*
 * Text is checked as a whole before any of it is decoded, so that a decoder has no errors half way;
 * the check is one table look-up per character, which are or-ed together: what is not of the
 * alphabet has the table's highest bit, whatever stands around it.
 */
#include "base/base64.h"

#include <stdint.h>

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

enum { NO = 0x80 }; /* the value of what is no letter */

#define NO_8 NO, NO, NO, NO, NO, NO, NO, NO
#define NO_32 NO_8, NO_8, NO_8, NO_8

/* Each letter's value. */
static const uint8_t values[256] = {
	NO_32, NO_8, NO, NO, NO, 62, NO, NO, NO, 63,                    /* + and / */
	52, 53, 54, 55, 56, 57, 58, 59, 60, 61, NO, NO, NO, NO, NO, NO, /* 0 to 9 */
	NO, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,           /* A */
	15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, NO, NO, NO, NO, NO, /* to Z */
	NO, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, /* a */
	41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, NO, NO, NO, NO, NO, /* to z */
	NO_32, NO_32, NO_32, NO_32                                      /* not ASCII */
};

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

static uint32_t value(char c)
{
	return values[(unsigned char)c];
}

/* Gives how many of the last characters are padding: 0, 1 or 2. */
static size_t padding(struct span text)
{
	if (text.n == 0 || text.at[text.n - 1] != '=')
		return 0;
	return text.at[text.n - 2] == '=' ? 2 : 1;
}

bool base64_check(struct span text, size_t *bytes_n)
{
	if (text.n % 4 != 0)
		return false;
	size_t padding_n = padding(text), letters_n = text.n - padding_n;
	uint32_t all = 0;
	for (size_t i = 0; i < letters_n; i++)
		all |= value(text.at[i]);
	if (all & NO)
		return false;
	uint32_t dropped = padding_n == 2 ? 0x0f : padding_n == 1 ? 0x03 : 0;
	if (letters_n > 0 && (value(text.at[letters_n - 1]) & dropped))
		return false;
	*bytes_n = text.n / 4 * 3 - padding_n;
	return true;
}

bool base64_decode(struct buf *out, struct span text)
{
	size_t bytes_n;
	if (!base64_check(text, &bytes_n) || !buf_reserve(out, bytes_n))
		return false;
	for (size_t left = bytes_n, i = 0; left > 0; i += 4) {
		uint32_t bits = 0;
		for (size_t k = 0; k < 4; k++)
			bits = bits << 6 | (value(text.at[i + k]) & 63);
		char three[3] = { (char)(bits >> 16), (char)(bits >> 8), (char)bits };
		size_t n = left < 3 ? left : 3;
		memcpy(out->data + out->len, three, n);
		out->len += n;
		left -= n;
	}
	return true;
}
