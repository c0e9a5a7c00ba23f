/* SPDX-License-Identifier: MIT */
/*
 * date: times as HTTP writes them: "Sun, 06 Nov 1994 08:49:37 GMT". Any thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define DATE_BYTES 40

/* Writes seconds since 1970 UTC; false, with nothing usable in `to`, beyond what years go to. */
bool date_write(char to[DATE_BYTES], int64_t wall_s);
