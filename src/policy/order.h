/* SPDX-License-Identifier: MIT */
/*
 * order: who may leave next.
 *
 * Things arrive numbered 0, 1, 2, ... and finish in any order; order lets them out by number, or,
 * when order is not wanted, as they finish. Bounded by the window: no more than `window` numbers
 * from the oldest that is still inside. Knows nothing of what the things are. Pure; not locked.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct order {
	void **ring; /* owned; things that wait, at number modulo capacity; or, unordered, a queue
		      */
	size_t capacity; /* a power of two >= window */
	uint64_t next;   /* the number that leaves next; unordered: how many have left */
	uint64_t last;   /* unordered: how many have come; else unused */
	size_t held;     /* things inside */
	bool keeps;      /* order is wanted */
};

/*
 * Makes an empty one for at most `window` things alive at once; keeps says whether order is wanted.
 */
void order_init(struct order *o, size_t window, bool keeps);

/* Frees the ring; things still inside are the caller's. */
void order_release(struct order *o);

/*
 * Keeps `thing`, which has that number and is finished. Each number once, less than next + window.
 */
void order_put(struct order *o, uint64_t number, void *thing);

/* Gives the thing whose turn it is without letting it out, or NULL if none may leave now. */
void *order_peek(const struct order *o);

/* Gives the thing whose turn it is and lets it out, or NULL if none may leave now. */
void *order_take(struct order *o);
