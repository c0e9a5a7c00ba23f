/* SPDX-License-Identifier: MIT */
/*
 * Asked some times a second, never by the scheduler, which asks its gates as one: here they are
 * asked one by one, and the longest wait is the reason. Of several endpoints the one that opens
 * first is: the others wait for it in vain.
 */
#include "engine/hold.h"

#include "policy/breaker.h"

static const struct held nothing = { .by = HOLD_NONE, .ms = -1 };

/* Makes h what holds, if it holds for longer. */
static void hold_longer(struct held *h, enum hold by, int64_t ms)
{
	if (ms > 0 && ms > h->ms)
		*h = (struct held){ .by = by, .ms = ms };
}

/* What holds a request back at one endpoint; its ms are those of gates_wait. */
static struct held at_gates(const struct gates *g, const struct rate_cost *cost, int64_t now_ms)
{
	struct held h = nothing;
	hold_longer(&h, HOLD_SERVER, pace_wait(&g->pace, now_ms));
	hold_longer(&h, HOLD_RATE, rate_wait(&g->rate, cost, now_ms));
	if (g->site)
		hold_longer(&h, HOLD_RATE, rate_wait(&g->site->rate, cost, now_ms));
	/*
	 * A breaker that tries one request, and a limit that is full, wait for somebody to leave.
	 */
	hold_longer(&h, HOLD_BREAKER, breaker_wait(&g->breaker, now_ms));
	if (h.by == HOLD_NONE && g->site && g->site->max > 0 && g->site->in_flight >= g->site->max)
		h = (struct held){ .by = HOLD_LIMIT, .ms = GATES_UNTIL_LEAVE };
	if (h.by == HOLD_NONE)
		hold_longer(&h, HOLD_LIMIT, limit_wait(&g->limit, now_ms));
	return h;
}

/* What holds it back at the endpoint that opens first. */
static struct held at_pool(const struct sched *s, const struct request *q, int64_t now_ms)
{
	const struct gates_size size = { .input = q->estimate, .max_tokens = q->max_tokens };
	struct held soonest = nothing;
	bool is_known = false;
	for (unsigned i = 0; i < s->pool.gates_n; i++) {
		const struct gates *g = &s->pool.gates[i];
		bool serves = g->endpoint->tier > 0 ? g->endpoint->tier == q->tier
						    : g->endpoint->pool == q->pool;
		if (!serves || gates_is_dead(g))
			continue;
		struct rate_cost cost = gates_cost(g, size);
		struct held h = at_gates(g, &cost, now_ms);
		h.at = s->pool.gates_n > 1 ? g->label : NULL;
		if (h.by == HOLD_NONE)
			return nothing;
		if (!is_known || h.ms < soonest.ms)
			soonest = h;
		is_known = true;
	}
	return soonest;
}

struct held hold_ready(const struct sched *s, int64_t now_ms)
{
	const struct request *q = s->queue.ready_n > 0 ? queue_any_ready(&s->queue) : NULL;
	if (!q)
		return nothing;
	const struct gates_size size = { .input = q->estimate, .max_tokens = q->max_tokens };
	struct held h = at_pool(s, q, now_ms);
	if (h.by == HOLD_NONE && s->pool.gates_n > 0) {
		struct rate_cost cost = gates_cost(&s->pool.gates[0], size);
		hold_longer(&h, HOLD_RATE, rate_wait(&s->rate, &cost, now_ms));
	}
	/* All gates are open, and it has not started. */
	if (h.by == HOLD_NONE && spend_is_limited(&s->spend) && s->flights_n > 0)
		h.by = HOLD_BUDGET;
	if (h.ms == GATES_UNTIL_LEAVE)
		h.ms = -1;
	return h;
}

unsigned hold_limit(const struct sched *s, int64_t now_ms)
{
	unsigned sum = s->flights_n + pool_free_n(&s->pool, now_ms);
	return sum < (unsigned)s->opts->jobs ? sum : (unsigned)s->opts->jobs;
}

void sched_describe(const struct sched *s, int64_t now_ms, struct buf *out)
{
	for (unsigned i = 0; i < s->pool.gates_n; i++) {
		buf_put_str(out, i ? "; " : "");
		gates_describe(&s->pool.gates[i], now_ms, out);
	}
}
