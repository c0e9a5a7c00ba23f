/* SPDX-License-Identifier: MIT */
/*
 * Cohere's chat, version 2: POST {base}/v2/chat.
 *
 * Its messages are OpenAI's, nearly: a record's that it takes as they are go out byte for byte.
 * Only if one of them does not fit (the role developer, Anthropic's blocks, the Responses' parts)
 * are all of them told again in its words; what has none is a fault. Answers are read in
 * cohere_answer.c, streams in cohere_stream.c, errors in complaint.c.
 */
#include "api/api.h"

#include "api/chat.h"
#include "api/cohere.h"
#include "api/members.h"
#include "api/openai.h"
#include "json/schema.h"
#include "json/text.h"
#include "json/walk.h"

#define API_NAME "cohere"

static bool is_one_of(struct span text, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (span_is(text, names[i]))
			return true;
	return false;
}

static bool part_fits(struct span part)
{
	static const char *const types[] = { "text", "image_url", "thinking", "document" };
	struct span type = json_text_of(json_member(part, SPAN("type")));
	/* The Responses have an image's URL itself there. */
	if (span_is(type, "image_url"))
		return json_is(json_member(part, SPAN("image_url")), JSON_KIND_OBJECT);
	return is_one_of(type, types, sizeof types / sizeof *types);
}

static bool message_fits(struct span message)
{
	static const char *const roles[] = { "system", "user", "assistant", "tool" };
	struct span content = json_member(message, SPAN("content"));
	struct json_walk walk;
	if (!is_one_of(json_text_of(json_member(message, SPAN("role"))), roles,
		    sizeof roles / sizeof *roles))
		return false;
	if (!json_is(content, JSON_KIND_ARRAY))
		return !content.at || json_text_of(content).at || span_is(content, "null");
	json_walk_init(&walk, content);
	while (json_walk_next(&walk))
		if (!part_fits(walk.value))
			return false;
	return true;
}

/* True if Cohere takes the record's messages as they are. */
static bool messages_fit(const struct ask *ask)
{
	struct json_walk walk;
	if (ask->form != ASK_MESSAGES || json_is_empty(ask->own))
		return false;
	json_walk_init(&walk, ask->own);
	while (json_walk_next(&walk))
		if (!message_fits(walk.value))
			return false;
	return true;
}

/* Appends the beginning of a message, up to its role's end. */
static bool open_message(struct buf *body, const char *role)
{
	bool is_first = body->data[body->len - 1] == '[';
	return buf_put_str(body, is_first ? "{\"role\":\"" : ",{\"role\":\"") &&
		buf_put_str(body, role) && buf_put_char(body, '"');
}

static bool put_message(struct buf *body, const char *role, struct span text)
{
	return open_message(body, role) && buf_put_str(body, ",\"content\":") &&
		chat_put_quoted(body, text) && buf_put_char(body, '}');
}

/* The record's own messages between -s and, at a second time, what was wrong with the answer. */
static bool put_own(const struct ask *ask, struct buf *body, struct fault *fault)
{
	const struct reask *again = ask->reask;
	if (ask->step->has_system &&
		!(open_message(body, "system") && buf_put_str(body, ",\"content\":\"") &&
			ask_put_system(ask, body, fault) && buf_put_str(body, "\"},")))
		return false;
	/* Brackets come off as quotes come off a string. */
	return buf_put_span(body, json_inside(ask->own)) &&
		(!again ||
			(put_message(body, "assistant", again->answer) &&
				put_message(body, "user", again->complaint)));
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
	return chat_refuse(fault, API_NAME, "tool call in a message of the user");
}

/* A text alone is a string, as most servers know it best. */
static bool put_user(struct buf *body, const struct chat_part *parts, size_t n, struct fault *fault)
{
	bool is_first = true;
	if (n == 1 && parts->kind == CHAT_TEXT)
		return put_message(body, "user", parts->text);
	if (!open_message(body, "user") || !buf_put_str(body, ",\"content\":["))
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
		return chat_refuse(fault, API_NAME, "tool call without an id and a name");
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
		return chat_refuse(fault, API_NAME, "image in a message of the assistant");
	if (!open_message(body, "assistant"))
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
			return chat_refuse(fault, API_NAME, "tool's result without an id");
		if (!(open_message(body, "tool") && buf_put_str(body, ",\"tool_call_id\":") &&
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

/* All that is said, in Cohere's words. */
static bool put_told(const struct ask *ask, struct buf *body, struct fault *fault)
{
	struct chat chat;
	bool ok = chat_init(&chat, ask, fault) &&
		(!chat.has_system || put_message(body, "system", buf_span(&chat.system)));
	for (size_t i = 0; ok && i < chat.turns_n; i++)
		ok = put_turn(body, &chat, &chat.turns[i], fault);
	chat_release(&chat);
	return ok;
}

/* A whole request with the members that are given. */
static bool put_request(
	const struct ask *ask, const struct members *m, struct buf *body, struct fault *fault)
{
	*fault = (struct fault){ 0 };
	bool ok = buf_put_str(body, "{\"model\":") && buf_put_span(body, ask->model) &&
		buf_put_str(body, ",\"messages\":[") &&
		(messages_fit(ask) ? put_own : put_told)(ask, body, fault) &&
		buf_put_char(body, ']') && members_put(m, body) && buf_put_char(body, '}');
	return ok || (fault->code == ERROR_NONE && members_too_large(body, fault));
}

static bool put_format(struct buf *out, const struct schema *schema)
{
	return buf_put_str(out, "{\"type\":\"json_object\",\"json_schema\":") &&
		buf_put_span(out, schema_text(schema)) && buf_put_char(out, '}');
}

static bool build(const struct ask *ask, struct buf *body, struct fault *fault)
{
	const struct step *s = ask->step;
	struct members m;
	struct buf format;
	members_init(&m);
	buf_init(&format, SIZE_MAX / 4);
	if (!ask_has_words(ask, fault))
		return false;
	if (ask->endpoint->is_streamed)
		members_add(&m, "stream", SPAN("true"));
	if (s->max_tokens)
		members_add_int(&m, "max_tokens", s->max_tokens);
	if (s->schema && put_format(&format, s->schema))
		members_add(&m, "response_format", buf_span(&format));
	members_add_params(&m, s);
	bool ok = ask->form == ASK_BODY ? members_put_over_body(&m, ask, "model", body, fault)
					: put_request(ask, &m, body, fault);
	buf_release(&format);
	return ok;
}

const struct api api_cohere = {
	.name = API_NAME,
	.base_url = "https://api.cohere.com",
	.base_url_env = "CO_API_URL",
	.key_env = "CO_API_KEY COHERE_API_KEY",
	.auth_header = "Authorization: Bearer ",
	.path = "/v2/chat",
	.charge = CHARGE_SUM,
	.build = build,
	.max_tokens = openai_max_tokens,
	.read = cohere_read,
	.read_usage = cohere_read_usage,
};
