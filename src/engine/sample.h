/* SPDX-License-Identifier: MIT */
/*
 * sample: what single records have cost, for saying what many more like them would.
 *
 * What came from a cache, or was shared with another call, counts as what it costs to ask for it:
 * others like it are yet to be paid for, and calls far apart in the input share nothing. A figure
 * that some answer lacks is not known. Records that failed through no fault of theirs say nothing
 * of others. The loop's thread.
 */
#pragma once

#include "engine/spend.h"
#include "policy/extrapolate.h"
#include "work/record.h"

#include <stdbool.h>
#include <stdint.h>

enum sample_figure {
	SAMPLE_INPUT, /* tokens, as the server counts them */
	SAMPLE_OUTPUT,
	SAMPLE_TOKENS,   /* of both */
	SAMPLE_COST,     /* pico-dollars */
	SAMPLE_REQUESTS, /* sent, the vain ones too */
	SAMPLE_BUSY_MS,  /* that the requests took which counted */
	SAMPLE_FIGURES_N
};

struct sample {
	struct spend prices;
	bool has_packs; /* several records go into one request, and what it used is said once */
	struct extrapolate of[SAMPLE_FIGURES_N]; /* one figure of each record */
	struct extrapolate bytes;                /* of the records' lines */
	bool is_unknown[SAMPLE_FIGURES_N];       /* some answer has not said it */
	const char *unpriced; /* borrowed: the first model without a price; NULL = none, or nobody
				 knows which it is */
	int64_t longest_ms;   /* of one request */
	uint64_t failed_n;    /* of the records in it */
	uint64_t asked_n;     /* calls that were asked */
	uint64_t said_n;      /* of them, those that say what they, or their pack, used */
};

/*
 * Makes it ready, with nothing in it. Borrows all: of the prices see sched_rooms. has_packs:
 * vectors are asked for.
 */
void sample_init(struct sample *s, const struct spend_opts *money, const struct endpoint *endpoints,
	bool has_packs);

/*
 * Adds a settled record, which still has its calls; not one that failed for the endpoint's sake, or
 * was left open by the end of the run.
 */
void sample_note(struct sample *s, const struct record *r);

/* Gives how many records are in it. */
uint64_t sample_n(const struct sample *s);

/*
 * Fills what total_n records have of the figure, all that are in it among them. False if it is not
 * known, or nothing is in it.
 */
bool sample_project(const struct sample *s, enum sample_figure figure, uint64_t total_n,
	struct projection *out);
