/* SPDX-License-Identifier: MIT */
#include "dress.h"

#include "put.h"

#include <stdint.h>

#define COMMENT ": keep-alive\n\n"

static void replace(struct buf *body, struct buf *by)
{
	buf_release(body);
	*body = *by;
}

static void add_comments(struct buf *body)
{
	struct span rest = buf_span(body);
	struct buf out;
	buf_init(&out, SIZE_MAX / 2);
	while (rest.n > 0) {
		const char *blank = memmem(rest.at, rest.n, "\n\n", 2);
		size_t n = blank ? (size_t)(blank - rest.at) + 2 : rest.n;
		buf_put_str(&out, COMMENT);
		buf_put(&out, rest.at, n);
		rest = (struct span){ rest.at + n, rest.n - n };
	}
	replace(body, &out);
}

static void change_ends(struct buf *body, const char *end)
{
	struct buf out;
	buf_init(&out, SIZE_MAX / 2);
	for (size_t i = 0; i < body->len; i++) {
		if (body->data[i] == '\n')
			buf_put_str(&out, end);
		else
			buf_put_char(&out, body->data[i]);
	}
	replace(body, &out);
}

void dress_stream(struct buf *body, enum event_end event_end, enum dressing dressing)
{
	bool has_comments = event_end == EVENT_BLANK_LINE;
	if (event_end == EVENT_FRAME)
		return;
	if (has_comments && dressing & DRESS_COMMENTS)
		add_comments(body);
	if (dressing & DRESS_CRLF)
		change_ends(body, "\r\n");
	else if (has_comments && dressing & DRESS_CR)
		change_ends(body, "\r");
}

void dress_as_string(struct buf *body, const char *message)
{
	buf_clear(body);
	body->max = SIZE_MAX / 2;
	put_json(body, "{'error':%s}", message);
}

void dress_in_array(struct buf *body)
{
	struct buf out;
	buf_init(&out, SIZE_MAX / 2);
	buf_put_char(&out, '[');
	buf_put_span(&out, buf_span(body));
	buf_put_char(&out, ']');
	replace(body, &out);
}
