/* SPDX-License-Identifier: MIT */
/*
 * The open pack is a request that waits in the queue for its time, --batch-wait after its first
 * text; when it is full it becomes ready at once. So deadlines, the end of the run and the order of
 * records are the queue's business, for packs as for all else.
 *
 * Division is a search by halves. A pack of n texts with one that is refused costs 2 ceil(log2 n)
 * requests more; those halves that have nothing wrong in them are answered on the way, and several
 * bad texts share the steps that they have in common. A refusal that names a text saves the search:
 * that text is asked alone, since the name may be wrong, and the others together. Names that are
 * always wrong would make that a search one by one: the first must have proved right before further
 * ones are believed, and after a wrong one none is.
 */
#include "engine/pack.h"

#include "api/api.h"
#include "api/embeddings.h"
#include "base/spare.h"
#include "base/xalloc.h"
#include "engine/flight.h"
#include "engine/sched.h"
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

size_t packs_hungry_n(const struct sched *s, size_t requests_n)
{
	const struct packs *p = &s->packs;
	size_t size = pack_size_items(&p->size);
	size_t wanted = (requests_n + AHEAD_N) * size;
	size_t has = s->queue.ready_n * size;
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
	return item->text.n > 0 ||
		fault_set(fault, ERROR_BAD_RECORD, "the text is empty: it has no vector");
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
static bool has_room(struct packs *p, struct item *item)
{
	size_t max = (size_t)p->opts->tokens_max;
	if (p->open->items_n >= pack_size_items(&p->size) ||
		p->open_bytes + item->text.n > PACK_MAX_BYTES)
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

/* Begins a pack for calls like this one. */
static void open_pack(struct sched *s, const struct call *call)
{
	struct packs *p = &s->packs;
	struct request *q = sched_take_request(s, call);
	q->is_pack = true;
	q->seq = call->record->seq;
	p->open = q;
	p->open_tokens = p->open_bytes = 0;
	p->is_weighed = false;
	if (p->opts->wait_ms > 0)
		queue_put_off(&s->queue, q, call->record->admitted_ms + p->opts->wait_ms);
	else
		queue_put(&s->queue, q);
}

static void put_item(struct sched *s, struct call *call, struct item *item)
{
	struct packs *p = &s->packs;
	if (p->open && !has_room(p, item))
		fill_up(s);
	if (!p->open)
		open_pack(s, call);
	p->open_bytes += item->text.n;
	p->open_tokens += p->is_weighed ? rounded_up(item_tokens(item)) : item->text.n;
	request_put_item(p->open, item);
	same_put_item(s, item);
	sched_join(s, p->open, call, item, false);
	if (p->open->items_n >= pack_size_items(&p->size))
		fill_up(s);
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
	if (!other) {
		put_item(s, call, item);
		return;
	}
	item_free(item);
	sched_join(s, other->request, call, other, call->record->seq < other->request->seq);
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

/* division */

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
	s->packs.splits_n++;
	pack_change(q);
	q->is_reask = r->is_reask = true;
	sched_return(s, q, 0, now_ms);
	sched_return(s, r, 0, now_ms);
}

static void halve(struct sched *s, struct request *q, int64_t now_ms)
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
	send_parts(s, q, r, now_ms);
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

/* Gives (allocated) why a vector of n numbers will not do, or NULL. */
static char *misfit(struct sched *s, size_t n)
{
	struct packs *p = &s->packs;
	size_t wanted = (size_t)s->rooms.plan->embedding.dimensions;
	if (wanted > 0 && n != wanted)
		return xasprintf("the vector has %zu numbers, --dimensions says %zu", n, wanted);
	if (p->columns_n == 0)
		p->columns_n = n;
	if (n == p->columns_n)
		return NULL;
	return xasprintf("the vector has %zu numbers, the first one had %zu", n, p->columns_n);
}

/* Settles a call of whose text a vector has come. */
static void settle(
	struct sched *s, struct request *q, struct call *call, const struct vector_source *source)
{
	struct vector *v = &q->answer.vectors[call->item->place];
	char *message = misfit(s, v->n);
	/* Alone it is fine: the refusal that named it was wrong. */
	s->packs.is_misled |= call->item->is_blamed;
	v->is_scaled = s->rooms.plan->embedding.is_normalized && q->attempt.api->normalizes;
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

/* Settles the calls whose vectors have come. */
static void settle_given(struct sched *s, struct request *q)
{
	size_t given_n = count_given(q);
	struct shared *bytes = share_bytes(q);
	const struct vector_source source = { bytes, shared_weight(bytes, given_n ? given_n : 1) };
	struct list_node *next = q->calls.next;
	q->answer.usage = usage_sum(q->answer.usage, q->paid);
	while (next != &q->calls) {
		struct call *call = CALL_OF(next);
		next = next->next;
		if (q->answer.vectors[call->item->place].text.at)
			settle(s, q, call, &source);
	}
	shared_drop(bytes);
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
		halve(s, q, now_ms);
	} else {
		pack_change(q);
		sched_return(s, q, 0, now_ms);
	}
}

/* what fails */

/* The text that a refusal names is asked alone. */
static void part_from(struct sched *s, struct request *q, struct item *blamed, int64_t now_ms)
{
	struct request *r = sibling_of(s, q);
	s->packs.named_n++;
	blamed->is_blamed = true;
	list_remove(&blamed->link);
	list_put(&q->items, &blamed->link);
	request_move_items(r, q, blamed);
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
		halve(s, q, now_ms);
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
	halve(s, q, now_ms);
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
	halve(s, q, now_ms);
	return true;
}
