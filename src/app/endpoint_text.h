/* SPDX-License-Identifier: MIT */
/*
 * endpoint_text: one --endpoint or --fallback as it was written, cut into its parts. Start-up only.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct api;

/* What was said of one endpoint; NULL and 0 = nothing was. */
struct endpoint_text {
	bool embeds;           /* said before all else: its API is one that gives vectors */
	const struct api *api; /* borrowed static row */
	char *base;            /* owned: the base URL */
	char *model;           /* owned */
	char *key_env;         /* owned: a variable's name, or "none" */
	double weight;         /* > 0 */
	int64_t max;           /* >= 1 */
	int64_t rpm;           /* >= 1 */
	int64_t tpm;           /* >= 1 */
};

/*
 * Cuts "URL[,key=value]..." into t (zeroed but for embeds). False with err filled (ERR_ENDPOINT); t
 * is then to be released all the same. The URL is not looked into.
 */
bool endpoint_text_parse(struct endpoint_text *t, const char *text, struct err *err);

/*
 * The same for "[URL,][key=value,]...[MODEL]", in any order: what has "://" in it is the URL, what
 * has no "=" the model. At least one of the two is there.
 */
bool endpoint_text_parse_fallback(struct endpoint_text *t, const char *text, struct err *err);

/* Makes t (zeroed) another one that says the same. */
void endpoint_text_copy(struct endpoint_text *t, const struct endpoint_text *from);

/* Gives the row of that name, of those that give vectors (embeds) or of the others; or NULL. */
const struct api *endpoint_text_find_api(const char *name, bool embeds);

/*
 * Fills err, which begins with the option, for an API that is none of them: it is one of the
 * others; or with the nearest name, or all. Returns false.
 */
bool endpoint_text_refuse_api(const char *option, const char *name, bool embeds, struct err *err);

/* Frees what t holds; fine on a zeroed one. */
void endpoint_text_release(struct endpoint_text *t);
