/* SPDX-License-Identifier: MIT */
/*
 * Nothing is turned into numbers that is not wanted as numbers: most vectors that go through here
 * are copied, or decoded to the bytes that a matrix holds already. Lengths are summed up in double,
 * whose range no square of a float leaves.
 */
#include "work/vector.h"

#include "base/base64.h"
#include "json/float32.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

enum {
	FLOAT_BYTES = 4,
	PIECE_TEXT_BYTES = 8192 /* base64 that is whole float32s, and stays in the nearest cache */
};

#define EXPONENT_BITS UINT32_C(0x7f800000) /* all of them: no number, or none that is finite */

bool vector_is_digits(const struct vector *v)
{
	return !v->is_floats && v->text.n > 0 && *v->text.at == '[';
}

static float get_float(const char *at)
{
	uint32_t bits;
	float value;
	memcpy(&bits, at, sizeof bits);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	bits = __builtin_bswap32(bits);
#endif
	memcpy(&value, &bits, sizeof value);
	return value;
}

typedef uint32_t lanes __attribute__((vector_size(16)));

/* Gives the bits of all exponents in words of a file, whose bytes are in its order. */
static uint32_t exponent_bits(void)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	return __builtin_bswap32(EXPONENT_BITS);
#else
	return EXPONENT_BITS;
#endif
}

/* True if all are finite: some bit of each exponent is 0. Four at a time. */
static bool are_finite(struct span floats)
{
	uint32_t all = exponent_bits();
	lanes x, mask = { all, all, all, all }, hits = { 0 };
	for (; floats.n >= sizeof x; floats.at += sizeof x, floats.n -= sizeof x) {
		memcpy(&x, floats.at, sizeof x);
		hits |= (lanes)((x & mask) == mask);
	}
	x = (lanes){ 0 };
	memcpy(&x, floats.at, floats.n);
	hits |= (lanes)((x & mask) == mask);
	return !(hits[0] | hits[1] | hits[2] | hits[3]);
}

size_t vector_count(struct span base64)
{
	struct buf floats;
	size_t bytes_n = 0;
	bool ok = true;
	buf_init(&floats, PIECE_TEXT_BYTES);
	for (struct span left = base64; ok && left.n > 0;) {
		struct span piece = { left.at,
			left.n < PIECE_TEXT_BYTES ? left.n : PIECE_TEXT_BYTES };
		left = (struct span){ left.at + piece.n, left.n - piece.n };
		buf_clear(&floats);
		ok = base64_decode(&floats, piece) && floats.len % FLOAT_BYTES == 0 &&
			are_finite(buf_span(&floats)) &&
			(left.n == 0 || piece.at[piece.n - 1] != '=');
		bytes_n += floats.len;
	}
	buf_release(&floats);
	return ok ? bytes_n / FLOAT_BYTES : 0;
}

static void set_float(char *at, float value)
{
	uint32_t bits;
	memcpy(&bits, &value, sizeof bits);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	bits = __builtin_bswap32(bits);
#endif
	memcpy(at, &bits, sizeof bits);
}

/* Reads an array of just n numbers; `to` has room for them. */
static bool read_digits(struct span text, size_t n, char *to)
{
	const char *at = text.at + 1, *end = text.at + text.n;
	if (text.n < 2 || end[-1] != ']')
		return false; /* which keeps the last number from being read past the end */
	for (; n > 0; n--, to += FLOAT_BYTES) {
		float value;
		at = json_float32(at, end, &value);
		if (!at || *at != (n > 1 ? ',' : ']'))
			return false;
		at++;
		set_float(to, value);
	}
	return at == end;
}

static void normalize(char *floats, size_t n)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++) {
		double x = (double)get_float(floats + i * FLOAT_BYTES);
		sum += x * x;
	}
	if (!(sum > 0 && sum <= DBL_MAX))
		return;
	double length = sqrt(sum);
	for (size_t i = 0; i < n; i++) {
		char *at = floats + i * FLOAT_BYTES;
		set_float(at, (float)((double)get_float(at) / length));
	}
}

/* Appends the numbers as they are, however many. */
static bool put_numbers(const struct vector *v, struct buf *out)
{
	if (v->is_floats)
		return buf_put_span(out, v->text);
	if (!vector_is_digits(v))
		return base64_decode(out, v->text);
	size_t size = v->n * FLOAT_BYTES;
	if (!buf_reserve(out, size) || !read_digits(v->text, v->n, out->data + out->len))
		return false;
	out->len += size;
	return true;
}

bool vector_put_floats(const struct vector *v, bool is_normalized, struct buf *out)
{
	size_t start = out->len;
	if (!put_numbers(v, out))
		return false;
	if (out->len - start != v->n * FLOAT_BYTES) {
		out->len = start;
		return false;
	}
	if (is_normalized)
		normalize(out->data + start, v->n);
	return true;
}

/* Appends the n floats as an array. False at the ceiling, perhaps with some of them. */
static bool put_array(const char *floats, size_t n, struct buf *out)
{
	for (size_t i = 0; i < n; i++) {
		char text[1 + JSON_FLOAT32_MAX];
		text[0] = i ? ',' : '[';
		size_t length = json_float32_write(text + 1, get_float(floats + i * FLOAT_BYTES));
		if (!buf_put(out, text, 1 + length))
			return false;
	}
	return buf_put_char(out, ']');
}

bool vector_put_rounded(const struct vector *v, bool is_normalized, struct buf *out)
{
	struct buf floats;
	size_t start = out->len;
	buf_init(&floats, v->n * FLOAT_BYTES);
	bool is_put =
		vector_put_floats(v, is_normalized, &floats) && put_array(floats.data, v->n, out);
	if (!is_put)
		out->len = start;
	buf_release(&floats);
	return is_put;
}

bool vector_put_digits(const struct vector *v, bool is_normalized, struct buf *out)
{
	if (vector_is_digits(v) && !is_normalized)
		return buf_put_span(out, v->text);
	return vector_put_rounded(v, is_normalized, out);
}
