/* SPDX-License-Identifier: MIT */
#include "base/sha.h"

#include "t.h"

#include <string.h>

static void check_digest(struct sha *s, const char *want)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char digest[SHA_BYTES];
	char text[2 * SHA_BYTES];
	sha_finish(s, digest);
	for (size_t i = 0; i < SHA_BYTES; i++) {
		text[2 * i] = digits[digest[i] >> 4];
		text[2 * i + 1] = digits[digest[i] & 15];
	}
	CHECK_MEM(text, sizeof text, want);
}

#define OF_NOTHING "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define OF_ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

TEST("digests are those of FIPS 180-4, one after the other")
{
	struct sha *s = sha_new();
	check_digest(s, OF_NOTHING);
	sha_add(s, SPAN("abc"));
	check_digest(s, OF_ABC);
	sha_add(s, SPAN("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"));
	check_digest(s, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	sha_add(s,
		SPAN("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
		     "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu"));
	check_digest(s, "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
	check_digest(s, OF_NOTHING);
	sha_free(s);
}

TEST("it does not matter in which pieces the bytes come")
{
	struct sha *s = sha_new();
	char bytes[1000];
	memset(bytes, 'a', sizeof bytes);
	for (int i = 0; i < 1000; i++)
		sha_add(s, (struct span){ bytes, sizeof bytes });
	check_digest(s, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	for (size_t left = 1000000, n = 1; left > 0; left -= n, n = n % 997 + 1) {
		n = n < left ? n : left;
		sha_add(s, (struct span){ bytes, n });
	}
	check_digest(s, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	sha_add(s, SPAN("a"));
	sha_add(s, (struct span){ 0 });
	sha_add(s, SPAN("bc"));
	check_digest(s, OF_ABC);
	sha_free(s);
}

TEST("parts are told apart from the same bytes in other parts")
{
	struct sha *s = sha_new();
	unsigned char one[SHA_BYTES], other[SHA_BYTES];
	sha_add_part(s, SPAN("ab"));
	sha_add_part(s, SPAN("c"));
	sha_finish(s, one);
	sha_add_part(s, SPAN("a"));
	sha_add_part(s, SPAN("bc"));
	sha_finish(s, other);
	CHECK(memcmp(one, other, SHA_BYTES) != 0);
	/* and are what they would be with their lengths written by hand */
	sha_add(s, SPAN("\2\0\0\0\0\0\0\0ab\1\0\0\0\0\0\0\0c"));
	sha_finish(s, other);
	CHECK(memcmp(one, other, SHA_BYTES) == 0);
	sha_free(s);
	sha_free(NULL);
}
