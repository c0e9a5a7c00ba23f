/* SPDX-License-Identifier: MIT */
/*
 * OpenAI Chat Completions: POST {base}/chat/completions, and everybody who speaks it.
 *
 * Requests are written straight into the buffer. Answers are read in openai_answer.c, streams in
 * openai_stream.c, errors in openai_error.c.
 */
#include "api/api.h"

#include "api/openai.h"
#include "base/xalloc.h"
#include "json/text.h"
#include "json/walk.h"
#include "work/splice.h"

#include <stdlib.h>
#include <string.h>

/* OpenAI refuses max_tokens for its reasoning models, many compatible servers know nothing else. */
static const char *max_tokens_name(const struct ask *ask)
{
	return strcmp(ask->endpoint->origin, "https://api.openai.com:443") == 0
		? "max_completion_tokens"
		: "max_tokens";
}

static bool has_param(const struct step *s, const char *key)
{
	for (size_t i = 0; i < s->params_n; i++)
		if (strcmp(s->params[i].key, key) == 0)
			return true;
	return false;
}

/* Asks for a stream, and for the usage at its end, which no stream brings unasked. */
static bool put_stream(const struct ask *ask, struct buf *body)
{
	return buf_put_str(body, ",\"stream\":true") &&
		(has_param(ask->step, "stream_options") ||
			buf_put_str(body, ",\"stream_options\":{\"include_usage\":true}"));
}

/* Appends the parameters of the step, each after a comma. */
static bool put_params(const struct ask *ask, struct buf *body)
{
	const struct step *s = ask->step;
	bool ok = !ask->endpoint->is_streamed || put_stream(ask, body);
	if (ok && s->max_tokens)
		ok = buf_put_str(body, ",\"") && buf_put_str(body, max_tokens_name(ask)) &&
			buf_put_str(body, "\":") && buf_put_int(body, s->max_tokens);
	for (size_t i = 0; ok && i < s->params_n; i++)
		ok = buf_put_char(body, ',') && json_put_string(body, span_of(s->params[i].key)) &&
			buf_put_char(body, ':') && buf_put_str(body, s->params[i].json);
	return ok;
}

static bool too_large(const struct buf *body, struct fault *fault)
{
	return fault_set(
		fault, ERROR_TEMPLATE, "the request would be larger than %zu bytes", body->max);
}

/* A record's own body, byte for byte but for what the command line says otherwise. */
static bool build_from_body(const struct ask *ask, struct buf *body, struct fault *fault)
{
	const struct step *s = ask->step;
	struct span *names = xcalloc(s->params_n + 5, sizeof *names);
	size_t n = 0;
	bool has_members;
	if (ask->endpoint->model)
		names[n++] = SPAN("model");
	if (s->max_tokens) {
		names[n++] = SPAN("max_tokens");
		names[n++] = SPAN("max_completion_tokens");
	}
	if (ask->endpoint->is_streamed) {
		names[n++] = SPAN("stream");
		names[n++] = SPAN("stream_options");
	}
	for (size_t i = 0; i < s->params_n; i++)
		names[n++] = span_of(s->params[i].key);
	bool ok = splice_open(body, ask->own, names, n, &has_members);
	free(names);
	if (ok && ask->endpoint->model)
		ok = (!has_members || buf_put_char(body, ',')) && buf_put_str(body, "\"model\":") &&
			buf_put_span(body, ask->model);
	ok = ok && put_params(ask, body) && buf_put_char(body, '}');
	return ok || too_large(body, fault);
}

/* The messages: a system message first if there is one, then the user's or the record's own. */
static bool put_messages(const struct ask *ask, struct buf *body, struct fault *fault)
{
	bool has_system = ask->step->has_system;
	if (has_system &&
		!(buf_put_str(body, "{\"role\":\"system\",\"content\":\"") &&
			ask_put_system(ask, body, fault) && buf_put_str(body, "\"}")))
		return false;
	if (ask->form == ASK_MESSAGES) {
		struct span inside =
			json_inside(ask->own); /* brackets off, as quotes come off a string */
		return (!has_system || json_is_empty(ask->own) || buf_put_char(body, ',')) &&
			buf_put_span(body, inside);
	}
	return (!has_system || buf_put_char(body, ',')) &&
		buf_put_str(body, "{\"role\":\"user\",\"content\":\"") &&
		ask_put_prompt(ask, body, fault) && buf_put_str(body, "\"}");
}

static bool build(const struct ask *ask, struct buf *body, struct fault *fault)
{
	if (ask->form == ASK_BODY)
		return build_from_body(ask, body, fault);
	*fault = (struct fault){ 0 };
	bool ok = buf_put_str(body, "{\"model\":") && buf_put_span(body, ask->model) &&
		buf_put_str(body, ",\"messages\":[") && put_messages(ask, body, fault) &&
		buf_put_char(body, ']') && put_params(ask, body) && buf_put_char(body, '}');
	if (!ok && fault->code == ERROR_NONE)
		return too_large(body, fault);
	return ok;
}

/* Some servers know the one name, some the other; whoever says both means the newer. */
static int64_t max_tokens(struct span body)
{
	int64_t older = 0, newer = 0;
	struct json_walk walk;
	json_walk_init(&walk, body);
	while (json_walk_next(&walk)) {
		if (json_key_is(walk.key, SPAN("max_completion_tokens")))
			newer = openai_count(walk.value);
		else if (json_key_is(walk.key, SPAN("max_tokens")))
			older = openai_count(walk.value);
	}
	if (newer > 0)
		return newer;
	return older > 0 ? older : 0;
}

const struct api api_openai = {
	.name = "openai",
	.base_url = "https://api.openai.com/v1",
	.base_url_env = "OPENAI_BASE_URL",
	.key_env = "OPENAI_API_KEY",
	.auth_header = "Authorization: Bearer ",
	.path = "/chat/completions",
	.charge = CHARGE_LARGER,
	.build = build,
	.max_tokens = max_tokens,
	.read = openai_read,
	.read_usage = openai_read_usage,
};
