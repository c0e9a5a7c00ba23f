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
#include "engine/flight.h"
#include "work/record.h"
#include "work/tokens.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
	MINUTE_MS = 60000,
	SPARE_MAX_BYTES = 4096, /* of a body kept for the next request */
	READY_SPARE_N = 64,     /* ready calls kept beyond the free slots */
	PREFIX_BYTES = 1024,    /* of a request: what affinity goes by */
	PICTURE_TOKENS = 1000,
	TOKEN_BYTES = 4
};

/* More than there are records: who has tried in vain goes behind all who have not. */
#define TRIAL_HANDICAP ((int64_t)1 << 40)

#define CALL_OF_TURN(node) HEAP_ENTRY(node, struct call, turn)
#define CALL_OF_LINK(node) LIST_ENTRY(node, struct call, link)

/* The limits that the user set for the run as a whole. */
static void init_rate(struct sched *s)
{
	rate_init(&s->rate);
	if (s->opts->rate > 0)
		rate_add(&s->rate, RATE_REQUESTS, s->opts->rate, s->opts->rate_window_ms, 0);
	if (s->opts->tpm > 0)
		rate_add(&s->rate, RATE_TOKENS, (double)s->opts->tpm, MINUTE_MS, 0);
}

void sched_init(struct sched *s, const struct sched_opts *opts, const struct sched_rooms *rooms,
	uint64_t seed)
{
	const struct pool_opts pool = { .jobs = (unsigned)opts->jobs,
		.is_fixed = opts->is_fixed,
		.balance = (enum balance_rule)opts->balance,
		.fallback_after_ms = opts->fallback_after_ms };
	*s = (struct sched){ .opts = opts, .rooms = *rooms, .success_ms = -1 };
	rng_init(&s->rng, seed);
	pool_init(&s->pool, &pool, rooms->endpoints, rooms->endpoints_n, &s->rng);
	init_rate(s);
	retry_budget_init(&s->budget, 0);
	hedge_init(&s->hedge, &opts->hedge);
	for (unsigned tier = 0; tier < s->pool.tiers_n; tier++)
		heap_init(&s->ready[tier]);
	heap_init(&s->waiting);
	heap_init(&s->deadlines);
	heap_init(&s->hedges);
	list_init(&s->flying);
	list_init(&s->spare_flights);
	list_init(&s->settled);
	s->open_ms = INT64_MAX;
}

void sched_release(struct sched *s)
{
	for (unsigned tier = 0; tier < s->pool.tiers_n; tier++)
		heap_release(&s->ready[tier]);
	heap_release(&s->waiting);
	heap_release(&s->deadlines);
	heap_release(&s->hedges);
	flight_release_spares(s);
	pool_release(&s->pool);
	while (s->spares_n > 0)
		buf_release(&s->spares[--s->spares_n]);
}

size_t sched_hungry_n(const struct sched *s, int64_t now_ms)
{
	size_t slots_n = (size_t)s->opts->jobs - s->flights_n;
	size_t places_n = pool_free_n(&s->pool, now_ms);
	size_t wanted = (slots_n < places_n ? slots_n : places_n) + READY_SPARE_N;
	return s->ready_n < wanted ? wanted - s->ready_n : 0;
}

size_t sched_inside(const struct sched *s)
{
	return s->ready_n + s->waiting.len + s->airborne_n + s->settled_n;
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

void sched_settle(struct sched *s, struct call *call, enum error_code error, char *message)
{
	heap_remove(&s->deadlines, &call->deadline);
	call->error = error;
	call->answer.usage = usage_sum(call->answer.usage, call->paid);
	if (message) {
		free(call->answer.message);
		call->answer.message = message;
	}
	keep_body(s, &call->attempt.body);
	list_put(&s->settled, &call->link);
	s->settled_n++;
}

/* Settles a call that will not be asked any more: no endpoint is left, or the run is stopping. */
static void settle_unasked(struct sched *s, struct call *call)
{
	if (s->dead)
		sched_settle(s, call, error_code_of(s->dead->dead), xstrdup(s->dead->dead_message));
	else if (call->answer.message)
		sched_settle(s, call, ERROR_CANCELLED,
			xasprintf("the run ended before another try; last: %s",
				call->answer.message));
	else
		sched_settle(s, call, ERROR_CANCELLED,
			xstrdup("the run ended before this record was asked"));
}

/* Settles a call which only a fallback could have served, and there is none left. */
static void settle_unserved(struct sched *s, struct call *call)
{
	if (s->dead || !call->answer.message)
		settle_unasked(s, call);
	else
		sched_settle(s, call, error_code_of(call->answer.outcome),
			xasprintf("%s; and no fallback is left to ask", call->answer.message));
}

int64_t sched_deadline_ms(const struct sched *s, const struct call *call)
{
	return s->opts->deadline_ms ? call->record->admitted_ms + s->opts->deadline_ms : INT64_MAX;
}

static void put_ready(struct sched *s, struct call *call)
{
	call->is_waiting = false;
	heap_put(&s->ready[call->tier], &call->turn,
		(int64_t)call->record->seq + call->trials_n * TRIAL_HANDICAP);
	s->ready_n++;
}

/* Takes the call out of the ready or the waiting, whichever it is among. */
static void unpark(struct sched *s, struct call *call)
{
	s->ready_n -= !call->is_waiting;
	heap_remove(call->is_waiting ? &s->waiting : &s->ready[call->tier], &call->turn);
}

static void put_waiting(struct sched *s, struct call *call, int64_t until_ms)
{
	call->is_waiting = true;
	heap_put(&s->waiting, &call->turn, until_ms);
}

void sched_return(struct sched *s, struct call *call, int64_t wait_ms, int64_t now_ms)
{
	if (wait_ms > 0)
		put_waiting(s, call, now_ms + wait_ms);
	else
		put_ready(s, call);
	if (s->opts->deadline_ms)
		heap_put(&s->deadlines, &call->deadline, sched_deadline_ms(s, call));
}

void sched_put(struct sched *s, struct call *call)
{
	if (s->airborne_n == 0 && s->ready_n == 0 && s->waiting.len == 0)
		pool_rest(&s->pool);
	if (s->is_stopped)
		settle_unasked(s, call);
	else
		sched_return(s, call, 0, 0);
}

static void expire(struct sched *s, int64_t now_ms)
{
	struct heap_node *node;
	while ((node = heap_peek(&s->deadlines)) && node->key <= now_ms) {
		struct call *call = HEAP_ENTRY(node, struct call, deadline);
		char *last = call->answer.message;
		/* Who was only ever told to wait failed of that. */
		bool was_rate = last && call->answer.outcome == OUTCOME_RATE;
		unpark(s, call);
		sched_settle(s, call, was_rate ? ERROR_RATE_LIMITED : ERROR_TIMEOUT,
			last ? xasprintf("--deadline passed; last: %s", last)
			     : xstrdup("--deadline passed"));
	}
}

static void ripen(struct sched *s, int64_t now_ms)
{
	struct heap_node *node;
	while ((node = heap_peek(&s->waiting)) && node->key <= now_ms) {
		heap_remove(&s->waiting, node);
		put_ready(s, CALL_OF_TURN(node));
	}
}

/*
 * Writes the request ahead of the choice where the choice depends on it: on how many tokens it is,
 * or on how it begins. False, with the call settled, if it yields none.
 */
static bool prepare(struct sched *s, struct call *call)
{
	const struct gates *g = pool_first(&s->pool, call->tier);
	struct fault fault;
	if (!g || call->body_kind > 0)
		return true;
	if (flight_render(s, call, g, &fault))
		return true;
	unpark(s, call);
	sched_settle(s, call, fault.code, xstrdup(fault.msg));
	return false;
}

static void weigh(struct call *call, const struct pool *pool)
{
	const struct gates *g = pool_first(pool, call->tier);
	struct span body = buf_span(&call->attempt.body);
	if (call->estimate > 0 || call->body_kind == 0 || !g)
		return;
	/* What a picture costs has nothing to do with its bytes; a thousand tokens are usual. */
	call->estimate = call->picture_bytes == 0
		? tokens_estimate(body)
		: PICTURE_TOKENS + (double)(body.n - call->picture_bytes) / TOKEN_BYTES;
	call->max_tokens = api_max_tokens(call->attempt.api, body);
}

static uint64_t prefix_of(const struct call *call)
{
	const struct buf *body = &call->attempt.body;
	return balance_hash(body->data, body->len < PREFIX_BYTES ? body->len : PREFIX_BYTES);
}

/* How long until the retry budget lets the call go; fresh ones go meanwhile. */
static bool put_off(struct sched *s, struct call *call, int64_t now_ms)
{
	int64_t wait_ms = call->is_retry ? retry_budget_wait(&s->budget, now_ms) : 0;
	if (wait_ms == 0)
		return false;
	unpark(s, call);
	put_waiting(s, call, now_ms + wait_ms);
	return true;
}

/*
 * Moves the first of the ready calls on: starts it, settles it, or puts it off; then 0. Else how
 * long until it may start.
 */
static int64_t move_on(struct sched *s, struct call *call, int64_t now_ms)
{
	bool counts = rate_counts_tokens(&s->rate) || pool_counts_tokens(&s->pool);
	bool has_key = s->opts->balance == BALANCE_AFFINITY;
	int64_t wait_ms;
	if (put_off(s, call, now_ms) || ((counts || has_key) && !prepare(s, call)))
		return 0;
	if (counts)
		weigh(call, &s->pool);
	const struct pool_want want = { .tier = call->tier,
		.avoid = call->failed_at,
		.size = flight_size(call),
		.key = has_key ? prefix_of(call) : 0 };
	struct gates *g = pool_choose(&s->pool, &want, now_ms, &wait_ms);
	if (!g && !pool_can_serve(&s->pool, call->tier)) {
		unpark(s, call);
		settle_unserved(s, call);
		return 0;
	}
	if (!g)
		return wait_ms;
	struct rate_cost cost = gates_cost(g, want.size);
	wait_ms = rate_wait(&s->rate, &cost, now_ms);
	if (wait_ms > 0)
		return wait_ms;
	unpark(s, call);
	flight_start(s, call, g, now_ms);
	return 0;
}

/* Starts what may start of the calls that need this tier; gives how long until more may. */
static int64_t dispatch_tier(struct sched *s, struct heap *ready, int64_t now_ms)
{
	int64_t wait_ms = 0;
	while (ready->len > 0 && wait_ms == 0)
		wait_ms = s->flights_n < (uint64_t)s->opts->jobs
			? move_on(s, CALL_OF_TURN(heap_peek(ready)), now_ms)
			: GATES_UNTIL_LEAVE;
	return wait_ms > 0 ? wait_ms : GATES_UNTIL_LEAVE;
}

void sched_dispatch(struct sched *s, int64_t now_ms)
{
	int64_t soonest_ms = GATES_UNTIL_LEAVE;
	ripen(s, now_ms);
	expire(s, now_ms);
	s->hedge_ms = hedge_is_on(&s->hedge) ? hedge_delay_ms(&s->hedge, now_ms) : INT64_MAX;
	/* Before what is fresh: they are few, and who waits for them has waited long. */
	flight_hedge(s, now_ms);
	for (unsigned tier = 0; tier < s->pool.tiers_n; tier++) {
		int64_t wait_ms = dispatch_tier(s, &s->ready[tier], now_ms);
		soonest_ms = wait_ms < soonest_ms ? wait_ms : soonest_ms;
	}
	s->open_ms = soonest_ms == GATES_UNTIL_LEAVE ? INT64_MAX : now_ms + soonest_ms;
}

static int64_t earlier(const struct heap *heap, int64_t than_ms)
{
	const struct heap_node *first = heap_peek(heap);
	return first && first->key < than_ms ? first->key : than_ms;
}

int64_t sched_wait_ms(const struct sched *s, int64_t now_ms)
{
	int64_t until_ms = s->ready_n > 0 ? s->open_ms : INT64_MAX;
	until_ms = earlier(&s->waiting, until_ms);
	until_ms = earlier(&s->deadlines, until_ms);
	if (flight_may_hedge(s))
		until_ms = earlier(&s->hedges, until_ms);
	if (until_ms == INT64_MAX)
		return INT64_MAX;
	return until_ms > now_ms ? until_ms - now_ms : 0;
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
	for (unsigned tier = 0; tier < s->pool.tiers_n; tier++)
		while ((node = heap_take(&s->ready[tier])))
			settle_unasked(s, CALL_OF_TURN(node));
	s->ready_n = 0;
	while ((node = heap_take(&s->waiting)))
		settle_unasked(s, CALL_OF_TURN(node));
}

void sched_cut(struct sched *s)
{
	for (struct list_node *node = s->flying.next; node != &s->flying; node = node->next)
		flight_cut(s, LIST_ENTRY(node, struct flight, link));
}

void sched_describe(const struct sched *s, int64_t now_ms, struct buf *out)
{
	for (unsigned i = 0; i < s->pool.gates_n; i++) {
		buf_put_str(out, i ? "; " : "");
		gates_describe(&s->pool.gates[i], now_ms, out);
	}
}
