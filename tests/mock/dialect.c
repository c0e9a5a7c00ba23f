/* SPDX-License-Identifier: MIT */
#include "dialect.h"

#include <string.h>

static const struct dialect *const dialects[] = { &dialect_openai, &dialect_azure, &dialect_mistral,
	&dialect_vllm, &dialect_responses, &dialect_completions, &dialect_moderations,
	&dialect_anthropic, &dialect_gemini, &dialect_ollama, &dialect_cohere, &dialect_bedrock,
	&dialect_cohere_rerank, &dialect_voyage_rerank, &dialect_jina_rerank, &dialect_tei_rerank,
	&dialect_openai_embed, &dialect_azure_embed, &dialect_mistral_embed, &dialect_vllm_embed,
	&dialect_voyage_embed, &dialect_jina_embed, &dialect_gemini_embed, &dialect_ollama_embed,
	&dialect_cohere_embed, &dialect_tei_embed };

enum { DIALECTS_N = sizeof dialects / sizeof *dialects };

_Static_assert(DIALECTS_N <= DIALECTS_MAX, "the counts of stats have room");

/* A star stands for one or more bytes; the last one found is the longest it can be. */
static const struct {
	const char *pattern;
	const struct dialect *dialect;
	bool is_preferable; /* that of --dialect takes its place */
} paths[] = {
	{ "/v1/chat/completions", &dialect_openai, true },
	{ "/v1/rerank", &dialect_jina_rerank, true },
	{ "/v1/embeddings", &dialect_openai_embed, true },
	{ "/v1/responses", &dialect_responses, false },
	{ "/v1/completions", &dialect_completions, false },
	{ "/v1/moderations", &dialect_moderations, false },
	{ "/v1/messages", &dialect_anthropic, false },
	{ "/openai/responses", &dialect_responses, false },
	{ "/openai/v1/chat/completions", &dialect_azure, false },
	{ "/openai/v1/responses", &dialect_responses, false },
	{ "/openai/v1/completions", &dialect_completions, false },
	{ "/openai/v1/moderations", &dialect_moderations, false },
	{ "/openai/deployments/*/chat/completions", &dialect_azure, false },
	{ "/openai/deployments/*/completions", &dialect_completions, false },
	{ "/openai/v1/embeddings", &dialect_azure_embed, false },
	{ "/openai/deployments/*/embeddings", &dialect_azure_embed, false },
	{ "/mistral/v1/chat/completions", &dialect_mistral, false },
	{ "/vllm/v1/chat/completions", &dialect_vllm, false },
	{ "/v1beta/models/*:generateContent", &dialect_gemini, false },
	{ "/v1beta/models/*:streamGenerateContent", &dialect_gemini, false },
	{ "/api/chat", &dialect_ollama, false },
	{ "/v2/chat", &dialect_cohere, false },
	{ "/v2/rerank", &dialect_cohere_rerank, false },
	{ "/voyage/v1/rerank", &dialect_voyage_rerank, false },
	{ "/jina/v1/rerank", &dialect_jina_rerank, false },
	{ "/rerank", &dialect_tei_rerank, false },
	{ "/mistral/v1/embeddings", &dialect_mistral_embed, false },
	{ "/vllm/v1/embeddings", &dialect_vllm_embed, false },
	{ "/voyage/v1/embeddings", &dialect_voyage_embed, false },
	{ "/jina/v1/embeddings", &dialect_jina_embed, false },
	{ "/v1beta/models/*:embedContent", &dialect_gemini_embed, false },
	{ "/v1beta/models/*:batchEmbedContents", &dialect_gemini_embed, false },
	{ "/api/embed", &dialect_ollama_embed, false },
	{ "/v2/embed", &dialect_cohere_embed, false },
	{ "/embed", &dialect_tei_embed, false },
	{ "/model/*/converse", &dialect_bedrock, false },
	{ "/model/*/converse-stream", &dialect_bedrock, false },
};

/* Whose dialect may take a shared path's place. */
static const struct {
	const char *vendor;
	const struct dialect *dialect;
	const struct dialect *in_place_of;
} stand_ins[] = {
	{ "openai", &dialect_openai, &dialect_openai },
	{ "mistral", &dialect_mistral, &dialect_openai },
	{ "mistral", &dialect_mistral_embed, &dialect_openai_embed },
	{ "vllm", &dialect_vllm, &dialect_openai },
	{ "vllm", &dialect_vllm_embed, &dialect_openai_embed },
	{ "azure", &dialect_azure, &dialect_openai },
	{ "azure", &dialect_azure_embed, &dialect_openai_embed },
	{ "jina", &dialect_jina_rerank, &dialect_jina_rerank },
	{ "jina", &dialect_jina_embed, &dialect_openai_embed },
	{ "voyage", &dialect_voyage_rerank, &dialect_jina_rerank },
	{ "voyage", &dialect_voyage_embed, &dialect_openai_embed },
};

enum { STAND_INS_N = sizeof stand_ins / sizeof *stand_ins };

bool dialect_is_vendor(const char *name)
{
	for (size_t i = 0; i < STAND_INS_N; i++)
		if (strcmp(stand_ins[i].vendor, name) == 0)
			return true;
	return false;
}

const struct dialect *dialect_at(size_t i)
{
	return i < DIALECTS_N ? dialects[i] : NULL;
}

size_t dialect_index(const struct dialect *d)
{
	size_t i = 0;
	while (i + 1 < DIALECTS_N && dialects[i] != d)
		i++;
	return i;
}

/* The vendor's dialect in the place of d, which it is if there is none. */
static const struct dialect *stand_in(const char *vendor, const struct dialect *d)
{
	for (size_t i = 0; i < STAND_INS_N; i++)
		if (stand_ins[i].in_place_of == d && strcmp(stand_ins[i].vendor, vendor) == 0)
			return stand_ins[i].dialect;
	return d;
}

static bool matches(const char *pattern, const char *path, struct span *named)
{
	const char *star = strchr(pattern, '*');
	size_t head_n, tail_n, n;
	if (!star)
		return strcmp(pattern, path) == 0;
	head_n = (size_t)(star - pattern);
	tail_n = strlen(star + 1);
	n = strlen(path);
	if (n <= head_n + tail_n || strncmp(pattern, path, head_n) != 0 ||
		strcmp(path + n - tail_n, star + 1) != 0)
		return false;
	*named = (struct span){ .at = path + head_n, .n = n - head_n - tail_n };
	return true;
}

const struct dialect *dialect_of_path(const char *path, const char *preferred, struct span *named)
{
	*named = (struct span){ 0 };
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		if (!matches(paths[i].pattern, path, named))
			continue;
		if (preferred && paths[i].is_preferable)
			return stand_in(preferred, paths[i].dialect);
		return paths[i].dialect;
	}
	return NULL;
}

void dialect_refuse(const struct dialect *d, struct reply *r, const struct api_error *e)
{
	d->refuse(r, e);
	if (d->hinting == HINTING_BODY)
		return;
	r->hint = e->hint;
	if (d->hinting == HINTING_AWS)
		r->ms_header = "x-amz-retry-after";
	if (d->hinting == HINTING_SECONDS && *r->hint.seconds)
		*r->hint.ms = '\0';
}
