/* SPDX-License-Identifier: MIT */
#include "base/buf.h"

#include "base/rng.h"
#include "t.h"

#include <limits.h>
#include <stdint.h>

TEST("a new buf is empty, allocates nothing, and gives an empty span that is there")
{
	struct buf b;
	buf_init(&b, 10);
	CHECK(b.data == NULL);
	CHECK_INT(b.cap, 0);
	CHECK(buf_span(&b).at != NULL);
	CHECK_INT(buf_span(&b).n, 0);
	buf_release(&b);
	buf_release(&b);
}

TEST("a zeroed buf can be looked at and released")
{
	struct buf b = { 0 };
	CHECK_INT(buf_span(&b).n, 0);
	buf_release(&b);
	CHECK(b.data == NULL);
}

TEST("bytes of all kinds come out in the order they went in")
{
	struct buf b;
	buf_init(&b, 1000);
	CHECK(buf_put_str(&b, "a="));
	CHECK(buf_put_int(&b, 12));
	CHECK(buf_put_char(&b, ','));
	CHECK(buf_put_span(&b, SPAN("b=")));
	CHECK(buf_put_span(&b, (struct span){ 0 }));
	CHECK(buf_put(&b, "xyz", 2));
	CHECK_MEM(b.data, b.len, "a=12,b=xy");
	buf_clear(&b);
	CHECK_INT(b.len, 0);
	CHECK(b.cap > 0);
	CHECK_INT(b.max, 1000);
	buf_release(&b);
}

TEST("whole numbers are written from the smallest to the largest")
{
	static const struct {
		long long n;
		const char *text;
	} cases[] = {
		{ 0, "0" },
		{ -1, "-1" },
		{ 10, "10" },
		{ LLONG_MAX, "9223372036854775807" },
		{ LLONG_MIN, "-9223372036854775808" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf b;
		buf_init(&b, 30);
		CHECK(buf_put_int(&b, cases[i].n));
		CHECK_MEM(b.data, b.len, cases[i].text);
		buf_release(&b);
	}
}

TEST("the ceiling can be reached")
{
	struct buf b;
	buf_init(&b, 5);
	CHECK(buf_put_str(&b, "1234"));
	CHECK(buf_put_char(&b, '5'));
	CHECK(buf_reserve(&b, 0));
	CHECK(buf_put(&b, "", 0));
	CHECK(!b.is_full);
	CHECK_MEM(b.data, b.len, "12345");
	CHECK(b.cap <= b.max);
	buf_release(&b);
}

TEST("what does not fit below the ceiling changes nothing, and then nothing more fits until the buf is cleared")
{
	struct buf b;
	buf_init(&b, 5);
	CHECK(buf_put_str(&b, "1234"));
	CHECK(!buf_put_str(&b, "56"));
	CHECK(b.is_full);
	CHECK(!buf_put_char(&b, '5'));
	CHECK(!buf_put_int(&b, 5));
	CHECK(!buf_reserve(&b, 1));
	CHECK(!buf_reserve(&b, SIZE_MAX));
	CHECK_MEM(b.data, b.len, "1234");
	CHECK(b.cap <= b.max);
	buf_clear(&b);
	CHECK(buf_put_str(&b, "12345"));
	CHECK(!buf_reserve(&b, SIZE_MAX));
	buf_release(&b);
	CHECK(buf_put_char(&b, '1'));
	buf_release(&b);
}

TEST("room that was reserved is there without a further move")
{
	struct buf b;
	buf_init(&b, SIZE_MAX / 2);
	CHECK(buf_put_str(&b, "x"));
	CHECK(buf_reserve(&b, 5000));
	const char *before = b.data;
	for (int i = 0; i < 5000; i++)
		CHECK(buf_put_char(&b, 'y'));
	CHECK(b.data == before);
	buf_release(&b);
}

TEST("dropping takes from the front")
{
	struct buf b;
	buf_init(&b, 100);
	CHECK(buf_put_str(&b, "abcdef"));
	buf_drop(&b, 0);
	buf_drop(&b, 2);
	CHECK_MEM(b.data, b.len, "cdef");
	buf_drop(&b, 4);
	CHECK_INT(b.len, 0);
	buf_drop(&b, 0);
	buf_release(&b);
}

TEST("shrinking gives memory back only where it is worth it, and never loses a byte")
{
	struct buf b;
	buf_init(&b, 1 << 20);
	CHECK(buf_reserve(&b, 4000));
	CHECK(buf_put_str(&b, "kept"));
	buf_shrink(&b);
	CHECK_INT(b.cap, 4);
	CHECK_MEM(b.data, b.len, "kept");
	CHECK(buf_put_str(&b, ", and more"));
	size_t cap = b.cap;
	buf_shrink(&b);
	CHECK_INT(b.cap, cap);
	buf_clear(&b);
	CHECK(buf_reserve(&b, 4000));
	buf_shrink(&b);
	CHECK(b.cap > 0 && b.cap < 4000);
	buf_release(&b);
}

TEST("a buf under random use holds what a plain array would, and keeps its invariants")
{
	static char model[3000];
	size_t n = 0;
	struct rng rng;
	struct buf b;
	rng_init(&rng, 7);
	buf_init(&b, sizeof model);
	for (int turn = 0; turn < 20000; turn++) {
		char piece[100];
		size_t piece_n = (size_t)rng_upto(&rng, sizeof piece);
		for (size_t i = 0; i < piece_n; i++)
			piece[i] = (char)rng_next(&rng);
		switch (rng_upto(&rng, 9)) {
		case 0:
			piece_n = piece_n < n ? piece_n : n;
			buf_drop(&b, piece_n);
			memmove(model, model + piece_n, n -= piece_n);
			break;
		case 1:
			buf_shrink(&b);
			break;
		default:
			CHECK_INT(buf_put(&b, piece, piece_n), n + piece_n <= sizeof model);
			if (!b.is_full) {
				memcpy(model + n, piece, piece_n);
				n += piece_n;
			} else {
				CHECK(memcmp(b.data, model, n) == 0);
				buf_clear(&b);
				n = 0;
			}
		}
		bool is_sound =
			b.len == n && b.len <= b.cap && b.cap <= b.max && (b.data || !b.cap);
		if (!CHECK(is_sound) || !CHECK(n == 0 || memcmp(b.data, model, n) == 0))
			break;
	}
	buf_release(&b);
}
