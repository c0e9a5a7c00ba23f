/* SPDX-License-Identifier: MIT */
/*
 * endpoints: from what the command line and the environment say about whom to ask, to endpoints
 * with their keys. Start-up only.
 */
#pragma once

#include "app/config.h"
#include "base/err.h"
#include "work/endpoint.h"
#include "work/plan.h"

#include <stdbool.h>

/* The most endpoints a run may have. */
enum { ENDPOINTS_MAX = 64 };

/* Those of the pool, which are of tier 0, then the fallbacks in their order. */
struct endpoints {
	struct endpoint *items; /* owned */
	unsigned n;
};

/*
 * Fills list (zeroed) with at least one endpoint. Reads keys. False with err filled (ERR_USAGE),
 * which never holds a secret; the list is then to be released all the same.
 */
bool endpoints_make(struct endpoints *list, const struct endpoint_opts *o, struct err *err);

/* True if each has a model; else false with err filled, which names the one that has none. */
bool endpoints_check_models(const struct endpoints *list, struct err *err);

/*
 * True if each has a place for what the step says besides the prompt; else false with err filled,
 * which names the option and the API.
 */
bool endpoints_check_step(const struct endpoints *list, const struct step *step, struct err *err);

/* Gives how many are of the pool. */
unsigned endpoints_pool_n(const struct endpoints *list);

/* Frees what the list holds, the secrets overwritten first; fine on a zeroed one. */
void endpoints_release(struct endpoints *list);
