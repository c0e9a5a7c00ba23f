/* SPDX-License-Identifier: MIT */
#include "base/units.h"

#include <stdio.h>

/* No option of ours is larger; keeps infinity out. */
#define NUMBER_MAX 1e300

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Reads digits[.digits] at the front of *text and moves past it. */
static bool take_decimal(struct span *text, double *number)
{
	double value = 0, scale = 1;
	size_t i = 0, digits_n = 0;
	for (; i < text->n && is_digit(text->at[i]); i++, digits_n++)
		value = value * 10 + (text->at[i] - '0');
	if (i < text->n && text->at[i] == '.')
		for (i++; i < text->n && is_digit(text->at[i]); i++, digits_n++)
			value += (text->at[i] - '0') * (scale /= 10);
	if (digits_n == 0)
		return false;
	*number = value;
	*text = (struct span){ .at = text->at + i, .n = text->n - i };
	return true;
}

/* Rounds up, but not for the dust that 0.1 + 0.2 leaves behind. */
static bool to_ms(double ms, int64_t *out)
{
	if (!(ms <= (double)UNITS_MS_MAX))
		return false;
	int64_t whole = (int64_t)ms;
	*out = ms - (double)whole > 1e-7 ? whole + 1 : whole;
	return true;
}

/* The longest match first: "ms" must be seen before "m". */
static const struct {
	const char *name;
	double ms;
} duration_units[] = {
	{ "ms", 1 },
	{ "us", 1e-3 },
	{ "\xc2\xb5s", 1e-3 },
	{ "ns", 1e-6 },
	{ "d", 86400e3 },
	{ "h", 3600e3 },
	{ "m", 60e3 },
	{ "s", 1e3 },
};

static bool take_unit(struct span *text, double *ms)
{
	for (size_t i = 0; i < sizeof duration_units / sizeof *duration_units; i++) {
		size_t n = strlen(duration_units[i].name);
		if (text->n < n || memcmp(text->at, duration_units[i].name, n) != 0)
			continue;
		*ms = duration_units[i].ms;
		*text = (struct span){ .at = text->at + n, .n = text->n - n };
		return true;
	}
	return false;
}

bool units_parse_ms(struct span text, int64_t *ms)
{
	if (span_is(text, "0")) {
		*ms = 0;
		return true;
	}
	double total = 0, number, unit;
	if (text.n == 0)
		return false;
	while (text.n > 0) {
		if (!take_decimal(&text, &number) || !take_unit(&text, &unit))
			return false;
		total += number * unit;
	}
	return to_ms(total, ms);
}

bool units_parse_seconds(struct span text, int64_t *ms)
{
	double seconds;
	return take_decimal(&text, &seconds) && text.n == 0 && to_ms(seconds * 1e3, ms);
}

/* Takes digits at the front of *text. False if there are none or too many. */
static bool take_whole(struct span *text, uint64_t *number)
{
	uint64_t value = 0;
	size_t i = 0;
	for (; i < text->n && is_digit(text->at[i]); i++)
		if (__builtin_mul_overflow(value, 10, &value) ||
			__builtin_add_overflow(value, (uint64_t)(text->at[i] - '0'), &value))
			return false;
	*number = value;
	*text = (struct span){ .at = text->at + i, .n = text->n - i };
	return i > 0;
}

/* Takes k, M or G, in either case. 1 if there is none. */
static uint64_t take_factor(struct span *text)
{
	static const char letters[] = "kmg";
	const char *found = text->n > 0 ? memchr(letters, text->at[0] | 0x20, 3) : NULL;
	if (!found)
		return 1;
	*text = (struct span){ .at = text->at + 1, .n = text->n - 1 };
	return UINT64_C(1) << 10 * (found - letters + 1);
}

bool units_parse_bytes(struct span text, uint64_t *bytes)
{
	uint64_t value;
	if (!take_whole(&text, &value))
		return false;
	uint64_t factor = take_factor(&text);
	bool ends = text.n == 0 || span_is(text, "B") || (factor > 1 && span_is(text, "iB"));
	if (!ends || __builtin_mul_overflow(value, factor, &value))
		return false;
	*bytes = value;
	return true;
}

void units_write_bytes(uint64_t bytes, char text[UNITS_SIZE_TEXT])
{
	static const char *const names[] = { "", "k", "M", "G" };
	size_t unit = 0;
	for (; bytes > 0 && bytes % 1024 == 0 && unit + 1 < sizeof names / sizeof *names; unit++)
		bytes /= 1024;
	snprintf(text, UNITS_SIZE_TEXT, "%llu%s", (unsigned long long)bytes, names[unit]);
}

bool units_parse_int(struct span text, int64_t *n)
{
	bool negative = text.n > 0 && text.at[0] == '-';
	int64_t value = 0;
	size_t i = negative ? 1 : 0;
	if (i == text.n)
		return false;
	for (; i < text.n; i++) {
		if (!is_digit(text.at[i]) || __builtin_mul_overflow(value, 10, &value))
			return false;
		int digit = text.at[i] - '0';
		if (__builtin_add_overflow(value, negative ? -digit : digit, &value))
			return false;
	}
	*n = value;
	return true;
}

/* Takes "e-12" or "E+3" at the front of *text, if there is one, into a power of ten. */
static bool take_exponent(struct span *text, double *power)
{
	int64_t exponent;
	*power = 1;
	if (text->n == 0)
		return true;
	if ((text->at[0] | 0x20) != 'e')
		return false;
	struct span tail = { .at = text->at + 1, .n = text->n - 1 };
	if (tail.n > 1 && tail.at[0] == '+' && is_digit(tail.at[1]))
		tail = (struct span){ .at = tail.at + 1, .n = tail.n - 1 };
	if (!units_parse_int(tail, &exponent) || exponent > 400 || exponent < -400)
		return false;
	for (; exponent > 0; exponent--)
		*power *= 10;
	for (; exponent < 0; exponent++)
		*power /= 10;
	text->n = 0;
	return true;
}

bool units_parse_number(struct span text, double *number)
{
	double value, power;
	bool negative = text.n > 0 && text.at[0] == '-';
	if (negative)
		text = (struct span){ .at = text.at + 1, .n = text.n - 1 };
	if (!take_decimal(&text, &value) || !take_exponent(&text, &power) ||
		!(value * power <= NUMBER_MAX))
		return false;
	*number = negative ? -(value * power) : value * power;
	return true;
}
