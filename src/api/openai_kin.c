/* SPDX-License-Identifier: MIT */
/*
 * Those who speak OpenAI's Chat Completions, each with a difference or two.
 *
 * Mistral refuses stream_options and brings the usage of a stream unasked. DeepSeek takes no
 * schema, only the wish for JSON. Azure has a form with a version in its query, which is older than
 * some fields: those are asked for only where the version knows them. DeepSeek takes no seed; of
 * xAI's and NVIDIA's models some refuse a request with one, so theirs are not seeded. The rest
 * differ in their addresses and keys, and in what they say of tokens, which openai_read_usage tells
 * apart by itself.
 */
#include "api/api.h"

#include "api/openai.h"
#include "api/vendors.h"

#include <string.h>

/* The first of Azure's versions with max_completion_tokens and stream_options. */
#define AZURE_NEWER "2024-09-01"

static bool build(const struct ask *ask, struct buf *body, struct fault *fault)
{
	static const struct openai_style style = {
		.max_tokens = "max_tokens",
		.has_stream_options = true,
	};
	return openai_build(ask, &style, body, fault);
}

static bool build_mistral(const struct ask *ask, struct buf *body, struct fault *fault)
{
	static const struct openai_style style = { .max_tokens = "max_tokens" };
	return openai_build(ask, &style, body, fault);
}

static bool build_deepseek(const struct ask *ask, struct buf *body, struct fault *fault)
{
	static const struct openai_style style = {
		.max_tokens = "max_tokens",
		.has_stream_options = true,
		.has_no_schemas = true,
	};
	return openai_build(ask, &style, body, fault);
}

static bool build_azure(const struct ask *ask, struct buf *body, struct fault *fault)
{
	static const struct openai_style style = {
		.max_tokens = "max_completion_tokens",
		.has_stream_options = true,
	};
	return openai_build(ask, &style, body, fault);
}

/* Versions are dates, so they sort as text. */
static bool build_azure_classic(const struct ask *ask, struct buf *body, struct fault *fault)
{
	const char *query = ask->endpoint->query;
	const char *version = query ? strchr(query, '=') : NULL;
	bool is_old = version && strcmp(version + 1, AZURE_NEWER) < 0;
	return is_old ? build_mistral(ask, body, fault) : build_azure(ask, body, fault);
}

#define READ_LIKE_OPENAI \
	.max_tokens = { OPENAI_MAX_TOKENS }, .read = openai_read, .read_usage = openai_read_usage

const struct api api_mistral = {
	.name = "mistral",
	VENDOR_MISTRAL,
	.path = "/v1/chat/completions",
	.build = build_mistral,
	.seed = "random_seed",
	READ_LIKE_OPENAI,
};

/* What is called model is the name of a deployment. */
const struct api api_azure = {
	.name = "azure",
	VENDOR_AZURE,
	.path = "/openai/v1/chat/completions",
	.charge = CHARGE_SUM,
	.build = build_azure,
	.seed = "seed",
	READ_LIKE_OPENAI,
};

const struct api api_azure_classic = {
	.name = "azure-classic",
	VENDOR_AZURE,
	.path = "/openai/deployments/{model}/chat/completions",
	.charge = CHARGE_SUM,
	.build = build_azure_classic,
	.seed = "seed",
	READ_LIKE_OPENAI,
};

const struct api api_groq = {
	.name = "groq",
	.base_url = "https://api.groq.com/openai/v1",
	.key_env = "GROQ_API_KEY",
	VENDOR_BEARER,
	.path = "/chat/completions",
	.build = build,
	.seed = "seed",
	READ_LIKE_OPENAI,
};

const struct api api_together_ai = {
	.name = "together_ai",
	VENDOR_TOGETHER_AI,
	.path = "/chat/completions",
	.build = build,
	.seed = "seed",
	READ_LIKE_OPENAI,
};

const struct api api_openrouter = {
	.name = "openrouter",
	VENDOR_OPENROUTER,
	.path = "/chat/completions",
	.build = build,
	.seed = "seed",
	READ_LIKE_OPENAI,
};

const struct api api_deepseek = {
	.name = "deepseek",
	.base_url = "https://api.deepseek.com",
	.key_env = "DEEPSEEK_API_KEY",
	VENDOR_BEARER,
	.path = "/chat/completions",
	.build = build_deepseek,
	READ_LIKE_OPENAI,
};

const struct api api_xai = {
	.name = "xai",
	.base_url = "https://api.x.ai/v1",
	.key_env = "XAI_API_KEY",
	VENDOR_BEARER,
	.path = "/chat/completions",
	.build = build,
	READ_LIKE_OPENAI,
};

const struct api api_fireworks_ai = {
	.name = "fireworks_ai",
	VENDOR_FIREWORKS_AI,
	.path = "/chat/completions",
	.build = build,
	.seed = "seed",
	READ_LIKE_OPENAI,
};

const struct api api_cerebras = {
	.name = "cerebras",
	.base_url = "https://api.cerebras.ai/v1",
	.key_env = "CEREBRAS_API_KEY",
	VENDOR_BEARER,
	.path = "/chat/completions",
	.build = build,
	.seed = "seed",
	READ_LIKE_OPENAI,
};

const struct api api_nvidia_nim = {
	.name = "nvidia_nim",
	VENDOR_NVIDIA_NIM,
	.path = "/chat/completions",
	.build = build,
	READ_LIKE_OPENAI,
};
