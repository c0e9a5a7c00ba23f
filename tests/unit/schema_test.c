/* SPDX-License-Identifier: MIT */
#include "json/schema.h"

#include "base/xalloc.h"
#include "json/compact.h"
#include "json/scan.h"
#include "json/text.h"
#include "t.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N(array) (sizeof(array) / sizeof *(array))

static struct span scanned(const char *text)
{
	struct span value = SPAN("null");
	struct json_fault fault;
	if (!CHECK(json_scan(span_of(text), &value, &fault)))
		printf("#   %s\n", text);
	return value;
}

/* A schema that must be good. */
static struct schema *compiled(const char *text)
{
	struct err err = { 0 };
	struct schema *s = schema_new(span_of(text), &err);
	if (!CHECK(s))
		printf("#   %s: %s\n", text, err.msg);
	return s;
}

/* One value against one schema: the whole message, or NULL where the value is good. */
struct verdict {
	const char *schema, *value, *message;
};

static void check_verdict(const struct verdict *v)
{
	struct schema *s = compiled(v->schema);
	struct schema_fault fault = { "" };
	bool ok = s && schema_check(s, scanned(v->value), &fault);
	bool good = CHECK_INT(ok, !v->message);
	if (v->message)
		good = CHECK_STR(fault.msg, v->message) && good;
	if (!good)
		printf("#   %s with %s\n", v->schema, v->value);
	schema_free(s);
}

static void check_verdicts(const struct verdict *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check_verdict(&v[i]);
}

/* True if the schema is refused with all these words, separated by '|', in the message. */
static void check_refused(const char *schema, const char *words)
{
	struct err err = { 0 };
	struct schema *s = schema_new(span_of(schema), &err);
	bool good = CHECK(!s) && CHECK_INT(err.kind, ERR_SCHEMA);
	for (const char *at = words; good && *at;) {
		size_t n = strcspn(at, "|");
		good = CHECK(memmem(err.msg, strlen(err.msg), at, n));
		at += n + (at[n] == '|');
	}
	if (!good)
		printf("#   %s: %s; wanted: %s\n", schema, err.msg, words);
	schema_free(s);
}

static bool accepts(const char *schema, struct span value, struct schema_fault *fault)
{
	struct schema *s = compiled(schema);
	bool ok = s && schema_check(s, value, fault);
	schema_free(s);
	return ok;
}

#define PERSON                                                                       \
	"{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\"},"       \
	"\"age\":{\"type\":\"integer\",\"minimum\":0},\"tags\":{\"type\":\"array\"," \
	"\"items\":{\"enum\":[\"a\",\"b\"]},\"maxItems\":2}},"                       \
	"\"required\":[\"name\",\"age\"],\"additionalProperties\":false}"

TEST("a fault names the place, what was expected and what was found")
{
	static const struct verdict verdicts[] = {
		{ PERSON, "{\"name\":\"x\",\"age\":3}", NULL },
		{ PERSON, "{\"name\":\"x\",\"age\":\"12\"}",
			"/age: expected an integer, found \"12\"" },
		{ PERSON, "{\"age\":3}", "/: missing property \"name\"" },
		{ PERSON, "{\"name\":\"x\",\"age\":-1}",
			"/age: expected a number of at least 0, found -1" },
		{ PERSON, "{\"name\":\"x\",\"age\":1,\"agee\":2}",
			"/: property \"agee\" is not allowed" },
		{ PERSON, "{\"name\":\"x\",\"age\":1,\"tags\":[\"a\", \"c\"]}",
			"/tags/1: expected one of [\"a\",\"b\"], found \"c\"" },
		{ PERSON, "{\"name\":\"x\",\"age\":1,\"tags\":[\"a\",\"a\",\"a\"]}",
			"/tags: expected at most 2 items, found 3" },
		{ PERSON, " [ ]", "/: expected an object, found []" },
		{ "{\"type\":[\"string\",\"null\"]}", "1",
			"/: expected a string or null, found 1" },
		{ "{\"properties\":{\"a/b~c\":{\"properties\":{\"\\\"\":false}}}}",
			"{\"a/b~c\":{\"\\\"\": [1, 2]}}",
			"/a~1b~0c/\\\": nothing is allowed here, found [1,2]" },
		{ "{\"propertyNames\":{\"maxLength\":2}}", "{\"abc\":1}",
			"/abc (the name): expected a string of at most 2 characters, found 3: \"abc\"" },
		{ "{\"pattern\":\"^a\"}", "\"b\"",
			"/: expected a string that matches the pattern \"^a\", found \"b\"" },
		{ "{\"contains\":{\"const\":1},\"minContains\":2}", "[1]",
			"/: expected at least 2 items like {\"const\":1}, found 1" },
		{ "{\"uniqueItems\":true}", "[1,2,1.0]",
			"/: expected items that all differ, found 1 at 0 and at 2" },
		{ "{\"not\":{\"type\":\"null\"}}", "null",
			"/: expected anything but what meets {\"type\":\"null\"}, found null" },
		{ "{\"oneOf\":[{\"minimum\":1},{\"minimum\":2}]}", "3",
			"/: expected what meets only one of [{\"minimum\":1},{\"minimum\":2}], found 3, "
			"which meets more" },
		{ "{\"dependentRequired\":{\"a\":[\"b\"]}}", "{\"a\":1}",
			"/: missing property \"b\"" },
		{ "{\"multipleOf\":0.01}", "1.005", "/: expected a multiple of 0.01, found 1.005" },
		{ "{\"if\":{\"required\":[\"a\"]},\"then\":{\"minProperties\":2}}", "{\"a\":1}",
			"/: expected at least 2 properties, found 1" },
	};
	check_verdicts(verdicts, N(verdicts));
}

#define SHAPES                                                                               \
	"{\"anyOf\":[{\"type\":\"object\",\"properties\":{\"kind\":{\"const\":\"box\"},"     \
	"\"w\":{\"type\":\"integer\"}},\"required\":[\"kind\",\"w\"]},{\"type\":\"object\"," \
	"\"properties\":{\"kind\":{\"const\":\"dot\"},\"r\":{\"type\":\"integer\"}},"        \
	"\"required\":[\"kind\",\"r\"]},{\"type\":\"null\"}]}"

TEST("of alternatives, the fault is that of the one that was meant")
{
	static const struct verdict verdicts[] = {
		{ SHAPES, "null", NULL },
		{ SHAPES, "{\"kind\":\"dot\",\"r\":1}", NULL },
		{ SHAPES, "{\"kind\":\"dot\"}", "/: missing property \"r\"" },
		{ SHAPES, "{\"kind\":\"box\"}", "/: missing property \"w\"" },
		{ SHAPES, "{\"kind\":\"dot\",\"r\":\"1\"}",
			"/r: expected an integer, found \"1\"" },
		{ "{\"anyOf\":[{\"properties\":{\"a\":{\"enum\":[1,2]}},\"type\":\"object\"},"
		  "{\"type\":\"null\"}]}",
			"{\"a\":3}", "/a: expected one of [1,2], found 3" },
		{ "{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}", "3",
			"/: expected what meets one of [{\"type\":\"string\"},{\"type\":\"null\"}], "
			"found 3" },
	};
	check_verdicts(verdicts, N(verdicts));
}

TEST("a fault quotes at most some 80 bytes, whole characters, on one line")
{
	struct schema_fault fault = { "" };
	char value[4000] = "\"";
	for (size_t i = 0; i < 1000; i++)
		memcpy(value + 1 + 3 * i, "\xe2\x82\xac", 3);
	memcpy(value + 3001, "\"", 2);
	CHECK(!accepts("{\"type\":\"integer\"}", scanned(value), &fault));
	CHECK(strlen(fault.msg) < 130);
	CHECK(utf8_is_valid(span_of(fault.msg)));
	CHECK_STR(fault.msg + strlen(fault.msg) - 6, "\xe2\x82\xac...");
	CHECK(!accepts("{\"items\":false}", scanned("[\"a\\nb\\u0000\", 1]"), &fault));
	CHECK_STR(fault.msg, "/0: nothing is allowed here, found \"a\\nb\\u0000\"");
}

TEST("a long path is cut and still valid text")
{
	struct schema_fault fault = { "" };
	struct buf value;
	buf_init(&value, 1 << 16);
	for (int i = 0; i < 200; i++)
		buf_put_str(&value, "{\"\xc3\xa9t\xc3\xa9 and more\":");
	buf_put_str(&value, "1");
	for (int i = 0; i < 200; i++)
		buf_put_char(&value, '}');
	CHECK(!accepts("{\"type\":\"object\",\"additionalProperties\":{\"$ref\":\"#\"}}",
		buf_span(&value), &fault));
	CHECK(memcmp(fault.msg, ".../\xc3\xa9", 6) == 0);
	CHECK(strstr(fault.msg, "...: expected an object, found 1"));
	CHECK(utf8_is_valid(span_of(fault.msg)));
	buf_release(&value);
}

TEST("numbers are compared as decimals, whatever their length and exponent")
{
	static const struct {
		const char *schema, *value;
		bool want;
	} cases[] = {
		{ "{\"const\":1}", "1.0", true },
		{ "{\"const\":1}", "10e-1", true },
		{ "{\"const\":1}", "0.1E+1", true },
		{ "{\"const\":0}", "-0.0e7", true },
		{ "{\"const\":1}", "1.00000000000000000000000000000000001", false },
		{ "{\"const\":9007199254740993}", "9007199254740992", false },
		{ "{\"enum\":[0.30]}", "3e-1", true },
		{ "{\"const\":1e400}", "10e399", true },
		{ "{\"const\":1e400}", "1e401", false },
		{ "{\"maximum\":1e999999999}", "2e999999999", false },
		{ "{\"maximum\":1e999999999}", "9e999999998", true },
		{ "{\"maximum\":1e99999999999999999999999999}", "5", true },
		{ "{\"minimum\":-1e-400}", "-1e-399", false },
		{ "{\"minimum\":-1e-400}", "-1e-401", true },
		{ "{\"minimum\":-2}", "-3", false },
		{ "{\"minimum\":-2}", "1e-9", true },
		{ "{\"exclusiveMinimum\":1.5}", "1.50", false },
		{ "{\"exclusiveMinimum\":1.5}", "1.500001", true },
		{ "{\"exclusiveMaximum\":12}", "12.0", false },
		{ "{\"exclusiveMaximum\":12}", "11.99", true },
		{ "{\"maximum\":0.05}", "0.0499", true },
		{ "{\"maximum\":0.05}", "0.5", false },
		{ "{\"type\":\"integer\"}", "1e400", true },
		{ "{\"type\":\"integer\"}", "1e999999999", true },
		{ "{\"type\":\"integer\"}", "120e-1", true },
		{ "{\"type\":\"integer\"}", "12e-1", false },
		{ "{\"type\":\"integer\"}", "1e-400", false },
		{ "{\"type\":\"integer\"}", "-0.0", true },
		{ "{\"multipleOf\":0.1}", "0.3", true },
		{ "{\"multipleOf\":0.1}", "0.35", false },
		{ "{\"multipleOf\":3}", "123456789012345678901234567890", true },
		{ "{\"multipleOf\":3}", "123456789012345678901234567891", false },
		{ "{\"multipleOf\":7}", "1e999999999", false },
		{ "{\"multipleOf\":1024}", "1e999999999", true },
		{ "{\"multipleOf\":1024}", "1e9", false },
		{ "{\"multipleOf\":1024}", "1e10", true },
		{ "{\"multipleOf\":1e-8}", "12391239123", true },
		{ "{\"multipleOf\":999999999999999999}", "1999999999999999998", true },
		{ "{\"multipleOf\":100}", "50", false },
	};
	for (size_t i = 0; i < N(cases); i++) {
		struct schema_fault fault = { "" };
		if (!CHECK_INT(accepts(cases[i].schema, scanned(cases[i].value), &fault),
			    cases[i].want))
			printf("#   %s with %s\n", cases[i].schema, cases[i].value);
	}
}

TEST("values are equal by what they mean, not by how they are written")
{
	static const struct {
		const char *constant, *value;
		bool want;
	} cases[] = {
		{ "{\"a\":1,\"b\":[true,null]}", "{\"b\": [true, null], \"a\": 1.0}", true },
		{ "{\"a\":1}", "{\"a\":1,\"b\":1}", false },
		{ "{\"a\":1,\"b\":1}", "{\"a\":1}", false },
		{ "{\"a\":1}", "{\"a\":2,\"a\":1}", true },
		{ "{\"a\":1}", "{\"a\":1,\"a\":2}", false },
		{ "[1,2]", "[2,1]", false },
		{ "[1]", "[1,1]", false },
		{ "\"\\u00e9\\/\"", "\"\xc3\xa9/\"", true },
		{ "\"\xf0\x9f\x98\x80\"", "\"\\ud83d\\ude00\"", true },
		{ "\"a\"", "\"A\"", false },
		{ "{\"\\u0061\":0}", "{\"a\":-0}", true },
		{ "\"1\"", "1", false },
		{ "false", "0", false },
		{ "null", "null", true },
		{ "{}", "[]", false },
	};
	for (size_t i = 0; i < N(cases); i++) {
		char schema[200], items[200];
		struct schema_fault fault = { "" };
		snprintf(schema, sizeof schema, "{\"const\":%s}", cases[i].constant);
		snprintf(items, sizeof items, "[0.5,%s,%s]", cases[i].constant, cases[i].value);
		bool same = accepts(schema, scanned(cases[i].value), &fault);
		bool differ = accepts("{\"uniqueItems\":true}", scanned(items), &fault);
		if (!CHECK_INT(same, cases[i].want) || !CHECK_INT(differ, !cases[i].want))
			printf("#   %s and %s\n", cases[i].constant, cases[i].value);
	}
}

TEST("a string is as long as it has code points")
{
	static const struct verdict verdicts[] = {
		{ "{\"minLength\":2,\"maxLength\":2}", "\"\xf0\x9f\x98\x80\\ud83d\\ude00\"", NULL },
		{ "{\"minLength\":2,\"maxLength\":2}", "\"\\u00e9\\n\"", NULL },
		{ "{\"maxLength\":2.0}", "\"abc\"",
			"/: expected a string of at most 2 characters, found 3: \"abc\"" },
		{ "{\"minLength\":1e0}", "\"\"",
			"/: expected a string of at least 1 characters, found 0: \"\"" },
		{ "{\"maxLength\":1e30}", "\"abc\"", NULL },
	};
	check_verdicts(verdicts, N(verdicts));
}

TEST("a pattern means what it means to ECMAScript")
{
	static const struct {
		const char *pattern, *text;
		bool want;
	} cases[] = {
		{ "b", "abc", true },
		{ "^b", "abc", false },
		{ "^a$", "a\\n", false },
		{ "^.$", "\\u2028", false },
		{ "^.$", "\\u0085", true },
		{ "^.$", "\\ud83d\\ude00", true },
		{ "^\\\\d$", "\\u0663", false },
		{ "^\\\\d$", "7", true },
		{ "^\\\\w+$", "a_9", true },
		{ "^\\\\w$", "\xc3\xa9", false },
		{ "^\\\\W$", "\xc3\xa9", true },
		{ "^\\\\s$", "\\u00a0", true },
		{ "^\\\\s$", "\\ufeff", true },
		{ "^[\\\\s]$", "\\u2003", true },
		{ "^\\\\S$", "\\u00a0", false },
		{ "^[\\\\S]$", "\\u00a0", false },
		{ "^[\\\\S]$", "x", true },
		{ "^[\\\\s\\\\S]$", "\\u3000", true },
		{ "^[\\\\w-]+$", "a-b", true },
		{ "^[\\\\w-.]+$", "a-.", true },
		{ "^[\\\\w-.]+$", ",", false },
		{ "^\\\\v$", "\\u000b", true },
		{ "^\\\\v$", "\\n", false },
		{ "^\\\\cJ$", "\\n", true },
		{ "^\\\\0$", "\\u0000", true },
		{ "^\\\\x41\\\\u0042\\\\u{43}$", "ABC", true },
		{ "^\\\\ud83d\\\\ude00$", "\xf0\x9f\x98\x80", true },
		{ "^\\\\p{Letter}+$", "a\xc3\xa9\xd0\xb6", true },
		{ "^\\\\p{gc=Decimal_Number}$", "\\u0663", true },
		{ "^\\\\P{Lu}$", "A", false },
		{ "^\\\\p{Script=Cyrillic}+$", "\xd0\xb6", true },
		{ "^[\\\\p{L}-]+$", "a-", true },
		{ "^[[:alpha:]]$", "a", false },
		{ "^[[:alpha:]]$", ":]", true },
		{ "[]", "a", false },
		{ "^[^]$", "\\n", true },
		{ "^a{2}$", "aa", true },
		{ "^a{,2}$", "aa", false },
		{ "^a{,2}$", "a{,2}", true },
		{ "^x{$", "x{", true },
		{ "^}]$", "}]", true },
		{ "^\\\\/\\\\-\\\\.$", "/-.", true },
		{ "^(a)|b\\\\1$", "b", true },
		{ "^(?<y>a)\\\\k<y>$", "aa", true },
		{ "^(?:ab)+?$", "abab", true },
		{ "(?<!a)b", "ab", false },
		{ "a(?=b)", "ab", true },
		{ "a #b", "a #b", true },
		{ "", "", true },
	};
	for (size_t i = 0; i < N(cases); i++) {
		char schema[200], value[200];
		struct schema_fault fault = { "" };
		snprintf(schema, sizeof schema, "{\"pattern\":\"%s\"}", cases[i].pattern);
		snprintf(value, sizeof value, "\"%s\"", cases[i].text);
		if (!CHECK_INT(accepts(schema, scanned(value), &fault), cases[i].want))
			printf("#   %s with %s\n", schema, value);
	}
}

TEST("a pattern that is not ECMAScript's is refused")
{
	static const char *const patterns[] = { "\\\\Aa", "a\\\\Z", "(?i)a", "a++", "a**",
		"(*UTF)a", "(a", "a)", "[a", "[z-a]", "\\\\a", "\\\\01", "\\\\2(a)", "(?>a)",
		"(?#a)", "\\\\pL", "\\\\p{Nonsense}", "\\\\ud83d", "\\\\u{110000}", "\\\\x4",
		"\\\\ca\\\\c", "a\\\\", "(?<=a+)b", "\\\\k<x>", "*", "a|*", "(?<1>a)",
		"\\\\Qa\\\\E", "(?R)", "\\\\h", "[\\\\h]", "a{2,1}" };
	for (size_t i = 0; i < N(patterns); i++) {
		char schema[200];
		snprintf(schema, sizeof schema, "{\"items\":{\"pattern\":\"%s\"}}", patterns[i]);
		check_refused(schema, "at /items/pattern: bad pattern \"");
	}
	check_refused(
		"{\"patternProperties\":{\"(\":true}}", "/patternProperties/(|bad pattern \"(\"");
}

/* Gives a JSON string of n letters; the caller frees it. */
static char *letters(size_t n)
{
	char *text = xmalloc(n + 3);
	memset(text, 'a', n + 2);
	text[0] = text[n + 1] = '"';
	text[n + 2] = '\0';
	return text;
}

TEST("a pattern that would take for ever is a fault that says so")
{
	static const char *const patterns[] = { "^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "(a*)*b?[0-9]",
		"[a-z]*[0-9]", "(?=[a-z]*1|[a-z]*2){60}", "a*a*a*a*a*[0-9]" };
	char *text = letters(200000);
	text[200000] = '!';
	for (size_t i = 0; i < N(patterns); i++) {
		char schema[200];
		struct schema_fault fault = { "" };
		snprintf(schema, sizeof schema, "{\"pattern\":\"%s\"}", patterns[i]);
		CHECK(!accepts(schema, scanned(text), &fault));
		if (!CHECK_STR(fault.msg, "/: matching this with the pattern takes too long"))
			printf("#   %s\n", patterns[i]);
	}
	free(text);
}

TEST("not, anyOf and contains do not turn what was given up into a yes")
{
	static const char *const schemas[] = {
		"{\"not\":{\"pattern\":\"^(a+)+$\"}}",
		"{\"anyOf\":[{\"pattern\":\"^(a+)+$\"},true]}",
		"{\"if\":{\"pattern\":\"^(a+)+$\"},\"else\":true}",
		"{\"oneOf\":[{\"pattern\":\"^(a+)+$\"},true]}",
		"{\"not\":{\"not\":{\"pattern\":\"^(a+)+$\"}}}",
	};
	char *text = letters(5000);
	text[5000] = '!';
	for (size_t i = 0; i < N(schemas); i++) {
		struct schema_fault fault = { "" };
		CHECK(!accepts(schemas[i], scanned(text), &fault));
		CHECK_STR(fault.msg, "/: matching this with the pattern takes too long");
	}
	free(text);
}

TEST("ordinary patterns are quick enough for long texts")
{
	static const char *const patterns[] = { "^[a-z]+$", "^.*$", "a$", "^(?:[a-z]|[0-9])",
		"[^b]{10}" };
	char *text = letters(1000000);
	for (size_t i = 0; i < N(patterns); i++) {
		char schema[200];
		struct schema_fault fault = { "" };
		snprintf(schema, sizeof schema, "{\"pattern\":\"%s\"}", patterns[i]);
		if (!CHECK(accepts(schema, scanned(text), &fault)))
			printf("#   %s: %s\n", patterns[i], fault.msg);
	}
	free(text);
}

/* Gives n openers, then the middle, then n closers; the caller frees it. */
static char *nested(size_t n, const char *opener, const char *middle, const char *closer)
{
	struct buf text;
	buf_init(&text, 1 << 20);
	for (size_t i = 0; i < n; i++)
		buf_put_str(&text, opener);
	buf_put_str(&text, middle);
	for (size_t i = 0; i < n; i++)
		buf_put_str(&text, closer);
	buf_put_char(&text, '\0');
	return text.data;
}

TEST("alternatives that multiply with the depth end in a fault that says so")
{
	struct schema_fault fault = { "" };
	char *value = nested(400, "[", "1", "]");
	CHECK(!accepts("{\"anyOf\":[{\"type\":\"array\",\"items\":{\"$ref\":\"#\"}},"
		       "{\"type\":\"array\",\"items\":{\"$ref\":\"#\"}}]}",
		scanned(value), &fault));
	CHECK(strstr(fault.msg, ": checking this against the schema takes too long"));
	CHECK(accepts("{\"type\":[\"array\",\"integer\"],\"items\":{\"$ref\":\"#\"}}",
		scanned(value), &fault));
	free(value);
}

TEST("the deepest values and schemas do not exhaust the stack")
{
	struct schema_fault fault = { "" };
	char *value = nested(500, "[", "", "]");
	char *in_place = nested(150, "{\"allOf\":[", "{\"items\":{\"$ref\":\"#\"}}", "]}");
	CHECK(!accepts(in_place, scanned(value), &fault));
	CHECK(strstr(fault.msg, "nested too deep to be checked"));
	char *deep = nested(500, "{\"items\":", "{\"maxItems\":0}", "}");
	CHECK(accepts(deep, scanned(value), &fault));
	char *long_chain = nested(250, "{\"not\":", "true", "}");
	check_refused(long_chain, "more than 200 schemas refer one to the other");
	free(value);
	free(in_place);
	free(deep);
	free(long_chain);
}

TEST("many items are told apart without comparing each to each")
{
	struct schema_fault fault = { "" };
	struct buf text;
	buf_init(&text, 1 << 24);
	buf_put_char(&text, '[');
	for (int i = 0; i < 50000; i++) {
		buf_put_str(&text, "{\"t\":\"x\",\"id\":");
		buf_put_int(&text, i);
		buf_put_str(&text, "},");
	}
	buf_put_str(&text, "{\"t\":\"x\"}]");
	CHECK(accepts("{\"uniqueItems\":true}", buf_span(&text), &fault));
	buf_drop(&text, 0);
	text.len--;
	buf_put_str(&text, ",{\"id\":123.0,\"t\":\"\\u0078\"}]");
	CHECK(!accepts("{\"uniqueItems\":true}", buf_span(&text), &fault));
	CHECK_STR(fault.msg,
		"/: expected items that all differ, found {\"t\":\"x\",\"id\":123} at 123 "
		"and at 50001");
	buf_release(&text);
}

TEST("a name that stands twice is checked both times")
{
	static const struct verdict verdicts[] = {
		{ "{\"properties\":{\"a\":{\"type\":\"null\"}}}", "{\"a\":1,\"a\":null}",
			"/a: expected null, found 1" },
		{ "{\"properties\":{\"a\":{\"type\":\"null\"}}}", "{\"a\":null,\"\\u0061\":1}",
			"/\\u0061: expected null, found 1" },
		{ "{\"maxProperties\":1}", "{\"a\":1,\"a\":1}",
			"/: expected at most 1 properties, found 2" },
	};
	check_verdicts(verdicts, N(verdicts));
}

TEST("keywords that are not supported are named, all at once")
{
	check_refused("{\"unevaluatedProperties\":false}",
		"unsupported keyword \"unevaluatedProperties\" (at /unevaluatedProperties)");
	check_refused("{\"nullable\":true,\"items\":{\"unevaluatedItems\":false},"
		      "\"$defs\":{\"a\":{\"$dynamicRef\":\"#x\"}}}",
		"unknown keyword \"nullable\" (at /nullable)|\"unevaluatedItems\" (at "
		"/items/unevaluatedItems)|\"$dynamicRef\" (at /$defs/a/$dynamicRef)");
	check_refused("{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1}",
		"\"a\"|\"b\"|\"c\"|\"d\"|\"e\"|, and more");
	schema_free(compiled("{\"x-order\":1,\"title\":\"t\",\"format\":\"date\",\"default\":null,"
			     "\"examples\":[1],\"$comment\":\"c\",\"deprecated\":true}"));
}

TEST("keywords of a wrong type or value are refused where they stand")
{
	static const char *const cases[][2] = {
		{ "3", "at /: expected a schema: an object, true or false" },
		{ "{\"type\":\"strin\"}", "at /type: \"strin\" is no type" },
		{ "{\"type\":[]}", "at /type: expected at least one type" },
		{ "{\"type\":[\"string\",3]}", "at /type/1: 3 is no type" },
		{ "{\"type\":3}", "at /type: expected a string or an array" },
		{ "{\"properties\":{\"a\":{\"minimum\":\"1\"}}}",
			"at /properties/a/minimum: expected a number" },
		{ "{\"properties\":[]}", "at /properties: expected an object" },
		{ "{\"properties\":{\"a\":1}}", "at /properties/a: expected a schema" },
		{ "{\"properties\":{\"a\":true,\"\\u0061\":true}}", "\"a\" stands there twice" },
		{ "{\"items\":[true]}", "at /items: expected a schema" },
		{ "{\"allOf\":[]}", "at /allOf: expected at least one schema" },
		{ "{\"allOf\":[true,[]]}", "at /allOf/1: expected a schema" },
		{ "{\"required\":\"a\"}", "at /required: expected an array" },
		{ "{\"required\":[\"a\",1]}", "at /required/1: expected a name" },
		{ "{\"dependentRequired\":{\"a\":{}}}",
			"at /dependentRequired/a: expected an array" },
		{ "{\"minLength\":-1}", "at /minLength: expected a whole number, 0 or more" },
		{ "{\"maxItems\":1.5}", "at /maxItems: expected a whole number, 0 or more" },
		{ "{\"multipleOf\":0}", "at /multipleOf: expected a number above 0" },
		{ "{\"multipleOf\":-1}", "at /multipleOf: expected a number above 0" },
		{ "{\"multipleOf\":1.234567890123456789}", "at most 18 significant digits" },
		{ "{\"uniqueItems\":1}", "at /uniqueItems: expected true or false" },
		{ "{\"type\":\"null\",\"type\":\"null\"}", "this keyword stands there twice" },
		{ "{\"description\":1}", "at /description: expected a string" },
		{ "{\"a/b\":1,\"$defs\":{\"a/b~\":{\"enum\":1}}}", "/$defs/a~1b~0/enum: expected" },
		{ "{\"type\":\n \"string\",}", "line 2, byte |not JSON: " },
		{ "", "not JSON" },
	};
	for (size_t i = 0; i < N(cases); i++)
		check_refused(cases[i][0], cases[i][1]);
}

TEST("references lead to schemas of the document, by pointer, anchor and URI")
{
	static const struct verdict verdicts[] = {
		{ "{\"$defs\":{\"a b/c~d\":{\"type\":\"null\"}},\"$ref\":\"#/$defs/a%20b~1c~0d\"}",
			"1", "/: expected null, found 1" },
		{ "{\"definitions\":{\"n\":{\"$anchor\":\"N\",\"type\":\"null\"}},\"$ref\":\"#N\"}",
			"1", "/: expected null, found 1" },
		{ "{\"anyOf\":[{\"const\":1},{\"$ref\":\"#/anyOf/0\"}]}", "1", NULL },
		{ "{\"$id\":\"http://a.example/b/c.json\",\"$ref\":\"../x/./n.json\",\"$defs\":"
		  "{\"n\":{\"$id\":\"/x/n.json\",\"type\":\"null\"}}}",
			"1", "/: expected null, found 1" },
		{ "{\"$ref\":\"n.json#/$defs/m\",\"$defs\":{\"n\":{\"$id\":\"n.json\",\"$defs\":"
		  "{\"m\":{\"type\":\"null\"}}}}}",
			"1", "/: expected null, found 1" },
		{ "{\"properties\":{\"next\":{\"$ref\":\"#\"}},\"required\":[\"v\"]}",
			"{\"v\":1,\"next\":{\"v\":1,\"next\":{}}}",
			"/next/next: missing property \"v\"" },
	};
	check_verdicts(verdicts, N(verdicts));
}

TEST("references that lead nowhere, out of the document or in a circle are refused")
{
	static const char *const cases[][2] = {
		{ "{\"$ref\":\"#/$defs/a\"}", "at /$ref: $ref \"#/$defs/a\" leads to no schema" },
		{ "{\"$ref\":\"#a\"}", "leads to no schema" },
		{ "{\"$ref\":\"#/%zz\"}", "leads to no schema" },
		{ "{\"$ref\":\"#/items/00\",\"items\":true}", "leads to no schema" },
		{ "{\"allOf\":[true],\"$ref\":\"#/allOf/00\"}", "leads to no schema" },
		{ "{\"$ref\":\"#/default\",\"default\":{}}", "leads to no schema" },
		{ "{\"items\":{\"$ref\":\"other.json#/a\"}}",
			"at /items/$ref: |\"other.json#/a\": it leads out of this document" },
		{ "{\"$ref\":\"https://example.com/schema\"}", "leads out of this document" },
		{ "{\"$ref\":\"#\"}", "in a circle" },
		{ "{\"$defs\":{\"a\":{\"not\":{\"$ref\":\"#/$defs/b\"}},\"b\":{\"allOf\":"
		  "[{\"$ref\":\"#/$defs/a\"}]}}}",
			"in a circle" },
		{ "{\"$id\":\"a#b\"}", "an $id with a fragment" },
		{ "{\"$defs\":{\"a\":{\"$id\":\"x\"},\"b\":{\"$id\":\"x\"}}}", "the same $id" },
		{ "{\"$defs\":{\"a\":{\"$anchor\":\"x\"},\"b\":{\"$anchor\":\"x\"}}}",
			"the same $anchor" },
	};
	for (size_t i = 0; i < N(cases); i++)
		check_refused(cases[i][0], cases[i][1]);
}

#define DRAFT7 "{\"$schema\":\"http://json-schema.org/draft-07/schema#\","
#define DRAFT2019 "{\"$schema\":\"https://json-schema.org/draft/2019-09/schema\","

TEST("an older dialect is taken where it means the same, and refused by name where not")
{
	schema_free(compiled(DRAFT7 "\"definitions\":{\"a\":{}},\"items\":{\"$ref\":"
				    "\"#/definitions/a\",\"description\":\"d\"},\"if\":true}"));
	schema_free(compiled(DRAFT2019 "\"$defs\":{\"a\":{}},\"$ref\":\"#/$defs/a\",\"minimum\":1,"
				       "\"dependentRequired\":{}}"));
	check_refused(DRAFT7 "\"items\":{\"$ref\":\"#\",\"minimum\":1}}",
		"\"minimum\" (at /items/minimum)");
	check_refused(DRAFT7 "\"prefixItems\":[true],\"dependentRequired\":{}}",
		"\"prefixItems\"|\"dependentRequired\"");
	check_refused(DRAFT7 "\"dependencies\":{}}", "unsupported keyword \"dependencies\"");
	check_refused(DRAFT2019 "\"prefixItems\":[true]}", "\"prefixItems\"");
	check_refused("{\"$schema\":\"http://json-schema.org/draft-04/schema#\"}",
		"at /$schema: unsupported dialect \"http://json-schema.org/draft-04/schema#\"|2020-12");
	check_refused(DRAFT7
		"\"items\":{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\"}}",
		"at /items/$schema: unsupported");
}

TEST("the text of a schema is the document without white space")
{
	struct schema *s = compiled(" { \"title\" : \"a  b\\\" \",\n\t\"enum\":[ 1.0 , {} ] } \n");
	struct span text = schema_text(s);
	CHECK_MEM(text.at, text.n, "{\"title\":\"a  b\\\" \",\"enum\":[1.0,{}]}");
	schema_free(s);
}

TEST("a value becomes compact, and stops at the ceiling")
{
	struct buf out;
	buf_init(&out, 30);
	CHECK(json_compact(scanned(" [ 1 , \" a \\\" \\\\\" ,{ } , -0.10e1 ]"), &out));
	CHECK_MEM(out.data, out.len, "[1,\" a \\\" \\\\\",{},-0.10e1]");
	CHECK(!json_compact(scanned("[ 1 , 2, 3, 4 ]"), &out));
	CHECK(out.len <= 30);
	buf_release(&out);
}

#define CLOSED "\"additionalProperties\":false}"

TEST("strict is what strict mode documents, and nothing that is in doubt")
{
	static const struct {
		const char *schema;
		bool want;
	} cases[] = {
		{ "{\"type\":\"object\",\"properties\":{},\"required\":[]," CLOSED, true },
		{ "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":[\"string\",\"null\"]}},"
		  "\"required\":[\"\\u0061\"],\"title\":\"t\"," CLOSED,
			true },
		{ "{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#/$defs/b\"},\"c\":{\"anyOf\":["
		  "{\"type\":\"null\"},{\"type\":\"array\",\"items\":{\"$ref\":\"#\"},\"minItems\":1}]}},"
		  "\"required\":[\"a\",\"c\"],\"$defs\":{\"b\":{\"type\":\"string\",\"enum\":[\"x\"],"
		  "\"format\":\"date\",\"pattern\":\"^x\"}}," CLOSED,
			true },
		{ "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"null\"}},\"required\":[]," CLOSED,
			false },
		{ "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"null\"}},\"required\":[\"b\"]," CLOSED,
			false },
		{ "{\"type\":\"object\",\"properties\":{},\"required\":[]}", false },
		{ "{\"type\":\"object\",\"properties\":{},\"required\":[],\"additionalProperties\":true}",
			false },
		{ "{\"type\":\"object\",\"properties\":{},\"required\":[],\"additionalProperties\":{}}",
			false },
		{ "{\"type\":\"array\",\"items\":{\"type\":\"null\"}}", false },
		{ "{\"type\":[\"object\"],\"properties\":{},\"required\":[]," CLOSED, false },
		{ "{\"type\":\"object\",\"properties\":{},\"required\":[],\"anyOf\":[{\"type\":\"null\"}]," CLOSED,
			false },
		{ "true", false },
#define WITH(member) \
	"{\"type\":\"object\",\"properties\":{\"a\":" member "},\"required\":[\"a\"]," CLOSED
		{ WITH("{\"type\":\"integer\",\"minimum\":1}"), true },
		{ WITH("{\"type\":\"object\",\"properties\":{},\"required\":[]," CLOSED), true },
		{ WITH("{\"type\":\"object\"}"), false },
		{ WITH("{\"type\":[\"object\",\"null\"]}"), false },
		{ WITH("{\"type\":\"string\",\"minLength\":1}"), false },
		{ WITH("{\"type\":\"string\",\"format\":\"uri\"}"), false },
		{ WITH("{\"type\":\"string\",\"pattern\":\"(?=a)\"}"), false },
		{ WITH("{\"type\":\"array\"}"), false },
		{ WITH("{\"type\":\"array\",\"items\":{\"type\":\"object\"}}"), false },
		{ WITH("{\"type\":\"array\",\"items\":{\"type\":\"null\"},\"uniqueItems\":true}"),
			false },
		{ WITH("{\"anyOf\":[{\"type\":\"null\"},{\"properties\":{}}]}"), false },
		{ WITH("{\"oneOf\":[{\"type\":\"null\"}]}"), false },
		{ WITH("{\"allOf\":[{\"type\":\"null\"}]}"), false },
		{ WITH("{\"not\":{\"type\":\"null\"}}"), false },
		{ WITH("{}"), false },
		{ WITH("true"), false },
		{ WITH("{\"$ref\":\"#\",\"description\":\"d\"}"), false },
		{ WITH("{\"$ref\":\"#/properties/a/anyOf/0\",\"anyOf\":[{\"type\":\"null\"}]}"),
			false },
		{ WITH("{\"type\":\"null\",\"default\":null}"), false },
		{ "{\"type\":\"object\",\"properties\":{\"additionalProperties\":false},\"required\":"
		  "[\"additionalProperties\"]," CLOSED,
			false },
	};
	for (size_t i = 0; i < N(cases); i++) {
		struct schema *s = compiled(cases[i].schema);
		if (s && !CHECK_INT(schema_is_strict(s), cases[i].want))
			printf("#   %s\n", cases[i].schema);
		schema_free(s);
	}
}

TEST("a schema nested deeper than strict mode allows is not strict")
{
	static const char opener[] =
		"{\"type\":\"object\",\"required\":[\"a\"],\"additionalProperties\":false,"
		"\"properties\":{\"a\":";
	for (size_t n = 9; n <= 11; n++) {
		char *text = nested(n, opener, "{\"type\":\"null\"}", "}}");
		struct schema *s = compiled(text);
		CHECK_INT(schema_is_strict(s), n <= 10);
		schema_free(s);
		free(text);
	}
}
