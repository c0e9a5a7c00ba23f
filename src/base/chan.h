/* SPDX-License-Identifier: MIT */
/*
 * chan: a bounded queue of pointers from one thread to one other.
 *
 * Moves batches under one lock, never blocks, and wakes the other side only if it sleeps. Bounded
 * twice: by how many items and by how much they weigh (bytes, as the producer says), because a few
 * records can be as heavy as a million others. It takes a batch while it is below its ceiling of
 * weight, so it holds at most that and one batch more.
 *
 * Ownership travels with the pointer: what was put is the consumer's once taken.
 * One producer thread, one consumer thread; each side's wake is its own (see base/wake.h).
 */
#pragma once

#include "base/wake.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct chan_item {
	void *what;
	size_t weight;
};

struct chan {
	pthread_mutex_t lock;   /* guards everything below but the ends */
	struct chan_item *ring; /* owned; capacity slots */
	size_t capacity;        /* most items held; a power of two */
	size_t head;            /* index of the oldest item, modulo capacity */
	size_t len;             /* items held */
	size_t weight;          /* their weight together */
	size_t weight_max;
	bool closed;           /* the producer is done */
	struct wake *consumer; /* borrowed; woken when something arrives or the channel closes */
	struct wake *producer; /* borrowed; woken when the channel has run half empty */
};

/*
 * Makes an empty channel for at most `items` (rounded up to a power of two) of together weight_max.
 * Borrows both wakes for its life.
 */
void chan_init(struct chan *c, size_t items, size_t weight_max, struct wake *consumer,
	struct wake *producer);

/*
 * Frees the ring; items still inside are lost, so take them first. Both threads must be done with
 * it.
 */
void chan_release(struct chan *c);

/*
 * Producer: puts n <= capacity items (n > 0), all or none. Takes the pointers and returns true, or
 * returns false with nothing changed if they do not fit now; the producer's wake is called when
 * they may.
 */
bool chan_put(struct chan *c, const struct chan_item *items, size_t n);

/* Producer: how many more items fit now; a chan_put of so many will succeed. */
size_t chan_room(struct chan *c);

/* Producer: says that nothing more will come, and wakes the consumer. */
void chan_close(struct chan *c);

/* Consumer: takes up to n items, oldest first, into out; gives how many. */
size_t chan_take(struct chan *c, void **out, size_t n);

/* Consumer: true if items are waiting. */
bool chan_has_items(struct chan *c);

/* Consumer: true once the channel is closed and empty. */
bool chan_is_drained(struct chan *c);
