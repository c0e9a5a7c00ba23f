/* SPDX-License-Identifier: MIT */
/*
 * What has come of a request moves to the call that has held it longest: the answer's spans point
 * to bytes that stay where they are. Each further holder gets a copy that stands alone.
 */
#include "work/request.h"

#include "work/record.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void request_init(struct request *q, unsigned step, unsigned pool)
{
	*q = (struct request){
		.step = step,
		.pool = pool,
		.latest_ms = INT64_MIN,
		.seq = UINT64_MAX,
		.paid = { -1, -1, -1, -1, 0, 0, TIER_USUAL },
	};
	list_init(&q->calls);
	list_init(&q->items);
	list_init(&q->link);
	heap_node_init(&q->turn);
	answer_init(&q->answer, OUTCOME_CANCELLED);
}

void request_join(struct request *q, struct call *call, struct item *item)
{
	assert(!call->request && !call->is_settled && q->is_pack == (item != NULL));
	const struct record *r = call->record;
	call->request = q;
	call->item = item;
	if (item)
		item->calls_n++;
	list_put(&q->calls, &call->link);
	q->calls_n++;
	q->latest_ms = r->admitted_ms > q->latest_ms ? r->admitted_ms : q->latest_ms;
	q->seq = r->seq < q->seq ? r->seq : q->seq;
}

/*
 * Looks for the youngest record anew: that of a call which has left was it. The youngest came last,
 * and mostly with others, so that all calls of a pack can leave without many looks.
 */
static void find_latest(struct request *q)
{
	struct list_node *node = q->calls.prev;
	int64_t was_ms = q->latest_ms;
	q->latest_ms = INT64_MIN;
	for (; node != &q->calls && q->latest_ms < was_ms; node = node->prev) {
		const struct call *call = LIST_ENTRY(node, struct call, link);
		if (call->record->admitted_ms > q->latest_ms)
			q->latest_ms = call->record->admitted_ms;
	}
}

void request_leave(struct request *q, struct call *call)
{
	assert(call->request == q && q->calls_n > 0);
	struct item *item = call->item;
	if (item && --item->calls_n > 0 && item->source == call->record)
		item_keep(item);
	call->request = NULL;
	call->item = NULL;
	call->attempts_n = q->attempts_n;
	list_remove(&call->link);
	q->calls_n--;
	if (call->record->admitted_ms == q->latest_ms)
		find_latest(q);
}

struct call *request_first(const struct request *q)
{
	assert(q->calls_n > 0);
	return LIST_ENTRY(q->calls.next, struct call, link);
}

/* Hands attempt and answer over; the request's body is not the call's. */
static void move_to(struct request *q, struct call *call)
{
	struct buf body = q->attempt.body;
	call->attempt = q->attempt;
	call->attempt.body = (struct buf){ 0 };
	call->attempt.owner = call->attempt.slot = NULL;
	call->attempt.link = (struct list_node){ 0 };
	q->attempt = (struct attempt){ .body = body };
	call->answer = q->answer;
	q->answer = (struct answer){ 0 };
}

/* Tells a call how the attempt went that was made for it and for others. */
static void copy_attempt(const struct attempt *a, struct call *call)
{
	call->attempt = (struct attempt){
		.endpoint = a->endpoint,
		.api = a->api,
		.wire = a->wire,
		.status = a->status,
		.hint = a->hint,
		.ms = a->ms,
		.first_byte_ms = a->first_byte_ms,
	};
	memcpy(call->attempt.error_type, a->error_type, sizeof a->error_type);
	memcpy(call->attempt.request_id, a->request_id, sizeof a->request_id);
}

/* It is over for a call, which is taken away. */
static void settle_call(
	struct request *q, struct call *call, enum error_code error, struct list_node *settled)
{
	call->was_sought = q->has_key || (call->item && call->item->has_key);
	request_leave(q, call);
	answer_release(&call->answer);
	call->error = error;
	call->is_cached = q->is_cached;
	call->is_settled = true;
	list_put(settled, &call->link);
}

void request_settle(struct request *q, enum error_code error, struct list_node *settled)
{
	struct call *first = NULL;
	while (q->calls_n > 0) {
		struct call *call = request_first(q);
		settle_call(q, call, error, settled);
		if (!first) {
			move_to(q, first = call);
			continue;
		}
		copy_attempt(&first->attempt, call);
		answer_copy(&call->answer, &first->answer);
		call->is_shared = !q->is_pack;
		/* It is paid there. */
		call->answer.cost = first->answer.cost < 0 ? -1 : 0;
	}
}

/* What a pack used is said once: by the first of its calls to be told anything. */
static void take_usage(struct request *q, struct call *call)
{
	call->answer.usage = q->answer.usage;
	call->answer.cost = q->answer.cost;
	call->answer.cost_source = q->answer.cost_source;
	q->answer.usage = (struct usage){ -1, -1, -1, -1, 0, 0, TIER_USUAL };
	q->answer.cost = q->answer.cost < 0 ? -1 : 0;
}

void request_settle_vector(struct request *q, struct call *call, const struct vector_source *source,
	struct list_node *settled)
{
	struct item *item = call->item;
	struct answer *answer = &q->answer;
	bool is_shared = item->is_given;
	item->is_given = true;
	settle_call(q, call, ERROR_NONE, settled);
	copy_attempt(&q->attempt, call);
	call->is_shared = is_shared;
	answer_init(&call->answer, OUTCOME_ANSWERED);
	call->answer.finish = answer->finish;
	call->answer.model = answer->model;
	call->answer.endpoint = answer->endpoint;
	call->answer.vector = answer->vectors[item->place];
	call->answer.source = shared_hold(source->bytes);
	call->answer.source_bytes = source->weight;
	take_usage(q, call);
}

void request_settle_misfit(
	struct request *q, struct call *call, char *message, struct list_node *settled)
{
	settle_call(q, call, ERROR_BAD_RESPONSE, settled);
	copy_attempt(&q->attempt, call);
	answer_init(&call->answer, OUTCOME_BAD_RESPONSE);
	call->answer.message = message;
	take_usage(q, call);
}

void request_put_item(struct request *q, struct item *item)
{
	assert(q->is_pack && !item->request && item->calls_n == 0);
	item->request = q;
	list_put(&q->items, &item->link);
	q->items_n++;
}

void request_move_items(struct request *q, struct request *from, struct item *first)
{
	struct list_node *node = &first->link;
	while (node != &from->items) {
		struct item *item = LIST_ENTRY(node, struct item, link);
		node = node->next;
		list_remove(&item->link);
		from->items_n--;
		item->request = NULL;
		item->calls_n = 0;
		request_put_item(q, item);
	}
	/* All of the calls in one go: of a pack with duplicates there are many. */
	for (node = from->calls.next; node != &from->calls;) {
		struct call *call = LIST_ENTRY(node, struct call, link);
		struct item *item = call->item;
		node = node->next;
		if (item->request != q)
			continue;
		call->item = NULL;
		request_leave(from, call);
		request_join(q, call, item);
	}
}

void request_release(struct request *q)
{
	assert(q->calls_n == 0 && q->items_n == 0);
	attempt_release(&q->attempt);
	if (q->second)
		attempt_release(q->second);
	free(q->second);
	q->second = NULL;
	free(q->reask);
	q->reask = NULL;
	answer_release(&q->answer);
}
