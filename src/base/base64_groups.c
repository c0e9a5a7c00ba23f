/* SPDX-License-Identifier: MIT */
/*
 * One way goes by a table, a letter at a time: what is no letter has the table's highest bit, and
 * the values are or-ed together, so that one look at the end finds a fault anywhere.
 *
 * The other is that of Wojciech Mula and Daniel Lemire, "Faster Base64 encoding and decoding using
 * AVX2 instructions" (2018): 32 letters are looked up at once, in tables of 16 that are registers.
 * A character's upper four bits say what has to be added to it to make it a value, besides '/',
 * which is put into a column of its own. Whether it is a letter is asked of both halves: each has a
 * set of bits, and they have one in common if what they make together is none:
 *
 *	bit	upper half	lower halves that make no letter of it
 *	1	2		all but b (+) and f (/)
 *	2	3		a to f, behind the digits
 *	4	4, 6		0, before A and a
 *	8	5, 7		b to f, behind Z and z
 *	16	the others	all
 *
 * Two multiplications then put the four values of a group next to each other, and two shuffles the
 * groups. For machines that have AVX2, asked for when it runs; the others take the table.
 */
#include "base/base64_groups.h"

#include <stdint.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

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

bool base64_groups(char *to, const char *text, size_t n)
{
	uint32_t all = 0;
	for (const char *end = text + n; text < end; text += 4, to += 3) {
		uint32_t a = values[(unsigned char)text[0]], b = values[(unsigned char)text[1]];
		uint32_t c = values[(unsigned char)text[2]], d = values[(unsigned char)text[3]];
		uint32_t bits = a << 18 | b << 12 | c << 6 | d;
		all |= a | b | c | d;
		to[0] = (char)(bits >> 16);
		to[1] = (char)(bits >> 8);
		to[2] = (char)bits;
	}
	return (all & NO) == 0;
}

#if defined(__x86_64__)

/* A table of 16 in each half of a register, as the shuffles want it. */
#define TWICE(...) _mm256_broadcastsi128_si256(_mm_setr_epi8(__VA_ARGS__))

/* Decodes 32 letters to 24 bytes, and writes 8 more; false if one is none. */
static inline __attribute__((target("avx2"), always_inline)) bool take_32(
	char *to, const char *text)
{
	const __m256i upper_faults =
		TWICE(16, 16, 1, 2, 4, 8, 4, 8, 16, 16, 16, 16, 16, 16, 16, 16);
	const __m256i lower_faults =
		TWICE(21, 17, 17, 17, 17, 17, 17, 17, 17, 17, 19, 26, 27, 27, 27, 26);
	const __m256i added = TWICE(0, 63 - '/', 62 - '+', 52 - '0', 0 - 'A', 0 - 'A', 26 - 'a',
		26 - 'a', 0, 0, 0, 0, 0, 0, 0, 0);
	const __m256i half = _mm256_set1_epi8(15);

	__m256i x = _mm256_loadu_si256((const __m256i *)(const void *)text);
	__m256i upper = _mm256_and_si256(_mm256_srli_epi32(x, 4), half);
	__m256i lower = _mm256_and_si256(x, half);
	if (!_mm256_testz_si256(_mm256_shuffle_epi8(upper_faults, upper),
		    _mm256_shuffle_epi8(lower_faults, lower)))
		return false;
	/* A slash goes one column down: what is equal is -1. */
	__m256i column = _mm256_add_epi8(upper, _mm256_cmpeq_epi8(x, _mm256_set1_epi8('/')));
	x = _mm256_add_epi8(x, _mm256_shuffle_epi8(added, column));
	/* a * 64 + b, c * 64 + d; then the first * 4096 + the second: 24 bits in each word. */
	x = _mm256_maddubs_epi16(x, _mm256_set1_epi32(0x01400140));
	x = _mm256_madd_epi16(x, _mm256_set1_epi32(0x00011000));
	x = _mm256_shuffle_epi8(x, TWICE(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1));
	x = _mm256_permutevar8x32_epi32(x, _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7));
	_mm256_storeu_si256((__m256i *)(void *)to, x);
	return true;
}

static __attribute__((target("avx2"))) size_t groups_avx2(char *to, const char *text, size_t n)
{
	size_t i = 0;
	/* The 8 bytes more come of 11 letters more. */
	for (; n - i >= 32 + 12 && take_32(to, text + i); i += 32)
		to += 24;
	return i;
}

size_t base64_groups_wide(char *to, const char *text, size_t n)
{
	return __builtin_cpu_supports("avx2") ? groups_avx2(to, text, n) : 0;
}

#else

size_t base64_groups_wide(char *to, const char *text, size_t n)
{
	(void)to;
	(void)text;
	(void)n;
	return 0;
}

#endif
