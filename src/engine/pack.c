/* SPDX-License-Identifier: MIT */
/*
 * The open pack is a request that waits in the queue for its time, --batch-wait after its first
 * text; when it is full it becomes ready at once. So deadlines, the end of the run and the order of
 * records are the queue's business, for packs as for all else.
 */
#include "engine/pack.h"

#include "api/api.h"
#include "api/embeddings.h"
#include "base/spare.h"
#include "base/xalloc.h"
#include "engine/flight.h"
#include "engine/sched.h"
#include "json/text.h"
#include "work/ask.h"
#include "work/record.h"

#include <assert.h>
#include <string.h>

enum {
	AHEAD_N = 2,             /* packs that may be ready beyond those that could start */
	PACK_MAX_BYTES = 8 << 20 /* of its texts; few servers take a request that is larger */
};

#define ITEM_OF(node) LIST_ENTRY(node, struct item, link)
#define CALL_OF(node) LIST_ENTRY(node, struct call, link)

void packs_init(struct packs *p, const struct pack_opts *opts, bool is_fixed)
{
	*p = (struct packs){ .opts = opts };
	if (opts->is_on)
		pack_size_init(&p->size, (unsigned)opts->texts_max, is_fixed);
}

/*
 * Gives how many texts the open pack may have. While packs that are ready wait for a rate, fewer
 * and larger ones go further: each request costs the same.
 */
static unsigned target_of(const struct sched *s)
{
	const struct packs *p = &s->packs;
	const struct gates *g = pool_first(&s->pool, 0, 0);
	bool is_scarce = s->queue.ready_n > 0 && s->open_ms != INT64_MAX && g && gates_is_sound(g);
	return is_scarce ? pack_size_most(&p->size) : pack_size_items(&p->size);
}

size_t packs_hungry_n(const struct sched *s, size_t requests_n)
{
	const struct packs *p = &s->packs;
	size_t size = target_of(s);
	size_t wanted = (requests_n + AHEAD_N) * size;
	size_t has = s->queue.ready_n * size + s->recall.sought_n;
	if (p->open)
		has += p->open->items_n;
	if (p->open && p->open->state == REQUEST_READY)
		has -= size;
	return has < wanted ? wanted - has : 0;
}

/* texts in */

/* Finds what the call's record wants the vector of. False with fault filled. */
static bool find_text(
	struct sched *s, const struct call *call, struct item *item, struct fault *fault)
{
	struct ask ask;
	const struct record *r = call->record;
	const struct step *step = &s->rooms.plan->steps[call->step];
	buf_init(&item->own, SCHED_BODY_MAX_BYTES);
	if (!ask_init_text(&ask, step, s->rooms.endpoints, r->value, fault) ||
		!ask_fit(&ask, &item->own, fault))
		return false;
	s->cuts_n += ask.is_cut;
	item->text = ask.prompt.at ? ask.prompt : ask.own;
	item->source = ask.prompt.at ? NULL : r;
	if (step->has_prompt && !ask.prompt.at) {
		if (!ask_put_prompt(&ask, &item->own, fault))
			return false;
		buf_shrink(&item->own);
		item->text = buf_span(&item->own);
		item->source = NULL;
	}
	if (item->text.n == 0)
		return fault_set(fault, ERROR_BAD_RECORD, "the text is empty: it has no vector");
	return !json_find_lone_surrogate(item->text) ||
		fault_set(fault, ERROR_BAD_RECORD,
			"the text has half a character in it: a \\ud800 to \\udfff by itself");
}

static size_t rounded_up(double tokens)
{
	size_t whole = (size_t)tokens;
	return whole + ((double)whole < tokens);
}

/* Weighs what so far counted as many tokens as it has bytes, which it never is more. */
static void weigh_open(struct packs *p)
{
	p->open_tokens = 0;
	for (struct list_node *at = p->open->items.next; at != &p->open->items; at = at->next)
		p->open_tokens += rounded_up(item_tokens(ITEM_OF(at)));
	p->is_weighed = true;
}

/* True if the open pack may have this text, too. */
static bool has_room(struct sched *s, struct item *item)
{
	struct packs *p = &s->packs;
	size_t max = (size_t)p->opts->tokens_max;
	if (p->open->items_n >= target_of(s) || p->open_bytes + item->text.n > PACK_MAX_BYTES)
		return false;
	if (p->open_tokens + item->text.n <= max)
		return true;
	if (!p->is_weighed)
		weigh_open(p);
	return p->open_tokens + rounded_up(item_tokens(item)) <= max;
}

void packs_flush(struct sched *s)
{
	struct request *q = s->packs.open;
	if (!q || q->state != REQUEST_WAITING)
		return;
	queue_remove(&s->queue, q);
	queue_put(&s->queue, q);
}

/* The open pack is full. */
static void fill_up(struct sched *s)
{
	packs_flush(s);
	s->packs.open = NULL;
}

/* Has the request, which is a pack without a place in the queue, take further texts. */
static void begin_pack(struct sched *s, struct request *q, const struct record *first)
{
	struct packs *p = &s->packs;
	p->open = q;
	p->open_tokens = p->open_bytes = 0;
	p->is_weighed = false;
	if (p->opts->wait_ms > 0)
		queue_put_off(&s->queue, q, first->admitted_ms + p->opts->wait_ms);
	else
		queue_put(&s->queue, q);
}

/* Gives a fresh pack for calls like this one. */
static struct request *take_pack(struct sched *s, const struct call *call)
{
	struct request *q = sched_take_request(s, call);
	q->is_pack = true;
	q->seq = call->record->seq;
	return q;
}

/* The open pack has one text more. */
static void count_item(struct sched *s, struct item *item)
{
	struct packs *p = &s->packs;
	p->open_bytes += item->text.n;
	p->open_tokens += p->is_weighed ? rounded_up(item_tokens(item)) : item->text.n;
	if (p->open->items_n >= target_of(s))
		fill_up(s);
}

static void put_item(struct sched *s, struct call *call, struct item *item)
{
	struct packs *p = &s->packs;
	if (p->open && !has_room(s, item))
		fill_up(s);
	if (!p->open)
		begin_pack(s, take_pack(s, call), call->record);
	request_put_item(p->open, item);
	same_put_item(s, item);
	sched_join(s, p->open, call, item, false);
	count_item(s, item);
}

/* True if its text is looked for in the cache, by itself, before it travels. */
static bool seek_item(struct sched *s, struct call *call, struct item *item)
{
	if (!s->recall.cache)
		return false;
	struct request *q = take_pack(s, call);
	q->state = REQUEST_SOUGHT;
	request_put_item(q, item);
	same_put_item(s, item);
	sched_join(s, q, call, item, false);
	if (!recall_seek_text(s, q))
		pack_admit(s, q);
	return true;
}

void pack_admit(struct sched *s, struct request *q)
{
	struct packs *p = &s->packs;
	struct item *item = ITEM_OF(q->items.next);
	if (p->open && !has_room(s, item))
		fill_up(s);
	if (!p->open) {
		begin_pack(s, q, request_first(q)->record);
	} else {
		request_move_items(p->open, q, item);
		sched_forget(s, q);
	}
	count_item(s, item);
}

void pack_put(struct sched *s, struct call *call)
{
	struct fault fault;
	struct item *item = item_new();
	if (!find_text(s, call, item, &fault)) {
		item_free(item);
		call_abandon(call, fault.code, xstrdup(fault.msg));
		list_put(&s->settled, &call->link);
		return;
	}
	const struct step *step = &s->rooms.plan->steps[call->step];
	struct item *other = same_find_item(s, step->models[0], item->text);
	if (other) {
		item_free(item);
		s->same.joined_n++;
		sched_join(s, other->request, call, other, call->record->seq < other->request->seq);
	} else if (!seek_item(s, call, item)) {
		put_item(s, call, item);
	}
}

void pack_close(struct sched *s, const struct request *q)
{
	if (s->packs.open == q)
		s->packs.open = NULL;
}

void pack_change(struct request *q)
{
	q->estimate = 0;
	q->body_kind = REQUEST_BODY_IS_STALE;
}

void pack_drop_item(struct sched *s, struct item *item)
{
	struct request *q = item->request;
	lookup_remove(&s->same.items, &item->same);
	list_remove(&item->link);
	q->items_n--;
	/*
	 * What is to be sent must not ask for it any more; what flies is looked at when it lands.
	 */
	if (q->state != REQUEST_FLYING && q->body_kind != 0)
		pack_change(q);
	item_free(item);
}

/* Drops the items that no call wants any more. */
static void drop_items(struct sched *s, struct request *q)
{
	struct list_node *next = q->items.next;
	while (next != &q->items) {
		struct item *item = ITEM_OF(next);
		next = next->next;
		if (item->calls_n == 0)
			pack_drop_item(s, item);
	}
}

void pack_over(struct sched *s, struct request *q)
{
	pack_close(s, q);
	drop_items(s, q);
}

/* vectors out */

/* True if all vectors have come. */
static bool is_whole(const struct answer *answer, unsigned texts_n)
{
	unsigned n = 0;
	while (n < texts_n && answer->vectors[n].text.at)
		n++;
	return n == texts_n;
}

void pack_note(struct sched *s, const struct flight *f, const struct answer *answer, int64_t now_ms)
{
	enum outcome outcome = answer->outcome;
	enum pack_end end = PACK_NEITHER;
	unsigned n = f->attempt->texts_n;
	if (outcome == OUTCOME_ANSWERED)
		end = is_whole(answer, n) ? PACK_TAKEN : PACK_NEITHER;
	else if (n > 1 && embeddings_has_too_many(f->attempt, answer))
		end = PACK_TOO_LARGE;
	else if (outcome == OUTCOME_TIMEOUT)
		end = PACK_SLOW;
	else if (outcome == OUTCOME_FAULT || outcome == OUTCOME_TRANSPORT)
		end = PACK_FAILED;
	pack_size_note(&s->packs.size, n, end, f->start_ms, now_ms);
}

/*
 * Gives how long most vectors of an answer are (Boyer and Moore's vote): the run's first answer
 * says how long they all are, and one that is odd in it must not.
 */
static size_t usual_length(const struct request *q)
{
	size_t length = 0;
	unsigned lead_n = 0;
	for (unsigned i = 0; i < q->attempt.texts_n; i++) {
		const struct vector *v = &q->answer.vectors[i];
		if (!v->text.at)
			continue;
		if (lead_n == 0)
			length = v->n;
		lead_n += v->n == length ? 1U : -1U;
	}
	return length;
}

/* Gives (allocated) why a vector of n numbers will not do, or NULL. */
static char *misfit(struct sched *s, const struct request *q, size_t n)
{
	struct packs *p = &s->packs;
	size_t wanted = (size_t)s->rooms.plan->embedding.dimensions;
	if (wanted > 0 && n != wanted)
		return xasprintf("the vector has %zu numbers, --dimensions says %zu", n, wanted);
	if (p->columns_n == 0)
		p->columns_n = usual_length(q);
	if (n == p->columns_n)
		return NULL;
	return xasprintf("the vector, of %s, has %zu numbers, the first ones had %zu",
		q->attempt.endpoint->name, n, p->columns_n);
}

/* Settles a call of whose text a vector has come. */
static void settle(
	struct sched *s, struct request *q, struct call *call, const struct vector_source *source)
{
	struct vector *v = &q->answer.vectors[call->item->place];
	char *message = misfit(s, q, v->n);
	/* Alone it is fine: the refusal that named it was wrong. */
	s->packs.is_misled |= call->item->is_blamed;
	if (!q->is_cached)
		v->is_scaled = s->rooms.plan->embedding.is_normalized && q->attempt.api->normalizes;
	if (!message && !q->is_cached)
		recall_keep_vector(s, q, call->item, v, source->bytes);
	queue_forget(&s->queue, call);
	if (message)
		request_settle_misfit(q, call, message, &s->settled);
	else
		request_settle_vector(q, call, source, &s->settled);
}

/* Gives how many calls of the pack have got a vector. */
static size_t count_given(const struct request *q)
{
	size_t n = 0;
	for (struct list_node *at = q->calls.next; at != &q->calls; at = at->next)
		n += q->answer.vectors[CALL_OF(at)->item->place].text.at != NULL;
	return n;
}

/* True if some vector lies in those bytes. */
static bool holds_vector(const struct buf *bytes, const struct request *q)
{
	for (unsigned i = 0; i < q->attempt.texts_n; i++) {
		const char *at = q->answer.vectors[i].text.at;
		if (at && at >= bytes->data && at < bytes->data + bytes->len)
			return true;
	}
	return false;
}

/*
 * Gives what the vectors lie in, to be shared. Where all had to be copied without white space, the
 * answer as it came is let go, but for the model's name: it is several times as large.
 */
static struct shared *share_bytes(struct request *q)
{
	struct buf name, *answer = &q->attempt.answer;
	if (holds_vector(answer, q))
		return shared_new(answer, &q->answer.own);
	buf_init(&name, q->answer.model.n + 1);
	buf_put_span(&name, q->answer.model);
	if (q->answer.model.at)
		q->answer.model = buf_span(&name);
	spare_put(answer);
	return shared_new(&name, &q->answer.own);
}

/*
 * Shares out what the pack has used among its texts, by their lengths: the sum is what the server
 * says.
 */
static void share_usage(struct request *q)
{
	uint64_t all_bytes = 0, bytes = 0;
	int64_t input = q->answer.usage.input, given = 0;
	for (struct list_node *at = q->items.next; at != &q->items; at = at->next)
		all_bytes += ITEM_OF(at)->text.n;
	for (struct list_node *at = q->items.next; at != &q->items; at = at->next) {
		bytes += ITEM_OF(at)->text.n;
		double share = (double)bytes / (double)all_bytes;
		int64_t until = input < 0 ? -1 : (int64_t)((double)input * share + 0.5);
		ITEM_OF(at)->input = input < 0 ? -1 : until - given;
		given = until;
	}
}

/* Settles the calls whose vectors have come. */
static void settle_given(struct sched *s, struct request *q)
{
	size_t given_n = count_given(q);
	struct shared *bytes = share_bytes(q);
	const struct vector_source source = { bytes, shared_weight(bytes, given_n ? given_n : 1) };
	struct list_node *next = q->calls.next;
	share_usage(q);
	q->answer.usage = usage_sum(q->answer.usage, q->paid);
	while (next != &q->calls) {
		struct call *call = CALL_OF(next);
		next = next->next;
		if (q->answer.vectors[call->item->place].text.at)
			settle(s, q, call, &source);
	}
	shared_drop(bytes);
}

/* Settles the calls of a pack of one text, whose vector was found. */
static void settle_found(struct sched *s, struct request *q)
{
	struct shared *bytes = q->answer.source;
	const struct vector_source source = { bytes, shared_weight(bytes, 1) };
	q->answer.source = NULL;
	q->answer.vectors = xmalloc(sizeof *q->answer.vectors);
	q->answer.vectors[0] = q->answer.vector;
	q->attempt.texts_n = 1;
	ITEM_OF(q->items.next)->place = 0;
	while (q->calls_n > 0)
		settle(s, q, request_first(q), &source);
	shared_drop(bytes);
	sched_forget(s, q);
}

void pack_recall(struct sched *s, struct request *q)
{
	if (q->answer.source && q->answer.vector.text.at)
		settle_found(s, q);
	else
		sched_settle(s, q, error_code_of(q->answer.outcome), NULL);
}

void pack_conclude(struct sched *s, struct request *q, int64_t now_ms)
{
	assert(q->answer.vectors);
	settle_given(s, q);
	if (q->calls_n == 0) {
		sched_forget(s, q);
		return;
	}
	drop_items(s, q);
	answer_release(&q->answer);
	answer_init(&q->answer, OUTCOME_BAD_RESPONSE);
	q->answer.message = xstrdup("the answer has vectors for other texts, and none for this");
	/* A server that gives a few of many, again and again, would be paid for all each time. */
	q->failures_n++;
	if (s->is_stopped || q->failures_n > s->opts->retry.retries) {
		sched_settle(s, q, ERROR_BAD_RESPONSE, NULL);
	} else if (q->items_n > q->attempt.texts_n / 2) {
		pack_halve(s, q, now_ms);
	} else {
		pack_change(q);
		sched_return(s, q, 0, now_ms);
	}
}
