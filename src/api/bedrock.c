/* SPDX-License-Identifier: MIT */
/*
 * Bedrock Converse: POST {base}/model/{model}/converse, or /converse-stream, which is answered in
 * Amazon's binary frames.
 *
 * Messages in Converse's own form go out byte for byte, others are told in its words (turns.h). No
 * limit of tokens is sent unless the user gives one, though Bedrock then counts the model's largest
 * on its quota. Answers are read in bedrock_answer.c, streams in bedrock_stream.c, errors in
 * complaint.c.
 */
#include "api/api.h"

#include "api/bedrock.h"
#include "api/members.h"
#include "api/turns.h"
#include "json/schema.h"
#include "json/text.h"
#include "json/walk.h"

/* Converse's blocks are told apart by their only key; everybody else's say their type. */
static bool is_own(struct span message)
{
	struct span content = json_member(message, SPAN("content"));
	struct json_walk walk;
	if (!turns_is_plain(message) || !json_is(content, JSON_KIND_ARRAY))
		return false;
	json_walk_init(&walk, content);
	while (json_walk_next(&walk))
		if (json_kind(walk.value) != JSON_KIND_OBJECT ||
			json_member(walk.value, SPAN("type")).at)
			return false;
	return true;
}

static bool put_text(struct buf *out, struct span text)
{
	return buf_put_str(out, "{\"text\":") && chat_put_quoted(out, text) &&
		buf_put_char(out, '}');
}

static bool put_image(struct buf *out, const struct chat_part *part, struct fault *fault)
{
	const char *kind = turns_picture(part->media_type, "bedrock", fault);
	return kind && buf_put_str(out, "{\"image\":{\"format\":\"") && buf_put_str(out, kind) &&
		buf_put_str(out, "\",\"source\":{\"bytes\":") && chat_put_quoted(out, part->data) &&
		buf_put_str(out, "}}}");
}

static bool put_call(struct buf *out, const struct chat_part *part, struct fault *fault)
{
	if (!part->id.at || !part->name.at)
		return chat_refuse(fault, "bedrock", "tool call without an id and a name");
	return buf_put_str(out, "{\"toolUse\":{\"toolUseId\":") && chat_put_quoted(out, part->id) &&
		buf_put_str(out, ",\"name\":") && chat_put_quoted(out, part->name) &&
		buf_put_str(out, ",\"input\":") && buf_put_span(out, part->args) &&
		buf_put_str(out, "}}");
}

static bool put_result(struct buf *out, const struct chat_part *part, struct fault *fault)
{
	if (!part->id.at)
		return chat_refuse(fault, "bedrock", "tool's result without a tool_call_id");
	return buf_put_str(out, "{\"toolResult\":{\"toolUseId\":") &&
		chat_put_quoted(out, part->id) && buf_put_str(out, ",\"content\":[") &&
		/* An empty text is none that it takes. */
		(part->text.n == 0 || put_text(out, part->text)) && buf_put_str(out, "]}}");
}

static bool put_block(
	struct buf *out, const struct chat_part *part, const struct chat *chat, struct fault *fault)
{
	(void)chat;
	switch (part->kind) {
	case CHAT_TEXT:
		return put_text(out, part->text);
	case CHAT_IMAGE:
		return put_image(out, part, fault);
	case CHAT_IMAGE_URL:
		return chat_refuse(fault, "bedrock", "image by its URL: give the file itself");
	case CHAT_CALL:
		return put_call(out, part, fault);
	case CHAT_RESULT:
		return put_result(out, part, fault);
	}
	return false;
}

static const struct turns_style style = { .is_own = is_own, .put = put_block };

/* A whole request with the members that are given; the model is in the path. */
static bool put_request(
	const struct ask *ask, struct members *m, struct buf *body, struct fault *fault)
{
	struct turns turns;
	struct buf system;
	*fault = (struct fault){ 0 };
	buf_init(&system, body->max);
	bool ok = turns_init(&turns, ask, &style, fault);
	if (ok && turns.chat.has_system) {
		ok = buf_put_char(&system, '[') &&
			put_text(&system, buf_span(&turns.chat.system)) &&
			buf_put_char(&system, ']');
		members_add(m, "system", buf_span(&system));
	}
	members_add_params(m, ask);
	ok = ok && buf_put_str(body, "{\"messages\":[") && turns_put(&turns, body, fault) &&
		buf_put_char(body, ']') && members_put(m, body) && buf_put_char(body, '}');
	buf_release(&system);
	turns_release(&turns);
	if (!ok && fault->code == ERROR_NONE)
		members_too_large(body, fault);
	return ok;
}

/* The schema itself is wanted as a string. */
static bool put_format(struct buf *out, const struct schema *schema)
{
	return buf_put_str(out, "{\"type\":\"json_schema\",\"structure\":{\"jsonSchema\":{") &&
		buf_put_str(out, "\"name\":\"answer\",\"schema\":\"") &&
		json_put_escaped(out, schema_text(schema)) && buf_put_str(out, "\"}}}");
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
	if (ask->max_tokens)
		members_add_int(&m, "inferenceConfig.maxTokens", ask->max_tokens);
	if (s->schema && put_format(&format, s->schema))
		members_add(&m, "outputConfig.textFormat", buf_span(&format));
	bool ok;
	if (ask->form == ASK_BODY) {
		members_drop(&m, "model"); /* it went into the path */
		members_add_params(&m, ask);
		ok = members_put_over_body(&m, ask, NULL, body, fault);
	} else {
		ok = put_request(ask, &m, body, fault);
	}
	buf_release(&format);
	return ok;
}

const struct api api_bedrock = {
	.name = "bedrock",
	.is_signed = true,
	.base_url = "https://bedrock-runtime.{region}.amazonaws.com",
	.base_url_env = "AWS_ENDPOINT_URL_BEDROCK_RUNTIME",
	.key_env = "AWS_BEARER_TOKEN_BEDROCK",
	.auth_header = "Authorization: Bearer ",
	.path = "/model/{model}/converse",
	.stream_path = "/model/{model}/converse-stream",
	.charge = CHARGE_SUM,
	.build = build,
	.max_tokens = { "inferenceConfig.maxTokens" },
	.read = bedrock_read,
	.read_usage = bedrock_read_usage,
};
