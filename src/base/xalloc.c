/* SPDX-License-Identifier: MIT */
#include "base/xalloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * _exit, not exit: another thread may be in the middle of anything, and running atexit handlers
 * (OpenSSL's among them) without memory is asking for a crash in place of a clear end.
 */
void xalloc_die(void)
{
	static const char text[] = "pllm: out of memory\n";
	if (write(STDERR_FILENO, text, sizeof text - 1) < 0)
		_exit(XALLOC_EXIT_CODE);
	_exit(XALLOC_EXIT_CODE);
}

void *xmalloc(size_t size)
{
	void *p = malloc(size ? size : 1);
	if (!p)
		xalloc_die();
	return p;
}

void *xcalloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);
	if (!p)
		xalloc_die();
	return p;
}

void *xrealloc(void *old, size_t n, size_t size)
{
	size_t bytes;
	if (__builtin_mul_overflow(n, size, &bytes))
		xalloc_die();
	void *p = realloc(old, bytes ? bytes : 1);
	if (!p)
		xalloc_die();
	return p;
}

char *xmemdup(const char *from, size_t n)
{
	char *copy = xmalloc(n + 1);
	if (n)
		memcpy(copy, from, n);
	copy[n] = '\0';
	return copy;
}

char *xstrdup(const char *from)
{
	return xmemdup(from, strlen(from));
}

char *xasprintf(const char *format, ...)
{
	char *text = NULL;
	va_list args;
	va_start(args, format);
	int n = vasprintf(&text, format, args);
	va_end(args);
	if (n < 0)
		xalloc_die();
	return text;
}
