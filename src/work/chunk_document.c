/* SPDX-License-Identifier: MIT */
/*
 * The record's members are walked once: what is ours of an earlier stage, what is in the way, what
 * is kept and where the text is are all found on the way. With all fields kept nothing is copied
 * that is not a line.
 */
#include "work/chunk_document.h"

#include "base/xalloc.h"
#include "json/text.h"
#include "json/walk.h"
#include "work/plan.h"

#include <stdlib.h>

#define OURS "pllm"          /* the member that says what failed */
#define FIELD_DEFAULT "text" /* where the text is, and where that of a string goes */

enum { NEAR_BYTES = 41 }; /* of a near field's name in a message */

/* As much as a record may hold, and more: never allocated unless needed. */
#define TEXT_MAX_BYTES ((size_t)4 << 30)

/* The fields that every chunk has. */
static const char *const own_fields[] = { "chunk", "chunks", "start", "end" };

enum { OWN_FIELDS_N = sizeof own_fields / sizeof *own_fields };

/* == Plan == */

/* Gives the field of a chunk's own that has the name, or NULL. */
static const char *find_own(struct span name)
{
	for (int i = 0; i < OWN_FIELDS_N; i++)
		if (span_is(name, own_fields[i]))
			return own_fields[i];
	return NULL;
}

static bool read_field(struct chunk_plan *plan, const char *text, struct err *err)
{
	struct err why;
	if (!path_parse(&plan->field, span_of(text), &why))
		return err_set(err, why.kind, "--field %s: %s", text, why.msg);
	if (plan->field.parts_n == 0) {
		plan->takes_strings = true;
		return true;
	}
	const char *name = plan->field.parts[0].name;
	if (!name)
		return err_set(err, ERR_USAGE,
			"--field %s: documents are objects" LOG_HELP "begin with a field's name",
			text);
	if (find_own((struct span){ name, plan->field.parts[0].name_n }))
		return err_set(err, ERR_USAGE,
			"--field %s: each chunk gets a field \"%s\" of its own" LOG_HELP
			"rename the text's",
			text, name);
	plan->takes_strings = plan->field.parts_n == 1 && strcmp(name, FIELD_DEFAULT) == 0;
	return true;
}

static bool read_keeps(struct chunk_plan *plan, const char *text, struct err *err)
{
	if (!text || strcmp(text, "all") == 0)
		return true;
	plan->keeps = strcmp(text, "none") == 0 ? CHUNK_KEEPS_NONE : CHUNK_KEEPS_NAMED;
	if (plan->keeps == CHUNK_KEEPS_NONE)
		return true;
	for (const char *at = text;; at++) {
		size_t n = strcspn(at, ",");
		if (n == 0)
			return err_set(err, ERR_USAGE,
				"--keep-fields %s: an empty name" LOG_HELP
				"give all, none, or NAME,...",
				text);
		char *name = xmemdup(at, n);
		const char *own = find_own(span_of(name));
		strings_add(&plan->names, name);
		free(name);
		if (own)
			return err_set(err, ERR_USAGE,
				"--keep-fields %s: each chunk gets a field \"%s\" of its own", text,
				own);
		at += n;
		if (!*at)
			return true;
	}
}

static bool check_sizes(const struct chunk_opts *opts, struct err *err)
{
	if (opts->size < 1)
		return err_set(err, ERR_USAGE, "--size %lld: a chunk has at least one token",
			(long long)opts->size);
	if (opts->overlap < 0 || opts->overlap >= opts->size)
		return err_set(err, ERR_USAGE,
			"--overlap %lld: chunks of --size %lld can share less than that",
			(long long)opts->overlap, (long long)opts->size);
	return true;
}

bool chunk_plan_init(struct chunk_plan *plan, const struct chunk_opts *opts, struct err *err)
{
	*plan = (struct chunk_plan){ .opts = opts };
	if (check_sizes(opts, err) &&
		read_field(plan, opts->field ? opts->field : FIELD_DEFAULT, err) &&
		read_keeps(plan, opts->keeps, err))
		return true;
	chunk_plan_release(plan);
	return false;
}

void chunk_plan_release(struct chunk_plan *plan)
{
	path_release(&plan->field);
	strings_release(&plan->names);
	*plan = (struct chunk_plan){ 0 };
}

static bool is_kept(const struct chunk_plan *plan, struct span key)
{
	if (plan->keeps != CHUNK_KEEPS_NAMED)
		return plan->keeps == CHUNK_KEEPS_ALL;
	for (size_t i = 0; i < plan->names.n; i++)
		if (json_key_is(key, span_of(plan->names.items[i])))
			return true;
	return false;
}

/* == Document == */

void chunk_document_init(struct chunk_document *d, const struct chunk_plan *plan)
{
	*d = (struct chunk_document){ .plan = plan };
	buf_init(&d->plain, TEXT_MAX_BYTES);
	buf_init(&d->kept, TEXT_MAX_BYTES);
}

void chunk_document_release(struct chunk_document *d)
{
	buf_release(&d->plain);
	buf_release(&d->kept);
	chunks_release(&d->chunks);
}

/* What the walk through a record has found. */
struct findings {
	struct span ours;   /* what an earlier stage has left */
	struct span holder; /* the last member with the field's first name, as JSON has it */
	const char *taken;  /* a field of ours that is there already and would stay; NULL = none */
};

static struct span first_name(const struct chunk_plan *plan)
{
	return (struct span){ plan->field.parts[0].name, plan->field.parts[0].name_n };
}

static struct findings survey(const struct chunk_plan *plan, struct span object)
{
	struct findings found = { 0 };
	struct json_walk w;
	json_walk_init(&w, object);
	while (json_walk_next(&w)) {
		if (json_key_is(w.key, SPAN(OURS)))
			found.ours = w.value;
		if (plan->field.parts_n > 0 && json_key_is(w.key, first_name(plan)))
			found.holder = w.value;
		for (int i = 0; plan->keeps == CHUNK_KEEPS_ALL && i < OWN_FIELDS_N; i++)
			if (json_key_is(w.key, span_of(own_fields[i])))
				found.taken = own_fields[i];
	}
	return found;
}

/* Gives the value at the field's path, of which the first name has led to the holder. */
static struct span find_value(const struct chunk_plan *plan, struct span holder)
{
	if (!holder.at)
		return holder;
	struct path rest = { .parts = plan->field.parts + 1, .parts_n = plan->field.parts_n - 1 };
	return path_find(&rest, holder);
}

static bool refuse_missing(struct record *r, const struct path *field)
{
	char near[NEAR_BYTES];
	if (path_nearest(field, r->value, near, sizeof near))
		record_fail(r, ERROR_TEMPLATE,
			xasprintf("no field \"%s\" to cut" LOG_HELP "the record has \"%s\"",
				field->text, near));
	else
		record_fail(r, ERROR_TEMPLATE, xasprintf("no field \"%s\" to cut", field->text));
	return false;
}

static bool refuse(struct record *r, const char *why)
{
	record_fail(r, ERROR_BAD_RECORD, xstrdup(why));
	return false;
}

static bool refuse_taken(struct record *r, const char *field)
{
	record_fail(r, ERROR_BAD_RECORD,
		xasprintf("the record already has a field \"%s\", as each chunk does" LOG_HELP
			  "leave it out with --keep-fields",
			field));
	return false;
}

/* Decodes the string, only if it has escapes. */
static bool read_text(struct chunk_document *d, struct record *r, struct span string)
{
	struct span escaped = json_inside(string);
	d->text = escaped;
	if (escaped.n == 0 || !memchr(escaped.at, '\\', escaped.n))
		return true;
	const char *half = json_find_lone_surrogate(escaped);
	if (half) {
		record_fail(r, ERROR_BAD_RECORD,
			xasprintf("the text has half a character, %.6s without its other half, "
				  "at byte %zu of the line: it is no Unicode",
				half, (size_t)(half - r->text.at) + 1));
		return false;
	}
	buf_clear(&d->plain);
	if (!json_put_plain(&d->plain, escaped))
		return refuse(r, "the text is too long");
	d->text = buf_span(&d->plain);
	return true;
}

static struct span between(const char *from, const char *to)
{
	return (struct span){ from, (size_t)(to - from) };
}

static const char *end_of(struct span s)
{
	return s.at + s.n;
}

/* Copies what is kept of the object around the string in it. */
static bool keep_some(struct chunk_document *d, struct span object, struct span string)
{
	struct json_walk w;
	size_t head_n = 0;
	buf_clear(&d->kept);
	json_walk_init(&w, object);
	while (json_walk_next(&w)) {
		bool holds = string.at >= w.value.at && string.at < end_of(w.value);
		if (!holds && !is_kept(d->plan, w.key))
			continue;
		buf_put_char(&d->kept, d->kept.len ? ',' : '{');
		if (!holds) {
			buf_put_span(&d->kept, between(w.key.at, end_of(w.value)));
			continue;
		}
		buf_put_span(&d->kept, between(w.key.at, string.at));
		head_n = d->kept.len;
		buf_put_span(&d->kept, between(end_of(string), end_of(w.value)));
	}
	struct span kept = buf_span(&d->kept);
	d->head = (struct span){ kept.at, head_n };
	d->tail = (struct span){ kept.at + head_n, kept.n - head_n };
	return !d->kept.is_full;
}

static bool cut_object(struct chunk_document *d, struct record *r)
{
	const struct chunk_plan *plan = d->plan;
	struct findings found = survey(plan, r->value);
	if (json_member(found.ours, SPAN("error")).at) {
		static const struct plan none;
		r->fate = FATE_PASSED;
		r->hopeless = record_why_hopeless(r, &none);
		return false;
	}
	if (plan->field.parts_n == 0)
		return refuse(r, "--field . wants records that are strings, and this is an object");
	struct span string = find_value(plan, found.holder);
	if (!string.at)
		return refuse_missing(r, &plan->field);
	if (!json_is(string, JSON_KIND_STRING)) {
		record_fail(r, ERROR_BAD_RECORD,
			xasprintf("the field \"%s\" is no string", plan->field.text));
		return false;
	}
	if (found.taken)
		return refuse_taken(r, found.taken);
	d->head = between(r->value.at, string.at);
	d->tail = between(end_of(string), end_of(r->value) - 1);
	if (plan->keeps != CHUNK_KEEPS_ALL && !keep_some(d, r->value, string))
		return refuse(r, "the record is too long");
	return read_text(d, r, string);
}

static bool cut_string(struct chunk_document *d, struct record *r)
{
	if (!d->plan->takes_strings)
		return refuse_missing(r, &d->plan->field);
	d->head = SPAN("{\"" FIELD_DEFAULT "\":");
	d->tail = SPAN("");
	return read_text(d, r, r->value);
}

bool chunk_document_cut(struct chunk_document *d, struct record *r)
{
	d->chunks.n = 0;
	if (!r->value.at) {
		record_fail(r, ERROR_BAD_RECORD, record_explain_fault(r));
		return false;
	}
	if (!json_is(r->value, JSON_KIND_OBJECT) && !json_is(r->value, JSON_KIND_STRING))
		return refuse(r, "only an object or a string has a text to cut");
	if (!(json_is(r->value, JSON_KIND_OBJECT) ? cut_object : cut_string)(d, r))
		return false;
	chunks_cut(&d->chunks, d->text, d->plan->opts);
	return true;
}

bool chunk_document_put(const struct chunk_document *d, size_t i, struct buf *out)
{
	struct chunk chunk = d->chunks.items[i];
	const size_t values[OWN_FIELDS_N] = { i, d->chunks.n, chunk.start, chunk.end };
	struct span text = { d->text.at + chunk.start, chunk.end - chunk.start };
	buf_put_span(out, d->head);
	json_put_string(out, text);
	buf_put_span(out, d->tail);
	for (int k = 0; k < OWN_FIELDS_N; k++) {
		buf_put_str(out, ",\"");
		buf_put_str(out, own_fields[k]);
		buf_put_str(out, "\":");
		buf_put_int(out, (long long)values[k]);
	}
	buf_put_char(out, '}');
	return !out->is_full;
}
