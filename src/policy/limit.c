/* SPDX-License-Identifier: MIT */
#include "policy/limit.h"

#include <assert.h>
#include <math.h>

enum { START = 16, HOLD_MS = 10000, HOLD_SPREAD_MS = 1024, HOLD_ROUNDS = 3, PATIENCE_MS = 1000, ROUND_MS = 1000 };

#define STEP_LEAST 0.02
#define STEP_MOST 1.0
#define REGAIN 0.05
#define MARGIN 0.02
#define KEPT_SLOW 0.5
#define KEPT 0.7
#define EVIDENCE 16.0
#define NOISE_START 0.01
#define NOISE_MOST 0.02
#define NOISE_REQUESTS 400.0
#define HELD_REQUESTS 200
#define GAIN 0.1
#define SIGMAS 3

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
	if (l->in_flight >= (unsigned)l->limit)
		grow(l, now_ms);
	l->in_flight++;
	l->now.started_n++;
	if (l->in_flight >= (unsigned)l->limit) {
		l->now.was_full = true;
		if (l->full_ms == LIMIT_UNTIL_LEAVE)
			l->full_ms = now_ms;
	}
	return (struct limit_ticket){ .round = l->round, .start_ms = now_ms, .nth = l->in_flight };
}

/* Of those that were in flight when the limit was too high, how many were worked on. */
static double worked_on(const struct limit *l, int64_t now_ms)
{
	const struct limit_round *r = &l->now;
	double highest = at_most(r->highest, l->limit);
	double refused = r->refusing_ms / at_least((double)(now_ms - r->start_ms), 1);
	if (l->taken_ms > 0 && l->refused_ms > l->taken_ms / 2) {
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
	return r->refused_n >= r->highest / EVIDENCE ||
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
	if (n < l->limit / (is_clean ? 2 : 1) || now_ms - l->now.start_ms < ROUND_MS)
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
