/* SPDX-License-Identifier: MIT */
/*
 * OpenAI's completions of texts, as vLLM and others still have them: one prompt or several, and
 * each has its choices, in the order of the prompts.
 */
#include "base/xalloc.h"
#include "chat.h"
#include "fields.h"
#include "put.h"

#include <string.h>

/* What the vendor gives to who does not say how much. */
#define MAX_TOKENS_DEFAULT 16

/* == Reading == */

static bool is_token_list(const json_t *list)
{
	size_t i;
	json_t *token;
	json_array_foreach(list, i, token) if (!json_is_integer(token)) return false;
	return json_array_size(list) > 0;
}

/* Tokens stand for no text here: they are only counted. */
static bool read_one(struct ask *ask, const json_t *prompt)
{
	if (!ask_put_text(ask, prompt)) {
		if (!is_token_list(prompt))
			return false;
		ask->prompt_bytes += json_array_size(prompt) * ASK_TOKEN_BYTES;
	}
	ask_end_message(ask, ROLE_USER);
	return true;
}

static bool read_prompt(struct ask *ask, struct api_error *e)
{
	const json_t *prompt = json_object_get(ask->tree, "prompt");
	size_t i;
	json_t *one;
	if (!prompt)
		return fields_missing(e, "prompt");
	if (read_one(ask, prompt))
		return true;
	if (!json_is_array(prompt) || json_array_size(prompt) == 0)
		return fields_type(e, "prompt", "a string or an array");
	json_array_foreach(prompt, i, one) if (!read_one(ask, one)) return fields_type(
		e, "prompt", "an array of strings or of arrays of tokens");
	ask->prompts_n = (int64_t)json_array_size(prompt);
	ask->documents = prompt;
	return true;
}

static bool read_request(struct ask *ask, const struct arrival *a, struct api_error *e)
{
	static const struct number_rule numbers[] = {
		{ "max_tokens", true, 0, INT32_MAX },
		{ "n", true, 1, 128 },
		{ "best_of", true, 0, 20 },
		{ "logprobs", true, 0, 5 },
		{ "temperature", false, 0, 2 },
		{ "top_p", false, 0, 1 },
	};
	const json_t *limit, *choices;
	if (!fields_load(ask, a->body, e) || !chat_read_model(ask, a, e) ||
		!chat_read_stream(ask, e) ||
		!fields_numbers(ask->tree, numbers, sizeof numbers / sizeof *numbers, e) ||
		!chat_read_schema(
			ask, json_object_get(ask->tree, "response_format"), "response_format", e))
		return false;
	limit = json_object_get(ask->tree, "max_tokens");
	choices = json_object_get(ask->tree, "n");
	ask->max_tokens = json_is_integer(limit) ? json_integer_value(limit) : MAX_TOKENS_DEFAULT;
	ask->choices_n = json_is_integer(choices) ? json_integer_value(choices) : 1;
	return read_prompt(ask, e);
}

/* == Answering == */

static void put_head(struct buf *out, const struct answer *a)
{
	put_json(out, "{'id':'cmpl-%x','object':'text_completion','created':0,'model':%s", a->id,
		a->ask->model);
}

/* A choice, or a piece of one; finish may be NULL. */
static void put_choice(
	struct buf *out, const struct answer *a, size_t i, struct span text, const char *finish)
{
	put_json(out, "{'index':%d", (int64_t)i);
	if (answer_is_textless(a))
		buf_put_str(out, ",\"text\":null");
	else
		answer_put_text(out, a, ",\"text\":", text);
	buf_put_str(out, ",\"logprobs\":null,\"finish_reason\":");
	if (finish)
		put_string(out, span_of(finish));
	else
		buf_put_str(out, "null");
	buf_put_char(out, '}');
}

static struct buf whole(const struct answer *a)
{
	struct buf out;
	buf_init(&out, SIZE_MAX / 2);
	put_head(&out, a);
	buf_put_str(&out, ",\"choices\":[");
	for (size_t i = 0; i < a->choices_n; i++) {
		buf_put_str(&out, i ? "," : "");
		put_choice(&out, a, i, answer_text(a, i), chat_finish(a, a->choices[i].finish));
	}
	buf_put_char(&out, ']');
	chat_put_usage(&out, a);
	buf_put_char(&out, '}');
	return out;
}

static void put_chunk(
	struct buf *out, const struct answer *a, size_t i, struct span text, const char *finish)
{
	put_event(out, NULL);
	put_head(out, a);
	buf_put_str(out, ",\"choices\":[");
	put_choice(out, a, i, text, finish);
	buf_put_str(out, a->ask->wants_usage ? "],\"usage\":null}" : "]}");
	put_event_end(out);
}

static void put_last_chunks(struct buf *out, const struct answer *a)
{
	if (a->ask->wants_usage) {
		put_event(out, NULL);
		put_head(out, a);
		buf_put_str(out, ",\"choices\":[]");
		chat_put_usage(out, a);
		buf_put_char(out, '}');
		put_event_end(out);
	}
	buf_put_str(out, "data: [DONE]\n\n");
}

static struct buf stream(const struct answer *a)
{
	struct buf out;
	buf_init(&out, SIZE_MAX / 2);
	for (size_t i = 0; i < a->choices_n; i++) {
		struct span text = answer_text(a, i), piece;
		while (answer_take_piece(a, &text, &piece))
			put_chunk(&out, a, i, piece, NULL);
		if (answer_has_end(a))
			put_chunk(&out, a, i, SPAN(""), chat_finish(a, a->choices[i].finish));
	}
	if (a->plan.shape == SHAPE_ERROR)
		put_json(&out,
			"data: {'error':{'message':'Upstream failed.','type':'server_error',"
			"'param':null,'code':null}}\n\n");
	else if (answer_has_end(a))
		put_last_chunks(&out, a);
	return out;
}

const struct dialect dialect_completions = {
	.name = "completions",
	.key_header = "api-key",
	.id_header = "x-request-id",
	.id_prefix = "req_",
	.has_openai_headers = true,
	.family = FAMILY_OPENAI,
	.stream_type = REPLY_STREAM,
	.read = read_request,
	.whole = whole,
	.stream = stream,
	.refuse = openai_refuse,
};
