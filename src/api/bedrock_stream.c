/* SPDX-License-Identifier: MIT */
/*
 * messageStart, then of each block contentBlockStart, -Delta and -Stop, then messageStop with the
 * reason why it ends, then metadata with the usage; the type of each is in its frame's headers, its
 * payload is JSON. Blocks of text start without a word.
 *
 * A stream without a messageStop broke off, and so did one that ends within a frame or has a
 * damaged one, even behind the messageStop. An exception may come at any time.
 */
#include "api/bedrock.h"

#include "api/complaint.h"
#include "api/eventstream.h"
#include "base/xalloc.h"
#include "json/scan.h"
#include "json/text.h"

#include <string.h>

struct stream {
	struct blocks blocks;
	struct eventstream_event error; /* the exception or error; all missing = there was none */
	bool is_done;
};

static void take_start(struct stream *s, struct span root)
{
	struct span use = json_member(json_member(root, SPAN("start")), SPAN("toolUse"));
	struct said_call call = { 0 };
	if (!use.at)
		return;
	call.id = json_text_of(json_member(use, SPAN("toolUseId")));
	call.name = json_text_of(json_member(use, SPAN("name")));
	blocks_start_call(&s->blocks, json_member(root, SPAN("contentBlockIndex")), &call,
		json_member(use, SPAN("input")));
}

static void take_piece(struct stream *s, struct span root)
{
	struct span delta = json_member(root, SPAN("delta"));
	struct span use = json_member(delta, SPAN("toolUse"));
	struct span text = json_member(delta, SPAN("text"));
	if (text.at)
		blocks_add_text(&s->blocks, json_text_of(text));
	else if (use.at)
		blocks_add_args(&s->blocks, json_member(root, SPAN("contentBlockIndex")),
			json_text_of(json_member(use, SPAN("input"))));
	else if (!json_member(delta, SPAN("reasoningContent")).at)
		s->blocks.has_others = true;
}

static void take_event(struct stream *s, struct span type, struct span root)
{
	if (span_is(type, "contentBlockDelta")) {
		take_piece(s, root);
	} else if (span_is(type, "contentBlockStart")) {
		take_start(s, root);
	} else if (span_is(type, "messageStart")) {
		s->blocks.has_list = true;
	} else if (span_is(type, "messageStop")) {
		s->blocks.stop = json_text_of(json_member(root, SPAN("stopReason")));
		s->is_done = true;
	} else if (span_is(type, "metadata")) {
		s->blocks.said.usage = json_member(root, SPAN("usage"));
		s->blocks.said.tier = bedrock_tier(json_member(root, SPAN("serviceTier")));
	}
}

/* Reads one message. False with fault filled if it is an event without a JSON object. */
static bool read_message(
	struct stream *s, const struct eventstream_event *event, struct json_fault *fault)
{
	struct span root;
	if (!span_is(event->message_type, "event")) {
		s->error = *event;
		return true;
	}
	if (!json_scan(event->payload, &root, fault))
		return false;
	*fault = (struct json_fault){ .reason = "expected an object" };
	if (json_kind(root) != JSON_KIND_OBJECT)
		return false;
	take_event(s, event->event_type, root);
	return true;
}

/* What an error says stands in a header, as bytes; complaints are read from JSON. */
static void complain(struct stream *s, struct attempt *attempt, struct answer *answer)
{
	const struct eventstream_event *e = &s->error;
	struct span type = e->exception_type.at ? e->exception_type : e->error_code;
	struct span text = e->payload;
	struct span root;
	struct json_fault fault;
	struct buf own;
	buf_init(&own, SIZE_MAX / 4);
	if (e->error_message.at) {
		buf_put_str(&own, "{\"message\":\"");
		json_put_escaped_lossy(&own, e->error_message);
		buf_put_str(&own, "\"}");
		text = buf_span(&own);
	}
	if (!json_scan(text, &root, &fault))
		root = (struct span){ 0 };
	/* What a header says of an answer that is an error, a frame says of a stream. */
	size_t n = type.n < sizeof attempt->error_type ? type.n : 0;
	if (n)
		memcpy(attempt->error_type, type.at, n);
	attempt->error_type[n] = '\0';
	complaint_read(attempt, text, root, answer);
	buf_release(&own);
}

static void judge(struct stream *s, const struct eventstream *walk, struct attempt *attempt,
	struct answer *answer)
{
	if (s->error.payload.at) {
		complain(s, attempt, answer);
	} else if (walk->broken) {
		answer->outcome = OUTCOME_TRANSPORT;
		answer->message = xasprintf("the stream broke off: %s", walk->broken);
	} else if (!s->is_done) {
		said_refuse(answer, OUTCOME_TRANSPORT,
			"the stream broke off before the end of the answer");
	} else {
		blocks_keep(&s->blocks, &bedrock_blocks, attempt, answer);
	}
}

void bedrock_read_stream(struct attempt *attempt, struct answer *answer)
{
	struct stream s = { 0 };
	struct span bytes = buf_span(&attempt->answer);
	struct eventstream walk;
	struct eventstream_event event;
	struct json_fault fault;
	bool ok = true;
	blocks_init(&s.blocks, attempt);
	eventstream_init(&walk, bytes.at, bytes.n);
	while (ok && !s.error.payload.at && eventstream_next(&walk, &event) == EVENTSTREAM_EVENT)
		ok = read_message(&s, &event, &fault);
	if (ok) {
		judge(&s, &walk, attempt, answer);
	} else {
		answer->outcome = OUTCOME_BAD_RESPONSE;
		answer->message = xasprintf("HTTP %d, but an event of the stream is not JSON: %s",
			attempt->status, fault.reason);
	}
	blocks_release(&s.blocks);
}
