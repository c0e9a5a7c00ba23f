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

/* packs */

enum { ITEMS_N = 3, PACK_CALLS_N = 4, COLUMNS_N = 2 };

/* A pack whose first item two calls want, the first of them being of the record it lies in. */
struct pack_scene {
	struct request q;
	struct item *items[ITEMS_N];
	struct call calls[PACK_CALLS_N];
	struct record records[PACK_CALLS_N]; /* each admitted later */
	struct list_node settled;
};

/* Which item each call wants. */
static const unsigned wanted[PACK_CALLS_N] = { 0, 1, 0, 2 };
static const char *const texts[ITEMS_N] = { "first", "second", "third" };

static void pack_init(struct pack_scene *s)
{
	list_init(&s->settled);
	request_init(&s->q, STEP, POOL);
	s->q.is_pack = true;
	for (unsigned i = 0; i < ITEMS_N; i++) {
		s->items[i] = item_new();
		s->items[i]->text = span_of(texts[i]);
		s->items[i]->place = i;
		request_put_item(&s->q, s->items[i]);
	}
	for (unsigned i = 0; i < PACK_CALLS_N; i++) {
		s->records[i] = (struct record){ .seq = 10 + i, .admitted_ms = i };
		call_init(&s->calls[i], &s->records[i], STEP, 0);
		request_join(&s->q, &s->calls[i], s->items[wanted[i]]);
	}
	s->items[0]->source = &s->records[0];
}

/* Lands an answer with a vector for each item. */
static void land_vectors(struct pack_scene *s)
{
	struct attempt *a = &s->q.attempt;
	attempt_init(a, BODY_MAX);
	buf_init(&a->answer, 100);
	buf_put_str(&a->answer, "[0,1][1,1][2,1]");
	a->texts_n = ITEMS_N;
	a->status = 200;
	answer_init(&s->q.answer, OUTCOME_ANSWERED);
	s->q.answer.usage = (struct usage){ 9, -1, -1, -1, 0, 0, TIER_USUAL };
	s->q.answer.vectors = xcalloc(ITEMS_N, sizeof *s->q.answer.vectors);
	for (unsigned i = 0; i < ITEMS_N; i++)
		s->q.answer.vectors[i] =
			(struct vector){ .text = { a->answer.data + 5 * i, 5 }, .n = COLUMNS_N };
	s->q.attempts_n = 2;
}

/* Moves that item, put behind the others. */
static void move_one(struct request *to, struct request *from, struct item *item)
{
	list_remove(&item->link);
	list_put(&from->items, &item->link);
	request_move_items(to, from, item);
}

static void free_items(struct request *q)
{
	struct list_node *node;
	while ((node = list_take(&q->items))) {
		item_free(LIST_ENTRY(node, struct item, link));
		q->items_n--;
	}
}

static void pack_release(struct pack_scene *s)
{
	while (s->q.calls_n > 0)
		request_leave(&s->q, request_first(&s->q));
	free_items(&s->q);
	request_release(&s->q);
	for (unsigned i = 0; i < PACK_CALLS_N; i++)
		call_release(&s->calls[i]);
}

TEST("a pack has its items in the order in which they were put, and each its calls")
{
	struct pack_scene s;
	pack_init(&s);
	CHECK_INT(s.q.items_n, ITEMS_N);
	CHECK_INT(s.q.calls_n, PACK_CALLS_N);
	CHECK(s.q.items.next == &s.items[0]->link && s.q.items.prev == &s.items[2]->link);
	CHECK_INT(s.items[0]->calls_n, 2);
	CHECK_INT(s.items[1]->calls_n, 1);
	CHECK(s.items[1]->request == &s.q && s.calls[2].item == s.items[0]);
	CHECK_INT((int)s.q.seq, 10);
	CHECK_INT(s.q.latest_ms, PACK_CALLS_N - 1);
	pack_release(&s);
}

TEST("a text that lies in the record of a call that leaves is copied for the others")
{
	struct pack_scene s;
	char bytes[] = "first";
	pack_init(&s);
	s.items[0]->text.at = bytes;
	request_leave(&s.q, &s.calls[0]);
	memset(bytes, 'x', sizeof bytes);
	CHECK_MEM(s.items[0]->text.at, s.items[0]->text.n, "first");
	CHECK(!s.items[0]->source);
	CHECK_INT(s.items[0]->calls_n, 1);
	CHECK(!s.calls[0].item && !s.calls[0].request);
	pack_release(&s);
}

TEST("a text stays where it is while its record does, and when nobody wants it any more")
{
	struct pack_scene s;
	pack_init(&s);
	const char *at = s.items[0]->text.at;
	request_leave(&s.q, &s.calls[2]);
	CHECK(s.items[0]->text.at == at && s.items[0]->source == &s.records[0]);
	request_leave(&s.q, &s.calls[0]);
	CHECK(s.items[0]->text.at == at);
	CHECK_INT(s.items[0]->calls_n, 0);
	CHECK_INT(s.q.items_n, ITEMS_N);
	pack_release(&s);
}

TEST("an item moves to another pack with all its calls, and is not copied")
{
	struct pack_scene s;
	struct request other;
	pack_init(&s);
	request_init(&other, STEP, POOL);
	other.is_pack = true;
	const char *at = s.items[0]->text.at;
	move_one(&other, &s.q, s.items[0]);
	CHECK_INT(other.items_n, 1);
	CHECK_INT(other.calls_n, 2);
	CHECK_INT(s.q.items_n, ITEMS_N - 1);
	CHECK_INT(s.q.calls_n, 2);
	CHECK(s.items[0]->request == &other && s.items[0]->text.at == at);
	CHECK_INT(s.items[0]->calls_n, 2);
	CHECK(s.calls[0].request == &other && s.calls[0].item == s.items[0]);
	CHECK(s.calls[2].request == &other && request_first(&other) == &s.calls[0]);
	CHECK(s.calls[1].request == &s.q && request_first(&s.q) == &s.calls[1]);
	CHECK_INT(other.latest_ms, 2);
	CHECK_INT((int)other.seq, 10);
	move_one(&other, &s.q, s.items[2]);
	CHECK_INT(s.q.latest_ms, 1);
	CHECK_INT(other.latest_ms, 3);
	while (other.calls_n > 0)
		request_leave(&other, request_first(&other));
	free_items(&other);
	request_release(&other);
	pack_release(&s);
}

TEST("calls of a pack get the vector of their item, and a share of the bytes")
{
	struct pack_scene s;
	pack_init(&s);
	land_vectors(&s);
	struct shared *source = shared_new(&s.q.attempt.answer, &s.q.answer.own);
	const struct vector_source home = { source, shared_weight(source, ITEMS_N) };
	for (unsigned i = 0; i < PACK_CALLS_N; i++)
		request_settle_vector(&s.q, &s.calls[i], &home, &s.settled);
	size_t weight = shared_weight(source, ITEMS_N);
	shared_drop(source);
	static const char *const vectors[] = { "[0,1]", "[1,1]", "[0,1]", "[2,1]" };
	for (unsigned i = 0; i < PACK_CALLS_N; i++) {
		struct call *c = &s.calls[i];
		CHECK(list_take(&s.settled) == &c->link);
		CHECK(c->is_settled && !c->request && !c->item);
		CHECK_INT(c->error, ERROR_NONE);
		CHECK_MEM(c->answer.vector.text.at, c->answer.vector.text.n, vectors[i]);
		CHECK_INT((int)c->answer.vector.n, COLUMNS_N);
		CHECK_INT((int)c->answer.source_bytes, (int)weight);
		CHECK_INT(c->attempts_n, 2);
		CHECK_INT(c->attempt.status, 200);
	}
	CHECK_INT(s.q.calls_n, 0);
	pack_release(&s);
}

TEST("what a pack used is the first call's, and only further calls for a text share it")
{
	struct pack_scene s;
	pack_init(&s);
	land_vectors(&s);
	struct shared *source = shared_new(&s.q.attempt.answer, &s.q.answer.own);
	const struct vector_source home = { source, shared_weight(source, ITEMS_N) };
	for (unsigned i = 0; i < PACK_CALLS_N; i++)
		request_settle_vector(&s.q, &s.calls[i], &home, &s.settled);
	shared_drop(source);
	for (unsigned i = 0; i < PACK_CALLS_N; i++) {
		CHECK_INT((int)s.calls[i].answer.usage.input, i == 0 ? 9 : -1);
		CHECK_INT(s.calls[i].is_shared, i == 2);
	}
	pack_release(&s);
}

TEST("the bytes of an answer live as long as the last of its vectors")
{
	struct pack_scene s;
	pack_init(&s);
	land_vectors(&s);
	struct shared *source = shared_new(&s.q.attempt.answer, &s.q.answer.own);
	const struct vector_source home = { source, shared_weight(source, ITEMS_N) };
	request_settle_vector(&s.q, &s.calls[1], &home, &s.settled);
	request_settle_vector(&s.q, &s.calls[3], &home, &s.settled);
	shared_drop(source);
	call_release(&s.calls[1]);
	s.calls[1].answer = (struct answer){ 0 };
	CHECK_MEM(s.calls[3].answer.vector.text.at, s.calls[3].answer.vector.text.n, "[2,1]");
	pack_release(&s);
}

TEST("a call whose vector will not do fails alone, and may be the one to say what was used")
{
	struct pack_scene s;
	pack_init(&s);
	land_vectors(&s);
	struct shared *source = shared_new(&s.q.attempt.answer, &s.q.answer.own);
	const struct vector_source home = { source, shared_weight(source, ITEMS_N) };
	request_settle_misfit(&s.q, &s.calls[0], xstrdup("two numbers"), &s.settled);
	request_settle_vector(&s.q, &s.calls[1], &home, &s.settled);
	shared_drop(source);
	CHECK_INT(s.calls[0].error, ERROR_BAD_RESPONSE);
	CHECK_STR(s.calls[0].answer.message, "two numbers");
	CHECK(!s.calls[0].answer.vector.text.at && !s.calls[0].answer.source);
	CHECK_INT(s.calls[1].error, ERROR_NONE);
	CHECK_INT((int)s.calls[0].answer.usage.input, 9);
	CHECK_INT((int)s.calls[1].answer.usage.input, -1);
	CHECK_INT(s.q.calls_n, 2);
	pack_release(&s);
}

TEST("a pack that failed tells each of its calls why, and none of them shares")
{
	struct pack_scene s;
	pack_init(&s);
	answer_init(&s.q.answer, OUTCOME_AUTH);
	s.q.answer.message = xstrdup("no key");
	request_settle(&s.q, ERROR_AUTH, &s.settled);
	for (unsigned i = 0; i < PACK_CALLS_N; i++) {
		CHECK_INT(s.calls[i].error, ERROR_AUTH);
		CHECK_STR(s.calls[i].answer.message, "no key");
		CHECK(!s.calls[i].is_shared);
	}
	CHECK_INT(s.q.items_n, ITEMS_N);
	pack_release(&s);
}

TEST("the patience of a pack is that of its youngest record, whoever leaves")
{
	struct pack_scene s;
	pack_init(&s);
	s.records[1].admitted_ms = s.q.latest_ms;
	request_leave(&s.q, &s.calls[3]);
	CHECK_INT(s.q.latest_ms, 3);
	request_leave(&s.q, &s.calls[1]);
	CHECK_INT(s.q.latest_ms, 2);
	request_leave(&s.q, &s.calls[2]);
	CHECK_INT(s.q.latest_ms, 0);
	pack_release(&s);
}
