/* SPDX-License-Identifier: MIT */
/* sched_rooms: what the scheduler works with. */
#pragma once

#include "io/cache.h"
#include "io/http.h"
#include "work/endpoint.h"
#include "work/plan.h"

struct estimate;
struct spend_opts;
struct trace;

/* All borrowed. */
struct sched_rooms {
	const struct plan *plan;
	const struct endpoint *endpoints; /* the pool's, then each fallback's, by tier */
	unsigned endpoints_n;             /* >= 1 */
	struct http *http;
	struct cache *cache;            /* of answers; NULL = none */
	const struct spend_opts *money; /* what answers cost, and may; NULL = nobody asks */
	struct estimate *estimate;      /* counts what would be asked; NULL = it is asked */
	struct trace *trace;            /* of all attempts; NULL = nobody asks */
};
