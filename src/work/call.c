/* SPDX-License-Identifier: MIT */
#include "work/call.h"

#include <stdlib.h>

void call_init(struct call *c, struct record *record, unsigned step)
{
	*c = (struct call){ .record = record, .step = step, .paid = { -1, -1, -1, -1 } };
	heap_node_init(&c->turn);
	heap_node_init(&c->deadline);
	list_init(&c->link);
}

void call_release(struct call *c)
{
	attempt_release(&c->attempt);
	if (c->second)
		attempt_release(c->second);
	free(c->second);
	c->second = NULL;
	free(c->reask);
	c->reask = NULL;
	answer_release(&c->answer);
}
