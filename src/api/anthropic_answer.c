/* SPDX-License-Identifier: MIT */
/*
 * {"content":[{"type":"text","text":"..."}],"stop_reason":"end_turn","usage":{...}}: of the blocks
 * texts and tool_use count; thoughts, and the tools that the server itself used, do not.
 */
#include "api/anthropic.h"

#include "api/classify.h"
#include "api/complaint.h"
#include "base/xalloc.h"
#include "json/scan.h"
#include "json/text.h"

#include <string.h>

static bool put_call(struct buf *out, const struct said_call *call)
{
	return buf_put_str(out, "{\"type\":\"tool_use\",\"id\":\"") &&
		buf_put_span(out, call->id) && buf_put_str(out, "\",\"name\":\"") &&
		buf_put_span(out, call->name) && buf_put_str(out, "\",\"input\":") &&
		buf_put_span(out, buf_span(&call->args)) && buf_put_char(out, '}');
}

const struct blocks_style anthropic_blocks = {
	.put_call = put_call,
	.where = "content[].text",
};

struct span anthropic_refusal(struct span stop_details)
{
	struct span words = json_text_of(json_member(stop_details, SPAN("explanation")));
	return words.n ? words : json_text_of(json_member(stop_details, SPAN("category")));
}

void anthropic_read_usage(struct answer *answer)
{
	struct usage *out = &answer->usage;
	int64_t written = -1;
	struct json_walk walk;
	if (!answer->usage_text.at)
		return;
	json_walk_init(&walk, answer->usage_text);
	while (walk.in_object && json_walk_next(&walk)) {
		if (json_key_is(walk.key, SPAN("input_tokens")))
			out->input = json_count_of(walk.value);
		else if (json_key_is(walk.key, SPAN("output_tokens")))
			out->output = json_count_of(walk.value);
		else if (json_key_is(walk.key, SPAN("cache_read_input_tokens")))
			out->cached = json_count_of(walk.value);
		else if (json_key_is(walk.key, SPAN("cache_creation_input_tokens")))
			written = json_count_of(walk.value);
		else if (json_key_is(walk.key, SPAN("output_tokens_details")))
			out->reasoning =
				json_count_of(json_member(walk.value, SPAN("thinking_tokens")));
	}
	/* Here what the cache had, or was given, is not part of the input. */
	out->input = blocks_sum(out->input, blocks_sum(out->cached, written));
}

/* The list of blocks; each is validated already. */
static void add_content(struct blocks *b, struct span content)
{
	struct json_walk walk;
	b->has_list = content.at && json_kind(content) == JSON_KIND_ARRAY;
	blocks_clear(b); /* of a name that is there twice the last counts */
	if (!b->has_list)
		return;
	json_walk_init(&walk, content);
	while (json_walk_next(&walk)) {
		struct span type = json_text_of(json_member(walk.value, SPAN("type")));
		if (span_is(type, "text"))
			blocks_add_text(b, json_text_of(json_member(walk.value, SPAN("text"))));
		else if (span_is(type, "tool_use"))
			blocks_add_call(b, walk.value);
		else if (!span_is(type, "thinking") && !span_is(type, "redacted_thinking"))
			b->has_others = true;
	}
}

/* The members of a message. True if one of them says that it is an error. */
static bool pull_message(struct json_pull *p, struct blocks *b)
{
	bool is_error = false;
	while (json_pull_next(p)) {
		struct span key = json_inside(p->key);
		if (span_equals(key, SPAN("content")))
			add_content(b, json_pull_value(p));
		else if (span_equals(key, SPAN("stop_reason")))
			b->stop = json_text_of(json_pull_value(p));
		else if (span_equals(key, SPAN("stop_details")))
			b->refusal = anthropic_refusal(json_pull_value(p));
		else if (span_equals(key, SPAN("usage")))
			b->said.usage = json_pull_value(p);
		else if (span_equals(key, SPAN("model")))
			b->said.model = json_text_of(json_pull_value(p));
		else if (span_equals(key, SPAN("error")))
			is_error = complaint_is_one(json_pull_value(p));
	}
	return is_error;
}

/* A success by its status. */
static void read_success(struct attempt *attempt, struct answer *answer)
{
	struct blocks blocks;
	struct span text = buf_span(&attempt->answer);
	struct json_pull pull;
	struct json_fault fault;
	struct span root;
	bool is_error = false;
	blocks_init(&blocks, attempt);
	json_pull_init(&pull, text);
	struct span trimmed = utf8_trimmed(text);
	/* An array is not entered: what is in it has no key. */
	bool is_object = trimmed.n && *trimmed.at == '{' && json_pull_enter(&pull);
	if (is_object)
		is_error = pull_message(&pull, &blocks);
	if (!json_pull_end(&pull, &fault)) {
		answer->outcome = OUTCOME_BAD_RESPONSE;
		answer->message = xasprintf("HTTP %d, but the answer is not JSON: %s at byte %zu",
			attempt->status, fault.reason, fault.offset + 1);
	} else if (is_error && json_scan(text, &root, &fault)) {
		complaint_read(attempt, text, root, answer);
	} else if (blocks.has_list || blocks.stop.at) {
		blocks_keep(&blocks, &anthropic_blocks, attempt, answer);
	} else {
		said_refuse(answer, OUTCOME_BAD_RESPONSE,
			is_object ? "the answer has no content"
				  : "the answer is JSON, but no object");
	}
	blocks_release(&blocks);
}

/* What was asked to be a stream need not be one, nor say so if it is; JSON begins otherwise. */
static bool is_stream(const struct attempt *attempt)
{
	static const struct span starts[] = { SPAN("event:"), SPAN("data:"), SPAN(":") };
	struct span text = buf_span(&attempt->answer);
	if (attempt->is_event_stream)
		return text.n == 0 || *text.at != '{';
	for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
		if (text.n >= starts[i].n && memcmp(text.at, starts[i].at, starts[i].n) == 0)
			return true;
	return false;
}

void anthropic_read(struct attempt *attempt, struct answer *answer)
{
	if (classify_wire(attempt, answer))
		return;
	answer_init(answer, OUTCOME_ANSWERED);
	if (attempt->status >= 200 && attempt->status < 300) {
		if (is_stream(attempt))
			anthropic_read_stream(attempt, answer);
		else
			read_success(attempt, answer);
		return;
	}
	struct span text = buf_span(&attempt->answer);
	struct span root;
	struct json_fault fault;
	if (!json_scan(text, &root, &fault))
		root = (struct span){ 0 };
	complaint_read(attempt, text, root, answer);
}
