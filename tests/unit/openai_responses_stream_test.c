/* SPDX-License-Identifier: MIT */
#include "reading.h"

#define API "openai-responses"
#define CHECK_READINGS(cases) check_readings(API, true, cases, sizeof cases / sizeof *cases)

#define EVENT(type, rest) "event: " type "\ndata: {\"type\":\"" type "\"" rest "}\n\n"
#define CREATED                   \
	EVENT("response.created", \
		",\"response\":{\"status\":\"in_progress\",\"error\":null,\"output\":[]},\"sequence_number\":0")
#define DELTA(text)                                                                           \
	EVENT("response.output_text.delta",                                                   \
		",\"item_id\":\"i\",\"output_index\":0,\"content_index\":0,\"delta\":\"" text \
		"\",\"logprobs\":[]")
#define MESSAGE(text) \
	"{\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"" text "\"}]}"
#define CALL "{\"type\":\"function_call\",\"call_id\":\"c\",\"name\":\"f\",\"arguments\":\"{}\"}"
#define ITEM_DONE(item) EVENT("response.output_item.done", ",\"item\":" item)
#define COMPLETED(output)                                                                                     \
	EVENT("response.completed",                                                                           \
		",\"response\":{\"status\":\"completed\",\"error\":null,\"model\":\"m-1\",\"output\":" output \
		",\"usage\":{\"input_tokens\":11,\"output_tokens\":5}}")
#define DONE "data: [DONE]\n\n"

TEST("a streamed response is what its last event says, as it would have come whole")
{
	static const struct usage want = { 11, 5, -1, -1, 0, 0, TIER_USUAL };
	struct exchange x;
	enter(&x, API, 200,
		CREATED DELTA("a") DELTA("b") ITEM_DONE(MESSAGE("ab"))
			COMPLETED("[" MESSAGE("a\\u00e9") "]"),
		true);
	CHECK_INT(x.answer.outcome, OUTCOME_ANSWERED);
	CHECK_INT(x.answer.finish, FINISH_STOP);
	check_span(x.answer.text, "a\\u00e9");
	check_span(x.answer.model, "m-1");
	check_usage(API, &x.answer, &want);
	CHECK_INT(x.attempt.answer.len, 0);
	leave(&x);
}

TEST("what came in pieces counts where the last event leaves the output out")
{
	static const struct reading cases[] = {
		{ 200, CREATED DELTA("\\ud83d") DELTA("\\ude00") COMPLETED("[]"), OUTCOME_ANSWERED,
			"\\ud83d\\ude00", NULL },
		{ 200, DELTA("hi") EVENT("response.completed", ""), OUTCOME_ANSWERED, "hi", NULL },
		{ 200, DELTA("hi") EVENT("response.completed", ",\"response\":{}"),
			OUTCOME_ANSWERED, "hi", NULL },
		{ 200, DELTA("hi") EVENT("response.completed", ",\"response\":null"),
			OUTCOME_ANSWERED, "hi", NULL },
		{ 200,
			DELTA("hi") EVENT("response.incomplete",
				",\"response\":{\"incomplete_details\":{\"reason\":\"max_output_tokens\"}}"),
			OUTCOME_TRUNCATED, "hi", "max-tokens" },
		{ 200, DELTA("hi") EVENT("response.cancelled", ""), OUTCOME_BAD_RESPONSE, "hi",
			"error" },
		{ 200,
			EVENT("response.refusal.delta", ",\"delta\":\"I \"") EVENT(
				"response.refusal.delta", ",\"delta\":\"can't\"") COMPLETED("[]"),
			OUTCOME_POLICY, NULL, "I can't" },
		{ 200, CREATED COMPLETED("[]"), OUTCOME_BAD_RESPONSE, NULL, "output[]" },
		{ 200, CREATED EVENT("response.completed", ""), OUTCOME_BAD_RESPONSE, NULL,
			"no output" },
		/* of both, only one */
		{ 200, DELTA("no") COMPLETED("[" MESSAGE("yes") "]"), OUTCOME_ANSWERED, "yes",
			NULL },
	};
	CHECK_READINGS(cases);
}

TEST("calls of tools in a streamed response are those of its last event, or of its items")
{
	struct exchange x;
	enter(&x, API, 200, CREATED ITEM_DONE(CALL) COMPLETED("[" CALL "]"), true);
	CHECK_INT(x.answer.outcome, OUTCOME_ANSWERED);
	check_span(x.answer.tool_calls, "[" CALL "]");
	check_span(x.answer.value, "[" CALL "]");
	leave(&x);
	enter(&x, API, 200, CREATED ITEM_DONE(CALL) COMPLETED("[]"), true);
	CHECK_INT(x.answer.finish, FINISH_TOOL_CALLS);
	check_span(x.answer.value, "[" CALL "]");
	leave(&x);
}

TEST("a streamed response without its last event broke off, however much of it there is")
{
	static const struct reading cases[] = {
		{ 200, "", OUTCOME_TRANSPORT, NULL, "broke off" },
		{ 200, ": keep-alive\n\n", OUTCOME_TRANSPORT, NULL, "broke off" },
		{ 200, CREATED DELTA("hi"), OUTCOME_TRANSPORT, NULL, "broke off" },
		{ 200, CREATED DELTA("hi") DONE, OUTCOME_TRANSPORT, NULL, "broke off" },
		{ 200, CREATED DELTA("hi") ITEM_DONE(MESSAGE("hi")), OUTCOME_TRANSPORT, NULL,
			"broke off" },
		{ 200, DELTA("hi") "event: response.completed\ndata: {\"type\":\"response.completed\"}\n",
			OUTCOME_TRANSPORT, NULL, "broke off" },
	};
	CHECK_READINGS(cases);
}

TEST("a streamed response cut anywhere before its end is no answer")
{
	const char *whole =
		CREATED DELTA("h\\u00e9") DELTA("llo") COMPLETED("[" MESSAGE("h\\u00e9llo") "]");
	for (size_t n = 0; n <= strlen(whole); n++) {
		struct attempt attempt;
		struct answer answer = { 0 };
		attempt_init(&attempt, 10);
		attempt.wire = WIRE_COMPLETE;
		attempt.status = 200;
		attempt.is_event_stream = true;
		buf_init(&attempt.answer, 1 << 20);
		buf_put(&attempt.answer, whole, n);
		api_find(API)->read(&attempt, &answer);
		CHECK_INT(
			answer.outcome, n == strlen(whole) ? OUTCOME_ANSWERED : OUTCOME_TRANSPORT);
		answer_release(&answer);
		attempt_release(&attempt);
	}
}

TEST("an error in a streamed response is a failure, whatever came before it")
{
	static const struct reading cases[] = {
		{ 200,
			CREATED DELTA("hi") EVENT("error",
				",\"code\":\"rate_limit_exceeded\",\"message\":\"slow\",\"param\":null"),
			OUTCOME_RATE, NULL, "slow" },
		{ 200,
			EVENT("error",
				",\"error\":{\"type\":\"server_error\",\"message\":\"nested\"}"),
			OUTCOME_FAULT, NULL, "nested" },
		{ 200, "event: error\ndata: {\"message\":\"untyped\"}\n\n", OUTCOME_FAULT, NULL,
			"untyped" },
		{ 200, "data: {\"error\":{\"message\":\"gateway\",\"code\":503}}\n\n",
			OUTCOME_CAPACITY, NULL, "gateway" },
		{ 200, "data: {\"error\":\"in words\"}\n\n", OUTCOME_FAULT, NULL, "in words" },
		{ 200, "event: error\ndata: {\"type\":\"overloaded_error\",\"message\":\"typed\"}\n\n",
			OUTCOME_CAPACITY, NULL, "typed" },
		{ 200,
			CREATED DELTA("hi") EVENT("response.failed",
				",\"response\":{\"status\":\"failed\",\"error\":{\"code\":\"server_error\",\"message\":\"oops\"}}"),
			OUTCOME_FAULT, NULL, "oops" },
		{ 200,
			EVENT("response.failed",
				",\"response\":{\"error\":{\"code\":\"bio_policy\",\"message\":\"no\"}}"),
			OUTCOME_POLICY, NULL, "no" },
		{ 200, CREATED EVENT("response.failed", ""), OUTCOME_BAD_RESPONSE, NULL, "error" },
		{ 200, COMPLETED("[" MESSAGE("hi") "]") EVENT("error", ",\"message\":\"late\""),
			OUTCOME_ANSWERED, "hi", NULL },
	};
	CHECK_READINGS(cases);
}

TEST("an event of a response that is no JSON object is a bad response")
{
	static const struct reading cases[] = {
		{ 200, "data: {\"type\":\n\n", OUTCOME_BAD_RESPONSE, NULL, "not JSON" },
		{ 200, "data: [1]\n\n", OUTCOME_BAD_RESPONSE, NULL, "expected an object" },
		{ 200, "data: hello\n\n" COMPLETED("[]"), OUTCOME_BAD_RESPONSE, NULL, "not JSON" },
		{ 200, DELTA("\xff"), OUTCOME_BAD_RESPONSE, NULL, "UTF-8" },
	};
	CHECK_READINGS(cases);
}

TEST("events of a response that nobody knows, and odd ones, are passed over")
{
	static const struct reading cases[] = {
		{ 200,
			EVENT("response.new.kind", ",\"delta\":\"no\"") "data: {}\n\n" EVENT(
				"response.output_text.delta", ",\"delta\":7")
				EVENT("response.output_text.delta", "") EVENT("response.", "")
					EVENT("response.output_item.done", ",\"item\":null") EVENT(
						"response.reasoning_summary_text.delta",
						",\"delta\":\"hm\"") DELTA("hi") COMPLETED("[]"),
			OUTCOME_ANSWERED, "hi", NULL },
		/* the name of the event stands in for a missing type */
		{ 200,
			"event: response.output_text.delta\ndata: {\"delta\":\"hi\"}\n\n"
			"event: response.completed\ndata: {}\n\n",
			OUTCOME_ANSWERED, "hi", NULL },
	};
	CHECK_READINGS(cases);
}

TEST("lines of a streamed response may end anyhow, with comments between, and come unannounced")
{
	static const char *const streams[] = {
		": x\r\nevent: response.completed\r\ndata: {\"type\":\"response.completed\",\r\n"
		"data: \"response\":{\"output\":[" MESSAGE("hi") "]}}\r\n\r\n",
		"event: response.completed\rdata: {\"response\":{\"output\":[" MESSAGE(
			"hi") "]}}\r\r",
		"data: {\"type\":\"response.completed\",\"response\":{\"output\":[" MESSAGE(
			"hi") "]}}\n\n",
	};
	for (size_t i = 0; i < sizeof streams / sizeof *streams; i++) {
		struct exchange x;
		enter(&x, API, 200, streams[i], false);
		CHECK_INT(x.answer.outcome, OUTCOME_ANSWERED);
		check_span(x.answer.text, "hi");
		leave(&x);
	}
}

TEST("a whole response where a stream was asked for is read as one")
{
	struct exchange x;
	enter(&x, API, 200, "{\"output\":[" MESSAGE("hi") "]}", true);
	CHECK_INT(x.answer.outcome, OUTCOME_ANSWERED);
	check_span(x.answer.text, "hi");
	leave(&x);
}

TEST("several hundred thousand deltas of a response are one answer")
{
	const size_t n = 300000;
	struct attempt attempt;
	struct answer answer = { 0 };
	attempt_init(&attempt, 10);
	attempt.wire = WIRE_COMPLETE;
	attempt.status = 200;
	attempt.is_event_stream = true;
	buf_init(&attempt.answer, 1 << 27);
	for (size_t i = 0; i < n; i++)
		buf_put_str(&attempt.answer, DELTA("x"));
	CHECK(buf_put_str(&attempt.answer, COMPLETED("[]")));
	api_find(API)->read(&attempt, &answer);
	CHECK_INT(answer.outcome, OUTCOME_ANSWERED);
	CHECK_INT(answer.text.n, n);
	answer_release(&answer);
	attempt_release(&attempt);
}
