/* SPDX-License-Identifier: MIT */
#include "policy/limit.h"

#include <assert.h>

void limit_init(struct limit *l, unsigned roof)
{
	assert(roof >= 1);
	*l = (struct limit){ .roof = roof };
}

int64_t limit_wait(const struct limit *l, int64_t now_ms)
{
	(void)now_ms;
	return l->in_flight < l->roof ? 0 : LIMIT_UNTIL_LEAVE;
}

void limit_enter(struct limit *l)
{
	assert(l->in_flight < l->roof);
	l->in_flight++;
}

void limit_leave(struct limit *l)
{
	assert(l->in_flight > 0);
	l->in_flight--;
}
