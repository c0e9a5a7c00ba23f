/* SPDX-License-Identifier: MIT */
/*
 * Division is a search by halves. A pack of n texts with one that is refused costs 2 ceil(log2 n)
 * requests more; those halves that have nothing wrong in them are answered on the way, and several
 * bad texts share the steps that they have in common. A refusal that names a text saves the search:
 * that text is asked alone, since the name may be wrong, and the others together. Names that are
 * always wrong would make that a search one by one: the first must have proved right before further
 * ones are believed, and after a wrong one none is.
 */
#include "engine/pack.h"

#include "api/embeddings.h"
#include "base/xalloc.h"
#include "engine/flight.h"
#include "engine/sched.h"

#define ITEM_OF(node) LIST_ENTRY(node, struct item, link)

/* Gives a fresh pack that has come as far as q, to take items of it. */
static struct request *sibling_of(struct sched *s, const struct request *q)
{
	struct request *r = sched_take_request(s, request_first(q));
	r->is_pack = true;
	r->tier = q->tier;
	r->attempts_n = q->attempts_n;
	r->failures_n = q->failures_n;
	r->doubtful_n = q->doubtful_n;
	r->faults_n = q->faults_n;
	r->refusals_n = q->refusals_n;
	r->guilty_n = q->guilty_n;
	r->trials_n = q->trials_n;
	r->failed_ms = q->failed_ms;
	r->failed_at = q->failed_at;
	return r;
}

/* Both parts are there: each is asked, which repeats nothing. */
static void send_parts(struct sched *s, struct request *q, struct request *r, int64_t now_ms)
{
	pack_change(q);
	q->is_reask = r->is_reask = q->attempts_n > 0;
	sched_return(s, q, 0, now_ms);
	sched_return(s, r, 0, now_ms);
}

void pack_halve(struct sched *s, struct request *q, int64_t now_ms)
{
	if (q->items_n == 1) {
		/* The others have left while it flew: this text is asked alone. */
		q->is_reask = true;
		sched_return(s, q, 0, now_ms);
		return;
	}
	struct request *r = sibling_of(s, q);
	struct list_node *node = q->items.next;
	unsigned kept_n = (q->items_n + 1) / 2;
	for (unsigned i = 0; i < kept_n; i++)
		node = node->next;
	request_move_items(r, q, ITEM_OF(node));
	s->packs.splits_n += q->attempts_n > 0;
	send_parts(s, q, r, now_ms);
}

bool pack_shrink(struct sched *s, struct request *q, int64_t now_ms)
{
	if (!q->is_pack || q->items_n < 2)
		return false;
	queue_remove(&s->queue, q);
	pack_halve(s, q, now_ms);
	return true;
}

/* The text that a refusal names is asked alone. */
static void part_from(struct sched *s, struct request *q, struct item *blamed, int64_t now_ms)
{
	struct request *r = sibling_of(s, q);
	s->packs.named_n++;
	blamed->is_blamed = true;
	list_remove(&blamed->link);
	list_put(&q->items, &blamed->link);
	request_move_items(r, q, blamed);
	s->packs.splits_n++;
	send_parts(s, q, r, now_ms);
}

/* Gives the item that the refusal names, or NULL: also if its word is not to be taken. */
static struct item *find_blamed(const struct packs *p, const struct request *q)
{
	bool is_proven = p->named_n == 0 || p->right_n > 0;
	if (q->items_n <= 2 || p->is_misled || !is_proven)
		return NULL;
	long place = embeddings_blamed(&q->attempt, &q->answer);
	for (struct list_node *at = q->items.next; at != &q->items; at = at->next)
		if ((long)ITEM_OF(at)->place == place)
			return ITEM_OF(at);
	return NULL;
}

bool pack_divide(struct sched *s, struct request *q, int64_t now_ms)
{
	enum outcome outcome = q->answer.outcome;
	bool is_refused = (outcome == OUTCOME_REQUEST || outcome == OUTCOME_POLICY ||
				  outcome == OUTCOME_TOO_LONG) &&
		!embeddings_is_no_text_blamed(&q->attempt, &q->answer);
	bool is_too_much = outcome == OUTCOME_TOO_LARGE || outcome == OUTCOME_TIMEOUT;
	if (q->attempt.texts_n < 2) {
		s->packs.right_n += is_refused && ITEM_OF(q->items.next)->is_blamed;
		return false;
	}
	if (!is_refused && !is_too_much)
		return false;
	if (s->is_stopped) {
		sched_settle(s, q, ERROR_CANCELLED,
			xasprintf("the run ended before each text was asked alone; last: %s",
				q->answer.message));
		return true;
	}
	struct item *blamed = is_refused ? find_blamed(&s->packs, q) : NULL;
	if (blamed)
		part_from(s, q, blamed, now_ms);
	else
		pack_halve(s, q, now_ms);
	return true;
}

/* True if one text may be why the server failed: it has got the request, and we are to go on. */
static bool may_be_one(const struct sched *s, const struct request *q, int64_t now_ms)
{
	enum outcome outcome = q->answer.outcome;
	bool may_be = outcome == OUTCOME_FAULT || outcome == OUTCOME_BAD_RESPONSE ||
		outcome == OUTCOME_CONFLICT ||
		(outcome == OUTCOME_TRANSPORT && q->attempt.sends_n > 0);
	return may_be && !s->is_stopped && s->opts->retry.retries > 0 && q->attempt.texts_n > 1 &&
		now_ms < queue_deadline_ms(&s->queue, q);
}

bool pack_divide_trial(struct sched *s, struct request *q, int64_t now_ms)
{
	if (!may_be_one(s, q, now_ms))
		return false;
	q->trials_n++;
	pack_halve(s, q, now_ms);
	return true;
}

bool pack_divide_last(struct sched *s, struct request *q, int64_t now_ms)
{
	if (!may_be_one(s, q, now_ms))
		return false;
	q->failures_n = (unsigned)s->opts->retry.retries;
	/*
	 * Where nobody else was answered meanwhile, it may be no text's fault: the breaker is told
	 * of the parts, and they need not fail before it is seen that the endpoint is down.
	 */
	if (q->guilty_n == 0)
		q->faults_n = 0;
	pack_halve(s, q, now_ms);
	return true;
}
