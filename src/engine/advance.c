/* SPDX-License-Identifier: MIT */
#include "engine/advance.h"

#include "base/xalloc.h"
#include "work/progress.h"

/* Asks for the calls of all steps that may begin now. */
static void open_steps(struct sched *s, struct record *r)
{
	struct stage *stage;
	while ((stage = progress_open(r, s->rooms.plan)))
		for (unsigned i = 0; i < stage->calls_n; i++)
			sched_put(s, &stage->calls[i]);
}

/* What a step that has ended still had asked for is of no use any more. */
static void drop_losers(struct sched *s, struct stage *stage)
{
	for (unsigned i = 0; i < stage->calls_n; i++) {
		struct call *call = &stage->calls[i];
		if (call->is_settled)
			continue;
		sched_drop(s, call);
		call_abandon(
			call, ERROR_CANCELLED, xstrdup("the step was over before its answer came"));
	}
}

bool advance_begin(struct sched *s, struct record *r, uint64_t has_steps)
{
	if (progress_begin(r, s->rooms.plan, has_steps))
		return true;
	open_steps(s, r);
	return false;
}

bool advance_settle(struct sched *s, struct call *call)
{
	const struct plan *plan = s->rooms.plan;
	struct record *r = call->record;
	struct stage *ended = progress_settle(call, plan);
	if (ended)
		drop_losers(s, ended);
	open_steps(s, r);
	if (!progress_is_over(r))
		return false;
	progress_conclude(r, plan);
	return true;
}

/* True if a call of the stage has settled, and comes out of the scheduler next. */
static bool is_returning(const struct stage *stage)
{
	unsigned asked_n = 0;
	for (unsigned i = 0; i < stage->calls_n; i++)
		asked_n += !stage->calls[i].is_settled;
	return stage->open_n > asked_n;
}

bool advance_abandon(struct sched *s, struct record *r)
{
	for (unsigned i = 0; i < r->stages_n; i++)
		if (is_returning(&r->stages[i]))
			return false;
	for (unsigned i = 0; i < r->stages_n; i++)
		drop_losers(s, &r->stages[i]);
	record_fail(r, ERROR_CANCELLED, xstrdup("its answer is of no use any more"));
	return true;
}
