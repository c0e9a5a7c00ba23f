/* SPDX-License-Identifier: MIT */
/*
 * A response is a list of items: messages with parts that are texts or refusals, calls of tools,
 * and what the model thought, which is passed over. Its `status` says whether it is whole:
 *
 *     completed                an answer; without a text or a call a bad response
 *     incomplete               truncated, or refused by the content filter, as its reason says
 *     failed, cancelled        as its error says; without one a bad response
 *     queued, in_progress      a bad response: nobody comes back for it
 *     none, or an unknown one  whatever is there
 *
 * An answer without `output` is a bad response, what has the wrong type is passed over. A stream is
 * whole at the event that has all of the response in it, as it would have come without a stream,
 * and that is what is read; what came piece by piece counts where it leaves the output out. A
 * stream without such an event broke off; [DONE] says nothing here. An event that is no JSON object
 * is a bad response, an error event the failure that it says.
 */
#include "api/openai_responses.h"

#include "api/complaint.h"
#include "api/openai.h"
#include "api/reading.h"
#include "api/said.h"
#include "api/sse.h"
#include "api/tier.h"
#include "json/array.h"
#include "json/scan.h"
#include "json/walk.h"

#include <string.h>

struct response {
	struct said said;
	struct buf tools;    /* an array of whole items, as the following */
	struct buf logprobs; /* of the texts' tokens */
	struct span status;  /* its texts may be missing */
	struct span reason;
	bool has_output;
	bool has_error;
	bool is_whole; /* of a stream: it was told as a whole */
};

static void response_init(struct response *r, const struct attempt *attempt)
{
	*r = (struct response){ 0 };
	said_init(&r->said, attempt);
	buf_init(&r->tools, attempt->answer.len + 2);
	buf_init(&r->logprobs, attempt->answer.len + 2);
}

static void response_release(struct response *r)
{
	said_release(&r->said);
	buf_release(&r->tools);
	buf_release(&r->logprobs);
}

static struct span text_in(struct span object, const char *name)
{
	return json_text_of(json_member(object, span_of(name)));
}

static void read_part(struct response *r, struct span part)
{
	struct span type = text_in(part, "type");
	if (span_is(type, "output_text")) {
		said_add_text(&r->said, text_in(part, "text"));
		array_add_all(&r->logprobs, json_member(part, SPAN("logprobs")));
	} else if (span_is(type, "refusal")) {
		said_add_refusal(&r->said, text_in(part, "refusal"));
	}
}

/* A call that waits for us; those of the server's own tools it has answered itself. */
static void read_call(struct response *r, struct span item, struct span type)
{
	if (span_is(type, "function_call") || span_is(type, "custom_tool_call"))
		array_add(&r->tools, item);
}

static void read_output(struct response *r, struct span output)
{
	struct json_walk items, parts;
	json_walk_init(&items, output);
	while (!items.in_object && json_walk_next(&items)) {
		struct span type = text_in(items.value, "type");
		read_call(r, items.value, type);
		if (!span_is(type, "message"))
			continue;
		json_walk_init(&parts, json_member(items.value, SPAN("content")));
		while (!parts.in_object && json_walk_next(&parts))
			read_part(r, parts.value);
	}
}

/* Forgets what came in pieces. */
static void forget(struct response *r)
{
	buf_clear(&r->said.text);
	buf_clear(&r->said.refusal);
	buf_clear(&r->tools);
	buf_clear(&r->logprobs);
	r->said.has_text = false;
}

/* Reads a whole response, a scanned value. */
static void read_response(struct response *r, struct span response)
{
	struct json_walk walk;
	json_walk_init(&walk, response);
	while (walk.in_object && json_walk_next(&walk)) {
		struct span key = json_inside(walk.key);
		if (span_is(key, "output")) {
			r->has_output |= json_is(walk.value, JSON_KIND_ARRAY);
			if (!json_is(walk.value, JSON_KIND_ARRAY) || json_is_empty(walk.value))
				continue;
			forget(r);
			read_output(r, walk.value);
		} else if (span_is(key, "status")) {
			r->status = json_text_of(walk.value);
		} else if (span_is(key, "model")) {
			r->said.model = json_text_of(walk.value);
		} else if (span_is(key, "usage") && !span_is(walk.value, "null")) {
			r->said.usage = walk.value;
		} else if (span_is(key, "service_tier")) {
			r->said.tier = json_text_of(walk.value);
		} else if (span_is(key, "incomplete_details")) {
			r->reason = text_in(walk.value, "reason");
		} else if (span_is(key, "error")) {
			r->has_error = complaint_is_one(walk.value);
		}
	}
}

static enum finish finish_of(const struct response *r)
{
	if (span_is(r->status, "incomplete"))
		return span_is(r->reason, "max_output_tokens") ? FINISH_LENGTH
			: span_is(r->reason, "content_filter") ? FINISH_CONTENT_FILTER
							       : FINISH_ERROR;
	if (span_is(r->status, "failed") || span_is(r->status, "cancelled"))
		return FINISH_ERROR;
	if (r->tools.len)
		return FINISH_TOOL_CALLS;
	return span_is(r->status, "completed") ? FINISH_STOP : FINISH_UNKNOWN;
}

static void judge(struct response *r, struct attempt *attempt, struct answer *answer)
{
	bool is_pending = span_is(r->status, "queued") || span_is(r->status, "in_progress");
	r->said.finish = finish_of(r);
	r->said.tools = array_end(&r->tools);
	r->said.logprobs = array_end(&r->logprobs);
	bool has_said = r->has_output || r->said.has_text || r->said.tools.at;
	if (is_pending) {
		said_refuse(answer, OUTCOME_BAD_RESPONSE,
			"the response is not finished, and pllm does not come back for it");
		return;
	}
	said_keep(&r->said, NULL, answer);
	buf_release(&attempt->answer);
	if (!has_said && (answer->finish == FINISH_STOP || answer->finish == FINISH_UNKNOWN))
		said_refuse(answer, OUTCOME_BAD_RESPONSE, "the answer has no output");
	else
		said_judge(answer, buf_span(&r->said.refusal), "output[].content[].text");
}

static void read_whole(struct attempt *attempt, struct answer *answer)
{
	struct span text = buf_span(&attempt->answer);
	struct json_fault fault;
	struct span root;
	struct response r;
	if (!json_scan(text, &root, &fault)) {
		reading_not_json(attempt, "the answer", &fault, answer);
		return;
	}
	if (json_kind(root) != JSON_KIND_OBJECT) {
		said_refuse(answer, OUTCOME_BAD_RESPONSE, "the answer is JSON, but no object");
		return;
	}
	response_init(&r, attempt);
	read_response(&r, root);
	if (r.has_error)
		complaint_read(attempt, text, root, answer);
	else
		judge(&r, attempt, answer);
	response_release(&r);
}

/* What is looked for in an event; what it does not have is missing. */
struct event {
	struct span whole; /* its JSON */
	struct span type;
	struct span delta;
	struct span item;
	struct span response;
	struct span logprobs;
	bool has_error;
};

static void pull_members(struct json_pull *p, struct event *e)
{
	while (json_pull_next(p)) {
		struct span key = json_inside(p->key);
		if (span_equals(key, SPAN("type")))
			e->type = json_text_of(json_pull_value(p));
		else if (span_equals(key, SPAN("delta")))
			e->delta = json_text_of(json_pull_value(p));
		else if (span_equals(key, SPAN("item")))
			e->item = json_pull_value(p);
		else if (span_equals(key, SPAN("response")))
			e->response = json_pull_value(p);
		else if (span_equals(key, SPAN("logprobs")))
			e->logprobs = json_pull_value(p);
		else if (span_equals(key, SPAN("error")))
			e->has_error = complaint_is_one(json_pull_value(p));
	}
}

/* False with fault filled if it is no JSON object. What e then has lies in the event. */
static bool read_members(const struct sse_event *event, struct event *e, struct json_fault *fault)
{
	struct json_pull p;
	*e = (struct event){ .whole = event->data };
	*fault = (struct json_fault){ .reason = "expected an object" };
	json_pull_init(&p, event->data);
	bool is_object = *event->data.at == '{' && json_pull_enter(&p);
	if (is_object)
		pull_members(&p, e);
	if (!json_pull_end(&p, fault) || !is_object)
		return false;
	if (!e->type.n)
		e->type = span_of(event->name);
	e->has_error |= span_is(e->type, "error") || strcmp(event->name, "error") == 0;
	return true;
}

/* The status of the response, if the event tells all of it, by which the stream ends; else NULL. */
static const char *status_told(const struct event *e)
{
	static const char *const statuses[] = { "completed", "incomplete", "failed", "cancelled" };
	const struct span prefix = SPAN("response.");
	if (e->type.n <= prefix.n || memcmp(e->type.at, prefix.at, prefix.n) != 0)
		return NULL;
	struct span rest = { e->type.at + prefix.n, e->type.n - prefix.n };
	for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
		if (span_is(rest, statuses[i]))
			return statuses[i];
	return NULL;
}

static void read_event(struct response *r, const struct event *e)
{
	const char *status = status_told(e);
	if (span_is(e->type, "response.output_text.delta")) {
		said_add_text(&r->said, e->delta);
		array_add_all(&r->logprobs, e->logprobs);
	} else if (span_is(e->type, "response.refusal.delta")) {
		said_add_refusal(&r->said, e->delta);
	} else if (span_is(e->type, "response.output_item.done") && e->item.at) {
		read_call(r, e->item, text_in(e->item, "type"));
	} else if (status) {
		r->is_whole = true;
		if (e->response.at)
			read_response(r, e->response);
		if (!r->status.at)
			r->status = span_of(status);
	}
}

/*
 * Reads to the last event or an error, which e then is. False with fault filled at no JSON object.
 */
static bool read_events(
	struct response *r, struct buf *bytes, struct event *e, struct json_fault *fault)
{
	const struct span done = SPAN("[DONE]");
	struct sse sse;
	struct sse_event event;
	sse_init(&sse, bytes->data, bytes->len);
	while (!r->is_whole && !r->has_error && sse_next(&sse, &event)) {
		if (event.data.n == 0 ||
			(event.data.n >= done.n && memcmp(event.data.at, done.at, done.n) == 0))
			continue;
		if (!read_members(&event, e, fault))
			return false;
		read_event(r, e);
		r->has_error |= e->has_error;
	}
	return true;
}

/* The error lies in the event itself, or in the response that failed. */
static void read_error(struct attempt *attempt, const struct event *e, struct answer *answer)
{
	struct span error = e->has_error ? e->whole : e->response;
	struct json_fault fault;
	struct span root;
	if (!json_scan(error, &root, &fault))
		root = error; /* cannot be: it was read once */
	complaint_read(attempt, root, root, answer);
}

static void read_stream(struct attempt *attempt, struct answer *answer)
{
	struct response r;
	struct event last = { 0 };
	struct json_fault fault;
	response_init(&r, attempt);
	if (!read_events(&r, &attempt->answer, &last, &fault)) {
		reading_not_json(attempt, "an event of the stream", &fault, answer);
	} else if (r.has_error) {
		read_error(attempt, &last, answer);
	} else if (!r.is_whole) {
		said_refuse(answer, OUTCOME_TRANSPORT,
			"the stream broke off before the end of the answer");
	} else {
		judge(&r, attempt, answer);
	}
	response_release(&r);
}

void openai_responses_read(struct attempt *attempt, struct answer *answer)
{
	if (reading_is_failure(attempt, answer))
		return;
	if (reading_is_events(attempt))
		read_stream(attempt, answer);
	else
		read_whole(attempt, answer);
}

void openai_responses_read_usage(struct answer *answer)
{
	struct usage *out = &answer->usage;
	struct span usage = answer->usage_text;
	out->tier = tier_of(answer->service_tier);
	if (!usage.at)
		return;
	out->input = json_count_of(json_member(usage, SPAN("input_tokens")));
	out->output = json_count_of(json_member(usage, SPAN("output_tokens")));
	openai_read_input_details(out, json_member(usage, SPAN("input_tokens_details")));
	out->reasoning = json_count_of(json_member(
		json_member(usage, SPAN("output_tokens_details")), SPAN("reasoning_tokens")));
}
