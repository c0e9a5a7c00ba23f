/* SPDX-License-Identifier: MIT */
#include "engine/spend.h"

#include "api/api.h"
#include "api/bounds.h"
#include "base/money.h"
#include "engine/flight.h"
#include "engine/gates.h"
#include "engine/stats.h"
#include "json/text.h"
#include "work/request.h"

#include <stddef.h>
#include <stdlib.h>

/* Vectors, ranks and the like are not made of tokens that are counted. */
static bool has_output(const struct attempt *a)
{
	return a->texts_n == 0 && bounds_have_output(a->api, a->path);
}

void spend_init(struct spend *s, const struct spend_opts *opts, const struct endpoint *endpoints)
{
	*s = (struct spend){ .opts = opts,
		.endpoints = endpoints,
		.usage = { -1, -1, -1, -1, 0, 0, TIER_USUAL },
		.blame = BUDGET_KINDS_N };
	if (opts)
		budget_init(&s->budget, &opts->limits);
}

bool spend_is_limited(const struct spend *s)
{
	return s->opts && budget_is_on(&s->budget);
}

bool spend_is_over(const struct spend *s)
{
	return s->blame != BUDGET_KINDS_N;
}

/* As they are: of a budget that is spent but for a little the rest matters. */
static void put_dollars(struct buf *out, int64_t amount)
{
	buf_put_char(out, '$');
	money_put(out, amount);
}

static void put_amount(struct buf *out, enum budget_kind kind, int64_t amount)
{
	if (kind == BUDGET_MONEY)
		put_dollars(out, amount);
	else
		buf_put_int(out, amount);
}

void spend_explain(const struct spend *s, struct buf *out)
{
	static const struct {
		const char *option, *unit;
	} names[] = {
		[BUDGET_MONEY] = { "--max-cost", "" },
		[BUDGET_TOKENS] = { "--max-total-tokens", " tokens" },
		[BUDGET_REQUESTS] = { "--max-requests", " requests" },
	};
	enum budget_kind kind = s->blame;
	buf_put_str(out, names[kind].option);
	buf_put_str(out, " reached: of ");
	put_amount(out, kind, s->budget.max.of[kind]);
	buf_put_str(out, names[kind].unit);
	buf_put_str(out, ", ");
	put_amount(out, kind, s->budget.spent.of[kind]);
	buf_put_str(out, " are spent");
	if (kind == BUDGET_REQUESTS)
		return;
	if (s->unseen_n > 0) {
		buf_put_str(out, " (");
		put_amount(out, kind, s->unseen.of[kind]);
		buf_put_str(out, " of it for attempts that may have been billed: ");
		buf_put_int(out, (int64_t)s->unseen_n);
		buf_put_char(out, ')');
	}
	buf_put_str(out, ", and the next request may cost up to ");
	put_amount(out, kind, s->refused.of[kind]);
}

static const struct price *price_at(const struct spend *s, const struct endpoint *e)
{
	return s->opts ? &s->opts->prices[e - s->endpoints] : price_unknown();
}

int64_t spend_most_output(const struct attempt *a, const struct price *price)
{
	struct span body = buf_span(&a->body);
	if (!has_output(a))
		return 0;
	/* Of this body: the same request asks for another length in another API's words. */
	int64_t most = api_max_tokens(a->api, body);
	if (most <= 0)
		most = price->max_output;
	return most > 0 ? money_times(most, bounds_answers_n(body)) : -1;
}

/* Fills the most that the attempt can cost there. Gives SPEND_GO, or why nobody can say. */
static enum spend_answer find_worst(const struct spend *s, const struct request *q,
	const struct attempt *a, const struct gates *g, struct budget_sum *worst)
{
	const struct price *price = price_at(s, g->endpoint);
	const struct budget_sum *max = &s->budget.max;
	*worst = (struct budget_sum){ .of = { [BUDGET_REQUESTS] = 1 } };
	if (max->of[BUDGET_TOKENS] == 0 && max->of[BUDGET_MONEY] == 0)
		return SPEND_GO;
	int64_t input = (int64_t)a->body.len, output = spend_most_output(a, price);
	if (q->brings_own && !bounds_are_known(buf_span(&a->body)))
		return SPEND_UNSEEN;
	if (output < 0)
		return SPEND_UNBOUNDED;
	if (max->of[BUDGET_TOKENS] > 0)
		worst->of[BUDGET_TOKENS] = money_plus(input, output);
	if (max->of[BUDGET_MONEY] > 0)
		worst->of[BUDGET_MONEY] = price_worst(price, input, output);
	return worst->of[BUDGET_MONEY] >= 0 ? SPEND_GO : SPEND_UNBOUNDED;
}

enum spend_answer spend_look(const struct spend *s, const struct request *q,
	const struct attempt *a, const struct gates *g)
{
	static const enum spend_answer of[] = {
		[BUDGET_FITS] = SPEND_GO,
		[BUDGET_WAITS] = SPEND_WAIT,
		[BUDGET_NEVER] = SPEND_NEVER,
	};
	struct budget_sum worst;
	enum spend_answer said = find_worst(s, q, a, g, &worst);
	return said == SPEND_GO ? of[budget_look(&s->budget, &worst)] : said;
}

const char *spend_complaint(enum spend_answer said)
{
	return said == SPEND_UNSEEN
		? "the record brings pictures, files or an earlier talk: how many tokens these are "
		  "nobody can say before, and a budget has to know"
		: "the request says nowhere how many tokens its answer may have, which a budget has "
		  "to know" LOG_HELP "see --max-tokens";
}

void spend_close(struct spend *s, const struct request *q, const struct gates *g)
{
	find_worst(s, q, &q->attempt, g, &s->refused);
	s->blame = budget_blame(&s->budget, &s->refused);
}

void spend_enter(struct spend *s, struct flight *f)
{
	f->reserved = (struct budget_sum){ 0 };
	if (!spend_is_limited(s))
		return;
	find_worst(s, f->request, f->attempt, f->gates, &f->reserved);
	budget_enter(&s->budget, &f->reserved);
}

const struct price *spend_price(
	const struct spend *s, const struct attempt *a, const struct answer *answer)
{
	const struct price *price = price_at(s, a->endpoint);
	struct buf name;
	bool is_guess;
	if (price->source != PRICE_UNKNOWN || a->endpoint->model || !s->opts || !s->opts->map ||
		!answer->model.at)
		return price;
	/* The record has said which model, or the server has its own. */
	buf_init(&name, answer->model.n + 1);
	json_put_plain(&name, answer->model);
	buf_put_char(&name, '\0');
	price = prices_find(s->opts->map, a->endpoint->api->name, name.data, &is_guess);
	buf_release(&name);
	return price ? price : price_unknown();
}

/*
 * True if the server has said no, which nobody is billed for. Not what it says in the middle of an
 * answer, nor what stands between us and a server that may be at work yet: a gateway whose patience
 * has ended.
 */
static bool is_refused(const struct attempt *a)
{
	enum { TIMED_OUT = 408, CLOSED = 499, BAD_GATEWAY = 502, GATEWAY_TIMEOUT = 504 };
	enum { FIRST_OF_CDN = 520, LAST_OF_CDN = 527 };
	bool is_open = a->status == TIMED_OUT || a->status == CLOSED || a->status == BAD_GATEWAY ||
		a->status == GATEWAY_TIMEOUT ||
		(a->status >= FIRST_OF_CDN && a->status <= LAST_OF_CDN);
	return a->wire == WIRE_COMPLETE && a->status >= 400 && !is_open;
}

/* Fills what the attempt has cost. False if nobody knows, and that is the most that it may. */
static bool find_spent(
	const struct flight *f, const struct answer *answer, struct budget_sum *spent)
{
	const struct usage *usage = &answer->usage;
	const struct attempt *a = f->attempt;
	*spent = f->reserved;
	if (a->sends_n == 0) {
		*spent = (struct budget_sum){ 0 };
		return true;
	}
	if (is_refused(a)) {
		spent->of[BUDGET_MONEY] = spent->of[BUDGET_TOKENS] = 0;
		return true;
	}
	if (usage->input < 0 || (usage->output < 0 && has_output(a)))
		return false;
	if (spent->of[BUDGET_TOKENS] > 0)
		spent->of[BUDGET_TOKENS] =
			money_plus(usage->input, usage->output > 0 ? usage->output : 0);
	if (spent->of[BUDGET_MONEY] > 0 && answer->cost >= 0)
		spent->of[BUDGET_MONEY] = answer->cost;
	return true;
}

/* It may have been billed, and counts as if it was. */
static void count_unseen(struct spend *s, const struct budget_sum *spent)
{
	s->unseen_n++;
	for (int k = 0; k < BUDGET_KINDS_N; k++)
		s->unseen.of[k] = money_plus(s->unseen.of[k], spent->of[k]);
}

void spend_leave(struct spend *s, const struct flight *f, struct answer *answer)
{
	struct budget_sum spent;
	const struct usage *usage = &answer->usage;
	if (!s->opts)
		return;
	struct usage priced = *usage;
	if (!has_output(f->attempt) && priced.output < 0)
		priced.output = 0;
	const struct price *price = spend_price(s, f->attempt, answer);
	if (usage->input >= 0)
		answer->cost = price_of(price, &priced);
	if (answer->cost >= 0)
		answer->cost_source = price_source_name(price->source);
	s->usage = usage_sum(s->usage, *usage);
	if (answer->cost >= 0) {
		s->cost = money_plus(s->cost, answer->cost);
		s->cost_source = answer->cost_source;
	} else if (answer->outcome == OUTCOME_ANSWERED || usage->input >= 0) {
		s->unpriced_n++;
	}
	if (!spend_is_limited(s))
		return;
	if (!find_spent(f, answer, &spent))
		count_unseen(s, &spent);
	budget_leave(&s->budget, &f->reserved, &spent);
}

void spend_sum_up(const struct spend *s, struct stats *stats)
{
	stats->usage = s->usage;
	stats->cost = s->cost;
	stats->cost_source = s->cost_source;
	stats->unpriced_n = s->unpriced_n;
	stats->is_overspent = s->budget.is_exceeded;
}
