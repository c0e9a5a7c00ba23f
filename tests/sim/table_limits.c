/* SPDX-License-Identifier: MIT */
/*
 * Servers that work on so many requests at a time, do not say how many, and refuse the others. The
 * best is to keep all of their places busy.
 */
#include "scenario.h"

/* What the others get: one or the other in a run. */
#define CROWDED .beyond = { REPLY_UNAVAILABLE, REPLY_OVERLOADED }

/* Counted from 30 s on, for as long as it takes that a few answers more or less do not matter. */
#define LIMIT_ROW(title, many, roof, end)                                            \
	{                                                                            \
		.name = title, .seeds_n = 500, .jobs = roof, .opts.unordered = true, \
		.input.until_ms = end,                                               \
		.upstream = { .latency_ms = { 1000, 3000 },                          \
			.refusal_ms = { 20, 100 },                                   \
			.at_once = many,                                             \
			CROWDED },                                                   \
		.goal = {                                                            \
			.from_ms = 30000,                                            \
			.until_ms = end,                                             \
			.percent = 90,                                               \
			.loses_none = true                                           \
		}                                                                    \
	}

/* So many until 30 s, then others; counted from 30 s after the change. */
#define CHANGE_ROW(title, many, by)                                                          \
	{                                                                                    \
		.name = title, .seeds_n = 500, .jobs = { 128, 256 }, .opts.unordered = true, \
		.input.until_ms = 100000,                                                    \
		.upstream = { .latency_ms = { 1000, 3000 },                                  \
			.refusal_ms = { 20, 100 },                                           \
			.at_once = many,                                                     \
			CROWDED,                                                             \
			.at_once_factor = by,                                                \
			.at_once_until_ms = 30000 },                                         \
		.goal = {                                                                    \
			.from_ms = 60000,                                                    \
			.until_ms = 100000,                                                  \
			.percent = 90,                                                       \
			.loses_none = true                                                   \
		}                                                                            \
	}

#define RANGE(a, b)  \
	{            \
		a, b \
	}

static const struct scenario rows[] = {
	LIMIT_ROW("hidden-concurrency-4", RANGE(4, 6), RANGE(64, 64), 120000),
	LIMIT_ROW("hidden-concurrency-16", RANGE(8, 24), RANGE(128, 128), 75000),
	LIMIT_ROW("hidden-concurrency-64", RANGE(32, 100), RANGE(256, 256), 50000),
	LIMIT_ROW("hidden-concurrency-512", RANGE(512, 512), RANGE(1024, 1024), 37000),
	LIMIT_ROW("hidden-concurrency-under-the-roof", RANGE(64, 64), RANGE(64, 64), 50000),
	{ .name = "hidden-concurrency-slow-refusals",
		.seeds_n = 500,
		.jobs = { 128, 128 },
		.opts.unordered = true,
		.input.until_ms = 75000,
		.upstream = { .latency_ms = { 1000, 3000 }, .at_once = { 8, 64 }, CROWDED },
		.goal = { .from_ms = 30000,
			.until_ms = 75000,
			.percent = 90,
			.loses_none = true,
			.held_by = HOLD_LIMIT,
			.held_percent = 50 } },
	CHANGE_ROW("hidden-concurrency-halves", RANGE(8, 64), 0.5),
	CHANGE_ROW("hidden-concurrency-doubles", RANGE(4, 32), 2),
};

const struct scenario_table table_limits = { rows, sizeof rows / sizeof *rows };
