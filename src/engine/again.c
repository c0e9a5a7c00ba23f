/* SPDX-License-Identifier: MIT */
#include "engine/again.h"

#include "engine/guilt.h"
#include "engine/triage.h"
#include "engine/verify.h"

enum { FRESH_MS = 2000 }; /* so long a success says that the endpoint works */

/* True if the request is ready or waiting for another try now. */
static bool try_again(struct sched *s, struct flight *f, int64_t now_ms)
{
	struct request *q = f->request;
	enum outcome outcome = q->answer.outcome;
	enum trouble trouble = triage_of(outcome)->trouble;
	if (s->is_stopped)
		return false;
	guilt_note(s, f, outcome, now_ms);
	q->faults_n += trouble != TROUBLE_PACE;
	q->refusals_n += outcome == OUTCOME_CAPACITY;
	bool excused = guilt_is_excused(s, f, outcome);
	q->is_retry = retry_counts(trouble) && !excused;
	q->failures_n += q->is_retry;
	q->doubtful_n += trouble == TROUBLE_DOUBTFUL;
	const struct pool_want want = { .pool = q->pool, .tier = q->tier };
	const struct retry_case c = {
		.trouble = trouble,
		.failures_n = q->failures_n,
		.doubtful_n = q->doubtful_n,
		.refusals_n = outcome == OUTCOME_CAPACITY ? q->refusals_n : 0,
		.others_succeed = s->success_ms >= 0 && now_ms - s->success_ms < FRESH_MS,
		.has_elsewhere = pool_has_other(&s->pool, f->gates, &want, now_ms),
		.is_excused = excused,
		.advice = f->attempt->hint.should_retry,
	};
	int64_t wait_ms;
	if (!retry_decide(&s->opts->retry, &c, &s->rng, &wait_ms))
		return false;
	q->trials_n += guilt_was_trial(f) && !c.has_elsewhere;
	if (now_ms + wait_ms >= queue_deadline_ms(&s->queue, q))
		return false;
	q->failed_at = f->gates;
	sched_return(s, q, wait_ms, now_ms);
	return true;
}

/* True if the request can be answered elsewhere although this endpoint never will. */
static bool go_elsewhere(struct sched *s, const struct flight *f, int64_t now_ms)
{
	struct request *q = f->request;
	bool is_refused = q->answer.outcome == OUTCOME_QUOTA || q->answer.outcome == OUTCOME_AUTH ||
		q->answer.outcome == OUTCOME_NOT_FOUND;
	unsigned tier = q->tier;
	if (q->answer.outcome == OUTCOME_TOO_LONG)
		tier = pool_next_model(&s->pool, f->gates);
	else if (!is_refused || !gates_is_dead(f->gates))
		return false;
	if (s->is_stopped || tier < q->tier || !pool_can_serve(&s->pool, q->pool, tier))
		return false;
	if (q->answer.outcome == OUTCOME_TOO_LONG && tier == 0)
		return false;
	q->tier = tier;
	q->failed_at = f->gates;
	sched_return(s, q, 0, now_ms);
	return true;
}

bool again_in_other_words(struct sched *s, struct request *q, int64_t now_ms)
{
	const struct step *step = &s->rooms.plan->steps[q->step];
	bool grows = s->opts->on_truncate == TRUNCATE_GROWS;
	/* A request that is the record's own is not ours to change. */
	if (s->is_stopped || q->is_own_body ||
		!(verify_ask_again(q, step) || (grows && verify_grow(q, step))))
		return false;
	sched_return(s, q, 0, now_ms);
	return true;
}

/*
 * True if it was cut off at a deadline of a call, and just then another has joined that may wait
 * longer: for that one it is asked again at once, which is no failure.
 */
static bool go_on(struct sched *s, const struct flight *f, int64_t now_ms)
{
	struct request *q = f->request;
	const struct attempt *a = f->attempt;
	if (s->is_stopped || a->wire != WIRE_TIMEOUT || a->timeout_ms >= s->opts->timeout_ms ||
		queue_deadline_ms(&s->queue, q) <= now_ms)
		return false;
	sched_return(s, q, 0, now_ms);
	return true;
}

/* True if it is a pack that goes on in parts. */
static bool divide(struct sched *s, const struct flight *f, int64_t now_ms)
{
	struct request *q = f->request;
	enum outcome outcome = q->answer.outcome;
	bool is_trial = guilt_was_trial(f);
	if (!q->is_pack)
		return false;
	/* The parts have failed as often as the whole, which may be their own doing. */
	if (q->attempt.texts_n > 1 && q->attempt.sends_n > 0 &&
		(outcome == OUTCOME_TIMEOUT || (is_trial && triage_of(outcome)->may_be_own))) {
		guilt_note(s, f, outcome, now_ms);
		q->faults_n++;
	}
	return pack_divide(s, q, now_ms) || (is_trial && pack_divide_trial(s, q, now_ms));
}

bool again(struct sched *s, struct flight *f, int64_t now_ms)
{
	struct request *q = f->request;
	/* Calls may have left while it flew. */
	if (q->is_pack && q->items_n != q->attempt.texts_n)
		pack_change(q);
	return go_on(s, f, now_ms) || divide(s, f, now_ms) || again_in_other_words(s, q, now_ms) ||
		go_elsewhere(s, f, now_ms) || try_again(s, f, now_ms) ||
		(q->is_pack && pack_divide_last(s, q, now_ms));
}
