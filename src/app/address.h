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
 * Fills name, base, query, url, origin and is_loopback of e, whose api, model and is_streamed are
 * known, from the base URL; may put another row of the same vendor in the place of e->api. False
 * with err filled (ERR_USAGE).
 */
bool address_set(struct endpoint *e, const char *base, struct err *err);

/*
 * Gives (allocated) the base URL that the environment or the API's row says; NULL with err filled
 * (ERR_USAGE; says which variable would help) if neither does.
 */
char *address_default(const struct api *api, struct err *err);
