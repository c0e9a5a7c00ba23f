/* SPDX-License-Identifier: MIT */
/*
 * shared: bytes that several owners point into, freed with the last of them.
 *
 * So that the vectors of one answer go to their records without being copied. The bytes do not
 * change once they are shared. Owners may let go in any thread; all else is the maker's.
 */
#pragma once

#include "base/buf.h"

#include <stddef.h>

struct shared;

/*
 * Takes the memory of two bufs, which are empty then, and gives it, with one owner: the caller.
 * What pointed into them still does.
 */
struct shared *shared_new(struct buf *a, struct buf *b);

/* One more owner. Gives s. */
struct shared *shared_hold(struct shared *s);

/* One owner less; fine on NULL. */
void shared_drop(struct shared *s);

/* Gives how many bytes of memory it is, divided by the n > 0 that share it. */
size_t shared_weight(const struct shared *s, size_t n);
