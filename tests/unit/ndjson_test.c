/* SPDX-License-Identifier: MIT */
#include "api/ndjson.h"

#include "base/buf.h"
#include "t.h"

/* The lines, one after the other, each with "|" behind it, or "?" if it is cut. */
static void check_lines(struct span bytes, const char *want)
{
	struct ndjson lines;
	struct span line;
	struct buf got;
	bool is_cut;
	buf_init(&got, 1000);
	ndjson_init(&lines, bytes);
	while (ndjson_next(&lines, &line, &is_cut)) {
		CHECK(line.at >= bytes.at && line.at + line.n <= bytes.at + bytes.n);
		buf_put_span(&got, line);
		buf_put_char(&got, is_cut ? '?' : '|');
	}
	CHECK(!ndjson_next(&lines, &line, &is_cut));
	CHECK_MEM(buf_span(&got).at, got.len, want);
	buf_release(&got);
}

TEST("a line of JSON ends with LF, or CR and LF")
{
	check_lines(SPAN("a\nb\r\nc\n"), "a|b|c|");
	check_lines(SPAN("a\rb\n"), "a\rb|");
}

TEST("lines with nothing in them are passed over")
{
	check_lines(SPAN("\n\r\n \t\na\n\n"), "a|");
	check_lines(SPAN(""), "");
	check_lines(SPAN(" "), "");
}

TEST("a last line without an end is told, and may be cut")
{
	check_lines(SPAN("a\nb"), "a|b?");
	check_lines(SPAN("a"), "a?");
	check_lines(SPAN("a\n "), "a|");
}
