/* SPDX-License-Identifier: MIT */
/*
 * speed: the options with a grammar of their own about how fast a run may be. Start-up only.
 */
#pragma once

#include "base/err.h"
#include "engine/sched.h"

#include <stdbool.h>

/*
 * Reads --rate N/[K]U into rate and rate_window_ms: N requests in K units, U being s, m, h or d.
 * NULL leaves it without one. False with err filled.
 */
bool speed_parse_rate(const char *text, struct sched_opts *out, struct err *err);

/*
 * Reads --hedge DUR|pNN|off (NULL = off) and --hedge-max PERCENT. False with err filled.
 */
bool speed_parse_hedge(const char *text, const char *most, struct hedge_opts *out, struct err *err);

/*
 * False with err filled if requests are to be hedged and the pool's endpoints are too
 * few for that.
 */
bool speed_check_hedge(const struct hedge_opts *o, unsigned pool_n, struct err *err);
