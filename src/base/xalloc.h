/* SPDX-License-Identifier: MIT */
/*
 * xalloc: memory that is there, or the end of the program.
 *
 * For everything whose size pllm itself chooses. Running out prints one line and ends the process
 * with exit code 70, so the callers stay straight. What the outside world sizes (a line, an answer)
 * goes through struct buf instead, which has a ceiling and returns an error at it.
 * Any thread may call. Everything returned is freed with free().
 */
#pragma once

#include <stddef.h>

/* The exit code of a program that ran out of memory (product.md section 7). */
#define XALLOC_EXIT_CODE 70

/* Gives `size` bytes, not zeroed. Never NULL, also for 0. */
void *xmalloc(size_t size) __attribute__((malloc, alloc_size(1), returns_nonnull));

/* Gives n * size bytes, zeroed; an overflow of the product counts as out of memory. */
void *xcalloc(size_t n, size_t size) __attribute__((malloc, alloc_size(1, 2), returns_nonnull));

/* Takes `old` (or NULL) and gives it back with room for n * size bytes. */
void *xrealloc(void *old, size_t n, size_t size) __attribute__((alloc_size(2, 3), returns_nonnull));

/* Gives a NUL-terminated copy of the n bytes at `from`. */
char *xmemdup(const char *from, size_t n) __attribute__((malloc, returns_nonnull));

/* Gives a copy of the string `from`. */
char *xstrdup(const char *from) __attribute__((malloc, returns_nonnull));

/* Gives printf's text; for the short strings of start-up, not for the per-record path. */
char *xasprintf(const char *format, ...)
	__attribute__((malloc, format(printf, 1, 2), returns_nonnull));

/* Says that memory is out and ends the process with XALLOC_EXIT_CODE; writes only to fd 2. */
_Noreturn void xalloc_die(void);
