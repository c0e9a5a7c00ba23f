/* SPDX-License-Identifier: MIT */
/*
 * fields: the members of a request body are checked, and refused in the vendor's words.
 *
 * What the readers of all dialects share. Every check that fails has filled *e; its `voice` says
 * whose words are used. Knows no HTTP. One thread at a time.
 */
#pragma once

#include "ask.h"
#include "reply.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* A number with a range. */
struct number_rule {
	const char *name;
	bool is_whole;
	double min, max;
};

/* Fills e with parameter and code (either may be NULL) and gives false. */
bool fields_refuse(struct api_error *e, const char *param, const char *code);

/* Says that a member is missing, and gives false. */
bool fields_missing(struct api_error *e, const char *param);

/* Says that a member is of a wrong type, and gives false. */
bool fields_type(struct api_error *e, const char *param, const char *wanted);

/* Says that a member has a value that is none of those it may have, and gives false. */
bool fields_value(struct api_error *e, const char *param, const char *value);

/* True if each of the n members that is there is a number in its range; null is as absent. */
bool fields_numbers(
	const json_t *tree, const struct number_rule *rules, size_t n, struct api_error *e);

/* True if the tree has no members but these; names ends with NULL. */
bool fields_known(json_t *tree, const char *const *names, struct api_error *e);

/* Reads a boolean that may be absent or null (then *flag is unchanged). */
bool fields_flag(const json_t *tree, const char *name, bool *flag, struct api_error *e);

/* Reads the name of the model from a member of that name; it must be a string that is not empty. */
bool fields_model(struct ask *ask, struct api_error *e);

/* Gives a member that is a whole number, or 0. */
int64_t fields_whole(const json_t *tree, const char *name);

/* True if a string is one of these; names ends with NULL. A NULL string is none. */
bool fields_is_one_of(const char *text, const char *const *names);

/* Gives the member of that name as a string, borrowed; NULL if it is none. */
const char *fields_text(const json_t *tree, const char *name);

/* Reads a body, which must be a JSON object, into ask->tree. */
bool fields_load(struct ask *ask, struct span body, struct api_error *e);
