/* SPDX-License-Identifier: MIT */
/*
 * A stream of messages, once as it comes and once with its checksums set right, since nothing else
 * gets behind them. Every message lies in the stream, after the one before; what a walk gave, a
 * walk through the part before its end gives again; and a byte that is changed later ends the walk
 * at its message at the latest.
 */
#include "api/eventstream.h"
#include "base/buf.h"
#include "base/crc32.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "eventstream_fuzz: %s\n", what);
	abort();
}

static uint32_t read_u32(const char *at)
{
	uint32_t n = 0;
	for (int i = 0; i < 4; i++)
		n = n << 8 | (unsigned char)at[i];
	return n;
}

static void write_u32(char *at, uint32_t n)
{
	for (int i = 3; i >= 0; i--, n >>= 8)
		at[i] = (char)n;
}

/* Sets the checksums of all messages that lie in the stream. */
static void mend(char *at, size_t left)
{
	while (left >= 12) {
		size_t all = read_u32(at);
		write_u32(at + 8, crc32_add(0, at, 8));
		if (all < 16 || all > left)
			return;
		write_u32(at + all - 4, crc32_add(0, at, all - 4));
		at += all;
		left -= all;
	}
}

static void check_inside(struct span part, const char *from, const char *to)
{
	demand(!part.at || (part.at >= from && part.n <= (size_t)(to - part.at)),
		"something lies outside of its message");
}

/* Walks and gives how many messages there are; *whole_n is how many bytes they fill. */
static size_t walk(const char *bytes, size_t n, size_t *whole_n)
{
	struct eventstream s;
	struct eventstream_event e;
	enum eventstream_found found;
	size_t count = 0;
	eventstream_init(&s, bytes, n);
	const char *from = bytes;
	for (; (found = eventstream_next(&s, &e)) == EVENTSTREAM_EVENT; count++) {
		const char *to = e.payload.at + e.payload.n + 4;
		demand(e.payload.at != NULL, "a payload is missing");
		demand(to == from + read_u32(from), "a message does not end where it says");
		check_inside(e.payload, from, to);
		check_inside(e.message_type, from, e.payload.at);
		check_inside(e.event_type, from, e.payload.at);
		check_inside(e.exception_type, from, e.payload.at);
		check_inside(e.error_code, from, e.payload.at);
		check_inside(e.error_message, from, e.payload.at);
		from = to;
	}
	*whole_n = (size_t)(from - bytes);
	demand((found == EVENTSTREAM_BROKEN) == (s.broken != NULL), "broken without a reason");
	demand((found == EVENTSTREAM_END) == (*whole_n == n), "the end is not the end");
	demand(eventstream_next(&s, &e) == found, "the end does not last");
	return count;
}

static void check(char *bytes, size_t n)
{
	size_t whole_n, again_n;
	size_t count = walk(bytes, n, &whole_n);
	demand(walk(bytes, whole_n, &again_n) == count && again_n == whole_n,
		"another walk gives other messages");
	if (whole_n == 0)
		return;
	size_t at = (crc32_add(0, bytes, n) & 0xffff) % whole_n;
	bytes[at] = (char)(bytes[at] ^ 0x20);
	walk(bytes, whole_n, &again_n);
	demand(again_n <= at, "a changed byte was not found");
	bytes[at] = (char)(bytes[at] ^ 0x20);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf bytes;
	buf_init(&bytes, size + 1);
	buf_reserve(&bytes, size + 1); /* some bytes to point at */
	buf_put(&bytes, data, size);
	check(bytes.data, bytes.len);
	mend(bytes.data, bytes.len);
	check(bytes.data, bytes.len);
	buf_release(&bytes);
	return 0;
}
