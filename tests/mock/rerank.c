/* SPDX-License-Identifier: MIT */
/*
 * Rerank as Cohere, Voyage, Jina and TEI have it: a query and texts in; places and scores out, the
 * best first. Here a text is the better the more of the query's words it contains.
 */
#include "base/xalloc.h"
#include "cohere.h"
#include "dialect.h"
#include "fields.h"
#include "put.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* == Reading == */

/* A document is a string or an object with a text. */
static struct span text_of(const json_t *document)
{
	const json_t *text =
		json_is_object(document) ? json_object_get(document, "text") : document;
	return (struct span){ .at = json_string_value(text), .n = json_string_length(text) };
}

static bool read_documents(struct ask *ask, const char *name, struct api_error *e)
{
	const json_t *documents = json_object_get(ask->tree, name);
	size_t i;
	json_t *document;
	if (!documents)
		return fields_missing(e, name);
	if (!json_is_array(documents) || json_array_size(documents) == 0)
		return fields_type(e, name, "a list of texts that is not empty");
	json_array_foreach(documents, i, document)
	{
		if (!text_of(document).at)
			return fields_type(e, name, "a list of texts");
		ask->prompt_bytes += text_of(document).n;
	}
	ask->documents = documents;
	ask->top_n = (int64_t)json_array_size(documents);
	return true;
}

static bool read_top(struct ask *ask, const char *name, struct api_error *e)
{
	const struct number_rule rule = { name, true, 1, INT32_MAX };
	int64_t top_n = fields_whole(ask->tree, name);
	if (!fields_numbers(ask->tree, &rule, 1, e))
		return false;
	if (top_n > 0 && top_n < ask->top_n)
		ask->top_n = top_n;
	return true;
}

static bool read_query(struct ask *ask, struct api_error *e)
{
	const json_t *query = json_object_get(ask->tree, "query");
	if (!query)
		return fields_missing(e, "query");
	if (!ask_put_text(ask, query) || json_string_length(query) == 0)
		return fields_type(e, "query", "a string that is not empty");
	ask_end_message(ask, ROLE_USER);
	return true;
}

static bool read_hosted(
	struct ask *ask, const struct arrival *a, const char *top, struct api_error *e)
{
	e->voice = VOICE_PLAIN;
	return fields_load(ask, a->body, e) && fields_model(ask, e) && read_query(ask, e) &&
		read_documents(ask, "documents", e) && read_top(ask, top, e) &&
		fields_flag(ask->tree, "return_documents", &ask->returns_documents, e);
}

static bool read_top_n(struct ask *ask, const struct arrival *a, struct api_error *e)
{
	return read_hosted(ask, a, "top_n", e);
}

static bool read_top_k(struct ask *ask, const struct arrival *a, struct api_error *e)
{
	return read_hosted(ask, a, "top_k", e);
}

/* Serves one model, which nobody names. */
static bool read_tei(struct ask *ask, const struct arrival *a, struct api_error *e)
{
	e->voice = VOICE_PLAIN;
	e->status = 422;
	ask->model = "mock";
	return fields_load(ask, a->body, e) && read_query(ask, e) &&
		read_documents(ask, "texts", e) &&
		fields_flag(ask->tree, "return_text", &ask->returns_documents, e);
}

/* == Ranking == */

struct rank {
	size_t index;
	double score;
};

/* The share of the query's words that a text contains, and a little less the later it stands. */
static double score(struct span query, struct span text, size_t index)
{
	size_t words_n = 0, found_n = 0, from = 0;
	for (size_t i = 0; i <= query.n; i++) {
		if (i < query.n && query.at[i] != ' ')
			continue;
		if (i > from) {
			words_n++;
			found_n += memmem(text.at, text.n, query.at + from, i - from) != NULL;
		}
		from = i + 1;
	}
	return ((double)found_n + 1) / ((double)words_n + 2) - (double)index * 1e-5;
}

static int by_score(const void *a, const void *b)
{
	const struct rank *x = a, *y = b;
	return (x->score < y->score) - (x->score > y->score);
}

static struct rank *rank_all(const struct ask *ask, size_t n)
{
	struct rank *ranks = xcalloc(n + 1, sizeof *ranks);
	for (size_t i = 0; i < n; i++)
		ranks[i] = (struct rank){ i,
			score(buf_span(&ask->prompt), text_of(json_array_get(ask->documents, i)),
				i) };
	qsort(ranks, n, sizeof *ranks, by_score);
	return ranks;
}

/* == Answering == */

/* Whether a document is given back, and as what. */
struct form {
	const char *score_name;
	const char *text_name; /* NULL: `document`, an object with a text */
};

static void put_rank(
	struct buf *out, const struct answer *a, const struct rank *rank, const struct form *form)
{
	struct span text = text_of(json_array_get(a->ask->documents, rank->index));
	char number[32];
	snprintf(number, sizeof number, "%.6f", rank->score);
	put_json(out, "{'index':%d", (int64_t)rank->index);
	if (a->plan.shape != SHAPE_MISSING)
		put_json(out, ",%s:%r%r%r", form->score_name,
			a->plan.shape == SHAPE_NUMBER ? "\"" : "",
			a->plan.shape == SHAPE_NULL ? "null" : number,
			a->plan.shape == SHAPE_NUMBER ? "\"" : "");
	if (a->ask->returns_documents && form->text_name)
		put_json(out, ",%s:%t", form->text_name, text);
	else if (a->ask->returns_documents)
		put_json(out, ",'document':{'text':%t}", text);
	buf_put_char(out, '}');
}

static void put_ranks(struct buf *out, const struct answer *a, const struct form *form)
{
	size_t n = json_array_size(a->ask->documents);
	struct rank *ranks = rank_all(a->ask, n);
	buf_put_char(out, '[');
	if (a->plan.shape != SHAPE_EMPTY)
		for (size_t i = 0; i < n && i < (size_t)a->ask->top_n; i++) {
			buf_put_str(out, i ? "," : "");
			put_rank(out, a, &ranks[i], form);
		}
	buf_put_char(out, ']');
	free(ranks);
}

static struct buf whole_cohere(const struct answer *a)
{
	static const struct form form = { "relevance_score", NULL };
	struct buf out;
	buf_init(&out, SIZE_MAX / 2);
	put_json(&out, "{'id':'%x','results':", a->id);
	put_ranks(&out, a, &form);
	put_json(&out,
		",'meta':{'api_version':{'version':'2'},'billed_units':"
		"{'search_units':%r}}}",
		answer_shown(a, 1).text);
	return out;
}

static struct buf whole_voyage(const struct answer *a)
{
	static const struct form form = { "relevance_score", "document" };
	struct buf out;
	buf_init(&out, SIZE_MAX / 2);
	put_json(&out, "{'object':'list','data':");
	put_ranks(&out, a, &form);
	put_json(&out, ",'model':%s,'usage':{'total_tokens':%r}}", a->ask->model,
		answer_shown(a, a->input).text);
	return out;
}

static struct buf whole_jina(const struct answer *a)
{
	static const struct form form = { "relevance_score", NULL };
	struct buf out;
	buf_init(&out, SIZE_MAX / 2);
	put_json(&out,
		"{'model':%s,'object':'list','usage':{'total_tokens':%r},'results':", a->ask->model,
		answer_shown(a, a->input).text);
	put_ranks(&out, a, &form);
	buf_put_char(&out, '}');
	return out;
}

static struct buf whole_tei(const struct answer *a)
{
	static const struct form form = { "score", "text" };
	struct buf out;
	buf_init(&out, SIZE_MAX / 2);
	put_ranks(&out, a, &form);
	return out;
}

/* == Errors == */

static void refuse_detail(struct reply *r, const struct api_error *e)
{
	static const struct error_row rows[] = {
		{ "invalid_api_key", 0, 401, "", "Provided API key is invalid." },
		{ "insufficient_quota", 0, 402, "",
			"Account balance not enough to run this query, please recharge." },
		{ NULL, 400, 400, "", "The request body is not valid." },
		{ NULL, 429, 429, "", "Rate limit exceeded." },
		{ NULL, 500, 500, "", "Internal server error." },
	};
	struct error_row row = error_translate(rows, sizeof rows / sizeof *rows, e);
	reply_tree(r, row.as, json_pack("{s:s}", "detail", row.message));
}

static void refuse_tei(struct reply *r, const struct api_error *e)
{
	static const struct error_row rows[] = {
		{ "invalid_api_key", 0, 401, "Unauthorized", "Unauthorized" },
		{ NULL, 400, 400, "Empty", "`inputs` cannot be empty" },
		{ NULL, 413, 413, "Validation", "batch size 64 > maximum allowed batch size 32" },
		{ NULL, 422, 422, "Validation", "Input validation error" },
		{ NULL, 429, 429, "Overloaded", "Model is overloaded" },
		{ NULL, 500, 424, "Backend", "Inference error" },
		{ NULL, 503, 503, "Unhealthy", "unhealthy" },
	};
	struct error_row row = error_translate(rows, sizeof rows / sizeof *rows, e);
	reply_tree(
		r, row.as, json_pack("{s:s, s:s}", "error", row.message, "error_type", row.type));
}

#define RERANK(name_, id_, read_, whole_, refuse_)                                             \
	{                                                                                      \
		.name = name_, .id_header = id_, .id_prefix = "", .family = FAMILY_NONE,       \
		.hinting = HINTING_SECONDS, .read = read_, .whole = whole_, .refuse = refuse_, \
	}

const struct dialect dialect_cohere_rerank =
	RERANK("cohere-rerank", "x-debug-trace-id", read_top_n, whole_cohere, cohere_refuse);
const struct dialect dialect_voyage_rerank =
	RERANK("voyage-rerank", NULL, read_top_k, whole_voyage, refuse_detail);
const struct dialect dialect_jina_rerank =
	RERANK("jina-rerank", NULL, read_top_n, whole_jina, refuse_detail);
const struct dialect dialect_tei_rerank =
	RERANK("tei-rerank", NULL, read_tei, whole_tei, refuse_tei);
