/* SPDX-License-Identifier: MIT */
/*
 * utc: a moment as a date and a time of day, in the Gregorian calendar. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct utc {
	int year, month, day; /* 1970 to 9999, from 1, from 1 */
	int hour, minute, second;
};

/* Splits seconds since 1970-01-01. False, with nothing filled, before that and after 9999. */
bool utc_of(int64_t seconds, struct utc *out);
