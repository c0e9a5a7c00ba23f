/* SPDX-License-Identifier: MIT */
/*
 * clock: the only place that reads a clock.
 *
 * Everything else takes the time as an argument, which is why the policies and the whole engine can
 * be tested in virtual time: the simulator links its own clock ahead of this one. Any thread.
 */
#pragma once

#include <stdint.h>

/*
 * Milliseconds of a clock that never steps back; its zero means nothing. For all waits and timers.
 */
int64_t clock_now_ms(void);

/*
 * Milliseconds, and seconds, since 1970-01-01 UTC; may step. Only for HTTP dates, for how old what
 * is in a file is, and for what people read.
 */
int64_t clock_wall_ms(void);

/* The same in seconds. */
int64_t clock_wall_s(void);
