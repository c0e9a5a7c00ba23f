/* SPDX-License-Identifier: MIT */
/* What who watches the run is shown: that it is true, and that it tells why it is not faster. */
#include "check_views.h"

#include "check_seen.h"
#include "fakes.h"

enum { VIEW_MS = 1000 };

static struct {
	uint64_t views_n, held_n[HOLDS_N];
	uint64_t settled_n;
	int64_t next_ms;
} shown;

int64_t check_views_begin(void)
{
	const struct scenario_goal *g = &world.scenario->goal;
	memset(&shown, 0, sizeof shown);
	shown.next_ms = world.now_ms + VIEW_MS;
	/* Each look is a turn of the loop: where shares are counted, seeds stay as they were. */
	return g->percent > 0 && g->held_percent <= 0 ? INT64_MAX : VIEW_MS;
}

int64_t check_view(void *who, const struct view *v)
{
	(void)who;
	LAW(v->now_ms <= shown.next_ms + LATE_MS, "who watches looks %lld ms late",
		(long long)(v->now_ms - shown.next_ms));
	LAW(v->stats->read_n == seen.given_n, "%llu records are shown as read, not %llu",
		NUMBER(v->stats->read_n), NUMBER(seen.given_n));
	LAW(v->in_flight == seen.in_flight, "%u requests are shown in flight, not %lld",
		v->in_flight, (long long)seen.in_flight);
	LAW(v->in_flight <= v->limit && v->limit <= v->jobs, "%u of %u of %u in flight",
		v->in_flight, v->limit, v->jobs);
	LAW(v->settled_n >= shown.settled_n && v->settled_n <= seen.given_n,
		"%llu records are shown as settled after %llu, of %llu", NUMBER(v->settled_n),
		NUMBER(shown.settled_n), NUMBER(seen.given_n));
	LAW(v->settled_n == stats_done_n(v->stats), "%llu records are shown as settled, not %llu",
		NUMBER(v->settled_n), NUMBER(stats_done_n(v->stats)));
	/* Of an input that broke off there is nothing to stop. */
	LAW(v->is_ending || !is_stopped(), "a run that ends is shown as one that goes on");
	LAW(!v->is_ending || is_stopped() || world.scenario->input.fails,
		"a run that goes on is shown as one that ends");
	LAW(v->hold < HOLDS_N && v->hold_ms >= -1 && v->hold_ms < NEVER / 2,
		"held by %d for %lld ms", (int)v->hold, (long long)v->hold_ms);
	LAW(v->hold != HOLD_RETRY || (v->hold_ms >= 0 && v->waiting_n > 0),
		"%zu requests wait for %lld ms", v->waiting_n, (long long)v->hold_ms);
	LAW(v->hold != HOLD_INPUT || fake_reader_ready() == 0, "waits for input that is there");
	LAW(v->hold != HOLD_BREAKER || (v->hold_at != NULL) == (world.endpoints_n > 1),
		"paused at %s", v->hold_at ? v->hold_at : "nothing");
	shown.settled_n = v->settled_n;
	shown.next_ms = v->now_ms + VIEW_MS;
	shown.views_n++;
	shown.held_n[v->hold]++;
	return VIEW_MS;
}

void check_views_end(void)
{
	const struct scenario_goal *g = &world.scenario->goal;
	if (g->held_percent <= 0)
		return;
	double percent = shown.views_n == 0
		? 0
		: (double)shown.held_n[g->held_by] * 100 / (double)shown.views_n;
	LAW(percent >= g->held_percent,
		"of %llu views %.0f %% say what held it back (%d): jobs %llu, limit %llu, server %llu, rate %llu, breaker %llu, retry %llu, input %llu, output %llu, order %llu, last %llu, none %llu",
		NUMBER(shown.views_n), percent, (int)g->held_by, NUMBER(shown.held_n[HOLD_JOBS]),
		NUMBER(shown.held_n[HOLD_LIMIT]), NUMBER(shown.held_n[HOLD_SERVER]),
		NUMBER(shown.held_n[HOLD_RATE]), NUMBER(shown.held_n[HOLD_BREAKER]),
		NUMBER(shown.held_n[HOLD_RETRY]), NUMBER(shown.held_n[HOLD_INPUT]),
		NUMBER(shown.held_n[HOLD_OUTPUT]), NUMBER(shown.held_n[HOLD_ORDER]),
		NUMBER(shown.held_n[HOLD_LAST]), NUMBER(shown.held_n[HOLD_NONE]));
}
