/* SPDX-License-Identifier: MIT */
/*
 * Ollama's own API: POST {base}/api/chat.
 *
 * A record's messages may be in Ollama's form, in OpenAI's or in Anthropic's. Ollama's has text
 * beside its images and thoughts, which the others have no place for: messages that Ollama takes as
 * they are go out byte for byte, all others are told anew, and a mixture of the two is refused,
 * since telling it anew would lose what only Ollama has a word for.
 *
 * Whether the answer is a stream is always said: Ollama streams when nothing is.
 *
 * Answers are read in ollama_answer.c, errors in complaint.c.
 */
#include "api/ollama.h"

#include "api/api.h"
#include "api/chat.h"
#include "api/members.h"
#include "api/vendors.h"
#include "json/schema.h"
#include "json/walk.h"

/* True if a member is there, and says something. */
static bool has(struct span object, const char *name)
{
	struct span value = json_member(object, span_of(name));
	return value.at && !span_is(value, "null");
}

/* Ollama wants arguments as objects, OpenAI writes a string that holds one. */
static bool are_own_calls(struct span calls)
{
	struct json_walk walk;
	if (!calls.at || span_is(calls, "null"))
		return true;
	json_walk_init(&walk, calls);
	while (!walk.in_object && json_walk_next(&walk)) {
		struct span function = json_member(walk.value, SPAN("function"));
		struct span args = json_member(function, SPAN("arguments"));
		if (!json_is(args, JSON_KIND_OBJECT))
			return false;
	}
	return json_is(calls, JSON_KIND_ARRAY);
}

/* True if Ollama understands all of a message as it is. */
static bool is_own(struct span message)
{
	static const char *const roles[] = { "system", "user", "assistant", "tool" };
	struct span role = json_text_of(json_member(message, SPAN("role")));
	size_t i = 0, n = sizeof roles / sizeof *roles;
	while (i < n && !span_is(role, roles[i]))
		i++;
	bool is_text =
		!has(message, "content") || json_text_of(json_member(message, SPAN("content"))).at;
	/* A tool's name is called otherwise elsewhere, or left out for the call's id. */
	bool is_named = has(message, "tool_name") ||
		!(has(message, "name") || has(message, "tool_call_id"));
	return i < n && is_text && is_named &&
		are_own_calls(json_member(message, SPAN("tool_calls")));
}

/* The name of what only Ollama has a word for; NULL = there is nothing of it. */
static const char *own_word(struct span message)
{
	static const char *const words[] = { "images", "thinking", "tool_name" };
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (has(message, words[i]))
			return words[i];
	return NULL;
}

/* Finds out whether all messages can go as they are. False with fault filled if they are mixed. */
static bool look_at_messages(struct span messages, bool *are_own, struct fault *fault)
{
	struct json_walk walk;
	const char *word = NULL;
	size_t other = 0;
	*are_own = true;
	json_walk_init(&walk, messages);
	for (size_t i = 0; json_walk_next(&walk); i++) {
		if (!word)
			word = own_word(walk.value);
		if (*are_own && !is_own(walk.value)) {
			*are_own = false;
			other = i;
		}
	}
	return *are_own || !word ||
		fault_set(fault, ERROR_BAD_RECORD,
			"messages[%zu] is not in Ollama's form, others are, with \"%s\": write all in one",
			other, word);
}

/* A comma, unless the array has just begun. */
static bool put_comma(struct buf *out)
{
	return out->data[out->len - 1] == '[' || buf_put_char(out, ',');
}

/* Begins a message, up to where its text goes. */
static bool open_message(struct buf *out, const char *role)
{
	return put_comma(out) && buf_put_str(out, "{\"role\":\"") && buf_put_str(out, role) &&
		buf_put_str(out, "\",\"content\":\"");
}

static bool put_message(struct buf *out, const char *role, struct span content)
{
	return open_message(out, role) && buf_put_span(out, content) && buf_put_str(out, "\"}");
}

static bool put_result(struct buf *out, const struct chat *chat, const struct chat_part *part)
{
	struct span name = chat_tool_name(chat, part);
	bool ok = open_message(out, "tool") && buf_put_span(out, part->text) &&
		buf_put_char(out, '"');
	if (name.at)
		ok = ok && buf_put_str(out, ",\"tool_name\":") && chat_put_quoted(out, name);
	if (part->id.at)
		ok = ok && buf_put_str(out, ",\"tool_call_id\":") && chat_put_quoted(out, part->id);
	return ok && buf_put_char(out, '}');
}

static bool put_image(struct buf *out, const struct chat_part *part, struct fault *fault)
{
	if (part->kind == CHAT_IMAGE_URL)
		return chat_refuse(fault, "ollama", "images by URL; give a file or a data: URL");
	return put_comma(out) && chat_put_quoted(out, part->data);
}

static bool put_call(struct buf *out, const struct chat_part *part, struct fault *fault)
{
	if (!part->name.at)
		return chat_refuse(fault, "ollama", "tool call without a name");
	bool ok = put_comma(out) && buf_put_char(out, '{');
	if (part->id.at)
		ok = ok && buf_put_str(out, "\"id\":") && chat_put_quoted(out, part->id) &&
			buf_put_char(out, ',');
	return ok && buf_put_str(out, "\"function\":{\"name\":") &&
		chat_put_quoted(out, part->name) && buf_put_str(out, ",\"arguments\":") &&
		buf_put_span(out, part->args) && buf_put_str(out, "}}");
}

static bool is_image(const struct chat_part *part)
{
	return part->kind == CHAT_IMAGE || part->kind == CHAT_IMAGE_URL;
}

/* The images of a turn, or its calls: each an array of the message's own. */
static bool put_array(struct buf *out, const struct chat *chat, const struct chat_turn *turn,
	bool of_images, struct fault *fault)
{
	bool ok = buf_put_str(out, of_images ? ",\"images\":[" : ",\"tool_calls\":[");
	for (size_t i = 0; ok && i < turn->parts_n; i++) {
		const struct chat_part *part = &chat->parts[turn->first + i];
		if (of_images && is_image(part))
			ok = put_image(out, part, fault);
		else if (!of_images && part->kind == CHAT_CALL)
			ok = put_call(out, part, fault);
	}
	return ok && buf_put_char(out, ']');
}

/* Results of tools are messages of their own, before what else the turn says. */
static bool put_turn(
	struct buf *out, const struct chat *chat, const struct chat_turn *turn, struct fault *fault)
{
	bool ok = true, has_rest = turn->parts_n == 0;
	bool has_images = chat_has(chat, turn, CHAT_IMAGE) || chat_has(chat, turn, CHAT_IMAGE_URL);
	for (size_t i = 0; ok && i < turn->parts_n; i++) {
		const struct chat_part *part = &chat->parts[turn->first + i];
		has_rest |= part->kind != CHAT_RESULT;
		ok = part->kind != CHAT_RESULT || put_result(out, chat, part);
	}
	if (!ok || !has_rest)
		return ok;
	return open_message(out, turn->role == CHAT_ASSISTANT ? "assistant" : "user") &&
		chat_put_texts(out, chat, turn) && buf_put_char(out, '"') &&
		(!has_images || put_array(out, chat, turn, true, fault)) &&
		(!chat_has(chat, turn, CHAT_CALL) || put_array(out, chat, turn, false, fault)) &&
		buf_put_char(out, '}');
}

/* Tells what is said in Ollama's words. */
static bool put_chat(const struct ask *ask, struct buf *out, struct fault *fault)
{
	struct chat chat;
	bool ok = chat_init(&chat, ask, fault);
	if (ok && chat.has_system)
		ok = put_message(out, "system", buf_span(&chat.system));
	for (size_t i = 0; ok && i < chat.turns_n; i++)
		ok = put_turn(out, &chat, &chat.turns[i], fault);
	chat_release(&chat);
	return ok;
}

/* The record's own messages as they are, with the system message of -s before them. */
static bool put_own(const struct ask *ask, struct buf *out, struct fault *fault)
{
	bool ok = true;
	if (ask->step->has_system)
		ok = open_message(out, "system") && ask_put_system(ask, out, fault) &&
			buf_put_str(out, "\"}");
	if (!json_is_empty(ask->own)) /* brackets come off as quotes come off a string */
		ok = ok && put_comma(out) && buf_put_span(out, json_inside(ask->own));
	if (ask->reask)
		ok = ok && put_message(out, "assistant", ask->reask->answer) &&
			put_message(out, "user", ask->reask->complaint);
	return ok;
}

static bool put_request(
	const struct ask *ask, const struct members *m, struct buf *body, struct fault *fault)
{
	bool are_own = false;
	*fault = (struct fault){ 0 };
	if (ask->form == ASK_MESSAGES && !look_at_messages(ask->own, &are_own, fault))
		return false;
	bool ok = buf_put_str(body, "{\"model\":") && buf_put_span(body, ask->model) &&
		buf_put_str(body, ",\"messages\":[") &&
		(are_own ? put_own(ask, body, fault) : put_chat(ask, body, fault)) &&
		buf_put_char(body, ']') && members_put(m, body) && buf_put_char(body, '}');
	return ok || (fault->code == ERROR_NONE && members_too_large(body, fault));
}

static bool build(const struct ask *ask, struct buf *body, struct fault *fault)
{
	const struct step *s = ask->step;
	struct span stream = ask->endpoint->is_streamed ? SPAN("true") : SPAN("false");
	bool is_own = ask->form == ASK_BODY;
	struct members m;
	members_init(&m);
	if (!ask_has_words(ask, fault))
		return false;
	if (!is_own || !span_equals(json_member(ask->own, SPAN("stream")), stream))
		members_add(&m, "stream", stream);
	/* Else the server cuts what is too long for the model's context, and says nothing. */
	if (!is_own)
		members_add(&m, "truncate", SPAN("false"));
	if (ask->max_tokens)
		members_add_int(&m, "options.num_predict", ask->max_tokens);
	if (s->schema)
		members_add(&m, "format", schema_text(s->schema));
	members_add_params(&m, ask);
	return is_own ? members_put_over_body(&m, ask, "model", body, fault)
		      : put_request(ask, &m, body, fault);
}

const struct api api_ollama = {
	.name = "ollama",
	VENDOR_OLLAMA,
	.path = "/api/chat",
	.charge = CHARGE_SUM,
	.build = build,
	.max_tokens = { "options.num_predict" },
	.seed = "options.seed",
	.read = ollama_read,
	.read_usage = ollama_read_usage,
};
