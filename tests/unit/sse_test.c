/* SPDX-License-Identifier: MIT */
#include "api/sse.h"

#include "base/buf.h"
#include "t.h"

#include <stdlib.h>

/* The stream's events as "name=data|", one after the other; a missing name as "-". */
static void check_events(struct span stream, const char *want)
{
	struct sse sse;
	struct sse_event event;
	struct buf bytes, got;
	buf_init(&bytes, stream.n + 1);
	buf_init(&got, 1 << 20);
	buf_put_span(&bytes, stream);
	sse_init(&sse, bytes.data, bytes.len);
	while (sse_next(&sse, &event)) {
		buf_put_str(&got, *event.name ? event.name : "-");
		buf_put_char(&got, '=');
		buf_put_span(&got, event.data);
		buf_put_char(&got, '|');
	}
	CHECK(!sse_next(&sse, &event));
	CHECK_MEM(got.data, got.len, want);
	buf_release(&got);
	buf_release(&bytes);
}

TEST("lines may end with LF, CR or both, and events with an empty one")
{
	check_events(SPAN("data: a\n\ndata: b\n\n"), "-=a|-=b|");
	check_events(SPAN("data: a\r\rdata: b\r\r"), "-=a|-=b|");
	check_events(SPAN("data: a\r\n\r\ndata: b\r\n\r\n"), "-=a|-=b|");
	check_events(SPAN("data: a\n\r\ndata: b\r\n\ndata: c\r\r\n"), "-=a|-=b|-=c|");
	check_events(SPAN("\n\n\r\r\n\ndata: a\n\n\n\n"), "-=a|");
}

TEST("at most one space after the colon is not part of the value")
{
	check_events(SPAN("data:a\n\ndata:  a \n\ndata: a:b\n\n"), "-=a|-= a |-=a:b|");
}

TEST("an event without data is none, one with empty data is one")
{
	check_events(SPAN("event: x\n\ndata: a\n\n"), "-=a|");
	check_events(SPAN("data\n\ndata:\n\ndata: \n\n"), "-=|-=|-=|");
}

TEST("several lines of data are joined by line feeds, and what was read before stays")
{
	struct sse sse;
	struct sse_event first, second;
	char bytes[] = "data: a\r\ndata\r\ndata:  b\r\n:no\r\ndata: c\r\n\r\ndata: d\ndata: e\n\n";
	check_events(SPAN(bytes), "-=a\n\n b\nc|-=d\ne|");
	sse_init(&sse, bytes, sizeof bytes - 1);
	CHECK(sse_next(&sse, &first) && sse_next(&sse, &second));
	CHECK_MEM(first.data.at, first.data.n, "a\n\n b\nc");
	CHECK_MEM(second.data.at, second.data.n, "d\ne");
}

TEST("comments and unknown fields are passed over, names are told")
{
	check_events(
		SPAN(": keep-alive\n\nid: 1\nretry: 5\nevent: x\ndata: a\nother\n\n:\ndata: b\n\n"),
		"x=a|-=b|");
	check_events(SPAN("event: a\nevent: b\ndata: c\n\n"), "b=c|");
	check_events(SPAN("data: a\nevent: name\ndata: bcdefghijkl\n\n"), "name=a\nbcdefghijkl|");
	check_events(SPAN("event: a-name-that-is-longer-than-any-that-there-is\ndata: c\n\n"),
		"a-name-that-is-longer-than-any-that-the=c|");
	check_events(SPAN("Data: a\n\n data: b\n\ndatas: c\n\n"), "");
}

TEST("what has no empty line at its end is dropped")
{
	check_events(SPAN("data: a\n\ndata: b\n"), "-=a|");
	check_events(SPAN("data: a\n\ndata: b"), "-=a|");
	check_events(SPAN("data: a\r"), "");
	check_events(SPAN("data: a\r\n\r"), "-=a|");
	check_events(SPAN(""), "");
}

TEST("a byte order mark at the start is passed over, elsewhere it is a byte like others")
{
	check_events(SPAN("\xef\xbb\xbf"
			  "data: a\n\n"),
		"-=a|");
	check_events(SPAN("\xef\xbb\xbf"), "");
	check_events(SPAN("\n\xef\xbb\xbf"
			  "data: a\n\n"),
		"");
	check_events(SPAN("data: \xef\xbb\xbf"
			  "a\n\n"),
		"-=\xef\xbb\xbf"
		"a|");
}

TEST("NULs are bytes like others")
{
	struct sse sse;
	struct sse_event event;
	char bytes[] = "data: a\0b\n\n";
	sse_init(&sse, bytes, sizeof bytes - 1);
	CHECK(sse_next(&sse, &event));
	CHECK_INT(event.data.n, 3);
}

TEST("a stream of line ends alone is passed over in one go")
{
	enum { N = 4 << 20 };
	struct sse sse;
	struct sse_event event;
	char *bytes = malloc(N);
	if (!CHECK(bytes != NULL))
		return;
	memset(bytes, '\r', N);
	sse_init(&sse, bytes, N);
	CHECK(!sse_next(&sse, &event));
	free(bytes);
}
