/* SPDX-License-Identifier: MIT */
/*
 * OpenAI Chat Completions: POST {base}/chat/completions, and everybody who speaks it.
 *
 * Requests are written straight into the buffer. Answers are read in openai_answer.c, streams in
 * openai_stream.c, errors in complaint.c.
 */
#include "api/api.h"

#include "api/chat.h"
#include "api/members.h"
#include "api/openai.h"
#include "api/vendors.h"
#include "json/schema.h"
#include "json/text.h"
#include "json/walk.h"

#include <string.h>

/* OpenAI refuses max_tokens for its reasoning models, many compatible servers know nothing else. */
static const char *max_tokens_name(const struct ask *ask)
{
	return strcmp(ask->endpoint->origin, "https://api.openai.com:443") == 0
		? "max_completion_tokens"
		: "max_tokens";
}

/* Asks for a stream, and for the usage at its end, which most streams bring only if asked. */
static void add_stream(struct members *m, const struct openai_style *style)
{
	members_add(m, "stream", SPAN("true"));
	if (style->has_stream_options)
		members_add(m, "stream_options.include_usage", SPAN("true"));
}

bool openai_put_format(struct buf *out, const struct schema *schema)
{
	return buf_put_str(
		       out, "{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"answer\",") &&
		buf_put_str(out, schema_is_strict(schema) ? "\"strict\":true," : "") &&
		buf_put_str(out, "\"schema\":") && buf_put_span(out, schema_text(schema)) &&
		buf_put_str(out, "}}");
}

/* Asks for what the schema says, or at least for JSON. */
static void add_format(struct members *m, const struct openai_style *style, const struct step *s,
	struct buf *format)
{
	if (s->schema && style->has_no_schemas)
		members_add(m, "response_format.type", SPAN("\"json_object\""));
	else if (s->schema && openai_put_format(format, s->schema))
		members_add(m, "response_format", buf_span(format));
}

bool openai_put_image(struct buf *out, const struct image *image)
{
	bool ok = buf_put_str(out, "{\"type\":\"image_url\",\"image_url\":{\"url\":\"");
	if (image->url)
		ok = ok && json_put_escaped(out, span_of(image->url));
	else
		ok = ok && buf_put_str(out, "data:") && buf_put_str(out, image->media_type) &&
			buf_put_str(out, ";base64,") && buf_put_span(out, buf_span(&image->base64));
	return ok && buf_put_str(out, "\"}}");
}

static bool put_user(const struct ask *ask, struct buf *body, struct fault *fault)
{
	bool is_plain = ask->images_n == 0;
	bool ok = buf_put_str(body,
		is_plain ? "{\"role\":\"user\",\"content\":\""
			 : "{\"role\":\"user\",\"content\":[");
	for (size_t i = 0; ok && i < ask->images_n; i++)
		ok = openai_put_image(body, &ask->images[i]) && buf_put_char(body, ',');
	ok = ok && (is_plain || buf_put_str(body, "{\"type\":\"text\",\"text\":\""));
	return ok && ask_put_prompt(ask, body, fault) &&
		buf_put_str(body, is_plain ? "\"}" : "\"}]}");
}

/* What was said, and what is wrong with it. */
static bool put_reask(const struct reask *r, struct buf *body)
{
	return buf_put_str(body, "{\"role\":\"assistant\",\"content\":") &&
		chat_put_quoted(body, r->answer) &&
		buf_put_str(body, "},{\"role\":\"user\",\"content\":") &&
		chat_put_quoted(body, r->complaint) && buf_put_char(body, '}');
}

/* The schema goes into words where there is no field for it; the word JSON must be among them. */
static bool put_system(
	const struct ask *ask, bool has_schema, struct buf *body, struct fault *fault)
{
	bool has_own = ask->step->has_system;
	bool ok = buf_put_str(body, "{\"role\":\"system\",\"content\":\"") &&
		(!has_own || ask_put_system(ask, body, fault));
	if (has_schema)
		ok = ok && buf_put_str(body, has_own ? "\\n\\n" : "") &&
			buf_put_str(body,
				"Answer with nothing but JSON that matches this JSON Schema: ") &&
			json_put_escaped(body, schema_text(ask->step->schema));
	return ok && buf_put_str(body, "\"}");
}

/* The messages: a system message first if there is one, then the user's or the record's own. */
static bool put_messages(const struct ask *ask, const struct openai_style *style, struct buf *body,
	struct fault *fault)
{
	bool has_schema = ask->step->schema && style->has_no_schemas;
	bool has_system = ask->step->has_system || has_schema;
	bool is_empty = ask->form == ASK_MESSAGES && json_is_empty(ask->own);
	if (has_system && !put_system(ask, has_schema, body, fault))
		return false;
	if (has_system && (!is_empty || ask->reask) && !buf_put_char(body, ','))
		return false;
	/* Brackets come off as quotes come off a string. */
	bool ok = ask->form == ASK_MESSAGES ? buf_put_span(body, json_inside(ask->own))
					    : put_user(ask, body, fault);
	if (!ask->reask)
		return ok;
	return ok && (is_empty || buf_put_char(body, ',')) && put_reask(ask->reask, body);
}

/* The messages as they are, or told anew if they are in another vendor's form. */
static bool put_all(const struct ask *ask, const struct openai_style *style, struct buf *body,
	struct fault *fault)
{
	if (ask->form != ASK_MESSAGES || !openai_are_foreign(ask->own))
		return put_messages(ask, style, body, fault);
	if (ask->step->schema && style->has_no_schemas)
		return chat_refuse(fault, "this API", "messages in Anthropic's form with --schema");
	return openai_put_told(ask, body, fault);
}

/* A whole request with the members that are given. */
static bool put_request(const struct ask *ask, const struct openai_style *style,
	const struct members *m, struct buf *body, struct fault *fault)
{
	*fault = (struct fault){ 0 };
	bool ok = buf_put_str(body, "{\"model\":") && buf_put_span(body, ask->model) &&
		buf_put_str(body, ",\"messages\":[") && put_all(ask, style, body, fault) &&
		buf_put_char(body, ']') && members_put(m, body) && buf_put_char(body, '}');
	return ok || (fault->code == ERROR_NONE && members_too_large(body, fault));
}

bool openai_build(const struct ask *ask, const struct openai_style *style, struct buf *body,
	struct fault *fault)
{
	const struct step *s = ask->step;
	struct members m;
	struct buf format;
	members_init(&m);
	buf_init(&format, SIZE_MAX / 4);
	if (!ask_has_words(ask, fault))
		return false;
	if (ask->endpoint->is_streamed)
		add_stream(&m, style);
	if (ask->max_tokens) {
		/* Whichever of the two a record's own body has must go. */
		members_drop(&m, "max_tokens");
		members_drop(&m, "max_completion_tokens");
		members_add_int(&m, style->max_tokens ? style->max_tokens : max_tokens_name(ask),
			ask->max_tokens);
	}
	add_format(&m, style, s, &format);
	members_add_params(&m, ask);
	bool ok = ask->form == ASK_BODY ? members_put_over_body(&m, ask, "model", body, fault)
					: put_request(ask, style, &m, body, fault);
	buf_release(&format);
	return ok;
}

static bool build(const struct ask *ask, struct buf *body, struct fault *fault)
{
	static const struct openai_style style = { .has_stream_options = true };
	return openai_build(ask, &style, body, fault);
}

const struct api api_openai = {
	.name = "openai",
	VENDOR_OPENAI,
	.path = "/chat/completions",
	.charge = CHARGE_LARGER,
	.build = build,
	.max_tokens = { OPENAI_MAX_TOKENS },
	.seed = "seed",
	.read = openai_read,
	.read_usage = openai_read_usage,
};
