/* SPDX-License-Identifier: MIT */
/*
 * err: what went wrong, as a value.
 *
 * Functions that can fail for reasons outside the program take `struct err *` as the last
 * parameter, return false (or NULL), and fill it; on success it is untouched. The kind says who has
 * to act, and so which exit code the program ends with; the message says what is wrong and what
 * would be right, in one line without a final newline or full stop. Knows nobody. Any thread.
 */
#pragma once

#include <stdbool.h>

enum err_kind {
	ERR_NONE = 0,
	ERR_USAGE,   /* the command line or a file it names: exit 2 */
	ERR_INPUT,   /* input cannot be read: exit 6 */
	ERR_OUTPUT,  /* output cannot be written: exit 7 */
	ERR_INTERNAL /* ours: exit 70 */
};

struct err {
	enum err_kind kind;
	char msg[512]; /* NUL-terminated; longer text is cut and ends in "..." */
};

/* Fills e and returns false, so that a failing function can end with `return err_set(...)`. */
bool err_set(struct err *e, enum err_kind kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* As err_set, with ": " and the text of errno at the end. */
bool err_set_errno(struct err *e, enum err_kind kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
