/* SPDX-License-Identifier: MIT */
/*
 * A failure is shown as what it was. If the server refused the request it is a response like any
 * other, with its status and the server's own words. What never got an HTTP answer, or one that
 * settled nothing, has our code and message: a line that was no request, a connection that broke, a
 * success that was none, a run that ended first.
 *
 * Of Anthropic's four kinds of result "expired" is not written: a record whose --deadline passed
 * has more to say, and says it as an error of the type timeout_error.
 */
#include "work/result_batch.h"

#include "json/compact.h"
#include "json/scan.h"
#include "json/text.h"
#include "work/batch.h"
#include "work/result_part.h"

/* What is put here is not checked piece by piece: the caller looks at is_full at the end. */

/* The one call of its one step; NULL = it was not asked. */
static const struct call *call_of(const struct record *r)
{
	const struct stage *s = r->stages;
	return s && s->calls_n > 0 ? &s->calls[0] : NULL;
}

/* The server's refusal: true if it is what the record failed of. */
static bool is_refused(const struct record *r)
{
	const struct call *c = call_of(r);
	if (!c || c->attempt.wire != WIRE_COMPLETE || c->attempt.status < 300)
		return false;
	switch (r->failure.code) {
	case ERROR_BAD_RECORD:
	case ERROR_TEMPLATE:
	case ERROR_TIMEOUT:
	case ERROR_BUDGET:
	case ERROR_CANCELLED:
		return false;
	default:
		return true;
	}
}

/* What the server said in refusing; a missing span if it was no JSON object. */
static struct span refusal_of(const struct record *r)
{
	struct span root = { 0 };
	struct json_fault fault;
	if (!is_refused(r) || !json_scan(buf_span(&call_of(r)->attempt.answer), &root, &fault) ||
		json_kind(root) != JSON_KIND_OBJECT)
		return (struct span){ 0 };
	return root;
}

static void put_id(struct buf *out, const struct record *r)
{
	struct span id = batch_id(r->value);
	buf_put_str(out, "\"custom_id\":");
	if (id.at)
		buf_put_span(out, id);
	else
		buf_put_str(out, "null");
}

/* Our own words, where there are no others: {"code","message"}. */
static void put_error(struct buf *out, const struct record *r)
{
	buf_put_str(out, "{\"code\":\"");
	buf_put_str(out, error_code_name(r->failure.code));
	buf_put_str(out, "\",");
	result_put_message(out, r->failure.message);
	buf_put_char(out, '}');
}

/* {"status_code","request_id","body"}: an answer, or the server's refusal. */
static void put_response(struct buf *out, const struct record *r)
{
	const struct call *c = call_of(r);
	struct span body = r->fate == FATE_ANSWERED ? c->answer.value : refusal_of(r);
	buf_put_str(out, "{\"status_code\":");
	buf_put_int(out, c->attempt.status);
	buf_put_str(out, ",\"request_id\":\"");
	json_put_escaped_lossy(out, span_of(c->attempt.request_id));
	buf_put_str(out, "\",\"body\":");
	if (body.at) {
		json_compact(body, out);
	} else {
		buf_put_str(out, "{\"error\":");
		put_error(out, r);
		buf_put_char(out, '}');
	}
	buf_put_char(out, '}');
}

static void put_with_response(struct buf *out, const struct record *r)
{
	bool has_response = r->fate == FATE_ANSWERED || is_refused(r);
	buf_put_str(out, "{\"id\":\"batch_req_");
	buf_put_int(out, (long long)r->line);
	buf_put_str(out, "\",");
	put_id(out, r);
	buf_put_str(out, ",\"response\":");
	if (has_response)
		put_response(out, r);
	else
		buf_put_str(out, "null");
	buf_put_str(out, ",\"error\":");
	if (has_response)
		buf_put_str(out, "null");
	else
		put_error(out, r);
	buf_put_char(out, '}');
}

/* Our codes in the other vendor's words. */
static const char *error_type(enum error_code code)
{
	switch (code) {
	case ERROR_BAD_RECORD:
	case ERROR_TEMPLATE:
	case ERROR_REQUEST_REJECTED:
	case ERROR_CONTENT_FILTER:
		return "invalid_request_error";
	case ERROR_AUTH:
		return "authentication_error";
	case ERROR_QUOTA:
		return "billing_error";
	case ERROR_RATE_LIMITED:
		return "rate_limit_error";
	case ERROR_OVERLOADED:
		return "overloaded_error";
	case ERROR_TIMEOUT:
		return "timeout_error";
	default:
		return "api_error";
	}
}

/* {"type":"error","error":{"type","message"}}: the server's own if it is such. */
static void put_typed_error(struct buf *out, const struct record *r)
{
	struct span own = refusal_of(r);
	struct span error = json_member(own, SPAN("error"));
	buf_put_str(out, "{\"type\":\"errored\",\"error\":");
	if (json_text_of(json_member(error, SPAN("type"))).at &&
		json_text_of(json_member(error, SPAN("message"))).at &&
		span_is(json_text_of(json_member(own, SPAN("type"))), "error")) {
		json_compact(own, out);
	} else {
		buf_put_str(out, "{\"type\":\"error\",\"error\":{\"type\":\"");
		buf_put_str(out, error_type(r->failure.code));
		buf_put_str(out, "\",");
		result_put_message(out, r->failure.message);
		buf_put_str(out, "}}");
	}
	buf_put_char(out, '}');
}

static void put_with_result(struct buf *out, const struct record *r)
{
	enum error_code code = r->failure.code;
	buf_put_char(out, '{');
	put_id(out, r);
	buf_put_str(out, ",\"result\":");
	if (r->fate == FATE_ANSWERED) {
		buf_put_str(out, "{\"type\":\"succeeded\",\"message\":");
		json_compact(call_of(r)->answer.value, out);
		buf_put_char(out, '}');
	} else if (code == ERROR_CANCELLED || code == ERROR_BUDGET) {
		buf_put_str(out, "{\"type\":\"canceled\"}");
	} else {
		put_typed_error(out, r);
	}
	buf_put_char(out, '}');
}

void result_batch_put(struct buf *out, const struct record *r, enum batch format)
{
	if (format == BATCH_PARAMS)
		put_with_result(out, r);
	else
		put_with_response(out, r);
}
