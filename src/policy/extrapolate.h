/* SPDX-License-Identifier: MIT */
/*
 * extrapolate: from figures of some things of many to those of all, and how sure that is.
 *
 * Intervals are of 90 per cent: nine of ten hold the truth, if what was drawn is no worse than
 * drawn by chance. Of few things whose figures are very uneven they hold it less often; see the
 * file's essay. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Figures that were seen, one of each thing; all zero is none. */
struct extrapolate {
	uint64_t n;
	double mean;
	double squares; /* sum of the squares of what each is off the mean */
};

/* What is said of all. */
struct projection {
	double about;
	double low, high; /* low <= about <= high; all the same without an interval */
	bool has_interval;
};

/* Adds a figure >= 0. */
void extrapolate_add(struct extrapolate *x, double figure);

/* Gives the sum of the figures. */
double extrapolate_sum(const struct extrapolate *x);

/*
 * Gives the sum for all total_n >= n things. Its lower end is never below what was seen; if all
 * were seen it is exact. One thing of several has no interval.
 */
struct projection extrapolate_whole(const struct extrapolate *x, uint64_t total_n);

/*
 * The same where only the sum of the figures is known, but not what each thing has of it: taken is
 * that things have of it as they have of the figures of x, whose sum is > 0.
 */
struct projection extrapolate_share(const struct extrapolate *x, uint64_t total_n, double sum);

/* What a run has to do, and how fast it may. */
struct extrapolate_work {
	struct projection busy_ms; /* of all its requests, one after another */
	struct projection requests;
	struct projection tokens;
	double longest_ms;      /* of one request: the run takes no less */
	double jobs;            /* requests at a time; >= 1 */
	double requests_per_ms; /* 0 = as many as it can, likewise the next */
	double tokens_per_ms;
};

/* Gives how many milliseconds it takes. */
struct projection extrapolate_time(const struct extrapolate_work *w);
