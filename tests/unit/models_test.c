/* SPDX-License-Identifier: MIT */
#include "api/models.h"

#include "base/xalloc.h"
#include "t.h"

#include <stdlib.h>
#include <string.h>

/* The URL of the list for an endpoint with that base and query. */
static void check_url(const struct api *api, const char *base, const char *query, const char *url)
{
	struct endpoint e = { .api = api, .base = xstrdup(base) };
	e.query = query ? xstrdup(query) : NULL;
	char *got = models_url(&e);
	CHECK_STR(got, url);
	free(got);
	free(e.base);
	free(e.query);
}

/* The names in a page, with a comma after each; and whether that was all. */
static void check_page(const char *api, const char *page, const char *names, bool is_all)
{
	struct strings out = { 0 };
	struct buf joined;
	bool got = !is_all;
	buf_init(&joined, 1 << 20);
	const struct api *row = api_find(api) ? api_find(api) : api_find_embedder(api);
	CHECK(models_read(row, span_of(page), &out, &got, NULL));
	for (size_t i = 0; i < out.n; i++) {
		buf_put_str(&joined, out.items[i]);
		buf_put_char(&joined, ',');
	}
	CHECK_MEM(joined.data, joined.len, names);
	CHECK_INT(got, is_all);
	strings_release(&out);
	buf_release(&joined);
}

TEST("each API's list of models is where its vendor has it")
{
	check_url(
		&api_openai, "https://api.openai.com/v1", NULL, "https://api.openai.com/v1/models");
	check_url(&api_groq, "https://api.groq.com/openai/v1", NULL,
		"https://api.groq.com/openai/v1/models");
	check_url(&api_mistral, "https://api.mistral.ai", NULL, "https://api.mistral.ai/v1/models");
	check_url(&api_azure, "https://r.openai.azure.com", NULL,
		"https://r.openai.azure.com/openai/v1/models");
	check_url(&api_azure_classic, "https://r.openai.azure.com", "?api-version=2024-10-21",
		"https://r.openai.azure.com/openai/models?api-version=2024-10-21");
	check_url(&api_azure_classic, "https://r.openai.azure.com", NULL,
		"https://r.openai.azure.com/openai/models");
	check_url(&api_anthropic, "https://api.anthropic.com", NULL,
		"https://api.anthropic.com/v1/models?limit=1000");
	check_url(&api_gemini, "https://generativelanguage.googleapis.com", NULL,
		"https://generativelanguage.googleapis.com/v1beta/models?pageSize=1000");
	check_url(&api_ollama, "http://127.0.0.1:11434", NULL, "http://127.0.0.1:11434/api/tags");
	check_url(&api_cohere, "https://api.cohere.com", NULL,
		"https://api.cohere.com/v1/models?page_size=1000");
	check_url(api_find_embedder("cohere"), "https://api.cohere.com", NULL,
		"https://api.cohere.com/v1/models?page_size=1000");
	check_url(&api_openrouter, "https://openrouter.ai/api/v1", NULL,
		"https://openrouter.ai/api/v1/models");
	check_url(api_find_embedder("openrouter"), "https://openrouter.ai/api/v1", NULL,
		"https://openrouter.ai/api/v1/embeddings/models");
	check_url(api_find_embedder("tei"), "http://127.0.0.1:8080", NULL,
		"http://127.0.0.1:8080/info");
}

TEST("whose base URL ends in a version has the list right behind it")
{
	static const char *const names[] = { "openai", "openai-responses", "openai-completions",
		"openai-moderation", "groq", "together_ai", "openrouter", "deepseek", "xai",
		"fireworks_ai", "cerebras", "nvidia_nim" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const struct api *api = api_find(names[i]);
		if (t_check(api != NULL, names[i], __FILE__, __LINE__))
			check_url(api, "http://h/v1", NULL, "http://h/v1/models");
	}
}

TEST("every API has a list of models, but for those whose vendors have none")
{
	static const char *const without[] = { "bedrock", "voyage", "voyage-rerank", "jina",
		"jina-rerank" };
	size_t rows_n, embedders_n, found_n = 0;
	const struct api *const *rows = api_all(&rows_n);
	const struct api *const *embedders = api_all_embedders(&embedders_n);
	for (size_t i = 0; i < rows_n + embedders_n; i++) {
		const struct api *api = i < rows_n ? rows[i] : embedders[i - rows_n];
		struct endpoint e = { .api = api, .base = (char[]){ "http://127.0.0.1" } };
		bool is_without = false;
		for (size_t w = 0; w < sizeof without / sizeof *without; w++)
			is_without |= strcmp(api->name, without[w]) == 0;
		char *url = models_url(&e);
		if (!t_check((url == NULL) == is_without, api->name, __FILE__, __LINE__))
			found_n++;
		free(url);
	}
	CHECK_INT(found_n, 0);
}

TEST("a list that anybody may see proves no key")
{
	CHECK(models_prove_key(&api_openai));
	CHECK(models_prove_key(&api_anthropic));
	CHECK(models_prove_key(&api_gemini));
	CHECK(!models_prove_key(&api_openrouter));
	CHECK(!models_prove_key(&api_ollama));
	CHECK(!models_prove_key(api_find("nvidia_nim")));
	CHECK(!models_prove_key(api_find_embedder("tei")));
	CHECK(!models_prove_key(&api_bedrock));
}

TEST("OpenAI's list gives ids, and so does a bare array")
{
	check_page("openai",
		"{\"object\": \"list\", \"data\": [\n"
		" {\"id\": \"gpt-4o-mini\", \"object\": \"model\", \"created\": 1, \"owned_by\": "
		"\"system\"},\n {\"id\": \"ft:gpt-4o:org::Ab\\u0031\", \"object\": \"model\"}]}\n",
		"gpt-4o-mini,ft:gpt-4o:org::Ab1,", true);
	check_page("together_ai", "[{\"id\":\"a/b\",\"type\":\"chat\"},{\"id\":\"models/d\"}]",
		"a/b,models/d,", true);
	check_page("openai", "{\"models\":[{\"name\":\"x\"}],\"data\":[{\"id\":\"llama\"}]}",
		"llama,", true);
	check_page("openai", "{\"data\":[]}", "", true);
	check_page("fireworks_ai", "{\"data\":[{\"id\":\"accounts/f/models/x\"}]}",
		"accounts/f/models/x,", false);
}

TEST("Anthropic's list says whether there is more")
{
	check_page("anthropic",
		"{\"data\":[{\"type\":\"model\",\"id\":\"claude-sonnet-4-5-20250929\","
		"\"display_name\":\"Claude Sonnet 4.5\"}],\"has_more\":false,"
		"\"first_id\":\"claude-sonnet-4-5-20250929\",\"last_id\":null}",
		"claude-sonnet-4-5-20250929,", true);
	check_page("anthropic", "{\"data\":[{\"id\":\"a\"}],\"has_more\":true,\"last_id\":\"a\"}",
		"a,", false);
}

TEST("Gemini's names lose what stands before them, and a token means that there is more")
{
	check_page("gemini",
		"{\"models\":[{\"name\":\"models/gemini-2.5-flash\",\"version\":\"001\"},"
		"{\"name\":\"models/\"},{\"name\":\"tunedModels/mine\"}]}",
		"gemini-2.5-flash,tunedModels/mine,", true);
	check_page("gemini", "{\"models\":[{\"name\":\"models/x\"}],\"nextPageToken\":\"Cj0\"}",
		"x,", false);
	check_page("gemini", "{\"models\":[{\"name\":\"models/x\"}],\"nextPageToken\":\"\"}", "x,",
		true);
}

TEST("Ollama's, Cohere's and TEI's forms are read")
{
	check_page("ollama",
		"{\"models\":[{\"name\":\"llama3.2:latest\",\"model\":\"llama3.2:latest\","
		"\"size\":2019393189,\"details\":{\"family\":\"llama\"}}]}",
		"llama3.2:latest,", true);
	check_page("cohere",
		"{\"models\":[{\"name\":\"command-a-03-2025\",\"endpoints\":[\"chat\"]}],"
		"\"next_page_token\":\"x\"}",
		"command-a-03-2025,", false);
	check_page("cohere", "{\"models\":[{\"name\":\"embed-v4.0\"}],\"next_page_token\":null}",
		"embed-v4.0,", true);
	check_page("tei", "{\"model_id\":\"BAAI/bge-m3\",\"model_dtype\":\"float16\"}",
		"BAAI/bge-m3,", false);
}

TEST("Azure's list is of models, and -m is a deployment: none is named, and it never is all")
{
	check_page("azure", "{\"data\":[{\"id\":\"gpt-4o-2024-08-06\"}]}", "", false);
	check_page("azure-classic", "{\"data\":[{\"id\":\"gpt-4o-2024-08-06\"}]}", "", false);
}

TEST("names that nobody can ask for are passed over")
{
	struct buf page;
	buf_init(&page, 1 << 12);
	buf_put_str(&page, "{\"data\":[{\"id\":\"");
	for (int i = 0; i < 1000; i++)
		buf_put_char(&page, 'a');
	buf_put_str(&page,
		"\"},{\"id\":\"a\\u0000b\"},{\"id\":\"a\\u001b[2J\"},{\"id\":\"\"},"
		"{\"id\":7},{},3,{\"id\":\"a\x7f\"},{\"id\":\"a b\"},{\"id\":\"good\"}]}");
	buf_put_char(&page, '\0');
	check_page("openai", page.data, "good,", true);
	buf_release(&page);
}

TEST("what is no list is said to be none, and adds no names")
{
	static const char *const pages[] = { "", "nonsense", "{", "null", "{}", "3",
		"{\"data\":{}}", "{\"data\":\"x\"}", "{\"models\":[]}", "{\"data\":[}" };
	struct strings out = { 0 };
	bool is_all = true;
	for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
		CHECK(!models_read(&api_openai, span_of(pages[i]), &out, &is_all, NULL));
	CHECK(!models_read(&api_openai, (struct span){ 0 }, &out, &is_all, NULL));
	CHECK(!models_read(&api_bedrock, span_of("{\"data\":[]}"), &out, &is_all, NULL));
	CHECK(!models_read(
		api_find_embedder("tei"), span_of("{\"model\":1}"), &out, &is_all, NULL));
	CHECK(!models_read(&api_gemini, span_of("[]"), &out, &is_all, NULL));
	CHECK_INT(out.n, 0);
	CHECK(is_all);
	strings_release(&out);
}

TEST("a list without end is cut, and then is not all")
{
	struct buf page;
	struct strings out = { 0 };
	bool is_all = true;
	buf_init(&page, 1 << 20);
	buf_put_str(&page, "[");
	for (int i = 0; i < MODELS_MAX + 5; i++)
		buf_put_str(&page, i ? ",{\"id\":\"m\"}" : "{\"id\":\"m\"}");
	buf_put_str(&page, "]");
	CHECK(models_read(&api_openai, buf_span(&page), &out, &is_all, NULL));
	CHECK_INT(out.n, MODELS_MAX);
	CHECK(!is_all);
	strings_release(&out);
	buf_release(&page);
}

TEST("a model is found by the short names that its API has for it, and by no others")
{
	static const struct {
		const char *api, *name, *model;
		bool has;
	} all[] = {
		{ "openai", "gpt-4o", "gpt-4o", true },
		{ "openai", "gpt-4o-20240806", "gpt-4o", false },
		{ "openai", "gpt-4o", "gpt-4", false },
		{ "gemini", "gemini-2.5-pro", "models/gemini-2.5-pro", true },
		{ "gemini", "gemini-2.5-pro", "gemini-2.5", false },
		{ "gemini", "gemini-2.5-pro", "others/gemini-2.5-pro", false },
		{ "ollama", "llama3:latest", "llama3", true },
		{ "ollama", "llama3:8b", "llama3", false },
		{ "ollama", "gemma3:latest", "llama3", false },
		{ "ollama", "llama3:8b", "llama3:8b", true },
		{ "anthropic", "claude-sonnet-4-5-20250929", "claude-sonnet-4-5", true },
		{ "anthropic", "claude-3-5-haiku-20241022", "claude-3-5-haiku-latest", true },
		{ "anthropic", "claude-3-5-haiku-20241022", "claude-3-5", false },
		{ "anthropic", "claude-3-5-", "claude-3-5", false },
		{ "xai", "grok-4-0709", "grok-4", true },
		{ "xai", "grok-420250709", "grok-4", false },
		{ "mistral", "mistral-large-2411", "mistral-large-latest", true },
		{ "openrouter", "openai/gpt-4o", "openai/gpt-4o:nitro", true },
		{ "openrouter", "openai/gpt-4o", "openai/gpt-4o-mini", false },
	};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		struct strings names = { 0 };
		strings_add(&names, "something-else");
		strings_add(&names, all[i].name);
		bool has = models_have(api_find(all[i].api), &names, all[i].model);
		t_check(has == all[i].has, all[i].model, __FILE__, __LINE__);
		strings_release(&names);
	}
}

TEST("items of a list that have no name are counted")
{
	struct strings out = { 0 };
	struct buf page;
	bool is_all;
	size_t odd_n = 0;
	buf_init(&page, 1 << 20);
	buf_put_str(
		&page, "{\"data\":[{\"id\":\"a b\"},{\"id\":7},{},{\"id\":\"fine\"},{\"id\":\"");
	for (size_t i = 0; i <= MODELS_NAME_MAX_BYTES; i++)
		buf_put_char(&page, 'x');
	buf_put_str(&page, "\"}]}");
	CHECK(models_read(&api_openai, buf_span(&page), &out, &is_all, &odd_n));
	CHECK_INT(out.n, 1);
	CHECK_INT(odd_n, 4);
	CHECK(models_read(&api_openai, buf_span(&page), &out, &is_all, &odd_n));
	CHECK_INT(odd_n, 4);
	CHECK(models_read(&api_azure, buf_span(&page), &out, &is_all, &odd_n));
	CHECK_INT(odd_n, 0);
	strings_release(&out);
	buf_release(&page);
}
