/* SPDX-License-Identifier: MIT */
/* The laws of endpoints: what may go to which of them, and when. */
#include "check_seen.h"

#include <math.h>

/* The longest that any policy of ours keeps all waiting without having been asked to. */
#define IDLE_MAX_MS 40000

#define MINUTE_MS 60000.0

bool gates_all_dead(void)
{
	for (unsigned i = 0; i < world.endpoints_n; i++)
		if (!seen.endpoints[i].is_dead)
			return false;
	return true;
}

/* Takes one from a bucket of one second's worth; what the clock ticked on meanwhile is forgiven. */
static void take(struct bucket *b, double per_ms, const char *what)
{
	double capacity = fmax(1, per_ms * 1000);
	double flown = (double)(world.now_ms - b->then_ms) * per_ms;
	if (per_ms <= 0)
		return;
	b->level = b->then_ms ? fmin(capacity, b->level + flown) : capacity;
	b->then_ms = world.now_ms;
	LAW(b->level >= 1 - per_ms * LATE_MS - 1e-6, "more requests start than %s lets", what);
	b->level -= 1;
}

static void check_rates(unsigned endpoint)
{
	const struct sched_opts *o = &world.opts.sched;
	const struct endpoint *e = &world.endpoints[endpoint];
	if (o->rate > 0)
		take(&seen.bucket, o->rate / (double)o->rate_window_ms, "--rate");
	take(&seen.endpoints[endpoint].bucket, (double)e->rpm / MINUTE_MS, "rpm=");
}

/* Where nothing ever went wrong and nothing is in flight, a request may go for sure. */
static bool is_surely_open(unsigned endpoint)
{
	const struct endpoint_track *e = &seen.endpoints[endpoint];
	return e->troubles_n == 0 && e->in_flight == 0 && world.endpoints[endpoint].rpm == 0;
}

static bool is_failure(enum reply_kind kind)
{
	return kind == REPLY_ERROR || kind == REPLY_REFUSED || kind == REPLY_DROP ||
		kind == REPLY_CUT || kind == REPLY_TIMEOUT;
}

/* A retry goes elsewhere if it can. */
static void check_elsewhere(const struct track *t, uint64_t seq, unsigned endpoint)
{
	if (t->starts_n == 0 || t->last.endpoint != endpoint || !is_failure(t->last.kind))
		return;
	for (unsigned i = 0; i < world.endpoints_n; i++)
		LAW(i == endpoint || world.endpoints[i].tier != world.endpoints[endpoint].tier ||
				!is_surely_open(i),
			"#%llu is asked again where it failed, though %u is idle", NUMBER(seq), i);
}

/* Has the tier earned that the next one is asked in its place? */
static bool is_away(unsigned tier)
{
	bool is_dead = true, is_silent = true, had_trouble = false, had_replies = false;
	for (unsigned i = 0; i < world.endpoints_n; i++) {
		const struct endpoint_track *e = &seen.endpoints[i];
		int64_t since_ms = e->success_ms ? e->success_ms : WORLD_BEGIN_MS;
		if (world.endpoints[i].tier != tier || e->is_dead)
			continue;
		is_dead = false;
		had_trouble |= e->others_n > 0;
		had_replies |= e->rates_n > 0;
		is_silent &=
			world.now_ms - since_ms >= world.opts.sched.fallback_after_ms - LATE_MS;
	}
	return is_dead || (is_silent && (had_trouble || !had_replies));
}

static void check_fallback(const struct track *t, uint64_t seq, unsigned endpoint)
{
	bool is_long = t->starts_n > 0 && t->last.kind == REPLY_TOO_LONG;
	for (unsigned tier = 0; tier < world.endpoints[endpoint].tier && !is_long; tier++)
		LAW(is_away(tier), "#%llu goes to a fallback without need", NUMBER(seq));
}

static void check_hedge(const struct track *t, uint64_t seq, unsigned endpoint)
{
	const struct hedge_opts *o = &world.opts.sched.hedge;
	if (t->flying_n == 0)
		return;
	LAW(t->flying_n < 2, "#%llu is asked about three times at a time", NUMBER(seq));
	LAW(o->delay_ms > 0 || o->percentile > 0, "#%llu is asked about twice at a time",
		NUMBER(seq));
	LAW(t->endpoint != endpoint, "#%llu is hedged where it is", NUMBER(seq));
	LAW(world.now_ms - t->begun_ms >= o->delay_ms - LATE_MS, "#%llu is hedged too early",
		NUMBER(seq));
	seen.hedged_n++;
}

void gates_start(const struct track *t, uint64_t seq, unsigned endpoint)
{
	struct endpoint_track *e = &seen.endpoints[endpoint];
	int64_t max = world.endpoints[endpoint].max;
	LAW(seen.in_flight < world.opts.sched.jobs, "more in flight than -j %lld",
		(long long)world.opts.sched.jobs);
	LAW(max == 0 || e->in_flight < max, "more in flight at %u than max=%lld", endpoint,
		(long long)max);
	LAW(!e->is_dead, "#%llu is asked about at %u, which said \"never\"", NUMBER(seq), endpoint);
	LAW(world.now_ms >= e->not_before_ms, "#%llu is asked about %lld ms before a Retry-After",
		NUMBER(seq), (long long)(e->not_before_ms - world.now_ms));
	check_hedge(t, seq, endpoint);
	check_elsewhere(t, seq, endpoint);
	check_fallback(t, seq, endpoint);
	check_rates(endpoint);
	e->in_flight++;
}

/* A failure is free if a breaker may have been open; it was not if there were but few. */
static bool is_sure(struct endpoint_track *e, const struct reply *reply)
{
	if (!is_failure(reply->kind)) {
		bool is_crowd = reply->kind == REPLY_UNAVAILABLE || reply->kind == REPLY_OVERLOADED;
		if (!is_crowd)
			return true;
	}
	e->failures_ms[e->failures_at++ % FAILURES_N] = world.now_ms;
	int64_t oldest_ms = e->failures_ms[e->failures_at % FAILURES_N];
	return is_failure(reply->kind) &&
		(oldest_ms == 0 || world.now_ms - oldest_ms > FAILURES_MS);
}

static bool can_serve(unsigned from_tier)
{
	for (unsigned i = 0; i < world.endpoints_n; i++)
		if (!seen.endpoints[i].is_dead && world.endpoints[i].tier >= from_tier)
			return true;
	return false;
}

/* It counts from when it came, and as soon as the engine has it. */
static void heed_hint(struct endpoint_track *e, const struct reply *reply)
{
	int64_t hint_ms = reply->hint_ms;
	int64_t end_ms = reply->end_ms + hint_ms;
	int64_t from_ms = e->not_before_ms > world.now_ms ? e->not_before_ms : world.now_ms;
	if (hint_ms < 0)
		return;
	if (end_ms > from_ms)
		seen.paused_ms += end_ms - from_ms;
	if (end_ms > e->not_before_ms) {
		e->not_before_ms = end_ms;
		e->hint_ms = hint_ms;
	}
}

void gates_finish(struct track *t, const struct reply *reply)
{
	struct endpoint_track *e = &seen.endpoints[reply->endpoint];
	const struct reply_law *law = &reply_laws[reply->kind];
	e->in_flight--;
	if (reply->kind == REPLY_CANCELLED)
		return;
	heed_hint(e, reply);
	t->sure_n += law->counts && is_sure(e, reply);
	if (reply->kind == REPLY_ANSWER || reply->kind == REPLY_LENGTH) {
		e->success_ms = world.now_ms;
		e->rates_n = e->others_n = 0;
		return;
	}
	e->troubles_n++;
	e->rates_n += reply->kind == REPLY_RATE;
	e->others_n += reply->kind != REPLY_RATE;
	bool can_go_on = false;
	if (law->is_deadly) {
		e->is_dead = true;
		seen.codes_dead |= 1U << law->error;
		can_go_on = can_serve(0);
	} else if (reply->kind == REPLY_TOO_LONG) {
		can_go_on = can_serve(world.endpoints[reply->endpoint].tier + 1);
	}
	t->is_final &= !can_go_on;
}

bool gates_are_open(void)
{
	const struct sched_opts *o = &world.opts.sched;
	if (!o->is_fixed || o->rate > 0 || o->tpm > 0 || kept_is_limited())
		return false;
	for (unsigned i = 0; i < world.endpoints_n; i++) {
		const struct endpoint *e = &world.endpoints[i];
		if (seen.endpoints[i].troubles_n > 0 || e->max || e->rpm || e->tpm)
			return false;
	}
	return true;
}

int64_t gates_latest_ms(void)
{
	int64_t latest_ms = world.now_ms;
	for (unsigned i = 0; i < world.endpoints_n; i++) {
		const struct endpoint_track *e = &seen.endpoints[i];
		int64_t end_ms = e->not_before_ms + e->hint_ms / 10;
		if (!e->is_dead && end_ms > latest_ms)
			latest_ms = end_ms;
	}
	return latest_ms + IDLE_MAX_MS;
}
