/* SPDX-License-Identifier: MIT */
/*
 * A price is read digit by digit, each with its place before or behind the point once exponent and
 * divisor have moved that: nothing is a float on the way, so that 1.5e-07 dollars are 150000
 * pico-dollars and not nearly so many.
 */
#include "base/money.h"

#include <assert.h>
#include <string.h>

enum {
	PLACES = 12, /* of a pico-dollar, behind the point */
	CENT_PLACES = 2,
	EXPONENT_MAX = 1 << 30 /* more digits than any text has */
};

#define TEN_CENTS (MONEY_PER_DOLLAR / 10)
#define CENT (MONEY_PER_DOLLAR / 100)

static bool is_digit(struct span s)
{
	return s.n > 0 && *s.at >= '0' && *s.at <= '9';
}

static void step(struct span *s)
{
	s->at++;
	s->n--;
}

/* Takes a run of digits off the front, which may be empty. */
static struct span take_digits(struct span *s)
{
	struct span digits = { s->at, 0 };
	for (; is_digit(*s); step(s))
		digits.n++;
	return digits;
}

/* Takes "e-07" off the front, where it stands. False if it has no digits. */
static bool take_exponent(struct span *s, int64_t *exponent)
{
	*exponent = 0;
	if (s->n == 0 || (*s->at | 0x20) != 'e')
		return true;
	step(s);
	bool is_negative = s->n > 0 && *s->at == '-';
	if (s->n > 0 && (*s->at == '-' || *s->at == '+'))
		step(s);
	struct span digits = take_digits(s);
	for (size_t i = 0; i < digits.n && *exponent < EXPONENT_MAX; i++)
		*exponent = *exponent * 10 + (digits.at[i] - '0');
	if (is_negative)
		*exponent = -*exponent;
	return digits.n > 0;
}

/* A number as JSON writes it, in parts. */
struct decimal {
	struct span whole, fraction; /* digits */
	int64_t exponent;
};

static bool take_decimal(struct span text, struct decimal *d)
{
	*d = (struct decimal){ .whole = take_digits(&text) };
	if (d->whole.n == 0 || (d->whole.n > 1 && *d->whole.at == '0'))
		return false;
	if (text.n > 0 && *text.at == '.') {
		step(&text);
		d->fraction = take_digits(&text);
		if (d->fraction.n == 0)
			return false;
	}
	return take_exponent(&text, &d->exponent) && text.n == 0;
}

/* The digit at `place` of all of them: 0 is the first of the whole ones. */
static int digit_at(const struct decimal *d, int64_t place)
{
	size_t at = (size_t)place;
	if (place < 0 || at >= d->whole.n + d->fraction.n)
		return 0;
	return (at < d->whole.n ? d->whole.at[at] : d->fraction.at[at - d->whole.n]) - '0';
}

/* Gives the first place that has another digit than 0; that past all if none has. */
static int64_t first_place(const struct decimal *d)
{
	int64_t place = 0, end = (int64_t)(d->whole.n + d->fraction.n);
	while (place < end && digit_at(d, place) == 0)
		place++;
	return place;
}

bool money_read(struct span text, int64_t divisor, int64_t *pico)
{
	struct decimal d;
	int64_t sum = 0;
	if (!take_decimal(text, &d))
		return false;
	int64_t place = first_place(&d), end = (int64_t)(d.whole.n + d.fraction.n);
	if (place == end) {
		*pico = 0;
		return true;
	}
	/* where whole pico-dollars end */
	int64_t point = (int64_t)d.whole.n + d.exponent + PLACES;
	for (; divisor > 1; divisor /= 10) {
		assert(divisor % 10 == 0);
		point--;
	}
	for (; place < point; place++)
		if (__builtin_mul_overflow(sum, 10, &sum) ||
			__builtin_add_overflow(sum, digit_at(&d, place), &sum))
			return false;
	if (digit_at(&d, point) >= 5 && __builtin_add_overflow(sum, 1, &sum))
		return false;
	*pico = sum > 0 ? sum : 1;
	return true;
}

/* Appends dollars with as many places behind the point as are not 0, but at least that many. */
static void put_places(struct buf *out, uint64_t pico, int least)
{
	char digits[PLACES];
	uint64_t rest = pico % (uint64_t)MONEY_PER_DOLLAR;
	int n = PLACES;
	for (int i = PLACES; i-- > 0; rest /= 10)
		digits[i] = (char)('0' + rest % 10);
	while (n > least && digits[n - 1] == '0')
		n--;
	buf_put_int(out, (long long)(pico / (uint64_t)MONEY_PER_DOLLAR));
	if (n > 0)
		buf_put_char(out, '.');
	buf_put(out, digits, (size_t)n);
}

void money_put(struct buf *out, int64_t pico)
{
	assert(pico >= 0);
	put_places(out, (uint64_t)pico, 0);
}

void money_put_rounded(struct buf *out, int64_t pico)
{
	assert(pico >= 0);
	uint64_t exact = (uint64_t)pico, unit = (uint64_t)CENT;
	if (pico < TEN_CENTS)
		while (unit > 1 && exact < 10 * unit)
			unit /= 10;
	uint64_t rounded = (exact + unit / 2) / unit * unit;
	buf_put_char(out, '$');
	put_places(out, rounded, rounded ? CENT_PLACES : 0);
}

int64_t money_times(int64_t a, int64_t b)
{
	int64_t product;
	return __builtin_mul_overflow(a, b, &product) ? INT64_MAX : product;
}

int64_t money_plus(int64_t a, int64_t b)
{
	int64_t sum;
	return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}
