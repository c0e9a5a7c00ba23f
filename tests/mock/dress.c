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

static void put_line_end(struct buf *out, int depth)
{
	buf_put_char(out, '\n');
	for (int i = 0; i < depth; i++)
		buf_put_str(out, "  ");
}

/* The length of the string that begins here, with its quotes. */
static size_t string_length(struct span text)
{
	size_t n = 1;
	while (n < text.n && text.at[n] != '"')
		n += text.at[n] == '\\' ? 2 : 1;
	return n < text.n ? n + 1 : text.n;
}

static bool is_one_of(char c, const char *set)
{
	return memchr(set, c, strlen(set)) != NULL;
}

/* The length of what lies before the next mark, or of a string. */
static size_t plain_length(struct span text)
{
	size_t n = 0;
	if (*text.at == '"')
		return string_length(text);
	while (n < text.n && !is_one_of(text.at[n], "\"[]{},:"))
		n++;
	return n;
}

static void put_mark(struct buf *out, char c, char next, int *depth)
{
	bool opens = is_one_of(c, "[{"), closes = is_one_of(c, "]}");
	bool is_empty = closes && is_one_of(out->data[out->len - 1], "[{");
	*depth += opens - closes;
	if (closes && !is_empty)
		put_line_end(out, *depth);
	buf_put_char(out, c);
	if (c == ':')
		buf_put_char(out, ' ');
	if (c == ',' || (opens && !is_one_of(next, "]}")))
		put_line_end(out, *depth);
}

void dress_prettily(struct buf *body)
{
	struct span rest = buf_span(body);
	struct buf out;
	int depth = 0;
	buf_init(&out, SIZE_MAX / 2);
	buf_reserve(&out, body->len * 2);
	while (rest.n > 0) {
		size_t n = plain_length(rest);
		if (n > 0)
			buf_put(&out, rest.at, n);
		else
			put_mark(&out, *rest.at, rest.n > 1 ? rest.at[1] : '\0', &depth);
		n += n == 0;
		rest = (struct span){ .at = rest.at + n, .n = rest.n - n };
	}
	buf_put_char(&out, '\n');
	replace(body, &out);
}
