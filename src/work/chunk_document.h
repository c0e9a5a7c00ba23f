/* SPDX-License-Identifier: MIT */
/*
 * chunk_document: a record whose text is cut, and the lines that its chunks leave as.
 *
 *         {"id":7,"text":"One. Two.","lang":"en"}
 *
 *         {"id":7,"text":"One. ","lang":"en","chunk":0,"chunks":2,"start":0,"end":5}
 *         {"id":7,"text":"Two.","lang":"en","chunk":1,"chunks":2,"start":5,"end":9}
 *
 * Each line is the record's own bytes with the chunk where the text was, however deep, and four
 * fields at the end; start and end are bytes of the text as UTF-8, escapes decoded. With
 * --keep-fields only some of the record's fields are left, of which the one with the text is always
 * one. A record that is a string leaves as an object with the field `text`. Pure; any thread.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/strings.h"
#include "json/path.h"
#include "work/chunk.h"
#include "work/record.h"

#include <stdbool.h>
#include <stddef.h>

enum chunk_keep { CHUNK_KEEPS_ALL, CHUNK_KEEPS_NONE, CHUNK_KEEPS_NAMED };

/* What is done with each document: the options, understood. */
struct chunk_plan {
	const struct chunk_opts *opts; /* borrowed */
	struct path field;             /* begins with a name, or is the whole record */
	bool takes_strings;            /* records that are strings are their own text */
	enum chunk_keep keeps;
	struct strings names; /* that are kept */
};

/*
 * Understands the options, which it borrows for the plan's life; a NULL is as its default. False
 * with err filled, the plan then being empty.
 */
bool chunk_plan_init(struct chunk_plan *plan, const struct chunk_opts *opts, struct err *err);

/* Frees what the plan holds; fine on a zeroed one. */
void chunk_plan_release(struct chunk_plan *plan);

/* One document at a time; what it holds grows with the largest so far. */
struct chunk_document {
	const struct chunk_plan *plan; /* borrowed */
	struct span text;              /* decoded: of the record, or of `plain` */
	struct span head, tail;        /* of each line, around the chunk; likewise of `kept` */
	struct buf plain, kept;
	struct chunks chunks; /* .n = how many lines it leaves as */
};

/* Makes an empty document. Borrows the plan for its life. */
void chunk_document_init(struct chunk_document *d, const struct chunk_plan *plan);

/* Frees what the document holds. */
void chunk_document_release(struct chunk_document *d);

/*
 * Cuts a scanned record that is open, borrowed until the document's next or its end. False if it
 * is settled instead: no JSON, failed before, without a text, or with a field of the chunks' own.
 */
bool chunk_document_cut(struct chunk_document *d, struct record *r);

/* Appends the line of chunk i (< chunks.n), without its end. False only at out's ceiling. */
bool chunk_document_put(const struct chunk_document *d, size_t i, struct buf *out);
