/* SPDX-License-Identifier: MIT */
/*
 * Anthropic's Messages. The input tokens do not include those that came from the cache; the output
 * tokens include those that were thought.
 */
#include "dialect.h"
#include "fields.h"
#include "put.h"
#include "sample.h"

#include <string.h>

#define VERSION_NEWEST "2026-10-21"

/* == Reading == */

static bool read_image(struct ask *ask, const json_t *source, struct api_error *e)
{
	static const char *const types[] = { "image/jpeg", "image/png", "image/gif", "image/webp",
		NULL };
	const char *type = fields_text(source, "type");
	ask->images_n++;
	if (type && strcmp(type, "url") == 0)
		return fields_text(source, "url") ||
			fields_missing(e, "messages.content.image.source.url");
	if (!type || strcmp(type, "base64") != 0)
		return fields_value(e, "messages.content.image.source.type", type ? type : "");
	if (!fields_is_one_of(fields_text(source, "media_type"), types))
		return fields_type(e, "messages.content.image.source.base64.media_type",
			"'image/jpeg', 'image/png', 'image/gif' or 'image/webp'");
	return fields_text(source, "data") ||
		fields_missing(e, "messages.content.image.source.base64.data");
}

static bool read_content(struct ask *ask, const json_t *content, struct api_error *e);

static bool read_block(struct ask *ask, const json_t *block, struct api_error *e)
{
	static const char *const others[] = { "document", "tool_use", "thinking",
		"redacted_thinking", "search_result", NULL };
	const char *type = fields_text(block, "type");
	if (!type)
		return fields_missing(e, "messages.content.type");
	if (strcmp(type, "text") == 0) {
		const char *text = fields_text(block, "text");
		if (text && !*text) {
			api_error_say(e, "messages: text content blocks must be non-empty");
			return false;
		}
		return ask_put_text(ask, json_object_get(block, "text")) ||
			fields_missing(e, "messages.content.text");
	}
	if (strcmp(type, "image") == 0)
		return read_image(ask, json_object_get(block, "source"), e);
	if (strcmp(type, "tool_result") == 0) {
		const json_t *content = json_object_get(block, "content");
		if (!fields_text(block, "tool_use_id"))
			return fields_missing(e, "messages.content.tool_result.tool_use_id");
		return !content || read_content(ask, content, e);
	}
	return fields_is_one_of(type, others) || fields_value(e, "messages.content.type", type);
}

static bool read_content(struct ask *ask, const json_t *content, struct api_error *e)
{
	size_t i;
	json_t *block;
	if (json_is_string(content) && json_string_length(content) == 0) {
		api_error_say(e, "messages: text content blocks must be non-empty");
		return false;
	}
	if (ask_put_text(ask, content))
		return true;
	if (!content)
		return fields_missing(e, "messages.content");
	if (!json_is_array(content))
		return fields_type(e, "messages.content", "a valid string or list");
	json_array_foreach(content, i, block) if (!read_block(ask, block, e)) return false;
	return true;
}

/* Since the newest version there may be system messages among the others. */
static bool read_role(
	const struct arrival *a, const json_t *message, enum ask_role *role, struct api_error *e)
{
	const char *name = fields_text(message, "role");
	bool is_newest = strcmp(arrival_header(a, "anthropic-version"), VERSION_NEWEST) == 0;
	*role = ROLE_USER;
	if (name && strcmp(name, "user") == 0)
		return true;
	*role = ROLE_ASSISTANT;
	if (name && strcmp(name, "assistant") == 0)
		return true;
	*role = ROLE_SYSTEM;
	if (is_newest && name && strcmp(name, "system") == 0)
		return true;
	return fields_type(e, "messages.role", "'user' or 'assistant'");
}

static bool read_messages(struct ask *ask, const struct arrival *a, struct api_error *e)
{
	static const char *const names[] = { "role", "content", NULL };
	const json_t *messages = json_object_get(ask->tree, "messages");
	enum ask_role role;
	size_t i;
	json_t *message;
	if (!messages)
		return fields_missing(e, "messages");
	if (!json_is_array(messages))
		return fields_type(e, "messages", "a valid list");
	json_array_foreach(messages, i, message)
	{
		if (!read_role(a, message, &role, e))
			return false;
		if (i == 0 && role != ROLE_USER) {
			api_error_say(e, "messages: first message must use the \"user\" role");
			return false;
		}
		if (!fields_known(message, names, e) ||
			!read_content(ask, json_object_get(message, "content"), e))
			return false;
		ask_end_message(ask, role);
	}
	if (ask->turns_n > 0)
		return true;
	api_error_say(e, "messages: at least one message is required");
	return false;
}

static bool read_system(struct ask *ask, struct api_error *e)
{
	const json_t *system = json_object_get(ask->tree, "system");
	size_t i;
	json_t *block;
	if (!system)
		return true;
	if (!ask_put_text(ask, system)) {
		if (!json_is_array(system))
			return fields_type(e, "system", "a valid string or list");
		json_array_foreach(system, i,
			block) if (!ask_put_text(ask,
					   json_object_get(block, "text"))) return fields_missing(e,
			"system.text");
	}
	ask_end_message(ask, ROLE_SYSTEM);
	return true;
}

static bool read_format(struct ask *ask, struct api_error *e)
{
	const json_t *format =
		json_object_get(json_object_get(ask->tree, "output_config"), "format");
	const char *type = fields_text(format, "type");
	if (!format || json_is_null(format))
		return true;
	if (!type || strcmp(type, "json_schema") != 0)
		return fields_type(e, "output_config.format.type", "'json_schema'");
	ask->schema = json_object_get(format, "schema");
	if (!json_is_object(ask->schema))
		return fields_missing(e, "output_config.format.schema");
	if (json_object_get(format, "name")) {
		api_error_say(e, "output_config.format.name: Extra inputs are not permitted");
		return false;
	}
	if (sample_is_strict(ask->schema, false))
		return true;
	api_error_say(e,
		"output_config.format.schema: For 'object' type, 'additionalProperties' must be "
		"explicitly set to false");
	return false;
}

static bool check_tools(const json_t *tools, struct api_error *e)
{
	size_t i;
	json_t *tool;
	json_array_foreach(tools, i, tool)
	{
		if (!fields_text(tool, "name"))
			return fields_missing(e, "tools.name");
		if (!fields_text(tool, "type") && !json_object_get(tool, "input_schema"))
			return fields_missing(e, "tools.input_schema");
	}
	return true;
}

static bool check_headers(const struct arrival *a, struct api_error *e)
{
	static const char *const versions[] = { "2023-01-01", "2023-06-01", VERSION_NEWEST, NULL };
	bool has_both = arrival_header(a, "x-api-key") && arrival_header(a, "Authorization");
	const char *version = arrival_header(a, "anthropic-version");
	if (has_both) {
		*e = *api_error_named("invalid_api_key");
		api_error_say(e, "x-api-key and Authorization headers are mutually exclusive");
		return false;
	}
	if (version && !fields_is_one_of(version, versions)) {
		api_error_say(e, "anthropic-version: \"%.40s\" is not a valid version", version);
		return false;
	}
	if (!version)
		api_error_say(e, "anthropic-version: header is required");
	return version != NULL;
}

static bool read_request(struct ask *ask, const struct arrival *a, struct api_error *e)
{
	static const char *const names[] = { "model", "max_tokens", "messages", "system",
		"temperature", "top_p", "top_k", "stop_sequences", "stream", "tools", "tool_choice",
		"thinking", "output_config", "metadata", "service_tier", "cache_control",
		"container", "inference_geo", "context_management", "mcp_servers", "diagnostics",
		"speed", "user_profile_id", "workspace_id", NULL };
	static const struct number_rule numbers[] = {
		{ "max_tokens", true, 0, INT32_MAX },
		{ "temperature", false, 0, 1 },
		{ "top_p", false, 0, 1 },
		{ "top_k", true, 0, INT32_MAX },
	};
	e->voice = VOICE_PYDANTIC;
	if (!check_headers(a, e) || !fields_load(ask, a->body, e) || !fields_model(ask, e))
		return false;
	if (!json_object_get(ask->tree, "max_tokens"))
		return fields_missing(e, "max_tokens");
	if (!fields_known(ask->tree, names, e) ||
		!fields_numbers(ask->tree, numbers, sizeof numbers / sizeof *numbers, e) ||
		!fields_flag(ask->tree, "stream", &ask->is_streamed, e) || !read_format(ask, e) ||
		!check_tools(json_object_get(ask->tree, "tools"), e) || !read_system(ask, e))
		return false;
	ask->max_tokens = fields_whole(ask->tree, "max_tokens");
	return read_messages(ask, a, e);
}

/* == Answering == */

static const char *stop_of(const struct answer *a)
{
	static const char *const names[FINISHES_N] = { "end_turn", "max_tokens", "tool_use",
		"refusal", "refusal", "refusal", "pondering" };
	return names[a->choices_n ? a->choices[0].finish : FINISH_STOP];
}

static bool is_call(const struct answer *a)
{
	return a->choices_n && a->choices[0].finish == FINISH_TOOLS;
}

static bool has_text(const struct answer *a)
{
	return a->choices_n && (!answer_is_textless(a) || a->plan.shape == SHAPE_NULL);
}

static void put_thought(struct buf *out)
{
	put_json(out, "{'type':'thinking','thinking':%s,'signature':'bW9jaw=='}", ANSWER_THOUGHT);
}

static void put_content(struct buf *out, const struct answer *a)
{
	bool thinks = a->plan.reasoning > 0;
	buf_put_str(out, ",\"content\":[");
	if (thinks)
		put_thought(out);
	if (has_text(a)) {
		put_json(out, thinks ? ",{'type':'text'" : "{'type':'text'");
		answer_put_text(out, a, ",\"text\":", answer_text(a, 0));
		buf_put_char(out, '}');
	}
	if (is_call(a))
		put_json(out, "%r{'type':'tool_use','id':'toolu_%x','name':%s,'input':%r}",
			thinks ? "," : "", a->id, ANSWER_TOOL, ANSWER_TOOL_ARGUMENTS);
	buf_put_char(out, ']');
}

/* What was read, and what has been written so far. */
static void put_usage(struct buf *out, const struct answer *a, int64_t written)
{
	if (a->plan.shape == SHAPE_NO_USAGE)
		return;
	put_json(out,
		",'usage':{'input_tokens':%r,'cache_creation_input_tokens':0,"
		"'cache_read_input_tokens':%r,'cache_creation':{'ephemeral_5m_input_tokens':0,"
		"'ephemeral_1h_input_tokens':0},'output_tokens':%r",
		answer_shown(a, a->input - a->plan.cached).text,
		answer_shown(a, a->plan.cached).text, answer_shown(a, written).text);
	if (a->plan.reasoning && written > 1)
		put_json(out, ",'output_tokens_details':{'thinking_tokens':%r}",
			answer_shown(a, a->plan.reasoning).text);
	buf_put_str(out, ",\"service_tier\":\"standard\"}");
}

static int64_t written(const struct answer *a)
{
	return a->output + a->plan.reasoning;
}

static void put_stop(struct buf *out, const struct answer *a)
{
	const char *stop = stop_of(a);
	put_json(out, "'stop_reason':%s,'stop_sequence':null", stop);
	if (strcmp(stop, "refusal") == 0)
		put_json(out, ",'stop_details':{'type':'refusal','category':null,'explanation':%s}",
			ANSWER_REFUSAL);
}

static void put_head(struct buf *out, const struct answer *a)
{
	put_json(out, "{'id':'msg_%x','type':'message','role':'assistant','model':%s", a->id,
		a->ask->model);
}

static struct buf whole(const struct answer *a)
{
	struct buf out;
	buf_init(&out, SIZE_MAX / 2);
	put_head(&out, a);
	put_content(&out, a);
	buf_put_char(&out, ',');
	put_stop(&out, a);
	put_usage(&out, a, written(a));
	buf_put_char(&out, '}');
	return out;
}

/* == Streaming == */

static void put_start(struct buf *out, const struct answer *a)
{
	put_event(out, "message_start");
	put_json(out, "{'type':'message_start','message':");
	put_head(out, a);
	put_json(out, ",'content':[],'stop_reason':null,'stop_sequence':null");
	put_usage(out, a, 1);
	buf_put_str(out, "}}");
	put_event_end(out);
}

static void put_block_start(struct buf *out, int64_t index, const char *block)
{
	put_event(out, "content_block_start");
	put_json(out, "{'type':'content_block_start','index':%d,'content_block':", index);
	put_json(out, block);
	buf_put_char(out, '}');
	put_event_end(out);
}

/* Up to the text of the delta, which the caller adds. */
static void open_delta(struct buf *out, int64_t index, const char *type)
{
	put_event(out, "content_block_delta");
	put_json(out, "{'type':'content_block_delta','index':%d,'delta':{'type':%s", index, type);
}

static void close_delta(struct buf *out)
{
	buf_put_str(out, "}}");
	put_event_end(out);
}

static void put_block_stop(struct buf *out, int64_t index)
{
	put_event(out, "content_block_stop");
	put_json(out, "{'type':'content_block_stop','index':%d}", index);
	put_event_end(out);
}

static void stream_thought(struct buf *out)
{
	put_block_start(out, 0, "{'type':'thinking','thinking':'','signature':''}");
	open_delta(out, 0, "thinking_delta");
	put_json(out, ",'thinking':%s", ANSWER_THOUGHT);
	close_delta(out);
	open_delta(out, 0, "signature_delta");
	put_json(out, ",'signature':'bW9jaw=='");
	close_delta(out);
	put_block_stop(out, 0);
}

static void stream_call(struct buf *out, int64_t index)
{
	struct span all = SPAN(ANSWER_TOOL_ARGUMENTS);
	struct span half = { all.at, all.n / 2 }, rest = { all.at + half.n, all.n - half.n };
	put_block_start(
		out, index, "{'type':'tool_use','id':'toolu_mock','name':'lookup','input':{}}");
	open_delta(out, index, "input_json_delta");
	put_json(out, ",'partial_json':%t", half);
	close_delta(out);
	open_delta(out, index, "input_json_delta");
	put_json(out, ",'partial_json':%t", rest);
	close_delta(out);
	put_block_stop(out, index);
}

static void stream_text(struct buf *out, const struct answer *a, int64_t index)
{
	struct span text = answer_text(a, 0), piece;
	put_block_start(out, index, "{'type':'text','text':''}");
	put_event(out, "ping");
	put_json(out, "{'type':'ping'}");
	put_event_end(out);
	while (answer_take_piece(a, &text, &piece)) {
		open_delta(out, index, "text_delta");
		answer_put_text(out, a, ",\"text\":", piece);
		close_delta(out);
	}
	if (a->plan.shape != SHAPE_ERROR)
		put_block_stop(out, index);
}

static void put_end(struct buf *out, const struct answer *a)
{
	put_event(out, "message_delta");
	put_json(out, "{'type':'message_delta','delta':{");
	put_stop(out, a);
	buf_put_char(out, '}');
	put_usage(out, a, written(a));
	buf_put_char(out, '}');
	put_event_end(out);
	put_event(out, "message_stop");
	put_json(out, "{'type':'message_stop'}");
	put_event_end(out);
}

static struct buf stream(const struct answer *a)
{
	struct buf out;
	int64_t index = a->plan.reasoning > 0;
	buf_init(&out, SIZE_MAX / 2);
	put_start(&out, a);
	if (index)
		stream_thought(&out);
	if (is_call(a))
		stream_call(&out, index);
	else if (has_text(a))
		stream_text(&out, a, index);
	if (a->plan.shape == SHAPE_ERROR) {
		put_event(&out, "error");
		put_json(&out,
			"{'type':'error','error':{'type':'overloaded_error',"
			"'message':'Overloaded'}}");
		put_event_end(&out);
	}
	if (answer_has_end(a))
		put_end(&out, a);
	return out;
}

/* == Errors == */

static void refuse(struct reply *r, const struct api_error *e)
{
	static const struct error_row rows[] = {
		{ "insufficient_quota", 0, 429, "rate_limit_error",
			"You have reached your specified API usage limits." },
		{ "organization_spend_limit_exceeded", 0, 400, "invalid_request_error",
			"You have reached your specified API usage limits. You will regain access on "
			"2027-01-01 at 00:00 UTC." },
		{ "context_length_exceeded", 0, 400, "invalid_request_error",
			"prompt is too long: 208310 tokens > 200000 maximum" },
		{ "concurrency_limit_exceeded", 0, 429, "rate_limit_error",
			"Number of concurrent connections has exceeded your rate limit." },
		{ NULL, 400, 400, "invalid_request_error", "Invalid request." },
		{ NULL, 401, 401, "authentication_error", "invalid x-api-key" },
		{ NULL, 402, 402, "billing_error",
			"Your credit balance is too low to access the Anthropic API." },
		{ NULL, 403, 403, "permission_error",
			"Your API key does not have permission to use the specified resource." },
		{ NULL, 404, 404, "not_found_error", "model: no-such-model" },
		{ NULL, 409, 409, "conflict_error", "The resource has changed; try again." },
		{ NULL, 413, 413, "request_too_large", "Request exceeds the maximum size" },
		{ NULL, 429, 429, "rate_limit_error",
			"This request would exceed your organization's rate limit." },
		{ NULL, 500, 500, "api_error", "Internal server error" },
		{ NULL, 504, 504, "timeout_error", "The request timed out." },
		{ NULL, 529, 529, "overloaded_error", "Overloaded" },
	};
	struct error_row row = error_translate(rows, sizeof rows / sizeof *rows, e);
	json_t *error = json_pack("{s:s, s:s}", "type", row.type, "message", row.message);
	if (e->code && strcmp(e->code, "insufficient_quota") == 0)
		json_object_set_new(error, "details",
			json_pack("{s:s}", "error_code", "enforced_spend_limit_reached"));
	reply_tree(r, row.as,
		json_pack("{s:s, s:o, s:s}", "type", "error", "error", error, "request_id",
			"req_mock"));
}

const struct dialect dialect_anthropic = {
	.name = "anthropic",
	.key_header = "x-api-key",
	.id_header = "request-id",
	.id_prefix = "req_",
	.has_refusals = true,
	.answers_blocked = true,
	.family = FAMILY_ANTHROPIC,
	.hinting = HINTING_SECONDS,
	.stream_type = REPLY_STREAM,
	.read = read_request,
	.whole = whole,
	.stream = stream,
	.refuse = refuse,
};
