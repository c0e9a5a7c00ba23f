/* SPDX-License-Identifier: MIT */
/* Stands in for base/log: what is said is part of the trace, and seen by the laws. */
#include "base/log.h"

#include "check.h"
#include "world.h"

#include <stdarg.h>
#include <stdio.h>

void log_set_level(enum log_level level)
{
	(void)level;
}

void log_fault(enum log_level level, const char *where, const char *id, const char *text)
{
	log_say(level, "%s: error[E-%s]: %s", where ? where : "", id, text);
}

void log_say(enum log_level level, const char *format, ...)
{
	char line[400];
	va_list args;
	va_start(args, format);
	vsnprintf(line, sizeof line, format, args);
	va_end(args);
	world_trace("%s", line);
	check_said(level == LOG_ERROR);
}
