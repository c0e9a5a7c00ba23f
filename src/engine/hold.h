/* SPDX-License-Identifier: MIT */
/*
 * hold: why the scheduler starts no more requests, told to people. Changes nothing; the loop's
 * thread.
 */
#pragma once

#include "engine/sched.h"
#include "engine/view.h"

/* What holds requests back, for how long yet (-1 = nobody knows), and where if that is a matter. */
struct held {
	enum hold by;
	int64_t ms;
	const char *at; /* borrowed */
};

/*
 * Says what holds back the first of the requests that are ready; HOLD_NONE = nothing, or none is.
 */
struct held hold_ready(const struct sched *s, int64_t now_ms);

/* Gives how many requests the endpoints take at a time now, together, up to -j. */
unsigned hold_limit(const struct sched *s, int64_t now_ms);
