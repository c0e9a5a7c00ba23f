/* SPDX-License-Identifier: MIT */
#include "base/rng.h"
#include "policy/retry_budget.h"

#include "t.h"

/* How many retries may start at once at now_ms; they do. */
static int drain(struct retry_budget *b, int64_t now_ms)
{
	int n = 0;
	for (; n < 100000 && retry_budget_wait(b, now_ms) == 0; n++)
		retry_budget_enter(b, true, now_ms);
	return n;
}

static struct retry_budget drained(int64_t now_ms)
{
	struct retry_budget b;
	retry_budget_init(&b, now_ms);
	drain(&b, now_ms);
	return b;
}

TEST("a run begins with twenty retries to spare")
{
	struct retry_budget b;
	retry_budget_init(&b, 5);
	CHECK_INT(drain(&b, 5), 20);
	CHECK_INT(retry_budget_wait(&b, 5), 500);
}

TEST("time alone pays for two retries a second, and the wait says when")
{
	struct retry_budget b = drained(0);
	CHECK_INT(retry_budget_wait(&b, 100), 400);
	CHECK_INT(retry_budget_wait(&b, 499), 1);
	CHECK_INT(retry_budget_wait(&b, 500), 0);
	CHECK_INT(drain(&b, 500), 1);
	CHECK_INT(drain(&b, 3500), 6);
}

TEST("an hour of rest saves no more than the capacity")
{
	struct retry_budget b = drained(0);
	CHECK_INT(drain(&b, 3600000), 20);
}

TEST("five first tries that succeed pay for one retry, and four do not")
{
	struct retry_budget b = drained(0);
	for (int i = 0; i < 4; i++)
		retry_budget_succeed(&b, false, 0);
	CHECK(retry_budget_wait(&b, 0) > 0);
	retry_budget_succeed(&b, false, 0);
	CHECK_INT(drain(&b, 0), 1);
}

TEST("a retry that succeeds pays for the next at once")
{
	struct retry_budget b = drained(0);
	for (int i = 0; i < 50; i++) {
		CHECK(retry_budget_wait(&b, 0) > 0);
		retry_budget_succeed(&b, true, 0);
		CHECK_INT(retry_budget_wait(&b, 0), 0);
		retry_budget_enter(&b, true, 0);
	}
}

TEST("the capacity is a fifth of the starts of the last ten seconds")
{
	struct retry_budget b;
	retry_budget_init(&b, 0);
	for (int i = 0; i < 1000; i++) {
		retry_budget_enter(&b, false, i);
		retry_budget_succeed(&b, true, i);
	}
	/* 200 by the first tries; each retry is a start too, and pays for a fifth of itself. */
	struct retry_budget later = b;
	CHECK_INT(drain(&b, 1000), 200);
	/* Half of the next ten seconds on they still count, at their end no longer. */
	struct retry_budget gone = later;
	CHECK_INT(drain(&later, 9999), 200);
	CHECK_INT(drain(&gone, 10000), 20);
}

TEST("first tries take nothing, and a fresh run of them does not hold up retries")
{
	struct retry_budget b;
	retry_budget_init(&b, 0);
	for (int i = 0; i < 50; i++)
		retry_budget_enter(&b, false, 0);
	CHECK_INT(drain(&b, 0), 20);
}

TEST("the level is never below nothing nor above the capacity, whatever happens")
{
	for (uint64_t seed = 1; seed <= 50; seed++) {
		struct retry_budget b;
		struct rng rng;
		int64_t now_ms = 0, starts_n = 0;
		rng_init(&rng, seed);
		retry_budget_init(&b, 0);
		for (int i = 0; i < 2000; i++) {
			bool is_retry = rng_next(&rng) & 1;
			now_ms += rng_upto(&rng, 30) * rng_upto(&rng, 30);
			if (rng_next(&rng) & 1) {
				retry_budget_succeed(&b, is_retry, now_ms);
			} else if (!is_retry || retry_budget_wait(&b, now_ms) == 0) {
				retry_budget_enter(&b, is_retry, now_ms);
				starts_n++;
			}
			CHECK(b.level >= 0);
			CHECK(b.level <= 20 || b.level <= 0.2 * (double)starts_n);
			int64_t wait_ms = retry_budget_wait(&b, now_ms);
			CHECK(wait_ms >= 0 && wait_ms <= 500);
			CHECK_INT(retry_budget_wait(&b, now_ms + wait_ms), 0);
		}
	}
}
