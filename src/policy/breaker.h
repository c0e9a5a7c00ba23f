/* SPDX-License-Identifier: MIT */
/*
 * breaker: whether an endpoint is worth asking at all.
 *
 * Closed: all may pass. Open, after too many failures: nobody. Half-open, when the open time is
 * over: one at a time tries, and its success closes the breaker, its failure opens it for twice as
 * long. Knows not what a failure is. Has the face of all gates. Pure; time is an argument.
 *
 * Invariants: a result counts only in the state in which its request started (`generation`); each
 * enter is matched by one leave, so that no permit is lost.
 */
#pragma once

#include "base/rng.h"

#include <stdbool.h>
#include <stdint.h>

/* How many outcomes the window holds. */
enum { BREAKER_WINDOW = 50 };

enum breaker_state { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_HALF_OPEN };

/* What came of a request, as far as the endpoint's health is concerned. */
enum breaker_sign { BREAKER_SUCCESS, BREAKER_FAILURE, BREAKER_NEITHER };

/* What breaker_wait says when only somebody's leaving can open it. */
#define BREAKER_UNTIL_LEAVE INT64_MAX

/* What a request that has entered keeps until it leaves. */
struct breaker_ticket {
	uint64_t generation; /* in which it started */
	int64_t start_ms;
};

struct breaker {
	enum breaker_state state;
	uint64_t generation; /* of the state: grows with each change */
	int64_t until_ms;    /* open: until then */
	unsigned opened_n;   /* times in a row that it opened without some successes in between */
	bool is_probed;      /* half-open: the permit is out */
	int64_t failing_ms;  /* when the first of failing_n did */
	unsigned failing_n;  /* failures in a row */
	unsigned good_n;     /* successes since it closed, counted up to what forgets opened_n */
	unsigned next;       /* place of the next outcome in the window */
	unsigned outcomes_n; /* in the window */
	struct {
		int64_t at_ms;
		bool is_failure;
	} window[BREAKER_WINDOW];
};

/* Starts b closed. */
void breaker_init(struct breaker *b);

/* 0 if a request may start at now_ms, else how long until it may, or BREAKER_UNTIL_LEAVE. */
int64_t breaker_wait(const struct breaker *b, int64_t now_ms);

/*
 * A request starts; breaker_wait must have said 0. An open breaker whose time is over is half-open
 * from now on. Gives what breaker_leave wants to have.
 */
struct breaker_ticket breaker_enter(struct breaker *b, int64_t now_ms);

/* A request has ended so. The rng spreads the open time. */
void breaker_leave(struct breaker *b, struct breaker_ticket ticket, enum breaker_sign sign,
	int64_t now_ms, struct rng *rng);
