/* SPDX-License-Identifier: MIT */
#include "json/float32.h"

#include "base/span.h"
#include "base/rng.h"
#include "base/xalloc.h"
#include "json/scan.h"
#include "t.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { TEXT_MAX = 400 };

static float float_of(uint32_t bits)
{
	float f;
	memcpy(&f, &bits, sizeof f);
	return f;
}

static uint32_t bits_of(float f)
{
	uint32_t bits;
	memcpy(&bits, &f, sizeof bits);
	return bits;
}

/* Any float that is finite. */
static float random_float(struct rng *rng)
{
	for (;;) {
		float f = float_of((uint32_t)rng_next(rng));
		if (isfinite(f))
			return f;
	}
}

/* True if the number is read, to its end, as strtof reads it. */
static bool is_read_well(const char *number)
{
	size_t n = strlen(number);
	float want = strtof(number, NULL), got = 42;
	char *text = xmalloc(n + 1); /* of just this size, for the sanitizer to watch */
	memcpy(text, number, n);
	text[n] = ']';
	const char *past = json_float32(text, text + n + 1, &got);
	bool is_well = past == text + n && bits_of(got) == bits_of(want);
	if (!is_well)
		printf("# %s is read as %a, not %a\n", number, (double)got, (double)want);
	free(text);
	return is_well;
}

TEST("numbers are read as the nearest float, whatever way they are written")
{
	static const char *const numbers[] = { "0", "-0", "0.0", "-0.0e5", "1", "-1", "0.1", "-0.1",
		"123456789", "0.5", "1e0", "1E+1", "1e-1", "1.5e-3", "0e999999999999999999999",
		"1e99999999999999999999", "-1e99999999999999999999", "1e-99999999999999999999",
		"16777216", "16777217", "16777218", "16777219", "16777217.0000000000000000000001",
		"33554433", "33554435", "9007199254740993", "18446744073709551615",
		"18446744073709551616", "99999999999999999999999", "3.4028234e38", "3.4028235e38",
		"3.40282356e38", "3.4028235677973366e38", "3.4028235677973365e38",
		"340282356779733661637539395458142568447",
		"340282356779733661637539395458142568448", "3.5e38", "1e39", "1.17549435e-38",
		"1.1754943508222875e-38", "1.17549421e-38", "1.4e-45", "1e-45", "7.1e-46",
		"7.006492321624085e-46", "7.006492321624086e-46", "7e-46", "1e-60", "1e60", "1e61",
		"1e-61", "12345678901234567890e-61",
		"0.00000000000000000000000000000000000000000000012345678901234567890",
		"0.006929283495992422", "-0.012345678901234567", "0.000012345678901234567",
		"100000000000000000000000000000000000000e-37",
		"1.00000017881393421514957253748434595763683319091796875001",
		"1.00000017881393421514957253748434595763683319091796875",
		"1.00000017881393432617187499", "1.00000017881393432617187500",
		"1.00000017881393432617187501" };
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		CHECK(is_read_well(numbers[i]));
}

TEST("numbers of random digits and powers are read as the nearest float")
{
	struct rng rng;
	unsigned bad_n = 0;
	rng_init(&rng, 32);
	for (int i = 0; i < 60000; i++) {
		char text[TEXT_MAX];
		int n = 0, whole_n = (int)rng_upto(&rng, i % 3 ? 0 : 30);
		int fraction_n = (int)rng_upto(&rng, i % 5 ? 24 : 200);
		n += snprintf(text, 3, "%s", rng_upto(&rng, 1) ? "-" : "");
		text[n++] = (char)('0' + (whole_n ? 1 + rng_upto(&rng, 8) : rng_upto(&rng, 9)));
		for (int k = 0; k < whole_n; k++)
			text[n++] = (char)('0' + rng_upto(&rng, 9));
		if (fraction_n)
			text[n++] = '.';
		int zeros_n = (int)rng_upto(&rng, i % 7 ? 3 : 45);
		for (int k = 0; k < fraction_n; k++)
			text[n++] = (char)('0' + (k < zeros_n ? 0 : rng_upto(&rng, 9)));
		text[n] = '\0';
		if (rng_upto(&rng, 2) == 0)
			snprintf(text + n, 16, "e%d", (int)rng_upto(&rng, 140) - 80);
		bad_n += !is_read_well(text);
	}
	CHECK_INT(bad_n, 0);
}

/* Adds one to, or takes one from, the last of the digits before the exponent; not 9, not 0. */
static void nudge(char *text, int by)
{
	char *at = text + strcspn(text, "e") - 1;
	while (*at == (by > 0 ? '9' : '0') || *at == '.')
		at--;
	*at = (char)(*at + by);
}

TEST("the middle between two floats goes to the even one, and what is next to it does not")
{
	struct rng rng;
	unsigned bad_n = 0;
	rng_init(&rng, 33);
	for (int i = 0; i < 15000; i++) {
		char text[TEXT_MAX];
		float a = fabsf(random_float(&rng));
		if (i % 4 == 0) /* subnormal */
			a = float_of((uint32_t)rng_next(&rng) >> (9 + rng_upto(&rng, 22)));
		double middle = ((double)a + (double)float_of(bits_of(a) + 1)) / 2;
		if (!isfinite(middle))
			middle = 0x1.ffffffp127;
		snprintf(text, sizeof text, "%.160e", middle); /* exactly */
		bad_n += !is_read_well(text);
		nudge(text, 1);
		bad_n += !is_read_well(text);
		snprintf(text, sizeof text, "%.160e", middle);
		nudge(text, -1);
		bad_n += !is_read_well(text);
		for (int n = 15; n < 26; n++) {
			snprintf(text, sizeof text, "%.*e", n, middle);
			bad_n += !is_read_well(text);
		}
	}
	CHECK_INT(bad_n, 0);
}

TEST("however many digits a number has, each may decide")
{
	char *text = xmalloc(300000);
	float got;
	/* The middle behind 1; then zeros; then perhaps a one. */
	size_t n = (size_t)snprintf(text, 99, "%.24f", 1 + 0x1p-24);
	memset(text + n, '0', 200000);
	text[n + 200000] = ']';
	CHECK(json_float32(text, text + n + 200001, &got) == text + n + 200000 && got == 1);
	text[n + 199999] = '1';
	CHECK(json_float32(text, text + n + 200001, &got) == text + n + 200000);
	CHECK(bits_of(got) == bits_of(1) + 1);
	/* 200000 zeros made up for by the exponent */
	memset(text, '0', 200002);
	text[1] = '.';
	n = 200002 + (size_t)snprintf(text + 200002, 99, "25e200001]");
	CHECK(json_float32(text, text + n, &got) == text + n - 1 && got == 2.5F);
	memset(text, '0', 200002);
	text[0] = '7';
	n = 200002 + (size_t)snprintf(text + 200002, 99, ".0e-200001]");
	CHECK(json_float32(text, text + n, &got) == text + n - 1 && got == 7);
	free(text);
}

TEST("what begins no number is none")
{
	static const char *const bad[] = { "]", "-]", ",1]", ".5]", "+1]", "e1]", "null]",
		"\"1\"]" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		float got = 42;
		CHECK(!json_float32(bad[i], bad[i] + strlen(bad[i]), &got));
		CHECK(got == 42);
	}
}

static void check_written(float value, const char *want)
{
	char text[JSON_FLOAT32_MAX];
	CHECK_MEM(text, json_float32_write(text, value), want);
}

TEST("floats are written as one would write them")
{
	check_written(0, "0");
	check_written(-0.0F, "-0");
	check_written(1, "1");
	check_written(-1.5F, "-1.5");
	check_written(0.1F, "0.1");
	check_written(-0.024F, "-0.024");
	check_written(0.0001F, "0.0001");
	check_written(0.00001F, "1e-5");
	check_written(-0.000123456789F, "-0.00012345679");
	check_written(100, "100");
	check_written(16777216, "16777216");
	check_written(1e9F, "1e9");
	check_written(123456792, "123456790");
	check_written(FLT_MAX, "3.4028235e38");
	check_written(-FLT_MIN, "-1.1754944e-38");
	check_written(0x1p-149F, "1e-45");
	check_written(0x1p-96F, "1.2621775e-29");
	check_written(INFINITY, "null");
	check_written(-INFINITY, "null");
	check_written(NAN, "null");
}

/* Writes a number's digits without point, zeros around them, and exponent; gives how many. */
static size_t significant(const char *text, size_t n, char *digits)
{
	size_t digits_n = 0, kept_n = 0;
	for (size_t i = 0; i < n && text[i] != 'e'; i++) {
		if (text[i] == '-' || text[i] == '.' || (digits_n == 0 && text[i] == '0'))
			continue;
		digits[digits_n++] = text[i];
		if (text[i] != '0')
			kept_n = digits_n;
	}
	digits[kept_n] = '\0';
	return kept_n;
}

/* True if some number with so many digits, close to value, is read as it. */
static bool has_digits_enough(float value, int digits_n)
{
	char text[64];
	snprintf(text, sizeof text, "%.*e", digits_n - 1, (double)value);
	int power = (int)strtol(strchr(text, 'e') + 1, NULL, 10) - (digits_n - 1);
	char digits[64];
	significant(text, strlen(text), digits);
	long nearest = strtol(digits, NULL, 10);
	for (size_t n = strlen(digits); n < (size_t)digits_n; n++)
		nearest *= 10;
	for (long by = -1; by <= 1; by++) {
		snprintf(text, sizeof text, "%lde%d", nearest + by, power);
		if (strtof(text, NULL) == value)
			return true;
	}
	return false;
}

static bool is_written_well(float value)
{
	char text[JSON_FLOAT32_MAX + 1], digits[64];
	struct span whole;
	struct json_fault fault;
	size_t n = json_float32_write(text, value);
	text[n] = '\0';
	size_t digits_n = significant(text, n, digits);
	bool is_well = n <= JSON_FLOAT32_MAX &&
		json_scan((struct span){ text, n }, &whole, &fault) && whole.n == n &&
		bits_of(strtof(text, NULL)) == bits_of(value) &&
		(digits_n <= 1 || !has_digits_enough(fabsf(value), (int)digits_n - 1));
	if (!is_well)
		printf("# %a is written as %s\n", (double)value, text);
	return is_well;
}

TEST("floats are written with the fewest digits that read back as the same")
{
	struct rng rng;
	unsigned bad_n = 0;
	rng_init(&rng, 34);
	for (int i = 0; i < 30000; i++)
		bad_n += !is_written_well(random_float(&rng));
	for (int i = 0; i < 30000; i++)
		bad_n += !is_written_well((float)(rng_unit(&rng) - 0.5));
	for (uint32_t exponent = 0; exponent < 255; exponent++)
		for (uint32_t near = exponent ? 0 : 3; near < 5; near++)
			bad_n += !is_written_well(float_of((exponent << 23) + near - 2));
	for (uint32_t bits = 1; bits < 3000; bits++)
		bad_n += !is_written_well(float_of(bits));
	/* Where floats are so far apart that the nearest of 7 digits may not end in the 0 of 6. */
	for (int i = 858994; i < 999999; i += 13)
		bad_n += !is_written_well((float)i * 1e4F);
	CHECK_INT(bad_n, 0);
}
