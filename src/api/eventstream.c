/* SPDX-License-Identifier: MIT */
/*
 * The lengths are believed only once the checksum over them agrees, so a damaged length is called
 * damage, and not a message that was cut off; what they say is held against each other, the limits
 * and the bytes that are there, in this order, before anything is read by them.
 */
#include "api/eventstream.h"

#include "base/crc32.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	PRELUDE = 12,          /* two lengths and their checksum */
	TRAILER = 4,           /* the checksum of all before it */
	TEXT = 7,              /* the type of a header that is text */
	TYPES_N = 10,          /* types of header values */
	LENGTH_BEFORE = 0x100, /* of such a type: its length, a u16, stands before the value */
};

#define CUT "it ends within a message"
#define BAD_HEADERS "a message's headers cannot be read"

void eventstream_init(struct eventstream *s, const char *bytes, size_t n)
{
	*s = (struct eventstream){ .at = bytes, .left = n };
}

static uint32_t read_u16(const char *at)
{
	const unsigned char *b = (const unsigned char *)at;
	return (uint32_t)b[0] << 8 | b[1];
}

static uint32_t read_u32(const char *at)
{
	return read_u16(at) << 16 | read_u16(at + 2);
}

/* Takes n bytes off the front. False, with nothing changed, if there are fewer. */
static bool take(struct span *from, size_t n, struct span *taken)
{
	if (from->n < n)
		return false;
	*taken = (struct span){ .at = from->at, .n = n };
	*from = (struct span){ .at = from->at + n, .n = from->n - n };
	return true;
}

/* Takes a byte as a number. */
static bool take_u8(struct span *from, unsigned *number)
{
	struct span byte;
	if (!take(from, 1, &byte))
		return false;
	*number = (unsigned char)*byte.at;
	return true;
}

/* Takes the value of a header of the type; false if it does not end in time or there is no such. */
static bool take_value(struct span *from, unsigned type, struct span *value)
{
	/* true, false, i8, i16, i32, i64, bytes, text, time in ms, UUID */
	static const uint16_t sizes[TYPES_N] = { 0, 0, 1, 2, 4, 8, LENGTH_BEFORE, LENGTH_BEFORE, 8,
		16 };
	struct span length;
	if (type >= TYPES_N)
		return false;
	if (sizes[type] != LENGTH_BEFORE)
		return take(from, sizes[type], value);
	return take(from, 2, &length) && take(from, read_u16(length.at), value);
}

/* Gives where a header's value belongs; NULL for those that nobody asks for. */
static struct span *place(struct eventstream_event *event, struct span name)
{
	if (span_is(name, ":message-type"))
		return &event->message_type;
	if (span_is(name, ":event-type"))
		return &event->event_type;
	if (span_is(name, ":exception-type"))
		return &event->exception_type;
	if (span_is(name, ":error-code"))
		return &event->error_code;
	if (span_is(name, ":error-message"))
		return &event->error_message;
	return NULL;
}

/* False if they are not what they should be; one that we keep must not be there twice. */
static bool read_headers(struct eventstream_event *event, struct span headers)
{
	struct span name, value;
	unsigned name_n, type;
	while (headers.n > 0) {
		if (!take_u8(&headers, &name_n) || name_n == 0 || !take(&headers, name_n, &name))
			return false;
		if (!take_u8(&headers, &type) || !take_value(&headers, type, &value))
			return false;
		struct span *to = place(event, name);
		if (to && to->at)
			return false;
		if (to && type == TEXT)
			*to = value;
	}
	return true;
}

/* What is wrong with the message that comes next, by its lengths and checksums; NULL = nothing. */
static const char *complaint(const struct eventstream *s)
{
	if (s->left < PRELUDE)
		return CUT;
	if (crc32_add(0, s->at, PRELUDE - 4) != read_u32(s->at + PRELUDE - 4))
		return "the lengths of a message were damaged on the way";
	size_t all = read_u32(s->at), headers_n = read_u32(s->at + 4);
	if (all < PRELUDE + TRAILER || headers_n > all - PRELUDE - TRAILER)
		return "the lengths of a message contradict each other";
	if (headers_n > EVENTSTREAM_HEADERS_MAX)
		return "a message has more than 128 KiB of headers";
	if (all - PRELUDE - TRAILER - headers_n > EVENTSTREAM_PAYLOAD_MAX)
		return "a message has more than 24 MiB";
	if (all > s->left)
		return CUT;
	if (crc32_add(0, s->at, all - TRAILER) != read_u32(s->at + all - TRAILER))
		return "a message was damaged on the way";
	return NULL;
}

enum eventstream_found eventstream_next(struct eventstream *s, struct eventstream_event *event)
{
	*event = (struct eventstream_event){ 0 };
	if (s->left == 0 && !s->broken)
		return EVENTSTREAM_END;
	if (!s->broken)
		s->broken = complaint(s);
	if (s->broken)
		return EVENTSTREAM_BROKEN;
	size_t all = read_u32(s->at), headers_n = read_u32(s->at + 4);
	const char *headers = s->at + PRELUDE;
	if (!read_headers(event, (struct span){ .at = headers, .n = headers_n })) {
		*event = (struct eventstream_event){ 0 };
		s->broken = BAD_HEADERS;
		return EVENTSTREAM_BROKEN;
	}
	event->payload = (struct span){
		.at = headers + headers_n,
		.n = all - PRELUDE - TRAILER - headers_n,
	};
	s->at += all;
	s->left -= all;
	return EVENTSTREAM_EVENT;
}
