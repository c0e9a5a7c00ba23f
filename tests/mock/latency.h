/* SPDX-License-Identifier: MIT */
/*
 * latency: how long the mock takes to answer.
 *
 * A fixed time, a uniform spread or a log-normal one (what real models look like: a median and a
 * long tail). Knows no clock and no connection: it only draws numbers, from a generator that is
 * given. Pure; any thread.
 */
#pragma once

#include "base/rng.h"

#include <stdbool.h>
#include <stdint.h>

/* No draw is longer: an hour. */
#define LATENCY_MAX_MS 3600000

enum latency_kind { LATENCY_NONE, LATENCY_FIXED, LATENCY_UNIFORM, LATENCY_LOGNORMAL };

struct latency {
	enum latency_kind kind;
	int64_t low_ms;  /* the time, the lower end, or the median */
	int64_t high_ms; /* the upper end of a uniform one */
	double sigma;    /* of the logarithm */
};

/*
 * Reads `50ms`, `20ms-1s` or `lognormal:200ms,0.8`. False, with *l untouched, if the text is none
 * of these or goes beyond LATENCY_MAX_MS.
 */
bool latency_parse(struct latency *l, const char *text);

/* Gives the next time, 0 <= t <= LATENCY_MAX_MS, drawn from r. */
int64_t latency_draw_ms(const struct latency *l, struct rng *r);
