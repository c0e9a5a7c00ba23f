/* SPDX-License-Identifier: MIT */
#include "pack_scene.h"

#include <stdio.h>

static uint64_t records_n, attempts_n, extra_n, allowed_n;

static int64_t pick(int64_t least, int64_t most)
{
	return world_pick((struct range){ least, most });
}

void pack_scene_begin(uint64_t seed)
{
	static const char *const apis[] = { "openai", "openai", "gemini", "ollama", "cohere",
		"tei" };
	run_reset();
	pack_begin();
	rng_init(&world.rng, seed * 1013);
	int64_t jobs = pick(1, 5), size = pick(0, 3) ? pick(2, 40) : pick(1, 8);
	run.play = &pack_play;
	pack_texts.api = apis[pick(0, 5)];
	pack_texts.is_template = world_chance(30);
	pack_texts.pad_bytes = (struct range){ 0, world_chance(50) ? 40 : 0 };
	vectors_server.shape = (enum shape)pick(0, SHAPES_N - 1);
	run.scenario = (struct scenario){
		.name = "pack",
		.jobs = { jobs, jobs },
		.window = { 2 * jobs * size, 2 * jobs * size },
		.input = { .records = { 1, 200 } },
		.opts = { .halt = { .when = HALT_NEVER },
			.unordered = world_chance(30),
			.sched = { .is_fixed = world_chance(70),
				.pack = { .is_on = true,
					.texts_max = size,
					.tokens_max = 100000,
					.wait_ms = pick(0, 2) ? pick(1, 100) : 0 } } },
	};
	if (world_chance(50))
		run.scenario.input.burst = (struct range){ 1, 30 };
	if (world_chance(50))
		run.scenario.input.gap_ms = (struct range){ 0, pick(0, 200) };
	unsigned endpoints_n = (unsigned)pick(1, 2);
	for (unsigned i = 0; i < endpoints_n; i++)
		run.scenario.upstreams[i] =
			(struct scenario_upstream){ .latency_ms = { 1, pick(1, 1000) },
				.refusal_ms = { 1, 100 },
				.output = { 1, 1 } };
}

void pack_scene_trouble(unsigned endpoint)
{
	struct scenario_upstream *u = &run.scenario.upstreams[endpoint];
	u->percent[REPLY_RATE] = (double)pick(0, 10);
	u->percent[REPLY_ERROR] = (double)pick(0, 15);
	u->percent[REPLY_UNAVAILABLE] = (double)pick(0, 10);
	u->percent[REPLY_DROP] = (double)pick(0, 10);
	u->percent[REPLY_CUT] = (double)pick(0, 10);
	u->percent[REPLY_HALF] = (double)pick(0, 5);
	u->percent[REPLY_SILENCE] = (double)pick(0, 5);
	u->hint_percent = (double)pick(0, 50);
	u->hint_ms = (struct range){ 1, 500 };
	u->advice_percent = world_chance(20) ? 20 : 0;
}

void pack_scene_play(uint64_t seed)
{
	pack_link();
	run_engine(seed);
	records_n += run.given_n;
	attempts_n += run.starts_n;
	extra_n += run.starts_n - pack_seen.fresh_n;
	allowed_n += pack_seen.allowed_n;
}

void pack_scene_print(void)
{
	printf(": %llu records, %llu requests", NUMBER(records_n), NUMBER(attempts_n));
	records_n = attempts_n = extra_n = allowed_n = 0;
}

void pack_scene_print_extra(void)
{
	printf(": %llu records, %llu requests, %llu of them extra of %llu allowed",
		NUMBER(records_n), NUMBER(attempts_n), NUMBER(extra_n), NUMBER(allowed_n));
	records_n = attempts_n = extra_n = allowed_n = 0;
}

void pack_scene_hurry(void)
{
	run.scenario.input.burst = run.scenario.input.gap_ms = (struct range){ 0, 0 };
	run.scenario.opts.sched.pack.wait_ms = PACK_SCENE_MUCH_MS;
	run.scenario.opts.sched.is_fixed = true;
}
