/* SPDX-License-Identifier: MIT */
/* Random graphs: with and without faults, with fields that are there, stopped, bounded. */
#include "graph.h"
#include "scene.h"

#include <signal.h>
#include <stdio.h>

static uint64_t records_n, attempts_n;

static int64_t pick(int64_t least, int64_t most)
{
	return world_pick((struct range){ least, most });
}

static struct scenario_upstream server(int64_t least_ms, int64_t most_ms)
{
	return (struct scenario_upstream){ .latency_ms = { least_ms, most_ms },
		.output = { 1, 9 } };
}

static void add_faults(struct scenario_upstream *u)
{
	u->refusal_ms = (struct range){ 1, 200 };
	u->percent[REPLY_RATE] = (double)pick(0, 5);
	u->percent[REPLY_ERROR] = (double)pick(0, 5);
	u->percent[REPLY_UNAVAILABLE] = (double)pick(0, 5);
	u->percent[REPLY_OVERLOADED] = (double)pick(0, 3);
	u->percent[REPLY_REFUSED] = (double)pick(0, 3);
	u->percent[REPLY_DROP] = (double)pick(0, 3);
	u->percent[REPLY_CUT] = (double)pick(0, 3);
	u->percent[REPLY_HALF] = (double)pick(0, 5);
	u->percent[REPLY_BAD_REQUEST] = (double)pick(0, 12);
	u->percent[REPLY_LENGTH] = (double)pick(0, 5);
	u->percent[REPLY_SILENCE] = (double)pick(0, 2);
	u->hint_percent = (double)pick(0, 30);
	u->hint_ms = (struct range){ 1, 3000 };
	u->advice_percent = (double)pick(0, 10);
}

/* What random runs have in common; chance is the seed's from here on. */
static void begin(uint64_t seed)
{
	run_reset();
	graph_begin();
	graph_laws = (struct graph_laws){ 0 };
	rng_init(&world.rng, seed * 977);
	run.play = &graph_play;
	run.pools_n = (unsigned)pick(1, GRAPH_MODELS_MAX);
	unsigned endpoints_n = run.pools_n + (unsigned)pick(0, GRAPH_MODELS_MAX - run.pools_n);
	int64_t longest_ms = pick(1, 4000);
	run.scenario = (struct scenario){
		.name = "graph",
		.jobs = { 1, world_chance(50) ? 12 : 64 },
		.window = { world_chance(30) ? 0 : 1, 0 },
		.input = { .records = { 3, 30 }, .pad_bytes = { 0, 60 } },
		.opts = { .halt = { .when = HALT_NEVER },
			.unordered = world_chance(30),
			.sched = { .is_fixed = world_chance(50), .timeout_ms = 30000 } },
	};
	if (run.scenario.window.least)
		run.scenario.window.most = pick(1, 40);
	if (world_chance(30))
		run.scenario.input.burst = (struct range){ 1, 9 };
	run.scenario.input.gap_ms = (struct range){ 0, world_chance(50) ? 0 : 2000 };
	if (world_chance(25))
		run.scenario.opts.window_bytes = (uint64_t)pick(1, 60000);
	for (unsigned i = 0; i < endpoints_n; i++)
		run.scenario.upstreams[i] = server(1, longest_ms);
	graph_make_random(run.pools_n);
}

static void end(void)
{
	records_n += run.given_n;
	attempts_n += run.starts_n;
}

static void print_counts(void)
{
	printf(": %llu records, %llu attempts", NUMBER(records_n), NUMBER(attempts_n));
	records_n = attempts_n = 0;
}

static void play_calm(uint64_t seed)
{
	begin(seed);
	run.scenario.opts.sched.is_fixed = true;
	graph_laws.has_order = true;
	run_engine(seed);
	LAW(run.verdict.failed_n == 0, "%llu records failed", NUMBER(run.verdict.failed_n));
	end();
}

static void play_faults(uint64_t seed)
{
	begin(seed);
	for (unsigned i = 0; i < GRAPH_MODELS_MAX; i++)
		if (run.scenario.upstreams[i].latency_ms.most > 0)
			add_faults(&run.scenario.upstreams[i]);
	run.scenario.opts.sched.retry.retries = pick(-1, 5);
	run_engine(seed);
	end();
}

/* A cache that knows nothing of them yet changes nothing but when a record leaves. */
static void play_kept(uint64_t seed)
{
	begin(seed);
	for (unsigned i = 0; i < GRAPH_MODELS_MAX && seed % 2; i++)
		if (run.scenario.upstreams[i].latency_ms.most > 0)
			add_faults(&run.scenario.upstreams[i]);
	run.scenario.cache = (struct scenario_cache){
		.is_on = true, .look_ms = { 0, pick(0, 50) }, .commit_ms = { 0, pick(1, 3000) }
	};
	run_engine(seed);
	LAW(run.recalled_n == 0, "%llu are recalled", NUMBER(run.recalled_n));
	end();
}

static void play_fields(uint64_t seed)
{
	begin(seed);
	run.scenario.input.bad_percent = (double)pick(10, 90);
	run.scenario.opts.existing = (int)pick(EXISTING_IS_ERROR, EXISTING_IS_REPLACED);
	if (world_chance(50))
		run.scenario.opts.existing = EXISTING_IS_SKIPPED;
	if (world_chance(30))
		add_faults(&run.scenario.upstreams[0]);
	run_engine(seed);
	end();
}

static void play_signal(uint64_t seed)
{
	begin(seed);
	run.scenario.signals[0].number = world_chance(70) ? SIGINT : SIGHUP;
	run.scenario.signals[0].after_ms = (struct range){ 0, pick(1, 30000) };
	run.scenario.opts.grace_ms = world_chance(50) ? 500000 : pick(1, 3000);
	run.scenario.input.bad_percent = world_chance(30) ? 30 : 0;
	if (world_chance(50))
		add_faults(&run.scenario.upstreams[0]);
	run_engine(seed);
	LAW(!run_is_stopped() || run.verdict.by_signal, "stopped for no reason");
	end();
}

/* dead models */

enum { MODELS_N = 3 };

/* One model of a step's three says no for ever, from some time on. */
static void play_dead(uint64_t seed)
{
	bool is_missed = seed % 2;
	begin(seed);
	plan_release(&run.plan);
	graph_clear();
	unsigned draft = graph_add("draft"), best = graph_add("best");
	struct graph_step *s = &graph.steps[draft];
	s->models_n = run.pools_n = MODELS_N;
	for (unsigned i = 0; i < MODELS_N; i++)
		s->models[i] = (i + (unsigned)seed / 2) % MODELS_N;
	s->samples_n = (unsigned)pick(1, 3);
	s->join = (enum join)(world_chance(50) ? JOIN_ALL : JOIN_VOTE);
	s->quorum = is_missed ? MODELS_N * s->samples_n
			      : (unsigned)pick(1, (MODELS_N - 1) * s->samples_n);
	graph_need(best, draft, HOLE_PLAIN);
	/* Whom the second step asks must live, or it is missed there. */
	graph.steps[best].models[0] = 0;
	graph_link();
	run.scenario.input.records = (struct range){ 20, 40 };
	for (unsigned i = 0; i < GRAPH_MODELS_MAX; i++)
		run.scenario.upstreams[i] =
			i < MODELS_N ? server(1, 500) : (struct scenario_upstream){ 0 };
	run.scenario.upstreams[1].moods[0] = (struct scenario_mood){
		.kind = REPLY_AUTH, .from_ms = { 0, 1000 }, .until_ms = SCENARIO_FOREVER
	};
	run.is_unknown = world_chance(50);
	run_engine(seed);
	/* The run may end before anybody is told no. */
	if (graph_dead() && is_missed)
		LAW(run_exit_code() == EXIT_CREDENTIALS && run.verdict.refused,
			"a model is missed, and the run ends with %d", run_exit_code());
	else
		LAW(run_exit_code() == EXIT_ALL_ANSWERED && run.verdict.failed_n == 0,
			"nobody is missed, and the run ends with %d", run_exit_code());
	end();
}

static const struct scene rows[] = {
	{ "calm graphs", 500, play_calm, print_counts },
	{ "graphs with faults", 500, play_faults, print_counts },
	{ "graphs with fields that are there", 500, play_fields, print_counts },
	{ "graphs that are stopped", 500, play_signal, print_counts },
	{ "graphs whose answers are stored", 500, play_kept, print_counts },
	{ "a dead model is done without, or ends the run", 200, play_dead, print_counts },
};

const struct scenes scenes_graph = { rows, sizeof rows / sizeof *rows };
