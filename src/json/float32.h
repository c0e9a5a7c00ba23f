/* SPDX-License-Identifier: MIT */
/*
 * float32: JSON's numbers as 4-byte floats, and back.
 *
 * Whatever the locale is. Pure; any thread.
 */
#pragma once

#include <stddef.h>

/* The longest text of a number: "-0.000123456789", "-1.23456789e-38". */
#define JSON_FLOAT32_MAX 15

/*
 * Reads the number that begins at `at`, valid JSON, in text up to `end` whose last byte belongs to
 * no number ("]"), so that it ends before. *value is the float nearest to it, of two the even one;
 * infinite if it is too large. Gives what is past the number; NULL, with nothing set, if no number
 * begins there.
 */
const char *json_float32(const char *at, const char *end, float *value);

/*
 * Writes the number with the fewest digits that json_float32 reads as `value`, or null if it is not
 * finite, without a NUL. Gives how many bytes, <= JSON_FLOAT32_MAX.
 */
size_t json_float32_write(char to[JSON_FLOAT32_MAX], float value);
