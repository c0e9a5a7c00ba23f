/* SPDX-License-Identifier: MIT */
/*
 * OpenAI's moderations: each text is judged. Here one is flagged, for violence, if it contains the
 * word `flag`.
 */
#include "chat.h"
#include "fields.h"
#include "put.h"

#include <string.h>

#define MODEL_DEFAULT "omni-moderation-latest"
#define CULPRIT "violence"

/* == Reading == */

static bool read_part(struct ask *ask, const json_t *part, struct api_error *e)
{
	const char *kind = fields_text(part, "type");
	if (kind && strcmp(kind, "image_url") == 0) {
		ask->images_n++;
		return fields_text(json_object_get(part, "image_url"), "url") ||
			fields_missing(e, "input[].image_url.url");
	}
	if (!kind || strcmp(kind, "text") != 0)
		return fields_value(e, "input[].type", kind ? kind : "");
	return ask_put_text(ask, json_object_get(part, "text")) ||
		fields_missing(e, "input[].text");
}

static bool read_list(struct ask *ask, const json_t *input, struct api_error *e)
{
	bool are_texts = json_is_string(json_array_get(input, 0));
	size_t i;
	json_t *item;
	json_array_foreach(input, i, item)
	{
		if (!are_texts && !read_part(ask, item, e))
			return false;
		if (are_texts && !ask_put_text(ask, item))
			return fields_type(e, "input", "an array of strings");
		if (are_texts)
			ask_end_message(ask, ROLE_USER);
	}
	if (are_texts)
		ask->documents = input;
	else
		ask_end_message(ask, ROLE_USER);
	return true;
}

static bool read_request(struct ask *ask, const struct arrival *a, struct api_error *e)
{
	const json_t *input;
	if (!fields_load(ask, a->body, e))
		return false;
	ask->model = fields_text(ask->tree, "model");
	if (!ask->model)
		ask->model = MODEL_DEFAULT;
	input = json_object_get(ask->tree, "input");
	if (!input)
		return fields_missing(e, "input");
	if (ask_put_text(ask, input)) {
		ask_end_message(ask, ROLE_USER);
		return true;
	}
	if (!json_is_array(input) || json_array_size(input) == 0)
		return fields_type(e, "input", "a string or an array");
	return read_list(ask, input, e);
}

/* == Answering == */

static const char *const categories[] = { "harassment", "harassment/threatening", "hate",
	"hate/threatening", "illicit", "illicit/violent", "self-harm", "self-harm/intent",
	"self-harm/instructions", "sexual", "sexual/minors", CULPRIT, "violence/graphic" };

enum { CATEGORIES_N = sizeof categories / sizeof *categories };

static bool is_flagged(struct span text)
{
	return memmem(text.at, text.n, "flag", 4) != NULL;
}

static void put_result(struct buf *out, const struct answer *a, struct span text)
{
	bool flagged = is_flagged(text);
	put_json(out, "{'flagged':%r,'categories':{",
		a->plan.shape == SHAPE_NUMBER ? "42"
			: flagged             ? "true"
					      : "false");
	for (int i = 0; i < CATEGORIES_N; i++)
		put_json(out, "%r%s:%r", i ? "," : "", categories[i],
			flagged && strcmp(categories[i], CULPRIT) == 0 ? "true" : "false");
	buf_put_str(out, "},\"category_scores\":{");
	for (int i = 0; i < CATEGORIES_N; i++)
		put_json(out, "%r%s:%r", i ? "," : "", categories[i],
			flagged && strcmp(categories[i], CULPRIT) == 0 ? "0.9731" : "0.0001");
	buf_put_str(out, "},\"category_applied_input_types\":{");
	for (int i = 0; i < CATEGORIES_N; i++)
		put_json(out, "%r%s:['text']", i ? "," : "", categories[i]);
	buf_put_str(out, "}}");
}

static struct buf whole(const struct answer *a)
{
	struct buf out;
	size_t n = a->ask->documents ? json_array_size(a->ask->documents) : 1;
	buf_init(&out, SIZE_MAX / 2);
	put_json(&out, "{'id':'modr-%x','model':%s", a->id, a->ask->model);
	if (a->plan.shape == SHAPE_EMPTY)
		n = 0;
	if (a->plan.shape != SHAPE_MISSING)
		buf_put_str(&out, ",\"results\":[");
	for (size_t i = 0; i < n && a->plan.shape != SHAPE_MISSING; i++) {
		const json_t *one = json_array_get(a->ask->documents, i);
		struct span text = buf_span(&a->ask->prompt);
		if (one)
			text = (struct span){ json_string_value(one), json_string_length(one) };
		buf_put_str(&out, i ? "," : "");
		put_result(&out, a, text);
	}
	buf_put_str(&out, a->plan.shape == SHAPE_MISSING ? "}" : "]}");
	return out;
}

const struct dialect dialect_moderations = {
	.name = "moderations",
	.id_header = "x-request-id",
	.id_prefix = "req_",
	.has_openai_headers = true,
	.has_refusals = true,
	.family = FAMILY_OPENAI,
	.read = read_request,
	.whole = whole,
	.refuse = openai_refuse,
};
