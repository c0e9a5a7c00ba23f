/* SPDX-License-Identifier: MIT */
/*
 * scenario: what is played: the options of the run, the input, the server's moods, and how it
 * has to end.
 *
 * A row of a table. Where a range is given each seed picks a value of its own.
 */
#pragma once

#include "engine/pipeline.h"
#include "upstream.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Both ends included. */
struct range {
	int64_t least;
	int64_t most;
};

/* When attempts that fly may be cut off after the run was stopped. */
enum cut_rule {
	CUT_NEVER,       /* all of them land */
	CUT_AFTER_GRACE, /* those that have not landed by then */
	CUT_AT_ONCE
};

struct scenario_input {
	struct range records;
	double bad_percent;     /* of records that are not to be asked about */
	struct range pad_bytes; /* in each record */
	struct range burst;     /* records that arrive together; 0 = all the reader can hold */
	struct range gap_ms;    /* between bursts */
	bool fails;             /* the end is a read error */
};

struct scenario_output {
	struct range pause_ms;     /* for each bite that is written; 0 = at once */
	struct range fails_ms;     /* when it breaks; 0 = it does not */
	enum writer_state failure; /* how */
};

struct scenario_upstream {
	struct range latency_ms;
	double percent[REPLY_KINDS_N]; /* of replies that are not answers, by kind */
	double hint_percent;           /* of failures with a status that come with a Retry-After */
	struct range hint_ms;
	double advice_percent;     /* of failures with a status that say x-should-retry */
	enum reply_kind mood;      /* what everybody gets for a while: */
	struct range mood_from_ms; /* since when */
	int64_t mood_until_ms;     /* how long; 0 = never */
	int64_t head_ms; /* how long the first record's first answer takes; 0 = as long as others */
	int64_t rpm;     /* enforced; 0 = no limit */
	int64_t concurrency; /* enforced; 0 = no limit */
};

struct scenario_signal {
	int number;            /* SIGINT or SIGHUP; 0 = none */
	struct range after_ms; /* the beginning, or the signal before it */
};

struct scenario {
	const char *name;
	struct range jobs;
	struct range window; /* 0 = the engine's default */
	struct pipeline_opts
		opts; /* the rest of the options; zeros get defaults, retries < 0 means 0 */
	struct scenario_input input;
	struct scenario_output output;
	struct scenario_upstream upstream;
	struct scenario_signal signals[2];

	/* How it has to end. */
	enum exit_code exit_code;
	int by_signal;
	struct range stop_ms; /* when the run is cut short, from its beginning; 0 = it is not */
	enum cut_rule cut;
	bool is_aborted;  /* lines may be missing */
	double factor;    /* the longest run, in ideals; 0 = only stop_ms counts */
	int64_t slack_ms; /* and this much more */
};

#define SCENARIO_FOREVER INT64_C(1000000000000)

/* Gives the table of scenarios, and how many there are. */
const struct scenario *scenario_all(size_t *n);

/* Gives the scenario of that name, or NULL. */
const struct scenario *scenario_find(const char *name);
