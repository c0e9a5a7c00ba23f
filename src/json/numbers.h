/* SPDX-License-Identifier: MIT */
/*
 * numbers: an array of numbers validated without being read.
 *
 * What an embedding is in JSON. json/scan takes a byte after the other through its states; here 64
 * bytes at a time become masks of bits, and the grammar of RFC 8259 is a few operations on them. So
 * a megabyte of digits costs what moving it costs. Knows no meaning of the numbers. Pure; any
 * thread.
 */
#pragma once

#include "base/buf.h"
#include "base/span.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Looks at the text from its first byte, '['. True if that begins an array of at least one number
 * with nothing else in it, no white space either: *n is how many numbers, *length how many bytes,
 * brackets included. False for everything else, valid JSON or not; then nothing is set.
 */
bool json_numbers(struct span text, size_t *length, size_t *n);

/*
 * The same of an array with white space in it, at some cost: appends it to out (where it must not
 * lie) without that. False also at out's ceiling; nothing is appended then.
 */
bool json_numbers_spaced(struct span text, struct buf *out, size_t *length, size_t *n);
