/* SPDX-License-Identifier: MIT */
#include "base/heap.h"
#include "base/rng.h"
#include "policy/limit.h"

#include "t.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * A little world in virtual time: an endpoint that works on so many requests at once and refuses
 * the rest, and endless work for it.
 */
enum { PLACES_MAX = 1024, RUN_MS = 240000, CHANGE_MS = 120000, SETTLE_MS = 30000, SEEDS = 20 };

struct world {
	unsigned capacity, capacity_later; /* hidden; it changes at CHANGE_MS */
	unsigned roof;
	int64_t answer_ms;     /* mean, uniform in half to one and a half of it */
	int64_t refusal_ms;    /* likewise; 0 = as slow as answers */
	double chance;         /* of being refused whatever there is to do */
	unsigned population;   /* records there are to do at a time, the waiting among them */
	int64_t backoff_ms;    /* a refused one waits up to that */
};

struct flight {
	struct heap_node node;
	struct limit_ticket ticket;
	bool is_refused;
	bool is_waiting; /* in its back-off, not in flight */
};

struct seen {
	unsigned answered_n, refused_n;
	double limit_ms; /* limit times milliseconds */
	int64_t ms;
};

struct run {
	const struct world *world;
	struct limit limit;
	struct rng rng;
	struct heap ends;
	struct flight *flights;
	struct flight *free[4096];
	unsigned free_n;
	unsigned working_n;
	int64_t now_ms;
	int64_t reached_ms; /* when all of the roof was in flight for the first time; -1 = never */
	struct seen seen[2]; /* before the change and after it, each once it had time to settle */
};

static int64_t spread(struct rng *rng, int64_t mean_ms)
{
	return mean_ms / 2 + rng_upto(rng, mean_ms);
}

static unsigned capacity(const struct run *r)
{
	return r->now_ms < CHANGE_MS ? r->world->capacity : r->world->capacity_later;
}

static struct seen *watch(struct run *r)
{
	if (r->now_ms < CHANGE_MS)
		return r->now_ms >= SETTLE_MS ? &r->seen[0] : NULL;
	return r->now_ms >= CHANGE_MS + SETTLE_MS ? &r->seen[1] : NULL;
}

static void launch(struct run *r)
{
	const struct world *w = r->world;
	struct flight *f = r->free[--r->free_n];
	f->ticket = limit_enter(&r->limit, r->now_ms);
	f->is_waiting = false;
	f->is_refused = r->working_n >= capacity(r) || rng_unit(&r->rng) < w->chance;
	r->working_n += !f->is_refused;
	bool is_quick = f->is_refused && w->refusal_ms;
	heap_put(&r->ends, &f->node,
		r->now_ms + spread(&r->rng, is_quick ? w->refusal_ms : w->answer_ms));
	if (r->limit.in_flight == w->roof && r->reached_ms < 0)
		r->reached_ms = r->now_ms;
}

static void land(struct run *r, struct flight *f)
{
	struct seen *seen = watch(r);
	if (f->is_waiting) {
		r->free[r->free_n++] = f;
		return;
	}
	r->working_n -= !f->is_refused;
	limit_leave(&r->limit, f->ticket, f->is_refused ? LIMIT_REFUSED : LIMIT_TAKEN, r->now_ms);
	if (seen)
		*(f->is_refused ? &seen->refused_n : &seen->answered_n) += 1;
	if (f->is_refused && r->world->backoff_ms) {
		f->is_waiting = true;
		heap_put(&r->ends, &f->node, r->now_ms + rng_upto(&r->rng, r->world->backoff_ms));
	} else {
		r->free[r->free_n++] = f;
	}
}

static void advance(struct run *r)
{
	struct seen *seen = watch(r);
	int64_t wait_ms = r->free_n ? limit_wait(&r->limit, r->now_ms) : LIMIT_UNTIL_LEAVE;
	struct heap_node *next = heap_peek(&r->ends);
	int64_t then_ms = next ? next->key : RUN_MS;
	if (wait_ms != LIMIT_UNTIL_LEAVE && r->now_ms + wait_ms < then_ms)
		then_ms = r->now_ms + wait_ms;
	if (seen) {
		seen->ms += then_ms - r->now_ms;
		seen->limit_ms += r->limit.limit * (double)(then_ms - r->now_ms);
	}
	if (getenv("TRACE") && then_ms / 500 != r->now_ms / 500)
		printf("# %6lld limit %.1f ceiling %.0f slow %d in %u working %u noise %.4f t %.0f r %.0f held %llu\n", (long long)then_ms,
			r->limit.limit, r->limit.ceiling, r->limit.is_slow, r->limit.in_flight,
			r->working_n, r->limit.noise, r->limit.taken_ms, r->limit.refused_ms, (unsigned long long)r->limit.taken_n);
	r->now_ms = then_ms;
	while ((next = heap_peek(&r->ends)) && next->key <= r->now_ms) {
		heap_take(&r->ends);
		land(r, HEAP_ENTRY(next, struct flight, node));
	}
}

static void simulate(struct run *r, const struct world *w, uint64_t seed)
{
	*r = (struct run){ .world = w, .reached_ms = -1 };
	rng_init(&r->rng, seed);
	heap_init(&r->ends);
	limit_init(&r->limit, w->roof, true);
	r->flights = calloc(w->population, sizeof *r->flights);
	for (unsigned i = 0; i < w->population; i++) {
		heap_node_init(&r->flights[i].node);
		r->free[r->free_n++] = &r->flights[i];
	}
	while (r->now_ms < RUN_MS) {
		while (r->free_n && limit_wait(&r->limit, r->now_ms) == 0)
			launch(r);
		CHECK(r->limit.in_flight <= w->roof && r->limit.limit >= 1);
		advance(r);
	}
	heap_release(&r->ends);
	free(r->flights);
}

/* What was answered in the watched time, as a share of what could have been. */
static double yield(const struct run *r, unsigned half)
{
	const struct seen *s = &r->seen[half];
	unsigned best = half ? r->world->capacity_later : r->world->capacity;
	return s->answered_n * (double)r->world->answer_ms / ((double)s->ms * best);
}

static double refused(const struct run *r, unsigned half)
{
	const struct seen *s = &r->seen[half];
	return s->refused_n / (double)(s->refused_n + s->answered_n);
}

static void hidden_limit(unsigned before, unsigned after)
{
	static const int64_t answers[] = { 200, 1000, 5000 }, refusals[] = { 20, 0 };
	for (unsigned i = 0; i < 12; i++) {
		struct world w = { before, after, PLACES_MAX, answers[i / 4], refusals[i % 2], 0,
			3000, i / 2 % 2 ? 1000 : 0 };
		double least[2] = { 9, 9 }, most[2] = { 0, 0 }, mean[2] = { 0, 0 }, ym[2] = {0,0};
		for (uint64_t seed = 1; seed <= SEEDS; seed++) {
			static struct run r;
			simulate(&r, &w, seed);
			for (unsigned half = 0; half < 2; half++) {
				double y = yield(&r, half), s = refused(&r, half);
				least[half] = y < least[half] ? y : least[half];
				most[half] = s > most[half] ? s : most[half];
				mean[half] += s / SEEDS;
				ym[half] += y / SEEDS;
			}
		}
		printf("# %3u->%4u ans %4lld ref %2lld back %4lld: yield mean %.3f %.3f least %.3f %.3f, refused mean %.3f %.3f most %.3f %.3f\n", before, after,
			(long long)w.answer_ms, (long long)w.refusal_ms, (long long)w.backoff_ms, ym[0], ym[1],
			least[0], least[1], mean[0], mean[1], most[0], most[1]);
	}
}

TEST("sim hidden")
{
	static const unsigned cs[] = { 4, 16, 64, 200, 512 };
	const char *only = getenv("ONLY");
	for (unsigned i = 0; i < 5; i++) {
		if (only && strtoul(only, NULL, 10) != cs[i])
			continue;
		hidden_limit(cs[i], cs[i] / 2);
		hidden_limit(cs[i], cs[i] * 2 > 1024 ? 1024 : cs[i] * 2);
	}
}

TEST("sim random")
{
	static const int64_t answers[] = { 200, 1000, 5000 }, refusals[] = { 20, 0 };
	for (unsigned i = 0; i < 12; i++) {
		struct world w = { 5000, 5000, i / 6 ? 1000 : 64, answers[i / 2 % 3], refusals[i % 2], 0.02,
			3000, 0 };
		double low[2] = { 9999, 9999 }, mean[2] = {0,0};
		for (uint64_t seed = 1; seed <= SEEDS; seed++) {
			static struct run r;
			simulate(&r, &w, seed);
			for (unsigned half = 0; half < 2; half++) {
				double m = r.seen[half].limit_ms / (double)r.seen[half].ms / w.roof;
				low[half] = m < low[half] ? m : low[half];
				mean[half] += m/SEEDS;
			}
		}
		printf("# random roof %u ans %lld ref %lld: mean %.3f %.3f low %.3f %.3f\n", w.roof, (long long)w.answer_ms, (long long)w.refusal_ms, mean[0], mean[1], low[0], low[1]);
	}
}
TEST("sim slow")
{
	struct world w = { 5000, 5000, 64, 10000, 20, 0, 3000, 0 };
	static struct run r;
	simulate(&r, &w, 1);
	printf("# reached %lld\n", (long long)r.reached_ms);
}
