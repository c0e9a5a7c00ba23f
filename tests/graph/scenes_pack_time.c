/* SPDX-License-Identifier: MIT */
/* Packs in time and space: deadlines, hedges, waits, stops, endpoints, memory. */
#include "pack_scene.h"
#include "scene.h"

#include <signal.h>

static int64_t pick(int64_t least, int64_t most)
{
	return world_pick((struct range){ least, most });
}

/* time */

static void play_deadline(uint64_t seed)
{
	pack_scene_begin(seed);
	pack_texts.keys_n = world_chance(60) ? (unsigned)pick(1, 60) : 0;
	pack_texts.percent[TEXT_IS_REFUSED] = (double)pick(0, 5);
	pack_texts.percent[TEXT_HANGS] = world_chance(50) ? (double)pick(0, 3) : 0;
	run.scenario.input.burst = (struct range){ 1, 10 };
	run.scenario.input.gap_ms = (struct range){ 0, pick(1, 300) };
	run.scenario.opts.sched.deadline_ms = pick(100, 3000);
	run.scenario.opts.sched.timeout_ms = pick(100, 5000);
	run.scenario.opts.sched.retry.retries = pick(-1, 5);
	pack_laws.may_fail = run.scenario.opts.sched.timeout_ms < 1500;
	if (world_chance(30)) {
		run.scenario.upstreams[0].percent[REPLY_ERROR] = 10;
		run.scenario.upstreams[0].percent[REPLY_HALF] = 5;
		run.scenario.upstreams[0].percent[REPLY_RATE] = 10;
		pack_laws.may_fail = true;
	}
	vectors_server.null_percent = (double)pick(0, 10);
	pack_laws.may_fail |= vectors_server.null_percent > 0;
	pack_scene_play(seed);
}

static void hedge(void)
{
	int64_t most_ms = pick(50, 2000);
	run.scenario.opts.sched.hedge.delay_ms = pick(10, 500);
	run.scenario.opts.sched.hedge.max_percent = 100;
	pack_laws.is_hedged = true;
	for (unsigned i = 0; i < 3; i++)
		run.scenario.upstreams[i] =
			(struct scenario_upstream){ .latency_ms = { 1, most_ms },
				.tail_percent = 20,
				.tail_ms = { 1, 10 * most_ms },
				.output = { 1, 1 } };
}

/* The first whole answer wins, with whom it is. */
static void play_hedges(uint64_t seed)
{
	pack_scene_begin(seed);
	hedge();
	pack_texts.percent[TEXT_IS_REFUSED] = (double)pick(0, 5);
	pack_texts.keys_n = world_chance(50) ? (unsigned)pick(1, 60) : 0;
	vectors_server.null_percent = (double)pick(0, 10);
	pack_laws.may_fail = vectors_server.null_percent > 0;
	pack_scene_play(seed);
}

static void play_late_hedges(uint64_t seed)
{
	pack_scene_begin(seed);
	hedge();
	pack_texts.keys_n = world_chance(50) ? (unsigned)pick(1, 60) : 0;
	run.scenario.input.burst = (struct range){ 1, 10 };
	run.scenario.input.gap_ms = (struct range){ 0, pick(1, 300) };
	run.scenario.opts.sched.deadline_ms = pick(100, 3000);
	for (unsigned i = 0; i < 3; i++)
		run.scenario.upstreams[i].percent[REPLY_ERROR] = (double)pick(0, 10);
	pack_laws.may_fail = true;
	pack_scene_play(seed);
}

/* A pack leaves when it is full, or --batch-wait after its first text. */
static void play_trickle(uint64_t seed)
{
	pack_scene_begin(seed);
	int64_t size = run.scenario.opts.sched.pack.texts_max;
	run.scenario.input.burst = (struct range){ 1, pick(1, 2 * size) };
	run.scenario.input.gap_ms = (struct range){ 0, pick(1, 1000) };
	run.scenario.input.records.most = 100;
	run.scenario.jobs = (struct range){ 200, 200 };
	run.scenario.window = (struct range){ 1000, 1000 };
	run.scenario.opts.sched.is_fixed = true;
	run.scenario.opts.sched.pack.wait_ms = world_chance(30) ? 0 : pick(1, 500);
	pack_laws.has_waits = true;
	pack_scene_play(seed);
}

/* A window smaller than a pack: nothing more can come, so nothing waits for more. */
static void play_narrow(uint64_t seed)
{
	pack_scene_begin(seed);
	int64_t size = run.scenario.opts.sched.pack.texts_max;
	run.scenario.window = (struct range){ 1, size > 1 ? size - 1 : 1 };
	run.scenario.input.gap_ms = (struct range){ 0, 0 };
	run.scenario.opts.sched.pack.wait_ms = PACK_SCENE_MUCH_MS;
	for (unsigned i = 0; i < ENDPOINTS_MAX; i++)
		if (run.scenario.upstreams[i].latency_ms.most > 0)
			run.scenario.upstreams[i].latency_ms = (struct range){ 1, 100 };
	pack_scene_play(seed);
	int64_t took_ms = run.end_ms - run.begin_ms;
	LAW(took_ms < PACK_SCENE_MUCH_MS / 2 || took_ms < (int64_t)run.starts_n * 110,
		"it took %lld ms: somebody has waited", (long long)took_ms);
}

/* stops */

static void play_stops(uint64_t seed)
{
	pack_scene_begin(seed);
	pack_texts.keys_n = world_chance(50) ? (unsigned)pick(1, 60) : 0;
	pack_texts.percent[TEXT_IS_REFUSED] = (double)pick(0, 10);
	pack_texts.percent[TEXT_HANGS] = (double)pick(0, 2);
	pack_scene_trouble(0);
	vectors_server.null_percent = (double)pick(0, 10);
	if (world_chance(30))
		hedge();
	if (world_chance(30))
		run.scenario.opts.sched.deadline_ms = pick(100, 3000);
	run.scenario.opts.sched.timeout_ms = 3000;
	run.scenario.opts.grace_ms = pick(1, 2000);
	run.scenario.signals[0] =
		(struct scenario_signal){ .number = SIGINT, .after_ms = { 0, pick(1, 5000) } };
	if (world_chance(30))
		run.scenario.signals[1] =
			(struct scenario_signal){ .number = SIGINT, .after_ms = { 0, 500 } };
	pack_laws.may_fail = run.may_abort = true;
	pack_scene_play(seed);
}

/* endpoints */

static void play_dead(uint64_t seed)
{
	pack_scene_begin(seed);
	run.scenario.upstreams[1] = run.scenario.upstreams[0];
	run.scenario.upstreams[seed % 2].percent[world_chance(50) ? REPLY_AUTH : REPLY_QUOTA] =
		(double)pick(5, 100);
	pack_texts.percent[TEXT_IS_REFUSED] = (double)pick(0, 5);
	pack_scene_play(seed);
}

static void play_fallback(uint64_t seed)
{
	pack_scene_begin(seed);
	run.scenario.upstreams[1] = run.scenario.upstreams[0];
	run.scenario.upstreams[1].tier = 1;
	if (world_chance(50))
		run.scenario.upstreams[0].percent[REPLY_AUTH] = (double)pick(5, 100);
	else
		run.scenario.upstreams[0].percent[REPLY_ERROR] = 100;
	run.scenario.opts.sched.fallback_after_ms = pick(1, 3000);
	run.scenario.opts.sched.retry.retries = 8;
	pack_texts.percent[TEXT_IS_REFUSED] = (double)pick(0, 5);
	pack_scene_play(seed);
}

/* memory */

static void play_memory(uint64_t seed)
{
	pack_scene_begin(seed);
	int64_t jobs = pick(2, 4), size = pick(2, 12);
	vectors_server.columns_n = 300;
	run.scenario.jobs = (struct range){ jobs, jobs };
	run.scenario.window = (struct range){ 1000, 1000 };
	run.scenario.opts.window_bytes = 100000;
	run.scenario.opts.unordered = false;
	run.scenario.input.records = (struct range){ 300, 400 };
	run.scenario.input.gap_ms = (struct range){ 0, 0 };
	run.scenario.opts.sched.pack.texts_max = size;
	run.scenario.upstreams[0].latency_ms = (struct range){ 1, 20 };
	run.scenario.upstreams[0].head_ms = 5000;
	/* What was let in before the first answers came, and is in packs yet. */
	size_t vector_bytes = 300 * 10 + 64;
	pack_laws.slack_bytes = 2 * (size_t)((jobs + 3) * size) * vector_bytes;
	pack_scene_play(seed);
}

static const struct scene rows[] = {
	{ "who leaves a pack at his deadline takes nothing along", 600, play_deadline,
		pack_scene_print },
	{ "packs are hedged", 300, play_hedges, pack_scene_print },
	{ "packs are hedged, and some are late", 300, play_late_hedges, pack_scene_print },
	{ "a pack leaves when it is full or has waited", 300, play_trickle, pack_scene_print },
	{ "a window smaller than a pack holds nothing up", 200, play_narrow, pack_scene_print },
	{ "a run with packs may be stopped at any time", 600, play_stops, pack_scene_print },
	{ "packs do without an endpoint that is dead", 200, play_dead, pack_scene_print },
	{ "packs go on to a fallback", 200, play_fallback, pack_scene_print },
	{ "vectors behind a slow head are bounded by --window-bytes", 100, play_memory,
		pack_scene_print },
};

const struct scenes scenes_pack_time = { rows, sizeof rows / sizeof *rows };
