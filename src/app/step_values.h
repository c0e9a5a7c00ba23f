/* SPDX-License-Identifier: MIT */
/*
 * step_values: all that the options and a flow file say about steps, and which of it counts.
 *
 * First everything is gathered, then put into the steps. For a step and a key the value of the
 * highest rank counts, of several the last; params add up, and a key of theirs has the value that
 * counts in the same way. Start-up only.
 */
#pragma once

#include "app/config.h"
#include "app/step_keys.h"
#include "base/err.h"
#include "work/plan.h"

#include <stdbool.h>
#include <stddef.h>

struct step_values {
	struct step_value *items; /* owned, and what they own too */
	size_t n;
};

/* Appends a value; takes what it owns. */
void step_values_add(struct step_values *values, struct step_value v);

/*
 * Adds what the options say, all steps being there; whether the command line says it, c's origins
 * know. False with err filled: a name before a value is no step's; see enum
 * step_prefix.
 */
bool step_values_read(struct step_values *values, const struct plan *plan, const struct config *c,
	struct err *err);

/*
 * Puts the values that count into all steps. False with err filled, also if the command
 * line says something of every step that none of them can do.
 */
bool step_values_apply(const struct step_values *values, struct plan *plan, struct err *err);

/* Frees what values holds; fine on a zeroed one. */
void step_values_release(struct step_values *values);
