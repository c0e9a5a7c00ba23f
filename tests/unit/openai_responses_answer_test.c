/* SPDX-License-Identifier: MIT */
#include "reading.h"

#define API "openai-responses"
#define CHECK_READINGS(cases) check_readings(API, false, cases, sizeof cases / sizeof *cases)

#define WITH(status, output) \
	"{\"object\":\"response\",\"status\":" status ",\"error\":null,\"output\":" output "}"
#define TEXT(text) "{\"type\":\"output_text\",\"text\":" text ",\"annotations\":[]}"
#define MESSAGE(parts)                                                                              \
	"{\"type\":\"message\",\"role\":\"assistant\",\"status\":\"completed\",\"content\":[" parts \
	"]}"
#define SAYS(text) "[" MESSAGE(TEXT(text)) "]"
#define THINKS \
	"{\"type\":\"reasoning\",\"id\":\"r\",\"summary\":[{\"type\":\"summary_text\",\"text\":\"hm\"}]}"
#define CALL "{\"type\":\"function_call\", \"call_id\":\"c\",\"name\":\"f\",\"arguments\":\"{}\"}"
#define INCOMPLETE(reason, output)                                              \
	"{\"status\":\"incomplete\",\"incomplete_details\":{\"reason\":" reason \
	"},\"output\":" output "}"

TEST("a response's text, finish, model and usage are read as the server wrote them")
{
	static const struct usage want = { 11, 5, 3, 2, 0, 0, TIER_USUAL };
	struct exchange x;
	enter(&x, API, 200,
		"{\"id\":\"resp_1\",\"object\":\"response\",\"status\":\"completed\",\"error\":null,"
		"\"incomplete_details\":null,\"model\":\"m-1\",\"output\":[" THINKS
		"," MESSAGE(TEXT("\"a\\n\\u00e9\"") "," TEXT("\"b\"")) ",{\"type\":\"web_search_call\"}," MESSAGE(
			TEXT("\"c\"")) "],\"usage\":{\"input_tokens\":11,\"output_tokens\":\"5\","
				       "\"total_tokens\":16,\"input_tokens_details\":{\"cached_tokens\":3},"
				       "\"output_tokens_details\":{\"reasoning_tokens\":2}}}",
		false);
	CHECK_INT(x.answer.outcome, OUTCOME_ANSWERED);
	CHECK_INT(x.answer.finish, FINISH_STOP);
	check_span(x.answer.text, "a\\n\\u00e9bc");
	check_span(x.answer.model, "m-1");
	check_span(x.answer.tool_calls, NULL);
	check_span(x.answer.value, NULL);
	check_usage(API, &x.answer, &want);
	leave(&x);
}

TEST("calls of tools are kept as items, and are the answer where there is no text")
{
	struct exchange x;
	enter(&x, API, 200,
		WITH("\"completed\"", "[" CALL "," THINKS ",{\"type\":\"custom_tool_call\"}]"),
		false);
	CHECK_INT(x.answer.outcome, OUTCOME_ANSWERED);
	CHECK_INT(x.answer.finish, FINISH_TOOL_CALLS);
	check_span(x.answer.text, NULL);
	check_span(x.answer.value, "[" CALL ",{\"type\":\"custom_tool_call\"}]");
	leave(&x);
	enter(&x, API, 200, WITH("\"completed\"", "[" MESSAGE(TEXT("\"hi\"")) "," CALL "]"), false);
	CHECK_INT(x.answer.outcome, OUTCOME_ANSWERED);
	check_span(x.answer.text, "hi");
	check_span(x.answer.tool_calls, "[" CALL "]");
	check_span(x.answer.value, NULL);
	leave(&x);
}

TEST("logprobs of all texts of a response are one array")
{
	struct exchange x;
	enter(&x, API, 200,
		WITH("\"completed\"",
			"[" MESSAGE(
				"{\"type\":\"output_text\",\"text\":\"a\",\"logprobs\":[{\"x\":-0.10},2]},"
				"{\"type\":\"output_text\",\"text\":\"b\",\"logprobs\":[3]},"
				"{\"type\":\"output_text\",\"text\":\"c\",\"logprobs\":[]}") "]"),
		false);
	check_span(x.answer.text, "abc");
	check_span(x.answer.logprobs, "[{\"x\":-0.10},2,3]");
	leave(&x);
}

TEST("every status of a response is told apart")
{
	static const struct reading cases[] = {
		{ 200, WITH("\"completed\"", SAYS("\"hi\"")), OUTCOME_ANSWERED, "hi", NULL },
		{ 200, WITH("\"completed\"", SAYS("\"\"")), OUTCOME_ANSWERED, "", NULL },
		{ 201, WITH("null", SAYS("\"hi\"")), OUTCOME_ANSWERED, "hi", NULL },
		{ 200, WITH("\"new\"", SAYS("\"hi\"")), OUTCOME_ANSWERED, "hi", NULL },
		{ 200, "{\"output\":" SAYS("\"hi\"") "}", OUTCOME_ANSWERED, "hi", NULL },
		{ 200, INCOMPLETE("\"max_output_tokens\"", SAYS("\"half\"")), OUTCOME_TRUNCATED,
			"half", "max-tokens" },
		{ 200, INCOMPLETE("\"max_output_tokens\"", "[" THINKS "]"), OUTCOME_TRUNCATED, NULL,
			"max-tokens" },
		{ 200, INCOMPLETE("\"max_output_tokens\"", "[]"), OUTCOME_TRUNCATED, NULL,
			"max-tokens" },
		{ 200, INCOMPLETE("\"content_filter\"", SAYS("\"bad\"")), OUTCOME_POLICY, "bad",
			"content filter" },
		{ 200, INCOMPLETE("\"new\"", SAYS("\"half\"")), OUTCOME_BAD_RESPONSE, "half",
			"error" },
		{ 200, INCOMPLETE("7", SAYS("\"half\"")), OUTCOME_BAD_RESPONSE, "half", "error" },
		{ 200, WITH("\"cancelled\"", SAYS("\"half\"")), OUTCOME_BAD_RESPONSE, "half",
			"error" },
		{ 200, WITH("\"failed\"", "[]"), OUTCOME_BAD_RESPONSE, NULL, "error" },
		{ 200, WITH("\"queued\"", "[]"), OUTCOME_BAD_RESPONSE, NULL, "not finished" },
		{ 200, WITH("\"in_progress\"", SAYS("\"hi\"")), OUTCOME_BAD_RESPONSE, NULL,
			"not finished" },
		{ 200,
			WITH("\"completed\"",
				"[" MESSAGE(
					"{\"type\":\"refusal\",\"refusal\":\"I can't \\\"do\\\" that\"}") "]"),
			OUTCOME_POLICY, NULL, "I can't \"do\" that" },
	};
	CHECK_READINGS(cases);
}

TEST("an error in a response is the failure that it says")
{
	static const struct reading cases[] = {
		{ 200, "{\"status\":\"failed\",\"error\":{\"code\":\"server_error\",\"message\":\"oops\"},\"output\":[]}",
			OUTCOME_FAULT, NULL, "oops" },
		{ 200, "{\"status\":\"failed\",\"error\":{\"code\":\"rate_limit_exceeded\",\"message\":\"slow\"}}",
			OUTCOME_RATE, NULL, "slow" },
		{ 200, "{\"error\":{\"code\":\"invalid_prompt\",\"message\":\"odd\"}}",
			OUTCOME_REQUEST, NULL, "odd" },
		{ 200, "{\"error\":{\"code\":\"invalid_image_url\",\"message\":\"gone\"}}",
			OUTCOME_REQUEST, NULL, "gone" },
		{ 200, "{\"error\":{\"code\":\"bio_policy\",\"message\":\"no\"}}", OUTCOME_POLICY,
			NULL, "no" },
		{ 200, "{\"error\":{\"code\":\"image_content_policy_violation\",\"message\":\"no\"}}",
			OUTCOME_POLICY, NULL, "no" },
		{ 200, "{\"error\":\"in words\"}", OUTCOME_FAULT, NULL, "in words" },
		{ 200, "{\"error\":{}}", OUTCOME_FAULT, NULL, "HTTP 200" },
		{ 400, "{\"error\":{\"message\":\"bad\",\"type\":\"invalid_request_error\"}}",
			OUTCOME_REQUEST, NULL, "HTTP 400: bad" },
		{ 400, "{\"error\":{\"message\":\"long\",\"code\":\"context_length_exceeded\"}}",
			OUTCOME_TOO_LONG, NULL, "long" },
		{ 401, "{\"error\":{\"message\":\"key\",\"code\":\"invalid_api_key\"}}",
			OUTCOME_AUTH, NULL, "key" },
		{ 429, "[{\"error\":{\"message\":\"slow\"}}]", OUTCOME_RATE, NULL, "slow" },
		{ 429, "{\"error\":{\"message\":\"out\",\"code\":\"insufficient_quota\"}}",
			OUTCOME_QUOTA, NULL, "out" },
		{ 503, "{\"error\":{\"message\":\"busy\",\"code\":\"server_is_overloaded\"}}",
			OUTCOME_CAPACITY, NULL, "busy" },
	};
	CHECK_READINGS(cases);
}

TEST("a success without a response in it is a bad response")
{
	static const struct reading cases[] = {
		{ 200, "", OUTCOME_BAD_RESPONSE, NULL, "not JSON" },
		{ 200, "OK", OUTCOME_BAD_RESPONSE, NULL, "not JSON" },
		{ 200, "{\"output\":[{\"type\":\"message", OUTCOME_BAD_RESPONSE, NULL, "not JSON" },
		{ 200, "[]", OUTCOME_BAD_RESPONSE, NULL, "no object" },
		{ 200, "null", OUTCOME_BAD_RESPONSE, NULL, "no object" },
		{ 200, "{}", OUTCOME_BAD_RESPONSE, NULL, "no output" },
		{ 200, WITH("\"completed\"", "null"), OUTCOME_BAD_RESPONSE, NULL, "no output" },
		{ 200, WITH("\"completed\"", "{}"), OUTCOME_BAD_RESPONSE, NULL, "no output" },
		{ 200, WITH("\"completed\"", "\"hi\""), OUTCOME_BAD_RESPONSE, NULL, "no output" },
		{ 200, WITH("\"completed\"", "[]"), OUTCOME_BAD_RESPONSE, NULL, "output[]" },
		{ 200, WITH("\"completed\"", "[null,7,[\"message\"],{}]"), OUTCOME_BAD_RESPONSE,
			NULL, "output[]" },
		{ 200, WITH("\"completed\"", "[" THINKS "]"), OUTCOME_BAD_RESPONSE, NULL,
			"output[]" },
		{ 200, WITH("\"completed\"", "[{\"type\":\"message\"}]"), OUTCOME_BAD_RESPONSE,
			NULL, "output[]" },
		{ 200, WITH("\"completed\"", "[{\"type\":\"message\",\"content\":null}]"),
			OUTCOME_BAD_RESPONSE, NULL, "output[]" },
		{ 200,
			WITH("\"completed\"",
				"[{\"type\":\"message\",\"content\":{\"a\":" TEXT("\"x\"") "}}]"),
			OUTCOME_BAD_RESPONSE, NULL, "output[]" },
		{ 200, WITH("\"completed\"", "[" MESSAGE("null,1,[]") "]"), OUTCOME_BAD_RESPONSE,
			NULL, "output[]" },
		{ 200, WITH("\"completed\"", SAYS("null")), OUTCOME_BAD_RESPONSE, NULL,
			"output[]" },
		{ 200, WITH("\"completed\"", SAYS("7")), OUTCOME_BAD_RESPONSE, NULL, "output[]" },
		{ 302, "", OUTCOME_REQUEST, NULL, "redirects" },
	};
	CHECK_READINGS(cases);
}

TEST("odd usage of a response is unknown, and the answer stands")
{
	static const struct usage unknown = { -1, -1, -1, -1, 0, 0, TIER_USUAL };
	static const char *const usages[] = { "null", "[1]", "7", "{}",
		"{\"input_tokens\":-1,\"output_tokens\":1.5,\"input_tokens_details\":[3]}",
		"{\"input_tokens\":99999999999999999999,\"output_tokens_details\":null}" };
	for (size_t i = 0; i < sizeof usages / sizeof *usages; i++) {
		struct exchange x;
		char body[300];
		snprintf(body, sizeof body, "{\"usage\":%s,\"output\":%s}", usages[i],
			SAYS("\"ok\""));
		enter(&x, API, 200, body, false);
		check_span(x.answer.text, "ok");
		check_usage(API, &x.answer, &unknown);
		leave(&x);
	}
}
