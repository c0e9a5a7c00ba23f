/* SPDX-License-Identifier: MIT */
/*
 * {"content":[{"type":"text","text":"..."}],"stop_reason":"end_turn","usage":{...}}: of the blocks
 * texts and tool_use count; thoughts, and the tools that the server itself used, do not.
 */
#include "api/anthropic.h"

#include "api/complaint.h"
#include "api/reading.h"
#include "api/tier.h"
#include "json/scan.h"

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

static int64_t most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* What was written to the cache, by how long it is kept: {"ephemeral_5m_input_tokens":1}. */
static void read_written(struct usage *out, struct span by_age)
{
	int64_t brief = json_count_of(json_member(by_age, SPAN("ephemeral_5m_input_tokens")));
	int64_t longer = json_count_of(json_member(by_age, SPAN("ephemeral_1h_input_tokens")));
	int64_t both = usage_sum_of(brief, longer);
	if (longer > 0)
		out->cache_write_long = longer;
	out->cache_write = most(out->cache_write, both);
}

void anthropic_read_usage(struct answer *answer)
{
	struct usage *out = &answer->usage;
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
			out->cache_write = most(out->cache_write, json_count_of(walk.value));
		else if (json_key_is(walk.key, SPAN("cache_creation")))
			read_written(out, walk.value);
		else if (json_key_is(walk.key, SPAN("service_tier")))
			out->tier = tier_of(json_text_of(walk.value));
		else if (json_key_is(walk.key, SPAN("output_tokens_details")))
			out->reasoning =
				json_count_of(json_member(walk.value, SPAN("thinking_tokens")));
	}
	/* Here what the cache had, or was given, is not part of the input. */
	out->input = usage_sum_of(out->input, out->cached);
	if (out->cache_write > 0)
		out->input = usage_sum_of(out->input, out->cache_write);
}

/* The list of blocks; each is validated already. */
static void add_content(struct blocks *b, struct span content)
{
	struct json_walk walk;
	b->has_list = json_is(content, JSON_KIND_ARRAY);
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
static bool pull_message(struct json_pull *p, void *blocks)
{
	struct blocks *b = blocks;
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
	blocks_init(&blocks, attempt);
	if (reading_object(attempt, pull_message, &blocks, answer)) {
		if (blocks.has_list || blocks.stop.at)
			blocks_keep(&blocks, &anthropic_blocks, attempt, answer);
		else
			said_refuse(answer, OUTCOME_BAD_RESPONSE, "the answer has no content");
	}
	blocks_release(&blocks);
}

void anthropic_read(struct attempt *attempt, struct answer *answer)
{
	if (reading_is_failure(attempt, answer))
		return;
	if (reading_is_events(attempt))
		anthropic_read_stream(attempt, answer);
	else
		read_success(attempt, answer);
}
