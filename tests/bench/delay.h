/* SPDX-License-Identifier: MIT */
/*
 * Answers that wait for their time: a heap of pointers, each with a random delay.
 *
 * It knows nothing of connections. One thread only. Entries of the same time leave in any order.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct delayed {
	int64_t due_us;
	void *what;
};

struct delay {
	struct delayed *heap; /* earliest first */
	size_t heap_n;
	size_t heap_room;
	int64_t min_us;
	int64_t span_us;
	uint64_t rng;
};

/* Delays are uniform between min_ms and max_ms, both included; equal seeds give equal delays. */
void delay_init(struct delay *d, long min_ms, long max_ms, long seed);

/* Keeps what (borrowed) for a random time from now on. */
void delay_put(struct delay *d, void *what, int64_t now);

/* Gives something whose time has come, or NULL. */
void *delay_take(struct delay *d, int64_t now);

/* Milliseconds until something is due, rounded up; 0 = now, -1 = nothing waits. */
int delay_timeout_ms(const struct delay *d, int64_t now);
