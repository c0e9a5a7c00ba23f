/* SPDX-License-Identifier: MIT */
/*
 * Each stage that is blocked counts the needs it still waits for; a stage that ends counts down
 * those of its dependants, or takes them along if it has failed. So every wanted stage comes to an
 * end once the open ones have, whatever the graph, and nobody walks it more than once.
 */
#include "work/progress.h"

#include "base/xalloc.h"
#include "json/compact.h"
#include "json/text.h"
#include "json/walk.h"
#include "work/vote.h"

#include <assert.h>
#include <stdlib.h>

#define BIT(i) (UINT64_C(1) << (i))

/* The steps without which a field that is missing cannot be had, those that are there apart. */
static uint64_t wanted_steps(const struct plan *plan, uint64_t has_steps)
{
	uint64_t wanted = 0, fresh = 0;
	for (unsigned i = 0; i < plan->steps_n; i++)
		if (plan->steps[i].is_emitted)
			fresh |= BIT(i) & ~has_steps;
	while (fresh) {
		wanted |= fresh;
		uint64_t needs = 0;
		for (unsigned i = 0; i < plan->steps_n; i++)
			for (unsigned n = 0; (fresh & BIT(i)) && n < plan->steps[i].needs_n; n++)
				needs |= BIT(plan->steps[i].needs[n]);
		fresh = needs & ~has_steps & ~wanted;
	}
	return wanted;
}

/* How many of the step's needs the record has not got. */
static unsigned waits_of(const struct step *step, uint64_t has_steps)
{
	unsigned n = 0;
	for (unsigned i = 0; i < step->needs_n; i++)
		n += !(has_steps & BIT(step->needs[i]));
	return n;
}

bool progress_begin(struct record *r, const struct plan *plan, uint64_t has_steps)
{
	/* Of steps that nobody has, every one is wanted: plan_link refuses what is of no use. */
	uint64_t wanted = has_steps ? wanted_steps(plan, has_steps) : UINT64_MAX;
	record_add_stages(r, plan->steps_n);
	for (unsigned i = 0; i < plan->steps_n; i++) {
		struct stage *s = &r->stages[i];
		if (has_steps & BIT(i))
			s->state = STAGE_GIVEN;
		else if (!(wanted & BIT(i)))
			s->state = STAGE_UNWANTED;
		else
			s->waits_n = waits_of(&plan->steps[i], has_steps);
	}
	if (!wanted)
		r->fate = FATE_SKIPPED;
	return !wanted;
}

static bool may_open(const struct stage *s)
{
	return s->state == STAGE_BLOCKED && s->waits_n == 0;
}

struct stage *progress_open(struct record *r, const struct plan *plan)
{
	unsigned i = 0;
	while (i < r->stages_n && !may_open(&r->stages[i]))
		i++;
	if (i == r->stages_n)
		return NULL;
	struct stage *s = &r->stages[i];
	record_add_calls(r, s, step_calls_n(&plan->steps[i]));
	s->state = STAGE_OPEN;
	s->open_n = s->calls_n;
	r->open_n++;
	return s;
}

/* True if the stage's end is known now that c has settled. */
static bool has_ended(const struct stage *s, const struct step *step, const struct call *c)
{
	if (s->open_n == 0 || (step->join == JOIN_FIRST && c->error == ERROR_NONE))
		return true;
	/* What is not asked because the run ends is no reason to cut off what is paid for. */
	return s->answered_n + s->open_n + s->cancelled_n < step_quorum(step);
}

static struct ballot ballot_of(const struct call *c, const struct step *step)
{
	const struct answer *a = &c->answer;
	if (!c->is_settled || c->error != ERROR_NONE)
		return (struct ballot){ 0 };
	if (step->has_vote_by)
		return (struct ballot){
			.value = a->value.at ? path_find(&step->vote_by, a->value) : a->value,
			.is_json = true,
		};
	return (struct ballot){
		.value = a->value.at ? a->value : a->text,
		.is_json = a->value.at != NULL,
	};
}

/* Counts the stage's votes. False if there was none. */
static bool elect(struct record *r, struct stage *s, const struct step *step)
{
	struct ballot *ballots = xcalloc(s->calls_n, sizeof *ballots);
	for (unsigned i = 0; i < s->calls_n; i++)
		ballots[i] = ballot_of(&s->calls[i], step);
	s->chosen = vote_count(ballots, s->calls_n, &s->tally);
	r->held_bytes += s->calls_n * (sizeof *s->tally.firsts + sizeof *s->tally.counts);
	free(ballots);
	return s->chosen < s->calls_n;
}

/* True if enough were answered, and the one that counts, if it is one, is chosen. */
static bool is_joined(
	struct record *r, struct stage *s, const struct step *step, const struct call *last)
{
	if (s->answered_n < step_quorum(step))
		return false;
	if (step->join == JOIN_VOTE)
		return elect(r, s, step);
	s->chosen = step->join == JOIN_FIRST ? last->index : 0;
	return true;
}

/*
 * The call by which a failed stage is explained: one that failed, rather not because we stopped it;
 * of a vote for which none failed, one that was answered and did not vote.
 */
static unsigned blamed(const struct stage *s, unsigned quorum)
{
	unsigned cancelled = s->calls_n, answered = s->calls_n;
	for (unsigned i = s->calls_n; i-- > 0;) {
		const struct call *c = &s->calls[i];
		if (c->is_settled && c->error == ERROR_CANCELLED)
			cancelled = i;
		else if (c->is_settled && c->error == ERROR_NONE)
			answered = i;
	}
	if (s->answered_n >= quorum)
		return answered;
	/* With more to spend they may do. */
	for (unsigned i = 0; i < s->calls_n; i++)
		if (s->calls[i].error == ERROR_BUDGET)
			return i;
	for (unsigned i = 0; i < s->calls_n; i++)
		if (s->calls[i].error != ERROR_NONE && s->calls[i].error != ERROR_CANCELLED)
			return i;
	return cancelled;
}

static struct span words_of(const struct call *c)
{
	if (!c->is_settled || c->error != ERROR_NONE)
		return (struct span){ 0 };
	return c->answer.value.at ? c->answer.value : c->answer.text;
}

/* Appends the call's answer as JSON; null if there is none. */
static void put_answer(struct buf *out, const struct call *c)
{
	struct span words = words_of(c);
	if (!words.at) {
		buf_put_str(out, "null");
	} else if (c->answer.value.at) {
		json_compact(words, out);
	} else {
		buf_put_char(out, '"');
		buf_put_span(out, words);
		buf_put_char(out, '"');
	}
}

/* How many bytes put_answer appends at most, and a comma. */
static size_t answer_room(const struct call *c)
{
	return words_of(c).n + sizeof "null,";
}

static void put_list(struct stage *s)
{
	size_t room = sizeof "[]";
	for (unsigned i = 0; i < s->calls_n; i++)
		room += answer_room(&s->calls[i]);
	buf_init(&s->value, room);
	buf_reserve(&s->value, room);
	for (unsigned i = 0; i < s->calls_n; i++) {
		buf_put_char(&s->value, i ? ',' : '[');
		put_answer(&s->value, &s->calls[i]);
	}
	buf_put_char(&s->value, ']');
}

/* Writes down the value of a stage that was answered, where it is not the answer as it stands. */
static void put_value(struct record *r, struct stage *s, const struct step *step)
{
	const struct call *chosen = &s->calls[s->chosen];
	if (step_is_list(step)) {
		put_list(s);
	} else if (step->is_needed && words_of(chosen).at) {
		buf_init(&s->value, answer_room(chosen));
		buf_reserve(&s->value, answer_room(chosen));
		put_answer(&s->value, chosen);
	}
	if (!s->value.len)
		return;
	assert(!s->value.is_full);
	json_mend_surrogates(s->value.data, s->value.len);
	buf_shrink(&s->value);
	r->held_bytes += s->value.cap;
}

static bool is_needed_by(const struct step *step, unsigned other)
{
	for (unsigned i = 0; i < step->needs_n; i++)
		if (step->needs[i] == other)
			return true;
	return false;
}

/* Tells the stages that wait for that step what has become of it. */
static void tell(struct record *r, const struct plan *plan, unsigned step, bool has_value)
{
	for (unsigned i = 0; i < r->stages_n; i++) {
		struct stage *s = &r->stages[i];
		if (s->state != STAGE_BLOCKED || !is_needed_by(&plan->steps[i], step))
			continue;
		if (has_value) {
			s->waits_n--;
		} else {
			s->state = STAGE_UNRUN;
			tell(r, plan, i, false);
		}
	}
}

/* Calls that have settled, and of which we have yet to be told. */
static unsigned returning_n(const struct stage *s)
{
	unsigned n = s->open_n;
	for (unsigned i = 0; i < s->calls_n; i++)
		n -= !s->calls[i].is_settled;
	return n;
}

struct stage *progress_settle(struct call *c, const struct plan *plan)
{
	struct record *r = c->record;
	struct stage *s = &r->stages[c->step];
	const struct step *step = &plan->steps[c->step];
	assert(c->is_settled && s->open_n > 0);
	s->open_n--;
	/* What waits is to be small; one that is alone goes out at once. */
	if (r->stages_n > 1 || s->calls_n > 1)
		call_compact(c);
	r->held_bytes += call_weight(c);
	if (s->state == STAGE_OPEN) {
		s->answered_n += c->error == ERROR_NONE;
		s->cancelled_n += c->error == ERROR_CANCELLED;
		if (!has_ended(s, step, c))
			return NULL;
		bool has_value = is_joined(r, s, step, c);
		s->state = has_value ? STAGE_ANSWERED : STAGE_FAILED;
		if (has_value)
			put_value(r, s, step);
		else
			s->chosen = blamed(s, step_quorum(step));
		tell(r, plan, c->step, has_value);
		s->open_n = returning_n(s);
	} else if (s->open_n > 0) {
		return NULL;
	}
	r->open_n -= s->open_n == 0;
	return s;
}

bool progress_is_over(const struct record *r)
{
	if (r->open_n > 0)
		return false;
	for (unsigned i = 0; i < r->stages_n; i++)
		if (may_open(&r->stages[i]))
			return false;
	return true;
}

/* What a stage failed of, in words; where there was one call, its own. */
static char *explain(const struct stage *s, const struct step *step)
{
	struct call *c = &s->calls[s->chosen];
	char *message = c->answer.message;
	if (c->error == ERROR_NONE) {
		return step->has_vote_by
			? xasprintf("none of the answers (%u) has a value at \"%s\" to vote by",
				  s->answered_n, step->vote_by.text)
			: xasprintf("none of the answers (%u) has a text to vote with",
				  s->answered_n);
	}
	if (s->calls_n == 1) {
		c->answer.message = NULL;
		return message;
	}
	unsigned n = 0;
	for (unsigned i = 0; i < s->calls_n; i++)
		n += s->calls[i].error != ERROR_NONE &&
			(c->error == ERROR_CANCELLED || s->calls[i].error != ERROR_CANCELLED);
	return xasprintf("%u of %u calls failed: %s", n, s->calls_n,
		message ? message : error_code_name(c->error));
}

/* How often it was tried to get answers for the step. */
static unsigned attempts_of(const struct stage *s)
{
	unsigned n = 0;
	for (unsigned i = 0; i < s->calls_n; i++)
		n += s->calls[i].attempts_n;
	return n;
}

static void fail(struct record *r, const struct stage *s, const struct step *step)
{
	const struct call *c = &s->calls[s->chosen];
	enum error_code code = c->error == ERROR_NONE ? ERROR_SCHEMA_MISMATCH : c->error;
	record_fail(r, code, explain(s, step));
	r->failure.status = c->attempt.status;
	r->failure.attempts_n = attempts_of(s);
	r->failure.step = step->name;
	if (code == ERROR_TRUNCATED || code == ERROR_SCHEMA_MISMATCH)
		r->failure.partial = c->answer.text;
}

void progress_conclude(struct record *r, const struct plan *plan)
{
	assert(progress_is_over(r) && r->fate == FATE_OPEN);
	for (unsigned i = 0; i < r->stages_n; i++) {
		if (r->stages[i].state != STAGE_FAILED)
			continue;
		fail(r, &r->stages[i], &plan->steps[i]);
		return;
	}
	r->fate = FATE_ANSWERED;
}

struct span progress_value(const struct record *r, const struct plan *plan, unsigned step)
{
	const struct stage *s = &r->stages[step];
	if (s->state == STAGE_GIVEN)
		return json_member(r->value, span_of(plan->steps[step].name));
	if (s->state != STAGE_ANSWERED || !s->value.len)
		return (struct span){ 0 };
	return buf_span(&s->value);
}
