/* SPDX-License-Identifier: MIT */
#include "work/call.h"

#include <assert.h>
#include <string.h>

void call_init(struct call *c, struct record *record, unsigned step, unsigned index)
{
	*c = (struct call){
		.record = record,
		.step = step,
		.index = index,
		.attempt = { .first_byte_ms = -1 },
	};
	heap_node_init(&c->deadline);
	list_init(&c->link);
	answer_init(&c->answer, OUTCOME_CANCELLED);
}

void call_abandon(struct call *c, enum error_code error, char *message)
{
	assert(!c->request && error != ERROR_NONE);
	answer_release(&c->answer);
	answer_init(&c->answer, OUTCOME_CANCELLED);
	c->answer.message = message;
	c->error = error;
	c->is_settled = true;
}

void call_compact(struct call *c)
{
	answer_keep(&c->answer);
	attempt_release(&c->attempt);
}

size_t call_weight(const struct call *c)
{
	const struct answer *a = &c->answer;
	return c->attempt.body.cap + c->attempt.answer.cap + a->own.cap + a->json.cap +
		a->source_bytes + (a->message ? strlen(a->message) + 1 : 0);
}

void call_release(struct call *c)
{
	attempt_release(&c->attempt);
	answer_release(&c->answer);
}
