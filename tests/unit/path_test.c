/* SPDX-License-Identifier: MIT */
#include "json/path.h"

#include "json/scan.h"
#include "t.h"

#include <stdio.h>

/* A literal, which may hold NULs, as a span. */
#define S(literal)                           \
	{                                    \
		literal, sizeof(literal) - 1 \
	}

static struct span scanned(const char *text)
{
	struct span value = { 0 };
	struct json_fault fault;
	CHECK(json_scan(span_of(text), &value, &fault));
	return value;
}

/* A path that must be good. */
static struct path parsed(const char *text)
{
	struct path p;
	struct err err = { 0 };
	if (!CHECK(path_parse(&p, span_of(text), &err)))
		printf("#   %s: %s\n", text, err.msg);
	return p;
}

static const char document[] =
	"{\"a\":{\"b\":[10,11,{\"c\":\"deep\"}],\"b c\":1,\"\":2,\"a.b\":3},\"s\":\"text\",\"n\":null,"
	"\"list\":[[1,2],[3]],\"first-name\":4,\"$ref\":5,\"@id\":6,\"ns:x\":7,\"\xc3\xa9t\xc3\xa9\":8,"
	"\"q\\\"q\":9,\"]\":{\"[\":10},\"0\":11,\"d\":1,\"d\":2,\"nul\\u0000\":12,\"k\\u0065y\":13,"
	"\"_x1\":14}";

TEST("a path leads to the value, by names, odd names and indexes")
{
	static const struct {
		const char *path, *want; /* NULL: nothing there */
	} cases[] = {
		{ "s", "\"text\"" },
		{ ".s", "\"text\"" },
		{ "  s\n", "\"text\"" },
		{ "[\"s\"]", "\"text\"" },
		{ ".[\"s\"]", "\"text\"" },
		{ "n", "null" },
		{ "a.b[0]", "10" },
		{ ".a.b[1]", "11" },
		{ "a.b[-1]", "{\"c\":\"deep\"}" },
		{ "a.b[2].c", "\"deep\"" },
		{ "a.b.[2].c", "\"deep\"" },
		{ "a.b[-1][\"c\"]", "\"deep\"" },
		{ "a[\"b\"][0]", "10" },
		{ "a[\"b c\"]", "1" },
		{ "a[\"\"]", "2" },
		{ "a[\"a.b\"]", "3" },
		{ "list[0][1]", "2" },
		{ "list[-1][-1]", "3" },
		{ "list[01][0]", "3" },
		{ "first-name", "4" },
		{ "$ref", "5" },
		{ "@id", "6" },
		{ "ns:x", "7" },
		{ "\xc3\xa9t\xc3\xa9", "8" },
		{ "[\"\\u00e9t\\u00e9\"]", "8" },
		{ "[\"q\\\"q\"]", "9" },
		{ "[\"]\"][\"[\"]", "10" },
		{ "0", "11" },
		{ "d", "2" },
		{ "[\"nul\\u0000\"]", "12" },
		{ "key", "13" },
		{ "_x1", "14" },
		{ "x", NULL },
		{ "nul", NULL },
		{ "a.x", NULL },
		{ "a.b.c", NULL },
		{ "a.b[3]", NULL },
		{ "a.b[-4]", NULL },
		{ "a.b[9223372036854775807]", NULL },
		{ "a[0]", NULL },
		{ "[0]", NULL },
		{ "s.x", NULL },
		{ "s[0]", NULL },
		{ "n.x", NULL },
		{ "x.y.z", NULL },
		{ "A", NULL },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct path p = parsed(cases[i].path);
		struct span found = path_find(&p, scanned(document));
		if (!CHECK(cases[i].want ? span_is(found, cases[i].want) : !found.at))
			printf("#   %s: got %.*s\n", cases[i].path, (int)found.n, found.at);
		path_release(&p);
	}
}

TEST("a dot is the whole value, whatever it is")
{
	static const char *const values[] = { "{\"a\":1}", "[1,2]", "\"s\"", "null", "-1.50" };
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		struct path p = parsed(" . ");
		CHECK_INT(p.parts_n, 0);
		CHECK_STR(p.text, ".");
		CHECK(span_is(path_find(&p, scanned(values[i])), values[i]));
		path_release(&p);
	}
	struct path p = parsed("[1]");
	CHECK(span_is(path_find(&p, scanned("[1,2]")), "2"));
	CHECK(!path_find(&p, scanned("\"ab\"")).at);
	path_release(&p);
}

TEST("a path knows its parts and the text that leads to each")
{
	struct path p = parsed(" .a[\"b c\"][-2].d ");
	CHECK_STR(p.text, ".a[\"b c\"][-2].d");
	CHECK_INT(p.parts_n, 4);
	CHECK_STR(p.parts[0].name, "a");
	CHECK_INT(p.parts[0].text_n, 2);
	CHECK_STR(p.parts[1].name, "b c");
	CHECK_INT(p.parts[1].name_n, 3);
	CHECK_INT(p.parts[1].text_n, 9);
	CHECK(!p.parts[2].name);
	CHECK_INT(p.parts[2].index, -2);
	CHECK_INT(p.parts[2].text_n, 13);
	CHECK_STR(p.parts[3].name, "d");
	CHECK_INT(p.parts[3].text_n, 15);
	path_release(&p);
	CHECK(!p.parts && !p.text && p.parts_n == 0);
	path_release(&p);
}

TEST("what is no path is refused, with what is wrong and where")
{
#define NAME "expected a field name"
#define NEXT "expected '.' or '[' (odd names are written [\"like this\"])"
#define INDEX "expected a whole number or a name in double quotes"
	static const struct {
		struct span path;
		const char *message;
	} cases[] = {
		{ S(""), "empty path" LOG_HELP "the whole value is '.'" },
		{ S("  \n"), "empty path" LOG_HELP "the whole value is '.'" },
		{ S(".."), "bad path ..: " NAME " at '.'" },
		{ S("a..b"), "bad path a..b: " NAME " at '.b'" },
		{ S("a."), "bad path a.: " NAME " at its end" },
		{ S(".a."), "bad path .a.: " NAME " at its end" },
		{ S("a[0]."), "bad path a[0].: " NAME " at its end" },
		{ S("a b"), "bad path a b: " NEXT " at ' b'" },
		{ S("a [0]"), "bad path a [0]: " NEXT " at ' [0]'" },
		{ S("a[0]b"), "bad path a[0]b: " NEXT " at 'b'" },
		{ S("a|b"), "bad path a|b: " NEXT " at '|b'" },
		{ S("a?"), "bad path a?: " NEXT " at '?'" },
		{ S("a]"), "bad path a]: " NEXT " at ']'" },
		{ S("{a}"), "bad path {a}: " NAME " at '{a}'" },
		{ S("\"a\""), "bad path \"a\": " NAME " at '\"a\"'" },
		{ S("*"), "bad path *: " NAME " at '*'" },
		{ S("a.*"), "bad path a.*: " NAME " at '*'" },
		{ S("a["), "bad path a[: a bracket without its partner at '['" },
		{ S("a[0"), "bad path a[0: a bracket without its partner at '[0'" },
		{ S("a[]"), "bad path a[]: " INDEX " at '[]'" },
		{ S("a[x]"), "bad path a[x]: " INDEX " at '[x]'" },
		{ S("a['x']"), "bad path a['x']: " INDEX " at '['x']'" },
		{ S("a[1.5]"), "bad path a[1.5]: " INDEX " at '[1.5]'" },
		{ S("a[+1]"), "bad path a[+1]: " INDEX " at '[+1]'" },
		{ S("a[--1]"), "bad path a[--1]: " INDEX " at '[--1]'" },
		{ S("a[1:2]"), "bad path a[1:2]: " INDEX " at '[1:2]'" },
		{ S("a[9223372036854775808]"),
			"bad path a[9223372036854775808]: " INDEX " at '[9223372036854775808'" },
		{ S("a[\"x]"), "bad path a[\"x]: a quote without its partner at '\"x]'" },
		{ S("a[\""), "bad path a[\": a quote without its partner at '\"'" },
		{ S("a[\"x\\\"]"),
			"bad path a[\"x\\\"]: a quote without its partner at '\"x\\\"]'" },
		{ S("a[\"x\""), "bad path a[\"x\": expected ']' at its end" },
		{ S("a[\"x\" ]"), "bad path a[\"x\" ]: expected ']' at ' ]'" },
		{ S("a[\"\\x\"]"), "bad path a[\"\\x\"]: invalid escape at 'x\"]'" },
		{ S("a\nb"), "a path is UTF-8 text without control characters" },
		{ S("a\0b"), "a path is UTF-8 text without control characters" },
		{ S("a\x7f"), "a path is UTF-8 text without control characters" },
		{ S("a\xff"), "a path is UTF-8 text without control characters" },
		{ S("a!0123456789012345678901234567890123456789012345678901234567\xc3\xa9"),
			"bad path a!0123456789012345678901234567890123456789012345678901234567: " NEXT
			" at '!0123456789012345678'" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct path p;
		struct err err = { 0 };
		if (!CHECK(!path_parse(&p, cases[i].path, &err)))
			printf("#   accepted: %.*s\n", (int)cases[i].path.n, cases[i].path.at);
		CHECK_INT(err.kind, ERR_TEMPLATE);
		CHECK_STR(err.msg, cases[i].message);
		CHECK(!p.parts && !p.text);
	}
}

TEST("a success leaves the error untouched")
{
	struct path p;
	struct err err = { ERR_NONE, "mine" };
	CHECK(path_parse(&p, SPAN("a.b"), &err));
	CHECK_INT(err.kind, ERR_NONE);
	CHECK_STR(err.msg, "mine");
	path_release(&p);
}

TEST("the nearest field is named where the path first fails")
{
	static const struct {
		const char *path, *value, *want; /* NULL: none */
	} cases[] = {
		{ "titel", "{\"id\":1,\"title\":2}", "title" },
		{ "a.titel", "{\"titlle\":0,\"a\":{\"title\":2}}", "title" },
		{ "a.x", "{\"a\":{\"y\":2}}", "y" },
		{ "text", "{\"texts\":1,\"test\":2}", "texts" }, /* the first of equals */
		{ "texs", "{\"texts\":1,\"text\":2,\"tex\":3}", "texts" },
		{ "quotd", "{\"q\\u0075oted\":1}", "q\\u0075oted" },
		{ "ete", "{\"\\u00e9te\":1}", NULL }, /* two bytes away of three */
		{ "content", "{\"text\":1}", NULL },
		{ "titel", "{}", NULL },
		{ "titel", "[\"title\"]", NULL },
		{ "titel", "\"title\"", NULL },
		{ "title[5]", "{\"title\":[1]}", NULL },
		{ "title", "{\"title\":1}", NULL },
		{ ".", "{\"title\":1}", NULL },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct path p = parsed(cases[i].path);
		char out[32] = "untouched";
		bool is_near = path_nearest(&p, scanned(cases[i].value), out, sizeof out);
		CHECK_INT(is_near, cases[i].want != NULL);
		CHECK_STR(out, cases[i].want ? cases[i].want : "untouched");
		path_release(&p);
	}
}

TEST("a near field that does not fit is not named")
{
	struct path p = parsed("titel");
	char out[6] = "";
	CHECK(path_nearest(&p, scanned("{\"title\":1}"), out, 6));
	CHECK_STR(out, "title");
	CHECK(!path_nearest(&p, scanned("{\"title\":1}"), out, 5));
	path_release(&p);
}
