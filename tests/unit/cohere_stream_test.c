/* SPDX-License-Identifier: MIT */
#include "api/api.h"

#include "t.h"

#include <stdio.h>
#include <string.h>

static void enter(struct attempt *a, const char *body, size_t n)
{
	attempt_init(a, 10);
	a->wire = WIRE_COMPLETE;
	a->status = 200;
	a->is_event_stream = true;
	buf_init(&a->answer, 1 << 20);
	CHECK(buf_put(&a->answer, body, n));
}

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

struct reading {
	const char *body;
	enum outcome outcome;
	const char *text;    /* NULL = there is none */
	const char *message; /* words that the message has; NULL = there is no message */
};

static bool check_reading(const struct reading *r, struct attempt *attempt)
{
	struct answer answer = { 0 };
	api_cohere.read(attempt, &answer);
	bool ok = CHECK_INT(answer.outcome, r->outcome);
	if (r->text)
		ok &= CHECK_MEM(answer.text.at, answer.text.n, r->text);
	else
		ok &= CHECK(answer.text.at == NULL);
	if (r->message)
		ok &= CHECK(answer.message && strstr(answer.message, r->message));
	else
		ok &= CHECK_STR(answer.message, NULL);
	if (!ok)
		printf("#   %s: %s\n", r->body, answer.message);
	answer_release(&answer);
	return ok;
}

static void check_readings(const struct reading *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct attempt attempt;
		enter(&attempt, cases[i].body, strlen(cases[i].body));
		check_reading(&cases[i], &attempt);
		attempt_release(&attempt);
	}
}

#define CHECK_READINGS(cases) check_readings(cases, sizeof cases / sizeof *cases)

TEST("a stream of Cohere's says what a whole answer would have said, and its bytes are given up")
{
	static const char body[] =
		START OPEN SAYS("a\\n") SAYS("\\ud83d") SAYS("\\ude00\\\"") CLOSE END;
	struct attempt attempt;
	struct answer answer = { 0 };
	enter(&attempt, body, strlen(body));
	api_cohere.read(&attempt, &answer);
	CHECK_INT(answer.outcome, OUTCOME_ANSWERED);
	CHECK_INT(answer.finish, FINISH_STOP);
	CHECK_MEM(answer.text.at, answer.text.n, "a\\n\\ud83d\\ude00\\\"");
	CHECK_MEM(answer.usage_text.at, answer.usage_text.n, USAGE);
	CHECK_INT(attempt.answer.cap, 0);
	api_cohere.read_usage(&answer);
	CHECK_INT(answer.usage.input, 11);
	CHECK_INT(answer.usage.output, 5);
	answer_release(&answer);
	attempt_release(&attempt);
}

TEST("every kind of end of Cohere's streams is told apart")
{
	static const struct reading cases[] = {
		{ START OPEN CLOSE END, OUTCOME_ANSWERED, "", NULL },
		{ START THINKS("hm") OPEN SAYS("hi") CLOSE END, OUTCOME_ANSWERED, "hi", NULL },
		{ START EVENT("content-start",
			  ",\"index\":0,\"delta\":{\"message\":{\"content\":{\"type\":\"text\",\"text\":\"h\"}}}")
				SAYS("i") END,
			OUTCOME_ANSWERED, "hi", NULL },
		{ START SAYS("hi") END_WITH("\"finish_reason\":\"NEW\""), OUTCOME_ANSWERED, "hi",
			NULL },
		{ START SAYS("hi") EVENT("message-end", ""), OUTCOME_ANSWERED, "hi", NULL },
		{ START SAYS("hi") END SAYS("more"), OUTCOME_ANSWERED, "hi", NULL },
		{ START SAYS("hi") END "data: [DONE]\n\n", OUTCOME_ANSWERED, "hi", NULL },
		{ START SAYS("half") END_WITH("\"finish_reason\":\"MAX_TOKENS\""),
			OUTCOME_TRUNCATED, "half", "max-tokens" },
		{ START SAYS("half") END_WITH("\"finish_reason\":\"ERROR\""), OUTCOME_BAD_RESPONSE,
			"half", "error" },
		{ START SAYS("half") END_WITH("\"finish_reason\":\"TIMEOUT\",\"error\":null"),
			OUTCOME_BAD_RESPONSE, "half", "error" },
		{ START END, OUTCOME_BAD_RESPONSE, NULL, "content" },
		{ START THINKS("hm") END, OUTCOME_BAD_RESPONSE, NULL, "content" },
	};
	CHECK_READINGS(cases);
}

TEST("an error in a stream of Cohere's is a failure, whatever was said before it")
{
	static const struct reading cases[] = {
		{ START SAYS("half") END_WITH("\"finish_reason\":\"ERROR\",\"error\":\"it broke\""),
			OUTCOME_FAULT, NULL, "it broke" },
		{ START SAYS("half") "data: {\"message\":\"too many tokens\",\"id\":\"1\"}\n\n" END,
			OUTCOME_FAULT, NULL, "too many tokens" },
		{ START SAYS("half") "event: error\ndata: {\"message\":\"gone\"}\n\n",
			OUTCOME_FAULT, NULL, "gone" },
		{ START SAYS("half") "data: {\"type\":\"error\",\"message\":\"gone\"}\n\n" END,
			OUTCOME_FAULT, NULL, "gone" },
		{ "data: {\"error\":{\"message\":\"slow\",\"code\":429}}\n\n", OUTCOME_RATE, NULL,
			"slow" },
		{ "data: {\"error\":\"slow\"}\n\n", OUTCOME_FAULT, NULL, "slow" },
		{ START SAYS("a") "data: {\n\n" END, OUTCOME_BAD_RESPONSE, NULL, "not JSON" },
		{ START "data: [1]\n\n" END, OUTCOME_BAD_RESPONSE, NULL, "expected an object" },
		{ "data: 7\n\n", OUTCOME_BAD_RESPONSE, NULL, "expected an object" },
	};
	CHECK_READINGS(cases);
}

TEST("a stream of Cohere's that ends before its message-end broke off, wherever it was cut")
{
	static const char whole[] = START OPEN SAYS("a\\n") SAYS("b") CLOSE END;
	static const struct reading cut = { whole, OUTCOME_TRANSPORT, NULL, "broke off" };
	static const struct reading done = { "[DONE]", OUTCOME_TRANSPORT, NULL, "broke off" };
	static const char no_end[] = START SAYS("a") "data: [DONE]\n\n";
	struct attempt attempt;
	for (size_t n = 0; n < sizeof whole - 1; n++) {
		enter(&attempt, whole, n);
		bool ok = check_reading(&cut, &attempt);
		attempt_release(&attempt);
		if (!ok)
			break;
	}
	enter(&attempt, no_end, sizeof no_end - 1);
	check_reading(&done, &attempt);
	attempt_release(&attempt);
}

TEST("streams of Cohere's are read with any ends of lines, comments, and data in several lines")
{
	static const struct reading cases[] = {
		{ "data: {\"type\":\"content-delta\",\"delta\":{\"message\":{\"content\":{\"text\":\"x\"}}}}\r\n\r\n"
		  ": alive\r\n\r\ndata:{\"type\":\"message-end\",\"delta\":{}}\r\n\r\n",
			OUTCOME_ANSWERED, "x", NULL },
		{ "data: {\"type\":\"content-delta\",\"delta\":{\"message\":{\"content\":{\"text\":\"x\"}}}}\r\r"
		  "data:{\"type\":\"message-end\"}\r\r",
			OUTCOME_ANSWERED, "x", NULL },
		{ ":\n\nid: 1\ndata: {\"type\":\ndata: \"content-delta\",\"delta\":{\"message\":\n"
		  "data: {\"content\":{\"text\":\"x\"}}}}\nretry: 5\n\ndata\n\n" END,
			OUTCOME_ANSWERED, "x", NULL },
		{ "event: content-delta\ndata: {\"delta\":{\"message\":{\"content\":{\"text\":\"x\"}}}}\n\n"
		  "event: message-end\ndata: {\"delta\":{\"finish_reason\":\"COMPLETE\"}}\n\n",
			OUTCOME_ANSWERED, "x", NULL },
		{ "\xef\xbb\xbf" START SAYS("x") END, OUTCOME_ANSWERED, "x", NULL },
	};
	CHECK_READINGS(cases);
}

TEST("odd members in a stream of Cohere's are passed over")
{
	static const struct reading cases[] = {
		{ START SAYS("a") "data: {\"type\":7}\n\ndata: {}\n\ndata: {\"type\":\"new\",\"delta\":[]}\n\n" EVENT(
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
	static const struct reading x = { plain, OUTCOME_ANSWERED, "x", NULL };
	struct attempt attempt;
	enter(&attempt, plain, strlen(plain));
	check_reading(&x, &attempt);
	attempt_release(&attempt);
	for (size_t i = 0; i < sizeof streams / sizeof *streams; i++) {
		enter(&attempt, streams[i], strlen(streams[i]));
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
	enter(&attempt, body, strlen(body));
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
	enter(&attempt, START, strlen(START));
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
	enter(&attempt, body, strlen(body));
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
	enter(&attempt, START, strlen(START));
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
