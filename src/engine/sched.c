/* SPDX-License-Identifier: MIT */
/*
 * A request's way: put -> ready -> in flight -> settled, or from in flight back to waiting and to
 * ready again.
 *
 * Ready requests are ordered by their record's number, not by when they became ready: a retry of an
 * early record, or its next step, goes before the first try of a late one. So the head of the
 * window is finished rather than many records begun, and the reorder buffer stays short. That holds
 * across pools too: of all lanes the one whose first is earliest goes next; a lane whose gates are
 * shut steps aside.
 *
 * Who asks what is being asked already joins that request (engine/same); texts whose vectors are
 * wanted travel together (engine/pack).
 */
#include "engine/sched.h"

#include "base/xalloc.h"
#include "engine/estimate.h"
#include "engine/flight.h"
#include "work/record.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
	MINUTE_MS = 60000,
	SPARE_MAX_BYTES = 4096, /* of a body kept for the next request */
	READY_SPARE_N = 64,     /* ready requests kept beyond the free slots */
	SOUGHT_AHEAD_N = 512,   /* requests that may be looked for in the cache beyond these */
	WIRE_GRACE_MS = 50,     /* so long the wire may take to end what has had its time */
	PREFIX_BYTES = 1024,    /* of a request: what affinity goes by */
};

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
	recall_init(&s->recall, rooms->cache);
	spend_init(&s->spend, rooms->money, rooms->endpoints);
	same_init(&s->same, seed);
	packs_init(&s->packs, &opts->pack, opts->is_fixed);
	queue_init(&s->queue, s->pool.pools_n, s->pool.tiers_n, opts->deadline_ms);
	heap_init(&s->hedges);
	list_init(&s->flying);
	list_init(&s->spare_flights);
	list_init(&s->spare_requests);
	list_init(&s->settled);
	s->open_ms = INT64_MAX;
}

void sched_release(struct sched *s)
{
	struct list_node *node;
	while ((node = list_take(&s->spare_requests)))
		free(LIST_ENTRY(node, struct request, link));
	recall_release(&s->recall);
	same_release(&s->same);
	queue_release(&s->queue);
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
	size_t wanted = slots_n < places_n ? slots_n : places_n;
	if (s->opts->pack.is_on)
		return packs_hungry_n(s, wanted);
	wanted += READY_SPARE_N;
	/* Most of what is looked for may be found, and then asks for no slot. */
	if (s->recall.cache)
		wanted += SOUGHT_AHEAD_N;
	size_t has = s->queue.ready_n + s->recall.sought_n;
	return has < wanted ? wanted - has : 0;
}

size_t sched_inside(const struct sched *s)
{
	return s->calls_n;
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

/* A request is over: no call is left, and nothing of it is in the air. */
static void keep_request(struct sched *s, struct request *q)
{
	lookup_remove(&s->same.requests, &q->same);
	same_unpark(&s->same, q);
	if (q->is_pack)
		pack_over(s, q);
	keep_body(s, &q->attempt.body);
	request_release(q);
	list_push(&s->spare_requests, &q->link);
}

struct request *sched_take_request(struct sched *s, const struct call *call)
{
	struct list_node *node = list_take(&s->spare_requests);
	struct request *q = node ? LIST_ENTRY(node, struct request, link) : xmalloc(sizeof *q);
	const struct step *step = &s->rooms.plan->steps[call->step];
	request_init(q, call->step, step->models[call->index / step->samples_n]);
	return q;
}

void sched_settle(struct sched *s, struct request *q, enum error_code error, char *message)
{
	queue_forget_all(&s->queue, q);
	q->answer.usage = usage_sum(q->answer.usage, q->paid);
	q->answer.cost = cost_sum(q->answer.cost, q->paid_cost);
	if (message) {
		free(q->answer.message);
		q->answer.message = message;
	}
	request_settle(q, error, &s->settled);
	keep_request(s, q);
}

void sched_forget(struct sched *s, struct request *q)
{
	keep_request(s, q);
}

enum error_code sched_stop_code(const struct sched *s)
{
	return spend_is_over(&s->spend) ? ERROR_BUDGET : ERROR_CANCELLED;
}

void sched_settle_unasked(struct sched *s, struct request *q)
{
	const struct gates *dead = pool_death(&s->pool, q->pool);
	if (dead)
		sched_settle(s, q, error_code_of(dead->dead), xstrdup(dead->dead_message));
	else if (q->answer.message)
		sched_settle(s, q, sched_stop_code(s),
			xasprintf("the run ended before another try; last: %s", q->answer.message));
	else
		sched_settle(s, q, sched_stop_code(s),
			xstrdup("the run ended before this record was asked"));
}

/* Settles a request which only a fallback could have served, and there is none left. */
static void settle_unserved(struct sched *s, struct request *q)
{
	if (s->dead || !q->answer.message)
		sched_settle_unasked(s, q);
	else
		sched_settle(s, q, error_code_of(q->answer.outcome),
			xasprintf("%s; and no fallback is left to ask", q->answer.message));
}

void sched_return(struct sched *s, struct request *q, int64_t wait_ms, int64_t now_ms)
{
	if (q->body_kind == REQUEST_BODY_IS_STALE)
		/* It asks something else now. */
		lookup_remove(&s->same.requests, &q->same);
	/* Some may have been put off while it flew. */
	queue_forget_all(&s->queue, q);
	queue_mind_all(&s->queue, q);
	if (q->body_kind == REQUEST_BODY_IS_STALE && !q->is_pack && recall_seek(s, q))
		return;
	if (wait_ms > 0)
		queue_put_off(&s->queue, q, now_ms + wait_ms);
	else
		queue_put(&s->queue, q);
}

void sched_join(
	struct sched *s, struct request *q, struct call *call, struct item *item, bool is_earlier)
{
	request_join(q, call, item);
	queue_mind(&s->queue, call);
	if (q->state == REQUEST_FLYING)
		flight_extend(s, q);
	else if (q->state == REQUEST_READY && is_earlier)
		queue_hasten(&s->queue, q);
}

void sched_leave(struct sched *s, struct request *q, struct call *call)
{
	struct item *item = call->item;
	queue_forget(&s->queue, call);
	request_leave(q, call);
	if (item && item->calls_n == 0)
		pack_drop_item(s, item);
	if (q->calls_n > 0)
		return;
	lookup_remove(&s->same.requests, &q->same);
	if (q->state == REQUEST_FLYING) {
		flight_cut_request(s, q);
	} else if (q->state != REQUEST_SOUGHT) {
		/* What is looked for comes back, for nobody. */
		queue_remove(&s->queue, q);
		keep_request(s, q);
	}
}

void sched_drop(struct sched *s, struct call *call)
{
	s->calls_n--;
	sched_leave(s, call->request, call);
}

/* A call's last moment has passed; others may still wait for the same. */
static void expire_call(struct sched *s, struct call *call, int64_t now_ms)
{
	struct request *q = call->request;
	bool is_away = q->state == REQUEST_FLYING || q->state == REQUEST_SOUGHT;
	if (is_away && call->record->admitted_ms == q->latest_ms) {
		/*
		 * The last of them is the wire's to end, now, and a failure of the endpoint's; or
		 * it is back from the cache at once.
		 */
		queue_put_off_deadline(&s->queue, call, now_ms + WIRE_GRACE_MS);
		return;
	}
	const char *last = q->answer.message;
	/* Who was only ever told to wait failed of that. */
	bool was_rate = last && q->answer.outcome == OUTCOME_RATE;
	enum error_code error = was_rate ? ERROR_RATE_LIMITED : ERROR_TIMEOUT;
	char *message = last ? xasprintf("--deadline passed; last: %s", last)
			     : xstrdup("--deadline passed");
	if (q->calls_n == 1) {
		queue_remove(&s->queue, q);
		sched_settle(s, q, error, message);
		return;
	}
	sched_leave(s, q, call);
	call_abandon(call, error, message);
	list_put(&s->settled, &call->link);
}

bool sched_prepare(struct sched *s, struct request *q)
{
	const struct gates *g = pool_first(&s->pool, q->pool, q->tier);
	struct fault fault;
	bool is_written = q->body_kind > 0 && q->body_kind != REQUEST_BODY_IS_STALE;
	if (!g || is_written)
		return true;
	if (flight_render(s, q, g, &fault))
		return true;
	queue_remove(&s->queue, q);
	sched_settle(s, q, fault.code, xstrdup(fault.msg));
	return false;
}

static uint64_t prefix_of(const struct request *q)
{
	const struct buf *body = &q->attempt.body;
	return balance_hash(body->data, body->len < PREFIX_BYTES ? body->len : PREFIX_BYTES);
}

/* How long until the retry budget lets the request go; fresh ones go meanwhile. */
static bool put_off(struct sched *s, struct request *q, int64_t now_ms)
{
	int64_t wait_ms = q->is_retry ? retry_budget_wait(&s->budget, now_ms) : 0;
	if (wait_ms == 0)
		return false;
	queue_remove(&s->queue, q);
	queue_put_off(&s->queue, q, now_ms + wait_ms);
	return true;
}

void sched_put(struct sched *s, struct call *call)
{
	if (s->airborne_n == 0 && s->queue.ready_n == 0 && s->queue.waiting.len == 0)
		pool_rest(&s->pool);
	s->calls_n++;
	if (s->opts->pack.is_on && !s->is_stopped) {
		pack_put(s, call);
		return;
	}
	struct request *q = sched_take_request(s, call);
	request_join(q, call, NULL);
	if (s->is_stopped) {
		sched_settle_unasked(s, q);
		return;
	}
	if (recall_seek(s, q))
		return;
	sched_return(s, q, 0, 0);
	same_join_early(s, q);
}

/* True if it matters for the choice of endpoints how a request begins. */
static bool has_key(const struct sched *s)
{
	return s->opts->balance == BALANCE_AFFINITY;
}

/* Does what comes before the choice. False if the request is not ready any more by that. */
static bool get_set(struct sched *s, struct request *q, int64_t now_ms)
{
	bool counts =
		rate_counts_tokens(&s->rate) || pool_counts_tokens(&s->pool) || s->rooms.estimate;
	bool shares = same_is_sought(s, q);
	if (put_off(s, q, now_ms) || ((counts || has_key(s) || shares) && !sched_prepare(s, q)))
		return false;
	if (shares && same_join(s, q))
		return false;
	if (counts)
		flight_weigh(q);
	return true;
}

/*
 * True if the budget lets the request start there. Else *wait_ms says how long until it may; 0 = it
 * is not as it was: settled, for nobody can say what it may cost, or a smaller pack.
 */
static bool can_afford(
	struct sched *s, struct request *q, const struct gates *g, int64_t now_ms, int64_t *wait_ms)
{
	struct fault fault;
	if (!spend_is_limited(&s->spend))
		return true;
	if (!flight_render(s, q, g, &fault)) {
		queue_remove(&s->queue, q);
		sched_settle(s, q, fault.code, xstrdup(fault.msg));
		*wait_ms = 0;
		return false;
	}
	flight_weigh(q);
	*wait_ms = GATES_UNTIL_LEAVE;
	enum spend_answer said = spend_look(&s->spend, q, &q->attempt, g);
	switch (said) {
	case SPEND_GO:
		return true;
	case SPEND_NEVER:
		*wait_ms = pack_shrink(s, q, now_ms) ? 0 : GATES_UNTIL_LEAVE;
		if (*wait_ms > 0)
			spend_close(&s->spend, q, g);
		break;
	case SPEND_UNBOUNDED:
	case SPEND_UNSEEN:
		queue_remove(&s->queue, q);
		sched_settle(s, q, ERROR_BAD_RECORD, xstrdup(spend_complaint(said)));
		*wait_ms = 0;
		break;
	case SPEND_WAIT:
		break;
	}
	return false;
}

/*
 * Moves the first of the ready requests on: starts it, settles it, joins it to another, or puts it
 * off; then 0. Else how long until it may start.
 */
static int64_t move_on(struct sched *s, struct request *q, int64_t now_ms)
{
	int64_t wait_ms;
	if (!get_set(s, q, now_ms))
		return 0;
	if (s->rooms.estimate) {
		queue_remove(&s->queue, q);
		same_unpark(&s->same, q);
		estimate_take(s, q);
		return 0;
	}
	const struct pool_want want = { .pool = q->pool,
		.tier = q->tier,
		.avoid = q->failed_at,
		.size = flight_size(q),
		.key = has_key(s) ? prefix_of(q) : 0 };
	struct gates *g = pool_choose(&s->pool, &want, now_ms, &wait_ms);
	if (!g && !pool_can_serve(&s->pool, q->pool, q->tier)) {
		queue_remove(&s->queue, q);
		settle_unserved(s, q);
		return 0;
	}
	if (!g)
		return wait_ms;
	struct rate_cost cost = gates_cost(g, want.size);
	wait_ms = rate_wait(&s->rate, &cost, now_ms);
	if (wait_ms > 0 || !can_afford(s, q, g, now_ms, &wait_ms))
		return wait_ms;
	queue_remove(&s->queue, q);
	same_unpark(&s->same, q);
	flight_start(s, q, g, now_ms);
	return 0;
}

/* Starts what may start; gives how long until more may. */
static int64_t dispatch_ready(struct sched *s, int64_t now_ms)
{
	int64_t soonest_ms = GATES_UNTIL_LEAVE;
	struct request *q;
	queue_unblock(&s->queue);
	while (s->flights_n < (uint64_t)s->opts->jobs && (q = queue_first(&s->queue))) {
		int64_t wait_ms = move_on(s, q, now_ms);
		if (wait_ms > 0)
			queue_block(&s->queue, q);
		if (wait_ms > 0 && wait_ms < soonest_ms)
			soonest_ms = wait_ms;
	}
	return soonest_ms;
}

void sched_dispatch(struct sched *s, int64_t now_ms)
{
	struct call *late;
	queue_ripen(&s->queue, now_ms);
	while ((late = queue_take_late(&s->queue, now_ms)))
		expire_call(s, late, now_ms);
	s->hedge_ms = hedge_is_on(&s->hedge) ? hedge_delay_ms(&s->hedge, now_ms) : INT64_MAX;
	/* Before what is fresh: they are few, and who waits for them has waited long. */
	flight_hedge(s, now_ms);
	int64_t soonest_ms = dispatch_ready(s, now_ms);
	s->open_ms = soonest_ms == GATES_UNTIL_LEAVE ? INT64_MAX : now_ms + soonest_ms;
}

int64_t sched_wait_ms(const struct sched *s, int64_t now_ms)
{
	int64_t until_ms = queue_next_ms(&s->queue);
	const struct heap_node *hedge = heap_peek(&s->hedges);
	if (s->queue.ready_n > 0 && s->open_ms < until_ms)
		until_ms = s->open_ms;
	if (flight_may_hedge(s) && hedge->key < until_ms)
		until_ms = hedge->key;
	if (until_ms == INT64_MAX)
		return INT64_MAX;
	return until_ms > now_ms ? until_ms - now_ms : 0;
}

struct call *sched_take_settled(struct sched *s)
{
	struct list_node *node = list_take(&s->settled);
	if (!node)
		return NULL;
	s->calls_n--;
	return CALL_OF_LINK(node);
}

bool sched_has_open_pack(const struct sched *s)
{
	/* What is looked for may have to travel, too, and knows soon. */
	return s->packs.open != NULL && s->recall.sought_n == 0;
}

void sched_flush(struct sched *s)
{
	packs_flush(s);
}

void sched_stop(struct sched *s)
{
	struct request *q;
	s->is_stopped = true;
	while ((q = queue_take(&s->queue)))
		sched_settle_unasked(s, q);
}

void sched_cut(struct sched *s)
{
	for (struct list_node *node = s->flying.next; node != &s->flying; node = node->next)
		flight_cut(s, LIST_ENTRY(node, struct flight, link));
}
