/* SPDX-License-Identifier: MIT */
/*
 * What comes back is {"results":[{"index":3,"relevance_score":0.9}]} from Cohere, Jina and those
 * like them, {"data":[...]} from Voyage, [{"index":3,"score":0.9}] from text-embeddings-inference.
 * One reader takes them all, since gateways mix them, and makes of each [{"index":3,"score":0.9}]:
 * in the server's order, the score as it wrote it. Documents that come along are left out: they are
 * the record's.
 *
 * What bad answers get: no JSON, no list, an empty one, an item without a whole index or a number
 * as score (null is what becomes of a NaN), an index twice: OUTCOME_BAD_RESPONSE. How many
 * documents there were is not known here, so an index is only looked at for itself. An error with a
 * status of success, or a "message" or "detail" in place of a list: what it says.
 */
#include "api/rerank.h"

#include "api/classify.h"
#include "api/complaint.h"
#include "api/reading.h"
#include "api/said.h"
#include "base/xalloc.h"
#include "json/scan.h"
#include "json/walk.h"

#include <stdlib.h>

/* Cohere's meta counts searches, which are no tokens. */
void rerank_read_usage(struct answer *answer)
{
	struct usage *out = &answer->usage;
	struct span tokens = json_member(answer->usage_text, SPAN("tokens"));
	out->input = json_count_of(json_member(answer->usage_text, SPAN("total_tokens")));
	if (out->input < 0)
		out->input = json_count_of(json_member(tokens, SPAN("input_tokens")));
}

/* The list, and which documents it has named so far. */
struct ranking {
	struct answer *answer;
	int64_t *indexes; /* owned */
	size_t n;
};

/* Appends an item. Gives what is wrong with it, or NULL. */
static const char *take_item(struct ranking *r, struct span item)
{
	struct span index = { 0 }, score = { 0 };
	struct buf *out = &r->answer->own;
	struct json_walk walk;
	json_walk_init(&walk, item);
	while (walk.in_object && json_walk_next(&walk)) {
		if (json_key_is(walk.key, SPAN("index")))
			index = walk.value;
		else if (json_key_is(walk.key, SPAN("relevance_score")) ||
			json_key_is(walk.key, SPAN("score")))
			score = walk.value;
	}
	int64_t n = json_is(index, JSON_KIND_NUMBER) ? json_count_of(index) : -1;
	if (n < 0)
		return "has no index";
	if (!json_is(score, JSON_KIND_NUMBER))
		return "has no score";
	/* Doubling. */
	if ((r->n & (r->n - 1)) == 0)
		r->indexes = xrealloc(r->indexes, r->n ? r->n * 2 : 1, sizeof *r->indexes);
	r->indexes[r->n++] = n;
	buf_put_str(out, r->n > 1 ? ",{\"index\":" : "[{\"index\":");
	buf_put_int(out, n);
	buf_put_str(out, ",\"score\":");
	buf_put_span(out, score);
	buf_put_char(out, '}');
	return NULL;
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

/* Gives an index that is there twice; -1 if none is. */
static int64_t find_twin(struct ranking *r)
{
	qsort(r->indexes, r->n, sizeof *r->indexes, compare);
	for (size_t i = 1; i < r->n; i++)
		if (r->indexes[i] == r->indexes[i - 1])
			return r->indexes[i];
	return -1;
}

/* Fills the answer's value from a list with something in it, or the message with what is wrong. */
static void read_list(struct answer *answer, struct span list)
{
	struct ranking r = { .answer = answer };
	struct json_walk walk;
	const char *wrong = NULL;
	buf_init(&answer->own, list.n + 2); /* each item is at least as long where it comes from */
	json_walk_init(&walk, list);
	while (!wrong && json_walk_next(&walk))
		wrong = take_item(&r, walk.value);
	buf_put_char(&answer->own, ']');
	int64_t twin = wrong ? -1 : find_twin(&r);
	if (wrong)
		answer->message = xasprintf("results[%zu] %s", r.n, wrong);
	else if (twin >= 0)
		answer->message =
			xasprintf("the results have the index %lld twice", (long long)twin);
	else
		answer->value = buf_span(&answer->own);
	answer->outcome = answer->message ? OUTCOME_BAD_RESPONSE : OUTCOME_ANSWERED;
	answer->finish = answer->message ? FINISH_UNKNOWN : FINISH_STOP;
	free(r.indexes);
}

/* What is looked for in an answer; each may be missing. */
struct found {
	struct span list;
	struct span usage;
	struct span model;
	bool has_error;
	bool has_words; /* that may say why there is no list */
};

static struct found find(struct span root)
{
	struct found f = { .list = root };
	struct json_walk walk;
	if (json_kind(root) == JSON_KIND_ARRAY)
		return f;
	f.list = (struct span){ 0 };
	json_walk_init(&walk, root);
	while (json_walk_next(&walk)) {
		if (json_key_is(walk.key, SPAN("results")) || json_key_is(walk.key, SPAN("data")))
			f.list = walk.value;
		else if (json_key_is(walk.key, SPAN("usage")) ||
			json_key_is(walk.key, SPAN("meta")))
			f.usage = walk.value;
		else if (json_key_is(walk.key, SPAN("model")))
			f.model = json_text_of(walk.value);
		else if (json_key_is(walk.key, SPAN("error")))
			f.has_error = complaint_is_one(walk.value);
		else if (json_key_is(walk.key, SPAN("message")) ||
			json_key_is(walk.key, SPAN("detail")))
			f.has_words |= json_text_of(walk.value).n > 0;
	}
	return f;
}

static void read_success(struct attempt *attempt, struct span root, struct answer *answer)
{
	struct found f = find(root);
	if (f.has_error || (!f.list.at && f.has_words)) {
		complaint_read(attempt, buf_span(&attempt->answer), root, answer);
	} else if (!json_is(f.list, JSON_KIND_ARRAY)) {
		said_refuse(answer, OUTCOME_BAD_RESPONSE, "the answer has no results");
	} else if (json_is_empty(f.list)) {
		said_refuse(answer, OUTCOME_BAD_RESPONSE, "the answer has no result in its list");
	} else {
		answer->usage_text = f.usage;
		answer->model = f.model;
		read_list(answer, f.list);
	}
}

void rerank_read(struct attempt *attempt, struct answer *answer)
{
	struct span text = buf_span(&attempt->answer);
	struct span root;
	struct json_fault fault;
	if (classify_wire(attempt, answer))
		return;
	answer_init(answer, OUTCOME_ANSWERED);
	bool is_json = json_scan(text, &root, &fault);
	bool is_success = attempt->status >= 200 && attempt->status < 300;
	if (!is_json)
		root = (struct span){ 0 };
	if (!is_success) {
		complaint_read(attempt, text, root, answer);
	} else if (is_json) {
		read_success(attempt, root, answer);
	} else {
		reading_not_json(attempt, "the answer", &fault, answer);
	}
}
