/* SPDX-License-Identifier: MIT */
#include "base/utc.h"

#include "t.h"

#include <stdio.h>

static void check_moment(int64_t seconds, const char *want)
{
	char got[64];
	struct utc u;
	if (!CHECK(utc_of(seconds, &u)))
		return;
	snprintf(got, sizeof got, "%04d-%02d-%02dT%02d:%02d:%02dZ", u.year, u.month, u.day, u.hour,
		u.minute, u.second);
	CHECK_STR(got, want);
}

TEST("moments are split as the calendar has them, leap years too")
{
	check_moment(0, "1970-01-01T00:00:00Z");
	check_moment(31535999, "1970-12-31T23:59:59Z");
	check_moment(31536000, "1971-01-01T00:00:00Z");
	check_moment(978220800, "2000-12-31T00:00:00Z");
	check_moment(951782399, "2000-02-28T23:59:59Z");
	check_moment(951782400, "2000-02-29T00:00:00Z");
	check_moment(1709251199, "2024-02-29T23:59:59Z");
	check_moment(1774000000, "2026-03-20T09:46:40Z");
	check_moment(4107542400, "2100-03-01T00:00:00Z");
	check_moment(253402300799, "9999-12-31T23:59:59Z");
}

TEST("what has no four digits of a year is no moment")
{
	struct utc u = { .year = 7 };
	CHECK(!utc_of(-1, &u) && !utc_of(253402300800, &u));
	CHECK(!utc_of(INT64_MIN, &u) && !utc_of(INT64_MAX, &u));
	CHECK_INT(u.year, 7);
}
