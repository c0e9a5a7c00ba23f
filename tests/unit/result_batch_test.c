/* SPDX-License-Identifier: MIT */
#include "work/result.h"

#include "base/xalloc.h"
#include "json/scan.h"
#include "t.h"

#include <stdlib.h>
#include <string.h>

#define LINE "{\"custom_id\":\"caf\\u00e9\\/1\",\"url\":\"/v1/x\",\"body\":{}}"
#define ID "\"custom_id\":\"caf\\u00e9\\/1\""

/* A record of a batch file and what became of it. */
struct scene {
	struct plan plan;
	struct record *record;
	struct call *call;
};

static void enter(struct scene *s, enum batch format, const char *line)
{
	*s = (struct scene){ .plan = { .batch = format } };
	plan_add_step(&s->plan, "output");
	s->record = record_new(span_of(line));
	s->record->seq = 4;
	s->record->line = 7;
	record_scan(s->record);
	record_add_stages(s->record, 1);
	record_add_calls(s->record, s->record->stages, 1);
	s->call = s->record->stages->calls;
	s->call->attempt.wire = WIRE_NO_CONNECTION;
	buf_init(&s->call->attempt.answer, 10000);
}

static void leave(struct scene *s)
{
	record_free(s->record);
	plan_release(&s->plan);
}

static void hear(struct scene *s, int status, const char *body)
{
	s->call->attempt.wire = WIRE_COMPLETE;
	s->call->attempt.status = status;
	buf_clear(&s->call->attempt.answer);
	CHECK(buf_put_str(&s->call->attempt.answer, body));
}

static void answer(struct scene *s, const char *body)
{
	struct json_fault fault;
	hear(s, 200, body);
	CHECK(json_scan(buf_span(&s->call->attempt.answer), &s->call->answer.value, &fault));
	s->call->answer.outcome = OUTCOME_ANSWERED;
	s->record->fate = FATE_ANSWERED;
}

static void fail(struct scene *s, enum error_code code, const char *message)
{
	record_fail(s->record, code, xstrdup(message));
}

/* Checks the line that the record leaves as, and that it is JSON. */
static void check_line(const struct scene *s, const char *want)
{
	struct buf out;
	struct span value;
	struct json_fault fault;
	const struct result_opts opts = { .form = RESULT_BATCH, .plan = &s->plan };
	buf_init(&out, 10000);
	CHECK(result_put(&out, s->record, &opts));
	CHECK_MEM(out.data, out.len, want);
	CHECK(json_scan(buf_span(&out), &value, &fault));
	buf_release(&out);
}

static void check_refused(int status, const char *body, const char *want)
{
	struct scene s;
	char *line = xasprintf(
		"{\"id\":\"batch_req_7\"," ID
		",\"response\":{\"status_code\":%d,\"request_id\":\"\",\"body\":%s},\"error\":null}\n",
		status, want);
	enter(&s, BATCH_BODIES, LINE);
	hear(&s, status, body);
	fail(&s, ERROR_REQUEST_REJECTED, "HTTP said \"no\"");
	check_line(&s, line);
	leave(&s);
	free(line);
}

static void check_unanswered(enum error_code code, const char *message, const char *error)
{
	struct scene s;
	char *line = xasprintf(
		"{\"id\":\"batch_req_7\"," ID ",\"response\":null,\"error\":%s}\n", error);
	enter(&s, BATCH_BODIES, LINE);
	fail(&s, code, message);
	check_line(&s, line);
	leave(&s);
	free(line);
}

TEST("an answer leaves as the server's own bytes, on one line, under the record's own id")
{
	struct scene s;
	enter(&s, BATCH_BODIES, LINE);
	answer(&s, "\n{ \"n\" : 1.10,\n  \"t\" : \"a b\\u0000\" }\n");
	memcpy(s.call->attempt.request_id, "req_\"\xff", 7);
	check_line(&s,
		"{\"id\":\"batch_req_7\"," ID
		",\"response\":{\"status_code\":200,\"request_id\":\"req_\\\"\xef\xbf\xbd\","
		"\"body\":{\"n\":1.10,\"t\":\"a b\\u0000\"}},\"error\":null}\n");
	leave(&s);
}

TEST("what the server refuses is a response with its status and its words")
{
	check_refused(400, "{ \"error\" : { \"message\" : \"bad\" } }",
		"{\"error\":{\"message\":\"bad\"}}");
	check_refused(429, "{\"detail\":[1]}", "{\"detail\":[1]}");
	check_refused(301, "{}", "{}");
}

TEST("a refusal without a JSON object in it is told in ours")
{
	static const char *const bodies[] = { "", "<html>", "[1]", "\"x\"", "{\"a\":1", "null" };
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
		check_refused(503, bodies[i],
			"{\"error\":{\"code\":\"request_rejected\",\"message\":\"HTTP said \\\"no\\\"\"}}");
}

TEST("what got no HTTP answer has our code and message in place of a response")
{
	check_unanswered(ERROR_TRANSPORT, "reset \"\n\xff",
		"{\"code\":\"transport\",\"message\":\"reset \\\"\\n\xef\xbf\xbd\"}");
	check_unanswered(ERROR_BAD_RECORD, "no", "{\"code\":\"bad_record\",\"message\":\"no\"}");
	check_unanswered(ERROR_CANCELLED, "", "{\"code\":\"cancelled\",\"message\":\"\"}");
	check_unanswered(ERROR_TIMEOUT, "late", "{\"code\":\"timeout\",\"message\":\"late\"}");
}

TEST("an HTTP answer that settled nothing is no response")
{
	static const enum error_code codes[] = { ERROR_CANCELLED, ERROR_BUDGET, ERROR_TIMEOUT,
		ERROR_TEMPLATE };
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
		struct scene s;
		char *line = xasprintf(
			"{\"id\":\"batch_req_7\"," ID
			",\"response\":null,\"error\":{\"code\":\"%s\",\"message\":\"m\"}}\n",
			error_code_name(codes[i]));
		enter(&s, BATCH_BODIES, LINE);
		hear(&s, 429, "{}");
		fail(&s, codes[i], "m");
		check_line(&s, line);
		leave(&s);
		free(line);
	}
}

TEST("a success that was none is an error, not a response with status 200")
{
	struct scene s;
	enter(&s, BATCH_BODIES, LINE);
	hear(&s, 200, "{\"error\":{\"message\":\"oh\"}}");
	fail(&s, ERROR_OVERLOADED, "HTTP 200: oh");
	check_line(&s,
		"{\"id\":\"batch_req_7\"," ID
		",\"response\":null,\"error\":{\"code\":\"overloaded\",\"message\":\"HTTP 200: oh\"}}\n");
	leave(&s);
}

TEST("an answer that broke off is an error, whatever its status was to be")
{
	struct scene s;
	enter(&s, BATCH_BODIES, LINE);
	hear(&s, 500, "{}");
	s.call->attempt.wire = WIRE_CUT;
	fail(&s, ERROR_TRANSPORT, "cut");
	check_line(&s,
		"{\"id\":\"batch_req_7\"," ID
		",\"response\":null,\"error\":{\"code\":\"transport\",\"message\":\"cut\"}}\n");
	leave(&s);
}

TEST("a line without an id of its own has null for one, and can be found by its number")
{
	static const char *const lines[] = { "no json", "[]", "7", "{\"custom_id\":7}" };
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct scene s;
		enter(&s, BATCH_BODIES, lines[i]);
		fail(&s, ERROR_BAD_RECORD, "m");
		check_line(&s,
			"{\"id\":\"batch_req_7\",\"custom_id\":null,\"response\":null,"
			"\"error\":{\"code\":\"bad_record\",\"message\":\"m\"}}\n");
		leave(&s);
	}
}

TEST("a record that failed at the door has no call to look at")
{
	struct scene s = { .plan = { .batch = BATCH_PARAMS } };
	s.record = record_new(SPAN("{"));
	record_scan(s.record);
	record_fail(s.record, ERROR_BAD_RECORD, xstrdup("m"));
	check_line(&s,
		"{\"custom_id\":null,\"result\":{\"type\":\"errored\",\"error\":{\"type\":\"error\","
		"\"error\":{\"type\":\"invalid_request_error\",\"message\":\"m\"}}}}\n");
	leave(&s);
}

TEST("a record that was to be asked about, and was not, has no call to look at either")
{
	struct scene s = { .plan = { .batch = BATCH_BODIES } };
	s.record = record_new(SPAN(LINE));
	s.record->line = 7;
	record_scan(s.record);
	record_add_stages(s.record, 1);
	record_fail(s.record, ERROR_CANCELLED, xstrdup("m"));
	check_line(&s,
		"{\"id\":\"batch_req_7\"," ID
		",\"response\":null,\"error\":{\"code\":\"cancelled\",\"message\":\"m\"}}\n");
	leave(&s);
}

#define RESULT(rest) "{" ID ",\"result\":{\"type\":" rest "}}\n"

TEST("in the other format an answer is a message that succeeded")
{
	struct scene s;
	enter(&s, BATCH_PARAMS, LINE);
	answer(&s, "{ \"type\": \"message\" }");
	check_line(&s, RESULT("\"succeeded\",\"message\":{\"type\":\"message\"}"));
	leave(&s);
}

TEST("in the other format an error is the server's own if it is in that format too")
{
	static const char own[] =
		"{\"type\":\"error\",\"error\":{\"type\":\"not_found_error\",\"message\":\"x\"},\"request_id\":\"r\"}";
	static const char *const others[] = { "{\"error\":{\"type\":\"t\",\"message\":\"x\"}}",
		"{\"type\":\"error\",\"error\":\"x\"}",
		"{\"type\":\"error\",\"error\":{\"type\":1,\"message\":\"x\"}}", "no" };
	struct scene s;
	enter(&s, BATCH_PARAMS, LINE);
	hear(&s, 404, own);
	fail(&s, ERROR_REQUEST_REJECTED, "m");
	check_line(&s,
		RESULT("\"errored\",\"error\":{\"type\":\"error\",\"error\":{\"type\":\"not_found_error\","
		       "\"message\":\"x\"},\"request_id\":\"r\"}"));
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		hear(&s, 404, others[i]);
		check_line(&s,
			RESULT("\"errored\",\"error\":{\"type\":\"error\",\"error\":{\"type\":"
			       "\"invalid_request_error\",\"message\":\"m\"}}"));
	}
	leave(&s);
}

TEST("in the other format each of our codes has a type, and what was not asked was cancelled")
{
	static const struct {
		enum error_code code;
		const char *type;
	} cases[] = {
		{ ERROR_BAD_RECORD, "invalid_request_error" },
		{ ERROR_REQUEST_REJECTED, "invalid_request_error" },
		{ ERROR_AUTH, "authentication_error" },
		{ ERROR_QUOTA, "billing_error" },
		{ ERROR_RATE_LIMITED, "rate_limit_error" },
		{ ERROR_OVERLOADED, "overloaded_error" },
		{ ERROR_TIMEOUT, "timeout_error" },
		{ ERROR_TRANSPORT, "api_error" },
		{ ERROR_BAD_RESPONSE, "api_error" },
		{ ERROR_CANCELLED, NULL },
		{ ERROR_BUDGET, NULL },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct scene s;
		char *line = cases[i].type
			? xasprintf(RESULT("\"errored\",\"error\":{\"type\":\"error\",\"error\":{"
					   "\"type\":\"%s\",\"message\":\"m\"}}"),
				  cases[i].type)
			: xstrdup(RESULT("\"canceled\""));
		enter(&s, BATCH_PARAMS, LINE);
		fail(&s, cases[i].code, "m");
		check_line(&s, line);
		leave(&s);
		free(line);
	}
}

TEST("lines stop at the ceiling of what they are put into")
{
	static const enum batch formats[] = { BATCH_BODIES, BATCH_PARAMS };
	for (size_t i = 0; i < 2; i++) {
		struct scene s;
		struct buf whole;
		enter(&s, formats[i], LINE);
		answer(&s, "{\"a\":1}");
		const struct result_opts opts = { .form = RESULT_BATCH, .plan = &s.plan };
		buf_init(&whole, 1000);
		CHECK(result_put(&whole, s.record, &opts));
		for (size_t max = 1; max <= whole.len; max++) {
			struct buf out;
			buf_init(&out, max);
			CHECK_INT(result_put(&out, s.record, &opts), max == whole.len);
			buf_release(&out);
		}
		buf_release(&whole);
		leave(&s);
	}
}
