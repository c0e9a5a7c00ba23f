/* SPDX-License-Identifier: MIT */
#include "engine/pool.h"

#include "api/api.h"
#include "base/xalloc.h"

#include "t.h"

enum { FALLBACK_MS = 60000, JOBS = 4 };

static const struct pool_opts four_jobs = { .jobs = JOBS, .fallback_after_ms = FALLBACK_MS };

static struct endpoint endpoint(const char *url, const char *model, unsigned tier)
{
	struct endpoint e = { .api = &api_openai, .weight = 1, .tier = tier };
	e.name = e.url = (char *)(uintptr_t)url;
	e.model = (char *)(uintptr_t)model;
	return e;
}

/* An attempt at g that ends so at once. */
static void try(struct pool *p, struct gates *g, enum outcome outcome, int64_t now_ms)
{
	struct attempt attempt = { .hint = { .wait_ms = -1, .should_retry = -1 }, .sends_n = 1 };
	char words[] = "so it said";
	struct gates_pass pass;
	struct answer answer = { .outcome = outcome, .message = words };
	const struct gates_landing landing = {
		.pass = &pass, .attempt = &attempt, .answer = &answer
	};
	gates_enter(g, (struct gates_size){ 0 }, now_ms, &pass);
	gates_leave(g, &landing, now_ms, p->rng);
}

static struct gates *choose(struct pool *p, unsigned tier, int64_t now_ms)
{
	int64_t wait_ms;
	return pool_choose(p, &(struct pool_want){ .tier = tier }, now_ms, &wait_ms);
}

TEST("a call goes elsewhere than where it failed, if there is a choice, and else there")
{
	struct endpoint two[] = { endpoint("http://a/", "m", 0), endpoint("http://b/", "m", 0) };
	struct rng rng;
	struct pool p;
	int64_t wait_ms;
	rng_init(&rng, 1);
	pool_init(&p, &four_jobs, two, 2, &rng);
	struct pool_want want = { .avoid = &p.gates[0] };
	for (int i = 0; i < 50; i++)
		CHECK(pool_choose(&p, &want, 1000, &wait_ms) == &p.gates[1]);
	try(&p, &p.gates[1], OUTCOME_QUOTA, 1000);
	CHECK(pool_choose(&p, &want, 1000, &wait_ms) == &p.gates[0]);
	want.must_avoid = true;
	CHECK(!pool_choose(&p, &want, 1000, &wait_ms));
	pool_release(&p);
}

TEST("an endpoint that said never is not chosen again, and the last death is told")
{
	struct endpoint two[] = { endpoint("http://a/", "m", 0), endpoint("http://b/", "m", 0) };
	struct rng rng;
	struct pool p;
	rng_init(&rng, 2);
	pool_init(&p, &four_jobs, two, 2, &rng);
	try(&p, &p.gates[0], OUTCOME_AUTH, 1000);
	CHECK(!pool_death(&p));
	for (int i = 0; i < 50; i++)
		CHECK(choose(&p, 0, 1000 + i) == &p.gates[1]);
	try(&p, &p.gates[1], OUTCOME_QUOTA, 2000);
	CHECK(pool_death(&p) == &p.gates[1]);
	CHECK_INT(pool_death(&p)->dead, OUTCOME_QUOTA);
	CHECK_STR(pool_death(&p)->dead_message, "so it said");
	CHECK(!pool_can_serve(&p, 0) && !choose(&p, 0, 3000));
	pool_release(&p);
}

TEST("a fallback serves when the pool is dead, and not before")
{
	struct endpoint both[] = { endpoint("http://a/", "m", 0), endpoint("http://b/", "n", 1) };
	struct rng rng;
	struct pool p;
	rng_init(&rng, 3);
	pool_init(&p, &four_jobs, both, 2, &rng);
	for (int i = 0; i < 20; i++)
		CHECK(choose(&p, 0, 1000) == &p.gates[0]);
	try(&p, &p.gates[0], OUTCOME_QUOTA, 1000);
	CHECK(choose(&p, 0, 1000) == &p.gates[1]);
	pool_release(&p);
}

TEST("a fallback serves when the pool is silent, which is tried by one at a time until it is back")
{
	struct endpoint both[] = { endpoint("http://a/", "m", 0), endpoint("http://b/", "n", 1) };
	struct rng rng;
	struct pool p;
	struct gates_pass pass;
	int64_t wait_ms;
	rng_init(&rng, 4);
	pool_init(&p, &four_jobs, both, 2, &rng);
	try(&p, &p.gates[0], OUTCOME_ANSWERED, 1000);
	for (int i = 0; i < JOBS; i++)
		gates_enter(&p.gates[0], (struct gates_size){ 0 }, 1000, &pass);
	const struct pool_want want = { .tier = 0 };
	CHECK(!pool_choose(&p, &want, 2000, &wait_ms));
	CHECK_INT(wait_ms, FALLBACK_MS - 1000);
	CHECK(choose(&p, 0, 1000 + FALLBACK_MS) == &p.gates[1]);
	pool_release(&p);

	pool_init(&p, &four_jobs, both, 2, &rng);
	try(&p, &p.gates[0], OUTCOME_TRANSPORT, 1000);
	CHECK(choose(&p, 0, 1000 + FALLBACK_MS) == &p.gates[0]);
	gates_enter(&p.gates[0], (struct gates_size){ 0 }, 1000 + FALLBACK_MS, &pass);
	CHECK(choose(&p, 0, 1000 + FALLBACK_MS) == &p.gates[1]);
	try(&p, &p.gates[0], OUTCOME_ANSWERED, 1001 + FALLBACK_MS);
	CHECK(choose(&p, 0, 1001 + FALLBACK_MS) == &p.gates[0]);
	pool_release(&p);
}

TEST("that answers take long is no silence")
{
	struct endpoint both[] = { endpoint("http://a/", "m", 0), endpoint("http://b/", "n", 1) };
	struct rng rng;
	struct pool p;
	struct gates_pass pass;
	int64_t wait_ms;
	const struct pool_want want = { .tier = 0 };
	rng_init(&rng, 9);
	pool_init(&p, &four_jobs, both, 2, &rng);
	for (int i = 0; i < JOBS; i++)
		gates_enter(&p.gates[0], (struct gates_size){ 0 }, 1000, &pass);
	CHECK(!pool_choose(&p, &want, 1000 + 9 * FALLBACK_MS, &wait_ms));
	CHECK_INT(wait_ms, GATES_UNTIL_LEAVE);
	p.gates[0].successes_n = 1;
	p.gates[0].latency_ms = FALLBACK_MS;
	CHECK(!pool_choose(&p, &want, 1000 + 3 * FALLBACK_MS, &wait_ms));
	CHECK_INT(wait_ms, FALLBACK_MS);
	CHECK(choose(&p, 0, 1000 + 4 * FALLBACK_MS) == &p.gates[1]);
	pool_release(&p);
}

TEST("who says too fast is not silent, however long it does")
{
	struct endpoint both[] = { endpoint("http://a/", "m", 0), endpoint("http://b/", "n", 1) };
	struct rng rng;
	struct pool p;
	rng_init(&rng, 5);
	pool_init(&p, &four_jobs, both, 2, &rng);
	for (int64_t now_ms = 1000; now_ms < 10 * FALLBACK_MS; now_ms += FALLBACK_MS / 2) {
		struct gates *g = choose(&p, 0, now_ms);
		CHECK(g != &p.gates[1]);
		if (g)
			try(&p, g, OUTCOME_RATE, now_ms);
	}
	pool_release(&p);
}

TEST("work that rests makes nobody silent")
{
	struct endpoint both[] = { endpoint("http://a/", "m", 0), endpoint("http://b/", "n", 1) };
	struct rng rng;
	struct pool p;
	rng_init(&rng, 6);
	pool_init(&p, &four_jobs, both, 2, &rng);
	try(&p, &p.gates[0], OUTCOME_TRANSPORT, 1000);
	try(&p, &p.gates[0], OUTCOME_ANSWERED, 1001);
	struct gates_pass pass;
	gates_enter(&p.gates[0], (struct gates_size){ 0 }, 1002, &pass);
	pool_rest(&p);
	CHECK(choose(&p, 0, 1000 + 2 * FALLBACK_MS) == &p.gates[0]);
	/* But who has failed since is not well again for want of work. */
	try(&p, &p.gates[0], OUTCOME_TRANSPORT, 1000 + 2 * FALLBACK_MS);
	pool_rest(&p);
	CHECK(choose(&p, 0, 1000 + 3 * FALLBACK_MS) == &p.gates[1]);
	pool_release(&p);
}

TEST("what is too long for a model goes to the next tier that has another")
{
	struct endpoint four[] = { endpoint("http://a/", "m", 0), endpoint("http://b/", "m", 1),
		endpoint("http://b/", "n", 2), endpoint("http://b/", "o", 3) };
	struct rng rng;
	struct pool p;
	rng_init(&rng, 7);
	pool_init(&p, &four_jobs, four, 4, &rng);
	CHECK_INT(pool_next_model(&p, &p.gates[0]), 2);
	try(&p, &p.gates[2], OUTCOME_QUOTA, 1000);
	CHECK_INT(pool_next_model(&p, &p.gates[0]), 3);
	CHECK_INT(pool_next_model(&p, &p.gates[3]), 0);
	CHECK(choose(&p, 2, 1000) == &p.gates[3]);
	pool_release(&p);
}

TEST("endpoints that are sent the same bytes are of one kind: same place, same model")
{
	struct endpoint four[] = { endpoint("http://a/", "m", 0), endpoint("http://a/", "m", 0),
		endpoint("http://a/", "n", 0), endpoint("http://c/", "m", 0) };
	struct rng rng;
	struct pool p;
	rng_init(&rng, 8);
	pool_init(&p, &four_jobs, four, 4, &rng);
	CHECK_INT(p.gates[0].body_kind, p.gates[1].body_kind);
	CHECK(p.gates[0].body_kind != p.gates[2].body_kind);
	CHECK(p.gates[3].body_kind != p.gates[0].body_kind);
	CHECK(p.gates[3].body_kind != p.gates[2].body_kind);
	CHECK(p.gates[0].id != p.gates[1].id && p.gates[1].id != p.gates[2].id);
	pool_release(&p);
}
