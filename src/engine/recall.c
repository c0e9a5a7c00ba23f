/* SPDX-License-Identifier: MIT */
/*
 * What goes into a key is what decides the answer: not where it is asked, nor with whose key, nor
 * whether it comes as a stream, nor in which company a text travels. Each part is preceded by its
 * length (base/sha.h), so that no two questions are the same bytes.
 *
 * Of failures only those are kept that say something about the request and would be said again: it
 * is refused, is too long for the model, or its content is refused; not that it was asked at a
 * wrong place. What a fallback says is that
 * model's opinion, and not kept.
 */
#include "engine/recall.h"

#include "api/api.h"
#include "base/sha.h"
#include "base/xalloc.h"
#include "engine/again.h"
#include "engine/flight.h"
#include "engine/render.h"
#include "engine/sched.h"
#include "json/walk.h"
#include "json/scan.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Goes into all keys: what is asked in another way some day has other keys. */
#define KEY_OF_ANSWERS SPAN("pllm 1")
#define KEY_OF_VECTORS SPAN("pllm 1 vector")

void recall_init(struct recall *r, struct cache *cache)
{
	*r = (struct recall){ .cache = cache };
	list_init(&r->spare_jobs);
	buf_init(&r->scratch, SCHED_BODY_MAX_BYTES);
	if (cache)
		r->sha = sha_new();
}

void recall_release(struct recall *r)
{
	struct list_node *node;
	assert(r->sought_n == 0);
	while ((node = list_take(&r->spare_jobs)))
		free(LIST_ENTRY(node, struct cache_job, link));
	buf_release(&r->scratch);
	sha_free(r->sha);
}

/* keys */

static struct span span_of_or_none(const char *text)
{
	return text ? span_of(text) : SPAN("");
}

/* True if the request says which model it is for. */
static bool names_model(struct span body)
{
	struct span value;
	struct json_fault fault;
	return json_scan(body, &value, &fault) && json_is(value, JSON_KIND_OBJECT) &&
		json_member(value, SPAN("model")).at;
}

/*
 * Adds who is asked: in whose words, which model, where that says so, too; and where, if it is the
 * server that has chosen the model.
 */
static void add_whom(
	struct sha *sha, const struct attempt *a, const struct endpoint *e, struct span body)
{
	bool is_served = !e->model && !a->path && !names_model(body);
	sha_add_part(sha, span_of(a->api->name));
	sha_add_part(sha, span_of_or_none(e->model));
	sha_add_part(sha, span_of_or_none(a->path));
	sha_add_part(sha, is_served ? span_of(e->base) : SPAN(""));
}

/* Adds what is asked, as it was written for that endpoint. */
static void add_question(struct sha *sha, const struct attempt *a, const struct endpoint *e)
{
	add_whom(sha, a, e, buf_span(&a->body));
	sha_add_part(sha, buf_span(&a->body));
}

/* The same as it would be without a stream: how it comes is not what is asked. */
static void add_plain_question(struct sched *s, struct request *q, const struct endpoint *e)
{
	struct fault fault;
	struct attempt a;
	struct endpoint plain = *e;
	plain.is_streamed = false;
	attempt_init(&a, SCHED_BODY_MAX_BYTES);
	/* What could be written for a stream can be without. */
	if (render_request(q, s->rooms.plan, &plain, &a, &fault))
		add_question(s->recall.sha, &a, e);
	attempt_release(&a);
}

/* Makes the key of a request whose body was written for that endpoint, its pool's first. */
static void make_key(struct sched *s, struct request *q, const struct endpoint *e)
{
	struct sha *sha = s->recall.sha;
	const struct step *step = &s->rooms.plan->steps[q->step];
	unsigned sample = request_first(q)->index % step->samples_n;
	const unsigned char number[2] = { (unsigned char)sample, (unsigned char)(sample >> 8) };
	sha_add_part(sha, KEY_OF_ANSWERS);
	sha_add_part(sha, (struct span){ (const char *)number, sizeof number });
	if (e->is_streamed)
		add_plain_question(s, q, e);
	else
		add_question(sha, &q->attempt, e);
	sha_finish(sha, q->key.bytes);
	q->has_key = true;
}

/* True if the key of a text is made: of the request that would ask for its vector alone. */
static bool make_text_key(struct sched *s, const struct request *q, struct item *item)
{
	struct recall *r = &s->recall;
	const struct endpoint *e = pool_head(&s->pool, q->pool)->endpoint;
	const struct attempt asked = { .api = e->api };
	struct embedding embedding = s->rooms.plan->embedding;
	struct fault fault;
	/* In which form numbers come makes no difference to them. */
	embedding.is_matrix = false;
	const struct ask_pack ask = {
		.step = &s->rooms.plan->steps[q->step],
		.embedding = &embedding,
		.model = e->model ? span_of(e->model_json) : (struct span){ 0 },
		.texts = &item->text,
		.texts_n = 1,
	};
	buf_clear(&r->scratch);
	if (!e->api->build_pack(&ask, &r->scratch, &fault))
		return false;
	sha_add_part(r->sha, KEY_OF_VECTORS);
	add_whom(r->sha, &asked, e, buf_span(&r->scratch));
	sha_add_part(r->sha, buf_span(&r->scratch));
	sha_finish(r->sha, item->key.bytes);
	item->has_key = true;
	return true;
}

/* looking */

static void look(struct sched *s, struct request *q, const struct entry_key *key)
{
	struct recall *r = &s->recall;
	struct list_node *node = list_take(&r->spare_jobs);
	struct cache_job *job =
		node ? LIST_ENTRY(node, struct cache_job, link) : xmalloc(sizeof *job);
	*job = (struct cache_job){ .entry = { .key = *key }, .owner = q };
	q->state = REQUEST_SOUGHT;
	r->sought_n++;
	cache_look(r->cache, job);
}

bool recall_seek(struct sched *s, struct request *q)
{
	const struct gates *head = pool_head(&s->pool, q->pool);
	struct fault fault;
	if (!s->recall.cache)
		return false;
	q->state = REQUEST_SOUGHT;
	if (!flight_render(s, q, head, &fault)) {
		sched_settle(s, q, fault.code, xstrdup(fault.msg));
		return true;
	}
	make_key(s, q, head->endpoint);
	if (same_join_sought(s, q)) {
		sched_forget(s, q);
		return true;
	}
	/* What was answered before may be quoted from where the body is. */
	if (q->attempts_n == 0)
		same_park(&s->same, q);
	look(s, q, &q->key);
	return true;
}

bool recall_seek_text(struct sched *s, struct request *q)
{
	struct item *item = LIST_ENTRY(q->items.next, struct item, link);
	if (!s->recall.cache || !make_text_key(s, q, item))
		return false;
	look(s, q, &item->key);
	return true;
}

/* found */

/* Gives the endpoint of that name, as far as it still is one; else the pool's first. */
static const struct endpoint *endpoint_of(
	const struct sched *s, const struct request *q, struct span name)
{
	for (unsigned i = 0; i < s->rooms.endpoints_n; i++)
		if (span_equals(span_of(s->rooms.endpoints[i].name), name))
			return &s->rooms.endpoints[i];
	return pool_head(&s->pool, q->pool)->endpoint;
}

/* True if the request has what was found of it as its answer now. */
static bool take_answer(struct sched *s, struct request *q, struct entry *e)
{
	struct attempt a;
	struct answer answer;
	unsigned attempts_n;
	attempt_init(&a, SCHED_BODY_MAX_BYTES);
	answer_init(&answer, OUTCOME_CANCELLED);
	bool is_whole = entry_unpack(e, &a, &answer, &attempts_n);
	bool is_vector = answer.vector.text.at != NULL;
	if (!is_whole || (answer.outcome == OUTCOME_ANSWERED && is_vector != q->is_pack)) {
		attempt_release(&a);
		answer_release(&answer);
		return false;
	}
	const struct endpoint *endpoint = endpoint_of(s, q, answer.endpoint);
	const struct api *api = q->attempt.api ? q->attempt.api : endpoint->api;
	a.body = q->attempt.body;
	a.path = q->attempt.path;
	a.api = api;
	a.endpoint = endpoint;
	q->attempt.body = (struct buf){ 0 };
	q->attempt.path = NULL;
	attempt_release(&q->attempt);
	answer_release(&q->answer);
	answer.cost = 0;
	q->attempt = a;
	q->answer = answer;
	q->attempts_n = attempts_n;
	q->is_cached = true;
	return true;
}

/* What was found is what has come of the request, unless it is to be asked in other words. */
static void conclude(struct sched *s, struct request *q, int64_t now_ms)
{
	unsigned calls_n = q->calls_n;
	if (!q->is_pack)
		flight_judge(s, q, &q->answer);
	if (!q->is_pack && q->answer.outcome != OUTCOME_ANSWERED &&
		again_in_other_words(s, q, now_ms))
		return;
	s->recall.hits_n += calls_n;
	if (q->answer.outcome == OUTCOME_REQUEST || q->answer.outcome == OUTCOME_TOO_LONG ||
		q->answer.outcome == OUTCOME_POLICY)
		s->recall.refusals_n += calls_n;
	if (q->is_pack)
		pack_recall(s, q);
	else
		sched_settle(s, q, error_code_of(q->answer.outcome), NULL);
}

/* Nobody has asked it before: now it is asked. */
static void go_on(struct sched *s, struct request *q, int64_t now_ms)
{
	if (s->is_stopped)
		sched_settle_unasked(s, q);
	else if (q->is_pack)
		pack_admit(s, q);
	else
		sched_return(s, q, 0, now_ms);
}

bool recall_has_news(struct recall *r)
{
	if (r->cache && !r->next)
		r->next = cache_take_done(r->cache);
	return r->next != NULL;
}

/* What was too long for one model may do for another, where there is one now. */
static bool is_of_use(const struct sched *s, const struct cache_job *job)
{
	return job->is_found && (job->entry.outcome != OUTCOME_TOO_LONG || s->pool.tiers_n == 1);
}

void recall_collect(struct sched *s, int64_t now_ms)
{
	struct recall *r = &s->recall;
	struct cache_job *job;
	while (recall_has_news(r)) {
		job = r->next;
		r->next = NULL;
		struct request *q = job->owner;
		r->sought_n--;
		if (q->calls_n == 0) {
			sched_forget(s, q);
		} else if (is_of_use(s, job) && take_answer(s, q, &job->entry)) {
			conclude(s, q, now_ms);
		} else {
			go_on(s, q, now_ms);
		}
		entry_release(&job->entry);
		list_push(&r->spare_jobs, &job->link);
	}
}

/* keeping */

static void put(struct recall *r, struct entry *e, const struct entry_key *key,
	const struct endpoint *asked)
{
	/* What is larger than a file may hold. */
	if (e->form.len == 0 && !e->source) {
		entry_release(e);
		return;
	}
	e->key = *key;
	e->api = asked->api->name;
	e->model = asked->model;
	r->kept_n = cache_put(r->cache, e);
}

void recall_keep(struct sched *s, const struct flight *f, const struct answer *answer)
{
	const struct request *q = f->request;
	struct entry e = { 0 };
	bool is_paid = answer->outcome == OUTCOME_ANSWERED || answer->outcome == OUTCOME_TRUNCATED;
	if (!s->recall.cache || !is_paid || !q->has_key || q->won)
		return;
	entry_pack(&e, f->attempt, answer, q->attempts_n);
	put(&s->recall, &e, &q->key, f->attempt->endpoint);
}

/* True if with that status a server speaks of the request; not of who asks, or where. */
static bool is_about_request(int status)
{
	enum { BAD = 400, FORBIDDEN = 403, TOO_LARGE = 413, UNSUPPORTED = 415, UNFIT = 422 };
	return status < 300 || status == BAD || status == FORBIDDEN || status == TOO_LARGE ||
		status == UNSUPPORTED || status == UNFIT;
}

void recall_keep_refusal(struct sched *s, const struct flight *f)
{
	const struct request *q = f->request;
	enum outcome outcome = q->answer.outcome;
	struct entry e = { 0 };
	const struct item *item =
		q->is_pack && q->items_n == 1 ? LIST_ENTRY(q->items.next, struct item, link) : NULL;
	const struct entry_key *key = q->has_key ? &q->key
		: item && item->has_key          ? &item->key
						 : NULL;
	bool is_lasting = (outcome == OUTCOME_REQUEST || outcome == OUTCOME_TOO_LONG ||
				  outcome == OUTCOME_POLICY) &&
		is_about_request(q->attempt.status);
	if (!s->recall.cache || !is_lasting || !key || f->gates->endpoint->tier > 0)
		return;
	entry_pack(&e, &q->attempt, &q->answer, q->attempts_n);
	put(&s->recall, &e, key, f->gates->endpoint);
}

void recall_keep_vector(struct sched *s, const struct request *q, const struct item *item,
	const struct vector *v, struct shared *source)
{
	struct entry e = { 0 };
	if (!s->recall.cache || !item->has_key || item->is_given)
		return;
	entry_hold_vector(&e, &q->attempt, &q->answer, v, source);
	e.usage.input = item->input;
	put(&s->recall, &e, &item->key, q->attempt.endpoint);
}
