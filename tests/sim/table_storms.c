/* SPDX-License-Identifier: MIT */
/*
 * Storms: a server that works, does not for a minute, and works again. Nothing is lost, and from
 * 10 s after the end it is as fast as before.
 */
#include "scenario.h"

#include <signal.h>

#define STORM_ROW(title, ...)                                                             \
	{                                                                                 \
		.name = title, .seeds_n = 500, .jobs = { 8, 24 }, .opts.unordered = true, \
		.input.until_ms = 105000,                                                 \
		.upstream = { .latency_ms = { 500, 1500 },                                \
			.refusal_ms = { 5, 50 },                                          \
			.moods = { { .from_ms = { 15000, 25000 },                         \
				.until_ms = 80000,                                        \
				__VA_ARGS__ } } },                                        \
		.goal = {                                                                 \
			.from_ms = 90000,                                                 \
			.until_ms = 105000,                                               \
			.percent = 90,                                                    \
			.loses_none = true                                                \
		}                                                                         \
	}

/* The same when hardly any records are left: somebody has to knock until it opens. */
#define LAST_ROW(title, ...)                                                                 \
	{                                                                                    \
		.name = title, .seeds_n = 500, .jobs = { 1, 24 }, .input.records = { 1, 3 }, \
		.upstream = { .latency_ms = { 500, 1500 },                                   \
			.refusal_ms = { 5, 50 },                                             \
			.moods = { { .until_ms = 60000, __VA_ARGS__ } } },                   \
		.goal = {                                                                    \
			.loses_none = true,                                                  \
			.end_ms = 75000                                                      \
		}                                                                            \
	}

#define END_ROW(title, ...)                                                                    \
	{                                                                                      \
		.name = title, .seeds_n = 500, .jobs = { 4, 24 }, .input.records = { 40, 80 }, \
		.upstream = { .latency_ms = { 500, 1500 },                                     \
			.refusal_ms = { 5, 50 },                                               \
			.moods = { { .from_ms = { 500, 15000 },                                \
				.until_ms = 60000,                                             \
				__VA_ARGS__ } } },                                             \
		.goal = {                                                                      \
			.loses_none = true,                                                    \
			.end_ms = 100000                                                       \
		}                                                                              \
	}

static const struct scenario rows[] = {
	STORM_ROW("storm-429-90", .kind = REPLY_RATE, .percent = 90),
	{ .name = "storm-429-90-hinted",
		.seeds_n = 500,
		.jobs = { 8, 24 },
		.opts.unordered = true,
		.input.until_ms = 105000,
		.upstream = { .latency_ms = { 500, 1500 },
			.refusal_ms = { 5, 50 },
			.hint_percent = 100,
			.hint_ms = { 1000, 5000 },
			.moods = { { .kind = REPLY_RATE,
				.percent = 90,
				.from_ms = { 15000, 25000 },
				.until_ms = 80000 } } },
		.goal = { .from_ms = 90000,
			.until_ms = 105000,
			.percent = 90,
			.loses_none = true } },
	STORM_ROW("storm-503-60s", .kind = REPLY_UNAVAILABLE),
	STORM_ROW("storm-529-60s", .kind = REPLY_OVERLOADED),
	STORM_ROW("storm-500-60s", .kind = REPLY_ERROR),
	STORM_ROW("storm-refused-60s", .kind = REPLY_REFUSED),
	STORM_ROW("storm-dropped-60s", .kind = REPLY_DROP),
	LAST_ROW("last-records-429-90", .kind = REPLY_RATE, .percent = 90),
	LAST_ROW("last-records-503", .kind = REPLY_UNAVAILABLE),
	LAST_ROW("last-records-refused", .kind = REPLY_REFUSED),
	END_ROW("storm-at-the-end-429-90", .kind = REPLY_RATE, .percent = 90),
	END_ROW("storm-at-the-end-503", .kind = REPLY_UNAVAILABLE),
	END_ROW("storm-at-the-end-refused", .kind = REPLY_REFUSED),

	/* One record that is always answered with 500 is that record's trouble. */
	{ .name = "half-open-poison",
		.seeds_n = 500,
		.jobs = { 4, 24 },
		.opts.unordered = true,
		.input.records = { 150, 250 },
		.upstream = { .latency_ms = { 100, 1000 },
			.poison_every = 50,
			.moods = { { .kind = REPLY_REFUSED,
				.from_ms = { 1000, 3000 },
				.until_ms = 20000 } } },
		.exit_code = EXIT_SOME_FAILED,
		.goal = { .loses_none = true, .end_ms = 150000 } },
	{ .name = "hint-pauses-all",
		.seeds_n = 500,
		.jobs = { 4, 24 },
		.input.records = { 100, 200 },
		.upstream = { .latency_ms = { 100, 1000 },
			.refusal_ms = { 5, 50 },
			.hint_percent = 100,
			.hint_ms = { 5000, 20000 },
			.percent = { [REPLY_RATE] = 2, [REPLY_UNAVAILABLE] = 2 } },
		/*
		 * Refused at random, with a pause of ten seconds each time: a pace is found that is
		 * none, and in one run of 500 that takes long to be doubted.
		 */
		.factor = 2,
		.slack_ms = 600000,
		.goal = { .loses_none = true } },
	{ .name = "usr1-in-a-storm",
		.seeds_n = 500,
		.jobs = { 4, 24 },
		.input.records = { 40, 80 },
		.upstream = { .latency_ms = { 500, 1500 },
			.moods = { { .kind = REPLY_UNAVAILABLE,
				.from_ms = { 500, 3000 },
				.until_ms = 20000 } } },
		.signals = { { SIGUSR1, { 1, 4000 } }, { SIGUSR1, { 1, 4000 } } },
		.goal = { .loses_none = true, .end_ms = 60000 } },
};

const struct scenario_table table_storms = { rows, sizeof rows / sizeof *rows };
