/* SPDX-License-Identifier: MIT */
#include "work/result.h"

#include "json/compact.h"
#include "json/text.h"
#include "work/result_batch.h"
#include "work/splice.h"

#include <string.h>

#define OURS "pllm" /* the one member that is ours */

enum { NAMES_MAX = 16 };

/* What is put here is not checked piece by piece: result_put looks at is_full at the end. */

static void put_number_or_null(struct buf *out, const char *key, int64_t n)
{
	buf_put_str(out, key);
	if (n < 0)
		buf_put_str(out, "null");
	else
		buf_put_int(out, n);
}

static void put_escaped_string(struct buf *out, struct span escaped)
{
	if (!escaped.at) {
		buf_put_str(out, "null");
		return;
	}
	buf_put_char(out, '"');
	buf_put_span(out, escaped);
	buf_put_char(out, '"');
}

static void put_error(struct buf *out, const struct record *r)
{
	const struct failure *f = &r->failure;
	buf_put_str(out, "\"error\":{\"code\":\"");
	buf_put_str(out, error_code_name(f->code));
	buf_put_str(out, "\",\"message\":\"");
	json_put_escaped_lossy(out, span_of(f->message ? f->message : ""));
	put_number_or_null(out, "\",\"status\":", f->status ? f->status : -1);
	put_number_or_null(out, ",\"attempts\":", f->attempts_n);
	buf_put_str(out, ",\"step\":");
	if (f->step)
		json_put_string(out, span_of(f->step));
	else
		buf_put_str(out, "null");
	put_number_or_null(out, ",\"line\":", (int64_t)r->line);
	buf_put_str(out,
		error_code_is_retryable(f->code) ? ",\"retryable\":true" : ",\"retryable\":false");
	if (f->partial.at) {
		buf_put_str(out, ",\"partial\":");
		put_escaped_string(out, f->partial);
	}
	buf_put_char(out, '}');
}

static void put_usage(struct buf *out, const struct usage *u)
{
	put_number_or_null(out, ",\"usage\":{\"input\":", u->input);
	put_number_or_null(out, ",\"output\":", u->output);
	put_number_or_null(out, ",\"cached\":", u->cached);
	put_number_or_null(out, ",\"reasoning\":", u->reasoning);
	buf_put_char(out, '}');
}

/* What an API says in its own words: on one line, whatever the server's layout. */
static void put_raw(struct buf *out, const char *key, struct span json)
{
	if (!json.at)
		return;
	buf_put_str(out, key);
	json_compact(json, out);
}

static void put_call_meta(struct buf *out, const struct call *c)
{
	const struct endpoint *e = c->attempt.endpoint;
	buf_put_str(out, "\"model\":");
	put_escaped_string(out, c->answer.model);
	buf_put_str(out, ",\"endpoint\":");
	json_put_string(out, span_of(e ? e->name : ""));
	buf_put_str(out, ",\"finish\":\"");
	buf_put_str(out, finish_name(c->answer.finish));
	buf_put_char(out, '"');
	put_usage(out, &c->answer.usage);
	put_number_or_null(out, ",\"attempts\":", c->attempts_n);
	put_number_or_null(out, ",\"ms\":", c->attempt.ms);
	if (e && e->is_streamed)
		put_number_or_null(out, ",\"ttft_ms\":", c->attempt.first_byte_ms);
	put_raw(out, ",\"tool_calls\":", c->answer.tool_calls);
	put_raw(out, ",\"logprobs\":", c->answer.logprobs);
}

/* A comma before every member but the first. */
static void put_comma(struct buf *out, bool *first)
{
	if (!*first)
		buf_put_char(out, ',');
	*first = false;
}

/* There is something to tell about how the record was asked, and it is wanted. */
static bool has_meta(const struct record *r, const struct result_opts *o)
{
	return o->meta && r->calls_n > 0 && r->calls[0].attempts_n > 0;
}

/* Appends "pllm":{...}: the error if there is one, and what --meta adds. */
static void put_our_member(struct buf *out, const struct record *r, bool with_meta)
{
	bool first = true;
	buf_put_str(out, "\"" OURS "\":{");
	if (r->fate == FATE_FAILED) {
		put_comma(out, &first);
		put_error(out, r);
	}
	/*
	 * Tells what was wrapped from a record that looks so: --retry-errors unwraps a value, a
	 * line that was no JSON stays failed.
	 */
	if (r->fate == FATE_FAILED && !json_is(r->value, JSON_KIND_OBJECT)) {
		put_comma(out, &first);
		buf_put_str(out, r->value.at ? "\"wrapped\":\"value\"" : "\"wrapped\":\"text\"");
	}
	if (with_meta) {
		put_comma(out, &first);
		put_call_meta(out, &r->calls[0]);
	}
	buf_put_char(out, '}');
}

/*
 * Appends the members that are new in this record: answers, then our own; first = none stand before
 * them.
 */
static void put_new_members(
	struct buf *out, const struct record *r, const struct result_opts *o, bool first)
{
	for (unsigned i = 0; i < r->calls_n; i++) {
		const struct call *c = &r->calls[i];
		if (c->answer.outcome != OUTCOME_ANSWERED ||
			!(c->answer.text.at || c->answer.value.at))
			continue;
		put_comma(out, &first);
		buf_put_str(out, o->plan->steps[c->step].name_json);
		buf_put_char(out, ':');
		size_t from = out->len;
		if (c->answer.value.at)
			json_compact(c->answer.value, out);
		else
			put_escaped_string(out, c->answer.text);
		if (!out->is_full)
			json_mend_surrogates(out->data + from, out->len - from);
	}
	/* A failed record has no field of ours but `pllm`, so that it can be asked again. */
	bool is_meta_apart = has_meta(r, o) && r->fate != FATE_FAILED && strcmp(o->meta, OURS) != 0;
	if (r->fate == FATE_FAILED || (has_meta(r, o) && strcmp(o->meta, OURS) == 0)) {
		put_comma(out, &first);
		put_our_member(out, r, has_meta(r, o) && strcmp(o->meta, OURS) == 0);
	}
	if (is_meta_apart) {
		put_comma(out, &first);
		json_put_string(out, span_of(o->meta));
		buf_put_str(out, ":{");
		put_call_meta(out, &r->calls[0]);
		buf_put_char(out, '}');
	}
}

/*
 * The members that make way for ours: a renewed `pllm`, and with --existing replace the steps'
 * fields.
 */
static size_t names_replaced(
	struct span *names, const struct record *r, const struct result_opts *o)
{
	size_t n = 0;
	if (r->fate == FATE_FAILED || (o->meta && strcmp(o->meta, OURS) == 0))
		names[n++] = span_of(OURS);
	if (o->meta && strcmp(o->meta, OURS) != 0 && o->replaces)
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

static void put_object(struct buf *out, const struct record *r, const struct result_opts *o)
{
	struct span names[NAMES_MAX + 2];
	size_t names_n = names_replaced(names, r, o);
	const char *close = r->value.at + r->value.n - 1;
	const char *end = r->text.at + r->text.n;
	bool has_members = !json_is_empty(r->value);
	if (names_n && has_any(r->value, names, names_n)) {
		buf_put(out, r->text.at, (size_t)(r->value.at - r->text.at));
		splice_open(out, r->value, names, names_n, &has_members);
	} else {
		buf_put(out, r->text.at, (size_t)(close - r->text.at));
	}
	put_new_members(out, r, o, !has_members);
	buf_put(out, close, (size_t)(end - close));
}

static void put_wrapped(struct buf *out, const struct record *r, const struct result_opts *o)
{
	buf_put_str(out, "{\"input\":");
	if (r->value.at) {
		buf_put_span(out, r->value);
	} else {
		buf_put_char(out, '"');
		json_put_escaped_lossy(out, r->text);
		buf_put_char(out, '"');
	}
	put_new_members(out, r, o, false);
	buf_put_char(out, '}');
}

static void put_json(struct buf *out, const struct record *r, const struct result_opts *o)
{
	if (r->fate == FATE_PASSED || r->fate == FATE_SKIPPED)
		buf_put_span(out, r->text);
	else if (json_is(r->value, JSON_KIND_OBJECT))
		put_object(out, r, o);
	else
		put_wrapped(out, r, o);
}

/* What a record that was skipped had in its field goes out raw as well: it is its answer. */
static struct span raw_text(const struct record *r, const struct result_opts *o)
{
	if (r->fate == FATE_ANSWERED && r->calls_n > 0)
		return r->calls[r->calls_n - 1].answer.text;
	if (r->fate == FATE_SKIPPED) {
		struct span field = json_member(r->value, span_of(o->plan->steps[0].name));
		if (json_is(field, JSON_KIND_STRING))
			return json_inside(field);
	}
	return (struct span){ 0 };
}

static void put_raw_answer(struct buf *out, const struct record *r, const struct result_opts *o)
{
	const struct call *last = r->calls_n > 0 ? &r->calls[r->calls_n - 1] : NULL;
	if (r->fate == FATE_ANSWERED && last && last->answer.value.at)
		json_compact(last->answer.value, out);
	else
		json_put_plain(out, raw_text(r, o));
}

bool result_put(struct buf *out, const struct record *r, const struct result_opts *o)
{
	switch (o->form) {
	case RESULT_RAW:
	case RESULT_RAW0:
		put_raw_answer(out, r, o);
		break;
	case RESULT_SEQ:
		buf_put_char(out, '\x1e');
		put_json(out, r, o);
		break;
	case RESULT_JSON:
		put_json(out, r, o);
		break;
	case RESULT_BATCH:
		result_batch_put(out, r, o->plan->batch);
		break;
	}
	buf_put_char(out, o->form == RESULT_RAW0 ? '\0' : '\n');
	return !out->is_full;
}

bool result_put_failed(struct buf *out, const struct record *r, const struct result_opts *o)
{
	if (r->value.at)
		put_json(out, r, o);
	else
		buf_put_span(out, r->text);
	buf_put_char(out, '\n');
	return !out->is_full;
}
