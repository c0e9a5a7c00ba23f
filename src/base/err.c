/* SPDX-License-Identifier: MIT */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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
	char reason[128];
	/* GNU strerror_r: the text may or may not be in the buffer given */
	const char *text = strerror_r(errno, reason, sizeof reason);
	va_list args;
	va_start(args, format);
	format_message(e, kind, format, args);
	va_end(args);
	size_t n = strlen(e->msg);
	snprintf(e->msg + n, sizeof e->msg - n, ": %s", text);
	return false;
}
