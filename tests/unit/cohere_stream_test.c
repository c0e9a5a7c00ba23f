/* SPDX-License-Identifier: MIT */
#include "reading.h"

#define EVENT(name, json) "event: " name "\ndata: {\"type\":\"" name "\"" json "}\n\n"
#define START                                                                                                     \
	EVENT("message-start",                                                                                    \
		",\"id\":\"1\",\"delta\":{\"message\":{\"role\":\"assistant\",\"content\":[],\"tool_plan\":\"\"," \
		"\"tool_calls\":[],\"citations\":[]}}")
#define OPEN                   \
	EVENT("content-start", \
		",\"index\":0,\"delta\":{\"message\":{\"content\":{\"type\":\"text\",\"text\":\"\"}}}")
#define SAYS(text)             \
	EVENT("content-delta", \
		",\"index\":0,\"delta\":{\"message\":{\"content\":{\"text\":\"" text "\"}}}")
#define THINKS(text)           \
	EVENT("content-delta", \
		",\"index\":0,\"delta\":{\"message\":{\"content\":{\"thinking\":\"" text "\"}}}")
#define CLOSE EVENT("content-end", ",\"index\":0")
#define END_WITH(delta) EVENT("message-end", ",\"delta\":{" delta "}")
#define USAGE                                                         \
	"{\"billed_units\":{\"input_tokens\":1,\"output_tokens\":2}," \
	"\"tokens\":{\"input_tokens\":11,\"output_tokens\":5}}"
#define END END_WITH("\"finish_reason\":\"COMPLETE\",\"usage\":" USAGE)
#define CALLS(kind, index, json) \
	EVENT("tool-call-" kind, \
		",\"index\":" index ",\"delta\":{\"message\":{\"tool_calls\":{" json "}}}")

static bool check_reading(const struct reading *r, struct attempt *attempt)
{
	struct answer answer = { 0 };
	api_cohere.read(attempt, &answer);
	bool ok = check_answer(&answer, r);
	answer_release(&answer);
	return ok;
}

#define CHECK_READINGS(cases) check_readings("cohere", true, cases, sizeof cases / sizeof *cases)

TEST("a stream of Cohere's says what a whole answer would have said, and its bytes are given up")
{
	static const char body[] =
		START OPEN SAYS("a\\n") SAYS("\\ud83d") SAYS("\\ude00\\\"") CLOSE END;
	struct attempt attempt;
	struct answer answer = { 0 };
	receive_stream(&attempt, span_of(body));
	api_cohere.read(&attempt, &answer);
	CHECK_INT(answer.outcome, OUTCOME_ANSWERED);
	CHECK_INT(answer.finish, FINISH_STOP);
	CHECK_MEM(answer.text.at, answer.text.n, "a\\n\\ud83d\\ude00\\\"");
	CHECK_MEM(answer.usage_text.at, answer.usage_text.n, USAGE);
	CHECK_INT(attempt.answer.cap, 0);
	api_cohere.read_usage(&answer);
	CHECK_INT(answer.usage.input, 1);
	CHECK_INT(answer.usage.output, 2);
	answer_release(&answer);
	attempt_release(&attempt);
}

TEST("every kind of end of Cohere's streams is told apart")
{
	static const struct reading cases[] = {
		{ 200, START OPEN CLOSE END, OUTCOME_ANSWERED, "", NULL },
		{ 200, START THINKS("hm") OPEN SAYS("hi") CLOSE END, OUTCOME_ANSWERED, "hi", NULL },
		{ 200,
			START EVENT("content-start",
				",\"index\":0,\"delta\":{\"message\":{\"content\":{\"type\":\"text\",\"text\":\"h\"}}}")
				SAYS("i") END,
			OUTCOME_ANSWERED, "hi", NULL },
		{ 200, START SAYS("hi") END_WITH("\"finish_reason\":\"NEW\""), OUTCOME_ANSWERED,
			"hi", NULL },
		{ 200, START SAYS("hi") EVENT("message-end", ""), OUTCOME_ANSWERED, "hi", NULL },
		{ 200, START SAYS("hi") END SAYS("more"), OUTCOME_ANSWERED, "hi", NULL },
		{ 200, START SAYS("hi") END "data: [DONE]\n\n", OUTCOME_ANSWERED, "hi", NULL },
		{ 200, START SAYS("half") END_WITH("\"finish_reason\":\"MAX_TOKENS\""),
			OUTCOME_TRUNCATED, "half", "max-tokens" },
		{ 200, START SAYS("half") END_WITH("\"finish_reason\":\"ERROR\""),
			OUTCOME_BAD_RESPONSE, "half", "error" },
		{ 200, START SAYS("half") END_WITH("\"finish_reason\":\"TIMEOUT\",\"error\":null"),
			OUTCOME_BAD_RESPONSE, "half", "error" },
		{ 200, START END, OUTCOME_BAD_RESPONSE, NULL, "content" },
		{ 200, START THINKS("hm") END, OUTCOME_BAD_RESPONSE, NULL, "content" },
	};
	CHECK_READINGS(cases);
}

TEST("an error in a stream of Cohere's is a failure, whatever was said before it")
{
	static const struct reading cases[] = {
		{ 200,
			START SAYS("half")
				END_WITH("\"finish_reason\":\"ERROR\",\"error\":\"it broke\""),
			OUTCOME_FAULT, NULL, "it broke" },
		{ 200,
			START SAYS(
				"half") "data: {\"message\":\"too many tokens\",\"id\":\"1\"}\n\n" END,
			OUTCOME_FAULT, NULL, "too many tokens" },
		{ 200, START SAYS("half") "event: error\ndata: {\"message\":\"gone\"}\n\n",
			OUTCOME_FAULT, NULL, "gone" },
		{ 200, START SAYS("half") "data: {\"type\":\"error\",\"message\":\"gone\"}\n\n" END,
			OUTCOME_FAULT, NULL, "gone" },
		{ 200, "data: {\"error\":{\"message\":\"slow\",\"code\":429}}\n\n", OUTCOME_RATE,
			NULL, "slow" },
		{ 200, "data: {\"error\":\"slow\"}\n\n", OUTCOME_FAULT, NULL, "slow" },
		{ 200, START SAYS("a") "data: {\n\n" END, OUTCOME_BAD_RESPONSE, NULL, "not JSON" },
		{ 200, START "data: [1]\n\n" END, OUTCOME_BAD_RESPONSE, NULL,
			"expected an object" },
		{ 200, "data: 7\n\n", OUTCOME_BAD_RESPONSE, NULL, "expected an object" },
	};
	CHECK_READINGS(cases);
}

TEST("a stream of Cohere's that ends before its message-end broke off, wherever it was cut")
{
	static const char whole[] = START OPEN SAYS("a\\n") SAYS("b") CLOSE END;
	static const struct reading cut = { 200, whole, OUTCOME_TRANSPORT, NULL, "broke off" };
	static const struct reading done = { 200, "[DONE]", OUTCOME_TRANSPORT, NULL, "broke off" };
	static const char no_end[] = START SAYS("a") "data: [DONE]\n\n";
	struct attempt attempt;
	for (size_t n = 0; n < sizeof whole - 1; n++) {
		receive_stream(&attempt, (struct span){ whole, n });
		bool ok = check_reading(&cut, &attempt);
		attempt_release(&attempt);
		if (!ok)
			break;
	}
	receive_stream(&attempt, (struct span){ no_end, sizeof no_end - 1 });
	check_reading(&done, &attempt);
	attempt_release(&attempt);
}

TEST("streams of Cohere's are read with any ends of lines, comments, and data in several lines")
{
	static const struct reading cases[] = {
		{ 200,
			"data: {\"type\":\"content-delta\",\"delta\":{\"message\":{\"content\":{\"text\":\"x\"}}}}\r\n\r\n"
			": alive\r\n\r\ndata:{\"type\":\"message-end\",\"delta\":{}}\r\n\r\n",
			OUTCOME_ANSWERED, "x", NULL },
		{ 200,
			"data: {\"type\":\"content-delta\",\"delta\":{\"message\":{\"content\":{\"text\":\"x\"}}}}\r\r"
			"data:{\"type\":\"message-end\"}\r\r",
			OUTCOME_ANSWERED, "x", NULL },
		{ 200,
			":\n\nid: 1\ndata: {\"type\":\ndata: \"content-delta\",\"delta\":{\"message\":\n"
			"data: {\"content\":{\"text\":\"x\"}}}}\nretry: 5\n\ndata\n\n" END,
			OUTCOME_ANSWERED, "x", NULL },
		{ 200,
			"event: content-delta\ndata: {\"delta\":{\"message\":{\"content\":{\"text\":\"x\"}}}}\n\n"
			"event: message-end\ndata: {\"delta\":{\"finish_reason\":\"COMPLETE\"}}\n\n",
			OUTCOME_ANSWERED, "x", NULL },
		{ 200, "\xef\xbb\xbf" START SAYS("x") END, OUTCOME_ANSWERED, "x", NULL },
	};
	CHECK_READINGS(cases);
}

TEST("odd members in a stream of Cohere's are passed over")
{
	static const struct reading cases[] = {
		{ 200,
			START SAYS("a") "data: {\"type\":7}\n\ndata: {}\n\ndata: {\"type\":\"new\",\"delta\":[]}\n\n" EVENT(
				"content-delta", ",\"delta\":null") EVENT("content-delta",
				"") EVENT("content-delta",
				",\"delta\":{\"message\":{\"content\":[1]}}") EVENT("content-delta",
				",\"delta\":{\"message\":{\"content\":{\"text\":null}}}") EVENT("content-delta",
				",\"delta\":{\"message\":{\"content\":\"x\"}}") EVENT("citation-start",
				",\"index\":0,\"delta\":{\"message\":{\"citations\":{\"text\":\"c\"}}}")
				EVENT("tool-plan-delta",
					",\"delta\":{\"message\":{\"tool_plan\":\"p\"}}") SAYS("b")
					END_WITH("\"finish_reason\":null,\"usage\":7"),
			OUTCOME_ANSWERED, "ab", NULL },
	};
	CHECK_READINGS(cases);
}

TEST("a server of Cohere's API need not stream when asked, nor say that it does")
{
	static const char plain[] =
		"{\"message\":{\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}}";
	static const char *const streams[] = {
		START SAYS("x") END, ": hi\n\n" SAYS("x") END,
		"data: {\"type\":\"content-delta\",\"delta\":{\"message\":{\"content\":{\"text\":\"x\"}}}}\n\n" END
	};
	static const struct reading x = { 200, plain, OUTCOME_ANSWERED, "x", NULL };
	struct attempt attempt;
	receive_stream(&attempt, span_of(plain));
	check_reading(&x, &attempt);
	attempt_release(&attempt);
	for (size_t i = 0; i < sizeof streams / sizeof *streams; i++) {
		receive_stream(&attempt, span_of(streams[i]));
		attempt.is_event_stream = false;
		check_reading(&x, &attempt);
		attempt_release(&attempt);
	}
}

TEST("the pieces of Cohere's tool calls are put together, each with its own")
{
	static const char body[] = START EVENT("tool-plan-delta",
		",\"delta\":{\"message\":{\"tool_plan\":\"I will\"}}") CALLS("start", "0",
		"\"id\":\"c1\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}")
		CALLS("delta", "0", "\"function\":{\"arguments\":\"{\\\"a\"}") CALLS("delta", "0",
			"\"function\":{\"arguments\":\"\\\":1}\"}") EVENT("tool-call-end",
			",\"index\":0") CALLS("start", "1",
			"\"id\":\"c2\",\"type\":\"function\",\"function\":{\"name\":\"g\",\"arguments\":\"{\"}")
			CALLS("delta", "1", "\"function\":{\"arguments\":\"}\"}")
				END_WITH("\"finish_reason\":\"TOOL_CALL\"");
	static const char want[] =
		"[{\"id\":\"c1\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\\\":1}\"}},"
		"{\"id\":\"c2\",\"type\":\"function\",\"function\":{\"name\":\"g\",\"arguments\":\"{}\"}}]";
	struct attempt attempt;
	struct answer answer = { 0 };
	receive_stream(&attempt, span_of(body));
	api_cohere.read(&attempt, &answer);
	CHECK_INT(answer.outcome, OUTCOME_ANSWERED);
	CHECK_INT(answer.finish, FINISH_TOOL_CALLS);
	CHECK(answer.text.at == NULL);
	CHECK_MEM(answer.tool_calls.at, answer.tool_calls.n, want);
	CHECK_MEM(answer.value.at, answer.value.n, want);
	answer_release(&answer);
	attempt_release(&attempt);
}

TEST("an answer with more tool calls than are kept is none")
{
	struct attempt attempt;
	struct answer answer = { 0 };
	receive_stream(&attempt, span_of(START));
	for (int i = 0; i < 129; i++) {
		char event[200];
		snprintf(event, sizeof event, CALLS("start", "%d", "\"id\":\"c\""), i);
		CHECK(buf_put_str(&attempt.answer, event));
	}
	CHECK(buf_put_str(&attempt.answer, END_WITH("\"finish_reason\":\"TOOL_CALL\"")));
	api_cohere.read(&attempt, &answer);
	CHECK_INT(answer.outcome, OUTCOME_BAD_RESPONSE);
	CHECK(answer.message != NULL);
	answer_release(&answer);
	attempt_release(&attempt);
}

TEST("the logprobs of Cohere's pieces become one list")
{
	static const char body[] = START
		"data: {\"type\":\"content-delta\",\"delta\":{\"message\":{\"content\":{\"text\":\"a\"}}},"
		"\"logprobs\":{\"text\":\"a\"}}\n\n" SAYS(
			"b") "data: {\"type\":\"content-delta\",\"delta\":{\"message\":{\"content\":{\"text\":\"c\"}}},"
			     "\"logprobs\":{\"text\":\"c\"}}\n\n" END;
	struct attempt attempt;
	struct answer answer = { 0 };
	receive_stream(&attempt, span_of(body));
	api_cohere.read(&attempt, &answer);
	CHECK_MEM(answer.text.at, answer.text.n, "abc");
	CHECK_MEM(answer.logprobs.at, answer.logprobs.n, "[{\"text\":\"a\"},{\"text\":\"c\"}]");
	answer_release(&answer);
	attempt_release(&attempt);
}

TEST("several hundred thousand pieces of Cohere's are one answer")
{
	enum { PIECES_N = 300000 };
	static const char piece[] = SAYS("ab");
	struct attempt attempt;
	struct answer answer = { 0 };
	receive_stream(&attempt, span_of(START));
	attempt.answer.max = SIZE_MAX / 4;
	for (int i = 0; i < PIECES_N; i++)
		buf_put(&attempt.answer, piece, sizeof piece - 1);
	buf_put_str(&attempt.answer, END);
	api_cohere.read(&attempt, &answer);
	CHECK_INT(answer.outcome, OUTCOME_ANSWERED);
	CHECK_INT(answer.text.n, 2 * PIECES_N);
	answer_release(&answer);
	attempt_release(&attempt);
}
