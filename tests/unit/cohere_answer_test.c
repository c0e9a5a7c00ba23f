/* SPDX-License-Identifier: MIT */
#include "reading.h"

#define SAID(content, finish)                                                    \
	"{\"id\":\"1\",\"message\":{\"role\":\"assistant\",\"content\":" content \
	"},\"finish_reason\":" finish ",\"usage\":{}}"
#define TEXT(text) "{\"type\":\"text\",\"text\":\"" text "\"}"
#define THOUGHT "{\"type\":\"thinking\",\"thinking\":\"hm\"}"
#define CALL                                                                                   \
	"{\"id\":\"c1\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}" \
	"\"}}"

#define CHECK_READINGS(cases) check_readings("cohere", false, cases, sizeof cases / sizeof *cases)

TEST("Cohere's texts are the answer, one after the other, without what the model thinks")
{
	static const struct reading cases[] = {
		{ 200, SAID("[" TEXT("a\\n\\u00e9") "]", "\"COMPLETE\""), OUTCOME_ANSWERED,
			"a\\n\\u00e9", NULL },
		{ 200,
			SAID("[" THOUGHT "," TEXT("a") "," THOUGHT "," TEXT("b") "," TEXT("c") "]",
				"\"COMPLETE\""),
			OUTCOME_ANSWERED, "abc", NULL },
		{ 200, SAID("[" TEXT("") "]", "\"COMPLETE\""), OUTCOME_ANSWERED, "", NULL },
		{ 200, SAID("[{\"text\":\"x\"}]", "\"STOP_SEQUENCE\""), OUTCOME_ANSWERED, "x",
			NULL },
		{ 200, SAID("\"plain\"", "\"COMPLETE\""), OUTCOME_ANSWERED, "plain", NULL },
		{ 200, SAID("[" TEXT("a") "]", "\"NEW_REASON\""), OUTCOME_ANSWERED, "a", NULL },
		{ 200, SAID("[" TEXT("a") "]", "7"), OUTCOME_ANSWERED, "a", NULL },
		{ 200, " \n" SAID("[" TEXT("a") "]", "null") " ", OUTCOME_ANSWERED, "a", NULL },
		{ 200,
			"{\"message\":{\"content\":[" TEXT("x") "," TEXT(
				"y") "]},\"message\":{\"content\":[" TEXT("z") "," TEXT("w") "]}}",
			OUTCOME_ANSWERED, "zw", NULL },
		{ 201, "{\"message\":{\"content\":[" TEXT("\\ud83d") "," TEXT("\\ude00") "]}}",
			OUTCOME_ANSWERED, "\\ud83d\\ude00", NULL },
	};
	CHECK_READINGS(cases);
}

TEST("what Cohere says when it stops otherwise decides what its answer amounts to")
{
	static const struct reading cases[] = {
		{ 200, SAID("[" TEXT("half") "]", "\"MAX_TOKENS\""), OUTCOME_TRUNCATED, "half",
			"max-tokens" },
		{ 200, SAID("[" TEXT("a") "," TEXT("b") "]", "\"MAX_TOKENS\""), OUTCOME_TRUNCATED,
			"ab", "max-tokens" },
		{ 200, SAID("[" TEXT("half") "]", "\"ERROR\""), OUTCOME_BAD_RESPONSE, "half",
			"error" },
		{ 200, SAID("[" TEXT("half") "]", "\"TIMEOUT\""), OUTCOME_BAD_RESPONSE, "half",
			"error" },
		{ 200, SAID("[]", "\"COMPLETE\""), OUTCOME_BAD_RESPONSE, NULL, "content" },
		{ 200, SAID("[" THOUGHT "]", "\"COMPLETE\""), OUTCOME_BAD_RESPONSE, NULL,
			"content" },
		{ 200, SAID("null", "\"COMPLETE\""), OUTCOME_BAD_RESPONSE, NULL, "content" },
		{ 200, SAID("{}", "\"COMPLETE\""), OUTCOME_BAD_RESPONSE, NULL, "content" },
		{ 200, SAID("[1,null,[],{\"type\":\"text\",\"text\":5}]", "\"COMPLETE\""),
			OUTCOME_BAD_RESPONSE, NULL, "content" },
		{ 200, SAID("null", "\"TOOL_CALL\""), OUTCOME_BAD_RESPONSE, NULL, "content" },
	};
	CHECK_READINGS(cases);
}

TEST("answers that are none of Cohere's are bad responses, whatever they are")
{
	static const struct reading cases[] = {
		{ 200, "", OUTCOME_BAD_RESPONSE, NULL, "not JSON" },
		{ 200, "{", OUTCOME_BAD_RESPONSE, NULL, "not JSON" },
		{ 200, "{\"message\":{\"content\":[" TEXT("a") "," TEXT("b") "]}",
			OUTCOME_BAD_RESPONSE, NULL, "not JSON" },
		{ 200, "[]", OUTCOME_BAD_RESPONSE, NULL, "no object" },
		{ 200, "[{\"message\":{}}]", OUTCOME_BAD_RESPONSE, NULL, "no object" },
		{ 200, "7", OUTCOME_BAD_RESPONSE, NULL, "no object" },
		{ 200, "{}", OUTCOME_BAD_RESPONSE, NULL, "no message" },
		{ 200, "{\"message\":null}", OUTCOME_BAD_RESPONSE, NULL, "no message" },
		{ 200, "{\"message\":\"\"}", OUTCOME_BAD_RESPONSE, NULL, "no message" },
		{ 200, "{\"message\":{}}", OUTCOME_BAD_RESPONSE, NULL, "content" },
		{ 200, "{\"message\":[1]}", OUTCOME_BAD_RESPONSE, NULL, "content" },
		{ 200, "{\"choices\":[{\"message\":{\"content\":\"x\"}}]}", OUTCOME_BAD_RESPONSE,
			NULL, "no message" },
	};
	CHECK_READINGS(cases);
}

TEST("Cohere's errors are understood, with a status of their own or without")
{
	static const struct reading cases[] = {
		{ 401, "{\"message\":\"invalid api token\",\"id\":\"1\"}", OUTCOME_AUTH, NULL,
			"invalid api token" },
		{ 498, "{\"message\":\"invalid token\"}", OUTCOME_AUTH, NULL, "invalid" },
		{ 402, "{\"message\":\"billing limit\"}", OUTCOME_QUOTA, NULL, "billing" },
		{ 429, "{\"message\":\"You are using a Trial key, which is limited to 10 API calls / minute.\"}",
			OUTCOME_RATE, NULL, "minute" },
		{ 429, "{\"message\":\"You are using a Trial key, which is limited to 1000 API calls / month.\"}",
			OUTCOME_QUOTA, NULL, "month" },
		{ 404, "{\"message\":\"model 'x' not found\"}", OUTCOME_NOT_FOUND, NULL, "x" },
		{ 422, "{\"message\":\"invalid request\"}", OUTCOME_REQUEST, NULL, "invalid" },
		{ 400, "{\"message\":\"too many tokens: they cannot exceed 128000\"}",
			OUTCOME_TOO_LONG, NULL, "128000" },
		{ 499, "{\"message\":\"cancelled\"}", OUTCOME_FAULT, NULL, "cancelled" },
		{ 500, "{\"message\":\"internal\"}", OUTCOME_FAULT, NULL, "internal" },
		{ 503, "[{\"message\":\"later\"}]", OUTCOME_CAPACITY, NULL, "later" },
		{ 500, "oops", OUTCOME_FAULT, NULL, "oops" },
		{ 200, "{\"message\":\"internal\",\"id\":\"1\"}", OUTCOME_FAULT, NULL, "internal" },
		{ 200, "{\"error\":\"broken\"}", OUTCOME_FAULT, NULL, "broken" },
		{ 200,
			"{\"message\":{\"content\":[" TEXT("a") "," TEXT(
				"b") "]},\"error\":{\"message\":\"gone\",\"code\":429}}",
			OUTCOME_RATE, NULL, "gone" },
		{ 200, "{\"message\":{\"content\":[" TEXT("a") "]},\"error\":null}",
			OUTCOME_ANSWERED, "a", NULL },
	};
	CHECK_READINGS(cases);
}

TEST("Cohere's tool calls are passed on as they are, and are the answer if there is no text")
{
	static const char *const alone[] = {
		"{\"message\":{\"tool_plan\":\"I will\",\"tool_calls\":[" CALL
		"]},\"finish_reason\":\"TOOL_CALL\"}",
		"{\"message\":{\"content\":[],\"tool_calls\":[" CALL
		"]},\"finish_reason\":\"TOOL_CALL\"}",
		"{\"message\":{\"tool_calls\":[" CALL
		"],\"content\":[" TEXT("") "]},\"finish_reason\":\"TOOL_CALL\"}",
	};
	struct attempt attempt;
	struct answer answer = { 0 };
	for (size_t i = 0; i < sizeof alone / sizeof *alone; i++) {
		receive(&attempt, 200, span_of(alone[i]));
		api_cohere.read(&attempt, &answer);
		CHECK_INT(answer.outcome, OUTCOME_ANSWERED);
		CHECK_INT(answer.finish, FINISH_TOOL_CALLS);
		CHECK(answer.text.at == NULL);
		CHECK_MEM(answer.value.at, answer.value.n, "[" CALL "]");
		CHECK_MEM(answer.tool_calls.at, answer.tool_calls.n, "[" CALL "]");
		answer_release(&answer);
		attempt_release(&attempt);
	}
	receive(&attempt, 200,
		span_of("{\"message\":{\"content\":[" TEXT("t") "],\"tool_calls\":[" CALL "]}}"));
	api_cohere.read(&attempt, &answer);
	CHECK_MEM(answer.text.at, answer.text.n, "t");
	CHECK(answer.value.at == NULL);
	CHECK_MEM(answer.tool_calls.at, answer.tool_calls.n, "[" CALL "]");
	answer_release(&answer);
	attempt_release(&attempt);
	receive(&attempt, 200,
		span_of("{\"message\":{\"content\":[" TEXT("t") "],\"tool_calls\":[]}}"));
	api_cohere.read(&attempt, &answer);
	CHECK(answer.tool_calls.at == NULL);
	answer_release(&answer);
	attempt_release(&attempt);
}

TEST("Cohere's usage is what is billed, else what tokens there were")
{
	static const struct {
		const char *usage;
		struct usage want;
	} cases[] = {
		{ "{\"billed_units\":{\"input_tokens\":1,\"output_tokens\":2},"
		  "\"tokens\":{\"input_tokens\":11,\"output_tokens\":12},\"cached_tokens\":4}",
			{ 1, 2, 1, -1, 0, 0, TIER_USUAL } },
		{ "{\"tokens\":{\"input_tokens\":11,\"output_tokens\":12},\"cached_tokens\":4}",
			{ 11, 12, 4, -1, 0, 0, TIER_USUAL } },
		{ "{\"billed_units\":{\"input_tokens\":1,\"output_tokens\":2}}",
			{ 1, 2, -1, -1, 0, 0, TIER_USUAL } },
		{ "{\"tokens\":{\"output_tokens\":\"12\"},\"billed_units\":{\"input_tokens\":1}}",
			{ 1, 12, -1, -1, 0, 0, TIER_USUAL } },
		{ "{\"tokens\":[1],\"billed_units\":null,\"cached_tokens\":\"x\"}",
			{ -1, -1, -1, -1, 0, 0, TIER_USUAL } },
		{ "null", { -1, -1, -1, -1, 0, 0, TIER_USUAL } },
		{ "7", { -1, -1, -1, -1, 0, 0, TIER_USUAL } },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct attempt attempt;
		struct answer answer = { 0 };
		char body[400];
		snprintf(body, sizeof body,
			"{\"usage\":%s,\"logprobs\":[{\"text\":\"t\"}],\"message\":{\"content\":\"t\"}}",
			cases[i].usage);
		receive(&attempt, 200, span_of(body));
		api_cohere.read(&attempt, &answer);
		CHECK_MEM(answer.logprobs.at, answer.logprobs.n, "[{\"text\":\"t\"}]");
		check_usage("cohere", &answer, &cases[i].want);
		answer_release(&answer);
		attempt_release(&attempt);
	}
	struct answer none;
	answer_init(&none, OUTCOME_ANSWERED);
	api_cohere.read_usage(&none);
	CHECK_INT(none.usage.input, -1);
}

TEST("an answer of Cohere's that is cut anywhere is none")
{
	const char *whole = SAID("[" TEXT("a") "," TEXT("b\\n") "]", "\"COMPLETE\"");
	for (size_t n = 0; n < strlen(whole); n++) {
		struct attempt attempt;
		struct answer answer = { 0 };
		receive(&attempt, 200, SPAN(""));
		buf_put(&attempt.answer, whole, n);
		api_cohere.read(&attempt, &answer);
		CHECK_INT(answer.outcome, OUTCOME_BAD_RESPONSE);
		CHECK(answer.message && !answer.text.at);
		answer_release(&answer);
		attempt_release(&attempt);
	}
}
