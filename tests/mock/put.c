/* SPDX-License-Identifier: MIT */
#include "put.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

static void put_escaped(struct buf *out, unsigned char c)
{
	char escape[8];
	if (c == '"' || c == '\\')
		snprintf(escape, sizeof escape, "\\%c", c);
	else
		snprintf(escape, sizeof escape, "\\u%04x", c);
	buf_put_str(out, escape);
}

void put_string(struct buf *out, struct span text)
{
	size_t plain_from = 0;
	buf_put_char(out, '"');
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.at[i];
		if (c >= ' ' && c != '"' && c != '\\')
			continue;
		buf_put(out, text.at + plain_from, i - plain_from);
		put_escaped(out, c);
		plain_from = i + 1;
	}
	buf_put(out, text.at + plain_from, text.n - plain_from);
	buf_put_char(out, '"');
}

void put_number(struct buf *out, const char *name, int64_t number)
{
	buf_put_str(out, name);
	buf_put_int(out, number);
}

static void put_hex(struct buf *out, uint64_t number)
{
	char text[20];
	snprintf(text, sizeof text, "%016" PRIx64, number);
	buf_put_str(out, text);
}

static void put_argument(struct buf *out, char kind, va_list *args)
{
	switch (kind) {
	case 's':
		put_string(out, span_of(va_arg(*args, const char *)));
		break;
	case 'r':
		buf_put_str(out, va_arg(*args, const char *));
		break;
	case 't':
		put_string(out, va_arg(*args, struct span));
		break;
	case 'd':
		buf_put_int(out, va_arg(*args, int64_t));
		break;
	case 'x':
		put_hex(out, va_arg(*args, uint64_t));
		break;
	default:
		assert(false && "one of the five");
	}
}

void put_json(struct buf *out, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	for (const char *at = format; *at;) {
		size_t plain_n = strcspn(at, "'%");
		buf_put(out, at, plain_n);
		at += plain_n;
		if (*at == '\'') {
			buf_put_char(out, '"');
			at++;
		} else if (*at == '%') {
			put_argument(out, at[1], &args);
			at += 2;
		}
	}
	va_end(args);
}

void put_event(struct buf *out, const char *name)
{
	if (name) {
		buf_put_str(out, "event: ");
		buf_put_str(out, name);
		buf_put_char(out, '\n');
	}
	buf_put_str(out, "data: ");
}

void put_event_end(struct buf *out)
{
	buf_put_str(out, "\n\n");
}
