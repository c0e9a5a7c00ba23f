/* SPDX-License-Identifier: MIT */
/*
 * A call's way: put -> ready -> in flight -> settled, or from in flight back to waiting and to
 * ready again.
 *
 * Ready calls are ordered by their record's number, not by when they became ready: a retry of an
 * early record goes before the first try of a late one. So the head of the window is finished
 * rather than many records begun, and the reorder buffer stays short.
 */
#include "engine/sched.h"

#include "api/api.h"
#include "base/xalloc.h"
#include "work/record.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
	BODY_FRAME_BYTES = 256, /* what a usual request adds to its record */
	SPARE_MAX_BYTES = 4096, /* of a body kept for the next request */
	FRESH_MS = 2000,        /* so long a success says that the endpoint works */
	READY_SPARE_N = 64      /* ready calls kept beyond the free slots */
};

#define CALL_OF_TURN(node) HEAP_ENTRY(node, struct call, turn)
#define CALL_OF_LINK(node) LIST_ENTRY(node, struct call, link)

/* An API's word for what happened, as the policies understand it. */
static enum trouble trouble_of(enum outcome outcome)
{
	static const enum trouble of[OUTCOMES_N] = {
		[OUTCOME_RATE] = TROUBLE_PACE,
		[OUTCOME_CAPACITY] = TROUBLE_LOAD,
		[OUTCOME_TIMEOUT] = TROUBLE_LOAD,
		[OUTCOME_TRANSPORT] = TROUBLE_LINK,
		[OUTCOME_CONFLICT] = TROUBLE_DOUBTFUL,
		[OUTCOME_BAD_RESPONSE] = TROUBLE_DOUBTFUL,
		/* all others are TROUBLE_PERMANENT, which is 0 */
	};
	return of[outcome];
}

void sched_init(struct sched *s, const struct sched_opts *opts, const struct sched_rooms *rooms,
	uint64_t seed)
{
	*s = (struct sched){
		.opts = opts, .rooms = *rooms, .dead = OUTCOME_ANSWERED, .success_ms = -1
	};
	rng_init(&s->rng, seed);
	limit_init(&s->limit, (unsigned)opts->jobs);
	heap_init(&s->ready);
	heap_init(&s->waiting);
	heap_init(&s->deadlines);
	list_init(&s->flying);
	list_init(&s->settled);
}

void sched_release(struct sched *s)
{
	heap_release(&s->ready);
	heap_release(&s->waiting);
	heap_release(&s->deadlines);
	free(s->dead_message);
	while (s->spares_n > 0)
		buf_release(&s->spares[--s->spares_n]);
}

size_t sched_hungry_n(const struct sched *s)
{
	size_t free_n = s->limit.roof - s->limit.in_flight;
	size_t wanted = free_n + READY_SPARE_N;
	return s->ready.len < wanted ? wanted - s->ready.len : 0;
}

size_t sched_inside(const struct sched *s)
{
	return s->ready.len + s->waiting.len + s->limit.in_flight + s->settled_n;
}

/* Gives a body to write in: one that was used before, if there is one. */
static void take_body(struct sched *s, struct buf *body)
{
	if (s->spares_n > 0)
		*body = s->spares[--s->spares_n];
}

/* Keeps a body that is not needed any more, unless it is large or there are enough. */
static void keep_body(struct sched *s, struct buf *body)
{
	if (body->cap == 0 || body->cap > SPARE_MAX_BYTES || s->spares_n == SCHED_SPARES_N) {
		buf_release(body);
		return;
	}
	buf_clear(body);
	s->spares[s->spares_n++] = *body;
	*body = (struct buf){ .max = body->max };
}

/* Takes message (allocated), or NULL to keep what the answer says. */
static void settle(struct sched *s, struct call *call, enum error_code error, char *message)
{
	heap_remove(&s->deadlines, &call->deadline);
	call->error = error;
	if (message) {
		free(call->answer.message);
		call->answer.message = message;
	}
	keep_body(s, &call->attempt.body);
	list_put(&s->settled, &call->link);
	s->settled_n++;
}

/* Settles a call that will not be asked any more: the endpoint is dead, or the run is stopping. */
static void settle_unasked(struct sched *s, struct call *call)
{
	if (s->dead != OUTCOME_ANSWERED)
		settle(s, call, error_code_of(s->dead), xstrdup(s->dead_message));
	else if (call->answer.message)
		settle(s, call, ERROR_CANCELLED,
			xasprintf("the run ended before another try; last: %s",
				call->answer.message));
	else
		settle(s, call, ERROR_CANCELLED,
			xstrdup("the run ended before this record was asked"));
}

static int64_t deadline_of(const struct sched *s, const struct call *call)
{
	return s->opts->deadline_ms ? call->record->admitted_ms + s->opts->deadline_ms : INT64_MAX;
}

/* Puts the call among the ready or the waiting, and among those with a last moment. */
static void park(struct sched *s, struct call *call, struct heap *where, int64_t key)
{
	call->is_waiting = where == &s->waiting;
	heap_put(where, &call->turn, key);
	if (s->opts->deadline_ms)
		heap_put(&s->deadlines, &call->deadline, deadline_of(s, call));
}

void sched_put(struct sched *s, struct call *call)
{
	if (s->is_stopped)
		settle_unasked(s, call);
	else
		park(s, call, &s->ready, (int64_t)call->record->seq);
}

/* Renders the request, unless an earlier try has left it. */
static bool render(struct sched *s, struct call *call, struct fault *fault)
{
	struct attempt *a = &call->attempt;
	const struct endpoint *endpoint = s->rooms.endpoint;
	struct ask ask;
	if (call->attempts_n > 0) {
		attempt_again(a);
	} else {
		attempt_init(a, SCHED_BODY_MAX_BYTES);
		take_body(s, &a->body);
		/* Most prompts are a record and a few words: one allocation in place of five. */
		buf_reserve(&a->body, call->record->text.n + BODY_FRAME_BYTES);
		if (!ask_init(&ask, &s->rooms.plan->steps[call->step], endpoint,
			    call->record->value, fault) ||
			!endpoint->api->build(&ask, &a->body, fault))
			return false;
	}
	a->endpoint = endpoint;
	a->owner = call;
	return true;
}

static void start(struct sched *s, struct call *call, int64_t now_ms)
{
	struct fault fault;
	heap_remove(&s->deadlines, &call->deadline);
	if (!render(s, call, &fault)) {
		settle(s, call, fault.code, xstrdup(fault.msg));
		return;
	}
	int64_t left = deadline_of(s, call) - now_ms;
	call->attempt.timeout_ms = left < s->opts->timeout_ms ? left : s->opts->timeout_ms;
	s->requests_n++;
	s->retries_n += call->attempts_n > 0;
	call->attempts_n++;
	limit_enter(&s->limit);
	list_put(&s->flying, &call->link);
	http_start(s->rooms.http, &call->attempt);
}

static void expire(struct sched *s, int64_t now_ms)
{
	struct heap_node *node;
	while ((node = heap_peek(&s->deadlines)) && node->key <= now_ms) {
		struct call *call = HEAP_ENTRY(node, struct call, deadline);
		heap_remove(call->is_waiting ? &s->waiting : &s->ready, &call->turn);
		char *last = call->answer.message;
		settle(s, call, ERROR_TIMEOUT,
			last ? xasprintf("--deadline passed; last: %s", last)
			     : xstrdup("--deadline passed"));
	}
}

static void ripen(struct sched *s, int64_t now_ms)
{
	struct heap_node *node;
	while ((node = heap_peek(&s->waiting)) && node->key <= now_ms) {
		struct call *call = CALL_OF_TURN(node);
		heap_remove(&s->waiting, node);
		call->is_waiting = false;
		heap_put(&s->ready, node, (int64_t)call->record->seq);
	}
}

void sched_dispatch(struct sched *s, int64_t now_ms)
{
	ripen(s, now_ms);
	expire(s, now_ms);
	while (s->ready.len > 0 && limit_wait(&s->limit, now_ms) == 0)
		start(s, CALL_OF_TURN(heap_take(&s->ready)), now_ms);
}

int64_t sched_wait_ms(const struct sched *s, int64_t now_ms)
{
	const struct heap_node *ripe = heap_peek(&s->waiting);
	const struct heap_node *late = heap_peek(&s->deadlines);
	int64_t wait = INT64_MAX;
	if (ripe)
		wait = ripe->key - now_ms;
	if (late && late->key - now_ms < wait)
		wait = late->key - now_ms;
	return wait > 0 ? wait : 0;
}

/* An endpoint that says "never" is not asked again; what waits for it is told why. */
static void bury_endpoint(struct sched *s, const struct answer *answer)
{
	if (s->dead != OUTCOME_ANSWERED)
		return;
	s->dead = answer->outcome;
	s->dead_message = xstrdup(answer->message);
	sched_stop(s);
}

static bool is_deadly(const struct sched *s, enum outcome outcome, int status)
{
	/*
	 * With one model for all records an unknown one is everybody's; else it is that record's.
	 */
	/* A lone 403 after successes with the same key is about that record. */
	if (outcome == OUTCOME_AUTH && status == 403 && s->successes_n > 0)
		return false;
	return outcome == OUTCOME_QUOTA || outcome == OUTCOME_AUTH ||
		(outcome == OUTCOME_NOT_FOUND && s->rooms.endpoint->model);
}

/* True if the call is waiting for another try now. */
static bool try_again(struct sched *s, struct call *call, int64_t now_ms)
{
	enum trouble trouble = trouble_of(call->answer.outcome);
	int64_t wait_ms;
	if (s->is_stopped)
		return false;
	call->failures_n += retry_counts(trouble);
	call->doubtful_n += trouble == TROUBLE_DOUBTFUL;
	struct retry_case c = {
		.trouble = trouble,
		.failures_n = call->failures_n,
		.doubtful_n = call->doubtful_n,
		.waits_n = call->attempts_n,
		.others_succeed = s->success_ms >= 0 && now_ms - s->success_ms < FRESH_MS &&
			trouble != TROUBLE_PACE,
		.hint_ms = call->attempt.hint.wait_ms,
		.advice = call->attempt.hint.should_retry,
	};
	if (!retry_decide(&s->opts->retry, &c, &s->rng, &wait_ms) ||
		now_ms + wait_ms >= deadline_of(s, call))
		return false;
	park(s, call, &s->waiting, now_ms + wait_ms);
	return true;
}

void sched_finish(struct sched *s, struct attempt *attempt, int64_t now_ms)
{
	struct call *call = attempt->owner;
	struct answer *answer = &call->answer;
	list_remove(&call->link);
	limit_leave(&s->limit);
	answer_release(answer);
	s->rooms.endpoint->api->read(attempt, answer);
	if (answer->outcome == OUTCOME_TRUNCATED && s->opts->on_truncate == TRUNCATE_IS_KEPT &&
		answer->text.at)
		answer->outcome = OUTCOME_ANSWERED;
	if (s->opts->wants_usage)
		s->rooms.endpoint->api->read_usage(answer);
	if (answer->outcome == OUTCOME_ANSWERED) {
		s->successes_n++;
		s->success_ms = now_ms;
		settle(s, call, ERROR_NONE, NULL);
		return;
	}
	assert(answer->message);
	if (answer->outcome == OUTCOME_TIMEOUT && attempt->timeout_ms < s->opts->timeout_ms) {
		free(answer->message);
		answer->message = xstrdup("no whole answer before the record's --deadline");
	}
	if (is_deadly(s, answer->outcome, attempt->status))
		bury_endpoint(s, answer);
	if (!try_again(s, call, now_ms))
		settle(s, call, error_code_of(answer->outcome), NULL);
}

struct call *sched_take_settled(struct sched *s)
{
	struct list_node *node = list_take(&s->settled);
	if (!node)
		return NULL;
	s->settled_n--;
	return CALL_OF_LINK(node);
}

void sched_stop(struct sched *s)
{
	struct heap_node *node;
	s->is_stopped = true;
	while ((node = heap_take(&s->ready)))
		settle_unasked(s, CALL_OF_TURN(node));
	while ((node = heap_take(&s->waiting)))
		settle_unasked(s, CALL_OF_TURN(node));
}

void sched_cut(struct sched *s)
{
	for (struct list_node *node = s->flying.next; node != &s->flying; node = node->next)
		http_cancel(s->rooms.http, &CALL_OF_LINK(node)->attempt);
}
