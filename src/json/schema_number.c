/* SPDX-License-Identifier: MIT */
/*
 * Two decimals in the form 0.DIGITS * 10^point, without zeros at either end, are ordered by point,
 * then by their digits as text. Divisibility: let a = A * 10^p and d = D * 10^q, where A and D are
 * the digits as integers, neither ending in 0. If p < q, then a is no multiple of d, for A would
 * end in 0. Else D must divide A * 10^(p-q); and as D < 10^18 < 2^60 has at most 59 factors of 2
 * and 25 of 5, powers of ten beyond 60 change nothing. So a remainder in 64 bits, digit by digit,
 * is exact for any a.
 */
#include "json/schema_number.h"

enum { DIVISOR_FACTORS_MAX = 60 };

#define EXPONENT_MAX 1000000000000000000LL

/* Gives the digit at *at, which it moves past; a decimal point is stepped over. */
static unsigned take_digit(const char **at)
{
	if (**at == '.')
		++*at;
	return (unsigned)(*(*at)++ - '0');
}

/* Reads what follows the e. */
static int64_t exponent_of(const char *at, const char *end)
{
	int64_t exponent = 0;
	bool is_negative = *at == '-';
	if (*at == '-' || *at == '+')
		at++;
	for (; at < end; at++)
		if (exponent < EXPONENT_MAX / 10)
			exponent = exponent * 10 + (*at - '0');
		else
			exponent = EXPONENT_MAX;
	return is_negative ? -exponent : exponent;
}

struct schema_number schema_number_of(struct span text)
{
	struct schema_number a = { .is_negative = *text.at == '-' };
	const char *at = text.at + a.is_negative, *end = text.at + text.n, *last = at;
	const char *whole_end = NULL;
	for (a.digits = at; last < end && (*last | 0x20) != 'e'; last++)
		if (*last == '.')
			whole_end = last;
	if (last < end)
		a.point = exponent_of(last + 1, end);
	a.point += (whole_end ? whole_end : last) - at;
	for (; at < last && (*at == '0' || *at == '.'); at++)
		if (*at == '0')
			a.point--;
	while (last > at && (last[-1] == '0' || last[-1] == '.'))
		last--;
	if (at == last)
		return (struct schema_number){ 0 };
	a.digits = at;
	a.digits_n = (size_t)(last - at) - (whole_end > at && whole_end < last);
	return a;
}

/* Compares what stands behind the signs; neither is zero. */
static int compare_magnitudes(const struct schema_number *a, const struct schema_number *b)
{
	if (a->point != b->point)
		return a->point < b->point ? -1 : 1;
	const char *in_a = a->digits, *in_b = b->digits;
	for (size_t i = 0; i < a->digits_n && i < b->digits_n; i++) {
		unsigned x = take_digit(&in_a), y = take_digit(&in_b);
		if (x != y)
			return x < y ? -1 : 1;
	}
	return (a->digits_n > b->digits_n) - (a->digits_n < b->digits_n);
}

static int sign(const struct schema_number *a)
{
	if (a->digits_n == 0)
		return 0;
	return a->is_negative ? -1 : 1;
}

int schema_number_compare(const struct schema_number *a, const struct schema_number *b)
{
	int of_a = sign(a), of_b = sign(b);
	if (of_a != of_b || of_a == 0)
		return of_a - of_b;
	return of_a * compare_magnitudes(a, b);
}

bool schema_number_is_whole(const struct schema_number *a)
{
	return a->digits_n == 0 || (a->point > 0 && (uint64_t)a->point >= a->digits_n);
}

uint64_t schema_number_count(const struct schema_number *a)
{
	uint64_t count = 0;
	const char *at = a->digits;
	if (a->point > SCHEMA_DIVISOR_DIGITS_MAX)
		return UINT64_MAX;
	for (size_t i = 0; a->digits_n && i < (size_t)a->point; i++)
		count = count * 10 + (i < a->digits_n ? take_digit(&at) : 0);
	return count;
}

bool schema_number_divides(const struct schema_number *divisor, const struct schema_number *a)
{
	if (a->digits_n == 0)
		return true;
	/* where the last digits stand */
	int64_t in_a = a->point - (int64_t)a->digits_n;
	int64_t in_divisor = divisor->point - (int64_t)divisor->digits_n;
	if (in_a < in_divisor)
		return false;
	uint64_t by = 0, rest = 0;
	const char *at = divisor->digits;
	for (size_t i = 0; i < divisor->digits_n; i++)
		by = by * 10 + take_digit(&at);
	at = a->digits;
	for (size_t i = 0; i < a->digits_n; i++)
		rest = (rest * 10 + take_digit(&at)) % by;
	int64_t tens = in_a - in_divisor;
	for (int64_t i = 0; i < tens && i < DIVISOR_FACTORS_MAX && rest; i++)
		rest = rest * 10 % by;
	return rest == 0;
}

uint64_t schema_number_hash(const struct schema_number *a)
{
	uint64_t hash = (uint64_t)a->point * 2 + a->is_negative;
	const char *at = a->digits;
	for (size_t i = 0; i < a->digits_n; i++)
		hash = (hash ^ take_digit(&at)) * 0x100000001b3ULL;
	return hash;
}
