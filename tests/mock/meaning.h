/* SPDX-License-Identifier: MIT */
/*
 * meaning: a text as a vector, such that texts that share words point the same way.
 *
 * The same on every machine, bit for bit. Shares nothing with pllm's own numbers, on purpose. Knows
 * no API. Pure; any thread.
 */
#pragma once

#include "base/buf.h"
#include "base/span.h"

#include <stddef.h>

/* As many numbers as a vector may have. */
#define MEANING_MAX 4096

/* Fills v with the n (1 to MEANING_MAX) numbers of a text's vector, whose length is 1. */
void meaning_of(struct span text, float *v, size_t n);

/*
 * Appends a number with the fewest digits that read back as the same float32. It is 0, or from
 * 1e-10 to 1e9 in size.
 */
void meaning_put_number(struct buf *out, float number);

/* Appends the n numbers in base64, with its quotes: float32, little-endian. */
void meaning_put_base64(struct buf *out, const float *v, size_t n);
