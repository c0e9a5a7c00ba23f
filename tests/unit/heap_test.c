/* SPDX-License-Identifier: MIT */
#include "base/heap.h"

#include "base/rng.h"
#include "t.h"

struct timer {
	char name;
	struct heap_node node;
};

TEST("an empty heap has nothing to give")
{
	struct heap h;
	heap_init(&h);
	CHECK(heap_peek(&h) == NULL);
	CHECK(heap_take(&h) == NULL);
	heap_release(&h);
}

TEST("nodes come out by key, equal ones as they went in")
{
	static const int64_t keys[] = { 5, 1, 3, 1, INT64_MIN, 5, INT64_MAX, 1 };
	static const char want[] = "ebdhcafg";
	struct timer timers[8];
	struct heap h;
	heap_init(&h);
	for (size_t i = 0; i < 8; i++) {
		timers[i].name = (char)('a' + i);
		heap_node_init(&timers[i].node);
		heap_put(&h, &timers[i].node, keys[i]);
	}
	CHECK(heap_peek(&h) == &timers[4].node);
	for (size_t i = 0; i < 8; i++)
		CHECK_INT(HEAP_ENTRY(heap_take(&h), struct timer, node)->name, want[i]);
	CHECK(heap_take(&h) == NULL);
	heap_release(&h);
}

TEST("a node knows whether it is in a heap, and may be taken out twice")
{
	struct timer t;
	struct heap h;
	heap_init(&h);
	heap_node_init(&t.node);
	CHECK(!heap_has(&t.node));
	heap_remove(&h, &t.node);
	heap_put(&h, &t.node, 1);
	CHECK(heap_has(&t.node));
	heap_remove(&h, &t.node);
	CHECK(!heap_has(&t.node));
	heap_remove(&h, &t.node);
	heap_put(&h, &t.node, 2);
	CHECK(heap_take(&h) == &t.node);
	CHECK(!heap_has(&t.node));
	heap_release(&h);
}

/* Each node where it says it is, and no child before its parent. */
static bool is_sound(const struct heap *h)
{
	for (size_t i = 0; i < h->len; i++) {
		const struct heap_node *node = h->nodes[i], *parent = h->nodes[i ? (i - 1) / 2 : 0];
		if (node->index != i || node->key < parent->key ||
			(node->key == parent->key && node->order < parent->order))
			return false;
	}
	return true;
}

TEST("a heap under random use is sound after every change and gives the least of all")
{
	enum { N = 300 };
	struct heap_node nodes[N];
	struct rng rng;
	struct heap h;
	size_t inside = 0;
	rng_init(&rng, 11);
	heap_init(&h);
	for (size_t i = 0; i < N; i++)
		heap_node_init(&nodes[i]);
	for (int turn = 0; turn < 20000; turn++) {
		struct heap_node *node = &nodes[rng_upto(&rng, N - 1)];
		if (!heap_has(node)) {
			heap_put(&h, node, rng_upto(&rng, 20));
			inside++;
		} else if (rng_upto(&rng, 2) == 0) {
			heap_remove(&h, node);
			inside--;
		} else {
			const struct heap_node *first = heap_take(&h);
			inside--;
			for (size_t i = 0; i < N; i++)
				CHECK(!heap_has(&nodes[i]) || nodes[i].key > first->key ||
					(nodes[i].key == first->key &&
						nodes[i].order > first->order));
		}
		CHECK(is_sound(&h));
		CHECK_INT(h.len, inside);
	}
	heap_release(&h);
}
