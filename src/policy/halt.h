/* SPDX-License-Identifier: MIT */
/*
 * halt: when a run is hopeless and stops by itself.
 *
 * GNU parallel's grammar, now|soon,fail=N|N% or never, and our default: when the first 100 settled
 * records have all failed for reasons of their own, the prompt is wrong, not the records. Also
 * holds the patience with a dead network (--give-up). Counts and compares; time is an argument.
 * Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum halt_when {
	HALT_DEFAULT, /* only when hopeless */
	HALT_NEVER,
	HALT_SOON, /* start nothing new, let what flies land */
	HALT_NOW   /* cut off what flies, too */
};

struct halt_opts {
	enum halt_when when;
	int64_t fail_n;      /* failed records that are too many; 0 = not by number */
	double fail_percent; /* failed share of settled records that is too much; 0 = not by share
			      */
	int64_t give_up_ms;  /* without a success while work waits; 0 = for ever */
};

struct halt {
	const struct halt_opts *opts; /* borrowed */
	uint64_t settled_n;
	uint64_t failed_n;
	uint64_t own_fault_n; /* of the failed, the early left out */
	uint64_t early_n;
	int64_t success_ms; /* when work last succeeded or began to wait */
	bool is_waiting;    /* work waits for a success */
};

/* The number of records that decides, by default, and the fewest for a share (parallel has 3). */
enum { HALT_HOPELESS_N = 100, HALT_SHARE_MIN_N = 10 };

/* Starts counting. Borrows opts. */
void halt_init(struct halt *h, const struct halt_opts *opts);

/* How a record ended, as far as it says something about going on. */
enum halt_end {
	HALT_END_GOOD,
	HALT_END_OTHERS, /* failed, not for reasons of its own */
	HALT_END_OWN,    /* failed for reasons of its own */
	HALT_END_EARLY   /* likewise, and nobody was asked about it while others are still asked:
			    it says nothing of these */
};

/* Counts a settled record. */
void halt_settle(struct halt *h, enum halt_end end);

/* What the count says now: HALT_DEFAULT = go on, HALT_SOON or HALT_NOW = stop so. */
enum halt_when halt_verdict(const struct halt *h);

/* An endpoint answered: patience starts anew. */
void halt_success(struct halt *h, int64_t now_ms);

/* Says whether work is waiting at now_ms; patience runs only while it does. */
void halt_work(struct halt *h, bool waiting, int64_t now_ms);

/* How long until patience ends: <= 0 = it has; INT64_MAX = it does not run. */
int64_t halt_patience(const struct halt *h, int64_t now_ms);
