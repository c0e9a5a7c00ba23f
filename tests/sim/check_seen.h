/* SPDX-License-Identifier: MIT */
/* check_seen: what the laws have seen of the run; shared by their chapters. */
#pragma once

#include "check.h"
#include "world.h"

enum {
	LATE_MS = 30,   /* what the clock may tick on while the engine works */
	FAILURES_N = 5, /* so many close together may have opened a breaker */
	FAILURES_MS = 60000
};

/* What was seen of a record. */
struct track {
	const struct record *record; /* NULL before it is given and after it is put */
	enum record_kind kind;
	size_t bytes; /* that it weighed when it was given */
	int64_t given_ms;
	int64_t begun_ms; /* when it was first asked about */
	int64_t need_ms;  /* what the server took for it, and made it wait */
	unsigned starts_n;
	unsigned flying_n;   /* two if it is hedged */
	unsigned counted_n;  /* failures that may count against --retries */
	unsigned sure_n;     /* those of them that do for sure */
	unsigned doubtful_n; /* those of a kind that has its own limit of tries */
	unsigned endpoint;   /* where it was asked last */
	struct reply last;   /* what came back last */
	struct reply won;    /* the answer, if is_won */
	bool is_won, is_final, is_put;
	bool is_recalled; /* came from the cache: last says as what */
};

/* A bucket of requests of the user's. */
struct bucket {
	double level;
	int64_t then_ms;
};

/* What was seen of an endpoint. */
struct endpoint_track {
	int64_t in_flight;
	int64_t hint_ms;                 /* the hint that lasts longest */
	int64_t not_before_ms;           /* when it ends */
	int64_t failures_ms[FAILURES_N]; /* when its latest failures were, in a ring */
	unsigned failures_at;
	uint64_t troubles_n; /* replies that were no answers */
	int64_t success_ms;  /* when it answered last; 0 = never */
	uint64_t rates_n;    /* refusals since then */
	uint64_t others_n;   /* failures of other kinds since then */
	struct bucket bucket;
	bool is_dead;
};

struct seen {
	struct track *tracks; /* as many as records were given at most in any run */
	uint64_t tracks_cap;
	uint64_t given_n, put_n, starts_n, answered_n, failed_n;
	uint64_t first_alive; /* all before it are put */
	uint64_t first_fresh; /* all before it were asked about, or need not be */
	size_t alive_bytes;
	int64_t in_flight, busy_ms;
	int64_t losers_n; /* attempts in flight about records that are answered */
	int64_t stop_ms;  /* when the engine began to end the run; NEVER = it has not */
	bool had_all;     /* it had read all by then */
	bool is_over;     /* a second signal was seen */
	bool has_broken;  /* a broken output was seen */
	bool has_signal, is_refused;
	unsigned sleeps_n, spins_n;
	uint64_t events_n, slept_events_n; /* whatever happened; how many when it last slept */
	int64_t slept_ms;
	uint64_t said_n, details_n, status_n; /* lines; said_n when USR1 was seen, and one */

	struct endpoint_track endpoints[ENDPOINTS_MAX];
	struct bucket bucket;         /* --rate */
	uint64_t misses_n;            /* looked for in the cache, and not found */
	uint64_t hits_n;              /* and found */
	uint64_t fresh_n;             /* records that were asked about */
	struct scenario_budget spent; /* by the servers' count */

	unsigned codes_dead; /* bits of the error codes that endpoints died of */
	int64_t paused_ms;   /* how long hints, one after the other, have asked to wait */

	uint64_t refused_n, hedged_n, counted_n, late_n, lost_n;
};

extern struct seen seen;

#define LAW(holds, ...)                          \
	do {                                     \
		if (!(holds))                    \
			check_fail(__VA_ARGS__); \
	} while (0)

#define NUMBER(seq) ((unsigned long long)(seq))

static inline bool is_stopped(void)
{
	return seen.stop_ms != NEVER;
}

/* True if no endpoint is left. */
bool gates_all_dead(void);

/* The laws of endpoints: may the record's attempt start there, now? */
void gates_start(const struct track *t, uint64_t seq, unsigned endpoint);

/* The engine gets to know of it. */
void gates_finish(struct track *t, const struct reply *reply);

/* True if nothing can keep a record waiting but the places in flight. */
bool gates_are_open(void);

/* Until when the longest wait for anything may last if nothing is in flight. */
int64_t gates_latest_ms(void);

/* The laws of caches and budgets: may the record be asked about? */
void kept_start(const struct track *t, uint64_t seq);

/* It leaves, answered or not. */
void kept_put(const struct track *t, const struct record *r);

/*
 * True if what came of it could not be stored, or of another that it came after, and it says so.
 */
bool kept_is_lost(const struct track *t, const struct record *r);

/* True if there is a budget. */
bool kept_is_limited(void);

/* The run is over. Adds to sum. */
void kept_end(const struct verdict *verdict, struct check_sum *sum);

/* An answer is taken. */
void goals_answer(const struct track *t);

/* The record leaves with that fate. */
void goals_put(const struct track *t, const struct record *r);

/* The run is over. Adds to sum, then holds it against the goals. */
void goals_end(struct check_sum *sum);
