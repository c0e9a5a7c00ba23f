/* SPDX-License-Identifier: MIT */
/*
 * Records come to their end in bursts: with -j 64 and answers that take 20 seconds, 64 of them
 * every 20 seconds. Counting what the last 30 seconds have brought would tell one burst now and two
 * then, and an end that jumps by as much. So the rate is measured from one moment at which more was
 * done to another: from the last that is 30 seconds ago to the latest. Silence since then counts
 * only where it is longer than any before it in that time; for the end, together with what is known
 * to be waited for yet.
 *
 * Records that were answered already cost nothing. Those still to come are expected to be answered
 * already as often as those of late, so that a run that goes on with an earlier one soon knows what
 * the rest costs, and one whose answers are scattered over the input does, too.
 */
#include "ui/progress_figures.h"

enum { WINDOW_MS = 30000, MARK_MS = 500, TOLD_BY_N = 5 };

/* What happened between two moments. */
struct stretch {
	double ms;
	double wait_ms; /* with what is known to be waited for yet */
	double settled, bytes, skipped;
};

static const struct progress_mark *mark_at(const struct progress *p, unsigned age)
{
	return &p->marks[(p->next + PROGRESS_MARKS_N - 1 - age) % PROGRESS_MARKS_N];
}

static void put_mark(struct progress *p, struct progress_mark mark)
{
	p->marks[p->next] = mark;
	p->next = (p->next + 1) % PROGRESS_MARKS_N;
	p->marks_n += p->marks_n < PROGRESS_MARKS_N;
}

static struct progress_mark mark_of(const struct view *view)
{
	return (struct progress_mark){ .at_ms = view->now_ms,
		.settled_n = view->settled_n,
		.settled_bytes = view->settled_bytes,
		.skipped_n = view->stats->skipped_n };
}

void progress_mark(struct progress *p, const struct view *view)
{
	if (p->marks_n == 0)
		put_mark(p, (struct progress_mark){ .at_ms = view->started_ms });
	const struct progress_mark *last = mark_at(p, 0);
	if (view->settled_n > last->settled_n && view->now_ms - last->at_ms >= MARK_MS)
		put_mark(p, mark_of(view));
}

static double grown(uint64_t now, uint64_t before)
{
	return now > before ? (double)(now - before) : 0;
}

static int64_t longer(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static double above_0(double ms)
{
	return ms > 0 ? ms : 0;
}

/* How long nothing will happen, as far as that is known. */
static double wait_of(const struct view *view)
{
	return above_0((double)view->hold_ms);
}

/* What happened of late; false if nothing has for too long, or nothing is known. */
static bool look_back(const struct progress *p, const struct view *view, struct stretch *lately)
{
	if (p->marks_n == 0)
		return false;
	unsigned age = 0;
	struct progress_mark last = *mark_at(p, 0);
	int64_t gap = 0;
	if (view->settled_n > last.settled_n) {
		gap = view->now_ms - last.at_ms;
		last = mark_of(view);
	} else {
		age = 1;
	}
	const struct progress_mark *base = &last;
	for (; age < p->marks_n; age++) {
		const struct progress_mark *next = base;
		base = mark_at(p, age);
		gap = longer(gap, next->at_ms - base->at_ms);
		if (view->now_ms - base->at_ms >= WINDOW_MS)
			break;
	}
	int64_t silence = view->now_ms - last.at_ms;
	if (base == &last || (silence > WINDOW_MS && silence > 2 * gap))
		return false;
	double moving_ms = (double)(last.at_ms - base->at_ms), still_ms = (double)(silence - gap);
	*lately = (struct stretch){
		.ms = moving_ms + above_0(still_ms),
		.wait_ms = moving_ms + above_0(still_ms + wait_of(view)),
		.settled = grown(last.settled_n, base->settled_n),
		.bytes = grown(last.settled_bytes, base->settled_bytes),
		.skipped = grown(last.skipped_n, base->skipped_n),
	};
	return lately->ms > 0 && lately->settled > 0;
}

/* How many --total says there will be, unless there are more already. */
static uint64_t total_of(const struct progress *p, const struct view *view)
{
	uint64_t total_n = p->opts.total_n;
	return view->settled_n > total_n || view->stats->read_n > total_n ? 0 : total_n;
}

static double share_of(const struct view *view, uint64_t total_n)
{
	if (total_n > 0)
		return (double)view->settled_n / (double)total_n;
	if (view->input_bytes == 0)
		return -1;
	double share = (double)view->settled_bytes / (double)view->input_bytes;
	return share < 1 ? share : 1;
}

/* How long the rest takes, if it goes as it went lately. */
static int64_t eta_of(
	const struct view *view, const struct stretch *lately, const struct progress_figures *f)
{
	bool is_counted = f->total_n > 0;
	double done = is_counted ? (double)view->settled_n : (double)view->settled_bytes;
	double moved = is_counted ? lately->settled : lately->bytes;
	if (moved <= 0 || f->share <= 0)
		return -1;
	double ms = (done / f->share - done) / moved * lately->wait_ms;
	return ms < 0x1p62 ? (int64_t)(ms + 0.5) : -1;
}

/* What all will have cost, if the rest costs as much each as what was asked. */
static int64_t cost_forecast_of(const struct view *view, const struct stretch *lately, double share)
{
	const struct stats *s = view->stats;
	double asked = grown(view->settled_n, s->skipped_n);
	/* What is on its way has been paid in part. */
	double under_way = (double)view->in_flight + (double)view->waiting_n;
	if (share <= 0 || asked < TOLD_BY_N || asked < under_way || s->unpriced_n > 0)
		return -1;
	double left = (double)view->settled_n * (1 - share) / share;
	if (lately)
		left *= 1 - lately->skipped / lately->settled;
	double cost = (double)s->cost + (left > 0 ? left : 0) * (double)s->cost / asked;
	return cost < 0x1p62 ? (int64_t)(cost + 0.5) : -1;
}

struct progress_figures progress_figure(const struct progress *p, const struct view *view)
{
	uint64_t total_n = total_of(p, view);
	struct progress_figures f = { .total_n = total_n,
		.share = share_of(view, total_n),
		.records_per_s = -1,
		.eta_ms = -1,
		.cost = -1,
		.cost_forecast = -1 };
	struct stretch lately;
	bool moves = look_back(p, view, &lately);
	if (moves)
		f.records_per_s = lately.settled * 1000 / lately.ms;
	else if (view->settled_n > 0)
		f.records_per_s = 0;
	if (view->stats->cost_source && view->stats->cost >= 0)
		f.cost = view->stats->cost;
	/* What landed after all says nothing of how fast it was. */
	if (view->is_ending && p->has_ended)
		f.records_per_s = -1;
	/* A run that is stopped does not come to the end of its input. */
	if (view->is_ending)
		return f;
	if (moves && view->settled_n >= TOLD_BY_N)
		f.eta_ms = eta_of(view, &lately, &f);
	if (f.share >= 1)
		f.eta_ms = 0;
	if (f.cost >= 0)
		f.cost_forecast = cost_forecast_of(view, moves ? &lately : NULL, f.share);
	return f;
}
