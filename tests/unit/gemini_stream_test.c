/* SPDX-License-Identifier: MIT */
#include "reading.h"

#define EVENT(json) "data: " json "\r\n\r\n"
#define CHUNK(parts, rest)                                                                    \
	EVENT("{\"candidates\":[{\"content\":{\"parts\":[" parts "],\"role\":\"model\"}" rest \
	      "}],\"usageMetadata\":{\"promptTokenCount\":11},\"modelVersion\":\"g-1\"}")
#define SAYS(text) CHUNK("{\"text\":\"" text "\"}", "")
#define THINKS(text) CHUNK("{\"text\":\"" text "\",\"thought\":true}", "")
#define ENDS(text, reason)                                                                   \
	EVENT("{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"" text "\"}],\"role\":" \
	      "\"model\"},\"finishReason\":\"" reason "\",\"index\":0}],\"usageMetadata\":{" \
	      "\"promptTokenCount\":11,\"candidatesTokenCount\":5,\"totalTokenCount\":16},"  \
	      "\"modelVersion\":\"g-1\"}")
#define FAULT(code, message) "{\"error\":{\"code\":" code ",\"message\":\"" message "\"}}"

#define CHECK_READINGS(cases) check_readings("gemini", true, cases, sizeof cases / sizeof *cases)

TEST("gemini: a stream's text, finish, model and usage are what a whole answer would have said")
{
	struct attempt attempt;
	struct answer answer = { 0 };
	receive_stream(&attempt,
		SPAN(THINKS("hm") SAYS("a\\n") SAYS("\\ud83d") SAYS("\\ude00\xc3\xa9")
				ENDS("\\\"", "STOP")));
	api_gemini.read(&attempt, &answer);
	CHECK_INT(answer.outcome, OUTCOME_ANSWERED);
	CHECK_INT(answer.finish, FINISH_STOP);
	CHECK_MEM(answer.text.at, answer.text.n, "a\\n\\ud83d\\ude00\xc3\xa9\\\"");
	CHECK_MEM(answer.model.at, answer.model.n, "g-1");
	api_gemini.read_usage(&answer);
	CHECK_INT(answer.usage.input, 11);
	CHECK_INT(answer.usage.output, 5);
	CHECK_INT(answer.usage.cached, -1);
	CHECK_INT(attempt.answer.len, 0);
	answer_release(&answer);
	attempt_release(&attempt);
}

TEST("gemini: how a stream's lines end, and comments in it, change nothing")
{
#define LINES(end)                                                                               \
	":ping" end end                                                                          \
	"data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]}}]}" end end          \
	": keep-alive" end "event: x" end "data: {\"candidates\":[{\"content\":{\"parts\":[" end \
	"data: {\"text\":\"b\"}]},\"finishReason\":\"STOP\"}]}" end end
	static const struct reading cases[] = {
		{ 200, LINES("\n"), OUTCOME_ANSWERED, "ab", NULL },
		{ 200, LINES("\r"), OUTCOME_ANSWERED, "ab", NULL },
		{ 200, LINES("\r\n"), OUTCOME_ANSWERED, "ab", NULL },
	};
	CHECK_READINGS(cases);
}

TEST("gemini: a stream cut anywhere is a failure")
{
	static const char whole[] = THINKS("x") SAYS("a") SAYS("b") ENDS("c", "STOP");
	size_t n = sizeof whole - 1;
	for (size_t cut = 0; cut <= n; cut++) {
		struct attempt attempt;
		struct answer answer = { 0 };
		receive_stream(&attempt, (struct span){ whole, cut });
		api_gemini.read(&attempt, &answer);
		/* The last byte but one ends the event already: CR is an end of a line. */
		bool is_whole = cut >= n - 1;
		if (is_whole)
			CHECK_INT(answer.outcome, OUTCOME_ANSWERED);
		else
			CHECK_INT(answer.outcome, OUTCOME_TRANSPORT);
		CHECK(is_whole == (answer.message == NULL));
		answer_release(&answer);
		attempt_release(&attempt);
	}
}

TEST("gemini: a stream is whole when the model said why it stopped, or why it did not begin")
{
	static const struct reading cases[] = {
		{ 200, SAYS("a"), OUTCOME_TRANSPORT, NULL, "broke off" },
		{ 200, SAYS("a") CHUNK("", ",\"finishReason\":\"\""), OUTCOME_TRANSPORT, NULL,
			"broke off" },
		{ 200, SAYS("a") EVENT("{\"candidates\":[{\"finishReason\":\"STOP\"}]}"),
			OUTCOME_ANSWERED, "a", NULL },
		{ 200, ENDS("a", "STOP") EVENT("{\"usageMetadata\":{\"promptTokenCount\":1}}"),
			OUTCOME_ANSWERED, "a", NULL },
		{ 200, "", OUTCOME_TRANSPORT, NULL, "broke off" },
		{ 200, ":ping\n\n", OUTCOME_TRANSPORT, NULL, "broke off" },
		{ 200, EVENT("{\"promptFeedback\":{\"blockReason\":\"SAFETY\"}}"), OUTCOME_POLICY,
			NULL, "the prompt was blocked (SAFETY)" },
		{ 200, SAYS("a") ENDS("", "SAFETY"), OUTCOME_POLICY, "a",
			"content filter (SAFETY)" },
		{ 200, SAYS("a") ENDS("", "MAX_TOKENS"), OUTCOME_TRUNCATED, "a", "--max-tokens" },
		{ 200, SAYS("a") ENDS("", "MALFORMED_FUNCTION_CALL"), OUTCOME_BAD_RESPONSE, "a",
			"MALFORMED_FUNCTION_CALL" },
	};
	CHECK_READINGS(cases);
}

TEST("gemini: an error in a stream is a failure, with or without a \"data:\" before it")
{
	static const struct reading cases[] = {
		{ 200, SAYS("a") EVENT(FAULT("503", "busy")), OUTCOME_CAPACITY, NULL, "busy" },
		{ 200, SAYS("a") FAULT("429", "slow"), OUTCOME_RATE, NULL, "slow" },
		{ 200, SAYS("a") "{\n  \"error\": {\n    \"code\": 500,\n    \"message\": \"oops\"\n  }\n}\n",
			OUTCOME_FAULT, NULL, "oops" },
		{ 200, SAYS("a") "[{\n\"error\": {\"code\": 500,\r\n\"message\": \"oops\"}}\n]",
			OUTCOME_FAULT, NULL, "oops" },
		{ 200, ENDS("a", "STOP") FAULT("503", "busy"), OUTCOME_CAPACITY, NULL, "busy" },
		{ 200, ENDS("a", "STOP") EVENT(FAULT("503", "busy")), OUTCOME_CAPACITY, NULL,
			"busy" },
		{ 200, ENDS("a", "STOP") "{\"error\":{\"code\":503,\"mess", OUTCOME_TRANSPORT, NULL,
			"broke off" },
		{ 200, ENDS("a", "STOP") "{\"what\":1}", OUTCOME_TRANSPORT, NULL, "broke off" },
		{ 200, ENDS("a", "STOP") "[]", OUTCOME_TRANSPORT, NULL, "broke off" },
		{ 200, FAULT("503", "busy"), OUTCOME_CAPACITY, NULL, "busy" },
		{ 200, "[" FAULT("503", "busy") "]", OUTCOME_CAPACITY, NULL, "busy" },
	};
	CHECK_READINGS(cases);
}

TEST("gemini: what is no JSON object in a stream is said where it is")
{
	static const struct reading cases[] = {
		{ 200, SAYS("a") EVENT("{\"candidates\":[}"), OUTCOME_BAD_RESPONSE, NULL,
			"an event of the stream is not JSON" },
		{ 200, SAYS("a") EVENT("[DONE]"), OUTCOME_BAD_RESPONSE, NULL, "not JSON" },
		{ 200, SAYS("a") EVENT("7"), OUTCOME_BAD_RESPONSE, NULL, "expected an object" },
		{ 200, SAYS("a") "data:\n\n" ENDS("b", "STOP"), OUTCOME_ANSWERED, "ab", NULL },
	};
	CHECK_READINGS(cases);
}

#define ITEM(text, rest) \
	"{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"" text "\"}]}" rest "}]}"

TEST("gemini: chunks in an array, as a gateway without events sends them, are a stream too")
{
	static const struct reading cases[] = {
		{ 200, "[" ITEM("a", "") ",\n" ITEM("b", ",\"finishReason\":\"STOP\"") "]",
			OUTCOME_ANSWERED, "ab", NULL },
		{ 200, "[" ITEM("a", "") "]", OUTCOME_TRANSPORT, NULL, "broke off" },
		{ 200, "[" ITEM("a", "") "," FAULT("503", "busy") "]", OUTCOME_CAPACITY, NULL,
			"busy" },
		{ 200, "[" ITEM("a", ",\"finishReason\":\"STOP\""), OUTCOME_BAD_RESPONSE, NULL,
			"not JSON" },
		{ 200, "[7]", OUTCOME_BAD_RESPONSE, NULL, "expected an object" },
		{ 200, "[]", OUTCOME_TRANSPORT, NULL, "broke off" },
	};
	CHECK_READINGS(cases);
}

TEST("gemini: a stream that nobody asked for, and a whole answer in its place, are understood")
{
	struct attempt attempt;
	struct answer answer = { 0 };
	receive_stream(&attempt, SPAN(ENDS("a", "STOP")));
	attempt.is_event_stream = false;
	api_gemini.read(&attempt, &answer);
	CHECK_INT(answer.outcome, OUTCOME_ANSWERED);
	answer_release(&answer);
	attempt_release(&attempt);
	receive_stream(&attempt, SPAN(ITEM("b", "")));
	api_gemini.read(&attempt, &answer);
	CHECK_INT(answer.outcome, OUTCOME_ANSWERED);
	CHECK_MEM(answer.text.at, answer.text.n, "b");
	answer_release(&answer);
	attempt_release(&attempt);
}

TEST("gemini: calls of functions and logprobs of several chunks are put together")
{
	struct attempt attempt;
	struct answer answer = { 0 };
	receive_stream(&attempt,
		SPAN(CHUNK("{\"functionCall\":{\"name\":\"f\",\"args\":{}}}",
			",\"logprobsResult\":{\"chosenCandidates\":[1],\"topCandidates\":[2]}")
				CHUNK("{\"functionCall\":{\"name\":\"g\",\"args\":{}}}",
					",\"finishReason\":\"STOP\",\"logprobsResult\":{\"chosenCandidates\":[3,4]}")));
	api_gemini.read(&attempt, &answer);
	CHECK_INT(answer.outcome, OUTCOME_ANSWERED);
	CHECK_INT(answer.finish, FINISH_TOOL_CALLS);
	CHECK_MEM(answer.value.at, answer.value.n,
		"[{\"functionCall\":{\"name\":\"f\",\"args\":{}}},{\"functionCall\":{\"name\":\"g\",\"args\":{}}}]");
	CHECK_MEM(answer.logprobs.at, answer.logprobs.n,
		"{\"topCandidates\":[2],\"chosenCandidates\":[1,3,4]}");
	answer_release(&answer);
	attempt_release(&attempt);
}

TEST("gemini: several hundred thousand deltas are put together in one pass")
{
	enum { DELTAS = 300000 };
	struct attempt attempt;
	struct answer answer = { 0 };
	receive_stream(&attempt, SPAN(""));
	for (int i = 0; i < DELTAS; i++)
		buf_put_str(&attempt.answer,
			"data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"x\"}]}}]}\r\n\r\n");
	buf_put_str(&attempt.answer, ENDS("y", "STOP"));
	api_gemini.read(&attempt, &answer);
	CHECK_INT(answer.outcome, OUTCOME_ANSWERED);
	CHECK_INT(answer.text.n, DELTAS + 1);
	answer_release(&answer);
	attempt_release(&attempt);
}
