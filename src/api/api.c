/* SPDX-License-Identifier: MIT */
#include "api/api.h"

#include "api/embeddings.h"
#include "base/buf.h"
#include "base/xalloc.h"
#include "json/walk.h"

#include <string.h>

#define MODEL_HOLE "{model}"

static const struct api *const rows[] = {
	&api_openai,
	&api_openai_responses,
	&api_openai_completions,
	&api_openai_moderation,
	&api_azure,
	&api_azure_classic,
	&api_anthropic,
	&api_gemini,
	&api_ollama,
	&api_mistral,
	&api_groq,
	&api_together_ai,
	&api_openrouter,
	&api_deepseek,
	&api_xai,
	&api_fireworks_ai,
	&api_cerebras,
	&api_nvidia_nim,
	&api_cohere,
	&api_bedrock,
	&api_cohere_rerank,
	&api_voyage_rerank,
	&api_jina_rerank,
	&api_tei_rerank,
};

static const struct api *const embedders[] = {
	&embeddings_openai,
	&embeddings_azure,
	&embeddings_azure_classic,
	&embeddings_gemini,
	&embeddings_ollama,
	&embeddings_cohere,
	&embeddings_voyage,
	&embeddings_jina,
	&embeddings_mistral,
	&embeddings_tei,
	&embeddings_together_ai,
	&embeddings_openrouter,
	&embeddings_fireworks_ai,
	&embeddings_nvidia_nim,
};

static const struct api *find(const struct api *const *table, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(table[i]->name, name) == 0)
			return table[i];
	return NULL;
}

const struct api *api_find(const char *name)
{
	return find(rows, sizeof rows / sizeof *rows, name);
}

const struct api *const *api_all(size_t *n)
{
	*n = sizeof rows / sizeof *rows;
	return rows;
}

const struct api *api_find_embedder(const char *name)
{
	return find(embedders, sizeof embedders / sizeof *embedders, name);
}

const struct api *const *api_all_embedders(size_t *n)
{
	*n = sizeof embedders / sizeof *embedders;
	return embedders;
}

bool api_build(const struct api *api, struct ask *ask, struct buf *body, struct fault *fault)
{
	if (ask->step->max_input_tokens == 0)
		return api->build(ask, body, fault);
	struct buf text;
	buf_init(&text, body->max);
	bool ok = ask_fit(ask, &text, fault) && api->build(ask, body, fault);
	buf_release(&text);
	ask->prompt = (struct span){ 0 };
	return ok;
}

static bool is_alphanumeric(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* A name that cannot lead anywhere else in the server's tree. */
static bool is_plain_name(const char *model)
{
	size_t n = strlen(model);
	if (n == 0 || strcmp(model, ".") == 0 || strstr(model, "..") || model[0] == '/' ||
		model[n - 1] == '/')
		return false;
	for (size_t i = 0; i < n; i++)
		if (!is_alphanumeric(model[i]) && !strchr("-._:/@+", model[i]))
			return false;
	return true;
}

static void put_encoded(struct buf *out, const char *model)
{
	static const char hex[] = "0123456789ABCDEF";
	for (; *model; model++) {
		if (is_alphanumeric(*model) || strchr("-._", *model)) {
			buf_put_char(out, *model);
			continue;
		}
		buf_put_char(out, '%');
		buf_put_char(out, hex[(unsigned char)*model >> 4]);
		buf_put_char(out, hex[(unsigned char)*model & 15]);
	}
}

bool api_shares_bodies(const struct api *a, const struct api *b)
{
	return a->read == b->read;
}

bool api_has_model_in_path(const struct api *api)
{
	return strstr(api->path, MODEL_HOLE) != NULL;
}

char *api_path(const struct api *api, const char *model, bool is_streamed)
{
	const char *path = is_streamed && api->stream_path ? api->stream_path : api->path;
	const char *hole = strstr(path, MODEL_HOLE);
	struct buf out;
	if (!hole)
		return xstrdup(path);
	if (!model || !is_plain_name(model))
		return NULL;
	/* Google's own name for a model begins with what stands before it in the path. */
	const size_t own_n = sizeof "models/" - 1;
	if (strncmp(model, "models/", own_n) == 0 && (size_t)(hole - path) >= own_n &&
		strncmp(hole - own_n, "models/", own_n) == 0)
		model += own_n;
	buf_init(&out, SIZE_MAX / 4);
	buf_put(&out, path, (size_t)(hole - path));
	put_encoded(&out, model);
	buf_put_str(&out, hole + sizeof MODEL_HOLE - 1);
	buf_put_char(&out, '\0');
	return out.data;
}

/* The part of a dotted path before the dot. */
static struct span head_of(const char *path)
{
	return (struct span){ path, strcspn(path, ".") };
}

int64_t api_max_tokens(const struct api *api, struct span body)
{
	int64_t found[API_LIMITS_MAX] = { 0 };
	struct json_walk walk;
	/* One walk for all names: it leads past all texts of the request. */
	json_walk_init(&walk, body);
	while (walk.in_object && json_walk_next(&walk))
		for (size_t i = 0; i < API_LIMITS_MAX && api->max_tokens[i]; i++) {
			const char *path = api->max_tokens[i];
			struct span head = head_of(path);
			if (!json_key_is(walk.key, head))
				continue;
			const char *rest = path + head.n;
			found[i] = json_count_of(
				*rest ? json_member(walk.value, span_of(rest + 1)) : walk.value);
		}
	for (size_t i = 0; i < API_LIMITS_MAX; i++)
		if (found[i] > 0)
			return found[i];
	return 0;
}
