/* SPDX-License-Identifier: MIT */
/*
 * budget: what a run may spend, of money, tokens and requests.
 *
 * Before an attempt starts, the most that it can cost is reserved; when it has ended, what it did
 * cost is spent. So at no time, whatever comes of all that is in flight, is more spent than
 * allowed. Amounts are whole numbers, so that nothing is rounded away; they saturate. Knows no
 * prices. Pure.
 *
 * Invariant: spent + reserved <= max, for each kind that has a maximum, as long as nothing costs
 * more than was reserved for it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum budget_kind { BUDGET_MONEY, BUDGET_TOKENS, BUDGET_REQUESTS, BUDGET_KINDS_N };

/* Amounts of each kind: pico-dollars, tokens, requests; >= 0. */
struct budget_sum {
	int64_t of[BUDGET_KINDS_N];
};

/* What a budget says to a cost. */
enum budget_answer {
	BUDGET_FITS,  /* beside all that is reserved */
	BUDGET_WAITS, /* not now; it may when what is reserved has come out cheaper */
	BUDGET_NEVER  /* not even if all that is reserved costs nothing */
};

struct budget {
	struct budget_sum max; /* 0 = no limit of that kind */
	struct budget_sum spent;
	struct budget_sum reserved;
	bool is_exceeded; /* something cost more than was reserved for it, and it is too much now */
};

/* Makes a budget with those limits, of which 0 is none. */
void budget_init(struct budget *b, const struct budget_sum *max);

/* True if there is any limit. */
bool budget_is_on(const struct budget *b);

/* Says whether so much may be reserved now. */
enum budget_answer budget_look(const struct budget *b, const struct budget_sum *cost);

/* Reserves so much; budget_look must have said BUDGET_FITS. */
void budget_enter(struct budget *b, const struct budget_sum *cost);

/* Of what was reserved, so much was spent in the end. */
void budget_leave(
	struct budget *b, const struct budget_sum *reserved, const struct budget_sum *spent);

/*
 * Gives the kind of limit that so much does not fit below even alone, for messages; the first that
 * applies. BUDGET_KINDS_N = it does fit.
 */
enum budget_kind budget_blame(const struct budget *b, const struct budget_sum *cost);
