/* SPDX-License-Identifier: MIT */
#include "engine/queue.h"

#include "t.h"
#include "work/record.h"

enum { THINGS_N = 6, PATIENCE_MS = 100 };

/* A record with a request for its only call. */
struct thing {
	struct record record;
	struct call call;
	struct request request;
};

static struct thing things[THINGS_N];

static void make(unsigned i, uint64_t seq, unsigned pool)
{
	struct thing *t = &things[i];
	*t = (struct thing){ .record = { .seq = seq, .admitted_ms = (int64_t)seq } };
	call_init(&t->call, &t->record, 0, 0);
	request_init(&t->request, t->call.step, pool);
	request_join(&t->request, &t->call, NULL);
}

static void release(void)
{
	for (unsigned i = 0; i < THINGS_N; i++)
		things[i] = (struct thing){ 0 };
}

TEST("the earliest record goes first, whatever its pool and tier")
{
	struct queue k;
	queue_init(&k, 2, 2, 0);
	make(0, 7, 0);
	make(1, 3, 1);
	make(2, 5, 1);
	things[2].request.tier = 1;
	for (unsigned i = 0; i < 3; i++)
		queue_put(&k, &things[i].request);
	static const unsigned order[] = { 1, 2, 0 };
	for (unsigned i = 0; i < 3; i++) {
		struct request *q = queue_first(&k);
		CHECK(q == &things[order[i]].request);
		queue_remove(&k, q);
		CHECK(q->state == REQUEST_FLYING);
	}
	CHECK(!queue_first(&k) && k.ready_n == 0);
	queue_release(&k);
	release();
}

TEST("a lane that is blocked lets the others go before")
{
	struct queue k;
	queue_init(&k, 2, 1, 0);
	make(0, 1, 0);
	make(1, 2, 1);
	queue_put(&k, &things[0].request);
	queue_put(&k, &things[1].request);
	queue_block(&k, &things[0].request);
	CHECK(queue_first(&k) == &things[1].request);
	queue_block(&k, &things[1].request);
	CHECK(!queue_first(&k));
	queue_unblock(&k);
	CHECK(queue_first(&k) == &things[0].request);
	CHECK(queue_take(&k) && queue_take(&k) && !queue_take(&k));
	queue_release(&k);
	release();
}

TEST("who was put off is ready when its time has come")
{
	struct queue k;
	queue_init(&k, 1, 1, 0);
	make(0, 1, 0);
	queue_put_off(&k, &things[0].request, 50);
	CHECK_INT(queue_next_ms(&k), 50);
	queue_ripen(&k, 49);
	CHECK(!queue_first(&k));
	queue_ripen(&k, 50);
	CHECK(queue_first(&k) == &things[0].request);
	CHECK(queue_next_ms(&k) == INT64_MAX);
	CHECK(queue_take(&k) == &things[0].request);
	queue_release(&k);
	release();
}

TEST("who gets a call of an earlier record goes as early")
{
	struct queue k;
	queue_init(&k, 1, 1, 0);
	make(0, 5, 0);
	make(1, 7, 0);
	make(2, 1, 0);
	queue_put(&k, &things[0].request);
	queue_put(&k, &things[1].request);
	request_leave(&things[2].request, &things[2].call);
	request_join(&things[1].request, &things[2].call, NULL);
	queue_hasten(&k, &things[1].request);
	CHECK(queue_first(&k) == &things[1].request);
	CHECK(queue_take(&k) && queue_take(&k) && !queue_take(&k));
	queue_release(&k);
	release();
}

TEST("who has kept a breaker open goes behind all others")
{
	struct queue k;
	queue_init(&k, 1, 1, 0);
	make(0, 1, 0);
	make(1, 1000000, 0);
	things[0].request.trials_n = 1;
	queue_put(&k, &things[0].request);
	queue_put(&k, &things[1].request);
	CHECK(queue_first(&k) == &things[1].request);
	CHECK(queue_take(&k) && queue_take(&k));
	queue_release(&k);
	release();
}

TEST("a request's last moment is that of the call which may wait longest")
{
	struct queue k;
	queue_init(&k, 1, 1, PATIENCE_MS);
	make(0, 10, 0);
	make(1, 30, 0);
	request_leave(&things[1].request, &things[1].call);
	request_join(&things[0].request, &things[1].call, NULL);
	CHECK_INT(queue_deadline_ms(&k, &things[0].request), 30 + PATIENCE_MS);
	queue_mind_all(&k, &things[0].request);
	CHECK_INT(queue_next_ms(&k), 10 + PATIENCE_MS);
	CHECK(!queue_take_late(&k, 10 + PATIENCE_MS - 1));
	CHECK(queue_take_late(&k, 10 + PATIENCE_MS) == &things[0].call);
	queue_put_off_deadline(&k, &things[1].call, 1000);
	CHECK(!queue_take_late(&k, 999));
	CHECK(queue_take_late(&k, 1000) == &things[1].call);
	request_leave(&things[0].request, &things[1].call);
	CHECK_INT(queue_deadline_ms(&k, &things[0].request), 10 + PATIENCE_MS);
	queue_mind_all(&k, &things[0].request);
	queue_forget_all(&k, &things[0].request);
	CHECK(!queue_take_late(&k, INT64_MAX - 1));
	queue_release(&k);
	release();
}

TEST("without --deadline nobody is ever late")
{
	struct queue k;
	queue_init(&k, 1, 1, 0);
	make(0, 10, 0);
	queue_mind(&k, &things[0].call);
	CHECK(queue_deadline_ms(&k, &things[0].request) == INT64_MAX);
	CHECK(!queue_take_late(&k, INT64_MAX));
	queue_release(&k);
	release();
}
