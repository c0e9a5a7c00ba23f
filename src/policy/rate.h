/* SPDX-License-Identifier: MIT */
/*
 * rate: how many requests and tokens may go to one endpoint in a time, where that is known.
 *
 * Token buckets, all of which must agree: the limits the user gave, and those the other side tells
 * in its answers. What a request will cost is reserved when it starts and settled when it ends; a
 * bucket may then be in debt, and the next request waits until it is paid. Knows no headers and no
 * tokenizer. Has the face of all gates: wait, enter, leave. Pure; time is an argument.
 *
 * Invariants: level <= capacity; of a limit that the user gave, no more than
 * capacity + amount * time / window is reserved in any time.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum rate_unit {
	RATE_REQUESTS,
	RATE_TOKENS, /* whatever the other side counts together */
	RATE_INPUT,
	RATE_OUTPUT,
	RATE_UNITS_N
};

/* What one request costs, in each unit. */
struct rate_cost {
	double of[RATE_UNITS_N];
};

struct rate_bucket {
	enum rate_unit unit;
	bool is_own;       /* the user gave it; else the other side told it */
	double capacity;   /* the most that may be saved up */
	double per_ms;     /* what flows in */
	int64_t window_ms; /* the time that its amount is for */
	double level;      /* at then_ms; below 0 is debt */
	int64_t then_ms;
	/* Told without its window, which is inferred from what is told of the use. */
	bool is_guessed;
	double seen_used;     /* when it was last looked at */
	double seen_reset_ms; /* likewise */
	/* Told with a time when all of it is there again. */
	bool is_fixed;      /* at the end of a window of the clock, and nothing before */
	int64_t end_ms;     /* that time, as first told; 0 = not yet */
	double end_used;    /* what all requests had reserved then */
	double even_per_ms; /* what flows in by limit and window */
};

/* What the other side said is left of a limit that it did not tell. */
struct rate_rest {
	double left;
	int64_t until_ms; /* then it does not count any more; 0 = it does not count */
};

/* Two windows of each unit, told and own: more than any provider has. */
enum { RATE_BUCKETS_MAX = 16 };

struct rate {
	struct rate_bucket buckets[RATE_BUCKETS_MAX];
	unsigned buckets_n;
	struct rate_rest rests[RATE_UNITS_N];
	uint64_t starts_n;        /* requests that have entered */
	struct rate_cost started; /* what all of them have reserved */
	uint64_t told_n;          /* the latest of them by whose answer we learned something */
};

/* What a request that has entered keeps until it leaves. */
struct rate_ticket {
	struct rate_cost cost;    /* as reserved */
	struct rate_cost started; /* r->started when it had entered */
	uint64_t nth;             /* r->starts_n likewise */
	int64_t start_ms;
};

/* What the other side says of one limit; -1 where it does not say. */
struct rate_told {
	enum rate_unit unit;
	double limit;
	double remaining;
	int64_t reset_ms;  /* how long until all of it is there again */
	int64_t window_ms; /* the time the limit is for; 0 = inferred from the others */
};

/* Starts r without any limit. */
void rate_init(struct rate *r);

/*
 * Adds a limit of the user's: amount > 0 per window_ms > 0. Tokens are saved up for one second, of
 * requests only what a timer may be late.
 */
void rate_add(
	struct rate *r, enum rate_unit unit, double amount, int64_t window_ms, int64_t now_ms);

/* True if some limit counts tokens of any kind: else a cost's tokens need not be known. */
bool rate_counts_tokens(const struct rate *r);

/*
 * 0 if a request of that cost may start at now_ms, else how long until it may. One that is larger
 * than a bucket can ever hold may start when that bucket is full, and leaves it in debt.
 */
int64_t rate_wait(const struct rate *r, const struct rate_cost *cost, int64_t now_ms);

/* Reserves the cost, for which rate_wait must have said 0; fills the ticket. */
void rate_enter(
	struct rate *r, const struct rate_cost *cost, int64_t now_ms, struct rate_ticket *ticket);

/* Settles: gives back what was reserved beyond `actual`, or takes what is missing. */
void rate_leave(struct rate *r, const struct rate_ticket *ticket, const struct rate_cost *actual,
	int64_t now_ms);

/*
 * Learns from the answer to the request with that ticket what the other side says of n limits, at
 * now_ms. An answer to an earlier request than one already learned from is ignored.
 */
void rate_learn(struct rate *r, const struct rate_ticket *ticket, const struct rate_told *told,
	unsigned n, int64_t now_ms);
