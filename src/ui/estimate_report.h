/* SPDX-License-Identifier: MIT */
/*
 * estimate_report: what a dry run says: a name and a value on each line, and what is to be known of
 * it. Always the same names in the same order, so that a person reads it and awk takes the second
 * word. Pure.
 */
#pragma once

#include "base/buf.h"

#include <stdint.h>

/* What is asked of one model, or of all. */
struct estimate_part {
	const char *name; /* the model's */
	uint64_t requests_n;
	uint64_t input;       /* tokens, about */
	uint64_t output;      /* tokens, at most, of requests for which that is known */
	uint64_t unbounded_n; /* requests for which it is not */
	int64_t cost_in;      /* pico-dollars, of requests whose price is known */
	int64_t cost_most;    /* of requests for which it is known what they cost at most */
	uint64_t unpriced_n;  /* requests for whose input there is no price, */
	uint64_t no_most_n;   /* and of which it is not known what they cost at most */
	const char *source;   /* of all: where the prices come from */
};

struct estimate_report {
	uint64_t records_n;   /* read */
	uint64_t failed_n;    /* of them: before anything is asked, or in an earlier run */
	uint64_t skipped_n;   /* had their answers */
	uint64_t cached_n;    /* calls that the cache answers, */
	uint64_t shared_n;    /* and those that share another's answer */
	uint64_t rough_n;     /* requests with answers in them that are not there */
	uint64_t stand_in;    /* tokens that each of these is taken to be, at most */
	uint64_t trial_n;     /* a useful number of records for --trial; 0 = none is */
	const char *unpriced; /* a model that has no price; NULL = none, or no name is known */
	struct estimate_part total; /* without a name */
	const struct estimate_part *models;
	unsigned models_n; /* with one it is not told apart */
};

/* Appends the lines; control characters in names are shown as "?". */
void estimate_report_put(const struct estimate_report *r, struct buf *out);
