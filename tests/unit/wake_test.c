/* SPDX-License-Identifier: MIT */
#include "base/wake.h"

#include "t.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>

static bool is_called(const struct wake *w)
{
	struct pollfd p = { .fd = w->fd, .events = POLLIN };
	return poll(&p, 1, 0) == 1;
}

TEST("waking somebody who is awake costs and does nothing")
{
	struct wake w;
	struct err err;
	CHECK(wake_init(&w, &err));
	wake_up(&w);
	CHECK(!is_called(&w));
	wake_release(&w);
}

TEST("a sleeper is called once however many wake it, and is awake again after")
{
	struct wake w;
	struct err err;
	CHECK(wake_init(&w, &err));
	for (int i = 0; i < 2; i++) {
		wake_prepare(&w);
		wake_up(&w);
		wake_up(&w);
		CHECK(is_called(&w));
		wake_finish(&w, true);
		CHECK(!is_called(&w));
		wake_up(&w);
		CHECK(!is_called(&w));
	}
	wake_release(&w);
}

TEST("a sleep that ends without a call leaves nothing behind")
{
	struct wake w;
	struct err err;
	CHECK(wake_init(&w, &err));
	wake_prepare(&w);
	wake_finish(&w, false);
	wake_up(&w);
	CHECK(!is_called(&w));
	wake_release(&w);
}

TEST("a signal's call comes through to one who is awake, and keeps errno")
{
	struct wake w;
	struct err err;
	CHECK(wake_init(&w, &err));
	errno = EDOM;
	wake_up_from_signal(&w);
	CHECK_INT(errno, EDOM);
	CHECK(is_called(&w));
	wake_release(&w);
	wake_release(&w);
	CHECK_INT(w.fd, -1);
}

enum { ROUNDS = 20000 };

struct ping {
	struct wake mine, other;
	atomic_int ball; /* how often it has been played; even = here, odd = there */
};

static void sleep_until(struct wake *w, atomic_int *ball, int wanted)
{
	while (atomic_load(ball) < wanted) {
		wake_prepare(w);
		bool called = false;
		if (atomic_load(ball) < wanted) {
			struct pollfd p = { .fd = w->fd, .events = POLLIN };
			called = poll(&p, 1, -1) == 1;
		}
		wake_finish(w, called);
	}
}

static void *play_back(void *arg)
{
	struct ping *p = arg;
	for (int i = 0; i < ROUNDS; i++) {
		sleep_until(&p->other, &p->ball, 2 * i + 1);
		atomic_store(&p->ball, 2 * i + 2);
		wake_up(&p->mine);
	}
	return NULL;
}

TEST("no call is lost between two threads that sleep and wake in turn")
{
	struct ping p = { .ball = 0 };
	struct err err;
	pthread_t thread;
	CHECK(wake_init(&p.mine, &err) && wake_init(&p.other, &err));
	CHECK_INT(pthread_create(&thread, NULL, play_back, &p), 0);
	for (int i = 0; i < ROUNDS; i++) {
		atomic_store(&p.ball, 2 * i + 1);
		wake_up(&p.other);
		sleep_until(&p.mine, &p.ball, 2 * i + 2);
	}
	pthread_join(thread, NULL);
	CHECK_INT(atomic_load(&p.ball), 2 * ROUNDS);
	wake_release(&p.mine);
	wake_release(&p.other);
}
