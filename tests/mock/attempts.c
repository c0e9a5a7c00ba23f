/* SPDX-License-Identifier: MIT */
#include "attempts.h"

#include "base/xalloc.h"

#include <stdlib.h>

#define SLOTS_FIRST 1024

void attempts_release(struct attempts *a)
{
	free(a->slots);
	*a = (struct attempts){ 0 };
}

/* FNV-1a, finished with the mixer of MurmurHash3 so that all bits of a slot number are good. */
uint64_t attempts_key(struct span text)
{
	uint64_t h = 0xcbf29ce484222325;
	for (size_t i = 0; i < text.n; i++)
		h = (h ^ (unsigned char)text.at[i]) * 0x100000001b3;
	h = (h ^ (h >> 33)) * 0xff51afd7ed558ccd;
	h = (h ^ (h >> 33)) * 0xc4ceb9fe1a85ec53;
	h ^= h >> 33;
	return h ? h : 1;
}

/* The slot of the key, or the free one where it belongs. */
static struct attempts_slot *find(const struct attempts *a, uint64_t key)
{
	size_t i = key & (a->slots_n - 1);
	while (a->slots[i].key && a->slots[i].key != key)
		i = (i + 1) & (a->slots_n - 1);
	return &a->slots[i];
}

static void grow(struct attempts *a)
{
	struct attempts_slot *old = a->slots;
	size_t old_n = a->slots_n;
	a->slots_n = old_n ? old_n * 2 : SLOTS_FIRST;
	a->slots = xcalloc(a->slots_n, sizeof *a->slots);
	for (size_t i = 0; i < old_n; i++)
		if (old[i].key)
			*find(a, old[i].key) = old[i];
	free(old);
}

uint64_t attempts_count(struct attempts *a, uint64_t key)
{
	struct attempts_slot *slot;
	if (a->used_n * 2 >= a->slots_n)
		grow(a);
	slot = find(a, key);
	if (!slot->key) {
		slot->key = key;
		a->used_n++;
	}
	return ++slot->n;
}
