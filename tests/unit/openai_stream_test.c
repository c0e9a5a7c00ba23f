/* SPDX-License-Identifier: MIT */
#include "reading.h"

#define EVENT(json) "data: " json "\n\n"
#define CHUNK(delta, finish)                                                                                        \
	EVENT("{\"object\":\"chat.completion.chunk\",\"model\":\"m-1\",\"choices\":[{\"index\":0,\"delta\":{" delta \
	      "},\"finish_reason\":" finish "}],\"usage\":null}")
#define ROLE CHUNK("\"role\":\"assistant\",\"content\":\"\",\"refusal\":null", "null")
#define SAYS(text) CHUNK("\"content\":\"" text "\"", "null")
#define STOP CHUNK("", "\"stop\"")
#define DONE EVENT("[DONE]")
#define USAGE                                                                                              \
	EVENT("{\"model\":\"m-1\",\"choices\":[],\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":5," \
	      "\"prompt_tokens_details\":{\"cached_tokens\":3}}}")

#define CHECK_READINGS(cases) check_readings("openai", true, cases, sizeof cases / sizeof *cases)

TEST("a stream's text, finish, model and usage are what a whole answer would have said")
{
	struct attempt attempt;
	struct answer answer = { 0 };
	receive_stream(&attempt,
		span_of(ROLE SAYS("a\\n") SAYS("\\u00e9\xc3\xa9") SAYS("\\\"") STOP USAGE DONE));
	api_openai.read(&attempt, &answer);
	CHECK_INT(answer.outcome, OUTCOME_ANSWERED);
	CHECK_INT(answer.finish, FINISH_STOP);
	CHECK_MEM(answer.text.at, answer.text.n, "a\\n\\u00e9\xc3\xa9\\\"");
	CHECK_MEM(answer.model.at, answer.model.n, "m-1");
	api_openai.read_usage(&answer);
	CHECK_INT(answer.usage.input, 11);
	CHECK_INT(answer.usage.output, 5);
	CHECK_INT(answer.usage.cached, 3);
	CHECK_INT(answer.usage.reasoning, -1);
	answer_release(&answer);
	attempt_release(&attempt);
}

TEST("what a stream said is kept apart, and the stream given up")
{
	struct attempt attempt;
	struct answer answer = { 0 };
	receive_stream(&attempt, span_of(ROLE SAYS("abc") SAYS("def") STOP USAGE DONE));
	api_openai.read(&attempt, &answer);
	CHECK_INT(attempt.answer.len, 0);
	CHECK_INT(attempt.answer.cap, 0);
	CHECK(answer.text.at == answer.own.data);
	CHECK(answer.model.at == answer.own.data + 6);
	CHECK(answer.usage_text.at == answer.own.data + 9);
	answer_release(&answer);
	attempt_release(&attempt);
}

#define CALL(call) CHUNK("\"tool_calls\":[" call "]", "null")

TEST("calls of tools come in pieces, and are put together as a whole answer would have them")
{
	struct attempt attempt;
	struct answer answer = { 0 };
	receive_stream(&attempt,
		span_of(ROLE CALL(
			"{\"index\":0,\"id\":\"c\\\"1\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}}")
				CALL("{\"index\":0,\"function\":{\"arguments\":\"{\\\"a\\\"\"}}") CALL(
					"{\"index\":1,\"id\":\"c2\",\"function\":{\"name\":\"g\",\"arguments\":\"{}\"}}")
					CALL("{\"index\":0,\"function\":{\"arguments\":\":1}\"}}")
						CHUNK("", "\"tool_calls\"") DONE));
	api_openai.read(&attempt, &answer);
	CHECK_INT(answer.outcome, OUTCOME_ANSWERED);
	CHECK_INT(answer.finish, FINISH_TOOL_CALLS);
	CHECK_MEM(answer.tool_calls.at, answer.tool_calls.n,
		"[{\"id\":\"c\\\"1\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\\\":1}\"}},"
		"{\"id\":\"c2\",\"type\":\"function\",\"function\":{\"name\":\"g\",\"arguments\":\"{}\"}}]");
	CHECK(answer.value.at == answer.tool_calls.at);
	answer_release(&answer);
	attempt_release(&attempt);
}

TEST("logprobs of all chunks are put together, of a chat and of a completion")
{
	static const char *const streams[][2] = {
		{ EVENT("{\"choices\":[{\"delta\":{\"content\":\"a\"},\"logprobs\":{\"content\":[{\"x\":1}],\"refusal\":null}}]}")
				EVENT("{\"choices\":[{\"delta\":{\"content\":\"b\"},\"logprobs\":{\"content\":[{\"x\":2},{\"x\":3}]}}]}")
					STOP DONE,
			"{\"content\":[{\"x\":1},{\"x\":2},{\"x\":3}]}" },
		{ EVENT("{\"choices\":[{\"text\":\"a\",\"logprobs\":{\"tokens\":[\"a\"],\"token_logprobs\":[-1],\"text_offset\":[0]}}]}")
				EVENT("{\"choices\":[{\"text\":\"b\",\"logprobs\":{\"tokens\":[\"b\"],\"token_logprobs\":[-2],\"text_offset\":[1]}}]}")
					EVENT("{\"choices\":[{\"text\":\"\",\"logprobs\":{\"tokens\":[]}}]}")
						DONE,
			"{\"tokens\":[\"a\",\"b\"],\"token_logprobs\":[-1,-2],\"text_offset\":[0,1]}" },
		{ EVENT("{\"choices\":[{\"delta\":{\"content\":\"ab\"},\"logprobs\":{\"content\":7}}]}")
				DONE,
			NULL },
	};
	for (size_t i = 0; i < sizeof streams / sizeof *streams; i++) {
		struct attempt attempt;
		struct answer answer = { 0 };
		receive_stream(&attempt, span_of(streams[i][0]));
		api_openai.read(&attempt, &answer);
		CHECK_MEM(answer.text.at, answer.text.n, "ab");
		if (streams[i][1])
			CHECK_MEM(answer.logprobs.at, answer.logprobs.n, streams[i][1]);
		else
			CHECK(answer.logprobs.at == NULL);
		answer_release(&answer);
		attempt_release(&attempt);
	}
}

TEST("texts are put together as they stand, so that halves of characters meet again")
{
	static const struct reading cases[] = {
		{ 200, ROLE SAYS("\\ud83d") SAYS("\\ude00") STOP DONE, OUTCOME_ANSWERED,
			"\\ud83d\\ude00", NULL },
		{ 200, ROLE SAYS("\\\\") SAYS("n") STOP DONE, OUTCOME_ANSWERED, "\\\\n", NULL },
		{ 200, ROLE SAYS("") SAYS("a") SAYS("") SAYS("b") STOP DONE, OUTCOME_ANSWERED, "ab",
			NULL },
		{ 200, ROLE SAYS("\xf0\x9f\x98\x80") STOP DONE, OUTCOME_ANSWERED,
			"\xf0\x9f\x98\x80", NULL },
		{ 200, ROLE SAYS("\xf0\x9f") SAYS("\x98\x80") STOP DONE, OUTCOME_BAD_RESPONSE, NULL,
			"UTF-8" },
	};
	CHECK_READINGS(cases);
}

TEST("every kind of finish is told apart in a stream, too")
{
	static const struct reading cases[] = {
		{ 200, ROLE STOP DONE, OUTCOME_ANSWERED, "", NULL },
		{ 200, ROLE CHUNK("\"content\":\"last\"", "\"stop\"") DONE, OUTCOME_ANSWERED,
			"last", NULL },
		{ 200, ROLE SAYS("hi") CHUNK("", "\"eos\"") DONE, OUTCOME_ANSWERED, "hi", NULL },
		{ 200, ROLE SAYS("half") CHUNK("", "\"length\"") DONE, OUTCOME_TRUNCATED, "half",
			"max-tokens" },
		{ 200, ROLE SAYS("bad") CHUNK("", "\"content_filter\"") DONE, OUTCOME_POLICY, "bad",
			"content filter" },
		{ 200, ROLE SAYS("half") CHUNK("", "\"error\"") DONE, OUTCOME_BAD_RESPONSE, "half",
			"error" },
		{ 200,
			ROLE CHUNK("\"refusal\":\"I can't \"", "null")
				CHUNK("\"refusal\":\"do \\\"that\\\"\"", "null") STOP DONE,
			OUTCOME_POLICY, "", "I can't do \"that\"" },
		{ 200, ROLE CHUNK("\"tool_calls\":[{}]", "null") CHUNK("", "\"tool_calls\"") DONE,
			OUTCOME_ANSWERED, NULL, NULL },
		{ 200,
			ROLE SAYS("hi") CHUNK("\"tool_calls\":[{}]", "null")
				CHUNK("", "\"tool_calls\"") DONE,
			OUTCOME_ANSWERED, "hi", NULL },
		{ 200, CHUNK("\"role\":\"assistant\",\"content\":null", "null") STOP DONE,
			OUTCOME_BAD_RESPONSE, NULL, "content" },
		{ 200, USAGE DONE, OUTCOME_BAD_RESPONSE, NULL, "no choices" },
	};
	CHECK_READINGS(cases);
}

TEST("a stream without its end is no answer, however much of it there is")
{
	static const struct reading cases[] = {
		{ 200, "", OUTCOME_TRANSPORT, NULL, "broke off" },
		{ 200, ": keep-alive\n\n", OUTCOME_TRANSPORT, NULL, "broke off" },
		{ 200, ROLE, OUTCOME_TRANSPORT, NULL, "broke off" },
		{ 200, ROLE SAYS("all of it"), OUTCOME_TRANSPORT, NULL, "broke off" },
		{ 200, ROLE SAYS("a") "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"st",
			OUTCOME_TRANSPORT, NULL, "broke off" },
		{ 200, ROLE SAYS("a") CHUNK("", "\"\"") USAGE, OUTCOME_TRANSPORT, NULL,
			"broke off" },
	};
	CHECK_READINGS(cases);
}

TEST("a stream is whole at [DONE], and not when the model only said why it stopped")
{
	static const struct reading cases[] = {
		{ 200, ROLE SAYS("hi") DONE, OUTCOME_ANSWERED, "hi", NULL },
		{ 200, ROLE SAYS("hi") STOP, OUTCOME_TRANSPORT, NULL, "broke off" },
		{ 200, ROLE SAYS("hi") STOP "data: [DON", OUTCOME_TRANSPORT, NULL, "broke off" },
		{ 200, ROLE SAYS("hi data: [DONE]") STOP, OUTCOME_TRANSPORT, NULL, "broke off" },
		{ 200, ROLE SAYS("hi") STOP "data: [DONE]\n", OUTCOME_ANSWERED, "hi", NULL },
		{ 200, ROLE SAYS("hi") STOP EVENT("[DONE] and more"), OUTCOME_ANSWERED, "hi",
			NULL },
		{ 200, ROLE SAYS("hi") STOP DONE EVENT("nonsense") EVENT("{\"error\":\"late\"}"),
			OUTCOME_ANSWERED, "hi", NULL },
	};
	CHECK_READINGS(cases);
}

TEST("a piece of text that is no string spoils the answer: half of it may be missing")
{
	static const struct reading cases[] = {
		{ 200,
			ROLE SAYS("hi") EVENT("{\"choices\":[{\"delta\":{\"content\":7}}]}")
				STOP DONE,
			OUTCOME_BAD_RESPONSE, NULL, "no choices[0].delta.content" },
		{ 200,
			ROLE SAYS("hi") EVENT("{\"choices\":[{\"delta\":{\"content\":null}}]}")
				STOP DONE,
			OUTCOME_ANSWERED, "hi", NULL },
	};
	CHECK_READINGS(cases);
}

TEST("an error in a stream is a failure, whatever came before it")
{
	static const struct reading cases[] = {
		{ 200, ROLE SAYS("hi") EVENT("{\"error\":{\"message\":\"upstream\",\"code\":502}}"),
			OUTCOME_FAULT, NULL, "upstream" },
		{ 200, ROLE SAYS("hi") STOP EVENT("{\"error\":{\"message\":\"oops\"}}") DONE,
			OUTCOME_FAULT, NULL, "oops" },
		{ 200, EVENT("{\"error\":{\"message\":\"slow\",\"code\":429}}"), OUTCOME_RATE, NULL,
			"slow" },
		{ 200,
			ROLE "event: error\n" EVENT(
				"{\"message\":\"flat\",\"type\":\"overloaded_error\"}"),
			OUTCOME_CAPACITY, NULL, "flat" },
		{ 200,
			"event: error\n" EVENT(
				"{\"type\":\"error\",\"error\":{\"message\":\"m\",\"code\":\"insufficient_quota\"}}"),
			OUTCOME_QUOTA, NULL, "m" },
		{ 200, EVENT("{\"error\":{\"data\":\"without words\"}}"), OUTCOME_FAULT, NULL,
			"without words" },
		{ 200,
			ROLE EVENT(
				"{\"error\":null,\"choices\":[{\"delta\":{\"content\":\"hi\"},\"finish_reason\":\"stop\"}]}")
				DONE,
			OUTCOME_ANSWERED, "hi", NULL },
	};
	CHECK_READINGS(cases);
}

TEST("an event that is no JSON object is a bad response")
{
	static const struct reading cases[] = {
		{ 200, ROLE EVENT("{\"choices\":[") STOP DONE, OUTCOME_BAD_RESPONSE, NULL,
			"not JSON" },
		{ 200, ROLE EVENT("hello") DONE, OUTCOME_BAD_RESPONSE, NULL, "not JSON" },
		{ 200, ROLE EVENT("[1]") DONE, OUTCOME_BAD_RESPONSE, NULL, "expected an object" },
		{ 200, ROLE EVENT("{} {}") DONE, OUTCOME_BAD_RESPONSE, NULL, "not JSON" },
		{ 200, ROLE EVENT("{\"choices\":[{\"delta\":{\"content\":\"\xff\"}}]}") DONE,
			OUTCOME_BAD_RESPONSE, NULL, "UTF-8" },
	};
	CHECK_READINGS(cases);
}

TEST("odd members of chunks, and choices that nobody asked for, are passed over")
{
	static const struct reading cases[] = {
		{ 200,
			EVENT("{\"model\":\"\",\"choices\":[],\"prompt_filter_results\":[{}]}")
				ROLE SAYS("hi") STOP DONE,
			OUTCOME_ANSWERED, "hi", NULL },
		{ 200,
			EVENT("{\"choices\":null}") EVENT("{\"choices\":[null]}")
				EVENT("{\"choices\":[{\"delta\":null}]}") SAYS("hi") STOP DONE,
			OUTCOME_ANSWERED, "hi", NULL },
		{ 200,
			ROLE SAYS("hi")
				EVENT("{\"choices\":[{\"index\":1,\"delta\":{\"content\":\"b\"}}]}")
					STOP DONE,
			OUTCOME_ANSWERED, "hi", NULL },
		{ 200,
			ROLE EVENT(
				"{\"choices\":[{\"delta\":{\"content\":\"a\"}},{\"delta\":{\"content\":\"b\"}}]}")
				STOP DONE,
			OUTCOME_ANSWERED, "a", NULL },
		{ 200, ROLE CHUNK("\"reasoning_content\":\"hm\"", "null") SAYS("hi") STOP DONE,
			OUTCOME_ANSWERED, "hi", NULL },
		{ 200, ROLE EVENT("") SAYS("hi") STOP DONE, OUTCOME_ANSWERED, "hi", NULL },
		{ 200,
			ROLE CHUNK(
				"\"content\":[{\"type\":\"thinking\",\"thinking\":[{\"type\":\"text\",\"text\":\"hm\"}]}]",
				"null") CHUNK("\"content\":[{\"type\":\"text\",\"text\":\"h\"}]",
				"null") SAYS("i") STOP DONE,
			OUTCOME_ANSWERED, "hi", NULL },
		{ 200,
			"data: {\"choices\":\ndata: [{\"delta\":{\"content\":\ndata: \"hi\"}}]}\n\n" STOP
				DONE,
			OUTCOME_ANSWERED, "hi", NULL },
	};
	CHECK_READINGS(cases);
}

TEST("the model is the last that is named, empty names left out")
{
	struct attempt attempt;
	struct answer answer = { 0 };
	receive_stream(&attempt,
		span_of(ROLE SAYS("hi") STOP EVENT("{\"model\":\"\",\"choices\":[]}") DONE));
	api_openai.read(&attempt, &answer);
	CHECK_MEM(answer.model.at, answer.model.n, "m-1");
	answer_release(&answer);
	attempt_release(&attempt);
}

TEST("a stream need not say that it is one, and what says so need not be one")
{
	struct attempt attempt;
	struct answer answer = { 0 };
	receive_stream(&attempt, span_of(ROLE SAYS("hi") STOP DONE));
	attempt.is_event_stream = false;
	api_openai.read(&attempt, &answer);
	CHECK_MEM(answer.text.at, answer.text.n, "hi");
	answer_release(&answer);
	attempt_release(&attempt);
	receive_stream(&attempt, span_of("{\"choices\":[{\"message\":{\"content\":\"plain\"}}]}"));
	api_openai.read(&attempt, &answer);
	CHECK_INT(answer.outcome, OUTCOME_ANSWERED);
	CHECK_MEM(answer.text.at, answer.text.n, "plain");
	answer_release(&answer);
	attempt_release(&attempt);
}

TEST("an error status is read as an error, also where a stream was asked for")
{
	struct attempt attempt;
	struct answer answer = { 0 };
	receive_stream(&attempt, span_of("{\"error\":{\"message\":\"slow\"}}"));
	attempt.status = 429;
	api_openai.read(&attempt, &answer);
	CHECK_INT(answer.outcome, OUTCOME_RATE);
	CHECK_STR(answer.message, "HTTP 429: slow");
	answer_release(&answer);
	attempt_release(&attempt);
}

TEST("a stream may begin with a comment or the name of an event, and lines may end anyhow")
{
	static const char *const streams[] = {
		": OPENROUTER PROCESSING\n\n" ROLE SAYS("hi") STOP DONE,
		"event: message\n" ROLE SAYS("hi") STOP DONE,
		"data: {\"choices\":[{\"delta\":{\"content\":\"hi\"}}]}\r\n\r\n: x\r\ndata: [DONE]\r\n\r\n",
		"data: {\"choices\":[{\"delta\":{\"content\":\"hi\"}}]}\r\rdata: [DONE]\r\r",
	};
	for (size_t i = 0; i < sizeof streams / sizeof *streams; i++) {
		struct attempt attempt;
		struct answer answer = { 0 };
		receive_stream(&attempt, span_of(streams[i]));
		attempt.is_event_stream = false;
		api_openai.read(&attempt, &answer);
		CHECK_INT(answer.outcome, OUTCOME_ANSWERED);
		CHECK_MEM(answer.text.at, answer.text.n, "hi");
		answer_release(&answer);
		attempt_release(&attempt);
	}
}

TEST("a stream cut anywhere before its end is no answer")
{
	const char *whole = ROLE SAYS("h\\u00e9") SAYS("llo") STOP;
	for (size_t n = 0; n < strlen(whole); n++) {
		struct attempt attempt;
		struct answer answer = { 0 };
		receive_stream(&attempt, span_of(whole));
		attempt.answer.len = n;
		api_openai.read(&attempt, &answer);
		if (!CHECK_INT(answer.outcome, OUTCOME_TRANSPORT))
			printf("#   cut at byte %zu\n", n);
		answer_release(&answer);
		attempt_release(&attempt);
	}
}

TEST("several hundred thousand deltas are one answer")
{
	const size_t n = 300000;
	struct attempt attempt;
	struct answer answer = { 0 };
	receive_stream(&attempt, span_of(""));
	buf_release(&attempt.answer);
	buf_init(&attempt.answer, 1 << 27);
	for (size_t i = 0; i < n; i++)
		buf_put_str(&attempt.answer,
			"data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\n");
	CHECK(buf_put_str(&attempt.answer, DONE));
	api_openai.read(&attempt, &answer);
	CHECK_INT(answer.outcome, OUTCOME_ANSWERED);
	CHECK_INT(answer.text.n, n);
	answer_release(&answer);
	attempt_release(&attempt);
}
