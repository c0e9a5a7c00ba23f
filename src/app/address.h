/* SPDX-License-Identifier: MIT */
/*
 * address: where exactly an endpoint is asked, from a base URL as people write it.
 *
 * An API's path is appended to the base as its SDK takes it; a base that has a part of the path
 * already, or all of it, is understood too. Azure's has two forms, and OLLAMA_HOST need be no URL.
 * Start-up only.
 */
#pragma once

#include "base/err.h"
#include "work/endpoint.h"

#include <stdbool.h>

struct api;

/*
 * Fills name, base, query, url, origin and is_loopback of e, whose api, model, is_streamed and
 * base_env are known, from the base URL; may put another row of the same vendor in the place of
 * e->api. False with err filled.
 */
bool address_set(struct endpoint *e, const char *base, struct err *err);

/*
 * Gives (allocated) the base URL that the environment or the API's row says; NULL with err filled
 * (says which variable would help) if neither does.
 */
char *address_default(const struct api *api, struct err *err);

/*
 * Gives (static) the name of the variable that address_default heeds, which may be that of a
 * region; "" = it is built in.
 */
const char *address_default_env(const struct api *api);

/* Gives (static) the name of the variable that says the region of Amazon's; NULL = none does. */
const char *address_region_env(void);

/* Gives (static) the name of the variable that says Azure's api-version; NULL = none does. */
const char *address_version_env(void);

/*
 * Gives (allocated) the base URL to try where e's is not found: with the version that its API's own
 * has at the end, or without one that it has not; NULL = none.
 */
char *address_other_base(const struct endpoint *e);
