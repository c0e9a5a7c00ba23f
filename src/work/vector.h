/* SPDX-License-Identifier: MIT */
/*
 * vector: an embedding, as the server wrote it: digits in JSON, or float32 in base64; or as a cache
 * keeps it: float32.
 *
 * It stays text as long as text is wanted: only a matrix, --normalize, or a server that answers in
 * the other form have it turned into numbers. Pure; any thread.
 */
#pragma once

#include "base/buf.h"
#include "base/span.h"

#include <stdbool.h>
#include <stddef.h>

struct vector {
	struct span text; /* "[0.1,-2e-3]", as json_numbers knows it; or base64 without its
			     quotes; or float32 numbers, little-endian; missing = there is none */
	size_t n;         /* how many numbers; >= 1 if there is one */
	bool is_scaled;   /* the server has made its length 1, as it was asked to */
	bool is_floats;   /* its text is the numbers themselves */
};

/* True if its text is digits, false if it is base64, or the numbers themselves. */
bool vector_is_digits(const struct vector *v);

/*
 * Appends its n numbers, 4 bytes each, little-endian float32, correctly rounded (ties to even);
 * what is too large is infinite. Scaled to length 1 if is_normalized (a vector of zeros, or with a
 * number that is not finite, stays as it is). False, with nothing appended, if its text does not
 * hold n numbers, or at out's ceiling.
 */
bool vector_put_floats(const struct vector *v, bool is_normalized, struct buf *out);

/*
 * Appends it as a JSON array: the server's own digits, byte for byte. Only where there are none, or
 * it is to be normalized, are numbers printed: the fewest digits that read back as the same
 * float32; a number that is not finite is null. False as vector_put_floats.
 */
bool vector_put_digits(const struct vector *v, bool is_normalized, struct buf *out);

/*
 * The same, but its numbers are printed even where there are digits: so that all three kinds of
 * text that become the same float32 are the same bytes.
 */
bool vector_put_rounded(const struct vector *v, bool is_normalized, struct buf *out);

/*
 * Gives how many float32 base64 text holds; 0 if it is no base64, or none, or not whole ones. Looks
 * at every byte, so that nothing else can be wrong with the text later; some 15 GB a second.
 */
size_t vector_count(struct span base64);
