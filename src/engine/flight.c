/* SPDX-License-Identifier: MIT */
#include "engine/flight.h"

#include "api/api.h"
#include "api/classify.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "engine/again.h"
#include "engine/render.h"
#include "engine/triage.h"
#include "engine/verify.h"
#include "io/trace.h"
#include "work/record.h"
#include "work/request.h"
#include "work/tokens.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
	BODY_FRAME_BYTES = 256, /* what a usual request adds to its record */
	PICTURE_TOKENS = 1000,
	TOKEN_BYTES = 4,
	EVIDENCE_N = 2, /* so many failures of one request speak against the request */
};

#define FLIGHT_OF(node) LIST_ENTRY(node, struct flight, link)

/* bodies */

static void take_body(struct sched *s, struct buf *body)
{
	if (s->spares_n > 0)
		*body = s->spares[--s->spares_n];
}

static bool build(struct sched *s, struct request *q, const struct gates *g, struct attempt *a,
	struct fault *fault)
{
	/* Most prompts are a record and a few words: one allocation in place of five. */
	buf_reserve(&a->body, request_first(q)->record->text.n + BODY_FRAME_BYTES);
	return render_request(q, s->rooms.plan, g->endpoint, a, fault);
}

bool flight_render(struct sched *s, struct request *q, const struct gates *g, struct fault *fault)
{
	pack_close(s, q);
	if (q->body_kind == g->body_kind)
		return true;
	if (q->body_kind == 0) {
		attempt_init(&q->attempt, SCHED_BODY_MAX_BYTES);
		take_body(s, &q->attempt.body);
	}
	buf_clear(&q->attempt.body);
	bool is_written = build(s, q, g, &q->attempt, fault);
	q->body_kind = is_written ? g->body_kind : REQUEST_BODY_IS_STALE;
	return is_written;
}

void flight_weigh(struct request *q)
{
	struct span body = buf_span(&q->attempt.body);
	if (q->estimate > 0 || q->body_kind == 0)
		return;
	/* What a picture costs has nothing to do with its bytes; a thousand tokens are usual. */
	q->estimate = q->picture_bytes == 0
		? tokens_estimate(body)
		: PICTURE_TOKENS + (double)(body.n - q->picture_bytes) / TOKEN_BYTES;
	q->max_tokens = api_max_tokens(q->attempt.api, body);
}

struct gates_size flight_size(const struct request *q)
{
	return (struct gates_size){ .input = q->estimate, .max_tokens = q->max_tokens };
}

/* start */

static struct flight *take_flight(struct sched *s)
{
	struct list_node *node = list_take(&s->spare_flights);
	struct flight *f = node ? FLIGHT_OF(node) : xcalloc(1, sizeof *f);
	list_init(&f->link);
	heap_node_init(&f->hedge);
	return f;
}

static void keep_flight(struct sched *s, struct flight *f)
{
	heap_remove(&s->hedges, &f->hedge);
	list_remove(&f->link);
	list_push(&s->spare_flights, &f->link);
}

void flight_release_spares(struct sched *s)
{
	struct list_node *node;
	while ((node = list_take(&s->spare_flights)))
		free(FLIGHT_OF(node));
}

/* How long an attempt that starts then may take. */
static int64_t timeout_of(const struct sched *s, const struct request *q, int64_t start_ms)
{
	int64_t left_ms = queue_deadline_ms(&s->queue, q) - start_ms;
	return left_ms < s->opts->timeout_ms ? left_ms : s->opts->timeout_ms;
}

static void set_times(
	const struct sched *s, const struct request *q, struct attempt *a, int64_t now_ms)
{
	a->timeout_ms = timeout_of(s, q, now_ms);
	a->first_byte_timeout_ms = s->opts->ttft_timeout_ms;
	a->idle_timeout_ms = s->opts->idle_timeout_ms;
}

/* Sends the attempt, whose request is written, off. */
static void take_off(
	struct sched *s, struct request *q, struct attempt *a, struct gates *g, int64_t now_ms)
{
	struct flight *f = take_flight(s);
	struct gates_size size = flight_size(q);
	struct rate_cost cost = gates_cost(g, size);
	f->request = q;
	f->attempt = a;
	f->gates = g;
	f->start_ms = now_ms;
	f->is_retry = q->is_retry;
	a->endpoint = g->endpoint;
	a->owner = f;
	set_times(s, q, a, now_ms);
	gates_enter(g, size, now_ms, &f->pass);
	rate_enter(&s->rate, &cost, now_ms, &f->ticket);
	spend_enter(&s->spend, f);
	retry_budget_enter(&s->budget, f->is_retry, now_ms);
	s->requests_n++;
	s->flights_n++;
	s->airborne_n += q->flights_n == 0;
	q->flights_n++;
	q->attempts_n++;
	q->is_cached = false;
	list_put(&s->flying, &f->link);
	http_start(s->rooms.http, a);
}

void flight_start(struct sched *s, struct request *q, struct gates *g, int64_t now_ms)
{
	struct fault fault;
	if (!flight_render(s, q, g, &fault)) {
		sched_settle(s, q, fault.code, xstrdup(fault.msg));
		return;
	}
	if (q->attempts_n == 0)
		s->cuts_n += q->is_cut;
	if (q->attempts_n > 0) {
		attempt_again(&q->attempt);
		s->retries_n += !q->is_reask;
		s->traffic.retries_n[q->answer.outcome] += !q->is_reask;
		q->is_reask = false;
	}
	take_off(s, q, &q->attempt, g, now_ms);
	q->is_retry = false;
	struct flight *f = q->attempt.owner;
	if (s->hedge_ms != INT64_MAX)
		heap_put(&s->hedges, &f->hedge, now_ms + s->hedge_ms);
}

/* hedges */

/* Asks another endpoint too, if one is open and we can afford it; false = not now. */
static bool hedge(struct sched *s, struct flight *f, int64_t now_ms)
{
	struct request *q = f->request;
	const struct pool_want want = {
		.pool = q->pool,
		.tier = q->tier,
		.avoid = f->gates,
		.must_avoid = true,
		.size = flight_size(q),
	};
	struct fault fault;
	int64_t wait_ms;
	/* A text that has left the pack meanwhile would be missing in the second. */
	if ((q->is_pack && q->items_n != q->attempt.texts_n) ||
		queue_deadline_ms(&s->queue, q) <= now_ms)
		return true;
	if (s->is_stopped || !hedge_is_affordable(&s->hedge, s->requests_n))
		return false;
	struct gates *g = pool_choose(&s->pool, &want, now_ms, &wait_ms);
	if (!g || !gates_is_sound(g))
		return false;
	struct rate_cost cost = gates_cost(g, want.size);
	if (rate_wait(&s->rate, &cost, now_ms) > 0)
		return false;
	q->second = xcalloc(1, sizeof *q->second);
	attempt_init(q->second, SCHED_BODY_MAX_BYTES);
	bool is_written = build(s, q, g, q->second, &fault);
	if (!is_written ||
		(spend_is_limited(&s->spend) &&
			spend_look(&s->spend, q, q->second, g) != SPEND_GO)) {
		attempt_release(q->second);
		free(q->second);
		q->second = NULL;
		return !is_written; /* nor will it be any better later */
	}
	hedge_enter(&s->hedge);
	take_off(s, q, q->second, g, now_ms);
	return true;
}

bool flight_may_hedge(const struct sched *s)
{
	return s->hedges.len > 0 && s->flights_n < (uint64_t)s->opts->jobs && !s->is_stopped;
}

void flight_hedge(struct sched *s, int64_t now_ms)
{
	struct heap_node *node;
	while (flight_may_hedge(s) && (node = heap_peek(&s->hedges)) && node->key <= now_ms) {
		heap_remove(&s->hedges, node);
		if (!hedge(s, HEAP_ENTRY(node, struct flight, hedge), now_ms) &&
			s->hedge_ms != INT64_MAX)
			heap_put(&s->hedges, node, now_ms + s->hedge_ms + 1);
	}
}

void flight_cut(struct sched *s, struct flight *f)
{
	heap_remove(&s->hedges, &f->hedge);
	http_cancel(s->rooms.http, f->attempt);
}

static void extend(struct sched *s, const struct request *q, struct attempt *a)
{
	const struct flight *f = a->owner;
	int64_t timeout_ms = timeout_of(s, q, f->start_ms);
	if (timeout_ms > a->timeout_ms)
		http_extend(s->rooms.http, a, timeout_ms);
}

void flight_extend(struct sched *s, struct request *q)
{
	if (q->attempt.owner)
		extend(s, q, &q->attempt);
	if (q->second && q->second->owner)
		extend(s, q, q->second);
}

void flight_cut_request(struct sched *s, struct request *q)
{
	if (q->second && q->second->owner)
		flight_cut(s, q->second->owner);
	if (q->attempt.owner)
		flight_cut(s, q->attempt.owner);
}

/* landing */

/* No model says our key, and a server that does so behind escapes wants it to be seen. */
static void refuse_with_key(struct attempt *a, struct answer *answer)
{
	if (answer->outcome != OUTCOME_ANSWERED)
		return;
	answer_release(answer);
	answer_init(answer, OUTCOME_BAD_RESPONSE);
	answer->message = xstrdup("the answer repeats the key that it was asked with");
	buf_clear(&a->answer);
}

void flight_judge(const struct sched *s, const struct request *q, struct answer *answer)
{
	const struct step *step = &s->rooms.plan->steps[q->step];
	/* Half of a JSON value is none. */
	if (answer->outcome == OUTCOME_TRUNCATED && s->opts->on_truncate == TRUNCATE_IS_KEPT &&
		answer->text.at && !step->schema)
		answer->outcome = OUTCOME_ANSWERED;
	if (answer->outcome == OUTCOME_ANSWERED && step->schema)
		verify_answer(step, answer);
}

/* Says what the attempt's end means, in the API's words. */
static void read_answer(const struct sched *s, const struct flight *f, struct answer *answer)
{
	struct attempt *a = f->attempt;
	const struct api *api = a->api;
	answer_init(answer, OUTCOME_ANSWERED);
	classify_redact(&a->answer, a->endpoint);
	bool hides_key = classify_hides_secret(buf_span(&a->answer), a->endpoint);
	/* A stream's bytes are given up by whoever reads them. */
	if (s->rooms.trace)
		trace_see(s->rooms.trace, a);
	api->read(a, answer);
	/* What came in pieces is only now in one. */
	classify_redact(&answer->own, a->endpoint);
	if (hides_key || classify_hides_secret(buf_span(&answer->own), a->endpoint))
		refuse_with_key(a, answer);
	if (s->opts->wants_usage || f->pass.size.input > 0)
		api->read_usage(answer);
	assert(answer->outcome == OUTCOME_ANSWERED || answer->message);
	if (a->wire == WIRE_TIMEOUT && a->timeout_ms < s->opts->timeout_ms) {
		free(answer->message);
		answer->message = xstrdup("no whole answer before the record's --deadline");
	}
}

/* Who dies last is the reason why the run ends, which is said then. */
static void say_death(const struct sched *s, const struct gates *g, unsigned pool)
{
	if (!pool_death(&s->pool, pool) || pool_can_do_without(&s->pool, pool, s->rooms.plan))
		log_say(LOG_WARNING, "%s: not asked again: %s", g->label, g->dead_message);
}

/*
 * True if a failure is rather the request's doing than the endpoint's: it has failed before while
 * the endpoint is sound; or one of its many texts may be why, since others were answered meanwhile.
 */
static bool is_own_doing(const struct flight *f)
{
	const struct gates *g = f->gates;
	bool is_one_of_many = f->attempt->texts_n > 1 && g->answered_ms > f->start_ms;
	return gates_is_sound(g) && (f->request->faults_n >= EVIDENCE_N || is_one_of_many);
}

/* Counts how the attempt ended, and how long a good one took. */
static void count(struct sched *s, const struct attempt *a, enum outcome outcome)
{
	s->traffic.ended_n[outcome]++;
	if (outcome != OUTCOME_ANSWERED)
		return;
	histogram_add(&s->traffic.latency, a->ms);
	if (a->first_byte_ms >= 0)
		histogram_add(&s->traffic.first_byte, a->first_byte_ms);
}

/* Takes the flight out of the air, and lets all gates learn from its end. */
static void land(struct sched *s, struct flight *f, const struct answer *answer, int64_t now_ms)
{
	struct request *q = f->request;
	bool was_dead = gates_is_dead(f->gates);
	bool is_suspect = is_own_doing(f);
	count(s, f->attempt, answer->outcome);
	const struct gates_landing landing = {
		.pass = &f->pass, .attempt = f->attempt, .answer = answer, .is_suspect = is_suspect
	};
	struct rate_cost cost = gates_leave(f->gates, &landing, now_ms, &s->rng);
	rate_leave(&s->rate, &f->ticket, &cost, now_ms);
	if (q->is_pack)
		pack_note(s, f, answer, now_ms);
	if (!was_dead && gates_is_dead(f->gates))
		say_death(s, f->gates, q->pool);
	if (answer->outcome == OUTCOME_ANSWERED) {
		s->successes_n++;
		s->success_ms = now_ms;
		s->good_start_ms = f->start_ms > s->good_start_ms ? f->start_ms : s->good_start_ms;
		retry_budget_succeed(&s->budget, f->is_retry, now_ms);
		hedge_note(&s->hedge, f->attempt->ms, now_ms);
	} else if (answer->outcome == OUTCOME_TIMEOUT || q->won || q->calls_n == 0) {
		hedge_note(&s->hedge, f->attempt->ms, now_ms);
	}
	s->flights_n--;
	q->flights_n--;
	s->airborne_n -= q->flights_n == 0;
}

/* Makes the attempt that counts the request's first, and drops the other. */
static void keep_attempt(struct request *q, const struct attempt *kept)
{
	struct attempt *second = q->second;
	if (!second)
		return;
	if (kept == second) {
		attempt_release(&q->attempt);
		q->attempt = *second;
	} else {
		attempt_release(second);
	}
	free(second);
	q->second = NULL;
}

/* The last flight of the request has landed, and none has brought an answer. */
static void fail(struct sched *s, struct flight *f, int64_t now_ms)
{
	struct request *q = f->request;
	const struct gates *death = pool_death(&s->pool, q->pool);
	keep_attempt(q, f->attempt);
	f->attempt = &q->attempt;
	q->body_kind = f->gates->body_kind;
	if (death && !s->dead && !pool_can_do_without(&s->pool, q->pool, s->rooms.plan)) {
		s->dead = death;
		sched_stop(s);
	}
	if (again(s, f, now_ms))
		return;
	recall_keep_refusal(s, f);
	sched_settle(s, q, error_code_of(q->answer.outcome), NULL);
}

/* The answer that has won is what comes of it. */
static void conclude(struct sched *s, struct flight *f, int64_t now_ms)
{
	struct request *q = f->request;
	keep_attempt(q, q->won);
	q->won = NULL;
	if (q->is_pack)
		pack_conclude(s, q, now_ms);
	else
		sched_settle(s, q, ERROR_NONE, NULL);
}

/* A whole answer has come: what else is in the air for the request is cut off. */
static void win(struct sched *s, struct flight *f, int64_t now_ms)
{
	struct request *q = f->request;
	q->won = f->attempt;
	if (q->flights_n == 0) {
		conclude(s, f, now_ms);
		return;
	}
	const struct attempt *other = f->attempt == q->second ? &q->attempt : q->second;
	flight_cut(s, other->owner);
}

/* Writes the attempt down, for who has asked for that. */
static void trace(const struct sched *s, const struct flight *f, enum outcome outcome)
{
	const struct request *q = f->request;
	const struct step *step = &s->rooms.plan->steps[q->step];
	trace_put(s->rooms.trace,
		&(struct trace_entry){
			.attempt = f->attempt,
			.wall_ms = clock_wall_ms(),
			/* Nobody waits for it any more: whose it was, is not known. */
			.line = q->calls_n > 0 ? request_first(q)->record->line : 0,
			.step = step->name,
			.n = q->attempts_n,
			.outcome = outcome_name(outcome),
		});
}

void sched_finish(struct sched *s, struct attempt *attempt, int64_t now_ms)
{
	struct flight *f = attempt->owner;
	struct request *q = f->request;
	struct answer answer;
	read_answer(s, f, &answer);
	attempt->owner = NULL;
	spend_leave(&s->spend, f, &answer);
	recall_keep(s, f, &answer);
	flight_judge(s, q, &answer);
	land(s, f, &answer, now_ms);
	if (s->rooms.trace)
		trace(s, f, answer.outcome);
	bool is_answered = answer.outcome == OUTCOME_ANSWERED;
	bool is_last = q->flights_n == 0;
	if (q->calls_n == 0) {
		answer_release(&answer);
		if (is_last)
			sched_forget(s, q);
	} else if (q->won || (!is_answered && !is_last)) {
		/* The other one has won, or may still. */
		answer_release(&answer);
		if (q->won && is_last)
			conclude(s, f, now_ms);
	} else {
		answer_release(&q->answer);
		q->answer = answer;
		if (is_answered)
			win(s, f, now_ms);
		else
			fail(s, f, now_ms);
	}
	keep_flight(s, f);
}
