/* SPDX-License-Identifier: MIT */
/* Several endpoints, of which some fail, are slow, are for others, or are too small. */
#include "scenario.h"

/* An endpoint that refuses all connections from the beginning. */
#define DEAD_ENDPOINT                                                                       \
	{                                                                                   \
		.latency_ms = { 500, 1500 }, .refusal_ms = { 1, 20 }, .max = 16, .moods = { \
			{ .kind = REPLY_REFUSED, .until_ms = SCENARIO_FOREVER }             \
		}                                                                           \
	}

#define TRIO                                                               \
	{                                                                  \
		{ .latency_ms = { 500, 1500 }, .max = 16 }, DEAD_ENDPOINT, \
		{                                                          \
			.latency_ms = { 9000, 11000 }, .max = 16           \
		}                                                          \
	}

/* One that dies for good after a while, of what is given. */
#define DYING_ENDPOINT(what)                                                                       \
	{                                                                                          \
		.latency_ms = { 500, 1500 }, .refusal_ms = { 1, 20 }, .moods = {                   \
			{ .kind = what, .from_ms = { 5000, 15000 }, .until_ms = SCENARIO_FOREVER } \
		}                                                                                  \
	}

#define USUAL_ENDPOINT                      \
	{                                   \
		.latency_ms = { 500, 1500 } \
	}

#define FALLBACK_ENDPOINT                              \
	{                                              \
		.latency_ms = { 500, 1500 }, .tier = 1 \
	}

static const struct scenario rows[] = {
	{ .name = "three-endpoints-one-dead-one-slow",
		.seeds_n = 500,
		.jobs = { 48, 48 },
		.window = { 400, 400 }, /* what the others answer while the slow one does */
		.input.until_ms = 60000,
		.upstreams = TRIO,
		.goal = { .from_ms = 30000,
			.until_ms = 60000,
			.percent = 90,
			.loses_none = true } },
	{ .name = "three-endpoints-one-dead-one-slow-unordered",
		.seeds_n = 500,
		.jobs = { 48, 48 },
		.opts.unordered = true,
		.input.until_ms = 60000,
		.upstreams = TRIO,
		.goal = { .from_ms = 30000,
			.until_ms = 60000,
			.percent = 90,
			.loses_none = true } },
	{ .name = "one-of-two-down-and-up",
		.seeds_n = 500,
		.jobs = { 8, 32 },
		.opts.unordered = true,
		.input.until_ms = 70000,
		.upstreams = { { .latency_ms = { 500, 1500 },
				       .refusal_ms = { 1, 20 },
				       .moods = { { .kind = REPLY_REFUSED,
					       .from_ms = { 10000, 20000 },
					       .until_ms = 40000 } } },
			USUAL_ENDPOINT },
		.goal = { .from_ms = 50000,
			.until_ms = 70000,
			.percent = 90,
			.loses_none = true } },
	{ .name = "four-of-all-kinds",
		.seeds_n = 500,
		.jobs = { 16, 64 },
		.opts.unordered = true,
		.input.records = { 300, 500 },
		.upstreams = { { .latency_ms = { 100, 2000 },
				       .percent = { [REPLY_ERROR] = 5, [REPLY_DROP] = 2 },
				       .hint_percent = 30,
				       .hint_ms = { 100, 3000 } },
			{ .latency_ms = { 100, 2000 },
				.at_once = { 4, 8 },
				.beyond = { REPLY_UNAVAILABLE, REPLY_OVERLOADED } },
			{ .latency_ms = { 100, 2000 },
				.rpm = { 120, 300 },
				.tells = true,
				.weight = 2 },
			DEAD_ENDPOINT },
		.goal = { .loses_none = true, .end_ms = 120000 } },
	{ .name = "quota-of-one-of-two",
		.seeds_n = 500,
		.jobs = { 8, 24 },
		.opts.unordered = true,
		.input.until_ms = 50000,
		.upstreams = { DYING_ENDPOINT(REPLY_QUOTA), USUAL_ENDPOINT },
		.goal = { .from_ms = 30000,
			.until_ms = 50000,
			.percent = 90,
			.loses_none = true } },
	{ .name = "auth-of-one-of-two",
		.seeds_n = 500,
		.jobs = { 8, 24 },
		.input.until_ms = 50000,
		.upstreams = { DYING_ENDPOINT(REPLY_AUTH), USUAL_ENDPOINT },
		.goal = { .from_ms = 30000,
			.until_ms = 50000,
			.percent = 80,
			.loses_none = true } },
	{ .name = "all-quota",
		.seeds_n = 500,
		.jobs = { 8, 24 },
		.input.until_ms = 60000,
		.upstreams = { DYING_ENDPOINT(REPLY_QUOTA), DYING_ENDPOINT(REPLY_QUOTA),
			DYING_ENDPOINT(REPLY_AUTH) },
		.exit_code = EXIT_CREDENTIALS,
		.stop_ms = { 5000, 30000 } },
	{ .name = "fallback-on-quota",
		.seeds_n = 500,
		.jobs = { 16, 16 },
		.opts.unordered = true,
		.input.until_ms = 50000,
		.upstreams = { DYING_ENDPOINT(REPLY_QUOTA), FALLBACK_ENDPOINT },
		.goal = { .from_ms = 30000,
			.until_ms = 50000,
			.percent = 90,
			.best_per_s = 16,
			.loses_none = true } },
	{ .name = "fallback-after-silence",
		.seeds_n = 500,
		.jobs = { 16, 16 },
		.opts = { .unordered = true,
			.sched = { .fallback_after_ms = 20000, .timeout_ms = 30000 } },
		.input.until_ms = 90000,
		.upstreams = { DYING_ENDPOINT(REPLY_SILENCE), FALLBACK_ENDPOINT },
		.goal = { .from_ms = 65000,
			.until_ms = 90000,
			.percent = 90,
			.best_per_s = 14,
			.loses_none = true } },
	{ .name = "fallback-while-refused",
		.seeds_n = 500,
		.jobs = { 16, 16 },
		.opts = { .unordered = true, .sched.fallback_after_ms = 10000 },
		.input.until_ms = 60000,
		.upstreams = { DYING_ENDPOINT(REPLY_REFUSED), FALLBACK_ENDPOINT },
		.goal = { .from_ms = 35000,
			.until_ms = 60000,
			.percent = 90,
			.best_per_s = 16,
			.loses_none = true } },
	{ .name = "fallback-never-for-rate-limits",
		.seeds_n = 500,
		.jobs = { 4, 16 },
		.opts.sched.fallback_after_ms = 10000,
		.input.records = { 60, 100 },
		.upstreams = { { .latency_ms = { 500, 1500 },
				       .refusal_ms = { 5, 20 },
				       .hint_percent = 50,
				       .hint_ms = { 100, 5000 },
				       .moods = { { .kind = REPLY_RATE,
					       .from_ms = { 500, 3000 },
					       .until_ms = 60000 } } },
			FALLBACK_ENDPOINT },
		.goal = { .loses_none = true, .end_ms = 180000 } },
	{ .name = "too-long-goes-to-fallback",
		.seeds_n = 500,
		.jobs = { 4, 16 },
		.input.records = { 100, 200 },
		.upstreams = { { .latency_ms = { 500, 1500 }, .long_every = 7 },
			FALLBACK_ENDPOINT },
		.goal.loses_none = true },
	{ .name = "too-long-for-all",
		.seeds_n = 500,
		.jobs = { 4, 16 },
		.input.records = { 100, 200 },
		.upstreams = { { .latency_ms = { 500, 1500 }, .long_every = 7 },
			{ .latency_ms = { 500, 1500 }, .long_every = 7, .tier = 1 } },
		.exit_code = EXIT_SOME_FAILED },

	/* One answer in a hundred takes half a minute; with a second endpoint nobody sees it. */
	{ .name = "hedging",
		.seeds_n = 500,
		.jobs = { 16, 16 },
		.opts = { .unordered = true,
			.sched.hedge = { .delay_ms = 3000, .max_percent = 2 } },
		.input.until_ms = 60000,
		.upstreams = { { .latency_ms = { 500, 1500 },
				       .tail_percent = 1.5,
				       .tail_ms = { 30000, 40000 } },
			USUAL_ENDPOINT },
		.goal = { .hedged_percent = 2, .p99_ms = 6000, .loses_none = true } },
	{ .name = "hedging-by-percentile",
		.seeds_n = 500,
		.jobs = { 16, 16 },
		.opts = { .unordered = true,
			.sched.hedge = { .percentile = 98, .max_percent = 2 } },
		.input.until_ms = 60000,
		.upstreams = { { .latency_ms = { 500, 1500 },
				       .tail_percent = 1.5,
				       .tail_ms = { 30000, 40000 } },
			USUAL_ENDPOINT },
		.goal = { .hedged_percent = 2, .p99_ms = 10000, .loses_none = true } },
	/* Both of a call's attempts may fail, in either order. */
	{ .name = "hedging-with-faults",
		.seeds_n = 500,
		.jobs = { 4, 16 },
		.input.records = { 100, 200 },
		.opts = { .unordered = true,
			.sched.retry.retries = 100,
			.sched.hedge = { .delay_ms = 300, .max_percent = 50 } },
		.upstreams = { { .latency_ms = { 100, 1500 },
				       .percent = { [REPLY_ERROR] = 5,
					       [REPLY_DROP] = 5,
					       [REPLY_RATE] = 2 } },
			{ .latency_ms = { 100, 1500 },
				.percent = { [REPLY_ERROR] = 5,
					[REPLY_UNAVAILABLE] = 5,
					[REPLY_CUT] = 2 } } },
		.goal = { .hedged_percent = 50, .loses_none = true } },
};

const struct scenario_table table_pools = { rows, sizeof rows / sizeof *rows };
