/* SPDX-License-Identifier: MIT */
#include "desk.h"
#include "reading.h"

#define USER "\"messages\":[{\"role\":\"user\",\"content\":\"p\"}]"

TEST("each of OpenAI's kin is asked at its own address, with its own key")
{
	static const struct {
		const char *name, *base, *path, *key, *header;
	} rows[] = {
		{ "mistral", "https://api.mistral.ai", "/v1/chat/completions", "MISTRAL_API_KEY",
			"Authorization: Bearer " },
		{ "azure", NULL, "/openai/v1/chat/completions",
			"AZURE_OPENAI_API_KEY AZURE_API_KEY", "api-key: " },
		{ "azure-classic", NULL, "/openai/deployments/m/chat/completions",
			"AZURE_OPENAI_API_KEY AZURE_API_KEY", "api-key: " },
		{ "groq", "https://api.groq.com/openai/v1", "/chat/completions", "GROQ_API_KEY",
			"Authorization: Bearer " },
		{ "deepseek", "https://api.deepseek.com", "/chat/completions", "DEEPSEEK_API_KEY",
			"Authorization: Bearer " },
		{ "openrouter", "https://openrouter.ai/api/v1", "/chat/completions",
			"OPENROUTER_API_KEY", "Authorization: Bearer " },
		{ "xai", "https://api.x.ai/v1", "/chat/completions", "XAI_API_KEY",
			"Authorization: Bearer " },
		{ "openai-responses", "https://api.openai.com/v1", "/responses", "OPENAI_API_KEY",
			"Authorization: Bearer " },
		{ "openai-completions", "https://api.openai.com/v1", "/completions",
			"OPENAI_API_KEY", "Authorization: Bearer " },
		{ "openai-moderation", "https://api.openai.com/v1", "/moderations",
			"OPENAI_API_KEY", "Authorization: Bearer " },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct api *api = api_find(rows[i].name);
		char *path = api_path(api, "m", true);
		CHECK_STR(api->base_url, rows[i].base);
		CHECK_STR(path, rows[i].path);
		CHECK_STR(api->key_env, rows[i].key);
		CHECK_STR(api->auth_header, rows[i].header);
		free(path);
	}
}

TEST("a limit of tokens and a stream are asked for as each of the kin takes them")
{
	static const struct {
		const char *api, *query, *rest;
	} cases[] = {
		{ "mistral", NULL, "\"stream\":true,\"max_tokens\":9}" },
		{ "groq", NULL,
			"\"stream\":true,\"stream_options\":{\"include_usage\":true},\"max_tokens\":9}" },
		{ "azure", NULL,
			"\"stream\":true,\"stream_options\":{\"include_usage\":true},\"max_completion_tokens\":9}" },
		{ "azure-classic", "?api-version=2024-10-21",
			"\"stream\":true,\"stream_options\":{\"include_usage\":true},\"max_completion_tokens\":9}" },
		{ "azure-classic", "?api-version=2024-09-01-preview",
			"\"stream\":true,\"stream_options\":{\"include_usage\":true},\"max_completion_tokens\":9}" },
		{ "azure-classic", "?api-version=2024-06-01", "\"stream\":true,\"max_tokens\":9}" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct desk d;
		char *want = xasprintf("{\"model\":\"m\"," USER ",%s", cases[i].rest);
		sit_down(&d, cases[i].api, "m", "p", NULL);
		d.endpoint.query = cases[i].query ? xstrdup(cases[i].query) : NULL;
		d.endpoint.is_streamed = true;
		d.step->max_tokens = 9;
		check_body(&d, "1", want);
		stand_up(&d);
		free(want);
	}
}

TEST("where there is no field for a schema, it is told in words, with -s before it")
{
	struct desk d;
	sit_down(&d, "deepseek", "m", "p", NULL);
	want_schema(&d, "{\"type\":\"object\"}");
	check_body(&d, "1",
		"{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"Answer with nothing but "
		"JSON that matches this JSON Schema: {\\\"type\\\":\\\"object\\\"}\"},"
		"{\"role\":\"user\",\"content\":\"p\"}],\"response_format\":{\"type\":\"json_object\"}}");
	check_ceilings(&d, "1");
	stand_up(&d);
	sit_down(&d, "deepseek", "m", NULL, "sys");
	want_schema(&d, "{}");
	check_body(&d, "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}",
		"{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"sys\\n\\nAnswer with nothing but "
		"JSON that matches this JSON Schema: {}\"},"
		"{\"role\":\"user\",\"content\":\"x\"}],\"response_format\":{\"type\":\"json_object\"}}");
	stand_up(&d);
	sit_down(&d, "mistral", "m", "p", NULL);
	want_schema(&d, "{}");
	check_body(&d, "1",
		"{\"model\":\"m\"," USER ",\"response_format\":{\"type\":\"json_schema\","
		"\"json_schema\":{\"name\":\"answer\",\"schema\":{}}}}");
	stand_up(&d);
}

TEST("what Azure's filter says is content refused, of a prompt and of an answer")
{
	static const struct reading whole[] = {
		{ 400,
			"{\"error\":{\"message\":\"The response was filtered\",\"type\":null,\"param\":\"prompt\","
			"\"code\":\"content_filter\",\"status\":400,\"innererror\":{\"code\":\"ResponsibleAIPolicyViolation\","
			"\"content_filter_result\":{\"hate\":{\"filtered\":true,\"severity\":\"high\"}}}}}",
			OUTCOME_POLICY, NULL, "HTTP 400: The response was filtered" },
		{ 200,
			"{\"choices\":[{\"content_filter_results\":{\"hate\":{\"filtered\":true}},"
			"\"finish_reason\":\"content_filter\",\"index\":0,\"message\":{\"role\":\"assistant\"}}]}",
			OUTCOME_POLICY, NULL, "content filter" },
		{ 200,
			"{\"choices\":[{\"content_filter_results\":{\"error\":{\"code\":\"content_filter_error\"}},"
			"\"finish_reason\":\"stop\",\"message\":{\"content\":\"hi\"}}],\"prompt_filter_results\":[]}",
			OUTCOME_ANSWERED, "hi", NULL },
		{ 401, "{\"error\":{\"code\":\"401\",\"message\":\"Access denied\"}}", OUTCOME_AUTH,
			NULL, "Access denied" },
		{ 404, "{\"error\":{\"code\":\"DeploymentNotFound\",\"message\":\"no\"}}",
			OUTCOME_NOT_FOUND, NULL, "no" },
		{ 429, "{\"error\":{\"code\":\"429\",\"message\":\"Rate limit is exceeded\"}}",
			OUTCOME_RATE, NULL, "exceeded" },
	};
	static const struct reading streams[] = {
		{ 200,
			"data: {\"choices\":[],\"model\":\"\",\"prompt_filter_results\":[{\"prompt_index\":0}]}\n\n"
			"data: {\"choices\":[{\"delta\":{\"content\":\"hi\"},\"content_filter_results\":{}}]}\n\n"
			"data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n",
			OUTCOME_ANSWERED, "hi", NULL },
		{ 200,
			"data: {\"choices\":[{\"delta\":{\"content\":\"b\"}}]}\n\n"
			"data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"content_filter\"}]}\n\ndata: [DONE]\n\n",
			OUTCOME_POLICY, "b", "content filter" },
	};
	check_readings("azure", false, whole, sizeof whole / sizeof *whole);
	check_readings("azure-classic", true, streams, sizeof streams / sizeof *streams);
}

TEST("Mistral's errors and finishes are told apart")
{
	static const struct reading cases[] = {
		{ 422, "{\"detail\":[{\"loc\":[\"body\"],\"msg\":\"odd\",\"type\":\"value_error\"}]}",
			OUTCOME_REQUEST, NULL, "odd" },
		{ 422,
			"{\"object\":\"error\",\"message\":{\"detail\":[{\"type\":\"extra_forbidden\"}]},"
			"\"type\":\"invalid_request_error\",\"param\":null,\"code\":null}",
			OUTCOME_REQUEST, NULL, "extra_forbidden" },
		{ 429,
			"{\"object\":\"error\",\"message\":\"Rate limit exceeded\",\"type\":\"rate_limited\","
			"\"param\":null,\"code\":\"1300\",\"raw_status_code\":429}",
			OUTCOME_RATE, NULL, "Rate limit exceeded" },
		{ 402, "{\"message\":\"pay\"}", OUTCOME_QUOTA, NULL, "pay" },
		{ 200, "{\"choices\":[{\"message\":{\"content\":\"h\"},\"finish_reason\":\"model_length\"}]}",
			OUTCOME_TRUNCATED, "h", "max-tokens" },
		{ 200, "{\"choices\":[{\"message\":{\"content\":\"h\"},\"finish_reason\":\"error\"}]}",
			OUTCOME_BAD_RESPONSE, "h", "error" },
	};
	check_readings("mistral", false, cases, sizeof cases / sizeof *cases);
}
