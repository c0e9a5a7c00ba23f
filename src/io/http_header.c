/* SPDX-License-Identifier: MIT */
#include "io/http_header.h"

#include "base/span.h"
#include "io/allowance.h"
#include "io/hint.h"
#include "work/secrets.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static struct span trimmed(const char *from, const char *to)
{
	while (from < to && (*from == ' ' || *from == '\t'))
		from++;
	while (from < to && (to[-1] == '\r' || to[-1] == '\n' || to[-1] == ' ' || to[-1] == '\t'))
		to--;
	return (struct span){ .at = from, .n = (size_t)(to - from) };
}

static bool is_type(struct span value, struct span type)
{
	return value.n >= type.n && strncasecmp(value.at, type.at, type.n) == 0;
}

bool http_header_is_html(struct span type)
{
	return is_type(type, SPAN("text/html"));
}

static void read_type(struct attempt *a, struct span value)
{
	a->is_html = http_header_is_html(value);
	a->is_event_stream = is_type(value, SPAN("text/event-stream"));
}

/* One that is longer than any is cut: it is for people to find in a log. */
static void read_request_id(struct attempt *a, struct span value)
{
	if (secrets_are_in(a->endpoint, value))
		return;
	size_t n = value.n < sizeof a->request_id ? value.n : sizeof a->request_id - 1;
	memcpy(a->request_id, value.at, n);
	a->request_id[n] = '\0';
}

/* Few headers are of interest, and most answers bring twenty others: lengths tell most apart. */
void http_header_read(struct attempt *a, const char *line, size_t n, int64_t wall_s)
{
	const char *colon = memchr(line, ':', n);
	if (!colon)
		return;
	struct span name = { .at = line, .n = (size_t)(colon - line) };
	struct span value = trimmed(colon + 1, line + n);
	switch (name.n) {
	case sizeof "content-type" - 1: /* and of x-request-id */
		if (strncasecmp(name.at, "content-type", name.n) == 0)
			read_type(a, value);
		else if (strncasecmp(name.at, "x-request-id", name.n) == 0)
			read_request_id(a, value);
		break;
	case sizeof "request-id" - 1:
		if (strncasecmp(name.at, "request-id", name.n) == 0)
			read_request_id(a, value);
		break;
	case sizeof "x-amzn-errortype" - 1:
		if (strncasecmp(name.at, "x-amzn-errortype", name.n) == 0)
			snprintf(a->error_type, sizeof a->error_type, "%.*s", (int)value.n,
				value.at);
		else if (strncasecmp(name.at, "x-amzn-requestid", name.n) == 0)
			read_request_id(a, value);
		break;
	case sizeof "x-amz-retry-after" - 1:
	case sizeof "retry-after" - 1:
	case sizeof "retry-after-ms" - 1: /* and of x-should-retry */
		hint_read(&a->hint, name, value, wall_s);
		break;
	default:
		if (allowance_is_header(name))
			allowance_read(&a->allowances, name, value, wall_s);
		break;
	}
}
