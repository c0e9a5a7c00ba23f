/* SPDX-License-Identifier: MIT */
#include "chat.h"

#include "base/xalloc.h"
#include "fields.h"
#include "sample.h"

#include <stdlib.h>
#include <string.h>

/* The numbers that have a range. */
static const struct number_rule numbers[] = {
	{ "max_completion_tokens", true, 1, INT32_MAX },
	{ "max_tokens", true, 1, INT32_MAX },
	{ "n", true, 1, 128 },
	{ "temperature", false, 0, 2 },
	{ "top_p", false, 0, 1 },
	{ "presence_penalty", false, -2, 2 },
	{ "frequency_penalty", false, -2, 2 },
	{ "seed", true, (double)INT64_MIN, (double)INT64_MAX },
	{ "top_logprobs", true, 0, 20 },
};

static bool read_image(struct ask *ask, const json_t *part, struct api_error *e)
{
	const json_t *image = json_object_get(part, "image_url");
	const char *url =
		json_is_object(image) ? fields_text(image, "url") : json_string_value(image);
	if (!url)
		return fields_missing(e, "messages[].content[].image_url.url");
	if (strncmp(url, "data:image/", 11) != 0 && strncmp(url, "http", 4) != 0)
		return fields_value(e, "messages[].content[].image_url.url", url);
	ask->images_n++;
	return true;
}

/* Parts other than texts are accepted and say nothing. */
static bool read_part(struct ask *ask, const json_t *part, struct api_error *e)
{
	static const char *const kinds[] = { "input_audio", "file", "refusal", "thinking",
		"reference", NULL };
	const char *kind = fields_text(part, "type");
	if (!kind)
		return fields_missing(e, "messages[].content[].type");
	if (strcmp(kind, "text") == 0)
		return ask_put_text(ask, json_object_get(part, "text")) ||
			fields_missing(e, "messages[].content[].text");
	if (strcmp(kind, "image_url") == 0)
		return read_image(ask, part, e);
	if (fields_is_one_of(kind, kinds))
		return true;
	api_error_say(e, "Invalid value: '%.60s' is not the type of a content part.", kind);
	return fields_refuse(e, "messages[].content[].type", "invalid_value");
}

static bool read_content(struct ask *ask, const json_t *content, struct api_error *e)
{
	size_t i;
	json_t *part;
	if (ask_put_text(ask, content))
		return true;
	if (!json_is_array(content) || json_array_size(content) == 0)
		return fields_type(e, "messages[].content", "a string or an array of parts");
	json_array_foreach(content, i, part) if (!read_part(ask, part, e)) return false;
	return true;
}

static bool role_of(const char *name, enum ask_role *role)
{
	static const struct {
		const char *name;
		enum ask_role role;
	} roles[] = { { "user", ROLE_USER }, { "system", ROLE_SYSTEM },
		{ "developer", ROLE_SYSTEM }, { "assistant", ROLE_ASSISTANT },
		{ "tool", ROLE_TOOL }, { "function", ROLE_TOOL } };
	for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
		if (strcmp(name, roles[i].name) == 0) {
			*role = roles[i].role;
			return true;
		}
	return false;
}

static bool read_message(struct ask *ask, const json_t *message, struct api_error *e)
{
	const char *name = fields_text(message, "role");
	const json_t *content = json_object_get(message, "content");
	enum ask_role role;
	if (!name)
		return fields_missing(e, "messages[].role");
	if (!role_of(name, &role)) {
		api_error_say(e, "Invalid value: '%.60s' is not a role.", name);
		return fields_refuse(e, "messages[].role", "invalid_value");
	}
	if (role == ROLE_TOOL && strcmp(name, "tool") == 0 && !fields_text(message, "tool_call_id"))
		return fields_missing(e, "messages[].tool_call_id");
	if (role != ROLE_ASSISTANT || (content && !json_is_null(content))) {
		if (!content)
			return fields_missing(e, "messages[].content");
		if (!read_content(ask, content, e))
			return false;
	}
	ask_end_message(ask, role);
	return true;
}

static bool read_messages(struct ask *ask, const json_t *messages, struct api_error *e)
{
	size_t i;
	json_t *message;
	if (!messages)
		return fields_missing(e, "messages");
	if (!json_is_array(messages))
		return fields_type(e, "messages", "an array of objects");
	if (json_array_size(messages) == 0) {
		api_error_say(e, "Invalid 'messages': empty array. Expected at least 1.");
		return fields_refuse(e, "messages", "empty_array");
	}
	json_array_foreach(messages, i, message) if (!read_message(ask, message, e)) return false;
	return true;
}

bool chat_read_stream(struct ask *ask, struct api_error *e)
{
	const json_t *options = json_object_get(ask->tree, "stream_options");
	if (!fields_flag(ask->tree, "stream", &ask->is_streamed, e))
		return false;
	if (!options || json_is_null(options))
		return true;
	if (!json_is_object(options))
		return fields_type(e, "stream_options", "an object");
	if (!ask->is_streamed) {
		api_error_say(e,
			"The 'stream_options' parameter is only allowed when 'stream' is enabled.");
		return fields_refuse(e, "stream_options", NULL);
	}
	return fields_flag(options, "include_usage", &ask->wants_usage, e);
}

static bool is_schema_name(const char *name)
{
	size_t n = name ? strlen(name) : 0;
	return n >= 1 && n <= 64 &&
		strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
		n;
}

static bool read_named_schema(
	struct ask *ask, const json_t *named, const char *param, struct api_error *e)
{
	const json_t *schema = json_object_get(named, "schema");
	const char *name = fields_text(named, "name");
	if (!json_is_object(named))
		return fields_missing(e, param);
	if (!is_schema_name(name)) {
		api_error_say(e, "Invalid '%s.name': wanted 1 to 64 of [a-zA-Z0-9_-].", param);
		return fields_refuse(e, param, "invalid_value");
	}
	if (!json_is_object(schema))
		return fields_type(e, param, "an object with a schema");
	if (json_is_true(json_object_get(named, "strict")) && !sample_is_strict(schema, true)) {
		api_error_say(e,
			"Invalid schema for response_format '%s': 'additionalProperties' is required to be "
			"supplied and to be false, and 'required' to include every key in properties.",
			name);
		return fields_refuse(e, param, "invalid_json_schema");
	}
	ask->schema = schema;
	return true;
}

bool chat_read_schema(struct ask *ask, const json_t *format, const char *param, struct api_error *e)
{
	const char *type = fields_text(format, "type");
	bool is_flat = strcmp(param, "text.format") == 0;
	if (!format || json_is_null(format))
		return true;
	if (!type)
		return fields_missing(e, param);
	if (strcmp(type, "text") == 0)
		return true;
	if (strcmp(type, "json_object") == 0) {
		ask->wants_json = true;
		return true;
	}
	if (strcmp(type, "json_schema") != 0)
		return fields_value(e, param, type);
	return read_named_schema(
		ask, is_flat ? format : json_object_get(format, "json_schema"), param, e);
}

/* What has no answer from these here, but is fine to ask. */
static bool check_tools(const json_t *tree, struct api_error *e)
{
	const json_t *tools = json_object_get(tree, "tools");
	size_t i;
	json_t *tool;
	if (tools && !json_is_null(tools) && !json_is_array(tools))
		return fields_type(e, "tools", "an array of objects");
	json_array_foreach(tools, i, tool) if (!fields_text(json_object_get(tool, "function"),
						       "name")) return fields_missing(e,
		"tools[].function.name");
	return true;
}

/* Where the path names a deployment, the body need not name a model; there must be a version. */
static bool read_azure_path(struct ask *ask, const struct arrival *a, struct api_error *e)
{
	const char *version = arrival_argument(a, "api-version");
	if (!version || !*version) {
		*e = *api_error_named("unknown_url");
		return false;
	}
	ask->path_model = xmemdup(a->named.at, a->named.n);
	ask->model = ask->path_model;
	return true;
}

/* The others take what they do not know. */
static bool check_names(const struct ask *ask, struct api_error *e)
{
	static const char *const names[] = { "model", "messages", "max_completion_tokens",
		"max_tokens", "temperature", "top_p", "n", "stop", "stream", "stream_options",
		"seed", "logprobs", "top_logprobs", "logit_bias", "presence_penalty",
		"frequency_penalty", "response_format", "tools", "tool_choice",
		"parallel_tool_calls", "functions", "function_call", "reasoning_effort",
		"verbosity", "service_tier", "store", "metadata", "modalities", "audio",
		"prediction", "web_search_options", "moderation", "user", "safety_identifier",
		"prompt_cache_key", "prompt_cache_options", "prompt_cache_retention", NULL };
	return ask->dialect != &dialect_openai || fields_known(ask->tree, names, e);
}

bool chat_read_model(struct ask *ask, const struct arrival *a, struct api_error *e)
{
	return a->named.at ? read_azure_path(ask, a, e) : fields_model(ask, e);
}

bool chat_read(struct ask *ask, const struct arrival *a, struct api_error *e)
{
	const json_t *limit, *choices;
	if (!fields_load(ask, a->body, e) || !chat_read_model(ask, a, e) || !check_names(ask, e) ||
		!chat_read_stream(ask, e) ||
		!fields_numbers(ask->tree, numbers, sizeof numbers / sizeof *numbers, e) ||
		!chat_read_schema(
			ask, json_object_get(ask->tree, "response_format"), "response_format", e) ||
		!check_tools(ask->tree, e))
		return false;
	limit = json_object_get(ask->tree, "max_completion_tokens");
	if (!json_is_integer(limit))
		limit = json_object_get(ask->tree, "max_tokens");
	ask->max_tokens = json_integer_value(limit);
	choices = json_object_get(ask->tree, "n");
	ask->choices_n = json_is_integer(choices) ? json_integer_value(choices) : 1;
	return read_messages(ask, json_object_get(ask->tree, "messages"), e);
}

/* == Errors == */

void openai_refuse(struct reply *r, const struct api_error *e)
{
	reply_tree(r, e->status,
		json_pack("{s:{s:s, s:s, s:s?, s:s?}}", "error", "message", e->message, "type",
			e->type, "param", e->param, "code", e->code));
}

static void azure_refuse(struct reply *r, const struct api_error *e)
{
	static const struct error_row rows[] = {
		{ "invalid_api_key", 0, 401, "401",
			"Access denied due to invalid subscription key or wrong API endpoint. Make sure "
			"to provide a valid key for an active subscription and use a correct regional "
			"API endpoint for your resource." },
		{ "model_not_found", 0, 404, "DeploymentNotFound",
			"The API deployment for this resource does not exist." },
		{ "unknown_url", 0, 404, "404", "Resource not found" },
		{ "rate_limit_exceeded", 0, 429, "429",
			"Requests to the ChatCompletions_Create Operation have exceeded call rate limit "
			"of your current OpenAI S0 pricing tier." },
		{ "concurrency_limit_exceeded", 0, 429, "429",
			"The system is currently experiencing high demand and cannot process your "
			"request." },
	};
	struct error_row row = error_translate(rows, sizeof rows / sizeof *rows, e);
	if (row.type == e->type) {
		json_t *error = json_pack("{s:s, s:s, s:s?, s:s?}", "message", e->message, "type",
			e->type, "param", e->param, "code", e->code);
		if (e->code && strcmp(e->code, "content_filter") == 0)
			json_object_set_new(error, "innererror",
				json_pack("{s:s, s:{s:{s:b, s:s}}}", "code",
					"ResponsibleAIPolicyViolation", "content_filter_result",
					"hate", "filtered", 1, "severity", "high"));
		reply_tree(r, e->status, json_pack("{s:o}", "error", error));
		return;
	}
	reply_tree(r, row.as,
		json_pack("{s:{s:s, s:s}}", "error", "code", row.type, "message", row.message));
}

static void mistral_refuse(struct reply *r, const struct api_error *e)
{
	static const struct error_row rows[] = {
		{ "invalid_api_key", 0, 401, "unauthorized", "Unauthorized" },
		{ "insufficient_quota", 0, 402, "payment_required", "Payment required" },
		{ "rate_limit_exceeded", 0, 429, "rate_limited", "Rate limit exceeded" },
		{ "concurrency_limit_exceeded", 0, 429, "service_tier_capacity_exceeded",
			"Service tier capacity exceeded for this model." },
		{ "context_length_exceeded", 0, 400, "invalid_request_prompt",
			"Prompt contains 40000 tokens, too large for model with 32768 maximum context "
			"length" },
		{ "model_not_found", 0, 400, "invalid_model", "Invalid model: no-such-model" },
		{ NULL, 400, 400, "invalid_request_error", "Invalid request." },
		{ NULL, 500, 500, "internal_server_error", "Internal server error" },
	};
	struct error_row row = error_translate(rows, sizeof rows / sizeof *rows, e);
	if (e->is_said && e->param && row.as == 400) {
		reply_tree(r, 422,
			json_pack("{s:[{s:s, s:[s, s], s:s}]}", "detail", "type",
				e->code ? e->code : "value_error", "loc", "body", e->param, "msg",
				row.message));
		return;
	}
	reply_tree(r, row.as,
		json_pack("{s:s, s:s, s:s, s:n, s:s, s:i}", "object", "error", "message",
			row.message, "type", row.type, "param", "code",
			row.as == 429 ? "1300" : "1000", "raw_status_code", row.as));
}

/* vLLM's code is the status, as a number. */
static void vllm_refuse(struct reply *r, const struct api_error *e)
{
	const char *type = e->status == 404 ? "NotFoundError"
		: e->status < 500           ? "BadRequestError"
					    : "InternalServerError";
	reply_tree(r, e->status,
		json_pack("{s:{s:s, s:s, s:s?, s:i}}", "error", "message", e->message, "type", type,
			"param", e->param, "code", e->status));
}

/* == The rows == */

const struct dialect dialect_openai = {
	.name = "openai",
	.id_header = "x-request-id",
	.id_prefix = "req_",
	.has_openai_headers = true,
	.has_refusals = true,
	.family = FAMILY_OPENAI,
	.stream_type = REPLY_STREAM,
	.read = chat_read,
	.whole = chat_whole,
	.stream = chat_stream,
	.refuse = openai_refuse,
};

const struct dialect dialect_azure = {
	.name = "azure",
	.key_header = "api-key",
	.id_header = "apim-request-id",
	.id_prefix = "",
	.has_refusals = true,
	.family = FAMILY_AZURE,
	.stream_type = REPLY_STREAM,
	.read = chat_read,
	.whole = chat_whole,
	.stream = chat_stream,
	.refuse = azure_refuse,
};

const struct dialect dialect_mistral = {
	.name = "mistral",
	.id_header = "mistral-correlation-id",
	.id_prefix = "",
	.family = FAMILY_MISTRAL,
	.hinting = HINTING_SECONDS,
	.stream_type = REPLY_STREAM,
	.read = chat_read,
	.whole = chat_whole,
	.stream = chat_stream,
	.refuse = mistral_refuse,
};

const struct dialect dialect_vllm = {
	.name = "vllm",
	.id_header = "x-request-id",
	.id_prefix = "",
	.has_refusals = true,
	.family = FAMILY_NONE,
	.hinting = HINTING_SECONDS,
	.stream_type = REPLY_STREAM,
	.read = chat_read,
	.whole = chat_whole,
	.stream = chat_stream,
	.refuse = vllm_refuse,
};
