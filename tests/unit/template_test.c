/* SPDX-License-Identifier: MIT */
#include "work/template.h"

#include "base/rng.h"
#include "json/scan.h"
#include "json/text.h"
#include "t.h"

#include <stdio.h>
#include <stdlib.h>

/* A literal, which may hold NULs, as a span. */
#define S(literal)                           \
	{                                    \
		literal, sizeof(literal) - 1 \
	}

static struct span scanned(struct span text)
{
	struct span value = { 0 };
	struct json_fault fault;
	if (!CHECK(json_scan(text, &value, &fault)))
		printf("#   %.*s: %s at %zu\n", (int)text.n, text.at, fault.reason, fault.offset);
	return value;
}

/* True if the bytes are the inside of a JSON string. */
static bool is_escaped(struct span bytes)
{
	struct buf string;
	struct span value;
	struct json_fault fault;
	buf_init(&string, bytes.n + 2);
	buf_put_char(&string, '"');
	buf_put_span(&string, bytes);
	buf_put_char(&string, '"');
	bool ok = json_scan(buf_span(&string), &value, &fault) &&
		json_kind(value) == JSON_KIND_STRING;
	buf_release(&string);
	return ok;
}

/* What a template without steps is filled from. */
static struct template_scope of_record(struct span record)
{
	return (struct template_scope){ .record = record };
}

struct render_case {
	const char *text, *record;
	const char *want; /* escaped; with a ! before it the fault's message */
};

static void check_render(enum template_source source, const struct render_case *c)
{
	struct template t;
	struct template_fault fault = { "" };
	struct err err = { 0 };
	struct buf out;
	buf_init(&out, 100000);
	bool wants_fault = *c->want == '!';
	bool ok = CHECK(template_parse(&t, span_of(c->text), source, &err));
	if (ok) {
		struct template_scope scope = of_record(scanned(span_of(c->record)));
		ok = CHECK_INT(template_render(&t, &scope, &out, &fault), !wants_fault);
		ok &= wants_fault ? CHECK_STR(fault.msg, c->want + 1)
				  : CHECK(span_is(buf_span(&out), c->want));
		ok &= CHECK(is_escaped(buf_span(&out)));
	}
	if (!ok)
		printf("#   '%s' with %s: %s%s'%.*s'\n", c->text, c->record, err.msg, fault.msg,
			(int)out.len, buf_span(&out).at);
	template_release(&t);
	buf_release(&out);
}

static void check_renders(enum template_source source, const struct render_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check_render(source, &cases[i]);
}

#define CHECK_RENDERS(source, cases) check_renders(source, cases, sizeof(cases) / sizeof *(cases))

TEST("holes are filled with the record's fields")
{
	static const struct render_case cases[] = {
		{ "", "{}", "" },
		{ "no holes", "{}", "no holes" },
		{ "Say {{text}}!", "{\"text\":\"hi\"}", "Say hi!" },
		{ "{{text}}", "{\"text\":\"\"}", "" },
		{ "{{a}}{{b}}{{a}}", "{\"a\":\"1\",\"b\":\"2\"}", "121" },
		{ "{{ .a.b[0].c }}", "{\"a\":{\"b\":[{\"c\":\"x\"}]}}", "x" },
		{ "{{\n\ta\t}}", "{\"a\":1}", "1" },
		{ "{{[\"odd key\"]}}", "{\"odd key\":1}", "1" },
		{ "{{[\"}}\"]}} }}", "{\"}}\":1}", "1 }}" },
		{ "{{[\"a|b?\"]}}", "{\"a|b?\":1}", "1" },
		{ "{{[\"q\\\"}}\"]}}", "{\"q\\\"}}\":1}", "1" },
		{ "{{a[-1]}}", "{\"a\":[1,2]}", "2" },
		{ "{{a}}", "{\"a\":1,\"a\":\"last\"}", "last" },
		{ "{\"x\":{{a}}}", "{\"a\":1}", "{\\\"x\\\":1}" },
		{ "{ {a} } { { }} {", "{}", "{ {a} } { { }} {" },
	};
	CHECK_RENDERS(TEMPLATE_FROM_ARGUMENT, cases);
	CHECK_RENDERS(TEMPLATE_FROM_FILE, cases);
}

TEST("values other than strings go in as their original bytes")
{
	static const struct render_case cases[] = {
		{ "{{a}}", "{\"a\":12345678901234567890}", "12345678901234567890" },
		{ "{{a}}", "{\"a\":1e400}", "1e400" },
		{ "{{a}}", "{\"a\":1.10}", "1.10" },
		{ "{{a}}", "{\"a\":-0}", "-0" },
		{ "{{a}}{{b}}{{c}}", "{\"a\":true,\"b\":false,\"c\":null}", "truefalsenull" },
		{ "{{a}}", "{\"a\":[1, \"x\",{ }]}", "[1, \\\"x\\\",{ }]" },
		{ "{{a}}", "{\"a\":{\"k\":\"a\\n\"}}", "{\\\"k\\\":\\\"a\\\\n\\\"}" },
		{ "{{a}}", "{\"a\":[\n\t1]}", "[\\n\\t1]" },
	};
	CHECK_RENDERS(TEMPLATE_FROM_ARGUMENT, cases);
}

TEST("a record may be any value, and {{.}} is all of it")
{
	static const struct render_case cases[] = {
		{ "{{.}}", "\"a\\nb\"", "a\\nb" },
		{ "{{ . }}", "-1.0", "-1.0" },
		{ "{{.}}", "null", "null" },
		{ "{{.}}", " {\"a\": \"b\"} ", "{\\\"a\\\": \\\"b\\\"}" },
		{ "{{.|json}}", "\"a\\nb\"", "\\\"a\\\\nb\\\"" },
		{ "{{[1]}}", "[1,\"two\"]", "two" },
		{ "{{name}}", "\"text\"",
			"!no field \"name\"" LOG_HELP
			"the record is a string, not an object ({{.}} is all of it)" },
		{ "{{name}}", "[1]",
			"!no field \"name\"" LOG_HELP
			"the record is an array, not an object (jq -c '.[]' makes a record of each item, {{.}} is all of it)" },
		{ "{{name}}", "5",
			"!no field \"name\"" LOG_HELP
			"the record is a number, not an object ({{.}} is all of it)" },
		{ "{{name}}", "null",
			"!no field \"name\"" LOG_HELP
			"the record is null, not an object ({{.}} is all of it)" },
		{ "{{name}}", "true",
			"!no field \"name\"" LOG_HELP
			"the record is a boolean, not an object ({{.}} is all of it)" },
		{ "{{[0]}}", "{\"a\":1}",
			"!no item \"[0]\"" LOG_HELP "the record is an object, not an array" },
		{ "{{[2]}}", "[1]", "!no item \"[2]\"" LOG_HELP "the record has 1 item" },
		{ "x{{name?}}y", "\"text\"", "xy" },
	};
	CHECK_RENDERS(TEMPLATE_FROM_ARGUMENT, cases);
}

TEST("a missing field is nothing with a question mark, else a fault; null is a value")
{
	static const struct render_case cases[] = {
		{ "<{{a?}}>", "{}", "<>" },
		{ "<{{a?}}>", "{\"a\":null}", "<null>" },
		{ "<{{a?}}>", "{\"a\":\"x\"}", "<x>" },
		{ "<{{ a.b? }}>", "{\"a\":1}", "<>" },
		{ "<{{a ?}}>", "{}", "<>" },
		{ "<{{a?|json}}>", "{}", "<>" },
		{ "<{{a?|json}}>", "{\"a\":\"x\"}", "<\\\"x\\\">" },
		{ "<{{a? | trim | json}}>", "{}", "<>" },
		{ "<{{a[3]?}}>", "{\"a\":[1]}", "<>" },
		{ "<{{[\"a?\"]}}>", "{\"a?\":1}", "<1>" },
		{ "<{{[\"a?\"]?}}>", "{}", "<>" },
	};
	CHECK_RENDERS(TEMPLATE_FROM_ARGUMENT, cases);
}

TEST("the message for a missing field names what is there instead")
{
	static const struct render_case cases[] = {
		{ "{{titel}}", "{\"id\":1,\"title\":\"x\"}",
			"!no field \"titel\"" LOG_HELP
			"the record has \"title\"; write {{title}}, or {{titel?}} if it may be missing" },
		{ "{{.titel|json}}", "{\"id\":1,\"title\":\"x\"}",
			"!no field \"titel\"" LOG_HELP
			"the record has \"title\"; write {{title}}, or {{titel?}} if it may be missing" },
		{ "{{author.nmae}}", "{\"author\":{\"name\":1}}",
			"!no field \"author.nmae\"" LOG_HELP "\"author\" has \"name\"" },
		{ "{{autor.name}}", "{\"author\":{\"name\":1}}",
			"!no field \"autor\"" LOG_HELP "the record has \"author\"" },
		{ "{{content}}", "{\"id\":1,\"text\":2}",
			"!no field \"content\"" LOG_HELP "the record has \"id\", \"text\"" },
		{ "{{content}}", "{\"a\":1,\"b\":2,\"c\":3}",
			"!no field \"content\"" LOG_HELP "the record has \"a\", \"b\", \"c\"" },
		{ "{{content}}", "{\"a\":1,\"b\":2,\"c\":3,\"d\":4}",
			"!no field \"content\"" LOG_HELP
			"the record has \"a\", \"b\", \"c\", ..." },
		{ "{{x}}", "{}", "!no field \"x\"" LOG_HELP "the record has none" },
		{ "{{a.x}}", "{\"a\":{}}", "!no field \"a.x\"" LOG_HELP "\"a\" has none" },
		{ "{{a.x}}", "{\"a\":\"s\"}",
			"!no field \"a.x\"" LOG_HELP "\"a\" is a string, not an object" },
		{ "{{a.x.y}}", "{\"a\":[]}",
			"!no field \"a.x\"" LOG_HELP "\"a\" is an array, not an object" },
		{ "{{a[2]}}", "{\"a\":[1,2]}", "!no item \"a[2]\"" LOG_HELP "\"a\" has 2 items" },
		{ "{{a[0].b}}", "{\"a\":[]}", "!no item \"a[0]\"" LOG_HELP "\"a\" has 0 items" },
		{ "{{a[0]}}", "{\"a\":{}}",
			"!no item \"a[0]\"" LOG_HELP "\"a\" is an object, not an array" },
		{ "{{k\xc3\xa9y}}", "{\"k\\u00e9yz\":1}",
			"!no field \"k\xc3\xa9y\"" LOG_HELP "the record has \"k\\u00e9yz\"" },
		{ "{{x}}", "{\"a\\u0007\\\"\":1}",
			"!no field \"x\"" LOG_HELP "the record has \"a\\u0007\\\"\"" },
	};
	CHECK_RENDERS(TEMPLATE_FROM_ARGUMENT, cases);
}

TEST("a message stays whole and valid UTF-8 with the longest names")
{
	static const char e100[] =
		"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
		"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
		"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9";
	struct buf text, record, out;
	buf_init(&text, 1000);
	buf_init(&record, 1000);
	buf_init(&out, 1000);
	buf_put_str(&text, "{{x");
	buf_put_str(&text, e100);
	buf_put_str(&text, ".y");
	buf_put_str(&text, e100);
	buf_put_str(&text, "}}");
	buf_put_str(&record, "{\"x");
	buf_put_str(&record, e100);
	buf_put_str(&record, "\":{");
	for (char c = 'a'; c < 'f'; c++) {
		buf_put_char(&record, '"');
		buf_put_char(&record, c);
		buf_put_str(&record, e100);
		buf_put_str(&record, c < 'e' ? "\":0," : "\":0}}");
	}
	struct template t;
	struct template_fault fault;
	struct err err;
	CHECK(template_parse(&t, buf_span(&text), TEMPLATE_FROM_FILE, &err));
	struct template_scope scope = of_record(scanned(buf_span(&record)));
	CHECK(!template_render(&t, &scope, &out, &fault));
	CHECK(utf8_is_valid(span_of(fault.msg)));
	CHECK(strlen(fault.msg) > 200 && strlen(fault.msg) < sizeof fault.msg - 1);
	CHECK(strstr(fault.msg, "...\", ..."));
	template_release(&t);
	buf_release(&text);
	buf_release(&record);
	buf_release(&out);
}

TEST("json gives the JSON text of a value, a string's with its quotes and escapes")
{
	static const struct render_case cases[] = {
		{ "{{a|json}}", "{\"a\":\"x\"}", "\\\"x\\\"" },
		{ "{{a|json}}", "{\"a\":\"\\u00e9\\/\"}", "\\\"\\\\u00e9\\\\/\\\"" },
		{ "{{a|json}}", "{\"a\":[1, 2]}", "[1, 2]" },
		{ "{{a|json}}", "{\"a\":1e400}", "1e400" },
		{ "{{a|json}}", "{\"a\":null}", "null" },
		{ "{{ a | json }}", "{\"a\":\"\"}", "\\\"\\\"" },
		{ "{{a|json|json}}", "{\"a\":\"x\"}", "\\\"\\\\\\\"x\\\\\\\"\\\"" },
		{ "{{a|trim|json}}", "{\"a\":\" \\\"x\\\" \"}", "\\\"\\\\\\\"x\\\\\\\"\\\"" },
		{ "{{a|trim|json}}", "{\"a\":[ 1 ]}", "\\\"[ 1 ]\\\"" },
	};
	CHECK_RENDERS(TEMPLATE_FROM_ARGUMENT, cases);
}

TEST("trim drops the white space at both ends of the plain text")
{
	static const struct render_case cases[] = {
		{ "<{{a|trim}}>", "{\"a\":\"  x y \\n\"}", "<x y>" },
		{ "<{{a|trim}}>", "{\"a\":\"\\u0020\\u0009\\u000b\\f\\rx\\t\"}", "<x>" },
		{ "<{{a|trim}}>", "{\"a\":\"   \"}", "<>" },
		{ "<{{a|trim}}>", "{\"a\":\"\"}", "<>" },
		{ "<{{a|trim}}>", "{\"a\":\"x\\ny\"}", "<x\\ny>" },
		{ "<{{a|trim}}>", "{\"a\":5}", "<5>" },
		{ "<{{a|trim|trim}}>", "{\"a\":\" \\\" \"}", "<\\\">" },
	};
	CHECK_RENDERS(TEMPLATE_FROM_ARGUMENT, cases);
}

TEST("truncate keeps the first code points of the plain text")
{
	static const struct render_case cases[] = {
		{ "{{a|truncate:3}}", "{\"a\":\"abcdef\"}", "abc" },
		{ "{{a|truncate:6}}", "{\"a\":\"abcdef\"}", "abcdef" },
		{ "{{a|truncate:2000}}", "{\"a\":\"abcdef\"}", "abcdef" },
		{ "{{a|truncate:0}}", "{\"a\":\"abcdef\"}", "" },
		{ "{{a| truncate : 2 }}", "{\"a\":\"abc\"}", "ab" },
		{ "{{a|truncate:2}}", "{\"a\":\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"}",
			"\xc3\xa9\xe2\x82\xac" },
		{ "{{a|truncate:2}}", "{\"a\":\"\\ud83d\\ude00\\u00e9x\"}",
			"\xf0\x9f\x98\x80\xc3\xa9" },
		{ "{{a|truncate:2}}", "{\"a\":\"\\n\\\"\\\\\"}", "\\n\\\"" },
		{ "{{a|truncate:1}}", "{\"a\":\"\\ud83d\"}", "\xef\xbf\xbd" },
		{ "{{a|truncate:3}}", "{\"a\":[1,2,3]}", "[1," },
		{ "{{a|truncate:2}}", "{\"a\":12345}", "12" },
		{ "{{a|trim|truncate:3|trim}}", "{\"a\":\"  ab cd\"}", "ab" },
		{ "{{a|truncate:3|json}}", "{\"a\":\"a\\nbc\"}", "\\\"a\\\\nb\\\"" },
		{ "{{a|json|truncate:3}}", "{\"a\":\"abc\"}", "\\\"ab" },
		{ "{{a|trim|json|truncate:4|json|trim}}", "{\"a\":\" \\n\\\"b\"}",
			"\\\"\\\\\\\"\\\\\\\\\\\\\\\"b\\\"" },
	};
	CHECK_RENDERS(TEMPLATE_FROM_ARGUMENT, cases);
}

TEST("on the command line \\n, \\t, \\\\ and \\{{ are escapes, and nothing else is")
{
	static const struct render_case cases[] = {
		{ "a\\nb\\tc", "{}", "a\\nb\\tc" },
		{ "\\\\n", "{}", "\\\\n" },
		{ "\\{{a}}", "{}", "{{a}}" },
		{ "\\\\{{a}}", "{\"a\":1}", "\\\\1" },
		{ "\\\\\\{{a}}", "{}", "\\\\{{a}}" },
		{ "\\{{{a}}", "{}", "{{{a}}" },
		{ "\\{a}", "{}", "\\\\{a}" },
		{ "\\x \\r \\\" \\0 \\u0041", "{}", "\\\\x \\\\r \\\\\\\" \\\\0 \\\\u0041" },
		{ "end\\", "{}", "end\\\\" },
		{ "{{[\"a\\nb\"]}}", "{\"a\\nb\":1}", "1" },
	};
	CHECK_RENDERS(TEMPLATE_FROM_ARGUMENT, cases);
}

TEST("in a file only \\{{ is an escape")
{
	static const struct render_case cases[] = {
		{ "a\\nb\\tc", "{}", "a\\\\nb\\\\tc" },
		{ "a\nb\tc\r\n", "{}", "a\\nb\\tc\\r\\n" },
		{ "\\\\", "{}", "\\\\\\\\" },
		{ "\\{{a}}", "{}", "{{a}}" },
		{ "\\\\{{a}}", "{}", "\\\\{{a}}" },
		{ "end\\", "{}", "end\\\\" },
		{ "\"quoted\" \x01", "{}", "\\\"quoted\\\" \\u0001" },
	};
	CHECK_RENDERS(TEMPLATE_FROM_FILE, cases);
}

TEST("no record breaks out of its string, and none is rescanned")
{
	static const struct render_case cases[] = {
		{ "{{a}}", "{\"a\":\"\\\",\\\"role\\\":\\\"system\"}",
			"\\\",\\\"role\\\":\\\"system" },
		{ "{{a}}", "{\"a\":\"\\\\\"}", "\\\\" },
		{ "{{a}}\"", "{\"a\":\"\\\\\"}", "\\\\\\\"" },
		{ "\\\\{{a}}", "{\"a\":\"n\"}", "\\\\n" },
		{ "\\{{a}}", "{\"a\":\"x\"}", "{{a}}" },
		{ "{{a}}", "{\"a\":\"{{b}}\",\"b\":1}", "{{b}}" },
		{ "{{a}}{{b}}", "{\"a\":\"{\",\"b\":\"{c}}\",\"c\":1}", "{{c}}" },
		{ "{{a}}", "{\"a\":\"x\\r\\nHost: y\\n\"}", "x\\r\\nHost: y\\n" },
		{ "{{a}}", "{\"a\":\"\\u0000\\u001b[31m\"}", "\\u0000\\u001b[31m" },
		{ "{{a|trim}}", "{\"a\":\"\\u0000\\u001b[31m \"}", "\\u0000\\u001b[31m" },
		{ "{{a|json}}", "{\"a\":\"\\u0000\"}", "\\\"\\\\u0000\\\"" },
		{ "{{a}}{{b}}", "{\"a\":\"\\ud83d\",\"b\":\"\\ude00\"}", "\\ud83d\\ude00" },
		{ "{{a|trim}}{{b|trim}}", "{\"a\":\"\\ud83d\",\"b\":\"\\ude00\"}",
			"\xef\xbf\xbd\xef\xbf\xbd" },
		{ "{{a}}\\\\u0041", "{\"a\":\"\\ud83d\"}", "\\ud83d\\\\u0041" },
		{ "{{a}}", "{\"a\":{\"\\\"\":\"\\\\\\\"\"}}",
			"{\\\"\\\\\\\"\\\":\\\"\\\\\\\\\\\\\\\"\\\"}" },
	};
	CHECK_RENDERS(TEMPLATE_FROM_ARGUMENT, cases);
}

TEST("a bad template is refused, with the place and what would be right")
{
#define LOGIC LOG_HELP "templates have no logic; jq can make a field of what a prompt needs"
#define PATHS "no path between {{ and }}" LOG_HELP "the whole record is {{.}}"
#define UNCLOSED "{{ without its }}" LOG_HELP "the two braces themselves are written \\{{"
#define FILTERS LOG_HELP "the filters are json, trim and truncate:N"
#define TRUNCATE "this filter is written truncate:N, N a whole number"
	static const struct {
		struct span text;
		const char *message;
	} cases[] = {
		{ S("{{a"), "column 1: " UNCLOSED },
		{ S("abc {{a} }"), "column 5: " UNCLOSED },
		{ S("{{a}} {{"), "column 7: " UNCLOSED },
		{ S("{{[\"a}}"), "column 1: " UNCLOSED },
		{ S("\xc3\xa9\xe2\x82\xac {{"), "column 4: " UNCLOSED },
		{ S("one\ntwo {{"), "line 2, column 5: " UNCLOSED },
		{ S("\n\n{{"), "line 3, column 1: " UNCLOSED },
		{ S("{{}}"), "column 3: " PATHS },
		{ S("x {{  }}"), "column 5: " PATHS },
		{ S("{{?}}"), "column 3: " PATHS },
		{ S("{{|json}}"), "column 3: " PATHS },
		{ S("ab{{a..b}}"), "column 5: bad path a..b: expected a field name at '.b'" },
		{ S("{{{a}}}"),
			"column 3: bad path {a: expected a field name at '{a'" LOG_HELP
			"two braces are enough: {{text}}" },
		{ S("{{#a}}"), "column 3: bad path #a: expected a field name at '#a'" LOGIC },
		{ S("{{ /a }}"), "column 4: bad path /a: expected a field name at '/a'" LOGIC },
		{ S("{{\"a\"}}"),
			"column 3: bad path \"a\": expected a field name at '\"a\"'" LOG_HELP
			"a field's name has no quotes: {{text}}; an odd one is written {{[\"odd name\"]}}" },
		{ S("{{first name}}"),
			"column 3: bad path first name: expected '.' or '[' (odd names are "
			"written [\"like this\"]) at ' name'" },
		{ S("{{a|jsn}}"), "column 5: unknown filter 'jsn'" FILTERS },
		{ S("{{a | json?}}"), "column 7: unknown filter 'json?'" FILTERS },
		{ S("{{a|}}"), "column 5: unknown filter ''" FILTERS },
		{ S("{{a|json|}}"), "column 10: unknown filter ''" FILTERS },
		{ S("{{a||json}}"), "column 5: unknown filter ''" FILTERS },
		{ S("{{a|TRIM}}"), "column 5: unknown filter 'TRIM'" FILTERS },
		{ S("{{a|truncat:5}}"), "column 5: unknown filter 'truncat'" FILTERS },
		{ S("{{a|\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
		    "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9}}"),
			"column 5: unknown filter '\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
			"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9'" FILTERS },
		{ S("{{a|json:1}}"), "column 5: this filter is written json" },
		{ S("{{a|trim:}}"), "column 5: this filter is written trim" },
		{ S("{{a|truncate}}"), "column 5: " TRUNCATE },
		{ S("{{a|truncate:}}"), "column 5: " TRUNCATE },
		{ S("{{a|truncate:x}}"), "column 5: " TRUNCATE },
		{ S("{{a|truncate:-1}}"), "column 5: " TRUNCATE },
		{ S("{{a|truncate:1.5}}"), "column 5: " TRUNCATE },
		{ S("{{a|truncate:99999999999999999999}}"), "column 5: " TRUNCATE },
		{ S("abc\xff"), "column 4: invalid UTF-8" },
		{ S("{{a}} \xed\xa0\x80"), "column 7: invalid UTF-8" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct template t;
		struct err err = { 0 };
		if (!CHECK(!template_parse(&t, cases[i].text, TEMPLATE_FROM_ARGUMENT, &err)))
			printf("#   accepted: %.*s\n", (int)cases[i].text.n, cases[i].text.at);
		CHECK_INT(err.kind, ERR_TEMPLATE);
		CHECK_STR(err.msg, cases[i].message);
		CHECK(!t.parts && t.parts_n == 0);
		template_release(&t);
	}
}

TEST("a template may hold NUL, and a missing or empty one renders nothing")
{
	struct template t;
	struct template_fault fault;
	struct err err = { 0 };
	struct template_scope scope = of_record(scanned(SPAN("{}")));
	struct buf out;
	buf_init(&out, 100);
	CHECK(template_parse(&t, SPAN("a\0b"), TEMPLATE_FROM_FILE, &err));
	CHECK(template_render(&t, &scope, &out, &fault));
	CHECK(span_is(buf_span(&out), "a\\u0000b"));
	template_release(&t);
	buf_clear(&out);
	CHECK(template_parse(&t, (struct span){ 0 }, TEMPLATE_FROM_FILE, &err));
	CHECK(template_render(&t, &scope, &out, &fault));
	CHECK_INT(out.len, 0);
	template_release(&t);
	buf_release(&out);
}

TEST("the holes of a template are its paths, in order")
{
	struct template t;
	struct err err;
	CHECK(template_parse(
		&t, SPAN("{{a}} x {{b.c?|json}}{{[\"d e\"]}}{{.}}"), TEMPLATE_FROM_FILE, &err));
	CHECK_INT(template_holes_n(&t), 4);
	CHECK_STR(template_hole(&t, 0)->text, "a");
	CHECK_STR(template_hole(&t, 1)->text, "b.c");
	CHECK_STR(template_hole(&t, 1)->parts[0].name, "b");
	CHECK_STR(template_hole(&t, 2)->parts[0].name, "d e");
	CHECK_INT(template_hole(&t, 3)->parts_n, 0);
	template_release(&t);
	CHECK(template_parse(&t, SPAN("none"), TEMPLATE_FROM_FILE, &err));
	CHECK_INT(template_holes_n(&t), 0);
	template_release(&t);
}

TEST("a text above the ceiling is a fault that names the ceiling")
{
	static const char *const texts[] = { "12345678", "x{{a}}x", "x{{b}}x", "{{a|trim}}xx",
		"{{a|trim|json}}" };
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct template t;
		struct template_fault fault = { "" };
		struct err err;
		struct template_scope scope =
			of_record(scanned(SPAN("{\"a\":\"123456\",\"b\":[\"\\n\"]}")));
		for (size_t max = 1; max <= 12; max++) {
			struct buf out;
			buf_init(&out, max);
			CHECK(template_parse(&t, span_of(texts[i]), TEMPLATE_FROM_FILE, &err));
			bool ok = template_render(&t, &scope, &out, &fault);
			CHECK_INT(ok, max >= (i == 2 ? 11 : i == 4 ? 10 : 8));
			char want[64];
			snprintf(want, sizeof want, "the text is longer than %zu bytes", max);
			CHECK(ok || strcmp(fault.msg, want) == 0);
			template_release(&t);
			buf_release(&out);
		}
	}
}

TEST("what truncate leaves may come from a text above the ceiling")
{
	struct template t;
	struct template_fault fault;
	struct err err;
	struct buf out;
	buf_init(&out, 2);
	CHECK(template_parse(&t, SPAN("{{a|truncate:2}}"), TEMPLATE_FROM_FILE, &err));
	struct template_scope scope = of_record(scanned(SPAN("{\"a\":\"\\u0041bcdefgh\"}")));
	CHECK(template_render(&t, &scope, &out, &fault));
	CHECK(span_is(buf_span(&out), "Ab"));
	template_release(&t);
	buf_release(&out);
}

TEST("without filters the rendered text stands for the plain texts, put together")
{
	static const char *const pieces[] = { "\\n", "\\\"", "\\\\", "a", "\\u0000", "\xc3\xa9",
		"{{b}}", "\\ud83d\\ude00" };
	struct template t;
	struct template_fault fault;
	struct err err;
	struct rng rng;
	struct buf record, out, plain, want;
	buf_init(&record, 1000);
	buf_init(&out, 1000);
	buf_init(&plain, 1000);
	buf_init(&want, 1000);
	rng_init(&rng, 11);
	CHECK(template_parse(&t, SPAN("<{{a}}\\\"{{a}}"), TEMPLATE_FROM_FILE, &err));
	for (int round = 0; round < 1000; round++) {
		buf_clear(&record);
		buf_clear(&out);
		buf_clear(&plain);
		buf_clear(&want);
		buf_put_str(&record, "{\"a\":\"");
		for (int64_t n = rng_upto(&rng, 8); n > 0; n--)
			buf_put_str(&record, pieces[rng_upto(&rng, 7)]);
		buf_put_str(&record, "\"}");
		struct span value = scanned(buf_span(&record));
		struct span a = json_inside(json_member(value, SPAN("a")));
		struct template_scope scope = of_record(value);
		CHECK(template_render(&t, &scope, &out, &fault));
		CHECK(is_escaped(buf_span(&out)));
		CHECK(json_put_plain(&plain, buf_span(&out)));
		buf_put_str(&want, "<");
		json_put_plain(&want, a);
		buf_put_str(&want, "\\\"");
		json_put_plain(&want, a);
		CHECK(span_equals(buf_span(&plain), buf_span(&want)));
	}
	template_release(&t);
	buf_release(&record);
	buf_release(&out);
	buf_release(&plain);
	buf_release(&want);
}

struct bound_case {
	const char *text;
	const char *value; /* of the step `draft`; NULL = it has none */
	const char *record;
	const char *want; /* as in a render_case */
};

/* The step `draft` has the second place of two. */
static void check_bound(bool is_list, const struct bound_case *c)
{
	struct template t;
	struct template_fault fault = { "" };
	struct err err = { 0 };
	struct span values[] = { scanned(SPAN("\"wrong\"")),
		c->value ? scanned(span_of(c->value)) : (struct span){ 0 } };
	struct template_scope scope = { scanned(span_of(c->record)), values };
	struct buf out;
	bool wants_fault = *c->want == '!';
	buf_init(&out, 100000);
	CHECK(template_parse(&t, span_of(c->text), TEMPLATE_FROM_ARGUMENT, &err));
	template_bind(&t, SPAN("draft"), 1, is_list);
	bool ok = CHECK_INT(template_render(&t, &scope, &out, &fault), !wants_fault);
	ok &= wants_fault ? CHECK_STR(fault.msg, c->want + 1)
			  : CHECK(span_is(buf_span(&out), c->want));
	ok &= CHECK(is_escaped(buf_span(&out)));
	if (!ok)
		printf("#   '%s' with %s: %s'%.*s'\n", c->text, c->value ? c->value : "none",
			fault.msg, (int)out.len, buf_span(&out).at);
	template_release(&t);
	buf_release(&out);
}

#define CHECK_BOUND(is_list, cases)                                  \
	for (size_t i = 0; i < sizeof(cases) / sizeof *(cases); i++) \
	check_bound(is_list, &(cases)[i])

TEST("a bound hole is filled from the step's value, with the rest of its path")
{
	static const struct bound_case cases[] = {
		{ "<{{draft}}>", "\"a\\nb\"", "{\"draft\":\"mine\"}", "<a\\nb>" },
		{ "{{ .draft }}", "1.10", "{}", "1.10" },
		{ "{{[\"draft\"]}}", "\"x\"", "{}", "x" },
		{ "{{draft}}", "{\"a\": \"b\"}", "{}", "{\\\"a\\\": \\\"b\\\"}" },
		{ "{{draft.title}}", "{\"title\":\"x\"}", "{\"draft\":{\"title\":\"mine\"}}", "x" },
		{ "{{draft.a[1].b}}", "{\"a\":[0,{\"b\":\"x\"}]}", "{}", "x" },
		{ "{{draft[0]}}", "[\"x\",\"y\"]", "{}", "x" },
		{ "{{draft}}", "[\"x\", null]", "{}", "[\\\"x\\\", null]" },
		{ "{{draft[1]}}", "[\"x\",null]", "{}", "null" },
		{ "{{draft}}", "null", "{}", "null" },
		{ "<{{draft.x?}}>", "{}", "{\"draft\":{\"x\":1}}", "<>" },
		{ "{{draft|trim|truncate:2}}", "\"  abc\"", "{}", "ab" },
		{ "{{draft|json}}", "\"x\"", "{}", "\\\"x\\\"" },
	};
	CHECK_BOUND(false, cases);
}

TEST("holes that do not begin with the step's name are the record's")
{
	static const struct bound_case cases[] = {
		{ "{{text}} {{draft}}", "\"x\"", "{\"text\":\"t\"}", "t x" },
		{ "{{a.draft}}", "\"x\"", "{\"a\":{\"draft\":\"mine\"}}", "mine" },
		{ "{{drafts}}", "\"x\"", "{\"drafts\":1}", "1" },
		{ "{{.}}", "\"x\"", "\"all\"", "all" },
		{ "{{[0]}}", "\"x\"", "[7]", "7" },
	};
	CHECK_BOUND(false, cases);
	CHECK_BOUND(true, cases);
}

TEST("a list goes in numbered, in its places, without those that have no answer")
{
	static const struct bound_case cases[] = {
		{ "<{{draft}}>", "[\"first\",\"second\"]", "{}", "<1. first\\n2. second>" },
		{ "{{draft}}", "[\"a\",null,\"c\"]", "{}", "1. a\\n3. c" },
		{ "{{draft}}", "[null,\"b\"]", "{}", "2. b" },
		{ "{{draft}}", "[\"\\\"q\\\"\\nz\"]", "{}", "1. \\\"q\\\"\\nz" },
		{ "{{draft}}", "[{\"a\": \"b\"},1.10,true,[\"\\n\"]]", "{}",
			"1. {\\\"a\\\": \\\"b\\\"}\\n2. 1.10\\n3. true\\n4. [\\\"\\\\n\\\"]" },
		{ "<{{draft}}>", "[]", "{}", "<>" },
		{ "<{{draft?}}>", "[\"a\"]", "{}", "<1. a>" },
		{ "{{draft}}", "[1,1,1,1,1,1,1,1,1,1]", "{}",
			"1. 1\\n2. 1\\n3. 1\\n4. 1\\n5. 1\\n6. 1\\n7. 1\\n8. 1\\n9. 1\\n10. 1" },
	};
	CHECK_BOUND(true, cases);
}

TEST("filters of a list work on the numbered text, but json on the list itself")
{
	static const struct bound_case cases[] = {
		{ "{{draft|json}}", "[\"a\", null]", "{}", "[\\\"a\\\", null]" },
		{ "{{draft|json|truncate:4}}", "[\"a\", null]", "{}", "[\\\"a\\\"" },
		{ "{{draft|trim}}", "[\"a \",\"b \\n\"]", "{}", "1. a \\n2. b" },
		{ "{{draft|truncate:9}}", "[\"a\\u00e9\",\"b\",\"c\"]", "{}",
			"1. a\xc3\xa9\\n2. " },
		{ "{{draft|trim|json}}", "[\"a\",\"\\\"b\"]", "{}",
			"\\\"1. a\\\\n2. \\\\\\\"b\\\"" },
		{ "{{draft|truncate:70}}", "[1,1,1,1,1,1,1,1,1,1,1]", "{}",
			"1. 1\\n2. 1\\n3. 1\\n4. 1\\n5. 1\\n6. 1\\n7. 1\\n8. 1\\n9. 1\\n10. 1\\n11. 1" },
		{ "{{draft|trim}}", "[[\"\\\"\\\\\\\\\"],{}]", "{}",
			"1. [\\\"\\\\\\\"\\\\\\\\\\\\\\\\\\\"]\\n2. {}" },
		{ "<{{draft|trim}}>", "[]", "{}", "<>" },
	};
	CHECK_BOUND(true, cases);
}

TEST("one item of a list is taken by its place, and one without an answer is missing")
{
	static const struct bound_case cases[] = {
		{ "{{draft[0]}}", "[\"a\\tb\",null]", "{}", "a\\tb" },
		{ "{{draft[-1]}}", "[null,\"z\"]", "{}", "z" },
		{ "{{draft[0]}}", "[[\"a\"]]", "{}", "[\\\"a\\\"]" },
		{ "{{draft[0].t}}", "[{\"t\":\"x\"}]", "{}", "x" },
		{ "{{draft[0]|json}}", "[\"a\"]", "{}", "\\\"a\\\"" },
		{ "{{draft[0].t}}", "[{\"t\":null}]", "{}", "null" },
		{ "{{draft[1]}}", "[\"a\",null]", "{}", "!\"draft[1]\" has no answer" },
		{ "{{draft[1]|json}}", "[\"a\",null]", "{}", "!\"draft[1]\" has no answer" },
		{ "{{.draft[-1].t}}", "[\"a\",null]", "{}", "!\"draft[-1]\" has no answer" },
		{ "<{{draft[1]?}}>", "[\"a\",null]", "{}", "<>" },
		{ "<{{draft[1].t?|json}}>", "[\"a\",null]", "{}", "<>" },
		{ "{{draft[2]}}", "[\"a\",null]", "{}",
			"!no item \"draft[2]\"" LOG_HELP
			"the value of step \"draft\" has 2 items" },
		{ "{{draft[0].t}}", "[\"a\"]", "{}",
			"!no field \"draft[0].t\"" LOG_HELP
			"\"draft[0]\" is a string, not an object" },
	};
	CHECK_BOUND(true, cases);
}

TEST("a step without a value is what the record brought, by the same rules")
{
	static const struct bound_case cases[] = {
		{ "{{draft}}", NULL, "{\"draft\":[\"a\",null,\"c\"]}", "1. a\\n3. c" },
		{ "{{draft|json}}", NULL, "{\"draft\":[\"a\"]}", "[\\\"a\\\"]" },
		{ "{{draft[0]}}", NULL, "{\"draft\":[\"a\"]}", "a" },
		{ "{{draft}}", NULL, "{\"draft\":\"plain\"}", "plain" },
		{ "{{draft|trim}}", NULL, "{\"draft\":\" plain\"}", "plain" },
		{ "{{draft}}", "\" plain\"", "{}", " plain" },
		{ "{{draft}}", "{\"a\":1}", "{}", "{\\\"a\\\":1}" },
		{ "{{draft.t.u}}", NULL, "{\"draft\":{\"t\":{\"u\":\"x\"}}}", "x" },
		{ "{{draft[0]}}", NULL, "{\"draft\":[null]}", "!\"draft[0]\" has no answer" },
		{ "{{draft[1]}}", NULL, "{\"draft\":[0]}",
			"!no item \"draft[1]\"" LOG_HELP "\"draft\" has 1 item" },
		{ "{{draft.titel}}", NULL, "{\"draft\":{\"title\":1}}",
			"!no field \"draft.titel\"" LOG_HELP "\"draft\" has \"title\"" },
		{ "{{draft[0]}}", NULL, "{\"a\":1}",
			"!no field \"draft\"" LOG_HELP "the record has \"a\"" },
		{ "<{{draft?}}{{draft[0]?}}>", NULL, "[]", "<>" },
	};
	CHECK_BOUND(true, cases);
	struct template t;
	struct template_fault fault;
	struct err err;
	struct template_scope scope = of_record(scanned(SPAN("{\"draft\":[\"a\"]}")));
	struct buf out;
	buf_init(&out, 100);
	CHECK(template_parse(&t, SPAN("{{draft}}"), TEMPLATE_FROM_FILE, &err));
	template_bind(&t, SPAN("draft"), 63, true);
	CHECK(template_render(&t, &scope, &out, &fault));
	CHECK(span_is(buf_span(&out), "1. a"));
	template_release(&t);
	buf_release(&out);
}

TEST("the message for what a step's value lacks names the step and what is there instead")
{
	static const struct bound_case cases[] = {
		{ "{{draft.titel}}", "{\"id\":1,\"title\":\"x\"}", "{\"titel\":1}",
			"!no field \"draft.titel\"" LOG_HELP
			"the value of step \"draft\" has \"title\"" },
		{ "{{.draft.x}}", "{\"id\":1,\"title\":\"x\"}", "{}",
			"!no field \"draft.x\"" LOG_HELP
			"the value of step \"draft\" has \"id\", \"title\"" },
		{ "{{draft.x}}", "\"text\"", "{}",
			"!no field \"draft.x\"" LOG_HELP
			"the value of step \"draft\" is a string, not an object" },
		{ "{{draft[1]}}", "[1]", "{}",
			"!no item \"draft[1]\"" LOG_HELP "the value of step \"draft\" has 1 item" },
		{ "{{draft.a.x}}", "{\"a\":{}}", "{}",
			"!no field \"draft.a.x\"" LOG_HELP "\"draft.a\" has none" },
	};
	CHECK_BOUND(false, cases);
}

TEST("binding counts the holes, and the last binding of a name holds")
{
	struct template t;
	struct template_fault fault;
	struct err err;
	struct span values[] = { scanned(SPAN("[\"x\"]")), scanned(SPAN("[\"y\"]")) };
	struct template_scope scope = { scanned(SPAN("{}")), values };
	struct buf out;
	buf_init(&out, 100);
	CHECK(template_parse(&t, SPAN("a{{a}}{{a[0]}}{{b?}}{{.}}a"), TEMPLATE_FROM_FILE, &err));
	CHECK_INT(template_bind(&t, SPAN("a"), 0, true), 2);
	CHECK_INT(template_bind(&t, SPAN("c"), 1, true), 0);
	CHECK(template_render(&t, &scope, &out, &fault));
	CHECK(span_is(buf_span(&out), "a1. xx{}a"));
	buf_clear(&out);
	CHECK_INT(template_bind(&t, SPAN("a"), 1, false), 2);
	CHECK(template_render(&t, &scope, &out, &fault));
	CHECK(span_is(buf_span(&out), "a[\\\"y\\\"]y{}a"));
	template_release(&t);
	buf_release(&out);
}

TEST("a field that the record lacks may be a slip of a step's name, which is then said")
{
	static const char *const steps[] = { "draft", "summary" };
	static const struct render_case cases[] = {
		{ "{{drfat}}", "{\"id\":1}",
			"no field \"drfat\"" LOG_HELP "there is a step \"draft\"" },
		{ "{{sumary.x}}", "{\"id\":1}",
			"no field \"sumary\"" LOG_HELP "there is a step \"summary\"" },
		{ "{{drift}}", "{\"drifts\":1}",
			"no field \"drift\"" LOG_HELP
			"the record has \"drifts\", and there is a step \"draft\"" },
		{ "{{drfat}}", "\"text\"",
			"no field \"drfat\"" LOG_HELP "there is a step \"draft\"" },
		{ "{{drfat.x}}", "{\"drfat\":{\"y\":1}}",
			"no field \"drfat.x\"" LOG_HELP "\"drfat\" has \"y\"" },
		{ "{{other}}", "{\"id\":1}",
			"no field \"other\"" LOG_HELP "the record has \"id\"" },
		{ "{{summary}}", "{\"id\":1}",
			"no field \"summary\"" LOG_HELP "the record has \"id\"" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct template t;
		struct template_fault fault = { "" };
		struct err err;
		struct template_scope scope = of_record(scanned(span_of(cases[i].record)));
		struct buf out;
		buf_init(&out, 100);
		CHECK(template_parse(&t, span_of(cases[i].text), TEMPLATE_FROM_FILE, &err));
		template_bind(&t, SPAN("summary"), 0, false);
		template_suggest(&t, steps, 2);
		CHECK(!template_render(&t, &scope, &out, &fault));
		CHECK_STR(fault.msg, cases[i].want);
		template_release(&t);
		buf_release(&out);
	}
}

TEST("a message about a step stays whole with the longest names")
{
	char name[61] = "", text[200], value[400];
	memset(name, 'n', sizeof name - 1);
	snprintf(text, sizeof text, "{{%s.%.59sx}}", name, name);
	snprintf(value, sizeof value, "{\"a%s\":0,\"b%s\":0,\"c%s\":0,\"d\":0}", name, name, name);
	struct template t;
	struct template_fault fault;
	struct err err;
	struct span values[] = { scanned(span_of(value)) };
	struct template_scope scope = { scanned(SPAN("{}")), values };
	struct buf out;
	buf_init(&out, 100);
	CHECK(template_parse(&t, span_of(text), TEMPLATE_FROM_FILE, &err));
	CHECK_INT(template_bind(&t, span_of(name), 0, false), 1);
	CHECK(!template_render(&t, &scope, &out, &fault));
	CHECK(strlen(fault.msg) > 250 && strlen(fault.msg) < sizeof fault.msg - 1);
	CHECK(strstr(fault.msg, "...\", ..."));
	template_release(&t);
	buf_release(&out);
}

TEST("what truncate leaves may come from a list above the ceiling")
{
	struct template t;
	struct template_fault fault;
	struct err err;
	struct span values[] = { scanned(SPAN("[1,1,1,1,1,1,1,1]")) };
	struct template_scope scope = { scanned(SPAN("{}")), values };
	struct buf out;
	buf_init(&out, 2);
	CHECK(template_parse(&t, SPAN("{{draft|truncate:2}}"), TEMPLATE_FROM_FILE, &err));
	template_bind(&t, SPAN("draft"), 0, true);
	CHECK(template_render(&t, &scope, &out, &fault));
	CHECK(span_is(buf_span(&out), "1."));
	template_release(&t);
	buf_release(&out);
}

TEST("a list above the ceiling is a fault that names the ceiling")
{
	static const char *const texts[] = { "{{draft}}", "{{draft|trim}}",
		"{{draft|truncate:20}}" };
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct template t;
		struct template_fault fault = { "" };
		struct err err;
		struct span values[] = { scanned(SPAN("[\"a\",null,\"\\n\"]")) };
		struct template_scope scope = { scanned(SPAN("{}")), values };
		CHECK(template_parse(&t, span_of(texts[i]), TEMPLATE_FROM_FILE, &err));
		template_bind(&t, SPAN("draft"), 0, true);
		for (size_t max = 1; max <= 13; max++) {
			struct buf out;
			buf_init(&out, max);
			size_t want_n = i == 1 ? 8 : 11; /* trim leaves "1. a\n3." */
			bool ok = template_render(&t, &scope, &out, &fault);
			CHECK_INT(ok, max >= want_n);
			char want[64];
			snprintf(want, sizeof want, "the text is longer than %zu bytes", max);
			CHECK(ok || strcmp(fault.msg, want) == 0);
			CHECK(!ok || out.len == want_n);
			buf_release(&out);
		}
		template_release(&t);
	}
}
