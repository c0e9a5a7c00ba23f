/* SPDX-License-Identifier: MIT */
#include "json/equal.h"

#include "base/buf.h"
#include "t.h"

TEST("JSON values are equal if they mean the same, and have one hash then")
{
	static const char *const pairs[][2] = {
		{ "1", "10e-1" },
		{ "-0", "0" },
		{ "123456789012345678901234567890", "123456789012345678901234567890.0" },
		{ "\"\\u00e9\"", "\"\u00e9\"" },
		{ "[1, [2]]", "[1.0,[2]]" },
		{ "{\"a\":1,\"b\":2}", "{\"b\":2,\"\\u0061\":1}" },
		{ "{\"a\":9,\"a\":1}", "{\"a\":1}" },
		{ "null", "null" },
	};
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		struct span a = span_of(pairs[i][0]), b = span_of(pairs[i][1]);
		if (!CHECK(json_is_equal(a, b)) || !CHECK(json_hash(a) == json_hash(b)))
			CHECK_STR(pairs[i][0], pairs[i][1]);
	}
}

TEST("JSON values that do not mean the same are not equal")
{
	static const char *const pairs[][2] = {
		{ "1", "1.0000000000000000000001" },
		{ "1", "\"1\"" },
		{ "true", "false" },
		{ "\"a\"", "\"A\"" },
		{ "[1,2]", "[2,1]" },
		{ "[1]", "[1,1]" },
		{ "{\"a\":1}", "{\"a\":1,\"b\":2}" },
		{ "{}", "[]" },
	};
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		if (!CHECK(!json_is_equal(span_of(pairs[i][0]), span_of(pairs[i][1]))))
			CHECK_STR(pairs[i][0], "another");
}

TEST("values that would take too long to compare are equal if their bytes are")
{
	struct buf one, other;
	buf_init(&one, 1 << 20);
	buf_init(&other, 1 << 20);
	buf_put_char(&one, '{');
	for (int i = 0; i < 20000; i++) {
		buf_put_str(&one, i ? ",\"k" : "\"k");
		buf_put_int(&one, i);
		buf_put_str(&one, "\":1");
	}
	buf_put_span(&other, buf_span(&one));
	buf_put_char(&one, '}');
	buf_put_str(&other, " }");
	CHECK(!json_is_equal(buf_span(&one), buf_span(&other)));
	struct span same = buf_span(&one);
	buf_clear(&other);
	buf_put_span(&other, same);
	CHECK(json_is_equal(same, buf_span(&other)));
	CHECK(json_hash(same) == json_hash(buf_span(&other)));
	buf_release(&one);
	buf_release(&other);
}
