/* SPDX-License-Identifier: MIT */
/*
 * The rules of OpenAI's structured outputs, as far as they are written down ("Supported schemas").
 * What the page leaves open counts as not allowed: a schema that is called strict and is not gets
 * its requests refused, one that is not called strict is only held to less firmly.
 */
#include "json/schema_private.h"

#include <string.h>

enum {
	TEXT_BYTES_MAX = 120000, /* of names and constants together; here of everything */
	PROPERTIES_MAX = 5000,
	ENUM_VALUES_MAX = 1000,
	ENUM_LONG_N = 250, /* an enum with more values than this ... */
	ENUM_LONG_BYTES_MAX = 15000,
	LEVELS_MAX = 10
};

/* What has been counted over all of the schema. */
struct census {
	size_t properties_n, enum_values_n;
};

static const char *const formats[] = { "\"date-time\"", "\"time\"", "\"date\"", "\"duration\"",
	"\"email\"", "\"hostname\"", "\"ipv4\"", "\"ipv6\"", "\"uuid\"" };

static bool has(const struct schema_node *node, enum schema_word word)
{
	return schema_clause_of(node, word);
}

static size_t count_items(struct span array)
{
	struct json_walk w;
	size_t n = 0;
	json_walk_init(&w, array);
	while (json_walk_next(&w))
		n++;
	return n;
}

static bool requires(const struct schema_clause *required, struct span name)
{
	struct json_walk w;
	json_walk_init(&w, required->value);
	while (json_walk_next(&w))
		if (json_key_is(w.value, name))
			return true;
	return false;
}

/* True if the node is closed and requires all it names, and nothing else. */
static bool is_closed(const struct schema_node *node)
{
	const struct schema_clause *names = schema_clause_of(node, SCHEMA_WORD_PROPERTIES);
	const struct schema_clause *required = schema_clause_of(node, SCHEMA_WORD_REQUIRED);
	const struct schema_clause *rest = schema_clause_of(node, SCHEMA_WORD_ADDITIONAL);
	if (!names || !required || !rest || *rest->value.at != 'f')
		return false;
	for (size_t i = 0; i < names->subs_n; i++)
		if (!requires(required, names->subs[i].name))
			return false;
	return count_items(required->value) == names->subs_n;
}

static bool is_known_format(struct span format)
{
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
		if (span_is(format, formats[i]))
			return true;
	return false;
}

/* True if the text, which has n bytes, is in the span. */
static bool mentions(struct span in, const char *text)
{
	return memmem(in.at, in.n, text, strlen(text));
}

static bool is_strict_enum(const struct schema_clause *clause, struct census *census)
{
	size_t n = count_items(clause->value);
	census->enum_values_n += n;
	return n > 0 && (n <= ENUM_LONG_N || clause->value.n <= ENUM_LONG_BYTES_MAX);
}

static bool is_strict_clause(
	const struct schema *s, const struct schema_clause *clause, struct census *census)
{
	bool at_root = clause->node == s->nodes[0];
	if (!clause->keyword->is_strict)
		return false;
	switch (clause->keyword->word) {
	case SCHEMA_WORD_REF: /* beside it nothing else may stand */
		return clause->node->clauses_n == 1 &&
			(span_is(clause->value, "\"#\"") ||
				memcmp(clause->value.at, "\"#/$defs/", 9) == 0);
	case SCHEMA_WORD_DEFS:
	case SCHEMA_WORD_SCHEMA:
		return at_root;
	case SCHEMA_WORD_ANY_OF:
		return !at_root;
	case SCHEMA_WORD_ENUM:
		return is_strict_enum(clause, census);
	case SCHEMA_WORD_FORMAT:
		return is_known_format(clause->value);
	case SCHEMA_WORD_PATTERN: /* nothing is said of lookarounds and their kin */
		return !mentions(clause->value, "(?") && !mentions(clause->value, "\\\\p");
	case SCHEMA_WORD_PROPERTIES:
		census->properties_n += clause->subs_n;
		return true;
	default:
		return true;
	}
}

/* True if the node says what it is about in the way strict mode wants. */
static bool is_plain(const struct schema_node *node)
{
	const struct schema_clause *type = schema_clause_of(node, SCHEMA_WORD_TYPE);
	unsigned kinds = type ? type->kinds : 0;
	bool has_object = kinds & SCHEMA_KIND(JSON_KIND_OBJECT);
	bool has_members = has(node, SCHEMA_WORD_PROPERTIES) || has(node, SCHEMA_WORD_REQUIRED) ||
		has(node, SCHEMA_WORD_ADDITIONAL);
	if (!type && !has(node, SCHEMA_WORD_ANY_OF) && !has(node, SCHEMA_WORD_REF))
		return false;
	if (has_object ? !is_closed(node) : has_members)
		return false;
	return !(kinds & SCHEMA_KIND(JSON_KIND_ARRAY)) || has(node, SCHEMA_WORD_ITEMS);
}

static bool is_strict_node(
	const struct schema *s, const struct schema_node *node, struct census *census)
{
	if (*node->text.at != '{' || !is_plain(node))
		return false;
	for (size_t i = 0; i < node->clauses_n; i++)
		if (!is_strict_clause(s, &node->clauses[i], census))
			return false;
	return true;
}

/*
 * True if the node and all below it are strict, and there are at most `levels` containers of values
 * in one another. The schema of additionalProperties is false, as is_closed sees to.
 */
static bool is_strict_tree(const struct schema *s, const struct schema_node *node, size_t levels,
	struct census *census)
{
	bool is_level = has(node, SCHEMA_WORD_PROPERTIES) || has(node, SCHEMA_WORD_ITEMS);
	if (!is_strict_node(s, node, census) || (is_level && levels == 0))
		return false;
	for (size_t i = 0; i < node->clauses_n; i++) {
		const struct schema_clause *clause = &node->clauses[i];
		enum schema_word word = clause->keyword->word;
		if (word == SCHEMA_WORD_REF || word == SCHEMA_WORD_ADDITIONAL)
			continue;
		for (size_t j = 0; j < clause->subs_n; j++)
			if (!is_strict_tree(s, clause->subs[j].node, levels - is_level, census))
				return false;
	}
	return true;
}

bool schema_is_strict(const struct schema *s)
{
	const struct schema_clause *type = schema_clause_of(s->nodes[0], SCHEMA_WORD_TYPE);
	struct census census = { 0 };
	return type && span_is(type->value, "\"object\"") && s->text.len <= TEXT_BYTES_MAX &&
		is_strict_tree(s, s->nodes[0], LEVELS_MAX, &census) &&
		census.properties_n <= PROPERTIES_MAX && census.enum_values_n <= ENUM_VALUES_MAX;
}
