/* SPDX-License-Identifier: MIT */
#include "base/chan.h"

#include "base/rng.h"
#include "t.h"

#include <poll.h>
#include <stdint.h>

/* A channel with its two wakes. */
struct line {
	struct wake consumer, producer;
	struct chan chan;
};

static void enter(struct line *l, size_t items, size_t weight_max)
{
	struct err err;
	CHECK(wake_init(&l->consumer, &err) && wake_init(&l->producer, &err));
	chan_init(&l->chan, items, weight_max, &l->consumer, &l->producer);
}

static void leave(struct line *l)
{
	chan_release(&l->chan);
	chan_release(&l->chan);
	wake_release(&l->consumer);
	wake_release(&l->producer);
}

static bool put(struct line *l, uintptr_t what, size_t weight)
{
	struct chan_item item = { (void *)what, weight };
	return chan_put(&l->chan, &item, 1);
}

static uintptr_t take(struct line *l)
{
	void *what;
	return chan_take(&l->chan, &what, 1) ? (uintptr_t)what : 0;
}

static bool is_called(const struct wake *w)
{
	struct pollfd p = { .fd = w->fd, .events = POLLIN };
	return poll(&p, 1, 0) == 1;
}

TEST("items come out in order, and an empty channel gives none")
{
	struct line l;
	void *out[4];
	enter(&l, 4, 100);
	CHECK(!chan_has_items(&l.chan));
	CHECK_INT(chan_take(&l.chan, out, 4), 0);
	CHECK(put(&l, 1, 1) && put(&l, 2, 1) && put(&l, 3, 1));
	CHECK(chan_has_items(&l.chan));
	CHECK_INT(take(&l), 1);
	CHECK(put(&l, 4, 1) && put(&l, 5, 1));
	CHECK_INT(chan_take(&l.chan, out, 4), 4);
	CHECK_INT((uintptr_t)out[0], 2);
	CHECK_INT((uintptr_t)out[3], 5);
	leave(&l);
}

TEST("a channel is full by count, and a batch goes in whole or not at all")
{
	struct line l;
	struct chan_item batch[3] = { { (void *)1, 0 }, { (void *)2, 0 }, { (void *)3, 0 } };
	enter(&l, 3, 100); /* rounded up to 4 */
	CHECK_INT(chan_room(&l.chan), 4);
	CHECK(chan_put(&l.chan, batch, 3));
	CHECK_INT(chan_room(&l.chan), 1);
	CHECK(!chan_put(&l.chan, batch, 2));
	CHECK(chan_put(&l.chan, batch, 1));
	CHECK_INT(chan_room(&l.chan), 0);
	CHECK(!chan_put(&l.chan, batch, 1));
	CHECK_INT(take(&l), 1);
	CHECK_INT(take(&l), 2);
	CHECK_INT(take(&l), 3);
	CHECK_INT(take(&l), 1);
	CHECK_INT(take(&l), 0);
	leave(&l);
}

TEST("a channel is full by weight once it holds its ceiling, and the last batch may pass that")
{
	struct line l;
	enter(&l, 8, 10);
	CHECK(put(&l, 1, 6));
	CHECK_INT(chan_room(&l.chan), 7);
	CHECK(put(&l, 2, 5));
	CHECK_INT(chan_room(&l.chan), 0);
	CHECK(!put(&l, 3, 0));
	CHECK_INT(take(&l), 1);
	CHECK(put(&l, 3, 1000));
	CHECK(!put(&l, 4, 1));
	CHECK_INT(take(&l), 2);
	CHECK(!put(&l, 4, 1));
	CHECK_INT(take(&l), 3);
	CHECK_INT(chan_room(&l.chan), 8);
	CHECK(put(&l, 4, 1000));
	leave(&l);
}

TEST("a channel without any weight allowed still passes one item at a time")
{
	struct line l;
	enter(&l, 8, 0);
	CHECK(put(&l, 1, 6));
	CHECK(!put(&l, 2, 0));
	CHECK_INT(take(&l), 1);
	CHECK(put(&l, 2, 0));
	leave(&l);
}

TEST("a sleeping consumer is called when something comes and when nothing more will")
{
	struct line l;
	enter(&l, 4, 100);
	wake_prepare(&l.consumer);
	CHECK(put(&l, 1, 1));
	CHECK(is_called(&l.consumer));
	wake_finish(&l.consumer, true);
	wake_prepare(&l.consumer);
	chan_close(&l.chan);
	CHECK(is_called(&l.consumer));
	wake_finish(&l.consumer, true);
	CHECK(!chan_is_drained(&l.chan));
	CHECK_INT(take(&l), 1);
	CHECK(chan_is_drained(&l.chan));
	leave(&l);
}

TEST("a sleeping producer is called when the channel is half empty, not for every item")
{
	struct line l;
	enter(&l, 4, 100);
	for (uintptr_t i = 1; i <= 4; i++)
		CHECK(put(&l, i, 1));
	wake_prepare(&l.producer);
	CHECK_INT(take(&l), 1);
	CHECK(!is_called(&l.producer));
	CHECK_INT(take(&l), 2);
	CHECK(is_called(&l.producer));
	wake_finish(&l.producer, true);
	leave(&l);
}

enum { PASSED_N = 200000, BATCH_MAX = 3 };

static void sleep_in(struct wake *w)
{
	struct pollfd p = { .fd = w->fd, .events = POLLIN };
	wake_finish(w, poll(&p, 1, -1) == 1);
}

/* Puts the batch, asleep while it does not fit. */
static void put_all(struct line *l, const struct chan_item *items, size_t n)
{
	while (!chan_put(&l->chan, items, n)) {
		wake_prepare(&l->producer);
		if (chan_put(&l->chan, items, n)) {
			wake_finish(&l->producer, false);
			return;
		}
		sleep_in(&l->producer);
	}
}

static void *produce(void *arg)
{
	struct line *l = arg;
	struct rng rng;
	rng_init(&rng, 1);
	for (uintptr_t next = 1; next <= PASSED_N;) {
		struct chan_item batch[BATCH_MAX];
		size_t n = 0, most = 1 + (size_t)rng_upto(&rng, BATCH_MAX - 1);
		while (n < most && next <= PASSED_N)
			batch[n++] =
				(struct chan_item){ (void *)next++, (size_t)rng_upto(&rng, 6) };
		put_all(l, batch, n);
	}
	chan_close(&l->chan);
	return NULL;
}

TEST("two threads pass 200,000 items through a tiny channel, each once and in order")
{
	struct line l;
	pthread_t thread;
	uintptr_t last = 0;
	enter(&l, 4, 10);
	CHECK_INT(pthread_create(&thread, NULL, produce, &l), 0);
	while (!chan_is_drained(&l.chan)) {
		void *out[2];
		size_t n = chan_take(&l.chan, out, 2);
		for (size_t i = 0; i < n; i++)
			if ((uintptr_t)out[i] != ++last)
				CHECK_INT((uintptr_t)out[i], last);
		if (n)
			continue;
		wake_prepare(&l.consumer);
		if (chan_has_items(&l.chan) || chan_is_drained(&l.chan))
			wake_finish(&l.consumer, false);
		else
			sleep_in(&l.consumer);
	}
	pthread_join(thread, NULL);
	CHECK_INT(last, PASSED_N);
	leave(&l);
}
