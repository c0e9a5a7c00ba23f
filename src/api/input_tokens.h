/* SPDX-License-Identifier: MIT */
/*
 * input_tokens: about how many tokens of input a written request is billed as.
 *
 * Counts what the model reads: texts, a little for each message, schemas and tools as they stand, a
 * picture as what pictures usually are. Names of fields, limits and the model's name are no part of
 * it, which for short prompts are most of the bytes. Knows the field names of all wire APIs, not
 * which of them it is. Pure; any thread.
 */
#pragma once

#include "base/span.h"

/* Gives the estimate for a request's body, scanned JSON, borrowed; see work/tokens.h for texts. */
double input_tokens_estimate(struct span body);
