/* SPDX-License-Identifier: MIT */
/*
 * units: durations, sizes and whole numbers as people and servers write them.
 *
 * `500ms`, `30s`, `5m`, `1h30m`, `172.8ms` and `64k`, `16M`. Locale-free, length-carrying, no
 * surprises: what is not wholly understood is refused. Pure; any thread.
 */
#pragma once

#include "base/span.h"

#include <stdbool.h>
#include <stdint.h>

/* The longest duration accepted, about 317 years: sums of a few never overflow. */
#define UNITS_MS_MAX ((int64_t)10000000000000)

/*
 * Reads a duration: decimal numbers, each with a unit d, h, m, s, ms, us, µs or ns, in any order,
 * fractions allowed. A bare number is refused, except 0. Rounds up to whole milliseconds. False,
 * with *ms untouched, if the text is not one or is above UNITS_MS_MAX.
 */
bool units_parse_ms(struct span text, int64_t *ms);

/*
 * Reads a decimal number with optional fraction, as seconds, into milliseconds rounded up ("1.5" ->
 * 1500). False, with *ms untouched, if the text is not one, is negative or is above UNITS_MS_MAX.
 */
bool units_parse_seconds(struct span text, int64_t *ms);

/*
 * Reads a size in bytes: a whole number with an optional k, M or G (powers of 1024, either case, an
 * optional final B or iB). False, with *bytes untouched, if it is not one or overflows.
 */
bool units_parse_bytes(struct span text, uint64_t *bytes);

/* Room for any size, and a final zero. */
enum { UNITS_SIZE_TEXT = 24 };

/* Writes a size as units_parse_bytes reads it, in the largest unit that divides it: "16M". */
void units_write_bytes(uint64_t bytes, char text[UNITS_SIZE_TEXT]);

/*
 * Reads an optional minus sign and decimal digits, all of the text. False, *n untouched, if not or
 * on overflow.
 */
bool units_parse_int(struct span text, int64_t *n);

/*
 * Reads a plain decimal number with optional fraction and exponent, all of the text, with '.' in
 * any locale.
 */
bool units_parse_number(struct span text, double *number);
