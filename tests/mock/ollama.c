/* SPDX-License-Identifier: MIT */
/*
 * Ollama's own chat: a stream of lines unless `"stream":false`, errors that are a string. What came
 * from its cache is not counted: then the count of the prompt is left out.
 */
#include "dialect.h"
#include "fields.h"
#include "put.h"

#include <string.h>

#define WHEN "2026-01-01T00:00:00.000000Z"

/* == Reading == */

static bool is_base64(const char *text)
{
	return text && *text &&
		strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=") ==
		strlen(text);
}

/* Only bytes: neither a URL nor a data URL. */
static bool read_images(struct ask *ask, const json_t *images, struct api_error *e)
{
	size_t i;
	json_t *image;
	json_array_foreach(images, i, image)
	{
		if (!is_base64(json_string_value(image))) {
			api_error_say(e, "illegal base64 data at input byte 4");
			return false;
		}
		ask->images_n++;
	}
	return true;
}

static bool read_message(struct ask *ask, const json_t *message, struct api_error *e)
{
	static const char *const roles[] = { "user", "assistant", "system", "tool", NULL };
	const char *role = fields_text(message, "role");
	const json_t *content = json_object_get(message, "content");
	if (!fields_is_one_of(role, roles)) {
		api_error_say(e, "invalid role: %.40s, must be one of [system user assistant tool]",
			role ? role : "");
		return false;
	}
	if (content && !json_is_null(content) && !ask_put_text(ask, content)) {
		api_error_say(e,
			"json: cannot unmarshal array into Go struct field ChatRequest.messages.content of "
			"type string");
		return false;
	}
	if (!read_images(ask, json_object_get(message, "images"), e))
		return false;
	ask_end_message(ask,
		*role == 'u'           ? ROLE_USER
			: *role == 'a' ? ROLE_ASSISTANT
			: *role == 's' ? ROLE_SYSTEM
				       : ROLE_TOOL);
	return true;
}

static bool read_format(struct ask *ask, struct api_error *e)
{
	const json_t *format = json_object_get(ask->tree, "format");
	const char *name = json_string_value(format);
	if (!format || json_is_null(format) || (name && !*name))
		return true;
	if (json_is_object(format))
		ask->schema = format;
	else if (name && strcmp(name, "json") == 0)
		ask->wants_json = true;
	else
		api_error_say(e, "invalid format: expected \"json\" or a JSON schema");
	return ask->schema || ask->wants_json;
}

static bool read_request(struct ask *ask, const struct arrival *a, struct api_error *e)
{
	const json_t *messages, *options;
	size_t i;
	json_t *message;
	e->voice = VOICE_PLAIN;
	ask->is_streamed = true;
	if (!fields_load(ask, a->body, e) || !fields_model(ask, e) ||
		!fields_flag(ask->tree, "stream", &ask->is_streamed, e) || !read_format(ask, e))
		return false;
	options = json_object_get(ask->tree, "options");
	if (options && !json_is_object(options))
		return fields_type(e, "options", "an object");
	if (fields_whole(options, "num_predict") > 0)
		ask->max_tokens = fields_whole(options, "num_predict");
	messages = json_object_get(ask->tree, "messages");
	if (messages && !json_is_array(messages))
		return fields_type(e, "messages", "a list");
	json_array_foreach(messages, i, message) if (!read_message(ask, message, e)) return false;
	return true;
}

/* == Answering == */

static void put_head(struct buf *out, const struct answer *a)
{
	put_json(out, "{'model':%s,'created_at':'" WHEN "'", a->ask->model);
}

static const char *finish_of(const struct answer *a)
{
	static const char *const names[FINISHES_N] = { "stop", "length", "stop", "stop", "stop",
		"stop", "pondering" };
	return names[a->choices_n ? a->choices[0].finish : FINISH_STOP];
}

static void put_end(struct buf *out, const struct answer *a)
{
	put_json(out,
		",'done':true,'done_reason':%s,'total_duration':5043500667,"
		"'load_duration':5025959",
		finish_of(a));
	if (a->plan.shape != SHAPE_NO_USAGE && !a->plan.cached)
		put_json(out, ",'prompt_eval_count':%r", answer_shown(a, a->input).text);
	put_json(out, ",'prompt_eval_duration':325953000");
	if (a->plan.shape != SHAPE_NO_USAGE)
		put_json(out, ",'eval_count':%r",
			answer_shown(a, a->output + a->plan.reasoning).text);
	put_json(out, ",'eval_duration':4709213000}");
}

static void open_message(struct buf *out)
{
	put_json(out, ",'message':{'role':'assistant'");
}

static void put_call(struct buf *out)
{
	put_json(out, ",'content':'','tool_calls':[{'function':{'name':%s,'arguments':%r}}]",
		ANSWER_TOOL, ANSWER_TOOL_ARGUMENTS);
}

static bool is_call(const struct answer *a)
{
	return a->choices_n && a->choices[0].finish == FINISH_TOOLS;
}

static struct buf whole(const struct answer *a)
{
	struct buf out;
	buf_init(&out, SIZE_MAX / 2);
	put_head(&out, a);
	if (a->choices_n) {
		open_message(&out);
		if (is_call(a))
			put_call(&out);
		else
			answer_put_text(&out, a, ",\"content\":", answer_text(a, 0));
		if (a->plan.reasoning)
			put_json(&out, ",'thinking':%s", ANSWER_THOUGHT);
		buf_put_char(&out, '}');
	}
	put_end(&out, a);
	return out;
}

static void put_line(struct buf *out, const struct answer *a, const char *name, struct span piece)
{
	put_head(out, a);
	open_message(out);
	if (strcmp(name, "content") == 0)
		answer_put_text(out, a, ",\"content\":", piece);
	else
		put_json(out, ",'content':'',%s:%t", name, piece);
	put_json(out, "},'done':false}\n");
}

static struct buf stream(const struct answer *a)
{
	struct buf out;
	struct span text = { 0 }, piece;
	buf_init(&out, SIZE_MAX / 2);
	if (a->plan.reasoning)
		put_line(&out, a, "thinking", SPAN(ANSWER_THOUGHT));
	if (is_call(a)) {
		put_head(&out, a);
		open_message(&out);
		put_call(&out);
		put_json(&out, "},'done':false}\n");
	} else if (a->choices_n) {
		text = answer_text(a, 0);
	}
	while (answer_take_piece(a, &text, &piece))
		put_line(&out, a, "content", piece);
	if (a->plan.shape == SHAPE_ERROR)
		put_json(&out, "{'error':'an error was encountered while running the model'}\n");
	if (!answer_has_end(a))
		return out;
	put_head(&out, a);
	if (a->choices_n)
		put_json(&out, ",'message':{'role':'assistant','content':''}");
	put_end(&out, a);
	buf_put_char(&out, '\n');
	return out;
}

static void refuse(struct reply *r, const struct api_error *e)
{
	static const struct error_row rows[] = {
		{ "invalid_api_key", 0, 401, "", "unauthorized" },
		{ "model_not_found", 0, 404, "", "model 'no-such-model' not found" },
		{ "unknown_url", 0, 404, "", "404 page not found" },
		{ "insufficient_quota", 0, 429, "",
			"you have reached your weekly usage limit, upgrade for higher limits" },
		{ "context_length_exceeded", 0, 400, "",
			"the input length exceeds the context length" },
		{ NULL, 400, 400, "", "invalid request" },
		{ NULL, 401, 401, "", "unauthorized" },
		{ NULL, 404, 404, "", "model 'no-such-model' not found" },
		{ NULL, 429, 429, "", "too many concurrent requests" },
		{ NULL, 500, 500, "", "llama runner process has terminated: exit status 2" },
		{ NULL, 503, 503, "",
			"server busy, please try again.  maximum pending requests exceeded" },
	};
	struct error_row row = error_translate(rows, sizeof rows / sizeof *rows, e);
	reply_tree(r, row.as, json_pack("{s:s}", "error", row.message));
}

const struct dialect dialect_ollama = {
	.name = "ollama",
	.family = FAMILY_NONE,
	.hinting = HINTING_SECONDS,
	.event_end = EVENT_LINE,
	.stream_type = REPLY_LINES,
	.read = read_request,
	.whole = whole,
	.stream = stream,
	.refuse = refuse,
};
