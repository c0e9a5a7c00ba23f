/* SPDX-License-Identifier: MIT */
#include "engine/estimate_seen.h"

#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

enum {
	HASHES_N = 4,
	WORD_BITS = 64,
	WORDS_N = 2 << 20, /* 16 MiB */
	CAPACITY_N = 16 << 20
};

/* A key is a digest already: its parts are as good as hashes. */
static uint64_t bit_of(const struct entry_key *key, size_t i)
{
	uint64_t hash;
	memcpy(&hash, key->bytes + i * sizeof hash, sizeof hash);
	return hash % ((uint64_t)WORDS_N * WORD_BITS);
}

bool estimate_seen_put(struct estimate_seen *s, const struct entry_key *key)
{
	bool is_full = s->keys_n >= CAPACITY_N, is_seen = true;
	if (!s->bits)
		s->bits = xcalloc(WORDS_N, sizeof *s->bits);
	for (size_t i = 0; i < HASHES_N; i++) {
		uint64_t bit = bit_of(key, i), mask = UINT64_C(1) << bit % WORD_BITS;
		uint64_t *word = &s->bits[bit / WORD_BITS];
		is_seen = is_seen && (*word & mask);
		*word |= is_full ? 0 : mask;
	}
	s->keys_n += !is_seen;
	return is_seen;
}

void estimate_seen_release(struct estimate_seen *s)
{
	free(s->bits);
	s->bits = NULL;
}
