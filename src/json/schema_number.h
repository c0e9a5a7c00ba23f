/* SPDX-License-Identifier: MIT */
/*
 * schema_number: JSON numbers as the decimals they are, exactly.
 *
 * A number is a view of its text: nothing is converted, so nothing overflows and no exponent costs
 * memory. Exponents beyond 10^18 either way count as 10^18. Private to the schema. Pure; any
 * thread.
 */
#pragma once

#include "base/span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The most significant digits of a divisor. */
#define SCHEMA_DIVISOR_DIGITS_MAX 18

/* The value is 0.DIGITS * 10^point, negated if so; no digits: zero. */
struct schema_number {
	bool is_negative;
	const char
		*digits; /* the first that is not 0; borrowed, a decimal point may be among them */
	size_t digits_n; /* up to the last that is not 0 */
	int64_t point;
};

/* Gives the number that a scanned number, borrowed, stands for. */
struct schema_number schema_number_of(struct span text);

/* Gives less than, equal to or more than 0, as a is less than, equal to or more than b. */
int schema_number_compare(const struct schema_number *a, const struct schema_number *b);

/* True if there is no fraction; 1.0 has none. */
bool schema_number_is_whole(const struct schema_number *a);

/* Gives a whole number >= 0 as a count, UINT64_MAX if it is larger than 10^18. */
uint64_t schema_number_count(const struct schema_number *a);

/*
 * True if a is a whole multiple of the divisor, which is > 0 and has at most
 * SCHEMA_DIVISOR_DIGITS_MAX digits.
 */
bool schema_number_divides(const struct schema_number *divisor, const struct schema_number *a);

/* Gives a hash that equal numbers share, however they are written. */
uint64_t schema_number_hash(const struct schema_number *a);
