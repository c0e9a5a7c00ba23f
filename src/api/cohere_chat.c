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
#include "api/vendors.h"
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

/* The record's own messages between -s and, at a second time, what was wrong with the answer. */
static bool put_own(const struct ask *ask, struct buf *body, struct fault *fault)
{
	const struct reask *again = ask->reask;
	if (ask->step->has_system &&
		!(openai_open_message(body, "system") && buf_put_str(body, ",\"content\":\"") &&
			ask_put_system(ask, body, fault) && buf_put_str(body, "\"},")))
		return false;
	/* Brackets come off as quotes come off a string. */
	return buf_put_span(body, json_inside(ask->own)) &&
		(!again ||
			(openai_put_message(body, "assistant", again->answer) &&
				openai_put_message(body, "user", again->complaint)));
}

/* A whole request with the members that are given. */
static bool put_request(
	const struct ask *ask, const struct members *m, struct buf *body, struct fault *fault)
{
	*fault = (struct fault){ 0 };
	bool ok = buf_put_str(body, "{\"model\":") && buf_put_span(body, ask->model) &&
		buf_put_str(body, ",\"messages\":[") &&
		(messages_fit(ask) ? put_own : openai_put_told)(ask, body, fault) &&
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
	if (ask->max_tokens)
		members_add_int(&m, "max_tokens", ask->max_tokens);
	if (s->schema && put_format(&format, s->schema))
		members_add(&m, "response_format", buf_span(&format));
	members_add_params(&m, ask);
	bool ok = ask->form == ASK_BODY ? members_put_over_body(&m, ask, "model", body, fault)
					: put_request(ask, &m, body, fault);
	buf_release(&format);
	return ok;
}

const struct api api_cohere = {
	.name = API_NAME,
	VENDOR_COHERE,
	.path = "/v2/chat",
	.charge = CHARGE_SUM,
	.build = build,
	.max_tokens = { OPENAI_MAX_TOKENS },
	.seed = "seed",
	.read = cohere_read,
	.read_usage = cohere_read_usage,
};
