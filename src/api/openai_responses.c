/* SPDX-License-Identifier: MIT */
/*
 * OpenAI Responses: POST {base}/responses.
 *
 * What is asked is `input`, a string or a list of items; the system message is `instructions`. A
 * record's messages that are items already, of whatever kind, are sent byte for byte; those of a
 * chat are told in items: a tool's calls and results are items of their own here.
 *
 * The server keeps what was asked and answered unless told not to, so it is told; a record's own
 * body says that itself, or not, and is left alone.
 *
 * Answers are read in openai_responses_answer.c.
 */
#include "api/openai_responses.h"

#include "api/api.h"
#include "api/chat.h"
#include "api/members.h"
#include "api/vendors.h"
#include "json/schema.h"
#include "json/text.h"
#include "json/walk.h"

#define NAME "openai-responses"

static struct span text_in(struct span object, const char *name)
{
	return json_text_of(json_member(object, span_of(name)));
}

static bool begins_with(struct span text, struct span part)
{
	return text.at && text.n >= part.n && memcmp(text.at, part.at, part.n) == 0;
}

/* True if the parts of a message are called as they are here. */
static bool has_own_parts(struct span content)
{
	struct json_walk walk;
	json_walk_init(&walk, content);
	while (json_walk_next(&walk)) {
		struct span type = text_in(walk.value, "type");
		if (!begins_with(type, SPAN("input_")) && !span_is(type, "output_text") &&
			!span_is(type, "refusal"))
			return false;
	}
	return true;
}

/* True if a message can be sent as it stands. */
static bool is_item(struct span message)
{
	static const char *const of_chats[] = { "tool_calls", "function_call", "tool_call_id" };
	static const char *const roles[] = { "user", "assistant", "system", "developer" };
	struct span type = text_in(message, "type");
	struct span content = json_member(message, SPAN("content"));
	struct span role = text_in(message, "role");
	bool is_known = false;
	if (type.at && !span_is(type, "message"))
		return true;
	for (size_t i = 0; i < sizeof of_chats / sizeof *of_chats; i++)
		if (json_member(message, span_of(of_chats[i])).at)
			return false;
	for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
		is_known |= span_is(role, roles[i]);
	if (!is_known || !content.at)
		return false;
	return json_kind(content) == JSON_KIND_STRING ||
		(json_kind(content) == JSON_KIND_ARRAY && has_own_parts(content));
}

static bool are_items(struct span messages)
{
	struct json_walk walk;
	json_walk_init(&walk, messages);
	while (json_walk_next(&walk))
		if (!is_item(walk.value))
			return false;
	return true;
}

/* Arguments are a string here, with JSON in it. */
static bool put_call(struct buf *out, const struct chat_part *part, struct fault *fault)
{
	if (!part->id.at || !part->name.at)
		return fault_set(fault, ERROR_BAD_RECORD,
			"messages: a tool call without an id or a name" LOG_HELP NAME
			" needs both");
	return buf_put_str(out, "{\"type\":\"function_call\",\"call_id\":") &&
		chat_put_quoted(out, part->id) && buf_put_str(out, ",\"name\":") &&
		chat_put_quoted(out, part->name) && buf_put_str(out, ",\"arguments\":\"") &&
		json_put_escaped(out, part->args) && buf_put_str(out, "\"}");
}

static bool put_result(struct buf *out, const struct chat_part *part, struct fault *fault)
{
	if (!part->id.at)
		return fault_set(fault, ERROR_BAD_RECORD,
			"messages: a tool's result without the id of its call" LOG_HELP NAME
			" needs it");
	return buf_put_str(out, "{\"type\":\"function_call_output\",\"call_id\":") &&
		chat_put_quoted(out, part->id) && buf_put_str(out, ",\"output\":") &&
		chat_put_quoted(out, part->text) && buf_put_char(out, '}');
}

static bool put_image(struct buf *out, const struct chat_part *part)
{
	bool ok = buf_put_str(out, "{\"type\":\"input_image\",\"image_url\":\"");
	if (part->kind == CHAT_IMAGE)
		ok = ok && buf_put_str(out, "data:") && buf_put_span(out, part->media_type) &&
			buf_put_str(out, ";base64,") && buf_put_span(out, part->data);
	else
		ok = ok && buf_put_span(out, part->text);
	ok = ok && buf_put_char(out, '"');
	if (part->detail.at)
		ok = ok && buf_put_str(out, ",\"detail\":") && chat_put_quoted(out, part->detail);
	return ok && buf_put_char(out, '}');
}

static bool put_words(
	struct buf *out, const struct chat_part *part, bool is_model, struct fault *fault)
{
	if (part->kind != CHAT_TEXT)
		return is_model ? chat_refuse(fault, NAME, "images from the assistant")
				: put_image(out, part);
	return buf_put_str(out,
		       is_model ? "{\"type\":\"output_text\",\"text\":"
				: "{\"type\":\"input_text\",\"text\":") &&
		chat_put_quoted(out, part->text) && buf_put_char(out, '}');
}

/* What is written, item by item. */
struct writing {
	struct buf *out;
	struct fault *fault;
	bool has_items;
	bool is_open; /* a message, to which words are added */
};

static bool open_item(struct writing *w, const struct chat_turn *turn, bool is_message)
{
	static const char *const roles[] = { "user", "assistant", "user" };
	bool was_open = w->is_open;
	w->is_open = is_message;
	if (was_open && is_message)
		return buf_put_char(w->out, ',');
	bool ok = (!was_open || buf_put_str(w->out, "]}")) &&
		(!w->has_items || buf_put_char(w->out, ','));
	w->has_items = true;
	return ok &&
		(!is_message ||
			(buf_put_str(w->out, "{\"role\":\"") &&
				buf_put_str(w->out, roles[turn->role]) &&
				buf_put_str(w->out, "\",\"content\":[")));
}

static bool put_part(struct writing *w, const struct chat_turn *turn, const struct chat_part *part)
{
	bool is_tools = part->kind == CHAT_CALL || part->kind == CHAT_RESULT;
	if (!open_item(w, turn, !is_tools))
		return false;
	if (part->kind == CHAT_CALL)
		return put_call(w->out, part, w->fault);
	if (part->kind == CHAT_RESULT)
		return put_result(w->out, part, w->fault);
	return put_words(w->out, part, turn->role == CHAT_ASSISTANT, w->fault);
}

static bool put_turns(struct buf *out, const struct chat *chat, struct fault *fault)
{
	struct writing w = { .out = out, .fault = fault };
	for (size_t i = 0; i < chat->turns_n; i++) {
		const struct chat_turn *turn = &chat->turns[i];
		for (size_t j = 0; j < turn->parts_n; j++)
			if (!put_part(&w, turn, &chat->parts[turn->first + j]))
				return false;
		if (w.is_open && !buf_put_str(out, "]}"))
			return false;
		w.is_open = false;
	}
	return true;
}

static bool open_instructions(const struct ask *ask, struct buf *body, struct fault *fault)
{
	return members_check_system(ask->step, "instructions", fault) &&
		buf_put_str(body, ",\"instructions\":\"");
}

static bool put_translated(const struct ask *ask, struct buf *body, struct fault *fault)
{
	struct chat chat;
	bool ok = chat_init(&chat, ask, fault);
	if (ok && chat.has_system)
		ok = open_instructions(ask, body, fault) &&
			buf_put_span(body, buf_span(&chat.system)) && buf_put_char(body, '"');
	ok = ok && buf_put_str(body, ",\"input\":[") && put_turns(body, &chat, fault) &&
		buf_put_char(body, ']');
	chat_release(&chat);
	return ok;
}

static bool put_own_items(const struct ask *ask, struct buf *body)
{
	const struct reask *again = ask->reask;
	bool ok = buf_put_str(body, ",\"input\":[") && buf_put_span(body, json_inside(ask->own));
	if (again)
		ok = ok && (json_is_empty(ask->own) || buf_put_char(body, ',')) &&
			buf_put_str(body, "{\"role\":\"assistant\",\"content\":") &&
			chat_put_quoted(body, again->answer) &&
			buf_put_str(body, "},{\"role\":\"user\",\"content\":") &&
			chat_put_quoted(body, again->complaint) && buf_put_char(body, '}');
	return ok && buf_put_char(body, ']');
}

/* The instructions and the input, each after a comma. */
static bool put_words_of(const struct ask *ask, struct buf *body, struct fault *fault)
{
	bool is_string = ask->form == ASK_PROMPT && ask->images_n == 0 && !ask->reask;
	if (!is_string && !(ask->form == ASK_MESSAGES && are_items(ask->own)))
		return put_translated(ask, body, fault);
	bool ok = true;
	if (ask->step->has_system)
		ok = open_instructions(ask, body, fault) && ask_put_system(ask, body, fault) &&
			buf_put_char(body, '"');
	if (!is_string)
		return ok && put_own_items(ask, body);
	return ok && buf_put_str(body, ",\"input\":\"") && ask_put_prompt(ask, body, fault) &&
		buf_put_char(body, '"');
}

static bool put_request(
	const struct ask *ask, const struct members *m, struct buf *body, struct fault *fault)
{
	*fault = (struct fault){ 0 };
	bool ok = ask_has_words(ask, fault) && buf_put_str(body, "{\"model\":") &&
		buf_put_span(body, ask->model) && put_words_of(ask, body, fault) &&
		members_put(m, body) && buf_put_char(body, '}');
	return ok || (fault->code == ERROR_NONE && members_too_large(body, fault));
}

/* Flat, and strict when nothing is said. */
static bool put_format(struct buf *out, const struct schema *schema)
{
	return buf_put_str(out, "{\"type\":\"json_schema\",\"name\":\"answer\",\"strict\":") &&
		buf_put_str(out, schema_is_strict(schema) ? "true" : "false") &&
		buf_put_str(out, ",\"schema\":") && buf_put_span(out, schema_text(schema)) &&
		buf_put_char(out, '}');
}

static bool build(const struct ask *ask, struct buf *body, struct fault *fault)
{
	const struct step *s = ask->step;
	struct members m;
	struct buf format;
	members_init(&m);
	buf_init(&format, SIZE_MAX / 4);
	if (ask->form != ASK_BODY)
		members_add(&m, "store", SPAN("false"));
	if (ask->endpoint->is_streamed)
		members_add(&m, "stream", SPAN("true"));
	if (ask->max_tokens)
		members_add_int(&m, "max_output_tokens", ask->max_tokens);
	if (s->schema && put_format(&format, s->schema))
		members_add(&m, "text.format", buf_span(&format));
	members_add_params(&m, ask);
	bool ok = ask->form == ASK_BODY ? members_put_over_body(&m, ask, "model", body, fault)
					: put_request(ask, &m, body, fault);
	buf_release(&format);
	return ok;
}

const struct api api_openai_responses = {
	.name = NAME,
	VENDOR_OPENAI,
	.path = "/responses",
	.build = build,
	.max_tokens = { "max_output_tokens" },
	.read = openai_responses_read,
	.read_usage = openai_responses_read_usage,
};
