/* SPDX-License-Identifier: MIT */
/*
 * First what pace promises one by one; then the gates of rate and time, pace and rate, against
 * models of what enforces limits out there, in virtual time: a queue without end, some places, and
 * 20 minutes. A run is a scene and a seed; what fails is printed and can be run again.
 */
#include "policy/pace.h"
#include "policy/rate.h"

#include "base/heap.h"

#include "t.h"

#include <math.h>
#include <stdio.h>

#ifndef PACE_SEEDS
#define PACE_SEEDS 3 /* of each scene; 20 for the figures in the essay of policy/pace */
#endif

static struct rng rng_of(uint64_t seed)
{
	struct rng rng;
	rng_init(&rng, seed);
	return rng;
}

/* A pace whose first request, started at 0, was refused at 10 with that hint. */
static struct pace refused_once(int64_t hint_ms, bool is_known, struct rng *rng)
{
	struct pace p;
	pace_init(&p);
	pace_enter(&p, 0);
	pace_refuse(&p, &(struct pace_refusal){ 0, hint_ms, is_known }, 10, rng);
	return p;
}

TEST("as long as nobody says too fast, all may start at once")
{
	struct pace p;
	pace_init(&p);
	for (int i = 0; i < 10000; i++) {
		CHECK_INT(pace_wait(&p, 5), 0);
		pace_enter(&p, 5);
		pace_take(&p, 5, 5);
	}
}

TEST("a hint keeps everybody away for as long as it says and at most a tenth and 50 ms longer")
{
	int64_t least = INT64_MAX, most = 0;
	for (uint64_t seed = 0; seed < 500; seed++) {
		struct rng rng = rng_of(seed);
		struct pace p = refused_once(20000, false, &rng);
		int64_t wait = pace_wait(&p, 10);
		least = wait < least ? wait : least;
		most = wait > most ? wait : most;
	}
	CHECK(least >= 20000 && least < 20200);
	CHECK(most <= 22050 && most > 21850);
}

TEST("a later refusal lengthens the pause by its hint and never shortens it")
{
	struct rng rng = rng_of(1);
	struct pace p = refused_once(5000, false, &rng);
	int64_t until = p.until_ms;
	pace_refuse(&p, &(struct pace_refusal){ 0, 100, false }, 20, &rng);
	CHECK_INT(p.until_ms, until);
	pace_refuse(&p, &(struct pace_refusal){ 0, 60000, false }, 30, &rng);
	CHECK(pace_wait(&p, 30) >= 60000);
	CHECK(pace_wait(&p, 30) <= 66050);
	pace_refuse(&p, &(struct pace_refusal){ 0, -1, false }, 40, &rng);
	CHECK(pace_wait(&p, 40) >= 59990);
}

TEST("sixty refusals of one burst spread the pause no wider than one does")
{
	struct rng rng = rng_of(1);
	struct pace p = refused_once(20000, false, &rng);
	int64_t until = p.until_ms;
	for (int i = 0; i < 60; i++)
		pace_refuse(&p, &(struct pace_refusal){ 0, 20000, false }, 10, &rng);
	CHECK_INT(p.until_ms, until);
}

TEST("without a hint the pause doubles with each event in a row, up to 4 s")
{
	int64_t most[12] = { 0 };
	for (uint64_t seed = 0; seed < 400; seed++) {
		struct rng rng = rng_of(seed);
		struct pace p;
		int64_t now = 0;
		pace_init(&p);
		for (int i = 0; i < 12; i++) {
			now += pace_wait(&p, now) + 1;
			pace_enter(&p, now);
			pace_refuse(&p, &(struct pace_refusal){ now, -1, false }, now + 1, &rng);
			int64_t pause = p.until_ms - now - 1;
			most[i] = pause > most[i] ? pause : most[i];
			now++;
		}
	}
	for (int i = 0; i < 12; i++) {
		int64_t cap = i < 3 ? 500 << i : 4000;
		CHECK(most[i] <= cap);
		CHECK(most[i] > cap * 9 / 10);
	}
}

TEST("an answer to a request of after the event ends the row; one to an older request does not")
{
	struct rng rng = rng_of(1);
	struct pace p = refused_once(-1, false, &rng);
	CHECK_INT(p.blind_n, 1);
	pace_take(&p, 0, 500);
	CHECK_INT(p.blind_n, 1);
	pace_take(&p, 11, 900);
	CHECK_INT(p.blind_n, 0);
}

TEST("the refusals of one burst cut the rate once, however many they are")
{
	struct rng rng = rng_of(1);
	struct pace p;
	pace_init(&p);
	int64_t now = 0;
	for (int i = 0; i < 4000; i++, now += 10) {
		pace_enter(&p, now);
		pace_take(&p, now, now);
	}
	for (int i = 0; i < 10; i++)
		pace_enter(&p, now);
	pace_refuse(&p, &(struct pace_refusal){ now, 1000, false }, now + 50, &rng);
	double first = p.per_ms;
	for (int i = 0; i < 9; i++)
		pace_refuse(&p, &(struct pace_refusal){ now, 1000, false }, now + 50, &rng);
	CHECK(first > 0.05 && first < 0.1);
	CHECK(p.per_ms < first && p.per_ms > first * 0.99);
}

TEST("after a pause they do not stampede: one at once, the others at the pace")
{
	struct rng rng = rng_of(1);
	struct pace p = refused_once(1000, false, &rng);
	int64_t now = p.until_ms;
	CHECK_INT(pace_wait(&p, now), 0);
	pace_enter(&p, now);
	CHECK(pace_wait(&p, now) > 0);
}

TEST("a request to wait that is no complaint about the rate pauses and finds no rate")
{
	struct rng rng = rng_of(1);
	struct pace p;
	pace_init(&p);
	pace_enter(&p, 0);
	pace_pause(&p, 3000, 10, &rng);
	CHECK(pace_wait(&p, 10) >= 3000 && pace_wait(&p, 10) <= 3350);
	CHECK(p.per_ms <= 0);
	int64_t until = p.until_ms;
	pace_pause(&p, -1, 20, &rng);
	pace_pause(&p, 5, 20, &rng);
	CHECK_INT(p.until_ms, until);
}

TEST("where the limits are known two refusals only pause; a third within 30 s finds a rate")
{
	struct rng rng = rng_of(1);
	for (int gap = 5000; gap <= 40000; gap += 35000) {
		struct pace p = refused_once(100, true, &rng);
		for (int i = 1; i <= 2; i++) {
			CHECK(p.per_ms <= 0);
			pace_enter(&p, i * gap);
			pace_refuse(&p, &(struct pace_refusal){ i * gap, 100, true }, i * gap + 10,
				&rng);
		}
		CHECK_INT(p.per_ms > 0, gap == 5000);
	}
}

TEST("absurd hints and times do no harm")
{
	static const int64_t hints[] = { INT64_MIN, -1, 0, 1, INT64_MAX };
	for (size_t i = 0; i < sizeof hints / sizeof *hints; i++) {
		struct rng rng = rng_of(i);
		struct pace p = refused_once(hints[i], false, &rng);
		CHECK(pace_wait(&p, 10) >= 0);
		pace_pause(&p, hints[i], 10, &rng);
		pace_refuse(&p, &(struct pace_refusal){ 0, hints[i], false }, 10, &rng);
		pace_refuse(&p, &(struct pace_refusal){ 11, hints[i], false }, 12, &rng);
		CHECK(pace_wait(&p, 12) >= 0);
		CHECK(p.per_ms > 0 && isfinite(p.per_ms));
	}
}

enum model {
	ONE,     /* a token bucket that holds one */
	SECOND,  /* one that holds a second's worth */
	MINUTE,  /* one that holds a minute's */
	WINDOWS, /* so many in each minute of the clock */
	NGINX,   /* as ONE, and never says for how long to wait */
	MOODY,   /* no limit: it refuses some by chance, three of ten with 0 to 5 s to wait */
	MODELS_N
};

static const char *const model_names[MODELS_N] = { "one", "second", "minute", "windows", "nginx",
	"moody" };

enum knowledge { NOTHING, OWN, TOLD };

struct scene {
	enum model model;
	enum knowledge knowledge;
	double rpm;
	int64_t latency_ms;
	unsigned places;
	uint64_t seed;
	int64_t end_ms;
	int64_t storm_ms, calm_ms; /* between them nine of ten are refused, whatever the rate */
	double moods;              /* MOODY: the share that is refused */
	bool has_only_pauses;      /* no rate is kept, for comparison */
};

struct request {
	struct heap_node node;
	struct rate_ticket ticket;
	int64_t start_ms;
	bool has_arrived, is_taken;
	int64_t hint_ms, reset_ms;
	double remaining;
};

enum { PLACES_MAX = 64, WARM_UP_MS = 60000, TWENTY_MINUTES_MS = 1200000 };

struct world {
	struct scene scene;
	double per_ms, capacity, level; /* the other side's */
	int64_t level_ms, phase_ms, window;
	struct pace pace;
	struct rate rate;
	struct rng rng;
	struct heap events;
	struct request requests[PLACES_MAX];
	struct request *idle[PLACES_MAX];
	unsigned idle_n;
	uint64_t taken_n, refused_n, warm_taken_n, late_taken_n;
	uint64_t early_n;        /* starts before the end of a pause */
	double rate_after_storm; /* a second; 6 s after its end */
};

static struct world world;

static bool ask_window(struct world *w, struct request *r, int64_t now)
{
	int64_t at = now + w->phase_ms;
	if (at / 60000 != w->window)
		w->level = w->capacity;
	w->window = at / 60000;
	bool is_taken = w->level >= 1;
	w->level -= is_taken;
	r->remaining = w->level;
	r->reset_ms = 60000 - at % 60000;
	r->hint_ms = (r->reset_ms + 999) / 1000 * 1000;
	return is_taken;
}

static bool ask(struct world *w, struct request *r, int64_t now)
{
	if (now >= w->scene.storm_ms && now < w->scene.calm_ms) {
		r->hint_ms = 500 + rng_upto(&w->rng, 1500);
		return rng_unit(&w->rng) >= 0.9;
	}
	if (w->scene.model == WINDOWS)
		return ask_window(w, r, now);
	if (w->scene.model == MOODY) {
		r->hint_ms = rng_unit(&w->rng) < 0.3 ? rng_upto(&w->rng, 5000) : -1;
		return rng_unit(&w->rng) >= w->scene.moods;
	}
	w->level = fmin(w->capacity, w->level + w->per_ms * (double)(now - w->level_ms));
	w->level_ms = now;
	bool is_taken = w->level >= 1 - 1e-9;
	w->level -= is_taken;
	r->remaining = floor(w->level + 1e-9);
	r->reset_ms = (int64_t)ceil((w->capacity - w->level) / w->per_ms);
	r->hint_ms = (int64_t)ceil((1 - w->level) / w->per_ms / 1000) * 1000;
	if (w->scene.model == NGINX)
		r->hint_ms = -1;
	return is_taken;
}

static int64_t one_way_ms(const struct world *w)
{
	return w->scene.latency_ms < 100 ? w->scene.latency_ms / 2 : 50;
}

static void arrive(struct world *w, struct request *r, int64_t now)
{
	int64_t way = one_way_ms(w), latency = w->scene.latency_ms, back = way;
	r->has_arrived = true;
	r->is_taken = ask(w, r, now);
	if (r->is_taken)
		back = latency - way + latency / 5 - rng_upto(&w->rng, 2 * latency / 5);
	heap_put(&w->events, &r->node, now + (back > way ? back : way));
}

static const struct rate_cost one_request = { .of[RATE_REQUESTS] = 1 };

static void leave(struct world *w, struct request *r, int64_t now)
{
	w->taken_n += r->is_taken;
	w->refused_n += !r->is_taken;
	w->warm_taken_n += r->is_taken && now >= WARM_UP_MS;
	w->late_taken_n += r->is_taken && now >= w->scene.calm_ms + 10000;
	rate_leave(&w->rate, &r->ticket, &one_request, now);
	if (w->scene.knowledge == TOLD) {
		struct rate_told told = { .unit = RATE_REQUESTS,
			.limit = w->capacity,
			.remaining = r->remaining,
			.reset_ms = r->reset_ms };
		rate_learn(&w->rate, &r->ticket, &told, 1, now);
	}
	if (r->is_taken)
		pace_take(&w->pace, r->start_ms, now);
	else
		pace_refuse(&w->pace,
			&(struct pace_refusal){
				r->start_ms, r->hint_ms, w->scene.knowledge != NOTHING },
			now, &w->rng);
	if (w->scene.has_only_pauses)
		w->pace.per_ms = 0;
	w->idle[w->idle_n++] = r;
}

static int64_t gates_wait(const struct world *w, int64_t now)
{
	int64_t pace = pace_wait(&w->pace, now), rate = rate_wait(&w->rate, &one_request, now);
	return pace > rate ? pace : rate;
}

static void start(struct world *w, int64_t now)
{
	struct request *r = w->idle[--w->idle_n];
	r->start_ms = now;
	r->has_arrived = false;
	w->early_n += now < w->pace.until_ms;
	pace_enter(&w->pace, now);
	rate_enter(&w->rate, &one_request, now, &r->ticket);
	heap_put(&w->events, &r->node, now + one_way_ms(w));
}

static void world_init(struct world *w, const struct scene *s)
{
	const double capacities[MODELS_N] = { 1, fmax(1, s->rpm / 60), s->rpm, s->rpm, 1, 1 };
	*w = (struct world){ .scene = *s,
		.per_ms = s->rpm / 60000,
		.capacity = capacities[s->model],
		.level = capacities[s->model],
		.window = -1,
		.rng = rng_of(s->seed) };
	w->phase_ms = rng_upto(&w->rng, 59999);
	pace_init(&w->pace);
	rate_init(&w->rate);
	heap_init(&w->events);
	if (s->knowledge == OWN)
		rate_add(&w->rate, RATE_REQUESTS, s->rpm, 60000, 0);
	for (unsigned i = 0; i < s->places; i++) {
		heap_node_init(&w->requests[i].node);
		w->idle[w->idle_n++] = &w->requests[i];
	}
}

static void run(struct world *w, const struct scene *s)
{
	world_init(w, s);
	for (int64_t now = 0; now < s->end_ms;) {
		int64_t wait = 0;
		while (w->idle_n && (wait = gates_wait(w, now)) == 0)
			start(w, now);
		int64_t next = w->idle_n ? now + wait : INT64_MAX;
		struct heap_node *node = heap_peek(&w->events);
		if (node && node->key <= next)
			next = node->key;
		else
			node = NULL;
		int64_t look = s->calm_ms + 6000;
		if (s->calm_ms && now <= look && next > look)
			w->rate_after_storm = w->pace.per_ms > 0 ? w->pace.per_ms * 1e3 : HUGE_VAL;
		now = next;
		if (!node)
			continue;
		struct request *r = HEAP_ENTRY(heap_take(&w->events), struct request, node);
		if (r->has_arrived)
			leave(w, r, now);
		else
			arrive(w, r, now);
	}
	heap_release(&w->events);
}

/* What came of all seeds of a scene. */
struct figures {
	double mean, worst; /* achieved, of the best that could be */
	double refused, most_refused;
};

static struct figures measure(struct scene s)
{
	struct figures f = { .worst = HUGE_VAL };
	/* Long enough that a window more or less at the ends does not matter. */
	s.end_ms = s.model == WINDOWS ? 2 * TWENTY_MINUTES_MS : TWENTY_MINUTES_MS;
	double seconds = (double)(s.end_ms - WARM_UP_MS) / 1e3;
	double best = fmin(s.rpm / 60, s.places * 1e3 / (double)s.latency_ms) * seconds;
	for (uint64_t seed = 1; seed <= PACE_SEEDS; seed++) {
		s.seed = seed;
		run(&world, &s);
		double achieved = (double)world.warm_taken_n / best;
		double refused =
			(double)world.refused_n / (double)(world.refused_n + world.taken_n);
		f.mean += achieved / PACE_SEEDS;
		f.refused += refused / PACE_SEEDS;
		f.worst = fmin(f.worst, achieved);
		f.most_refused = fmax(f.most_refused, refused);
		CHECK_INT(world.early_n, 0);
	}
	return f;
}

/* Whether the places do not let the rate be reached: then they are what it is measured by. */
static bool is_short_of_places(const struct scene *s)
{
	return s->places * 1e3 / (double)s->latency_ms < 1.25 * s->rpm / 60;
}

static void try_scene(const struct scene *s, double most_refused)
{
	struct figures f = measure(*s);
	bool ok =
		f.worst >= (is_short_of_places(s) ? 0.94 : 0.95) && f.most_refused <= most_refused;
#ifdef PACE_FIGURES
	bool is_shown = true;
#else
	bool is_shown = !ok;
#endif
	if (is_shown)
		printf("# %-7s %4.0f/min %4d ms %2u places: achieved %.3f (worst %.3f), "
		       "refused %.4f (most %.4f)\n",
			model_names[s->model], s->rpm, (int)s->latency_ms, s->places, f.mean,
			f.worst, f.refused, f.most_refused);
	CHECK(ok);
}

static void try_all(enum model model, enum knowledge knowledge, double most_refused)
{
	static const double rpms[] = { 60, 600, 6000 };
	static const int64_t latencies_ms[] = { 20, 200, 1000, 5000 };
	for (int i = 0; i < 3 * 4 * 2; i++) {
		struct scene s = { .model = model,
			.knowledge = knowledge,
			.rpm = rpms[i / 8],
			.latency_ms = latencies_ms[i / 2 % 4],
			.places = i % 2 ? 64 : 16 };
		try_scene(&s, most_refused);
	}
}

TEST("an unknown limit without any saving is found: 95 % of it, 10 % refused at most")
{
	try_all(ONE, NOTHING, 0.10);
}

TEST("an unknown limit that saves up a second's worth is found")
{
	try_all(SECOND, NOTHING, 0.10);
}

TEST("an unknown limit that saves up a minute's worth is found")
{
	try_all(MINUTE, NOTHING, 0.10);
}

TEST("an unknown limit by the minute of the clock is found")
{
	try_all(WINDOWS, NOTHING, 0.10);
}

TEST("an unknown limit is found though nothing says how long to wait")
{
	try_all(NGINX, NOTHING, 0.10);
}

TEST("limits that the user knows: 95 % of them, 2 % refused at most")
{
	try_all(ONE, OWN, 0.02);
	try_all(SECOND, OWN, 0.02);
	try_all(MINUTE, OWN, 0.02);
	try_all(WINDOWS, OWN, 0.02);
}

TEST("limits told in headers: 95 % of them, 2 % refused at most")
{
	try_all(MINUTE, TOLD, 0.02);
}

TEST("limits by the minute of the clock, told in headers: 95 % of them, 1 % refused at most")
{
	try_all(WINDOWS, TOLD, 0.01);
}

/* How many are taken, in the mean, by pauses alone or with the rate that is found. */
static double mean_taken(struct scene s)
{
	double n = 0;
	for (s.seed = 1; s.seed <= PACE_SEEDS; s.seed++) {
		run(&world, &s);
		n += (double)world.warm_taken_n / PACE_SEEDS;
	}
	return n;
}

TEST("refusals by chance, not by rate, cost little more than their pauses")
{
	static const struct {
		double moods, least;
	} cases[] = { { 0.01, 0.8 }, { 0.03, 0.6 }, { 0.10, 0.4 } };
	static const int64_t latencies_ms[] = { 20, 200, 1000, 5000 };
	for (int i = 0; i < 3 * 4 * 2; i++) {
		struct scene s = { .model = MOODY,
			.rpm = 60,
			.moods = cases[i / 8].moods,
			.latency_ms = latencies_ms[i / 2 % 4],
			.places = i % 2 ? 64 : 16,
			.end_ms = TWENTY_MINUTES_MS };
		double n = mean_taken(s);
		s.has_only_pauses = true;
		double best = mean_taken(s), share = n / best;
		bool ok = share >= cases[i / 8].least;
#ifdef PACE_FIGURES
		bool is_shown = true;
#else
		bool is_shown = !ok;
#endif
		if (is_shown)
			printf("# moody %2.0f %% %4d ms %2u places: %.1f a second, %.3f of pauses alone\n",
				s.moods * 100, (int)s.latency_ms, s.places, n / 1140, share);
		CHECK(ok);
	}
}

TEST("after a storm of random refusals the pace is back within six seconds")
{
	for (uint64_t seed = 1; seed <= 10 * PACE_SEEDS; seed++)
		for (int i = 0; i < 6; i++) {
			struct scene s = { .model = MINUTE,
				.rpm = 6e6,
				.latency_ms = i / 2 == 0 ? 20
					: i / 2 == 1     ? 200
							 : 400,
				.places = i % 2 ? 64 : 16,
				.seed = seed,
				.storm_ms = 20000,
				.calm_ms = 80000 + (int64_t)seed * 37,
				.end_ms = 110000 };
			run(&world, &s);
			double best = s.places * 1e3 / (double)s.latency_ms;
			double seconds = (double)(s.end_ms - s.calm_ms - 10000) / 1e3;
			double share = (double)world.late_taken_n / seconds / best;
			bool ok = world.rate_after_storm > fmin(128, best) && share > 0.9;
			if (!ok)
				printf("# seed %d, scene %d: %.1f a second, %.2f of the best\n",
					(int)seed, i, world.rate_after_storm, share);
			CHECK(ok);
		}
}
