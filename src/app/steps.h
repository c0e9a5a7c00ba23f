/* SPDX-License-Identifier: MIT */
/*
 * steps: from what the command line and a flow file say about prompts to a plan. Start-up only.
 *
 * What is said of a step: the command line's with the step's name wins over the flow file's, that
 * over the command line's without a name, that over the flow file's defaults, these over the
 * environment and the configuration file.
 */
#pragma once

#include "app/config.h"
#include "base/err.h"
#include "work/plan.h"

#include <stdbool.h>

/*
 * Fills plan (zeroed) with at least one step, those of the flow file first, and links it, from c's
 * prompt_opts and what they depend on. Reads --flow, --prompt-file and --schema. What only the
 * environment or the configuration file says of limits and does not fit this run is left aside.
 * False with err filled; the plan is then to be released all the same.
 */
bool steps_make(struct plan *plan, const struct config *c, struct err *err);

/*
 * True if the steps' limits of tokens go with --on-truncate grow (grows), or with another rule.
 * False with err filled: a step cannot grow, having no limit or none above it; or there
 * is a limit to which nothing grows.
 */
bool steps_check_growth(const struct plan *plan, bool grows, struct err *err);

/*
 * Says what a run about ordinary records may not mean: a prompt that names no field, so that each
 * record is asked the same, with what was probably meant; a name before a prompt that no step can
 * have. Of c the options that plan was made of.
 */
void steps_advise(const struct plan *plan, const struct config *c);
