/* SPDX-License-Identifier: MIT */
/*
 * What counts against --retries, and what does not:
 *
 *   - "too fast" never: the pace says when, and a wait is a wait;
 *   - "too much at once", if the request was started beyond what is now the limit: that was the
 *     limiter's overshooting, not the record's bad luck; nor its first few times, whatever for;
 *   - no failure while the endpoint's breaker is not closed: the endpoint is down for everybody.
 * But if others were asked and answered between its failures, twice, and it may be its own doing (a
 *     prompt that crashes the server), it counts after all: else it would be tried for ever.
 *
 * A request whose trial of a half-open breaker failed goes behind all that have not tried as often:
 * a record that is itself the trouble must not keep the breaker open for the others.
 */
#include "engine/guilt.h"

#include "engine/triage.h"

enum {
	GUILTY_N = 2,        /* so many while others are answered speak against the request */
	REFUSALS_FREE_N = 4, /* so often it may find that there is too much to do */
};

void guilt_note(const struct sched *s, const struct flight *f, enum outcome outcome, int64_t now_ms)
{
	struct request *q = f->request;
	bool may_be_own = triage_of(outcome)->may_be_own && f->attempt->sends_n > 0;
	bool was_other = q->faults_n > 0 && s->good_start_ms > q->failed_ms;
	q->guilty_n += may_be_own && was_other;
	q->failed_ms = now_ms;
}

bool guilt_is_excused(const struct sched *s, const struct flight *f, enum outcome outcome)
{
	const struct request *q = f->request;
	const struct triage *t = triage_of(outcome);
	if (t->trouble == TROUBLE_PERMANENT || t->trouble == TROUBLE_DOUBTFUL)
		return false;
	/* Who wants no second try at all wants none in an outage either. */
	if (s->opts->retry.retries == 0)
		return false;
	if (outcome == OUTCOME_CAPACITY &&
		(q->refusals_n <= REFUSALS_FREE_N || gates_overshot(f->gates, &f->pass)))
		return true;
	return f->gates->breaker.state != BREAKER_CLOSED && q->guilty_n < GUILTY_N;
}

bool guilt_was_trial(const struct flight *f)
{
	const struct breaker *b = &f->gates->breaker;
	return b->state == BREAKER_OPEN && b->opened_n > 1 &&
		f->pass.breaker.generation + 1 == b->generation;
}
