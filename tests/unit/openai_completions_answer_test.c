/* SPDX-License-Identifier: MIT */
#include "reading.h"

#define API "openai-completions"
#define CHOICE(text, finish)                                                                       \
	"{\"choices\":[{\"text\":" text ",\"index\":0,\"logprobs\":null,\"finish_reason\":" finish \
	"}]}"
#define CHUNK(text, finish)                                                                                  \
	"data: {\"object\":\"text_completion\",\"model\":\"m-1\",\"choices\":[{\"index\":0,\"text\":\"" text \
	"\",\"finish_reason\":" finish "}],\"usage\":null}\n\n"
#define USAGE "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}\n\n"
#define DONE "data: [DONE]\n\n"

TEST("a completion's text, finish, logprobs and usage are read as the server wrote them")
{
	static const struct usage want = { 3, 4, -1, -1, 0, 0, TIER_USUAL };
	struct exchange x;
	enter(&x, API, 200,
		"{\"object\":\"text_completion\",\"model\":\"m-1\",\"choices\":[{\"text\":\" a\\n\",\"index\":0,"
		"\"logprobs\":{\"tokens\":[\"a\"],\"token_logprobs\":[-0.10]},\"finish_reason\":\"stop\"}],"
		"\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4,\"total_tokens\":7}}",
		false);
	CHECK_INT(x.answer.outcome, OUTCOME_ANSWERED);
	CHECK_INT(x.answer.finish, FINISH_STOP);
	check_span(x.answer.text, " a\\n");
	check_span(x.answer.model, "m-1");
	check_span(x.answer.logprobs, "{\"tokens\":[\"a\"],\"token_logprobs\":[-0.10]}");
	check_usage(API, &x.answer, &want);
	leave(&x);
}

TEST("every kind of finish of a completion is told apart, and what is none is a bad response")
{
	static const struct reading cases[] = {
		{ 200, CHOICE("\"hi\"", "\"stop\""), OUTCOME_ANSWERED, "hi", NULL },
		{ 200, CHOICE("\"\"", "\"stop\""), OUTCOME_ANSWERED, "", NULL },
		{ 200, CHOICE("\"hi\"", "\"eos\""), OUTCOME_ANSWERED, "hi", NULL },
		{ 200, CHOICE("\"half\"", "\"length\""), OUTCOME_TRUNCATED, "half", "max-tokens" },
		{ 200, CHOICE("\"bad\"", "\"content_filter\""), OUTCOME_POLICY, "bad", "filter" },
		{ 200, CHOICE("null", "\"stop\""), OUTCOME_BAD_RESPONSE, NULL, "choices[0]" },
		{ 200, CHOICE("7", "\"stop\""), OUTCOME_BAD_RESPONSE, NULL, "choices[0]" },
		{ 200, "{\"choices\":[]}", OUTCOME_BAD_RESPONSE, NULL, "no choices" },
		{ 200, "{\"error\":\"odd\"}", OUTCOME_FAULT, NULL, "odd" },
		{ 400, "{\"error\":{\"message\":\"bad\"}}", OUTCOME_REQUEST, NULL,
			"HTTP 400: bad" },
	};
	check_readings(API, false, cases, sizeof cases / sizeof *cases);
}

TEST("a streamed completion is put together, and is none without its end")
{
	static const struct reading cases[] = {
		{ 200, CHUNK("h", "null") CHUNK("i", "null") CHUNK("", "\"stop\"") USAGE DONE,
			OUTCOME_ANSWERED, "hi", NULL },
		{ 200, CHUNK("\\ud83d", "null") CHUNK("\\ude00", "\"stop\"") DONE, OUTCOME_ANSWERED,
			"\\ud83d\\ude00", NULL },
		{ 200, CHUNK("half", "\"length\"") DONE, OUTCOME_TRUNCATED, "half", "max-tokens" },
		{ 200, CHUNK("h", "null"), OUTCOME_TRANSPORT, NULL, "broke off" },
		{ 200, CHUNK("h", "null") "data: {\"error\":{\"message\":\"oops\"}}\n\n",
			OUTCOME_FAULT, NULL, "oops" },
	};
	check_readings(API, true, cases, sizeof cases / sizeof *cases);
}
