/* SPDX-License-Identifier: MIT */
/*
 * Google's Gemini: POST {base}/v1beta/models/{model}:generateContent.
 *
 * The model is in the path and nowhere else: a body with a "model" in it is refused there, so that
 * of a record's own body is taken out. Google takes the names of fields in both of the styles that
 * its documentation mixes (generationConfig, generation_config), but not one field in two; what we
 * add to a record's own body is written as that body is.
 *
 * Answers are read in gemini_answer.c, errors in complaint.c.
 */
#include "api/gemini.h"

#include "api/api.h"
#include "api/chat.h"
#include "api/members.h"
#include "api/vendors.h"
#include "json/schema.h"
#include "json/walk.h"

#include <string.h>

/* The names of what we set, in either style. */
struct style {
	const char *max_tokens;
	const char *media_type;
	const char *schema;
};

static const struct style camel_case = {
	.max_tokens = "generationConfig.maxOutputTokens",
	.media_type = "generationConfig.responseMimeType",
	.schema = "generationConfig.responseJsonSchema",
};

static const struct style snake_case = {
	.max_tokens = "generation_config.max_output_tokens",
	.media_type = "generation_config.response_mime_type",
	.schema = "generation_config.response_json_schema",
};

static struct span either(struct span object, const char *camel, const char *snake)
{
	struct span value = json_member(object, span_of(camel));
	return value.at ? value : json_member(object, span_of(snake));
}

static struct span config_of(struct span body)
{
	return either(body, "generationConfig", "generation_config");
}

static bool means_one(struct span count)
{
	return !count.at || span_is(count, "1") || span_is(count, "null");
}

static struct span candidates_in(struct span config)
{
	return either(config, "candidateCount", "candidate_count");
}

/* How many candidates a --param asks for; missing if it does not say. */
static struct span candidates_of(const struct param *param)
{
	struct span name = span_of(param->key);
	struct span value = span_of(param->json);
	const char *dot = strchr(param->key, '.');
	if (dot)
		name.n = (size_t)(dot - param->key);
	if (!span_is(name, "generationConfig") && !span_is(name, "generation_config"))
		return (struct span){ 0 };
	if (!dot)
		return candidates_in(value);
	bool is_count = strcmp(dot, ".candidateCount") == 0 || strcmp(dot, ".candidate_count") == 0;
	return is_count ? value : (struct span){ 0 };
}

/* Several candidates would be paid for, and all but one lost. What --param says takes the place. */
static bool check_candidates(const struct ask *ask, struct fault *fault)
{
	bool is_one = true, is_said = false;
	for (size_t i = 0; i < ask->step->params_n; i++) {
		struct span n = candidates_of(&ask->step->params[i]);
		is_said |= n.at != NULL;
		is_one &= means_one(n);
	}
	if (!is_said && ask->form == ASK_BODY)
		is_one = means_one(candidates_in(config_of(ask->own)));
	return is_one ||
		fault_set(fault, ERROR_BAD_RECORD,
			"candidateCount must be 1 or absent: a record has one answer");
}

/*
 * What a URL's last letters say of the image; Google asks for it, and finds out by itself if not.
 */
static const char *media_type_of(struct span url)
{
	static const struct {
		const char *end, *type;
	} types[] = {
		{ ".png", "image/png" },
		{ ".jpg", "image/jpeg" },
		{ ".jpeg", "image/jpeg" },
		{ ".webp", "image/webp" },
		{ ".gif", "image/gif" },
		{ ".bmp", "image/bmp" },
		{ ".heic", "image/heic" },
		{ ".heif", "image/heif" },
	};
	size_t n = 0;
	while (n < url.n && url.at[n] != '?' && url.at[n] != '#')
		n++;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		size_t end_n = strlen(types[i].end);
		if (n > end_n && strncasecmp(url.at + n - end_n, types[i].end, end_n) == 0)
			return types[i].type;
	}
	return NULL;
}

/* Google fetches what is at https and gs, and the files that were uploaded to it. */
static bool put_url(struct buf *out, struct span url, struct fault *fault)
{
	const struct span plain = SPAN("http:");
	if (url.n >= plain.n && strncasecmp(url.at, plain.at, plain.n) == 0)
		return chat_refuse(fault, "gemini",
			"image from plain http; give an https URL, a file, or a data: URL");
	const char *type = media_type_of(url);
	bool ok = buf_put_str(out, "{\"fileData\":{");
	if (type)
		ok = ok && buf_put_str(out, "\"mimeType\":\"") && buf_put_str(out, type) &&
			buf_put_str(out, "\",");
	return ok && buf_put_str(out, "\"fileUri\":") && chat_put_quoted(out, url) &&
		buf_put_str(out, "}}");
}

/* Ids go back as they came: newer models match results to calls by them. */
static bool put_id(struct buf *out, struct span id)
{
	return !id.at ||
		(buf_put_str(out, "\"id\":") && chat_put_quoted(out, id) && buf_put_char(out, ','));
}

static bool put_call(struct buf *out, const struct chat_part *part, struct fault *fault)
{
	if (!part->name.at)
		return chat_refuse(fault, "gemini", "tool call without a name");
	return buf_put_str(out, "{\"functionCall\":{") && put_id(out, part->id) &&
		buf_put_str(out, "\"name\":") && chat_put_quoted(out, part->name) &&
		buf_put_str(out, ",\"args\":") && buf_put_span(out, part->args) &&
		buf_put_str(out, "}}");
}

static bool put_result(
	struct buf *out, const struct chat_part *part, const struct chat *chat, struct fault *fault)
{
	struct span name = chat_tool_name(chat, part);
	if (!name.at)
		return chat_refuse(fault, "gemini",
			"tool's result without the tool's name: give it a \"name\", or the id of a call before it");
	return buf_put_str(out, "{\"functionResponse\":{") && put_id(out, part->id) &&
		buf_put_str(out, "\"name\":") && chat_put_quoted(out, name) &&
		buf_put_str(out, ",\"response\":{\"output\":") &&
		chat_put_quoted(out, part->text) && buf_put_str(out, "}}}");
}

static bool put_part(
	struct buf *out, const struct chat_part *part, const struct chat *chat, struct fault *fault)
{
	switch (part->kind) {
	case CHAT_TEXT:
		return buf_put_str(out, "{\"text\":") && chat_put_quoted(out, part->text) &&
			buf_put_char(out, '}');
	case CHAT_IMAGE:
		return buf_put_str(out, "{\"inlineData\":{\"mimeType\":") &&
			chat_put_quoted(out, part->media_type) && buf_put_str(out, ",\"data\":") &&
			chat_put_quoted(out, part->data) && buf_put_str(out, "}}");
	case CHAT_IMAGE_URL:
		return put_url(out, part->text, fault);
	case CHAT_CALL:
		return put_call(out, part, fault);
	case CHAT_RESULT:
		return put_result(out, part, chat, fault);
	}
	return false;
}

/*
 * One content for each turn that says something. Results of tools that follow each other are one:
 * the calls of one answer must all be answered in one.
 */
static bool put_contents(struct buf *out, const struct chat *chat, struct fault *fault)
{
	const struct chat_turn *before = NULL;
	bool ok = buf_put_str(out, "{\"contents\":[");
	for (size_t i = 0; ok && i < chat->turns_n; i++) {
		const struct chat_turn *turn = &chat->turns[i];
		if (turn->parts_n == 0)
			continue;
		if (before && before->role == CHAT_TOOL && turn->role == CHAT_TOOL)
			ok = buf_put_char(out, ',');
		else
			ok = buf_put_str(out, before ? "]},{\"role\":\"" : "{\"role\":\"") &&
				buf_put_str(out, turn->role == CHAT_ASSISTANT ? "model" : "user") &&
				buf_put_str(out, "\",\"parts\":[");
		ok = ok && chat_put_parts(out, chat, turn, put_part, fault);
		before = turn;
	}
	return ok && buf_put_str(out, before ? "]}]" : "]");
}

static bool put_system(
	const struct ask *ask, const struct chat *chat, struct buf *out, struct fault *fault)
{
	return !chat->has_system ||
		(members_check_system(ask->step, "systemInstruction", fault) &&
			members_check_system(ask->step, "system_instruction", fault) &&
			buf_put_str(out, ",\"systemInstruction\":{\"parts\":[{\"text\":") &&
			chat_put_quoted(out, buf_span(&chat->system)) && buf_put_str(out, "}]}"));
}

static bool put_request(
	const struct ask *ask, const struct members *m, struct buf *body, struct fault *fault)
{
	struct chat chat;
	*fault = (struct fault){ 0 };
	bool ok = chat_init(&chat, ask, fault) && put_contents(body, &chat, fault) &&
		put_system(ask, &chat, body, fault) && members_put(m, body) &&
		buf_put_char(body, '}');
	chat_release(&chat);
	return ok || (fault->code == ERROR_NONE && members_too_large(body, fault));
}

static bool build(const struct ask *ask, struct buf *body, struct fault *fault)
{
	const struct step *s = ask->step;
	bool is_own = ask->form == ASK_BODY;
	bool is_snake = is_own ? json_member(ask->own, SPAN("generation_config")).at != NULL
			       : members_has_param(s, "generation_config");
	const struct style *style = is_snake ? &snake_case : &camel_case;
	struct ask unseeded = *ask;
	struct members m;
	unseeded.sample = -1;
	members_init(&m);
	if (!ask_has_words(ask, fault) || !check_candidates(ask, fault))
		return false;
	if (ask->max_tokens)
		members_add_int(&m, style->max_tokens, ask->max_tokens);
	if (s->schema) {
		members_add(&m, style->media_type, SPAN("\"application/json\""));
		members_add(&m, style->schema, schema_text(s->schema));
	}
	members_add_params(&m, is_snake ? &unseeded : ask); /* our seed's name is in camel case */
	if (!is_own)
		return put_request(ask, &m, body, fault);
	members_drop(&m, "model"); /* the path has it */
	return members_put_over_body(&m, ask, NULL, body, fault);
}

const struct api api_gemini = {
	.name = "gemini",
	VENDOR_GEMINI,
	.path = "/v1beta/models/{model}:generateContent",
	.stream_path = "/v1beta/models/{model}:streamGenerateContent?alt=sse",
	.charge = CHARGE_INPUT,
	.build = build,
	.max_tokens = { "generationConfig.maxOutputTokens", "generation_config.max_output_tokens" },
	.seed = "generationConfig.seed",
	.read = gemini_read,
	.read_usage = gemini_read_usage,
};
