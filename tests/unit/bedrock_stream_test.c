/* SPDX-License-Identifier: MIT */
#include "reading.h"

#include "../fuzz/frames.h"

#include <stdint.h>

/* One message of a stream: what its header says it is, which one, and its payload. */
struct message {
	const char *kind; /* "event", "exception" or "error"; NULL = no more messages */
	const char *type;
	const char *payload; /* of an error the words */
};

#define START                                                                     \
	{                                                                         \
		"event", "messageStart", "{\"role\":\"assistant\",\"p\":\"abc\"}" \
	}
#define SAYS(text)                                                                    \
	{                                                                             \
		"event", "contentBlockDelta",                                         \
			"{\"contentBlockIndex\":0,\"delta\":{\"text\":\"" text "\"}}" \
	}
#define END(index)                                                               \
	{                                                                        \
		"event", "contentBlockStop", "{\"contentBlockIndex\":" index "}" \
	}
#define TOOL(index, id, name)                                                                \
	{                                                                                    \
		"event", "contentBlockStart",                                                \
			"{\"contentBlockIndex\":" index                                      \
			",\"start\":{\"toolUse\":{\"toolUseId\":\"" id "\",\"name\":\"" name \
			"\"}}}"                                                              \
	}
#define ARGS(index, text)                                                    \
	{                                                                    \
		"event", "contentBlockDelta",                                \
			"{\"contentBlockIndex\":" index                      \
			",\"delta\":{\"toolUse\":{\"input\":\"" text "\"}}}" \
	}
#define THINKS                                                                                         \
	{                                                                                              \
		"event", "contentBlockDelta",                                                          \
			"{\"contentBlockIndex\":0,\"delta\":{\"reasoningContent\":{\"text\":\"hm\"}}}" \
	}
#define STOP(reason)                                                  \
	{                                                             \
		"event", "messageStop", "{\"stopReason\":" reason "}" \
	}
#define USAGE                                                                                    \
	{                                                                                        \
		"event", "metadata",                                                             \
			"{\"usage\":{\"inputTokens\":10,\"outputTokens\":5,\"totalTokens\":15}," \
			"\"serviceTier\":{\"type\":\"flex\"},\"metrics\":{}}"                    \
	}
#define CALL(id, name, args) \
	"{\"toolUse\":{\"toolUseId\":\"" id "\",\"name\":\"" name "\",\"input\":" args "}}"

enum { MESSAGES_MAX = 10 };

static void put_message(struct buf *b, const struct message *m)
{
	struct buf headers;
	bool is_error = strcmp(m->kind, "error") == 0;
	bool is_event = strcmp(m->kind, "event") == 0;
	struct span payload = is_error ? SPAN("") : span_of(m->payload);
	buf_init(&headers, 1000);
	frames_put_header(&headers, ":message-type", span_of(m->kind));
	if (is_error)
		frames_put_header(&headers, ":error-message", span_of(m->payload));
	frames_put_header(&headers,
		is_error           ? ":error-code"
			: is_event ? ":event-type"
				   : ":exception-type",
		span_of(m->type));
	frames_put(b, buf_span(&headers), payload);
	buf_release(&headers);
}

static void put_stream(struct buf *b, const struct message *messages)
{
	buf_init(b, 1 << 20);
	for (size_t i = 0; i < MESSAGES_MAX && messages[i].kind; i++)
		put_message(b, &messages[i]);
}

static void read_stream(
	struct attempt *attempt, struct answer *answer, const struct message *messages)
{
	struct buf body;
	put_stream(&body, messages);
	receive(attempt, 200, buf_span(&body));
	api_find("bedrock")->read(attempt, answer);
	buf_release(&body);
}

struct stream_case {
	struct message messages[MESSAGES_MAX];
	struct reading want;
};

static void check_streams(const struct stream_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct attempt attempt;
		struct answer answer = { 0 };
		read_stream(&attempt, &answer, cases[i].messages);
		check_answer(&answer, &cases[i].want);
		answer_release(&answer);
		attempt_release(&attempt);
	}
}

#define CHECK_STREAMS(cases) check_streams(cases, sizeof cases / sizeof *cases)

TEST("a Bedrock stream's text, finish and usage are what a whole answer would have said")
{
	static const struct message messages[MESSAGES_MAX] = { START, SAYS("a\\n"), THINKS,
		SAYS("\\ud83d"), SAYS("\\ude00\xc3\xa9"), END("0"), STOP("\"end_turn\""), USAGE };
	struct attempt attempt;
	struct answer answer = { 0 };
	read_stream(&attempt, &answer, messages);
	CHECK_INT(answer.outcome, OUTCOME_ANSWERED);
	CHECK_INT(answer.finish, FINISH_STOP);
	CHECK_MEM(answer.text.at, answer.text.n, "a\\n\\ud83d\\ude00\xc3\xa9");
	CHECK(answer.model.at == NULL);
	api_find("bedrock")->read_usage(&answer);
	CHECK_INT(answer.usage.input, 10);
	CHECK_INT(answer.usage.output, 5);
	CHECK_INT(answer.usage.tier, TIER_FLEX);
	CHECK_INT(attempt.answer.cap, 0);
	answer_release(&answer);
	attempt_release(&attempt);
}

TEST("why the model stopped decides what a Bedrock stream amounts to")
{
	static const struct stream_case cases[] = {
		{ { START, SAYS("a"), STOP("\"end_turn\"") },
			{ 200, "no metadata", OUTCOME_ANSWERED, "a", NULL } },
		{ { START, STOP("\"end_turn\""), USAGE },
			{ 200, "nothing said", OUTCOME_ANSWERED, "", NULL } },
		{ { START, SAYS("a"), { "event", "ofNextYear", "{}" }, STOP("\"odd\""), USAGE },
			{ 200, "unknown", OUTCOME_ANSWERED, "a", NULL } },
		{ { START, SAYS("half"), STOP("\"max_tokens\""), USAGE },
			{ 200, "long", OUTCOME_TRUNCATED, "half", "--max-tokens" } },
		{ { START, SAYS("half"), STOP("\"guardrail_intervened\""), USAGE },
			{ 200, "guardrail", OUTCOME_POLICY, "half", "content filter" } },
		{ { START, STOP("null"), USAGE },
			{ 200, "no reason", OUTCOME_BAD_RESPONSE, NULL, "content[].text" } },
		{ { START, SAYS("a"), USAGE },
			{ 200, "no stop", OUTCOME_TRANSPORT, NULL, "broke off" } },
	};
	CHECK_STREAMS(cases);
}

TEST("an exception in a Bedrock stream is what its type says, however much was said before")
{
	static const struct stream_case cases[] = {
		{ { START, SAYS("half"),
			  { "exception", "throttlingException", "{\"message\":\"slow\"}" } },
			{ 200, "throttling", OUTCOME_RATE, NULL, "slow" } },
		{ { { "exception", "serviceUnavailableException", "{\"message\":\"busy\"}" } },
			{ 200, "unavailable", OUTCOME_CAPACITY, NULL, "busy" } },
		{ { START, SAYS("a"), STOP("\"end_turn\""),
			  { "exception", "internalServerException", "{\"message\":\"oops\"}" } },
			{ 200, "after the end", OUTCOME_FAULT, NULL, "oops" } },
		{ { START,
			  { "exception", "modelStreamErrorException",
				  "{\"message\":\"oops\",\"originalStatusCode\":500}" } },
			{ 200, "model", OUTCOME_FAULT, NULL, "oops" } },
		{ { START, { "exception", "validationException", "{\"message\":\"bad\"}" } },
			{ 200, "validation", OUTCOME_REQUEST, NULL, "bad" } },
		{ { START, { "exception", "ofNextYear", "not JSON" } },
			{ 200, "unknown", OUTCOME_FAULT, NULL, "not JSON" } },
		{ { START,
			  { "exception",
				  "aVeryLongNameWhichIsLongerThanAnyNameOfAnExceptionMayBeHere",
				  "" } },
			{ 200, "long", OUTCOME_FAULT, NULL, "HTTP 200" } },
		{ { START, { "error", "throttlingException", "too \"fast\"\xff" } },
			{ 200, "error", OUTCOME_RATE, NULL, "too \"fast\"\xef\xbf\xbd" } },
		{ { START, { "error", "InternalError", "oops" } },
			{ 200, "unknown error", OUTCOME_FAULT, NULL, "oops" } },
	};
	CHECK_STREAMS(cases);
}

TEST("events of a Bedrock stream that are no objects are a bad response")
{
	static const struct stream_case cases[] = {
		{ { START, { "event", "contentBlockDelta", "{\"delta\":" } },
			{ 200, "cut", OUTCOME_BAD_RESPONSE, NULL, "not JSON" } },
		{ { START, { "event", "contentBlockDelta", "" } },
			{ 200, "empty", OUTCOME_BAD_RESPONSE, NULL, "not JSON" } },
		{ { START, { "event", "contentBlockDelta", "[1]" }, STOP("\"end_turn\"") },
			{ 200, "array", OUTCOME_BAD_RESPONSE, NULL, "expected an object" } },
		{ { START, SAYS("\xff"), STOP("\"end_turn\"") },
			{ 200, "UTF-8", OUTCOME_BAD_RESPONSE, NULL, "not JSON" } },
		{ { START, { "event", "contentBlockDelta", "{\"delta\":7}" },
			  STOP("\"end_turn\"") },
			{ 200, "odd delta", OUTCOME_BAD_RESPONSE, NULL, "content[].text" } },
	};
	CHECK_STREAMS(cases);
}

static void check_calls(const struct message *messages, enum outcome outcome, const char *calls)
{
	struct attempt attempt;
	struct answer answer = { 0 };
	read_stream(&attempt, &answer, messages);
	CHECK_INT(answer.outcome, outcome);
	CHECK_MEM(answer.tool_calls.at, answer.tool_calls.n, calls);
	answer_release(&answer);
	attempt_release(&attempt);
}

TEST("the pieces of Bedrock's tool calls are put together, each to its own block")
{
	static const struct message two[MESSAGES_MAX] = { START, TOOL("0", "t1", "f"),
		TOOL("1", "t2", "g"), ARGS("0", "{\\\"a\\\": "), ARGS("1", ""),
		ARGS("0", "\\\"\\\\n\\\"}"), END("0"), STOP("\"tool_use\""), USAGE };
	check_calls(two, OUTCOME_ANSWERED,
		"[" CALL("t1", "f", "{\"a\": \"\\n\"}") "," CALL("t2", "g", "{}") "]");
	static const struct message broken[MESSAGES_MAX] = { START, TOOL("0", "t", "f"),
		ARGS("0", "{\\\"a\\\": "), STOP("\"tool_use\"") };
	check_calls(broken, OUTCOME_BAD_RESPONSE, "[" CALL("t", "f", "{}") "]");
}

/* Reads the first n bytes of a stream, with one of them changed if that is not beyond them. */
static enum outcome outcome_of(const struct buf *body, size_t n, size_t changed)
{
	static const struct endpoint streamed = { .is_streamed = true };
	struct attempt attempt;
	struct answer answer = { 0 };
	receive(&attempt, 200, (struct span){ body->data, n });
	attempt.endpoint = &streamed;
	if (changed < n)
		attempt.answer.data[changed] ^= 0x10;
	api_find("bedrock")->read(&attempt, &answer);
	enum outcome outcome = answer.outcome;
	answer_release(&answer);
	attempt_release(&attempt);
	return outcome;
}

TEST("a Bedrock stream that is cut or damaged anywhere broke off")
{
	static const struct message messages[MESSAGES_MAX] = { START, SAYS("abc"),
		STOP("\"end_turn\"") };
	struct buf body;
	put_stream(&body, messages);
	size_t whole = body.len;
	static const struct message last = USAGE;
	put_message(&body, &last);
	for (size_t n = 0; n <= body.len; n++)
		/* without its metadata nothing of the answer is missing */
		CHECK_INT(outcome_of(&body, n, SIZE_MAX),
			n == whole || n == body.len ? OUTCOME_ANSWERED : OUTCOME_TRANSPORT);
	/* the first byte tells a stream from JSON */
	for (size_t i = 1; i < body.len; i++)
		CHECK_INT(outcome_of(&body, body.len, i), OUTCOME_TRANSPORT);
	buf_release(&body);
}

TEST("JSON is an answer of Bedrock's where a stream was asked for, and a stream where JSON was")
{
	static const struct endpoint streamed = { .is_streamed = true };
	static const struct endpoint plain = { 0 };
	struct attempt attempt;
	struct answer answer = { 0 };
	receive(&attempt, 200, SPAN("{\"output\":{\"message\":{\"content\":[{\"text\":\"w\"}]}}}"));
	attempt.endpoint = &streamed;
	api_find("bedrock")->read(&attempt, &answer);
	CHECK_INT(answer.outcome, OUTCOME_ANSWERED);
	CHECK_MEM(answer.text.at, answer.text.n, "w");
	answer_release(&answer);
	attempt_release(&attempt);
	receive(&attempt, 200, SPAN(""));
	attempt.endpoint = &plain;
	api_find("bedrock")->read(&attempt, &answer);
	CHECK_INT(answer.outcome, OUTCOME_BAD_RESPONSE);
	answer_release(&answer);
	attempt_release(&attempt);
}

TEST("several hundred thousand deltas of Bedrock's are one answer")
{
	enum { N = 300000 };
	static const struct message start = START, says = SAYS("ab"), stop = STOP("\"end_turn\"");
	struct buf one;
	struct attempt attempt;
	struct answer answer = { 0 };
	attempt_init(&attempt, 10);
	attempt.wire = WIRE_COMPLETE;
	attempt.status = 200;
	buf_init(&attempt.answer, 1 << 28);
	buf_init(&one, 1000);
	put_message(&one, &says);
	put_message(&attempt.answer, &start);
	for (int i = 0; i < N; i++)
		buf_put_span(&attempt.answer, buf_span(&one));
	put_message(&attempt.answer, &stop);
	api_find("bedrock")->read(&attempt, &answer);
	CHECK_INT(answer.outcome, OUTCOME_ANSWERED);
	CHECK_INT(answer.text.n, 2 * N);
	buf_release(&one);
	answer_release(&answer);
	attempt_release(&attempt);
}
