/* SPDX-License-Identifier: MIT */
#include "base/heap.h"

#include "base/xalloc.h"

#include <assert.h>
#include <stdlib.h>

static bool is_before(const struct heap_node *a, const struct heap_node *b)
{
	return a->key < b->key || (a->key == b->key && a->order < b->order);
}

static void place(struct heap *h, struct heap_node *node, size_t index)
{
	h->nodes[index] = node;
	node->index = index;
}

static void sift_up(struct heap *h, struct heap_node *node, size_t index)
{
	while (index > 0) {
		size_t parent = (index - 1) / 2;
		if (!is_before(node, h->nodes[parent]))
			break;
		place(h, h->nodes[parent], index);
		index = parent;
	}
	place(h, node, index);
}

static void sift_down(struct heap *h, struct heap_node *node, size_t index)
{
	for (;;) {
		size_t child = 2 * index + 1;
		if (child >= h->len)
			break;
		if (child + 1 < h->len && is_before(h->nodes[child + 1], h->nodes[child]))
			child++;
		if (!is_before(h->nodes[child], node))
			break;
		place(h, h->nodes[child], index);
		index = child;
	}
	place(h, node, index);
}

void heap_init(struct heap *h)
{
	*h = (struct heap){ 0 };
}

void heap_release(struct heap *h)
{
	free(h->nodes);
	heap_init(h);
}

void heap_node_init(struct heap_node *node)
{
	node->index = HEAP_OUT;
}

bool heap_has(const struct heap_node *node)
{
	return node->index != HEAP_OUT;
}

void heap_put(struct heap *h, struct heap_node *node, int64_t key)
{
	assert(!heap_has(node));
	if (h->len == h->cap) {
		h->cap = h->cap ? h->cap * 2 : 64;
		h->nodes = xrealloc(h->nodes, h->cap, sizeof *h->nodes);
	}
	node->key = key;
	node->order = h->next_order++;
	sift_up(h, node, h->len++);
}

struct heap_node *heap_peek(const struct heap *h)
{
	return h->len ? h->nodes[0] : NULL;
}

struct heap_node *heap_take(struct heap *h)
{
	struct heap_node *first = heap_peek(h);
	if (first)
		heap_remove(h, first);
	return first;
}

void heap_remove(struct heap *h, struct heap_node *node)
{
	if (!heap_has(node))
		return;
	size_t index = node->index;
	assert(index < h->len && h->nodes[index] == node);
	struct heap_node *last = h->nodes[--h->len];
	node->index = HEAP_OUT;
	if (last == node)
		return;
	/* The last one may belong above or below the hole it fills. */
	sift_up(h, last, index);
	sift_down(h, last, last->index);
}
