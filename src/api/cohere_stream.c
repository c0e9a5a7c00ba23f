/* SPDX-License-Identifier: MIT */
/*
 * A stream is read when all of it is there, as OpenAI's is (see openai_stream.c). Each event says
 * its type and brings a delta: {"type":"content-delta","index":0,"delta":{"message":{"content":
 * {"text":"..."}}}}. Pieces of tools' calls come likewise under "tool_calls", which is one object;
 * citations, plans and thoughts are passed over.
 *
 * It is whole at its message-end, which every server of this API sends, and nowhere else: a stream
 * without one broke off (OUTCOME_TRANSPORT). An error is an event of that name or with such a
 * member, Cohere's flat form, or stands in the delta of message-end; whatever was said before it
 * does not count.
 */
#include "api/cohere.h"

#include "api/complaint.h"
#include "api/openai.h"
#include "api/reading.h"
#include "api/said.h"
#include "api/sse.h"
#include "json/array.h"
#include "json/scan.h"

#include <string.h>

struct stream {
	struct said said;
	struct buf logprobs; /* an array of those of all pieces */
	struct span error;   /* the object that says there is one */
	bool is_done;
};

/* An event's members; each may be missing. */
struct event {
	struct span type; /* escaped */
	struct span index;
	struct span delta;
	struct span logprobs;
	bool is_error;
};

/* One walk: events are many, and most of them small. */
static struct event event_in(struct span root, const char *name)
{
	struct event e = { .is_error = strcmp(name, "error") == 0 };
	bool has_message = false;
	struct json_walk walk;
	json_walk_init(&walk, root);
	while (json_walk_next(&walk)) {
		if (json_key_is(walk.key, SPAN("type")))
			e.type = json_text_of(walk.value);
		else if (json_key_is(walk.key, SPAN("index")))
			e.index = walk.value;
		else if (json_key_is(walk.key, SPAN("delta")))
			e.delta = walk.value;
		else if (json_key_is(walk.key, SPAN("logprobs")))
			e.logprobs = walk.value;
		else if (json_key_is(walk.key, SPAN("error")))
			e.is_error |= complaint_is_one(walk.value);
		else if (json_key_is(walk.key, SPAN("message")))
			has_message = json_text_of(walk.value).n > 0;
	}
	e.is_error |= span_is(e.type, "error") || (!e.type.at && !e.delta.at && has_message);
	if (!e.type.at)
		e.type = span_of(name);
	return e;
}

static void add_content(struct stream *s, const struct event *e, struct span message)
{
	said_add_text(&s->said, cohere_text_of(json_member(message, SPAN("content"))));
	if (json_is(e->logprobs, JSON_KIND_OBJECT))
		array_add(&s->logprobs, e->logprobs);
}

/* {"id","type","function":{"name","arguments"}}: the arguments in pieces, the rest once. */
static void add_call(struct stream *s, const struct event *e, struct span message)
{
	struct span value = json_member(message, SPAN("tool_calls"));
	struct span function = json_member(value, SPAN("function"));
	int64_t index = json_count_of(e->index);
	struct said_call *call = said_call(&s->said, index < 0 ? 0 : index);
	if (!call)
		return;
	if (!call->id.n)
		call->id = json_text_of(json_member(value, SPAN("id")));
	if (!call->name.n)
		call->name = json_text_of(json_member(function, SPAN("name")));
	buf_put_span(&call->args, json_text_of(json_member(function, SPAN("arguments"))));
}

static void end_message(struct stream *s, struct span delta)
{
	struct span reason = json_text_of(json_member(delta, SPAN("finish_reason")));
	struct span usage = json_member(delta, SPAN("usage"));
	s->is_done = true;
	s->said.finish = cohere_finish(reason);
	s->said.has_finish = reason.at != NULL;
	if (json_is(usage, JSON_KIND_OBJECT))
		s->said.usage = usage;
	if (complaint_is_one(json_member(delta, SPAN("error"))))
		s->error = delta;
}

static void take_event(struct stream *s, const struct event *e)
{
	struct span message = json_member(e->delta, SPAN("message"));
	if (span_is(e->type, "content-delta") || span_is(e->type, "content-start"))
		add_content(s, e, message);
	else if (span_is(e->type, "tool-call-delta") || span_is(e->type, "tool-call-start"))
		add_call(s, e, message);
	else if (span_is(e->type, "message-end"))
		end_message(s, e->delta);
}

/* Reads to the end of the message or to an error. False with fault filled at what is no object. */
static bool read_events(struct stream *s, const struct buf *bytes, struct json_fault *fault)
{
	const struct span done = SPAN("[DONE]");
	struct sse sse;
	struct sse_event event;
	struct span root;
	sse_init(&sse, bytes->data, bytes->len);
	while (!s->error.at && !s->is_done && sse_next(&sse, &event)) {
		/* Gateways end everybody's streams like OpenAI's. */
		if (event.data.n == 0 ||
			(event.data.n >= done.n && memcmp(event.data.at, done.at, done.n) == 0))
			continue;
		if (!json_scan(event.data, &root, fault))
			return false;
		*fault = (struct json_fault){ .reason = "expected an object" };
		if (*root.at != '{')
			return false;
		struct event e = event_in(root, event.name);
		if (e.is_error)
			s->error = root;
		else
			take_event(s, &e);
	}
	return true;
}

static void judge(struct stream *s, struct attempt *attempt, struct answer *answer)
{
	if (!s->is_done) {
		said_refuse(answer, OUTCOME_TRANSPORT,
			"the stream broke off before the end of the answer");
		return;
	}
	s->said.logprobs = array_end(&s->logprobs);
	said_keep(&s->said, openai_put_call, answer);
	buf_release(&attempt->answer);
	said_judge(answer, (struct span){ 0 }, "message.content[].text");
}

void cohere_read_stream(struct attempt *attempt, struct answer *answer)
{
	struct stream s = { 0 };
	struct json_fault fault;
	said_init(&s.said, attempt);
	buf_init(&s.logprobs, attempt->answer.len + 16);
	if (!read_events(&s, &attempt->answer, &fault)) {
		reading_not_json(attempt, "an event of the stream", &fault, answer);
	} else if (s.error.at) {
		complaint_read(attempt, s.error, s.error, answer);
	} else {
		judge(&s, attempt, answer);
	}
	said_release(&s.said);
	buf_release(&s.logprobs);
}
