/* SPDX-License-Identifier: MIT */
/*
 * scenario: what is played: the options of the run, the input, the endpoints' moods, and how it has
 * to end.
 *
 * A row of a table. Where a range is given each seed picks its own. Times are since the beginning.
 */
#pragma once

#include "engine/pipeline.h"
#include "scenario_kept.h"
#include "upstream.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ENDPOINTS_MAX = 4, MOODS_MAX = 3 };

/* When attempts that fly may be cut off after the run was stopped. */
enum cut_rule {
	CUT_NEVER,       /* all of them land */
	CUT_AFTER_GRACE, /* those that have not landed by then */
	CUT_AT_ONCE
};

struct scenario_input {
	struct range records;
	int64_t until_ms;       /* in place of records: as many as are taken until then */
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
	bool leaves_by_signal;     /* it breaks when a signal comes, which ends its reader, too */
};

/* What requests get for a while. */
struct scenario_mood {
	enum reply_kind kind;
	double percent; /* of them; 0 = all */
	struct range from_ms;
	int64_t until_ms; /* 0 = there is no such mood */
};

/* What an endpoint does. */
struct scenario_upstream {
	struct range latency_ms; /* none = there is no such endpoint */
	struct range refusal_ms; /* of what is no answer; none = as long as answers */
	double tail_percent;     /* of answers that take so long: */
	struct range tail_ms;
	double percent[REPLY_KINDS_N]; /* of replies that are not answers, by kind */
	double hint_percent;           /* of failures with a status that come with a Retry-After */
	struct range hint_ms;
	double advice_percent; /* of failures with a status that say x-should-retry */
	struct scenario_mood moods[MOODS_MAX];
	int64_t head_ms; /* how long the first record's first answer takes; 0 = as long as others */
	int64_t poison_every; /* one in so many records always gets 500; 0 = none */
	int64_t long_every;   /* and one in so many is too long for the model; 0 = none */
	struct range output;  /* tokens of an answer */

	/* What it enforces. */
	struct range rpm;     /* requests a minute; 0 = no limit */
	int64_t tpm;          /* tokens a minute; 0 = no limit */
	int64_t burst_ms;     /* so long a time's worth of both is saved up; 1 request at least */
	bool has_windows;     /* both are counted by the clock's minutes in place of that */
	bool hints;           /* a refusal says how long to wait */
	bool tells;           /* every answer says what is left */
	struct range at_once; /* requests that it works on at a time; 0 = no limit */
	enum reply_kind beyond[2]; /* either is what the others get; 0 = REPLY_RATE */
	double at_once_factor;     /* what becomes of at_once, */
	int64_t at_once_until_ms;  /* then; 0 = it stays */

	/* What the user says of it. */
	double weight;
	unsigned tier;
	int64_t max;
	int64_t known_rpm;
	int64_t known_tpm;
};

struct scenario_signal {
	int number;            /* SIGINT, SIGHUP, SIGUSR1; 0 = none */
	struct range after_ms; /* the beginning, or the signal before it */
};

/* How well it has to go. */
struct scenario_goal {
	int64_t from_ms, until_ms; /* when answers are counted; 0 = they are not */
	double percent;            /* of what the endpoints could give in that time */
	double best_per_s;         /* what they could give; 0 = as computed from the script */
	double refused_percent;    /* of requests, 429s at most; 0 = as it comes */
	double hedged_percent;     /* of requests, hedges at most; 0 = none at all */
	int64_t p99_ms;            /* 99 of 100 records are answered in so long; 0 = as it comes */
	int64_t end_ms;            /* the run has ended by then; 0 = as it comes */
	bool loses_none;           /* all that can be answered is */
	enum hold held_by;         /* what who watches is shown as the reason ... */
	double held_percent;       /* in so many of a hundred looks, at least; 0 = as it comes */
};

struct scenario {
	const char *name;
	unsigned seeds_n; /* 0 = 200 */
	struct range jobs;
	struct range window; /* 0 = the engine's default */
	struct pipeline_opts
		opts;    /* the rest of the options; zeros get defaults, retries < 0 means 0 */
	bool has_schema; /* answers are to be JSON strings */
	struct scenario_input input;
	struct scenario_output output;
	union {
		struct scenario_upstream upstream; /* the first, where there is but one */
		struct scenario_upstream upstreams[ENDPOINTS_MAX];
	};
	struct scenario_signal signals[2];
	struct scenario_cache cache;
	struct scenario_budget budget;

	/* How it has to end. */
	enum exit_code exit_code;
	int by_signal;
	struct range stop_ms; /* when the run is cut short; 0 = it is not */
	enum cut_rule cut;
	bool is_aborted;  /* lines may be missing */
	double factor;    /* the longest run, in ideals; 0 = only stop_ms counts */
	int64_t slack_ms; /* and this much more */
	struct scenario_goal goal;
};

#define SCENARIO_FOREVER INT64_C(1000000000000)

struct scenario_table {
	const struct scenario *rows;
	size_t n;
};

extern const struct scenario_table table_flow, table_ends, table_rates, table_limits, table_storms,
	table_pools, table_kept;

/* Gives the scenario of that number, from 0, or NULL. */
const struct scenario *scenario_nth(size_t n);

/* Gives the scenario of that name, or NULL. */
const struct scenario *scenario_find(const char *name);
