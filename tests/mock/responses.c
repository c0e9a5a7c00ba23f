/* SPDX-License-Identifier: MIT */
/*
 * OpenAI's Responses: a list of items in, a list of items out, and a stream of named events, each
 * numbered.
 */
#include "chat.h"
#include "fields.h"
#include "put.h"

#include <string.h>

/* == Reading == */

static bool read_part(struct ask *ask, const json_t *part, struct api_error *e)
{
	static const char *const texts[] = { "input_text", "output_text", NULL };
	static const char *const others[] = { "input_file", "input_audio", "refusal", NULL };
	const char *kind = fields_text(part, "type");
	if (fields_is_one_of(kind, texts))
		return ask_put_text(ask, json_object_get(part, "text")) ||
			fields_missing(e, "input[].content[].text");
	if (kind && strcmp(kind, "input_image") == 0) {
		ask->images_n++;
		return fields_text(part, "image_url") || fields_text(part, "file_id") ||
			fields_missing(e, "input[].content[].image_url");
	}
	if (fields_is_one_of(kind, others))
		return true;
	return fields_value(e, "input[].content[].type", kind ? kind : "");
}

static bool read_content(struct ask *ask, const json_t *content, struct api_error *e)
{
	size_t i;
	json_t *part;
	if (ask_put_text(ask, content))
		return true;
	if (!json_is_array(content))
		return fields_type(e, "input[].content", "a string or an array of objects");
	json_array_foreach(content, i, part) if (!read_part(ask, part, e)) return false;
	return true;
}

static bool read_message(struct ask *ask, const json_t *item, struct api_error *e)
{
	static const char *const roles[] = { "user", "assistant", "system", "developer", NULL };
	const char *role = fields_text(item, "role");
	if (!fields_is_one_of(role, roles))
		return fields_value(e, "input[].role", role ? role : "");
	if (!read_content(ask, json_object_get(item, "content"), e))
		return false;
	ask_end_message(ask,
		*role == 'u'           ? ROLE_USER
			: *role == 'a' ? ROLE_ASSISTANT
				       : ROLE_SYSTEM);
	return true;
}

static bool read_item(struct ask *ask, const json_t *item, struct api_error *e)
{
	static const char *const others[] = { "function_call", "reasoning", "item_reference",
		NULL };
	const char *kind = fields_text(item, "type");
	if (!kind || strcmp(kind, "message") == 0)
		return read_message(ask, item, e);
	if (strcmp(kind, "function_call_output") == 0) {
		if (!fields_text(item, "call_id"))
			return fields_missing(e, "input[].call_id");
		ask_put_text(ask, json_object_get(item, "output"));
		ask_end_message(ask, ROLE_TOOL);
		return true;
	}
	return fields_is_one_of(kind, others) || fields_value(e, "input[].type", kind);
}

static bool read_input(struct ask *ask, struct api_error *e)
{
	const json_t *input = json_object_get(ask->tree, "input");
	const json_t *instructions = json_object_get(ask->tree, "instructions");
	size_t i;
	json_t *item;
	if (ask_put_text(ask, instructions))
		ask_end_message(ask, ROLE_SYSTEM);
	else if (instructions && !json_is_null(instructions))
		return fields_type(e, "instructions", "a string");
	if (ask_put_text(ask, input)) {
		ask_end_message(ask, ROLE_USER);
		return true;
	}
	if (!input)
		return fields_missing(e, "input");
	if (!json_is_array(input) || json_array_size(input) == 0)
		return fields_type(e, "input", "a string or an array of items");
	json_array_foreach(input, i, item) if (!read_item(ask, item, e)) return false;
	return true;
}

/* A function is flat here, unlike a chat completion's. */
static bool check_tools(const json_t *tools, struct api_error *e)
{
	size_t i;
	json_t *tool;
	json_array_foreach(tools, i, tool)
	{
		const char *type = fields_text(tool, "type");
		if (!type)
			return fields_missing(e, "tools[].type");
		if (strcmp(type, "function") == 0 && !fields_text(tool, "name"))
			return fields_missing(e, "tools[].name");
	}
	return true;
}

static bool read_request(struct ask *ask, const struct arrival *a, struct api_error *e)
{
	static const char *const names[] = { "model", "input", "instructions", "max_output_tokens",
		"temperature", "top_p", "text", "reasoning", "tools", "tool_choice",
		"parallel_tool_calls", "max_tool_calls", "store", "stream", "stream_options",
		"include", "previous_response_id", "conversation", "background", "service_tier",
		"truncation", "metadata", "prompt", "top_logprobs", "user", "safety_identifier",
		"prompt_cache_key", "prompt_cache_options", "prompt_cache_retention", "moderation",
		"context_management", NULL };
	static const struct number_rule numbers[] = {
		{ "max_output_tokens", true, 16, INT32_MAX },
		{ "temperature", false, 0, 2 },
		{ "top_p", false, 0, 1 },
		{ "top_logprobs", true, 0, 20 },
	};
	if (!fields_load(ask, a->body, e) || !fields_model(ask, e) ||
		!fields_known(ask->tree, names, e) ||
		!fields_numbers(ask->tree, numbers, sizeof numbers / sizeof *numbers, e) ||
		!fields_flag(ask->tree, "stream", &ask->is_streamed, e) ||
		!check_tools(json_object_get(ask->tree, "tools"), e) ||
		!chat_read_schema(ask,
			json_object_get(json_object_get(ask->tree, "text"), "format"),
			"text.format", e))
		return false;
	ask->max_tokens = fields_whole(ask->tree, "max_output_tokens");
	return read_input(ask, e);
}

/* == Answering == */

static const char *status_of(const struct answer *a)
{
	enum answer_finish finish = a->choices_n ? a->choices[0].finish : FINISH_STOP;
	if (finish == FINISH_ODD)
		return "pondering";
	if (finish == FINISH_LENGTH || finish == FINISH_FILTER || finish == FINISH_BLOCKED)
		return "incomplete";
	return "completed";
}

static const char *incomplete_details(const struct answer *a)
{
	enum answer_finish finish = a->choices_n ? a->choices[0].finish : FINISH_STOP;
	if (finish == FINISH_LENGTH)
		return "{\"reason\":\"max_output_tokens\"}";
	if (finish == FINISH_FILTER || finish == FINISH_BLOCKED)
		return "{\"reason\":\"content_filter\"}";
	return "null";
}

static void put_thought(struct buf *out, const struct answer *a)
{
	put_json(out,
		"{'id':'rs_%x','type':'reasoning','summary':[{'type':'summary_text','text':%s}]}",
		a->id, ANSWER_THOUGHT);
}

static void put_call(
	struct buf *out, const struct answer *a, const char *status, const char *arguments)
{
	put_json(out,
		"{'id':'fc_%x','type':'function_call','status':%s,'call_id':'call_mock','name':%s,"
		"'arguments':%s}",
		a->id, status, ANSWER_TOOL, arguments);
}

static void put_part(struct buf *out, const struct answer *a, struct span text)
{
	if (a->choices[0].finish == FINISH_REFUSAL) {
		put_json(out, "{'type':'refusal','refusal':%t}", text);
		return;
	}
	buf_put_str(out, "{\"type\":\"output_text\",\"annotations\":[],\"logprobs\":[]");
	answer_put_text(out, a, ",\"text\":", text);
	buf_put_char(out, '}');
}

/* The text, or the refusal that stands in its place. */
static struct span said(const struct answer *a)
{
	if (a->choices[0].finish == FINISH_REFUSAL)
		return SPAN(ANSWER_REFUSAL);
	return answer_text(a, 0);
}

static void put_message(struct buf *out, const struct answer *a, const char *status)
{
	put_json(out, "{'id':'msg_%x','type':'message','role':'assistant','status':%s", a->id,
		status);
	buf_put_str(out, ",\"content\":[");
	put_part(out, a, said(a));
	buf_put_str(out, "]}");
}

static bool is_call(const struct answer *a)
{
	return a->choices_n && a->choices[0].finish == FINISH_TOOLS;
}

static void put_item(struct buf *out, const struct answer *a)
{
	if (is_call(a))
		put_call(out, a, "completed", ANSWER_TOOL_ARGUMENTS);
	else
		put_message(
			out, a, strcmp(status_of(a), "incomplete") ? "completed" : "incomplete");
}

static void put_usage(struct buf *out, const struct answer *a)
{
	int64_t output = a->output + a->plan.reasoning;
	if (a->plan.shape == SHAPE_NO_USAGE) {
		buf_put_str(out, "null");
		return;
	}
	put_json(out,
		"{'input_tokens':%r,'input_tokens_details':{'cached_tokens':%r},'output_tokens':%r,"
		"'output_tokens_details':{'reasoning_tokens':%r},'total_tokens':%r}",
		answer_shown(a, a->input).text, answer_shown(a, a->plan.cached).text,
		answer_shown(a, output).text, answer_shown(a, a->plan.reasoning).text,
		answer_shown(a, a->input + output).text);
}

/* The response as it stands at its beginning (no items yet) or at its end. */
static void put_response(struct buf *out, const struct answer *a, bool is_over)
{
	put_json(out,
		"{'id':'resp_%x','object':'response','created_at':0,'status':%s,'background':false,"
		"'error':null,'incomplete_details':%r,'instructions':null,'max_output_tokens':null,"
		"'model':%s,'parallel_tool_calls':true,'previous_response_id':null,'store':false,"
		"'temperature':1.0,'tool_choice':'auto','tools':[],'top_p':1.0,'truncation':'disabled',"
		"'metadata':{},'output':[",
		a->id, is_over ? status_of(a) : "in_progress",
		is_over ? incomplete_details(a) : "null", a->ask->model);
	if (is_over && a->plan.reasoning) {
		put_thought(out, a);
		buf_put_str(out, a->choices_n ? "," : "");
	}
	if (is_over && a->choices_n)
		put_item(out, a);
	buf_put_str(out, "],\"usage\":");
	if (is_over)
		put_usage(out, a);
	else
		buf_put_str(out, "null");
	buf_put_char(out, '}');
}

static struct buf whole(const struct answer *a)
{
	struct buf out;
	buf_init(&out, SIZE_MAX / 2);
	put_response(&out, a, true);
	return out;
}

/* == Streaming == */

struct stream {
	struct buf out;
	const struct answer *answer;
	int64_t events_n;
	int64_t item; /* its place in the output */
};

static void open_event(struct stream *s, const char *type)
{
	put_event(&s->out, type);
	put_json(&s->out, "{'type':%s,'sequence_number':%d", type, s->events_n++);
}

static void close_event(struct stream *s)
{
	buf_put_char(&s->out, '}');
	put_event_end(&s->out);
}

static void put_response_event(struct stream *s, const char *type, bool is_over)
{
	open_event(s, type);
	buf_put_str(&s->out, ",\"response\":");
	put_response(&s->out, s->answer, is_over);
	close_event(s);
}

static void open_summary_event(struct stream *s, const char *type)
{
	open_event(s, type);
	put_json(&s->out, ",'item_id':'rs_%x','output_index':%d,'summary_index':0", s->answer->id,
		s->item);
}

static void stream_thought(struct stream *s)
{
	open_event(s, "response.output_item.added");
	put_json(&s->out,
		",'output_index':%d,'item':{'id':'rs_%x','type':'reasoning','summary':[]}", s->item,
		s->answer->id);
	close_event(s);
	open_summary_event(s, "response.reasoning_summary_part.added");
	put_json(&s->out, ",'part':{'type':'summary_text','text':''}");
	close_event(s);
	open_summary_event(s, "response.reasoning_summary_text.delta");
	put_json(&s->out, ",'delta':%s", ANSWER_THOUGHT);
	close_event(s);
	open_summary_event(s, "response.reasoning_summary_text.done");
	put_json(&s->out, ",'text':%s", ANSWER_THOUGHT);
	close_event(s);
	open_summary_event(s, "response.reasoning_summary_part.done");
	put_json(&s->out, ",'part':{'type':'summary_text','text':%s}", ANSWER_THOUGHT);
	close_event(s);
	open_event(s, "response.output_item.done");
	put_json(&s->out, ",'output_index':%d,'item':", s->item);
	put_thought(&s->out, s->answer);
	close_event(s);
	s->item++;
}

static void open_item_event(struct stream *s, const char *type)
{
	open_event(s, type);
	put_json(&s->out, ",'output_index':%d", s->item);
}

static void stream_call(struct stream *s)
{
	open_item_event(s, "response.output_item.added");
	buf_put_str(&s->out, ",\"item\":");
	put_call(&s->out, s->answer, "in_progress", "");
	close_event(s);
	open_item_event(s, "response.function_call_arguments.delta");
	put_json(&s->out, ",'item_id':'fc_%x','delta':%s", s->answer->id, ANSWER_TOOL_ARGUMENTS);
	close_event(s);
	open_item_event(s, "response.function_call_arguments.done");
	put_json(&s->out, ",'item_id':'fc_%x','name':%s,'arguments':%s", s->answer->id, ANSWER_TOOL,
		ANSWER_TOOL_ARGUMENTS);
	close_event(s);
}

static void put_place(struct stream *s)
{
	put_json(&s->out, ",'item_id':'msg_%x','content_index':0", s->answer->id);
}

static void stream_text(struct stream *s)
{
	const struct answer *a = s->answer;
	bool refuses = a->choices[0].finish == FINISH_REFUSAL;
	struct span text = said(a), piece;
	while (answer_take_piece(a, &text, &piece)) {
		open_item_event(
			s, refuses ? "response.refusal.delta" : "response.output_text.delta");
		put_place(s);
		answer_put_text(&s->out, a, ",\"delta\":", piece);
		buf_put_str(&s->out, refuses ? "" : ",\"logprobs\":[]");
		close_event(s);
	}
	if (!answer_has_end(a))
		return;
	open_item_event(s, refuses ? "response.refusal.done" : "response.output_text.done");
	put_place(s);
	if (refuses)
		put_json(&s->out, ",'refusal':%t", said(a));
	else
		answer_put_text(&s->out, a, ",\"text\":", said(a));
	close_event(s);
	open_item_event(s, "response.content_part.done");
	put_place(s);
	buf_put_str(&s->out, ",\"part\":");
	put_part(&s->out, a, said(a));
	close_event(s);
}

static void stream_message(struct stream *s)
{
	open_item_event(s, "response.output_item.added");
	put_json(&s->out,
		",'item':{'id':'msg_%x','type':'message','role':'assistant','status':'in_progress',"
		"'content':[]}",
		s->answer->id);
	close_event(s);
	open_item_event(s, "response.content_part.added");
	put_place(s);
	buf_put_str(&s->out, ",\"part\":");
	put_part(&s->out, s->answer, SPAN(""));
	close_event(s);
	stream_text(s);
}

static void stream_end(struct stream *s)
{
	const char *status = status_of(s->answer);
	put_response_event(s,
		strcmp(status, "incomplete") == 0 ? "response.incomplete" : "response.completed",
		true);
}

static struct buf stream(const struct answer *a)
{
	struct stream s = { .answer = a };
	buf_init(&s.out, SIZE_MAX / 2);
	put_response_event(&s, "response.created", false);
	put_response_event(&s, "response.in_progress", false);
	if (a->plan.reasoning)
		stream_thought(&s);
	if (is_call(a))
		stream_call(&s);
	else if (a->choices_n)
		stream_message(&s);
	if (a->plan.shape == SHAPE_ERROR) {
		open_event(&s, "error");
		put_json(
			&s.out, ",'code':'server_error','message':'Upstream failed.','param':null");
		close_event(&s);
	}
	if (!answer_has_end(a))
		return s.out;
	if (a->choices_n) {
		open_item_event(&s, "response.output_item.done");
		buf_put_str(&s.out, ",\"item\":");
		put_item(&s.out, a);
		close_event(&s);
	}
	stream_end(&s);
	return s.out;
}

const struct dialect dialect_responses = {
	.name = "responses",
	.key_header = "api-key",
	.id_header = "x-request-id",
	.id_prefix = "req_",
	.has_openai_headers = true,
	.has_refusals = true,
	.family = FAMILY_OPENAI,
	.stream_type = REPLY_STREAM,
	.read = read_request,
	.whole = whole,
	.stream = stream,
	.refuse = openai_refuse,
};
