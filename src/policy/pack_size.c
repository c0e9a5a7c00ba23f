/* SPDX-License-Identifier: MIT */
/*
 * A search by brackets. From a base that is measured another size is tried: twice as many while
 * that is better, then between the base and what was no better, above and below, until sizes are
 * too near to each other to be told apart. Then the base is held for several times as long as the
 * search took, and a single trial (half as many more, or two thirds, in turn) looks whether things
 * have changed; each that finds nothing doubles the hold. Times that shift by half end it.
 *
 * What is compared is the time per item; better is less by 4 % for twice as many, which leaves less
 * than a tenth to be gained. Chance is known from the spread of both sizes (pack_times.c): where
 * times vary, more packs are compared. A size that is clearly worse is left after two.
 *
 * With many in flight a server that works on one at a time lets a pack wait for those before it:
 * the first packs of a larger size wait for small ones and look twice as good as they are. So only
 * those count that were started after the first of their size had come back. It costs two flights
 * for each trial, and is why 16 in flight need eight times as many packs as one.
 *
 * Trouble. A refusal of more than was ever taken is believed at once; of what is taken otherwise,
 * only if it is frequent (one record may be too large by itself). A ceiling is tried again after 64
 * packs, each time after twice as many. A timeout is believed likewise, but what the server was
 *left with is still being worked on: those of packs started soon after do not count (when they did,
 *0.73 of the best), and the base is held for a while. Failures count if they exceed what fails
 * anyway, which is learnt, by a share and by three sigmas (without the sigmas 40 % of failures at
 * any size led to packs of one and 0.1 of the best). Whether they have to do with size only the
 * smaller size shows: four packs taken in a row bring the old one back, once; failures there are
 * then a ceiling.
 *
 * Measured in virtual time (share of what the best fixed size does after warm-up; packs until a
 * size within 20 % of it is used; 1 in flight, and 16, on a server that works on all of them or on
 * one at a time; times +-5 %, and in brackets +-40 % with one in fifty ten times as long):
 *
 *	 200 ms + 2 ms an item, at most 2048   0.99 (0.94)   after 21, 162 packs
 *	 500 ms + 0.2 ms, at most 512          0.98 (0.94)   after 21, 160
 *	 the same time for each item           0.99 (0.97)   at once
 *	 20 ms + 96 ms for each batch of 64    0.97 (0.93)   after 9, 60
 *	 slower beyond 48, or beyond 10        0.97 (0.91; 0.81 beyond 10, one at a time), 17, 125
 *	 slower twentyfold beyond 600          0.88 (0.80)   after 21, 160
 *	 refused above 100                     0.95 (0.90)   after 16, 140; 5 to 63 packs refused
 *	 refused above 10                      0.98 (0.97)   after 0, 32; 6 to 70 packs
 *	 no answer in time above 235, or 53    0.94; 0.80 above 53, one at a time: late ones linger
 *	 all fail 20 s in 120, or 5 s in 60    0.95 (0.88); 0.84 (0.82) where a flight takes 20 s
 *	 10 % fail, 40 % fail, at any size     0.96 (0.95; 0.78 with 40 %, one at a time)
 *	 all above 12 fail                     0.98 (0.95)   after 200, 450
 */
#include "policy/pack_size.h"

#include <assert.h>
#include <math.h>

enum {
	START = 32,
	LEAST_N = 2, /* packs of a trial, before it is judged to be much worse */
	MUCH = 3,    /* a trial of so many times the packs of the base will tell no more, */
	MOST_N = 48, /* nor one of so many */
	TALLY_N = 32,
	HOLD_COST = 4, /* a hold is so many times as long as the search before it, */
	HOLD_N = 24,   /* and for so many packs */
	HOLD_DOUBLINGS = 4,
	CEILING_N = 64,     /* packs to be taken before a ceiling is tried again */
	CEILING_OLD_N = 16, /* further ones for each that was refused with it */
	CEILING_DOUBLINGS = 6,
	UNPROVEN_WAIT = 20, /* so many times as long as the pack took, after a timeout, */
	PROVEN_WAIT = 2,    /* and where that many were taken before */
	TROUBLE_SHARE = 8,  /* one in so many refused or slow is too much where others are taken */
	NOISE_N = 64,       /* ends that make up the share of failures */
	FAILED_TRIAL = 8,   /* failures that end a trial, if they are often */
	FAILED_EAGER = 4,   /* as much sooner that ceiling is tried again */
	FAILED_BASE = 8, /* failures that make a cut; 2 or 4 times as many for each further one */
	CUTS_MOST = 6,
	RETURN_N = 4, /* taken in a row after failures: back to the size from before */
	CLEAN_N = 16  /* taken, with few failures: those before are forgotten */
};

#define SLOPE 0.06     /* less of log time for each of log size, and larger is not better */
#define SHIFT 0.4      /* so much of log time is another server */
#define CLEAR 0.5      /* so much more of log time, and two packs say that it is worse */
#define SIGMAS 2       /* to tell a difference from chance */
#define RESOLUTION 1.3 /* sizes nearer to each other are not told apart by time */
#define FINE 1.2       /* nor those by refusals */
#define ALIKE 1.34     /* ceilings nearer to each other are the same one */
#define FULL 0.9       /* part of the size that is as good as all */
#define PROBE 1.5      /* how far a probe goes */
#define NOISE_MOST 0.5
#define FAILED_SIGMAS 3.0
#define FAILED_SHARE 0.25 /* beyond the noise, in a trial */
#define FAILED_MUCH 0.4   /* beyond the noise, at the base */

void pack_size_init(struct pack_size *p, unsigned max, bool is_fixed)
{
	assert(max >= 1);
	unsigned size = is_fixed || max < START ? max : START;
	*p = (struct pack_size){ .max = max,
		.is_fixed = is_fixed,
		.size = size,
		.base = size,
		.change_ms = INT64_MIN,
		.began_ms = INT64_MIN,
		/* Requests that are the first of many are not among their like. */
		.old_n = 1 };
}

unsigned pack_size_items(const struct pack_size *p)
{
	return p->size;
}

unsigned pack_size_most(const struct pack_size *p)
{
	return p->ceiling > 1 ? p->ceiling - 1 : p->max;
}

static void change(struct pack_size *p, unsigned size, int64_t now_ms)
{
	p->size = size;
	p->change_ms = now_ms;
	p->is_settled = false;
	p->old_n = 0;
	p->tally = (struct pack_tally){ 0 };
	p->times = (struct pack_times){ 0 };
}

static bool is_trial(const struct pack_size *p)
{
	return p->size != p->base;
}

/* Ceilings are tried again later and later. */
static void set_ceiling(struct pack_size *p, unsigned items_n, int64_t hold_ms, int64_t now_ms)
{
	bool is_same = items_n <= p->ceiling * ALIKE && items_n * ALIKE >= p->ceiling;
	if (!is_same)
		p->confirmed_n = 0;
	else if (p->confirmed_n < CEILING_DOUBLINGS)
		p->confirmed_n++;
	p->ceiling = items_n;
	p->ceiling_n = (uint64_t)CEILING_N << p->confirmed_n;
	p->ceiling_ms = now_ms + (hold_ms << p->confirmed_n);
}

static bool is_ceiling_old(const struct pack_size *p, int64_t now_ms)
{
	return p->ceiling_n == 0 && now_ms >= p->ceiling_ms;
}

/* A larger size to try, 0 = none. */
static unsigned larger(const struct pack_size *p, int64_t now_ms)
{
	unsigned limit = p->above;
	double least = RESOLUTION, base = p->base;
	double top = fmin(base * 2, p->max);
	if (p->is_probe)
		top = fmin(ceil(base * PROBE), p->max);
	bool has_ceiling = p->ceiling > p->base;
	if (has_ceiling && is_ceiling_old(p, now_ms)) {
		top = fmin(top, p->ceiling);
	} else if (has_ceiling && (limit == 0 || p->ceiling < limit)) {
		limit = p->ceiling;
		least = FINE;
	}
	if (limit && limit <= top)
		top = limit < base * least ? 0 : floor((base + limit) / 2);
	return top > base ? (unsigned)top : 0;
}

/* A smaller size to try, 0 = none. */
static unsigned smaller(const struct pack_size *p)
{
	unsigned size = p->base / 2;
	if (p->is_probe)
		size = (unsigned)(p->base / PROBE);
	if (p->below)
		size = p->base < p->below * RESOLUTION ? 0 : (p->base + p->below) / 2;
	return size < p->base ? size : 0;
}

static void hold(struct pack_size *p, int64_t now_ms)
{
	p->hold_n = (unsigned)HOLD_N << p->quiet_n;
	p->knows_held = false;
	p->hold_ms = now_ms + ((now_ms - p->began_ms) * HOLD_COST << p->quiet_n);
	if (is_trial(p))
		change(p, p->base, now_ms);
}

static void try_or_hold(struct pack_size *p, unsigned size, int64_t now_ms)
{
	if (size)
		change(p, size, now_ms);
	else
		hold(p, now_ms);
}

/* Goes on to a size not tried yet, in that direction if there is one; else holds the base. */
static void go_on(struct pack_size *p, bool is_up, int64_t now_ms)
{
	unsigned up = larger(p, now_ms), down = smaller(p);
	unsigned size = (is_up && up) || !down ? up : down;
	try_or_hold(p, size, now_ms);
}

/* Looks whether things have changed: with one trial, up and down in turn. */
static void probe(struct pack_size *p, int64_t now_ms)
{
	p->is_probe = true;
	p->above = p->below = 0;
	p->began_ms = now_ms;
	unsigned up = larger(p, now_ms), down = smaller(p);
	unsigned size = (p->probes_down && down) || !up ? down : up;
	p->probes_down = !p->probes_down;
	try_or_hold(p, size, now_ms);
}

static void accept(struct pack_size *p, int64_t now_ms)
{
	bool is_up = p->size > p->base;
	*(is_up ? &p->below : &p->above) = p->base;
	p->base = p->size;
	p->base_times = p->times;
	p->before = p->quiet_n = 0;
	p->is_probe = false;
	go_on(p, is_up, now_ms);
}

/* Ends the trial: the base is held, for longer each time. */
static void give_up(struct pack_size *p, int64_t now_ms)
{
	p->quiet_n += p->quiet_n < HOLD_DOUBLINGS;
	hold(p, now_ms);
}

/* The trial was no better: by so much, in log time. */
static void reject(struct pack_size *p, double gain, double wanted, int64_t now_ms)
{
	bool is_up = p->size > p->base, is_flat = gain > -wanted;
	*(is_up ? &p->above : &p->below) = is_flat ? p->base : p->size;
	if (p->is_probe)
		give_up(p, now_ms);
	else if (!is_up && p->above == p->base)
		/* Where larger is no worse and smaller no better, there is no more to find. */
		hold(p, now_ms);
	else
		go_on(p, !is_up, now_ms);
}

static void judge_trial(struct pack_size *p, int64_t now_ms)
{
	double gain = p->base_times.mean - p->times.mean;
	double wanted = SLOPE * fabs(log((double)p->size / p->base));
	double chance = SIGMAS * pack_times_deviation(&p->times, &p->base_times);
	bool is_over =
		p->times.n >= MOST_N || p->times.n >= MUCH * p->base_times.n + PACK_TIMES_LEAST;
	if (p->times.n < LEAST_N || (p->times.n < PACK_TIMES_LEAST && gain > -CLEAR))
		return;
	if (gain > wanted + chance || (is_over && gain > wanted / 2))
		accept(p, now_ms);
	else if (gain < wanted - chance || is_over)
		reject(p, gain, wanted, now_ms);
}

/* Starts anew from a base of which nothing is known. */
static void rebase(struct pack_size *p, unsigned size, int64_t now_ms)
{
	p->base = size > 1 ? size : 1;
	p->above = p->below = p->quiet_n = 0;
	p->hold_n = 0;
	p->began_ms = now_ms;
	p->is_probe = false;
	p->base_times = (struct pack_times){ 0 };
	change(p, p->base, now_ms);
}

/* True if times at the base are no longer what they were when it began to be held. */
static bool has_shifted(struct pack_size *p)
{
	if (p->base_times.n < PACK_TIMES_ENOUGH)
		return false;
	if (!p->knows_held) {
		p->knows_held = true;
		p->held_mean = p->base_times.mean;
	}
	return fabs(p->base_times.mean - p->held_mean) > SHIFT;
}

static void judge_base(struct pack_size *p, int64_t now_ms)
{
	if (p->hold_n > 0 && has_shifted(p)) {
		/* What was found was found of another server. */
		p->probes_down = p->base_times.mean > p->held_mean;
		rebase(p, p->base, now_ms);
	} else if (p->hold_n > 0) {
		p->hold_n -= p->hold_n > 1;
		if (p->hold_n == 1 && now_ms >= p->hold_ms)
			probe(p, now_ms);
	} else if (pack_times_are_known(&p->base_times)) {
		p->is_probe = false;
		go_on(p, !p->probes_down, now_ms);
	}
}

/* True if what a request took says how long one of its size takes among its like. */
static bool is_among_its_like(struct pack_size *p, int64_t start_ms, int64_t now_ms)
{
	if (!p->is_settled) {
		p->is_settled = true;
		p->settled_ms = p->old_n ? now_ms : p->change_ms;
	}
	return start_ms >= p->settled_ms;
}

static unsigned ended_n(const struct pack_tally *t)
{
	return t->taken_n + t->refused_n + t->slow_n + t->failed_n;
}

/* Halves the tally when enough was taken, so that it tells of late. */
static void age(struct pack_tally *t)
{
	if (t->taken_n < TALLY_N)
		return;
	t->taken_n /= 2;
	t->refused_n /= 2;
	t->slow_n /= 2;
	t->failed_n /= 2;
}

/* True if so many are more than come of a record here and there. */
static bool is_often(unsigned n, const struct pack_tally *t)
{
	return n >= 2 && n * TROUBLE_SHARE >= ended_n(t);
}

static bool is_full(const struct pack_size *p, unsigned items_n)
{
	return items_n >= p->size * FULL && items_n <= p->size;
}

/* A refusal is soon over: what is between is tried at once. */
static void refuse(struct pack_size *p, unsigned items_n, int64_t now_ms)
{
	p->tally.refused_n++;
	bool is_proven = items_n <= p->proven;
	if (is_proven && !(is_full(p, items_n) && is_often(p->tally.refused_n, &p->tally)))
		return;
	set_ceiling(p, items_n, 0, now_ms);
	if (!(p->size > p->base && items_n > p->base)) {
		p->proven = 0;
		rebase(p, items_n / 2, now_ms);
	} else if (p->is_probe) {
		give_up(p, now_ms);
	} else {
		go_on(p, true, now_ms);
	}
}

/*
 * After timeouts the base is held for a while: what was given up may still be worked on, and be in
 * the way of what came after it.
 */
static void time_out(struct pack_size *p, unsigned items_n, int64_t start_ms, int64_t now_ms)
{
	int64_t took_ms = now_ms - start_ms;
	bool is_proven = items_n <= p->proven, is_late = p->change_ms < start_ms - took_ms;
	if (is_proven && !is_late && !(p->is_settled && start_ms >= p->settled_ms))
		return;
	p->tally.slow_n++;
	if (is_proven && !(is_full(p, items_n) && is_often(p->tally.slow_n, &p->tally)))
		return;
	set_ceiling(p, items_n, took_ms * (is_proven ? PROVEN_WAIT : UNPROVEN_WAIT), now_ms);
	if (p->size > p->base && items_n > p->base) {
		give_up(p, now_ms);
		return;
	}
	unsigned size = is_proven ? items_n - (items_n + 3) / 4 : items_n / 2;
	rebase(p, size, now_ms);
	p->proven = is_proven ? p->base : 0;
}

static void learn_noise(struct pack_size *p, double failed)
{
	if (p->size > p->base)
		return;
	p->noise_n += p->noise_n < NOISE_N;
	p->noise = fmin(p->noise + (failed - p->noise) / p->noise_n, NOISE_MOST);
}

/* True if more have failed than the noise and chance explain, by that share of all. */
static bool fails_often(const struct pack_size *p, double share)
{
	double n = ended_n(&p->tally);
	double excess = p->tally.failed_n - n * p->noise;
	return excess >= n * share && excess > FAILED_SIGMAS * sqrt(n * p->noise + 1);
}

static void fail(struct pack_size *p, int64_t now_ms)
{
	unsigned failed_n = p->tally.failed_n;
	p->run_n = 0;
	if (p->size > p->base && failed_n >= FAILED_TRIAL && fails_often(p, FAILED_SHARE)) {
		/* If the size is not to blame, it is soon tried again. */
		set_ceiling(p, p->size, 0, now_ms);
		p->ceiling_n /= FAILED_EAGER;
		hold(p, now_ms);
		return;
	}
	bool is_often = fails_often(p, FAILED_MUCH);
	learn_noise(p, 1);
	/* What was taken before is less likely to be too large. */
	unsigned doublings = p->proven >= p->size ? 2 * p->cuts_n : p->cuts_n;
	if (p->size == 1 || failed_n < (unsigned)FAILED_BASE << doublings || !is_often)
		return;
	if (p->cuts_n == 0)
		set_ceiling(p, p->size, 0, now_ms);
	if (p->cuts_n < CUTS_MOST)
		p->cuts_n++;
	if (!p->has_returned && p->before < p->base) {
		p->before = p->base;
		p->before_was_held = p->hold_n > 0;
	}
	rebase(p, p->size / 2, now_ms);
}

/* What is known to be taken now, and what need not be remembered for that. */
static void prove(struct pack_size *p, unsigned items_n)
{
	p->run_n++;
	learn_noise(p, 0);
	if (items_n > p->proven)
		p->proven = items_n;
	if (p->ceiling_n > 0)
		p->ceiling_n--;
	if (p->run_n >= CLEAN_N)
		p->tally.failed_n = 0;
	if (p->tally.taken_n < CLEAN_N || p->tally.failed_n > p->tally.taken_n / 4)
		return;
	p->cuts_n = 0;
	p->has_returned = false;
	if (p->size >= p->ceiling)
		p->ceiling = p->confirmed_n = 0;
}

/* Failures have passed: the size from before is used again, and held again if it was. */
static void give_back(struct pack_size *p, int64_t now_ms)
{
	rebase(p, p->before, now_ms);
	p->before = 0;
	p->has_returned = true;
	if (p->before_was_held)
		hold(p, now_ms);
}

static void take(struct pack_size *p, unsigned items_n, int64_t start_ms, int64_t now_ms)
{
	prove(p, items_n);
	if (p->before && p->run_n >= RETURN_N) {
		give_back(p, now_ms);
		return;
	}
	if (!is_full(p, items_n) || !is_among_its_like(p, start_ms, now_ms))
		return;
	pack_times_add(is_trial(p) ? &p->times : &p->base_times, now_ms - start_ms, items_n);
	if (is_trial(p))
		judge_trial(p, now_ms);
	else
		judge_base(p, now_ms);
}

/* It was sized as is not done any more: it may tell of the ceiling, but not of the size. */
static void note_old(struct pack_size *p, unsigned items_n, enum pack_end end)
{
	p->old_n++;
	if (!p->ceiling || items_n < p->ceiling * FULL)
		return;
	if (end == PACK_TOO_LARGE || end == PACK_SLOW)
		p->ceiling_n += CEILING_OLD_N;
	else if (end == PACK_TAKEN && items_n >= p->ceiling && p->cuts_n == 0)
		p->ceiling = p->confirmed_n = 0;
}

void pack_size_note(
	struct pack_size *p, unsigned items_n, enum pack_end end, int64_t start_ms, int64_t now_ms)
{
	if (p->is_fixed || end == PACK_NEITHER || items_n == 0)
		return;
	if (p->began_ms == INT64_MIN)
		p->began_ms = start_ms;
	if (start_ms < p->change_ms) {
		note_old(p, items_n, end);
	} else if (end == PACK_TAKEN) {
		p->tally.taken_n++;
		age(&p->tally);
		take(p, items_n, start_ms, now_ms);
	} else if (end == PACK_TOO_LARGE) {
		refuse(p, items_n, now_ms);
	} else if (end == PACK_SLOW) {
		time_out(p, items_n, start_ms, now_ms);
	} else {
		p->tally.failed_n++;
		fail(p, now_ms);
	}
}
