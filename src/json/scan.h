/* SPDX-License-Identifier: MIT */
/*
 * scan: JSON read where it lies, strictly (RFC 8259, UTF-8, depth).
 *
 * json_scan validates a text whose parts are then found with json/walk.h. json_pull does both in
 * one pass, for texts of which little is wanted: the caller enters the containers it knows, and
 * what it passes over is validated all the same. Knows nothing of records or models. Pure; any
 * thread.
 */
#pragma once

#include "base/buf.h"
#include "base/span.h"
#include "json/walk.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The deepest nesting of arrays and objects that is accepted. */
#define JSON_DEPTH_MAX 512

struct json_fault {
	size_t offset;      /* of the first byte that is wrong, from the start of the text */
	const char *reason; /* static: what was expected or found, "control character in string" */
};

/*
 * Validates that `text` is exactly one JSON value with optional white space around it.
 * True: *value is the value without that white space. False: *fault says where and why.
 */
bool json_scan(struct span text, struct span *value, struct json_fault *fault);

/* Where a scan stands; private to scan.c. */
struct json_state {
	const char *end;
	const char *wrong_at; /* NULL until something is wrong */
	const char *reason;
	size_t depth;
	char closer;                           /* of the innermost open container; 0 outside all */
	uint64_t objects[JSON_DEPTH_MAX / 64]; /* a bit per open container: set for an object */
};

/*
 * Reads a text not yet validated, part by part:
 *
 *         json_pull_init(&p, text);
 *         if (json_pull_enter(&p))             the outermost value, if it is a container
 *                 while (json_pull_next(&p))   its members or items, to the end:
 *                         look at p.key; take json_pull_value(&p), or enter, or do neither
 *         ok = json_pull_end(&p, &fault);
 *
 * What was found counts only if json_pull_end says so. A loop once entered goes on until
 * json_pull_next is false.
 */
struct json_pull {
	struct span key;  /* of the current member of an object, with its quotes */
	const char *text; /* the rest is private */
	const char *at;   /* NULL once something is wrong: then nothing more is found */
	bool is_open;     /* the current value has not been read yet */
	bool is_first;    /* no comma before the next member */
	struct json_state state;
};

/* Starts at the outermost value. Borrows the bytes. */
void json_pull_init(struct json_pull *p, struct span text);

/*
 * Enters the current value if it is a container that was not read yet; any other it passes over.
 * False if not entered.
 */
bool json_pull_enter(struct json_pull *p);

/*
 * Moves to the next member or item of the innermost container entered; false at its end, which
 * leaves it.
 */
bool json_pull_next(struct json_pull *p);

/* Gives the current value, validated; a missing span if it was read already, or is wrong. */
struct span json_pull_value(struct json_pull *p);

/* True if the current value was not read yet and, by its first byte, is of that kind. */
bool json_pull_is(const struct json_pull *p, enum json_kind kind);

/*
 * Reads the current value if it is an array of numbers, at the speed of json/numbers.h: *n is how
 * many. One with white space in it is appended to copy without that, and given as it is there,
 * unless copy is NULL. A missing span, and nothing read, if it is anything else.
 */
struct span json_pull_numbers(struct json_pull *p, struct buf *copy, size_t *n);

/* Reads what is left. True if all of the text was one valid value; false with fault filled. */
bool json_pull_end(struct json_pull *p, struct json_fault *fault);
