/* SPDX-License-Identifier: MIT */
#include "api/sse.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

static const char *find(char c, const char *from, const char *end)
{
	const char *at = from < end ? memchr(from, c, (size_t)(end - from)) : NULL;
	return at ? at : end;
}

void sse_init(struct sse *s, char *bytes, size_t n)
{
	const struct span mark = SPAN(BYTE_ORDER_MARK);
	*s = (struct sse){ 0 };
	if (n == 0) /* then there need be no bytes to point at */
		return;
	s->at = bytes;
	s->end = bytes + n;
	if (n >= mark.n && memcmp(bytes, mark.at, mark.n) == 0)
		s->at += mark.n;
	s->lf = find('\n', s->at, s->end);
	s->cr = find('\r', s->at, s->end);
}

/*
 * Takes the next line without its end; false if there is none that has one. Each byte is looked at
 * once for LF and once for CR, however the lines end.
 */
static bool take_line(struct sse *s, char **line, size_t *n)
{
	const char *stop = s->lf < s->cr ? s->lf : s->cr;
	if (stop == s->end)
		return false;
	*line = s->at;
	*n = (size_t)(stop - s->at);
	bool is_pair = stop == s->cr && s->lf == stop + 1 && s->lf < s->end;
	s->at += *n + (is_pair ? 2 : 1);
	if (s->lf < s->at)
		s->lf = find('\n', s->at, s->end);
	if (s->cr < s->at)
		s->cr = find('\r', s->at, s->end);
	return true;
}

/* Appends a line of data to the event's, by moving it there: it cannot lie before them. */
static void join(struct sse_event *event, char **data, char *value, size_t n)
{
	if (!event->data.at) {
		*data = value;
		event->data = (struct span){ .at = value, .n = n };
		return;
	}
	(*data)[event->data.n] = '\n';
	memmove(*data + event->data.n + 1, value, n);
	event->data.n += 1 + n;
}

/* A copy, since data lines that follow may be moved over it. */
static void set_name(struct sse_event *event, const char *value, size_t n)
{
	size_t kept_n = n < SSE_NAME_MAX - 1 ? n : SSE_NAME_MAX - 1;
	memcpy(event->name, value, kept_n);
	event->name[kept_n] = '\0';
}

bool sse_next(struct sse *s, struct sse_event *event)
{
	char *line, *data = NULL;
	size_t n;
	*event = (struct sse_event){ 0 };
	while (take_line(s, &line, &n)) {
		if (n == 0) {
			if (event->data.at)
				return true;
			event->name[0] = '\0';
			continue;
		}
		size_t name_n = (size_t)(find(':', line, line + n) - line);
		size_t value_at = name_n < n ? name_n + 1 : n;
		if (value_at < n && line[value_at] == ' ')
			value_at++;
		struct span name = { .at = line, .n = name_n };
		if (span_is(name, "data"))
			join(event, &data, line + value_at, n - value_at);
		else if (span_is(name, "event"))
			set_name(event, line + value_at, n - value_at);
	}
	return false;
}
