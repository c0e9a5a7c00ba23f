/* SPDX-License-Identifier: MIT */
#include "work/stumble.h"

#include "t.h"

#include <stdio.h>
#include <string.h>

/* What is guessed of a line, or "" if nothing is. */
static const char *guess(struct span line, uint64_t line_n)
{
	struct span value;
	struct json_fault fault = { 0 };
	CHECK(!json_scan(line, &value, &fault));
	const char *help = stumble_help(line, line_n, &fault);
	return help ? help : "";
}

static void check(const char *line, const char *word)
{
	const char *help = guess(span_of(line), 1);
	if (!CHECK(*word ? strstr(help, word) != NULL : !*help))
		printf("#   %s: %s\n", line, help);
}

TEST("JSON over several lines, and arrays, are for jq")
{
	check("{", "jq -c . ");
	check("  {  ", "jq -c . ");
	check("{ \"a\": 1,", "jq -c . ");
	check("  \"text\": \"a\",", "jq -c . ");
	check("\"a\":1", "jq -c . ");
	check("}", "jq -c . ");
	check("},", "jq -c . ");
	check("]", "jq -c . ");
	check("[", "jq -c '.[]'");
	check("[1,", "jq -c '.[]'");
	check("{\"a\":1},", "jq -c '.[]'");
}

TEST("tables are for mlr")
{
	check("id,text", "mlr");
	check("id\ttext", "mlr");
	check("id;first name;_x-1", "mlr");
	check("\"id\",\"text\"", "mlr");
	check("1,foo", "mlr");
	check("-1.5;2", "mlr");
	check("ID,\xc3\xa9t\xc3\xa9", "mlr");
}

TEST("plain lines are for -R, if there is none before")
{
	check("Hello, world", "-R takes each line as text");
	check("hello", "-R takes each line as text");
	check("a,,b", "-R takes each line as text");
	check("\xc3\xa9t\xc3\xa9", "-R takes each line as text");
	check("(a,b)", "-R takes each line as text");
	check("a-name-of-forty-bytes-is-one-of-a-column,b", "mlr");
	check("a-name-of-forty1-bytes-is-one-of-a-column,b", "-R takes each line as text");
	CHECK_STR(guess(SPAN("hello"), 2), "");
	CHECK_STR(guess(SPAN("id,text"), 2), "");
}

TEST("UTF-16 is for iconv, whichever its order of bytes, with a mark or without")
{
	CHECK(strstr(guess(SPAN("\xff\xfe{\0}\0"), 1), "iconv -f UTF-16"));
	CHECK(strstr(guess(SPAN("\xfe\xff\0{\0}"), 1), "iconv -f UTF-16"));
	/* Of other letters no byte need be zero. */
	CHECK(strstr(guess(SPAN("\xff\xfe\x2d\x4e\x87\x65"), 1), "iconv -f UTF-16"));
	CHECK(strstr(guess(SPAN("\xfe\xff\x4e\x2d\x65\x87"), 1), "iconv -f UTF-16"));
	CHECK(strstr(guess(SPAN("{\0}\0"), 1), "iconv -f UTF-16"));
	CHECK(strstr(guess(SPAN("\0{\0}"), 7), "iconv -f UTF-16"));
}

TEST("zero bytes are UTF-16 only where each other one is zero, or a mark says so")
{
	static const struct span tail = { "{\0\"\0t\0\"\0:\0\"\0\x65\x67\x2c\x67\x9e\x8a\x65\x67"
					  "\x2c\x67\x9e\x8a\x65\x67\x2c\x67\x9e\x8a",
		30 };
	CHECK(strstr(guess(tail, 1), "iconv -f UTF-16"));
	CHECK(strstr(guess(SPAN("\xff\xfe\0\0{\0\0\0"), 1), "iconv -f UTF-32"));
	CHECK(strstr(guess(SPAN("\0\0\xfe\xff\0\0\0{"), 1), "iconv -f UTF-32"));
	CHECK(strstr(guess(SPAN("one\0three\0"), 1), "tr '\\0' '\\n'"));
	CHECK(strstr(guess(SPAN("\x7f\x45LF\2\1\1\0\0\0\0\0"), 5), "no text"));
	CHECK(strstr(guess(SPAN("the first zero byte is far behind\0"), 1), "no text"));
	CHECK_STR(guess(SPAN("\0"), 5), "");
}

TEST("each packer is known by its bytes")
{
	CHECK(strstr(guess(SPAN("\x1f\x8b\x08\0\0"), 1), "zcat takes"));
	CHECK(strstr(guess(SPAN("\x28\xb5\x2f\xfd\x24\0"), 1), "zstdcat"));
	CHECK(strstr(guess(SPAN("\xfd\x37zXZ\0\0\4"), 1), "xzcat"));
	CHECK(strstr(guess(SPAN("BZh91AY&SY\0\1"), 1), "bzcat"));
	CHECK(strstr(guess(SPAN("BZh"), 1), "-R"));
}

TEST("single quotes are told apart")
{
	check("{'a': 1}", "double quotes");
}

TEST("what is packed, in another encoding, or several on a line is told by its bytes")
{
	check("\x1f\x8b\x08", "zcat");
	check("\"\x80\"", "LATIN1");
	check("{\"a\":\"caf\xe9\"}", "LATIN1");
	check("{\"a\":1}{\"a\":2}", "jq -c .");
	check("{\"a\":1},", "commas");
}

TEST("of what is only broken nothing is guessed")
{
	check("{\"a\":1 \"b\":2}", "");
	check("{\"a\":nul}", "");
	check("[1 2]", "");
	check("12abc", "");
	check("\"abc", "");
	check("{\"a\":1} x", "");
	check("{\"a\" {", "");
	check("{\"a\":nul},", "");
	check("{\"a\":1},{\"a\":2}", "");
	check("[1],", "");
	check("1\" \":", "");
	check("", "");
	check("   ", "");
}
