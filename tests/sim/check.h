/* SPDX-License-Identifier: MIT */
/*
 * check: the laws. Sees what passes through the fakes and ends the run at the first law that
 * is broken.
 *
 * Believes nothing that the engine says of itself: it counts what the reader gave, what the
 * http room holds and what the writer got, and looks into records only while they are the
 * engine's or the writer's.
 */
#pragma once

#include "engine/stats.h"
#include "engine/verdict.h"
#include "io/signals.h"
#include "upstream.h"
#include "work/entry.h"
#include "work/record.h"

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>

/* What the reader puts into its records. */
enum record_kind {
	RECORD_GOOD,   /* is to be asked about */
	RECORD_BROKEN, /* is no JSON */
	RECORD_BEFORE, /* failed in an earlier run */
	RECORD_TAKEN,  /* has the answer's field already */
	RECORD_BARE,   /* has no field that the prompt wants */
	RECORD_KINDS_N
};

/* What a run, or several, amounted to. */
struct check_sum {
	uint64_t records_n;
	uint64_t attempts_n;
	double slowness;      /* virtual time / what was allowed, at worst */
	uint64_t refused_n;   /* 429s */
	uint64_t lost_n;      /* records that failed and could have been answered */
	double answers_per_s; /* while they are counted, summed over the runs */
	double best_per_s;    /* likewise */
	double least_share;   /* of the two, in the worst run */
	double most_refused;  /* percent of requests, in the worst run */
	uint64_t hits_n;      /* answers that came from the cache */
	double least_used;    /* percent of the budget, of runs that ended for it */
	double most_used;     /* of any run */
};

/* Where a broken law leads, and what it was. */
extern jmp_buf check_escape;
extern char check_message[400];

/* Begins a run. */
void check_begin(void);

/* Ends the run: a law is broken. */
_Noreturn void check_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Record number r->seq goes to the engine. */
void check_given(const struct record *r, enum record_kind kind);

/* An attempt about record `seq` starts; gives which one it is, from 1. */
unsigned check_start(uint64_t seq, unsigned endpoint, const struct attempt *attempt);

/* It is given back to the engine, having ended so. */
void check_finish(uint64_t seq, const struct reply *reply);

/* The server may bill an attempt that starts, whatever comes of it: what the reply says. */
void check_billed(const struct reply *reply);

/* The cache gives back what was looked for: what it has found, or NULL. */
void check_recalled(const struct entry *e);

/* The engine cuts an attempt off. */
void check_cancel(uint64_t seq);

/*
 * The record goes to the writer; before the fate is looked at, it is checked against what was
 * seen of it.
 */
void check_put(const struct record *r);

/* The engine told the reader to stop, when it had given all or not. */
void check_stop(bool had_all);

/* The engine has seen these signals. */
void check_signals(const struct signals_seen *seen);

/* The engine has seen that the output is broken. */
void check_output_failed(void);

/* The engine said a line: one that is for everybody, or one for -v. */
void check_said(bool is_for_all);

/* The engine goes to sleep; or would, but for something that ends the sleep at once. */
void check_sleep(int64_t timeout_ms, bool is_awake);

/* The run has returned that. Adds to sum. */
void check_end(const struct verdict *verdict, const struct stats *stats, struct check_sum *sum);
