/* SPDX-License-Identifier: MIT */
/*
 * message_start, then of each block content_block_start, _delta and _stop, then message_delta with
 * the reason why it ends, then message_stop, without which a stream broke off. A ping, and whatever
 * comes to be added, is passed over; an error may come at any time.
 *
 * Usage is in message_start and, cumulative, in each message_delta, where it may repeat some or
 * all: of each figure the last that is one counts.
 */
#include "api/anthropic.h"

#include "api/complaint.h"
#include "api/reading.h"
#include "api/sse.h"
#include "json/scan.h"

static const char *const usage_names[] = { "input_tokens", "cache_creation_input_tokens",
	"cache_read_input_tokens", "output_tokens", "cache_creation", "output_tokens_details",
	"server_tool_use", "service_tier" };

enum { USAGE_NAMES_N = sizeof usage_names / sizeof *usage_names };

struct stream {
	struct blocks blocks;
	struct span usage[USAGE_NAMES_N]; /* JSON values; missing = not said */
	struct span error;                /* the object of an event that is one */
	bool is_done;
};

/* The members of an event: JSON values, those that it does not have missing. */
struct event {
	struct span type, message, index, block, delta, usage;
	bool is_error;
};

static void take_usage(struct stream *s, struct span usage)
{
	struct json_walk walk;
	json_walk_init(&walk, usage);
	while (walk.in_object && json_walk_next(&walk))
		for (size_t i = 0; i < USAGE_NAMES_N; i++)
			if (!span_is(walk.value, "null") &&
				json_key_is(walk.key, span_of(usage_names[i])))
				s->usage[i] = walk.value;
}

static void take_start(struct stream *s, struct span message)
{
	s->blocks.has_list = true;
	s->blocks.said.model = json_text_of(json_member(message, SPAN("model")));
	take_usage(s, json_member(message, SPAN("usage")));
}

static void take_block(struct stream *s, const struct event *e)
{
	struct span type = json_text_of(json_member(e->block, SPAN("type")));
	struct said_call call = { 0 };
	if (span_is(type, "text")) {
		said_add_text(&s->blocks.said, json_text_of(json_member(e->block, SPAN("text"))));
	} else if (span_is(type, "tool_use")) {
		call.id = json_text_of(json_member(e->block, SPAN("id")));
		call.name = json_text_of(json_member(e->block, SPAN("name")));
		blocks_start_call(
			&s->blocks, e->index, &call, json_member(e->block, SPAN("input")));
	} else if (!span_is(type, "thinking") && !span_is(type, "redacted_thinking")) {
		s->blocks.has_others = true;
	}
}

static void take_piece(struct stream *s, const struct event *e)
{
	struct span type = json_text_of(json_member(e->delta, SPAN("type")));
	if (span_is(type, "text_delta"))
		blocks_add_text(&s->blocks, json_text_of(json_member(e->delta, SPAN("text"))));
	else if (span_is(type, "input_json_delta"))
		blocks_add_args(&s->blocks, e->index,
			json_text_of(json_member(e->delta, SPAN("partial_json"))));
}

static void take_end(struct stream *s, const struct event *e)
{
	struct span reason = json_text_of(json_member(e->delta, SPAN("stop_reason")));
	struct span details = json_member(e->delta, SPAN("stop_details"));
	if (reason.at)
		s->blocks.stop = reason;
	if (details.at)
		s->blocks.refusal = anthropic_refusal(details);
	take_usage(s, e->usage);
}

static void take_event(struct stream *s, const struct event *e)
{
	struct span type = json_text_of(e->type);
	if (span_is(type, "content_block_delta"))
		take_piece(s, e);
	else if (span_is(type, "content_block_start"))
		take_block(s, e);
	else if (span_is(type, "message_start"))
		take_start(s, e->message);
	else if (span_is(type, "message_delta"))
		take_end(s, e);
	else if (span_is(type, "message_stop"))
		s->is_done = true;
}

static void pull_event(struct json_pull *p, struct event *e)
{
	while (json_pull_next(p)) {
		struct span key = json_inside(p->key);
		if (span_equals(key, SPAN("type")))
			e->type = json_pull_value(p);
		else if (span_equals(key, SPAN("index")))
			e->index = json_pull_value(p);
		else if (span_equals(key, SPAN("delta")))
			e->delta = json_pull_value(p);
		else if (span_equals(key, SPAN("content_block")))
			e->block = json_pull_value(p);
		else if (span_equals(key, SPAN("message")))
			e->message = json_pull_value(p);
		else if (span_equals(key, SPAN("usage")))
			e->usage = json_pull_value(p);
		else if (span_equals(key, SPAN("error")))
			e->is_error = complaint_is_one(json_pull_value(p));
	}
}

/* Reads one event. False with fault filled if it is no JSON object. */
static bool read_event(struct stream *s, const struct sse_event *event, struct json_fault *fault)
{
	struct event e = { 0 };
	struct json_pull pull;
	json_pull_init(&pull, event->data);
	*fault = (struct json_fault){ .reason = "expected an object" };
	bool is_object = *event->data.at == '{' && json_pull_enter(&pull);
	if (is_object)
		pull_event(&pull, &e);
	if (!json_pull_end(&pull, fault) || !is_object)
		return false;
	/* A second time, for the value without the white space around it. */
	if (e.is_error || strcmp(event->name, "error") == 0)
		return json_scan(event->data, &s->error, fault);
	take_event(s, &e);
	return true;
}

/* Reads to the end or to an error. False with fault filled at what is no JSON object. */
static bool read_events(struct stream *s, const struct buf *bytes, struct json_fault *fault)
{
	struct sse sse;
	struct sse_event event;
	sse_init(&sse, bytes->data, bytes->len);
	while (!s->error.at && !s->is_done && sse_next(&sse, &event))
		if (event.data.n > 0 && !read_event(s, &event, fault))
			return false;
	return true;
}

/* Appends one object with what is known of usage; nothing if that is nothing. */
static void put_usage(const struct stream *s, struct buf *out)
{
	for (size_t i = 0; i < USAGE_NAMES_N; i++) {
		if (!s->usage[i].at)
			continue;
		buf_put_str(out, out->len ? ",\"" : "{\"");
		buf_put_str(out, usage_names[i]);
		buf_put_str(out, "\":");
		buf_put_span(out, s->usage[i]);
	}
	if (out->len)
		buf_put_char(out, '}');
}

static void keep(struct stream *s, struct attempt *attempt, struct answer *answer)
{
	struct buf usage;
	buf_init(&usage, SIZE_MAX / 4);
	put_usage(s, &usage);
	if (usage.len)
		s->blocks.said.usage = buf_span(&usage);
	blocks_keep(&s->blocks, &anthropic_blocks, attempt, answer);
	buf_release(&usage);
}

void anthropic_read_stream(struct attempt *attempt, struct answer *answer)
{
	struct stream s = { 0 };
	struct json_fault fault;
	blocks_init(&s.blocks, attempt);
	if (!read_events(&s, &attempt->answer, &fault)) {
		reading_not_json(attempt, "an event of the stream", &fault, answer);
	} else if (s.error.at) {
		complaint_read(attempt, s.error, s.error, answer);
	} else if (!s.is_done) {
		said_refuse(answer, OUTCOME_TRANSPORT,
			"the stream broke off before the end of the answer");
	} else {
		keep(&s, attempt, answer);
	}
	blocks_release(&s.blocks);
}
