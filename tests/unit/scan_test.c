/* SPDX-License-Identifier: MIT */
#include "json/scan.h"

#include "base/buf.h"
#include "base/rng.h"
#include "json/text.h"
#include "../fuzz/peer.h"
#include "t.h"

#include <stdio.h>
#include <stdlib.h>

/* A literal, which may hold NULs, as a span. */
#define S(literal)                           \
	{                                    \
		literal, sizeof(literal) - 1 \
	}

/* Scans a copy that ends with its allocation, so that a sanitizer sees a read past the end. */
static bool scan_copy(struct span text, struct json_fault *fault, size_t *value_n)
{
	char *copy = malloc(text.n ? text.n : 1);
	struct span value = { 0 };
	if (text.n)
		memcpy(copy, text.at, text.n);
	bool ok = json_scan((struct span){ copy, text.n }, &value, fault);
	*value_n = value.n;
	free(copy);
	return ok;
}

static void show_case(size_t i, struct span text)
{
	printf("#   case %zu: '%.*s'\n", i, (int)text.n, text.at);
}

TEST("JSON is accepted")
{
	static const struct span cases[] = {
		/* literals and space */
		S("null"),
		S("true"),
		S("false"),
		S(" null"),
		S("null "),
		S("\t\n\r null\t\n\r "),
		/* numbers */
		S("0"),
		S("-0"),
		S("1"),
		S("-1"),
		S("10"),
		S("1234567890"),
		S("12345678901234567890"),
		S("123456789012345678901234567890123456789012345678901234567890"),
		S("0.5"),
		S("-0.5"),
		S("0.0000000000000000000000000000000000000000000000000001"),
		S("1.10"),
		S("1e5"),
		S("1E5"),
		S("1e+5"),
		S("1e-5"),
		S("1E+05"),
		S("0e0"),
		S("0e+1"),
		S("0E-99"),
		S("1e400"),
		S("-1e-400"),
		S("1.7976931348623157e308"),
		S("1e99999999999999999999"),
		S("-1.5e+10"),
		S("[0]"),
		S("[-0]"),
		S("[20e1]"),
		S("[123.456789]"),
		S("[1,2.5,-3e2]"),
		/* strings */
		S("\"\""),
		S("\" \""),
		S("\"a\""),
		S("\"\\\"\""),
		S("\"\\\\\""),
		S("\"\\/\""),
		S("\"\\b\\f\\n\\r\\t\""),
		S("\"\\u0000\""),
		S("\"\\u00e9\""),
		S("\"\\uABCD\\uabcd\""),
		S("\"\\ud83d\\ude00\""),
		S("\"\\ud800\""),
		S("\"\\udc00\""),
		S("\"\\ud800\\ud800\""),
		S("\"\\udc00\\ud800\""),
		S("\"\\ud800x\""),
		S("\"\\uD800\\n\""),
		S("\"\x7f\""),
		S("\"/\""),
		S("\"\xc2\x80\""),
		S("\"\xdf\xbf\""),
		S("\"\xe0\xa0\x80\""),
		S("\"\xed\x9f\xbf\""),
		S("\"\xee\x80\x80\""),
		S("\"\xef\xbf\xbf\""),
		S("\"\xf0\x90\x80\x80\""),
		S("\"\xf4\x8f\xbf\xbf\""),
		S("\"\xef\xb7\x90 \xef\xbf\xbe\""),
		S("\"\xe2\x80\xa8\xe2\x80\xa9\""),
		S("\"\xef\xbb\xbf\""),
		S("\"'single'\""),
		S("\"// no comment\""),
		S("\"[{]}\""),
		S("\"sixteen bytes ok\""),
		S("\"fifteen bytes o\""),
		S("\"seventeen bytes !\""),
		S("\"a longer text of more than one stride \\n with an escape behind the second\""),
		/* arrays */
		S("[]"),
		S("[ ]"),
		S("[\n\t\r ]"),
		S("[[]]"),
		S("[[],[]]"),
		S("[[[[[]]]]]"),
		S("[null]"),
		S("[1,2]"),
		S("[ 1 , 2 ]"),
		S("[\"a\",\"b\"]"),
		S("[1,null,true,false,\"a\",[],{}]"),
		S("[\"]\"]"),
		S("[\"\\\"]\"]"),
		/* objects */
		S("{}"),
		S("{ }"),
		S("{\"a\":1}"),
		S("{ \"a\" : 1 }"),
		S("{\"a\":1,\"b\":2}"),
		S("{\"\":0}"),
		S("{\"a\":1,\"a\":2}"),
		S("{\"a\":{\"a\":{}}}"),
		S("{\"\\u0000\":1}"),
		S("{\"\\ud800\":1}"),
		S("{\"a\":[{\"b\":[{}]}]}"),
		S("{\"\xc3\xa9\":\"\xc3\xa9\"}"),
		S("{\"a\\nb\":\"}\"}"),
		S("{\"a\"\n:\n1\n,\n\"b\"\n:\n2\n}\n"),
		S("[{},[],{},[]]"),
		S("{\"a\":[],\"b\":{}}"),
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct json_fault fault = { 0, "" };
		size_t value_n;
		if (!CHECK(scan_copy(cases[i], &fault, &value_n))) {
			show_case(i, cases[i]);
			printf("#   %s at %zu\n", fault.reason, fault.offset);
		}
	}
}

#define END "unexpected end"
#define VALUE "expected a value"
#define KEY "expected a key in double quotes"
#define IN_OBJECT "expected ',' or '}'"
#define IN_ARRAY "expected ',' or ']'"
#define DIGIT "expected a digit"
#define ZERO "number with a leading zero"
#define WORD "expected null, true or false"
#define MORE "more text after the value"
#define CONTROL "control character in string"
#define ESCAPE "invalid escape"
#define HEX "\\u without four hexadecimal digits"
#define UTF8 "invalid UTF-8"

TEST("what is not JSON is refused, with the reason and the place")
{
	static const struct {
		struct span text;
		size_t offset;
		const char *reason;
	} cases[] = {
		/* nothing */
		{ S(""), 0, END },
		{ S(" "), 1, END },
		{ S("\n\t "), 3, END },
		{ S("\0"), 0, VALUE },
		{ S("\xef\xbb\xbf"), 0, "byte order mark" },
		{ S("\xef\xbb\xbf{}"), 0, "byte order mark" },
		{ S(" \xef\xbb\xbf{}"), 1, "byte order mark" },
		{ S("\xef\xbb"), 0, VALUE },
		{ S("\xff\xfe[\0]\0"), 0, VALUE },
		{ S("\xc2\xa0 1"), 0, VALUE },
		{ S("\f1"), 0, VALUE },
		{ S("\v1"), 0, VALUE },
		{ S("\xe2\x81\xa0"), 0, VALUE },
		/* literals */
		{ S("n"), 1, END },
		{ S("nul"), 3, END },
		{ S("nulL"), 3, WORD },
		{ S("tRUE"), 1, WORD },
		{ S("fals"), 4, END },
		{ S("True"), 0, VALUE },
		{ S("NULL"), 0, VALUE },
		{ S("nullx"), 4, MORE },
		{ S("truefalse"), 4, MORE },
		{ S("[nul]"), 4, WORD },
		{ S("[true false]"), 6, IN_ARRAY },
		{ S("NaN"), 0, VALUE },
		{ S("nan"), 1, WORD },
		{ S("Infinity"), 0, VALUE },
		{ S("-Infinity"), 1, DIGIT },
		{ S("undefined"), 0, VALUE },
		{ S("a"), 0, VALUE },
		/* numbers */
		{ S("-"), 1, END },
		{ S("--1"), 1, DIGIT },
		{ S("+1"), 0, VALUE },
		{ S(".5"), 0, VALUE },
		{ S("-.5"), 1, DIGIT },
		{ S("1."), 2, END },
		{ S("[1.]"), 3, DIGIT },
		{ S("1.e5"), 2, DIGIT },
		{ S("01"), 1, ZERO },
		{ S("-01"), 2, ZERO },
		{ S("00"), 1, ZERO },
		{ S("[012]"), 2, ZERO },
		{ S("1e"), 2, END },
		{ S("1e+"), 3, END },
		{ S("[1e]"), 3, DIGIT },
		{ S("1e+-2"), 3, DIGIT },
		{ S("1e5.5"), 3, MORE },
		{ S("1ee5"), 2, DIGIT },
		{ S("0x10"), 1, MORE },
		{ S("1_000"), 1, MORE },
		{ S("1 000"), 2, MORE },
		{ S("- 1"), 1, DIGIT },
		{ S("[1 2]"), 3, IN_ARRAY },
		{ S("1a"), 1, MORE },
		{ S("\xef\xbc\x91"), 0, VALUE },
		{ S("1\0"), 1, MORE },
		{ S("[-a]"), 2, DIGIT },
		{ S("[1,+2]"), 3, VALUE },
		{ S("[1.2.3]"), 4, IN_ARRAY },
		{ S("1\xc3\xa9"), 1, MORE },
		/* strings */
		{ S("\""), 1, END },
		{ S("\"abc"), 4, END },
		{ S("'abc'"), 0, VALUE },
		{ S("\"a\"b\""), 3, MORE },
		{ S("\"\n\""), 1, CONTROL },
		{ S("\"a\tb\""), 2, CONTROL },
		{ S("\"\0\""), 1, CONTROL },
		{ S("\"\x1f\""), 1, CONTROL },
		{ S("\"behind the sixteenth byte\r\""), 26, CONTROL },
		{ S("\"\\"), 2, END },
		{ S("\"\\\""), 3, END },
		{ S("\"\\x41\""), 2, ESCAPE },
		{ S("\"\\'\""), 2, ESCAPE },
		{ S("\"\\a\""), 2, ESCAPE },
		{ S("\"\\0\""), 2, ESCAPE },
		{ S("\"\\\0\""), 2, ESCAPE },
		{ S("\"\\\n\""), 2, ESCAPE },
		{ S("\"\\U0041\""), 2, ESCAPE },
		{ S("\"\\\xc3\xa9\""), 2, ESCAPE },
		{ S("\"\\u\""), 3, HEX },
		{ S("\"\\u004\""), 6, HEX },
		{ S("\"\\u00g0\""), 5, HEX },
		{ S("\"\\u 041\""), 3, HEX },
		{ S("\"\\u"), 3, END },
		{ S("\"\\u00"), 5, END },
		{ S("\"\\u{41}\""), 3, HEX },
		{ S("\"\\u-041\""), 3, HEX },
		{ S("\"\\ud83d\\u\""), 9, HEX },
		{ S("\"\\u004@\""), 6, HEX },
		{ S("\"\\u004`\""), 6, HEX },
		{ S("\"\\u004/\""), 6, HEX },
		{ S("\"\\u004:\""), 6, HEX },
		{ S("\"\\u004\xb1\""), 6, HEX },
		/* UTF-8 */
		{ S("\"\x80\""), 1, UTF8 },
		{ S("\"\xbf\""), 1, UTF8 },
		{ S("\"\xc0\xaf\""), 1, UTF8 },
		{ S("\"\xc1\xbf\""), 1, UTF8 },
		{ S("\"\xc2\""), 1, UTF8 },
		{ S("\"\xc2\x41\""), 1, UTF8 },
		{ S("\"\xe0\x80\xaf\""), 1, UTF8 },
		{ S("\"\xe0\x9f\xbf\""), 1, UTF8 },
		{ S("\"\xe2\x82\""), 1, UTF8 },
		{ S("\"\xe2\""), 1, UTF8 },
		{ S("\"\xed\xa0\x80\""), 1, UTF8 },
		{ S("\"\xed\xbf\xbf\""), 1, UTF8 },
		{ S("\"\xed\xa0\xbd\xed\xb8\x80\""), 1, UTF8 },
		{ S("\"\xf0\x80\x80\xaf\""), 1, UTF8 },
		{ S("\"\xf0\x8f\xbf\xbf\""), 1, UTF8 },
		{ S("\"\xf4\x90\x80\x80\""), 1, UTF8 },
		{ S("\"\xf5\x80\x80\x80\""), 1, UTF8 },
		{ S("\"\xf0\x9f\x98\""), 1, UTF8 },
		{ S("\"\xf8\x88\x80\x80\x80\""), 1, UTF8 },
		{ S("\"\xfc\x84\x80\x80\x80\x80\""), 1, UTF8 },
		{ S("\"\xfe\""), 1, UTF8 },
		{ S("\"\xff\""), 1, UTF8 },
		{ S("\"ab\xc3\xa9\xff\""), 5, UTF8 },
		{ S("\"\xc3\xa9\xa9\""), 3, UTF8 },
		{ S("\"caf\xe9 in Latin-1\""), 4, UTF8 },
		{ S("{\"\xff\":1}"), 2, UTF8 },
		{ S("\"\xe2\x82"), 1, UTF8 },
		{ S("\"\xc3"), 1, UTF8 },
		/* arrays */
		{ S("["), 1, END },
		{ S("[ "), 2, END },
		{ S("[1"), 2, END },
		{ S("[1,"), 3, END },
		{ S("]"), 0, VALUE },
		{ S("[1,]"), 3, VALUE },
		{ S("[,1]"), 1, VALUE },
		{ S("[,]"), 1, VALUE },
		{ S("[1,,2]"), 3, VALUE },
		{ S("[1]]"), 3, MORE },
		{ S("[1}"), 2, IN_ARRAY },
		{ S("[1:2]"), 2, IN_ARRAY },
		{ S("[1;2]"), 2, IN_ARRAY },
		{ S("[]["), 2, MORE },
		{ S("[\"a\" \"b\"]"), 5, IN_ARRAY },
		{ S("[[1]"), 4, END },
		{ S("[][]"), 2, MORE },
		{ S("[1/**/]"), 2, IN_ARRAY },
		{ S("[ // c\n1]"), 2, VALUE },
		{ S("[...]"), 1, VALUE },
		{ S("[{]"), 2, KEY },
		{ S("[1\0]"), 2, IN_ARRAY },
		{ S("[\xff]"), 1, VALUE },
		/* objects */
		{ S("{"), 1, END },
		{ S("}"), 0, VALUE },
		{ S("{1:2}"), 1, KEY },
		{ S("{a:1}"), 1, KEY },
		{ S("{'a':1}"), 1, KEY },
		{ S("{\"a\"}"), 4, "expected ':'" },
		{ S("{\"a\":}"), 5, VALUE },
		{ S("{\"a\":1,}"), 7, KEY },
		{ S("{,}"), 1, KEY },
		{ S("{\"a\" 1}"), 5, "expected ':'" },
		{ S("{\"a\"::1}"), 5, VALUE },
		{ S("{\"a\"=1}"), 4, "expected ':'" },
		{ S("{\"a\",1}"), 4, "expected ':'" },
		{ S("{\"a\":1 \"b\":2}"), 7, IN_OBJECT },
		{ S("{\"a\":1,,\"b\":2}"), 7, KEY },
		{ S("{\"a\":1]"), 6, IN_OBJECT },
		{ S("{\"a\""), 4, END },
		{ S("{\"a\":"), 5, END },
		{ S("{\"a\":1"), 6, END },
		{ S("{\"a\":1,"), 7, END },
		{ S("{\"a"), 3, END },
		{ S("{}}"), 2, MORE },
		{ S("{} {}"), 3, MORE },
		{ S("{null:1}"), 1, KEY },
		{ S("{\"a\":1}#"), 7, MORE },
		{ S("{[1]:2}"), 1, KEY },
		{ S("{\"a\":{\"b\":1}"), 12, END },
		{ S("{\"a\":[1}"), 7, IN_ARRAY },
		{ S("{\"a\":\"b\"\"c\":1}"), 8, IN_OBJECT },
		{ S("{\"a\\x\":1}"), 4, ESCAPE },
		{ S("{\"a\x01\":1}"), 3, CONTROL },
		{ S("{\"a\":1,\"b\" \"c\"}"), 11, "expected ':'" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct json_fault fault = { 0, "accepted" };
		size_t value_n;
		bool ok = CHECK(!scan_copy(cases[i].text, &fault, &value_n));
		ok &= CHECK_INT(fault.offset, cases[i].offset);
		ok &= CHECK_STR(fault.reason, cases[i].reason);
		if (!ok)
			show_case(i, cases[i].text);
	}
}

/* n openings, a middle, n closings. */
static struct span nest(
	struct buf *b, size_t n, const char *opening, const char *middle, char closing)
{
	buf_clear(b);
	for (size_t i = 0; i < n; i++)
		buf_put_str(b, opening);
	buf_put_str(b, middle);
	for (size_t i = 0; i < n; i++)
		buf_put_char(b, closing);
	return buf_span(b);
}

TEST("512 levels are accepted, 513 are not, and the place is the opening that is too deep")
{
	struct buf b;
	struct json_fault fault;
	size_t n;
	buf_init(&b, 100000);
	CHECK(scan_copy(nest(&b, 512, "[", "", ']'), &fault, &n));
	CHECK(scan_copy(nest(&b, 512, "{\"a\":", "1", '}'), &fault, &n));
	CHECK(scan_copy(nest(&b, 256, "[{\"a\":", "1", '}'), &fault, &n) == false);
	CHECK(!scan_copy(nest(&b, 513, "[", "", ']'), &fault, &n));
	CHECK_INT(fault.offset, 512);
	CHECK_STR(fault.reason, "nested too deep");
	CHECK(!scan_copy(nest(&b, 513, "{\"a\":", "1", '}'), &fault, &n));
	CHECK_INT(fault.offset, 512 * 5);
	CHECK(!scan_copy(nest(&b, 90000, "[", "", ' '), &fault, &n));
	CHECK_INT(fault.offset, 512);
	buf_release(&b);
}

TEST("what was opened at each level is remembered at each level")
{
	struct buf b;
	struct rng rng;
	struct json_fault fault;
	size_t value_n;
	rng_init(&rng, 3);
	buf_init(&b, 10000);
	for (int round = 0; round < 200; round++) {
		char closers[JSON_DEPTH_MAX];
		size_t depth = 1 + (size_t)rng_upto(&rng, JSON_DEPTH_MAX - 1);
		buf_clear(&b);
		for (size_t i = 0; i < depth; i++) {
			bool is_object = rng_upto(&rng, 1) == 1;
			buf_put_str(&b, is_object ? "{\"k\":" : "[");
			closers[i] = is_object ? '}' : ']';
		}
		buf_put_str(&b, "0");
		size_t first_closer = b.len;
		for (size_t i = depth; i-- > 0;)
			buf_put_char(&b, closers[i]);
		CHECK(scan_copy(buf_span(&b), &fault, &value_n));
		size_t wrong = first_closer + (size_t)rng_upto(&rng, (int64_t)depth - 1);
		b.data[wrong] = b.data[wrong] == '}' ? ']' : '}';
		CHECK(!scan_copy(buf_span(&b), &fault, &value_n));
		CHECK_INT(fault.offset, wrong);
	}
	buf_release(&b);
}

TEST("the value comes without the space around it")
{
	static const char *const values[] = { "1", "\" a \"", "[ 1 ]", "{ }", "null" };
	static const char *const spaces[] = { "", " ", "\n", " \t\r\n ", "                      " };
	for (size_t i = 0; i < 5 * 5 * 5; i++) {
		const char *before = spaces[i % 5], *value = values[i / 5 % 5],
			   *after = spaces[i / 25];
		struct buf b;
		struct span got;
		struct json_fault fault;
		buf_init(&b, 100);
		buf_put_str(&b, before);
		buf_put_str(&b, value);
		buf_put_str(&b, after);
		CHECK(json_scan(buf_span(&b), &got, &fault));
		CHECK(span_is(got, value));
		CHECK(got.at == b.data + strlen(before));
		buf_release(&b);
	}
}

TEST("a missing text is refused like an empty one")
{
	struct span value;
	struct json_fault fault;
	CHECK(!json_scan((struct span){ 0 }, &value, &fault));
	CHECK_INT(fault.offset, 0);
	CHECK_STR(fault.reason, END);
}

TEST("a special byte is seen wherever it stands in a string of any length")
{
	for (size_t n = 1; n < 70; n++) {
		for (size_t i = 0; i < n; i++) {
			char text[80];
			struct json_fault fault;
			size_t value_n;
			memset(text, '~', sizeof text);
			text[0] = text[n + 1] = '"';
			struct span whole = { text, n + 2 };
			CHECK(scan_copy(whole, &fault, &value_n));
			text[i + 1] = '\x1f';
			CHECK(!scan_copy(whole, &fault, &value_n) && fault.offset == i + 1);
			text[i + 1] = '\x80';
			CHECK(!scan_copy(whole, &fault, &value_n) && fault.offset == i + 1);
			text[i + 1] = '\\'; /* in the last place it escapes the closing quote */
			CHECK(!scan_copy(whole, &fault, &value_n) &&
				fault.offset == i + 2 + (i + 1 == n));
			text[i + 1] = '"';
			CHECK(!scan_copy(whole, &fault, &value_n) && fault.offset == i + 2);
			CHECK(!scan_copy((struct span){ text + 1, n }, &fault, &value_n));
		}
	}
}

/* Scans text that must be JSON. */
static struct span scanned(const char *text)
{
	struct span value = { 0 };
	struct json_fault fault;
	CHECK(json_scan(span_of(text), &value, &fault));
	return value;
}

TEST("the kind is told by the first byte")
{
	CHECK_INT(json_kind(scanned("null")), JSON_KIND_NULL);
	CHECK_INT(json_kind(scanned("true")), JSON_KIND_BOOL);
	CHECK_INT(json_kind(scanned("false")), JSON_KIND_BOOL);
	CHECK_INT(json_kind(scanned("-1")), JSON_KIND_NUMBER);
	CHECK_INT(json_kind(scanned("0")), JSON_KIND_NUMBER);
	CHECK_INT(json_kind(scanned("9e9")), JSON_KIND_NUMBER);
	CHECK_INT(json_kind(scanned("\"\"")), JSON_KIND_STRING);
	CHECK_INT(json_kind(scanned("[]")), JSON_KIND_ARRAY);
	CHECK_INT(json_kind(scanned("{}")), JSON_KIND_OBJECT);
}

TEST("a walk gives each member with its bytes as they are")
{
	static const struct {
		const char *key, *value;
	} want[] = {
		{ "\"big\"", "12345678901234567890" },
		{ "\"huge\"", "1e400" },
		{ "\"zero\"", "-0" },
		{ "\"price\"", "1.10" },
		{ "\"k\\u0065y\"", "\"v\\/\\u00e9\"" },
		{ "\"dup\"", "1" },
		{ "\"dup\"", "2" },
		{ "\"\"", "[ 1 , {\"]\":\"}\"} ]" },
		{ "\"o\"", "{\"a\":{\"b\":[]}}" },
		{ "\"t\"", "true" },
		{ "\"n\"", "null" },
		{ "\"f\"", "false" },
		{ "\"q\"", "\"\\\\\\\"\"" },
	};
	struct json_walk w;
	size_t i = 0;
	json_walk_init(&w,
		scanned(" {\"big\":12345678901234567890,\"huge\" : 1e400 ,\n\"zero\":-0 , "
			"\"price\":1.10,\"k\\u0065y\":\"v\\/\\u00e9\",\"dup\":1,\"dup\":2,"
			"\"\":[ 1 , {\"]\":\"}\"} ],\"o\":{\"a\":{\"b\":[]}},\"t\":true,"
			"\"n\" :null , \"f\":false,\"q\":\"\\\\\\\"\"\t} "));
	CHECK(w.in_object);
	for (; json_walk_next(&w) && i < sizeof want / sizeof *want; i++) {
		CHECK(span_is(w.key, want[i].key));
		if (!CHECK(span_is(w.value, want[i].value)))
			printf("#   got '%.*s'\n", (int)w.value.n, w.value.at);
	}
	CHECK_INT(i, sizeof want / sizeof *want);
	CHECK(!json_walk_next(&w));
	CHECK(!json_walk_next(&w));
}

TEST("a walk gives each item, without keys")
{
	static const char *const want[] = { "1", "\"two, ]\"", "[3,[]]", "{\"4\":4}", "-5.0e5",
		"false" };
	struct json_walk w;
	size_t i = 0;
	json_walk_init(&w, scanned("[1 , \"two, ]\",[3,[]] ,{\"4\":4},\n-5.0e5,false]"));
	for (; json_walk_next(&w) && i < sizeof want / sizeof *want; i++) {
		CHECK(!w.key.at);
		CHECK(span_is(w.value, want[i]));
	}
	CHECK_INT(i, sizeof want / sizeof *want);
	CHECK(!json_walk_next(&w));
}

TEST("what has no members has none to walk, and is empty")
{
	static const char *const cases[] = { "{}", "[]", "{ \n}", "[ ]", "1", "\"{}\"", "null" };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct json_walk w;
		json_walk_init(&w, scanned(cases[i]));
		CHECK(!json_walk_next(&w));
		CHECK(!json_walk_next(&w));
		CHECK(json_is_empty(scanned(cases[i])));
	}
	CHECK(!json_is_empty(scanned("[null]")));
	CHECK(!json_is_empty(scanned("{ \"\":0}")));
	CHECK(json_is_empty((struct span){ 0 }));
}

TEST("a member is found by what its key stands for, the last of equal ones")
{
	struct span o = scanned(
		"{\"a\":1,\"b\":2,\"a\":3,\"\":4,\"k\\u0065y\":5,\"a\\nb\":6,\"nul\\u0000\":7,"
		"\"\\ud83d\\ude00\":8,\"ab\":9,\"x\":{\"deep\":10}, \"a\\\\nb\":11}");
	CHECK(span_is(json_member(o, SPAN("a")), "3"));
	CHECK(span_is(json_member(o, SPAN("b")), "2"));
	CHECK(span_is(json_member(o, SPAN("")), "4"));
	CHECK(span_is(json_member(o, SPAN("key")), "5"));
	CHECK(span_is(json_member(o, SPAN("a\nb")), "6"));
	CHECK(span_is(json_member(o, SPAN("a\\nb")), "11"));
	CHECK(span_is(json_member(o, SPAN("nul\0")), "7"));
	CHECK(span_is(json_member(o, SPAN("\xf0\x9f\x98\x80")), "8"));
	CHECK(span_is(json_member(o, SPAN("ab")), "9"));
	CHECK(!json_member(o, SPAN("deep")).at);
	CHECK(!json_member(o, SPAN("k\\u0065y")).at);
	CHECK(!json_member(o, SPAN("c")).at);
	CHECK(!json_member(scanned("[\"a\",1]"), SPAN("a")).at);
	CHECK(!json_member(scanned("\"a\""), SPAN("a")).at);
	CHECK(!json_member((struct span){ 0 }, SPAN("a")).at);
}

TEST("an item is found from the front and from the end")
{
	struct span a = scanned("[10, [11], \"12\"]");
	CHECK(span_is(json_item(a, 0), "10"));
	CHECK(span_is(json_item(a, 1), "[11]"));
	CHECK(span_is(json_item(a, 2), "\"12\""));
	CHECK(!json_item(a, 3).at);
	CHECK(span_is(json_item(a, -1), "\"12\""));
	CHECK(span_is(json_item(a, -3), "10"));
	CHECK(!json_item(a, -4).at);
	CHECK(!json_item(a, (long)(~0UL >> 1)).at);
	CHECK(!json_item(a, -(long)(~0UL >> 1) - 1).at);
	CHECK(!json_item(scanned("[]"), 0).at);
	CHECK(!json_item(scanned("[]"), -1).at);
	CHECK(!json_item(scanned("{\"0\":1}"), 0).at);
	CHECK(!json_item(scanned("{\"0\":1}"), -1).at);
	CHECK(!json_item(scanned("7"), 0).at);
	CHECK(!json_item((struct span){ 0 }, 0).at);
}

TEST("the inside of a string is what stands between its quotes")
{
	CHECK(span_is(json_inside(scanned("\"\"")), ""));
	CHECK(span_is(json_inside(scanned("\"a\\\"b\"")), "a\\\"b"));
}

/* ---- Against jansson: random trees, and random damage to them ---- */

struct growth {
	struct rng rng;
	struct buf text;
};

static size_t pick(struct growth *g, size_t n)
{
	return (size_t)rng_upto(&g->rng, (int64_t)n - 1);
}

static void grow_space(struct growth *g)
{
	static const char *const spaces[] = { "", "", "", "", " ", "\n", "  \t",
		"\r\n                    " };
	buf_put_str(&g->text, spaces[pick(g, sizeof spaces / sizeof *spaces)]);
}

static void grow_string(struct growth *g)
{
	static const char *const pieces[] = { "a", "key", "\\n", "\\\"", "\\\\", "\\u0041",
		"\\u00e9", "\\/", "\\ud83d\\ude00", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80",
		"[", "}", ",", ":", " ", "\x7f",
		"a run of plain text that is longer than two strides of sixteen",
		"0123456789abcdef" };
	buf_put_char(&g->text, '"');
	for (size_t n = pick(g, 5); n > 0; n--)
		buf_put_str(&g->text, pieces[pick(g, sizeof pieces / sizeof *pieces)]);
	buf_put_char(&g->text, '"');
}

static void grow_scalar(struct growth *g)
{
	static const char *const scalars[] = { "0", "-0", "7", "-12", "9223372036854775807", "0.5",
		"-1.25e-3", "1E+10", "123456.789012345678", "true", "false", "null" };
	size_t i = pick(g, sizeof scalars / sizeof *scalars + 6);
	if (i < sizeof scalars / sizeof *scalars)
		buf_put_str(&g->text, scalars[i]);
	else
		grow_string(g);
}

static void grow_value(struct growth *g, int depth)
{
	bool is_object = pick(g, 2) == 0;
	grow_space(g);
	if (depth == 0 || pick(g, 4) == 0) {
		grow_scalar(g);
		grow_space(g);
		return;
	}
	buf_put_char(&g->text, is_object ? '{' : '[');
	grow_space(g);
	for (size_t i = 0, n = pick(g, 6); i < n; i++) {
		if (i > 0)
			buf_put_char(&g->text, ',');
		if (is_object) {
			grow_space(g);
			grow_string(g);
			grow_space(g);
			buf_put_char(&g->text, ':');
		}
		grow_value(g, depth - 1);
	}
	buf_put_char(&g->text, is_object ? '}' : ']');
	grow_space(g);
}

TEST("random trees are seen as jansson sees them")
{
	struct growth g;
	rng_init(&g.rng, 20240607);
	buf_init(&g.text, 1 << 20);
	for (int round = 0; round < 3000; round++) {
		struct span value;
		struct json_fault fault;
		buf_clear(&g.text);
		grow_value(&g, round % 6);
		bool ok = CHECK(json_scan(buf_span(&g.text), &value, &fault)) &&
			CHECK(peer_sees_same(value));
		if (!ok)
			printf("#   round %d: %.*s\n", round, (int)g.text.len, g.text.data);
	}
	buf_release(&g.text);
}

TEST("damaged trees are refused when jansson refuses them, and only then")
{
	static const char bytes[] = "\"\\{}[]:,0123456789-+.eEtrufalsn \n\t\x01\x80\xc3\xed\xff";
	struct growth g;
	int refused = 0;
	rng_init(&g.rng, 42);
	buf_init(&g.text, 1 << 20);
	for (int round = 0; round < 20000; round++) {
		buf_clear(&g.text);
		grow_value(&g, round % 4);
		size_t at = pick(&g, g.text.len);
		if (round % 3 == 0)
			g.text.data[at] = bytes[pick(&g, sizeof bytes - 1)];
		else if (round % 3 == 1)
			memmove(g.text.data + at, g.text.data + at + 1, --g.text.len - at);
		else
			g.text.len = at;
		struct json_fault fault;
		size_t value_n;
		enum peer_verdict verdict = peer_judge(buf_span(&g.text));
		bool ok = scan_copy(buf_span(&g.text), &fault, &value_n);
		if (!CHECK(verdict == PEER_IS_NARROW || ok == (verdict == PEER_ACCEPTS)))
			printf("#   round %d: %.*s\n", round, (int)g.text.len, g.text.data);
		CHECK(ok || fault.offset <= g.text.len);
		refused += !ok;
	}
	CHECK(refused > 5000 && refused < 19000);
	buf_release(&g.text);
}
