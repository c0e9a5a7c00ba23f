/* SPDX-License-Identifier: MIT */
/*
 * {"output":{"message":{"content":[{"text":"..."}]}},"stopReason":"end_turn","usage":{...}}: of the
 * blocks text and toolUse count; what a model thought does not. No answer names its model.
 */
#include "api/bedrock.h"

#include "api/complaint.h"
#include "api/reading.h"
#include "api/tier.h"
#include "json/scan.h"

static bool put_call(struct buf *out, const struct said_call *call)
{
	return buf_put_str(out, "{\"toolUse\":{\"toolUseId\":\"") && buf_put_span(out, call->id) &&
		buf_put_str(out, "\",\"name\":\"") && buf_put_span(out, call->name) &&
		buf_put_str(out, "\",\"input\":") && buf_put_span(out, buf_span(&call->args)) &&
		buf_put_str(out, "}}");
}

const struct blocks_style bedrock_blocks = {
	.put_call = put_call,
	.where = "output.message.content[].text",
};

struct span bedrock_tier(struct span service_tier)
{
	return json_text_of(json_member(service_tier, SPAN("type")));
}

/* What was written to the cache, by how long it is kept: [{"ttl":"1h","inputTokens":1}]. */
static void read_written(struct usage *out, struct span details)
{
	struct json_walk walk;
	out->cache_write_long = 0;
	json_walk_init(&walk, details);
	while (!walk.in_object && json_walk_next(&walk)) {
		int64_t n = json_count_of(json_member(walk.value, SPAN("inputTokens")));
		if (n > 0 && span_is(json_text_of(json_member(walk.value, SPAN("ttl"))), "1h"))
			out->cache_write_long = usage_sum_of(out->cache_write_long, n);
	}
}

void bedrock_read_usage(struct answer *answer)
{
	struct usage *out = &answer->usage;
	int64_t written = -1;
	struct json_walk walk;
	out->tier = tier_of(answer->service_tier);
	if (!answer->usage_text.at)
		return;
	json_walk_init(&walk, answer->usage_text);
	while (walk.in_object && json_walk_next(&walk)) {
		if (json_key_is(walk.key, SPAN("inputTokens")))
			out->input = json_count_of(walk.value);
		else if (json_key_is(walk.key, SPAN("outputTokens")))
			out->output = json_count_of(walk.value);
		else if (json_key_is(walk.key, SPAN("cacheReadInputTokens")))
			out->cached = json_count_of(walk.value);
		else if (json_key_is(walk.key, SPAN("cacheWriteInputTokens")))
			written = json_count_of(walk.value);
		else if (json_key_is(walk.key, SPAN("cacheDetails")))
			read_written(out, walk.value);
	}
	if (written > 0)
		out->cache_write = written;
	/* Here what the cache had, or was given, is not part of the input. */
	out->input = usage_sum_of(out->input, usage_sum_of(out->cached, written));
}

/* Texts that come with their sources. */
static void add_cited(struct blocks *b, struct span content)
{
	struct json_walk walk;
	json_walk_init(&walk, content);
	while (!walk.in_object && json_walk_next(&walk))
		blocks_add_text(b, json_text_of(json_member(walk.value, SPAN("text"))));
}

/* What stands under "output", validated already. */
static void add_output(struct blocks *b, struct span output)
{
	struct span message = json_member(output, SPAN("message"));
	struct span content = json_member(message, SPAN("content"));
	struct json_walk walk;
	b->has_list = json_is(content, JSON_KIND_ARRAY);
	blocks_clear(b); /* of a name that is there twice the last counts */
	if (!b->has_list)
		return;
	json_walk_init(&walk, content);
	while (json_walk_next(&walk)) {
		struct span text = json_member(walk.value, SPAN("text"));
		struct span cited = json_member(walk.value, SPAN("citationsContent"));
		if (text.at)
			blocks_add_text(b, json_text_of(text));
		else if (cited.at)
			add_cited(b, json_member(cited, SPAN("content")));
		else if (json_member(walk.value, SPAN("toolUse")).at)
			blocks_add_call(b, walk.value);
		else if (!json_member(walk.value, SPAN("reasoningContent")).at)
			b->has_others = true;
	}
}

/* The members of an answer. True if there is what only an error has. */
static bool pull_answer(struct json_pull *p, void *blocks)
{
	struct blocks *b = blocks;
	bool is_error = false;
	while (json_pull_next(p)) {
		struct span key = json_inside(p->key);
		if (span_equals(key, SPAN("output")))
			add_output(b, json_pull_value(p));
		else if (span_equals(key, SPAN("stopReason")))
			b->stop = json_text_of(json_pull_value(p));
		else if (span_equals(key, SPAN("usage")))
			b->said.usage = json_pull_value(p);
		else if (span_equals(key, SPAN("serviceTier")))
			b->said.tier = bedrock_tier(json_pull_value(p));
		else if (span_equals(key, SPAN("error")) || span_equals(key, SPAN("message")) ||
			span_equals(key, SPAN("__type")))
			is_error |= complaint_is_one(json_pull_value(p));
	}
	return is_error && !b->has_list;
}

/* A success by its status. */
static void read_success(struct attempt *attempt, struct answer *answer)
{
	struct blocks blocks;
	blocks_init(&blocks, attempt);
	if (reading_object(attempt, pull_answer, &blocks, answer)) {
		if (blocks.has_list || blocks.stop.at)
			blocks_keep(&blocks, &bedrock_blocks, attempt, answer);
		else
			said_refuse(
				answer, OUTCOME_BAD_RESPONSE, "the answer has no output.message");
	}
	blocks_release(&blocks);
}

/*
 * A frame begins with its length, of four bytes, which is below 32 MiB; no text begins with such a
 * byte. Nothing at all is a stream where one was asked for.
 */
static bool is_stream(const struct attempt *attempt)
{
	struct span text = buf_span(&attempt->answer);
	if (text.n == 0)
		return attempt->endpoint && attempt->endpoint->is_streamed;
	return *text.at == 0 || *text.at == 1;
}

void bedrock_read(struct attempt *attempt, struct answer *answer)
{
	if (reading_is_failure(attempt, answer))
		return;
	if (is_stream(attempt))
		bedrock_read_stream(attempt, answer);
	else
		read_success(attempt, answer);
}
