/* SPDX-License-Identifier: MIT */
/*
 * retry_budget: how many second tries a run can afford at a time.
 *
 * A bucket that fills slowly with time and with each success, and from which each retry takes: in a
 * storm retries are put off behind fresh work rather than added to the storm. Nothing is ever
 * dropped: a finite input loses no record. Pure; time is an argument.
 *
 * Invariant: 0 <= level <= capacity.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* The capacity follows the starts of so many seconds. */
enum { RETRY_BUDGET_SLOTS = 10 };

struct retry_budget {
	double level;
	int64_t then_ms; /* when level was so */
	unsigned
		starts_n[RETRY_BUDGET_SLOTS]; /* a second each, by the second modulo their number */
	int64_t second;                       /* the newest of them */
	uint64_t recent_n;                    /* their sum */
};

/* Starts b full. */
void retry_budget_init(struct retry_budget *b, int64_t now_ms);

/* 0 if a retry may start at now_ms, else how long until it may. */
int64_t retry_budget_wait(const struct retry_budget *b, int64_t now_ms);

/* A request starts, a first try or a retry; for a retry retry_budget_wait must have said 0. */
void retry_budget_enter(struct retry_budget *b, bool is_retry, int64_t now_ms);

/* A request was answered, a first try or a retry. */
void retry_budget_succeed(struct retry_budget *b, bool was_retry, int64_t now_ms);
