/* SPDX-License-Identifier: MIT */
/*
 * hint: what response headers say about asking again.
 *
 * Reads `x-should-retry`, `retry-after-ms` (milliseconds) and `retry-after` (seconds, or an HTTP
 * date); fractions are allowed. The more exact wins, whatever the order of headers; of two alike
 * the longer. A time that has passed is a wait of 0, one beyond UNITS_MS_MAX is that; what makes no
 * sense is as if it were not there. Pure, the wall clock is an argument; any thread.
 */
#pragma once

#include "base/span.h"
#include "work/attempt.h"

#include <stdbool.h>
#include <stdint.h>

/* Makes h say nothing. */
void hint_init(struct hint *h);

/*
 * Reads one header, both borrowed: name without colon in any case, value without outer spaces;
 * others are ignored. wall_s is now, in seconds since 1970 UTC.
 */
void hint_read(struct hint *h, struct span name, struct span value, int64_t wall_s);

/*
 * Reads an HTTP date (RFC 9110, 5.6.7: IMF-fixdate, RFC 850 and asctime forms) into seconds since
 * 1970 UTC. A zone that is missing is UTC, a year of two digits is in 1970 to 2069. False, with
 * *seconds untouched, if it is none.
 */
bool hint_parse_date(struct span text, int64_t *seconds);
