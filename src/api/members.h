/* SPDX-License-Identifier: MIT */
/*
 * members: the fields of a request body besides the conversation: those an API's file sets, and the
 * user's --param.
 *
 * A path is a name, or names with dots between them for fields of objects:
 * "generationConfig.maxOutputTokens". What is added later wins over the same path; an object meets
 * what others say of its fields, and they win. Borrows all it is given until it is written. Pure.
 */
#pragma once

#include "base/buf.h"
#include "base/span.h"
#include "work/ask.h"
#include "work/plan.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The API's own and as many --param as work/plan takes. */
enum { MEMBERS_MAX = STEP_PARAMS_MAX + 15 };

struct member {
	struct span path;
	struct span json; /* a JSON value */
};

struct members {
	struct member items[MEMBERS_MAX];
	size_t n;
	char numbers[4][24]; /* what members_add_int has written */
	size_t numbers_n;
	const char *dropped[2]; /* what members_drop was told */
	size_t dropped_n;
};

/* Starts with none; leaves the arrays as they are. */
void members_init(struct members *m);

/* Adds or replaces one; path is a literal. */
void members_add(struct members *m, const char *path, struct span json);

/* The same for a whole number; at most four times. */
void members_add_int(struct members *m, const char *path, int64_t n);

/*
 * Adds the step's params and, for one of several samples, the API's seed, unless the record brings
 * its own request: the sample's number, or what it is added to, a whole number that a --param
 * gives. What else a --param says in its place stays.
 */
void members_add_params(struct members *m, const struct ask *ask);

/* True if a --param is the member of that name, or a part of it. */
bool members_has_param(const struct step *s, const char *name);

/*
 * True unless a --param is about the member that the system message is written as, which would then
 * be there twice: false with fault filled.
 */
bool members_check_system(const struct step *s, const char *name, struct fault *fault);

/*
 * Leaves the member of that name, a literal, out of a record's own body, though nothing takes its
 * place; at most twice.
 */
void members_drop(struct members *m, const char *name);

/* Appends them, each after a comma. False at out's ceiling. */
bool members_put(const struct members *m, struct buf *out);

/*
 * Appends the record's own body, for ASK_BODY, as a whole request: byte for byte, but for these
 * members, those dropped and, unless model_name is NULL, that of the model, if the endpoint has
 * one. False with fault filled if it grows too large.
 */
bool members_put_over_body(struct members *m, const struct ask *ask, const char *model_name,
	struct buf *out, struct fault *fault);

/* Fills the fault for a request that is larger than out may become; returns false. */
bool members_too_large(const struct buf *out, struct fault *fault);
