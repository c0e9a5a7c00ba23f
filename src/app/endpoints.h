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

/* Those of tier 0, pool by pool, then the fallbacks in their order, which serve all pools. */
struct endpoints {
	struct endpoint *items; /* owned */
	unsigned n;
};

/*
 * Fills list (zeroed) with the pools of the plan's models, each of at least one endpoint, and the
 * fallbacks of all. A model's pool are the endpoints that name it, or else those that name none;
 * the usual model's are all, and those that name another have that. Reads keys. False with err
 * filled, which never holds a secret; the list is then to be released all the same.
 */
bool endpoints_make(struct endpoints *list, const struct endpoint_opts *o, const struct plan *plan,
	struct err *err);

/* True if the step may be asked at e. */
bool endpoints_asks(const struct step *step, const struct endpoint *e);

/*
 * True if each endpoint that the step may be asked at has a model; else false with err filled,
 * which names the endpoint, or the step if there are several pools.
 */
bool endpoints_check_models(const struct endpoints *list, const struct step *step, struct err *err);

/*
 * True if each endpoint that the step may be asked at has a place for what the step says besides
 * the prompt; else false with err filled, which names the option and the API.
 */
bool endpoints_check_step(const struct endpoints *list, const struct step *step, struct err *err);

/* Gives how many are of that pool; 0 if there is no such pool. */
unsigned endpoints_pool_n(const struct endpoints *list, unsigned pool);

/* Frees what the list holds, the secrets overwritten first; fine on a zeroed one. */
void endpoints_release(struct endpoints *list);
