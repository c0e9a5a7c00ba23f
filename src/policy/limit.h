/* SPDX-License-Identifier: MIT */
/*
 * limit: how many requests may be in flight at one endpoint: found by trying.
 *
 * Grows while nothing is refused, is cut in proportion to what is; decided once a round, so that
 * one congestion is one cut; slow start; a remembered ceiling. Under a fixed limit only counts. Has
 * the face of all gates: wait says 0 for "now", enter takes a place, leave gives it back and says
 * how it went. Pure; time is an argument.
 *
 * Invariant: in_flight <= roof, and nothing enters while in_flight >= the limit.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* What a gate's wait says when no passing of time will open it, only somebody's leaving. */
#define LIMIT_UNTIL_LEAVE INT64_MAX

/* What came of a request, as far as concurrency is concerned. */
enum limit_sign {
	LIMIT_TAKEN,   /* it was worked on, whatever the result */
	LIMIT_REFUSED, /* there was too much to do at once */
	LIMIT_SILENT   /* says nothing about that */
};

/* What a request that has entered keeps until it leaves. */
struct limit_ticket {
	uint64_t round; /* in which it started */
	int64_t start_ms;
	unsigned nth; /* in_flight with it */
};

/* What is known of the requests that started since the last decision. */
struct limit_round {
	int64_t start_ms;
	int64_t refused_at_ms; /* when the first was refused */
	double refusing_ms;    /* how long those refused were in flight, together */
	unsigned started_n;
	unsigned taken_n;
	unsigned refused_n;
	unsigned highest; /* nth among the refused */
	bool was_full;    /* the limit was reached: it, not the work, was the constraint */
};

struct limit {
	unsigned in_flight;
	unsigned roof;     /* >= 1 */
	bool is_adaptive;  /* else the roof is the limit */
	bool is_slow;      /* slow start: doubles */
	bool was_cut;      /* ever */
	double limit;      /* 1 <= limit <= roof */
	double ceiling;    /* what was found to be the most; 0 = not known */
	double good;       /* the limit of good rounds: what to come back to */
	double step;       /* by what share the next try beyond the ceiling goes */
	double noise;      /* share refused for other reasons than the limit */
	double taken_ms;   /* mean time in flight of those taken; 0 = not known */
	double refused_ms; /* and of those refused */
	int64_t cut_ms;    /* when the limit was last cut */
	int64_t full_ms; /* since when it is reached and nothing refused; LIMIT_UNTIL_LEAVE = not */
	uint64_t taken_n; /* since cut_ms */
	uint64_t round;   /* number of the round */
	unsigned old_n;   /* in flight from before this round */
	struct limit_round now;
};

/* Starts l empty under that roof (-j, or the endpoint's max). */
void limit_init(struct limit *l, unsigned roof, bool is_adaptive);

/*
 * 0 if a request may start at now_ms; else how long until it may for the passing of time alone, or
 * LIMIT_UNTIL_LEAVE.
 */
int64_t limit_wait(const struct limit *l, int64_t now_ms);

/* Takes a place; limit_wait must have said 0. Gives what limit_leave wants to have. */
struct limit_ticket limit_enter(struct limit *l, int64_t now_ms);

/* Gives the place back, and says how it went. */
void limit_leave(struct limit *l, struct limit_ticket ticket, enum limit_sign sign, int64_t now_ms);

/* The whole number of places there are at now_ms: what is shown to people. */
unsigned limit_places(const struct limit *l, int64_t now_ms);

/*
 * True if the request was started beyond what is now known to be the limit: that it was refused is
 * the limiter's doing, not its own.
 */
bool limit_overshot(const struct limit *l, struct limit_ticket ticket);

/*
 * True if nothing was taken since the limit was last cut, and nothing from before that is still
 * being worked on: it is not the concurrency that ails it.
 */
bool limit_is_barren(const struct limit *l);

/* The endpoint was away and is back: starts again from half of what it took, carefully. */
void limit_restart(struct limit *l, int64_t now_ms);
