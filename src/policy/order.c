/* SPDX-License-Identifier: MIT */
#include "policy/order.h"

#include "base/xalloc.h"

#include <assert.h>
#include <stdlib.h>

void order_init(struct order *o, size_t window, bool keeps)
{
	assert(window > 0);
	size_t capacity = 1;
	while (capacity < window)
		capacity *= 2;
	*o = (struct order){
		.ring = xcalloc(capacity, sizeof *o->ring),
		.capacity = capacity,
		.keeps = keeps,
	};
}

void order_release(struct order *o)
{
	free(o->ring);
	o->ring = NULL;
}

void order_put(struct order *o, uint64_t number, void *thing)
{
	assert(thing && o->held < o->capacity);
	if (!o->keeps)
		number = o->last++;
	assert(number >= o->next && number - o->next < o->capacity);
	void **slot = &o->ring[number & (o->capacity - 1)];
	assert(!*slot);
	*slot = thing;
	o->held++;
}

void *order_peek(const struct order *o)
{
	return o->ring[o->next & (o->capacity - 1)];
}

void *order_take(struct order *o)
{
	void *thing = order_peek(o);
	if (!thing)
		return NULL;
	o->ring[o->next & (o->capacity - 1)] = NULL;
	o->next++;
	o->held--;
	return thing;
}
