/* SPDX-License-Identifier: MIT */
/*
 * lookup: things found by a hash of what they are.
 *
 * A thing embeds a struct lookup_node. A hash only says where to look: whoever finds a thing here
 * compares what it is. Owns nothing but the table. One thread at a time.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct lookup_node {
	uint64_t hash; /* 0 = it is in no table */
	struct lookup_node *next;
};

/* The struct of the given type that embeds the node as the named member. */
#define LOOKUP_ENTRY(node, type, member) ((type *)(void *)((char *)(node)-offsetof(type, member)))

/* Empty when zeroed. */
struct lookup {
	struct lookup_node **buckets; /* owned: chains; a power of two of them */
	size_t buckets_n;
	size_t n;
};

/* Frees the table; the things are the caller's. */
void lookup_release(struct lookup *l);

/* Gives a thing of that hash, or NULL. */
struct lookup_node *lookup_find(const struct lookup *l, uint64_t hash);

/* Gives the next of the same hash, or NULL. */
struct lookup_node *lookup_next(const struct lookup_node *node);

/* Adds a thing, which is in no table, under that hash, which is not 0. */
void lookup_put(struct lookup *l, struct lookup_node *node, uint64_t hash);

/* Takes the thing out, if it is in the table; its hash is then 0. */
void lookup_remove(struct lookup *l, struct lookup_node *node);
