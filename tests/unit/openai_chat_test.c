/* SPDX-License-Identifier: MIT */
#include "reading.h"

#define CHOICE(message, finish) \
	"{\"choices\":[{\"index\":0,\"message\":" message ",\"finish_reason\":" finish "}]}"
#define SAYS(text) "{\"role\":\"assistant\",\"content\":" text "}"

TEST("an answer's text, finish, model and usage are read as the server wrote them")
{
	struct exchange x;
	enter(&x, "openai", 200,
		"{\"id\":\"c1\",\"object\":\"chat.completion\",\"model\":\"m-1\",\"choices\":[{\"index\":0,\"message\":{"
		"\"role\":\"assistant\",\"content\":\"a\\n\\u00e9\\\"\",\"refusal\":null},\"logprobs\":null,"
		"\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":5,"
		"\"total_tokens\":16,\"prompt_tokens_details\":{\"cached_tokens\":3},"
		"\"completion_tokens_details\":{\"reasoning_tokens\":2}}}",
		false);
	CHECK_INT(x.answer.outcome, OUTCOME_ANSWERED);
	CHECK_INT(x.answer.finish, FINISH_STOP);
	CHECK_MEM(x.answer.text.at, x.answer.text.n, "a\\n\\u00e9\\\"");
	CHECK_MEM(x.answer.model.at, x.answer.model.n, "m-1");
	api_openai.read_usage(&x.answer);
	CHECK_INT(x.answer.usage.input, 11);
	CHECK_INT(x.answer.usage.output, 5);
	CHECK_INT(x.answer.usage.cached, 3);
	CHECK_INT(x.answer.usage.reasoning, 2);
	CHECK(x.answer.message == NULL);
	leave(&x);
}

TEST("usage that is missing, odd or hostile is unknown, and the answer stands")
{
	static const char *const usages[] = { "null", "[1,{\"prompt_tokens\":1}]", "7", "\"x\"",
		"{}", "{\"prompt_tokens\":\"3.5\",\"completion_tokens\":-1.5}",
		"{\"prompt_tokens\":99999999999999999999}",
		"{\"prompt_tokens_details\":[3],\"completion_tokens_details\":null}" };
	for (size_t i = 0; i < sizeof usages / sizeof *usages; i++) {
		struct exchange x;
		char *body =
			xasprintf("{\"usage\":%s,\"choices\":[{\"message\":{\"content\":\"ok\"}}]}",
				usages[i]);
		enter(&x, "openai", 200, body, false);
		CHECK_INT(x.answer.outcome, OUTCOME_ANSWERED);
		CHECK_MEM(x.answer.text.at, x.answer.text.n, "ok");
		api_openai.read_usage(&x.answer);
		CHECK_INT(x.answer.usage.input, -1);
		CHECK_INT(x.answer.usage.output, -1);
		CHECK_INT(x.answer.usage.cached, -1);
		CHECK_INT(x.answer.usage.reasoning, -1);
		free(body);
		leave(&x);
	}
}

#define CHECK_READINGS(cases) check_readings("openai", false, cases, sizeof cases / sizeof *cases)

TEST("every kind of finish is told apart")
{
	static const struct reading cases[] = {
		{ 200, CHOICE(SAYS("\"hi\""), "\"stop\""), OUTCOME_ANSWERED, "hi", NULL },
		{ 200, CHOICE(SAYS("\"\""), "\"stop\""), OUTCOME_ANSWERED, "", NULL },
		{ 201, CHOICE(SAYS("\"hi\""), "null"), OUTCOME_ANSWERED, "hi", NULL },
		{ 200, CHOICE(SAYS("\"hi\""), "\"eos\""), OUTCOME_ANSWERED, "hi", NULL },
		{ 200, CHOICE(SAYS("\"hi\""), "[]"), OUTCOME_ANSWERED, "hi", NULL },
		{ 200, CHOICE(SAYS("\"half\""), "\"length\""), OUTCOME_TRUNCATED, "half",
			"max-tokens" },
		{ 200, CHOICE(SAYS("\"half\""), "\"model_length\""), OUTCOME_TRUNCATED, "half",
			"max-tokens" },
		{ 200, CHOICE(SAYS("null"), "\"length\""), OUTCOME_TRUNCATED, NULL, "max-tokens" },
		{ 200, CHOICE(SAYS("\"half\""), "\"error\""), OUTCOME_BAD_RESPONSE, "half",
			"error" },
		{ 200, CHOICE(SAYS("\"bad\""), "\"content_filter\""), OUTCOME_POLICY, "bad",
			"content filter" },
		{ 200,
			CHOICE("{\"content\":null,\"refusal\":\"I can't \\\"do\\\" that\"}",
				"\"stop\""),
			OUTCOME_POLICY, NULL, "I can't \"do\" that" },
		{ 200, CHOICE("{\"content\":\"hi\",\"refusal\":\"\"}", "\"stop\""),
			OUTCOME_ANSWERED, "hi", NULL },
		{ 200, CHOICE("{\"content\":null,\"tool_calls\":[{}]}", "\"tool_calls\""),
			OUTCOME_ANSWERED, NULL, NULL },
		{ 200, CHOICE("{\"content\":null}", "\"function_call\""), OUTCOME_BAD_RESPONSE,
			NULL, "content" },
		{ 200, CHOICE("{\"content\":null,\"tool_calls\":[]}", "\"tool_calls\""),
			OUTCOME_BAD_RESPONSE, NULL, "content" },
		{ 200, CHOICE("{\"content\":\"hi\",\"tool_calls\":[{}]}", "\"tool_calls\""),
			OUTCOME_ANSWERED, "hi", NULL },
	};
	CHECK_READINGS(cases);
}

TEST("a success without an answer in it is a bad response")
{
	static const struct reading cases[] = {
		{ 200, "", OUTCOME_BAD_RESPONSE, NULL, "not JSON" },
		{ 204, "", OUTCOME_BAD_RESPONSE, NULL, "not JSON" },
		{ 200, "OK", OUTCOME_BAD_RESPONSE, NULL, "not JSON" },
		{ 200, "{\"choices\":[{\"message\":{\"content\":\"cut", OUTCOME_BAD_RESPONSE, NULL,
			"not JSON" },
		{ 200, "\xef\xbb\xbf{}", OUTCOME_BAD_RESPONSE, NULL, "not JSON" },
		{ 200, "{}{}", OUTCOME_BAD_RESPONSE, NULL, "not JSON" },
		{ 200, "[]", OUTCOME_BAD_RESPONSE, NULL, "no object" },
		{ 200, "null", OUTCOME_BAD_RESPONSE, NULL, "no object" },
		{ 200, "[{\"choices\":[]}]", OUTCOME_BAD_RESPONSE, NULL, "no object" },
		{ 200, "\"hi\"", OUTCOME_BAD_RESPONSE, NULL, "no object" },
		{ 200, "{}", OUTCOME_BAD_RESPONSE, NULL, "no choices" },
		{ 200, "{\"choices\":null}", OUTCOME_BAD_RESPONSE, NULL, "no choices" },
		{ 200, "{\"choices\":[]}", OUTCOME_BAD_RESPONSE, NULL, "no choices" },
		{ 200, "{\"choices\":{}}", OUTCOME_BAD_RESPONSE, NULL, "no choices" },
		{ 200, "{\"choices\":{\"0\":1}}", OUTCOME_BAD_RESPONSE, NULL, "content" },
		{ 200, "{\"choices\":[null]}", OUTCOME_BAD_RESPONSE, NULL, "content" },
		{ 200, "{\"choices\":[[\"message\"]]}", OUTCOME_BAD_RESPONSE, NULL, "content" },
		{ 200, "{\"choices\":[{}]}", OUTCOME_BAD_RESPONSE, NULL, "content" },
		{ 200, "{\"choices\":[{\"message\":null}]}", OUTCOME_BAD_RESPONSE, NULL,
			"content" },
		{ 200, "{\"choices\":[{\"message\":[1]}]}", OUTCOME_BAD_RESPONSE, NULL, "content" },
		{ 200, "{\"choices\":[{\"message\":{\"content\":7}}]}", OUTCOME_BAD_RESPONSE, NULL,
			"content" },
		{ 200, CHOICE(SAYS("null"), "\"stop\""), OUTCOME_BAD_RESPONSE, NULL, "content" },
	};
	CHECK_READINGS(cases);
}

#define ERROR_OF(message, type, code)                              \
	"{\"error\":{\"message\":\"" message "\",\"type\":\"" type \
	"\",\"param\":null,\"code\":" code "}}"

TEST("HTML and redirects are no answers")
{
	struct exchange x;
	arrive(&x, "openai", 200, "<!DOCTYPE html><html>");
	x.attempt.is_html = true;
	api_openai.read(&x.attempt, &x.answer);
	CHECK_INT(x.answer.outcome, OUTCOME_BAD_RESPONSE);
	leave(&x);
	arrive(&x, "openai", 503, "<html>maintenance</html>");
	x.attempt.is_html = true;
	api_openai.read(&x.attempt, &x.answer);
	CHECK_INT(x.answer.outcome, OUTCOME_CAPACITY);
	CHECK_STR(x.answer.message, "HTTP 503");
	leave(&x);
	enter(&x, "openai", 302, "", false);
	CHECK_INT(x.answer.outcome, OUTCOME_REQUEST);
	leave(&x);
}

TEST("a key that a server echoes does not get into the message, escaped or not")
{
	static const char *const bodies[] = {
		ERROR_OF("Incorrect API key: sk-canary-key", "x", "null"),
		ERROR_OF("Incorrect API key: sk\\u002dcanary-key", "x", "null"),
		"Bearer sk-canary-key is wrong",
		"{\"error\":{\"headers\":\"sk-canary-key\"}}",
	};
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		struct exchange x;
		enter(&x, "openai", 401, bodies[i], false);
		CHECK_INT(x.answer.outcome, OUTCOME_AUTH);
		CHECK(strstr(x.answer.message, "canary") == NULL);
		CHECK(strstr(x.answer.message, "****") != NULL);
		leave(&x);
	}
}

TEST("the API is found by its name, and no other is")
{
	size_t n = 0;
	CHECK(api_find("openai") == &api_openai);
	CHECK(api_find("OpenAI") == NULL);
	CHECK(api_find("") == NULL);
	CHECK(api_all(&n)[0] == &api_openai);
	CHECK(n > 0);
}

TEST("calls of tools are the answer where there is no text, as the server wrote them")
{
	struct exchange x;
	enter(&x, "openai", 200,
		CHOICE("{\"content\":null,\"tool_calls\":[ {\"id\":\"c1\", \"function\":{}} ]}",
			"\"tool_calls\""),
		false);
	CHECK_INT(x.answer.outcome, OUTCOME_ANSWERED);
	CHECK_INT(x.answer.finish, FINISH_TOOL_CALLS);
	CHECK(x.answer.text.at == NULL);
	CHECK_MEM(x.answer.value.at, x.answer.value.n, "[ {\"id\":\"c1\", \"function\":{}} ]");
	CHECK_MEM(x.answer.tool_calls.at, x.answer.tool_calls.n,
		"[ {\"id\":\"c1\", \"function\":{}} ]");
	leave(&x);
}

TEST("logprobs are kept as the server wrote them")
{
	struct exchange x;
	enter(&x, "openai", 200,
		"{\"choices\":[{\"message\":{\"content\":\"a\"},\"logprobs\":{\"content\":[{\"logprob\":-0.10}]}}]}",
		false);
	CHECK_MEM(x.answer.logprobs.at, x.answer.logprobs.n, "{\"content\":[{\"logprob\":-0.10}]}");
	leave(&x);
	enter(&x, "openai", 200,
		"{\"choices\":[{\"message\":{\"content\":\"a\"},\"logprobs\":{}}]}", false);
	CHECK(x.answer.logprobs.at == NULL);
	leave(&x);
}

TEST("of a content in parts the texts are joined, and thinking is passed over")
{
	static const struct reading cases[] = {
		{ 200,
			CHOICE(SAYS("[{\"type\":\"thinking\",\"thinking\":[{\"type\":\"text\",\"text\":\"hm\"}]},"
				    "{\"type\":\"text\",\"text\":\"a\\n\"},{\"type\":\"text\",\"text\":\"b\"}]"),
				"\"stop\""),
			OUTCOME_ANSWERED, "a\\nb", NULL },
		{ 200, CHOICE(SAYS("[{\"type\":\"text\",\"text\":\"\"}]"), "\"stop\""),
			OUTCOME_ANSWERED, "", NULL },
		{ 200,
			CHOICE(SAYS("[{\"type\":\"thinking\",\"thinking\":[]},{\"type\":\"reference\",\"text\":\"no\"}]"),
				"\"stop\""),
			OUTCOME_BAD_RESPONSE, NULL, "content" },
		{ 200, CHOICE(SAYS("[]"), "\"stop\""), OUTCOME_BAD_RESPONSE, NULL, "content" },
		{ 200, CHOICE(SAYS("[1,\"x\",{\"type\":\"text\",\"text\":7},null]"), "\"stop\""),
			OUTCOME_BAD_RESPONSE, NULL, "content" },
		{ 200, CHOICE(SAYS("{\"type\":\"text\",\"text\":\"a\"}"), "\"stop\""),
			OUTCOME_BAD_RESPONSE, NULL, "content" },
	};
	CHECK_READINGS(cases);
}

TEST("what servers call tokens by other names, or count apart, is counted alike")
{
	static const struct {
		const char *usage;
		struct usage want;
	} cases[] = {
		{ "{\"prompt_tokens\":\"12\",\"completion_tokens\":5}",
			{ 12, 5, -1, -1, 0, 0, TIER_USUAL } },
		/* DeepSeek */
		{ "{\"prompt_tokens\":9,\"completion_tokens\":2,\"total_tokens\":11,"
		  "\"prompt_cache_hit_tokens\":4,\"prompt_cache_miss_tokens\":5}",
			{ 9, 2, 4, -1, 0, 0, TIER_USUAL } },
		{ "{\"prompt_cache_hit_tokens\":4,\"prompt_tokens_details\":null}",
			{ -1, -1, 4, -1, 0, 0, TIER_USUAL } },
		/* xAI, and OpenAI */
		{ "{\"prompt_tokens\":12,\"completion_tokens\":2,\"total_tokens\":331,"
		  "\"completion_tokens_details\":{\"reasoning_tokens\":317}}",
			{ 12, 319, -1, 317, 0, 0, TIER_USUAL } },
		{ "{\"prompt_tokens\":12,\"completion_tokens\":319,\"total_tokens\":331,"
		  "\"completion_tokens_details\":{\"reasoning_tokens\":317}}",
			{ 12, 319, -1, 317, 0, 0, TIER_USUAL } },
		{ "{\"prompt_tokens\":12,\"completion_tokens\":2,"
		  "\"completion_tokens_details\":{\"reasoning_tokens\":2}}",
			{ 12, 2, -1, 2, 0, 0, TIER_USUAL } },
		/* gateways before those who write to a cache */
		{ "{\"prompt_tokens\":90,\"completion_tokens\":2,\"prompt_tokens_details\":{"
		  "\"cached_tokens\":20,\"cache_write_tokens\":30}}",
			{ 90, 2, 20, -1, 30, 0, TIER_USUAL } },
		{ "{\"prompt_tokens\":90,\"prompt_tokens_details\":{\"cache_creation_tokens\":30,"
		  "\"cache_creation_token_details\":{\"ephemeral_1h_input_tokens\":10}}}",
			{ 90, -1, -1, -1, 30, 10, TIER_USUAL } },
		{ "{\"prompt_tokens\":90,\"prompt_tokens_details\":{\"cache_write_tokens\":null,"
		  "\"cache_creation_tokens\":\"x\",\"cache_creation_token_details\":7}}",
			{ 90, -1, -1, -1, 0, 0, TIER_USUAL } },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct answer answer;
		answer_init(&answer, OUTCOME_ANSWERED);
		answer.usage_text = span_of(cases[i].usage);
		check_usage("openai", &answer, &cases[i].want);
		answer_release(&answer);
	}
}
