/* SPDX-License-Identifier: MIT */
/*
 * Servers that enforce a rate. The best is what they enforce; what was saved up at the beginning is
 * spent before answers are counted.
 *
 * A bucket of one request cannot be met by a user's word: half a millisecond too early is too
 * early. There pllm has to find the spacing by itself, like everything else that is not said.
 */
#include "scenario.h"

/* 120 to 600 a minute, by a client that could do far more; known or readable, and else. */
#define RATE_ROW(title, ...)                                                               \
	{                                                                                  \
		.name = title, .seeds_n = 500, .jobs = { 32, 64 }, .opts.unordered = true, \
		.input.until_ms = 95000,                                                   \
		.upstream = { .latency_ms = { 300, 1500 },                                 \
			.refusal_ms = { 20, 60 },                                          \
			.output = { 220, 240 },                                            \
			__VA_ARGS__ },                                                     \
		.goal = {                                                                  \
			.from_ms = 35000,                                                  \
			.until_ms = 95000,                                                 \
			.percent = 95,                                                     \
			.refused_percent = 2,                                              \
			.loses_none = true                                                 \
		}                                                                          \
	}

#define DISCOVERY_ROW(title, ...)                                                          \
	{                                                                                  \
		.name = title, .seeds_n = 500, .jobs = { 32, 64 }, .opts.unordered = true, \
		.input.until_ms = 180000,                                                  \
		.upstream = { .latency_ms = { 300, 1500 },                                 \
			.refusal_ms = { 20, 60 },                                          \
			.output = { 50, 400 },                                             \
			.rpm = { 120, 600 },                                               \
			__VA_ARGS__ },                                                     \
		.goal = {                                                                  \
			.from_ms = 90000,                                                  \
			.until_ms = 180000,                                                \
			.percent = 95,                                                     \
			.refused_percent = 10,                                             \
			.loses_none = true                                                 \
		}                                                                          \
	}

static const struct scenario rows[] = {
	RATE_ROW("rpm-known-by-user", .rpm = { 600, 600 }, .burst_ms = 1000, .known_rpm = 600),
	RATE_ROW("rpm-known-minute", .rpm = { 300, 300 }, .burst_ms = 60000, .known_rpm = 300,
		.hints = true),
	RATE_ROW("rpm-known-windows", .rpm = { 300, 300 }, .has_windows = true, .known_rpm = 300),
	{ .name = "rate-of-the-run",
		.seeds_n = 500,
		.jobs = { 32, 64 },
		.opts = { .unordered = true, .sched = { .rate = 5, .rate_window_ms = 1000 } },
		.input.until_ms = 95000,
		.upstreams = { { .latency_ms = { 300, 1500 } }, { .latency_ms = { 300, 1500 } } },
		.goal = { .from_ms = 35000,
			.until_ms = 95000,
			.percent = 95,
			.best_per_s = 5,
			.loses_none = true } },
	RATE_ROW("rpm-told-by-headers", .rpm = { 120, 600 }, .burst_ms = 60000, .tells = true),
	RATE_ROW("rpm-told-second", .rpm = { 300, 600 }, .burst_ms = 1000, .tells = true,
		.hints = true),
	RATE_ROW("rpm-told-windows", .rpm = { 120, 600 }, .has_windows = true, .tells = true,
		.hints = true),
	RATE_ROW("tpm-known-by-user", .tpm = 60000, .burst_ms = 60000, .known_tpm = 60000),
	RATE_ROW("tpm-told", .tpm = 60000, .burst_ms = 60000, .tells = true),
	RATE_ROW("both-told", .rpm = { 300, 300 }, .tpm = 90000, .burst_ms = 60000, .tells = true,
		.hints = true),
	DISCOVERY_ROW("rpm-to-discover-1", .burst_ms = 0),
	DISCOVERY_ROW("rpm-to-discover-1-hinted", .burst_ms = 0, .hints = true),
	DISCOVERY_ROW("rpm-to-discover-second", .burst_ms = 1000),
	DISCOVERY_ROW("rpm-to-discover-second-hinted", .burst_ms = 1000, .hints = true),
	DISCOVERY_ROW("rpm-to-discover-minute", .burst_ms = 60000),
	DISCOVERY_ROW("rpm-to-discover-minute-hinted", .burst_ms = 60000, .hints = true),
};

const struct scenario_table table_rates = { rows, sizeof rows / sizeof *rows };
