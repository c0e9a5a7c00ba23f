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

void request_init(struct request *q, struct call *call, unsigned pool)
{
	*q = (struct request){
		.step = call->step,
		.pool = pool,
		.latest_ms = INT64_MIN,
		.seq = UINT64_MAX,
		.paid = { -1, -1, -1, -1 },
	};
	list_init(&q->calls);
	list_init(&q->link);
	heap_node_init(&q->turn);
	answer_init(&q->answer, OUTCOME_CANCELLED);
	request_join(q, call);
}

void request_join(struct request *q, struct call *call)
{
	assert(!call->request && !call->is_settled);
	const struct record *r = call->record;
	call->request = q;
	list_put(&q->calls, &call->link);
	q->calls_n++;
	q->latest_ms = r->admitted_ms > q->latest_ms ? r->admitted_ms : q->latest_ms;
	q->seq = r->seq < q->seq ? r->seq : q->seq;
}

/* Looks for the youngest record anew: that of a call which has left was it. */
static void find_latest(struct request *q)
{
	q->latest_ms = INT64_MIN;
	for (struct list_node *node = q->calls.next; node != &q->calls; node = node->next) {
		const struct call *call = LIST_ENTRY(node, struct call, link);
		if (call->record->admitted_ms > q->latest_ms)
			q->latest_ms = call->record->admitted_ms;
	}
}

void request_leave(struct request *q, struct call *call)
{
	assert(call->request == q && q->calls_n > 0);
	call->request = NULL;
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

/* Tells a call what another has got, which was asked for both. */
static void copy_to(const struct call *from, struct call *call)
{
	const struct attempt *a = &from->attempt;
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
	answer_copy(&call->answer, &from->answer);
	call->is_shared = true;
}

void request_settle(struct request *q, enum error_code error, struct list_node *settled)
{
	struct call *first = NULL;
	while (q->calls_n > 0) {
		struct call *call = request_first(q);
		request_leave(q, call);
		answer_release(&call->answer);
		if (first)
			copy_to(first, call);
		else
			move_to(q, first = call);
		call->error = error;
		call->is_settled = true;
		list_put(settled, &call->link);
	}
}

void request_release(struct request *q)
{
	assert(q->calls_n == 0);
	attempt_release(&q->attempt);
	if (q->second)
		attempt_release(q->second);
	free(q->second);
	q->second = NULL;
	free(q->reask);
	q->reask = NULL;
	answer_release(&q->answer);
}
