/* SPDX-License-Identifier: MIT */
#include "work/splice.h"

#include "json/scan.h"
#include "t.h"

#include <stdint.h>

/* Splices the object without the names and checks what is left and whether members are. */
static void check(const char *object, const char *names, const char *want, bool want_members)
{
	struct span list[4], scanned;
	struct json_fault fault;
	size_t n = 0;
	for (const char *at = names; *at; n++) {
		size_t name_n = strcspn(at, ",");
		list[n] = (struct span){ .at = at, .n = name_n };
		at += name_n + (at[name_n] == ',');
	}
	struct buf out;
	bool has_members = !want_members;
	buf_init(&out, 1000);
	CHECK(json_scan(span_of(object), &scanned, &fault));
	CHECK(splice_open(&out, scanned, list, n, &has_members));
	if (!CHECK_MEM(out.data, out.len, want))
		CHECK_STR(object, names);
	CHECK_INT(has_members, want_members);
	buf_release(&out);
}

TEST("an object that loses nothing is copied up to its closing brace")
{
	check("{}", "", "{", false);
	check("{ }", "a", "{ ", false);
	check("{\"a\":1}", "", "{\"a\":1", true);
	check("{ \"a\" : 1 , \"b\" : [ ] }", "c", "{ \"a\" : 1 , \"b\" : [ ] ", true);
}

TEST("a member goes with one comma, wherever it stands")
{
	check("{\"a\":1,\"b\":2,\"c\":3}", "a", "{\"b\":2,\"c\":3", true);
	check("{\"a\":1,\"b\":2,\"c\":3}", "b", "{\"a\":1,\"c\":3", true);
	check("{\"a\":1,\"b\":2,\"c\":3}", "c", "{\"a\":1,\"b\":2", true);
	check("{\"a\":1,\"b\":2,\"c\":3}", "a,b", "{\"c\":3", true);
	check("{\"a\":1,\"b\":2,\"c\":3}", "a,c", "{\"b\":2", true);
	check("{\"a\":1,\"b\":2,\"c\":3}", "b,c", "{\"a\":1", true);
	check("{\"a\":1,\"b\":2,\"c\":3}", "a,b,c", "{", false);
	check("{\"a\":1, \"b\":2, \"c\":3 }", "a", "{\"b\":2, \"c\":3 ", true);
	check("{\"a\":1, \"b\":2, \"c\":3 }", "b", "{\"a\":1, \"c\":3 ", true);
	check("{\"a\":1, \"b\":2, \"c\":3 }", "c", "{\"a\":1, \"b\":2 ", true);
}

TEST("a name goes as often as it is there, and with escapes decoded")
{
	check("{\"a\":1,\"b\":2,\"a\":3}", "a", "{\"b\":2", true);
	check("{\"\\u0061\":1,\"b\":2}", "a", "{\"b\":2", true);
	check("{\"\":1,\"b\":2}", ",b", "{", false);
	check("{\"aa\":1,\"A\":2}", "a", "{\"aa\":1,\"A\":2", true);
}

TEST("members inside of members are left alone")
{
	check("{\"x\":{\"a\":1},\"y\":[{\"a\":2}],\"a\":{\"x\":1}}", "a",
		"{\"x\":{\"a\":1},\"y\":[{\"a\":2}]", true);
	check("{\"x\":\",\\\"a\\\":1}\",\"a\":1}", "a", "{\"x\":\",\\\"a\\\":1}\"", true);
}

TEST("what is kept stays byte for byte")
{
	check("{\"n\":12345678901234567890,\"gone\":0,\"e\":1e400,\"d\":1.10,\"z\":-0,\"s\":\"\\u00e9\\/\"}",
		"gone",
		"{\"n\":12345678901234567890,\"e\":1e400,\"d\":1.10,\"z\":-0,\"s\":\"\\u00e9\\/\"",
		true);
}

TEST("the ceiling is reported wherever it is met")
{
	struct span object = SPAN("{\"a\":1,\"b\":2}"), names[] = { SPAN("x") };
	for (size_t max = 1; max < object.n; max++) {
		struct buf out;
		bool has_members;
		buf_init(&out, max);
		CHECK_INT(splice_open(&out, object, names, 1, &has_members), max == object.n - 1);
		buf_release(&out);
	}
}
