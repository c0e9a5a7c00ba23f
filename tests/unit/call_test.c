/* SPDX-License-Identifier: MIT */
#include "work/call.h"

#include "base/xalloc.h"
#include "t.h"

#include <stdlib.h>

/* The part of the answer's bytes that is that word. */
static struct span find(const struct call *c, const char *word)
{
	const struct buf *b = &c->attempt.answer;
	const char *at = memmem(b->data, b->len, word, strlen(word));
	return (struct span){ at, at ? strlen(word) : 0 };
}

/* An answer as an API's file leaves it: spans into the bytes that came, and two made of them. */
static void answer(struct call *c)
{
	attempt_init(&c->attempt, 1);
	buf_init(&c->attempt.answer, 1000);
	buf_put_str(&c->attempt.answer,
		"{\"wrapped\":[\"text\",{\"tool\":1},{\"log\":1},\"model\",{\"usage\":1}]}");
	c->attempt.path = xstrdup("/path");
	c->attempt.detail = xstrdup("detail");
	c->attempt.allowances = xcalloc(1, sizeof *c->attempt.allowances);
	c->attempt.status = 200;
	answer_init(&c->answer, OUTCOME_ANSWERED);
	buf_init(&c->answer.own, 100);
	buf_put_str(&c->answer.own, "put together");
	buf_init(&c->answer.json, 100);
	buf_put_str(&c->answer.json, "{\"v\":1}");
	c->answer.text = buf_span(&c->answer.own);
	c->answer.value = buf_span(&c->answer.json);
	c->answer.tool_calls = find(c, "{\"tool\":1}");
	c->answer.logprobs = find(c, "{\"log\":1}");
	c->answer.model = find(c, "model");
	c->answer.usage_text = find(c, "{\"usage\":1}");
	c->answer.usage.output = 7;
	c->answer.message = xstrdup("message");
}

static void check_answer(const struct answer *a)
{
	CHECK_MEM(a->text.at, a->text.n, "put together");
	CHECK_MEM(a->value.at, a->value.n, "{\"v\":1}");
	CHECK_MEM(a->tool_calls.at, a->tool_calls.n, "{\"tool\":1}");
	CHECK_MEM(a->logprobs.at, a->logprobs.n, "{\"log\":1}");
	CHECK_MEM(a->model.at, a->model.n, "model");
	CHECK_MEM(a->usage_text.at, a->usage_text.n, "{\"usage\":1}");
	CHECK_INT(a->usage.output, 7);
	CHECK_STR(a->message, "message");
}

TEST("a call begins unasked and unsettled, in no list and no heap")
{
	struct call c;
	struct record *record = (struct record *)(void *)&c;
	call_init(&c, record, 3, 5);
	CHECK(c.record == record && !c.request);
	CHECK_INT(c.step, 3);
	CHECK_INT(c.index, 5);
	CHECK(!c.is_settled && !heap_has(&c.deadline) && list_is_empty(&c.link));
	CHECK(c.answer.outcome != OUTCOME_ANSWERED);
	CHECK_INT(c.answer.usage.output, -1);
	CHECK_INT(c.attempt.first_byte_ms, -1);
	CHECK_INT(call_weight(&c), 0);
	call_release(&c);
}

TEST("an abandoned call is settled, has no answer, and says why")
{
	struct call c;
	call_init(&c, NULL, 0, 0);
	c.answer.message = xstrdup("an earlier one");
	call_abandon(&c, ERROR_CANCELLED, xstrdup("another was first"));
	CHECK(c.is_settled);
	CHECK_INT(c.error, ERROR_CANCELLED);
	CHECK(c.answer.outcome != OUTCOME_ANSWERED);
	CHECK_STR(c.answer.message, "another was first");
	call_release(&c);
	call_release(&c);
}

TEST("a compacted call has all of its answer, and nothing that it came in")
{
	struct call c;
	call_init(&c, NULL, 0, 0);
	answer(&c);
	size_t before = call_weight(&c);
	call_compact(&c);
	check_answer(&c.answer);
	CHECK(!c.attempt.answer.data && !c.attempt.path && !c.attempt.detail);
	CHECK(!c.attempt.allowances);
	CHECK_INT(c.attempt.status, 200);
	CHECK(call_weight(&c) < before);
	CHECK(call_weight(&c) >= strlen("put together{\"v\":1}"));
	call_compact(&c);
	check_answer(&c.answer);
	call_release(&c);
}

TEST("what an answer has not got, it has not got when it is compacted")
{
	struct call c;
	call_init(&c, NULL, 0, 0);
	answer_init(&c.answer, OUTCOME_ANSWERED);
	c.answer.text = SPAN("");
	call_compact(&c);
	CHECK(c.answer.text.at != NULL);
	CHECK_INT(c.answer.text.n, 0);
	CHECK(!c.answer.value.at && !c.answer.model.at && !c.answer.message);
	call_release(&c);
}

TEST("a copy of an answer outlives it")
{
	struct call c;
	struct answer copy;
	call_init(&c, NULL, 0, 0);
	answer(&c);
	answer_copy(&copy, &c.answer);
	check_answer(&c.answer);
	call_release(&c);
	check_answer(&copy);
	answer_release(&copy);
}
