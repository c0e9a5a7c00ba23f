/* SPDX-License-Identifier: MIT */
#include "base/base64.h"

#include "base/base64_groups.h"
#include "base/rng.h"
#include "base/xalloc.h"
#include "t.h"

#include <stdint.h>
#include <stdlib.h>

static void check_both_ways(struct span bytes, const char *text)
{
	struct buf encoded, decoded;
	size_t n = 999;
	buf_init(&encoded, 64);
	buf_init(&decoded, 64);
	CHECK(base64_encode(&encoded, bytes.at, bytes.n));
	CHECK_MEM(encoded.data, encoded.len, text);
	CHECK_INT(base64_length(bytes.n), strlen(text));
	CHECK(base64_check(span_of(text), &n));
	CHECK_INT(n, bytes.n);
	CHECK(base64_decode(&decoded, span_of(text)));
	CHECK(bytes.n == decoded.len && (!bytes.n || !memcmp(decoded.data, bytes.at, bytes.n)));
	buf_release(&encoded);
	buf_release(&decoded);
}

TEST("bytes become text and text becomes the same bytes: the examples of RFC 4648")
{
	check_both_ways(SPAN(""), "");
	check_both_ways(SPAN("f"), "Zg==");
	check_both_ways(SPAN("fo"), "Zm8=");
	check_both_ways(SPAN("foo"), "Zm9v");
	check_both_ways(SPAN("foob"), "Zm9vYg==");
	check_both_ways(SPAN("fooba"), "Zm9vYmE=");
	check_both_ways(SPAN("foobar"), "Zm9vYmFy");
}

TEST("bytes of any value come through, + and / among the letters")
{
	check_both_ways(SPAN("\xfb\xff\xbf"), "+/+/");
	check_both_ways(SPAN("\x00\x00\x00"), "AAAA");
	check_both_ways(SPAN("\xff\xff\xff\xff"), "/////w==");
	check_both_ways(
		SPAN("\x00\x10\x83\x10\x51\x87\x20\x92\x8b\x30\xd3\x8f"), "ABCDEFGHIJKLMNOP");
	check_both_ways(
		SPAN("\x41\x14\x93\x51\x55\x97\x61\x96\x9b\x71\xd7\x9f"), "QRSTUVWXYZabcdef");
	check_both_ways(
		SPAN("\x82\x18\xa3\x92\x59\xa7\xa2\x9a\xab\xb2\xdb\xaf"), "ghijklmnopqrstuv");
	check_both_ways(
		SPAN("\xc3\x1c\xb3\xd3\x5d\xb7\xe3\x9e\xbb\xf3\xdf\xbf"), "wxyz0123456789+/");
}

TEST("what is encoded in pieces of threes is the same text")
{
	struct buf b;
	buf_init(&b, 64);
	CHECK(base64_encode(&b, "foo", 3) && base64_encode(&b, "barfoo", 6));
	CHECK(base64_encode(&b, "ba", 2));
	CHECK_MEM(b.data, b.len, "Zm9vYmFyZm9vYmE=");
	buf_release(&b);
}

TEST("text that is not strictly base64 is refused")
{
	static const char *const bad[] = { "Z", "Zg", "Zg=", "Zm9", "Zm9v=", "Zm9vZ", "=",
		"==", "===", "====", "Z===", "Zg==Zg==", "Zg=a", "=Zg=", "Zm9v\n", "\nZm9", "Zm 9",
		"Zm-9", "Zm_9", "Zm9\x80", "Zm9\xff", "Zm9.", "Zm9,", "Zm9@", "Zm9[", "Zm9`",
		"Zm9{", "Zm9:" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		size_t n = 999;
		struct buf b;
		buf_init(&b, 64);
		if (!CHECK(!base64_check(span_of(bad[i]), &n)))
			CHECK_STR(bad[i], "refused");
		CHECK(!base64_decode(&b, span_of(bad[i])));
		CHECK_INT(n, 999);
		CHECK_INT(b.len, 0);
		CHECK(!b.is_full);
		buf_release(&b);
	}
	CHECK(!base64_check(SPAN("Zm9\0"), &(size_t){ 0 }));
}

TEST("text whose last bits nobody would write is refused")
{
	size_t n;
	CHECK(base64_check(SPAN("Zg=="), &n) && base64_check(SPAN("Zm8="), &n));
	CHECK(!base64_check(SPAN("Zh=="), &n));
	CHECK(!base64_check(SPAN("Zo=="), &n));
	CHECK(!base64_check(SPAN("Zm9="), &n));
	CHECK(!base64_check(SPAN("Zm+="), &n));
}

TEST("at the ceiling nothing is changed")
{
	struct buf b;
	buf_init(&b, 7);
	CHECK(base64_encode(&b, "foo", 3));
	CHECK(!base64_encode(&b, "b", 1));
	CHECK_MEM(b.data, b.len, "Zm9v");
	CHECK(!base64_encode(&b, "", 0)); /* as every later append */
	buf_clear(&b);
	CHECK(!base64_decode(&b, SPAN("Zm9vYmFyZm9v")));
	CHECK_INT(b.len, 0);
	CHECK(b.is_full);
	buf_release(&b);
}

/* Gives a letter's value, -1 for what is none. */
static int value_of(char c)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(letters, c) : NULL;
	return at ? (int)(at - letters) : -1;
}

/*
 * Decodes the letters of text, a multiple of 4, one by one; gives how many before one that is none.
 */
static size_t decode_slowly(char *to, const char *text, size_t n)
{
	uint32_t bits = 0;
	for (size_t i = 0; i < n; i++) {
		int value = value_of(text[i]);
		if (value < 0)
			return i;
		bits = bits << 6 | (uint32_t)value;
		if (i % 4 == 3)
			for (int k = 0; k < 3; k++)
				*to++ = (char)(bits >> (16 - 8 * k));
	}
	return n;
}

/* True if the wide way came as far as it had to: where it works at all it leaves less than 44. */
static bool is_wide_enough(size_t wide_n, size_t good_n)
{
	char text[44], bytes[33];
	memset(text, 'A', sizeof text);
	return base64_groups_wide(bytes, text, sizeof text) == 0 || good_n < sizeof text ||
		wide_n > good_n - sizeof text;
}

/*
 * Decodes the n letters in each way, in memory of just their size, for the sanitizer to watch; true
 * if all come to what the slow way comes to.
 */
static bool is_decoded_well(const char *letters, size_t n)
{
	size_t size = n / 4 * 3;
	char *text = xmalloc(n), *want = xmalloc(size), *got = xmalloc(size);
	memcpy(text, letters, n);
	size_t good_n = decode_slowly(want, text, n);
	bool is_good = base64_groups(got, text, n);
	bool is_well = is_good == (good_n == n) && (!is_good || memcmp(got, want, size) == 0);
	memset(got, 0, size);
	size_t wide_n = base64_groups_wide(got, text, n);
	is_well = is_well && wide_n % 4 == 0 && wide_n <= good_n &&
		is_wide_enough(wide_n, good_n) && memcmp(got, want, wide_n / 4 * 3) == 0;
	struct buf whole;
	size_t bytes_n = 0;
	buf_init(&whole, size);
	is_well = is_well && base64_check((struct span){ text, n }, &bytes_n) == is_good &&
		base64_decode(&whole, (struct span){ text, n }) == is_good;
	if (is_good)
		is_well = is_well && bytes_n == size && whole.len == size &&
			memcmp(whole.data, want, size) == 0;
	else
		is_well = is_well && whole.len == 0 && !whole.is_full;
	buf_release(&whole);
	free(text);
	free(want);
	free(got);
	return is_well;
}

TEST("text of any length is decoded alike in every way")
{
	struct rng rng;
	char text[400];
	rng_init(&rng, 64);
	for (size_t n = 4; n <= sizeof text; n += 4) {
		for (size_t i = 0; i < n; i++)
			do
				text[i] = (char)rng_next(&rng);
			while (value_of(text[i]) < 0);
		if (!CHECK(is_decoded_well(text, n)))
			CHECK_INT(n, -1);
	}
}

TEST("every byte is a letter, or is none, at every place, in every way")
{
	enum { N = 108 };
	char text[N];
	unsigned bad_n = 0;
	for (size_t i = 0; i < N; i++)
		text[i] = "Az09+/Qm"[i % 8];
	for (size_t at = 0; at < N; at++) {
		char was = text[at];
		for (int byte = 0; byte < 256; byte++) {
			text[at] = (char)byte;
			if (byte != '=' || at < N - 1)
				bad_n += !is_decoded_well(text, N);
		}
		text[at] = was;
	}
	CHECK_INT(bad_n, 0);
}

TEST("long text may end in padding too, and is refused for its last letter")
{
	char bytes[1000];
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (char)(i * 37 + i / 7);
	for (size_t n = 900; n < sizeof bytes; n++) {
		struct buf text, back;
		buf_init(&text, 2000);
		buf_init(&back, n);
		CHECK(base64_encode(&text, bytes, n));
		CHECK(base64_decode(&back, buf_span(&text)));
		CHECK(back.len == n && memcmp(back.data, bytes, n) == 0);
		buf_clear(&back);
		text.data[text.len - (n % 3 ? 4 - n % 3 : 1)] = '-';
		CHECK(!base64_decode(&back, buf_span(&text)));
		CHECK(!base64_check(buf_span(&text), &(size_t){ 0 }));
		CHECK_INT(back.len, 0);
		buf_release(&text);
		buf_release(&back);
	}
}
