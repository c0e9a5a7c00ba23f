/* SPDX-License-Identifier: MIT */
#include "reading.h"

static const struct api *const apis[] = { &api_cohere_rerank, &api_voyage_rerank, &api_jina_rerank,
	&api_tei_rerank };

enum { APIS_N = sizeof apis / sizeof *apis };

struct ranking {
	int status;
	const char *body;
	enum outcome outcome;
	const char *want; /* the value, or words that the message has */
};

static void check_ranking(const struct ranking *r, const struct api *api)
{
	struct attempt attempt;
	struct answer answer = { 0 };
	receive(&attempt, r->status, span_of(r->body));
	api->read(&attempt, &answer);
	bool ok = CHECK_INT(answer.outcome, r->outcome);
	ok &= CHECK(answer.text.at == NULL);
	if (r->outcome == OUTCOME_ANSWERED) {
		ok &= CHECK_MEM(answer.value.at, answer.value.n, r->want);
		ok &= CHECK_STR(answer.message, NULL);
		ok &= CHECK_INT(answer.finish, FINISH_STOP);
	} else {
		ok &= CHECK(answer.value.at == NULL);
		ok &= CHECK(answer.message && strstr(answer.message, r->want));
	}
	if (!ok)
		printf("#   %s: %s\n", r->body, answer.message);
	answer_release(&answer);
	attempt_release(&attempt);
}

static void check_rankings(const struct ranking *cases, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < APIS_N; j++)
			check_ranking(&cases[i], apis[j]);
}

#define CHECK_RANKINGS(cases) check_rankings(cases, sizeof cases / sizeof *cases)
#define RESULTS(items) "{\"id\":\"1\",\"results\":[" items "]}"

TEST("each vendor's list becomes one form, in its order and with its digits")
{
	static const struct ranking cases[] = {
		{ 200,
			"{\"id\":\"1\",\"results\":[{\"index\":1,\"relevance_score\":0.90},{\"index\":0,\"relevance_score\":1e-05}],"
			"\"meta\":{\"api_version\":{\"version\":\"2\"},\"billed_units\":{\"search_units\":1}}}",
			OUTCOME_ANSWERED,
			"[{\"index\":1,\"score\":0.90},{\"index\":0,\"score\":1e-05}]" },
		{ 200,
			"{\"object\":\"list\",\"data\":[ {\"relevance_score\" : 0.4375, \"index\" : 2, \"document\":\"d\"} ],"
			"\"model\":\"rerank-2\",\"usage\":{\"total_tokens\":26}}",
			OUTCOME_ANSWERED, "[{\"index\":2,\"score\":0.4375}]" },
		{ 200,
			"{\"model\":\"j\",\"usage\":{\"total_tokens\":815},\"results\":[{\"index\":0,\"document\":{\"text\":\"d\"},"
			"\"relevance_score\":0.8783142566680908}]}",
			OUTCOME_ANSWERED, "[{\"index\":0,\"score\":0.8783142566680908}]" },
		{ 200, " [{\"index\":10,\"score\":-11.5,\"text\":\"d\"},{\"index\":3,\"score\":0}] \n",
			OUTCOME_ANSWERED,
			"[{\"index\":10,\"score\":-11.5},{\"index\":3,\"score\":0}]" },
		{ 200, RESULTS("{\"index\":9007199254740992,\"relevance_score\":0.1234567890123456789}"),
			OUTCOME_ANSWERED,
			"[{\"index\":9007199254740992,\"score\":0.1234567890123456789}]" },
	};
	CHECK_RANKINGS(cases);
}

TEST("lists that say nothing sure about documents are bad responses")
{
	static const struct ranking cases[] = {
		{ 200, "", OUTCOME_BAD_RESPONSE, "not JSON" },
		{ 200, "[{\"index\":0,\"score\":0.5}", OUTCOME_BAD_RESPONSE, "not JSON" },
		{ 200, "[{\"index\":0,\"score\":NaN}]", OUTCOME_BAD_RESPONSE, "not JSON" },
		{ 200, "data: []\n\n", OUTCOME_BAD_RESPONSE, "not JSON" },
		{ 200, "7", OUTCOME_BAD_RESPONSE, "no results" },
		{ 200, "{}", OUTCOME_BAD_RESPONSE, "no results" },
		{ 200, "{\"results\":null}", OUTCOME_BAD_RESPONSE, "no results" },
		{ 200, "{\"results\":{\"index\":0,\"score\":1}}", OUTCOME_BAD_RESPONSE,
			"no results" },
		{ 200, "{\"results\":[]}", OUTCOME_BAD_RESPONSE, "no result" },
		{ 200, "[]", OUTCOME_BAD_RESPONSE, "no result" },
		{ 200, RESULTS("7"), OUTCOME_BAD_RESPONSE, "results[0] has no index" },
		{ 200, RESULTS("[{\"index\":0,\"score\":1}]"), OUTCOME_BAD_RESPONSE,
			"results[0] has no index" },
		{ 200, RESULTS("{\"relevance_score\":1}"), OUTCOME_BAD_RESPONSE,
			"results[0] has no index" },
		{ 200, RESULTS("{\"index\":-1,\"relevance_score\":1}"), OUTCOME_BAD_RESPONSE,
			"has no index" },
		{ 200, RESULTS("{\"index\":1.5,\"relevance_score\":1}"), OUTCOME_BAD_RESPONSE,
			"has no index" },
		{ 200, RESULTS("{\"index\":\"1\",\"relevance_score\":1}"), OUTCOME_BAD_RESPONSE,
			"has no index" },
		{ 200, RESULTS("{\"index\":9223372036854775808,\"relevance_score\":1}"),
			OUTCOME_BAD_RESPONSE, "has no index" },
		{ 200, RESULTS("{\"index\":0,\"relevance_score\":1},{\"index\":1}"),
			OUTCOME_BAD_RESPONSE, "results[1] has no score" },
		{ 200, RESULTS("{\"index\":0,\"relevance_score\":null}"), OUTCOME_BAD_RESPONSE,
			"results[0] has no score" },
		{ 200, RESULTS("{\"index\":0,\"relevance_score\":\"0.5\"}"), OUTCOME_BAD_RESPONSE,
			"results[0] has no score" },
		{ 200, RESULTS("{\"index\":4,\"score\":3},{\"index\":2,\"score\":2},{\"index\":4,\"score\":1}"),
			OUTCOME_BAD_RESPONSE, "index 4 twice" },
	};
	CHECK_RANKINGS(cases);
}

TEST("rerank APIs' errors are understood, with a status of their own or without")
{
	static const struct ranking cases[] = {
		{ 401, "{\"detail\":\"Provided API key is invalid.\"}", OUTCOME_AUTH, "invalid" },
		{ 429, "{\"error\":\"Model is overloaded\",\"error_type\":\"Overloaded\"}",
			OUTCOME_CAPACITY, "overloaded" },
		{ 429, "{\"message\":\"limited to 10 API calls / minute\"}", OUTCOME_RATE,
			"minute" },
		{ 402, "{\"message\":\"pay\"}", OUTCOME_QUOTA, "pay" },
		{ 413, "{\"error\":\"batch size 33 > maximum\",\"error_type\":\"Validation\"}",
			OUTCOME_TOO_LONG, "batch" },
		{ 422, "{\"detail\":[{\"loc\":[\"body\"],\"msg\":\"bad\"}]}", OUTCOME_REQUEST,
			"bad" },
		{ 422, "{\"error\":\"`inputs` must have less than 512 tokens. Given: 600\",\"error_type\":\"Validation\"}",
			OUTCOME_TOO_LONG, "512" },
		{ 424, "{\"error\":\"inference failed\",\"error_type\":\"Backend\"}", OUTCOME_FAULT,
			"inference" },
		{ 503, "busy", OUTCOME_CAPACITY, "busy" },
		{ 200, "{\"error\":\"broken\"}", OUTCOME_FAULT, "broken" },
		{ 200, "{\"results\":[{\"index\":0,\"score\":1}],\"error\":{\"message\":\"no\"}}",
			OUTCOME_FAULT, "no" },
		{ 200, "{\"detail\":\"broken\"}", OUTCOME_FAULT, "broken" },
		{ 200, "{\"message\":\"broken\"}", OUTCOME_FAULT, "broken" },
		{ 200, "{\"message\":\"fine\",\"error\":null,\"data\":[{\"index\":0,\"score\":1}]}",
			OUTCOME_ANSWERED, "[{\"index\":0,\"score\":1}]" },
	};
	CHECK_RANKINGS(cases);
}

TEST("a rerank answer's usage is its tokens, and searches are none")
{
	static const struct {
		const char *members;
		int64_t input;
	} cases[] = {
		{ "\"usage\":{\"total_tokens\":26}", 26 },
		{ "\"meta\":{\"billed_units\":{\"search_units\":1}}", -1 },
		{ "\"meta\":{\"billed_units\":{\"search_units\":1},\"tokens\":{\"input_tokens\":9}}",
			9 },
		{ "\"usage\":{\"total_tokens\":-1}", -1 },
		{ "\"usage\":[]", -1 },
		{ "\"usage\":null", -1 },
		{ "\"x\":1", -1 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct attempt attempt;
		struct answer answer = { 0 };
		char body[200];
		snprintf(body, sizeof body,
			"{\"model\":\"r-1\",%s,\"results\":[{\"index\":0,\"score\":1}]}",
			cases[i].members);
		receive(&attempt, 200, span_of(body));
		api_jina_rerank.read(&attempt, &answer);
		CHECK_MEM(answer.model.at, answer.model.n, "r-1");
		api_jina_rerank.read_usage(&answer);
		CHECK_INT(answer.usage.input, cases[i].input);
		CHECK_INT(answer.usage.output, -1);
		CHECK_INT(answer.usage.cached, -1);
		CHECK_INT(answer.usage.reasoning, -1);
		answer_release(&answer);
		attempt_release(&attempt);
	}
}

TEST("a hundred thousand results are one list, and a twin at its two ends is found")
{
	enum { RESULTS_N = 100000 };
	struct attempt attempt;
	struct answer answer = { 0 };
	receive(&attempt, 200, span_of("["));
	for (int i = 0; i < RESULTS_N; i++) {
		char item[60];
		snprintf(item, sizeof item, "{\"index\":%d,\"score\":0.5},", i);
		buf_put_str(&attempt.answer, item);
	}
	attempt.answer.data[attempt.answer.len - 1] = ']';
	api_tei_rerank.read(&attempt, &answer);
	CHECK_INT(answer.outcome, OUTCOME_ANSWERED);
	CHECK_INT(answer.value.n, attempt.answer.len);
	answer_release(&answer);
	attempt.answer.len--;
	buf_put_str(&attempt.answer, ",{\"index\":0,\"score\":0.5}]");
	api_tei_rerank.read(&attempt, &answer);
	CHECK_INT(answer.outcome, OUTCOME_BAD_RESPONSE);
	answer_release(&answer);
	attempt_release(&attempt);
}
