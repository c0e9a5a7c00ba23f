/* SPDX-License-Identifier: MIT */
#include "base/err.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const names[ERR_KINDS_N] = {
	[ERR_USAGE] = "usage",
	[ERR_CONFIG] = "config",
	[ERR_FLOW] = "flow",
	[ERR_TEMPLATE] = "template",
	[ERR_STEP] = "step",
	[ERR_SCHEMA] = "schema",
	[ERR_ENDPOINT] = "endpoint",
	[ERR_MODEL] = "model",
	[ERR_KEY] = "key",
	[ERR_PRICES] = "prices",
	[ERR_BUDGET] = "budget",
	[ERR_CACHE] = "cache",
	[ERR_FILE] = "file",
	[ERR_INPUT] = "input",
	[ERR_OUTPUT] = "output",
	[ERR_INTERNAL] = "internal",
};

__attribute__((format(printf, 3, 0))) static void format_message(
	struct err *e, enum err_kind kind, const char *format, va_list args)
{
	e->kind = kind;
	int n = vsnprintf(e->msg, sizeof e->msg, format, args);
	if (n >= (int)sizeof e->msg)
		memcpy(e->msg + sizeof e->msg - 4, "...", 4);
}

bool err_set(struct err *e, enum err_kind kind, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	format_message(e, kind, format, args);
	va_end(args);
	return false;
}

bool err_set_errno(struct err *e, enum err_kind kind, const char *format, ...)
{
	char reason[128], help[sizeof e->msg] = "";
	/* GNU strerror_r: the text may or may not be in the buffer given */
	const char *text = strerror_r(errno, reason, sizeof reason);
	va_list args;
	va_start(args, format);
	format_message(e, kind, format, args);
	va_end(args);
	size_t n = strcspn(e->msg, LOG_HELP);
	memcpy(help, e->msg + n, strlen(e->msg + n) + 1);
	snprintf(e->msg + n, sizeof e->msg - n, ": %s%s", text, help);
	return false;
}

bool err_is_usage(enum err_kind kind)
{
	return kind >= ERR_USAGE && kind <= ERR_FILE;
}

const char *err_kind_name(enum err_kind kind)
{
	assert(kind > ERR_NONE && kind < ERR_KINDS_N);
	return names[kind];
}

/*
 * Gives how long the place is that stands before the first ": " of the text, "FILE:3:5", 0 if there
 * is none. What begins with a dash is an option, whose value may look like that.
 */
static size_t where_length(const char *text)
{
	static const char digits[] = "0123456789";
	const char *end = strstr(text, ": "), *at = end;
	if (!end || *text == '-')
		return 0;
	for (int numbers_n = 0; numbers_n < 2; numbers_n++) {
		const char *last = at;
		while (at > text && strchr(digits, at[-1]))
			at--;
		if (at == last || at == text || *--at != ':')
			return 0;
	}
	return at > text ? (size_t)(end - text) : 0;
}

void err_say(const struct err *e)
{
	char where[sizeof e->msg];
	size_t n = where_length(e->msg);
	snprintf(where, sizeof where, "%.*s", (int)n, e->msg);
	log_fault(LOG_ERROR, n ? where : NULL, err_kind_name(e->kind), e->msg + (n ? n + 2 : 0));
}

void err_flatten(char *out, size_t size, const char *message)
{
	size_t n = 0;
	for (; *message && n + 1 < size; message++) {
		bool is_mark = *message == *LOG_HELP;
		out[n++] = is_mark ? ';' : *message;
		if (is_mark && n + 1 < size)
			out[n++] = ' ';
	}
	out[n] = '\0';
}
