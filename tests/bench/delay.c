/* SPDX-License-Identifier: MIT */
#include "delay.h"

#include "common.h"

void delay_init(struct delay *d, long min_ms, long max_ms, long seed)
{
	*d = (struct delay){
		.min_us = min_ms * 1000,
		.span_us = (max_ms - min_ms) * 1000,
		.rng = (uint64_t)seed,
	};
}

/* splitmix64 */
static uint64_t random_next(struct delay *d)
{
	uint64_t z = d->rng += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

void delay_put(struct delay *d, void *what, int64_t now)
{
	int64_t extra_us = (int64_t)(random_next(d) % (uint64_t)(d->span_us + 1));
	struct delayed entry = { now + d->min_us + extra_us, what };
	size_t i;

	if (d->heap_n == d->heap_room)
		d->heap = grow(d->heap, &d->heap_room, sizeof(*d->heap));
	for (i = d->heap_n++; i > 0 && d->heap[(i - 1) / 2].due_us > entry.due_us; i = (i - 1) / 2)
		d->heap[i] = d->heap[(i - 1) / 2];
	d->heap[i] = entry;
}

void *delay_take(struct delay *d, int64_t now)
{
	struct delayed last;
	void *first;
	size_t i = 0;

	if (d->heap_n == 0 || d->heap[0].due_us > now)
		return NULL;
	first = d->heap[0].what;
	last = d->heap[--d->heap_n];
	for (size_t child; (child = 2 * i + 1) < d->heap_n; i = child) {
		if (child + 1 < d->heap_n && d->heap[child + 1].due_us < d->heap[child].due_us)
			child++;
		if (d->heap[child].due_us >= last.due_us)
			break;
		d->heap[i] = d->heap[child];
	}
	d->heap[i] = last;
	return first;
}

int delay_timeout_ms(const struct delay *d, int64_t now)
{
	if (d->heap_n == 0)
		return -1;
	return d->heap[0].due_us <= now ? 0 : (int)((d->heap[0].due_us - now + 999) / 1000);
}
