/* SPDX-License-Identifier: MIT */
/*
 * verdict: how a run ended, and the exit code that says so. The one place where the codes have
 * their names. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum exit_code {
	EXIT_ALL_ANSWERED = 0,
	EXIT_SOME_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_CREDENTIALS = 3,
	EXIT_HALTED = 4,
	EXIT_TEMPORARY = 5,
	EXIT_INPUT = 6,
	EXIT_OUTPUT = 7,
	EXIT_BUDGET = 8,
	EXIT_DURATION = 9,
	EXIT_INTERNAL = 70
};

/* What happened, as facts; several may be true. */
struct verdict {
	int by_signal; /* the process shall die by this signal; 0 = none */
	bool output_failed;
	bool cache_failed;
	bool input_failed;
	bool halted; /* --halt, --on-error stop, or hopeless */
	bool budget_reached;
	bool duration_reached;
	bool refused;    /* credentials, quota, model or path: no endpoint is left */
	bool gave_up;    /* --give-up */
	bool is_trial;   /* only some of the input was asked: what came of it is not the whole */
	bool is_aborted; /* left with records unwritten: a second signal, or output that failed */
	uint64_t answered_n; /* records with all their answers, skipped ones included */
	uint64_t failed_n;   /* failed here or, passed through, before */
	bool none_worked;    /* endpoints were asked, and none gave any answer, good or bad */
	char reason[600];    /* for people: why it stopped early; empty = it did not */
};

/*
 * The exit code for these facts; where several apply the first of 7, 6, 4, 8, 9, 3, 5, 1. accept
 * says how many failed records still make a success: a number, or, if percent, a share of all.
 */
enum exit_code verdict_exit_code(const struct verdict *v, double accept, bool accept_percent);
