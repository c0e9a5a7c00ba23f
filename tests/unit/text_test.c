/* SPDX-License-Identifier: MIT */
#include "json/text.h"

#include "base/rng.h"
#include "json/scan.h"
#include "t.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef bool put_function(struct buf *out, struct span from);

struct put_case {
	struct span from, want;
};

/* A literal, which may hold NULs, as a span. */
#define S(literal)                           \
	{                                    \
		literal, sizeof(literal) - 1 \
	}

static void check_puts(put_function *put, const struct put_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct buf out;
		buf_init(&out, 1000);
		bool ok = CHECK(put(&out, cases[i].from));
		ok &= CHECK(span_equals(buf_span(&out), cases[i].want));
		if (!ok)
			printf("#   case %zu: got '%.*s'\n", i, (int)out.len, buf_span(&out).at);
		buf_release(&out);
	}
}

/* The ceiling is reached at every size below the whole, and nothing is written past it. */
static void check_ceilings(put_function *put, struct span from, size_t whole_n)
{
	for (size_t max = 1; max <= whole_n; max++) {
		struct buf out;
		buf_init(&out, max);
		CHECK_INT(put(&out, from), max == whole_n);
		CHECK(out.len <= max);
		buf_release(&out);
	}
}

TEST("quotes, backslashes and controls are escaped, all else is copied")
{
	static const struct put_case cases[] = {
		{ S(""), S("") },
		{ S("plain"), S("plain") },
		{ S("a \"quoted\" word"), S("a \\\"quoted\\\" word") },
		{ S("back\\slash / slash"), S("back\\\\slash / slash") },
		{ S("\b\f\n\r\t"), S("\\b\\f\\n\\r\\t") },
		{ S("\0\1\x0b\x1f"), S("\\u0000\\u0001\\u000b\\u001f") },
		{ S("\x20\x7f"), S("\x20\x7f") },
		{ S("\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 \xe2\x80\xa8"),
			S("\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 \xe2\x80\xa8") },
		{ S("sixteen bytes ok\"and more than sixteen after\n"),
			S("sixteen bytes ok\\\"and more than sixteen after\\n") },
	};
	check_puts(json_put_escaped, cases, sizeof cases / sizeof *cases);
	check_ceilings(json_put_escaped, SPAN("a\n\x01\"b"), 12);
}

TEST("a missing span is written as nothing")
{
	struct buf out;
	buf_init(&out, 10);
	CHECK(json_put_escaped(&out, (struct span){ 0 }));
	CHECK(json_put_escaped_lossy(&out, (struct span){ 0 }));
	CHECK(json_put_plain(&out, (struct span){ 0 }));
	CHECK_INT(out.len, 0);
	buf_release(&out);
}

#define FFFD "\xef\xbf\xbd"

TEST("what is not UTF-8 becomes one U+FFFD per maximal subpart, as in the Unicode standard")
{
	static const struct put_case cases[] = {
		{ S("fine \xc3\xa9"), S("fine \xc3\xa9") },
		{ S("\n\xff\""), S("\\n" FFFD "\\\"") },
		/* tables 3-8 to 3-11 of Unicode 15 */
		{ S("\xc0\xaf\xe0\x80\xbf\xf0\x81\x82\x41"),
			S(FFFD FFFD FFFD FFFD FFFD FFFD FFFD FFFD "\x41") },
		{ S("\xed\xa0\x80\xed\xbf\xbf\xed\xaf\x41"),
			S(FFFD FFFD FFFD FFFD FFFD FFFD FFFD FFFD "\x41") },
		{ S("\xf4\x91\x92\x93\xff\x41\x80\xbf\x42"),
			S(FFFD FFFD FFFD FFFD FFFD "\x41" FFFD FFFD "\x42") },
		{ S("\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41"), S(FFFD FFFD FFFD FFFD "\x41") },
		/* the example of the text before them */
		{ S("\x61\xf1\x80\x80\xe1\x80\xc2\x62\x80\x63\x80\xbf\x64"),
			S("\x61" FFFD FFFD FFFD "\x62" FFFD "\x63" FFFD FFFD "\x64") },
		/* cut off at the end */
		{ S("\xc3"), S(FFFD) },
		{ S("\xe2\x82"), S(FFFD) },
		{ S("\xf0\x9f\x98"), S(FFFD) },
		{ S("\xf0\x9f"), S(FFFD) },
		{ S("\xf5\x80\x80\x80"), S(FFFD FFFD FFFD FFFD) },
	};
	check_puts(json_put_escaped_lossy, cases, sizeof cases / sizeof *cases);
	check_ceilings(json_put_escaped_lossy, SPAN("a\xff\n\xffz"), 10);
}

TEST("escapes are decoded, pairs of surrogates to one character, lone ones to U+FFFD")
{
	static const struct put_case cases[] = {
		{ S(""), S("") },
		{ S("plain \xc3\xa9"), S("plain \xc3\xa9") },
		{ S("\\\"\\\\\\/\\b\\f\\n\\r\\t"), S("\"\\/\b\f\n\r\t") },
		{ S("\\u0041\\u00e9\\u00E9\\u20AC\\u20ac"),
			S("A\xc3\xa9\xc3\xa9\xe2\x82\xac\xe2\x82\xac") },
		{ S("a\\u0000b"), S("a\0b") },
		{ S("\\u007f\\u0080\\u07ff\\u0800\\uffff"),
			S("\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf") },
		{ S("\\ud83d\\ude00\\uD83D\\uDE00"), S("\xf0\x9f\x98\x80\xf0\x9f\x98\x80") },
		{ S("\\ud800\\udc00\\udbff\\udfff"), S("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf") },
		{ S("\\ud83d"), S(FFFD) },
		{ S("\\ude00"), S(FFFD) },
		{ S("\\ud83dx"), S(FFFD "x") },
		{ S("\\ud83d\\n"), S(FFFD "\n") },
		{ S("\\ud83d\\u0041"), S(FFFD "A") },
		{ S("\\ud83d\\ud83d\\ude00"), S(FFFD "\xf0\x9f\x98\x80") },
		{ S("\\ude00\\ud83d"), S(FFFD FFFD) },
		{ S("\\\\u0041"), S("\\u0041") },
	};
	check_puts(json_put_plain, cases, sizeof cases / sizeof *cases);
	check_ceilings(json_put_plain, SPAN("a\\n\\ud83d\\ude00b"), 7);
}

TEST("an escape that the end cuts, in what nobody has scanned, is read no further than that")
{
	static const char *const cut[] = { "\\", "a\\", "\\u", "\\u0", "\\u004", "\\ud83d\\u" };
	for (size_t i = 0; i < sizeof cut / sizeof *cut; i++) {
		/* of just this length on the heap, so that a sanitizer sees a step too far */
		size_t n = strlen(cut[i]);
		char *exact = malloc(n);
		if (!CHECK(exact != NULL))
			return;
		memcpy(exact, cut[i], n);
		struct buf out;
		buf_init(&out, 100);
		CHECK(json_put_plain(&out, (struct span){ exact, n }));
		CHECK(out.len > 0 && out.len <= n);
		buf_release(&out);
		free(exact);
	}
}

TEST("a whole string gets its quotes")
{
	static const struct put_case cases[] = {
		{ S(""), S("\"\"") },
		{ S("a\"b"), S("\"a\\\"b\"") },
	};
	check_puts(json_put_string, cases, sizeof cases / sizeof *cases);
	check_ceilings(json_put_string, SPAN("a\"b"), 6);
}

TEST("any text comes back from escaping, and any bytes are valid JSON after lossy escaping")
{
	struct rng rng;
	rng_init(&rng, 7);
	for (int round = 0; round < 2000; round++) {
		char bytes[100];
		size_t n = (size_t)rng_upto(&rng, sizeof bytes);
		for (size_t i = 0; i < n; i++)
			bytes[i] = (char)rng_upto(&rng, round % 2 ? 255 : 127);
		struct span text = { bytes, n }, value;
		struct buf json, back;
		struct json_fault fault;
		buf_init(&json, 1000);
		buf_init(&back, 1000);
		buf_put_char(&json, '"');
		CHECK(json_put_escaped_lossy(&json, text));
		buf_put_char(&json, '"');
		if (!CHECK(json_scan(buf_span(&json), &value, &fault)))
			printf("#   round %d: %s at %zu\n", round, fault.reason, fault.offset);
		else if (utf8_is_valid(text)) {
			CHECK(json_put_plain(&back, json_inside(value)));
			CHECK(span_equals(buf_span(&back), text));
			CHECK(json_escaped_equals(json_inside(value), text));
		}
		buf_release(&json);
		buf_release(&back);
	}
}

TEST("escaped text is compared as what it stands for")
{
	static const struct {
		struct span escaped, plain;
		bool want;
	} cases[] = {
		{ S(""), S(""), true },
		{ S("a"), S(""), false },
		{ S(""), S("a"), false },
		{ S("text"), S("text"), true },
		{ S("text"), S("texT"), false },
		{ S("text"), S("texts"), false },
		{ S("texts"), S("text"), false },
		{ S("t\\u0065xt"), S("text"), true },
		{ S("\\u0074ext"), S("text"), true },
		{ S("tex\\u0074"), S("text"), true },
		{ S("tex\\u0074s"), S("text"), false },
		{ S("a\\nb"), S("a\nb"), true },
		{ S("a\\nb"), S("a\\nb"), false }, /* same bytes, different text */
		{ S("a\\\\nb"), S("a\\nb"), true },
		{ S("\\u0000"), S("\0"), true },
		{ S("\\u0000"), S(""), false },
		{ S("\\u00e9"), S("\xc3\xa9"), true },
		{ S("\\u00e9"), S("\xc3"), false },
		{ S("\\ud83d\\ude00"), S("\xf0\x9f\x98\x80"), true },
		{ S("\\\""), S("\""), true },
		{ S("\\/"), S("/"), true },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (!CHECK_INT(
			    json_escaped_equals(cases[i].escaped, cases[i].plain), cases[i].want))
			printf("#   case %zu\n", i);
}

/*
 * UTF-8 by the definition: the bits of a sequence, put together, are a scalar value in its shortest
 * form.
 */
static bool is_utf8_by_definition(const unsigned char *c, size_t n)
{
	static const unsigned smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	while (n > 0) {
		size_t length = *c < 0x80 ? 1
			: *c >> 5 == 6    ? 2
			: *c >> 4 == 14   ? 3
			: *c >> 3 == 30   ? 4
					  : 0;
		if (length == 0 || length > n)
			return false;
		unsigned code = length == 1 ? *c : *c & (0x7fU >> length);
		for (size_t i = 1; i < length; i++) {
			if (c[i] >> 6 != 2)
				return false;
			code = code << 6 | (c[i] & 0x3fU);
		}
		if (code < smallest[length] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
			return false;
		c += length;
		n -= length;
	}
	return true;
}

TEST("UTF-8 is what its definition says, for every two bytes and the edges of what follows")
{
	static const unsigned char edges[] = { 'a', 0x7f, 0x80, 0xbf, 0xc0, 0xff };
	unsigned char c[4];
	for (unsigned lead = 0; lead < 0x10000; lead++) {
		c[0] = (unsigned char)(lead >> 8);
		c[1] = (unsigned char)lead;
		for (size_t i = 0; i < sizeof edges * sizeof edges; i++) {
			c[2] = edges[i / sizeof edges];
			c[3] = edges[i % sizeof edges];
			for (size_t n = 1; n <= 4; n++) {
				struct span bytes = { (const char *)c, n };
				if (!CHECK_INT(utf8_is_valid(bytes), is_utf8_by_definition(c, n))) {
					printf("#   %02x %02x %02x %02x (%zu)\n", c[0], c[1], c[2],
						c[3], n);
					return;
				}
			}
		}
	}
}

TEST("how much is valid is told to the byte, wherever the bad one stands")
{
	for (size_t n = 1; n < 50; n++) {
		char *bytes = malloc(n);
		memset(bytes, 'x', n);
		CHECK_INT(utf8_valid_n((struct span){ bytes, n }), n);
		for (size_t i = 0; i < n; i++) {
			bytes[i] = '\x80';
			CHECK_INT(utf8_valid_n((struct span){ bytes, n }), i);
			bytes[i] = 'x';
		}
		free(bytes);
	}
	CHECK_INT(utf8_valid_n(SPAN("\xc3\xa9\xe2\x82")), 2);
	CHECK_INT(utf8_valid_n((struct span){ 0 }), 0);
	CHECK(utf8_is_valid((struct span){ 0 }));
}

TEST("the first code points are cut between characters")
{
	struct span text = SPAN("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z");
	static const size_t bytes_n[] = { 0, 1, 3, 6, 10, 11, 11, 11 };
	for (size_t n = 0; n < sizeof bytes_n / sizeof *bytes_n; n++) {
		CHECK_INT(utf8_first(text, n).n, bytes_n[n]);
		CHECK(utf8_first(text, n).at == text.at);
	}
	CHECK_INT(utf8_first(text, (size_t)-1).n, 11);
	CHECK_INT(utf8_first(SPAN(""), 3).n, 0);
}

TEST("trimming takes the ASCII white space at both ends and nothing else")
{
	CHECK(span_is(utf8_trimmed(SPAN(" \t\n\v\f\r a b \r\n")), "a b"));
	CHECK(span_is(utf8_trimmed(SPAN("ab")), "ab"));
	CHECK(span_is(utf8_trimmed(SPAN("")), ""));
	CHECK(span_is(utf8_trimmed(SPAN(" \n ")), ""));
	CHECK(span_is(utf8_trimmed(SPAN("\xc2\xa0x\xc2\xa0")), "\xc2\xa0x\xc2\xa0"));
	CHECK(span_is(utf8_trimmed(SPAN("\x1cx\x1f")), "\x1cx\x1f"));
}

TEST("half a character becomes U+FFFD where it stands, and whole ones stay")
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "a\\ud800b", "a\\ufffdb" },
		{ "\\uDC00", "\\ufffd" },
		{ "\\ud83d\\ude00", "\\ud83d\\ude00" },
		{ "\\ud83d\\ud83d\\ude00", "\\ufffd\\ud83d\\ude00" },
		{ "\\\\ud800", "\\\\ud800" },
		{ "\\ud83d", "\\ufffd" },
		{ "\\ud83d\\n", "\\ufffd\\n" },
		{ "\\u0041\\\"", "\\u0041\\\"" },
		{ "[\"\\udbff\",1]", "[\"\\ufffd\",1]" },
		{ "", "" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[64];
		size_t n = strlen(cases[i].text);
		memcpy(text, cases[i].text, n + 1);
		json_mend_surrogates(text, n);
		CHECK_STR(text, cases[i].want);
	}
}
