/* SPDX-License-Identifier: MIT */
#include "engine/estimate_seen.h"

#include "base/rng.h"

#include <string.h>

#include "t.h"

static struct entry_key key_of(struct rng *rng)
{
	struct entry_key key;
	for (size_t i = 0; i < sizeof key.bytes; i += sizeof(uint64_t)) {
		uint64_t word = rng_next(rng);
		memcpy(key.bytes + i, &word, sizeof word);
	}
	return key;
}

TEST("what was asked once is known, and of a hundred thousand others none is taken for it")
{
	struct estimate_seen s = { 0 };
	struct rng rng;
	uint64_t seen_n = 0;
	rng_init(&rng, 7);
	for (int i = 0; i < 100000; i++) {
		struct entry_key key = key_of(&rng);
		seen_n += estimate_seen_put(&s, &key);
	}
	CHECK_INT(seen_n, 0);
	CHECK_INT(s.keys_n, 100000);
	rng_init(&rng, 7);
	for (int i = 0; i < 100000; i++) {
		struct entry_key key = key_of(&rng);
		seen_n += estimate_seen_put(&s, &key);
	}
	CHECK_INT(seen_n, 100000);
	CHECK_INT(s.keys_n, 100000);
	estimate_seen_release(&s);
}

TEST("keys that differ in one byte of any part are two")
{
	struct estimate_seen s = { 0 };
	struct rng rng;
	rng_init(&rng, 11);
	struct entry_key key = key_of(&rng);
	CHECK(!estimate_seen_put(&s, &key));
	for (size_t i = 0; i < ENTRY_KEY_BYTES; i += sizeof(uint64_t)) {
		struct entry_key other = key;
		other.bytes[i] ^= 1;
		CHECK(!estimate_seen_put(&s, &other));
		CHECK(estimate_seen_put(&s, &other));
	}
	CHECK(estimate_seen_put(&s, &key));
	estimate_seen_release(&s);
}
