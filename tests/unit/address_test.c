/* SPDX-License-Identifier: MIT */
#include "app/address.h"

#include "api/api.h"
#include "t.h"

#include <stdlib.h>

struct row {
	const char *api;
	const char *base;
	const char *model;
	const char *want; /* the URL; NULL = refused */
};

static void check(const struct row *row)
{
	struct endpoint e = { .api = api_find(row->api) };
	struct err err;
	if (!CHECK(e.api != NULL))
		return;
	endpoint_set_model(&e, row->model);
	if (!CHECK_INT(address_set(&e, row->base, &err), row->want != NULL))
		CHECK_STR(row->base, "this one");
	CHECK_STR(row->want ? e.url : NULL, row->want);
	endpoint_release(&e);
}

TEST("the API's path follows the base, and what the base has of it already is not said twice")
{
	static const struct row rows[] = {
		{ "openai", "https://h/v1", "m", "https://h/v1/chat/completions" },
		{ "openai", "https://h/v1///", "m", "https://h/v1/chat/completions" },
		{ "openai", "https://h", "m", "https://h/chat/completions" },
		{ "openai", "https://h/v1/chat/completions", "m", "https://h/v1/chat/completions" },
		{ "openai", "https://h/chat", "m", "https://h/chat/chat/completions" },
		{ "anthropic", "https://h", "m", "https://h/v1/messages" },
		{ "anthropic", "https://h/v1", "m", "https://h/v1/messages" },
		{ "anthropic", "https://h/v1/messages", "m", "https://h/v1/messages" },
		{ "ollama", "http://h:11434", "m", "http://h:11434/api/chat" },
		{ "ollama", "http://h:11434/api", "m", "http://h:11434/api/chat" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		check(&rows[i]);
}

TEST("a model in the path is percent-encoded, and must be a plain name")
{
	static const struct row rows[] = {
		{ "gemini", "https://h", "gemini-2.5-flash",
			"https://h/v1beta/models/gemini-2.5-flash:generateContent" },
		{ "bedrock", "https://h", "anthropic.claude-v1:0",
			"https://h/model/anthropic.claude-v1%3A0/converse" },
		{ "gemini", "https://h", "models/gemini-x",
			"https://h/v1beta/models/gemini-x:generateContent" },
		{ "gemini", "https://h", "a/b", "https://h/v1beta/models/a%2Fb:generateContent" },
		{ "gemini", "https://h", "../admin", NULL },
		{ "gemini", "https://h", "a b", NULL },
		{ "gemini", "https://h", "a?key=1", NULL },
		{ "gemini", "https://h", "a/", NULL },
		{ "gemini", "https://h", "", NULL },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		check(&rows[i]);
}

TEST("both of Azure's forms are understood, and the deployment in one is the model")
{
	static const struct row rows[] = {
		{ "azure", "https://r.openai.azure.com", "d",
			"https://r.openai.azure.com/openai/v1/chat/completions" },
		{ "azure", "https://r.openai.azure.com/openai/v1/", "d",
			"https://r.openai.azure.com/openai/v1/chat/completions" },
		{ "azure", "https://r.openai.azure.com?api-version=2024-10-21", "d",
			"https://r.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21" },
		{ "azure",
			"https://r.openai.azure.com/openai/deployments/own/chat/completions?api-version=2024-10-21",
			NULL,
			"https://r.openai.azure.com/openai/deployments/own/chat/completions?api-version=2024-10-21" },
		{ "openai", "https://h/v1?api-version=2024-10-21", "m", NULL },
	};
	unsetenv("OPENAI_API_VERSION");
	unsetenv("AZURE_OPENAI_API_VERSION");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		check(&rows[i]);
	setenv("OPENAI_API_VERSION", "2025-01-01", 1);
	check(&(struct row){ "azure", "https://r.openai.azure.com", "d",
		"https://r.openai.azure.com/openai/deployments/d/chat/completions?api-version=2025-01-01" });
	unsetenv("OPENAI_API_VERSION");
}

TEST("OLLAMA_HOST need be no URL: it says where the server listens")
{
	static const struct {
		const char *host, *want;
	} cases[] = {
		{ "127.0.0.1", "http://127.0.0.1:11434" },
		{ "0.0.0.0", "http://127.0.0.1:11434" },
		{ "0.0.0.0:99", "http://127.0.0.1:99" },
		{ ":99", "http://127.0.0.1:99" },
		{ "gpu:99", "http://gpu:99" },
		{ "[::1]", "http://[::1]:11434" },
		{ "[::1]:99", "http://[::1]:99" },
		{ "https://gpu", "https://gpu" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct err err;
		setenv("OLLAMA_HOST", cases[i].host, 1);
		char *base = address_default(api_find("ollama"), &err);
		CHECK_STR(base, cases[i].want);
		free(base);
	}
	unsetenv("OLLAMA_HOST");
}

TEST("Amazon's base has a region in it, and without one says which variable would help")
{
	struct err err;
	unsetenv("AWS_REGION");
	unsetenv("AWS_DEFAULT_REGION");
	unsetenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME");
	CHECK(address_default(api_find("bedrock"), &err) == NULL);
	CHECK(strstr(err.msg, "AWS_REGION") != NULL);
	setenv("AWS_REGION", "eu-west-1", 1);
	char *base = address_default(api_find("bedrock"), &err);
	CHECK_STR(base, "https://bedrock-runtime.eu-west-1.amazonaws.com");
	free(base);
	unsetenv("AWS_REGION");
}

static void check_other(const char *api, const char *base, const char *want)
{
	struct endpoint e = { .api = api_find(api) };
	struct err err;
	CHECK(address_set(&e, base, &err));
	char *other = address_other_base(&e);
	CHECK_STR(other, want);
	free(other);
	endpoint_release(&e);
}

TEST("where a base is not found, the other with or without a version is known")
{
	check_other("openai", "http://h:1", "http://h:1/v1");
	check_other("openai", "http://h:1/v1", NULL);
	check_other("groq", "http://h/openai", "http://h/openai/v1");
	check_other("gemini", "http://h/v1", "http://h");
	check_other("gemini", "http://h/v1beta", NULL);
	check_other("ollama", "http://h/v1", "http://h");
	check_other("ollama", "http://h", NULL);
	check_other("anthropic", "http://h/v1", NULL);
	check_other("anthropic", "http://h/x/v2/", "http://h/x");
}

TEST("it is known which variable a base is from that nobody typed")
{
	unsetenv("AWS_DEFAULT_REGION");
	unsetenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME");
	setenv("AWS_REGION", "eu-west-1", 1);
	CHECK_STR(address_default_env(api_find("bedrock")), "AWS_REGION");
	unsetenv("AWS_REGION");
	setenv("AWS_DEFAULT_REGION", "eu-west-1", 1);
	CHECK_STR(address_default_env(api_find("bedrock")), "AWS_DEFAULT_REGION");
	unsetenv("AWS_DEFAULT_REGION");
	setenv("OLLAMA_HOST", "h:1", 1);
	CHECK_STR(address_default_env(api_find("ollama")), "OLLAMA_HOST");
	setenv("OLLAMA_HOST", "", 1);
	CHECK_STR(address_default_env(api_find("ollama")), "");
	unsetenv("OLLAMA_HOST");
}

TEST("a URL that will not do is refused with the variable that it is from")
{
	static const char *const from[] = { "OPENAI_BASE_URL", "", NULL };
	static const char *const want[] = { "OPENAI_BASE_URL: bad base URL", "bad base URL",
		"bad base URL" };
	for (size_t i = 0; i < sizeof from / sizeof *from; i++) {
		struct endpoint e = { .api = &api_openai, .base_env = from[i] };
		struct err err;
		CHECK(!address_set(&e, "ftp://h", &err));
		CHECK_MEM(err.msg, strlen(want[i]), want[i]);
		endpoint_release(&e);
	}
}
