/* SPDX-License-Identifier: MIT */
#include "work/vector.h"

#include "base/base64.h"
#include "base/rng.h"
#include "base/xalloc.h"
#include "t.h"
#include "work/result_part.h"

#include <stdint.h>
#include <stdio.h>
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
	struct vector floats = { .text = SPAN("[123"), .n = 1, .is_floats = true };
	CHECK(!vector_is_digits(&floats));
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

static struct vector floats_of(struct span bytes)
{
	return (struct vector){ .text = bytes, .n = bytes.n / 4, .is_floats = true };
}

TEST("floats are copied, or scaled, wherever they lie in memory")
{
	struct span want = SPAN(THREE_FLOATS);
	char bytes[16];
	for (size_t i = 0; i < 4; i++) {
		memcpy(bytes + i, want.at, want.n);
		check_floats(floats_of((struct span){ bytes + i, want.n }), false, want);
		check_digits(floats_of((struct span){ bytes + i, want.n }), false, "[1,-2.5,0.1]");
	}
	struct span three_four = SPAN("\x00\x00\x40\x40\x00\x00\x80\xc0"); /* 3, -4 */
	check_digits(floats_of(three_four), true, "[0.6,-0.8]");
	check_digits(floats_of(SPAN("\x5b\x5b\x5b\x5b\0\0\x80\x7f\0\0\xc0\x7f\0\0\0\x80")), false,
		"[6.1743466e16,null,null,-0]");
}

TEST("floats that are not as many as they should be become nothing")
{
	struct buf out;
	struct vector v = floats_of(SPAN(THREE_FLOATS));
	buf_init(&out, 100);
	for (v.n = 2; v.n <= 4; v.n += 2) {
		CHECK(!vector_put_floats(&v, false, &out));
		CHECK(!vector_put_digits(&v, false, &out));
		CHECK_INT(out.len, 0);
	}
	buf_release(&out);
	buf_init(&out, 11);
	v.n = 3;
	CHECK(!vector_put_floats(&v, false, &out));
	CHECK_INT(out.len, 0);
	buf_release(&out);
}

/* A number as some server may write it: of any size, of few digits or many. */
static void put_any_number(struct buf *out, struct rng *rng)
{
	static const char *const odd[] = { "-0.0", "0", "-0", "1e300", "-1e39", "1e-45", "7e-46",
		"-1.4e-45", "1.17549435e-38", "3.4028235e38", "3.4028236e38", "1e-999", "16777217",
		"0.30000000000000000000000000000004", "1E+0", "100e-2" };
	uint64_t any = rng_next(rng);
	char text[64];
	if (any % 8 == 0) {
		buf_put_str(out, odd[any / 8 % (sizeof odd / sizeof *odd)]);
		return;
	}
	double value = (double)(int64_t)rng_next(rng) / 9.3e18;
	buf_put(out, text,
		(size_t)snprintf(text, sizeof text, "%.*f", (int)(any / 8 % 20) + 1, value));
	if (any % 8 == 1) {
		buf_put_char(out, 'e');
		buf_put_int(out, (int)(any / 1024 % 100) - 60);
	}
}

static void put_rounded(
	const struct vector *v, const struct embedding *wanted, struct buf *out, const char *want)
{
	buf_clear(out);
	result_put_vector(out, v, wanted);
	if (want)
		CHECK_MEM(out->data, out->len, want);
}

/* Checks that digits, rounded, are printed as the floats that a cache would keep of them. */
static void check_rounded(struct span digits, size_t n, struct embedding wanted)
{
	struct buf floats, base64, outs[3];
	struct vector v = { .text = digits, .n = n };
	wanted.is_rounded = true;
	buf_init(&floats, 4 * n);
	buf_init(&base64, 8 * n);
	for (int i = 0; i < 3; i++)
		buf_init(&outs[i], 20 * n);
	put_rounded(&v, &wanted, &outs[0], NULL);
	CHECK(vector_put_floats(&v, false, &floats));
	CHECK(base64_encode(&base64, floats.data, floats.len));
	v = floats_of(buf_span(&floats));
	put_rounded(&v, &wanted, &outs[1], NULL);
	v = (struct vector){ .text = buf_span(&base64), .n = n };
	put_rounded(&v, &wanted, &outs[2], NULL);
	CHECK(outs[0].len > 2 && *outs[0].data == '[' && outs[0].data[outs[0].len - 1] == ']');
	CHECK(span_equals(buf_span(&outs[0]), buf_span(&outs[1])));
	CHECK(span_equals(buf_span(&outs[0]), buf_span(&outs[2])));
	buf_release(&floats);
	buf_release(&base64);
	for (int i = 0; i < 3; i++)
		buf_release(&outs[i]);
}

TEST("a server's digits, rounded, are printed byte for byte as the floats that are kept of them")
{
	struct rng rng;
	rng_init(&rng, 11);
	for (int i = 0; i < 2000; i++) {
		struct buf digits;
		size_t n = 1 + rng_next(&rng) % 20;
		buf_init(&digits, 10000);
		for (size_t j = 0; j < n; j++) {
			buf_put_char(&digits, j ? ',' : '[');
			put_any_number(&digits, &rng);
		}
		buf_put_char(&digits, ']');
		check_rounded(buf_span(&digits), n, (struct embedding){ 0 });
		check_rounded(buf_span(&digits), n, (struct embedding){ .is_normalized = true });
		buf_release(&digits);
	}
}

TEST("only where they are to be rounded do a server's digits change")
{
	struct vector v = vector_of("[1.0e0,1e300,-0.0,1e-50]", 4);
	struct embedding wanted = { 0 };
	struct buf out;
	buf_init(&out, 1000);
	put_rounded(&v, &wanted, &out, "[1.0e0,1e300,-0.0,1e-50]");
	wanted.is_rounded = true;
	put_rounded(&v, &wanted, &out, "[1,null,-0,0]");
	v = vector_of("[3.0,4.0]", 2);
	wanted.is_normalized = true;
	put_rounded(&v, &wanted, &out, "[0.6,0.8]");
	v.is_scaled = true;
	put_rounded(&v, &wanted, &out, "[3,4]");
	v = vector_of("????", 1);
	put_rounded(&v, &wanted, &out, "null");
	buf_release(&out);
}
