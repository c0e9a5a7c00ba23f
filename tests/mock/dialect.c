/* SPDX-License-Identifier: MIT */
#include "dialect.h"

#include <string.h>

static const struct dialect *const dialects[] = { &dialect_openai, &dialect_azure, &dialect_mistral,
	&dialect_vllm, &dialect_responses, &dialect_completions, &dialect_moderations,
	&dialect_anthropic, &dialect_gemini, &dialect_ollama, &dialect_cohere, &dialect_bedrock,
	&dialect_cohere_rerank, &dialect_voyage_rerank, &dialect_jina_rerank, &dialect_tei_rerank };

enum { DIALECTS_N = sizeof dialects / sizeof *dialects };

_Static_assert(DIALECTS_N <= DIALECTS_MAX, "the counts of stats have room");

/* A star stands for one or more bytes; the last one found is the longest it can be. */
static const struct {
	const char *pattern;
	const struct dialect *dialect;
	bool is_preferable; /* the dialect of --dialect takes its place */
} paths[] = {
	{ "/v1/chat/completions", &dialect_openai, true },
	{ "/v1/rerank", &dialect_jina_rerank, true },
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
	{ "/model/*/converse", &dialect_bedrock, false },
	{ "/model/*/converse-stream", &dialect_bedrock, false },
};

/* Which dialects may stand in for which: those that share a path. */
static const struct {
	const char *name;
	const struct dialect *dialect;
	const struct dialect *in_place_of;
} stand_ins[] = {
	{ "openai", &dialect_openai, &dialect_openai },
	{ "mistral", &dialect_mistral, &dialect_openai },
	{ "vllm", &dialect_vllm, &dialect_openai },
	{ "azure", &dialect_azure, &dialect_openai },
	{ "jina", &dialect_jina_rerank, &dialect_jina_rerank },
	{ "voyage", &dialect_voyage_rerank, &dialect_jina_rerank },
};

const struct dialect *dialect_named(const char *name)
{
	for (size_t i = 0; i < sizeof stand_ins / sizeof *stand_ins; i++)
		if (strcmp(stand_ins[i].name, name) == 0)
			return stand_ins[i].dialect;
	return NULL;
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

static bool stands_in(const struct dialect *d, const struct dialect *in_place_of)
{
	for (size_t i = 0; i < sizeof stand_ins / sizeof *stand_ins; i++)
		if (stand_ins[i].dialect == d && stand_ins[i].in_place_of == in_place_of)
			return true;
	return false;
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

const struct dialect *dialect_of_path(
	const char *path, const struct dialect *preferred, struct span *named)
{
	*named = (struct span){ 0 };
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		if (!matches(paths[i].pattern, path, named))
			continue;
		if (preferred && paths[i].is_preferable && stands_in(preferred, paths[i].dialect))
			return preferred;
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
