/* SPDX-License-Identifier: MIT */
/*
 * money: US dollars in whole pico-dollars (10^-12), so that sums of prices of single tokens are
 * exact. An int64_t holds up to 9.2 million dollars. Pure; any thread.
 */
#pragma once

#include "base/buf.h"
#include "base/span.h"

#include <stdbool.h>
#include <stdint.h>

#define MONEY_PER_DOLLAR INT64_C(1000000000000)

/*
 * Reads a decimal number ("0.15", "1.5e-07", "12"), as JSON writes numbers, times MONEY_PER_DOLLAR
 * / divisor (1, or 1000000 for prices of a million), rounded half up; what is more than nothing
 * never becomes nothing. False for anything else, negative ones, and what does not fit.
 */
bool money_read(struct span text, int64_t divisor, int64_t *pico);

/*
 * Appends it in dollars, exactly, without needless zeros: "0", "0.00015", "12.5". For JSON.
 */
void money_put(struct buf *out, int64_t pico);

/*
 * Appends it for a person: "$12.50", "$0.0042", "$0"; two digits behind the point, or, of less than
 * ten cents, two that matter.
 */
void money_put_rounded(struct buf *out, int64_t pico);

/* Gives a x b of numbers >= 0, or INT64_MAX where that is too much. */
int64_t money_times(int64_t a, int64_t b);

/* Gives a + b; likewise. */
int64_t money_plus(int64_t a, int64_t b);
