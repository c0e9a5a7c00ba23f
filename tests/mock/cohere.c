/* SPDX-License-Identifier: MIT */
/*
 * Cohere's chat, version 2.
 */
#include "cohere.h"

#include "dialect.h"
#include "fields.h"
#include "put.h"

#include <string.h>

/* == Reading == */

static bool read_part(struct ask *ask, const json_t *part, struct api_error *e)
{
	static const char *const others[] = { "document", "thinking", NULL };
	const char *type = fields_text(part, "type");
	if (!type)
		return fields_missing(e, "messages.content.type");
	if (strcmp(type, "text") == 0)
		return ask_put_text(ask, json_object_get(part, "text")) ||
			fields_missing(e, "messages.content.text");
	if (strcmp(type, "image_url") == 0) {
		ask->images_n++;
		return fields_text(json_object_get(part, "image_url"), "url") ||
			fields_missing(e, "messages.content.image_url.url");
	}
	return fields_is_one_of(type, others) || fields_value(e, "messages.content.type", type);
}

static bool read_message(struct ask *ask, const json_t *message, struct api_error *e)
{
	static const char *const roles[] = { "user", "assistant", "system", "tool", NULL };
	const char *role = fields_text(message, "role");
	const json_t *content = json_object_get(message, "content");
	size_t i;
	json_t *part;
	if (!fields_is_one_of(role, roles))
		return fields_value(e, "messages.role", role ? role : "");
	if (!content && *role != 'a')
		return fields_missing(e, "messages.content");
	if (!ask_put_text(ask, content))
		json_array_foreach(content, i, part) if (!read_part(ask, part, e)) return false;
	ask_end_message(ask,
		*role == 'u'           ? ROLE_USER
			: *role == 'a' ? ROLE_ASSISTANT
			: *role == 's' ? ROLE_SYSTEM
				       : ROLE_TOOL);
	return true;
}

static bool read_format(struct ask *ask, struct api_error *e)
{
	const json_t *format = json_object_get(ask->tree, "response_format");
	const char *type = fields_text(format, "type");
	if (!format || json_is_null(format))
		return true;
	if (!type)
		return fields_missing(e, "response_format.type");
	if (strcmp(type, "text") == 0)
		return true;
	if (strcmp(type, "json_object") != 0)
		return fields_value(e, "response_format.type", type);
	ask->wants_json = true;
	ask->schema = json_object_get(format, "json_schema");
	if (!ask->schema)
		ask->schema = json_object_get(format, "schema");
	return !ask->schema || json_is_object(ask->schema) ||
		fields_type(e, "response_format.json_schema", "an object");
}

static bool read_request(struct ask *ask, const struct arrival *a, struct api_error *e)
{
	static const struct number_rule numbers[] = {
		{ "max_tokens", true, 1, INT32_MAX },
		{ "temperature", false, 0, 1 },
		{ "p", false, 0.01, 0.99 },
		{ "k", true, 0, 500 },
	};
	const json_t *messages;
	size_t i;
	json_t *message;
	e->voice = VOICE_PLAIN;
	if (!fields_load(ask, a->body, e) || !fields_model(ask, e) ||
		!fields_numbers(ask->tree, numbers, sizeof numbers / sizeof *numbers, e) ||
		!fields_flag(ask->tree, "stream", &ask->is_streamed, e) || !read_format(ask, e))
		return false;
	ask->max_tokens = fields_whole(ask->tree, "max_tokens");
	messages = json_object_get(ask->tree, "messages");
	if (!json_is_array(messages) || json_array_size(messages) == 0)
		return fields_missing(e, "messages");
	json_array_foreach(messages, i, message) if (!read_message(ask, message, e)) return false;
	return true;
}

/* == Answering == */

static const char *finish_of(const struct answer *a)
{
	static const char *const names[FINISHES_N] = { "COMPLETE", "MAX_TOKENS", "TOOL_CALL",
		"ERROR", "COMPLETE", "ERROR", "PONDERING" };
	return names[a->choices_n ? a->choices[0].finish : FINISH_STOP];
}

static bool is_call(const struct answer *a)
{
	return a->choices_n && a->choices[0].finish == FINISH_TOOLS;
}

static void put_usage(struct buf *out, const struct answer *a)
{
	int64_t output = a->output + a->plan.reasoning;
	if (a->plan.shape == SHAPE_NO_USAGE)
		return;
	put_json(out,
		",'usage':{'billed_units':{'input_tokens':%r,'output_tokens':%r},"
		"'tokens':{'input_tokens':%r,'output_tokens':%r},'cached_tokens':%r}",
		answer_shown(a, a->input).text, answer_shown(a, output).text,
		answer_shown(a, a->input).text, answer_shown(a, output).text,
		answer_shown(a, a->plan.cached).text);
}

static void put_content(struct buf *out, const struct answer *a)
{
	put_json(out, ",'content':[");
	if (a->plan.reasoning)
		put_json(out, "{'type':'thinking','thinking':%s}%r", ANSWER_THOUGHT,
			a->choices_n ? "," : "");
	if (a->choices_n) {
		put_json(out, "{'type':'text'");
		answer_put_text(out, a, ",\"text\":", answer_text(a, 0));
		buf_put_char(out, '}');
	}
	buf_put_char(out, ']');
}

static struct buf whole(const struct answer *a)
{
	struct buf out;
	buf_init(&out, SIZE_MAX / 2);
	put_json(&out, "{'id':'%x','finish_reason':%s,'message':{'role':'assistant'", a->id,
		finish_of(a));
	if (is_call(a))
		put_json(&out,
			",'tool_plan':'I will look it up.','tool_calls':[{'id':'lookup_mock',"
			"'type':'function','function':{'name':%s,'arguments':%s}}]",
			ANSWER_TOOL, ANSWER_TOOL_ARGUMENTS);
	else
		put_content(&out, a);
	buf_put_char(&out, '}');
	put_usage(&out, a);
	buf_put_char(&out, '}');
	return out;
}

/* == Streaming == */

/* An event without and with an index; the caller adds the rest and closes. */
static void open_event(struct buf *out, const char *type)
{
	put_event(out, type);
	put_json(out, "{'type':%s", type);
}

static void open_indexed(struct buf *out, const char *type, int64_t index)
{
	open_event(out, type);
	put_json(out, ",'index':%d", index);
}

static void close_event(struct buf *out)
{
	buf_put_char(out, '}');
	put_event_end(out);
}

static void stream_thought(struct buf *out)
{
	open_indexed(out, "content-start", 0);
	put_json(out, ",'delta':{'message':{'content':{'type':'thinking','thinking':''}}}");
	close_event(out);
	open_indexed(out, "content-delta", 0);
	put_json(out, ",'delta':{'message':{'content':{'thinking':%s}}}", ANSWER_THOUGHT);
	close_event(out);
	open_indexed(out, "content-end", 0);
	close_event(out);
}

static void stream_text(struct buf *out, const struct answer *a, int64_t index)
{
	struct span text = answer_text(a, 0), piece;
	open_indexed(out, "content-start", index);
	put_json(out, ",'delta':{'message':{'content':{'type':'text','text':''}}}");
	close_event(out);
	while (answer_take_piece(a, &text, &piece)) {
		open_indexed(out, "content-delta", index);
		put_json(out, ",'delta':{'message':{'content':{");
		answer_put_text(out, a, "\"text\":", piece);
		buf_put_str(out, "}}}");
		close_event(out);
	}
	if (!answer_has_end(a))
		return;
	open_indexed(out, "content-end", index);
	close_event(out);
}

static void stream_call(struct buf *out)
{
	open_event(out, "tool-plan-delta");
	put_json(out, ",'delta':{'message':{'tool_plan':'I will look it up.'}}");
	close_event(out);
	open_indexed(out, "tool-call-start", 0);
	put_json(out,
		",'delta':{'message':{'tool_calls':{'id':'lookup_mock','type':'function',"
		"'function':{'name':'lookup','arguments':''}}}}");
	close_event(out);
	open_indexed(out, "tool-call-delta", 0);
	put_json(out, ",'delta':{'message':{'tool_calls':{'function':{'arguments':%s}}}}",
		ANSWER_TOOL_ARGUMENTS);
	close_event(out);
	open_indexed(out, "tool-call-end", 0);
	close_event(out);
}

static struct buf stream(const struct answer *a)
{
	struct buf out;
	buf_init(&out, SIZE_MAX / 2);
	open_event(&out, "message-start");
	put_json(&out,
		",'id':'%x','delta':{'message':{'role':'assistant','content':[],'tool_plan':'',"
		"'tool_calls':[],'citations':[]}}",
		a->id);
	close_event(&out);
	if (a->plan.reasoning)
		stream_thought(&out);
	if (is_call(a))
		stream_call(&out);
	else if (a->choices_n)
		stream_text(&out, a, a->plan.reasoning > 0);
	if (a->plan.shape == SHAPE_OPEN)
		return out;
	open_event(&out, "message-end");
	put_json(&out, ",'id':'%x','delta':{", a->id);
	if (a->plan.shape == SHAPE_ERROR)
		put_json(&out, "'error':'Upstream failed.',");
	put_json(&out, "'finish_reason':%s", a->plan.shape == SHAPE_ERROR ? "ERROR" : finish_of(a));
	put_usage(&out, a);
	buf_put_char(&out, '}');
	close_event(&out);
	return out;
}

void cohere_refuse(struct reply *r, const struct api_error *e)
{
	static const struct error_row rows[] = {
		{ "invalid_api_key", 0, 401, "", "invalid api token" },
		{ "model_not_found", 0, 404, "",
			"model 'no-such-model' not found, make sure the correct model ID was used and "
			"that you have access to the model." },
		{ "insufficient_quota", 0, 429, "",
			"You are using a Trial key, which is limited to 1000 API calls / month. You can "
			"continue to use the Trial key for free or upgrade to a Production "
			"key." },
		{ "context_length_exceeded", 0, 400, "",
			"too many tokens: total number of tokens in the prompt cannot exceed "
			"128000" },
		{ NULL, 400, 400, "", "invalid request" },
		{ NULL, 401, 401, "", "invalid api token" },
		{ NULL, 404, 404, "", "model 'no-such-model' not found" },
		{ NULL, 402, 402, "", "Please add or update your payment method to continue." },
		{ NULL, 429, 429, "",
			"You are past the per minute request limit, please wait and try again "
			"later." },
		{ NULL, 500, 500, "", "internal server error" },
	};
	struct error_row row = error_translate(rows, sizeof rows / sizeof *rows, e);
	reply_tree(r, row.as, json_pack("{s:s, s:s}", "id", "mock", "message", row.message));
}

const struct dialect dialect_cohere = {
	.name = "cohere",
	.id_header = "x-debug-trace-id",
	.id_prefix = "",
	.family = FAMILY_NONE,
	.hinting = HINTING_SECONDS,
	.stream_type = REPLY_STREAM,
	.read = read_request,
	.whole = whole,
	.stream = stream,
	.refuse = cohere_refuse,
};
