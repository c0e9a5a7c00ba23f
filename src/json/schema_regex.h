/* SPDX-License-Identifier: MIT */
/*
 * schema_regex: ECMAScript's regular expressions, on PCRE2, with an end to their patience.
 *
 * Private to the schema. A compiled expression never changes; a schema_match belongs to one check.
 */
#pragma once

#include "base/buf.h"
#include "base/span.h"

#include <stdbool.h>
#include <stddef.h>

struct schema_regex;       /* private */
struct schema_match_state; /* private */

enum schema_found {
	SCHEMA_FOUND_NO,
	SCHEMA_FOUND_YES,
	SCHEMA_FOUND_UNKNOWN /* the steps, or the memory for it, ran out first */
};

/* What matching needs while a check lasts; zeroed to begin with. */
struct schema_match {
	struct schema_match_state *state;
};

/*
 * Compiles a pattern, plain UTF-8, borrowed. NULL with why filled (a part of a sentence,
 * NUL-terminated, cut to n bytes) if it is not one, or not one that is known here.
 */
struct schema_regex *schema_regex_new(struct span pattern, char *why, size_t n);

/* Frees it; fine on NULL. */
void schema_regex_free(struct schema_regex *regex);

/*
 * Says whether the plain UTF-8 text matches somewhere, taking from *steps, which may end below 0,
 * in proportion to the work.
 */
enum schema_found schema_regex_find(const struct schema_regex *regex, struct span text,
	struct schema_match *match, long *steps);

/* Frees what m came to hold; fine on a zeroed one. */
void schema_match_release(struct schema_match *m);

/*
 * Appends the ECMAScript pattern as one for PCRE2 that means the same. NULL if it could; else a
 * static part of a sentence that says what is wrong, and *offset is where in the pattern.
 */
const char *schema_ecma_translate(struct span pattern, struct buf *out, size_t *offset);
