/* SPDX-License-Identifier: MIT */
#include "reading.h"

#define CHECK_READINGS(cases) check_readings("ollama", false, cases, sizeof cases / sizeof *cases)

#define ANSWER(message, reason) \
	"{\"model\":\"llama\",\"message\":" message ",\"done\":true,\"done_reason\":\"" reason "\"}"
#define SAYS(text) "{\"role\":\"assistant\",\"content\":" text "}"

TEST("ollama: an answer's text, finish, model and usage are read as the server wrote them")
{
	struct exchange x;
	enter(&x, "ollama", 200,
		"{\"model\":\"llama3.2\",\"created_at\":\"2026-01-01T00:00:00Z\",\"message\":{\"role\":\"assistant\","
		"\"content\":\"a\\n\\u00e9\\\"\",\"thinking\":\"hm\"},\"logprobs\":[{\"token\":\"a\",\"logprob\":-0.10}],"
		"\"done\":true,\"done_reason\":\"stop\",\"total_duration\":5,\"prompt_eval_count\":11,\"eval_count\":5}",
		false);
	CHECK_INT(x.answer.outcome, OUTCOME_ANSWERED);
	CHECK_INT(x.answer.finish, FINISH_STOP);
	CHECK_MEM(x.answer.text.at, x.answer.text.n, "a\\n\\u00e9\\\"");
	CHECK_MEM(x.answer.model.at, x.answer.model.n, "llama3.2");
	CHECK_MEM(
		x.answer.logprobs.at, x.answer.logprobs.n, "[{\"token\":\"a\",\"logprob\":-0.10}]");
	CHECK_MEM(x.answer.usage_text.at, x.answer.usage_text.n,
		"{\"prompt_eval_count\":11,\"eval_count\":5}");
	api_ollama.read_usage(&x.answer);
	CHECK_INT(x.answer.usage.input, 11);
	CHECK_INT(x.answer.usage.output, 5);
	CHECK_INT(x.answer.usage.cached, -1);
	CHECK_INT(x.answer.usage.reasoning, -1);
	leave(&x);
}

TEST("ollama: usage that is missing, odd or hostile is unknown, and the answer stands")
{
	static const struct {
		const char *members;
		int input, output;
	} usages[] = {
		{ "\"x\":1", -1, -1 },
		{ "\"prompt_eval_count\":null,\"eval_count\":[1]", -1, -1 },
		{ "\"prompt_eval_count\":-3,\"eval_count\":1.5", -1, -1 },
		{ "\"prompt_eval_count\":99999999999999999999", -1, -1 },
		{ "\"eval_count\":\"4\"", -1, 4 },
		{ "\"prompt_eval_count\":8", 8, -1 },
	};
	for (size_t i = 0; i < sizeof usages / sizeof *usages; i++) {
		struct exchange x;
		char *body = xasprintf(
			"{\"message\":" SAYS("\"ok\"") ",\"done\":true,%s}", usages[i].members);
		enter(&x, "ollama", 200, body, false);
		CHECK_INT(x.answer.outcome, OUTCOME_ANSWERED);
		api_ollama.read_usage(&x.answer);
		CHECK_INT(x.answer.usage.input, usages[i].input);
		CHECK_INT(x.answer.usage.output, usages[i].output);
		leave(&x);
		free(body);
	}
}

TEST("ollama: every finish is told in our words")
{
	static const struct reading cases[] = {
		{ 200, ANSWER(SAYS("\"a\""), "stop"), OUTCOME_ANSWERED, "a", NULL },
		{ 200, ANSWER(SAYS("\"\""), "stop"), OUTCOME_ANSWERED, "", NULL },
		{ 200, ANSWER(SAYS("\"a\""), "new"), OUTCOME_ANSWERED, "a", NULL },
		{ 200, ANSWER(SAYS("\"a\""), "length"), OUTCOME_TRUNCATED, "a", "--max-tokens" },
		{ 200, ANSWER(SAYS("\"\""), "load"), OUTCOME_REQUEST, NULL,
			"only loaded the model" },
		{ 200, ANSWER(SAYS("\"\""), "unload"), OUTCOME_REQUEST, NULL, "asks nothing" },
	};
	CHECK_READINGS(cases);
}

TEST("ollama: calls of tools are handed on as they are, and are a finish of their own")
{
	struct exchange x;
	enter(&x, "ollama", 200,
		ANSWER("{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":{\"a\": 1}}}]}",
			"stop"),
		false);
	CHECK_INT(x.answer.outcome, OUTCOME_ANSWERED);
	CHECK_INT(x.answer.finish, FINISH_TOOL_CALLS);
	CHECK(x.answer.text.at == NULL);
	CHECK_MEM(x.answer.tool_calls.at, x.answer.tool_calls.n,
		"[{\"function\":{\"name\":\"f\",\"arguments\":{\"a\": 1}}}]");
	CHECK(span_equals(x.answer.value, x.answer.tool_calls));
	leave(&x);
	enter(&x, "ollama", 200, ANSWER("{\"content\":\"t\",\"tool_calls\":[]}", "stop"), false);
	CHECK_INT(x.answer.finish, FINISH_STOP);
	CHECK(x.answer.tool_calls.at == NULL);
	leave(&x);
}

TEST("ollama: answers with parts missing or of the wrong kind are failures with a message")
{
	static const struct reading cases[] = {
		{ 200, "{\"message\":" SAYS("\"a\"") "}", OUTCOME_ANSWERED, "a", NULL },
		{ 200, "{\"message\":" SAYS("\"a\"") ",\"done\":false}", OUTCOME_TRANSPORT, NULL,
			"broke off" },
		{ 200, "{\"message\":" SAYS("\"a\"") ",\"done\":null}\n", OUTCOME_TRANSPORT, NULL,
			"broke off" },
		{ 200, ANSWER(SAYS("null"), "stop"), OUTCOME_BAD_RESPONSE, NULL,
			"message.content" },
		{ 200, ANSWER(SAYS("5"), "stop"), OUTCOME_BAD_RESPONSE, NULL, "message.content" },
		{ 200, ANSWER("{}", "stop"), OUTCOME_BAD_RESPONSE, NULL, "message.content" },
		{ 200, ANSWER("{\"thinking\":\"hm\"}", "stop"), OUTCOME_BAD_RESPONSE, NULL,
			"message.content" },
		{ 200, ANSWER("null", "stop"), OUTCOME_BAD_RESPONSE, NULL, "no message" },
		{ 200, ANSWER("\"a\"", "stop"), OUTCOME_BAD_RESPONSE, NULL, "no message" },
		{ 200, "{\"done\":true}", OUTCOME_BAD_RESPONSE, NULL, "no message" },
		{ 200, "{}", OUTCOME_BAD_RESPONSE, NULL, "no message" },
		{ 200, "", OUTCOME_BAD_RESPONSE, NULL, "not JSON" },
		{ 200, "[]", OUTCOME_BAD_RESPONSE, NULL, "expected an object" },
		{ 200, "7", OUTCOME_BAD_RESPONSE, NULL, "expected an object" },
		{ 200, "Ollama is running", OUTCOME_BAD_RESPONSE, NULL, "not JSON" },
		{ 200, "{\"message\":{\"content\":\"a", OUTCOME_BAD_RESPONSE, NULL, "not JSON" },
		{ 200, ANSWER(SAYS("\"a\""), "stop") " \r\n", OUTCOME_ANSWERED, "a", NULL },
		{ 200, "{\n  \"message\": {\n    \"content\": \"a\"\n  },\n  \"done\": true\n}\n",
			OUTCOME_ANSWERED, "a", NULL },
	};
	CHECK_READINGS(cases);
}

TEST("ollama: errors are known by their status, and by their words")
{
	static const struct reading cases[] = {
		{ 400, "{\"error\":\"\\\"x\\\" does not support tools\"}", OUTCOME_REQUEST, NULL,
			"HTTP 400: \"x\" does not support tools" },
		{ 400, "{\"error\":\"request (9000 tokens) exceeds the available context size (4096 tokens)\"}",
			OUTCOME_TOO_LONG, NULL, "context size" },
		{ 401, "{\"error\":\"unauthorized canary-key\"}", OUTCOME_AUTH, NULL,
			"unauthorized **********" },
		{ 403, "{\"error\":\"forbidden\"}", OUTCOME_AUTH, NULL, "forbidden" },
		{ 404, "{\"error\":\"model \\\"x\\\" not found, try pulling it first\"}",
			OUTCOME_NOT_FOUND, NULL, "try pulling it first" },
		{ 404, "404 page not found", OUTCOME_NOT_FOUND, NULL, "404 page not found" },
		{ 429, "{\"error\":\"you (x) have reached your weekly usage limit, upgrade for higher limits\"}",
			OUTCOME_QUOTA, NULL, "weekly" },
		{ 429, "{\"error\":\"too many concurrent requests\"}", OUTCOME_CAPACITY, NULL,
			"concurrent" },
		{ 429, "{\"error\":\"slow down\"}", OUTCOME_RATE, NULL, "slow down" },
		{ 499, "{\"error\":\"context canceled\"}", OUTCOME_FAULT, NULL, "canceled" },
		{ 500, "{\"error\":\"llama runner process has terminated\"}", OUTCOME_FAULT, NULL,
			"terminated" },
		{ 502, "bad gateway", OUTCOME_FAULT, NULL, "bad gateway" },
		{ 503, "{\"error\":\"server busy, please try again.  maximum pending requests exceeded\"}",
			OUTCOME_CAPACITY, NULL, "maximum pending" },
		{ 500, "{\"error\":{\"message\":\"odd\"}}", OUTCOME_FAULT, NULL, "odd" },
		{ 500, "[{\"error\":\"odd\"}]", OUTCOME_FAULT, NULL, "odd" },
		{ 200, "{\"error\":\"an error was encountered while running the model\"}",
			OUTCOME_FAULT, NULL, "while running" },
		{ 200, "{\"error\":\"\",\"message\":" SAYS("\"a\"") ",\"done\":true}",
			OUTCOME_ANSWERED, "a", NULL },
		{ 302, "", OUTCOME_REQUEST, NULL, "redirects" },
	};
	CHECK_READINGS(cases);
}
