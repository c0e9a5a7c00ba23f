/* SPDX-License-Identifier: MIT */
/*
 * flow: a file of steps in YAML, for --flow.
 *
 *     defaults:                  what holds for every step that does not say otherwise
 *       model: gpt-4o-mini
 *       params: {temperature: 0}
 *     steps:
 *       topics: "List the topics: {{text}}"
 *       brief:
 *         prompt_file: brief.prompt
 *         model: [gpt-4o-mini, gpt-4.1-mini]
 *         samples: 3
 *         join: vote
 *
 * The keys of a step are those of app/step_keys, and prompt or prompt_file. Templates are taken as
 * they are. Files are looked for from the flow file's directory. Of params, plain true, false, null
 * and numbers are JSON's, other scalars strings. Start-up only.
 */
#pragma once

#include "app/step_values.h"
#include "base/err.h"
#include "work/plan.h"

#include <stdbool.h>

/*
 * Adds the file's steps with their prompts to plan, and what else it says to values; without any
 * steps, which only needs_steps forbids, that is its defaults. False with err filled:
 * the file cannot be read, or something is wrong with it, whose file, line and column the message
 * begins with.
 */
bool flow_read(const char *path, bool needs_steps, struct plan *plan, struct step_values *values,
	struct err *err);
