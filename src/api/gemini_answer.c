/* SPDX-License-Identifier: MIT */
/*
 * Google's answers come whole, as a stream of events, or (from gateways that lose the ?alt=sse) as
 * an array; each is made of the same chunks, {"candidates":[{"content":{"parts":[...]}}]}, so all
 * are read alike, piece by piece, and the bytes are given up afterwards.
 *
 * What is decided here:
 * - a stream has no terminator of its own: it is whole when the model said why it stopped, or why
 *   it did not begin, and HTTP itself ended well. With neither it broke off;
 * - an error in a stream may come as an event, or as plain JSON over several lines without any
 *   `data:`, perhaps in an array; whatever stands there that is no event makes the stream a
 * failure;
 * - a blocked prompt is a 200 with no candidates, and fails its record like a withheld answer;
 * - parts that are thoughts are not the answer; calls of functions are handed on as they are, with
 *   the signatures that Google wants back;
 * - Google says STOP when it calls functions; here the finish is tool_calls.
 */
#include "api/gemini.h"

#include "api/complaint.h"
#include "api/reading.h"
#include "api/said.h"
#include "api/sse.h"
#include "api/tier.h"
#include "base/xalloc.h"
#include "json/array.h"
#include "json/scan.h"
#include "json/text.h"

#include <stdlib.h>
#include <string.h>

struct reading {
	struct said said;
	struct buf calls;  /* [ and the parts that are calls */
	struct buf chosen; /* of the logprobs of several chunks: items of their arrays */
	struct buf top;
	size_t logprobs_n;
	struct span finish_reason; /* escaped, as the next */
	struct span block_reason;
	struct span error; /* the JSON that has the error in it */
	bool has_candidate;
	bool has_error; /* the chunk at hand has one */
};

static void begin(struct reading *r, const struct attempt *attempt)
{
	size_t max = attempt->answer.len + 64;
	*r = (struct reading){ 0 };
	said_init(&r->said, attempt);
	buf_init(&r->calls, max);
	buf_init(&r->chosen, max);
	buf_init(&r->top, max);
}

static void end(struct reading *r)
{
	said_release(&r->said);
	buf_release(&r->calls);
	buf_release(&r->chosen);
	buf_release(&r->top);
}

static enum finish finish_of(struct span reason)
{
	static const struct {
		const char *name;
		enum finish finish;
	} reasons[] = {
		{ "STOP", FINISH_STOP },
		{ "MAX_TOKENS", FINISH_LENGTH },
		{ "SAFETY", FINISH_CONTENT_FILTER },
		{ "RECITATION", FINISH_CONTENT_FILTER },
		{ "LANGUAGE", FINISH_CONTENT_FILTER },
		{ "BLOCKLIST", FINISH_CONTENT_FILTER },
		{ "PROHIBITED_CONTENT", FINISH_CONTENT_FILTER },
		{ "SPII", FINISH_CONTENT_FILTER },
		{ "MODEL_ARMOR", FINISH_CONTENT_FILTER },
		{ "IMAGE_SAFETY", FINISH_CONTENT_FILTER },
		{ "IMAGE_PROHIBITED_CONTENT", FINISH_CONTENT_FILTER },
		{ "IMAGE_RECITATION", FINISH_CONTENT_FILTER },
		{ "OTHER", FINISH_ERROR },
		{ "MALFORMED_FUNCTION_CALL", FINISH_ERROR },
		{ "UNEXPECTED_TOOL_CALL", FINISH_ERROR },
		{ "TOO_MANY_TOOL_CALLS", FINISH_ERROR },
		{ "MISSING_THOUGHT_SIGNATURE", FINISH_ERROR },
		{ "MALFORMED_RESPONSE", FINISH_ERROR },
		{ "IMAGE_OTHER", FINISH_ERROR },
		{ "NO_IMAGE", FINISH_ERROR },
	};
	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if (span_is(reason, reasons[i].name))
			return reasons[i].finish;
	return FINISH_UNKNOWN;
}

/* Text, a call, or something else, which may also be a thought. */
static void add_part(struct reading *r, struct span part)
{
	struct json_walk walk;
	struct span text = { 0 };
	bool is_thought = false, is_call = false;
	if (!part.at || json_kind(part) != JSON_KIND_OBJECT)
		return;
	json_walk_init(&walk, part);
	while (json_walk_next(&walk)) {
		struct span key = json_inside(walk.key);
		if (span_equals(key, SPAN("text")))
			text = walk.value;
		else if (span_equals(key, SPAN("thought")))
			is_thought = span_is(walk.value, "true");
		else if (span_equals(key, SPAN("functionCall")))
			is_call = json_kind(walk.value) == JSON_KIND_OBJECT;
	}
	if (is_call) {
		array_add(&r->calls, part);
	} else if (!is_thought) {
		said_add_value(&r->said, text);
	}
}

static void pull_parts(struct json_pull *p, struct reading *r)
{
	if (!json_pull_enter(p))
		return;
	while (json_pull_next(p))
		add_part(r, json_pull_value(p));
}

static void pull_content(struct json_pull *p, struct reading *r)
{
	if (!json_pull_enter(p))
		return;
	while (json_pull_next(p))
		if (span_equals(json_inside(p->key), SPAN("parts")))
			pull_parts(p, r);
}

/* Each chunk has those of its own tokens. */
static void add_logprobs(struct reading *r, struct span result)
{
	if (!result.at || json_kind(result) != JSON_KIND_OBJECT || json_is_empty(result))
		return;
	r->logprobs_n++;
	r->said.logprobs = result;
	array_add_all(&r->chosen, json_member(result, SPAN("chosenCandidates")));
	array_add_all(&r->top, json_member(result, SPAN("topCandidates")));
}

static void pull_candidate(struct json_pull *p, struct reading *r)
{
	r->has_candidate = true;
	if (!json_pull_enter(p))
		return;
	while (json_pull_next(p)) {
		struct span key = json_inside(p->key);
		if (span_equals(key, SPAN("content"))) {
			pull_content(p, r);
		} else if (span_equals(key, SPAN("finishReason"))) {
			struct span reason = json_text_of(json_pull_value(p));
			if (!reason.n || span_is(reason, "FINISH_REASON_UNSPECIFIED"))
				continue;
			r->finish_reason = reason;
			r->said.finish = finish_of(reason);
			r->said.has_finish = true;
		} else if (span_equals(key, SPAN("logprobsResult"))) {
			add_logprobs(r, json_pull_value(p));
		}
	}
}

/* Only the first of the candidates is ours; pllm never asks for more. */
static void pull_candidates(struct json_pull *p, struct reading *r)
{
	bool is_first = true;
	if (!json_pull_enter(p))
		return;
	for (; json_pull_next(p); is_first = false)
		if (is_first)
			pull_candidate(p, r);
}

static void pull_feedback(struct json_pull *p, struct reading *r)
{
	if (!json_pull_enter(p))
		return;
	while (json_pull_next(p)) {
		if (!span_equals(json_inside(p->key), SPAN("blockReason")))
			continue;
		struct span reason = json_text_of(json_pull_value(p));
		if (reason.n)
			r->block_reason = reason;
	}
}

/* The members of a chunk. */
static void pull_chunk(struct json_pull *p, struct reading *r)
{
	r->has_error = false;
	while (json_pull_next(p)) {
		struct span key = json_inside(p->key);
		if (span_equals(key, SPAN("candidates"))) {
			pull_candidates(p, r);
		} else if (span_equals(key, SPAN("promptFeedback"))) {
			pull_feedback(p, r);
		} else if (span_equals(key, SPAN("usageMetadata"))) {
			struct span usage = json_pull_value(p);
			if (usage.at && json_kind(usage) == JSON_KIND_OBJECT)
				r->said.usage = usage;
		} else if (span_equals(key, SPAN("modelVersion"))) {
			struct span model = json_text_of(json_pull_value(p));
			if (model.n)
				r->said.model = model;
		} else if (span_equals(key, SPAN("error"))) {
			r->has_error = complaint_is_one(json_pull_value(p));
		}
	}
}

/* Reads a text that is one chunk. False with fault filled if it is no JSON object. */
static bool read_chunk(struct reading *r, struct span text, struct json_fault *fault)
{
	struct json_pull pull;
	struct span trimmed = utf8_trimmed(text);
	json_pull_init(&pull, text);
	bool is_object = trimmed.n && *trimmed.at == '{' && json_pull_enter(&pull);
	if (is_object)
		pull_chunk(&pull, r);
	if (!json_pull_end(&pull, fault))
		return false;
	*fault = (struct json_fault){ .reason = "expected an object" };
	if (is_object && r->has_error)
		return json_scan(text, &r->error, fault);
	return is_object;
}

/* The items of an array are chunks. */
static bool read_array(struct reading *r, struct span text, struct json_fault *fault)
{
	struct span root;
	struct json_walk walk;
	if (!json_scan(text, &root, fault))
		return false;
	json_walk_init(&walk, root);
	while (!r->error.at && json_walk_next(&walk))
		if (!read_chunk(r, walk.value, fault))
			return false;
	return true;
}

/* Moves past the line that begins here, and the byte that ends it. */
static const char *after_line(const char *at, const char *stop)
{
	while (at < stop && *at != '\n' && *at != '\r')
		at++;
	return at < stop ? at + 1 : stop;
}

/*
 * Gives what begins with a line that is JSON's and no event's, to the end: nothing, in a stream as
 * it should be.
 */
static struct span plain_json(const struct buf *bytes)
{
	struct span all = buf_span(bytes);
	const char *at = all.at, *stop = all.at + all.n;
	while (at < stop && *at != '{' && *at != '[')
		at = after_line(at, stop);
	return (struct span){ at, (size_t)(stop - at) };
}

/* Takes the error that plain JSON is; if it is none, or cut, the stream broke off there. */
static void take_error(struct reading *r, struct span text)
{
	struct json_fault fault;
	struct span root;
	if (!json_scan(text, &root, &fault))
		return;
	struct span inner = *root.at == '[' ? json_item(root, 0) : root;
	if (inner.at && complaint_is_one(json_member(inner, SPAN("error"))))
		r->error = root;
}

/* Reads events to the end, or to an error. False with fault filled at what is no JSON object. */
static bool read_events(struct reading *r, const struct buf *bytes, struct json_fault *fault)
{
	struct span rest = plain_json(bytes);
	struct sse sse;
	struct sse_event event;
	sse_init(&sse, bytes->data, bytes->len - rest.n);
	while (!r->error.at && sse_next(&sse, &event)) {
		if (event.data.n == 0)
			continue;
		if (!read_chunk(r, event.data, fault))
			return false;
	}
	if (rest.n && !r->error.at) {
		r->said.has_finish = false;
		r->block_reason = (struct span){ 0 };
		take_error(r, rest);
	}
	return true;
}

/* How the chunks come, from the first byte: what was asked to be a stream need not be one. */
enum shape { SHAPE_ONE, SHAPE_ARRAY, SHAPE_EVENTS };

static enum shape shape_of(const struct attempt *attempt)
{
	struct span text = utf8_trimmed(buf_span(&attempt->answer));
	char first = '\0';
	if (text.n > 0)
		first = *text.at;
	if (first == '[')
		return SHAPE_ARRAY;
	if (first == '{')
		return SHAPE_ONE;
	bool is_event = text.n > 5 && memcmp(text.at, "data:", 5) == 0;
	return attempt->is_event_stream || is_event ? SHAPE_EVENTS : SHAPE_ONE;
}

/* Google's reasons, such as PROHIBITED_CONTENT: nothing else of a server's goes into a message. */
static char *reason_name(struct span reason)
{
	size_t n = 0;
	while (n < reason.n &&
		((reason.at[n] >= 'A' && reason.at[n] <= 'Z') || reason.at[n] == '_'))
		n++;
	bool is_name = n > 0 && n == reason.n && n < 50;
	return is_name ? xmemdup(reason.at, n) : xstrdup("for a reason unknown to pllm");
}

/* Moves what was said into the answer and gives up the bytes it came in. */
static void keep(struct reading *r, struct attempt *attempt, struct answer *answer)
{
	struct buf merged;
	buf_init(&merged, attempt->answer.len + 64);
	bool has_stopped = r->said.finish == FINISH_STOP || r->said.finish == FINISH_UNKNOWN;
	r->said.tools = array_end(&r->calls);
	if (r->said.tools.at && has_stopped)
		r->said.finish = FINISH_TOOL_CALLS;
	if (r->logprobs_n > 1) {
		struct span top = array_end(&r->top), chosen = array_end(&r->chosen);
		buf_put_str(&merged, "{\"topCandidates\":");
		buf_put_span(&merged, top.at ? top : SPAN("[]"));
		buf_put_str(&merged, ",\"chosenCandidates\":");
		buf_put_span(&merged, chosen.at ? chosen : SPAN("[]"));
		buf_put_char(&merged, '}');
		r->said.logprobs = buf_span(&merged);
	}
	said_keep(&r->said, NULL, answer);
	buf_release(&merged);
	buf_release(&attempt->answer);
}

static void say_reason(struct answer *answer, const char *reason)
{
	char *message = xasprintf("%s (%s)", answer->message, reason);
	free(answer->message);
	answer->message = message;
}

static void judge_blocked(struct reading *r, struct attempt *attempt, struct answer *answer)
{
	char *reason = reason_name(r->block_reason);
	keep(r, attempt, answer);
	answer->finish = FINISH_CONTENT_FILTER;
	said_refuse(answer, OUTCOME_POLICY, "the prompt was blocked");
	say_reason(answer, reason);
	free(reason);
}

static void judge_candidate(struct reading *r, struct attempt *attempt, struct answer *answer)
{
	char *reason = reason_name(r->finish_reason);
	keep(r, attempt, answer);
	said_judge(answer, (struct span){ 0 }, "candidates[0].content.parts[].text");
	if (answer->finish == FINISH_CONTENT_FILTER || answer->finish == FINISH_ERROR)
		say_reason(answer, reason);
	free(reason);
}

static void judge(
	struct reading *r, enum shape shape, struct attempt *attempt, struct answer *answer)
{
	if (r->error.at)
		complaint_read(attempt, r->error, r->error, answer);
	else if (r->block_reason.at && !r->said.has_finish)
		judge_blocked(r, attempt, answer);
	else if (shape != SHAPE_ONE && !r->said.has_finish)
		said_refuse(answer, OUTCOME_TRANSPORT,
			"the stream broke off before the end of the answer");
	else if (!r->has_candidate)
		said_refuse(answer, OUTCOME_BAD_RESPONSE, "the answer has no candidates");
	else
		judge_candidate(r, attempt, answer);
}

static void read_success(struct attempt *attempt, struct answer *answer)
{
	struct reading r;
	struct json_fault fault;
	enum shape shape = shape_of(attempt);
	struct span text = buf_span(&attempt->answer);
	bool ok;
	begin(&r, attempt);
	if (shape == SHAPE_EVENTS)
		ok = read_events(&r, &attempt->answer, &fault);
	else
		ok = shape == SHAPE_ARRAY ? read_array(&r, text, &fault)
					  : read_chunk(&r, text, &fault);
	if (ok) {
		judge(&r, shape, attempt, answer);
	} else {
		reading_not_json(attempt,
			shape == SHAPE_EVENTS ? "an event of the stream" : "the answer", &fault,
			answer);
	}
	end(&r);
}

void gemini_read(struct attempt *attempt, struct answer *answer)
{
	if (reading_is_failure(attempt, answer))
		return;
	read_success(attempt, answer);
}

/* Google counts thoughts, and what tools brought in, apart; what was cached it does not. */
void gemini_read_usage(struct answer *answer)
{
	int64_t prompt = -1, tools = -1, candidates = -1, thoughts = -1, cached = -1;
	enum service_tier tier = TIER_USUAL;
	struct json_walk walk;
	if (!answer->usage_text.at)
		return;
	json_walk_init(&walk, answer->usage_text);
	while (walk.in_object && json_walk_next(&walk)) {
		struct span key = json_inside(walk.key);
		if (span_equals(key, SPAN("promptTokenCount")))
			prompt = json_count_of(walk.value);
		else if (span_equals(key, SPAN("toolUsePromptTokenCount")))
			tools = json_count_of(walk.value);
		else if (span_equals(key, SPAN("candidatesTokenCount")))
			candidates = json_count_of(walk.value);
		else if (span_equals(key, SPAN("thoughtsTokenCount")))
			thoughts = json_count_of(walk.value);
		else if (span_equals(key, SPAN("cachedContentTokenCount")))
			cached = json_count_of(walk.value);
		else if (span_equals(key, SPAN("trafficType")) ||
			span_equals(key, SPAN("serviceTier")))
			tier = tier_of(json_text_of(walk.value));
	}
	answer->usage = (struct usage){ .input = usage_sum_of(prompt, tools),
		.output = usage_sum_of(candidates, thoughts),
		.cached = cached,
		.reasoning = thoughts,
		.tier = tier };
}
