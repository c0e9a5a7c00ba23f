/* SPDX-License-Identifier: MIT */
/*
 * reader: the front door. A thread that cuts input into records and hands them on in batches.
 *
 * It may block on a slow input; nobody waits for it. Each record arrives scanned: a line that is no
 * JSON is a record with a fault, never an end. It stops reading when the loop does not take: what
 * it holds is bounded by count, by bytes, and by one longest record. The input is never switched to
 * non-blocking. All verbs are for the loop's thread.
 */
#pragma once

#include "base/err.h"
#include "base/wake.h"
#include "work/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum input_format {
	INPUT_JSONL, /* one JSON value a line */
	INPUT_LINES, /* each line is a string */
	INPUT_SEQ, /* RFC 7464: a record separator before each value; JSONL is understood as well */
	INPUT_OPENAI_BATCH,   /* JSONL, each a request; see work/batch.h */
	INPUT_ANTHROPIC_BATCH /* likewise */
};

struct reader_opts {
	char *path; /* "-" or NULL = standard input */
	int format; /* enum input_format */
	uint64_t record_max_bytes;
	bool revives;            /* --retry-errors: records that failed before come as new */
	const struct plan *plan; /* borrowed: those that failed in its steps do; NULL = in any */
};

struct plan;
struct reader;

/*
 * Opens the input and starts the thread. Borrows opts and wake for the reader's life; wake is
 * called when records or the end arrive. NULL with err filled: ERR_FILE if the file cannot be
 * opened.
 */
struct reader *reader_new(const struct reader_opts *opts, struct wake *wake, struct err *err);

/* Gives up to n records in input order; how many. The records are the caller's. */
size_t reader_take(struct reader *r, struct record **out, size_t n);

/* True if records wait to be taken. */
bool reader_has_records(struct reader *r);

/* Gives how many bytes there are to read, if the input is a regular file; else 0. */
uint64_t reader_input_bytes(const struct reader *r);

/* True once everything has been read, or reading was stopped, and all records were taken. */
bool reader_is_done(struct reader *r);

/* Asks the thread to read no further, and returns at once; records already cut still come. */
void reader_stop(struct reader *r);

/* Once reader_is_done: false with err filled (ERR_INPUT) if the end was a read error. */
bool reader_check(struct reader *r, struct err *err);

/* Stops and joins the thread and frees everything, records not taken included; fine on NULL. */
void reader_free(struct reader *r);
