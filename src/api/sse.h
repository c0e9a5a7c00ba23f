/* SPDX-License-Identifier: MIT */
/*
 * sse: the events of a text/event-stream that has arrived whole.
 *
 * Reads what the HTML standard calls server-sent events: lines that end with LF, CR or both,
 * comments, fields. Of the fields only `event` and `data` are told; an event without data is none,
 * one without its empty line at the end is dropped. Knows no API. Pure; any thread.
 */
#pragma once

#include "base/span.h"

#include <stdbool.h>
#include <stddef.h>

/* Names are kept up to so many bytes, their NUL among them; those of APIs are shorter. */
enum { SSE_NAME_MAX = 40 };

struct sse_event {
	char name[SSE_NAME_MAX]; /* "" = the event has none */
	struct span data;        /* all its data lines, a LF between each two */
};

/* A walk through a stream; the members are private. */
struct sse {
	char *at;       /* the next line's first byte */
	const char *lf; /* the first LF that is not before `at`, and likewise CR; the end if none */
	const char *cr;
	const char *end;
};

/*
 * Starts at the first event. Keeps the n bytes at `bytes` while the walk lasts, and moves some of
 * them where an event's data is in several lines.
 */
void sse_init(struct sse *s, char *bytes, size_t n);

/*
 * Moves to the next event and fills *event, whose data lies in the stream and stays good when the
 * walk goes on. False at the end.
 */
bool sse_next(struct sse *s, struct sse_event *event);
