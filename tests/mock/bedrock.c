/* SPDX-License-Identifier: MIT */
/*
 * Amazon's Bedrock: converse and converse-stream. The input tokens do not include those that came
 * from the cache. A schema comes as a string.
 */
#include "base/xalloc.h"
#include "dialect.h"
#include "fields.h"
#include "frames.h"
#include "put.h"
#include "sample.h"

#include <string.h>

/* == Reading == */

static bool read_image(struct ask *ask, const json_t *image, struct api_error *e)
{
	static const char *const formats[] = { "png", "jpeg", "gif", "webp", NULL };
	const json_t *source = json_object_get(image, "source");
	ask->images_n++;
	if (!fields_is_one_of(fields_text(image, "format"), formats))
		return fields_missing(e, "messages.content.image.format");
	return fields_text(source, "bytes") || json_object_get(source, "s3Location") ||
		fields_missing(e, "messages.content.image.source");
}

static bool read_block(struct ask *ask, const json_t *block, struct api_error *e)
{
	static const char *const others[] = { "toolUse", "toolResult", "document", "video",
		"reasoningContent", "cachePoint", "guardContent", "citationsContent", "audio",
		"searchResult", NULL };
	const json_t *image = json_object_get(block, "image");
	if (json_object_get(block, "text"))
		return ask_put_text(ask, json_object_get(block, "text")) ||
			fields_type(e, "messages.content.text", "a string");
	if (image)
		return read_image(ask, image, e);
	for (size_t i = 0; others[i]; i++)
		if (json_object_get(block, others[i]))
			return true;
	return fields_missing(e, "messages.content");
}

static bool read_blocks(struct ask *ask, const json_t *blocks, struct api_error *e)
{
	size_t i;
	json_t *block;
	if (!json_is_array(blocks))
		return fields_type(e, "messages/content", "a list");
	json_array_foreach(blocks, i, block) if (!read_block(ask, block, e)) return false;
	return true;
}

static bool read_messages(struct ask *ask, struct api_error *e)
{
	const json_t *messages = json_object_get(ask->tree, "messages");
	size_t i;
	json_t *message;
	if (!json_is_array(messages) || json_array_size(messages) == 0)
		return fields_missing(e, "messages");
	json_array_foreach(messages, i, message)
	{
		const char *role = fields_text(message, "role");
		bool is_user = role && strcmp(role, "user") == 0;
		if (!is_user && (!role || strcmp(role, "assistant") != 0))
			return fields_value(e, "messages.role", role ? role : "");
		if (i == 0 && !is_user) {
			api_error_say(e,
				"A conversation must start with a user message. Try again "
				"with a conversation that starts with a user message.");
			return false;
		}
		if (!read_blocks(ask, json_object_get(message, "content"), e))
			return false;
		ask_end_message(ask, is_user ? ROLE_USER : ROLE_ASSISTANT);
	}
	return true;
}

static bool read_format(struct ask *ask, struct api_error *e)
{
	const json_t *format =
		json_object_get(json_object_get(ask->tree, "outputConfig"), "textFormat");
	const json_t *schema = json_object_get(
		json_object_get(json_object_get(format, "structure"), "jsonSchema"), "schema");
	const char *type = fields_text(format, "type");
	if (!format)
		return true;
	if (!type || strcmp(type, "json_schema") != 0)
		return fields_value(e, "outputConfig.textFormat.type", type ? type : "");
	if (!json_is_string(schema))
		return fields_type(
			e, "outputConfig/textFormat/structure/jsonSchema/schema", "a string");
	ask->schema_tree =
		json_loadb(json_string_value(schema), json_string_length(schema), 0, NULL);
	ask->schema = ask->schema_tree;
	if (!json_is_object(ask->schema))
		return fields_type(
			e, "outputConfig/textFormat/structure/jsonSchema/schema", "JSON");
	return true;
}

static bool read_config(struct ask *ask, struct api_error *e)
{
	static const struct number_rule numbers[] = {
		{ "maxTokens", true, 1, INT32_MAX },
		{ "temperature", false, 0, 1 },
		{ "topP", false, 0, 1 },
	};
	const json_t *config = json_object_get(ask->tree, "inferenceConfig");
	if (config && !json_is_object(config))
		return fields_type(e, "inferenceConfig", "an object");
	ask->max_tokens = fields_whole(config, "maxTokens");
	return fields_numbers(config, numbers, sizeof numbers / sizeof *numbers, e);
}

static bool read_request(struct ask *ask, const struct arrival *a, struct api_error *e)
{
	static const char *const names[] = { "messages", "system", "inferenceConfig", "toolConfig",
		"outputConfig", "additionalModelRequestFields", "additionalModelResponseFieldPaths",
		"guardrailConfig", "performanceConfig", "promptVariables", "serviceTier",
		"requestMetadata", NULL };
	const json_t *system;
	e->voice = VOICE_AWS;
	ask->path_model = xmemdup(a->named.at, a->named.n);
	ask->model = ask->path_model;
	ask->is_streamed = strstr(a->path, "/converse-stream") != NULL;
	if (!fields_load(ask, a->body, e) || !fields_known(ask->tree, names, e) ||
		!read_config(ask, e) || !read_format(ask, e))
		return false;
	system = json_object_get(ask->tree, "system");
	if (system && !read_blocks(ask, system, e))
		return false;
	if (system)
		ask_end_message(ask, ROLE_SYSTEM);
	return read_messages(ask, e);
}

/* == Answering == */

static const char *stop_of(const struct answer *a)
{
	static const char *const names[FINISHES_N] = { "end_turn", "max_tokens", "tool_use",
		"content_filtered", "content_filtered", "guardrail_intervened", "pondering" };
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

static void put_usage(struct buf *out, const struct answer *a)
{
	int64_t output = a->output + a->plan.reasoning;
	if (a->plan.shape != SHAPE_NO_USAGE)
		put_json(out,
			"'usage':{'inputTokens':%r,'outputTokens':%r,'totalTokens':%r,"
			"'cacheReadInputTokens':%r,'cacheWriteInputTokens':0},",
			answer_shown(a, a->input - a->plan.cached).text,
			answer_shown(a, output).text, answer_shown(a, a->input + output).text,
			answer_shown(a, a->plan.cached).text);
	put_json(out, "'metrics':{'latencyMs':12}");
}

static struct buf whole(const struct answer *a)
{
	struct buf out;
	bool thinks = a->plan.reasoning > 0;
	buf_init(&out, SIZE_MAX / 2);
	put_json(&out, "{'output':{'message':{'role':'assistant','content':[");
	if (thinks)
		put_json(&out,
			"{'reasoningContent':{'reasoningText':{'text':%s,'signature':'bW9jaw=='}}}",
			ANSWER_THOUGHT);
	if (has_text(a)) {
		buf_put_str(&out, thinks ? ",{" : "{");
		answer_put_text(&out, a, "\"text\":", answer_text(a, 0));
		buf_put_char(&out, '}');
	}
	if (is_call(a))
		put_json(&out, "%r{'toolUse':{'toolUseId':'tooluse_mock','name':%s,'input':%r}}",
			thinks ? "," : "", ANSWER_TOOL, ANSWER_TOOL_ARGUMENTS);
	put_json(&out, "]}},'stopReason':%s,", stop_of(a));
	put_usage(&out, a);
	buf_put_char(&out, '}');
	return out;
}

/* == Streaming == */

struct stream {
	struct buf out;
	struct buf payload; /* of the next message */
};

static void send_event(struct stream *s, const char *type)
{
	frames_put(&s->out, "event", type, buf_span(&s->payload));
	buf_clear(&s->payload);
}

static void stop_block(struct stream *s, int64_t index)
{
	put_json(&s->payload, "{'contentBlockIndex':%d}", index);
	send_event(s, "contentBlockStop");
}

static void stream_thought(struct stream *s)
{
	put_json(&s->payload, "{'contentBlockIndex':0,'delta':{'reasoningContent':{'text':%s}}}",
		ANSWER_THOUGHT);
	send_event(s, "contentBlockDelta");
	put_json(&s->payload,
		"{'contentBlockIndex':0,'delta':{'reasoningContent':{'signature':'bW9jaw=='}}}");
	send_event(s, "contentBlockDelta");
	stop_block(s, 0);
}

static void stream_call(struct stream *s, int64_t index)
{
	put_json(&s->payload,
		"{'contentBlockIndex':%d,'start':{'toolUse':{'toolUseId':'tooluse_mock','name':%s}}}",
		index, ANSWER_TOOL);
	send_event(s, "contentBlockStart");
	put_json(&s->payload, "{'contentBlockIndex':%d,'delta':{'toolUse':{'input':%s}}}", index,
		ANSWER_TOOL_ARGUMENTS);
	send_event(s, "contentBlockDelta");
	stop_block(s, index);
}

static void stream_text(struct stream *s, const struct answer *a, int64_t index)
{
	struct span text = answer_text(a, 0), piece;
	while (answer_take_piece(a, &text, &piece)) {
		put_json(&s->payload, "{'contentBlockIndex':%d,'delta':{", index);
		answer_put_text(&s->payload, a, "\"text\":", piece);
		buf_put_str(&s->payload, "}}");
		send_event(s, "contentBlockDelta");
	}
	if (answer_has_end(a))
		stop_block(s, index);
}

static void stream_end(struct stream *s, const struct answer *a)
{
	put_json(&s->payload, "{'stopReason':%s}", stop_of(a));
	send_event(s, "messageStop");
	buf_put_char(&s->payload, '{');
	put_usage(&s->payload, a);
	buf_put_char(&s->payload, '}');
	send_event(s, "metadata");
}

static struct buf stream(const struct answer *a)
{
	struct stream s;
	int64_t index = a->plan.reasoning > 0;
	buf_init(&s.out, SIZE_MAX / 2);
	buf_init(&s.payload, SIZE_MAX / 2);
	put_json(&s.payload, "{'role':'assistant'}");
	send_event(&s, "messageStart");
	if (index)
		stream_thought(&s);
	if (is_call(a))
		stream_call(&s, index);
	else if (has_text(a))
		stream_text(&s, a, index);
	if (a->plan.shape == SHAPE_ERROR)
		frames_put(&s.out, "exception", "modelStreamErrorException",
			SPAN("{\"message\":\"Upstream failed.\"}"));
	if (answer_has_end(a))
		stream_end(&s, a);
	buf_release(&s.payload);
	return s.out;
}

/* == Errors == */

static void refuse(struct reply *r, const struct api_error *e)
{
	static const struct error_row rows[] = {
		{ "invalid_api_key", 0, 403, "UnrecognizedClientException",
			"The security token included in the request is invalid." },
		{ "invalid_signature", 0, 403, "InvalidSignatureException",
			"The request signature we calculated does not match the signature you provided. "
			"Check your AWS Secret Access Key and signing method." },
		{ "insufficient_quota", 0, 400, "ServiceQuotaExceededException",
			"Your account has exceeded its service quota." },
		{ "context_length_exceeded", 0, 400, "ValidationException",
			"Input is too long for requested model." },
		{ "model_not_found", 0, 404, "ResourceNotFoundException",
			"Could not resolve the foundation model from the provided model "
			"identifier." },
		{ "unknown_url", 0, 404, "UnknownOperationException", "Unknown operation" },
		{ NULL, 400, 400, "ValidationException", "The provided request is not valid" },
		{ NULL, 401, 403, "AccessDeniedException", "Authentication failed" },
		{ NULL, 403, 403, "AccessDeniedException",
			"You don't have access to the model with the specified model ID." },
		{ NULL, 404, 404, "ResourceNotFoundException", "Not found" },
		{ NULL, 408, 408, "ModelTimeoutException",
			"The model took too long to process the request." },
		{ NULL, 424, 424, "ModelErrorException",
			"The system encountered an unexpected error during processing." },
		{ NULL, 429, 429, "ThrottlingException",
			"Too many requests, please wait before trying again." },
		{ NULL, 500, 500, "InternalServerException",
			"The system encountered an unexpected error during processing." },
		{ NULL, 503, 503, "ServiceUnavailableException",
			"Too many connections, please wait before trying again." },
	};
	struct error_row row = error_translate(rows, sizeof rows / sizeof *rows, e);
	reply_tree(r, row.as, json_pack("{s:s}", "message", row.message));
	r->error_type = row.type;
}

const struct dialect dialect_bedrock = {
	.name = "bedrock",
	.id_header = "x-amzn-requestid",
	.id_prefix = "",
	.has_refusals = true,
	.answers_blocked = true,
	.family = FAMILY_NONE,
	.hinting = HINTING_AWS,
	.event_end = EVENT_FRAME,
	.stream_type = REPLY_FRAMES,
	.read = read_request,
	.whole = whole,
	.stream = stream,
	.refuse = refuse,
};
