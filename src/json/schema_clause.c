/* SPDX-License-Identifier: MIT */
#include "json/schema_compile.h"

#include "base/xalloc.h"
#include "json/text.h"

#include <stdlib.h>
#include <string.h>

enum { SHOWN_BYTES = 80 };

/* Gives at most SHOWN_BYTES of text, for a message. */
static struct span shown(struct span text)
{
	if (text.n > SHOWN_BYTES)
		text.n = utf8_valid_n((struct span){ text.at, SHOWN_BYTES });
	return text;
}

struct span schema_plain(struct schema *s, struct span string)
{
	struct span inside = json_inside(string);
	struct buf plain;
	if (!memchr(inside.at, '\\', inside.n))
		return inside;
	buf_init(&plain, inside.n);
	json_put_plain(&plain, inside);
	char *name = xmemdup(plain.data, plain.len);
	struct span text = { name, plain.len };
	buf_release(&plain);
	s->names = xrealloc(s->names, s->names_n + 1, sizeof *s->names);
	s->names[s->names_n++] = name;
	return text;
}

/* Appends a sub for the schema `text`; with name if that is not missing. */
static bool add_sub(
	struct schema_compiler *k, struct schema_clause *clause, struct span text, struct span name)
{
	clause->subs = xrealloc(clause->subs, clause->subs_n + 1, sizeof *clause->subs);
	struct schema_sub *sub = &clause->subs[clause->subs_n++];
	*sub = (struct schema_sub){ .name = name };
	sub->node = schema_compile_node(k, text, clause->node->resource);
	return sub->node;
}

static bool read_list(struct schema_compiler *k, struct schema_clause *clause)
{
	struct json_walk w;
	if (json_is_empty(clause->value))
		return schema_wrong(k, clause->value.at, "expected at least one schema");
	json_walk_init(&w, clause->value);
	while (json_walk_next(&w))
		if (!add_sub(k, clause, w.value, (struct span){ 0 }))
			return false;
	return true;
}

static int compare_names(struct span a, struct span b)
{
	int order = memcmp(a.at, b.at, a.n < b.n ? a.n : b.n);
	return order ? order : (a.n > b.n) - (a.n < b.n);
}

static int compare_subs(const void *a, const void *b)
{
	return compare_names(
		((const struct schema_sub *)a)->name, ((const struct schema_sub *)b)->name);
}

const struct schema_sub *schema_sub_find(const struct schema_clause *clause, struct span name)
{
	struct schema_sub wanted = { .name = name };
	if (clause->subs_n == 0)
		return NULL;
	return bsearch(&wanted, clause->subs, clause->subs_n, sizeof *clause->subs, compare_subs);
}

static bool read_named(struct schema_compiler *k, struct schema_clause *clause)
{
	struct json_walk w;
	json_walk_init(&w, clause->value);
	while (json_walk_next(&w))
		if (!add_sub(k, clause, w.value, schema_plain(k->schema, w.key)))
			return false;
	if (clause->subs_n == 0)
		return true;
	qsort(clause->subs, clause->subs_n, sizeof *clause->subs, compare_subs);
	for (size_t i = 1; i < clause->subs_n; i++)
		if (compare_subs(&clause->subs[i - 1], &clause->subs[i]) == 0)
			return schema_wrong(k, clause->value.at, "\"%.*s\" stands there twice",
				(int)shown(clause->subs[i].name).n, clause->subs[i].name.at);
	return true;
}

/* Compiles the pattern that is the scanned string. */
static bool read_regex(struct schema_compiler *k, struct span string, struct schema_regex **regex)
{
	char why[160];
	*regex = schema_regex_new(schema_plain(k->schema, string), why, sizeof why);
	return *regex ||
		schema_wrong(
			k, string.at, "bad pattern %.*s: %s", (int)shown(string).n, string.at, why);
}

static bool read_patterns(struct schema_compiler *k, struct schema_clause *clause)
{
	struct json_walk w;
	json_walk_init(&w, clause->value);
	while (json_walk_next(&w))
		if (!add_sub(k, clause, w.value, (struct span){ 0 }) ||
			!read_regex(k, w.key, &clause->subs[clause->subs_n - 1].regex))
			return false;
	return true;
}

static bool read_names(struct schema_compiler *k, struct span names)
{
	struct json_walk w;
	if (json_kind(names) != JSON_KIND_ARRAY)
		return schema_wrong(k, names.at, "expected an array of names");
	json_walk_init(&w, names);
	while (json_walk_next(&w))
		if (json_kind(w.value) != JSON_KIND_STRING)
			return schema_wrong(k, w.value.at, "expected a name, a string");
	return true;
}

static bool read_name_map(struct schema_compiler *k, struct span map)
{
	struct json_walk w;
	json_walk_init(&w, map);
	while (json_walk_next(&w))
		if (!read_names(k, w.value))
			return false;
	return true;
}

static bool read_type(struct schema_compiler *k, struct schema_clause *clause, struct span name)
{
	static const struct {
		const char *text;
		unsigned kinds;
	} types[] = {
		{ "\"string\"", SCHEMA_KIND(JSON_KIND_STRING) },
		{ "\"integer\"", SCHEMA_INTEGER },
		{ "\"number\"", SCHEMA_KIND(JSON_KIND_NUMBER) },
		{ "\"boolean\"", SCHEMA_KIND(JSON_KIND_BOOL) },
		{ "\"object\"", SCHEMA_KIND(JSON_KIND_OBJECT) },
		{ "\"array\"", SCHEMA_KIND(JSON_KIND_ARRAY) },
		{ "\"null\"", SCHEMA_KIND(JSON_KIND_NULL) },
	};
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (span_is(name, types[i].text)) {
			clause->kinds |= types[i].kinds;
			return true;
		}
	return schema_wrong(k, name.at,
		"%.*s is no type" LOG_HELP
		"expected \"string\", \"integer\", \"number\", \"boolean\", "
		"\"object\", \"array\" or \"null\"",
		(int)shown(name).n, name.at);
}

static bool read_types(struct schema_compiler *k, struct schema_clause *clause)
{
	struct json_walk w;
	if (json_kind(clause->value) == JSON_KIND_STRING)
		return read_type(k, clause, clause->value);
	if (json_is_empty(clause->value))
		return schema_wrong(k, clause->value.at, "expected at least one type");
	json_walk_init(&w, clause->value);
	while (json_walk_next(&w))
		if (!read_type(k, clause, w.value))
			return false;
	return true;
}

static bool read_number(struct schema_compiler *k, struct schema_clause *clause)
{
	struct schema_number *number = &clause->number;
	*number = schema_number_of(clause->value);
	if (clause->keyword->shape == SCHEMA_SHAPE_DIVISOR) {
		if (number->is_negative || number->digits_n == 0)
			return schema_wrong(k, clause->value.at, "expected a number above 0");
		if (number->digits_n > SCHEMA_DIVISOR_DIGITS_MAX)
			return schema_wrong(k, clause->value.at,
				"expected at most %d significant digits",
				SCHEMA_DIVISOR_DIGITS_MAX);
	}
	if (clause->keyword->shape != SCHEMA_SHAPE_COUNT)
		return true;
	if (number->is_negative || !schema_number_is_whole(number))
		return schema_wrong(k, clause->value.at, "expected a whole number, 0 or more");
	clause->count = schema_number_count(number);
	return true;
}

bool schema_compile_clause(struct schema_compiler *k, struct schema_clause *clause)
{
	switch (clause->keyword->shape) {
	case SCHEMA_SHAPE_REF:
		clause->subs = xcalloc(1, sizeof *clause->subs);
		clause->subs_n = 1;
		return true;
	case SCHEMA_SHAPE_SCHEMA:
		return add_sub(k, clause, clause->value, (struct span){ 0 });
	case SCHEMA_SHAPE_LIST:
		return read_list(k, clause);
	case SCHEMA_SHAPE_NAMED:
		return read_named(k, clause);
	case SCHEMA_SHAPE_PATTERNS:
		return read_patterns(k, clause);
	case SCHEMA_SHAPE_NAMES:
		return read_names(k, clause->value);
	case SCHEMA_SHAPE_NAME_MAP:
		return read_name_map(k, clause->value);
	case SCHEMA_SHAPE_TYPES:
		return read_types(k, clause);
	case SCHEMA_SHAPE_NUMBER:
	case SCHEMA_SHAPE_DIVISOR:
	case SCHEMA_SHAPE_COUNT:
		return read_number(k, clause);
	case SCHEMA_SHAPE_REGEX:
		return read_regex(k, clause->value, &clause->regex);
	default:
		return true;
	}
}
