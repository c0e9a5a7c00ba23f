/* SPDX-License-Identifier: MIT */
/*
 * A reference is resolved against the URI of the resource it stands in, and must name a resource of
 * this document; its fragment is then an anchor in it, or a JSON pointer from it to a place where a
 * schema stands. Nothing is ever fetched.
 *
 * In-place keywords ($ref, allOf, not, ...) check the same value again. A circle of them would do
 * so for ever, and a long chain would cost stack: both are found here, so that a check's depth is
 * bounded by the value's.
 */
#include "json/schema_compile.h"

#include "base/xalloc.h"
#include "json/text.h"

#include <stdlib.h>
#include <string.h>

enum {
	IN_PLACE_DEPTH_MAX = 200, /* in-place steps, one after the other */
	SHOWN_BYTES = 120,        /* of a reference, in a message */
	INDEX_DIGITS_MAX = 9      /* of an item, in a pointer */
};

static struct span shown(struct span text)
{
	if (text.n > SHOWN_BYTES)
		text.n = utf8_valid_n((struct span){ text.at, SHOWN_BYTES });
	return text;
}

/* Gives the plain value of a node's keyword that is a string, or a missing span. */
static struct span string_of(
	struct schema_compiler *k, const struct schema_node *node, struct span keyword)
{
	struct span value = json_member(node->text, keyword);
	if (!json_is(value, JSON_KIND_STRING))
		return (struct span){ 0 };
	return schema_plain(k->schema, value);
}

/* Takes the URI. */
static bool add_resource(struct schema_compiler *k, struct schema_node *node, char *uri)
{
	struct schema *s = k->schema;
	size_t n = strlen(uri);
	if (n && uri[n - 1] == '#')
		uri[n - 1] = '\0';
	for (size_t i = 0; i < s->resources_n; i++)
		if (strcmp(s->resources[i].uri, uri) == 0) {
			free(uri);
			return schema_wrong(k, node->text.at, "another schema has the same $id");
		}
	s->resources = xrealloc(s->resources, s->resources_n + 1, sizeof *s->resources);
	s->resources[s->resources_n] = (struct schema_resource){ .uri = uri, .node = node };
	node->resource = s->resources_n++;
	return true;
}

static bool add_anchor(struct schema_compiler *k, struct schema_node *node, struct span name)
{
	struct schema *s = k->schema;
	for (size_t i = 0; i < s->anchors_n; i++)
		if (s->anchors[i].node->resource == node->resource &&
			span_equals(s->anchors[i].name, name))
			return schema_wrong(
				k, node->text.at, "another schema has the same $anchor");
	s->anchors = xrealloc(s->anchors, s->anchors_n + 1, sizeof *s->anchors);
	s->anchors[s->anchors_n++] = (struct schema_anchor){ .name = name, .node = node };
	return true;
}

bool schema_identify(struct schema_compiler *k, struct schema_node *node)
{
	struct schema *s = k->schema;
	bool is_root = node == s->nodes[0];
	struct span id = string_of(k, node, SPAN("$id"));
	struct span anchor = string_of(k, node, SPAN("$anchor"));
	struct span dialect = json_member(node->text, SPAN("$schema"));
	const char *mark = id.n ? memchr(id.at, '#', id.n) : NULL;
	if (dialect.at && !is_root &&
		!span_equals(dialect, json_member(buf_span(&s->text), SPAN("$schema"))))
		return schema_wrong(k, dialect.at, "unsupported: a dialect other than the root's");
	if ((mark && mark != id.at + id.n - 1) || (id.at && memchr(id.at, '\0', id.n)))
		return schema_wrong(k, node->text.at,
			"unsupported: an $id with a fragment" LOG_HELP "use $anchor");
	if (is_root || id.at) {
		struct span base = { "", 0 };
		if (!is_root)
			base = span_of(s->resources[node->resource].uri);
		id = id.at ? id : base;
		if (!add_resource(k, node, schema_uri_resolve(base, id)))
			return false;
	}
	return !anchor.at || add_anchor(k, node, anchor);
}

static int compare_places(const void *text, const void *node)
{
	const char *at = ((const struct span *)text)->at;
	const char *place = (*(struct schema_node *const *)node)->text.at;
	return (at > place) - (at < place);
}

/* Gives the node of the schema that stands at that place in the text, or NULL. */
static struct schema_node *node_at(const struct schema *s, struct span text)
{
	struct schema_node **found =
		bsearch(&text, s->nodes, s->nodes_n, sizeof *s->nodes, compare_places);
	return found ? *found : NULL;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Appends the fragment with its %XX decoded. False if one is bad. */
static bool put_decoded(struct buf *out, const char *fragment)
{
	for (; *fragment; fragment++) {
		int high = -1, low = -1;
		if (*fragment == '%')
			high = hex_value(fragment[1]);
		if (high >= 0)
			low = hex_value(fragment[2]);
		if (*fragment != '%') {
			buf_put_char(out, *fragment);
			continue;
		}
		if (low < 0)
			return false;
		buf_put_char(out, (char)(high << 4 | low));
		fragment += 2;
	}
	return true;
}

/* Replaces ~1 and ~0 in a step of a pointer, where it lies. */
static struct span unescape_step(char *at, size_t n)
{
	size_t out = 0;
	for (size_t i = 0; i < n; i++, out++) {
		bool is_escape =
			at[i] == '~' && i + 1 < n && (at[i + 1] == '0' || at[i + 1] == '1');
		at[out] = is_escape ? "~/"[at[i + 1] - '0'] : at[i];
		i += is_escape;
	}
	return (struct span){ at, out };
}

/* Reads an index as a pointer has it, without needless zeros; -1 if it is none. */
static long index_of(struct span step)
{
	long index = 0;
	if (step.n == 0 || step.n > INDEX_DIGITS_MAX || (step.n > 1 && step.at[0] == '0'))
		return -1;
	for (size_t i = 0; i < step.n; i++) {
		if (step.at[i] < '0' || step.at[i] > '9')
			return -1;
		index = index * 10 + (step.at[i] - '0');
	}
	return index;
}

/* Gives the value that the step leads to, or a missing span. */
static struct span take_step(struct span value, struct span step)
{
	if (json_kind(value) != JSON_KIND_ARRAY)
		return json_member(value, step);
	long index = index_of(step);
	return index < 0 ? (struct span){ 0 } : json_item(value, index);
}

/* Follows a JSON pointer, which is used up, from value. */
static struct span follow(struct span value, char *pointer, size_t n)
{
	char *at = pointer, *end = pointer + n;
	while (at < end && value.at) {
		char *next = memchr(at + 1, '/', (size_t)(end - at - 1));
		next = next ? next : end;
		value = take_step(value, unescape_step(at + 1, (size_t)(next - at - 1)));
		at = next;
	}
	return value;
}

/* Gives the node that the fragment means in the resource, or NULL. */
static struct schema_node *find_fragment(
	const struct schema *s, size_t resource, const char *fragment)
{
	struct schema_node *root = s->resources[resource].node, *found = NULL;
	struct buf plain;
	if (!*fragment)
		return root;
	buf_init(&plain, strlen(fragment));
	bool ok = put_decoded(&plain, fragment);
	if (ok && plain.data[0] == '/') {
		struct span value = follow(root->text, plain.data, plain.len);
		found = value.at ? node_at(s, value) : NULL;
	}
	for (size_t i = 0; ok && !found && i < s->anchors_n; i++)
		if (s->anchors[i].node->resource == resource &&
			span_equals(s->anchors[i].name, buf_span(&plain)))
			found = s->anchors[i].node;
	buf_release(&plain);
	return found;
}

static bool resolve_ref(struct schema_compiler *k, struct schema_clause *clause)
{
	struct schema *s = k->schema;
	struct span text = shown(clause->value), ref = schema_plain(s, clause->value);
	if (memchr(ref.at, '\0', ref.n))
		return schema_wrong(
			k, clause->value.at, "bad reference %.*s", (int)text.n, text.at);
	char *uri = schema_uri_resolve(span_of(s->resources[clause->node->resource].uri), ref);
	char *mark = strchr(uri, '#');
	size_t i = 0;
	if (mark)
		*mark = '\0';
	while (i < s->resources_n && strcmp(s->resources[i].uri, uri) != 0)
		i++;
	if (i < s->resources_n)
		clause->subs[0].node = find_fragment(s, i, mark ? mark + 1 : "");
	free(uri);
	if (i == s->resources_n)
		return schema_wrong(k, clause->value.at,
			"unsupported $ref %.*s: it leads out of this document", (int)text.n,
			text.at);
	return clause->subs[0].node ||
		schema_wrong(k, clause->value.at, "$ref %.*s leads to no schema in this document",
			(int)text.n, text.at);
}

static bool measure(struct schema_compiler *k, struct schema_node *node, int above);

/* Measures the nodes one in-place step further. */
static bool measure_subs(struct schema_compiler *k, struct schema_node *node,
	const struct schema_clause *clause, int above)
{
	for (size_t i = 0; i < clause->subs_n; i++) {
		struct schema_node *sub = clause->subs[i].node;
		if (!measure(k, sub, above + 1))
			return false;
		if (sub->in_place_depth > node->in_place_depth)
			node->in_place_depth = sub->in_place_depth;
	}
	return true;
}

/* Finds how many in-place steps a node takes, itself included; `above` have been taken already. */
static bool measure(struct schema_compiler *k, struct schema_node *node, int above)
{
	if (node->is_open)
		return schema_wrong(k, node->text.at, "a $ref leads back here, in a circle");
	if (above + node->in_place_depth > IN_PLACE_DEPTH_MAX)
		return schema_wrong(k, node->text.at,
			"more than %d schemas refer one to the other for the same value",
			IN_PLACE_DEPTH_MAX);
	if (node->in_place_depth > 0)
		return true;
	node->is_open = true;
	for (size_t i = 0; i < node->clauses_n; i++)
		if (node->clauses[i].keyword->in_place &&
			!measure_subs(k, node, &node->clauses[i], above))
			return false;
	node->is_open = false;
	node->in_place_depth++;
	return true;
}

bool schema_resolve(struct schema_compiler *k)
{
	struct schema *s = k->schema;
	for (size_t i = 0; i < s->nodes_n; i++)
		for (size_t j = 0; j < s->nodes[i]->clauses_n; j++) {
			struct schema_clause *clause = &s->nodes[i]->clauses[j];
			if (clause->keyword->shape == SCHEMA_SHAPE_REF && !resolve_ref(k, clause))
				return false;
		}
	for (size_t i = 0; i < s->nodes_n; i++)
		if (!measure(k, s->nodes[i], 0))
			return false;
	return true;
}
