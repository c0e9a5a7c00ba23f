/* SPDX-License-Identifier: MIT */
/*
 * Rerank: a query and documents go out, and how well each of them fits comes back.
 *
 * Nobody's records are alike but in this: `query` is a text, `documents` an array of texts, or of
 * objects with a "text", which is then what is sent. With -p the template makes the query, and in a
 * record with a `prompt` that is it; the documents are the record's own in either case. A record's
 * `body` goes out as it is. What a rerank API has no field for (-s, --schema, --max-tokens, an
 * image) is a fault rather than silently left out. Answers are read in rerank_answer.c.
 */
#include "api/api.h"

#include "api/chat.h"
#include "api/members.h"
#include "api/rerank.h"
#include "api/vendors.h"
#include "json/walk.h"

/* In what the APIs differ. */
struct reranker {
	const char *name;
	const char *documents;  /* the field's name */
	size_t documents_max;   /* at once; 0 = the server says */
	bool has_no_model;      /* the server has one */
	bool has_image_objects; /* {"image":"..."} is a document, too */
};

static bool check_step(const struct reranker *r, const struct ask *ask, struct fault *fault)
{
	const struct step *s = ask->step;
	if (members_has_param(s, "query") || members_has_param(s, r->documents))
		return chat_refuse(
			fault, r->name, "query or documents as --param: they are the record's");
	if (s->has_system)
		return chat_refuse(fault, r->name, "system message (-s)");
	if (ask->images_n > 0)
		return chat_refuse(fault, r->name, "image beside the query");
	if (s->schema)
		return chat_refuse(fault, r->name, "schema: what it answers is always the same");
	if (ask->max_tokens)
		return chat_refuse(fault, r->name, "limit of tokens (--max-tokens)");
	return true;
}

/* The template's, else the record's `query`, else its prompt. */
static bool put_query(const struct ask *ask, struct buf *body, struct fault *fault)
{
	struct span query = json_text_of(json_member(ask->record, SPAN("query")));
	size_t from = body->len;
	bool is_own = query.at && !ask->step->has_prompt;
	if (!is_own && ask->form != ASK_PROMPT)
		return fault_set(fault, ERROR_BAD_RECORD,
			"nothing to rank by: give -p TEMPLATE, or records with \"query\", a text, and \"documents\"");
	if (!(is_own ? buf_put_span(body, query) : ask_put_prompt(ask, body, fault)))
		return false;
	return body->len > from || fault_set(fault, ERROR_BAD_RECORD, "the query is empty");
}

static bool put_document(
	const struct reranker *r, struct span document, struct buf *body, struct fault *fault)
{
	struct span text = json_text_of(json_member(document, SPAN("text")));
	if (json_kind(document) == JSON_KIND_STRING)
		return buf_put_span(body, document);
	if (r->has_image_objects && json_text_of(json_member(document, SPAN("image"))).at)
		return buf_put_span(body, document);
	if (text.at)
		return chat_put_quoted(body, text);
	return fault_set(
		fault, ERROR_BAD_RECORD, "it is neither a text nor an object with \"text\"");
}

static bool put_documents(
	const struct reranker *r, struct span documents, struct buf *body, struct fault *fault)
{
	struct json_walk walk;
	size_t n = 0;
	if (!json_is(documents, JSON_KIND_ARRAY) || json_is_empty(documents))
		return fault_set(fault, ERROR_BAD_RECORD,
			"nothing to rank: \"documents\" must be an array of texts, with one at least");
	json_walk_init(&walk, documents);
	for (; json_walk_next(&walk); n++) {
		if (r->documents_max && n == r->documents_max)
			return fault_set(fault, ERROR_BAD_RECORD,
				"documents: %s takes up to %zu at once" LOG_HELP
				"put them into several records",
				r->name, r->documents_max);
		struct fault why = { 0 };
		if ((n > 0 && !buf_put_char(body, ',')) || !put_document(r, walk.value, body, &why))
			return why.code != ERROR_NONE &&
				fault_set(fault, why.code, "documents[%zu]: %s", n, why.msg);
	}
	return true;
}

static bool put_model(const struct reranker *r, const struct ask *ask, struct buf *body)
{
	return r->has_no_model ||
		(buf_put_str(body, "\"model\":") && buf_put_span(body, ask->model) &&
			buf_put_char(body, ','));
}

/* A whole request with the members that are given. */
static bool put_request(const struct reranker *r, const struct ask *ask, const struct members *m,
	struct buf *body, struct fault *fault)
{
	struct span documents = json_member(ask->record, SPAN("documents"));
	*fault = (struct fault){ 0 };
	bool ok = buf_put_char(body, '{') && put_model(r, ask, body) &&
		buf_put_str(body, "\"query\":\"") && put_query(ask, body, fault) &&
		buf_put_str(body, "\",\"") && buf_put_str(body, r->documents) &&
		buf_put_str(body, "\":[") && put_documents(r, documents, body, fault) &&
		buf_put_char(body, ']') && members_put(m, body) && buf_put_char(body, '}');
	return ok || (fault->code == ERROR_NONE && members_too_large(body, fault));
}

static bool build(
	const struct reranker *r, const struct ask *ask, struct buf *body, struct fault *fault)
{
	struct members m;
	if (!check_step(r, ask, fault))
		return false;
	members_init(&m);
	members_add_params(&m, ask);
	return ask->form == ASK_BODY
		? members_put_over_body(&m, ask, r->has_no_model ? NULL : "model", body, fault)
		: put_request(r, ask, &m, body, fault);
}

static bool build_cohere(const struct ask *ask, struct buf *body, struct fault *fault)
{
	static const struct reranker r = {
		.name = "cohere-rerank",
		.documents = "documents",
		.documents_max = 1000,
	};
	return build(&r, ask, body, fault);
}

const struct api api_cohere_rerank = {
	.refuses = API_HAS_NO_SYSTEM | API_HAS_NO_SCHEMA | API_HAS_NO_IMAGE,
	.name = "cohere-rerank",
	VENDOR_COHERE,
	.path = "/v2/rerank",
	.charge = CHARGE_INPUT,
	.cannot_stream = true,
	.build = build_cohere,
	.read = rerank_read,
	.read_usage = rerank_read_usage,
};

static bool build_voyage(const struct ask *ask, struct buf *body, struct fault *fault)
{
	static const struct reranker r = {
		.name = "voyage-rerank",
		.documents = "documents",
		.documents_max = 1000,
	};
	return build(&r, ask, body, fault);
}

const struct api api_voyage_rerank = {
	.refuses = API_HAS_NO_SYSTEM | API_HAS_NO_SCHEMA | API_HAS_NO_IMAGE,
	.name = "voyage-rerank",
	VENDOR_VOYAGE,
	.path = "/v1/rerank",
	.charge = CHARGE_INPUT,
	.cannot_stream = true,
	.build = build_voyage,
	.read = rerank_read,
	.read_usage = rerank_read_usage,
};

static bool build_jina(const struct ask *ask, struct buf *body, struct fault *fault)
{
	static const struct reranker r = {
		.name = "jina-rerank",
		.documents = "documents",
		.has_image_objects = true,
	};
	return build(&r, ask, body, fault);
}

const struct api api_jina_rerank = {
	.refuses = API_HAS_NO_SYSTEM | API_HAS_NO_SCHEMA | API_HAS_NO_IMAGE,
	.name = "jina-rerank",
	VENDOR_JINA,
	.path = "/v1/rerank",
	.charge = CHARGE_INPUT,
	.cannot_stream = true,
	.build = build_jina,
	.read = rerank_read,
	.read_usage = rerank_read_usage,
};

static bool build_tei(const struct ask *ask, struct buf *body, struct fault *fault)
{
	static const struct reranker r = {
		.name = "tei-rerank",
		.documents = "texts",
		.has_no_model = true,
	};
	return build(&r, ask, body, fault);
}

/* text-embeddings-inference: whoever runs it says how much it takes at once (32 by default). */
const struct api api_tei_rerank = {
	.refuses = API_HAS_NO_SYSTEM | API_HAS_NO_SCHEMA | API_HAS_NO_IMAGE,
	.name = "tei-rerank",
	VENDOR_BEARER,
	.path = "/rerank",
	.charge = CHARGE_INPUT,
	.cannot_stream = true,
	.needs_no_model = true,
	.build = build_tei,
	.read = rerank_read,
	.read_usage = rerank_read_usage,
};
