/* SPDX-License-Identifier: MIT */
#include "work/result.h"

#include "json/text.h"
#include "work/splice.h"

#include <string.h>

enum { NAMES_MAX = 16 };

static bool put_number_or_null(struct buf *out, const char *key, int64_t n)
{
	return buf_put_str(out, key) && (n < 0 ? buf_put_str(out, "null") : buf_put_int(out, n));
}

static bool put_error(struct buf *out, const struct record *r)
{
	const struct failure *f = &r->failure;
	bool ok = buf_put_str(out, "\"error\":{\"code\":\"") && buf_put_str(out, error_code_name(f->code)) &&
		  buf_put_str(out, "\",\"message\":\"") &&
		  json_put_escaped_lossy(out, span_of(f->message ? f->message : "")) &&
		  put_number_or_null(out, "\",\"status\":", f->status ? f->status : -1) &&
		  put_number_or_null(out, ",\"attempts\":", f->attempts_n) && buf_put_str(out, ",\"step\":");
	ok = ok && (f->step ? json_put_string(out, span_of(f->step)) : buf_put_str(out, "null"));
	ok = ok && buf_put_str(out, ",\"line\":") && buf_put_int(out, (long long)r->line) &&
	     buf_put_str(out, error_code_is_retryable(f->code) ? ",\"retryable\":true" : ",\"retryable\":false");
	if (ok && f->partial.at)
		ok = buf_put_str(out, ",\"partial\":\"") && buf_put_span(out, f->partial) && buf_put_char(out, '"');
	return ok && buf_put_char(out, '}');
}

static bool put_usage(struct buf *out, const struct usage *u)
{
	return put_number_or_null(out, "{\"input\":", u->input) &&
	       put_number_or_null(out, ",\"output\":", u->output) &&
	       put_number_or_null(out, ",\"cached\":", u->cached) &&
	       put_number_or_null(out, ",\"reasoning\":", u->reasoning) && buf_put_char(out, '}');
}

static bool put_call_meta(struct buf *out, const struct call *c)
{
	bool ok = buf_put_str(out, "\"model\":");
	if (c->answer.model.at)
		ok = ok && buf_put_char(out, '"') && buf_put_span(out, c->answer.model) && buf_put_char(out, '"');
	else
		ok = ok && buf_put_str(out, "null");
	const char *endpoint = c->attempt.endpoint ? c->attempt.endpoint->name : "";
	return ok && buf_put_str(out, ",\"endpoint\":") && json_put_string(out, span_of(endpoint)) &&
	       buf_put_str(out, ",\"finish\":\"") && buf_put_str(out, finish_name(c->answer.finish)) &&
	       buf_put_str(out, "\",\"usage\":") && put_usage(out, &c->answer.usage) &&
	       put_number_or_null(out, ",\"attempts\":", c->attempts_n) &&
	       put_number_or_null(out, ",\"ms\":", c->attempt.ms);
}

/* Appends the members that are new in this record: answers, then our own member; first says that none stand before. */
static bool put_new_members(struct buf *out, const struct record *r, const struct result_opts *o, bool first)
{
	for (unsigned i = 0; i < r->calls_n; i++) {
		const struct call *c = &r->calls[i];
		if (c->answer.outcome != OUTCOME_ANSWERED || !c->answer.text.at)
			continue;
		if (!((first || buf_put_char(out, ',')) && buf_put_str(out, o->plan->steps[c->step].name_json) &&
			    buf_put_str(out, ":\"") && buf_put_span(out, c->answer.text) && buf_put_char(out, '"')))
			return false;
		first = false;
	}
	if (r->fate == FATE_FAILED)
		return (first || buf_put_char(out, ',')) && buf_put_str(out, "\"pllm\":{") && put_error(out, r) &&
		       buf_put_char(out, '}');
	if (!o->meta || r->calls_n == 0)
		return true;
	return (first || buf_put_char(out, ',')) && json_put_string(out, span_of(o->meta)) &&
	       buf_put_str(out, ":{") && put_call_meta(out, &r->calls[0]) && buf_put_char(out, '}');
}

/* The members that make way for ours: a renewed `pllm`, and with --existing replace the steps' fields. */
static size_t names_replaced(struct span *names, const struct record *r, const struct result_opts *o)
{
	size_t n = 0;
	if (r->fate == FATE_FAILED)
		names[n++] = SPAN("pllm");
	else if (o->meta)
		names[n++] = span_of(o->meta);
	for (unsigned i = 0; o->replaces && i < o->plan->steps_n && n < NAMES_MAX; i++)
		names[n++] = span_of(o->plan->steps[i].name);
	return n;
}

/* The usual object has none of the names, and then its bytes move in one piece. */
static bool has_any(struct span object, const struct span *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (json_member(object, names[i]).at)
			return true;
	return false;
}

static bool put_object(struct buf *out, const struct record *r, const struct result_opts *o)
{
	struct span names[NAMES_MAX + 1];
	size_t names_n = names_replaced(names, r, o);
	const char *close = r->value.at + r->value.n - 1;
	const char *end = r->text.at + r->text.n;
	bool has_members;
	bool ok;
	/* --input-format lines keeps value and text apart; there, what surrounds the value is nothing */
	bool is_in_text = r->value.at >= r->text.at && close < end;
	const char *from = is_in_text ? r->text.at : r->value.at;
	if (names_n && has_any(r->value, names, names_n)) {
		ok = buf_put(out, from, (size_t)(r->value.at - from)) &&
		     splice_open(out, r->value, names, names_n, &has_members);
	} else {
		has_members = !json_is_empty(r->value);
		ok = buf_put(out, from, (size_t)(close - from));
	}
	ok = ok && put_new_members(out, r, o, !has_members);
	return ok && (is_in_text ? buf_put(out, close, (size_t)(end - close)) : buf_put_char(out, '}'));
}

static bool put_wrapped(struct buf *out, const struct record *r, const struct result_opts *o)
{
	if (!buf_put_str(out, "{\"input\":"))
		return false;
	bool ok = r->value.at ? buf_put_span(out, r->value)
			      : buf_put_char(out, '"') && json_put_escaped_lossy(out, r->text) &&
					buf_put_char(out, '"');
	return ok && put_new_members(out, r, o, false) && buf_put_char(out, '}');
}

static bool put_json(struct buf *out, const struct record *r, const struct result_opts *o)
{
	if (r->fate == FATE_PASSED || r->fate == FATE_SKIPPED)
		return buf_put_span(out, r->text);
	if (r->value.at && json_kind(r->value) == JSON_KIND_OBJECT)
		return put_object(out, r, o);
	return put_wrapped(out, r, o);
}

/* What a record that was skipped had in its field goes out raw as well: it is its answer. */
static struct span raw_text(const struct record *r, const struct result_opts *o)
{
	if (r->fate == FATE_ANSWERED && r->calls_n > 0)
		return r->calls[r->calls_n - 1].answer.text;
	if (r->fate == FATE_SKIPPED) {
		struct span field = json_member(r->value, span_of(o->plan->steps[0].name));
		if (field.at && json_kind(field) == JSON_KIND_STRING)
			return json_inside(field);
	}
	return (struct span){ 0 };
}

bool result_put(struct buf *out, const struct record *r, const struct result_opts *o)
{
	switch (o->form) {
	case RESULT_RAW:
		return json_put_plain(out, raw_text(r, o)) && buf_put_char(out, '\n');
	case RESULT_RAW0:
		return json_put_plain(out, raw_text(r, o)) && buf_put_char(out, '\0');
	case RESULT_SEQ:
		return buf_put_char(out, '\x1e') && put_json(out, r, o) && buf_put_char(out, '\n');
	case RESULT_JSON:
		break;
	}
	return put_json(out, r, o) && buf_put_char(out, '\n');
}

bool result_put_failed(struct buf *out, const struct record *r, const struct result_opts *o)
{
	bool ok = r->value.at ? put_json(out, r, o) : buf_put_span(out, r->text);
	return ok && buf_put_char(out, '\n');
}
