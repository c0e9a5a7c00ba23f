/* SPDX-License-Identifier: MIT */
/*
 * heap: a binary min-heap of things that know their own place in it.
 *
 * A thing that wants to be in a heap embeds a struct heap_node; the heap holds pointers to nodes,
 * so taking one out of the middle costs O(log n) and no search. Equal keys come out in the order in
 * which they went in, so timers due at the same millisecond fire in the order they were set. Knows
 * no clock: a key is a number, a time or a sequence number. One thread at a time.
 *
 * Invariants: node->index is its position, or HEAP_OUT while it is in no heap; a node is in one
 * heap at most.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HEAP_OUT SIZE_MAX

struct heap_node {
	int64_t key;
	uint64_t order; /* breaks ties: first in, first out */
	size_t index;
};

struct heap {
	struct heap_node **nodes; /* owned array of borrowed nodes */
	size_t len;
	size_t cap;
	uint64_t next_order;
};

/* The struct of the given type that embeds the node as the named member. */
#define HEAP_ENTRY(node, type, member) ((type *)(void *)((char *)(node)-offsetof(type, member)))

/* Makes h empty. Allocates nothing. */
void heap_init(struct heap *h);

/* Frees the array; the nodes are the caller's and must not be used as members of h afterwards. */
void heap_release(struct heap *h);

/* Marks a node as being in no heap; every node starts with this. */
void heap_node_init(struct heap_node *node);

/* True if the node is in a heap. */
bool heap_has(const struct heap_node *node);

/* Keeps the node until it is taken out, ordered by key. The node must be in no heap. */
void heap_put(struct heap *h, struct heap_node *node, int64_t key);

/* Gives the node with the smallest key without taking it out; NULL if there is none. */
struct heap_node *heap_peek(const struct heap *h);

/* Takes out and gives the node with the smallest key; NULL if there is none. */
struct heap_node *heap_take(struct heap *h);

/* Takes the node out from wherever it is; does nothing if it is in no heap. */
void heap_remove(struct heap *h, struct heap_node *node);
