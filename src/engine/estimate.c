/* SPDX-License-Identifier: MIT */
/*
 * A stand-in tells by two things what it is: no server has a status for it, which every answer has,
 * one from the cache too; and its usage says how many tokens of output the answer may have at most.
 * A prompt that holds it would have as many tokens more as that is longer, each time it holds it.
 */
#include "engine/estimate.h"

#include "api/input_tokens.h"
#include "base/hash.h"
#include "base/money.h"
#include "base/xalloc.h"
#include "engine/flight.h"
#include "engine/fold_group.h"
#include "engine/sched.h"
#include "engine/stand_in.h"
#include "json/text.h"
#include "json/walk.h"
#include "work/record.h"
#include "work/request.h"
#include "work/tokens.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Of tokens, that nobody knows how many. */
#define UNKNOWN INT64_C(-1)

/* What one request is. */
struct weight {
	double input;       /* tokens, about */
	int64_t input_most; /* with the answers that it holds as long as they may be; or UNKNOWN */
	int64_t output;     /* tokens, at most; or UNKNOWN */
	bool is_rough;      /* it holds a stand-in */
};

static int64_t rounded(double tokens)
{
	return (int64_t)(tokens + 0.5);
}

/* what it holds */

static bool is_stand_in(const struct call *c)
{
	return c->is_settled && c->error == ERROR_NONE && c->attempt.status == 0;
}

static void add_most(struct weight *w, int64_t more)
{
	w->input_most = more < 0 || w->input_most < 0 ? UNKNOWN : money_plus(w->input_most, more);
}

/* Adds what the request would have more if an answer in it were as long as it may be. */
static void add_stand_in(struct weight *w, const struct answer *answer, int64_t times)
{
	struct span words = answer->value.at ? answer->value : answer->text;
	int64_t most = answer->usage.output, is = rounded(tokens_estimate(words));
	w->is_rough = true;
	if (most < 0)
		add_most(w, UNKNOWN);
	else if (most > is)
		add_most(w, money_times(most - is, times));
}

/* Adds the answers of a step that the request's step needs. */
static void add_need(
	struct weight *w, const struct step *step, const struct step *need, const struct stage *has)
{
	int64_t uses = stand_in_uses(step, need);
	if (has->state != STAGE_ANSWERED)
		return;
	for (unsigned i = 0; i < has->calls_n; i++)
		if (is_stand_in(&has->calls[i]) && (step_is_list(need) || i == has->chosen))
			add_stand_in(w, &has->calls[i].answer, uses);
}

/* Of a pack of answers only their number is known, and that the request's own may be as long. */
static void add_pack(struct weight *w, const struct fold_pack *pack)
{
	if (pack->level == 0)
		return;
	w->is_rough = true;
	if (w->output < 0)
		add_most(w, UNKNOWN);
	else if (w->output > STAND_IN_TOKENS)
		add_most(w, money_times(w->output - STAND_IN_TOKENS, pack->items.items_n));
}

static void add_answers(const struct sched *s, const struct request *q, struct weight *w)
{
	const struct plan *plan = s->rooms.plan;
	const struct call *call = request_first(q);
	const struct record *r = call->record;
	const struct step *step = &plan->steps[call->step];
	for (unsigned i = 0; i < step->needs_n; i++)
		add_need(w, step, &plan->steps[step->needs[i]], &r->stages[step->needs[i]]);
	if (r->owner)
		add_pack(w, r->owner);
	/* Longer than that it is never sent. */
	if (step->max_input_tokens > 0 && w->is_rough && rounded(w->input) < w->input_most &&
		w->input_most > step->max_input_tokens)
		w->input_most = step->max_input_tokens > rounded(w->input) ? step->max_input_tokens
									   : rounded(w->input);
}

/* weighing */

/* Of a pack the texts are what is paid, those apart that were asked for before. */
static double weigh_texts(struct estimate *e, const struct request *q, unsigned *texts_n)
{
	double tokens = 0;
	*texts_n = 0;
	for (struct list_node *at = q->items.next; at != &q->items; at = at->next) {
		struct item *item = LIST_ENTRY(at, struct item, link);
		if (item->has_key && estimate_seen_put(&e->seen, &item->key)) {
			e->repeats_n += item->calls_n;
			continue;
		}
		tokens += item_tokens(item);
		++*texts_n;
	}
	return tokens;
}

static double weigh_body(const struct request *q)
{
	/* With a file's picture flight_weigh knows more than can be seen. */
	return q->picture_bytes > 0 ? q->estimate
				    : input_tokens_estimate(buf_span(&q->attempt.body));
}

/* Says which model is asked, where only the record does: its price may be known. */
static void find_model(struct request *q)
{
	struct span body = buf_span(&q->attempt.body);
	if (!q->is_pack && !q->attempt.endpoint->model)
		q->answer.model = json_text_of(json_member(body, SPAN("model")));
}

/* counting */

static char *name_of_model(const struct request *q)
{
	const char *name = q->attempt.endpoint->model;
	struct span own = q->answer.model;
	return name ? xstrdup(name) : own.at ? xmemdup(own.at, own.n) : NULL;
}

/* What a request costs: what is longest and dearest of the answer, at the usual tier. */
static int64_t cost_most(const struct price *price, const struct weight *w)
{
	struct usage all = { .input = w->input_most, .output = w->output };
	struct usage reasoning = all;
	reasoning.reasoning = w->output;
	int64_t plain = price_of(price, &all), thought = price_of(price, &reasoning);
	return plain > thought ? plain : thought;
}

static void count_cost(struct estimate *e, struct estimate_sum *sum, const struct request *q,
	const struct weight *w, const struct price *price)
{
	const struct usage input = { .input = rounded(w->input) };
	int64_t in = price_of(price, &input), most = cost_most(price, w);
	if (in < 0 && !e->unpriced)
		e->unpriced = name_of_model(q);
	if (sum->requests_n == 0 || sum->source != PRICE_UNKNOWN)
		sum->source = in < 0 ? PRICE_UNKNOWN : price->source;
	sum->unpriced_n += in < 0;
	sum->no_most_n += most < 0;
	sum->cost_in = in < 0 ? sum->cost_in : money_plus(sum->cost_in, in);
	sum->cost_most = most < 0 ? sum->cost_most : money_plus(sum->cost_most, most);
}

static void count(struct sched *s, struct request *q, const struct weight *w)
{
	struct estimate *e = s->rooms.estimate;
	struct estimate_sum *sum = &e->pools[q->pool];
	count_cost(e, sum, q, w, spend_price(&s->spend, &q->attempt, &q->answer));
	sum->requests_n++;
	sum->shared_n += q->calls_n - (q->is_pack ? q->items_n : 1);
	sum->rough_n += w->is_rough;
	sum->input += w->input;
	sum->unbounded_n += w->output < 0;
	sum->output = w->output < 0 ? sum->output : money_plus(sum->output, w->output);
}

/* True if the request is counted: nobody in this run has asked the same before. */
static bool weigh(struct sched *s, struct request *q, struct weight *w)
{
	struct estimate *e = s->rooms.estimate;
	unsigned texts_n = 1;
	flight_weigh(q);
	find_model(q);
	w->output = spend_most_output(&q->attempt, spend_price(&s->spend, &q->attempt, &q->answer));
	w->input = q->is_pack ? weigh_texts(e, q, &texts_n) : weigh_body(q);
	w->input_most = rounded(w->input);
	add_answers(s, q, w);
	if (q->has_key && estimate_seen_put(&e->seen, &q->key)) {
		e->repeats_n += q->calls_n;
		texts_n = 0;
	}
	return texts_n > 0;
}

/* settling */

/* A pack of answers holds two at least, or a tree would have no end. */
static int64_t tokens_of(const struct sched *s, const struct request *q, const struct weight *w)
{
	const struct record *r = request_first(q)->record;
	int64_t tokens = stand_in_tokens(s->rooms.plan, q->step, w->output);
	if (!r->owner)
		return tokens;
	const struct fold_room *room = &fold_group_of(r)->tree.room;
	if (!room->is_bounded)
		return tokens;
	int64_t half = (int64_t)(room->tokens / (2 * room->times)) - 1;
	return half < 1 ? 1 : half < tokens ? half : tokens;
}

/* Who asks the very same gets the very same: then later steps ask the same, too. */
static uint64_t mark_of(const struct request *q)
{
	uint64_t mark;
	if (!q->has_key)
		return hash_bytes(buf_span(&q->attempt.body), 0);
	memcpy(&mark, q->key.bytes, sizeof mark);
	return mark;
}

static void settle(struct sched *s, struct request *q, const struct weight *w)
{
	struct answer *a = &q->answer;
	const struct plan *plan = s->rooms.plan;
	bool is_value = plan->steps[q->step].schema || plan->batch != BATCH_NONE;
	const struct stand_in like = { tokens_of(s, q, w), mark_of(q) };
	answer_release(a);
	answer_init(a, OUTCOME_ANSWERED);
	buf_init(&a->own, STAND_IN_MAX_BYTES);
	if (q->is_pack)
		a->text = SPAN("");
	else if (is_value)
		stand_in_put_value(&a->own, plan, q->step, &like);
	else
		stand_in_put_words(&a->own, &like);
	if (!q->is_pack)
		*(is_value ? &a->value : &a->text) = buf_span(&a->own);
	a->usage.output = w->output;
	sched_settle(s, q, ERROR_NONE, NULL);
}

void estimate_take(struct sched *s, struct request *q)
{
	struct weight w = { 0 };
	struct fault fault;
	const struct gates *g = pool_first(&s->pool, q->pool, q->tier);
	assert(g);
	if (!flight_render(s, q, g, &fault)) {
		sched_settle(s, q, fault.code, xstrdup(fault.msg));
		return;
	}
	s->cuts_n += q->is_cut;
	q->attempt.endpoint = g->endpoint;
	if (weigh(s, q, &w))
		count(s, q, &w);
	settle(s, q, &w);
}

void estimate_release(struct estimate *e)
{
	free(e->unpriced);
	e->unpriced = NULL;
	estimate_seen_release(&e->seen);
}
