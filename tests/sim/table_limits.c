/* SPDX-License-Identifier: MIT */
/*
 * Servers that work on so many requests at a time, do not say how many, and refuse the others. The
 * best is to keep all of their places busy.
 */
#include "scenario.h"

#define LIMIT_ROW(title, many, roof, status, refusals)            \
	{ .name = title,                                          \
		.seeds_n = 500,                                   \
		.jobs = roof,                                     \
		.opts.unordered = true,                           \
		.input.until_ms = 45000,                          \
		.upstream = { .latency_ms = { 1000, 3000 },       \
			.refusal_ms = refusals,                   \
			.at_once = many,                          \
			.beyond = status },                       \
		.goal = { .from_ms = 30000,                       \
			.until_ms = 45000,                        \
			.percent = 90,                            \
			.loses_none = true } }

/* So many until 30 s, then others; counted from 30 s after the change. */
#define CHANGE_ROW(title, many, status, by)                       \
	{ .name = title,                                          \
		.seeds_n = 500,                                   \
		.jobs = { 128, 256 },                             \
		.opts.unordered = true,                           \
		.input.until_ms = 75000,                          \
		.upstream = { .latency_ms = { 1000, 3000 },       \
			.refusal_ms = { 20, 100 },                \
			.at_once = many,                          \
			.beyond = status,                         \
			.at_once_factor = by,                     \
			.at_once_until_ms = 30000 },              \
		.goal = { .from_ms = 60000,                       \
			.until_ms = 75000,                        \
			.percent = 90,                            \
			.loses_none = true } }

#define RANGE(a, b) \
	{           \
		a, b \
	}

#define QUICK RANGE(20, 100)

static const struct scenario rows[] = {
	LIMIT_ROW("hidden-concurrency-4-503", RANGE(4, 6), RANGE(64, 64), REPLY_UNAVAILABLE, QUICK),
	LIMIT_ROW("hidden-concurrency-4-529", RANGE(4, 6), RANGE(64, 64), REPLY_OVERLOADED, QUICK),
	LIMIT_ROW("hidden-concurrency-16-503", RANGE(8, 24), RANGE(64, 128), REPLY_UNAVAILABLE, QUICK),
	LIMIT_ROW("hidden-concurrency-16-529", RANGE(8, 24), RANGE(64, 128), REPLY_OVERLOADED, QUICK),
	LIMIT_ROW("hidden-concurrency-64-503", RANGE(32, 100), RANGE(256, 256), REPLY_UNAVAILABLE, QUICK),
	LIMIT_ROW("hidden-concurrency-64-529", RANGE(32, 100), RANGE(256, 256), REPLY_OVERLOADED, QUICK),
	LIMIT_ROW("hidden-concurrency-512-503", RANGE(512, 512), RANGE(1024, 1024),
		REPLY_UNAVAILABLE, QUICK),
	LIMIT_ROW("hidden-concurrency-512-529", RANGE(512, 512), RANGE(1024, 1024),
		REPLY_OVERLOADED, QUICK),
	LIMIT_ROW("hidden-concurrency-under-the-roof", RANGE(64, 64), RANGE(64, 64),
		REPLY_UNAVAILABLE, QUICK),
	LIMIT_ROW("hidden-concurrency-slow-refusals", RANGE(8, 64), RANGE(128, 128),
		REPLY_UNAVAILABLE, RANGE(1000, 3000)),
	CHANGE_ROW("hidden-concurrency-halves-503", RANGE(8, 64), REPLY_UNAVAILABLE, 0.5),
	CHANGE_ROW("hidden-concurrency-halves-529", RANGE(8, 64), REPLY_OVERLOADED, 0.5),
	CHANGE_ROW("hidden-concurrency-doubles-503", RANGE(4, 48), REPLY_UNAVAILABLE, 2),
	CHANGE_ROW("hidden-concurrency-doubles-529", RANGE(4, 48), REPLY_OVERLOADED, 2),
};

const struct scenario_table table_limits = { rows, sizeof rows / sizeof *rows };
