/* SPDX-License-Identifier: MIT */
#include "engine/look.h"

#include "engine/hold.h"

void look_begin(struct pipeline *p)
{
	const struct watch *w = &p->rooms->watch;
	p->look_ms = w->look && w->first_ms != INT64_MAX ? p->now_ms + w->first_ms : INT64_MAX;
}

void look_sum_up(struct pipeline *p)
{
	struct stats *s = p->rooms->stats;
	s->requests_n = p->sched.requests_n;
	s->retries_n = p->sched.retries_n;
	s->splits_n = p->sched.packs.splits_n;
	s->hits_n = p->sched.recall.hits_n;
	s->refusals_n = p->sched.recall.refusals_n;
	s->shared_n = p->sched.same.joined_n;
	s->traffic = p->sched.traffic;
	s->wall_ms = p->now_ms - p->started_ms;
	spend_sum_up(&p->sched.spend, s);
	s->is_all_read = !p->verdict->input_failed && (p->phase == RUNNING || p->was_all_read);
	s->has_groups = p->rooms->fold != NULL;
	s->cuts_n = p->sched.cuts_n;
	if (s->has_groups) {
		s->dropped_n = fold_dropped_n(p->rooms->fold);
		s->cuts_n += fold_cuts_n(p->rooms->fold);
	}
}

/* What holds the run back where no request is ready. */
static enum hold hold_of_rooms(const struct pipeline *p)
{
	const struct sched *s = &p->sched;
	size_t alive_n = (size_t)(p->entered_n - p->left_n);
	bool is_full = alive_n >= p->window || p->alive_bytes >= p->opts->window_bytes;
	bool is_read = reader_is_done(p->rooms->reader);
	if (s->recall.sought_n + p->storing.n > s->flights_n)
		return HOLD_CACHE;
	if (is_full && p->order.held > 0)
		return HOLD_ORDER;
	if (s->queue.waiting.len > 0 && s->flights_n == 0)
		return HOLD_RETRY;
	if (is_read)
		return s->flights_n > 0 ? HOLD_LAST : HOLD_NONE;
	return is_full || reader_has_records(p->rooms->reader) ? HOLD_NONE : HOLD_INPUT;
}

/* Why the run is not faster. */
static struct held hold_of(const struct pipeline *p)
{
	const struct sched *s = &p->sched;
	struct held h = { .by = HOLD_NONE, .ms = -1 };
	if (p->phase != RUNNING) {
		h.by = HOLD_END;
		if (p->grace_end_ms != INT64_MAX)
			h.ms = p->grace_end_ms - p->now_ms;
	} else if (writer_room(p->rooms->writer) == 0) {
		h.by = HOLD_OUTPUT;
	} else if (s->flights_n >= (uint64_t)s->opts->jobs) {
		h.by = HOLD_JOBS;
	} else if (s->queue.ready_n > 0) {
		h = hold_ready(s, p->now_ms);
	} else {
		h.by = hold_of_rooms(p);
		if (h.by == HOLD_RETRY)
			h.ms = queue_next_ms(&s->queue) - p->now_ms;
	}
	return h;
}

/* The view of a run in which nothing is on its way. */
static struct view view_of(const struct pipeline *p)
{
	return (struct view){
		.stats = p->rooms->stats,
		.now_ms = p->now_ms,
		.started_ms = p->started_ms,
		.settled_n = p->settled_n,
		.settled_bytes = p->settled_bytes,
		.input_bytes = reader_input_bytes(p->rooms->reader),
		.limit = (unsigned)p->opts->sched.jobs,
		.jobs = (unsigned)p->opts->sched.jobs,
		.hold = HOLD_NONE,
		.hold_ms = -1,
		.is_ending = p->phase != RUNNING || p->verdict->input_failed,
		.has_packs = p->opts->sched.pack.is_on,
	};
}

/* Has the watcher look now; gives after how long he wants to again. */
static int64_t look(struct pipeline *p, bool is_asked)
{
	const struct watch *w = &p->rooms->watch;
	look_sum_up(p);
	struct held h = hold_of(p);
	struct view view = view_of(p);
	view.in_flight = p->sched.flights_n;
	view.limit = hold_limit(&p->sched, p->now_ms);
	view.waiting_n = p->sched.queue.waiting.len;
	view.hold = h.by;
	view.hold_ms = h.ms;
	view.hold_at = h.at;
	view.is_asked = is_asked;
	return w->look(w->who, &view);
}

void look_out(struct pipeline *p)
{
	if (p->now_ms < p->look_ms)
		return;
	int64_t next_ms = look(p, false);
	p->look_ms = next_ms == INT64_MAX ? INT64_MAX : p->now_ms + next_ms;
}

void look_asked(struct pipeline *p)
{
	if (p->rooms->watch.look)
		look(p, true);
}

void look_last(struct pipeline *p)
{
	const struct watch *w = &p->rooms->watch;
	if (p->look_ms == INT64_MAX)
		return;
	const struct view view = view_of(p);
	w->look(w->who, &view);
}
