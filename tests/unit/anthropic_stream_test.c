/* SPDX-License-Identifier: MIT */
#include "reading.h"

#include "base/xalloc.h"

#include <stdlib.h>

#define EVENT(name, json) "event: " name "\ndata: {\"type\":\"" name "\"" json "}\n\n"
#define START                                                                                 \
	EVENT("message_start",                                                                \
		",\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\"," \
		"\"model\":\"claude-x\",\"content\":[],\"stop_reason\":null,\"usage\":{"      \
		"\"input_tokens\":10,\"cache_creation_input_tokens\":200,"                    \
		"\"cache_read_input_tokens\":3000,\"output_tokens\":1}}")
#define BLOCK(index, block) \
	EVENT("content_block_start", ",\"index\":" index ",\"content_block\":{" block "}")
#define DELTA(index, delta) \
	EVENT("content_block_delta", ",\"index\":" index ",\"delta\":{" delta "}")
#define END(index) EVENT("content_block_stop", ",\"index\":" index)
#define OPENS BLOCK("0", "\"type\":\"text\",\"text\":\"\"")
#define SAYS(text) DELTA("0", "\"type\":\"text_delta\",\"text\":\"" text "\"")
#define STOP(reason)                                                              \
	EVENT("message_delta",                                                    \
		",\"delta\":{\"stop_reason\":" reason ",\"stop_sequence\":null}," \
		"\"usage\":{\"output_tokens\":5}")
#define DONE EVENT("message_stop", "")
#define PING EVENT("ping", "")
#define TOOL(index, id, name) \
	BLOCK(index, "\"type\":\"tool_use\",\"id\":\"" id "\",\"name\":\"" name "\",\"input\":{}")
#define ARGS(index, text) \
	DELTA(index, "\"type\":\"input_json_delta\",\"partial_json\":\"" text "\"")
#define CALL(id, name, args) \
	"{\"type\":\"tool_use\",\"id\":\"" id "\",\"name\":\"" name "\",\"input\":" args "}"

#define CHECK_READINGS(cases) check_readings("anthropic", true, cases, sizeof cases / sizeof *cases)

/* Reads a stream of these bytes. */
static void read_stream(struct attempt *attempt, struct answer *answer, struct span body)
{
	receive_stream(attempt, body);
	api_find("anthropic")->read(attempt, answer);
}

TEST("an Anthropic stream's text, finish, model and usage are what a whole answer would have said")
{
	struct attempt attempt;
	struct answer answer = { 0 };
	read_stream(&attempt, &answer,
		SPAN(START PING OPENS SAYS("a\\n") PING SAYS("\\ud83d") SAYS("\\ude00\xc3\xa9")
				END("0") STOP("\"end_turn\"") DONE));
	CHECK_INT(answer.outcome, OUTCOME_ANSWERED);
	CHECK_INT(answer.finish, FINISH_STOP);
	CHECK_MEM(answer.text.at, answer.text.n, "a\\n\\ud83d\\ude00\xc3\xa9");
	CHECK_MEM(answer.model.at, answer.model.n, "claude-x");
	api_find("anthropic")->read_usage(&answer);
	CHECK_INT(answer.usage.input, 3210);
	CHECK_INT(answer.usage.output, 5);
	CHECK_INT(answer.usage.cached, 3000);
	CHECK_INT(answer.usage.reasoning, -1);
	CHECK_INT(attempt.answer.cap, 0);
	answer_release(&answer);
	attempt_release(&attempt);
}

TEST("of each figure of an Anthropic stream's usage the last that is one counts")
{
	struct attempt attempt;
	struct answer answer = { 0 };
	read_stream(&attempt, &answer,
		SPAN(START OPENS SAYS("a") EVENT("message_delta",
			",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"input_tokens\":11,"
			"\"cache_read_input_tokens\":null,\"output_tokens\":7,"
			"\"output_tokens_details\":{\"thinking_tokens\":3},\"odd\":[]}") DONE));
	CHECK_MEM(answer.usage_text.at, answer.usage_text.n,
		"{\"input_tokens\":11,\"cache_creation_input_tokens\":200,"
		"\"cache_read_input_tokens\":3000,\"output_tokens\":7,"
		"\"output_tokens_details\":{\"thinking_tokens\":3}}");
	api_find("anthropic")->read_usage(&answer);
	CHECK_INT(answer.usage.input, 3211);
	CHECK_INT(answer.usage.output, 7);
	CHECK_INT(answer.usage.reasoning, 3);
	answer_release(&answer);
	attempt_release(&attempt);
}

TEST("what Anthropic's models think, and what is not known, is passed over in streams")
{
	static const struct reading cases[] = {
		{ 200,
			START BLOCK("0", "\"type\":\"thinking\",\"thinking\":\"\"") DELTA(
				"0", "\"type\":\"thinking_delta\",\"thinking\":\"hm\"")
				DELTA("0", "\"type\":\"signature_delta\",\"signature\":\"s\"") END(
					"0") BLOCK("1", "\"type\":\"text\",\"text\":\"x\"")
					DELTA("1", "\"type\":\"text_delta\",\"text\":\"y\"") DELTA(
						"1", "\"type\":\"citations_delta\",\"citation\":{}")
						END("1") STOP("\"end_turn\"") DONE,
			OUTCOME_ANSWERED, "xy", NULL },
		{ 200,
			START EVENT("of_next_year", ",\"delta\":7") OPENS SAYS("a") DELTA("0", "")
				BLOCK("7", "") STOP("\"end_turn\"") DONE "data: junk\n\n",
			OUTCOME_ANSWERED, "a", NULL },
		{ 200,
			": comment\r\n\r\n" START OPENS SAYS("a") STOP("null") STOP("\"end_turn\"")
				DONE,
			OUTCOME_ANSWERED, "a", NULL },
		{ 200, START OPENS SAYS("a") DONE, OUTCOME_ANSWERED, "a", NULL },
		{ 200, START STOP("\"end_turn\"") DONE, OUTCOME_ANSWERED, "", NULL },
	};
	CHECK_READINGS(cases);
}

TEST("an Anthropic stream may have any ends of lines, and its data in any number of them")
{
	static const char *const ends[] = { "\n", "\r\n", "\r" };
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		const char *text =
			"event: message_start\ndata: {\"type\":\ndata:\"message_start\"}\n\n"
			":\n\nid: 1\ndata:{\"type\":\"content_block_delta\",\"delta\":\n"
			"data: {\"type\":\"text_delta\",\"text\":\"a\"},\ndata: \"index\":0}\n\n" STOP(
				"\"end_turn\"") DONE;
		struct buf body;
		struct attempt attempt;
		struct answer answer = { 0 };
		buf_init(&body, 10000);
		for (; *text; text++) {
			if (*text == '\n')
				buf_put_str(&body, ends[i]);
			else
				buf_put_char(&body, *text);
		}
		read_stream(&attempt, &answer, buf_span(&body));
		CHECK_INT(answer.outcome, OUTCOME_ANSWERED);
		CHECK_MEM(answer.text.at, answer.text.n, "a");
		answer_release(&answer);
		attempt_release(&attempt);
		buf_release(&body);
	}
}

TEST("an Anthropic stream that is cut anywhere before its end broke off")
{
	const struct span whole = SPAN(START OPENS SAYS("abc") END("0") TOOL("1", "t", "f")
			ARGS("1", "{}") END("1") STOP("\"end_turn\"") DONE);
	for (size_t n = 0; n <= whole.n; n++) {
		struct attempt attempt;
		struct answer answer = { 0 };
		read_stream(&attempt, &answer, (struct span){ whole.at, n });
		if (!CHECK_INT(answer.outcome, n == whole.n ? OUTCOME_ANSWERED : OUTCOME_TRANSPORT))
			printf("#   cut after %zu of %zu bytes\n", n, whole.n);
		answer_release(&answer);
		attempt_release(&attempt);
	}
}

TEST("an error in an Anthropic stream is what its type says, however much was said before")
{
	static const struct reading cases[] = {
		{ 200,
			START OPENS SAYS("half") EVENT("error",
				",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}"),
			OUTCOME_CAPACITY, NULL, "Overloaded" },
		{ 200,
			EVENT("error",
				",\"error\":{\"type\":\"rate_limit_error\",\"message\":\"slow\"}"),
			OUTCOME_RATE, NULL, "slow" },
		{ 200,
			START OPENS SAYS("half") STOP(
				"\"end_turn\"") "event: error\ndata: {\"message\":\"odd\"}\n\n" DONE,
			OUTCOME_FAULT, NULL, "odd" },
		{ 200, START "data: {\"error\":\"a text\"}\n\n" DONE, OUTCOME_FAULT, NULL,
			"a text" },
		{ 200,
			START EVENT("error", ",\"error\":{\"type\":\"api_error\",\"message\":\"\"}")
				DONE,
			OUTCOME_FAULT, NULL, "HTTP 200" },
	};
	CHECK_READINGS(cases);
}

TEST("what is no stream of Anthropic's is a bad response, and says where")
{
	static const struct reading cases[] = {
		{ 200, START "data: {\"type\":\n\n" DONE, OUTCOME_BAD_RESPONSE, NULL, "not JSON" },
		{ 200, START "data: [1]\n\n" DONE, OUTCOME_BAD_RESPONSE, NULL,
			"expected an object" },
		{ 200, START SAYS("\xff") DONE, OUTCOME_BAD_RESPONSE, NULL, "not JSON" },
		{ 200, DONE, OUTCOME_BAD_RESPONSE, NULL, "content[].text" },
		{ 200,
			START OPENS SAYS("a") DELTA("0", "\"type\":\"text_delta\",\"text\":5")
				STOP("\"end_turn\"") DONE,
			OUTCOME_BAD_RESPONSE, "a", "missing" },
		{ 200, START DONE, OUTCOME_BAD_RESPONSE, NULL, "content[].text" },
		{ 200, STOP("\"end_turn\"") DONE, OUTCOME_BAD_RESPONSE, NULL, "content[].text" },
	};
	CHECK_READINGS(cases);
}

TEST("why the model stopped decides what an Anthropic stream amounts to")
{
	static const struct reading cases[] = {
		{ 200, START OPENS SAYS("half") STOP("\"max_tokens\"") DONE, OUTCOME_TRUNCATED,
			"half", "--max-tokens" },
		{ 200, START OPENS SAYS("half") STOP("\"model_context_window_exceeded\"") DONE,
			OUTCOME_TRUNCATED, "half", "context" },
		{ 200,
			START OPENS SAYS("half")
				STOP("\"refusal\",\"stop_details\":{\"explanation\":\"no\"}") DONE,
			OUTCOME_POLICY, "half", "the model refused: no" },
	};
	CHECK_READINGS(cases);
}

/* Checks the tool calls of a stream; NULL = there are none. */
static void check_calls(const char *body, enum outcome outcome, const char *calls)
{
	struct attempt attempt;
	struct answer answer = { 0 };
	read_stream(&attempt, &answer, span_of(body));
	bool ok = CHECK_INT(answer.outcome, outcome);
	if (calls)
		ok &= CHECK_MEM(answer.tool_calls.at, answer.tool_calls.n, calls);
	else
		ok &= CHECK(answer.tool_calls.at == NULL);
	if (!ok)
		printf("#   %s: %s\n", body, answer.message);
	answer_release(&answer);
	attempt_release(&attempt);
}

TEST("the pieces of Anthropic's tool calls are put together, each to its own block")
{
	check_calls(START TOOL("0", "t1", "f") ARGS("0", "") ARGS("0", "{\\\"a\\\": \\\"\\\\u00e9")
			    ARGS("0", "\\\"}") END("0") TOOL("1", "t2", "g") END("1")
				    STOP("\"tool_use\"") DONE,
		OUTCOME_ANSWERED,
		"[" CALL("t1", "f", "{\"a\": \"\\u00e9\"}") "," CALL("t2", "g", "{}") "]");
	check_calls(START TOOL("0", "t1", "f") TOOL("1", "t2", "g") ARGS("1", "{\\\"b\\\":1}")
			    ARGS("0", "{\\\"a\\\":") ARGS("0", "2}") STOP("\"tool_use\"") DONE,
		OUTCOME_ANSWERED,
		"[" CALL("t1", "f", "{\"a\":2}") "," CALL("t2", "g", "{\"b\":1}") "]");
	/* some bring all of it at the start */
	check_calls(
		START BLOCK("0",
			"\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":{\"a\":\"\\n\"}")
			STOP("\"tool_use\"") DONE,
		OUTCOME_ANSWERED, "[" CALL("t", "f", "{\"a\":\"\\n\"}") "]");
	/* the server's own tools are none of ours */
	check_calls(
		START BLOCK("0", "\"type\":\"server_tool_use\",\"id\":\"s\",\"name\":\"search\"")
			ARGS("0", "{\\\"q\\\":1}") BLOCK("1", "\"type\":\"text\",\"text\":\"t\"")
				STOP("\"end_turn\"") DONE,
		OUTCOME_ANSWERED, NULL);
}

TEST("a tool call whose arguments are no object is no answer")
{
	check_calls(START TOOL("0", "t", "f") ARGS("0", "{\\\"a\\\":") STOP("\"tool_use\"") DONE,
		OUTCOME_BAD_RESPONSE, "[" CALL("t", "f", "{}") "]");
	check_calls(START TOOL("0", "t", "f") ARGS("0", "[1]") STOP("\"tool_use\"") DONE,
		OUTCOME_BAD_RESPONSE, "[" CALL("t", "f", "{}") "]");
	check_calls(START TOOL("0", "t", "f") ARGS("0", "{\\\"a\\\":") STOP("\"max_tokens\"") DONE,
		OUTCOME_TRUNCATED, "[" CALL("t", "f", "{}") "]");
}

TEST("more tool calls than are kept are no answer of Anthropic's")
{
	struct buf body;
	buf_init(&body, 1 << 20);
	buf_put_str(&body, START);
	for (int i = 0; i < 129; i++) {
		char *event = xasprintf(
			EVENT("content_block_start",
				",\"index\":%d,\"content_block\":{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\"}"),
			i);
		buf_put_str(&body, event);
		free(event);
	}
	buf_put_str(&body, STOP("\"tool_use\"") DONE);
	struct attempt attempt;
	struct answer answer = { 0 };
	read_stream(&attempt, &answer, buf_span(&body));
	CHECK_INT(answer.outcome, OUTCOME_BAD_RESPONSE);
	answer_release(&answer);
	attempt_release(&attempt);
	buf_release(&body);
}

TEST("several hundred thousand deltas of Anthropic's are one answer")
{
	enum { N = 300000 };
	struct attempt attempt;
	struct answer answer = { 0 };
	attempt_init(&attempt, 10);
	attempt.wire = WIRE_COMPLETE;
	attempt.status = 200;
	attempt.is_event_stream = true;
	buf_init(&attempt.answer, 1 << 28);
	buf_put_str(&attempt.answer, START OPENS);
	for (int i = 0; i < N; i++)
		buf_put_str(&attempt.answer, SAYS("ab") PING);
	buf_put_str(&attempt.answer, STOP("\"end_turn\"") DONE);
	api_find("anthropic")->read(&attempt, &answer);
	CHECK_INT(answer.outcome, OUTCOME_ANSWERED);
	CHECK_INT(answer.text.n, 2 * N);
	answer_release(&answer);
	attempt_release(&attempt);
}

TEST("a stream of Anthropic's is known by its first line, and JSON by its brace, whatever is said")
{
	static const struct reading whole = { 200,
		"{\"content\":[{\"type\":\"text\",\"text\":\"w\"}]}", OUTCOME_ANSWERED, "w", NULL };
	struct attempt attempt;
	struct answer answer = { 0 };
	read_stream(&attempt, &answer, span_of(whole.body));
	check_answer(&answer, &whole);
	answer_release(&answer);
	attempt_release(&attempt);
	static const struct reading cases[] = {
		{ 200,
			"data: {\"type\":\"message_start\"}\n\ndata: {\"type\":\"content_block_delta\",\"delta\":{\"type\":"
			"\"text_delta\",\"text\":\"s\"}}\n\ndata: {\"type\":\"message_stop\"}\n\n",
			OUTCOME_ANSWERED, "s", NULL },
	};
	CHECK_READINGS(cases);
}
