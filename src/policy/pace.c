/* SPDX-License-Identifier: MIT */
/*
 * Between two events lie two bounds of the rate that the other side takes. It took `low`: what was
 * taken, by the time from the end of one pause to the end of the next, which is right for buckets
 * that save up and for windows of the clock, since both are empty at an event, and too little for
 * those that save nothing, by what the pause lost. It refused `high`: the rate when the refused
 * request was started, right for those that save nothing, and too much for the others. The new rate
 * is the geometric mean of both, low weighed a little more: from event to event the bounds close
 * in, whoever is on the other side. Then the rate is held, and then it grows.
 *
 * Trust is the number of events whose low or high agreed with that of the one before. With trust
 * the hold grows (in pauses, because a pause is what an event costs) and the growth slackens from
 * doubling in 400 ms to 5 % a second. A rate that outlasted its hold is surely taken: low is that
 * at least, and one event lowers it by little, because a short span is mostly pause. Refusals that
 * outnumber what was taken are a storm, no limit: no trust, and then never less than one request a
 * second.
 *
 * Refusals that do not follow our rate (a server that is overloaded by others, or has its moods)
 * look consistent, because we go only as fast as we have come to believe. What gives them away is
 * that holds break: below a limit a rate is held without refusal, and each event brings it nearer
 * to there. So when hold after hold is broken after many requests, the rate falls to what was
 * measured, then clearly below; if that is refused too, it was no limit. Trust ends, each time more
 * agreement is needed for it, and meanwhile the rate starts near where it was refused and doubles
 * in 50 ms, so that hardly more than the pauses remains.
 *
 * Without a hint the pause is our guess, and four seconds at most: the rate, of which one a second
 * is the least in a storm, spares the other side already, and half a minute (what is usual) would
 * be slept through after the storm has ended.
 *
 * The first event follows a burst, so what was taken is divided by a minute at least: most limits
 * are by the minute. Requests count as taken when they start, and no more when they are refused:
 * answers come seconds after, refusals soon; those of the same burst correct the judgement.
 *
 * Measured in virtual time (tests/unit/pace_test.c; 20 seeds, 20 minutes; 60, 600 and 6,000 a
 * minute; 20 ms to 5 s; 16 and 64 places; buckets of one, of a second, of a minute, windows of the
 * clock, and one that gives no hint): every run had at least 95 % of the limit, and at most 10 % of
 * its requests refused, of which at 60 a minute the first burst of 64 is the half; but where the
 * places hardly suffice (16 at 200 ms for 100 a second) and the bucket saves nothing, 94.5 % of
 * what the places could do, and where nothing gives a hint, up to 10.2 % were refused at 60 a
 * minute and 64 places. After a storm of 90 % refusals the rate was back above 128 a second
 * (or what the places can do) in six seconds in each of 1,200 runs. Where 1, 3 and 10 % are refused
 * by chance, 89, 76 and 46 % of what pauses alone would let through was reached in the worst scene
 * (64 places at 20 ms), and in the mean of all scenes 97, 93 and 83 %; before holds that
 * break were looked at it had been 8, 5 and 5 % in the worst.
 *
 * The weights are flat near where they are: with low weighed from 0.53 to 0.65 the mean of a bucket
 * of one differs by 0.2 %, and the worst of 500 runs by 1 % up and down.
 */
#include "policy/pace.h"

#include <assert.h>
#include <math.h>

enum {
	BLIND_LEAST_MS = 200,
	BLIND_BASE_MS = 500,
	BLIND_CAP_MS = 4000,
	BLIND_DOUBLINGS_MAX = 3,
	SPREAD_MS = 50,           /* and a tenth of the hint */
	BURST_MS = 1,             /* what may be caught up */
	LATE_LEAST_MS = 4,        /* so much later than it might a request comes that waited, */
	LATE_MOST_MS = 20,        /* for timers are late; half the time between two, within these */
	LIKELY_WINDOW_MS = 60000, /* what limits are mostly given for */
	ENOUGH_N = 4,             /* requests taken, to measure by */
	HOLD_MIN_MS = 500,
	HOLD_MAX_MS = 120000,
	FORGET_MS = 120000, /* of growth without an event */
	CALM_MS = 30000,    /* known limits: in this time ... */
	CALM_EVENTS_N = 3,  /* ... so many events say that there is another */
	MANY_N = 8,         /* taken before a refusal: too many for a rate above a limit */
	LOWERED_N = 5,    /* holds broken in a row: no longer the mean, but below what is taken; */
	BROKEN_MAX = 7,   /* no limit */
	DOUBT_MAX = 3,    /* twice that many events more have to agree */
	SETTLED_TRUST = 3 /* with it a hold that is not broken takes from the doubt */
};

#define HINT_MAX_MS (INT64_MAX / 4)
#define FLOOR_PER_MS 0.001 /* while nothing is trusted */
#define LEAST_PER_MS 1e-6  /* ever */
#define AGREES 1.3         /* measurements by no more than this factor apart */
#define LOW_WEIGHT 0.6     /* of the two bounds */
#define SURE_FALL 0.98     /* what one event may change of a rate that outlasted its hold, */
#define TRUSTED_FALL 0.9   /* and of what is trusted otherwise */
#define BELOW_HIGH 0.98    /* of a rate that was refused though no more was measured */
#define BELOW_ANY 0.985    /* of any rate that was refused: timers are no better */
#define BELOW_LOW 0.98     /* of what was taken, after broken holds; */
#define FAR_BELOW_LOW 0.85 /* and then, to be sure */
#define DOUBTED_FALL 0.7   /* without trust and in doubt: where to start, of what was refused */
#define DOUBTED_GROWTH (0.6931 / 50)
#define GROWTH_MOST 2.0   /* from one start to the next */
#define FORGET_FACTOR 4.0 /* above what was measured */

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

/* By how much a rate grows, per ms. */
static double growth(const struct pace *p)
{
	if (p->belief.trust_n == 0 && p->belief.doubt_n > 0)
		return DOUBTED_GROWTH;
	return trust[p->belief.trust_n].growth;
}

/* True if a request came as soon as the bucket let it, or as little later as timers are. */
static bool has_waited(const struct pace *p, int64_t now_ms)
{
	double full_ms = (capacity(p) - p->level) / p->per_ms;
	double late_ms = fmin(fmax(1 / p->per_ms / 2, LATE_LEAST_MS), LATE_MOST_MS);
	return (double)(now_ms - p->then_ms) <= full_ms + late_ms;
}

/* A rate grows only while it is what holds requests up: while its bucket does not fill. */
static void grow(struct pace *p, int64_t now_ms)
{
	int64_t from = later(later(p->hold_ms, p->until_ms), p->grown_ms);
	p->grown_ms = now_ms;
	if (now_ms <= from || !has_waited(p, now_ms))
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
	double level = level_at(p, now_ms);
	grow(p, now_ms);
	p->level = level - 1;
	p->then_ms = now_ms;
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

/* Hold after hold was broken: refusals do not follow our rate. */
static struct pace_belief doubted(const struct pace_belief *b)
{
	return (struct pace_belief){ .doubt_n =
					     b->doubt_n < DOUBT_MAX ? b->doubt_n + 1 : DOUBT_MAX };
}

/* How far to believe what the event measured. */
static struct pace_belief belief_after(const struct pace_event *e, double low)
{
	struct pace_belief b = e->belief;
	double taken = taken_n(&e->span), refused = (double)e->span.refused_n;
	if (refused > 2 * taken + 1) /* it refuses whatever we do */
		return (struct pace_belief){ .doubt_n = b.doubt_n };
	if (!is_telling(e))
		return b;
	b.broken_n = e->is_broken ? b.broken_n + (taken >= MANY_N) : 0;
	if (b.broken_n >= BROKEN_MAX)
		return doubted(&b);
	if (e->held > 0 && b.trust_n >= SETTLED_TRUST && b.doubt_n > 0)
		b.doubt_n--;
	if (!agree(low, e->before) && !agree(e->high, e->high_before)) {
		b.agreed_n = 0;
		b.trust_n /= 2;
		return b;
	}
	b.agreed_n++;
	bool is_enough = b.agreed_n > 2 * b.doubt_n && refused <= taken + 2;
	if (is_enough && b.trust_n < TRUST_MAX)
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
	return high > low ? fmin(pow(low, LOW_WEIGHT) * pow(high, 1 - LOW_WEIGHT), high * BELOW_ANY)
			  : high * BELOW_HIGH;
}

/* What is surely taken: as measured, but not much less than what was sure before. */
static double surely_taken(const struct pace *p, double low)
{
	const struct pace_event *e = &p->event;
	low = fmax(low, e->held);
	if (p->belief.trust_n == 0)
		return low;
	if (!is_telling(e))
		low = e->before;
	if (p->belief.broken_n < LOWERED_N - 1)
		low = fmax(low, p->sure * SURE_FALL);
	return fmax(low, e->before * TRUSTED_FALL);
}

/* The rate to try next, from the one that is surely taken and the one that was refused. */
static double next_rate(const struct pace *p)
{
	const struct pace_event *e = &p->event;
	const struct pace_belief *b = &p->belief;
	double floor_per_ms = b->trust_n > 0 ? LEAST_PER_MS : FLOOR_PER_MS;
	double low = fmax(p->taken, floor_per_ms), rate = between(low, e->high);
	bool is_storm = (double)e->span.refused_n >= taken_n(&e->span);
	if (b->broken_n >= LOWERED_N)
		rate = fmin(low * (b->broken_n == LOWERED_N ? BELOW_LOW : FAR_BELOW_LOW),
			e->high * BELOW_HIGH);
	if (b->trust_n == 0 && b->doubt_n > 0 && is_telling(e) && !is_storm)
		rate = fmax(rate, e->high * DOUBTED_FALL);
	return fmax(rate, floor_per_ms);
}

/* Sets the rate by what is known of the last event; done again when more becomes known. */
static void judge(struct pace *p)
{
	const struct pace_event *e = &p->event;
	double low = measured(p);
	p->belief = belief_after(e, low);
	unsigned trust_n = p->belief.trust_n;
	p->taken = surely_taken(p, low);
	p->per_ms = p->held = next_rate(p);
	if (e->held > 0)
		p->sure = e->held;
	if (trust_n == 0 || p->belief.broken_n >= LOWERED_N - 1)
		p->sure = 0;
	p->level = 1;
	p->then_ms = p->span.since_ms = p->until_ms;
	double pause_ms = (double)(p->until_ms - e->at_ms) + 1 / p->per_ms;
	double hold_ms = fmin(trust[trust_n].hold * pause_ms, HOLD_MAX_MS);
	p->hold_ms = trust_n > 0 ? p->until_ms + (int64_t)hold_ms : e->at_ms + HOLD_MIN_MS;
}

/* The event's own rate: what it was when the refused request was started. */
static double rate_then(const struct pace *p, int64_t start_ms)
{
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
		.high = rate_then(p, start_ms),
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
	/* Where the rate is trusted, half the time between two requests is pause enough. */
	double base = p->belief.trust_n > 0
		? fmin(fmax(0.5 / p->per_ms, BLIND_LEAST_MS), BLIND_BASE_MS)
		: BLIND_BASE_MS;
	int64_t most = (int64_t)base << n;
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
