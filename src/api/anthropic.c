/* SPDX-License-Identifier: MIT */
/*
 * Anthropic Messages: POST {base}/v1/messages.
 *
 * Messages in Anthropic's own form go out byte for byte, others are told in its words (turns.h);
 * system messages go where Anthropic wants them. Answers are read in anthropic_answer.c, streams in
 * anthropic_stream.c, errors in complaint.c.
 *
 * max_tokens is required: without --max-tokens it is 4096, which every model takes. The longest
 * answer a model can give is a different number for each, and wrong ones are refused.
 */
#include "api/api.h"

#include "api/anthropic.h"
#include "api/members.h"
#include "api/turns.h"
#include "json/schema.h"
#include "json/walk.h"

enum { MAX_TOKENS_DEFAULT = 4096 };

/* Types of parts that only OpenAI has. */
static bool is_foreign(struct span part)
{
	static const char *const types[] = { "image_url", "input_text", "output_text",
		"input_image", "input_audio", "input_file", "file", "refusal" };
	struct span type = json_text_of(json_member(part, SPAN("type")));
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (span_is(type, types[i]))
			return true;
	return !type.at;
}

static bool is_own(struct span message)
{
	struct span content = json_member(message, SPAN("content"));
	struct json_walk walk;
	if (!turns_is_plain(message) || !content.at)
		return false;
	if (json_kind(content) != JSON_KIND_ARRAY)
		return json_kind(content) == JSON_KIND_STRING;
	json_walk_init(&walk, content);
	while (json_walk_next(&walk))
		if (is_foreign(walk.value))
			return false;
	return true;
}

static bool put_image(struct buf *out, const struct chat_part *part, struct fault *fault)
{
	const char *kind = turns_picture(part->media_type, "anthropic", fault);
	return kind && buf_put_str(out, "{\"type\":\"image\",\"source\":{\"type\":\"base64\",") &&
		buf_put_str(out, "\"media_type\":\"image/") && buf_put_str(out, kind) &&
		buf_put_str(out, "\",\"data\":") && chat_put_quoted(out, part->data) &&
		buf_put_str(out, "}}");
}

static bool put_call(struct buf *out, const struct chat_part *part, struct fault *fault)
{
	if (!part->id.at || !part->name.at)
		return chat_refuse(fault, "anthropic", "tool call without an id and a name");
	return buf_put_str(out, "{\"type\":\"tool_use\",\"id\":") &&
		chat_put_quoted(out, part->id) && buf_put_str(out, ",\"name\":") &&
		chat_put_quoted(out, part->name) && buf_put_str(out, ",\"input\":") &&
		buf_put_span(out, part->args) && buf_put_char(out, '}');
}

static bool put_result(struct buf *out, const struct chat_part *part, struct fault *fault)
{
	if (!part->id.at)
		return chat_refuse(fault, "anthropic", "tool's result without a tool_call_id");
	return buf_put_str(out, "{\"type\":\"tool_result\",\"tool_use_id\":") &&
		chat_put_quoted(out, part->id) && buf_put_str(out, ",\"content\":") &&
		chat_put_quoted(out, part->text) && buf_put_char(out, '}');
}

static bool put_block(
	struct buf *out, const struct chat_part *part, const struct chat *chat, struct fault *fault)
{
	(void)chat;
	switch (part->kind) {
	case CHAT_TEXT:
		return buf_put_str(out, "{\"type\":\"text\",\"text\":") &&
			chat_put_quoted(out, part->text) && buf_put_char(out, '}');
	case CHAT_IMAGE:
		return put_image(out, part, fault);
	case CHAT_IMAGE_URL:
		return buf_put_str(
			       out, "{\"type\":\"image\",\"source\":{\"type\":\"url\",\"url\":") &&
			chat_put_quoted(out, part->text) && buf_put_str(out, "}}");
	case CHAT_CALL:
		return put_call(out, part, fault);
	case CHAT_RESULT:
		return put_result(out, part, fault);
	}
	return false;
}

static const struct turns_style style = {
	.is_own = is_own,
	.put = put_block,
	.has_bare_text = true,
};

/* True if the message is one of the system; *content is what it says. */
static bool is_system(struct span message, struct span *content)
{
	struct span role = json_text_of(json_member(message, SPAN("role")));
	*content = json_member(message, SPAN("content"));
	return content->at && (span_is(role, "system") || span_is(role, "developer"));
}

/* True if a system message is in blocks, which may have cache marks. */
static bool has_system_blocks(const struct ask *ask)
{
	struct json_walk walk;
	struct span content;
	json_walk_init(&walk, ask->form == ASK_MESSAGES ? ask->own : (struct span){ 0 });
	while (json_walk_next(&walk))
		if (is_system(walk.value, &content) && json_kind(content) == JSON_KIND_ARRAY)
			return true;
	return false;
}

static bool put_system_text(struct buf *out, struct span text)
{
	return buf_put_str(out, "{\"type\":\"text\",\"text\":") && chat_put_quoted(out, text) &&
		buf_put_str(out, "},");
}

/* The system messages' blocks as they stand, after that of -s. */
static bool put_system_blocks(const struct ask *ask, struct buf *out, struct fault *fault)
{
	struct json_walk walk;
	struct span content;
	bool ok = buf_put_char(out, '[');
	if (ok && ask->step->has_system)
		ok = buf_put_str(out, "{\"type\":\"text\",\"text\":\"") &&
			ask_put_system(ask, out, fault) && buf_put_str(out, "\"},");
	json_walk_init(&walk, ask->own);
	while (ok && json_walk_next(&walk)) {
		if (!is_system(walk.value, &content))
			continue;
		struct span text = json_text_of(content);
		if (text.at)
			ok = put_system_text(out, text);
		else if (!json_is_empty(content))
			ok = buf_put_span(out, json_inside(content)) && buf_put_char(out, ',');
	}
	if (ok && out->data[out->len - 1] == ',')
		out->len--;
	return ok && buf_put_char(out, ']');
}

static bool put_system(
	const struct ask *ask, const struct chat *chat, struct buf *out, struct fault *fault)
{
	return has_system_blocks(ask) ? put_system_blocks(ask, out, fault)
				      : chat_put_quoted(out, buf_span(&chat->system));
}

/* A whole request with the members that are given. */
static bool put_request(
	const struct ask *ask, struct members *m, struct buf *body, struct fault *fault)
{
	struct turns turns;
	struct buf system;
	*fault = (struct fault){ 0 };
	buf_init(&system, body->max);
	bool ok = turns_init(&turns, ask, &style, fault);
	if (ok && turns.chat.has_system) {
		ok = put_system(ask, &turns.chat, &system, fault);
		members_add(m, "system", buf_span(&system));
	}
	members_add_params(m, ask);
	ok = ok && buf_put_str(body, "{\"model\":") && buf_put_span(body, ask->model) &&
		buf_put_str(body, ",\"messages\":[") && turns_put(&turns, body, fault) &&
		buf_put_char(body, ']') && members_put(m, body) && buf_put_char(body, '}');
	buf_release(&system);
	turns_release(&turns);
	if (!ok && fault->code == ERROR_NONE)
		members_too_large(body, fault);
	return ok;
}

static bool put_format(struct buf *out, const struct schema *schema)
{
	return buf_put_str(out, "{\"type\":\"json_schema\",\"schema\":") &&
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
	if (ask->max_tokens || ask->form != ASK_BODY)
		members_add_int(
			&m, "max_tokens", ask->max_tokens ? ask->max_tokens : MAX_TOKENS_DEFAULT);
	if (ask->endpoint->is_streamed)
		members_add(&m, "stream", SPAN("true"));
	if (s->schema && put_format(&format, s->schema))
		members_add(&m, "output_config.format", buf_span(&format));
	bool ok;
	if (ask->form == ASK_BODY) {
		members_add_params(&m, ask);
		ok = members_put_over_body(&m, ask, "model", body, fault);
	} else {
		ok = put_request(ask, &m, body, fault);
	}
	buf_release(&format);
	return ok;
}

const struct api api_anthropic = {
	.name = "anthropic",
	.base_url = "https://api.anthropic.com",
	.base_url_env = "ANTHROPIC_BASE_URL",
	.key_env = "ANTHROPIC_API_KEY",
	.auth_header = "x-api-key: ",
	.header = "anthropic-version: 2023-06-01",
	.path = "/v1/messages",
	.charge = CHARGE_APART,
	.build = build,
	.max_tokens = { "max_tokens" },
	.read = anthropic_read,
	.read_usage = anthropic_read_usage,
};
