/* SPDX-License-Identifier: MIT */
#include "base/heap.h"
#include "base/rng.h"
#include "policy/limit.h"

#include "t.h"

#include <stdio.h>
#include <stdlib.h>

TEST("as many may enter as the roof says, and one that leaves makes room for one")
{
	struct limit l;
	struct limit_ticket tickets[3];
	limit_init(&l, 3, false);
	for (int i = 0; i < 3; i++) {
		CHECK_INT(limit_wait(&l, 0), 0);
		tickets[i] = limit_enter(&l, 0);
	}
	CHECK_INT(limit_wait(&l, 0), LIMIT_UNTIL_LEAVE);
	CHECK_INT(limit_wait(&l, INT64_MAX), LIMIT_UNTIL_LEAVE);
	limit_leave(&l, tickets[0], LIMIT_TAKEN, 0);
	CHECK_INT(limit_wait(&l, 0), 0);
	tickets[0] = limit_enter(&l, 0);
	CHECK_INT(limit_wait(&l, 0), LIMIT_UNTIL_LEAVE);
	for (int i = 0; i < 3; i++)
		limit_leave(&l, tickets[i], LIMIT_SILENT, 0);
	CHECK_INT(l.in_flight, 0);
}

/* Lets enter what may at now_ms, and gives how many they were. */
static unsigned fill(struct limit *l, struct limit_ticket *tickets, int64_t now_ms)
{
	unsigned n = 0;
	while (limit_wait(l, now_ms) == 0)
		tickets[n++] = limit_enter(l, now_ms);
	return n;
}

/* Lets n leave with that sign. */
static void leave(struct limit *l, const struct limit_ticket *tickets, unsigned n,
	enum limit_sign sign, int64_t now_ms)
{
	for (unsigned i = 0; i < n; i++)
		limit_leave(l, tickets[i], sign, now_ms);
}

TEST("under a fixed limit refusals change nothing")
{
	struct limit l;
	struct limit_ticket tickets[64];
	limit_init(&l, 64, false);
	for (int64_t now_ms = 0; now_ms < 20000; now_ms += 20) {
		CHECK_INT(fill(&l, tickets, now_ms), 64);
		CHECK_INT(limit_places(&l, now_ms), 64);
		leave(&l, tickets, 64, LIMIT_REFUSED, now_ms + 10);
	}
}

TEST("starts at sixteen or the roof, and doubles each second in which nothing is refused")
{
	struct limit l;
	struct limit_ticket tickets[128];
	limit_init(&l, 3, true);
	CHECK_INT(limit_places(&l, 0), 3);
	limit_init(&l, 100, true);
	CHECK_INT(fill(&l, tickets, 0), 16);
	CHECK_INT(limit_wait(&l, 0), 1000);
	CHECK_INT(limit_wait(&l, 999), 1);
	CHECK_INT(limit_places(&l, 999), 16);
	CHECK_INT(limit_places(&l, 1000), 32);
	CHECK_INT(fill(&l, tickets, 1000), 16);
	CHECK_INT(limit_wait(&l, 1000), 1000);
	CHECK_INT(fill(&l, tickets, 2000), 32);
	CHECK_INT(fill(&l, tickets, 3000), 36);
	CHECK_INT(limit_wait(&l, 9000), LIMIT_UNTIL_LEAVE);
	CHECK_INT(limit_places(&l, 9000), 100);
}

TEST("does not grow for work that is not there, nor for results that say nothing")
{
	struct limit l;
	struct limit_ticket tickets[64];
	limit_init(&l, 1000, true);
	for (int64_t now_ms = 0; now_ms < 60000; now_ms += 100) {
		for (int i = 0; i < 15; i++)
			tickets[i] = limit_enter(&l, now_ms);
		leave(&l, tickets, 15, LIMIT_TAKEN, now_ms + 50);
	}
	CHECK_INT(limit_places(&l, 60000), 16);
	for (int64_t now_ms = 60000; now_ms < 90000; now_ms += 100) {
		CHECK_INT(fill(&l, tickets, now_ms), 16);
		leave(&l, tickets, 16, LIMIT_SILENT, now_ms + 50);
	}
	CHECK_INT(limit_places(&l, 90000), 16);
}

TEST("a burst of refusals is one cut: what started before it does not count again")
{
	struct limit l;
	struct limit_ticket tickets[128];
	limit_init(&l, 100, true);
	unsigned n = fill(&l, tickets, 0);
	n += fill(&l, tickets + n, 1000);
	n += fill(&l, tickets + n, 2000);
	CHECK_INT(n, 64);
	leave(&l, tickets + 56, 8, LIMIT_REFUSED, 2020);
	unsigned places = limit_places(&l, 2020);
	CHECK(places < 64 && places >= 32);
	leave(&l, tickets, 50, LIMIT_REFUSED, 2030);
	CHECK_INT(limit_places(&l, 2030), places);
}

TEST("what was started beyond the limit that was then found overshot it")
{
	struct limit l;
	struct limit_ticket tickets[16];
	limit_init(&l, 16, true);
	fill(&l, tickets, 0);
	CHECK(!limit_overshot(&l, tickets[15]));
	leave(&l, tickets + 8, 8, LIMIT_REFUSED, 20);
	CHECK(limit_places(&l, 20) < 16);
	CHECK(limit_overshot(&l, tickets[15]));
	CHECK(!limit_overshot(&l, tickets[0]));
}

TEST("refusals are barren once nothing is left of what was in flight before the cut")
{
	struct limit l;
	struct limit_ticket tickets[16];
	limit_init(&l, 16, true);
	CHECK(!limit_is_barren(&l));
	fill(&l, tickets, 0);
	leave(&l, tickets, 12, LIMIT_REFUSED, 20);
	/* Four are still being worked on: it may well be the concurrency. */
	CHECK(!limit_is_barren(&l));
	leave(&l, tickets + 12, 4, LIMIT_REFUSED, 30);
	CHECK(limit_is_barren(&l));
	unsigned places = limit_places(&l, 40);
	unsigned n = fill(&l, tickets, 40);
	leave(&l, tickets, n, LIMIT_REFUSED, 60);
	CHECK_INT(limit_places(&l, 60), places);
	fill(&l, tickets, 80);
	limit_leave(&l, tickets[0], LIMIT_TAKEN, 90);
	CHECK(!limit_is_barren(&l));
}

TEST("a fixed limit knows barren refusals too")
{
	struct limit l;
	limit_init(&l, 1, false);
	limit_leave(&l, limit_enter(&l, 0), LIMIT_TAKEN, 10);
	CHECK(!limit_is_barren(&l));
	limit_leave(&l, limit_enter(&l, 10), LIMIT_REFUSED, 20);
	CHECK(limit_is_barren(&l));
	limit_leave(&l, limit_enter(&l, 20), LIMIT_TAKEN, 30);
	CHECK(!limit_is_barren(&l));
}

TEST("one that comes back is given half of what it took, and doubles up to that")
{
	struct limit l;
	struct limit_ticket tickets[128];
	limit_init(&l, 64, true);
	for (int64_t now_ms = 0; now_ms < 10000; now_ms += 1000) {
		unsigned n = fill(&l, tickets, now_ms);
		leave(&l, tickets, n, LIMIT_TAKEN, now_ms + 999);
	}
	CHECK_INT(limit_places(&l, 10000), 64);
	for (int64_t now_ms = 10000; now_ms < 11000; now_ms += 50) {
		unsigned n = fill(&l, tickets, now_ms);
		leave(&l, tickets, n, LIMIT_REFUSED, now_ms + 20);
	}
	unsigned cut = limit_places(&l, 11000);
	CHECK(cut < 64);
	limit_restart(&l, 20000);
	CHECK_INT(limit_places(&l, 20000), 32);
	unsigned n = fill(&l, tickets, 20000);
	CHECK_INT(n, 32);
	CHECK_INT(fill(&l, tickets + n, 21000), 32);
}

TEST("whatever comes back in whatever order, the limit stays in its bounds and empties out")
{
	for (uint64_t seed = 1; seed <= 200; seed++) {
		enum { HELD = 128 };
		struct limit l;
		struct rng rng;
		struct limit_ticket held[HELD];
		unsigned held_n = 0, roof;
		int64_t now_ms = 0;
		rng_init(&rng, seed);
		roof = 1 + (unsigned)rng_upto(&rng, HELD - 1);
		limit_init(&l, roof, true);
		for (int i = 0; i < 3000 || held_n > 0; i++) {
			now_ms += rng_upto(&rng, 30);
			if (i % 500 == 499)
				limit_restart(&l, now_ms);
			if (i < 3000 && rng_upto(&rng, 2) && limit_wait(&l, now_ms) == 0) {
				held[held_n++] = limit_enter(&l, now_ms);
			} else if (held_n > 0) {
				unsigned at = (unsigned)rng_upto(&rng, held_n - 1);
				struct limit_ticket ticket = held[at];
				held[at] = held[--held_n];
				limit_leave(&l, ticket, (enum limit_sign)rng_upto(&rng, 2), now_ms);
			}
			CHECK(l.limit >= 1 && l.limit <= roof && l.in_flight <= roof);
			CHECK(l.in_flight == held_n && l.old_n <= held_n);
		}
		CHECK_INT(limit_wait(&l, now_ms), 0);
	}
}

/*
 * A little world in virtual time: an endpoint that works on so many requests at once and refuses
 * the rest, and endless work for it.
 */
enum {
	PLACES_MAX = 1024,
	RECORDS_MAX = 4096,
	RUN_MS = 240000,
	CHANGE_MS = 120000,
	SEEDS = 20,
	BUSY_SEEDS = 4,
	BUSY_PER_S = 150
};

struct world {
	unsigned capacity, capacity_later; /* hidden; it changes at CHANGE_MS */
	unsigned roof;
	int64_t answer_ms;  /* mean, uniform in half to one and a half of it */
	int64_t refusal_ms; /* likewise; 0 = as slow as answers */
	double chance;      /* of being refused whatever there is to do */
	int64_t backoff_ms; /* a refused one waits up to that before it is there to do again */
	int64_t settle_ms;  /* from the start, and from the change, until it is watched */
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
	struct flight *free[RECORDS_MAX];
	unsigned free_n;
	unsigned working_n;
	int64_t now_ms;
	int64_t reached_ms;  /* when all of the roof was in flight for the first time; -1 = never */
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
		return r->now_ms >= r->world->settle_ms ? &r->seen[0] : NULL;
	return r->now_ms >= CHANGE_MS + r->world->settle_ms ? &r->seen[1] : NULL;
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
	r->flights = calloc(RECORDS_MAX, sizeof *r->flights);
	for (unsigned i = 0; i < RECORDS_MAX; i++) {
		heap_node_init(&r->flights[i].node);
		r->free[r->free_n++] = &r->flights[i];
	}
	bool holds = true;
	while (r->now_ms < RUN_MS) {
		while (r->free_n && limit_wait(&r->limit, r->now_ms) == 0)
			launch(r);
		holds &= r->limit.in_flight <= w->roof && r->limit.limit >= 1;
		advance(r);
	}
	CHECK(holds);
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

/* The least and the mean of 20 seeds. */
struct tally {
	double least[2], mean[2], refused[2];
};

static struct tally tally(const struct world *world)
{
	struct tally t = { .least = { 9, 9 } };
	struct world w = *world;
	bool is_busy = w.capacity * 1000.0 / (double)w.answer_ms > BUSY_PER_S;
	uint64_t seeds = is_busy ? BUSY_SEEDS : SEEDS;
	for (uint64_t seed = 1; seed <= seeds; seed++) {
		struct run r;
		w.backoff_ms = seed % 2 ? 0 : 1000;
		simulate(&r, &w, seed);
		for (unsigned half = 0; half < 2; half++) {
			double y = yield(&r, half);
			t.least[half] = y < t.least[half] ? y : t.least[half];
			t.mean[half] += y / (double)seeds;
			t.refused[half] += refused(&r, half) / (double)seeds;
		}
	}
	return t;
}

/*
 * Slow refusals of slow answers leave but six latencies to see that the capacity has doubled: there
 * a tenth may be missing on average, and a little more with a single seed.
 */
static void expect(const struct world *w)
{
	struct tally t = tally(w);
	bool is_hard = w->refusal_ms == 0 && w->answer_ms == 5000;
	for (unsigned half = 0; half < 2; half++) {
		unsigned places = half ? w->capacity_later : w->capacity;
		printf("# %4u places%s, answers %4lld ms, refusals %s: %.3f of the best (least "
		       "%.3f), refused %.3f\n",
			places, half ? " (changed)" : "", (long long)w->answer_ms,
			w->refusal_ms ? "quick" : "slow ", t.mean[half], t.least[half],
			t.refused[half]);
		CHECK(t.mean[half] >= 0.9);
		CHECK(t.least[half] >= (is_hard ? 0.85 : 0.9));
		if (w->refusal_ms)
			CHECK(t.refused[half] < (places >= 16 ? 0.03 : places >= 4 ? 0.1 : 0.2));
		else
			CHECK(t.refused[half] < (places >= 16 ? 0.1 : 0.2));
	}
}

static void find_hidden(int64_t answer_ms, int64_t refusal_ms)
{
	static const unsigned places[] = { 4, 16, 64, 200, 512 };
	for (unsigned i = 0; i < 10; i++) {
		unsigned before = places[i / 2];
		struct world w = { .capacity = before,
			.capacity_later = i % 2 ? before / 2 : before * 2,
			.roof = PLACES_MAX,
			.answer_ms = answer_ms,
			.refusal_ms = refusal_ms,
			.settle_ms = 30000 };
		expect(&w);
	}
}

TEST("a hidden limit with quick refusals is found in 30 s, and again when it halves or doubles")
{
	find_hidden(200, 20);
	find_hidden(1000, 20);
	find_hidden(5000, 20);
}

TEST("a hidden limit is found as well when refusals take as long as answers")
{
	find_hidden(200, 0);
	find_hidden(1000, 0);
	find_hidden(5000, 0);
}

TEST("a random refusal in fifty does not throttle")
{
	static const int64_t answers_ms[] = { 200, 1000, 5000 };
	for (unsigned i = 0; i < 12; i++) {
		struct world w = { .capacity = RECORDS_MAX,
			.capacity_later = RECORDS_MAX,
			.roof = i / 6 ? 1000 : 64,
			.answer_ms = answers_ms[i / 2 % 3],
			.refusal_ms = i % 2 ? 20 : 0,
			.chance = 0.02,
			.settle_ms = 60000 };
		double mean[2] = { 0 };
		int seeds = w.roof * 1000 / w.answer_ms > BUSY_PER_S ? BUSY_SEEDS : SEEDS;
		for (int seed = 1; seed <= seeds; seed++) {
			struct run r;
			simulate(&r, &w, (uint64_t)seed);
			for (unsigned half = 0; half < 2; half++)
				mean[half] += r.seen[half].limit_ms / (double)r.seen[half].ms /
					w.roof / seeds;
		}
		printf("# roof %4u, answers %4lld ms, refusals %s: limit %.3f of it after 1 min, "
		       "%.3f after 3\n",
			w.roof, (long long)w.answer_ms, w.refusal_ms ? "quick" : "slow ", mean[0],
			mean[1]);
		CHECK(mean[0] >= 0.8 && mean[1] >= 0.8);
	}
}

TEST("answers of ten seconds do not keep 64 from being in flight within three")
{
	struct world w = { .capacity = RECORDS_MAX,
		.capacity_later = RECORDS_MAX,
		.roof = 64,
		.answer_ms = 10000,
		.refusal_ms = 20,
		.settle_ms = 30000 };
	struct run r;
	simulate(&r, &w, 1);
	CHECK(r.reached_ms >= 0 && r.reached_ms <= 3000);
}
