/* SPDX-License-Identifier: MIT */
/*
 * Between two events lie two bounds of the rate that the other side takes. It took `low`: what was
 * taken, by the time from the end of one pause to the end of the next, which is right for buckets
 * that save up and for windows of the clock, since both are empty at an event, and too little for
 * those that save nothing, by what the pause lost. It refused `high`: the rate when the refused
 * request was started, right for those that save nothing, and too much for the others. The new rate
 * is the geometric mean of both: from event to event the bounds close in, whoever is on the other
 * side. Then the rate is held, and then it grows.
 *
 * Trust is the number of events whose low or high agreed with that of the one before. With trust
 * the hold grows (in pauses, because a pause is what an event costs) and the growth slackens from
 * doubling in 400 ms to 5 % a second, and one event lowers low by a tenth at most: a short span is
 * mostly pause and says little. Refusals that outnumber what was taken are a storm, no limit: no
 * trust, and then never less than one request a second.
 *
 * The first event follows a burst, so what was taken is divided by a minute at least: most limits
 * are by the minute. Requests count as taken when they start, and no more when they are refused:
 * answers come seconds after, refusals soon; those of the same burst correct the judgement.
 *
 * Measured in virtual time (tests/unit/pace_test.c; 20 seeds, 20 minutes; 60, 600 and 6,000 a
 * minute; 20 ms to 5 s; 16 and 64 places; buckets of one, of a second, of a minute, windows of the
 * clock, and one that gives no hint): every run had at least 95 % of the limit and at most 9.4 % of
 * its requests refused, of which at 60 a minute the first burst of 64 is the half; but where the
 * places hardly suffice (16 at 200 ms for 100 a second) and the bucket saves nothing, 93 % of what
 * the places could do, and no more when the user gives the rate. After a storm of 90 %
 * refusals the rate was back above 128 a second (or what the places can do) in six seconds in 1,199
 * of 1,200 runs; in the other, chance had looked like a limit and was trusted.
 *
 * Each changed alone, the worst run of 5 seeds: low alone in place of the mean, 58 % of the limit;
 * high weighed 0.4, 73 % and 30 % refused; 0.6,
 * 10.4 % refused; catching up 20 ms' worth, 57 % (a bucket that saves nothing refuses every second
 * of a burst); no bound to the fall of low, 88 %. Whether a disagreement halves trust or ends it
 * makes no difference.
 */
#include "policy/pace.h"

#include <assert.h>
#include <math.h>

enum {
	BLIND_BASE_MS = 500,
	BLIND_CAP_MS = 30000,
	BLIND_DOUBLINGS_MAX = 6,
	SPREAD_MS = 50,           /* and a tenth of the hint */
	BURST_MS = 1,             /* what may be caught up: no more than a timer is late */
	LIKELY_WINDOW_MS = 60000, /* what limits are mostly given for */
	ENOUGH_N = 4,             /* requests taken, to measure by */
	HOLD_MIN_MS = 500,
	HOLD_MAX_MS = 120000,
	FORGET_MS = 120000, /* of growth without an event */
	CALM_MS = 30000,    /* known limits: in this time ... */
	MANY_N = 8,
	BROKEN_MAX = 7,
	DOUBT_MAX = 3,
	CALM_EVENTS_N = 3   /* ... so many events say that there is another */
};

#define HINT_MAX_MS (INT64_MAX / 4)
#define FLOOR_PER_MS 0.001 /* while nothing is trusted */
#define LEAST_PER_MS 1e-6  /* ever */
#define AGREES 1.3         /* measurements by no more than this factor apart */
#define TRUSTED_FALL 0.98   /* what one event may change of what is trusted */
#define BROKEN_FALL 0.9
#define BELOW_ANY 0.985
#define BELOW_HIGH 0.98    /* of a rate that was refused though no more was measured */
#define DOUBTED_FALL 0.5
#define DOUBTED_GROWTH (0.6931 / 100)
#define GROWTH_MOST 2.0    /* from one start to the next */
#define FORGET_FACTOR 4.0  /* above what was measured */

/* What trust is worth: how long to hold, in pauses, and how much to grow then, per ms. */
static const struct {
	double hold;
	double growth;
} trust[] = {
	{ 0, 0.6931 / 400 },
	{ 4, 0.3e-3 },
	{ 12, 0.1e-3 },
	{ 30, 0.05e-3 },
	{ 80, 0.05e-3 },
};

enum { TRUST_MAX = sizeof trust / sizeof *trust - 1 };

void pace_init(struct pace *p)
{
	*p = (struct pace){ .event.at_ms = INT64_MIN };
}

static double capacity(const struct pace *p)
{
	return 1 + BURST_MS * p->per_ms;
}

static double level_at(const struct pace *p, int64_t now_ms)
{
	if (now_ms <= p->then_ms)
		return p->level;
	return fmin(p->level + p->per_ms * (double)(now_ms - p->then_ms), capacity(p));
}

int64_t pace_wait(const struct pace *p, int64_t now_ms)
{
	int64_t wait = p->until_ms > now_ms ? p->until_ms - now_ms : 0;
	if (p->per_ms <= 0)
		return wait;
	double lack = 1 - level_at(p, now_ms);
	int64_t refill = lack > 1e-9 ? (int64_t)ceil(lack / p->per_ms - 1e-9) : 0;
	return refill > wait ? refill : wait;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static void forget(struct pace *p)
{
	p->per_ms = p->taken = p->held = p->sure = 0;
	p->belief = (struct pace_belief){ .doubt_n = p->belief.doubt_n };
}

static double growth(const struct pace *p)
{
	if (p->belief.trust_n == 0 && p->belief.doubt_n > 0)
		return DOUBTED_GROWTH;
	return trust[p->belief.trust_n].growth;
}

/* A rate grows only while it is what holds requests up: while its bucket does not fill. */
static void grow(struct pace *p, int64_t now_ms)
{
	int64_t from = later(later(p->hold_ms, p->until_ms), p->grown_ms);
	p->grown_ms = now_ms;
	if (now_ms <= from || p->level >= capacity(p))
		return;
	p->grew_ms = now_ms;
	double by = exp(growth(p) * (double)(now_ms - from));
	p->per_ms *= fmin(by, GROWTH_MOST);
	if (now_ms - p->hold_ms > FORGET_MS && p->per_ms > FORGET_FACTOR * p->taken)
		forget(p);
}

void pace_enter(struct pace *p, int64_t now_ms)
{
	assert(now_ms >= p->until_ms);
	if (p->event.at_ms == INT64_MIN && p->span.entered_n == 0)
		p->span.since_ms = now_ms;
	p->span.entered_n++;
	if (p->per_ms <= 0)
		return;
	p->level = level_at(p, now_ms);
	p->then_ms = now_ms;
	grow(p, now_ms);
	p->level -= 1;
}

void pace_take(struct pace *p, int64_t start_ms, int64_t now_ms)
{
	(void)now_ms;
	if (start_ms > p->event.at_ms)
		p->blind_n = 0;
}

static void keep_away(struct pace *p, int64_t hint_ms, double share, int64_t now_ms)
{
	int64_t hint = hint_ms < HINT_MAX_MS ? hint_ms : HINT_MAX_MS;
	int64_t spread = (int64_t)(share * ((double)hint / 10 + SPREAD_MS));
	p->until_ms = later(p->until_ms, now_ms + hint + spread);
}

void pace_pause(struct pace *p, int64_t hint_ms, int64_t now_ms, struct rng *rng)
{
	if (hint_ms >= 0)
		keep_away(p, hint_ms, rng_unit(rng), now_ms);
}

static double taken_n(const struct pace_span *s)
{
	return s->entered_n > s->refused_n ? (double)(s->entered_n - s->refused_n) : 0;
}

static bool is_telling(const struct pace_event *e)
{
	return taken_n(&e->span) >= ENOUGH_N;
}

static bool agree(double a, double b)
{
	return a > 0 && b > 0 && a < b * AGREES && b < a * AGREES;
}

/* How far to believe what the event measured. */
static struct pace_belief belief_after(const struct pace_event *e, double low)
{
	struct pace_belief b = e->belief;
	if ((double)e->span.refused_n > 2 * taken_n(&e->span) + 1)
		return (struct pace_belief){ .doubt_n = b.doubt_n }; /* whatever we do */
	if (!is_telling(e))
		return b;
	b.broken_n = !e->is_broken ? 0 : b.broken_n + (taken_n(&e->span) >= MANY_N);
	if (b.broken_n >= BROKEN_MAX)
		return (struct pace_belief){ .doubt_n = b.doubt_n < DOUBT_MAX ? b.doubt_n + 1 : DOUBT_MAX };
	bool is_same = agree(low, e->before) || agree(e->high, e->high_before);
	b.agreed_n = is_same ? b.agreed_n + 1 : 0;
	if (!is_same)
		b.trust_n /= 2;
	else if ((double)e->span.refused_n <= taken_n(&e->span) + 3 && b.trust_n < TRUST_MAX && b.agreed_n > 2 * b.doubt_n)
		b.trust_n++;
	return b;
}

/* What the event measured, per ms: from the end of the pause before it to the end of its own. */
static double measured(const struct pace *p)
{
	const struct pace_event *e = &p->event;
	int64_t ms = e->before > 0 ? later(p->until_ms - e->span.since_ms, 1)
				   : later(e->at_ms - e->span.since_ms, LIKELY_WINDOW_MS);
	return taken_n(&e->span) / (double)ms;
}

/* The rate between the one that was taken and the one that was refused. */
static double between(double low, double high)
{
	if (high <= 0)
		return low;
	return high > low ? fmin(sqrt(low * high), high * BELOW_ANY) : high * BELOW_HIGH;
}

/* Sets the rate by what is known of the last event; done again when more becomes known. */
static void judge(struct pace *p)
{
	const struct pace_event *e = &p->event;
	double low = measured(p);
	p->belief = belief_after(e, low);
	unsigned trust_n = p->belief.trust_n;
	low = fmax(low, e->held);
	if (trust_n > 0 && !is_telling(e))
		low = e->before;
	if (trust_n > 0)
		low = fmax(low, fmax(p->belief.broken_n > 2 ? 0 : p->sure * TRUSTED_FALL, e->before * BROKEN_FALL));
	p->taken = low;
	double floor_per_ms = trust_n > 0 ? LEAST_PER_MS : FLOOR_PER_MS;
	p->per_ms = fmax(between(fmax(low, floor_per_ms), e->high), floor_per_ms);
	if (p->belief.broken_n > 4)
		p->per_ms = fmin(fmax(low * (p->belief.broken_n > 5 ? 0.85 : BELOW_HIGH), floor_per_ms), e->high * BELOW_HIGH);
	if (trust_n == 0 && p->belief.doubt_n > 0 && is_telling(e) && e->span.refused_n < taken_n(&e->span))
		p->per_ms = fmax(p->per_ms, e->high * DOUBTED_FALL);
	if (e->held > 0)
		p->sure = e->held;
	if (p->belief.broken_n > 2 || trust_n == 0)
		p->sure = 0;
	p->held = p->per_ms;
	p->level = 1;
	p->then_ms = p->span.since_ms = p->until_ms;
	double pause_ms = (double)(p->until_ms - e->at_ms) + 1 / p->per_ms;
	double hold_ms = fmin(trust[trust_n].hold * pause_ms, HOLD_MAX_MS);
	p->hold_ms = trust_n > 0 ? p->until_ms + (int64_t)hold_ms : e->at_ms + HOLD_MIN_MS;
}

/* The event's own rate: what it was when the refused request was started. */
static double rate_then(const struct pace *p, int64_t start_ms, int64_t now_ms)
{
	(void)now_ms;
	int64_t from = later(p->hold_ms, start_ms);
	double by = p->grew_ms > from ? exp(growth(p) * (double)(p->grew_ms - from)) : 1;
	return fmax(p->per_ms / by, p->held);
}

/* What an event before could not be judged by is added to this one. */
static struct pace_span whole_span(const struct pace *p)
{
	struct pace_span s = p->span;
	if (p->event.at_ms != INT64_MIN && !is_telling(&p->event)) {
		s.since_ms = p->event.span.since_ms;
		s.entered_n += p->event.span.entered_n;
		s.refused_n += p->event.span.refused_n;
	}
	return s;
}

static void open_event(struct pace *p, int64_t start_ms, int64_t now_ms)
{
	if (taken_n(&p->span) >= 2)
		p->blind_n = 0;
	p->event = (struct pace_event){
		.at_ms = now_ms,
		.span = whole_span(p),
		.high = rate_then(p, start_ms, now_ms),
		.before = p->taken,
		.high_before = p->event.high,
		.is_broken = p->belief.trust_n > 0 && start_ms <= p->hold_ms,
		.held = p->belief.trust_n > 0 && start_ms > p->hold_ms ? p->held : 0,
		.belief = p->belief,
	};
	p->event.span.refused_n++;
	p->span = (struct pace_span){ .since_ms = now_ms };
}

/* Where limits are known, an event now and then is no reason to look for a rate. */
static bool is_rare(struct pace *p, int64_t now_ms)
{
	if (p->uncalm_n == 0 || now_ms - p->calm_ms > CALM_MS) {
		p->calm_ms = now_ms;
		p->uncalm_n = 0;
	}
	return ++p->uncalm_n < CALM_EVENTS_N && p->per_ms <= 0;
}

static void pause_blind(struct pace *p, int64_t now_ms, struct rng *rng)
{
	unsigned n = p->blind_n < BLIND_DOUBLINGS_MAX ? p->blind_n : BLIND_DOUBLINGS_MAX;
	int64_t most = (int64_t)BLIND_BASE_MS << n;
	p->blind_n++;
	p->until_ms = later(
		p->until_ms, now_ms + rng_upto(rng, most < BLIND_CAP_MS ? most : BLIND_CAP_MS));
}

void pace_refuse(
	struct pace *p, const struct pace_refusal *refusal, int64_t now_ms, struct rng *rng)
{
	bool is_new = refusal->start_ms > p->event.at_ms;
	if (is_new) {
		p->share = rng_unit(rng);
		open_event(p, refusal->start_ms, now_ms);
		p->is_calm = is_rare(p, now_ms) && refusal->is_known;
	} else {
		p->event.span.refused_n++;
	}
	if (refusal->hint_ms >= 0) {
		p->blind_n = 0;
		keep_away(p, refusal->hint_ms, p->share, now_ms);
	} else if (is_new) {
		pause_blind(p, now_ms, rng);
	}
	/* What comes in when others have entered since is counted, but for the next event. */
	if (p->span.entered_n == 0 && !p->is_calm)
		judge(p);
}
