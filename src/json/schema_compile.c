/* SPDX-License-Identifier: MIT */
#include "json/schema_compile.h"

#include "base/xalloc.h"
#include "json/compact.h"
#include "json/scan.h"
#include "json/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	POINTER_BYTES_MAX = 200, /* in a message */
	REFUSED_BYTES_MAX = 480, /* all that is refused, in a message */
	REFUSED_SHOWN_MAX = 5
};

/* Appends a name as a step of a JSON pointer, its escapes as they are. */
static void put_step(struct buf *out, struct span escaped)
{
	buf_put_char(out, '/');
	for (size_t i = 0; i < escaped.n; i++) {
		if (escaped.at[i] == '~')
			buf_put_str(out, "~0");
		else if (escaped.at[i] == '/')
			buf_put_str(out, "~1");
		else
			buf_put_char(out, escaped.at[i]);
	}
}

/* Appends the pointer to what stands at `where`: in each container, into the member that has it. */
static void put_pointer(struct buf *out, struct span text, const char *where)
{
	struct json_walk w;
	char index[24];
	json_walk_init(&w, text);
	for (size_t i = 0; json_walk_next(&w); i++) {
		const char *first = w.in_object ? w.key.at : w.value.at;
		if (where < first || where >= w.value.at + w.value.n)
			continue;
		snprintf(index, sizeof index, "%zu", i);
		put_step(out, w.in_object ? json_inside(w.key) : span_of(index));
		if (where > w.value.at)
			json_walk_init(&w, w.value);
		else
			break;
		i = (size_t)-1;
	}
}

/* Writes the pointer, "/" for the root, NUL-terminated. */
static void write_pointer(const struct schema *s, const char *where, char out[POINTER_BYTES_MAX])
{
	struct buf pointer;
	buf_init(&pointer, POINTER_BYTES_MAX - 1);
	put_pointer(&pointer, buf_span(&s->text), where);
	if (pointer.len == 0)
		buf_put_char(&pointer, '/');
	size_t n = utf8_valid_n(buf_span(&pointer));
	memcpy(out, pointer.data, n);
	out[n] = '\0';
	buf_release(&pointer);
}

bool schema_wrong(struct schema_compiler *k, const char *where, const char *format, ...)
{
	char pointer[POINTER_BYTES_MAX], what[sizeof k->err->msg];
	va_list args;
	va_start(args, format);
	vsnprintf(what, sizeof what, format, args);
	va_end(args);
	write_pointer(k->schema, where, pointer);
	return err_set(k->err, ERR_SCHEMA, "schema, at %s: %s", pointer, what);
}

void schema_refuse(struct schema_compiler *k, const char *where, const char *what, struct span name)
{
	char pointer[POINTER_BYTES_MAX], item[POINTER_BYTES_MAX + 160];
	if (k->refused_n++ == REFUSED_SHOWN_MAX)
		buf_put_str(&k->refused, ", and more");
	if (k->refused_n > REFUSED_SHOWN_MAX)
		return;
	write_pointer(k->schema, where, pointer);
	snprintf(item, sizeof item, "%s%s %.*s (at %s)", k->refused_n > 1 ? ", " : "", what,
		(int)(name.n < 80 ? name.n : utf8_valid_n((struct span){ name.at, 80 })), name.at,
		pointer);
	buf_put_str(&k->refused, item);
}

static bool is_annotation(const struct schema_keyword *keyword)
{
	return !keyword->check && keyword->shape == SCHEMA_SHAPE_ANY &&
		keyword->word != SCHEMA_WORD_ID;
}

/*
 * True if a keyword means in the document's dialect what it means here. Before 2019-09, what stood
 * beside a $ref did not count.
 */
static bool is_the_same(const struct schema_compiler *k, const struct schema_node *node,
	const struct schema_keyword *keyword)
{
	if (keyword->since > k->schema->draft)
		return false;
	return k->schema->draft > SCHEMA_DRAFT_07 || keyword->word == SCHEMA_WORD_REF ||
		keyword->word == SCHEMA_WORD_DEFS || is_annotation(keyword) ||
		!json_member(node->text, SPAN("$ref")).at;
}

/* Gives the row for a key of a node; NULL if it is to be passed over, refused or not. */
static const struct schema_keyword *keyword_of(
	struct schema_compiler *k, const struct schema_node *node, struct span key)
{
	static const char *const known[] = { "$dynamicRef", "$dynamicAnchor", "$recursiveRef",
		"$recursiveAnchor", "$vocabulary", "unevaluatedProperties", "unevaluatedItems",
		"additionalItems", "dependencies", "id" };
	struct span name = schema_plain(k->schema, key);
	const struct schema_keyword *keyword = schema_keyword_find(name);
	if (keyword && is_the_same(k, node, keyword))
		return keyword;
	if (keyword) {
		schema_refuse(k, key.at, "in this dialect without effect:", key);
		return NULL;
	}
	if (name.n > 2 && memcmp(name.at, "x-", 2) == 0)
		return NULL;
	const char *what = "unknown keyword";
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (span_is(name, known[i]))
			what = "unsupported keyword";
	schema_refuse(k, key.at, what, key);
	return NULL;
}

static bool has_clause(const struct schema_node *node, const struct schema_keyword *keyword)
{
	for (size_t i = 0; i < node->clauses_n; i++)
		if (node->clauses[i].keyword == keyword)
			return true;
	return false;
}

/* What the message says was expected, by the bits of kinds. */
static const char *kinds_text(unsigned kinds)
{
	static const char *const texts[] = { "null", "true or false", "a number", "a string",
		"an array", "an object" };
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (kinds == SCHEMA_KIND(i))
			return texts[i];
	if (kinds & SCHEMA_KIND(JSON_KIND_STRING))
		return "a string or an array";
	return "a schema: an object, true or false";
}

/* Adds the clause of one member; what is refused by name is passed over. */
static bool add_clause(struct schema_compiler *k, struct schema_node *node, struct json_walk *w)
{
	const struct schema_keyword *keyword = keyword_of(k, node, w->key);
	struct schema_clause clause = { .keyword = keyword, .node = node, .value = w->value };
	if (!keyword)
		return true;
	if (!(SCHEMA_KIND(json_kind(w->value)) & keyword->kinds))
		return schema_wrong(k, w->value.at, "expected %s", kinds_text(keyword->kinds));
	if (has_clause(node, keyword))
		return schema_wrong(k, w->key.at, "this keyword stands there twice");
	bool ok = schema_compile_clause(k, &clause);
	node->clauses = xrealloc(node->clauses, node->clauses_n + 1, sizeof *node->clauses);
	node->clauses[node->clauses_n++] = clause;
	return ok;
}

/* Rows of one table: their order is that of their addresses. */
static int compare_clauses(const void *a, const void *b)
{
	const struct schema_keyword *x = ((const struct schema_clause *)a)->keyword;
	const struct schema_keyword *y = ((const struct schema_clause *)b)->keyword;
	return (x > y) - (x < y);
}

struct schema_node *schema_compile_node(
	struct schema_compiler *k, struct span text, size_t resource)
{
	struct schema *s = k->schema;
	struct schema_node *node = xcalloc(1, sizeof *node);
	struct json_walk w;
	*node = (struct schema_node){ .text = text, .resource = resource };
	s->nodes = xrealloc(s->nodes, s->nodes_n + 1, sizeof *s->nodes);
	s->nodes[s->nodes_n++] = node;
	if (json_kind(text) == JSON_KIND_BOOL)
		return node;
	if (json_kind(text) != JSON_KIND_OBJECT) {
		schema_wrong(k, text.at, "expected a schema: an object, true or false");
		return NULL;
	}
	if (!schema_identify(k, node))
		return NULL;
	json_walk_init(&w, text);
	while (json_walk_next(&w))
		if (!add_clause(k, node, &w))
			return NULL;
	if (node->clauses_n)
		qsort(node->clauses, node->clauses_n, sizeof *node->clauses, compare_clauses);
	return node;
}

/* Sets the dialect, from the $schema of the root. */
static bool read_dialect(struct schema_compiler *k)
{
	static const struct {
		const char *uri;
		enum schema_draft draft;
	} dialects[] = {
		{ "https://json-schema.org/draft/2020-12/schema", SCHEMA_DRAFT_2020 },
		{ "https://json-schema.org/draft/2019-09/schema", SCHEMA_DRAFT_2019 },
		{ "http://json-schema.org/draft-07/schema", SCHEMA_DRAFT_07 },
		{ "https://json-schema.org/draft-07/schema", SCHEMA_DRAFT_07 },
	};
	struct span value = json_member(buf_span(&k->schema->text), SPAN("$schema"));
	k->schema->draft = SCHEMA_DRAFT_2020;
	if (!json_is(value, JSON_KIND_STRING))
		return true; /* a value of another kind is found later */
	struct span uri = schema_plain(k->schema, value);
	if (uri.n && uri.at[uri.n - 1] == '#')
		uri.n--;
	for (size_t i = 0; i < sizeof dialects / sizeof *dialects; i++)
		if (span_is(uri, dialects[i].uri)) {
			k->schema->draft = dialects[i].draft;
			return true;
		}
	return schema_wrong(k, value.at,
		"unsupported dialect %.*s" LOG_HELP
		"expected https://json-schema.org/draft/2020-12/schema",
		(int)(value.n < 120 ? value.n : utf8_valid_n((struct span){ value.at, 120 })),
		value.at);
}

/* Reads the text into s. */
static bool read_text(struct schema *s, struct span text, struct err *err)
{
	struct span value;
	struct json_fault fault;
	if (!json_scan(text, &value, &fault)) {
		size_t line = 1, first = 0;
		for (size_t i = 0; i < fault.offset && i < text.n; i++)
			if (text.at[i] == '\n') {
				line++;
				first = i + 1;
			}
		return err_set(err, ERR_SCHEMA, "schema, line %zu, byte %zu: not JSON: %s", line,
			fault.offset - first + 1, fault.reason);
	}
	buf_init(&s->text, value.n);
	json_compact(value, &s->text);
	buf_shrink(&s->text);
	return true;
}

static bool compile(struct schema_compiler *k)
{
	if (!read_dialect(k) || !schema_compile_node(k, buf_span(&k->schema->text), 0))
		return false;
	if (k->refused_n)
		return err_set(
			k->err, ERR_SCHEMA, "schema: %.*s", (int)k->refused.len, k->refused.data);
	return schema_resolve(k);
}

struct schema *schema_new(struct span text, struct err *err)
{
	struct schema *s = xcalloc(1, sizeof *s);
	struct schema_compiler k = { .schema = s, .err = err };
	buf_init(&k.refused, REFUSED_BYTES_MAX);
	if (!read_text(s, text, err) || !compile(&k)) {
		schema_free(s);
		s = NULL;
	}
	buf_release(&k.refused);
	return s;
}

static void free_node(struct schema_node *node)
{
	for (size_t i = 0; i < node->clauses_n; i++) {
		struct schema_clause *clause = &node->clauses[i];
		for (size_t j = 0; j < clause->subs_n; j++)
			schema_regex_free(clause->subs[j].regex);
		schema_regex_free(clause->regex);
		free(clause->subs);
	}
	free(node->clauses);
	free(node);
}

void schema_free(struct schema *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->nodes_n; i++)
		free_node(s->nodes[i]);
	for (size_t i = 0; i < s->resources_n; i++)
		free(s->resources[i].uri);
	for (size_t i = 0; i < s->names_n; i++)
		free(s->names[i]);
	free(s->nodes);
	free(s->resources);
	free(s->anchors);
	free(s->names);
	buf_release(&s->text);
	free(s);
}

struct span schema_text(const struct schema *s)
{
	return buf_span(&s->text);
}
