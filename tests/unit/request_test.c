/* SPDX-License-Identifier: MIT */
#include "work/request.h"

#include "base/xalloc.h"
#include "t.h"
#include "work/record.h"

enum { CALLS_N = 3, STEP = 2, POOL = 4, BODY_MAX = 1000 };

/* A request with some calls that hold it. */
struct scene {
	struct request q;
	struct call calls[CALLS_N];
	struct list_node settled;
	struct record records[CALLS_N]; /* each admitted later, and of an earlier number */
};

static void scene_init(struct scene *s)
{
	list_init(&s->settled);
	for (unsigned i = 0; i < CALLS_N; i++) {
		s->records[i] = (struct record){ .seq = CALLS_N - i, .admitted_ms = i };
		call_init(&s->calls[i], &s->records[i], STEP, i);
	}
	request_init(&s->q, s->calls[0].step, POOL);
	request_join(&s->q, &s->calls[0], NULL);
	attempt_init(&s->q.attempt, BODY_MAX);
	for (unsigned i = 1; i < CALLS_N; i++)
		request_join(&s->q, &s->calls[i], NULL);
}

static void scene_release(struct scene *s)
{
	request_release(&s->q);
	for (unsigned i = 0; i < CALLS_N; i++)
		call_release(&s->calls[i]);
}

/* Lands an answer. */
static void land(struct request *q)
{
	struct attempt *a = &q->attempt;
	buf_put_str(&a->body, "{\"asked\":1}");
	buf_init(&a->answer, 100);
	buf_put_str(&a->answer, "{\"said\":\"words\"}");
	a->status = 200;
	a->ms = 12;
	a->first_byte_ms = 5;
	a->owner = q;
	memcpy(a->request_id, "id-1", sizeof "id-1");
	memcpy(a->error_type, "kind", sizeof "kind");
	answer_init(&q->answer, OUTCOME_ANSWERED);
	q->answer.text = (struct span){ a->answer.data + 9, 5 };
	q->answer.message = xstrdup("message");
	q->attempts_n = 3;
}

TEST("a request begins ready, for the call that it was made for")
{
	struct scene s;
	scene_init(&s);
	CHECK_INT(s.q.state, REQUEST_READY);
	CHECK_INT(s.q.step, STEP);
	CHECK_INT(s.q.pool, POOL);
	CHECK_INT(s.q.calls_n, CALLS_N);
	CHECK_INT(s.q.paid.input, -1);
	CHECK(request_first(&s.q) == &s.calls[0]);
	CHECK(s.calls[2].request == &s.q);
	for (unsigned i = 0; i < CALLS_N; i++)
		request_leave(&s.q, &s.calls[i]);
	scene_release(&s);
}

TEST("a call that leaves a request gets nothing of it but how often it was tried")
{
	struct scene s;
	scene_init(&s);
	land(&s.q);
	request_leave(&s.q, &s.calls[0]);
	CHECK(!s.calls[0].request && list_is_empty(&s.calls[0].link));
	CHECK(request_first(&s.q) == &s.calls[1]);
	request_settle(&s.q, ERROR_NONE, &s.settled);
	CHECK(!s.calls[0].is_settled && !s.calls[0].answer.text.at);
	CHECK_INT(s.calls[0].attempts_n, 3);
	CHECK_MEM(s.calls[1].answer.text.at, s.calls[1].answer.text.n, "words");
	CHECK(!s.calls[1].is_shared && s.calls[2].is_shared);
	scene_release(&s);
}

TEST("what has come of a request goes to all its calls, in the order in which they came to it")
{
	struct scene s;
	scene_init(&s);
	land(&s.q);
	request_settle(&s.q, ERROR_NONE, &s.settled);
	CHECK_INT(s.q.calls_n, 0);
	for (unsigned i = 0; i < CALLS_N; i++) {
		struct call *c = &s.calls[i];
		CHECK(list_take(&s.settled) == &c->link);
		CHECK(!c->request && c->is_settled);
		CHECK_INT(c->error, ERROR_NONE);
		CHECK_INT(c->attempts_n, 3);
		CHECK_INT(c->attempt.status, 200);
		CHECK_INT(c->attempt.ms, 12);
		CHECK_INT(c->attempt.first_byte_ms, 5);
		CHECK_STR(c->attempt.request_id, "id-1");
		CHECK_STR(c->attempt.error_type, "kind");
		CHECK(!c->attempt.owner);
		CHECK_INT(c->answer.outcome, OUTCOME_ANSWERED);
		CHECK_MEM(c->answer.text.at, c->answer.text.n, "words");
		CHECK_STR(c->answer.message, "message");
		CHECK_INT(c->is_shared, i > 0);
	}
	CHECK(list_is_empty(&s.settled));
	scene_release(&s);
}

TEST("the first call gets the very bytes, the others bytes of their own")
{
	struct scene s;
	scene_init(&s);
	land(&s.q);
	const char *words = s.q.answer.text.at;
	request_settle(&s.q, ERROR_NONE, &s.settled);
	CHECK(s.calls[0].answer.text.at == words);
	CHECK(s.calls[1].answer.text.at != words);
	call_release(&s.calls[0]);
	call_release(&s.calls[1]);
	CHECK_MEM(s.calls[2].answer.text.at, s.calls[2].answer.text.n, "words");
	s.calls[0].answer = s.calls[1].answer = (struct answer){ 0 };
	scene_release(&s);
}

TEST("the body of a request stays with it")
{
	struct scene s;
	scene_init(&s);
	land(&s.q);
	request_settle(&s.q, ERROR_NONE, &s.settled);
	CHECK_MEM(s.q.attempt.body.data, s.q.attempt.body.len, "{\"asked\":1}");
	for (unsigned i = 0; i < CALLS_N; i++)
		CHECK(!s.calls[i].attempt.body.data);
	scene_release(&s);
}

TEST("a request that failed tells each of its calls why")
{
	struct scene s;
	scene_init(&s);
	answer_init(&s.q.answer, OUTCOME_AUTH);
	s.q.answer.message = xstrdup("no key");
	request_settle(&s.q, ERROR_AUTH, &s.settled);
	for (unsigned i = 0; i < CALLS_N; i++) {
		CHECK_INT(s.calls[i].error, ERROR_AUTH);
		CHECK_STR(s.calls[i].answer.message, "no key");
	}
	scene_release(&s);
}

TEST("a request that all calls have left lands for nobody")
{
	struct scene s;
	scene_init(&s);
	land(&s.q);
	for (unsigned i = 0; i < CALLS_N; i++)
		request_leave(&s.q, &s.calls[i]);
	request_settle(&s.q, ERROR_NONE, &s.settled);
	CHECK(list_is_empty(&s.settled));
	scene_release(&s);
}

TEST("a released request can be used for another call")
{
	struct scene s;
	scene_init(&s);
	land(&s.q);
	s.q.second = xcalloc(1, sizeof *s.q.second);
	attempt_init(s.q.second, BODY_MAX);
	buf_put_str(&s.q.second->body, "hedge");
	request_settle(&s.q, ERROR_NONE, &s.settled);
	request_release(&s.q);
	CHECK(!s.q.second);
	call_release(&s.calls[1]);
	call_init(&s.calls[1], &s.records[1], STEP, 1);
	request_init(&s.q, s.calls[1].step, POOL);
	request_join(&s.q, &s.calls[1], NULL);
	CHECK_INT(s.q.calls_n, 1);
	CHECK_INT(s.q.attempts_n, 0);
	CHECK(!s.q.attempt.body.data && !s.q.answer.message);
	request_leave(&s.q, &s.calls[1]);
	scene_release(&s);
}

TEST("a request goes as early as its earliest record, and waits as long as its youngest")
{
	struct scene s;
	scene_init(&s);
	CHECK_INT((int)s.q.seq, 1);
	CHECK_INT(s.q.latest_ms, CALLS_N - 1);
	request_leave(&s.q, &s.calls[CALLS_N - 1]);
	CHECK_INT(s.q.latest_ms, CALLS_N - 2);
	request_leave(&s.q, &s.calls[0]);
	CHECK_INT(s.q.latest_ms, CALLS_N - 2);
	for (unsigned i = 1; i < CALLS_N - 1; i++)
		request_leave(&s.q, &s.calls[i]);
	scene_release(&s);
}
