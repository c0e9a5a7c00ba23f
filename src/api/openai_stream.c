/* SPDX-License-Identifier: MIT */
/*
 * A stream is read when all of it is there: a record's answer is written in one line, so nobody
 * could use half of it. What is gained is on the way: the first byte and each further one say that
 * the server is alive. Each event is one chunk, {"choices":[{"delta":{"content":"..."}}]}. The
 * result is a small part of the stream, whose bytes are given up.
 *
 * A stream is whole at its [DONE]: what breaks off before is no answer, however much of it there
 * is, not even if the model has said why it stopped; what it took comes after that.
 */
#include "api/complaint.h"
#include "api/openai.h"
#include "api/reading.h"
#include "api/said.h"
#include "api/sse.h"
#include "json/array.h"
#include "json/scan.h"
#include "json/text.h"

#include <string.h>

/* What logprobs have lists of: those of a chat, then those of a completion. */
static const char *const list_names[] = { "content", "refusal", "tokens", "token_logprobs",
	"top_logprobs", "text_offset" };

enum { LISTS_N = sizeof list_names / sizeof *list_names };

struct stream {
	struct said said;
	struct buf lists[LISTS_N]; /* arrays of the items of all chunks */
	struct buf logprobs;       /* all of them together */
	struct span error;         /* the object of an event that is one */
	bool has_choice;
	bool is_done;
};

/* {"name":"...","arguments":"..."}: the name comes once, the arguments in pieces. */
static void pull_function(struct json_pull *p, struct said_call *call)
{
	if (!json_pull_enter(p))
		return;
	while (json_pull_next(p)) {
		struct span key = json_inside(p->key);
		if (span_equals(key, SPAN("name")) && !call->name.n)
			call->name = json_text_of(json_pull_value(p));
		else if (span_equals(key, SPAN("arguments")))
			buf_put_span(&call->args, json_text_of(json_pull_value(p)));
	}
}

/* A piece of a call; servers that tell but one apart leave the index out, which then is 0. */
static void pull_call(struct json_pull *p, struct stream *s)
{
	struct span value = json_pull_value(p);
	struct json_pull inner;
	int64_t index = value.at ? json_count_of(json_member(value, SPAN("index"))) : 0;
	struct said_call *call = value.at ? said_call(&s->said, index < 0 ? 0 : index) : NULL;
	if (!call || json_kind(value) != JSON_KIND_OBJECT)
		return;
	json_pull_init(&inner, value);
	if (!json_pull_enter(&inner))
		return;
	while (json_pull_next(&inner)) {
		struct span key = json_inside(inner.key);
		if (span_equals(key, SPAN("id")) && !call->id.n)
			call->id = json_text_of(json_pull_value(&inner));
		else if (span_equals(key, SPAN("function")))
			pull_function(&inner, call);
	}
}

static void pull_calls(struct json_pull *p, struct stream *s)
{
	if (!json_pull_enter(p))
		return;
	while (json_pull_next(p))
		pull_call(p, s);
}

bool openai_put_call(struct buf *out, const struct said_call *call)
{
	return buf_put_str(out, "{\"id\":\"") && buf_put_span(out, call->id) &&
		buf_put_str(out, "\",\"type\":\"function\",\"function\":{\"name\":\"") &&
		buf_put_span(out, call->name) && buf_put_str(out, "\",\"arguments\":\"") &&
		buf_put_span(out, buf_span(&call->args)) && buf_put_str(out, "\"}}");
}

/* A text, or from models that think an array with texts in it. */
static void add_content(struct stream *s, struct span content)
{
	struct json_walk walk;
	struct span text;
	if (!content.at || json_kind(content) != JSON_KIND_ARRAY) {
		said_add_value(&s->said, content);
		return;
	}
	json_walk_init(&walk, content);
	while (openai_next_text(&walk, &text))
		said_add_text(&s->said, text);
}

static void pull_delta(struct json_pull *p, struct stream *s)
{
	if (!json_pull_enter(p))
		return;
	while (json_pull_next(p)) {
		struct span key = json_inside(p->key);
		if (span_equals(key, SPAN("content"))) {
			add_content(s, json_pull_value(p));
		} else if (span_equals(key, SPAN("refusal"))) {
			said_add_refusal(&s->said, json_text_of(json_pull_value(p)));
		} else if (span_equals(key, SPAN("tool_calls"))) {
			pull_calls(p, s);
		}
	}
}

/* Each chunk has those of its own tokens. */
static void add_logprobs(struct stream *s, struct span value)
{
	struct json_walk walk;
	value = openai_logprobs(value);
	if (!value.at)
		return;
	json_walk_init(&walk, value);
	while (json_walk_next(&walk))
		for (size_t i = 0; i < LISTS_N; i++)
			if (span_is(json_inside(walk.key), list_names[i]))
				array_add_all(&s->lists[i], walk.value);
}

/* Makes of the lists what a whole answer would have had. */
static void join_logprobs(struct stream *s)
{
	for (size_t i = 0; i < LISTS_N; i++) {
		struct span list = array_end(&s->lists[i]);
		if (!list.at)
			continue;
		buf_put_str(&s->logprobs, s->logprobs.len ? ",\"" : "{\"");
		buf_put_str(&s->logprobs, list_names[i]);
		buf_put_str(&s->logprobs, "\":");
		buf_put_span(&s->logprobs, list);
	}
	if (s->logprobs.len) {
		buf_put_char(&s->logprobs, '}');
		s->said.logprobs = buf_span(&s->logprobs);
	}
}

static void pull_choice(struct json_pull *p, struct stream *s)
{
	bool is_other = false; /* one that we did not ask for */
	s->has_choice = true;
	if (!json_pull_enter(p))
		return;
	while (json_pull_next(p)) {
		struct span key = json_inside(p->key);
		if (is_other)
			continue;
		if (span_equals(key, SPAN("index"))) {
			is_other = json_count_of(json_pull_value(p)) > 0;
		} else if (span_equals(key, SPAN("delta"))) {
			pull_delta(p, s);
		} else if (span_equals(key, SPAN("finish_reason"))) {
			struct span reason = json_text_of(json_pull_value(p));
			if (!reason.n)
				continue;
			s->said.finish = openai_finish(reason);
			s->said.has_finish = true;
		} else if (span_equals(key, SPAN("logprobs"))) {
			add_logprobs(s, json_pull_value(p));
		} else if (span_equals(key, SPAN("text"))) { /* of a completion */
			said_add_value(&s->said, json_pull_value(p));
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
			struct span model = json_text_of(json_pull_value(p));
			if (model.n) /* Azure's first chunk has an empty one */
				s->said.model = model;
		} else if (span_equals(key, SPAN("usage"))) {
			struct span usage = json_pull_value(p);
			if (usage.at && !span_is(usage, "null"))
				s->said.usage = usage;
		} else if (span_equals(key, SPAN("service_tier"))) {
			struct span tier = json_text_of(json_pull_value(p));
			if (tier.n)
				s->said.tier = tier;
		} else if (span_equals(key, SPAN("error"))) {
			is_error = complaint_is_one(json_pull_value(p));
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

/* True if the last line is that data: some leave out the empty line after it. */
static bool is_last_line(struct span text, struct span data)
{
	text = utf8_trimmed(text);
	if (text.n < data.n || memcmp(text.at + text.n - data.n, data.at, data.n) != 0)
		return false;
	text = utf8_trimmed((struct span){ text.at, text.n - data.n });
	return text.n >= 6 && memcmp(text.at + text.n - 5, "data:", 5) == 0 &&
		(text.at[text.n - 6] == '\n' || text.at[text.n - 6] == '\r');
}

/* Reads to the end, to [DONE] or to an error. False with fault filled at what is no JSON object. */
static bool read_events(struct stream *s, const struct buf *bytes, struct json_fault *fault)
{
	const struct span done = SPAN("[DONE]");
	struct sse sse;
	struct sse_event event;
	bool ends_with_done = is_last_line(buf_span(bytes), done);
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
	s->is_done |= ends_with_done;
	return true;
}

static void judge(struct stream *s, struct attempt *attempt, struct answer *answer)
{
	if (!s->is_done) {
		said_refuse(answer, OUTCOME_TRANSPORT,
			"the stream broke off before the end of the answer");
	} else if (!s->has_choice) {
		said_refuse(answer, OUTCOME_BAD_RESPONSE, "the answer has no choices");
	} else {
		join_logprobs(s);
		said_keep(&s->said, openai_put_call, answer);
		buf_release(&attempt->answer);
		said_judge(answer, buf_span(&s->said.refusal), "choices[0].delta.content");
	}
}

void openai_read_stream(struct attempt *attempt, struct answer *answer)
{
	struct stream s = { 0 };
	struct json_fault fault;
	said_init(&s.said, attempt);
	buf_init(&s.logprobs, attempt->answer.len * 2 + 100);
	for (size_t i = 0; i < LISTS_N; i++)
		buf_init(&s.lists[i], attempt->answer.len + 1);
	if (!read_events(&s, &attempt->answer, &fault)) {
		reading_not_json(attempt, "an event of the stream", &fault, answer);
	} else if (s.error.at) {
		complaint_read(attempt, s.error, s.error, answer);
	} else {
		judge(&s, attempt, answer);
	}
	said_release(&s.said);
	buf_release(&s.logprobs);
	for (size_t i = 0; i < LISTS_N; i++)
		buf_release(&s.lists[i]);
}
