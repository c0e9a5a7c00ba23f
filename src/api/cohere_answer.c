/* SPDX-License-Identifier: MIT */
/*
 * Answers that come whole: {"message":{"content":[{"type":"text","text":"..."}],"tool_calls":[]},
 * "finish_reason":"COMPLETE","usage":{}}. The texts of all blocks are the answer; what the model
 * thinks, or plans before it calls tools, is not.
 *
 * What bad answers get: no JSON, no object, no message, or neither text nor calls in it:
 * OUTCOME_BAD_RESPONSE. A finish of ERROR or TIMEOUT likewise, with the half that is there. An
 * unknown finish_reason with a text is an answer. An error with a status of success, as "error" or
 * in Cohere's own form (a "message" that is a text): what it says, else OUTCOME_FAULT.
 */
#include "api/cohere.h"

#include "api/complaint.h"
#include "api/reading.h"
#include "api/said.h"
#include "json/scan.h"
#include "json/text.h"

#include <string.h>

enum finish cohere_finish(struct span reason)
{
	static const struct {
		const char *name;
		enum finish finish;
	} reasons[] = {
		{ "COMPLETE", FINISH_STOP },
		{ "STOP_SEQUENCE", FINISH_STOP },
		{ "MAX_TOKENS", FINISH_LENGTH },
		{ "TOOL_CALL", FINISH_TOOL_CALLS },
		{ "ERROR", FINISH_ERROR },
		{ "TIMEOUT", FINISH_ERROR },
	};
	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if (span_is(reason, reasons[i].name))
			return reasons[i].finish;
	return FINISH_UNKNOWN;
}

/*
 * {"tokens":{"input_tokens","output_tokens"},"billed_units":{likewise},"cached_tokens"}: tokens are
 * what the model read and wrote, with what Cohere puts around it; billed units what of that costs
 * money, and so what counts where it is said. What was cached is of the tokens, and may be more
 * than that.
 */
void cohere_read_usage(struct answer *answer)
{
	struct usage *out = &answer->usage;
	struct span tokens = json_member(answer->usage_text, SPAN("tokens"));
	struct span billed = json_member(answer->usage_text, SPAN("billed_units"));
	out->input = json_count_of(json_member(billed, SPAN("input_tokens")));
	out->output = json_count_of(json_member(billed, SPAN("output_tokens")));
	out->cached = json_count_of(json_member(answer->usage_text, SPAN("cached_tokens")));
	if (out->input < 0)
		out->input = json_count_of(json_member(tokens, SPAN("input_tokens")));
	if (out->output < 0)
		out->output = json_count_of(json_member(tokens, SPAN("output_tokens")));
	if (out->cached > out->input)
		out->cached = out->input;
}

struct span cohere_text_of(struct span block)
{
	struct json_walk walk;
	struct span text = { 0 };
	bool is_text = true;
	json_walk_init(&walk, block);
	while (walk.in_object && json_walk_next(&walk)) {
		if (json_key_is(walk.key, SPAN("type")))
			is_text = span_is(walk.value, "\"text\"");
		else if (json_key_is(walk.key, SPAN("text")))
			text = json_text_of(walk.value);
	}
	return is_text ? text : (struct span){ 0 };
}

/* What is looked for in an answer. */
struct found {
	struct answer *answer;
	size_t texts_n; /* blocks with a text */
	bool has_message;
	bool has_error;
};

/* One text is left where it lies; several are put together. */
static void add_text(struct found *f, struct span text)
{
	struct answer *answer = f->answer;
	if (!text.at)
		return;
	if (f->texts_n++ == 0) {
		answer->text = text;
		return;
	}
	if (f->texts_n == 2) {
		buf_release(&answer->own);
		buf_init(&answer->own, SIZE_MAX / 4); /* it is made of what came */
		buf_put_span(&answer->own, answer->text);
	}
	buf_put_span(&answer->own, text);
	answer->text = buf_span(&answer->own);
}

static void forget_texts(struct found *f)
{
	f->texts_n = 0;
	f->answer->text = (struct span){ 0 };
}

/* An array of blocks; a text alone from who thinks that he speaks Cohere's API. */
static void read_content(struct found *f, struct span content)
{
	struct json_walk walk;
	forget_texts(f); /* of the same name twice the later counts */
	add_text(f, json_text_of(content));
	json_walk_init(&walk, content);
	while (!walk.in_object && json_walk_next(&walk))
		add_text(f, cohere_text_of(walk.value));
}

static void pull_message(struct json_pull *p, struct found *f)
{
	if (!json_pull_enter(p))
		return;
	f->has_message = true;
	f->answer->tool_calls = (struct span){ 0 };
	forget_texts(f);
	while (json_pull_next(p)) {
		struct span key = json_inside(p->key);
		if (span_equals(key, SPAN("content"))) {
			read_content(f, json_pull_value(p));
		} else if (span_equals(key, SPAN("tool_calls"))) {
			struct span calls = json_pull_value(p);
			if (json_is(calls, JSON_KIND_ARRAY) && !json_is_empty(calls))
				f->answer->tool_calls = calls;
		}
	}
}

static void pull_chat(struct json_pull *p, struct found *f)
{
	while (json_pull_next(p)) {
		struct span key = json_inside(p->key);
		if (span_equals(key, SPAN("message")))
			pull_message(p, f);
		else if (span_equals(key, SPAN("finish_reason")))
			f->answer->finish = cohere_finish(json_text_of(json_pull_value(p)));
		else if (span_equals(key, SPAN("usage")))
			f->answer->usage_text = json_pull_value(p);
		else if (span_equals(key, SPAN("model")))
			f->answer->model = json_text_of(json_pull_value(p));
		else if (span_equals(key, SPAN("logprobs")))
			f->answer->logprobs = json_pull_value(p);
		else if (span_equals(key, SPAN("error")))
			f->has_error = complaint_is_one(json_pull_value(p));
	}
}

/* True if an object without a message that is one says why: in Cohere's own form of errors. */
static bool is_flat_error(const struct found *f, struct span root)
{
	return !f->has_message && json_text_of(json_member(root, SPAN("message"))).n > 0;
}

static void judge(struct attempt *attempt, struct found *f, struct answer *answer)
{
	struct span root = { 0 };
	struct json_fault fault;
	struct span text = buf_span(&attempt->answer);
	if ((f->has_error || !f->has_message) && json_scan(text, &root, &fault) &&
		(f->has_error || is_flat_error(f, root))) {
		answer_release(answer);
		answer_init(answer, OUTCOME_ANSWERED);
		complaint_read(attempt, text, root, answer);
	} else if (!f->has_message) {
		said_refuse(answer, OUTCOME_BAD_RESPONSE,
			*root.at == '{' ? "the answer has no message"
					: "the answer is JSON, but no object");
	} else {
		said_judge(answer, (struct span){ 0 }, "message.content[].text");
	}
}

/* A success by its status: one pass validates it and finds what it says. */
static void read_success(struct attempt *attempt, struct answer *answer)
{
	struct found found = { .answer = answer };
	struct span text = buf_span(&attempt->answer);
	struct span trimmed = utf8_trimmed(text);
	struct json_pull pull;
	struct json_fault fault;
	json_pull_init(&pull, text);
	/* An array is not entered: what is in it has no key. */
	if (trimmed.n && *trimmed.at == '{' && json_pull_enter(&pull))
		pull_chat(&pull, &found);
	if (json_pull_end(&pull, &fault)) {
		judge(attempt, &found, answer);
		return;
	}
	reading_not_json(attempt, "the answer", &fault, answer);
}

void cohere_read(struct attempt *attempt, struct answer *answer)
{
	if (reading_is_failure(attempt, answer))
		return;
	if (reading_is_events(attempt))
		cohere_read_stream(attempt, answer);
	else
		read_success(attempt, answer);
}
