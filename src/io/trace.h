/* SPDX-License-Identifier: MIT */
/*
 * trace: a file with a line of JSON for each attempt: what was sent and what came back.
 *
 * For finding out what happened, not for every day: a write for each attempt. Keys are never in it:
 * headers are not written, and bodies are without what endpoints call secret. Mode 0600. The loop's
 * thread.
 */
#pragma once

#include "base/err.h"
#include "work/attempt.h"

#include <stdbool.h>
#include <stdint.h>

struct trace;

/* What the line says besides the attempt. */
struct trace_entry {
	const struct attempt *attempt; /* borrowed; finished */
	int64_t wall_ms;               /* when it ended: since 1970 */
	uint64_t line;       /* of the input; of a pack, of its first text; 0 = not known */
	const char *step;    /* borrowed; plain; NULL = not known */
	unsigned n;          /* which try of the request it was, from 1 */
	const char *outcome; /* static: what the API says of it */
};

/*
 * Makes the file, which must not be there, or be ours, regular, under one name, for nobody else to
 * read, and no other run's; what is in it stays until trace_begin. No links, no descriptors, no
 * pipes: what is in it is for one reader. NULL with err filled (ERR_FILE).
 */
struct trace *trace_open(const char *path, struct err *err);

/* The run begins: what was in the file goes. */
void trace_begin(struct trace *t);

/*
 * Keeps a copy of a finished attempt's answer for trace_put, which comes next: who reads a stream
 * gives its bytes up. Not needed where nobody reads first. Borrows the attempt.
 */
void trace_see(struct trace *t, const struct attempt *attempt);

/*
 * Writes the line. The first failure is said once, as a warning, and nothing more is written; what
 * is there are whole lines.
 *
 *         {"time":"2026-11-22T16:40:00.123Z","line":7,"step":"draft","attempt":1,
 *          "endpoint":"https://...","url":"https://...","model":"...","wire":"complete",
 *          "status":200,"outcome":"answered","ms":812,"first_byte_ms":640,"request_id":"...",
 *          "detail":null,"request":{...},"response":{...}}
 *
 * A body that is JSON stands there as it is but for white space, any other as a string, none as
 * null; so does what is not known. One that has a secret behind escapes is left out, and a string
 * says so.
 */
void trace_put(struct trace *t, const struct trace_entry *entry);

/*
 * Closes the file; false with err filled (ERR_OUTPUT), unless that is NULL, if something was not
 * written. Fine on NULL.
 */
bool trace_close(struct trace *t, struct err *err);
