/* SPDX-License-Identifier: MIT */
#include "base/base64.h"

#include "t.h"

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
