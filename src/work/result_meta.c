/* SPDX-License-Identifier: MIT */
#include "work/result_meta.h"

#include "base/money.h"
#include "json/compact.h"
#include "json/text.h"
#include "work/result_part.h"

#include <limits.h>
#include <string.h>

/* What is put here is not checked piece by piece: the caller looks at is_full at the end. */

/* A call that is one of several may have been spared. */
static bool is_asked(const struct call *c)
{
	return c->attempts_n > 0 || c->is_shared || c->is_cached;
}

static bool is_stage_asked(const struct stage *s)
{
	for (unsigned i = 0; i < s->calls_n; i++)
		if (is_asked(&s->calls[i]))
			return true;
	return false;
}

bool result_has_meta(const struct record *r)
{
	for (unsigned i = 0; i < r->stages_n; i++)
		if (is_stage_asked(&r->stages[i]))
			return true;
	return false;
}

static void put_usage(struct buf *out, const struct usage *u)
{
	result_put_number(out, "\"usage\":{\"input\":", u->input);
	result_put_number(out, ",\"output\":", u->output);
	result_put_number(out, ",\"cached\":", u->cached);
	result_put_number(out, ",\"reasoning\":", u->reasoning);
	buf_put_char(out, '}');
}

/* What an API says in its own words: on one line, whatever the server's layout. */
static void put_raw(struct buf *out, const char *key, struct span json)
{
	if (!json.at)
		return;
	buf_put_str(out, key);
	json_compact(json, out);
}

/* Dollars, where it is known what an answer costs; "cost":null says that it is not. */
static void put_cost(struct buf *out, int64_t cost)
{
	buf_put_str(out, ",\"cost\":");
	if (cost < 0)
		buf_put_str(out, "null");
	else
		money_put(out, cost);
}

static void put_call(struct buf *out, const struct call *c)
{
	const struct endpoint *e = c->attempt.endpoint;
	struct span name = c->answer.endpoint;
	buf_put_str(out, "\"model\":");
	result_put_text(out, c->answer.model);
	buf_put_str(out, ",\"endpoint\":");
	json_put_string(out, name.at ? name : span_of(e ? e->name : ""));
	buf_put_str(out, ",\"finish\":\"");
	buf_put_str(out, finish_name(c->answer.finish));
	buf_put_str(out, "\",");
	put_usage(out, &c->answer.usage);
	put_cost(out, c->answer.cost);
	if (c->answer.cost_source) {
		buf_put_str(out, ",\"price_source\":");
		json_put_string(out, span_of(c->answer.cost_source));
	}
	result_put_number(out, ",\"attempts\":", c->attempts_n);
	if (c->was_sought)
		buf_put_str(out, c->is_cached ? ",\"cache\":\"hit\"" : ",\"cache\":\"miss\"");
	result_put_number(out, ",\"ms\":", c->attempt.ms);
	if (e && e->is_streamed)
		result_put_number(out, ",\"ttft_ms\":", c->attempt.first_byte_ms);
	if (c->is_shared)
		buf_put_str(out, ",\"shared\":true");
	put_raw(out, ",\"tool_calls\":", c->answer.tool_calls);
	put_raw(out, ",\"logprobs\":", c->answer.logprobs);
}

/* The sums of those that were asked; they ran at the same time, so the longest is how long. */
static void put_sums(struct buf *out, const struct stage *s)
{
	struct usage usage = { .input = -1, .output = -1, .cached = -1, .reasoning = -1 };
	int64_t attempts_n = 0, ms = 0, cost = 0;
	for (unsigned i = 0; i < s->calls_n; i++) {
		const struct call *c = &s->calls[i];
		/* Another call has paid what is shared, and has it in its sums. */
		if (!is_asked(c) || c->is_shared)
			continue;
		usage = usage_sum(usage, c->answer.usage);
		attempts_n += c->attempts_n;
		cost = cost_sum(cost, c->answer.cost);
		if (c->attempt.ms > ms)
			ms = c->attempt.ms;
	}
	put_usage(out, &usage);
	put_cost(out, cost);
	result_put_number(out, ",\"attempts\":", attempts_n);
	result_put_number(out, ",\"ms\":", ms);
}

/* What of a call's answer was its vote. */
static void put_vote(struct buf *out, const struct step *step, const struct answer *a)
{
	struct span voted = { 0 };
	if (step->has_vote_by && a->value.at)
		voted = path_find(&step->vote_by, a->value);
	if (voted.at)
		result_put_value(out, voted);
	else
		result_put_answer(out, a);
}

/* The largest count of votes below that; 0 = there is none. */
static unsigned most_votes(const struct tally *t, unsigned below)
{
	unsigned most = 0;
	for (unsigned i = 0; i < t->n; i++)
		if (t->counts[i] < below && t->counts[i] > most)
			most = t->counts[i];
	return most;
}

/* A tally is in the order of its first votes, so that equal counts stay in that of positions. */
static void put_tally(struct buf *out, const struct step *step, const struct stage *s)
{
	const struct tally *t = &s->tally;
	bool first = true;
	buf_put_str(out, ",\"tally\":[");
	for (unsigned n = UINT_MAX; (n = most_votes(t, n)) > 0;) {
		for (unsigned i = 0; i < t->n; i++) {
			if (t->counts[i] != n)
				continue;
			result_put_comma(out, &first);
			buf_put_str(out, "{\"value\":");
			put_vote(out, step, &s->calls[t->firsts[i]].answer);
			result_put_number(out, ",\"votes\":", n);
			buf_put_char(out, '}');
		}
	}
	buf_put_char(out, ']');
}

static void put_failure(struct buf *out, const struct call *c, const char *message)
{
	buf_put_str(out, "\"error\":{");
	result_put_error(out, c->error, message);
	buf_put_char(out, '}');
}

/* One of several: it is found by its place, so that each has one, even if it was never asked. */
static void put_one_of(struct buf *out, const struct call *c)
{
	if (!c->is_settled) {
		buf_put_str(out, "null");
		return;
	}
	buf_put_char(out, '{');
	if (c->error == ERROR_NONE) {
		put_call(out, c);
	} else {
		put_failure(out, c, c->answer.message);
		result_put_number(out, ",\"attempts\":", c->attempts_n);
	}
	buf_put_char(out, '}');
}

static void put_calls(struct buf *out, const struct step *step, const struct stage *s)
{
	put_sums(out, s);
	if (s->tally.n > 0)
		put_tally(out, step, s);
	buf_put_str(out, ",\"calls\":[");
	for (unsigned i = 0; i < s->calls_n; i++) {
		if (i)
			buf_put_char(out, ',');
		put_one_of(out, &s->calls[i]);
	}
	buf_put_char(out, ']');
}

static void put_stage(struct buf *out, const struct step *step, const struct stage *s)
{
	if (s->calls_n == 1)
		put_call(out, &s->calls[0]);
	else
		put_calls(out, step, s);
}

/*
 * A step of several: where more than one failed, this is the only place that says why. The words of
 * the one that the record failed of may have moved there.
 */
static void put_step(struct buf *out, const struct step *step, const struct stage *s)
{
	const struct call *c = &s->calls[0];
	buf_put_str(out, step->name_json);
	buf_put_str(out, ":{");
	if (s->calls_n == 1 && c->error != ERROR_NONE) {
		const struct failure *f = &c->record->failure;
		bool is_its = f->step && strcmp(f->step, step->name) == 0;
		put_failure(out, c, is_its ? f->message : c->answer.message);
		buf_put_char(out, ',');
	}
	put_stage(out, step, s);
	buf_put_char(out, '}');
}

void result_put_meta(struct buf *out, const struct record *r, const struct plan *plan)
{
	bool first = true;
	if (plan->steps_n == 1) {
		put_stage(out, &plan->steps[0], &r->stages[0]);
		return;
	}
	buf_put_str(out, "\"steps\":{");
	for (unsigned i = 0; i < r->stages_n; i++) {
		if (!is_stage_asked(&r->stages[i]))
			continue;
		result_put_comma(out, &first);
		put_step(out, &plan->steps[i], &r->stages[i]);
	}
	buf_put_char(out, '}');
}
