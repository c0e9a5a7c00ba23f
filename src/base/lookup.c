/* SPDX-License-Identifier: MIT */
#include "base/lookup.h"

#include "base/xalloc.h"

#include <assert.h>
#include <stdlib.h>

enum { BUCKETS_MIN = 256 };

void lookup_release(struct lookup *l)
{
	free(l->buckets);
	*l = (struct lookup){ 0 };
}

static struct lookup_node **bucket_of(const struct lookup *l, uint64_t hash)
{
	return &l->buckets[hash & (l->buckets_n - 1)];
}

/* Gives the node, or the first after it in its chain, that has the hash. */
static struct lookup_node *first_of(struct lookup_node *node, uint64_t hash)
{
	while (node && node->hash != hash)
		node = node->next;
	return node;
}

struct lookup_node *lookup_find(const struct lookup *l, uint64_t hash)
{
	return l->n > 0 ? first_of(*bucket_of(l, hash), hash) : NULL;
}

struct lookup_node *lookup_next(const struct lookup_node *node)
{
	return first_of(node->next, node->hash);
}

static void link_to(struct lookup *l, struct lookup_node *node)
{
	struct lookup_node **bucket = bucket_of(l, node->hash);
	node->next = *bucket;
	*bucket = node;
}

/* Twice as many buckets, before the chains grow long. */
static void grow(struct lookup *l)
{
	struct lookup old = *l;
	l->buckets_n = old.buckets_n ? 2 * old.buckets_n : BUCKETS_MIN;
	l->buckets = xcalloc(l->buckets_n, sizeof(struct lookup_node *));
	for (size_t i = 0; i < old.buckets_n; i++) {
		struct lookup_node *next = old.buckets[i];
		while (next) {
			struct lookup_node *node = next;
			next = node->next;
			link_to(l, node);
		}
	}
	free(old.buckets);
}

void lookup_put(struct lookup *l, struct lookup_node *node, uint64_t hash)
{
	assert(node->hash == 0 && hash != 0);
	if (l->n == l->buckets_n)
		grow(l);
	node->hash = hash;
	link_to(l, node);
	l->n++;
}

void lookup_remove(struct lookup *l, struct lookup_node *node)
{
	if (node->hash == 0)
		return;
	struct lookup_node **at = bucket_of(l, node->hash);
	while (*at != node)
		at = &(*at)->next;
	*at = node->next;
	node->next = NULL;
	node->hash = 0;
	l->n--;
}
