/* SPDX-License-Identifier: MIT */
/*
 * err: what went wrong, as a value.
 *
 * Functions that can fail for reasons outside the program take `struct err *` as the last
 * parameter, return false (or NULL), and fill it; on success it is untouched. The kind is the id
 * that a person sees, error[E-usage], and looks up in the manual; it says who has to act, and so
 * which exit code the program ends with. The message says what is wrong and, behind LOG_HELP, what
 * would be right; neither has a final newline or full stop. Knows nobody. Any thread.
 */
#pragma once

#include "base/log.h"

#include <stdbool.h>
#include <stddef.h>

enum err_kind {
	ERR_NONE = 0,
	/* The command line or a file it names; nothing was sent: exit 2. */
	ERR_USAGE,    /* an option, its value, or what does not go together */
	ERR_CONFIG,   /* the configuration file */
	ERR_FLOW,     /* a flow file */
	ERR_TEMPLATE, /* a template, or a path into a record */
	ERR_STEP,     /* steps: their names, numbers, what they need of each other */
	ERR_SCHEMA,   /* a schema */
	ERR_ENDPOINT, /* where to ask */
	ERR_MODEL,    /* whom to ask */
	ERR_KEY,      /* a key, a secret header */
	ERR_PRICES,   /* a price map, or a price it lacks */
	ERR_BUDGET,   /* a limit on money that cannot be kept */
	ERR_CACHE,    /* a cache file; of one that fails later, what was begun ends with exit 7 */
	ERR_FILE,     /* a file that cannot be opened, read or made */
	/* The others have exit codes of their own. */
	ERR_INPUT,    /* input cannot be read: exit 6 */
	ERR_OUTPUT,   /* output cannot be written: exit 7 */
	ERR_INTERNAL, /* ours: exit 70 */
	ERR_KINDS_N
};

struct err {
	enum err_kind kind;
	char msg[512]; /* NUL-terminated; longer text is cut and ends in "..." */
};

/* Fills e and returns false, so that a failing function can end with `return err_set(...)`. */
bool err_set(struct err *e, enum err_kind kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* As err_set, with ": " and the text of errno behind what is wrong. */
bool err_set_errno(struct err *e, enum err_kind kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* True if the command line, or a file that it names, will not do, and nothing was sent. */
bool err_is_usage(enum err_kind kind);

/* Gives the id's word, "usage" for ERR_USAGE; static text. Not for ERR_NONE. */
const char *err_kind_name(enum err_kind kind);

/* Says it on stderr as log_fault does; "FILE:3:5: " in front of the message is where. */
void err_say(const struct err *e);

/*
 * Copies a message of ours to where it has to be one text: with "; " for LOG_HELP. Cut to size,
 * which is not 0.
 */
void err_flatten(char *out, size_t size, const char *message);
