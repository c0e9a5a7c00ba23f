/* SPDX-License-Identifier: MIT */
#include "work/vector.h"

#include "base/base64.h"
#include "base/rng.h"
#include "base/xalloc.h"
#include "t.h"

#include <stdint.h>
#include <stdlib.h>

/* 1, -2.5, 0.1 as float32, little-endian */
#define THREE_FLOATS "\x00\x00\x80\x3f\x00\x00\x20\xc0\xcd\xcc\xcc\x3d"
#define THREE_BASE64 "AACAPwAAIMDNzMw9"

static struct vector vector_of(const char *text, size_t n)
{
	return (struct vector){ .text = span_of(text), .n = n };
}

/* Puts it as floats behind "x"; checks that these bytes are what comes. */
static void check_floats(struct vector v, bool is_normalized, struct span want)
{
	struct buf out;
	buf_init(&out, 4096);
	buf_put_char(&out, 'x');
	CHECK(vector_put_floats(&v, is_normalized, &out));
	CHECK_INT(out.len, 1 + want.n);
	CHECK(out.len == 1 + want.n && *out.data == 'x' && !memcmp(out.data + 1, want.at, want.n));
	buf_release(&out);
}

static void check_digits(struct vector v, bool is_normalized, const char *want)
{
	struct buf out;
	buf_init(&out, 4096);
	buf_put_char(&out, 'x');
	CHECK(vector_put_digits(&v, is_normalized, &out));
	CHECK_MEM(out.data + 1, out.len - 1, want);
	buf_release(&out);
}

static void check_neither(const char *text, size_t n)
{
	struct buf out;
	struct vector v = { .n = n };
	buf_init(&out, 4096);
	buf_put_char(&out, 'x');
	char *copy = NULL;
	if (text) { /* of just this size, for the sanitizer to watch */
		v.text.n = strlen(text);
		copy = xmalloc(v.text.n + !v.text.n);
		memcpy(copy, text, v.text.n);
		v.text.at = copy;
	}
	if (!CHECK(!vector_put_floats(&v, false, &out) && !vector_put_floats(&v, true, &out) &&
		    !vector_put_digits(&v, true, &out)))
		CHECK_STR(text, "refused");
	CHECK_MEM(out.data, out.len, "x");
	CHECK(!out.is_full);
	buf_release(&out);
	free(copy);
}

TEST("digits are told from base64, also where the base64 begins with digits")
{
	struct vector digits = vector_of("[1]", 1), base64 = vector_of("1234", 1), none = { 0 };
	CHECK(vector_is_digits(&digits));
	CHECK(!vector_is_digits(&base64));
	CHECK(!vector_is_digits(&none));
}

TEST("base64 has as many numbers as it has four bytes")
{
	CHECK_INT(vector_count(SPAN(THREE_BASE64)), 3);
	CHECK_INT(vector_count(SPAN("AACAPw==")), 1);
	CHECK_INT(vector_count(SPAN("AACAPwAAIMA=")), 2);
	CHECK_INT(vector_count(SPAN("")), 0);
	CHECK_INT(vector_count(SPAN("AACA")), 0);
	CHECK_INT(vector_count(SPAN("AACAPwA=")), 0);
	CHECK_INT(vector_count(SPAN("AACAPx==")), 0);
	CHECK_INT(vector_count(SPAN("AAC_PwAAIMDNzMw9")), 0);
	CHECK_INT(vector_count(SPAN("AACAPwAAIMDNzMw9\n")), 0);
	CHECK_INT(vector_count(SPAN("AACAPw")), 0);
}

TEST("both forms become the same little-endian floats")
{
	struct span want = SPAN(THREE_FLOATS);
	check_floats(vector_of("[1,-2.5,0.1]", 3), false, want);
	check_floats(vector_of("[1.0e0,-25E-1,0.100000001]", 3), false, want);
	check_floats(vector_of(THREE_BASE64, 3), false, want);
	check_floats(vector_of("[1e39]", 1), false, SPAN("\x00\x00\x80\x7f"));
	check_floats(vector_of("[-1e39]", 1), false, SPAN("\x00\x00\x80\xff"));
	check_floats(vector_of("[-0]", 1), false, SPAN("\x00\x00\x00\x80"));
}

TEST("what does not hold so many numbers becomes nothing")
{
	static const char *const bad[] = { "[1,2]", "[1,2,3,4]", "[]", "[", "]", "", "[1,2,3",
		"[1,2,null]", "[1,2,\"3\"]", "[1,2,[3]]", "[1,2,3]]", "[1,2,3],", "[1,2,3]x]",
		"[1,2;3]", "[1,2, 3]", "[,1,2,3]", "[1,2,-]", "AACAPwAAIMDNzMw",
		"AACAPwAAIMA=", "AACAPwAAIMDNzMw9AACAPw==", "AACAPwAAIMDNzM=9", "????" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		check_neither(bad[i], 3);
	check_neither(NULL, 3);
}

TEST("digits are put as the server wrote them; others in as few digits as do")
{
	check_digits(vector_of("[1.0e0,-25E-1,0.1000]", 3), false, "[1.0e0,-25E-1,0.1000]");
	check_digits(vector_of(THREE_BASE64, 3), false, "[1,-2.5,0.1]");
	check_digits(vector_of("AACAfwAAgP8AAMB/AAAAAA==", 4), false, "[null,null,null,0]");
}

TEST("normalized, its length is 1")
{
	check_digits(vector_of("[3,-4]", 2), true, "[0.6,-0.8]");
	check_digits(vector_of("[3e38,-3e38,3e38,3e38]", 4), true, "[0.5,-0.5,0.5,0.5]");
	check_digits(vector_of("[3e-45,4e-45]", 2), true, "[0.5547002,0.8320503]");
	check_floats(vector_of("[-7e-5]", 1), true, SPAN("\x00\x00\x80\xbf"));
	check_floats(vector_of("AACAPw==", 1), true, SPAN("\x00\x00\x80\x3f"));
}

TEST("what has no length, or none that is finite, is not normalized")
{
	check_digits(vector_of("[0,-0,0]", 3), true, "[0,-0,0]");
	check_digits(vector_of("[1e39,2]", 2), true, "[null,2]");
	check_floats(vector_of("[1e39,1]", 2), true, SPAN("\x00\x00\x80\x7f\x00\x00\x80\x3f"));
	check_digits(vector_of("AADAfwAAAEA=", 2), true, "[null,2]");
}

TEST("at the ceiling nothing is appended")
{
	static const struct vector both[] = { { .text = { "[1,-2.5,0.1]", 12 }, .n = 3 },
		{ .text = { THREE_BASE64, 16 }, .n = 3 } };
	for (size_t i = 0; i < 2; i++) {
		for (int is_normalized = 0; is_normalized < 2; is_normalized++) {
			struct buf out;
			buf_init(&out, 12);
			buf_put_char(&out, 'x');
			CHECK(!vector_put_floats(&both[i], is_normalized, &out));
			CHECK_MEM(out.data, out.len, "x");
			CHECK(out.is_full);
			buf_clear(&out);
			buf_put_char(&out, 'x');
			CHECK(!vector_put_digits(&both[i], is_normalized, &out));
			CHECK_MEM(out.data, out.len, "x");
			CHECK(out.is_full);
			buf_release(&out);
		}
	}
}

TEST("a thousand floats come through digits and through base64 bit by bit")
{
	enum { N = 1000 };
	struct rng rng;
	struct buf base64, digits, back;
	uint32_t bits[N];
	rng_init(&rng, 7);
	for (int i = 0; i < N; i++)
		do
			bits[i] = (uint32_t)rng_next(&rng);
		while ((bits[i] >> 23 & 255) == 255);
	buf_init(&base64, 8 * N);
	buf_init(&digits, 16 * N);
	buf_init(&back, 4 * N);
	char bytes[4 * N];
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (char)(bits[i / 4] >> i % 4 * 8);
	CHECK(base64_encode(&base64, bytes, sizeof bytes));
	CHECK_INT(vector_count(buf_span(&base64)), N);
	struct vector v = { .text = buf_span(&base64), .n = N };
	CHECK(vector_put_digits(&v, false, &digits));
	v.text = buf_span(&digits);
	CHECK(vector_put_floats(&v, false, &back));
	CHECK(back.len == sizeof bytes && memcmp(back.data, bytes, sizeof bytes) == 0);
	buf_release(&base64);
	buf_release(&digits);
	buf_release(&back);
}

/* How many numbers are counted where all but that one are the largest that is finite. */
static size_t count_with(size_t n, size_t odd, uint32_t bits)
{
	unsigned char bytes[64];
	struct buf text;
	for (size_t i = 0; i < n; i++) {
		uint32_t word = i == odd ? bits : 0x7f7fffff;
		for (int k = 0; k < 4; k++)
			bytes[4 * i + (size_t)k] = (unsigned char)(word >> 8 * k);
	}
	buf_init(&text, 1000);
	CHECK(base64_encode(&text, bytes, 4 * n));
	size_t counted = vector_count(buf_span(&text));
	buf_release(&text);
	return counted;
}

TEST("base64 with what is no finite number, wherever it stands, is no vector")
{
	static const uint32_t none[] = { 0x7f800000, 0xff800000, 0x7fc00000, 0xffffffff,
		0x7f800001 };
	for (size_t n = 1; n <= 16; n++)
		for (size_t odd = 0; odd < n; odd++) {
			CHECK_INT((int)count_with(n, odd, 0xff7fffff), (int)n);
			for (size_t i = 0; i < sizeof none / sizeof *none; i++)
				CHECK_INT((int)count_with(n, odd, none[i]), 0);
		}
}
