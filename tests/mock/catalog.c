/* SPDX-License-Identifier: MIT */
#include "catalog.h"

#include "base/units.h"

#include <stdio.h>
#include <string.h>

#define MODELS_PREFIX "models/"

/* What of the models a page shows. */
struct page {
	size_t from, end;
	bool has_more;
};

/* A whole number from the query, from 1 to 1000; what is none is as if it were not there. */
static size_t number_of(const struct arrival *a, const char *name, size_t otherwise)
{
	const char *text = arrival_argument(a, name);
	int64_t n;
	bool ok = text && units_parse_int(span_of(text), &n) && n >= 1 && n <= 1000;
	return ok ? (size_t)n : otherwise;
}

static struct page page_of(const struct option_list *models, size_t from, size_t size)
{
	struct page p = { .from = from < models->n ? from : models->n };
	p.end = models->n - p.from > size ? p.from + size : models->n;
	p.has_more = p.end < models->n;
	return p;
}

static json_t *openai_page(const struct option_list *models, const struct arrival *a)
{
	json_t *list = json_array();
	(void)a;
	for (size_t i = 0; i < models->n; i++)
		json_array_append_new(list,
			json_pack("{s:s, s:s, s:i, s:s}", "id", models->at[i], "object", "model",
				"created", 0, "owned_by", "pllm-mock"));
	return json_pack("{s:s, s:o}", "object", "list", "data", list);
}

/* The place behind the model of that name; 0 if there is none. */
static size_t behind(const struct option_list *models, const char *name)
{
	for (size_t i = 0; name && i < models->n; i++)
		if (strcmp(models->at[i], name) == 0)
			return i + 1;
	return 0;
}

static json_t *anthropic_page(const struct option_list *models, const struct arrival *a)
{
	struct page p = page_of(
		models, behind(models, arrival_argument(a, "after_id")), number_of(a, "limit", 20));
	json_t *list = json_array();
	for (size_t i = p.from; i < p.end; i++)
		json_array_append_new(list,
			json_pack("{s:s, s:s, s:s, s:s}", "type", "model", "id", models->at[i],
				"display_name", models->at[i], "created_at",
				"2025-01-01T00:00:00Z"));
	bool is_empty = p.from == p.end;
	return json_pack("{s:o, s:b, s:s?, s:s?}", "data", list, "has_more", p.has_more, "first_id",
		is_empty ? NULL : models->at[p.from], "last_id",
		is_empty ? NULL : models->at[p.end - 1]);
}

/* A token for the page that begins at p.end, if there is one. */
static void add_token(json_t *tree, const char *name, const struct page *p)
{
	char token[24];
	if (!p->has_more)
		return;
	snprintf(token, sizeof token, "%zu", p->end);
	json_object_set_new(tree, name, json_string(token));
}

static json_t *gemini_page(const struct option_list *models, const struct arrival *a)
{
	struct page p = page_of(models, number_of(a, "pageToken", 0), number_of(a, "pageSize", 50));
	json_t *list = json_array();
	for (size_t i = p.from; i < p.end; i++)
		json_array_append_new(list,
			json_pack("{s:s+, s:s, s:s, s:[s, s, s]}", "name", MODELS_PREFIX,
				models->at[i], "version", "001", "displayName", models->at[i],
				"supportedGenerationMethods", "generateContent", "embedContent",
				"batchEmbedContents"));
	json_t *tree = json_pack("{s:o}", "models", list);
	add_token(tree, "nextPageToken", &p);
	return tree;
}

static json_t *cohere_page(const struct option_list *models, const struct arrival *a)
{
	struct page p =
		page_of(models, number_of(a, "page_token", 0), number_of(a, "page_size", 20));
	json_t *list = json_array();
	for (size_t i = p.from; i < p.end; i++)
		json_array_append_new(list,
			json_pack("{s:s, s:b, s:[s, s, s]}", "name", models->at[i], "finetuned",
				false, "endpoints", "chat", "embed", "rerank"));
	json_t *tree = json_pack("{s:o}", "models", list);
	add_token(tree, "next_page_token", &p);
	return tree;
}

/* A name without a tag has the usual one. */
static json_t *ollama_page(const struct option_list *models, const struct arrival *a)
{
	json_t *list = json_array();
	(void)a;
	for (size_t i = 0; i < models->n; i++) {
		const char *name = models->at[i], *tag = strchr(name, ':') ? "" : ":latest";
		json_array_append_new(list,
			json_pack("{s:s+, s:s+, s:s, s:i}", "name", name, tag, "model", name, tag,
				"modified_at", "2025-01-01T00:00:00Z", "size", 1));
	}
	return json_pack("{s:o}", "models", list);
}

/* It has one model, and says which. */
static json_t *tei_page(const struct option_list *models, const struct arrival *a)
{
	(void)a;
	return json_pack("{s:s, s:s, s:i, s:i}", "model_id", models->at[0], "model_dtype",
		"float32", "max_input_length", 512, "max_client_batch_size", 32);
}

/* The first that fits. */
static const struct catalog catalogs[] = {
	{ "/v1/models", &dialect_anthropic, "anthropic-version", NULL, anthropic_page },
	{ "/v1/models", &dialect_cohere, NULL, "page_size", cohere_page },
	{ "/v1/models", &dialect_cohere, NULL, "page_token", cohere_page },
	{ "/v1/models", &dialect_openai, NULL, NULL, openai_page },
	{ "/v1/embeddings/models", &dialect_openai, NULL, NULL, openai_page },
	{ "/mistral/v1/models", &dialect_mistral, NULL, NULL, openai_page },
	{ "/vllm/v1/models", &dialect_vllm, NULL, NULL, openai_page },
	{ "/openai/v1/models", &dialect_azure, NULL, NULL, openai_page },
	{ "/openai/models", &dialect_azure, NULL, "api-version", openai_page },
	{ "/v1beta/models", &dialect_gemini, NULL, NULL, gemini_page },
	{ "/api/tags", &dialect_ollama, NULL, NULL, ollama_page },
	{ "/info", &dialect_tei_embed, NULL, NULL, tei_page },
};

const struct catalog *catalog_of(const struct arrival *a)
{
	for (size_t i = 0; i < sizeof catalogs / sizeof *catalogs; i++) {
		const struct catalog *c = &catalogs[i];
		if (strcmp(c->path, a->path) == 0 && (!c->header || arrival_header(a, c->header)) &&
			(!c->argument || arrival_argument(a, c->argument)))
			return c;
	}
	return NULL;
}
