/* SPDX-License-Identifier: MIT */
#include "base/hash.h"

#include "t.h"

#include <string.h>

TEST("a hash hangs on every byte, on their number and on the seed")
{
	char bytes[64] = { 0 };
	for (size_t n = 0; n < sizeof bytes; n++) {
		struct span span = { bytes, n };
		uint64_t plain = hash_bytes(span, 1);
		CHECK(plain == hash_bytes(span, 1));
		CHECK(plain != hash_bytes(span, 2));
		CHECK(plain != hash_bytes((struct span){ bytes, n + 1 }, 1));
		for (size_t i = 0; i < n; i++) {
			bytes[i] ^= 1;
			CHECK(hash_bytes(span, 1) != plain);
			bytes[i] ^= 1;
		}
	}
}

TEST("hashes of small numbers fill a table evenly")
{
	enum { BUCKETS_N = 256, NUMBERS_N = 256 * 64 };
	unsigned counts[BUCKETS_N] = { 0 };
	for (uint64_t i = 0; i < NUMBERS_N; i++)
		counts[hash_bytes((struct span){ (const char *)&i, sizeof i }, 7) % BUCKETS_N]++;
	for (size_t i = 0; i < BUCKETS_N; i++)
		CHECK(counts[i] > 24 && counts[i] < 120);
}

TEST("no bytes have a hash, too")
{
	CHECK(hash_bytes((struct span){ 0 }, 1) == hash_bytes(SPAN(""), 1));
}
