/* SPDX-License-Identifier: MIT */
#include "reading.h"

#define SAID(content, stop)                                                               \
	"{\"metrics\":{\"latencyMs\":7},\"output\":{\"message\":{\"role\":\"assistant\"," \
	"\"content\":" content "}},\"stopReason\":" stop                                  \
	",\"usage\":{\"inputTokens\":10,\"outputTokens\":5}}"
#define TEXT(text) "{\"text\":\"" text "\"}"
#define THOUGHT "{\"reasoningContent\":{\"reasoningText\":{\"text\":\"hm\"}}}"
#define CALL "{ \"toolUse\":{\"toolUseId\":\"t1\",\"name\":\"f\",\"input\":{\"a\": 1.0}}}"

#define CHECK_READINGS(cases) check_readings("bedrock", false, cases, sizeof cases / sizeof *cases)

TEST("Bedrock's texts are the answer, one after the other, without what the model thinks")
{
	static struct reading cases[] = {
		{ 200, SAID("[" TEXT("a\\n\\u00e9") "]", "\"end_turn\""), OUTCOME_ANSWERED,
			"a\\n\\u00e9", NULL },
		{ 200,
			SAID("[" THOUGHT "," TEXT("\\ud83d") "," TEXT("\\ude00") "]",
				"\"stop_sequence\""),
			OUTCOME_ANSWERED, "\\ud83d\\ude00", NULL },
		{ 200, SAID("[" TEXT("a") "]", "\"of_next_year\""), OUTCOME_ANSWERED, "a", NULL },
		{ 200, SAID("[" TEXT("a") "]", "null"), OUTCOME_ANSWERED, "a", NULL },
		{ 200, SAID("[]", "\"end_turn\""), OUTCOME_ANSWERED, "", NULL },
		{ 200, SAID("[" THOUGHT "]", "\"end_turn\""), OUTCOME_ANSWERED, "", NULL },
		{ 200,
			" \n{\"output\":{\"message\":{\"content\":[" TEXT(
				"x") "]}},\"output\":{\"message\":{\"content\":[" TEXT("y") "]}}} ",
			OUTCOME_ANSWERED, "y", NULL },
		{ 200, "{\"output\":{\"message\":{\"content\":[" TEXT("a") "]}},\"message\":\"x\"}",
			OUTCOME_ANSWERED, "a", NULL },
	};
	CHECK_READINGS(cases);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		cases[i].status = 201;
	CHECK_READINGS(cases);
}

TEST("a text of Bedrock's may come with its sources, and one that is none spoils the answer")
{
	static const struct reading cases[] = {
		{ 200,
			SAID("[{\"citationsContent\":{\"content\":[" TEXT("a") "," TEXT(
				     "b") "],\"citations\":[]}}]",
				"\"end_turn\""),
			OUTCOME_ANSWERED, "ab", NULL },
		{ 200, SAID("[" TEXT("a") ",{\"text\":null}]", "\"end_turn\""),
			OUTCOME_BAD_RESPONSE, "a", "missing" },
		{ 200, SAID("[{\"text\":5}]", "\"end_turn\""), OUTCOME_BAD_RESPONSE, NULL,
			"content[].text" },
		{ 200, SAID("[{}]", "\"end_turn\""), OUTCOME_BAD_RESPONSE, NULL, "content[].text" },
	};
	CHECK_READINGS(cases);
}

TEST("why Bedrock's model stopped decides what its answer amounts to")
{
	static const struct reading cases[] = {
		{ 200, SAID("[" TEXT("half") "]", "\"max_tokens\""), OUTCOME_TRUNCATED, "half",
			"--max-tokens" },
		{ 200, SAID("[" TEXT("half") "]", "\"model_context_window_exceeded\""),
			OUTCOME_TRUNCATED, "half", "context" },
		{ 200, SAID("[" TEXT("Sorry.") "]", "\"guardrail_intervened\""), OUTCOME_POLICY,
			"Sorry.", "content filter" },
		{ 200, SAID("[" TEXT("a") "]", "\"content_filtered\""), OUTCOME_POLICY, "a",
			"content filter" },
		{ 200, SAID("[" TEXT("a") "]", "\"malformed_model_output\""), OUTCOME_BAD_RESPONSE,
			"a", "error" },
		{ 200, SAID("[]", "\"malformed_tool_use\""), OUTCOME_BAD_RESPONSE, NULL, "error" },
	};
	CHECK_READINGS(cases);
}

TEST("answers that are none of Bedrock's are bad responses, whatever they are")
{
	static const struct reading cases[] = {
		{ 200, "", OUTCOME_BAD_RESPONSE, NULL, "not JSON" },
		{ 200, "{\"output\":{", OUTCOME_BAD_RESPONSE, NULL, "not JSON" },
		{ 200, "7", OUTCOME_BAD_RESPONSE, NULL, "no object" },
		{ 200, "[" SAID("[" TEXT("a") "]", "\"end_turn\"") "]", OUTCOME_BAD_RESPONSE, NULL,
			"no object" },
		{ 200, "{}", OUTCOME_BAD_RESPONSE, NULL, "no output" },
		{ 200, "{\"output\":null}", OUTCOME_BAD_RESPONSE, NULL, "no output" },
		{ 200, "{\"output\":[{\"message\":{\"content\":[]}}]}", OUTCOME_BAD_RESPONSE, NULL,
			"no output" },
		{ 200, "{\"output\":{\"message\":{\"content\":\"x\"}}}", OUTCOME_BAD_RESPONSE, NULL,
			"no output" },
		{ 200, SAID("{}", "\"end_turn\""), OUTCOME_BAD_RESPONSE, NULL, "content[].text" },
		{ 200, SAID("[]", "\"tool_use\""), OUTCOME_BAD_RESPONSE, NULL, "content[].text" },
		{ 200, SAID("[1,null,[],{\"text\":5}]", "\"x\""), OUTCOME_BAD_RESPONSE, NULL,
			"content[].text" },
		{ 200, "{\"choices\":[{\"message\":{\"content\":\"x\"}}]}", OUTCOME_BAD_RESPONSE,
			NULL, "no output" },
	};
	CHECK_READINGS(cases);
}

TEST("a success of Bedrock's with nothing but a complaint is one")
{
	static const struct reading cases[] = {
		{ 200, "{\"message\":\"odd\"}", OUTCOME_FAULT, NULL, "odd" },
		{ 200, "{\"__type\":\"com.amazon#ThrottlingException\",\"message\":\"slow\"}",
			OUTCOME_RATE, NULL, "slow" },
		{ 200, "{\"error\":{\"message\":\"a gateway's\"}}", OUTCOME_FAULT, NULL,
			"a gateway's" },
	};
	CHECK_READINGS(cases);
}

TEST("Bedrock's errors are told apart by status, type and words")
{
	static const struct {
		const char *type;
		struct reading reading;
	} cases[] = {
		{ "ValidationException",
			{ 400, "{\"message\":\"bad field\"}", OUTCOME_REQUEST, NULL,
				"HTTP 400: bad field" } },
		{ "ValidationException:http://x/",
			{ 400, "{\"message\":\"Input is too long for requested model.\"}",
				OUTCOME_TOO_LONG, NULL, "too long" } },
		{ "ServiceQuotaExceededException",
			{ 400, "{\"message\":\"quota\"}", OUTCOME_QUOTA, NULL, "quota" } },
		{ "AccessDeniedException",
			{ 403, "{\"Message\":\"no\"}", OUTCOME_AUTH, NULL, "403" } },
		{ "ExpiredTokenException",
			{ 403, "{\"message\":\"no\"}", OUTCOME_AUTH, NULL, "no" } },
		{ "ResourceNotFoundException",
			{ 404, "{\"message\":\"no model\"}", OUTCOME_NOT_FOUND, NULL,
				"no model" } },
		{ "ModelTimeoutException",
			{ 408, "{\"message\":\"late\"}", OUTCOME_FAULT, NULL, "late" } },
		{ "ModelErrorException",
			{ 424, "{\"message\":\"oops\"}", OUTCOME_FAULT, NULL, "oops" } },
		{ "ThrottlingException:http://internal.amazon.com/",
			{ 429, "{\"message\":\"slow\"}", OUTCOME_RATE, NULL, "slow" } },
		{ "ModelNotReadyException",
			{ 429, "{\"message\":\"wait\"}", OUTCOME_CAPACITY, NULL, "wait" } },
		{ "InternalServerException",
			{ 500, "{\"message\":\"oops\"}", OUTCOME_FAULT, NULL, "oops" } },
		{ "ServiceUnavailableException",
			{ 503, "{\"message\":\"busy\"}", OUTCOME_CAPACITY, NULL, "busy" } },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct attempt attempt;
		struct answer answer = { 0 };
		receive(&attempt, cases[i].reading.status, span_of(cases[i].reading.body));
		snprintf(attempt.error_type, sizeof attempt.error_type, "%s", cases[i].type);
		api_find("bedrock")->read(&attempt, &answer);
		check_answer(&answer, &cases[i].reading);
		answer_release(&answer);
		attempt_release(&attempt);
	}
}

TEST("Bedrock's tool calls are kept as they came, and are the value where nothing is said")
{
	static const struct {
		const char *body;
		enum finish finish;
		const char *calls;
		bool is_value;
	} cases[] = {
		{ SAID("[" CALL "]", "\"tool_use\""), FINISH_TOOL_CALLS, "[" CALL "]", true },
		{ SAID("[" THOUGHT "," CALL "," CALL "]", "\"tool_use\""), FINISH_TOOL_CALLS,
			"[" CALL "," CALL "]", true },
		{ SAID("[" TEXT("t") "," CALL "]", "\"tool_use\""), FINISH_TOOL_CALLS, "[" CALL "]",
			false },
		{ SAID("[" TEXT("t") "]", "\"end_turn\""), FINISH_STOP, NULL, false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct attempt attempt;
		struct answer answer = { 0 };
		receive(&attempt, 200, span_of(cases[i].body));
		api_find("bedrock")->read(&attempt, &answer);
		CHECK_INT(answer.outcome, OUTCOME_ANSWERED);
		CHECK_INT(answer.finish, cases[i].finish);
		CHECK_INT(answer.value.at != NULL, cases[i].is_value);
		CHECK(answer.model.at == NULL);
		if (cases[i].calls)
			CHECK_MEM(answer.tool_calls.at, answer.tool_calls.n, cases[i].calls);
		else
			CHECK(answer.tool_calls.at == NULL);
		answer_release(&answer);
		attempt_release(&attempt);
	}
}

TEST("Bedrock's tokens: what the cache had and got is input")
{
	static const struct {
		const char *usage;
		struct usage want;
	} cases[] = {
		{ "{\"inputTokens\":10,\"outputTokens\":5,\"totalTokens\":15}",
			{ 10, 5, -1, -1, 0, 0, TIER_USUAL } },
		{ "{\"inputTokens\":10,\"outputTokens\":5,\"cacheReadInputTokens\":3000,"
		  "\"cacheWriteInputTokens\":200}",
			{ 3210, 5, 3000, -1, 200, 0, TIER_USUAL } },
		{ "{\"inputTokens\":\"10\",\"cacheReadInputTokens\":null}",
			{ 10, -1, -1, -1, 0, 0, TIER_USUAL } },
		{ "{\"inputTokens\":9007199254740992,\"cacheWriteInputTokens\":1}",
			{ 9007199254740993, -1, -1, -1, 1, 0, TIER_USUAL } },
		{ "{\"inputTokens\":1,\"cacheWriteInputTokens\":9,\"cacheDetails\":["
		  "{\"ttl\":\"1h\",\"inputTokens\":3},{\"ttl\":\"1h\",\"inputTokens\":1},"
		  "{\"ttl\":\"5m\",\"inputTokens\":5},{\"ttl\":\"1h\"},null]}",
			{ 10, -1, -1, -1, 9, 4, TIER_USUAL } },
		{ "[1]", { -1, -1, -1, -1, 0, 0, TIER_USUAL } },
		{ "null", { -1, -1, -1, -1, 0, 0, TIER_USUAL } },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct answer answer;
		answer_init(&answer, OUTCOME_ANSWERED);
		answer.usage_text = span_of(cases[i].usage);
		check_usage("bedrock", &answer, &cases[i].want);
		answer_release(&answer);
	}
}
