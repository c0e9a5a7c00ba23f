/* SPDX-License-Identifier: MIT */
/* Stands in for base/clock: time is a variable. */
#include "base/clock.h"

#include "api/api.h"
#include "base/xalloc.h"
#include "world.h"

#include <stdarg.h>
#include <stdio.h>

/* Of 100 verbs: during how many a millisecond passes. */
#define TICK_PERCENT 1

/*
 * Of 100 things that are due: how many happen while the engine sleeps, and else during each
 * verb of its turn.
 */
#define SLEEP_PERCENT 75
#define STIR_PERCENT 25

enum { WINDOW_JOBS = 4, SOURCES_N = 4 };

struct world world;

static const struct world_source *const sources[SOURCES_N] = {
	&reader_source,
	&writer_source,
	&signals_source,
	&cache_source,
};

int64_t clock_now_ms(void)
{
	return world.now_ms;
}

int64_t clock_wall_s(void)
{
	return 1700000000 + world.now_ms / 1000;
}

int64_t clock_wall_ms(void)
{
	return clock_wall_s() * 1000;
}

/* The options of the run: the scenario's, and usual ones where it says nothing. */
static struct pipeline_opts choose_opts(const struct scenario *s)
{
	struct pipeline_opts o = s->opts;
	o.sched.jobs = world_pick(s->jobs);
	o.window = world_pick(s->window);
	if (o.window_bytes == 0)
		o.window_bytes = 256 << 20;
	if (o.grace_ms == 0)
		o.grace_ms = 30000;
	if (o.sched.timeout_ms == 0)
		o.sched.timeout_ms = 600000;
	if (o.sched.retry.retries == 0)
		o.sched.retry.retries = 5;
	if (o.sched.retry.retries < 0)
		o.sched.retry.retries = 0;
	if (o.sched.fallback_after_ms == 0)
		o.sched.fallback_after_ms = 60000;
	o.sched.wants_usage = true;
	return o;
}

void world_init(void)
{
	for (int i = 0; i < ENDPOINTS_MAX; i++) {
		struct endpoint *e = &world.endpoints[i];
		e->api = &api_openai;
		e->name = xasprintf("http://127.0.0.1:%d", i + 1);
		e->origin = xstrdup(e->name);
		e->url = xasprintf("%s/chat/completions", e->name);
	}
}

void world_release(void)
{
	for (int i = 0; i < ENDPOINTS_MAX; i++)
		endpoint_release(&world.endpoints[i]);
}

/* Gives the endpoints what the scenario says of them. */
static void set_endpoints(const struct scenario *s)
{
	world.endpoints_n = 0;
	for (int i = 0; i < ENDPOINTS_MAX; i++) {
		const struct scenario_upstream *u = &s->upstreams[i];
		struct endpoint *e = &world.endpoints[i];
		if (i > 0 && u->latency_ms.most == 0)
			break;
		endpoint_set_model(e, u->tier ? "large" : "sim");
		e->weight = u->weight > 0 ? u->weight : 1;
		e->tier = u->tier;
		e->max = u->max;
		e->rpm = u->known_rpm;
		e->tpm = u->known_tpm;
		world.endpoints_n++;
	}
}

void world_begin(const struct scenario *scenario, uint64_t seed)
{
	world.scenario = scenario;
	world.now_ms = WORLD_BEGIN_MS;
	rng_init(&world.rng, seed);
	world.opts = choose_opts(scenario);
	world.window = (size_t)(world.opts.window ? world.opts.window
						  : world.opts.sched.jobs * WINDOW_JOBS);
	world.records_n =
		scenario->input.until_ms ? INT64_MAX : world_pick(scenario->input.records);
	set_endpoints(scenario);
}

void world_stir(void)
{
	if (world_chance(TICK_PERCENT))
		world.now_ms++;
	for (int i = 0; i < SOURCES_N; i++)
		if (sources[i]->due_ms() <= world.now_ms && world_chance(STIR_PERCENT))
			sources[i]->happen();
}

int64_t world_due_ms(void)
{
	int64_t due = NEVER;
	for (int i = 0; i < SOURCES_N; i++)
		if (sources[i]->due_ms() < due)
			due = sources[i]->due_ms();
	return due;
}

void world_happen(void)
{
	for (int i = 0; i < SOURCES_N; i++)
		if (sources[i]->due_ms() <= world.now_ms && world_chance(SLEEP_PERCENT))
			sources[i]->happen();
}

int64_t world_pick(struct range range)
{
	return range.least + rng_upto(&world.rng, range.most - range.least);
}

bool world_chance(double percent)
{
	return percent > 0 && rng_unit(&world.rng) * 100 < percent;
}

void world_trace(const char *format, ...)
{
	va_list args;
	if (!world.is_traced)
		return;
	printf("# %9.3f ", (double)(world.now_ms - WORLD_BEGIN_MS) / 1000);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}
