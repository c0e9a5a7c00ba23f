/* SPDX-License-Identifier: MIT */
#include "policy/breaker.h"

#include "t.h"

static struct rng rng = { 1 };

/* One request that starts and ends at now_ms. */
static void ask(struct breaker *b, enum breaker_sign sign, int64_t now_ms)
{
	CHECK_INT(breaker_wait(b, now_ms), 0);
	breaker_leave(b, breaker_enter(b, now_ms), sign, now_ms, &rng);
}

static struct breaker opened(int64_t now_ms)
{
	struct breaker b;
	breaker_init(&b);
	for (int i = 0; i < 5; i++)
		ask(&b, BREAKER_FAILURE, now_ms);
	CHECK_INT(b.state, BREAKER_OPEN);
	return b;
}

TEST("five failures in a row open it, and four do not")
{
	struct breaker b;
	breaker_init(&b);
	for (int round = 0; round < 4; round++) {
		for (int i = 0; i < 4; i++)
			ask(&b, BREAKER_FAILURE, round);
		CHECK_INT(b.state, BREAKER_CLOSED);
		ask(&b, BREAKER_SUCCESS, round);
	}
	breaker_init(&b);
	for (int i = 0; i < 5; i++)
		ask(&b, BREAKER_FAILURE, 100);
	CHECK_INT(b.state, BREAKER_OPEN);
	CHECK(breaker_wait(&b, 100) >= 750 && breaker_wait(&b, 100) <= 1000);
}

/* Asks n times, every third of them or every second a failure; the last is one. */
static struct breaker asked(int n, int every, int64_t apart_ms)
{
	struct breaker b;
	breaker_init(&b);
	for (int i = 1; i <= n; i++)
		ask(&b, i % every ? BREAKER_SUCCESS : BREAKER_FAILURE, i * apart_ms);
	return b;
}

TEST("half of twenty outcomes open it; nineteen are too few, and a third is too little")
{
	CHECK_INT(asked(18, 2, 10).state, BREAKER_CLOSED);
	CHECK_INT(asked(20, 2, 10).state, BREAKER_OPEN);
	CHECK_INT(asked(3000, 3, 10).state, BREAKER_CLOSED);
}

TEST("outcomes of more than thirty seconds ago do not count")
{
	CHECK_INT(asked(20, 2, 1400).state, BREAKER_OPEN);
	CHECK_INT(asked(400, 2, 1600).state, BREAKER_CLOSED);
}

TEST("only the last fifty outcomes count, however many there are in thirty seconds")
{
	struct breaker b = asked(1000, 1001, 1);
	CHECK_INT(b.state, BREAKER_CLOSED);
	for (int i = 0; i < 24; i++) {
		ask(&b, BREAKER_FAILURE, 1001);
		CHECK_INT(b.state, BREAKER_CLOSED);
		ask(&b, BREAKER_SUCCESS, 1001);
	}
	ask(&b, BREAKER_FAILURE, 1001);
	CHECK_INT(b.state, BREAKER_OPEN);
}

TEST("what is neither changes nothing")
{
	struct breaker b;
	breaker_init(&b);
	for (int i = 0; i < 4; i++) {
		ask(&b, BREAKER_FAILURE, 0);
		ask(&b, BREAKER_NEITHER, 0);
	}
	CHECK_INT(b.state, BREAKER_CLOSED);
	ask(&b, BREAKER_NEITHER, 0);
	ask(&b, BREAKER_FAILURE, 0);
	CHECK_INT(b.state, BREAKER_OPEN);
}

TEST("nobody passes an open breaker before its time, and one at a time after it")
{
	struct breaker b = opened(0);
	int64_t wait_ms = breaker_wait(&b, 0);
	CHECK_INT(breaker_wait(&b, wait_ms - 1), 1);
	CHECK_INT(breaker_wait(&b, wait_ms), 0);
	struct breaker_ticket probe = breaker_enter(&b, wait_ms);
	CHECK_INT(b.state, BREAKER_HALF_OPEN);
	CHECK_INT(breaker_wait(&b, wait_ms), BREAKER_UNTIL_LEAVE);
	CHECK_INT(breaker_wait(&b, INT64_MAX), BREAKER_UNTIL_LEAVE);
	breaker_leave(&b, probe, BREAKER_NEITHER, wait_ms, &rng);
	CHECK_INT(b.state, BREAKER_HALF_OPEN);
	CHECK_INT(breaker_wait(&b, wait_ms), 0);
}

TEST("a probe that succeeds closes it for all")
{
	struct breaker b = opened(0);
	ask(&b, BREAKER_SUCCESS, 1000);
	CHECK_INT(b.state, BREAKER_CLOSED);
	for (int i = 0; i < 10; i++) {
		CHECK_INT(breaker_wait(&b, 1000), 0);
		breaker_enter(&b, 1000);
	}
}

TEST("each probe that fails doubles the open time, spread by a quarter, up to eight seconds")
{
	static const int64_t open_ms[] = { 1000, 2000, 4000, 8000, 8000, 8000, 8000, 8000 };
	int64_t least[4] = { 8000, 8000, 8000, 8000 }, most[4] = { 0 };
	for (int seed = 0; seed < 400; seed++) {
		struct breaker b = opened(0);
		int64_t now_ms = 0;
		for (int n = 0; n < 8; n++) {
			int64_t wait_ms = breaker_wait(&b, now_ms);
			CHECK(wait_ms >= open_ms[n] * 3 / 4 && wait_ms <= open_ms[n]);
			if (n < 4) {
				least[n] = wait_ms < least[n] ? wait_ms : least[n];
				most[n] = wait_ms > most[n] ? wait_ms : most[n];
			}
			now_ms += wait_ms;
			ask(&b, BREAKER_FAILURE, now_ms);
			CHECK_INT(b.state, BREAKER_OPEN);
		}
	}
	for (int n = 0; n < 4; n++)
		CHECK(most[n] - least[n] > open_ms[n] / 5);
}

TEST("results of requests that started before the last change count for nothing")
{
	struct breaker b;
	breaker_init(&b);
	struct breaker_ticket early = breaker_enter(&b, 0);
	for (int i = 0; i < 5; i++)
		ask(&b, BREAKER_FAILURE, 0);
	breaker_leave(&b, early, BREAKER_SUCCESS, 1, &rng);
	CHECK_INT(b.state, BREAKER_OPEN);
	struct breaker_ticket probe = breaker_enter(&b, 1000);
	breaker_leave(&b, early, BREAKER_SUCCESS, 1001, &rng);
	CHECK_INT(b.state, BREAKER_HALF_OPEN);
	CHECK_INT(breaker_wait(&b, 1001), BREAKER_UNTIL_LEAVE);
	breaker_leave(&b, early, BREAKER_FAILURE, 1001, &rng);
	CHECK_INT(b.state, BREAKER_HALF_OPEN);
	breaker_leave(&b, probe, BREAKER_SUCCESS, 1002, &rng);
	for (int i = 0; i < 100; i++)
		breaker_leave(&b, early, BREAKER_FAILURE, 1003, &rng);
	CHECK_INT(b.state, BREAKER_CLOSED);
}

/* Opens it again after so many successes, and gives for how long. */
static int64_t reopened_ms(int successes)
{
	struct breaker b = opened(0);
	ask(&b, BREAKER_FAILURE, 1000);
	ask(&b, BREAKER_SUCCESS, 3000);
	for (int i = 0; i < successes; i++)
		ask(&b, BREAKER_SUCCESS, 3000);
	for (int i = 0; i < 5; i++)
		ask(&b, BREAKER_FAILURE, 3000);
	CHECK_INT(b.state, BREAKER_OPEN);
	return breaker_wait(&b, 3000);
}

TEST("one that flaps is left alone for longer and longer, until five successes make up for it")
{
	CHECK(reopened_ms(0) >= 3000);
	CHECK(reopened_ms(4) >= 3000);
	CHECK(reopened_ms(5) <= 1000);
}

TEST("no permit is lost, whatever comes back in whatever order")
{
	enum { HELD = 16 };
	for (uint64_t seed = 1; seed <= 500; seed++) {
		struct breaker b;
		struct rng r;
		struct breaker_ticket held[HELD];
		unsigned held_n = 0;
		int64_t now_ms = 0;
		rng_init(&r, seed);
		breaker_init(&b);
		for (int i = 0; i < 400 || held_n > 0; i++) {
			now_ms += rng_upto(&r, 700);
			bool may = breaker_wait(&b, now_ms) == 0;
			if (i < 400 && may && held_n < HELD && (rng_next(&r) & 1)) {
				held[held_n++] = breaker_enter(&b, now_ms);
			} else if (held_n > 0) {
				unsigned at = (unsigned)rng_upto(&r, held_n - 1);
				struct breaker_ticket ticket = held[at];
				held[at] = held[--held_n];
				breaker_leave(
					&b, ticket, (enum breaker_sign)rng_upto(&r, 2), now_ms, &r);
			}
			CHECK(breaker_wait(&b, now_ms) != BREAKER_UNTIL_LEAVE || held_n > 0);
			CHECK(b.state != BREAKER_OPEN || b.until_ms <= now_ms + 8000);
		}
		CHECK(breaker_wait(&b, now_ms) <= 8000);
	}
}

TEST("what was taken in before the failures began does not end their row")
{
	struct breaker b;
	breaker_init(&b);
	struct breaker_ticket early = breaker_enter(&b, 1000);
	for (int64_t now_ms = 2000; now_ms < 2004; now_ms++)
		breaker_leave(&b, breaker_enter(&b, now_ms), BREAKER_FAILURE, now_ms, &rng);
	breaker_leave(&b, early, BREAKER_SUCCESS, 3000, &rng);
	breaker_leave(&b, breaker_enter(&b, 3001), BREAKER_FAILURE, 3001, &rng);
	CHECK_INT(b.state, BREAKER_OPEN);

	breaker_init(&b);
	for (int64_t now_ms = 2000; now_ms < 2004; now_ms++)
		breaker_leave(&b, breaker_enter(&b, now_ms), BREAKER_FAILURE, now_ms, &rng);
	struct breaker_ticket late = breaker_enter(&b, 2500);
	breaker_leave(&b, late, BREAKER_SUCCESS, 3000, &rng);
	breaker_leave(&b, breaker_enter(&b, 3001), BREAKER_FAILURE, 3001, &rng);
	CHECK_INT(b.state, BREAKER_CLOSED);
}
