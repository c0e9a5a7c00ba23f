/* SPDX-License-Identifier: MIT */
/*
 * summary: the last words of a run on stderr: what failed, why, and what to do about it. Silent
 * when all is well.
 */
#pragma once

#include "engine/stats.h"

/*
 * Says why the run ended early (reason; empty = it did not), and how many records failed and for
 * what, with the first line of each kind. With nothing to say, only -v shows the counts.
 */
void summary_say(const struct stats *s, const char *reason);
