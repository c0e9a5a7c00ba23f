/* SPDX-License-Identifier: MIT */
/*
 * result: the line that a settled record leaves as (product.md section 6).
 *
 * Built by splicing: the record's own bytes, then what is new before its closing brace: the values
 * of the emitted steps, in the plan's order, and our own member. Answers go from the server's bytes
 * to the output without being decoded. Pure; the writer's thread calls.
 */
#pragma once

#include "base/buf.h"
#include "work/plan.h"
#include "work/record.h"

#include <stdbool.h>

enum result_form {
	RESULT_JSON,  /* one JSON value a line */
	RESULT_SEQ,   /* RFC 7464: record separator before, line feed after */
	RESULT_BATCH, /* as the plan's batch format has it */
	RESULT_RAW,   /* the text of the one step that is emitted, and a line feed */
	RESULT_RAW0   /* the same and a NUL */
};

struct result_opts {
	enum result_form form;
	const struct plan *plan; /* borrowed */
	bool replaces; /* --existing replace: fields of the emitted steps' names make way */
	char *meta;    /* --meta: the member's name; NULL = none */
};

/*
 * Appends the record's output line, its end included: a settled record, which no fold owns, with a
 * stage for each step of the plan, or with none. False only at out's ceiling.
 */
bool result_put(struct buf *out, const struct record *r, const struct result_opts *o);

/*
 * Appends the record's line for the file of failed records: valid input, so that --retry-errors can
 * take it; a line that was no JSON goes there byte for byte. False only at out's ceiling.
 */
bool result_put_failed(struct buf *out, const struct record *r, const struct result_opts *o);
