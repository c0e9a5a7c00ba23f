/* SPDX-License-Identifier: MIT */
/*
 * reduce: what `pllm reduce` is besides a filter: from its options to how records are folded.
 * Start-up only.
 */
#pragma once

#include "app/config.h"
#include "base/err.h"
#include "engine/fold.h"
#include "work/plan.h"

#include <stdbool.h>

/*
 * Fills o (zeroed) from the options, for the plan's only step. False with err filled if
 * they or the step will not do; o is then to be released all the same.
 */
bool reduce_make(
	struct fold_opts *o, const struct config *c, const struct plan *plan, struct err *err);

/* Frees what o holds; fine on a zeroed one. */
void reduce_release(struct fold_opts *o);
