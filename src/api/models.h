/* SPDX-License-Identifier: MIT */
/*
 * models: where each API lists the models it has, how to read that list, and whether a name is on
 * it. Pure.
 */
#pragma once

#include "api/api.h"
#include "base/strings.h"

#include <stdbool.h>

enum {
	MODELS_MAX = 10000, /* names that are read; of more, nobody waits for the end */
	MODELS_NAME_MAX_BYTES = 512
};

/*
 * Gives (allocated) the URL at which the endpoint lists its models: its base URL and the API's
 * path, and as many on the first page as may be; NULL = the API has no such list that a key for
 * requests may see.
 */
char *models_url(const struct endpoint *e);

/*
 * True if a vendor shows that list to who has a good key only: then having got it proves the key,
 * unless the server is one that takes any.
 */
bool models_prove_key(const struct api *api);

/*
 * Appends the names in a list's page, as -m takes them, to out. False, with out and *is_all as they
 * were, if it is no such list. Only the first page is read; *is_all says whether that was all, so
 * that a name which is not there does not exist. It never is where the list is of something else:
 * Azure's -m are deployments, and what TEI says is one model whatever -m is. *odd_n, unless odd_n
 * is NULL, is how many of the page are no names: too long, none, or with what -m cannot say. Total.
 */
bool models_read(
	const struct api *api, struct span body, struct strings *out, bool *is_all, size_t *odd_n);

/*
 * True if the model is among the names: by itself, as the API's short form of one ("llama3" of
 * "llama3:latest", "x-latest" of "x-20250929"), or as a variant of one ("vendor/x:free").
 */
bool models_have(const struct api *api, const struct strings *names, const char *model);
