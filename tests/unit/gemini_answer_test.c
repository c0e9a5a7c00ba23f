/* SPDX-License-Identifier: MIT */
#include "reading.h"

#define CHECK_READINGS(cases) check_readings("gemini", false, cases, sizeof cases / sizeof *cases)

#define CANDIDATE(parts, reason)                                                    \
	"{\"candidates\":[{\"content\":{\"parts\":[" parts "],\"role\":\"model\"}," \
	"\"finishReason\":\"" reason "\",\"index\":0}],\"modelVersion\":\"gemini-x\"}"
#define TEXT(text) "{\"text\":\"" text "\"}"

TEST("gemini: an answer's text, finish, model and usage are read as the server wrote them")
{
	struct exchange x;
	enter(&x, "gemini", 200,
		"{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"hm\",\"thought\":true},"
		"{\"text\":\"a\\n\\u00e9\",\"thoughtSignature\":\"QQ==\"},{\"text\":\"\\\"b\"}],\"role\":\"model\"},"
		"\"finishReason\":\"STOP\",\"index\":0,\"logprobsResult\":{\"chosenCandidates\":[{\"token\":\"a\"}]}}],"
		"\"usageMetadata\":{\"promptTokenCount\":11,\"candidatesTokenCount\":5,\"thoughtsTokenCount\":7,"
		"\"cachedContentTokenCount\":3,\"toolUsePromptTokenCount\":2,\"totalTokenCount\":25},"
		"\"modelVersion\":\"gemini-x\",\"responseId\":\"r\"}",
		false);
	CHECK_INT(x.answer.outcome, OUTCOME_ANSWERED);
	CHECK_INT(x.answer.finish, FINISH_STOP);
	CHECK_MEM(x.answer.text.at, x.answer.text.n, "a\\n\\u00e9\\\"b");
	CHECK_MEM(x.answer.model.at, x.answer.model.n, "gemini-x");
	CHECK_MEM(x.answer.logprobs.at, x.answer.logprobs.n,
		"{\"chosenCandidates\":[{\"token\":\"a\"}]}");
	CHECK(x.answer.tool_calls.at == NULL);
	api_gemini.read_usage(&x.answer);
	CHECK_INT(x.answer.usage.input, 13);
	CHECK_INT(x.answer.usage.output, 12);
	CHECK_INT(x.answer.usage.cached, 3);
	CHECK_INT(x.answer.usage.reasoning, 7);
	leave(&x);
}

TEST("gemini: usage that is missing, odd or hostile is unknown, and the answer stands")
{
	static const struct {
		const char *text;
		int input, output;
	} usages[] = {
		{ "null", -1, -1 },
		{ "[1]", -1, -1 },
		{ "{}", -1, -1 },
		{ "{\"promptTokenCount\":-1,\"candidatesTokenCount\":1.5}", -1, -1 },
		{ "{\"promptTokenCount\":99999999999999999999}", -1, -1 },
		{ "{\"promptTokenCount\":\"8\",\"thoughtsTokenCount\":4}", 8, 4 },
		{ "{\"promptTokenCount\":{\"a\":[]},\"candidatesTokenCount\":null}", -1, -1 },
	};
	for (size_t i = 0; i < sizeof usages / sizeof *usages; i++) {
		struct exchange x;
		char *body = xasprintf(
			"{\"usageMetadata\":%s,\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"ok\"}]}}]}",
			usages[i].text);
		enter(&x, "gemini", 200, body, false);
		CHECK_INT(x.answer.outcome, OUTCOME_ANSWERED);
		CHECK_INT(x.answer.finish, FINISH_UNKNOWN);
		api_gemini.read_usage(&x.answer);
		CHECK_INT(x.answer.usage.input, usages[i].input);
		CHECK_INT(x.answer.usage.output, usages[i].output);
		leave(&x);
		free(body);
	}
}

TEST("gemini: every finish reason is told in our words")
{
	static const struct {
		const char *reason;
		enum finish finish;
		enum outcome outcome;
	} cases[] = {
		{ "STOP", FINISH_STOP, OUTCOME_ANSWERED },
		{ "SOMETHING_NEW", FINISH_UNKNOWN, OUTCOME_ANSWERED },
		{ "FINISH_REASON_UNSPECIFIED", FINISH_UNKNOWN, OUTCOME_ANSWERED },
		{ "MAX_TOKENS", FINISH_LENGTH, OUTCOME_TRUNCATED },
		{ "SAFETY", FINISH_CONTENT_FILTER, OUTCOME_POLICY },
		{ "RECITATION", FINISH_CONTENT_FILTER, OUTCOME_POLICY },
		{ "LANGUAGE", FINISH_CONTENT_FILTER, OUTCOME_POLICY },
		{ "BLOCKLIST", FINISH_CONTENT_FILTER, OUTCOME_POLICY },
		{ "PROHIBITED_CONTENT", FINISH_CONTENT_FILTER, OUTCOME_POLICY },
		{ "SPII", FINISH_CONTENT_FILTER, OUTCOME_POLICY },
		{ "MODEL_ARMOR", FINISH_CONTENT_FILTER, OUTCOME_POLICY },
		{ "IMAGE_SAFETY", FINISH_CONTENT_FILTER, OUTCOME_POLICY },
		{ "IMAGE_PROHIBITED_CONTENT", FINISH_CONTENT_FILTER, OUTCOME_POLICY },
		{ "IMAGE_RECITATION", FINISH_CONTENT_FILTER, OUTCOME_POLICY },
		{ "OTHER", FINISH_ERROR, OUTCOME_BAD_RESPONSE },
		{ "MALFORMED_FUNCTION_CALL", FINISH_ERROR, OUTCOME_BAD_RESPONSE },
		{ "UNEXPECTED_TOOL_CALL", FINISH_ERROR, OUTCOME_BAD_RESPONSE },
		{ "TOO_MANY_TOOL_CALLS", FINISH_ERROR, OUTCOME_BAD_RESPONSE },
		{ "MISSING_THOUGHT_SIGNATURE", FINISH_ERROR, OUTCOME_BAD_RESPONSE },
		{ "MALFORMED_RESPONSE", FINISH_ERROR, OUTCOME_BAD_RESPONSE },
		{ "IMAGE_OTHER", FINISH_ERROR, OUTCOME_BAD_RESPONSE },
		{ "NO_IMAGE", FINISH_ERROR, OUTCOME_BAD_RESPONSE },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct exchange x;
		char *body = xasprintf(
			"{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"t\"}]},\"finishReason\":\"%s\"}]}",
			cases[i].reason);
		enter(&x, "gemini", 200, body, false);
		bool ok = CHECK_INT(x.answer.finish, cases[i].finish);
		ok &= CHECK_INT(x.answer.outcome, cases[i].outcome);
		if (cases[i].outcome == OUTCOME_POLICY || cases[i].outcome == OUTCOME_BAD_RESPONSE)
			ok &= CHECK(x.answer.message &&
				strstr(x.answer.message, cases[i].reason) != NULL);
		if (!ok)
			printf("#   %s\n", cases[i].reason);
		leave(&x);
		free(body);
	}
}

TEST("gemini: a blocked prompt fails its record, and the message says why")
{
	static const struct reading cases[] = {
		{ 200, "{\"promptFeedback\":{\"safetyRatings\":[],\"blockReason\":\"PROHIBITED_CONTENT\"},\"usageMetadata\":{\"promptTokenCount\":4}}",
			OUTCOME_POLICY, NULL, "the prompt was blocked (PROHIBITED_CONTENT)" },
		{ 200, "{\"candidates\":[],\"promptFeedback\":{\"blockReason\":\"SAFETY\"}}",
			OUTCOME_POLICY, NULL, "SAFETY" },
		{ 200, "{\"promptFeedback\":{\"blockReason\":\"say canary-key\"}}", OUTCOME_POLICY,
			NULL, "for a reason unknown to pllm" },
		{ 200, "{\"promptFeedback\":{\"blockReason\":null}}", OUTCOME_BAD_RESPONSE, NULL,
			"no candidates" },
		{ 200, "{\"promptFeedback\":[]}", OUTCOME_BAD_RESPONSE, NULL, "no candidates" },
	};
	struct exchange x;
	CHECK_READINGS(cases);
	enter(&x, "gemini", 200, cases[0].body, false);
	CHECK_INT(x.answer.finish, FINISH_CONTENT_FILTER);
	api_gemini.read_usage(&x.answer);
	CHECK_INT(x.answer.usage.input, 4);
	leave(&x);
}

TEST("gemini: calls of functions are handed on as they are, with their signatures")
{
	struct exchange x;
	enter(&x, "gemini", 200,
		CANDIDATE(
			"{\"functionCall\":{\"name\":\"f\",\"args\":{\"a\": 1}},\"thoughtSignature\":\"QQ==\"},"
			"{\"functionCall\":{\"name\":\"g\",\"args\":{}}}",
			"STOP"),
		false);
	CHECK_INT(x.answer.outcome, OUTCOME_ANSWERED);
	CHECK_INT(x.answer.finish, FINISH_TOOL_CALLS);
	CHECK(x.answer.text.at == NULL);
	CHECK_MEM(x.answer.tool_calls.at, x.answer.tool_calls.n,
		"[{\"functionCall\":{\"name\":\"f\",\"args\":{\"a\": 1}},\"thoughtSignature\":\"QQ==\"},"
		"{\"functionCall\":{\"name\":\"g\",\"args\":{}}}]");
	CHECK(span_equals(x.answer.value, x.answer.tool_calls));
	leave(&x);
	enter(&x, "gemini", 200,
		CANDIDATE(TEXT("t") ",{\"functionCall\":{\"name\":\"f\"}}", "STOP"), false);
	CHECK_INT(x.answer.finish, FINISH_TOOL_CALLS);
	CHECK_MEM(x.answer.text.at, x.answer.text.n, "t");
	CHECK(x.answer.value.at == NULL);
	leave(&x);
	enter(&x, "gemini", 200,
		CANDIDATE("{\"functionCall\":{\"name\":\"f\"}}", "MALFORMED_FUNCTION_CALL"), false);
	CHECK_INT(x.answer.outcome, OUTCOME_BAD_RESPONSE);
	leave(&x);
}

TEST("gemini: answers with parts missing or of the wrong kind are failures with a message")
{
	static const struct reading cases[] = {
		{ 200, CANDIDATE(TEXT(""), "STOP"), OUTCOME_ANSWERED, "", NULL },
		{ 200, CANDIDATE("", "STOP"), OUTCOME_BAD_RESPONSE, NULL, "parts[].text" },
		{ 200, CANDIDATE("{\"text\":null}", "STOP"), OUTCOME_BAD_RESPONSE, NULL, "text" },
		{ 200, CANDIDATE("{\"text\":5}", "STOP"), OUTCOME_BAD_RESPONSE, NULL, "text" },
		{ 200, CANDIDATE("null,7,[],\"x\"", "STOP"), OUTCOME_BAD_RESPONSE, NULL, "text" },
		{ 200, CANDIDATE("{\"text\":\"hm\",\"thought\":true}", "STOP"),
			OUTCOME_BAD_RESPONSE, NULL, "text" },
		{ 200, CANDIDATE("{\"text\":\"hm\",\"thought\":true}", "MAX_TOKENS"),
			OUTCOME_TRUNCATED, NULL, "--max-tokens" },
		{ 200, "{\"candidates\":[{\"finishReason\":\"STOP\"}]}", OUTCOME_BAD_RESPONSE, NULL,
			"text" },
		{ 200, "{\"candidates\":[{\"content\":{\"role\":\"model\"},\"finishReason\":\"STOP\"}]}",
			OUTCOME_BAD_RESPONSE, NULL, "text" },
		{ 200, "{\"candidates\":[{\"content\":\"x\",\"finishReason\":7}]}",
			OUTCOME_BAD_RESPONSE, NULL, "text" },
		{ 200, "{\"candidates\":[null]}", OUTCOME_BAD_RESPONSE, NULL, "text" },
		{ 200, "{\"candidates\":[]}", OUTCOME_BAD_RESPONSE, NULL, "no candidates" },
		{ 200, "{\"candidates\":{}}", OUTCOME_BAD_RESPONSE, NULL, "no candidates" },
		{ 200, "{\"candidates\":null}", OUTCOME_BAD_RESPONSE, NULL, "no candidates" },
		{ 200, "{}", OUTCOME_BAD_RESPONSE, NULL, "no candidates" },
		{ 200, "", OUTCOME_BAD_RESPONSE, NULL, "not JSON" },
		{ 200, "7", OUTCOME_BAD_RESPONSE, NULL, "expected an object" },
		{ 200, "\"x\"", OUTCOME_BAD_RESPONSE, NULL, "expected an object" },
		{ 200, "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a",
			OUTCOME_BAD_RESPONSE, NULL, "not JSON" },
		{ 200, CANDIDATE(TEXT("a"), "STOP") "x", OUTCOME_BAD_RESPONSE, NULL, "not JSON" },
		{ 200, " \n" CANDIDATE(TEXT("a"), "STOP") "\n", OUTCOME_ANSWERED, "a", NULL },
	};
	CHECK_READINGS(cases);
}

TEST("gemini: of several candidates the first is the answer")
{
	static const struct reading cases[] = {
		{ 200,
			"{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"1\"}]},\"finishReason\":\"STOP\"},"
			"{\"content\":{\"parts\":[{\"text\":\"2\"}]},\"finishReason\":\"SAFETY\"}]}",
			OUTCOME_ANSWERED, "1", NULL },
	};
	CHECK_READINGS(cases);
}

#define ERROR_OF(code, status, message, details)                                         \
	"{\"error\":{\"code\":" code ",\"message\":\"" message "\",\"status\":\"" status \
	"\",\"details\":[" details "]}}"
#define QUOTA(id)                                                                      \
	"{\"@type\":\"type.googleapis.com/google.rpc.QuotaFailure\",\"violations\":[{" \
	"\"quotaMetric\":\"m\",\"quotaId\":\"" id "\",\"quotaValue\":\"10\"}]}"
#define RETRY(delay) \
	"{\"@type\":\"type.googleapis.com/google.rpc.RetryInfo\",\"retryDelay\":\"" delay "\"}"

TEST("gemini: Google's errors are told apart, in an array too")
{
	static const struct reading cases[] = {
		{ 400, ERROR_OF("400", "INVALID_ARGUMENT", "bad", ""), OUTCOME_REQUEST, NULL,
			"HTTP 400: bad" },
		{ 400, "[" ERROR_OF("400", "INVALID_ARGUMENT", "bad", "") "\n]", OUTCOME_REQUEST,
			NULL, "HTTP 400: bad" },
		{ 400,
			ERROR_OF("400", "INVALID_ARGUMENT", "API key not valid.",
				"{\"@type\":\"x\",\"reason\":\"API_KEY_INVALID\"}"),
			OUTCOME_AUTH, NULL, "API key not valid" },
		{ 400,
			ERROR_OF("400", "INVALID_ARGUMENT",
				"The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
				""),
			OUTCOME_TOO_LONG, NULL, "1048576" },
		{ 400,
			ERROR_OF("400", "FAILED_PRECONDITION",
				"User location is not supported for the API use.", ""),
			OUTCOME_AUTH, NULL, "location" },
		{ 401, ERROR_OF("401", "UNAUTHENTICATED", "who", ""), OUTCOME_AUTH, NULL, "who" },
		{ 403, ERROR_OF("403", "PERMISSION_DENIED", "no canary-key", ""), OUTCOME_AUTH,
			NULL, "no **********" },
		{ 404, ERROR_OF("404", "NOT_FOUND", "models/x is not found", ""), OUTCOME_NOT_FOUND,
			NULL, "models/x" },
		{ 409, ERROR_OF("409", "ABORTED", "again", ""), OUTCOME_CONFLICT, NULL, "again" },
		{ 429, ERROR_OF("429", "RESOURCE_EXHAUSTED", "slow", QUOTA("RequestsPerMinute")),
			OUTCOME_RATE, NULL, "slow" },
		{ 429,
			"[" ERROR_OF("429", "RESOURCE_EXHAUSTED", "slow",
				QUOTA("RequestsPerMinute")) "]",
			OUTCOME_RATE, NULL, "slow" },
		{ 429, ERROR_OF("429", "RESOURCE_EXHAUSTED", "spent", QUOTA("RequestsPerDay-Free")),
			OUTCOME_QUOTA, NULL, "spent" },
		{ 429, ERROR_OF("429", "RESOURCE_EXHAUSTED", "limit: 0, model: x", ""),
			OUTCOME_QUOTA, NULL, "limit" },
		{ 500, ERROR_OF("500", "INTERNAL", "oops", ""), OUTCOME_FAULT, NULL, "oops" },
		{ 503, ERROR_OF("503", "UNAVAILABLE", "The model is overloaded.", ""),
			OUTCOME_CAPACITY, NULL, "overloaded" },
		{ 504, ERROR_OF("504", "DEADLINE_EXCEEDED", "late", ""), OUTCOME_FAULT, NULL,
			"late" },
		{ 429, "[]", OUTCOME_RATE, NULL, "HTTP 429" },
		{ 500, "[null]", OUTCOME_FAULT, NULL, "HTTP 500" },
		{ 404, "nothing here", OUTCOME_NOT_FOUND, NULL, "nothing here" },
		{ 200, ERROR_OF("503", "UNAVAILABLE", "busy", ""), OUTCOME_CAPACITY, NULL, "busy" },
		{ 200, "{\"error\":\"odd\"}", OUTCOME_FAULT, NULL, "odd" },
		{ 200, "[" ERROR_OF("429", "RESOURCE_EXHAUSTED", "slow", "") "]", OUTCOME_RATE,
			NULL, "slow" },
		{ 200,
			"{\"error\":null,"
			"\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"t\"}]}}]}",
			OUTCOME_ANSWERED, "t", NULL },
		{ 302, "", OUTCOME_REQUEST, NULL, "redirects" },
	};
	CHECK_READINGS(cases);
}

TEST("gemini: when to come again is read from the error's details, or its words")
{
	struct exchange x;
	enter(&x, "gemini", 429,
		ERROR_OF("429", "RESOURCE_EXHAUSTED", "slow",
			QUOTA("RequestsPerMinute") "," RETRY("34.07s")),
		false);
	CHECK_INT(x.attempt.hint.wait_ms, 34070);
	leave(&x);
	enter(&x, "gemini", 429, "[" ERROR_OF("429", "RESOURCE_EXHAUSTED", "slow", RETRY("2s")) "]",
		false);
	CHECK_INT(x.attempt.hint.wait_ms, 2000);
	leave(&x);
	enter(&x, "gemini", 429,
		ERROR_OF("429", "RESOURCE_EXHAUSTED", "Please retry in 1m2.5s.", ""), false);
	CHECK_INT(x.attempt.hint.wait_ms, 62500);
	leave(&x);
}
