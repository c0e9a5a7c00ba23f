/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 2048 };

static atomic_int shown = LOG_WARNING;

void log_set_level(enum log_level level)
{
	atomic_store(&shown, (int)level);
}

/*
 * A terminal obeys C0, DEL and, from UTF-8, C1 (U+0080 to U+009F, bytes c2 80 to c2 9f); a line
 * feed would let what is quoted begin a line of its own that looks like ours. They are replaced in
 * place by '?', so that the line keeps its length; exact bytes are for pipes, and stderr quotes
 * only.
 */
static void disarm(char *text)
{
	for (unsigned char *p = (unsigned char *)text; *p; p++) {
		if (p[0] == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f) {
			*p++ = '?';
			*p = '?';
		} else if ((*p < 0x20 && *p != '\t') || *p == 0x7f) {
			*p = '?';
		}
	}
}

void log_say(enum log_level level, const char *format, ...)
{
	if ((int)level > atomic_load(&shown))
		return;
	char line[LINE_MAX_BYTES] = "pllm: ";
	size_t n = 6;
	va_list args;
	va_start(args, format);
	int wanted = vsnprintf(line + n, sizeof line - n - 1, format, args);
	va_end(args);
	if (wanted < 0)
		return;
	size_t room = sizeof line - n - 2;
	n += (size_t)wanted < room ? (size_t)wanted : room;
	disarm(line);
	line[n++] = '\n';
	/* Nothing can be done about a stderr that cannot be written. */
	if (write(STDERR_FILENO, line, n) < 0)
		return;
}
