/* SPDX-License-Identifier: MIT */
#include "date.h"

#include <time.h>

bool date_write(char to[DATE_BYTES], int64_t wall_s)
{
	time_t then = (time_t)wall_s;
	struct tm utc;
	return gmtime_r(&then, &utc) &&
		strftime(to, DATE_BYTES, "%a, %d %b %Y %H:%M:%S GMT", &utc) > 0;
}
