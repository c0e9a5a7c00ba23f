/* SPDX-License-Identifier: MIT */
/*
 * A few places, each empty or with one piece of memory; who takes or puts goes along them. A place
 * is changed by exchange alone, so that a piece has one owner at any moment.
 */
#include "base/spare.h"

#include "base/xalloc.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { PLACES_N = 32 };

/* What stands at the beginning of memory that is kept. */
struct piece {
	size_t cap;
};

static _Atomic(struct piece *) places[PLACES_N];

/* Keeps the piece, or frees it if all places are taken. */
static void keep(struct piece *piece)
{
	for (int i = 0; i < PLACES_N; i++) {
		struct piece *none = NULL;
		if (atomic_compare_exchange_strong(&places[i], &none, piece))
			return;
	}
	free(piece);
}

bool spare_take(struct buf *b, size_t n)
{
	assert(b->cap == 0);
	for (int i = 0; n >= SPARE_MIN_BYTES && n <= b->max && i < PLACES_N; i++) {
		struct piece *piece = atomic_exchange(&places[i], NULL);
		if (!piece)
			continue;
		/* What is much too large would be missing where it is needed. */
		if (piece->cap >= n && piece->cap / 2 <= n && piece->cap <= b->max) {
			b->cap = piece->cap;
			b->data = (char *)piece;
			return true;
		}
		keep(piece);
	}
	return buf_reserve(b, n);
}

void spare_put(struct buf *b)
{
	if (b->cap < SPARE_MIN_BYTES) {
		buf_release(b);
		return;
	}
	struct piece *piece = (struct piece *)(void *)b->data;
	piece->cap = b->cap;
	*b = (struct buf){ .max = b->max };
	keep(piece);
}
