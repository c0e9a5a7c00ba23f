/* SPDX-License-Identifier: MIT */
/*
 * OpenAI Chat Completions: POST {base}/chat/completions, and everybody who speaks it.
 *
 * Requests are written straight into the buffer, answers are read as spans of the server's bytes:
 * nothing on this path builds a tree. Errors come as {"error":{"message","type","code"}}, from vLLM
 * also flat and with a number as code, from FastAPI as {"detail":...}; all are read.
 */
#include "api/api.h"

#include "api/classify.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "json/scan.h"
#include "json/text.h"
#include "work/splice.h"

#include <stdlib.h>
#include <string.h>

enum { REFUSAL_QUOTED_MAX = 300 }; /* code points of a refusal in a message */

/* Error codes, or types, that mean that money or quota is out; whatever the status. */
static const char *const quota_codes[] = {
	"insufficient_quota",
	"credit_balance_exhausted",
	"organization_spend_limit_exceeded",
	"project_spend_limit_exceeded",
	"organization_usage_limit_exceeded",
	"billing_hard_limit_reached",
};

static const char *const policy_codes[] = {
	"content_filter",
	"content_policy_violation",
};

static bool is_one_of(struct span text, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (span_is(text, list[i]))
			return true;
	return false;
}

/* The inside of a string value, or missing if it is anything else. */
static struct span string_in(struct span value)
{
	if (!value.at || json_kind(value) != JSON_KIND_STRING)
		return (struct span){ 0 };
	return json_inside(value);
}

/* OpenAI refuses max_tokens for its reasoning models, many compatible servers know nothing else. */
static const char *max_tokens_name(const struct ask *ask)
{
	return strcmp(ask->endpoint->origin, "https://api.openai.com:443") == 0
		? "max_completion_tokens"
		: "max_tokens";
}

/* Appends the parameters of the step, each after a comma. */
static bool put_params(const struct ask *ask, struct buf *body)
{
	const struct step *s = ask->step;
	bool ok = true;
	if (s->max_tokens)
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
	struct span *names = xcalloc(s->params_n + 3, sizeof *names);
	size_t n = 0;
	bool has_members;
	if (ask->endpoint->model)
		names[n++] = SPAN("model");
	if (s->max_tokens) {
		names[n++] = SPAN("max_tokens");
		names[n++] = SPAN("max_completion_tokens");
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

static enum finish read_finish(struct span reason)
{
	static const struct {
		const char *name;
		enum finish finish;
	} reasons[] = {
		{ "stop", FINISH_STOP },
		{ "length", FINISH_LENGTH },
		{ "model_length", FINISH_LENGTH },
		{ "tool_calls", FINISH_TOOL_CALLS },
		{ "function_call", FINISH_TOOL_CALLS },
		{ "content_filter", FINISH_CONTENT_FILTER },
		{ "error", FINISH_ERROR },
	};
	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if (span_is(reason, reasons[i].name))
			return reasons[i].finish;
	return FINISH_UNKNOWN;
}

/* A number of tokens, or -1 if the value is none. */
static int64_t count_of(struct span value)
{
	int64_t n;
	return value.at && units_parse_int(value, &n) && n >= 0 ? n : -1;
}

static void read_usage(struct answer *answer)
{
	struct usage *out = &answer->usage;
	struct json_walk walk;
	if (!answer->usage_text.at)
		return;
	json_walk_init(&walk, answer->usage_text);
	while (walk.in_object && json_walk_next(&walk)) {
		if (json_key_is(walk.key, SPAN("prompt_tokens")))
			out->input = count_of(walk.value);
		else if (json_key_is(walk.key, SPAN("completion_tokens")))
			out->output = count_of(walk.value);
		else if (json_key_is(walk.key, SPAN("prompt_tokens_details")))
			out->cached = count_of(json_member(walk.value, SPAN("cached_tokens")));
		else if (json_key_is(walk.key, SPAN("completion_tokens_details")))
			out->reasoning =
				count_of(json_member(walk.value, SPAN("reasoning_tokens")));
	}
}

static void refuse(struct answer *answer, enum outcome outcome, const char *message)
{
	answer->outcome = outcome;
	answer->message = xstrdup(message);
}

static void refuse_in_words(struct answer *answer, struct span refusal)
{
	struct buf plain;
	buf_init(&plain, refusal.n * 3 + 1);
	json_put_plain(&plain, refusal);
	struct span words = utf8_first(buf_span(&plain), REFUSAL_QUOTED_MAX);
	answer->finish = FINISH_REFUSAL;
	answer->outcome = OUTCOME_POLICY;
	answer->message = xasprintf("the model refused: %.*s", (int)words.n, words.at);
	buf_release(&plain);
}

/* What the first choice amounts to, once its parts are known. */
static void judge_choice(struct answer *answer, struct span refusal)
{
	if (answer->finish == FINISH_CONTENT_FILTER)
		refuse(answer, OUTCOME_POLICY, "the answer was withheld by the content filter");
	else if (refusal.at && refusal.n > 0)
		refuse_in_words(answer, refusal);
	else if (answer->finish == FINISH_LENGTH)
		refuse(answer, OUTCOME_TRUNCATED,
			"the answer was cut at the limit of tokens; raise --max-tokens");
	else if (answer->finish == FINISH_ERROR)
		refuse(answer, OUTCOME_BAD_RESPONSE,
			"the server broke the answer off with an error");
	else if (!answer->text.at && answer->finish == FINISH_TOOL_CALLS)
		refuse(answer, OUTCOME_BAD_RESPONSE, "the answer is a tool call, not text");
	else if (!answer->text.at)
		refuse(answer, OUTCOME_BAD_RESPONSE,
			"the answer has no choices[0].message.content");
}

/* What is looked for in an answer. */
struct found {
	struct answer *answer;
	struct span refusal;
	bool has_choice;
	bool has_error;
};

static void pull_message(struct json_pull *p, struct found *f)
{
	if (!json_pull_enter(p))
		return;
	while (json_pull_next(p)) {
		struct span key = json_inside(p->key);
		if (span_equals(key, SPAN("content")))
			f->answer->text = string_in(json_pull_value(p));
		else if (span_equals(key, SPAN("refusal")))
			f->refusal = string_in(json_pull_value(p));
	}
}

static void pull_choice(struct json_pull *p, struct found *f)
{
	if (!json_pull_enter(p))
		return;
	while (json_pull_next(p)) {
		struct span key = json_inside(p->key);
		if (span_equals(key, SPAN("message")))
			pull_message(p, f);
		else if (span_equals(key, SPAN("finish_reason")))
			f->answer->finish = read_finish(string_in(json_pull_value(p)));
	}
}

/* Only the first of the choices is ours; pllm never asks for more. */
static void pull_choices(struct json_pull *p, struct found *f)
{
	if (!json_pull_enter(p))
		return;
	while (json_pull_next(p)) {
		if (!f->has_choice)
			pull_choice(p, f);
		f->has_choice = true;
	}
}

static void pull_completion(struct json_pull *p, struct found *f)
{
	while (json_pull_next(p)) {
		struct span key = json_inside(p->key);
		if (span_equals(key, SPAN("choices")))
			pull_choices(p, f);
		else if (span_equals(key, SPAN("usage")))
			f->answer->usage_text = json_pull_value(p);
		else if (span_equals(key, SPAN("model")))
			f->answer->model = string_in(json_pull_value(p));
		else if (span_equals(key, SPAN("error")))
			f->has_error = !span_is(json_pull_value(p), "null");
	}
}

/* The answer's "error", unless it is null: some servers say so in every answer. */
static struct span error_in(struct span root)
{
	struct span error = root.at ? json_member(root, SPAN("error")) : root;
	if (error.at && json_kind(error) == JSON_KIND_NULL)
		error.at = NULL;
	return error;
}

/* The code that says most: error.code if it is a string, else error.type. */
static struct span error_code_in(struct span error)
{
	struct span code = string_in(json_member(error, SPAN("code")));
	return code.at ? code : string_in(json_member(error, SPAN("type")));
}

static struct span error_text_in(struct span root, struct span error)
{
	static const char *const names[] = { "message", "detail" };
	if (string_in(error).at)
		return string_in(error);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct span text =
			string_in(json_member(error.at ? error : root, span_of(names[i])));
		if (text.at)
			return text;
	}
	return (struct span){ 0 };
}

/* Refines what the status says by what the body says. */
static enum outcome judge_error(int status, struct span error)
{
	struct span code = error_code_in(error);
	struct span type = string_in(json_member(error, SPAN("type")));
	if (is_one_of(code, quota_codes, sizeof quota_codes / sizeof *quota_codes) ||
		is_one_of(type, quota_codes, sizeof quota_codes / sizeof *quota_codes))
		return OUTCOME_QUOTA;
	if (is_one_of(code, policy_codes, sizeof policy_codes / sizeof *policy_codes))
		return OUTCOME_POLICY;
	enum outcome outcome = classify_status(status);
	if (outcome != OUTCOME_ANSWERED)
		return outcome;
	/*
	 * An error inside a 200: a gateway's way of passing on trouble behind it, perhaps with the
	 * status it got.
	 */
	int64_t inner = count_of(json_member(error, SPAN("code")));
	return inner >= 400 && inner < 600 ? classify_status((int)inner) : OUTCOME_CAPACITY;
}

static void read_error(const struct attempt *attempt, struct span root, struct answer *answer)
{
	struct span error = error_in(root);
	struct span text = root.at ? error_text_in(root, error) : root;
	struct buf plain;
	answer->outcome = judge_error(attempt->status, error.at ? error : root);
	/*
	 * A page in place of JSON is a firewall's word about this request, not the API's about the
	 * key.
	 */
	if (attempt->is_html && answer->outcome == OUTCOME_AUTH)
		answer->outcome = OUTCOME_REQUEST;
	buf_init(&plain, attempt->answer.len + 1);
	if (text.at)
		json_put_plain(&plain, text);
	else
		buf_put_span(&plain, buf_span(&attempt->answer));
	answer->message =
		classify_message(attempt, attempt->is_html ? (struct span){ 0 } : buf_span(&plain));
	if (answer->outcome == OUTCOME_NOT_FOUND && attempt->endpoint) {
		char *message =
			xasprintf("%s (asked at %s)", answer->message, attempt->endpoint->url);
		free(answer->message);
		answer->message = message;
	}
	buf_release(&plain);
}

/* A success by its status: one pass validates it and finds what it says. */
static void read_success(const struct attempt *attempt, struct answer *answer)
{
	struct found found = { .answer = answer };
	struct span text = buf_span(&attempt->answer);
	struct json_pull pull;
	struct json_fault fault;
	struct span root;
	json_pull_init(&pull, text);
	struct span trimmed = utf8_trimmed(text);
	/* An array is not entered: what is in it has no key. */
	bool is_object = trimmed.n && *trimmed.at == '{' && json_pull_enter(&pull);
	if (is_object)
		pull_completion(&pull, &found);
	if (!json_pull_end(&pull, &fault)) {
		answer_init(answer, OUTCOME_BAD_RESPONSE);
		answer->message = xasprintf("HTTP %d, but the answer is not JSON: %s at byte %zu",
			attempt->status, fault.reason, fault.offset + 1);
	} else if (found.has_error && json_scan(text, &root, &fault)) {
		answer_init(answer, OUTCOME_ANSWERED);
		read_error(attempt, root, answer);
	} else if (found.has_choice) {
		judge_choice(answer, found.refusal);
	} else {
		refuse(answer, OUTCOME_BAD_RESPONSE,
			is_object ? "the answer has no choices"
				  : "the answer is JSON, but no object");
	}
}

static void read_answer(const struct attempt *attempt, struct answer *answer)
{
	if (classify_wire(attempt, answer))
		return;
	answer_init(answer, OUTCOME_ANSWERED);
	if (attempt->status >= 200 && attempt->status < 300) {
		read_success(attempt, answer);
		return;
	}
	struct span root;
	struct json_fault fault;
	if (!json_scan(buf_span(&attempt->answer), &root, &fault))
		root = (struct span){ 0 };
	read_error(attempt, root, answer);
}

const struct api api_openai = {
	.name = "openai",
	.base_url = "https://api.openai.com/v1",
	.base_url_env = "OPENAI_BASE_URL",
	.key_env = "OPENAI_API_KEY",
	.auth_header = "Authorization: Bearer ",
	.path = "/chat/completions",
	.build = build,
	.read = read_answer,
	.read_usage = read_usage,
};
