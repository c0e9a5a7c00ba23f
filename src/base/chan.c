/* SPDX-License-Identifier: MIT */
#include "base/chan.h"

#include "base/xalloc.h"

#include <assert.h>
#include <stdlib.h>

void chan_init(struct chan *c, size_t items, size_t weight_max, struct wake *consumer,
	struct wake *producer)
{
	size_t capacity = 1;
	while (capacity < items)
		capacity *= 2;
	*c = (struct chan){
		.ring = xcalloc(capacity, sizeof *c->ring),
		.capacity = capacity,
		.weight_max = weight_max,
		.consumer = consumer,
		.producer = producer,
	};
	pthread_mutex_init(&c->lock, NULL);
}

void chan_release(struct chan *c)
{
	if (!c->ring)
		return;
	free(c->ring);
	c->ring = NULL;
	pthread_mutex_destroy(&c->lock);
}

bool chan_put(struct chan *c, const struct chan_item *items, size_t n)
{
	assert(n > 0 && n <= c->capacity);
	size_t weight = 0;
	for (size_t i = 0; i < n; i++)
		weight += items[i].weight;
	pthread_mutex_lock(&c->lock);
	bool fits = c->len + n <= c->capacity && (c->len == 0 || c->weight < c->weight_max);
	if (fits) {
		for (size_t i = 0; i < n; i++)
			c->ring[(c->head + c->len + i) & (c->capacity - 1)] = items[i];
		c->len += n;
		c->weight += weight;
	}
	pthread_mutex_unlock(&c->lock);
	if (fits)
		wake_up(c->consumer);
	return fits;
}

size_t chan_room(struct chan *c)
{
	pthread_mutex_lock(&c->lock);
	size_t room = c->len > 0 && c->weight >= c->weight_max ? 0 : c->capacity - c->len;
	pthread_mutex_unlock(&c->lock);
	return room;
}

void chan_close(struct chan *c)
{
	pthread_mutex_lock(&c->lock);
	c->closed = true;
	pthread_mutex_unlock(&c->lock);
	wake_up(c->consumer);
}

size_t chan_take(struct chan *c, void **out, size_t n)
{
	pthread_mutex_lock(&c->lock);
	size_t taken = 0;
	while (taken < n && c->len > 0) {
		struct chan_item *item = &c->ring[c->head];
		out[taken++] = item->what;
		c->weight -= item->weight;
		c->head = (c->head + 1) & (c->capacity - 1);
		c->len--;
	}
	/*
	 * Half empty, not "one free": else both threads would wake each other for every single
	 * item.
	 */
	bool roomy = c->len <= c->capacity / 2 && c->weight <= c->weight_max / 2;
	pthread_mutex_unlock(&c->lock);
	if (taken && roomy)
		wake_up(c->producer);
	return taken;
}

bool chan_has_items(struct chan *c)
{
	pthread_mutex_lock(&c->lock);
	bool some = c->len > 0;
	pthread_mutex_unlock(&c->lock);
	return some;
}

bool chan_is_drained(struct chan *c)
{
	pthread_mutex_lock(&c->lock);
	bool drained = c->closed && c->len == 0;
	pthread_mutex_unlock(&c->lock);
	return drained;
}
