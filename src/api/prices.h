/* SPDX-License-Identifier: MIT */
/*
 * prices: the prices of many models: LiteLLM's model map, as --prices gives it, or a small table
 * inside, which ages. Read once; read-only afterwards. Pure.
 */
#pragma once

#include "api/price.h"
#include "base/err.h"
#include "base/span.h"

#include <stdbool.h>

/* When the table inside was right. */
#define PRICES_BUILT_IN_DATE "2026-07-24"

struct prices;

/*
 * Reads a model map: a JSON object of objects, one for each model ("input_cost_per_token": 1.5e-07,
 * dollars). Tolerant: numbers may be strings, null is not known, unknown keys and entries that are
 * no objects are skipped, and so is "sample_spec"; a price that is no number is not known. Copies
 * what it keeps. NULL with err filled (ERR_PRICES) if it is no such map, or holds no price at all.
 */
struct prices *prices_read(struct span json, struct err *err);

/* Gives the table inside. */
struct prices *prices_built_in(void);

/*
 * Gives the price of a model that is asked by the API of that name (or NULL), borrowed until
 * prices_free; NULL = not known. Tried are, until one is there, each with the name that the map has
 * for the API before it ("azure/") and without: the model's name as it is; without a region's
 * prefix ("us."); without the name of a vendor in front, too ("openai/", at openrouter; Amazon's
 * "anthropic."); and the same without Amazon's version ("-v1:0") and then without a date at the end
 * (-20250929, -2025-09-29). *is_guess says that it is another entry than the model's own: the
 * longest name that the model's begins with, at a "-", "." or ":".
 */
const struct price *prices_find(
	const struct prices *p, const char *api, const char *model, bool *is_guess);

/*
 * Gives the name in the map that is most like that of a model which is not there, borrowed until
 * prices_free; NULL = none is near, or it is there.
 */
const char *prices_nearest(const struct prices *p, const char *model);

/* Frees it; fine on NULL. */
void prices_free(struct prices *p);
