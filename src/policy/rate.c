/* SPDX-License-Identifier: MIT */
/*
 * A bucket is a level that is computed when somebody looks, not a timer: level + per_ms * time, cut
 * at the capacity. With the level it is known to the millisecond how long a wait takes, whatever a
 * request costs; and because what a request really cost is known late, the level may be negative.
 * (GCRA keeps a time in place of the level, which comes to the same, but has no word for debt.)
 *
 * Of the user's limits tokens save up one second's worth, because they come in lumps, and requests
 * 10 ms' worth: who enforces just that limit may save nothing, and a burst is of no use to a run of
 * an hour. Against a bucket of one at 6,000 a minute, where 16 places of 5 s make starts uneven,
 * 0.8 % are refused with 10 ms, 2.9 % with 100; at least 98 % of what the places can do is reached.
 *
 * Told limits are buckets of the provider's own capacity. An answer says what remained at some time
 * between the start of its request and now, and others have started since: so what is left now is
 * at least `remaining` less all that was reserved since then, and at most `remaining` and all that
 * has flowed in. Our own count is better than either as long as it lies between. A new bucket
 * starts at the lower bound. Answers overtake each other; what an older request brings is not
 * looked at.
 *
 * The window is seldom told. Buckets that refill evenly say reset = used * window / limit, so two
 * answers with a different use tell it: OpenAI's 5,000 requests with 12 ms for the first are a
 * minute, Groq's 500,000 with 172.8 ms a day (both captured). One answer alone is not believed: a
 * fixed window (reset = the end of the minute, whatever the use) and a reset in whole seconds would
 * make a minute look like an hour, and a limit sixty times too strict is worse than one that is too
 * loose, which only gets a refusal. Hence: a minute, until two answers whose use differs by half
 * agree within 15 %.
 *
 * Some limits do not flow, but are there again all at once when a window of the clock ends. Then
 * the time of the reset stays the same, to the second, while what four seconds' flow would be is
 * used; a bucket's would have moved by those four seconds. What is left of such a window is spread
 * over what is left of its time: with that, a window that ends a second earlier or later than told
 * makes no difference, and nobody is refused (0.2 % at most in tests/unit/pace_test.c, 3.4 % when
 * they are taken for buckets). After the end, until an answer tells of the next window, it flows.
 *
 * A limit of 0, or what is no number, is taken as not said: it must not block for ever.
 */
#include "policy/rate.h"

#include <assert.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>

enum {
	LATE_MS = 10,   /* what requests may catch up: what a busy loop is late */
	ENDS_MS = 1500, /* ends of one window are told no further apart */
	SHIFT_MS = 4000 /* and in this time's worth of use, a bucket's would have moved */
};
enum { SECOND_MS = 1000, MINUTE_MS = 60000, HOUR_MS = 3600000, DAY_MS = 86400000 };

#define WINDOW_MAX_MS ((int64_t)32 * DAY_MS)
#define RESET_MAX_MS ((int64_t)2 * DAY_MS)
#define AMOUNT_MAX 1e15
#define WAIT_MAX_MS 1e15

/* Less than the smallest step that a whole number of requests per window can take in a ms. */
#define TINY 1e-9

void rate_init(struct rate *r)
{
	*r = (struct rate){ 0 };
}

static double level_at(const struct rate_bucket *b, int64_t now_ms)
{
	if (now_ms <= b->then_ms)
		return b->level;
	double level = b->level + b->per_ms * (double)(now_ms - b->then_ms);
	if (b->is_fixed && now_ms > b->end_ms) {
		int64_t from = b->end_ms > b->then_ms ? b->end_ms : b->then_ms;
		level = b->level + b->per_ms * (double)(from - b->then_ms) +
			b->even_per_ms * (double)(now_ms - from);
	}
	return fmin(level, b->capacity);
}

static void change(struct rate_bucket *b, double by, int64_t now_ms)
{
	b->level = fmin(level_at(b, now_ms) + by, b->capacity);
	if (now_ms > b->then_ms)
		b->then_ms = now_ms;
}

void rate_add(struct rate *r, enum rate_unit unit, double amount, int64_t window_ms, int64_t now_ms)
{
	assert(amount > 0 && window_ms > 0 && unit < RATE_UNITS_N);
	if (r->buckets_n == RATE_BUCKETS_MAX)
		return;
	double per_ms = amount / (double)window_ms;
	double capacity = fmax(1, per_ms * SECOND_MS);
	if (unit == RATE_REQUESTS)
		capacity = fmin(capacity, 1 + per_ms * LATE_MS);
	r->buckets[r->buckets_n++] = (struct rate_bucket){
		.unit = unit,
		.is_own = true,
		.capacity = capacity,
		.per_ms = per_ms,
		.window_ms = window_ms,
		.level = unit == RATE_REQUESTS ? 1 : capacity,
		.then_ms = now_ms,
	};
}

bool rate_counts_tokens(const struct rate *r)
{
	for (unsigned i = 0; i < r->buckets_n; i++)
		if (r->buckets[i].unit != RATE_REQUESTS)
			return true;
	for (unsigned u = 0; u < RATE_UNITS_N; u++)
		if (u != RATE_REQUESTS && r->rests[u].until_ms)
			return true;
	return false;
}

static int64_t bucket_wait(const struct rate_bucket *b, double cost, int64_t now_ms)
{
	if (!(cost > 0))
		return 0;
	double needed = fmin(cost, b->capacity);
	double lack = needed - level_at(b, now_ms);
	double tiny = TINY * fmax(1, needed);
	if (lack <= tiny)
		return 0;
	lack -= tiny;
	double wait = 0, rest = (double)(b->end_ms - now_ms), per_ms = b->per_ms;
	if (b->is_fixed && rest < lack / fmax(per_ms, TINY)) {
		wait = fmax(rest, 0);
		lack -= per_ms * wait;
		per_ms = b->even_per_ms;
	}
	return (int64_t)fmax(1, fmin(ceil(wait + lack / per_ms), WAIT_MAX_MS));
}

int64_t rate_wait(const struct rate *r, const struct rate_cost *cost, int64_t now_ms)
{
	int64_t longest = 0;
	for (unsigned i = 0; i < r->buckets_n; i++) {
		const struct rate_bucket *b = &r->buckets[i];
		int64_t wait = bucket_wait(b, cost->of[b->unit], now_ms);
		longest = wait > longest ? wait : longest;
	}
	for (unsigned u = 0; u < RATE_UNITS_N; u++) {
		const struct rate_rest *rest = &r->rests[u];
		if (cost->of[u] > rest->left && rest->until_ms - now_ms > longest)
			longest = rest->until_ms - now_ms;
	}
	return longest;
}

void rate_enter(
	struct rate *r, const struct rate_cost *cost, int64_t now_ms, struct rate_ticket *ticket)
{
	r->starts_n++;
	for (unsigned u = 0; u < RATE_UNITS_N; u++) {
		r->started.of[u] += cost->of[u];
		r->rests[u].left -= cost->of[u];
	}
	for (unsigned i = 0; i < r->buckets_n; i++)
		change(&r->buckets[i], -cost->of[r->buckets[i].unit], now_ms);
	*ticket = (struct rate_ticket){
		.cost = *cost, .started = r->started, .nth = r->starts_n, .start_ms = now_ms
	};
}

void rate_leave(struct rate *r, const struct rate_ticket *ticket, const struct rate_cost *actual,
	int64_t now_ms)
{
	for (unsigned i = 0; i < r->buckets_n; i++) {
		enum rate_unit unit = r->buckets[i].unit;
		change(&r->buckets[i], ticket->cost.of[unit] - actual->of[unit], now_ms);
	}
}

/* What is not a number that can be meant is taken as not said; false: nothing is left. */
static bool make_sane(struct rate_told *t)
{
	if (!(t->limit > 0 && t->limit <= AMOUNT_MAX))
		t->limit = t->limit == 0 ? 0 : -1;
	if (!(t->remaining >= 0 && t->remaining <= AMOUNT_MAX))
		t->remaining = -1;
	if (t->reset_ms < 0 || t->reset_ms > RESET_MAX_MS)
		t->reset_ms = -1;
	if (t->window_ms < 0 || t->window_ms > WINDOW_MAX_MS)
		t->window_ms = 0;
	if (t->limit > 0 && t->remaining > t->limit)
		t->remaining = t->limit;
	return t->unit < RATE_UNITS_N && t->limit != 0 && (t->limit > 0 || t->remaining >= 0);
}

/* The told bucket that t is about, or NULL. */
static struct rate_bucket *bucket_of(struct rate *r, const struct rate_told *t)
{
	for (unsigned i = 0; i < r->buckets_n; i++) {
		struct rate_bucket *b = &r->buckets[i];
		if (b->is_own || b->unit != t->unit)
			continue;
		if (t->window_ms ? !b->is_guessed && b->window_ms == t->window_ms : b->is_guessed)
			return b;
	}
	return NULL;
}

/* The usual window next to ms, or 0 if none is near. */
static int64_t usual_window(double ms)
{
	static const int64_t usual[] = { SECOND_MS, 10 * SECOND_MS, MINUTE_MS, HOUR_MS, DAY_MS };
	for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
		if (ms > (double)usual[i] / 1.6 && ms < (double)usual[i] * 1.6)
			return usual[i];
	return 0;
}

/*
 * Infers the window: reset / used = window / limit, if all flows in evenly. That must be seen
 * twice, with so different a use that neither a coarse reset nor a fixed window looks like it.
 */
static void infer_window(struct rate_bucket *b, const struct rate_told *t)
{
	double used = t->limit - t->remaining, reset = (double)t->reset_ms;
	if (t->remaining < 0 || used <= 0 || reset <= 0)
		return;
	if (b->seen_used > 0 && used < b->seen_used * 1.5 && used > b->seen_used / 1.5)
		return;
	double ratio = b->seen_used > 0 ? reset / used / (b->seen_reset_ms / b->seen_used) : 0;
	b->seen_used = used;
	b->seen_reset_ms = reset;
	int64_t window = usual_window(reset * t->limit / used);
	if (window && ratio > 1 / 1.15 && ratio < 1.15)
		b->window_ms = window;
}

static struct rate_bucket *new_bucket(struct rate *r, const struct rate_told *t, int64_t now_ms)
{
	if (r->buckets_n == RATE_BUCKETS_MAX || t->limit <= 0)
		return NULL;
	struct rate_bucket *b = &r->buckets[r->buckets_n++];
	*b = (struct rate_bucket){
		.unit = t->unit,
		.is_guessed = t->window_ms == 0,
		.capacity = t->limit,
		.window_ms = t->window_ms ? t->window_ms : MINUTE_MS,
		/* The lowest of all: what remains, if that is told, is found by reconciling. */
		.level = t->remaining >= 0 ? -AMOUNT_MAX
					   : fmax(0, t->limit - r->started.of[t->unit]),
		.then_ms = now_ms,
	};
	return b;
}

/*
 * Brings the level to between what remained and everything since started counted against it, and
 * what remained and all that has flowed in since.
 */
static void reconcile(const struct rate *r, struct rate_bucket *b, const struct rate_ticket *ticket,
	double remaining, int64_t now_ms)
{
	double uncounted = r->started.of[b->unit] - ticket->started.of[b->unit];
	double flowed = b->per_ms * (double)(now_ms - ticket->start_ms);
	double level = level_at(b, now_ms);
	level = fmin(fmax(level, remaining - uncounted), remaining + fmax(0, flowed));
	change(b, level - b->level, b->then_ms);
	b->then_ms = now_ms > b->then_ms ? now_ms : b->then_ms;
}

/*
 * A window of the clock ends at the same time however much is used; a bucket is full the later the
 * more is.
 */
static void infer_kind(
	struct rate_bucket *b, const struct rate_ticket *ticket, const struct rate_told *t)
{
	if (t->reset_ms < 0 || t->remaining < 0)
		return;
	int64_t end_ms = ticket->start_ms + t->reset_ms;
	double used = ticket->started.of[b->unit];
	if (b->end_ms > 0 && llabs(end_ms - b->end_ms) <= ENDS_MS) {
		double shift_ms = (used - b->end_used) * (double)b->window_ms / t->limit;
		if (b->is_fixed || shift_ms < SHIFT_MS)
			return;
		b->is_fixed = true;
		b->level = fmax(b->level, 0); /* a bucket's debt says nothing any more */
		return;
	}
	b->is_fixed = b->is_fixed && end_ms - b->end_ms >= b->window_ms - ENDS_MS;
	b->end_ms = end_ms;
	b->end_used = used;
}

/* What is left of a window of the clock, evenly over the time that is left of it. */
static void spread(const struct rate *r, struct rate_bucket *b, const struct rate_ticket *ticket,
	double remaining, int64_t now_ms)
{
	double left = remaining - (r->started.of[b->unit] - ticket->started.of[b->unit]);
	double ms = (double)(b->end_ms - now_ms);
	if (ms <= 0)
		return;
	change(b, 0, now_ms);
	b->per_ms = fmax(left, 0) / fmax(ms, SECOND_MS);
	b->capacity = 1 + b->per_ms * LATE_MS;
	b->level = fmin(fmin(b->level, b->capacity), fmax(left, 0));
}

/* A remainder of an unknown limit: nothing beyond it until it is there again. */
static void learn_rest(
	struct rate *r, const struct rate_ticket *ticket, const struct rate_told *t, int64_t now_ms)
{
	double uncounted = r->started.of[t->unit] - ticket->started.of[t->unit];
	bool is_dry = t->reset_ms > 0;
	r->rests[t->unit] = (struct rate_rest){ .left = t->remaining - uncounted,
		.until_ms = is_dry ? now_ms + t->reset_ms : 0 };
}

static void learn_one(
	struct rate *r, const struct rate_ticket *ticket, struct rate_told t, int64_t now_ms)
{
	if (!make_sane(&t))
		return;
	struct rate_bucket *b = bucket_of(r, &t);
	if (!b)
		b = new_bucket(r, &t, now_ms);
	if (!b) {
		if (t.limit < 0)
			learn_rest(r, ticket, &t, now_ms);
		return;
	}
	if (t.limit > 0) {
		change(b, 0, now_ms);
		if (b->is_guessed)
			infer_window(b, &t);
		infer_kind(b, ticket, &t);
		b->even_per_ms = t.limit / (double)b->window_ms;
		if (!b->is_fixed) {
			b->capacity = t.limit;
			b->per_ms = b->even_per_ms;
		}
	}
	change(b, 0, now_ms);
	if (t.remaining >= 0 && b->is_fixed)
		spread(r, b, ticket, t.remaining, now_ms);
	else if (t.remaining >= 0)
		reconcile(r, b, ticket, t.remaining, now_ms);
}

void rate_learn(struct rate *r, const struct rate_ticket *ticket, const struct rate_told *told,
	unsigned n, int64_t now_ms)
{
	if (n == 0 || ticket->nth <= r->told_n)
		return;
	r->told_n = ticket->nth;
	for (unsigned i = 0; i < n; i++)
		learn_one(r, ticket, told[i], now_ms);
}
