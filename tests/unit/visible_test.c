/* SPDX-License-Identifier: MIT */
#include "base/visible.h"

#include "base/rng.h"
#include "json/equal.h"
#include "json/scan.h"
#include "json/text.h"
#include "t.h"

#include <stdint.h>

enum { MAX_BYTES = 4096 };

/* Checks how a text is shown. */
static void check_shown(struct span text, const char *want)
{
	struct buf out;
	buf_init(&out, MAX_BYTES);
	visible_put(&out, text);
	CHECK_MEM(out.data, out.len, want);
	CHECK(!out.is_full);
	CHECK(visible_is(buf_span(&out)));
	CHECK(visible_is(text) == span_equals(text, buf_span(&out)));
	buf_release(&out);
}

#define CHECK_SHOWN(text, want) check_shown(SPAN(text), want)

TEST("text without controls is shown byte by byte as it was")
{
	static const char text[] =
		"plain, \ttabs and\nlines, \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80, \xc2\xa0 \xef\xbb\xbf"
		" \xe2\x80\x8b \xe2\x80\x90 \xe2\x80\xa8 \xed\x9f\xbf \xf4\x8f\xbf\xbf \\u001b ~ \xd8\x9b";
	CHECK_SHOWN("", "");
	check_shown(span_of(text), text);
	CHECK(visible_is(span_of(text)));
}

TEST("controls that a terminal would obey are shown as escapes")
{
	CHECK_SHOWN("a\x1b[31mb\x07\x7f", "a\\u001b[31mb\\u0007\\u007f");
	CHECK_SHOWN("\x1b]52;c;ZWNobyBoaQ==\x07", "\\u001b]52;c;ZWNobyBoaQ==\\u0007");
	CHECK_SHOWN("nul \0 in it", "nul \\u0000 in it");
	CHECK_SHOWN("back\r\nspace\b\v\f", "back\\u000d\nspace\\u0008\\u000b\\u000c");
	CHECK_SHOWN("\xc2\x80\xc2\x9b"
		    "31m\xc2\x9f\xc2\xa0",
		"\\u0080\\u009b31m\\u009f\xc2\xa0");
}

TEST("what turns the direction of writing is shown as escapes, its neighbours are not")
{
	CHECK_SHOWN("\xd8\x9b\xd8\x9c\xd8\x9d", "\xd8\x9b\\u061c\xd8\x9d");
	CHECK_SHOWN("\xe2\x80\x8d\xe2\x80\x8e\xe2\x80\x8f\xe2\x80\x90",
		"\xe2\x80\x8d\\u200e\\u200f\xe2\x80\x90");
	CHECK_SHOWN("\xe2\x80\xa9\xe2\x80\xaa\xe2\x80\xae\xe2\x80\xaf",
		"\xe2\x80\xa9\\u202a\\u202e\xe2\x80\xaf");
	CHECK_SHOWN("\xe2\x81\xa5\xe2\x81\xa6\xe2\x81\xa9\xe2\x81\xaa",
		"\xe2\x81\xa5\\u2066\\u2069\xe2\x81\xaa");
	CHECK_SHOWN("\xd7\x90 \xd8\xa7", "\xd7\x90 \xd8\xa7");
}

TEST("bytes that are no UTF-8 are shown, and not sent")
{
	CHECK_SHOWN("\x9b"
		    "31m \xff",
		"\\x9b31m \\xff");
	/* cut short, overlong, a surrogate, too large */
	CHECK_SHOWN("\xe2\x82", "\\xe2\\x82");
	CHECK_SHOWN("\xe2\x82 \xc3", "\\xe2\\x82 \\xc3");
	CHECK_SHOWN("\xc0\x9b \xc1\xbf", "\\xc0\\x9b \\xc1\\xbf");
	CHECK_SHOWN("\xe0\x82\x9b", "\\xe0\\x82\\x9b");
	CHECK_SHOWN("\xf0\x80\x82\x9b", "\\xf0\\x80\\x82\\x9b");
	CHECK_SHOWN("\xed\xa0\x80", "\\xed\\xa0\\x80");
	CHECK_SHOWN("\xed\xbf\xbf", "\\xed\\xbf\\xbf");
	CHECK_SHOWN("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80");
	CHECK_SHOWN("\xf5\x80\x80\x80", "\\xf5\\x80\\x80\\x80");
	/* cut short where the text ends, though the rest stands behind it */
	check_shown((struct span){ "\xe2\x82\xac", 2 }, "\\xe2\\x82");
}

TEST("at the ceiling the text ends with a whole character or escape")
{
	static const size_t wants[] = { 0, 1, 1, 3, 3, 3, 3, 3, 3, 9, 10 };
	static const char whole[] = "a\xc3\xa9\\u001b!";
	for (size_t max = 1; max < sizeof wants / sizeof *wants; max++) {
		struct buf out;
		buf_init(&out, max);
		visible_put(&out, SPAN("a\xc3\xa9\x1b!"));
		CHECK(span_equals(buf_span(&out), (struct span){ whole, wants[max] }));
		CHECK(out.is_full == (max < 10));
		visible_put(&out, SPAN("more"));
		CHECK_INT(out.len, wants[max]);
		buf_release(&out);
	}
}

/* As the code above does not: by bytes, in what is known to be UTF-8. */
static bool has_control(struct span text)
{
	for (size_t i = 0; i < text.n; i++) {
		const char *at = text.at + i;
		unsigned char c = (unsigned char)*at,
			      next = i + 1 < text.n ? (unsigned char)at[1] : 0;
		if ((c < ' ' && c != '\t' && c != '\n') || c == 0x7f || (c == 0xc2 && next < 0xa0))
			return true;
		if (text.n - i >= 3 && memcmp(at, "\xe2\x80", 2) == 0 &&
			strchr("\x8e\x8f\xaa\xab\xac\xad\xae", at[2]))
			return true;
		if (text.n - i >= 3 && memcmp(at, "\xe2\x81", 2) == 0 &&
			strchr("\xa6\xa7\xa8\xa9", at[2]))
			return true;
		if (c == 0xd8 && next == 0x9c)
			return true;
	}
	return false;
}

TEST("whatever bytes come, what is shown is UTF-8 without a control, and is shown again as it is")
{
	static const unsigned char likely[] = { 0x1b, 0x7f, 0xc2, 0x80, 0x9b, 0xe2, 0x80, 0x81,
		0xaa, 0xa6, 0xd8, 0x9c, 0xf0, 0x9f, 0xed, 'a', '\n' };
	struct rng rng;
	rng_init(&rng, 8);
	for (int round = 0; round < 20000; round++) {
		char bytes[24];
		size_t n = (size_t)rng_upto(&rng, sizeof bytes);
		for (size_t i = 0; i < n; i++)
			bytes[i] =
				(char)(rng_upto(&rng, 3) ? likely[rng_upto(&rng, sizeof likely - 1)]
							 : (unsigned char)rng_next(&rng));
		struct buf once, twice;
		buf_init(&once, MAX_BYTES);
		buf_init(&twice, MAX_BYTES);
		visible_put(&once, (struct span){ bytes, n });
		visible_put(&twice, buf_span(&once));
		bool ok = CHECK(utf8_is_valid(buf_span(&once))) &&
			CHECK(!has_control(buf_span(&once))) &&
			CHECK(span_equals(buf_span(&once), buf_span(&twice)));
		buf_release(&once);
		buf_release(&twice);
		if (!ok)
			break;
	}
}

/* Appends a JSON string of pieces that JSON lets stand, and a terminal would obey. */
static void put_string(struct buf *out, struct rng *rng)
{
	static const char *const pieces[] = { "\x7f", "\xc2\x9b", "\xe2\x80\xae", "\xe2\x81\xa6",
		"\xd8\x9c", "\xc3\xa9", "\\\\", "\\\"", "\\u001b", "\\u00e9", "\\n", "a", "[31m" };
	buf_put_char(out, '"');
	for (int64_t n = rng_upto(rng, 8); n > 0; n--)
		buf_put_str(out, pieces[rng_upto(rng, sizeof pieces / sizeof *pieces - 1)]);
	buf_put_char(out, '"');
}

TEST("JSON stays JSON, with the same value, when its strings are shown")
{
	struct rng rng;
	int changed_n = 0;
	rng_init(&rng, 80);
	for (int round = 0; round < 5000; round++) {
		struct buf line, out;
		struct span value;
		struct json_fault fault;
		buf_init(&line, MAX_BYTES);
		buf_init(&out, MAX_BYTES);
		buf_put_str(&line, "{");
		put_string(&line, &rng);
		buf_put_str(&line, ":\t[");
		put_string(&line, &rng);
		buf_put_str(&line, ",1.50,\n");
		put_string(&line, &rng);
		buf_put_str(&line, "]}");
		visible_put(&out, buf_span(&line));
		changed_n += !visible_is(buf_span(&line));
		bool ok = CHECK(json_scan(buf_span(&out), &value, &fault)) &&
			CHECK(json_is_equal(buf_span(&line), buf_span(&out)));
		buf_release(&line);
		buf_release(&out);
		if (!ok)
			break;
	}
	CHECK(changed_n > 1000);
}
