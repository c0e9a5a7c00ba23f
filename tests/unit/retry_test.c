/* SPDX-License-Identifier: MIT */
#include "policy/retry.h"

#include "t.h"

static const struct retry_opts five = { .retries = 5 };

static struct retry_case one_of(enum trouble trouble, unsigned failures_n)
{
	return (struct retry_case){ .trouble = trouble,
		.failures_n = failures_n,
		.doubtful_n = trouble == TROUBLE_DOUBTFUL ? failures_n : 0,
		.advice = -1 };
}

static bool decide(const struct retry_case *c, int64_t *wait_ms)
{
	struct rng rng;
	rng_init(&rng, 1);
	return retry_decide(&five, c, &rng, wait_ms);
}

/* The longest wait in 2,000 draws. */
static int64_t longest(const struct retry_case *c)
{
	struct rng rng;
	int64_t most = -1, wait;
	rng_init(&rng, 3);
	for (int i = 0; i < 2000; i++) {
		CHECK(retry_decide(&five, c, &rng, &wait));
		CHECK(wait >= 0);
		most = wait > most ? wait : most;
	}
	return most;
}

TEST("failures are tried again as often as --retries says, and then no more")
{
	static const enum trouble kinds[] = { TROUBLE_LOAD, TROUBLE_LINK };
	for (size_t i = 0; i < 2; i++)
		for (unsigned n = 1; n <= 8; n++) {
			int64_t wait = -7;
			struct retry_case c = one_of(kinds[i], n);
			CHECK_INT(decide(&c, &wait), n <= 5);
			CHECK_INT(wait == -7, n > 5);
		}
}

TEST("asking too fast is never used up")
{
	int64_t wait;
	struct retry_case c = one_of(TROUBLE_PACE, 0);
	c.failures_n = 4000000000U;
	CHECK(decide(&c, &wait));
	CHECK(!retry_counts(TROUBLE_PACE));
	CHECK(retry_counts(TROUBLE_LOAD) && retry_counts(TROUBLE_LINK));
	CHECK(retry_counts(TROUBLE_DOUBTFUL) && retry_counts(TROUBLE_PERMANENT));
}

TEST("failures of another kind do not use up the tries of the doubtful")
{
	int64_t wait;
	struct retry_case c = one_of(TROUBLE_DOUBTFUL, 5);
	c.doubtful_n = 2;
	CHECK(decide(&c, &wait));
	c.doubtful_n = 3;
	CHECK(!decide(&c, &wait));
}

TEST("the doubtful is tried twice more at most")
{
	int64_t wait;
	for (unsigned n = 1; n <= 5; n++) {
		struct retry_case c = one_of(TROUBLE_DOUBTFUL, n);
		CHECK_INT(decide(&c, &wait), n <= 2);
	}
}

TEST("the permanent is not tried again unless the server says so, and then within --retries")
{
	int64_t wait;
	struct retry_case c = one_of(TROUBLE_PERMANENT, 1);
	CHECK(!decide(&c, &wait));
	c.advice = 1;
	CHECK(decide(&c, &wait));
	c.failures_n = 6;
	CHECK(!decide(&c, &wait));
}

TEST("a server that says do not is obeyed whatever the trouble")
{
	for (int kind = 0; kind < TROUBLE_KINDS_N; kind++) {
		int64_t wait;
		struct retry_case c = one_of((enum trouble)kind, 1);
		c.advice = 0;
		CHECK(!decide(&c, &wait));
	}
}

TEST("no retries means none, but pace still waits")
{
	const struct retry_opts none = { .retries = 0 };
	struct rng rng;
	int64_t wait;
	rng_init(&rng, 1);
	struct retry_case link = one_of(TROUBLE_LINK, 1), pace = one_of(TROUBLE_PACE, 1);
	CHECK(!retry_decide(&none, &link, &rng, &wait));
	CHECK(retry_decide(&none, &pace, &rng, &wait));
}

TEST("the ceiling of the wait doubles with each failure up to its cap, and the wait fills it")
{
	static const int64_t ceilings[] = { 500, 1000, 2000, 4000, 8000 };
	for (unsigned n = 1; n <= 5; n++) {
		struct retry_case c = one_of(TROUBLE_LOAD, n);
		int64_t most = longest(&c);
		CHECK(most <= ceilings[n - 1]);
		CHECK(most > ceilings[n - 1] * 95 / 100);
	}
	struct retry_case many = one_of(TROUBLE_LOAD, 50);
	const struct retry_opts patient = { .retries = 100 };
	struct rng rng;
	int64_t most = 0, wait;
	rng_init(&rng, 6);
	for (int i = 0; i < 2000; i++) {
		CHECK(retry_decide(&patient, &many, &rng, &wait));
		most = wait > most ? wait : most;
	}
	CHECK(most <= 30000 && most > 28500);
}

TEST("full jitter begins at nothing: waits are spread over the whole interval")
{
	struct rng rng;
	int64_t wait, low = 0;
	struct retry_case c = one_of(TROUBLE_LOAD, 5);
	rng_init(&rng, 4);
	for (int i = 0; i < 2000; i++) {
		CHECK(retry_decide(&five, &c, &rng, &wait));
		low += wait < 4000;
	}
	CHECK(low > 900 && low < 1100);
}

TEST("while others are answered a failed call does not wait for more than two seconds")
{
	struct retry_case c = one_of(TROUBLE_LOAD, 5);
	c.others_succeed = true;
	CHECK(longest(&c) <= 2000);
	c.others_succeed = false;
	CHECK(longest(&c) > 2000);
}

TEST("where a gate says when to try again, nothing else does")
{
	int64_t wait = -7;
	struct retry_case c = one_of(TROUBLE_PACE, 3);
	CHECK(decide(&c, &wait));
	CHECK_INT(wait, 0);
	c = one_of(TROUBLE_LOAD, 6);
	CHECK(!decide(&c, &wait));
	c.is_excused = true;
	CHECK(decide(&c, &wait));
	CHECK_INT(wait, 0);
	c.advice = 0;
	CHECK(!decide(&c, &wait));
}

TEST("a broken link costs no wait the first time, if there is somewhere else to go")
{
	int64_t wait = -7;
	struct retry_case c = one_of(TROUBLE_LINK, 1);
	CHECK(longest(&c) > 0);
	c.has_elsewhere = true;
	CHECK_INT(longest(&c), 0);
	c.failures_n = 2;
	CHECK(longest(&c) > 0);
	c = one_of(TROUBLE_LOAD, 1);
	c.has_elsewhere = true;
	CHECK(longest(&c) > 0);
	CHECK(decide(&c, &wait));
}
