/* SPDX-License-Identifier: MIT */
#include "engine/fold_member.h"

#include "base/xalloc.h"
#include "engine/fold.h"
#include "json/compact.h"
#include "json/text.h"

#include <stdlib.h>

enum {
	NEAR_BYTES = 41,         /* of a near field's name in a message */
	EARLIER_BYTES = 400,     /* of an earlier stage's message */
	KEY_MAX_BYTES = 1 << 30, /* keys are parts of records, which have a ceiling */
};

/* As much as a request may hold; records that render longer are asked for too much. */
#define ITEM_MAX_BYTES (256UL << 20)

void fold_member_init(struct fold_member *m)
{
	*m = (struct fold_member){ 0 };
	buf_init(&m->key, KEY_MAX_BYTES);
	buf_init(&m->name, KEY_MAX_BYTES);
	buf_init(&m->item, ITEM_MAX_BYTES);
}

void fold_member_release(struct fold_member *m)
{
	buf_release(&m->key);
	buf_release(&m->name);
	buf_release(&m->item);
	free(m->fault);
	m->fault = NULL;
}

/* == Key == */

static void refuse_missing(struct record *r, const struct path *by)
{
	char near[NEAR_BYTES];
	if (path_nearest(by, r->value, near, sizeof near))
		record_fail(r, ERROR_TEMPLATE,
			xasprintf("no field \"%s\" to group by" LOG_HELP "the record has \"%s\"",
				by->text, near));
	else
		record_fail(r, ERROR_TEMPLATE, xasprintf("no field \"%s\" to group by", by->text));
}

/* Writes the string so that equal ones have equal bytes. */
static bool put_name(struct buf *name, struct span string)
{
	struct buf plain;
	if (!memchr(string.at, '\\', string.n))
		return buf_put_span(name, string);
	buf_init(&plain, string.n);
	bool fits = json_put_plain(&plain, json_inside(string)) &&
		json_put_string(name, buf_span(&plain));
	buf_release(&plain);
	return fits;
}

/* The group's records have the key one level deeper than it may be here. */
static bool is_too_deep(struct span key)
{
	struct buf list;
	struct span value;
	struct json_fault fault;
	if (!json_is(key, JSON_KIND_ARRAY) && !json_is(key, JSON_KIND_OBJECT))
		return false;
	buf_init(&list, key.n + sizeof "[]");
	buf_put_char(&list, '[');
	buf_put_span(&list, key);
	buf_put_char(&list, ']');
	bool is_fine = json_scan(buf_span(&list), &value, &fault);
	buf_release(&list);
	return !is_fine;
}

static bool find_key(const struct fold_opts *opts, struct record *r, struct span *key)
{
	/* Where all are one group, what is broken is a member of it. */
	if (!r->value.at && opts->has_by) {
		record_fail(r, ERROR_BAD_RECORD, record_explain_fault(r));
		return false;
	}
	*key = opts->has_by ? path_find(&opts->by, r->value) : SPAN("null");
	if (key->at)
		return true;
	if (record_is_failed_before(r)) {
		r->fate = FATE_PASSED;
		r->hopeless = record_why_hopeless(r, NULL);
	} else {
		refuse_missing(r, &opts->by);
	}
	return false;
}

bool fold_member_read_key(struct fold_member *m, const struct fold_opts *opts, struct record *r)
{
	struct span key;
	if (!find_key(opts, r, &key))
		return false;
	buf_clear(&m->key);
	buf_clear(&m->name);
	if (is_too_deep(key)) {
		record_fail(r, ERROR_BAD_RECORD,
			xasprintf(
				"the key \"%s\" is nested too deeply to group by", opts->by.text));
		return false;
	}
	bool fits = json_compact(key, &m->key);
	struct span json = buf_span(&m->key);
	fits = fits &&
		(json_is(json, JSON_KIND_STRING) ? put_name(&m->name, json)
						 : buf_put_span(&m->name, json));
	if (!fits)
		record_fail(r, ERROR_TOO_LARGE,
			xasprintf("the key \"%s\" is too long to group by", opts->by.text));
	return fits;
}

/* == Item == */

static void fail(struct fold_member *m, enum error_code error, char *fault)
{
	m->error = error;
	m->fault = fault;
}

/* Gives the code of that name, with its quotes; of what is none, the one for odd records. */
static enum error_code code_of(struct span name)
{
	for (int code = ERROR_NONE + 1; code < ERROR_CODES_N; code++)
		if (json_key_is(name, span_of(error_code_name((enum error_code)code))))
			return (enum error_code)code;
	return ERROR_BAD_RECORD;
}

/* The record brings its failure along. */
static void fail_as_before(struct fold_member *m, const struct record *r)
{
	struct span error = json_member(json_member(r->value, SPAN("pllm")), SPAN("error"));
	struct span code = json_member(error, SPAN("code"));
	struct span message = json_text_of(json_member(error, SPAN("message")));
	struct buf plain;
	buf_init(&plain, message.n + 1);
	if (message.at)
		json_put_plain(&plain, message);
	size_t n = plain.len > EARLIER_BYTES
		? utf8_valid_n((struct span){ plain.data, EARLIER_BYTES })
		: plain.len;
	enum error_code known = json_is(code, JSON_KIND_STRING) ? code_of(code) : ERROR_BAD_RECORD;
	fail(m, known,
		xasprintf("it had failed before (%s)%s%.*s", error_code_name(known), n ? ": " : "",
			(int)n, n ? plain.data : ""));
	buf_release(&plain);
}

/* True if pieces of the text fit. */
static bool can_split(const struct fold_room *room, struct span text)
{
	while (text.n > 0) {
		size_t n = fold_room_piece(room, text);
		if (n == 0)
			return false;
		text = (struct span){ text.at + n, text.n - n };
	}
	return true;
}

static bool cut_item(struct fold_member *m, const struct fold_room *room)
{
	struct buf left;
	buf_init(&left, m->item.max);
	bool fits = fold_room_cut(room, buf_span(&m->item), room->tokens, &left);
	buf_release(&m->item);
	m->item = left;
	m->cost = fold_room_cost(room, buf_span(&m->item));
	m->is_cut = fits;
	return fits;
}

/* Sees what can be done with an item that is too large. */
static void shorten(struct fold_member *m, const struct fold_room *room)
{
	double tokens = m->cost / room->times - 1;
	const char *advice = LOG_HELP "--on-overflow says what else to do with it";
	bool fits = false;
	if (room->rule == OVERFLOW_SPLITS)
		fits = can_split(room, buf_span(&m->item));
	else if (room->rule != OVERFLOW_IS_ERROR)
		fits = cut_item(m, room);
	if (fits)
		return;
	if (room->tokens <= 0)
		advice = ": the prompt alone takes them all";
	else if (room->rule != OVERFLOW_IS_ERROR)
		advice = ", and that is too little for a part of it";
	fail(m, ERROR_TOO_LARGE,
		xasprintf(
			"its item is about %.0f tokens, and --max-input-tokens leaves %.0f to items%s",
			tokens, room->tokens > 0 ? room->tokens / room->times : 0.0, advice));
}

void fold_member_make_item(struct fold_member *m, const struct template *item,
	const struct fold_room *room, const struct record *r)
{
	const struct template_scope scope = { .record = r->value };
	struct template_fault why;
	free(m->fault);
	m->fault = NULL;
	m->error = ERROR_NONE;
	m->is_cut = false;
	buf_clear(&m->item);
	if (!r->value.at) {
		fail(m, ERROR_BAD_RECORD, record_explain_fault(r));
	} else if (record_is_failed_before(r)) {
		fail_as_before(m, r);
	} else if (!template_render(item, &scope, &m->item, &why)) {
		fail(m, ERROR_TEMPLATE, xstrdup(why.msg));
	} else {
		m->cost = fold_room_cost(room, buf_span(&m->item));
		if (!fold_room_fits(room, m->cost))
			shorten(m, room);
	}
}
