/* SPDX-License-Identifier: MIT */
/*
 * A stream is read when all of it is there: a record's answer is written in one line, so nobody
 * could use half of it. What is gained is on the way: the first byte and each further one say that
 * the server is alive. Each event is one chunk, {"choices":[{"delta":{"content":"..."}}]}; escaped
 * texts are put together as they stand, so that the halves of a surrogate pair meet again. The
 * result, a small part of the stream, takes its place in the attempt.
 *
 * When is a stream whole? At its [DONE]; or when the model said why it stopped and HTTP itself
 * ended well: then no text can be missing, and servers that never send [DONE] (text-generation-
 * inference before 2.2) would otherwise be paid again and again for answers thrown away. A stream
 * with neither broke off, and is no answer however much of it there is.
 */
#include "api/openai.h"
#include "api/sse.h"
#include "base/xalloc.h"
#include "json/scan.h"

#include <string.h>

struct stream {
	struct buf text; /* escaped, as the following */
	struct buf refusal;
	struct span model; /* of the bytes that came, as the following */
	struct span usage;
	struct span error;  /* the object of an event that is one */
	enum finish finish; /* as the last chunk that has one says */
	bool has_choice;
	bool has_text; /* perhaps an empty one */
	bool has_finish;
	bool is_done;
};

static void pull_delta(struct json_pull *p, struct stream *s)
{
	if (!json_pull_enter(p))
		return;
	while (json_pull_next(p)) {
		struct span key = json_inside(p->key);
		if (span_equals(key, SPAN("content"))) {
			struct span text = openai_string(json_pull_value(p));
			s->has_text |= text.at != NULL;
			buf_put_span(&s->text, text);
		} else if (span_equals(key, SPAN("refusal"))) {
			buf_put_span(&s->refusal, openai_string(json_pull_value(p)));
		}
	}
}

static void pull_choice(struct json_pull *p, struct stream *s)
{
	s->has_choice = true;
	if (!json_pull_enter(p))
		return;
	while (json_pull_next(p)) {
		struct span key = json_inside(p->key);
		if (span_equals(key, SPAN("delta"))) {
			pull_delta(p, s);
		} else if (span_equals(key, SPAN("finish_reason"))) {
			struct span reason = openai_string(json_pull_value(p));
			if (!reason.n)
				continue;
			s->finish = openai_finish(reason);
			s->has_finish = true;
		}
	}
}

/* As of a whole answer, only the first choice is ours. */
static void pull_choices(struct json_pull *p, struct stream *s)
{
	bool is_first = true;
	if (!json_pull_enter(p))
		return;
	for (; json_pull_next(p); is_first = false)
		if (is_first)
			pull_choice(p, s);
}

/* The members of a chunk. True if one of them says that it is an error. */
static bool pull_chunk(struct json_pull *p, struct stream *s)
{
	bool is_error = false;
	while (json_pull_next(p)) {
		struct span key = json_inside(p->key);
		if (span_equals(key, SPAN("choices"))) {
			pull_choices(p, s);
		} else if (span_equals(key, SPAN("model"))) {
			struct span model = openai_string(json_pull_value(p));
			if (model.n) /* Azure's first chunk has an empty one */
				s->model = model;
		} else if (span_equals(key, SPAN("usage"))) {
			struct span usage = json_pull_value(p);
			if (usage.at && !span_is(usage, "null"))
				s->usage = usage;
		} else if (span_equals(key, SPAN("error"))) {
			is_error = openai_is_error(json_pull_value(p));
		}
	}
	return is_error;
}

/* Reads one event. False with fault filled if it is no JSON object. */
static bool read_event(struct stream *s, const struct sse_event *event, struct json_fault *fault)
{
	struct json_pull pull;
	bool is_error = false;
	json_pull_init(&pull, event->data);
	*fault = (struct json_fault){ .reason = "expected an object" };
	bool is_object = *event->data.at == '{' && json_pull_enter(&pull);
	if (is_object)
		is_error = pull_chunk(&pull, s);
	if (!json_pull_end(&pull, fault) || !is_object)
		return false;
	/* A second time, for the value without the white space around it. */
	if (is_error || strcmp(event->name, "error") == 0)
		return json_scan(event->data, &s->error, fault);
	return true;
}

/* Reads to the end, to [DONE] or to an error. False with fault filled at what is no JSON object. */
static bool read_events(struct stream *s, const struct buf *bytes, struct json_fault *fault)
{
	const struct span done = SPAN("[DONE]");
	struct sse sse;
	struct sse_event event;
	sse_init(&sse, bytes->data, bytes->len);
	while (!s->error.at && sse_next(&sse, &event)) {
		if (event.data.n == 0)
			continue;
		s->is_done = event.data.n >= done.n && memcmp(event.data.at, done.at, done.n) == 0;
		if (s->is_done)
			break;
		if (!read_event(s, &event, fault))
			return false;
	}
	return true;
}

/* Puts what was said in the place of what came, and the answer's spans into it. */
static void keep(struct stream *s, struct buf *bytes, struct answer *answer)
{
	struct buf *out = &s->text;
	size_t text_n = out->len;
	/* All of these are parts of what came: none can pass the ceiling. */
	buf_put_span(out, s->model);
	buf_put_span(out, s->usage);
	const char *at = buf_span(out).at;
	if (s->has_text && (text_n > 0 || s->finish != FINISH_TOOL_CALLS))
		answer->text = (struct span){ at, text_n };
	if (s->model.at)
		answer->model = (struct span){ at + text_n, s->model.n };
	if (s->usage.at)
		answer->usage_text = (struct span){ at + text_n + s->model.n, s->usage.n };
	answer->finish = s->finish;
	buf_release(bytes);
	*bytes = *out;
	buf_init(out, 1);
}

static void judge(struct stream *s, struct attempt *attempt, struct answer *answer)
{
	if (!s->is_done && !s->has_finish) {
		openai_refuse(answer, OUTCOME_TRANSPORT,
			"the stream broke off before the end of the answer");
	} else if (!s->has_choice) {
		openai_refuse(answer, OUTCOME_BAD_RESPONSE, "the answer has no choices");
	} else {
		keep(s, &attempt->answer, answer);
		openai_judge(answer, buf_span(&s->refusal));
	}
}

void openai_read_stream(struct attempt *attempt, struct answer *answer)
{
	struct stream s = { 0 };
	struct json_fault fault;
	size_t max = attempt->answer.len + 1;
	buf_init(&s.text, max);
	buf_init(&s.refusal, max);
	buf_reserve(&s.text, max < 64 ? max : 64);
	if (!read_events(&s, &attempt->answer, &fault)) {
		answer->message = xasprintf(
			"HTTP %d, but the stream is not JSON: an event has an error at byte %zu: %s",
			attempt->status, fault.offset + 1, fault.reason);
		answer->outcome = OUTCOME_BAD_RESPONSE;
	} else if (s.error.at) {
		openai_read_error(attempt, s.error, s.error, answer);
	} else {
		judge(&s, attempt, answer);
	}
	buf_release(&s.text);
	buf_release(&s.refusal);
}
