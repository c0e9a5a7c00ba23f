/* SPDX-License-Identifier: MIT */
/*
 * mock: all that the running mock knows, for the rooms that decide.
 *
 * A plain sum of its parts; no function of its own. Everything happens in one thread, so nothing
 * here has a lock.
 */
#pragma once

#include "attempts.h"
#include "last.h"
#include "limits.h"
#include "options.h"
#include "sleepers.h"
#include "stats.h"

#include <stdint.h>

struct mock {
	struct options options;
	struct limits limits;
	struct attempts attempts;
	struct stats stats;
	struct last last;
	struct sleepers sleepers;
	uint64_t last_request_id;
	uint64_t quota_used; /* requests let in that --quota-after counts */
};
