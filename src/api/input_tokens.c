/* SPDX-License-Identifier: MIT */
/*
 * A walk through the body by the names of its fields. Whatever is a string and is not known to be
 * something else is taken to be text: so a field that nobody thought of is counted, not missed.
 * What a message costs beside its text, and the beginning of an answer, is OpenAI's: four tokens
 * and three.
 */
#include "api/input_tokens.h"

#include "json/text.h"
#include "json/walk.h"
#include "work/tokens.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum {
	MESSAGE_TOKENS = 4,
	ANSWER_BEGINS_TOKENS = 3,
	PICTURE_TOKENS = 1000,
};

#define DATA_URL SPAN("data:")

/* What a field holds. */
enum field { FIELD_TEXT, FIELD_NOTHING, FIELD_AS_IT_STANDS, FIELD_PICTURE };

static enum field field_of(struct span key)
{
	static const struct {
		const char *name;
		enum field field;
	} fields[] = {
		{ "model", FIELD_NOTHING },
		{ "role", FIELD_NOTHING },
		{ "type", FIELD_NOTHING },
		{ "id", FIELD_NOTHING },
		{ "tool_call_id", FIELD_NOTHING },
		{ "tool_use_id", FIELD_NOTHING },
		{ "toolUseId", FIELD_NOTHING },
		{ "call_id", FIELD_NOTHING },
		{ "media_type", FIELD_NOTHING },
		{ "mime_type", FIELD_NOTHING },
		{ "mimeType", FIELD_NOTHING },
		{ "detail", FIELD_NOTHING },
		{ "effort", FIELD_NOTHING },
		{ "reasoning_effort", FIELD_NOTHING },
		{ "verbosity", FIELD_NOTHING },
		{ "service_tier", FIELD_NOTHING },
		{ "anthropic_version", FIELD_NOTHING },
		{ "cache_control", FIELD_NOTHING },
		{ "prompt_cache_key", FIELD_NOTHING },
		{ "keep_alive", FIELD_NOTHING },
		{ "metadata", FIELD_NOTHING },
		{ "user", FIELD_NOTHING },
		{ "stop", FIELD_NOTHING },
		{ "stop_sequences", FIELD_NOTHING },
		{ "tool_choice", FIELD_NOTHING },
		{ "encoding_format", FIELD_NOTHING },
		{ "tools", FIELD_AS_IT_STANDS },
		{ "functions", FIELD_AS_IT_STANDS },
		{ "toolConfig", FIELD_AS_IT_STANDS },
		{ "schema", FIELD_AS_IT_STANDS },
		{ "json_schema", FIELD_AS_IT_STANDS },
		{ "jsonSchema", FIELD_AS_IT_STANDS },
		{ "format", FIELD_AS_IT_STANDS },
		{ "responseSchema", FIELD_AS_IT_STANDS },
		{ "responseJsonSchema", FIELD_AS_IT_STANDS },
		{ "images", FIELD_PICTURE },
		{ "image_url", FIELD_PICTURE },
		{ "inlineData", FIELD_PICTURE },
		{ "inline_data", FIELD_PICTURE },
		{ "fileData", FIELD_PICTURE },
		{ "source", FIELD_PICTURE },
	};
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		if (json_key_is(key, span_of(fields[i].name)))
			return fields[i].field;
	return FIELD_TEXT;
}

/* A field that holds a picture in one API may hold something else in another: this is one. */
static bool is_picture(struct span value)
{
	switch (json_kind(value)) {
	case JSON_KIND_STRING:
		return true;
	case JSON_KIND_OBJECT:
		return json_member(value, SPAN("url")).at || json_member(value, SPAN("data")).at ||
			json_member(value, SPAN("bytes")).at ||
			json_member(value, SPAN("file_id")).at ||
			json_member(value, SPAN("fileUri")).at;
	default:
		return false;
	}
}

static double weigh_string(struct span text)
{
	bool is_data = text.n >= DATA_URL.n && memcmp(text.at, DATA_URL.at, DATA_URL.n) == 0;
	return is_data ? PICTURE_TOKENS : tokens_estimate(text);
}

static double weigh_value(struct span value, enum field field);

/* An array's items are what the field is that holds it. */
static double weigh_members(struct span value, enum field field)
{
	struct json_walk w;
	double tokens = 0;
	json_walk_init(&w, value);
	while (json_walk_next(&w)) {
		if (w.in_object && json_key_is(w.key, SPAN("role")))
			tokens += MESSAGE_TOKENS;
		tokens += weigh_value(w.value, w.in_object ? field_of(w.key) : field);
	}
	return tokens;
}

static double weigh_value(struct span value, enum field field)
{
	if (field == FIELD_NOTHING)
		return 0;
	if (field == FIELD_AS_IT_STANDS)
		return tokens_estimate(value);
	if (field == FIELD_PICTURE && is_picture(value))
		return PICTURE_TOKENS;
	switch (json_kind(value)) {
	case JSON_KIND_STRING:
		return weigh_string(json_inside(value));
	case JSON_KIND_ARRAY:
	case JSON_KIND_OBJECT:
		return weigh_members(value, field);
	default:
		return 0;
	}
}

double input_tokens_estimate(struct span body)
{
	return ANSWER_BEGINS_TOKENS + weigh_value(body, FIELD_TEXT);
}
