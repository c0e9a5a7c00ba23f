/* SPDX-License-Identifier: MIT */
/*
 * Rendering: a literal was escaped when it was compiled and a string in a record is escaped
 * already, so both are copied. Only filters look at plain text; they work on spans of the record
 * as long as they can, and on two buffers in turn where bytes have to change.
 *
 * A hole that is bound begins at a step's value instead of the record, one name further on. Where
 * there is no such value the record has brought the field itself (--existing skip), and the same
 * rules hold for what it brought.
 */
#include "work/template.h"

#include "base/log.h"
#include "json/scan.h"
#include "json/text.h"
#include "work/template_part.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SHOWN_BYTES = 40, /* of a path or a key in a message */
	SHOWN_KEYS_N = 3,
	NUMBERED_GROWTH = 8 /* at most: of a byte that is escaped, or an item "0," that gets a
			       number of up to ten digits */
};

void template_release(struct template *t)
{
	for (size_t i = 0; i < t->parts_n; i++) {
		free(t->parts[i].literal);
		path_release(&t->parts[i].path);
		free(t->parts[i].filters);
	}
	free(t->parts);
	*t = (struct template){ 0 };
}

/* What a chain of filters works on. */
struct filtered {
	struct span text;
	bool is_json;     /* text is a value of the record, no filter has touched it yet */
	struct buf *free; /* does not hold text */
	struct buf *held; /* may hold text */
};

static void use_free(struct filtered *f)
{
	struct buf *used = f->free;
	f->free = f->held;
	f->held = used;
	f->text = buf_span(used);
}

/* Turns a value into its plain text. */
static bool make_plain(struct filtered *f)
{
	f->is_json = false;
	if (json_kind(f->text) != JSON_KIND_STRING)
		return true;
	f->text = json_inside(f->text);
	if (!memchr(f->text.at, '\\', f->text.n))
		return true;
	buf_clear(f->free);
	if (!json_put_plain(f->free, f->text))
		return false;
	use_free(f);
	return true;
}

/* Gives the text as JSON: a value as it is, else as a string. */
static bool make_json(struct filtered *f)
{
	if (f->is_json) {
		f->is_json = false;
		return true;
	}
	buf_clear(f->free);
	if (!json_put_string(f->free, f->text))
		return false;
	use_free(f);
	return true;
}

static bool apply_filter(const struct template_filter *filter, struct filtered *f)
{
	if (filter->kind == FILTER_JSON)
		return make_json(f);
	if (f->is_json && !make_plain(f))
		return false;
	f->text = filter->kind == FILTER_TRIM ? utf8_trimmed(f->text)
					      : utf8_first(f->text, filter->n);
	return true;
}

/* Appends a value, escaped. */
static bool put_value(struct span value, struct buf *out)
{
	switch (json_kind(value)) {
	case JSON_KIND_STRING:
		return buf_put_span(out, json_inside(value));
	case JSON_KIND_ARRAY:
	case JSON_KIND_OBJECT:
		return json_put_escaped(out, value);
	default:
		return buf_put_span(out, value);
	}
}

/* Appends the items of a list, escaped, each under the number of its place; none for a null. */
static bool put_numbered(struct span list, struct buf *out)
{
	struct json_walk w;
	bool fits = true, is_first = true;
	json_walk_init(&w, list);
	for (long long i = 1; fits && json_walk_next(&w); i++) {
		if (json_kind(w.value) == JSON_KIND_NULL)
			continue;
		fits = (is_first || buf_put_str(out, "\\n")) && buf_put_int(out, i) &&
			buf_put_str(out, ". ") && put_value(w.value, out);
		is_first = false;
	}
	return fits;
}

/* Appends the same as a JSON string. */
static bool put_numbered_string(struct span list, struct buf *out)
{
	return buf_put_char(out, '"') && put_numbered(list, out) && buf_put_char(out, '"');
}

/* True if the value is a list that the hole wants as text. */
static bool is_numbered(const struct template_part *part, struct span value)
{
	bool is_text = part->filters_n == 0 || part->filters->kind != FILTER_JSON;
	return part->is_list && part->path.parts_n == 1 && is_text &&
		json_kind(value) == JSON_KIND_ARRAY;
}

static size_t sum_or_max(size_t a, size_t b)
{
	return a > SIZE_MAX - b ? SIZE_MAX : a + b;
}

static bool put_filtered(const struct template_part *part, struct span value, struct buf *out)
{
	/* what is decoded may be longer than what truncate leaves of it */
	size_t max = sum_or_max(out->max, value.n);
	struct buf bufs[2], numbered;
	bool fits = true;
	buf_init(&numbered, value.n * NUMBERED_GROWTH);
	if (is_numbered(part, value)) {
		fits = put_numbered_string(value, &numbered);
		value = buf_span(&numbered);
		max = sum_or_max(max, value.n);
	}
	buf_init(&bufs[0], max);
	buf_init(&bufs[1], max);
	struct filtered f = { value, true, &bufs[0], &bufs[1] };
	for (size_t i = 0; i < part->filters_n && fits; i++)
		fits = apply_filter(&part->filters[i], &f);
	fits = fits && json_put_escaped(out, f.text);
	buf_release(&bufs[0]);
	buf_release(&bufs[1]);
	buf_release(&numbered);
	return fits;
}

/* Gives the step's value that the hole is bound to; a missing span if there is none. */
static struct span step_value(const struct template_part *part, const struct template_scope *scope)
{
	bool has_values = part->is_bound && scope->values;
	return has_values ? scope->values[part->index] : (struct span){ 0 };
}

/* Gives what the name of a bound hole stands for: the step's value, or the record's own field. */
static struct span named_value(const struct template_part *part, const struct template_scope *scope)
{
	struct span value = step_value(part, scope);
	struct path name = { .parts = part->path.parts, .parts_n = 1 };
	return value.at ? value : path_find(&name, scope->record);
}

/* True if the hole wants an item of a list whose call has no answer. */
static bool is_unanswered(const struct template_part *part, struct span list)
{
	const struct path *p = &part->path;
	if (!part->is_list || p->parts_n == 1 || p->parts[1].name)
		return false;
	return json_is(json_item(list, p->parts[1].index), JSON_KIND_NULL);
}

/* Gives what a bound hole leads to, or a missing span. */
static struct span find_bound(const struct template_part *part, const struct template_scope *scope)
{
	struct span value = named_value(part, scope);
	struct path rest = { .parts = part->path.parts + 1, .parts_n = part->path.parts_n - 1 };
	if (is_unanswered(part, value))
		return (struct span){ 0 };
	return path_find(&rest, value);
}

/* A piece of text short enough for a message. */
struct shown {
	char text[SHOWN_BYTES + sizeof "..."];
};

static struct shown show(struct span text)
{
	struct shown shown;
	bool is_long = text.n > SHOWN_BYTES;
	if (is_long)
		text.n = utf8_valid_n((struct span){ text.at, SHOWN_BYTES });
	snprintf(shown.text, sizeof shown.text, "%.*s%s", (int)text.n, text.at,
		is_long ? "..." : "");
	return shown;
}

static const char *kind_name(struct span value)
{
	static const char *const names[] = {
		[JSON_KIND_NULL] = "null",
		[JSON_KIND_BOOL] = "a boolean",
		[JSON_KIND_NUMBER] = "a number",
		[JSON_KIND_STRING] = "a string",
		[JSON_KIND_ARRAY] = "an array",
		[JSON_KIND_OBJECT] = "an object",
	};
	return names[json_kind(value)];
}

/* Appends to the message; whoever calls keeps the sum of the pieces below its size. */
static __attribute__((format(printf, 2, 3))) void say(
	struct template_fault *fault, const char *format, ...)
{
	va_list args;
	size_t n = strlen(fault->msg);
	va_start(args, format);
	vsnprintf(fault->msg + n, sizeof fault->msg - n, format, args);
	va_end(args);
}

/* Gives the path's text up to its part i, without a leading dot. */
static struct shown show_path(const struct path *p, size_t i)
{
	size_t dot_n = *p->text == '.';
	return show((struct span){ p->text + dot_n, p->parts[i].text_n - dot_n });
}

/* True if it can stand in a path as it is. */
static bool is_plain_name(const char *key)
{
	return strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") ==
		strlen(key) &&
		!(*key >= '0' && *key <= '9');
}

/*
 * Says which fields an object has instead of the path's part i: the nearest, or the first few. If
 * the part is the whole path, what to write is said, too.
 */
static void say_fields(
	const struct path *p, size_t i, struct span object, struct template_fault *fault)
{
	char key[SHOWN_BYTES + 1];
	struct json_walk w;
	if (path_nearest(&(struct path){ .parts = &p->parts[i], .parts_n = 1 }, object, key,
		    sizeof key)) {
		say(fault, "has \"%s\"", key);
		if (p->parts_n == 1 && is_plain_name(key))
			say(fault, "; write {{%s}}, or {{%s?}} if it may be missing", key,
				show_path(p, 0).text);
		else if (p->parts_n == 1 && strchr(key, ' ') && !strchr(key, '\\'))
			say(fault, "; write {{[\"%s\"]}}", key);
		return;
	}
	json_walk_init(&w, object);
	int n = 0;
	for (; n < SHOWN_KEYS_N && json_walk_next(&w); n++)
		say(fault, "%s\"%s\"", n ? ", " : "has ", show(json_inside(w.key)).text);
	if (n == 0)
		say(fault, "has none");
	else if (json_walk_next(&w))
		say(fault, ", ...");
}

static void say_length(struct span array, struct template_fault *fault)
{
	struct json_walk w;
	size_t n = 0;
	json_walk_init(&w, array);
	while (json_walk_next(&w))
		n++;
	say(fault, "has %zu item%s", n, n == 1 ? "" : "s");
}

/* Says what the value is that the path's part i is not in: `"author" `. */
static void say_holder(
	const struct path *p, size_t i, bool is_of_step, struct template_fault *fault)
{
	struct span name = { p->parts->name, p->parts->name_n };
	if (i == 0)
		say(fault, "the record ");
	else if (i == 1 && is_of_step)
		say(fault, "the value of step \"%s\" ", show(name).text);
	else
		say(fault, "\"%s\" ", show_path(p, i - 1).text);
}

/* Says which step may have been meant by a field that the record does not have. */
static void say_step(const struct path *missing, struct span record, const char *near,
	struct template_fault *fault)
{
	char key[SHOWN_BYTES + 1];
	if (path_nearest(missing, record, key, sizeof key))
		say(fault, "the record has \"%s\", and ", key);
	say(fault, "there is a step \"%s\"", show(span_of(near)).text);
}

/* Says why the holder of the path's part i has no such part. */
static void say_missing(
	const struct path *p, size_t i, struct span holder, struct template_fault *fault)
{
	bool is_field = p->parts[i].name != NULL;
	enum json_kind kind = json_kind(holder);
	if (is_field && kind == JSON_KIND_OBJECT)
		say_fields(p, i, holder, fault);
	else if (!is_field && kind == JSON_KIND_ARRAY)
		say_length(holder, fault);
	else
		say(fault, "is %s, not %s", kind_name(holder), is_field ? "an object" : "an array");
	if (is_field && kind != JSON_KIND_OBJECT && i == 0)
		say(fault,
			kind == JSON_KIND_ARRAY
				? " (jq -c '.[]' makes a record of each item, {{.}} is all of it)"
				: " ({{.}} is all of it)");
}

/* Says why a hole leads nowhere. */
static void explain(const struct template_part *part, const struct template_scope *scope,
	struct template_fault *fault)
{
	const struct path *p = &part->path;
	struct span value = step_value(part, scope);
	struct span holder = value.at ? value : scope->record;
	size_t i = value.at ? 1 : 0;
	*fault->msg = 0;
	if (part->is_bound && is_unanswered(part, named_value(part, scope))) {
		say(fault, "\"%s\" has no answer", show_path(p, 1).text);
		return;
	}
	for (;; i++) {
		struct path step = { .parts = &p->parts[i], .parts_n = 1 };
		struct span found = path_find(&step, holder);
		if (!found.at)
			break;
		holder = found;
	}
	say(fault, "no %s \"%s\"" LOG_HELP, p->parts[i].name ? "field" : "item",
		show_path(p, i).text);
	if (i == 0 && part->near) {
		say_step(&(struct path){ .parts = p->parts, .parts_n = 1 }, holder, part->near,
			fault);
		return;
	}
	say_holder(p, i, value.at != NULL, fault);
	say_missing(p, i, holder, fault);
}

static bool put_hole(const struct template_part *part, struct span value, struct buf *out)
{
	if (part->filters_n)
		return put_filtered(part, value, out);
	return is_numbered(part, value) ? put_numbered(value, out) : put_value(value, out);
}

static bool render_part(const struct template_part *part, const struct template_scope *scope,
	struct buf *out, struct template_fault *fault)
{
	bool fits;
	if (part->literal) {
		fits = buf_put(out, part->literal, part->literal_n);
	} else {
		struct span value = part->is_bound ? find_bound(part, scope)
						   : path_find(&part->path, scope->record);
		if (!value.at && part->is_optional)
			return true;
		if (!value.at) {
			explain(part, scope, fault);
			return false;
		}
		fits = put_hole(part, value, out);
	}
	if (!fits)
		snprintf(fault->msg, sizeof fault->msg, "the text is longer than %zu bytes",
			out->max);
	return fits;
}

bool template_render(const struct template *t, const struct template_scope *scope, struct buf *out,
	struct template_fault *fault)
{
	for (size_t i = 0; i < t->parts_n; i++)
		if (!render_part(&t->parts[i], scope, out, fault))
			return false;
	return true;
}

size_t template_holes_n(const struct template *t)
{
	size_t n = 0;
	for (size_t i = 0; i < t->parts_n; i++)
		n += !t->parts[i].literal;
	return n;
}

const struct path *template_hole(const struct template *t, size_t i)
{
	const struct template_part *part = t->parts;
	for (;; part++)
		if (!part->literal && i-- == 0)
			return &part->path;
}
