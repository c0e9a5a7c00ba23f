/* SPDX-License-Identifier: MIT */
/*
 * Ollama's answers are objects, {"message":{"content":"..."},"done":true}: one if they come whole,
 * one in each line if they are streamed; both are read alike, piece by piece, and the bytes are
 * given up afterwards.
 *
 * What is decided here:
 * - a stream is whole when an object says "done":true; one that ends without it broke off, however
 *   much of it there is. An answer that came whole need not say so, but must not say false;
 * - a last line without its end that is no JSON is a piece of one: the stream broke off there;
 * - {"error":"..."} in a line makes all of it a failure;
 * - thoughts are not the answer; calls of tools are handed on as they are, and the finish, which
 *   Ollama calls stop, is then tool_calls;
 * - a finish of "load" or "unload" is no answer: nothing was asked, and asking again changes
 * nothing.
 */
#include "api/ollama.h"

#include "api/complaint.h"
#include "api/ndjson.h"
#include "api/reading.h"
#include "api/said.h"
#include "json/array.h"
#include "json/scan.h"
#include "json/text.h"

#include <string.h>

struct reading {
	struct said said;
	struct buf calls;    /* an array of those of all objects */
	struct buf logprobs; /* likewise */
	struct buf usage;    /* the last object's counts, as an object */
	struct span input;   /* what they are, JSON values */
	struct span output;
	struct span error; /* the object that is one */
	bool has_message;
	bool has_error; /* the object at hand is one */
	bool is_done;
	bool is_undone; /* the object at hand says that there is more to come */
	bool is_idle;   /* nothing was asked */
};

static void begin(struct reading *r, const struct attempt *attempt)
{
	size_t max = attempt->answer.len + 64;
	*r = (struct reading){ 0 };
	said_init(&r->said, attempt);
	buf_init(&r->calls, max);
	buf_init(&r->logprobs, max);
	buf_init(&r->usage, max);
}

static void end(struct reading *r)
{
	said_release(&r->said);
	buf_release(&r->calls);
	buf_release(&r->logprobs);
	buf_release(&r->usage);
}

static void set_finish(struct reading *r, struct span reason)
{
	if (!reason.n)
		return;
	r->said.has_finish = true;
	r->said.finish = FINISH_UNKNOWN;
	r->is_idle = span_is(reason, "load") || span_is(reason, "unload");
	if (span_is(reason, "stop"))
		r->said.finish = FINISH_STOP;
	else if (span_is(reason, "length"))
		r->said.finish = FINISH_LENGTH;
}

static void pull_message(struct json_pull *p, struct reading *r)
{
	if (!json_pull_enter(p))
		return;
	r->has_message = true;
	while (json_pull_next(p)) {
		struct span key = json_inside(p->key);
		if (span_equals(key, SPAN("content")))
			said_add_value(&r->said, json_pull_value(p));
		else if (span_equals(key, SPAN("tool_calls")))
			array_add_all(&r->calls, json_pull_value(p));
	}
}

static void set_done(struct reading *r, struct span value)
{
	r->is_done = span_is(value, "true");
	r->is_undone = value.at && !r->is_done;
}

static void pull_members(struct json_pull *p, struct reading *r)
{
	r->has_error = false;
	while (json_pull_next(p)) {
		struct span key = json_inside(p->key);
		if (span_equals(key, SPAN("message")))
			pull_message(p, r);
		else if (span_equals(key, SPAN("done")))
			set_done(r, json_pull_value(p));
		else if (span_equals(key, SPAN("done_reason")))
			set_finish(r, json_text_of(json_pull_value(p)));
		else if (span_equals(key, SPAN("model")))
			r->said.model = json_text_of(json_pull_value(p));
		else if (span_equals(key, SPAN("prompt_eval_count")))
			r->input = json_pull_value(p);
		else if (span_equals(key, SPAN("eval_count")))
			r->output = json_pull_value(p);
		else if (span_equals(key, SPAN("logprobs")))
			array_add_all(&r->logprobs, json_pull_value(p));
		else if (span_equals(key, SPAN("error")))
			r->has_error = complaint_is_one(json_pull_value(p));
	}
}

/* Reads a text that is one object. False with fault filled if it is no JSON object. */
static bool read_object(struct reading *r, struct span text, struct json_fault *fault)
{
	struct json_pull pull;
	json_pull_init(&pull, text);
	bool is_object = text.n && *text.at == '{' && json_pull_enter(&pull);
	if (is_object)
		pull_members(&pull, r);
	if (!json_pull_end(&pull, fault))
		return false;
	*fault = (struct json_fault){ .reason = "expected an object" };
	if (is_object && r->has_error)
		r->error = text;
	return is_object;
}

/* Reads lines to the end, to "done" or to an error. False with fault filled likewise. */
static bool read_lines(struct reading *r, struct span text, struct json_fault *fault)
{
	struct ndjson lines;
	struct span line;
	bool is_cut;
	ndjson_init(&lines, text);
	while (!r->error.at && !r->is_done && ndjson_next(&lines, &line, &is_cut))
		if (!read_object(r, line, fault)) {
			r->is_done = false;
			return is_cut;
		}
	return true;
}

/* True if there are several lines, and the first is JSON: else they are those of one value. */
static bool is_stream(struct span text)
{
	struct ndjson lines;
	struct span line, value;
	struct json_fault fault;
	bool is_cut = true;
	ndjson_init(&lines, text);
	return ndjson_next(&lines, &line, &is_cut) && line.n < text.n &&
		json_scan(line, &value, &fault);
}

static bool put_count(struct buf *usage, const char *name, struct span count)
{
	return !count.at ||
		(buf_put_str(usage, usage->len ? ",\"" : "{\"") && buf_put_str(usage, name) &&
			buf_put_str(usage, "\":") && buf_put_span(usage, count));
}

/* Moves what was said into the answer and gives up the bytes it came in. */
static void keep(struct reading *r, struct attempt *attempt, struct answer *answer)
{
	bool has_stopped = r->said.finish == FINISH_STOP || r->said.finish == FINISH_UNKNOWN;
	r->said.tools = array_end(&r->calls);
	if (r->said.tools.at && has_stopped)
		r->said.finish = FINISH_TOOL_CALLS;
	r->said.logprobs = array_end(&r->logprobs);
	put_count(&r->usage, "prompt_eval_count", r->input);
	put_count(&r->usage, "eval_count", r->output);
	if (r->usage.len) {
		buf_put_char(&r->usage, '}');
		r->said.usage = buf_span(&r->usage);
	}
	said_keep(&r->said, NULL, answer);
	buf_release(&attempt->answer);
}

static void judge(struct reading *r, struct attempt *attempt, struct answer *answer)
{
	if (r->error.at) {
		complaint_read(attempt, r->error, r->error, answer);
	} else if (!r->is_done) {
		said_refuse(answer, OUTCOME_TRANSPORT,
			"the stream broke off before the end of the answer");
	} else if (r->is_idle && r->said.text.len == 0) {
		said_refuse(answer, OUTCOME_REQUEST,
			"the server only loaded the model: the request asks nothing");
	} else if (!r->has_message) {
		said_refuse(answer, OUTCOME_BAD_RESPONSE, "the answer has no message");
	} else {
		keep(r, attempt, answer);
		said_judge(answer, (struct span){ 0 }, "message.content");
	}
}

static void read_success(struct attempt *attempt, struct answer *answer)
{
	struct reading r;
	struct json_fault fault;
	struct span text = utf8_trimmed(buf_span(&attempt->answer));
	bool has_lines = is_stream(text), ok;
	begin(&r, attempt);
	if (has_lines) {
		ok = read_lines(&r, buf_span(&attempt->answer), &fault);
	} else {
		ok = read_object(&r, text, &fault);
		r.is_done |= !r.is_undone;
	}
	if (ok) {
		judge(&r, attempt, answer);
	} else {
		reading_not_json(
			attempt, has_lines ? "a line of the stream" : "the answer", &fault, answer);
	}
	end(&r);
}

void ollama_read(struct attempt *attempt, struct answer *answer)
{
	if (reading_is_failure(attempt, answer))
		return;
	read_success(attempt, answer);
}

/* Ollama counts what it thinks with what it says, and keeps to itself what was cached. */
void ollama_read_usage(struct answer *answer)
{
	struct span input = { 0 }, output = { 0 };
	if (answer->usage_text.at) {
		input = json_member(answer->usage_text, SPAN("prompt_eval_count"));
		output = json_member(answer->usage_text, SPAN("eval_count"));
	}
	if (input.at)
		answer->usage.input = json_count_of(input);
	if (output.at)
		answer->usage.output = json_count_of(output);
}
