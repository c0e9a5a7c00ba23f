/* SPDX-License-Identifier: MIT */
/*
 * limit: how many requests may be in flight at one endpoint.
 *
 * Fixed for now: the roof is the limit. Has the face of all gates: wait says 0 for "now", enter
 * takes a place, leave gives it back. Pure; time is an argument.
 *
 * Invariant: 0 <= in_flight <= roof.
 */
#pragma once

#include <stdint.h>

/* What a gate's wait says when no passing of time will open it, only somebody's leaving. */
#define LIMIT_UNTIL_LEAVE INT64_MAX

struct limit {
	unsigned in_flight;
	unsigned roof; /* >= 1 */
};

/* Starts l empty under that roof (-j). */
void limit_init(struct limit *l, unsigned roof);

/* 0 if a request may start at now_ms, else LIMIT_UNTIL_LEAVE. */
int64_t limit_wait(const struct limit *l, int64_t now_ms);

/* Takes a place; limit_wait must have said 0. */
void limit_enter(struct limit *l);

/* Gives a place back. */
void limit_leave(struct limit *l);
