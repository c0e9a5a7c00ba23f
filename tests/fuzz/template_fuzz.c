/* SPDX-License-Identifier: MIT */
/*
 * The first byte says where the template comes from ('f': a file), up to the first NUL follows the
 * template, the rest is the record. Whatever they are, what is rendered is the inside of a JSON
 * string; what fails says why, in UTF-8; the ceiling holds. The same of holes that are bound, to
 * the record as a step's value, or to none.
 */
#include "work/template.h"

#include "json/scan.h"
#include "json/text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUT_BYTES_MAX = 1 << 16 };

static void demand(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "template_fuzz: %s\n", what);
	abort();
}

static void check_escaped(struct span text)
{
	struct buf string;
	struct span value;
	struct json_fault fault;
	buf_init(&string, text.n + 2);
	buf_put_char(&string, '"');
	buf_put_span(&string, text);
	buf_put_char(&string, '"');
	demand(json_scan(buf_span(&string), &value, &fault), "rendered text breaks its string");
	demand(json_kind(value) == JSON_KIND_STRING, "rendered text is more than a string");
	buf_release(&string);
}

static void check_render(const struct template *t, const struct template_scope *scope)
{
	struct template_fault fault = { "" };
	struct buf out;
	buf_init(&out, OUT_BYTES_MAX);
	if (template_render(t, scope, &out, &fault))
		check_escaped(buf_span(&out));
	else
		demand(*fault.msg && utf8_is_valid(span_of(fault.msg)), "no clear message");
	buf_release(&out);
}

/* The same in a place that is too small fails, and writes no more than fits. */
static void check_ceiling(const struct template *t, const struct template_scope *scope)
{
	struct template_fault fault = { "" };
	struct buf out;
	buf_init(&out, 7);
	if (!template_render(t, scope, &out, &fault))
		demand(*fault.msg, "no message at the ceiling");
	demand(out.len <= 7 && out.cap <= 7, "the ceiling was passed");
	buf_release(&out);
}

/* Binds each hole that begins with a name, the first of them to no value. */
static void bind_all(struct template *t, bool is_list)
{
	for (size_t i = 0; i < template_holes_n(t); i++) {
		const struct path *p = template_hole(t, i);
		if (!p->parts_n || !p->parts->name)
			continue;
		struct span name = { p->parts->name, p->parts->name_n };
		demand(template_bind(t, name, i > 0, is_list) > 0, "a hole that is not found");
	}
}

static void check_scopes(struct template *t, struct span record)
{
	static const char *const names[] = { "a", "text" };
	struct span values[] = { { 0 }, record };
	struct template_scope scope = { .record = record };
	check_render(t, &scope);
	check_ceiling(t, &scope);
	template_suggest(t, names, 2);
	check_render(t, &scope);
	scope.values = values;
	for (int is_list = 0; is_list < 2; is_list++) {
		bind_all(t, is_list);
		check_render(t, &scope);
		check_ceiling(t, &scope);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	const char *text = (const char *)data + 1, *end = (const char *)data + size;
	const char *nul = memchr(text, 0, size - 1);
	struct template t;
	struct err err = { 0 };
	struct span value;
	struct json_fault fault;
	enum template_source source = *data == 'f' ? TEMPLATE_FROM_FILE : TEMPLATE_FROM_ARGUMENT;
	struct span record =
		nul ? (struct span){ nul + 1, (size_t)(end - nul - 1) } : SPAN("{\"a\":\"x\"}");
	if (!template_parse(
		    &t, (struct span){ text, (size_t)((nul ? nul : end) - text) }, source, &err))
		demand(err.kind == ERR_TEMPLATE && *err.msg, "no clear message");
	for (size_t i = 0; i < template_holes_n(&t); i++)
		demand(template_hole(&t, i)->text != NULL, "a hole without a path");
	if (json_scan(record, &value, &fault))
		check_scopes(&t, value);
	template_release(&t);
	return 0;
}
