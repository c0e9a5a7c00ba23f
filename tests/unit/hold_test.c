/* SPDX-License-Identifier: MIT */
#include "engine/hold.h"

#include "api/api.h"
#include "engine/flight.h"

#include "t.h"

#include <string.h>

enum { JOBS = 8, NOW_MS = 1000 };

/* A scheduler with one ready request, and two endpoints of which one or both are used. */
struct scene {
	struct endpoint endpoints[2];
	struct sched_opts opts;
	struct spend_opts spend;
	struct request q;
	struct sched s;
};

/* With endpoint b in another pool the two are models of one site. */
static void begin(struct scene *c, unsigned gates_n, unsigned pool_of_b)
{
	*c = (struct scene){ .opts = { .jobs = JOBS } };
	for (unsigned i = 0; i < 2; i++)
		c->endpoints[i] = (struct endpoint){ .api = &api_openai,
			.name = (char *)(uintptr_t)(i ? "b" : "a"),
			.url = (char *)(uintptr_t) "http://h/",
			.model = (char *)(uintptr_t) "m",
			.weight = 1,
			.max = pool_of_b,
			.pool = i * pool_of_b };
	c->s.opts = &c->opts;
	rng_init(&c->s.rng, 1);
	pool_init(
		&c->s.pool, &(struct pool_opts){ .jobs = JOBS }, c->endpoints, gates_n, &c->s.rng);
	queue_init(&c->s.queue, 1 + pool_of_b, 1, 0);
	rate_init(&c->s.rate);
	request_init(&c->q, 0, 0);
	queue_put(&c->s.queue, &c->q);
}

static void end(struct scene *c)
{
	queue_remove(&c->s.queue, &c->q);
	request_release(&c->q);
	queue_release(&c->s.queue);
	pool_release(&c->s.pool);
}

static void check_held(const struct scene *c, enum hold by, int64_t ms, const char *at)
{
	struct held h = hold_ready(&c->s, NOW_MS);
	CHECK_INT(h.by, by);
	CHECK_INT(h.ms, ms);
	CHECK_STR(h.at, at);
}

/* One a minute, and that one has just started. */
static void exhaust(struct rate *r, int64_t window_ms)
{
	const struct rate_cost one = { .of = { [RATE_REQUESTS] = 1 } };
	struct rate_ticket ticket;
	rate_add(r, RATE_REQUESTS, 1, window_ms, NOW_MS);
	rate_enter(r, &one, NOW_MS, &ticket);
}

static void fill(struct limit *l)
{
	while (limit_wait(l, NOW_MS) == 0)
		limit_enter(l, NOW_MS);
}

/* Opens it for so long. */
static void open_breaker(struct breaker *b, int64_t ms)
{
	b->state = BREAKER_OPEN;
	b->until_ms = NOW_MS + ms;
}

TEST("of what holds a request back at an endpoint the longest is told")
{
	struct scene c;
	begin(&c, 1, 0);
	check_held(&c, HOLD_NONE, -1, NULL);
	fill(&c.s.pool.gates[0].limit);
	check_held(&c, HOLD_LIMIT, -1, NULL);
	exhaust(&c.s.pool.gates[0].rate, 5000);
	check_held(&c, HOLD_RATE, 5000, NULL);
	open_breaker(&c.s.pool.gates[0].breaker, 7000);
	check_held(&c, HOLD_BREAKER, 7000, NULL);
	pace_pause(&c.s.pool.gates[0].pace, 60000, NOW_MS, &c.s.rng);
	CHECK_INT(hold_ready(&c.s, NOW_MS).by, HOLD_SERVER);
	c.s.pool.gates[0].breaker.until_ms = NOW_MS + 600000;
	check_held(&c, HOLD_BREAKER, 600000, NULL);
	end(&c);
}

TEST("of several endpoints it is the one that opens first, and none if one is open")
{
	struct scene c;
	begin(&c, 2, 0);
	open_breaker(&c.s.pool.gates[0].breaker, 7000);
	check_held(&c, HOLD_NONE, -1, NULL);
	exhaust(&c.s.pool.gates[1].rate, 5000);
	check_held(&c, HOLD_RATE, 5000, "b");
	c.s.pool.gates[0].breaker.until_ms = NOW_MS + 3000;
	check_held(&c, HOLD_BREAKER, 3000, "a");
	c.s.pool.gates[0].dead = OUTCOME_AUTH;
	check_held(&c, HOLD_RATE, 5000, "b");
	end(&c);
}

TEST("what models share of an endpoint holds all of them, and another's own does not")
{
	struct scene c;
	begin(&c, 2, 1);
	open_breaker(&c.s.pool.gates[1].breaker, 7000);
	check_held(&c, HOLD_NONE, -1, NULL);
	struct gates_site *site = c.s.pool.gates[0].site;
	CHECK(site == c.s.pool.gates[1].site && site->max == 1);
	site->in_flight = 1;
	check_held(&c, HOLD_LIMIT, -1, "a");
	exhaust(&site->rate, 5000);
	check_held(&c, HOLD_RATE, 5000, "a");
	end(&c);
}

TEST("where all endpoints are open it is the rate of the run, then the budget, while some fly")
{
	struct scene c;
	begin(&c, 1, 0);
	c.s.flights_n = 1;
	check_held(&c, HOLD_NONE, -1, NULL);
	c.s.spend.opts = &c.spend;
	c.s.spend.budget.max.of[BUDGET_TOKENS] = 1;
	check_held(&c, HOLD_BUDGET, -1, NULL);
	exhaust(&c.s.rate, 5000);
	check_held(&c, HOLD_RATE, 5000, NULL);
	rate_init(&c.s.rate);
	c.s.flights_n = 0;
	check_held(&c, HOLD_NONE, -1, NULL);
	end(&c);
}

TEST("how many there may be at a time is what fly and what more may, but for -j")
{
	struct scene c;
	begin(&c, 1, 0);
	unsigned alone = hold_limit(&c.s, NOW_MS);
	CHECK(alone > 0 && alone <= JOBS);
	fill(&c.s.pool.gates[0].limit);
	c.s.flights_n = alone;
	CHECK_INT(hold_limit(&c.s, NOW_MS), alone);
	c.s.flights_n = JOBS + 1;
	CHECK_INT(hold_limit(&c.s, NOW_MS), JOBS);
	end(&c);
}
