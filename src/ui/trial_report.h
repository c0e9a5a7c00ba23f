/* SPDX-License-Identifier: MIT */
/*
 * trial_report: what a trial says of the whole input, on stderr: it is what the run was for, so
 * that it is said whatever else is not.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct trial_figure {
	bool is_known;
	bool has_interval;
	double about;
	double low, high; /* with 90 per cent; meant only with has_interval; the same: of all that
			     were run it was the same */
};

struct trial_report {
	uint64_t total_n; /* records of the input */
	uint64_t drawn_n; /* of these, those that were to be run */
	uint64_t run_n; /* of these, those that came to an end of their own: figures are of these */
	uint64_t failed_n;         /* of these, those that failed */
	struct trial_figure input; /* tokens */
	struct trial_figure output;
	bool has_output;          /* there is such a thing */
	struct trial_figure cost; /* pico-dollars */
	const char *unpriced;     /* a model without a price; NULL = nobody knows which */
	struct trial_figure ms;
	int64_t jobs; /* requests at a time, for ms */
};

/* Says it. */
void trial_report_say(const struct trial_report *r);
