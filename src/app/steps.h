/* SPDX-License-Identifier: MIT */
/*
 * steps: from what the command line says about prompts to a plan. Start-up only.
 */
#pragma once

#include "app/config.h"
#include "base/err.h"
#include "work/plan.h"

/*
 * Fills plan (zeroed). Reads --prompt-file. False with err filled (ERR_USAGE); the plan is then to
 * be released all the same.
 */
bool steps_make(struct plan *plan, const struct prompt_opts *o, struct err *err);
