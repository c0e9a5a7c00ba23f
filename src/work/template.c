/* SPDX-License-Identifier: MIT */
/*
 * Rendering: a literal was escaped when it was compiled and a string in a record is escaped
 * already, so both are copied. Only filters look at plain text; they work on spans of the record
 * as long as they can, and on two buffers in turn where bytes have to change.
 */
#include "work/template.h"

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
	SHOWN_KEYS_N = 3
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

static bool put_filtered(const struct template_part *part, struct span value, struct buf *out)
{
	/* what is decoded may be longer than what truncate leaves of it */
	size_t max = out->max > SIZE_MAX - value.n ? SIZE_MAX : out->max + value.n;
	struct buf bufs[2];
	buf_init(&bufs[0], max);
	buf_init(&bufs[1], max);
	struct filtered f = { value, true, &bufs[0], &bufs[1] };
	bool fits = true;
	for (size_t i = 0; i < part->filters_n && fits; i++)
		fits = apply_filter(&part->filters[i], &f);
	fits = fits && json_put_escaped(out, f.text);
	buf_release(&bufs[0]);
	buf_release(&bufs[1]);
	return fits;
}

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

/* Says which fields an object has instead: the nearest, or the first few. */
static void say_fields(
	const struct path *p, struct span record, struct span object, struct template_fault *fault)
{
	char key[SHOWN_BYTES + 1];
	struct json_walk w;
	if (path_nearest(p, record, key, sizeof key)) {
		say(fault, "has \"%s\"", key);
		return;
	}
	json_walk_init(&w, object);
	int i = 0;
	for (; i < SHOWN_KEYS_N && json_walk_next(&w); i++)
		say(fault, "%s\"%s\"", i ? ", " : "has ", show(json_inside(w.key)).text);
	if (i == 0)
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

/* Gives the path's text up to its part i, without a leading dot. */
static struct shown show_path(const struct path *p, size_t i)
{
	size_t dot_n = *p->text == '.';
	return show((struct span){ p->text + dot_n, p->parts[i].text_n - dot_n });
}

/* Says why the path leads nowhere in the record. */
static void explain(const struct path *p, struct span record, struct template_fault *fault)
{
	struct span holder = record;
	size_t i = 0;
	for (;; i++) {
		struct path step = { .parts = &p->parts[i], .parts_n = 1 };
		struct span found = path_find(&step, holder);
		if (!found.at)
			break;
		holder = found;
	}
	bool is_field = p->parts[i].name != NULL;
	enum json_kind kind = json_kind(holder);
	*fault->msg = 0;
	say(fault, "no %s \"%s\"; ", is_field ? "field" : "item", show_path(p, i).text);
	if (i > 0)
		say(fault, "\"%s\" ", show_path(p, i - 1).text);
	else
		say(fault, "the record ");
	if (is_field && kind == JSON_KIND_OBJECT)
		say_fields(p, record, holder, fault);
	else if (!is_field && kind == JSON_KIND_ARRAY)
		say_length(holder, fault);
	else
		say(fault, "is %s, not %s", kind_name(holder), is_field ? "an object" : "an array");
	if (is_field && kind != JSON_KIND_OBJECT && i == 0)
		say(fault, " ({{.}} is all of it)");
}

static bool render_part(const struct template_part *part, struct span record, struct buf *out,
	struct template_fault *fault)
{
	bool fits;
	if (part->literal) {
		fits = buf_put(out, part->literal, part->literal_n);
	} else {
		struct span value = path_find(&part->path, record);
		if (!value.at && part->is_optional)
			return true;
		if (!value.at) {
			explain(&part->path, record, fault);
			return false;
		}
		fits = part->filters_n ? put_filtered(part, value, out) : put_value(value, out);
	}
	if (!fits)
		snprintf(fault->msg, sizeof fault->msg, "the text is longer than %zu bytes",
			out->max);
	return fits;
}

bool template_render(
	const struct template *t, struct span record, struct buf *out, struct template_fault *fault)
{
	for (size_t i = 0; i < t->parts_n; i++)
		if (!render_part(&t->parts[i], record, out, fault))
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
