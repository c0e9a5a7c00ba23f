/* SPDX-License-Identifier: MIT */
/*
 * base64: bytes as text, RFC 4648 section 4: the alphabet with + and /, padded, on one line. Knows
 * nothing of what the bytes mean. Pure; any thread.
 */
#pragma once

#include "base/buf.h"
#include "base/span.h"

#include <stdbool.h>
#include <stddef.h>

/* Gives how many characters n bytes (<= SIZE_MAX / 2) become. */
size_t base64_length(size_t n);

/*
 * Appends the n bytes at `bytes`, borrowed, as text. What is encoded in pieces is the same text if
 * all pieces but the last have a length that 3 divides. False, with nothing changed, at the
 * ceiling.
 */
bool base64_encode(struct buf *out, const void *bytes, size_t n);

/*
 * True if text is base64 with nothing else in it (no spaces, no line ends, no missing padding) and
 * no bits set that the padding drops, so that it is the only text for its bytes; *bytes_n is then
 * how many they are, else untouched. Empty text is fine: no bytes.
 */
bool base64_check(struct span text, size_t *bytes_n);

/*
 * Appends the bytes that text stands for. False, with nothing appended, if base64_check refuses it,
 * or at the ceiling (then out->is_full). Faster than asking base64_check first.
 */
bool base64_decode(struct buf *out, struct span text);
