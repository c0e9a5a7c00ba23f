/* SPDX-License-Identifier: MIT */
#include "api/tier.h"

#include "api/raw.h"
#include "reading.h"

TEST("names of tiers are known as the APIs write them, and all others are the usual one")
{
	CHECK_INT(tier_of(SPAN("batch")), TIER_BATCH);
	CHECK_INT(tier_of(SPAN("flex")), TIER_FLEX);
	CHECK_INT(tier_of(SPAN("priority")), TIER_PRIORITY);
	CHECK_INT(tier_of(SPAN("ON_DEMAND_FLEX")), TIER_FLEX);
	CHECK_INT(tier_of(SPAN("ON_DEMAND_PRIORITY")), TIER_PRIORITY);
	CHECK_INT(tier_of(SPAN("default")), TIER_USUAL);
	CHECK_INT(tier_of(SPAN("Flex")), TIER_USUAL);
	CHECK_INT(tier_of(SPAN("")), TIER_USUAL);
	CHECK_INT(tier_of((struct span){ 0 }), TIER_USUAL);
}

/* An answer of that API, and what it says of the tier and of what was written to a cache. */
struct told {
	const char *api;
	const char *body;
	const char *name; /* NULL = none at the top */
	enum service_tier tier;
	int64_t written, written_long;
	bool is_stream;
};

#define CHOICES "\"choices\":[{\"message\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]"
#define OUTPUT                                                                      \
	"\"status\":\"completed\",\"output\":[{\"type\":\"message\",\"content\":[{" \
	"\"type\":\"output_text\",\"text\":\"a\"}]}]"
#define CHUNK "\"choices\":[{\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]"
#define CONTENT "\"content\":[{\"type\":\"text\",\"text\":\"a\"}],\"stop_reason\":\"end_turn\""

static void check_told(const struct told *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct told *c = &cases[i];
		struct exchange x;
		enter(&x, c->api, 200, c->body, c->is_stream);
		bool ok = CHECK_INT(x.answer.outcome, OUTCOME_ANSWERED);
		check_span(x.answer.service_tier, c->name);
		answer_keep(&x.answer);
		attempt_release(&x.attempt);
		api_find(c->api)->read_usage(&x.answer);
		ok &= CHECK_INT(x.answer.usage.tier, c->tier);
		ok &= CHECK_INT(x.answer.usage.cache_write, c->written);
		ok &= CHECK_INT(x.answer.usage.cache_write_long, c->written_long);
		if (!ok)
			printf("#   %s: %s\n", c->api, c->body);
		answer_release(&x.answer);
		endpoint_release(&x.endpoint);
	}
}

TEST("answers that come whole say which tier they are charged at, with tokens and without")
{
	static const struct told cases[] = {
		{ "openai", "{\"service_tier\":\"flex\"," CHOICES "}", "flex", TIER_FLEX, 0, 0,
			false },
		{ "openai",
			"{" CHOICES
			",\"usage\":{\"prompt_tokens\":1},\"service_tier\":\"default\"}",
			"default", TIER_USUAL, 0, 0, false },
		{ "openai", "{" CHOICES ",\"service_tier\":null}", NULL, TIER_USUAL, 0, 0, false },
		{ "openrouter", "{" CHOICES ",\"service_tier\":\"priority\"}", "priority",
			TIER_PRIORITY, 0, 0, false },
		{ "openai-responses",
			"{" OUTPUT ",\"service_tier\":\"priority\",\"usage\":{\"input_tokens\":9,"
			"\"input_tokens_details\":{\"cache_write_tokens\":4}}}",
			"priority", TIER_PRIORITY, 4, 0, false },
		{ "anthropic",
			"{" CONTENT ",\"usage\":{\"input_tokens\":1,\"service_tier\":\"batch\"}}",
			NULL, TIER_BATCH, 0, 0, false },
		{ "bedrock",
			"{\"output\":{\"message\":{\"content\":[{\"text\":\"a\"}]}},"
			"\"stopReason\":\"end_turn\",\"serviceTier\":{\"type\":\"flex\"},"
			"\"usage\":{\"inputTokens\":1,\"cacheWriteInputTokens\":2}}",
			"flex", TIER_FLEX, 2, 0, false },
		{ "bedrock",
			"{\"output\":{\"message\":{\"content\":[{\"text\":\"a\"}]}},"
			"\"stopReason\":\"end_turn\",\"serviceTier\":\"flex\"}",
			NULL, TIER_USUAL, 0, 0, false },
		{ "gemini",
			"{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]},"
			"\"finishReason\":\"STOP\"}],\"usageMetadata\":{"
			"\"trafficType\":\"ON_DEMAND_PRIORITY\"}}",
			NULL, TIER_PRIORITY, 0, 0, false },
	};
	check_told(cases, sizeof cases / sizeof *cases);
}

TEST("streams say it in one event or in all, and it outlives their bytes")
{
	static const struct told cases[] = {
		{ "openai",
			"data: {" CHUNK ",\"service_tier\":\"auto\"}\n\n"
			"data: {\"choices\":[],\"service_tier\":\"flex\",\"usage\":{\"prompt_tokens\":9,"
			"\"prompt_tokens_details\":{\"cache_write_tokens\":5}}}\n\ndata: [DONE]\n\n",
			"flex", TIER_FLEX, 5, 0, true },
		{ "openai",
			"data: {" CHUNK ",\"service_tier\":\"flex\"}\n\n"
			"data: {\"choices\":[],\"service_tier\":null}\n\ndata: [DONE]\n\n",
			"flex", TIER_FLEX, 0, 0, true },
		{ "openai-responses",
			"event: response.completed\ndata: {\"type\":\"response.completed\","
			"\"response\":{" OUTPUT ",\"service_tier\":\"flex\"}}\n\n",
			"flex", TIER_FLEX, 0, 0, true },
		{ "anthropic",
			"event: message_start\ndata: {\"type\":\"message_start\",\"message\":{"
			"\"usage\":{\"input_tokens\":1,\"cache_creation_input_tokens\":7,"
			"\"cache_creation\":{\"ephemeral_1h_input_tokens\":6},"
			"\"service_tier\":\"priority\"}}}\n\n"
			"event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,"
			"\"content_block\":{\"type\":\"text\",\"text\":\"a\"}}\n\n"
			"event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{"
			"\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":5}}\n\n"
			"event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
			NULL, TIER_PRIORITY, 7, 6, true },
		{ "gemini",
			"data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]},"
			"\"finishReason\":\"STOP\"}],\"usageMetadata\":{\"promptTokenCount\":1,"
			"\"trafficType\":\"ON_DEMAND_FLEX\"}}\n\n",
			NULL, TIER_FLEX, 0, 0, true },
	};
	check_told(cases, sizeof cases / sizeof *cases);
}

TEST("the answers to a batch file's requests say it, too, and their errors do not")
{
	struct attempt attempt;
	struct answer answer = { 0 };
	const struct api *api = raw_api(BATCH_BODIES);
	receive(&attempt, 200, SPAN("{\"service_tier\":\"flex\",\"x\":1}"));
	api->read(&attempt, &answer);
	api->read_usage(&answer);
	CHECK_INT(answer.usage.tier, TIER_FLEX);
	answer_release(&answer);
	attempt_release(&attempt);
	receive(&attempt, 200, SPAN("{\"service_tier\":\"flex\",\"error\":{\"message\":\"no\"}}"));
	api->read(&attempt, &answer);
	CHECK(answer.outcome != OUTCOME_ANSWERED && !answer.service_tier.at);
	answer_release(&answer);
	attempt_release(&attempt);
}
