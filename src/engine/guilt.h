/* SPDX-License-Identifier: MIT */
/*
 * guilt: whose doing a failure is, the request's or its endpoint's; so whether it counts against
 * --retries. Private to engine/flight.
 */
#pragma once

#include "engine/flight.h"

#include <stdbool.h>
#include <stdint.h>

/* If others were answered between two failures of a request, it may be the request that ails. */
void guilt_note(
	const struct sched *s, const struct flight *f, enum outcome outcome, int64_t now_ms);

/* True if the failure is the endpoint's trouble or ours, not this request's. */
bool guilt_is_excused(const struct sched *s, const struct flight *f, enum outcome outcome);

/* True if the flight was the one that tried whether its endpoint is back, and it was not. */
bool guilt_was_trial(const struct flight *f);
