/* SPDX-License-Identifier: MIT */
#include "reading.h"

#define SAID(content, stop)                                                               \
	"{\"metrics\":{\"latencyMs\":7},\"output\":{\"message\":{\"role\":\"assistant\"," \
	"\"content\":" content "}},\"stopReason\":" stop                                  \
	",\"usage\":{\"inputTokens\":10,\"outputTokens\":5}}"
#define TEXT(text) "{\"text\":\"" text "\"}"
#define THOUGHT "{\"reasoningContent\":{\"reasoningText\":{\"text\":\"hm\"}}}"
#define CALL "{ \"toolUse\":{\"toolUseId\":\"t1\",\"name\":\"f\",\"input\":{\"a\": 1.0}}}"

#define CHECK_READINGS(status, cases) \
	check_readings("bedrock", status, cases, sizeof cases / sizeof *cases)

TEST("Bedrock's texts are the answer, one after the other, without what the model thinks")
{
	static const struct reading cases[] = {
		{ SAID("[" TEXT("a\\n\\u00e9") "]", "\"end_turn\""), OUTCOME_ANSWERED,
			"a\\n\\u00e9", NULL },
		{ SAID("[" THOUGHT "," TEXT("\\ud83d") "," TEXT("\\ude00") "]",
			  "\"stop_sequence\""),
			OUTCOME_ANSWERED, "\\ud83d\\ude00", NULL },
		{ SAID("[" TEXT("a") "]", "\"of_next_year\""), OUTCOME_ANSWERED, "a", NULL },
		{ SAID("[" TEXT("a") "]", "null"), OUTCOME_ANSWERED, "a", NULL },
		{ SAID("[]", "\"end_turn\""), OUTCOME_ANSWERED, "", NULL },
		{ SAID("[" THOUGHT "]", "\"end_turn\""), OUTCOME_ANSWERED, "", NULL },
		{ " \n{\"output\":{\"message\":{\"content\":[" TEXT(
			  "x") "]}},\"output\":{\"message\":{\"content\":[" TEXT("y") "]}}} ",
			OUTCOME_ANSWERED, "y", NULL },
		{ "{\"output\":{\"message\":{\"content\":[" TEXT("a") "]}},\"message\":\"x\"}",
			OUTCOME_ANSWERED, "a", NULL },
	};
	CHECK_READINGS(200, cases);
	CHECK_READINGS(201, cases);
}

TEST("a text of Bedrock's may come with its sources, and one that is none spoils the answer")
{
	static const struct reading cases[] = {
		{ SAID("[{\"citationsContent\":{\"content\":[" TEXT("a") "," TEXT(
			       "b") "],\"citations\":[]}}]",
			  "\"end_turn\""),
			OUTCOME_ANSWERED, "ab", NULL },
		{ SAID("[" TEXT("a") ",{\"text\":null}]", "\"end_turn\""), OUTCOME_BAD_RESPONSE,
			"a", "missing" },
		{ SAID("[{\"text\":5}]", "\"end_turn\""), OUTCOME_BAD_RESPONSE, NULL,
			"content[].text" },
		{ SAID("[{}]", "\"end_turn\""), OUTCOME_BAD_RESPONSE, NULL, "content[].text" },
	};
	CHECK_READINGS(200, cases);
}

TEST("why Bedrock's model stopped decides what its answer amounts to")
{
	static const struct reading cases[] = {
		{ SAID("[" TEXT("half") "]", "\"max_tokens\""), OUTCOME_TRUNCATED, "half",
			"--max-tokens" },
		{ SAID("[" TEXT("half") "]", "\"model_context_window_exceeded\""),
			OUTCOME_TRUNCATED, "half", "context" },
		{ SAID("[" TEXT("Sorry.") "]", "\"guardrail_intervened\""), OUTCOME_POLICY,
			"Sorry.", "content filter" },
		{ SAID("[" TEXT("a") "]", "\"content_filtered\""), OUTCOME_POLICY, "a",
			"content filter" },
		{ SAID("[" TEXT("a") "]", "\"malformed_model_output\""), OUTCOME_BAD_RESPONSE, "a",
			"error" },
		{ SAID("[]", "\"malformed_tool_use\""), OUTCOME_BAD_RESPONSE, NULL, "error" },
	};
	CHECK_READINGS(200, cases);
}

TEST("answers that are none of Bedrock's are bad responses, whatever they are")
{
	static const struct reading cases[] = {
		{ "", OUTCOME_BAD_RESPONSE, NULL, "not JSON" },
		{ "{\"output\":{", OUTCOME_BAD_RESPONSE, NULL, "not JSON" },
		{ "7", OUTCOME_BAD_RESPONSE, NULL, "no object" },
		{ "[" SAID("[" TEXT("a") "]", "\"end_turn\"") "]", OUTCOME_BAD_RESPONSE, NULL,
			"no object" },
		{ "{}", OUTCOME_BAD_RESPONSE, NULL, "no output" },
		{ "{\"output\":null}", OUTCOME_BAD_RESPONSE, NULL, "no output" },
		{ "{\"output\":[{\"message\":{\"content\":[]}}]}", OUTCOME_BAD_RESPONSE, NULL,
			"no output" },
		{ "{\"output\":{\"message\":{\"content\":\"x\"}}}", OUTCOME_BAD_RESPONSE, NULL,
			"no output" },
		{ SAID("{}", "\"end_turn\""), OUTCOME_BAD_RESPONSE, NULL, "content[].text" },
		{ SAID("[]", "\"tool_use\""), OUTCOME_BAD_RESPONSE, NULL, "content[].text" },
		{ SAID("[1,null,[],{\"text\":5}]", "\"x\""), OUTCOME_BAD_RESPONSE, NULL,
			"content[].text" },
		{ "{\"choices\":[{\"message\":{\"content\":\"x\"}}]}", OUTCOME_BAD_RESPONSE, NULL,
			"no output" },
	};
	CHECK_READINGS(200, cases);
}

TEST("a success of Bedrock's with nothing but a complaint is one")
{
	static const struct reading cases[] = {
		{ "{\"message\":\"odd\"}", OUTCOME_FAULT, NULL, "odd" },
		{ "{\"__type\":\"com.amazon#ThrottlingException\",\"message\":\"slow\"}",
			OUTCOME_RATE, NULL, "slow" },
		{ "{\"error\":{\"message\":\"a gateway's\"}}", OUTCOME_FAULT, NULL, "a gateway's" },
	};
	CHECK_READINGS(200, cases);
}

TEST("Bedrock's errors are told apart by status, type and words")
{
	static const struct {
		int status;
		const char *type;
		struct reading reading;
	} cases[] = {
		{ 400, "ValidationException",
			{ "{\"message\":\"bad field\"}", OUTCOME_REQUEST, NULL,
				"HTTP 400: bad field" } },
		{ 400, "ValidationException:http://x/",
			{ "{\"message\":\"Input is too long for requested model.\"}",
				OUTCOME_TOO_LONG, NULL, "too long" } },
		{ 400, "ServiceQuotaExceededException",
			{ "{\"message\":\"quota\"}", OUTCOME_QUOTA, NULL, "quota" } },
		{ 403, "AccessDeniedException",
			{ "{\"Message\":\"no\"}", OUTCOME_AUTH, NULL, "403" } },
		{ 403, "ExpiredTokenException",
			{ "{\"message\":\"no\"}", OUTCOME_AUTH, NULL, "no" } },
		{ 404, "ResourceNotFoundException",
			{ "{\"message\":\"no model\"}", OUTCOME_NOT_FOUND, NULL, "no model" } },
		{ 408, "ModelTimeoutException",
			{ "{\"message\":\"late\"}", OUTCOME_FAULT, NULL, "late" } },
		{ 424, "ModelErrorException",
			{ "{\"message\":\"oops\"}", OUTCOME_FAULT, NULL, "oops" } },
		{ 429, "ThrottlingException:http://internal.amazon.com/",
			{ "{\"message\":\"slow\"}", OUTCOME_RATE, NULL, "slow" } },
		{ 429, "ModelNotReadyException",
			{ "{\"message\":\"wait\"}", OUTCOME_CAPACITY, NULL, "wait" } },
		{ 500, "InternalServerException",
			{ "{\"message\":\"oops\"}", OUTCOME_FAULT, NULL, "oops" } },
		{ 503, "ServiceUnavailableException",
			{ "{\"message\":\"busy\"}", OUTCOME_CAPACITY, NULL, "busy" } },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct attempt attempt;
		struct answer answer = { 0 };
		enter(&attempt, cases[i].status, span_of(cases[i].reading.body));
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
		enter(&attempt, 200, span_of(cases[i].body));
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
		{ "{\"inputTokens\":10,\"outputTokens\":5,\"totalTokens\":15}", { 10, 5, -1, -1 } },
		{ "{\"inputTokens\":10,\"outputTokens\":5,\"cacheReadInputTokens\":3000,"
		  "\"cacheWriteInputTokens\":200}",
			{ 3210, 5, 3000, -1 } },
		{ "{\"inputTokens\":\"10\",\"cacheReadInputTokens\":null}", { 10, -1, -1, -1 } },
		{ "{\"inputTokens\":9223372036854775807,\"cacheWriteInputTokens\":1}",
			{ INT64_MAX, -1, -1, -1 } },
		{ "[1]", { -1, -1, -1, -1 } },
		{ "null", { -1, -1, -1, -1 } },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct answer answer;
		answer_init(&answer, OUTCOME_ANSWERED);
		answer.usage_text = span_of(cases[i].usage);
		api_find("bedrock")->read_usage(&answer);
		CHECK_INT(answer.usage.input, cases[i].want.input);
		CHECK_INT(answer.usage.output, cases[i].want.output);
		CHECK_INT(answer.usage.cached, cases[i].want.cached);
		CHECK_INT(answer.usage.reasoning, cases[i].want.reasoning);
		answer_release(&answer);
	}
}
