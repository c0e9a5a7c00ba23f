/* SPDX-License-Identifier: MIT */
/*
 * drain: what ends a run before its input does: signals, an output that fails, too many failures,
 * no patience or no endpoint left. The loop's thread.
 */
#pragma once

#include "engine/pipeline_state.h"

/* A record has settled: it counts for whether the run goes on. */
void drain_note(struct pipeline *p, const struct record *r);

/*
 * Ends the run early: nothing new begins, and what flies has until grace_ms from now (INT64_MAX: as
 * long as it takes). The first reason counts.
 */
void drain_begin(struct pipeline *p, int64_t grace_ms, const char *reason);

/* Looks at all that may end the run, once a turn. */
void drain_heed(struct pipeline *p);
