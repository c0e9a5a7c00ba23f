/* SPDX-License-Identifier: MIT */
#include "engine/same.h"

#include "base/hash.h"
#include "engine/flight.h"
#include "engine/sched.h"

#include <string.h>

/* Bodies of requests that do not fly, written to see who asks the same. */
#define PARKED_MAX_BYTES (32UL << 20)

#define REQUEST_OF(node) LOOKUP_ENTRY(node, struct request, same)
#define ITEM_OF(node) LOOKUP_ENTRY(node, struct item, same)

void same_init(struct same *s, uint64_t seed)
{
	*s = (struct same){ .seed = seed };
}

void same_release(struct same *s)
{
	lookup_release(&s->requests);
	lookup_release(&s->items);
}

/* Gives the hash of what is asked of that pool, with that path (or NULL). */
static uint64_t hash_of(const struct same *s, unsigned pool, const char *path, struct span body)
{
	uint64_t hash = hash_bytes(body, s->seed + pool);
	return path ? hash_bytes(span_of(path), hash) : hash;
}

/*
 * True if an answer to a call of one step will do for the other: what may come of both is the same.
 */
static bool are_alike(const struct step *a, const struct step *b)
{
	return a == b || (!a->schema && !b->schema && a->max_tokens_limit == b->max_tokens_limit);
}

/*
 * True if the other has the same body as q, whose is fresh. That of the other may have been written
 * for another endpoint since.
 */
static bool has_same_body(struct sched *s, const struct request *other, struct request *q)
{
	const struct gates *g = pool_of_kind(&s->pool, other->body_kind);
	const char *a = other->attempt.path, *b = q->attempt.path;
	struct fault fault;
	return flight_render(s, q, g, &fault) && other->attempt.body.len == q->attempt.body.len &&
		memcmp(other->attempt.body.data, q->attempt.body.data, q->attempt.body.len) == 0 &&
		(a && b ? strcmp(a, b) == 0 : a == b);
}

/* True if the other, which is alive, asks the very same as q. Keys say so, where there are any. */
static bool asks_the_same(struct sched *s, const struct request *other, struct request *q)
{
	const struct step *steps = s->rooms.plan->steps;
	if (other->pool != q->pool || !are_alike(&steps[other->step], &steps[q->step]))
		return false;
	return q->has_key ? memcmp(&other->key, &q->key, sizeof q->key) == 0
			  : has_same_body(s, other, q);
}

/*
 * Samples of one step are to differ, but where a key numbers them. What goes into a batch file is
 * each a request.
 */
static bool may_share(const struct sched *s, const struct request *q)
{
	bool is_told_apart = q->has_key || s->rooms.plan->steps[q->step].samples_n == 1;
	return !s->opts->shares_nothing && !q->is_pack && is_told_apart &&
		s->rooms.plan->batch == BATCH_NONE;
}

bool same_is_sought(const struct sched *s, const struct request *q)
{
	return q->same.hash == 0 && q->attempts_n == 0 && may_share(s, q);
}

/* Hands the call of q, which ends by that, over to a request that asks the same. */
static void join(struct sched *s, struct request *q, struct request *other)
{
	struct call *call = request_first(q);
	bool is_earlier = q->seq < other->seq;
	s->same.joined_n++;
	sched_leave(s, q, call);
	sched_join(s, other, call, NULL, is_earlier);
}

bool same_join(struct sched *s, struct request *q)
{
	if (q->body_kind == 0 || q->same.hash != 0 || q->attempts_n > 0)
		return false;
	uint64_t hash = hash_of(&s->same, q->pool, q->attempt.path, buf_span(&q->attempt.body));
	struct lookup_node *other = lookup_find(&s->same.requests, hash);
	while (other && !asks_the_same(s, REQUEST_OF(other), q))
		other = lookup_next(other);
	if (other) {
		join(s, q, REQUEST_OF(other));
		return true;
	}
	if (q->body_kind == REQUEST_BODY_IS_STALE)
		return false; /* it yields none for an endpoint that it was compared at */
	lookup_put(&s->same.requests, &q->same, hash);
	return false;
}

bool same_join_sought(struct sched *s, struct request *q)
{
	return may_share(s, q) && same_join(s, q);
}

void same_join_early(struct sched *s, struct request *q)
{
	if (!may_share(s, q) || s->same.parked_bytes >= PARKED_MAX_BYTES || !sched_prepare(s, q) ||
		same_join(s, q))
		return;
	same_park(&s->same, q);
}

/* Drops the body; whoever starts the request writes it again. */
static void drop_body(struct request *q)
{
	const struct api *api = q->attempt.api;
	attempt_release(&q->attempt);
	q->attempt = (struct attempt){ .api = api };
	q->body_kind = 0;
}

void same_park(struct same *s, struct request *q)
{
	same_unpark(s, q);
	if (s->parked_bytes >= PARKED_MAX_BYTES) {
		drop_body(q);
		return;
	}
	q->parked_bytes = q->attempt.body.cap;
	s->parked_bytes += q->parked_bytes;
}

void same_unpark(struct same *s, struct request *q)
{
	s->parked_bytes -= q->parked_bytes;
	q->parked_bytes = 0;
}

struct item *same_find_item(const struct sched *s, unsigned pool, struct span text)
{
	if (s->opts->shares_nothing)
		return NULL;
	uint64_t hash = hash_of(&s->same, pool, NULL, text);
	struct lookup_node *node = lookup_find(&s->same.items, hash);
	while (node && !span_equals(ITEM_OF(node)->text, text))
		node = lookup_next(node);
	return node ? ITEM_OF(node) : NULL;
}

void same_put_item(struct sched *s, struct item *item)
{
	if (!s->opts->shares_nothing)
		lookup_put(&s->same.items, &item->same,
			hash_of(&s->same, item->request->pool, NULL, item->text));
}
