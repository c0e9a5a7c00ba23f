/* SPDX-License-Identifier: MIT */
/*
 * Messages told in OpenAI's words: those that a record wrote as Anthropic wants them, or with parts
 * of the Responses. What fits as it is never comes here.
 */
#include "api/chat.h"
#include "api/openai.h"
#include "json/text.h"
#include "json/walk.h"

#define WHO "this API"

/* Anthropic's words, and the Responses', for what a chat calls otherwise. */
static bool is_foreign(struct span part)
{
	static const char *const types[] = { "image", "tool_use", "tool_result", "input_text",
		"input_image", "output_text" };
	struct span type = json_text_of(json_member(part, SPAN("type")));
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (span_is(type, types[i]))
			return true;
	return false;
}

bool openai_are_foreign(struct span messages)
{
	struct json_walk walk, parts;
	json_walk_init(&walk, messages);
	while (json_walk_next(&walk)) {
		struct span content = json_member(walk.value, SPAN("content"));
		json_walk_init(&parts, content);
		while (json_is(content, JSON_KIND_ARRAY) && json_walk_next(&parts))
			if (is_foreign(parts.value))
				return true;
	}
	return false;
}

bool openai_open_message(struct buf *body, const char *role)
{
	bool is_first = body->data[body->len - 1] == '[';
	return buf_put_str(body, is_first ? "{\"role\":\"" : ",{\"role\":\"") &&
		buf_put_str(body, role) && buf_put_char(body, '"');
}

bool openai_put_message(struct buf *body, const char *role, struct span text)
{
	return openai_open_message(body, role) && buf_put_str(body, ",\"content\":") &&
		chat_put_quoted(body, text) && buf_put_char(body, '}');
}

static bool put_part(struct buf *body, const struct chat_part *part, struct fault *fault)
{
	if (part->kind == CHAT_TEXT)
		return buf_put_str(body, "{\"type\":\"text\",\"text\":") &&
			chat_put_quoted(body, part->text) && buf_put_char(body, '}');
	if (part->kind == CHAT_IMAGE)
		return buf_put_str(
			       body, "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:") &&
			buf_put_span(body, part->media_type) && buf_put_str(body, ";base64,") &&
			buf_put_span(body, part->data) && buf_put_str(body, "\"}}");
	if (part->kind == CHAT_IMAGE_URL)
		return buf_put_str(body, "{\"type\":\"image_url\",\"image_url\":{\"url\":") &&
			chat_put_quoted(body, part->text) && buf_put_str(body, "}}");
	return chat_refuse(fault, WHO, "tool call in a message of the user");
}

/* A text alone is a string, as most servers know it best. */
static bool put_user(struct buf *body, const struct chat_part *parts, size_t n, struct fault *fault)
{
	bool is_first = true;
	if (n == 1 && parts->kind == CHAT_TEXT)
		return openai_put_message(body, "user", parts->text);
	if (!openai_open_message(body, "user") || !buf_put_str(body, ",\"content\":["))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (parts[i].kind == CHAT_RESULT)
			continue;
		if ((!is_first && !buf_put_char(body, ',')) || !put_part(body, &parts[i], fault))
			return false;
		is_first = false;
	}
	return buf_put_str(body, "]}");
}

static bool put_call(struct buf *body, const struct chat_part *call, struct fault *fault)
{
	if (!call->id.at || !call->name.at)
		return chat_refuse(fault, WHO, "tool call without an id and a name");
	return buf_put_str(body, "{\"id\":") && chat_put_quoted(body, call->id) &&
		buf_put_str(body, ",\"type\":\"function\",\"function\":{\"name\":") &&
		chat_put_quoted(body, call->name) && buf_put_str(body, ",\"arguments\":\"") &&
		json_put_escaped(body, call->args) && buf_put_str(body, "\"}}");
}

static bool put_calls(struct buf *body, const struct chat *chat, const struct chat_turn *turn,
	struct fault *fault)
{
	bool is_first = true;
	if (!buf_put_str(body, ",\"tool_calls\":["))
		return false;
	for (size_t i = 0; i < turn->parts_n; i++) {
		const struct chat_part *part = &chat->parts[turn->first + i];
		if (part->kind != CHAT_CALL)
			continue;
		if ((!is_first && !buf_put_char(body, ',')) || !put_call(body, part, fault))
			return false;
		is_first = false;
	}
	return buf_put_char(body, ']');
}

static bool put_assistant(struct buf *body, const struct chat *chat, const struct chat_turn *turn,
	struct fault *fault)
{
	bool has_calls = chat_has(chat, turn, CHAT_CALL);
	if (chat_has(chat, turn, CHAT_IMAGE) || chat_has(chat, turn, CHAT_IMAGE_URL))
		return chat_refuse(fault, WHO, "image in a message of the assistant");
	if (!openai_open_message(body, "assistant"))
		return false;
	if ((!has_calls || chat_has(chat, turn, CHAT_TEXT)) &&
		!(buf_put_str(body, ",\"content\":\"") && chat_put_texts(body, chat, turn) &&
			buf_put_char(body, '"')))
		return false;
	return (!has_calls || put_calls(body, chat, turn, fault)) && buf_put_char(body, '}');
}

/* Each result is a message of its own. Gives how many there are in *n. */
static bool put_results(struct buf *body, const struct chat_part *parts, size_t parts_n, size_t *n,
	struct fault *fault)
{
	*n = 0;
	for (size_t i = 0; i < parts_n; i++) {
		if (parts[i].kind != CHAT_RESULT)
			continue;
		++*n;
		if (!parts[i].id.at)
			return chat_refuse(fault, WHO, "tool's result without an id");
		if (!(openai_open_message(body, "tool") &&
			    buf_put_str(body, ",\"tool_call_id\":") &&
			    chat_put_quoted(body, parts[i].id) &&
			    buf_put_str(body, ",\"content\":") &&
			    chat_put_quoted(body, parts[i].text) && buf_put_char(body, '}')))
			return false;
	}
	return true;
}

/* What tools gave goes first: it has to follow the calls. */
static bool put_turn(struct buf *body, const struct chat *chat, const struct chat_turn *turn,
	struct fault *fault)
{
	const struct chat_part *parts = chat->parts + turn->first;
	size_t results_n;
	if (!put_results(body, parts, turn->parts_n, &results_n, fault))
		return false;
	if (results_n > 0 && results_n == turn->parts_n)
		return true;
	if (turn->role == CHAT_ASSISTANT)
		return put_assistant(body, chat, turn, fault);
	return put_user(body, parts, turn->parts_n, fault);
}

bool openai_put_told(const struct ask *ask, struct buf *body, struct fault *fault)
{
	struct chat chat;
	bool ok = chat_init(&chat, ask, fault) &&
		(!chat.has_system || openai_put_message(body, "system", buf_span(&chat.system)));
	for (size_t i = 0; ok && i < chat.turns_n; i++)
		ok = put_turn(body, &chat, &chat.turns[i], fault);
	chat_release(&chat);
	return ok;
}
