/* SPDX-License-Identifier: MIT */
#include "base/utc.h"

#define DAY_S 86400
#define LAST_S INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

bool utc_of(int64_t seconds, struct utc *out)
{
	static const int month_days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	if (seconds < 0 || seconds > LAST_S)
		return false;
	int days = (int)(seconds / DAY_S), of_day = (int)(seconds % DAY_S);
	int year = 1970, month = 1;
	for (; days >= 365 + is_leap(year); year++)
		days -= 365 + is_leap(year);
	for (;; month++) {
		int n = month_days[month - 1] + (month == 2 && is_leap(year));
		if (days < n)
			break;
		days -= n;
	}
	*out = (struct utc){ year, month, days + 1, of_day / 3600, of_day / 60 % 60, of_day % 60 };
	return true;
}
