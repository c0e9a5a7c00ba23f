/* SPDX-License-Identifier: MIT */
/*
 * entry_form: what the form of an entry ends with: where its parts are, and numbers.
 *
 * Private to work/entry.c, which says what stands before. Little-endian, of fixed length. Whether
 * the numbers make sense is not looked at here. Pure; any thread, one at a time.
 */
#pragma once

#include "base/buf.h"
#include "base/span.h"

#include <stdbool.h>
#include <stdint.h>

/* What a form may hold of an answer, kind by kind. */
enum part {
	PART_TEXT, /* escaped texts */
	PART_MODEL,
	PART_TIER,
	PART_VALUE, /* JSON */
	PART_TOOL_CALLS,
	PART_LOGPROBS,
	PART_USAGE,
	PART_ENDPOINT, /* plain UTF-8 */
	PART_MESSAGE,
	PART_REQUEST_ID, /* bytes */
	PART_FLOATS,
	PARTS_N
};

enum count {
	COUNT_INPUT, /* these are -1 where nothing is known */
	COUNT_OUTPUT,
	COUNT_CACHED,
	COUNT_REASONING,
	COUNT_FIRST_BYTE_MS,
	COUNT_CACHE_WRITE, /* these never */
	COUNT_CACHE_WRITE_LONG,
	COUNT_MS,
	COUNTS_N
};

enum {
	FORM_SUM_BYTES = 8,
	FORM_FACTS_BYTES = 8 * PARTS_N + 8 * COUNTS_N + 4 * 4 + 4,
	FORM_END_BYTES = FORM_FACTS_BYTES + FORM_SUM_BYTES /* facts and checksum */
};

#define FORM_NOWHERE UINT32_MAX

enum form_flag { FORM_IS_SCALED = 1 };

struct form_facts {
	uint32_t at[PARTS_N]; /* from the form's start; FORM_NOWHERE = there is no such part */
	uint32_t n[PARTS_N];
	int64_t counts[COUNTS_N];
	uint32_t body_n; /* the bytes that came */
	uint32_t status;
	uint32_t attempts_n;
	uint8_t outcome, finish, tier, flags;
};

/* Appends the facts, without a checksum. */
void form_put_facts(struct buf *form, const struct form_facts *f);

/* Takes them off the end of a form to which nothing was added since. */
void form_take_facts(struct buf *form, struct form_facts *f);

/* Appends the checksum of what is there; what passed the form's ceiling before becomes empty. */
void form_seal(struct buf *form);

/* Reads the facts. False if the form is too short, damaged, or of another version. */
bool form_read(struct span form, struct form_facts *f);
