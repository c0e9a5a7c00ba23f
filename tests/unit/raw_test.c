/* SPDX-License-Identifier: MIT */
#include "api/raw.h"

#include "desk.h"
#include "json/walk.h"

#include <stdio.h>

#define KEY "sk-canary/key"

/* Sits down with a key that is kept secret. */
static void sit_with_key(struct desk *d, const char *model)
{
	sit_down(d, "openai", model, NULL, NULL);
	endpoint_add_header(&d->endpoint, "Authorization: Bearer " KEY);
	endpoint_add_secret(&d->endpoint, KEY);
	endpoint_add_secret(&d->endpoint, KEY);
}

static bool build_raw(const struct desk *d, enum batch format, const char *record, struct buf *out)
{
	struct fault fault;
	struct json_fault why;
	struct ask ask = {
		.step = d->step,
		.endpoint = &d->endpoint,
		.form = ASK_BODY,
		.max_tokens = d->max_tokens ? d->max_tokens : d->step->max_tokens,
		.sample = -1,
	};
	CHECK(json_scan(span_of(record), &ask.record, &why));
	ask.own = json_member(ask.record, format == BATCH_PARAMS ? SPAN("params") : SPAN("body"));
	if (d->endpoint.model)
		ask.model = span_of(d->endpoint.model_json);
	return raw_api(format)->build(&ask, out, &fault);
}

static void check_request(const struct desk *d, const char *url, const char *body, const char *want)
{
	struct buf out;
	char *record = xasprintf("{\"custom_id\":\"1\",\"url\":\"%s\",\"body\":%s}", url, body);
	buf_init(&out, 10000);
	CHECK(build_raw(d, BATCH_BODIES, record, &out));
	CHECK_MEM(out.data, out.len, want);
	buf_release(&out);
	free(record);
}

static void check_params(const struct desk *d, const char *params, const char *want)
{
	struct buf out;
	char *record = xasprintf("{\"custom_id\":\"1\",\"params\":%s}", params);
	buf_init(&out, 10000);
	CHECK(build_raw(d, BATCH_PARAMS, record, &out));
	CHECK_MEM(out.data, out.len, want);
	buf_release(&out);
	free(record);
}

TEST("a request of a batch asks for as many tokens as the call may have")
{
	struct desk d;
	sit_with_key(&d, NULL);
	d.step->max_tokens = 5;
	d.max_tokens = 10;
	check_request(&d, "/v1/completions", "{}", "{\"max_tokens\":10}");
	check_request(&d, "/v1/chat/completions", "{\"max_tokens\":1}", "{\"max_tokens\":10}");
	check_request(&d, "/v1/responses", "{}", "{\"max_output_tokens\":10}");
	check_params(&d, "{}", "{\"max_tokens\":10}");
	stand_up(&d);
}

TEST("a request of a batch goes out byte for byte, with or without a model")
{
	struct desk d;
	sit_with_key(&d, NULL);
	check_request(&d, "/v1/chat/completions", "{ \"n\": 2,\"seed\":12345678901234567890 }",
		"{ \"n\": 2,\"seed\":12345678901234567890 }");
	check_request(&d, "/rerank", "{}", "{}");
	check_params(&d, "{\"x\":1.10, \"x\":2}", "{\"x\":1.10, \"x\":2}");
	stand_up(&d);
}

TEST("the command line's model, limit and parameters win over a request's own")
{
	struct desk d;
	struct err err;
	sit_with_key(&d, "ours");
	d.step->max_tokens = 9;
	CHECK(step_add_param(d.step, "top_p=0.5", &err));
	check_request(&d, "/v1/chat/completions",
		"{\"model\":\"m\",\"max_completion_tokens\":1,\"max_tokens\":2,\"k\":1}",
		"{\"k\":1,\"max_tokens\":9,\"top_p\":0.5,\"model\":\"ours\"}");
	check_request(&d, "/v1/completions", "{\"max_tokens\":2,\"prompt\":\"x\"}",
		"{\"prompt\":\"x\",\"max_tokens\":9,\"top_p\":0.5,\"model\":\"ours\"}");
	check_request(&d, "/v1/responses", "{\"max_output_tokens\":2,\"input\":\"x\"}",
		"{\"input\":\"x\",\"max_output_tokens\":9,\"top_p\":0.5,\"model\":\"ours\"}");
	check_params(&d, "{\"max_tokens\":2,\"messages\":[]}",
		"{\"messages\":[],\"max_tokens\":9,\"top_p\":0.5,\"model\":\"ours\"}");
	stand_up(&d);
}

TEST("a limit of tokens goes nowhere where no text comes back")
{
	static const char *const urls[] = { "/v1/embeddings", "/v1/moderations", "/v2/rerank",
		"/score" };
	struct desk d;
	sit_with_key(&d, NULL);
	d.step->max_tokens = 9;
	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++)
		check_request(&d, urls[i], "{\"input\":\"x\"}", "{\"input\":\"x\"}");
	stand_up(&d);
}

TEST("a request that passes its ceiling is a fault")
{
	struct desk d;
	struct buf whole;
	const char *record = "{\"custom_id\":\"1\",\"url\":\"/v1/score\",\"body\":{\"a\":1}}";
	sit_with_key(&d, "m");
	buf_init(&whole, 1000);
	CHECK(build_raw(&d, BATCH_BODIES, record, &whole));
	for (size_t max = 1; max <= whole.len; max++) {
		struct buf body;
		buf_init(&body, max);
		CHECK_INT(build_raw(&d, BATCH_BODIES, record, &body), max == whole.len);
		buf_release(&body);
	}
	buf_release(&whole);
	stand_up(&d);
}

TEST("the limit that a request says is found by any of its names")
{
	const struct api *api = raw_api(BATCH_BODIES);
	CHECK_INT(api_max_tokens(api, SPAN("{\"max_tokens\":7}")), 7);
	CHECK_INT(api_max_tokens(api, SPAN("{\"max_completion_tokens\":8}")), 8);
	CHECK_INT(api_max_tokens(api, SPAN("{\"max_output_tokens\":9}")), 9);
	CHECK_INT(api_max_tokens(api, SPAN("{\"max_output_tokens\":\"many\"}")), 0);
	CHECK_INT(api_max_tokens(api, SPAN("{}")), 0);
	CHECK_INT(api_max_tokens(raw_api(BATCH_PARAMS), SPAN("{\"max_tokens\":7}")), 7);
}

/* An answer as the API's file reads it. */
struct reading {
	struct desk desk;
	struct attempt attempt;
	struct answer answer;
};

static void read_as(struct reading *r, enum batch format, int status, const char *body)
{
	sit_with_key(&r->desk, NULL);
	attempt_init(&r->attempt, 10);
	r->attempt.endpoint = &r->desk.endpoint;
	r->attempt.wire = WIRE_COMPLETE;
	r->attempt.status = status;
	buf_init(&r->attempt.answer, 100000);
	CHECK(buf_put_str(&r->attempt.answer, body));
	r->answer = (struct answer){ 0 };
	raw_api(format)->read(&r->attempt, &r->answer);
}

static void put_away(struct reading *r)
{
	answer_release(&r->answer);
	attempt_release(&r->attempt);
	stand_up(&r->desk);
}

static void check_outcome(int status, const char *body, enum outcome outcome, const char *words)
{
	struct reading r;
	read_as(&r, BATCH_BODIES, status, body);
	bool has_outcome = CHECK_INT(r.answer.outcome, outcome);
	bool has_no_value = CHECK(r.answer.value.at == NULL);
	bool has_words = CHECK(r.answer.message && strstr(r.answer.message, words));
	if (!has_outcome || !has_no_value || !has_words)
		printf("#   %d %s: %s\n", status, body, r.answer.message);
	put_away(&r);
}

TEST("whatever object comes with success is an answer, however it ended")
{
	static const char *const bodies[] = {
		"{\"choices\":[{\"message\":{\"content\":null},\"finish_reason\":\"length\"}]}",
		"{\"object\":\"list\",\"data\":[{\"embedding\":[0.1,1e400]}]}",
		"{\"status\":\"incomplete\",\"error\":null}",
		"{\"type\":\"message\",\"stop_reason\":\"refusal\",\"content\":[]}",
		"{}",
	};
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		struct reading r;
		char *padded = xasprintf(" \n%s\n", bodies[i]);
		read_as(&r, i % 2 ? BATCH_PARAMS : BATCH_BODIES, i % 2 ? 200 : 201, padded);
		CHECK_INT(r.answer.outcome, OUTCOME_ANSWERED);
		CHECK_MEM(r.answer.value.at, r.answer.value.n, bodies[i]);
		put_away(&r);
		free(padded);
	}
}

TEST("what is no object, or an error, is no answer whatever its status")
{
	check_outcome(200, "", OUTCOME_BAD_RESPONSE, "not JSON");
	check_outcome(200, "{\"a\":1", OUTCOME_BAD_RESPONSE, "not JSON");
	check_outcome(200, "{\"a\":1}{}", OUTCOME_BAD_RESPONSE, "not JSON");
	check_outcome(200, "data: {}\n\n", OUTCOME_BAD_RESPONSE, "not JSON");
	check_outcome(200, "[{}]", OUTCOME_BAD_RESPONSE, "no object");
	check_outcome(200, "null", OUTCOME_BAD_RESPONSE, "no object");
	check_outcome(200, "{\"error\":{\"message\":\"oh\",\"code\":429}}", OUTCOME_RATE, "oh");
	check_outcome(200, "{\"usage\":{},\"error\":\"oh\"}", OUTCOME_FAULT, "oh");
	check_outcome(302, "{}", OUTCOME_REQUEST, "redirects");
	check_outcome(400, "{\"error\":{\"message\":\"no\"}}", OUTCOME_REQUEST, "HTTP 400: no");
	check_outcome(404, "{\"detail\":\"Not Found\"}", OUTCOME_NOT_FOUND, "Not Found");
	check_outcome(429, "[]", OUTCOME_RATE, "429");
	check_outcome(500, "<html>", OUTCOME_FAULT, "500");
	check_outcome(529,
		"{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"busy\"}}",
		OUTCOME_CAPACITY, "busy");
}

TEST("what the wire did is told from what the server said")
{
	struct reading r;
	read_as(&r, BATCH_BODIES, 200, "{}");
	answer_release(&r.answer);
	r.attempt.wire = WIRE_CUT;
	raw_api(BATCH_BODIES)->read(&r.attempt, &r.answer);
	CHECK_INT(r.answer.outcome, OUTCOME_TRANSPORT);
	CHECK(r.answer.message != NULL);
	put_away(&r);
}

TEST("a key that the server echoes behind escapes does not stay in what it said")
{
	static const char *const bodies[] = {
		"{\"error\":{\"message\":\"bad key: sk-canary\\/key\"}}",
		"{\"error\":{\"message\":\"bad key: \\u0073k-canary/ke\\u0079\"}}",
		"<html>" KEY "</html>",
		("bad key: " KEY),
	};
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		struct reading r;
		read_as(&r, BATCH_BODIES, 401, bodies[i]);
		CHECK(!memmem(r.attempt.answer.data, r.attempt.answer.len, "canary", 6));
		CHECK(r.answer.message && !strstr(r.answer.message, "canary"));
		CHECK_INT(r.attempt.answer.len, 0);
		put_away(&r);
	}
}

TEST("a failure without our key keeps its bytes")
{
	struct reading r;
	const char *body = "{\"error\":{\"message\":\"no \\u00e9\",\"code\":null}}";
	read_as(&r, BATCH_BODIES, 400, body);
	CHECK_MEM(r.attempt.answer.data, r.attempt.answer.len, body);
	put_away(&r);
}

static void check_usage(enum batch format, const char *usage, const struct usage *want)
{
	struct reading r;
	char *body = xasprintf("{\"usage\":%s}", usage);
	read_as(&r, format, 200, body);
	raw_api(format)->read_usage(&r.answer);
	CHECK_INT(r.answer.usage.input, want->input);
	CHECK_INT(r.answer.usage.output, want->output);
	CHECK_INT(r.answer.usage.cached, want->cached);
	CHECK_INT(r.answer.usage.reasoning, want->reasoning);
	CHECK_INT(r.answer.usage.cache_write, want->cache_write);
	CHECK_INT(r.answer.usage.tier, want->tier);
	put_away(&r);
	free(body);
}

TEST("tokens are counted by the names of whichever API was asked")
{
	check_usage(BATCH_BODIES,
		"{\"prompt_tokens\":5,\"completion_tokens\":7,\"total_tokens\":12,"
		"\"prompt_tokens_details\":{\"cached_tokens\":2}}",
		&(struct usage){ 5, 7, 2, -1, 0, 0, TIER_USUAL });
	check_usage(BATCH_BODIES, "{\"prompt_tokens\":5,\"total_tokens\":5}",
		&(struct usage){ 5, -1, -1, -1, 0, 0, TIER_USUAL });
	check_usage(BATCH_BODIES,
		"{\"input_tokens\":5,\"output_tokens\":7,\"output_tokens_details\":{\"reasoning_tokens\":3}}",
		&(struct usage){ 5, 7, -1, 3, 0, 0, TIER_USUAL });
	check_usage(BATCH_BODIES, "{\"total_tokens\":9}",
		&(struct usage){ 9, -1, -1, -1, 0, 0, TIER_USUAL });
	check_usage(BATCH_BODIES, "null", &(struct usage){ -1, -1, -1, -1, 0, 0, TIER_USUAL });
	check_usage(BATCH_PARAMS,
		"{\"input_tokens\":5,\"cache_read_input_tokens\":2,\"cache_creation_input_tokens\":1,"
		"\"output_tokens\":7}",
		&(struct usage){ 8, 7, 2, -1, 1, 0, TIER_USUAL });
}
