/* SPDX-License-Identifier: MIT */
#include "reading.h"

#define LINE(members) "{\"model\":\"llama\"," members ",\"done\":false}\n"
#define SAYS(text) LINE("\"message\":{\"role\":\"assistant\",\"content\":\"" text "\"}")
#define DONE(reason)                                                                           \
	"{\"model\":\"llama\",\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":" \
	"true,\"done_reason\":\"" reason "\",\"prompt_eval_count\":11,\"eval_count\":5}\n"

#define CHECK_READINGS(cases) check_readings("ollama", false, cases, sizeof cases / sizeof *cases)

TEST("ollama: a stream's text, finish, model and usage are what a whole answer would have said")
{
	struct attempt attempt;
	struct answer answer = { 0 };
	receive(&attempt, 200,
		SPAN(LINE("\"message\":{\"content\":\"\",\"thinking\":\"hm\"}") SAYS("a\\n")
				SAYS("\\ud83d") SAYS("\\ude00\xc3\xa9") DONE("stop")));
	api_ollama.read(&attempt, &answer);
	CHECK_INT(answer.outcome, OUTCOME_ANSWERED);
	CHECK_INT(answer.finish, FINISH_STOP);
	CHECK_MEM(answer.text.at, answer.text.n, "a\\n\\ud83d\\ude00\xc3\xa9");
	CHECK_MEM(answer.model.at, answer.model.n, "llama");
	api_ollama.read_usage(&answer);
	CHECK_INT(answer.usage.input, 11);
	CHECK_INT(answer.usage.output, 5);
	CHECK_INT(attempt.answer.len, 0);
	answer_release(&answer);
	attempt_release(&attempt);
}

TEST("ollama: a stream cut anywhere is a failure, until its last object is there")
{
	static const char whole[] = SAYS("a") SAYS("b") DONE("stop");
	size_t n = sizeof whole - 1;
	for (size_t cut = 0; cut <= n; cut++) {
		struct attempt attempt;
		struct answer answer = { 0 };
		receive(&attempt, 200, (struct span){ whole, cut });
		api_ollama.read(&attempt, &answer);
		/* In the first line nothing says yet that it is one of several. */
		bool is_whole = cut >= n - 1, is_first = cut < strlen(SAYS("a")) - 1;
		enum outcome want = is_first ? OUTCOME_BAD_RESPONSE : OUTCOME_TRANSPORT;
		CHECK_INT(answer.outcome, is_whole ? OUTCOME_ANSWERED : want);
		CHECK(is_whole == (answer.message == NULL));
		answer_release(&answer);
		attempt_release(&attempt);
	}
}

TEST("ollama: lines may end with CR and LF, and empty ones keep the connection alive")
{
	static const struct reading cases[] = {
		{ 200, "\r\n\n" SAYS("a") "\r\n  \n" SAYS("b") "\r" DONE("stop") "\r\n",
			OUTCOME_ANSWERED, "ab", NULL },
		{ 200, "{\"message\":{\"content\":\"a\"},\"done\":false}\r\n{\"done\":true}\r\n",
			OUTCOME_ANSWERED, "a", NULL },
	};
	CHECK_READINGS(cases);
}

TEST("ollama: a stream that does not say that it is done broke off")
{
	static const struct reading cases[] = {
		{ 200, SAYS("a"), OUTCOME_TRANSPORT, NULL, "broke off" },
		{ 200, SAYS("a") SAYS("b"), OUTCOME_TRANSPORT, NULL, "broke off" },
		{ 200, SAYS("a") "{\"message\":{\"content\":\"b\"}}\n", OUTCOME_TRANSPORT, NULL,
			"broke off" },
		{ 200, SAYS("a") "{\"done\":\"true\"}\n", OUTCOME_TRANSPORT, NULL, "broke off" },
		{ 200, SAYS("a") "{\"done\":true}", OUTCOME_ANSWERED, "a", NULL },
		{ 200, SAYS("a") "{\"done\":true}\nwhat follows is not read", OUTCOME_ANSWERED, "a",
			NULL },
		{ 200, SAYS("a") DONE("length"), OUTCOME_TRUNCATED, "a", "--max-tokens" },
		{ 200, SAYS("") DONE("load"), OUTCOME_REQUEST, NULL, "only loaded" },
	};
	CHECK_READINGS(cases);
}

TEST("ollama: an error in a line makes all of the stream a failure")
{
	static const struct reading cases[] = {
		{ 200, SAYS("a") "{\"error\":\"an error was encountered while running the model\"}\n",
			OUTCOME_FAULT, NULL, "while running the model" },
		{ 200, SAYS("a") "{\"error\":{\"message\":\"x\",\"code\":429}}\n", OUTCOME_RATE,
			NULL, "x" },
		{ 200, SAYS("a") "{\"error\":\"cut", OUTCOME_TRANSPORT, NULL, "broke off" },
		{ 200, SAYS("a") "{\"error\":\"late\",\"done\":true}", OUTCOME_FAULT, NULL,
			"late" },
	};
	CHECK_READINGS(cases);
}

TEST("ollama: what is no JSON object in a stream is said where it is")
{
	static const struct reading cases[] = {
		{ 200, SAYS("a") "{\"message\":}\n" DONE("stop"), OUTCOME_BAD_RESPONSE, NULL,
			"a line of the stream is not JSON" },
		{ 200, SAYS("a") "7\n" DONE("stop"), OUTCOME_BAD_RESPONSE, NULL,
			"expected an object" },
		{ 200, SAYS("a") "<html>\n" DONE("stop"), OUTCOME_BAD_RESPONSE, NULL, "not JSON" },
		{ 200, "1\n2\n", OUTCOME_BAD_RESPONSE, NULL, "expected an object" },
	};
	CHECK_READINGS(cases);
}

TEST("ollama: calls of tools and logprobs of several objects are put together")
{
	struct attempt attempt;
	struct answer answer = { 0 };
	receive(&attempt, 200,
		SPAN(LINE(
			"\"message\":{\"content\":\"\",\"tool_calls\":[{\"function\":{\"name\":\"f\"}}]},\"logprobs\":[1]")
				LINE("\"message\":{\"content\":\"\",\"tool_calls\":[{\"function\":{\"name\":\"g\"}}, 2]},\"logprobs\":[2,3]")
					DONE("stop")));
	api_ollama.read(&attempt, &answer);
	CHECK_INT(answer.outcome, OUTCOME_ANSWERED);
	CHECK_INT(answer.finish, FINISH_TOOL_CALLS);
	CHECK_MEM(answer.value.at, answer.value.n,
		"[{\"function\":{\"name\":\"f\"}},{\"function\":{\"name\":\"g\"}}, 2]");
	CHECK_MEM(answer.logprobs.at, answer.logprobs.n, "[1,2,3]");
	answer_release(&answer);
	attempt_release(&attempt);
}

TEST("ollama: several hundred thousand deltas are put together in one pass")
{
	enum { DELTAS = 300000 };
	struct attempt attempt;
	struct answer answer = { 0 };
	receive(&attempt, 200, SPAN(""));
	for (int i = 0; i < DELTAS; i++)
		buf_put_str(&attempt.answer, "{\"message\":{\"content\":\"x\"},\"done\":false}\n");
	buf_put_str(&attempt.answer, DONE("stop"));
	api_ollama.read(&attempt, &answer);
	CHECK_INT(answer.outcome, OUTCOME_ANSWERED);
	CHECK_INT(answer.text.n, DELTAS);
	answer_release(&answer);
	attempt_release(&attempt);
}
