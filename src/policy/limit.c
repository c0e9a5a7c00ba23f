/* SPDX-License-Identifier: MIT */
/*
 * DCTCP's idea (Alizadeh et al., "Data Center TCP", SIGCOMM 2010) for requests: cut in proportion
 * to the share refused, once a round, so that a refusal in fifty does not throttle to nothing and a
 * hard limit is found in a few rounds. One congestion is one cut, because what started before the
 * last decision (its ticket is of an older round) is not counted.
 *
 *	 limit
 *	  ^      /|  slow start: doubles
 *	  |     / |
 *	  |    /  |______            ..../|______   held, then tried: +2 %, +16 %, +100 %
 *	  |   /    cut   \__________|            \_ back at the ceiling
 *	  |__/
 *	  +------------------------------------------> time
 *
 * Where to cut to. The share refused among what came back misleads where refusals take 20 ms and
 * answers 5 s: it is near 1 however small the excess. What counts is how many of those in flight
 * are being worked on, which is Little's law: the refused hold (their number * their latency / the
 * time) places. If refusals are as slow as answers, the share tells, weighted by both mean
 * latencies; then the first to come back are those that started at once when the limit grew, so it
 * waits for twice as many. The cut is from the highest place at which a refused one started, not
 * from the limit: in slow start the limit may have doubled five times since.
 *
 * Slow start also doubles by time, each second in which it was full and nothing was refused: an
 * answer may take minutes, a refusal usually does not. Once refusals are known to be slow, it waits
 * for two of them.
 *
 * Noise. A share of refusals that does not depend on the limit is learnt (2 % at most) and taken
 * off: congestion is what exceeds it by three sigmas within a round. With two sigmas and rounds
 * shorter than a second, 2 % of random 503s at 200 ms kept a limit of 64 at 0.1 to 0.5 of it; now
 * at 0.98. While the limit is held a round goes on to 200 requests, for the same reason.
 *
 * The ceiling. It is tried again after 10 s and three limits' worth of answers; the second is for
 * few places and slow answers, where each try shows in the share refused. To double after the first
 * good try, and to believe the estimate after a bad one, left 0.85 to 0.92 of the best with slow
 * refusals: hence the growing steps, and a try that fails falls back to what was good, not below
 * (estimates from eight requests are off by one, and one is 12 %).
 *
 * Measured in limit_test.c (2 to 1024 places, answers of 0.2 to 5 s, from 30 s after start and
 * change; means of 20 seeds): with quick refusals 0.99 of the best, up to 2.4 % refused with 16
 * places and more, up to 8 % with 4 and 8; with refusals as slow as answers 0.97 of the best and up
 * to 3.4 %, but at 5 s, where 30 s are six latencies, 0.93 and up to 8 % (10 % with 4 and 8).
 */
#include "policy/limit.h"

#include <assert.h>
#include <math.h>

enum {
	START = 16,
	PATIENCE_MS = 1000,  /* without a refusal at the limit: it may grow */
	ROUND_MS = 1000,     /* the least a good round lasts */
	HELD_REQUESTS = 200, /* the round where it can have no consequence */
	HOLD_MS = 10000,     /* at the ceiling, */
	HOLD_SPREAD_MS = 1024,
	HOLD_ROUNDS = 3, /* and so many times the limit taken, before it is tried again */
	EVIDENCE = 16,   /* a cut wants this part of the limit refused, or time to tell */
	NOISE_REQUESTS = 100,
	SIGMAS = 3
};

#define REGAIN 0.05 /* a round, below the ceiling */
#define STEP_LEAST 0.02
#define STEP_MOST 1.0
#define MARGIN 0.02   /* to stay below the ceiling */
#define KEPT_SLOW 0.5 /* the least a cut leaves, in slow start */
#define KEPT 0.7      /* and after it */
#define NOISE_START 0.01
#define NOISE_MOST 0.02
#define GAIN 0.1 /* of the mean latencies */

static double at_most(double value, double most)
{
	return value < most ? value : most;
}

static double at_least(double value, double least)
{
	return value > least ? value : least;
}

static void start_round(struct limit *l, int64_t now_ms)
{
	l->round++;
	l->old_n = l->in_flight;
	l->now = (struct limit_round){ .start_ms = now_ms };
	l->full_ms = LIMIT_UNTIL_LEAVE;
}

void limit_init(struct limit *l, unsigned roof, bool is_adaptive)
{
	assert(roof >= 1);
	*l = (struct limit){ .roof = roof,
		.is_adaptive = is_adaptive,
		.is_slow = true,
		.limit = is_adaptive ? at_most(roof, START) : roof,
		.step = STEP_LEAST,
		.noise = NOISE_START,
		.full_ms = LIMIT_UNTIL_LEAVE };
	l->good = l->limit;
}

/* True until it is time to try beyond the ceiling; the spread keeps several pllms apart. */
static bool is_held(const struct limit *l, int64_t now_ms)
{
	return now_ms - l->cut_ms < HOLD_MS + l->cut_ms % HOLD_SPREAD_MS ||
		(double)l->taken_n < HOLD_ROUNDS * l->limit;
}

/* By what share to go on when a round was good: in ever longer steps away from the ceiling. */
static double next_step(const struct limit *l)
{
	if (l->limit <= l->ceiling)
		return STEP_LEAST;
	return at_most(l->step * (l->now.refused_n == 0 ? 8 : 2), STEP_MOST);
}

/* What the limit becomes when a round was good. */
static double grown(const struct limit *l, int64_t now_ms)
{
	double limit = l->limit, hold = l->ceiling - floor(l->ceiling * MARGIN);
	if (l->is_slow && l->ceiling > limit)
		limit = at_most(2 * limit, l->ceiling);
	else if (l->is_slow)
		limit *= 2;
	else if (limit < hold)
		limit = at_most(limit + at_least(1, limit * REGAIN), hold);
	else if (limit > l->ceiling || !is_held(l, now_ms))
		limit = at_least(limit, l->ceiling) + at_least(1, limit * next_step(l));
	return at_most(limit, l->roof);
}

static void grow(struct limit *l, int64_t now_ms)
{
	double limit = grown(l, now_ms);
	bool is_beyond = l->limit > l->ceiling;
	l->good = at_least(l->limit, l->good + GAIN * (l->limit - l->good));
	l->step = next_step(l);
	if (is_beyond && l->ceiling > 0 && l->now.refused_n == 0)
		l->ceiling = floor(l->limit);
	if (l->ceiling > 0 && limit >= l->ceiling)
		l->is_slow = false;
	l->limit = limit;
	l->full_ms = LIMIT_UNTIL_LEAVE;
}

/* For how long nothing must be refused to be sure that nothing will be. */
static int64_t patience_ms(const struct limit *l)
{
	return (int64_t)at_least(PATIENCE_MS, 2 * l->refused_ms);
}

/* How long until the limit grows for want of refusals. */
static int64_t growth_wait(const struct limit *l, int64_t now_ms)
{
	if (!l->is_adaptive || l->full_ms == LIMIT_UNTIL_LEAVE || l->now.refused_n > 0)
		return LIMIT_UNTIL_LEAVE;
	int64_t due_ms = l->full_ms + patience_ms(l);
	if (due_ms < now_ms)
		due_ms = now_ms;
	return floor(grown(l, due_ms)) > floor(l->limit) ? due_ms - now_ms : LIMIT_UNTIL_LEAVE;
}

unsigned limit_places(const struct limit *l, int64_t now_ms)
{
	return (unsigned)(growth_wait(l, now_ms) == 0 ? grown(l, now_ms) : l->limit);
}

int64_t limit_wait(const struct limit *l, int64_t now_ms)
{
	if (l->in_flight < (unsigned)l->limit)
		return 0;
	if (l->in_flight < limit_places(l, now_ms))
		return 0;
	int64_t wait_ms = growth_wait(l, now_ms);
	return wait_ms > 0 ? wait_ms : LIMIT_UNTIL_LEAVE;
}

struct limit_ticket limit_enter(struct limit *l, int64_t now_ms)
{
	assert(limit_wait(l, now_ms) == 0);
	if (l->in_flight >= (unsigned)l->limit) {
		grow(l, now_ms);
		/* In slow start what is slow to be refused may have started long before. */
		if (!l->is_slow)
			start_round(l, now_ms);
	}
	l->in_flight++;
	l->now.started_n++;
	if (l->in_flight >= (unsigned)l->limit) {
		l->now.was_full = true;
		if (l->full_ms == LIMIT_UNTIL_LEAVE)
			l->full_ms = now_ms;
	}
	return (struct limit_ticket){ .round = l->round, .start_ms = now_ms, .nth = l->in_flight };
}

/* True if the refused are in flight for about as long as the others: their number tells. */
static bool is_refused_slowly(const struct limit *l)
{
	return l->taken_ms > 0 && l->refused_ms > l->taken_ms / 2;
}

/* Of those that were in flight when the limit was too high, how many were worked on. */
static double worked_on(const struct limit *l, int64_t now_ms)
{
	const struct limit_round *r = &l->now;
	double highest = at_most(r->highest, l->limit);
	double refused = r->refusing_ms / at_least((double)(now_ms - r->start_ms), 1);
	if (is_refused_slowly(l)) {
		double alike = at_most(l->refused_ms / l->taken_ms, 1) * r->refused_n;
		refused = at_least(refused, highest * alike / (alike + r->taken_n));
	}
	return highest - refused;
}

static void learn_noise(struct limit *l)
{
	double n = (double)l->now.taken_n + l->now.refused_n;
	double share = at_most(l->now.refused_n / n, NOISE_MOST);
	if (l->ceiling == 0 || l->limit <= l->ceiling)
		l->noise += (share - l->noise) * n / (n + NOISE_REQUESTS);
}

static void cut(struct limit *l, int64_t now_ms)
{
	learn_noise(l);
	if (l->is_adaptive && !limit_is_barren(l)) {
		double kept = l->is_slow ? KEPT_SLOW : KEPT;
		double highest = at_most(l->now.highest, l->limit);
		double found = at_least(worked_on(l, now_ms), at_least(kept * highest, 1));
		if (l->limit > l->ceiling)
			found = at_least(found, l->ceiling);
		l->ceiling = floor(at_most(found + 0.5, l->limit));
		l->limit = l->ceiling - floor(l->ceiling * MARGIN);
		l->is_slow = false;
	}
	l->step = STEP_LEAST;
	l->was_cut = true;
	l->cut_ms = now_ms;
	l->taken_n = 0;
	start_round(l, now_ms);
}

/* True if more were refused than chance explains, and long enough to say how many more. */
static bool is_congested(const struct limit *l, int64_t now_ms)
{
	const struct limit_round *r = &l->now;
	if (r->refused_n == 0)
		return false;
	double chance = l->noise * at_least(r->highest, r->started_n);
	if (r->refused_n <= chance + SIGMAS * sqrt(chance))
		return false;
	unsigned share = is_refused_slowly(l) ? EVIDENCE / 2 : EVIDENCE;
	return r->refused_n >= r->highest / share ||
		(double)(now_ms - r->refused_at_ms) >= r->refusing_ms / r->refused_n;
}

static void count(struct limit *l, struct limit_ticket ticket, enum limit_sign sign, int64_t now_ms)
{
	struct limit_round *r = &l->now;
	double took_ms = (double)(now_ms - ticket.start_ms);
	double *mean_ms = sign == LIMIT_TAKEN ? &l->taken_ms : &l->refused_ms;
	*mean_ms += *mean_ms > 0 ? GAIN * (took_ms - *mean_ms) : took_ms;
	if (sign == LIMIT_TAKEN)
		l->taken_n++;
	else if (l->full_ms != LIMIT_UNTIL_LEAVE)
		l->full_ms = now_ms;
	if (ticket.round != l->round)
		return;
	if (sign == LIMIT_TAKEN) {
		r->taken_n++;
		return;
	}
	if (r->refused_n++ == 0)
		r->refused_at_ms = now_ms;
	r->refusing_ms += took_ms;
	if (ticket.nth > r->highest)
		r->highest = ticket.nth;
}

/*
 * A round is as many requests as the limit, and a second; where it can have no consequence it goes
 * on to be the better measured.
 */
static bool is_over(const struct limit *l, int64_t now_ms)
{
	unsigned n = l->now.taken_n + l->now.refused_n;
	bool is_clean = l->now.refused_n == 0 && l->limit > l->ceiling;
	/* Where nothing was ever refused there is no noise to be told from congestion. */
	bool is_first = l->is_slow && l->ceiling == 0 && l->now.refused_n == 0;
	if (n < l->limit / (is_clean ? 2 : 1) || (!is_first && now_ms - l->now.start_ms < ROUND_MS))
		return false;
	return n >= HELD_REQUESTS || grown(l, now_ms) > l->limit;
}

void limit_leave(struct limit *l, struct limit_ticket ticket, enum limit_sign sign, int64_t now_ms)
{
	assert(l->in_flight > 0);
	l->in_flight--;
	if (ticket.round != l->round)
		l->old_n--;
	if (l->in_flight < l->limit / 2)
		l->full_ms = LIMIT_UNTIL_LEAVE;
	if (sign == LIMIT_SILENT)
		return;
	count(l, ticket, sign, now_ms);
	if (is_congested(l, now_ms)) {
		cut(l, now_ms);
	} else if (is_over(l, now_ms)) {
		learn_noise(l);
		if (l->is_adaptive && l->now.was_full)
			grow(l, now_ms);
		start_round(l, now_ms);
	}
}

bool limit_overshot(const struct limit *l, struct limit_ticket ticket)
{
	double known = l->ceiling > 0 ? at_most(l->ceiling, l->limit) : l->limit;
	return ticket.nth > known;
}

bool limit_is_barren(const struct limit *l)
{
	return l->was_cut && l->taken_n == 0 && l->old_n == 0;
}

void limit_restart(struct limit *l, int64_t now_ms)
{
	if (!l->is_adaptive)
		return;
	l->ceiling = floor(l->good);
	l->limit = at_least(floor(l->good / 2), 1);
	l->is_slow = true;
	start_round(l, now_ms);
}
