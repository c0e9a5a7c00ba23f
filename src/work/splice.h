/* SPDX-License-Identifier: MIT */
/*
 * splice: objects rewritten by moving bytes, never by printing values.
 *
 * Pure; any thread. Members are compared with escapes decoded.
 */
#pragma once

#include "base/buf.h"
#include "base/span.h"

#include <stdbool.h>
#include <stddef.h>

/* True if the scanned object has a member whose key is one of the n names. */
bool splice_has(struct span object, const struct span *names, size_t n);

/*
 * Appends the bytes of a scanned object up to, not including, its closing brace, without the
 * members whose key is one of the n names; everything else stays byte for byte. *has_members says
 * whether any member is left, that is whether what follows needs a comma. False at out's ceiling.
 */
bool splice_open(
	struct buf *out, struct span object, const struct span *names, size_t n, bool *has_members);
