/* SPDX-License-Identifier: MIT */
/*
 * Answers that come whole are read in one pass, as spans of the server's bytes: nothing on this
 * path builds a tree.
 */
#include "api/classify.h"
#include "api/openai.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "json/scan.h"
#include "json/text.h"

#include <string.h>

enum { REFUSAL_QUOTED_MAX = 300 }; /* code points of a refusal in a message */

struct span openai_string(struct span value)
{
	if (!value.at || json_kind(value) != JSON_KIND_STRING)
		return (struct span){ 0 };
	return json_inside(value);
}

enum finish openai_finish(struct span reason)
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

int64_t openai_count(struct span value)
{
	int64_t n;
	return value.at && units_parse_int(value, &n) && n >= 0 ? n : -1;
}

void openai_read_usage(struct answer *answer)
{
	struct usage *out = &answer->usage;
	struct json_walk walk;
	if (!answer->usage_text.at)
		return;
	json_walk_init(&walk, answer->usage_text);
	while (walk.in_object && json_walk_next(&walk)) {
		if (json_key_is(walk.key, SPAN("prompt_tokens")))
			out->input = openai_count(walk.value);
		else if (json_key_is(walk.key, SPAN("completion_tokens")))
			out->output = openai_count(walk.value);
		else if (json_key_is(walk.key, SPAN("prompt_tokens_details")))
			out->cached = openai_count(json_member(walk.value, SPAN("cached_tokens")));
		else if (json_key_is(walk.key, SPAN("completion_tokens_details")))
			out->reasoning =
				openai_count(json_member(walk.value, SPAN("reasoning_tokens")));
	}
}

void openai_refuse(struct answer *answer, enum outcome outcome, const char *message)
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

void openai_judge(struct answer *answer, struct span refusal)
{
	if (answer->finish == FINISH_CONTENT_FILTER)
		openai_refuse(
			answer, OUTCOME_POLICY, "the answer was withheld by the content filter");
	else if (refusal.at && refusal.n > 0)
		refuse_in_words(answer, refusal);
	else if (answer->finish == FINISH_LENGTH)
		openai_refuse(answer, OUTCOME_TRUNCATED,
			"the answer was cut at the limit of tokens; raise --max-tokens");
	else if (answer->finish == FINISH_ERROR)
		openai_refuse(answer, OUTCOME_BAD_RESPONSE,
			"the server broke the answer off with an error");
	else if (!answer->text.at && answer->finish == FINISH_TOOL_CALLS)
		openai_refuse(answer, OUTCOME_BAD_RESPONSE, "the answer is a tool call, not text");
	else if (!answer->text.at)
		openai_refuse(answer, OUTCOME_BAD_RESPONSE,
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
			f->answer->text = openai_string(json_pull_value(p));
		else if (span_equals(key, SPAN("refusal")))
			f->refusal = openai_string(json_pull_value(p));
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
			f->answer->finish = openai_finish(openai_string(json_pull_value(p)));
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
			f->answer->model = openai_string(json_pull_value(p));
		else if (span_equals(key, SPAN("error")))
			f->has_error = openai_is_error(json_pull_value(p));
	}
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
		openai_read_error(attempt, text, root, answer);
	} else if (found.has_choice) {
		openai_judge(answer, found.refusal);
	} else {
		openai_refuse(answer, OUTCOME_BAD_RESPONSE,
			is_object ? "the answer has no choices"
				  : "the answer is JSON, but no object");
	}
}

/* What was asked to be a stream need not be one, nor say so if it is; JSON begins otherwise. */
static bool is_stream(const struct attempt *attempt)
{
	struct span text = buf_span(&attempt->answer);
	if (attempt->is_event_stream)
		return text.n == 0 || *text.at != '{';
	return text.n > 5 && memcmp(text.at, "data:", 5) == 0;
}

void openai_read(struct attempt *attempt, struct answer *answer)
{
	if (classify_wire(attempt, answer))
		return;
	answer_init(answer, OUTCOME_ANSWERED);
	if (attempt->status >= 200 && attempt->status < 300) {
		if (is_stream(attempt))
			openai_read_stream(attempt, answer);
		else
			read_success(attempt, answer);
		return;
	}
	struct span text = buf_span(&attempt->answer);
	struct span root;
	struct json_fault fault;
	if (!json_scan(text, &root, &fault))
		root = (struct span){ 0 };
	openai_read_error(attempt, text, root, answer);
}
