/* SPDX-License-Identifier: MIT */
/*
 * Digits become an integer and a power of ten, and one multiplication or division in double makes
 * them a number: Clinger's way, "How to read floating point numbers accurately" (1990), but with
 * room to spare, as a float has 29 bits less than a double. Up to 19 digits (what follows them is
 * less than 1e-18 of the whole), the power of ten, and the operation may each be wrong by a half in
 * the last place of the double. So the float nearest to the double is the float nearest to the
 * number, unless the double is within a few places of the middle between two floats: one in
 * 60 million, if it is not meant to be. Then, and for what is not a normal float, strtof decides.
 * It is given digits and an exponent without a point, which is not a point everywhere. 120 digits
 * are enough: the middle between two floats has at most 113, so that of the others it matters only
 * whether they are all 0.
 *
 * Writing goes the same way back: for 6, 7, 8, 9 digits the nearest decimal number, until one reads
 * as the float that it came from. 9 always do. Six always come back as they were, so if fewer are
 * enough, the six end in zeros; not so among subnormal floats, where one digit is tried first.
 * Nothing rests on the product that finds the digits being exact: they are read to see.
 */
#include "json/float32.h"

#include <assert.h>
#include <float.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
	FAST_DIGITS = 19,   /* that many fit into 64 bits */
	POWER_MAX = 60,     /* 19 digits times 10 to the -57 is the least normal float */
	SLOW_DIGITS = 120,  /* that decide, besides whether others follow */
	SLOW_POWER = 9999,  /* beyond is nothing but 0 and infinity, with SLOW_DIGITS */
	WRITTEN_DIGITS = 9, /* are always enough */
	SURE_DIGITS = 6     /* always come back */
};

static const double powers[POWER_MAX + 1] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9,
	1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22, 1e23, 1e24,
	1e25, 1e26, 1e27, 1e28, 1e29, 1e30, 1e31, 1e32, 1e33, 1e34, 1e35, 1e36, 1e37, 1e38, 1e39,
	1e40, 1e41, 1e42, 1e43, 1e44, 1e45, 1e46, 1e47, 1e48, 1e49, 1e50, 1e51, 1e52, 1e53, 1e54,
	1e55, 1e56, 1e57, 1e58, 1e59, 1e60 };

/* A number without its sign: digits * 10^power. */
struct decimal {
	uint64_t digits;
	int64_t power;
};

static bool is_digit(char c)
{
	return (unsigned char)(c - '0') <= 9;
}

static double scaled(double d, int64_t power)
{
	return power < 0 ? d / powers[-power] : d * powers[power];
}

/* Writes an integer in decimal, gives how many digits. */
static size_t write_digits(char *to, uint64_t n)
{
	char text[20];
	size_t left = sizeof text;
	do
		text[--left] = (char)('0' + n % 10);
	while (n /= 10);
	memcpy(to, text + left, sizeof text - left);
	return sizeof text - left;
}

/* Gives the float nearest to the n <= SLOW_DIGITS + 1 digits times 10^power. */
static float read_slowly(const char *digits, size_t n, int64_t power)
{
	char text[SLOW_DIGITS + 32], *past;
	memcpy(text, digits, n);
	text[n++] = 'e';
	if (power < 0)
		text[n++] = '-';
	uint64_t size = (uint64_t)(power < 0 ? -power : power);
	n += write_digits(text + n, size < SLOW_POWER ? size : SLOW_POWER);
	text[n] = '\0';
	float value = strtof(text, &past);
	assert(past == text + n);
	return value; /* out of range it is what is wanted: infinite, subnormal, or 0 */
}

/* Rounds, if a double is precise enough to say how; else false. */
static inline bool round_fast(const struct decimal *n, float *value)
{
	if (n->power < -POWER_MAX || n->power > POWER_MAX)
		return false;
	double d = scaled((double)n->digits, n->power);
	if (!(d >= (double)FLT_MIN && d <= (double)FLT_MAX))
		return false;
	uint64_t bits;
	memcpy(&bits, &d, sizeof bits);
	const uint64_t rest = (UINT64_C(1) << 29) - 1, middle = UINT64_C(1) << 28, doubt = 4;
	*value = (float)d;
	return (bits & rest) - (middle - doubt) > 2 * doubt;
}

/* A call, to keep the usual way short. */
static __attribute__((noinline)) float nearest_slowly(struct decimal n)
{
	char text[20];
	return read_slowly(text, write_digits(text, n.digits), n.power);
}

static inline float nearest(struct decimal n)
{
	float value;
	return round_fast(&n, &value) ? value : nearest_slowly(n);
}

/* Gives 8 bytes, the first as the lowest of the word, of which each digit is its value. */
static inline uint64_t load_8(const char *at)
{
	uint64_t x;
	memcpy(&x, at, sizeof x);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	x = __builtin_bswap64(x);
#endif
	return x ^ UINT64_C(0x3030303030303030);
}

/* Gives a bit in the first of the bytes that is no digit; perhaps in others behind it. */
static inline uint64_t others_of(uint64_t x)
{
	return ((x + UINT64_C(0x7676767676767676)) | x) & UINT64_C(0x8080808080808080);
}

/* Joins 8 digits, the lowest byte being the first: neighbours to 4 numbers, to 2, to 1. */
static inline uint64_t join_8(uint64_t x)
{
	x = (x * 10 + (x >> 8)) & UINT64_C(0x00ff00ff00ff00ff);
	x = (x * 100 + (x >> 16)) & UINT64_C(0x0000ffff0000ffff);
	return (x * 10000 + (x >> 32)) & UINT32_MAX;
}

/*
 * Past the digits in [at, end), which *digits takes at its end; modulo 2^64. How many they are
 * differs from number to number, so that no branch is on it but for how many eights.
 */
static inline const char *take_digits(const char *at, const char *end, uint64_t *digits)
{
	static const uint64_t shifts[] = { 1, 10, 100, 1000, 10000, 100000, 1000000, 10000000 };
	for (; end - at >= 8; at += 8) {
		uint64_t x = load_8(at), others = others_of(x);
		if (others) {
			unsigned n = (unsigned)__builtin_ctzll(others) / 8;
			x = x << 8 * (7 - n) << 8; /* zeros before the digits */
			*digits = *digits * shifts[n] + join_8(x);
			return at + n;
		}
		*digits = *digits * 100000000 + join_8(x);
	}
	for (; is_digit(*at); at++)
		*digits = *digits * 10 + (uint64_t)(*at - '0');
	return at;
}

/* At an e. What is too large for any float stays so however many digits there are. */
static const char *take_exponent(const char *at, int64_t *power)
{
	const int64_t enough = INT64_MAX / 100;
	bool is_negative = at[1] == '-';
	int64_t size = 0;
	at += at[1] == '-' || at[1] == '+' ? 2 : 1;
	for (; is_digit(*at); at++)
		if (size < enough)
			size = size * 10 + (*at - '0');
	*power += is_negative ? -size : size;
	return at;
}

/*
 * The digits from `at` once more, of which there are many: gives the number. The power is that of
 * the last of them.
 */
static __attribute__((noinline)) float read_long(const char *at, int64_t power)
{
	char text[SLOW_DIGITS + 1];
	size_t n = 0;
	bool is_cut = false;
	for (; is_digit(*at) || *at == '.'; at++) {
		if (*at == '.' || (n == 0 && *at == '0'))
			continue;
		if (n < SLOW_DIGITS) {
			text[n++] = *at;
			continue;
		}
		is_cut |= *at != '0';
		power++;
	}
	struct decimal start = { .power = power };
	size_t start_n = n < FAST_DIGITS ? n : FAST_DIGITS;
	for (size_t i = 0; i < start_n; i++)
		start.digits = start.digits * 10 + (uint64_t)(text[i] - '0');
	start.power += (int64_t)(n - start_n);
	float value;
	if (n == 0 || round_fast(&start, &value))
		return n ? value : 0;
	if (is_cut) {
		text[n++] = '1';
		power--;
	}
	return read_slowly(text, n, power);
}

const char *json_float32(const char *at, const char *end, float *value)
{
	bool is_negative = *at == '-';
	const char *first = at + is_negative;
	if (!is_digit(*first))
		return NULL;
	struct decimal n = { 0 };
	/* A 0 before the point is the most usual digit, and not worth one of the 19. */
	const char *whole = first + (*first == '0');
	for (at = whole; is_digit(*at); at++)
		n.digits = n.digits * 10 + (uint64_t)(*at - '0');
	int64_t digits_n = at - whole;
	if (*at == '.') {
		const char *fraction = at + 1;
		at = take_digits(fraction, end, &n.digits);
		n.power = fraction - at;
		digits_n += at - fraction;
	}
	if ((*at | 0x20) == 'e')
		at = take_exponent(at, &n.power);
	float size = 0;
	if (digits_n > FAST_DIGITS)
		size = read_long(first, n.power);
	else if (n.digits)
		size = nearest(n);
	*value = is_negative ? -size : size;
	return at;
}

/* Gives the power of ten of the first digit of d > 0, the value of a float. */
static int leading_power(double d)
{
	uint64_t bits;
	memcpy(&bits, &d, sizeof bits);
	int power_of_2 = (int)(bits >> 52) - 1023;
	/* 1233 / 4096 is the logarithm of 2, close enough for 150 of them; rounded down. */
	int power = (power_of_2 * 1233 - (power_of_2 < 0 ? 4095 : 0)) / 4096;
	return scaled(d, WRITTEN_DIGITS - 1 - power) >= 1e9 ? power + 1 : power;
}

static bool is_power_of_2(float value)
{
	uint32_t bits;
	memcpy(&bits, &value, sizeof bits);
	return (bits & 0x7fffff) == 0;
}

/* The fewest digits that read as `value`, which is finite and > 0; without zeros at their end. */
static struct decimal shortest(float value)
{
	double d = (double)value;
	int first = leading_power(d);
	struct decimal n = { 0 };
	for (int digits_n = value < FLT_MIN ? 1 : SURE_DIGITS; digits_n <= WRITTEN_DIGITS;
		digits_n++) {
		n.power = first + 1 - digits_n;
		n.digits = (uint64_t)(scaled(d, -n.power) + 0.5);
		if (nearest(n) == value)
			break;
		/* Below a power of two the floats lie closer: there may be one above that does. */
		n.digits++;
		if (is_power_of_2(value) && nearest(n) == value)
			break;
	}
	for (; n.digits % 10 == 0; n.digits /= 10)
		n.power++;
	return n;
}

static size_t write_zeros(char *to, int n)
{
	for (int i = 0; i < n; i++)
		to[i] = '0';
	return (size_t)n;
}

/* Writes the n digits, the first of which has that power of ten, with a point and no exponent. */
static size_t write_plainly(char *to, const char *digits, int n, int first_power)
{
	size_t whole_n = (size_t)(first_power + 1), length;
	if (first_power < 0) {
		memcpy(to, "0.", 2);
		length = 2 + write_zeros(to + 2, -first_power - 1);
		memcpy(to + length, digits, (size_t)n);
		return length + (size_t)n;
	}
	if ((size_t)n <= whole_n) {
		memcpy(to, digits, (size_t)n);
		return (size_t)n + write_zeros(to + n, (int)whole_n - n);
	}
	memcpy(to, digits, whole_n);
	to[whole_n] = '.';
	memcpy(to + whole_n + 1, digits + whole_n, (size_t)n - whole_n);
	return (size_t)n + 1;
}

static size_t write_with_exponent(char *to, const char *digits, int n, int first_power)
{
	size_t length = 0;
	to[length++] = digits[0];
	if (n > 1) {
		to[length++] = '.';
		memcpy(to + length, digits + 1, (size_t)n - 1);
		length += (size_t)n - 1;
	}
	to[length++] = 'e';
	if (first_power < 0)
		to[length++] = '-';
	return length +
		write_digits(to + length, (uint64_t)(first_power < 0 ? -first_power : first_power));
}

size_t json_float32_write(char to[JSON_FLOAT32_MAX], float value)
{
	if (!(value >= -FLT_MAX && value <= FLT_MAX)) {
		memcpy(to, "null", 4);
		return 4;
	}
	size_t sign_n = __builtin_signbit(value) != 0;
	to[0] = '-';
	if (value == 0) {
		to[sign_n] = '0';
		return sign_n + 1;
	}
	struct decimal n = shortest(value < 0 ? -value : value);
	char digits[20];
	int digits_n = (int)write_digits(digits, n.digits),
	    first_power = (int)n.power + digits_n - 1;
	bool is_plain = first_power >= -4 && first_power < WRITTEN_DIGITS;
	return sign_n +
		(is_plain ? write_plainly : write_with_exponent)(
			to + sign_n, digits, digits_n, first_power);
}
