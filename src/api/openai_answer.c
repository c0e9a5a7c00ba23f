/* SPDX-License-Identifier: MIT */
/*
 * Answers that come whole are read in one pass, as spans of the server's bytes: nothing on this
 * path builds a tree.
 */
#include "api/complaint.h"
#include "api/openai.h"
#include "api/reading.h"
#include "api/said.h"
#include "api/tier.h"
#include "json/scan.h"

#include <string.h>

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

struct span openai_logprobs(struct span value)
{
	bool is_said = value.at && json_kind(value) == JSON_KIND_OBJECT && !json_is_empty(value);
	return is_said ? value : (struct span){ 0 };
}

/* What is said a second time, by another name, counts if it is a number. */
static void set_count(int64_t *field, struct span value)
{
	int64_t n = json_count_of(value);
	if (n >= 0)
		*field = n;
}

/* xAI tells reasoning from output where everybody else counts it in; the total gives it away. */
static void add_reasoning(struct usage *usage, int64_t total)
{
	if (usage->reasoning > 0 && usage->input >= 0 && usage->output >= 0 &&
		total - usage->input - usage->output == usage->reasoning)
		usage->output += usage->reasoning;
}

void openai_read_input_details(struct usage *usage, struct span details)
{
	struct json_walk walk;
	json_walk_init(&walk, details);
	while (walk.in_object && json_walk_next(&walk)) {
		if (json_key_is(walk.key, SPAN("cached_tokens")))
			set_count(&usage->cached, walk.value);
		else if (json_key_is(walk.key, SPAN("cache_write_tokens")) ||
			json_key_is(walk.key, SPAN("cache_creation_tokens")))
			set_count(&usage->cache_write, walk.value);
		else if (json_key_is(walk.key, SPAN("cache_creation_token_details")))
			set_count(&usage->cache_write_long,
				json_member(walk.value, SPAN("ephemeral_1h_input_tokens")));
	}
}

void openai_read_usage(struct answer *answer)
{
	struct usage *out = &answer->usage;
	struct json_walk walk;
	int64_t total = -1;
	out->tier = tier_of(answer->service_tier);
	if (!answer->usage_text.at)
		return;
	json_walk_init(&walk, answer->usage_text);
	while (walk.in_object && json_walk_next(&walk)) {
		if (json_key_is(walk.key, SPAN("prompt_tokens")))
			set_count(&out->input, walk.value);
		else if (json_key_is(walk.key, SPAN("completion_tokens")))
			set_count(&out->output, walk.value);
		else if (json_key_is(walk.key, SPAN("total_tokens")))
			set_count(&total, walk.value);
		else if (json_key_is(walk.key, SPAN("prompt_tokens_details")))
			openai_read_input_details(out, walk.value);
		else if (json_key_is(walk.key, SPAN("prompt_cache_hit_tokens"))) /* DeepSeek */
			set_count(&out->cached, walk.value);
		else if (json_key_is(walk.key, SPAN("completion_tokens_details")))
			set_count(
				&out->reasoning, json_member(walk.value, SPAN("reasoning_tokens")));
	}
	add_reasoning(out, total);
}

bool openai_next_text(struct json_walk *parts, struct span *text)
{
	while (!parts->in_object && json_walk_next(parts)) {
		if (!span_is(json_text_of(json_member(parts->value, SPAN("type"))), "text"))
			continue;
		*text = json_text_of(json_member(parts->value, SPAN("text")));
		if (text->at)
			return true;
	}
	return false;
}

/* What is looked for in an answer. */
struct found {
	struct answer *answer;
	struct span parts; /* of a content that is an array */
	struct span refusal;
	struct span error; /* of the choice, as gateways write it */
	bool has_choice;
};

/* Gives the value if it is an array with something in it. */
static struct span array_of(struct span value)
{
	bool is_array = value.at && json_kind(value) == JSON_KIND_ARRAY && !json_is_empty(value);
	return is_array ? value : (struct span){ 0 };
}

static void pull_message(struct json_pull *p, struct found *f)
{
	if (!json_pull_enter(p))
		return;
	while (json_pull_next(p)) {
		struct span key = json_inside(p->key);
		if (span_equals(key, SPAN("content"))) {
			struct span content = json_pull_value(p);
			f->answer->text = json_text_of(content);
			f->parts = array_of(content);
		} else if (span_equals(key, SPAN("refusal"))) {
			f->refusal = json_text_of(json_pull_value(p));
		} else if (span_equals(key, SPAN("tool_calls"))) {
			f->answer->tool_calls = array_of(json_pull_value(p));
		}
	}
}

static struct span error_of(struct span value)
{
	return complaint_is_one(value) ? value : (struct span){ 0 };
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
			f->answer->finish = openai_finish(json_text_of(json_pull_value(p)));
		else if (span_equals(key, SPAN("logprobs")))
			f->answer->logprobs = openai_logprobs(json_pull_value(p));
		else if (span_equals(key, SPAN("text"))) /* of a completion */
			f->answer->text = json_text_of(json_pull_value(p));
		else if (span_equals(key, SPAN("error")))
			f->error = error_of(json_pull_value(p));
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

static bool pull_completion(struct json_pull *p, void *found)
{
	struct found *f = found;
	bool is_error = false;
	while (json_pull_next(p)) {
		struct span key = json_inside(p->key);
		if (span_equals(key, SPAN("choices")))
			pull_choices(p, f);
		else if (span_equals(key, SPAN("usage")))
			f->answer->usage_text = json_pull_value(p);
		else if (span_equals(key, SPAN("model")))
			f->answer->model = json_text_of(json_pull_value(p));
		else if (span_equals(key, SPAN("service_tier")))
			f->answer->service_tier = json_text_of(json_pull_value(p));
		else if (span_equals(key, SPAN("error")))
			is_error = complaint_is_one(json_pull_value(p));
	}
	return is_error;
}

/* Mistral's models that think say so in parts, and the answer in others. */
static void join_parts(struct answer *answer, struct span parts)
{
	struct json_walk walk;
	struct span text;
	bool has_text = false;
	buf_init(&answer->own, parts.n);
	json_walk_init(&walk, parts);
	for (; openai_next_text(&walk, &text); has_text = true)
		buf_put_span(&answer->own, text);
	if (has_text)
		answer->text = buf_span(&answer->own);
}

/* True if what has no choices says why, as Mistral and older servers do: {"message":"..."}. */
static bool read_flat_error(struct attempt *attempt, struct answer *answer)
{
	struct span text = buf_span(&attempt->answer);
	struct span root;
	struct json_fault fault;
	if (!json_scan(text, &root, &fault) || !json_text_of(json_member(root, SPAN("message"))).n)
		return false;
	complaint_read(attempt, text, root, answer);
	return true;
}

/* A success by its status: one pass validates it and finds what it says. */
static void read_success(struct attempt *attempt, struct answer *answer)
{
	struct found found = { .answer = answer };
	if (!reading_object(attempt, pull_completion, &found, answer))
		return;
	if (found.error.at) {
		complaint_read(attempt, found.error, found.error, answer);
	} else if (found.has_choice) {
		if (found.parts.at)
			join_parts(answer, found.parts);
		said_judge(answer, found.refusal, "choices[0].message.content");
	} else if (!read_flat_error(attempt, answer)) {
		said_refuse(answer, OUTCOME_BAD_RESPONSE, "the answer has no choices");
	}
}

void openai_read(struct attempt *attempt, struct answer *answer)
{
	if (reading_is_failure(attempt, answer))
		return;
	if (reading_is_events(attempt))
		openai_read_stream(attempt, answer);
	else
		read_success(attempt, answer);
}
