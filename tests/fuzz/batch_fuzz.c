/* SPDX-License-Identifier: MIT */
/*
 * A line of a batch file, and after a line feed what a server answers. The first byte chooses the
 * format and the status. Whatever they are: a request that is taken is for a path of the list, with
 * an object as its body; and the record leaves as one line of JSON with all members of its format
 * and the custom_id that it came with.
 */
#include "api/classify.h"
#include "api/raw.h"
#include "base/xalloc.h"
#include "json/scan.h"
#include "work/batch.h"
#include "work/result.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HAS_PARAMS = 1, IS_BROKEN = 2, OUT_BYTES_MAX = 1 << 26 };

#define KEY "sk-canary-key"

static void demand(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "batch_fuzz: %s\n", what);
	abort();
}

static void check_request(enum batch format, const struct batch_request *request)
{
	demand(request->body.at && json_kind(request->body) == JSON_KIND_OBJECT,
		"a request is no object");
	if (format == BATCH_PARAMS) {
		demand(!request->path, "the format has but one path");
		return;
	}
	demand(request->path && request->path[0] == '/', "a path is none");
	for (const char *c = request->path; *c; c++)
		demand((*c >= 'a' && *c <= 'z') || *c == '/' || *c == '1' || *c == '2',
			"a path has what no path of the list has");
}

/* Asks as the engine does; false if the record is none that is asked. */
static bool ask(struct record *r, enum batch format)
{
	struct plan plan = { .batch = format };
	struct endpoint endpoint = { 0 };
	struct batch_request request;
	struct fault fault = { 0 };
	struct buf body;
	struct span scanned;
	struct json_fault why;
	if (!r->value.at || !batch_read(format, r->value, &request, &fault)) {
		demand(!r->value.at || fault.msg[0], "a fault has no words");
		record_fail(r, ERROR_BAD_RECORD, xstrdup(r->value.at ? fault.msg : "no JSON"));
		return false;
	}
	check_request(format, &request);
	struct step *step = plan_add_step(&plan, "output");
	step->max_tokens = 7;
	endpoint.origin = xstrdup("http://h:80");
	struct ask asked = { .step = step,
		.endpoint = &endpoint,
		.record = r->value,
		.form = ASK_BODY,
		.own = request.body,
		.max_tokens = step->max_tokens,
		.sample = -1 };
	buf_init(&body, OUT_BYTES_MAX);
	demand(raw_api(format)->build(&asked, &body, &fault), "no request is built");
	demand(json_scan(buf_span(&body), &scanned, &why) && json_kind(scanned) == JSON_KIND_OBJECT,
		"a request is no JSON");
	demand(format == BATCH_BODIES || api_max_tokens(raw_api(format), scanned) == 7,
		"the limit is not there");
	buf_release(&body);
	endpoint_release(&endpoint);
	plan_release(&plan);
	return true;
}

/* Reads the answer as the engine does, and settles the record. */
static void settle(struct record *r, enum batch format, struct attempt *attempt)
{
	struct answer *answer = &r->stages->calls[0].answer;
	const struct api *api = raw_api(format);
	/* As the engine does: the key in clear is gone before anybody reads. */
	classify_redact(&attempt->answer, attempt->endpoint);
	api->read(attempt, answer);
	if (answer->outcome == OUTCOME_ANSWERED) {
		api->read_usage(answer);
		demand(answer->value.at && json_kind(answer->value) == JSON_KIND_OBJECT,
			"an answer is no object");
		r->fate = FATE_ANSWERED;
		return;
	}
	demand(answer->message != NULL, "a failure has no words");
	record_fail(r, error_code_of(answer->outcome), answer->message);
	answer->message = NULL;
}

static void check_line(const struct record *r, enum batch format, struct span line)
{
	struct span value;
	struct json_fault fault;
	demand(line.n > 0 && line.at[line.n - 1] == '\n', "the line has no end");
	demand(!memchr(line.at, '\n', line.n - 1), "the line is more than one");
	demand(json_scan(line, &value, &fault), "the line is no JSON");
	struct span id = json_member(value, SPAN("custom_id"));
	struct span own = batch_id(r->value);
	demand(own.at ? span_equals(id, own) : span_is(id, "null"), "the id is another");
	if (format == BATCH_PARAMS) {
		demand(json_text_of(json_member(json_member(value, SPAN("result")), SPAN("type")))
					.at != NULL,
			"the result has no type");
		return;
	}
	struct span response = json_member(value, SPAN("response"));
	struct span error = json_member(value, SPAN("error"));
	demand(span_is(json_member(value, SPAN("id")), "\"batch_req_1\""), "the number is another");
	demand(response.at && error.at && span_is(response, "null") != span_is(error, "null"),
		"there are both response and error, or neither");
	demand(r->fate != FATE_ANSWERED || span_is(error, "null"), "an answer is an error");
}

/* A failure must not show the key, however the server wrote it. */
static void check_key(const struct record *r, const struct attempt *attempt)
{
	struct span bytes = buf_span(&attempt->answer);
	demand(r->fate != FATE_FAILED || bytes.n == 0 ||
			!memmem(bytes.at, bytes.n, KEY, sizeof KEY - 1),
		"the key shows");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int statuses[] = { 200, 200, 201, 301, 400, 401, 404, 429, 500, 529 };
	const char *text = (const char *)data + 1;
	const char *end = size > 1 ? memchr(text, '\n', size - 1) : NULL;
	if (!end)
		return 0;
	enum batch format = *data & HAS_PARAMS ? BATCH_PARAMS : BATCH_BODIES;
	struct plan plan = { .batch = format };
	const struct result_opts opts = { .form = RESULT_BATCH, .plan = &plan };
	struct endpoint endpoint = { 0 };
	struct buf out;
	struct record *r = record_new((struct span){ text, (size_t)(end - text) });
	r->line = 1;
	record_scan(r);
	endpoint_add_secret(&endpoint, KEY);
	if (ask(r, format)) {
		record_add_stages(r, 1);
		record_add_calls(r, r->stages, 1);
		struct attempt *a = &r->stages->calls[0].attempt;
		a->endpoint = &endpoint;
		a->wire = *data & IS_BROKEN ? WIRE_CUT : WIRE_COMPLETE;
		a->status = statuses[(*data >> 2) % (sizeof statuses / sizeof *statuses)];
		buf_init(&a->answer, size + 1);
		buf_put(&a->answer, end + 1, size - 2 - (size_t)(end - text));
		settle(r, format, a);
		check_key(r, a);
	}
	buf_init(&out, OUT_BYTES_MAX);
	demand(result_put(&out, r, &opts), "there was room");
	check_line(r, format, buf_span(&out));
	buf_release(&out);
	record_free(r);
	endpoint_release(&endpoint);
	return 0;
}
