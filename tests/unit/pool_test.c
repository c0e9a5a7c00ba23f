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
	CHECK(!pool_death(&p, 0));
	for (int i = 0; i < 50; i++)
		CHECK(choose(&p, 0, 1000 + i) == &p.gates[1]);
	try(&p, &p.gates[1], OUTCOME_QUOTA, 2000);
	CHECK(pool_death(&p, 0) == &p.gates[1]);
	CHECK_INT(pool_death(&p, 0)->dead, OUTCOME_QUOTA);
	CHECK_STR(pool_death(&p, 0)->dead_message, "so it said");
	CHECK(!pool_can_serve(&p, 0, 0) && !choose(&p, 0, 3000));
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

static struct endpoint endpoint_of(unsigned pool, const char *url, const char *model)
{
	struct endpoint e = endpoint(url, model, 0);
	e.pool = pool;
	return e;
}

static struct gates *choose_of(struct pool *p, unsigned pool, unsigned tier, int64_t now_ms)
{
	int64_t wait_ms;
	const struct pool_want want = { .pool = pool, .tier = tier };
	return pool_choose(p, &want, now_ms, &wait_ms);
}

/* Two models: the first at a and b, the second at c; and a fallback for both. */
#define TWO_POOLS                                                                         \
	{                                                                                 \
		endpoint_of(0, "http://a/", "m"), endpoint_of(0, "http://b/", "m"),       \
			endpoint_of(1, "http://c/", "n"), endpoint("http://d/", "big", 1) \
	}

TEST("a call goes to an endpoint of its model's pool only")
{
	struct endpoint four[] = TWO_POOLS;
	struct rng rng;
	struct pool p;
	unsigned chosen[4] = { 0 };
	rng_init(&rng, 10);
	pool_init(&p, &four_jobs, four, 4, &rng);
	CHECK_INT(p.pools_n, 2);
	for (int i = 0; i < 60; i++) {
		chosen[choose_of(&p, 0, 0, 1000) - p.gates]++;
		CHECK(choose_of(&p, 1, 0, 1000) == &p.gates[2]);
	}
	CHECK(chosen[0] > 0 && chosen[1] > 0 && chosen[0] + chosen[1] == 60);
	CHECK(pool_first(&p, 0, 0) == &p.gates[0] && pool_first(&p, 1, 0) == &p.gates[2]);
	CHECK(pool_first(&p, 0, 1) == &p.gates[3] && pool_first(&p, 1, 1) == &p.gates[3]);
	CHECK(!pool_first(&p, 0, 2) && !pool_can_serve(&p, 1, 2));
	pool_release(&p);
}

TEST("the death of one model's pool is not that of another's, and fallbacks serve both")
{
	struct endpoint four[] = TWO_POOLS;
	struct rng rng;
	struct pool p;
	rng_init(&rng, 11);
	pool_init(&p, &four_jobs, four, 4, &rng);
	try(&p, &p.gates[2], OUTCOME_NOT_FOUND, 1000);
	CHECK(!pool_death(&p, 1));
	CHECK(choose_of(&p, 1, 0, 1001) == &p.gates[3]);
	CHECK(choose_of(&p, 0, 0, 1001) != &p.gates[3]);
	try(&p, &p.gates[3], OUTCOME_QUOTA, 2000);
	CHECK(pool_death(&p, 1) == &p.gates[3] && !pool_death(&p, 0));
	CHECK(!pool_can_serve(&p, 1, 0) && pool_can_serve(&p, 0, 0));
	CHECK(!choose_of(&p, 1, 0, 2001) && choose_of(&p, 0, 0, 2001));
	try(&p, &p.gates[1], OUTCOME_AUTH, 3000);
	try(&p, &p.gates[0], OUTCOME_AUTH, 4000);
	CHECK(pool_death(&p, 0) == &p.gates[0] && pool_death(&p, 1) == &p.gates[3]);
	pool_release(&p);
}

TEST("a pool that is silent has its fallback, while the other is asked as before")
{
	struct endpoint four[] = TWO_POOLS;
	struct rng rng;
	struct pool p;
	struct gates_pass pass;
	rng_init(&rng, 12);
	pool_init(&p, &four_jobs, four, 4, &rng);
	try(&p, &p.gates[2], OUTCOME_TRANSPORT, 1000);
	gates_enter(&p.gates[2], (struct gates_size){ 0 }, 1000, &pass);
	CHECK(choose_of(&p, 1, 0, 1000 + FALLBACK_MS) == &p.gates[3]);
	CHECK(choose_of(&p, 0, 0, 1000 + FALLBACK_MS)->endpoint->tier == 0);
	CHECK(p.tier[1] == 1 && p.tier[0] == 0);
	pool_release(&p);
}

TEST("another endpoint is one of the same pool, or of the tier that serves it")
{
	struct endpoint four[] = TWO_POOLS;
	struct rng rng;
	struct pool p;
	rng_init(&rng, 13);
	pool_init(&p, &four_jobs, four, 4, &rng);
	const struct pool_want first = { .pool = 0 }, second = { .pool = 1 };
	CHECK(pool_has_other(&p, &p.gates[0], &first, 1000));
	CHECK(!pool_has_other(&p, &p.gates[2], &second, 1000));
	try(&p, &p.gates[1], OUTCOME_QUOTA, 1000);
	CHECK(!pool_has_other(&p, &p.gates[0], &first, 1000));
	try(&p, &p.gates[2], OUTCOME_QUOTA, 1000);
	CHECK(pool_has_other(&p, &p.gates[2], &second, 1000));
	CHECK_INT(pool_next_model(&p, &p.gates[0]), 1);
	CHECK_INT(pool_next_model(&p, &p.gates[2]), 1);
	pool_release(&p);
}

TEST("a kind of bytes is one for all pools, and leads back to the first who has it")
{
	struct endpoint three[] = { endpoint_of(0, "http://a/", "m"),
		endpoint_of(1, "http://a/", "n"), endpoint_of(2, "http://a/", "m") };
	struct rng rng;
	struct pool p;
	rng_init(&rng, 14);
	pool_init(&p, &four_jobs, three, 3, &rng);
	CHECK_INT(p.gates[2].body_kind, p.gates[0].body_kind);
	CHECK(p.gates[1].body_kind != p.gates[0].body_kind);
	CHECK(pool_of_kind(&p, p.gates[2].body_kind) == &p.gates[0]);
	CHECK(pool_of_kind(&p, p.gates[1].body_kind) == &p.gates[1]);
	CHECK_STR(p.gates[0].label, "http://a/ (m)");
	CHECK_STR(p.gates[1].label, "http://a/ (n)");
	/* One model at one place is one to affinity, whichever step asks. */
	CHECK(p.gates[0].id == p.gates[2].id && p.gates[0].id != p.gates[1].id);
	pool_release(&p);
}

TEST("endpoints of one site share what was said of it, others and fallbacks do not")
{
	struct endpoint five[] = { endpoint_of(0, "http://a/", "m"),
		endpoint_of(0, "http://b/", "m"), endpoint_of(1, "http://a/", "n"),
		endpoint_of(1, "http://c/", "n"), endpoint("http://a/", "big", 1) };
	struct rng rng;
	struct pool p;
	struct gates_pass pass;
	int64_t wait_ms;
	five[1].site = 1;
	five[3].site = 2;
	for (int i = 0; i < 5; i++)
		five[i].max = 2;
	rng_init(&rng, 15);
	pool_init(&p, &(struct pool_opts){ .jobs = JOBS, .is_fixed = true }, five, 5, &rng);
	CHECK_INT(p.sites_n, 1);
	CHECK(p.gates[0].site && p.gates[0].site == p.gates[2].site);
	CHECK(!p.gates[1].site && !p.gates[3].site && !p.gates[4].site);
	/* Two at a for both models, and two each at b, at c and as fallback. */
	CHECK_INT(pool_free_n(&p, 1000), 8);
	gates_enter(&p.gates[0], (struct gates_size){ 0 }, 1000, &pass);
	CHECK_INT(pool_free_n(&p, 1000), 7);
	gates_enter(&p.gates[0], (struct gates_size){ 0 }, 1000, &pass);
	CHECK_INT(pool_free_n(&p, 1000), 6);
	for (int i = 0; i < 20; i++)
		CHECK(choose_of(&p, 1, 0, 1000) == &p.gates[3]);
	gates_enter(&p.gates[3], (struct gates_size){ 0 }, 1000, &pass);
	gates_enter(&p.gates[3], (struct gates_size){ 0 }, 1000, &pass);
	const struct pool_want second = { .pool = 1 };
	CHECK(!pool_choose(&p, &second, 1000, &wait_ms));
	CHECK_INT(pool_free_n(&p, 1000), 4);
	pool_release(&p);
}

TEST("a site's tokens are the pool's to count")
{
	struct endpoint two[] = { endpoint_of(0, "http://a/", "m"),
		endpoint_of(1, "http://a/", "n") };
	struct rng rng;
	struct pool p;
	rng_init(&rng, 16);
	pool_init(&p, &four_jobs, two, 2, &rng);
	CHECK(!p.sites && !pool_counts_tokens(&p));
	pool_release(&p);
	two[0].tpm = two[1].tpm = 1000;
	pool_init(&p, &four_jobs, two, 2, &rng);
	CHECK(p.sites_n == 1 && pool_counts_tokens(&p));
	pool_release(&p);
	/* One pool never has two of one site, so there is nothing to share. */
	two[1].pool = 0;
	pool_init(&p, &four_jobs, two, 2, &rng);
	CHECK(!p.sites && pool_counts_tokens(&p));
	pool_release(&p);
}
