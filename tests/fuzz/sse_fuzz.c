/* SPDX-License-Identifier: MIT */
/*
 * A stream of events. The events are those that a slow reader finds, which takes one byte at a time
 * and copies; each lies in the stream, and none changes when the walk goes on.
 */
#include "api/sse.h"
#include "base/buf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { EVENTS_MAX = 64 };

/* The slow reader: what it knows of the line and the event under way. */
struct slow {
	struct buf line;
	struct buf data;
	char name[SSE_NAME_MAX];
	bool has_data;
	bool after_cr;
	struct buf found; /* all events so far, as told() writes them */
};

static void demand(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "sse_fuzz: %s\n", what);
	abort();
}

static void told(struct buf *out, const char *name, struct span data)
{
	buf_put_str(out, name);
	buf_put_char(out, '\n');
	buf_put_span(out, data);
	buf_put_str(out, "\n\n");
}

static void dispatch(struct slow *s)
{
	if (s->has_data)
		told(&s->found, s->name, buf_span(&s->data));
	buf_clear(&s->data);
	s->name[0] = '\0';
	s->has_data = false;
}

static void end_line(struct slow *s)
{
	struct span line = buf_span(&s->line), value = { line.at + line.n, 0 };
	const char *colon = memchr(line.at, ':', line.n);
	if (line.n == 0) {
		dispatch(s);
		return;
	}
	if (colon) {
		value = (struct span){ colon + 1, line.n - (size_t)(colon - line.at) - 1 };
		line.n = (size_t)(colon - line.at);
	}
	if (value.n && *value.at == ' ')
		value = (struct span){ value.at + 1, value.n - 1 };
	if (span_is(line, "data")) {
		if (s->has_data)
			buf_put_char(&s->data, '\n');
		buf_put_span(&s->data, value);
		s->has_data = true;
	} else if (span_is(line, "event")) {
		size_t i = 0;
		for (; i < value.n && i < SSE_NAME_MAX - 1; i++)
			s->name[i] = value.at[i];
		s->name[i] = '\0';
	}
	buf_clear(&s->line);
}

static void take(struct slow *s, char c)
{
	bool ends_pair = c == '\n' && s->after_cr;
	s->after_cr = c == '\r';
	if (ends_pair)
		return;
	if (c == '\n' || c == '\r')
		end_line(s);
	else
		buf_put_char(&s->line, c);
}

static void read_slowly(struct slow *s, const char *bytes, size_t n)
{
	size_t from = n >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	buf_init(&s->line, n + 1);
	buf_init(&s->data, n + 1);
	buf_init(&s->found, 16 * n + 64);
	for (size_t i = from; i < n; i++)
		take(s, bytes[i]);
	buf_release(&s->line);
	buf_release(&s->data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slow slow = { 0 };
	struct sse sse;
	struct sse_event events[EVENTS_MAX];
	size_t n = 0;
	struct buf bytes, found;
	buf_init(&bytes, size + 1);
	buf_init(&found, 16 * size + 64);
	buf_put(&bytes, data, size);
	read_slowly(&slow, (const char *)data, size);
	sse_init(&sse, bytes.data, bytes.len);
	while (n < EVENTS_MAX && sse_next(&sse, &events[n])) {
		struct span d = events[n++].data;
		demand(d.at >= bytes.data && d.at + d.n <= bytes.data + bytes.len,
			"data outside of the stream");
	}
	/* Told only now: what was read later must not have changed them. */
	for (size_t i = 0; i < n; i++)
		told(&found, events[i].name, events[i].data);
	demand(found.len <= slow.found.len && (n == EVENTS_MAX || found.len == slow.found.len) &&
			(found.len == 0 || memcmp(found.data, slow.found.data, found.len) == 0),
		"other events than the slow reader's");
	buf_release(&slow.found);
	buf_release(&found);
	buf_release(&bytes);
	return 0;
}
