/* SPDX-License-Identifier: MIT */
/*
 * run: one run of the whole engine in virtual time, in the world of tests/sim, and the laws that
 * hold whatever is played.
 *
 * The fakes (http, reader, writer, signals, clock, log) and the servers are those of tests/sim. A
 * play says what records and requests mean, and adds its laws.
 */
#pragma once

#include "../sim/check.h"
#include "../sim/upstream.h"
#include "../sim/world.h"
#include "engine/fold.h"
#include "work/entry.h"
#include "work/plan.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The most characters of an answer. */
enum { ANSWER_MAX_BYTES = 96 };

/* What records and requests mean. What is NULL is left out. */
struct play {
	/* Writes the line of record seq; how many bytes. */
	size_t (*put_record)(char *out, size_t size, enum record_kind kind, uint64_t seq);
	/* Gives the number of what the attempt asks. */
	uint64_t (*asked)(const struct attempt *attempt);
	/* Writes the answer to its nth try as plain text. */
	void (*answer)(uint64_t number, unsigned nth, char *out, size_t size);
	/* What is asked has a say in what comes of it, and in how that looks. */
	void (*judge)(uint64_t number, struct reply *reply);
	void (*fill)(uint64_t number, const struct reply *reply, struct attempt *attempt);
	void (*given)(const struct record *r);
	/* An attempt starts; which one it is, from 1. */
	unsigned (*start)(uint64_t number, unsigned endpoint);
	void (*finish)(uint64_t number, const struct reply *reply);
	/* It is cut off; if all are, since --grace is over, it need not have lost. */
	void (*cancel)(uint64_t number, bool is_for_all);
	void (*put)(const struct record *r);
	void (*sleep)(void); /* the engine is about to sleep */
	/* Gives the number of what an entry of the cache answers; needed where there is a cache. */
	uint64_t (*kept)(const struct entry *e);
};

struct run {
	struct scenario scenario;
	struct plan plan;
	const struct play *play;
	const struct fold_opts *fold; /* NULL = records leave one by one */
	struct cache *cache;          /* while it runs with one; else NULL */
	struct fold *folding;         /* while it runs with one; else NULL */
	unsigned pools_n;             /* endpoint i is of pool i modulo that; 0 = 1 */
	const struct api *api;        /* that all endpoints speak; NULL = OpenAI's chat */
	bool is_unknown;              /* what is deadly says 404 rather than 401 */
	bool may_abort;               /* lines may be missing then */
	uint64_t engine_seed;         /* of the jitter */

	/* What was seen. */
	struct verdict verdict;
	struct stats stats;
	const struct record **alive; /* by seq; NULL = not given yet, or put */
	uint64_t alive_cap;
	uint64_t given_n, put_n, starts_n, answers_n;
	uint64_t first_alive; /* all before it are put */
	uint64_t recalled_n;  /* found in the cache */
	int64_t in_flight, most_in_flight;
	int64_t stop_ms; /* NEVER = it was not stopped */
	bool has_signal;
	size_t most_bytes; /* of records alive at a time */
	int64_t begin_ms, end_ms;
	unsigned sleeps_n, spins_n;
	uint64_t events_n, slept_events_n;
	int64_t slept_ms;
};

extern struct run run;

#define LAW(holds, ...)                          \
	do {                                     \
		if (!(holds))                    \
			check_fail(__VA_ARGS__); \
	} while (0)

#define NUMBER(n) ((unsigned long long)(n))

/* Forgets the run before, and what it said of the world. */
void run_reset(void);

/* Plays the run that `run` describes with that seed. Ends by check_fail if a law is broken. */
void run_engine(uint64_t seed);

/* True if the engine began to end the run. */
bool run_is_stopped(void);

/* The exit code that the run would have. */
int run_exit_code(void);

/* How many records are alive, and how many bytes they weigh. */
uint64_t run_alive_n(void);
size_t run_alive_bytes(void);

/* Parses a request of ours: its model, user's and system's texts as plain text, its seed or -1. */
struct question {
	struct span model;
	struct buf prompt; /* owned */
	struct buf system; /* owned; empty if there is none */
	int64_t seed;
};
void question_init(struct question *q, const struct attempt *attempt);
void question_release(struct question *q);

/* Appends plain text as the servers here escape it. */
void run_escape(struct buf *out, const char *plain, size_t n);
