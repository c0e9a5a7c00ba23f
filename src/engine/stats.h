/* SPDX-License-Identifier: MIT */
/*
 * stats: what a run has done, counted. Filled by the loop, read by what a person sees. Pure.
 */
#pragma once

#include "engine/traffic.h"
#include "work/answer.h"
#include "work/outcome.h"
#include "work/record.h"

#include <stdbool.h>
#include <stdint.h>

/* The first record that failed for a reason. */
struct stats_sample {
	uint64_t line;
	char message[200]; /* cut where it is longer */
};

struct stats {
	uint64_t read_n;     /* records taken from the reader */
	uint64_t answered_n; /* records with all their answers */
	uint64_t skipped_n;  /* that had them already */
	uint64_t failed_n;   /* that failed in this run */
	uint64_t passed_n;   /* that had failed before and went through */
	uint64_t hopeless_n; /* of them, those that --retry-errors lets through, too */
	uint64_t cuts_n;     /* prompts and items of which --max-input-tokens left only a part */
	bool is_offline;     /* nobody is asked */
	bool has_groups;     /* what was answered or failed are groups of records */
	uint64_t dropped_n;  /* members that were left out of their groups, not among the failed */
	uint64_t codes_n[ERROR_CODES_N];            /* of failed_n, by code */
	struct stats_sample samples[ERROR_CODES_N]; /* the first of each */
	uint64_t requests_n;                        /* attempts started */
	uint64_t retries_n;                         /* of them, those after a failure */
	uint64_t refusals_n;     /* of the calls that the cache answered: refused then */
	bool wants_cost;         /* somebody has said what prices are */
	uint64_t hits_n;         /* calls that the cache answered */
	struct usage usage;      /* of all answers that were asked for */
	int64_t cost;            /* of those whose cost is known, in pico-dollars */
	const char *cost_source; /* static: where the prices are from; NULL = there are none */
	bool is_overspent;   /* a server has counted more than was possible, and it was too much */
	uint64_t unpriced_n; /* answers whose cost is not */
	uint64_t splits_n;   /* packs that were asked in two parts */
	uint64_t shared_n;   /* calls that were answered by what another of them asked */
	bool is_all_read;    /* there was no more input when it ended */
	int64_t wall_ms;     /* how long the run has taken */
	struct traffic traffic;
};

/* Counts a settled record. */
void stats_count(struct stats *s, const struct record *r);

/* True if a settled record is not answered just because the run's end left it. */
bool stats_is_unasked(const struct record *r);

/* Gives how many of the failed are none but for the end of the run, which left them unasked. */
uint64_t stats_unasked_n(const struct stats *s);

/*
 * Gives how many of the failed may come out otherwise when the same command asks them again.
 * has_answers: what was answered is found in a cache then.
 */
uint64_t stats_mendable_n(const struct stats *s, bool has_answers);

/* Gives how many records the run's time went into: all but those that its end left unasked. */
uint64_t stats_done_n(const struct stats *s);

/*
 * True if endpoints were asked and none gave any answer, good or bad: some records failed for want
 * of a working one, and no other was asked with success or refusal.
 */
bool stats_none_worked(const struct stats *s);
