/* SPDX-License-Identifier: MIT */
/*
 * embed: what `pllm embed` is besides a filter: from its options to what vectors are asked for, in
 * which packs, and where they go. Start-up only.
 */
#pragma once

#include "app/config.h"
#include "app/endpoints.h"
#include "base/err.h"
#include "work/plan.h"

#include <stdbool.h>

/*
 * Before the plan is made: sees which files there are. With a matrix -o is its file, and the
 * records go to --ids or to standard output. False with err filled if options do not go
 * together.
 */
bool embed_prepare(struct config *c, struct err *err);

/*
 * Has the plan, linked, be one that asks for vectors. False with err filled if its step
 * will not do.
 */
bool embed_make(struct plan *plan, const struct config *c, struct err *err);

/*
 * Once there are endpoints: says how many texts go into a request, and how many records that needs.
 * False with err filled if one does not give what is asked for, or has another model.
 */
bool embed_place(
	struct config *c, const struct plan *plan, const struct endpoints *list, struct err *err);
