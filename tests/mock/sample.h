/* SPDX-License-Identifier: MIT */
/*
 * sample: a small instance of a JSON schema, and the check of a schema that is to be obeyed
 * strictly.
 *
 * Follows what people use for the output of models ($ref within the schema, const, enum, anyOf,
 * required, bounds); a pattern is beyond it. Knows no API. Pure; any thread.
 */
#pragma once

#include "base/buf.h"

#include <jansson.h>
#include <stdbool.h>

/* Appends an instance: required members only, strings "mock", numbers 1, the first of an enum. */
void sample_put(struct buf *out, const json_t *schema);

/* Appends JSON of another type than an instance has; the schema may be NULL. */
void sample_put_mismatch(struct buf *out, const json_t *schema);

/*
 * True if each object in the schema forbids additional members and, if all_required, requires all
 * its members, as OpenAI's strict mode wants it.
 */
bool sample_is_strict(const json_t *schema, bool all_required);
