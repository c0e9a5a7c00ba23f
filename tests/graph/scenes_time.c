/* SPDX-License-Identifier: MIT */
/* What graphs cost: in time, in throughput, in memory. */
#include "graph.h"
#include "scene.h"

#include <stdio.h>

enum { LATENCY_MS = 10000, CLOCK_MS = 60, STEPS_N = 8 };

static void begin(int64_t jobs, int64_t records_n)
{
	run_reset();
	graph_begin();
	graph_clear();
	graph_laws = (struct graph_laws){ .has_order = true };
	run.play = &graph_play;
	run.scenario = (struct scenario){
		.name = "time",
		.jobs = { jobs, jobs },
		.input = { .records = { records_n, records_n } },
		.opts = { .halt = { .when = HALT_NEVER }, .sched = { .is_fixed = true } },
		.upstream = { .latency_ms = { LATENCY_MS, LATENCY_MS }, .output = { 1, 1 } },
	};
}

/* Steps that do not need one another are asked at once. */
static void play_fan(uint64_t seed)
{
	char name[16];
	begin(STEPS_N, 1);
	for (unsigned i = 0; i < STEPS_N; i++) {
		snprintf(name, sizeof name, "s%u", i);
		graph_add(name);
	}
	graph_link();
	run_engine(seed);
	LAW(run.starts_n == STEPS_N && run.most_in_flight == STEPS_N, "%llu were asked",
		NUMBER(run.starts_n));
	LAW(graph_longest_ms() >= LATENCY_MS && graph_longest_ms() <= LATENCY_MS + CLOCK_MS,
		"the record took %lld ms, and an answer takes %d", (long long)graph_longest_ms(),
		LATENCY_MS);
}

static void play_chain(uint64_t seed)
{
	char name[16];
	begin(STEPS_N, 1);
	for (unsigned i = 0; i < STEPS_N; i++) {
		snprintf(name, sizeof name, "s%u", i);
		graph_add(name);
		if (i > 0)
			graph_need(i, i - 1, HOLE_PLAIN);
	}
	graph_link();
	run_engine(seed);
	LAW(run.most_in_flight == 1, "a chain has %lld in flight", (long long)run.most_in_flight);
	LAW(graph_longest_ms() >= STEPS_N * LATENCY_MS &&
			graph_longest_ms() <= STEPS_N * (LATENCY_MS + CLOCK_MS),
		"the record took %lld ms, and %d answers take %d each",
		(long long)graph_longest_ms(), STEPS_N, LATENCY_MS);
}

/* throughput */

enum { JOBS = 16, RECORDS_N = 800, GRAPH_N = 5 };

static double graph_per_s, plain_per_s;

static double measure(uint64_t seed)
{
	run_engine(seed);
	LAW(run.verdict.failed_n == 0, "%llu failed", NUMBER(run.verdict.failed_n));
	return (double)run.answers_n * 1000 / (double)(run.end_ms - run.begin_ms);
}

static void play_throughput(uint64_t seed)
{
	begin(JOBS, RECORDS_N);
	graph_add("sentiment");
	graph_add("topics");
	graph_add("names");
	unsigned brief = graph_add("brief"), judge = graph_add("judge");
	for (unsigned i = 0; i < brief; i++)
		graph_need(brief, i, HOLE_PLAIN);
	graph_need(judge, brief, HOLE_PLAIN);
	graph_link();
	graph_per_s = measure(seed);
	begin(JOBS, GRAPH_N * RECORDS_N);
	graph_add("plain");
	graph_link();
	plain_per_s = measure(seed);
	LAW(graph_per_s >= 0.95 * plain_per_s, "%.4f calls/s in a graph, %.4f plain", graph_per_s,
		plain_per_s);
}

static void print_throughput(void)
{
	printf(": %.4f calls/s in a graph of %d steps, %.4f plain, %.1f %%", graph_per_s, GRAPH_N,
		plain_per_s, graph_per_s / plain_per_s * 100);
}

/* memory */

enum {
	WINDOW_BYTES = 512 << 10,
	LONG_BYTES = 8000,
	SAMPLES_N = 64,
	BATCH_BYTES = 64 << 10 /* what a record that was not seen is taken to weigh */
};

static size_t most_bytes;

/*
 * The pipeline takes records while those alive weigh less than the window, left / 64k + 1 at a
 * time; each then grows by its calls and their answers. So with w the most a record ever weighs
 * and w0 what it weighs when it comes in, never more than (window / w0 + window / 64k + 1) x w are
 * alive, however long the input.
 */
static void play_memory(uint64_t seed)
{
	struct record r;
	size_t w0 = sizeof r + LONG_BYTES;
	size_t w = w0 + 100 + 2 * sizeof(struct stage) +
		(SAMPLES_N + 1) * (sizeof(struct call) + 2 * 1024) + SAMPLES_N * 200;
	begin(SAMPLES_N, seed % 2 ? 50 : 1000);
	unsigned draft = graph_add("draft"), best = graph_add("best");
	graph.steps[draft].samples_n = SAMPLES_N;
	graph_need(best, draft, HOLE_PLAIN);
	graph_link();
	graph_laws.has_order = false;
	run.scenario.input.pad_bytes = (struct range){ LONG_BYTES, LONG_BYTES };
	run.scenario.window = (struct range){ 1000, 1000 };
	run.scenario.opts.window_bytes = WINDOW_BYTES;
	run.scenario.upstream.latency_ms = (struct range){ 100, 3000 };
	run_engine(seed);
	size_t bound = (WINDOW_BYTES / w0 + WINDOW_BYTES / BATCH_BYTES + 1) * w;
	LAW(run.most_bytes <= bound, "%zu bytes are alive, and %zu are allowed", run.most_bytes,
		bound);
	most_bytes = run.most_bytes > most_bytes ? run.most_bytes : most_bytes;
}

static void print_memory(void)
{
	printf(": %zu kB alive at most, the window being %d", most_bytes / 1024,
		WINDOW_BYTES / 1024);
}

static const struct scene rows[] = {
	{ "steps that need nothing cost one latency", 20, play_fan, NULL },
	{ "a chain costs one latency a step", 20, play_chain, NULL },
	{ "a graph keeps the throughput of plain calls", 1, play_throughput, print_throughput },
	{ "many samples of long records stay in bounds", 4, play_memory, print_memory },
};

const struct scenes scenes_time = { rows, sizeof rows / sizeof *rows };
