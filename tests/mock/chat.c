/* SPDX-License-Identifier: MIT */
#include "chat.h"

#include <inttypes.h>
#include <string.h>

int64_t chat_tokens(uint64_t bytes)
{
	return (int64_t)((bytes + CHAT_TOKEN_BYTES - 1) / CHAT_TOKEN_BYTES);
}

static bool refuse(struct api_error *e, const char *param, const char *code)
{
	e->param = param;
	e->code = code;
	return false;
}

static bool refuse_type(struct api_error *e, const char *param, const char *wanted)
{
	api_error_say(e, "Invalid type for '%s': expected %s.", param, wanted);
	return refuse(e, param, "invalid_type");
}

static bool refuse_missing(struct api_error *e, const char *param)
{
	api_error_say(e, "Missing required parameter: '%s'.", param);
	return refuse(e, param, "missing_required_parameter");
}

/* The numbers that have a range. */
static const struct {
	const char *name;
	bool whole;
	double min, max;
} numbers[] = {
	{ "max_completion_tokens", true, 1, INT32_MAX },
	{ "max_tokens", true, 1, INT32_MAX },
	{ "n", true, 1, 128 },
	{ "temperature", false, 0, 2 },
	{ "top_p", false, 0, 1 },
	{ "presence_penalty", false, -2, 2 },
	{ "frequency_penalty", false, -2, 2 },
	{ "seed", true, (double)INT64_MIN, (double)INT64_MAX },
};

static bool check_numbers(const json_t *tree, struct api_error *e)
{
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		const char *name = numbers[i].name;
		const json_t *value = json_object_get(tree, name);
		double number = json_number_value(value);
		if (!value || json_is_null(value))
			continue;
		if (numbers[i].whole ? !json_is_integer(value) : !json_is_number(value))
			return refuse_type(e, name, numbers[i].whole ? "an integer" : "a number");
		if (number < numbers[i].min || number > numbers[i].max) {
			api_error_say(e, "Invalid '%s': %g is not between %g and %g.", name, number,
				numbers[i].min, numbers[i].max);
			return refuse(e, name, "invalid_value");
		}
	}
	return true;
}

static bool add_text(struct buf *text, const json_t *value)
{
	return buf_put(text, json_string_value(value), json_string_length(value));
}

/* Parts other than texts are accepted and say nothing. */
static bool read_part(const json_t *part, struct buf *text, struct api_error *e)
{
	static const char *const kinds[] = { "image_url", "input_audio", "file", "refusal" };
	const char *kind = json_string_value(json_object_get(part, "type"));
	const json_t *value = json_object_get(part, "text");
	if (!kind)
		return refuse_missing(e, "messages[].content[].type");
	if (strcmp(kind, "text") == 0)
		return json_is_string(value) ? add_text(text, value)
					     : refuse_missing(e, "messages[].content[].text");
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(kind, kinds[i]) == 0)
			return true;
	api_error_say(e, "Invalid value: '%s' is not the type of a content part.", kind);
	return refuse(e, "messages[].content[].type", "invalid_value");
}

static bool read_content(const json_t *content, struct buf *text, struct api_error *e)
{
	size_t i;
	json_t *part;
	if (json_is_string(content))
		return add_text(text, content);
	if (!json_is_array(content) || json_array_size(content) == 0)
		return refuse_type(e, "messages[].content", "a string or an array of parts");
	json_array_foreach(content, i, part) if (!read_part(part, text, e)) return false;
	return true;
}

static bool is_role(const char *role)
{
	static const char *const roles[] = { "developer", "system", "user", "assistant", "tool",
		"function" };
	for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
		if (strcmp(role, roles[i]) == 0)
			return true;
	return false;
}

/* Leaves the message's text in ask->prompt, in place of the one before. */
static bool read_message(struct chat_ask *ask, const json_t *message, struct api_error *e)
{
	const char *role = json_string_value(json_object_get(message, "role"));
	const json_t *content = json_object_get(message, "content");
	buf_clear(&ask->prompt);
	if (!role)
		return refuse_missing(e, "messages[].role");
	if (!is_role(role)) {
		api_error_say(e, "Invalid value: '%s' is not a role.", role);
		return refuse(e, "messages[].role", "invalid_value");
	}
	if (strcmp(role, "assistant") == 0 && (!content || json_is_null(content)))
		return true;
	if (!content)
		return refuse_missing(e, "messages[].content");
	return read_content(content, &ask->prompt, e);
}

static bool is_user(const json_t *message)
{
	const char *role = json_string_value(json_object_get(message, "role"));
	return role && strcmp(role, "user") == 0;
}

static bool read_messages(struct chat_ask *ask, const json_t *messages, struct api_error *e)
{
	const json_t *last_user = NULL;
	size_t i;
	json_t *message;
	if (!messages)
		return refuse_missing(e, "messages");
	if (!json_is_array(messages))
		return refuse_type(e, "messages", "an array of objects");
	if (json_array_size(messages) == 0) {
		api_error_say(e, "Invalid 'messages': empty array. Expected at least 1.");
		return refuse(e, "messages", "empty_array");
	}
	json_array_foreach(messages, i, message)
	{
		if (!read_message(ask, message, e))
			return false;
		ask->prompt_bytes += ask->prompt.len;
		if (is_user(message))
			last_user = message;
	}
	buf_clear(&ask->prompt);
	return !last_user || read_message(ask, last_user, e);
}

static bool read_flag(const json_t *value, const char *param, bool *flag, struct api_error *e)
{
	*flag = json_is_true(value);
	if (value && !json_is_null(value) && !json_is_boolean(value))
		return refuse_type(e, param, "a boolean");
	return true;
}

static bool read_stream(struct chat_ask *ask, struct api_error *e)
{
	const json_t *options = json_object_get(ask->tree, "stream_options");
	if (!read_flag(json_object_get(ask->tree, "stream"), "stream", &ask->is_streamed, e))
		return false;
	if (!options || json_is_null(options))
		return true;
	if (!json_is_object(options))
		return refuse_type(e, "stream_options", "an object");
	if (!ask->is_streamed) {
		api_error_say(e,
			"The 'stream_options' parameter is only allowed when 'stream' is enabled.");
		return refuse(e, "stream_options", NULL);
	}
	return read_flag(json_object_get(options, "include_usage"), "stream_options.include_usage",
		&ask->wants_usage, e);
}

static bool read_members(struct chat_ask *ask, struct api_error *e)
{
	const json_t *model = json_object_get(ask->tree, "model");
	const json_t *limit = json_object_get(ask->tree, "max_completion_tokens");
	const json_t *choices = json_object_get(ask->tree, "n");
	ask->model = json_string_value(model);
	if (!ask->model || strlen(ask->model) != json_string_length(model) || !*ask->model) {
		api_error_say(e, "you must provide a model parameter");
		return refuse(e, "model", NULL);
	}
	if (!read_stream(ask, e) || !check_numbers(ask->tree, e))
		return false;
	if (!json_is_integer(limit))
		limit = json_object_get(ask->tree, "max_tokens");
	ask->max_tokens = json_integer_value(limit);
	ask->choices_n = json_is_integer(choices) ? json_integer_value(choices) : 1;
	return read_messages(ask, json_object_get(ask->tree, "messages"), e);
}

bool chat_read(struct chat_ask *ask, struct span body, struct api_error *e)
{
	json_error_t why;
	*ask = (struct chat_ask){ 0 };
	*e = (struct api_error){ .status = 400, .type = "invalid_request_error" };
	buf_init(&ask->prompt, body.n + 1);
	ask->tree = json_loadb(body.at, body.n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &why);
	if (!ask->tree) {
		api_error_say(e, "We could not parse the JSON body of your request: %s at byte %d.",
			why.text, why.position);
		return false;
	}
	if (!json_is_object(ask->tree))
		return refuse_type(e, "body", "an object");
	return read_members(ask, e);
}

void chat_release(struct chat_ask *ask)
{
	json_decref(ask->tree);
	buf_release(&ask->prompt);
	*ask = (struct chat_ask){ 0 };
}
