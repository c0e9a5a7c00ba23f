/* SPDX-License-Identifier: MIT */
#include "policy/limit.h"

#include "t.h"

TEST("as many may enter as the roof says, and one that leaves makes room for one")
{
	struct limit l;
	limit_init(&l, 3);
	for (int i = 0; i < 3; i++) {
		CHECK_INT(limit_wait(&l, 0), 0);
		limit_enter(&l);
	}
	CHECK_INT(limit_wait(&l, 0), LIMIT_UNTIL_LEAVE);
	CHECK_INT(limit_wait(&l, INT64_MAX), LIMIT_UNTIL_LEAVE);
	limit_leave(&l);
	CHECK_INT(limit_wait(&l, 0), 0);
	limit_enter(&l);
	CHECK_INT(limit_wait(&l, 0), LIMIT_UNTIL_LEAVE);
	for (int i = 0; i < 3; i++)
		limit_leave(&l);
	CHECK_INT(l.in_flight, 0);
}
