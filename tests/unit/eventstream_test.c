/* SPDX-License-Identifier: MIT */
#include "api/eventstream.h"

#include "base/buf.h"
#include "base/crc32.h"
#include "base/xalloc.h"
#include "t.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_TYPE "\x0d:message-type\x07"
#define EVENT_HEADER MESSAGE_TYPE "\0\5event"
#define DELTA_HEADERS                            \
	EVENT_HEADER "\x0b:event-type\x07\0\x11" \
		     "contentBlockDelta"

static void put_u32(struct buf *b, uint32_t n)
{
	const char bytes[4] = { (char)(n >> 24), (char)(n >> 16), (char)(n >> 8), (char)n };
	buf_put(b, bytes, sizeof bytes);
}

/* Appends the eight bytes of two lengths and their checksum. */
static void put_prelude(struct buf *b, uint32_t all, uint32_t headers_n)
{
	put_u32(b, all);
	put_u32(b, headers_n);
	put_u32(b, crc32_add(0, b->data + b->len - 8, 8));
}

static void put_message(struct buf *b, struct span headers, struct span payload)
{
	size_t from = b->len;
	put_prelude(b, (uint32_t)(headers.n + payload.n + 16), (uint32_t)headers.n);
	buf_put_span(b, headers);
	buf_put_span(b, payload);
	put_u32(b, crc32_add(0, b->data + from, b->len - from));
}

static void put_text(struct buf *b, const char *name, struct span value)
{
	buf_put_str(b, name);
	buf_put_str(b, value.at ? "=" : "-");
	buf_put_span(b, value);
	buf_put_char(b, ' ');
}

/* Writes the walk down: what each message tells, then how it ends; checks that it stays so. */
static void tell(struct buf *out, struct span stream)
{
	struct eventstream s;
	struct eventstream_event e;
	enum eventstream_found found;
	eventstream_init(&s, stream.at, stream.n);
	while ((found = eventstream_next(&s, &e)) == EVENTSTREAM_EVENT) {
		put_text(out, "m", e.message_type);
		put_text(out, "t", e.event_type);
		put_text(out, "x", e.exception_type);
		put_text(out, "c", e.error_code);
		put_text(out, "w", e.error_message);
		CHECK(e.payload.at != NULL);
		buf_put_span(out, e.payload);
		buf_put_char(out, '|');
		CHECK(s.broken == NULL);
	}
	CHECK((found == EVENTSTREAM_BROKEN) == (s.broken != NULL));
	buf_put_str(out, s.broken ? s.broken : "end");
	CHECK_INT(eventstream_next(&s, &e), found);
	CHECK(!e.payload.at && !e.message_type.at);
}

static void check_walk(struct span stream, const char *want)
{
	struct buf got;
	buf_init(&got, 4096);
	tell(&got, stream);
	CHECK_MEM(got.data, got.len, want);
	buf_release(&got);
}

static void check_message(struct span headers, struct span payload, const char *want)
{
	struct buf b;
	buf_init(&b, 4096);
	put_message(&b, headers, payload);
	check_walk(buf_span(&b), want);
	buf_release(&b);
}

TEST("the examples that AWS publishes are read")
{
	check_walk(SPAN("\x00\x00\x00\x10\x00\x00\x00\x00\x05\xc2\x48\xeb\x7d\x98\xc8\xff"),
		"m- t- x- c- w- |end");
	check_walk(SPAN("\x00\x00\x00\x1d\x00\x00\x00\x00\xfd\x52\x8c\x5a"
			"{'foo':'bar'}\xc3\x65\x39\x36"),
		"m- t- x- c- w- {'foo':'bar'}|end");
	check_walk(SPAN("\x00\x00\x00\x3d\x00\x00\x00\x20\x07\xfd\x83\x96\x0c"
			"content-type\x07\x00\x10"
			"application/json{'foo':'bar'}\x8d\x9c\x08\xb1"),
		"m- t- x- c- w- {'foo':'bar'}|end");
}

TEST("an event as another implementation writes it is told with its type and payload")
{
	check_walk(SPAN("\x00\x00\x00\x59\x00\x00\x00\x30\x76\xf8\x42\x7f" EVENT_HEADER
			"\x0b:event-type\x07\x00\x0bmessageStop{\"stopReason\":\"end_turn\"}"
			"\xef\x4f\x02\xc7"),
		"m=event t=messageStop x- c- w- {\"stopReason\":\"end_turn\"}|end");
}

TEST("exceptions and errors are told with their names")
{
	check_message(SPAN(MESSAGE_TYPE "\0\x09"
					"exception\x0f:exception-type\x07\0\x13"
					"throttlingException"),
		SPAN("{\"message\":\"slow\"}"),
		"m=exception t- x=throttlingException c- w- {\"message\":\"slow\"}|end");
	check_message(SPAN(MESSAGE_TYPE "\0\x05"
					"error\x0b:error-code\x07\0\x03"
					"E12\x0e"
					":error-message\x07\0\0"),
		SPAN(""), "m=error t- x- c=E12 w= |end");
}

TEST("messages follow each other, and a stream without any is at its end")
{
	struct buf b;
	buf_init(&b, 4096);
	check_walk(SPAN(""), "end");
	check_walk((struct span){ 0 }, "end");
	put_message(&b, SPAN(DELTA_HEADERS), SPAN("1"));
	put_message(&b, SPAN(""), SPAN(""));
	put_message(&b, SPAN(EVENT_HEADER), SPAN("3"));
	check_walk(buf_span(&b),
		"m=event t=contentBlockDelta x- c- w- 1|m- t- x- c- w- |m=event t- x- c- w- 3|end");
	buf_release(&b);
}

TEST("headers of every type are passed over")
{
	check_message(SPAN("\1a\0\1b\1\1c\2x\1d\3xx\1e\4xxxx\1f\5xxxxxxxx\1g\6\0\3xxx\1h\7\0\0"
			   "\1i\x08xxxxxxxx\1j\x09xxxxxxxxxxxxxxxx" EVENT_HEADER),
		SPAN("!"), "m=event t- x- c- w- !|end");
}

TEST("a name that is no text is as if it were not there")
{
	check_message(SPAN("\x0d:message-type\x06\0\5event"), SPAN(""), "m- t- x- c- w- |end");
	check_message(SPAN("\x0d:message-type\0"), SPAN(""), "m- t- x- c- w- |end");
}

TEST("headers that cannot be read break the walk, whatever the checksums say")
{
	static const struct span bad[] = {
		SPAN("\0"),
		SPAN("\0\7\0\1x"),
		SPAN("\2a"),
		SPAN("\1a"),
		SPAN("\1a\2"),
		SPAN("\1a\3x"),
		SPAN("\1a\4xxx"),
		SPAN("\1a\5xxxxxxx"),
		SPAN("\1a\6\0"),
		SPAN("\1a\7\0\1"),
		SPAN("\1a\7\xff\xffx"),
		SPAN("\1a\x08xxxxxxx"),
		SPAN("\1a\x09xxxxxxxxxxxxxxx"),
		SPAN("\1a\x0a"),
		SPAN("\1a\xff"),
		SPAN(EVENT_HEADER EVENT_HEADER),
		SPAN(EVENT_HEADER "\0"),
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		check_message(bad[i], SPAN("xxxxxxxxxxxxxxxxxxxxxxxx"),
			"a message's headers cannot be read");
}

TEST("a stream that is cut anywhere gives what came whole before, and no end")
{
	struct buf b;
	char whole[] = "m=event t=contentBlockDelta x- c- w- one|it ends within a message";
	buf_init(&b, 4096);
	put_message(&b, SPAN(DELTA_HEADERS), SPAN("one"));
	size_t first = b.len;
	put_message(&b, SPAN(EVENT_HEADER), SPAN("two"));
	for (size_t n = 1; n < b.len; n++) {
		char *copy = xmemdup(b.data, n); /* so that a sanitizer sees its end */
		if (n < first)
			check_walk((struct span){ copy, n }, "it ends within a message");
		else if (n > first)
			check_walk((struct span){ copy, n }, whole);
		free(copy);
	}
	check_walk((struct span){ b.data, first }, "m=event t=contentBlockDelta x- c- w- one|end");
	buf_release(&b);
}

TEST("any bit that is flipped breaks the walk at its message")
{
	struct buf b;
	buf_init(&b, 4096);
	put_message(&b, SPAN(EVENT_HEADER), SPAN("one"));
	size_t first = b.len;
	put_message(&b, SPAN(EVENT_HEADER), SPAN("two"));
	for (size_t bit = 0; bit < 8 * b.len; bit++) {
		struct eventstream s;
		struct eventstream_event e;
		int given = 0;
		b.data[bit / 8] = (char)(b.data[bit / 8] ^ 1 << bit % 8);
		eventstream_init(&s, b.data, b.len);
		while (eventstream_next(&s, &e) == EVENTSTREAM_EVENT)
			given++;
		CHECK_INT(given, bit / 8 >= first);
		if (CHECK(s.broken != NULL))
			CHECK(strstr(s.broken, "damaged on the way") != NULL);
		b.data[bit / 8] = (char)(b.data[bit / 8] ^ 1 << bit % 8);
	}
	buf_release(&b);
}

static void check_lengths(uint32_t all, uint32_t headers_n, const char *want)
{
	struct buf b;
	buf_init(&b, 64);
	put_prelude(&b, all, headers_n);
	put_u32(&b, 0);
	check_walk(buf_span(&b), want);
	buf_release(&b);
}

TEST("lengths that contradict each other or pass the limits are called so")
{
	static const char nonsense[] = "the lengths of a message contradict each other";
	static const char headers[] = "a message has more than 128 KiB of headers";
	static const char payload[] = "a message has more than 24 MiB";
	static const char cut[] = "it ends within a message";
	check_lengths(0, 0, nonsense);
	check_lengths(12, 0, nonsense);
	check_lengths(15, 0, nonsense);
	check_lengths(16, 1, nonsense);
	check_lengths(100, 85, nonsense);
	check_lengths(100, 84, cut);
	check_lengths(100, UINT32_MAX, nonsense);
	check_lengths(16 + (128 << 10), 128 << 10, cut);
	check_lengths(17 + (128 << 10), (128 << 10) + 1, headers);
	check_lengths(16 + (24 << 20), 0, cut);
	check_lengths(17 + (24 << 20), 0, payload);
	check_lengths(16 + (24 << 20) + (128 << 10), 128 << 10, cut);
	check_lengths(UINT32_MAX, 0, payload);
	check_lengths(UINT32_MAX, 5, payload);
}

TEST("headers of 128 KiB are read")
{
	struct buf headers, b;
	buf_init(&headers, 1 << 20);
	buf_init(&b, 1 << 20);
	while (headers.len < (128 << 10) - sizeof EVENT_HEADER + 1 - 40000)
		buf_put(&headers, "\4ab\0d\1", 6);
	size_t left = (128 << 10) - headers.len - (sizeof EVENT_HEADER - 1) - 5;
	buf_put(&headers, "\1z\7", 3);
	buf_put_char(&headers, (char)(left >> 8));
	buf_put_char(&headers, (char)left);
	for (; left > 0; left--)
		buf_put_char(&headers, 'x');
	buf_put(&headers, EVENT_HEADER, sizeof EVENT_HEADER - 1);
	CHECK_INT(headers.len, EVENTSTREAM_HEADERS_MAX);
	put_message(&b, buf_span(&headers), SPAN("p"));
	check_walk(buf_span(&b), "m=event t- x- c- w- p|end");
	buf_release(&headers);
	buf_release(&b);
}
