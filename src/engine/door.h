/* SPDX-License-Identifier: MIT */
/*
 * door: what can be said of a record before anybody is asked.
 *
 * A line that is no JSON, a record that failed before, one that has its answers already, or
 * something else where they would go: --existing says which of these fail. Pure.
 */
#pragma once

#include "engine/pipeline.h"
#include "work/record.h"

/*
 * True if the record's fate is known, and set. Else has_steps are the steps whose fields it has and
 * keeps, a bit for each.
 */
bool door_settles(const struct pipeline_opts *opts, const struct plan *plan, struct record *r,
	uint64_t *has_steps);
