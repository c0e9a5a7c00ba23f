/* SPDX-License-Identifier: MIT */
/*
 * A hashed bag of words: each word, in lower case (of ASCII's letters), adds 1 or -1 to four
 * coordinates that its hash names, so that the cosine of two texts is about the share of their
 * words that they have in common. So few words would leave most coordinates 0, and the digits of
 * zeros are not what a client has to cope with; so a faint noise, a quarter as long as the words
 * together, lies over all coordinates. It depends on the words alone, whatever their order.
 *
 * Everything is added up in whole numbers. What is left, a root and a division for each number, is
 * exact by IEEE 754 wherever this is compiled; sums of doubles are not, where multiply-add is one
 * instruction.
 */
#include "meaning.h"

#include "base/xalloc.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define WORD_COORDINATES 4

/*
 * No count is larger, and all are scaled to just below it: squares of MEANING_MAX fit in 64 bits.
 */
#define COUNT_BITS 24
#define COUNT_MAX ((int64_t)1 << COUNT_BITS)

/* The noise is a quarter as long, and evenly spread numbers up to x have a mean square of x*x/3. */
#define NOISE_SQUARE (3.0 / 16)

#define FNV_OFFSET 0xcbf29ce484222325
#define FNV_PRIME 0x100000001b3
#define GOLDEN 0x9e3779b97f4a7c15

/* == Words == */

static uint64_t mix(uint64_t h)
{
	h = (h ^ h >> 30) * 0xbf58476d1ce4e5b9;
	h = (h ^ h >> 27) * 0x94d049bb133111eb;
	return h ^ h >> 31;
}

/* Bytes above ASCII are parts of letters, for here all but spaces and points are. */
static bool is_of_word(unsigned char c)
{
	return c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
		(c >= 'a' && c <= 'z');
}

/* Takes the next word off the text and gives its hash; false if there is none. */
static bool take_word(struct span *text, uint64_t *hash)
{
	size_t from = 0, to;
	while (from < text->n && !is_of_word((unsigned char)text->at[from]))
		from++;
	*hash = FNV_OFFSET;
	for (to = from; to < text->n && is_of_word((unsigned char)text->at[to]); to++) {
		unsigned char c = (unsigned char)text->at[to];
		if (c >= 'A' && c <= 'Z')
			c = (unsigned char)(c - 'A' + 'a');
		*hash = (*hash ^ c) * FNV_PRIME;
	}
	*hash = mix(*hash);
	*text = (struct span){ .at = text->at + to, .n = text->n - to };
	return to > from;
}

static void add_word(int64_t *counts, size_t n, uint64_t hash)
{
	for (int i = 0; i < WORD_COORDINATES; i++) {
		uint64_t h = mix(hash + (uint64_t)i * GOLDEN);
		int64_t *count = &counts[(h >> 1) % n];
		*count += h & 1 ? 1 : -1;
		if (*count > COUNT_MAX || *count < -COUNT_MAX)
			*count -= h & 1 ? 1 : -1;
	}
}

/* == The vector == */

static double square_of(const int64_t *counts, size_t n)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += (uint64_t)(counts[i] * counts[i]);
	return (double)sum;
}

/* Makes the counts as large as they may be; all 0 they stay. */
static void scale(int64_t *counts, size_t n)
{
	int64_t most = 0;
	int bits = 0;
	for (size_t i = 0; i < n; i++)
		most = llabs(counts[i]) > most ? llabs(counts[i]) : most;
	while (most << (bits + 1) <= COUNT_MAX && bits < COUNT_BITS)
		bits++;
	for (size_t i = 0; i < n; i++)
		counts[i] *= (int64_t)1 << bits;
}

static void add_noise(int64_t *counts, size_t n, uint64_t seed)
{
	double square = square_of(counts, n) * NOISE_SQUARE / (double)n;
	int64_t most = square > 0 ? (int64_t)sqrt(square) : COUNT_MAX;
	for (size_t i = 0; i < n; i++) {
		uint64_t h = mix(seed += GOLDEN);
		counts[i] += (int64_t)(h % (uint64_t)(2 * most + 1)) - most;
	}
}

void meaning_of(struct span text, float *v, size_t n)
{
	int64_t *counts = xcalloc(n, sizeof *counts);
	uint64_t seed = 0, hash;
	double length;
	while (take_word(&text, &hash)) {
		add_word(counts, n, hash);
		seed += hash;
	}
	scale(counts, n);
	add_noise(counts, n, seed);
	length = sqrt(square_of(counts, n));
	if (!(length > 0))
		counts[0] = 1, length = 1;
	for (size_t i = 0; i < n; i++)
		v[i] = (float)((double)counts[i] / length);
	free(counts);
}

/* == As text == */

/* 1, 10, ... as far as a double is exact. */
static double power_of_ten(int n)
{
	static const double powers[] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10,
		1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };
	return powers[n];
}

static double times_ten_to(double x, int n)
{
	return n < 0 ? x / power_of_ten(-n) : x * power_of_ten(n);
}

/* True if `digits` * 10^-shift, rounded once from where it is, is this number. */
static bool reads_back(uint64_t digits, int shift, float number)
{
	double read = times_ten_to((double)digits, -shift);
	uint64_t bits;
	memcpy(&bits, &read, sizeof bits);
	/* Half-way between two floats the first rounding, to a double, may have been the judge. */
	return (float)read == number && (bits & 0x1fffffff) != 0x10000000;
}

/* Fewer than six digits are six that end with zeros. */
enum { DIGITS_LEAST = 6, DIGITS_ENOUGH = 9 };

/* Gives the fewest digits, and in *shift that they are to be taken times 10^-shift. */
static uint64_t fewest_digits(float number, int *shift)
{
	double x = (double)number;
	uint64_t digits = 0;
	int tens = 0;
	while (x >= times_ten_to(1, tens + 1))
		tens++;
	while (x < times_ten_to(1, tens))
		tens--;
	for (int n = DIGITS_LEAST; n <= DIGITS_ENOUGH; n++) {
		*shift = n - 1 - tens;
		digits = (uint64_t)(times_ten_to(x, *shift) + 0.5);
		if (reads_back(digits, *shift, number))
			break;
	}
	for (; digits % 10 == 0; digits /= 10)
		(*shift)--;
	return digits;
}

/* As 0.0123, 12.3 or 1.23e-05. */
static void put_placed(struct buf *out, const char *digits, int n, int shift)
{
	int before = n - shift; /* the point; may be none of their places */
	if (before < -3 || shift < 0) {
		buf_put_char(out, digits[0]);
		if (n > 1)
			buf_put_char(out, '.');
		buf_put(out, digits + 1, (size_t)n - 1);
		buf_put_str(out, before < 1 ? "e-" : "e+");
		buf_put_str(out, abs(before - 1) < 10 ? "0" : "");
		buf_put_int(out, abs(before - 1));
		return;
	}
	buf_put(out, before > 0 ? digits : "0", before > 0 ? (size_t)before : 1);
	if (shift > 0)
		buf_put_char(out, '.');
	for (int i = before; i < 0; i++)
		buf_put_char(out, '0');
	if (shift > 0)
		buf_put(out, digits + (before > 0 ? before : 0), (size_t)(before > 0 ? shift : n));
}

void meaning_put_number(struct buf *out, float number)
{
	char text[24];
	int at = sizeof text, shift;
	uint64_t digits;
	if (!(fabsf(number) > 0)) {
		buf_put_char(out, '0');
		return;
	}
	if (number < 0)
		buf_put_char(out, '-');
	digits = fewest_digits(fabsf(number), &shift);
	for (; digits > 0; digits /= 10)
		text[--at] = (char)('0' + digits % 10);
	put_placed(out, text + at, (int)sizeof text - at, shift);
}

static const char *const base64 =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Byte number i of all the numbers; 0 after their end. */
static uint32_t byte_of(const float *v, size_t n, size_t i)
{
	uint32_t bits;
	if (i >= n * sizeof bits)
		return 0;
	memcpy(&bits, &v[i / sizeof bits], sizeof bits);
	return bits >> i % sizeof bits * 8 & 0xff;
}

void meaning_put_base64(struct buf *out, const float *v, size_t n)
{
	size_t bytes_n = n * sizeof(float);
	buf_reserve(out, bytes_n / 3 * 4 + 8);
	buf_put_char(out, '"');
	for (size_t i = 0; i < bytes_n; i += 3) {
		uint32_t three =
			byte_of(v, n, i) << 16 | byte_of(v, n, i + 1) << 8 | byte_of(v, n, i + 2);
		buf_put_char(out, base64[three >> 18]);
		buf_put_char(out, base64[three >> 12 & 63]);
		buf_put_char(out, i + 1 < bytes_n ? base64[three >> 6 & 63] : '=');
		buf_put_char(out, i + 2 < bytes_n ? base64[three & 63] : '=');
	}
	buf_put_char(out, '"');
}
