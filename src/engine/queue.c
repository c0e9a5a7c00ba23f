/* SPDX-License-Identifier: MIT */
#include "engine/queue.h"

#include "base/xalloc.h"
#include "work/record.h"

#include <stdlib.h>

/* More than there are records: who has tried in vain goes behind all who have not. */
#define TRIAL_HANDICAP ((int64_t)1 << 40)

#define REQUEST_OF(node) HEAP_ENTRY(node, struct request, turn)
#define CALL_OF(node) LIST_ENTRY(node, struct call, link)

void queue_init(struct queue *k, unsigned pools_n, unsigned tiers_n, int64_t patience_ms)
{
	*k = (struct queue){ .tiers_n = tiers_n, .patience_ms = patience_ms };
	k->lanes_n = (size_t)pools_n * tiers_n;
	k->lanes = xcalloc(k->lanes_n, sizeof *k->lanes);
	for (size_t i = 0; i < k->lanes_n; i++)
		heap_init(&k->lanes[i].ready);
	heap_init(&k->waiting);
	heap_init(&k->deadlines);
}

void queue_release(struct queue *k)
{
	for (size_t i = 0; i < k->lanes_n; i++)
		heap_release(&k->lanes[i].ready);
	free(k->lanes);
	heap_release(&k->waiting);
	heap_release(&k->deadlines);
}

static struct lane *lane_of(const struct queue *k, const struct request *q)
{
	return &k->lanes[(size_t)q->pool * k->tiers_n + q->tier];
}

void queue_put(struct queue *k, struct request *q)
{
	q->state = REQUEST_READY;
	heap_put(&lane_of(k, q)->ready, &q->turn, (int64_t)q->seq + q->trials_n * TRIAL_HANDICAP);
	k->ready_n++;
}

void queue_hasten(struct queue *k, struct request *q)
{
	queue_remove(k, q);
	queue_put(k, q);
}

void queue_put_off(struct queue *k, struct request *q, int64_t until_ms)
{
	q->state = REQUEST_WAITING;
	heap_put(&k->waiting, &q->turn, until_ms);
}

void queue_remove(struct queue *k, struct request *q)
{
	k->ready_n -= q->state == REQUEST_READY;
	heap_remove(q->state == REQUEST_READY ? &lane_of(k, q)->ready : &k->waiting, &q->turn);
	q->state = REQUEST_FLYING;
}

struct request *queue_take(struct queue *k)
{
	struct heap_node *node = heap_peek(&k->waiting);
	for (size_t i = 0; !node && i < k->lanes_n; i++)
		node = heap_peek(&k->lanes[i].ready);
	if (!node)
		return NULL;
	queue_remove(k, REQUEST_OF(node));
	return REQUEST_OF(node);
}

void queue_ripen(struct queue *k, int64_t now_ms)
{
	struct heap_node *node;
	while ((node = heap_peek(&k->waiting)) && node->key <= now_ms) {
		heap_remove(&k->waiting, node);
		queue_put(k, REQUEST_OF(node));
	}
}

void queue_unblock(struct queue *k)
{
	for (size_t i = 0; i < k->lanes_n; i++)
		k->lanes[i].is_blocked = false;
}

void queue_block(struct queue *k, const struct request *q)
{
	lane_of(k, q)->is_blocked = true;
}

struct request *queue_first(const struct queue *k)
{
	struct heap_node *first = NULL;
	for (size_t i = 0; i < k->lanes_n; i++) {
		struct heap_node *node = heap_peek(&k->lanes[i].ready);
		if (node && !k->lanes[i].is_blocked && (!first || node->key < first->key))
			first = node;
	}
	return first ? REQUEST_OF(first) : NULL;
}

const struct request *queue_any_ready(const struct queue *k)
{
	for (size_t i = 0; i < k->lanes_n; i++) {
		struct heap_node *node = heap_peek(&k->lanes[i].ready);
		if (node)
			return REQUEST_OF(node);
	}
	return NULL;
}

static int64_t earlier(const struct heap *heap, int64_t than_ms)
{
	const struct heap_node *first = heap_peek(heap);
	return first && first->key < than_ms ? first->key : than_ms;
}

int64_t queue_next_ms(const struct queue *k)
{
	return earlier(&k->waiting, earlier(&k->deadlines, INT64_MAX));
}

/* deadlines */

static int64_t deadline_of(const struct queue *k, const struct call *call)
{
	return call->record->admitted_ms + k->patience_ms;
}

int64_t queue_deadline_ms(const struct queue *k, const struct request *q)
{
	return k->patience_ms ? q->latest_ms + k->patience_ms : INT64_MAX;
}

void queue_mind(struct queue *k, struct call *call)
{
	if (k->patience_ms && !heap_has(&call->deadline))
		heap_put(&k->deadlines, &call->deadline, deadline_of(k, call));
}

void queue_mind_all(struct queue *k, struct request *q)
{
	struct list_node *node = q->calls.next;
	for (; k->patience_ms && node != &q->calls; node = node->next)
		queue_mind(k, CALL_OF(node));
}

void queue_put_off_deadline(struct queue *k, struct call *call, int64_t until_ms)
{
	queue_forget(k, call);
	heap_put(&k->deadlines, &call->deadline, until_ms);
}

void queue_forget(struct queue *k, struct call *call)
{
	heap_remove(&k->deadlines, &call->deadline);
}

void queue_forget_all(struct queue *k, struct request *q)
{
	struct list_node *node = q->calls.next;
	for (; k->patience_ms && node != &q->calls; node = node->next)
		queue_forget(k, CALL_OF(node));
}

struct call *queue_take_late(struct queue *k, int64_t now_ms)
{
	struct heap_node *node = heap_peek(&k->deadlines);
	if (!node || node->key > now_ms)
		return NULL;
	heap_remove(&k->deadlines, node);
	return HEAP_ENTRY(node, struct call, deadline);
}
