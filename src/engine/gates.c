/* SPDX-License-Identifier: MIT */
/*
 * Who learns what from an attempt's end:
 *
 *         pace      "too fast", and every Retry-After, whatever it came with
 *         rate      what the headers say of limits; what the request did cost in the end
 *         limit     taken, or refused for being too many at once
 *         breaker   success or failure of the endpoint, not of the record
 *         forecast  how many tokens it was
 *
 * "Too much at once" reaches the breaker only when nothing has been taken since the limit was last
 * cut: as long as anything is, overshooting is the limiter's business, and the endpoint is well.
 *
 * A record that fails again and again by what may be its own doing says nothing about the endpoint:
 * after its first failures the breaker is not told.
 */
#include "engine/gates.h"

#include "api/api.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "engine/triage.h"
#include "json/text.h"
#include "policy/balance.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	MINUTE_MS = 60000,
	NEWS_MS = 5000,     /* between lines about the pace */
	LONG_PAUSE_S = 30,  /* somebody at a terminal would wonder */
	QUOTED_BYTES = 200, /* of a server's words in the state */
	SILENT_OPENED_N = 4 /* some ten seconds after the first */
};

#define NEVER (INT64_MIN / 2) /* so long ago that differences still fit */

static void add_said_rates(struct rate *r, const struct endpoint *e)
{
	if (e->rpm > 0)
		rate_add(r, RATE_REQUESTS, (double)e->rpm, MINUTE_MS, 0);
	if (e->tpm > 0)
		rate_add(r, RATE_TOKENS, (double)e->tpm, MINUTE_MS, 0);
}

void gates_site_init(struct gates_site *s, const struct endpoint *endpoint)
{
	*s = (struct gates_site){ .max = (unsigned)endpoint->max };
	rate_init(&s->rate);
	add_said_rates(&s->rate, endpoint);
}

void gates_init(struct gates *g, const struct endpoint *endpoint, struct gates_site *site,
	unsigned jobs, bool is_fixed)
{
	unsigned roof = endpoint->max > 0 && endpoint->max < jobs ? (unsigned)endpoint->max : jobs;
	*g = (struct gates){
		.endpoint = endpoint,
		.site = site,
		.label = xstrdup(endpoint->name),
		.back_ms = NEVER,
		.said_ms = NEVER,
		.mute_ms = -1,
		.answered_ms = INT64_MIN,
		.dead = OUTCOME_ANSWERED,
	};
	limit_init(&g->limit, roof, !is_fixed);
	breaker_init(&g->breaker);
	rate_init(&g->rate);
	pace_init(&g->pace);
	forecast_init(&g->forecast);
	if (!site)
		add_said_rates(&g->rate, endpoint);
}

void gates_name_model(struct gates *g)
{
	if (!g->endpoint->model)
		return;
	free(g->label);
	g->label = xasprintf("%s (%s)", g->endpoint->name, g->endpoint->model);
}

void gates_release(struct gates *g)
{
	free(g->dead_message);
	free(g->fault);
	free(g->label);
	g->dead_message = g->fault = g->label = NULL;
}

bool gates_counts_tokens(const struct gates *g)
{
	return rate_counts_tokens(&g->rate) || (g->site && rate_counts_tokens(&g->site->rate));
}

bool gates_is_dead(const struct gates *g)
{
	return g->dead != OUTCOME_ANSWERED;
}

bool gates_is_sound(const struct gates *g)
{
	return !gates_is_dead(g) && g->breaker.state == BREAKER_CLOSED;
}

bool gates_overshot(const struct gates *g, const struct gates_pass *pass)
{
	return limit_overshot(&g->limit, pass->limit);
}

/* The tokens of a request as its endpoint counts them, from those of input and of output. */
static struct rate_cost cost_of(const struct gates *g, double input, double output)
{
	double together = input + output;
	switch (g->endpoint->api->charge) {
	case CHARGE_LARGER:
		together = input > output ? input : output;
		break;
	case CHARGE_INPUT:
		together = input;
		break;
	case CHARGE_SUM:
	case CHARGE_APART:
		break;
	}
	return (struct rate_cost){ .of = { [RATE_REQUESTS] = 1,
					   [RATE_TOKENS] = together,
					   [RATE_INPUT] = input,
					   [RATE_OUTPUT] = output } };
}

struct rate_cost gates_cost(const struct gates *g, struct gates_size size)
{
	if (size.input <= 0)
		return (struct rate_cost){ .of = { [RATE_REQUESTS] = 1 } };
	/* Where the larger counts, it is the limit of the output and not what comes of it. */
	bool is_larger = g->endpoint->api->charge == CHARGE_LARGER && size.max_tokens > 0;
	return cost_of(g, forecast_input(&g->forecast, size.input),
		is_larger ? (double)size.max_tokens
			  : forecast_output(&g->forecast, size.max_tokens));
}

static int64_t site_wait(const struct gates_site *s, const struct rate_cost *cost, int64_t now_ms)
{
	if (!s)
		return 0;
	return s->max > 0 && s->in_flight >= s->max ? GATES_UNTIL_LEAVE
						    : rate_wait(&s->rate, cost, now_ms);
}

int64_t gates_wait(const struct gates *g, const struct rate_cost *cost, int64_t now_ms)
{
	const int64_t waits[] = {
		limit_wait(&g->limit, now_ms),
		breaker_wait(&g->breaker, now_ms),
		pace_wait(&g->pace, now_ms),
		rate_wait(&g->rate, cost, now_ms),
		site_wait(g->site, cost, now_ms),
	};
	int64_t longest = 0;
	for (size_t i = 0; i < sizeof waits / sizeof *waits; i++)
		longest = waits[i] > longest ? waits[i] : longest;
	return longest;
}

/* Nothing is learned from headers there, so that what was reserved is all of its ticket. */
static void site_enter(struct gates_site *s, const struct rate_cost *cost, int64_t now_ms)
{
	struct rate_ticket unused;
	s->in_flight++;
	rate_enter(&s->rate, cost, now_ms, &unused);
}

static void site_leave(struct gates_site *s, const struct rate_ticket *ticket,
	const struct rate_cost *cost, int64_t now_ms)
{
	assert(s->in_flight > 0);
	s->in_flight--;
	rate_leave(&s->rate, ticket, cost, now_ms);
}

void gates_enter(struct gates *g, struct gates_size size, int64_t now_ms, struct gates_pass *pass)
{
	struct rate_cost cost = gates_cost(g, size);
	enum breaker_state state = g->breaker.state;
	pass->size = size;
	pass->limit = limit_enter(&g->limit, now_ms);
	pass->breaker = breaker_enter(&g->breaker, now_ms);
	if (g->breaker.state != state)
		log_say(LOG_DETAIL, "%s: breaker half-open, one request tries", g->label);
	pace_enter(&g->pace, now_ms);
	if (g->mute_ms < 0)
		g->mute_ms = now_ms;
	rate_enter(&g->rate, &cost, now_ms, &pass->rate);
	if (g->site)
		site_enter(g->site, &cost, now_ms);
}

/*
 * What the attempt cost in the end. Refused requests are counted, but their tokens are given back;
 * of one that never left nothing is counted; of one of which we do not know, all.
 */
static struct rate_cost settled_cost(const struct gates *g, const struct gates_landing *landing)
{
	const struct answer *a = landing->answer;
	struct rate_cost cost = landing->pass->rate.cost;
	const struct rate_cost request = { .of = { [RATE_REQUESTS] = 1 } };
	if (landing->attempt->sends_n == 0)
		return (struct rate_cost){ 0 };
	switch (a->outcome) {
	case OUTCOME_RATE:
	case OUTCOME_CAPACITY:
	case OUTCOME_FAULT:
	case OUTCOME_REQUEST:
		return request;
	default:
		break;
	}
	if (landing->pass->size.input <= 0 || a->usage.input < 0)
		return cost;
	double output = a->usage.output > 0 ? (double)a->usage.output : 0;
	struct rate_cost real = cost_of(g, (double)a->usage.input, output);
	/* What counts the larger of two at the door does not count anew what came out. */
	if (g->endpoint->api->charge == CHARGE_LARGER &&
		real.of[RATE_TOKENS] < cost.of[RATE_TOKENS])
		real.of[RATE_TOKENS] = cost.of[RATE_TOKENS];
	return real;
}

/* Of the units that io reads and those that the policy counts in. */
static enum rate_unit unit_of(enum allowance_unit unit)
{
	static const enum rate_unit of[] = {
		[ALLOWANCE_REQUESTS] = RATE_REQUESTS,
		[ALLOWANCE_TOKENS] = RATE_TOKENS,
		[ALLOWANCE_INPUT_TOKENS] = RATE_INPUT,
		[ALLOWANCE_OUTPUT_TOKENS] = RATE_OUTPUT,
	};
	return of[unit];
}

static void learn_rates(struct gates *g, const struct gates_landing *landing, int64_t now_ms)
{
	const struct allowances *said = landing->attempt->allowances;
	struct rate_told told[ALLOWANCES_MAX];
	for (unsigned i = 0; i < said->n; i++)
		told[i] = (struct rate_told){
			.unit = unit_of(said->items[i].unit),
			.limit = said->items[i].limit,
			.remaining = said->items[i].remaining,
			.reset_ms = said->items[i].reset_ms,
			.window_ms = said->items[i].window_ms,
		};
	rate_learn(&g->rate, &landing->pass->rate, told, said->n, now_ms);
}

/* True if a line about the pace is worth saying: in a storm there is something every second. */
static bool is_news(struct gates *g, int64_t now_ms)
{
	if (now_ms - g->said_ms < NEWS_MS)
		return false;
	g->said_ms = now_ms;
	return true;
}

/* Says what has become of the pause and of the pace. */
static void say_pace(
	struct gates *g, int64_t until_ms, double per_ms, bool is_asked, int64_t now_ms)
{
	const struct pace *p = &g->pace;
	const char *name = g->label;
	bool is_longer = p->until_ms > until_ms && p->until_ms > now_ms;
	bool is_slower = p->per_ms > 0 && (per_ms <= 0 || p->per_ms < per_ms);
	double pause_s = (double)(p->until_ms - now_ms) / 1000;
	if (per_ms > 0 && p->per_ms <= 0)
		log_say(LOG_DETAIL, "%s: no pace any more", name);
	if ((!is_longer && !is_slower) || !is_news(g, now_ms))
		return;
	if (is_longer)
		log_say(pause_s >= LONG_PAUSE_S ? LOG_NOTICE : LOG_DETAIL,
			"%s: paused %.1f s by %s", name, pause_s,
			is_asked ? "Retry-After" : "\"too fast\" without a Retry-After");
	if (p->per_ms > 0)
		log_say(LOG_DETAIL, "%s: pace %.2f/s, as it was taken of late", name,
			p->per_ms * 1000);
}

/*
 * "Too much at once" to a request that was alone in flight, from an endpoint that takes others,
 * means "too fast": what nginx's limit_req says by default.
 */
static bool is_pace_in_disguise(const struct gates *g, const struct gates_landing *landing)
{
	return landing->answer->outcome == OUTCOME_CAPACITY && landing->pass->limit.nth == 1 &&
		g->successes_n > 0 && !limit_is_barren(&g->limit);
}

/* What the answer says about how fast we may go. */
static void tell_pace(
	struct gates *g, const struct gates_landing *landing, int64_t now_ms, struct rng *rng)
{
	int64_t until_ms = g->pace.until_ms;
	double per_ms = g->pace.per_ms;
	const struct pace_refusal refusal = { .start_ms = landing->pass->rate.start_ms,
		.hint_ms = landing->attempt->hint.wait_ms,
		.is_known = g->rate.buckets_n > 0 || (g->site && g->site->rate.buckets_n > 0) };
	enum outcome outcome = landing->answer->outcome;
	if (outcome == OUTCOME_RATE || is_pace_in_disguise(g, landing)) {
		pace_refuse(&g->pace, &refusal, now_ms, rng);
	} else if (outcome == OUTCOME_CAPACITY || outcome == OUTCOME_FAULT) {
		if (refusal.hint_ms > 0)
			pace_pause(&g->pace, refusal.hint_ms, now_ms, rng);
	} else if (triage_of(outcome)->breaker == BREAKER_SUCCESS) {
		pace_take(&g->pace, refusal.start_ms, now_ms);
	}
	if (g->pace.until_ms != until_ms || g->pace.per_ms < per_ms || g->pace.per_ms > per_ms)
		say_pace(g, until_ms, per_ms, refusal.hint_ms >= 0, now_ms);
}

static void tell_limit(
	struct gates *g, enum limit_sign sign, const struct gates_landing *landing, int64_t now_ms)
{
	unsigned before = limit_places(&g->limit, now_ms);
	limit_leave(&g->limit, landing->pass->limit, sign, now_ms);
	unsigned after = limit_places(&g->limit, now_ms);
	if (after >= before)
		return;
	if (landing->attempt->status > 0)
		log_say(LOG_DETAIL, "%s: limit %u -> %u because of HTTP %d", g->label, before,
			after, landing->attempt->status);
	else
		log_say(LOG_DETAIL, "%s: limit %u -> %u because of timeouts", g->label, before,
			after);
}

static void say_breaker(const struct gates *g, int64_t now_ms)
{
	const char *name = g->label;
	/* The first time somebody at a terminal would wonder. */
	enum log_level level = g->breaker.opened_n > 1 ? LOG_DETAIL : LOG_NOTICE;
	if (g->breaker.state == BREAKER_OPEN)
		log_say(level, "%s: breaker opened for %.1f s, then one request tries; last: %s",
			name, (double)(g->breaker.until_ms - now_ms) / 1000, g->fault);
	else
		log_say(LOG_DETAIL, "%s: breaker closed", name);
}

static void tell_breaker(struct gates *g, enum breaker_sign sign,
	const struct gates_landing *landing, int64_t now_ms, struct rng *rng)
{
	enum breaker_state before = g->breaker.state;
	g->was_sound |= sign == BREAKER_SUCCESS;
	breaker_leave(&g->breaker, landing->pass->breaker, sign, now_ms, rng);
	if (g->breaker.state == before)
		return;
	if (g->breaker.state == BREAKER_CLOSED) {
		g->back_ms = now_ms;
		limit_restart(&g->limit, now_ms);
	}
	if (g->breaker.state == BREAKER_OPEN) {
		free(g->fault);
		g->fault = xstrdup(landing->answer->message ? landing->answer->message : "");
	}
	say_breaker(g, now_ms);
}

/* "Never": the endpoint is not asked again. */
static bool is_deadly(const struct gates *g, const struct gates_landing *landing)
{
	enum outcome outcome = landing->answer->outcome;
	/* A lone 403 after successes with the same key is about that record. */
	if (outcome == OUTCOME_AUTH && landing->attempt->status == 403 && g->successes_n > 0)
		return false;
	/*
	 * With one model for all records an unknown one is everybody's, and so is a path; else it
	 * is that record's.
	 */
	return outcome == OUTCOME_QUOTA || outcome == OUTCOME_AUTH ||
		(outcome == OUTCOME_NOT_FOUND && g->endpoint->model && !landing->attempt->path);
}

static void bury(struct gates *g, const struct answer *answer, int64_t now_ms)
{
	if (gates_is_dead(g))
		return;
	g->dead = answer->outcome;
	g->dead_message = xstrdup(answer->message);
	g->died_ms = now_ms;
}

static void count_success(struct gates *g, const struct gates_landing *landing, int64_t now_ms)
{
	const struct usage *usage = &landing->answer->usage;
	g->successes_n++;
	g->answered_ms = now_ms;
	g->mute_ms = -1;
	g->failures_n = 0;
	g->latency_ms = balance_mean_ms(g->latency_ms, landing->attempt->ms);
	if (landing->pass->size.input > 0)
		forecast_learn(
			&g->forecast, landing->pass->size.input, usage->input, usage->output);
}

/* What the limit hears. A pack that takes too long is too large before it is one too many. */
static enum limit_sign limit_sign_of(const struct triage *t, const struct gates_landing *landing)
{
	bool is_slow_pack =
		landing->answer->outcome == OUTCOME_TIMEOUT && landing->attempt->texts_n > 1;
	return is_slow_pack ? LIMIT_SILENT : t->limit;
}

struct rate_cost gates_leave(
	struct gates *g, const struct gates_landing *landing, int64_t now_ms, struct rng *rng)
{
	const struct triage *t = triage_of(landing->answer->outcome);
	struct rate_cost cost = settled_cost(g, landing);
	enum breaker_sign sign = t->breaker;
	/* That no connection came about is no record's doing. */
	if (landing->is_suspect && t->may_be_own && landing->attempt->sends_n > 0)
		sign = sign == BREAKER_FAILURE ? BREAKER_NEITHER : sign;
	rate_leave(&g->rate, &landing->pass->rate, &cost, now_ms);
	if (g->site)
		site_leave(g->site, &landing->pass->rate, &cost, now_ms);
	if (landing->attempt->allowances)
		learn_rates(g, landing, now_ms);
	tell_limit(g, limit_sign_of(t, landing), landing, now_ms);
	tell_pace(g, landing, now_ms, rng);
	if (t->limit == LIMIT_REFUSED && t->breaker == BREAKER_FAILURE &&
		!limit_is_barren(&g->limit))
		sign = BREAKER_NEITHER;
	tell_breaker(g, sign, landing, now_ms, rng);
	g->failures_n += t->breaker == BREAKER_FAILURE;
	if (landing->answer->outcome == OUTCOME_ANSWERED)
		count_success(g, landing, now_ms);
	/* Who says "too fast" is well. */
	if (landing->answer->outcome == OUTCOME_RATE)
		g->mute_ms = -1;
	if (is_deadly(g, landing))
		bury(g, landing->answer, now_ms);
	return cost;
}

bool gates_is_silent(const struct gates *g)
{
	return !g->was_sound && g->breaker.opened_n >= SILENT_OPENED_N;
}

/* Appends what a server or a library has said, cut, without what would be right. */
static void put_words(struct buf *out, const char *before, const char *said)
{
	struct span words = { said, strcspn(said, LOG_HELP) };
	words = utf8_first(words, QUOTED_BYTES);
	buf_put_str(out, before);
	buf_put_span(out, words);
}

void gates_describe(const struct gates *g, int64_t now_ms, struct buf *out)
{
	static const char *const states[] = { [BREAKER_CLOSED] = "closed",
		[BREAKER_OPEN] = "open",
		[BREAKER_HALF_OPEN] = "half-open" };
	char text[200];
	int n = snprintf(text, sizeof text, ": %u of %u in flight, breaker %s", g->limit.in_flight,
		limit_places(&g->limit, now_ms), states[g->breaker.state]);
	buf_put_str(out, g->label);
	buf_put(out, text, (size_t)n);
	if (g->pace.until_ms > now_ms) {
		n = snprintf(text, sizeof text, ", paused for %.1f s",
			(double)(g->pace.until_ms - now_ms) / 1000);
		buf_put(out, text, (size_t)n);
	}
	if (g->pace.per_ms > 0) {
		n = snprintf(text, sizeof text, ", pace %.2f/s", g->pace.per_ms * 1000);
		buf_put(out, text, (size_t)n);
	}
	if (gates_is_dead(g))
		put_words(out, ", not asked again: ", g->dead_message);
	else if (g->breaker.state != BREAKER_CLOSED && g->fault)
		put_words(out, ", last: ", g->fault);
}
