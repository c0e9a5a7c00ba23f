/* SPDX-License-Identifier: MIT */
/*
 * eventstream: the messages of an application/vnd.amazon.eventstream body that has arrived whole.
 *
 * All numbers are big-endian. A message is: its length in bytes (u32, all of it counted), its
 * headers' length (u32), the CRC-32 of these eight bytes; the headers, each a name (u8 length), a
 * type (u8) and a value of that type; the payload; the CRC-32 of all before it. Knows no API. Pure;
 * any thread.
 */
#pragma once

#include "base/span.h"

#include <stddef.h>

/* No message has more. */
enum { EVENTSTREAM_HEADERS_MAX = 128 << 10, EVENTSTREAM_PAYLOAD_MAX = 24 << 20 };

/* One message; the spans lie in the stream. A header that is not there, or no text, is missing. */
struct eventstream_event {
	struct span message_type;   /* :message-type: "event", "exception" or "error" */
	struct span event_type;     /* :event-type, of an event: which it is */
	struct span exception_type; /* :exception-type, of an exception; its payload says more */
	struct span error_code;     /* :error-code, of an error */
	struct span error_message;  /* :error-message, of an error, which has no payload */
	struct span payload;        /* never missing, may be empty */
};

enum eventstream_found {
	EVENTSTREAM_EVENT, /* here is the next message */
	EVENTSTREAM_END,   /* there was none after the last */
	EVENTSTREAM_BROKEN /* what follows cannot be read; see broken */
};

/* A walk through a stream. */
struct eventstream {
	const char *at;     /* private: the next message's first byte */
	size_t left;        /* private: bytes from there on */
	const char *broken; /* why the walk stopped short, a static text for people; NULL = it did
			       not */
};

/* Starts at the first message. Keeps the n bytes at `bytes`, unchanged, while the walk lasts. */
void eventstream_init(struct eventstream *s, const char *bytes, size_t n);

/*
 * Moves to the next message and fills *event; zeroes it if there is none. A message is given only
 * if it has arrived whole, both checksums agree, it keeps the limits and its headers can be read. A
 * walk that has ended, or is broken, stays so.
 */
enum eventstream_found eventstream_next(struct eventstream *s, struct eventstream_event *event);
