/* SPDX-License-Identifier: MIT */
#include "json/schema_check.h"
#include "json/schema_private.h"

#include <stdlib.h>
#include <string.h>

#define NUL SCHEMA_KIND(JSON_KIND_NULL)
#define BOOL SCHEMA_KIND(JSON_KIND_BOOL)
#define NUMBER SCHEMA_KIND(JSON_KIND_NUMBER)
#define STRING SCHEMA_KIND(JSON_KIND_STRING)
#define ARRAY SCHEMA_KIND(JSON_KIND_ARRAY)
#define OBJECT SCHEMA_KIND(JSON_KIND_OBJECT)
#define SCHEMA (BOOL | OBJECT)
#define ANY (NUL | BOOL | NUMBER | STRING | ARRAY | OBJECT)

/* The columns that are not named: word, kinds, shape. */
#define ROW(name_, word_, kinds_, shape_)                                \
	.name = (name_), .word = SCHEMA_WORD_##word_, .kinds = (kinds_), \
	.shape = SCHEMA_SHAPE_##shape_
#define CHECK(applies_, check_) .applies = (applies_), .check = schema_check_##check_
#define NOTE(name_, kinds_)                   \
	{                                     \
		ROW(name_, NONE, kinds_, ANY) \
	}
#define IN_PLACE .in_place = true
#define STRICT .is_strict = true
#define SINCE_2019 .since = SCHEMA_DRAFT_2019
#define SINCE_2020 .since = SCHEMA_DRAFT_2020

static const struct schema_keyword keywords[] = {
	{ ROW("type", TYPE, STRING | ARRAY, TYPES), CHECK(ANY, type), STRICT },
	{ ROW("const", CONST, ANY, ANY), CHECK(ANY, const), STRICT },
	{ ROW("enum", ENUM, ARRAY, ANY), CHECK(ANY, enum), STRICT },
	{ ROW("minItems", NONE, NUMBER, COUNT), CHECK(ARRAY, min_members), STRICT },
	{ ROW("maxItems", NONE, NUMBER, COUNT), CHECK(ARRAY, max_members), STRICT },
	{ ROW("minLength", NONE, NUMBER, COUNT), CHECK(STRING, min_length) },
	{ ROW("maxLength", NONE, NUMBER, COUNT), CHECK(STRING, max_length) },
	{ ROW("minimum", NONE, NUMBER, NUMBER), CHECK(NUMBER, minimum), STRICT },
	{ ROW("maximum", NONE, NUMBER, NUMBER), CHECK(NUMBER, maximum), STRICT },
	{ ROW("exclusiveMinimum", NONE, NUMBER, NUMBER), CHECK(NUMBER, exclusive_minimum), STRICT },
	{ ROW("exclusiveMaximum", NONE, NUMBER, NUMBER), CHECK(NUMBER, exclusive_maximum), STRICT },
	{ ROW("multipleOf", NONE, NUMBER, DIVISOR), CHECK(NUMBER, multiple_of), STRICT },
	{ ROW("pattern", PATTERN, STRING, REGEX), CHECK(STRING, pattern), STRICT },
	{ ROW("properties", PROPERTIES, OBJECT, NAMED), CHECK(OBJECT, properties), STRICT },
	{ ROW("patternProperties", PATTERN_PROPERTIES, OBJECT, PATTERNS),
		CHECK(OBJECT, pattern_properties) },
	{ ROW("additionalProperties", ADDITIONAL, SCHEMA, SCHEMA), CHECK(OBJECT, additional),
		STRICT },
	{ ROW("required", REQUIRED, ARRAY, NAMES), CHECK(OBJECT, required), STRICT },
	{ ROW("dependentRequired", NONE, OBJECT, NAME_MAP), CHECK(OBJECT, dependent_required),
		SINCE_2019 },
	{ ROW("minProperties", NONE, NUMBER, COUNT), CHECK(OBJECT, min_members) },
	{ ROW("maxProperties", NONE, NUMBER, COUNT), CHECK(OBJECT, max_members) },
	{ ROW("propertyNames", NONE, SCHEMA, SCHEMA), CHECK(OBJECT, property_names) },
	{ ROW("prefixItems", PREFIX_ITEMS, ARRAY, LIST), CHECK(ARRAY, prefix_items), SINCE_2020 },
	{ ROW("items", ITEMS, SCHEMA, SCHEMA), CHECK(ARRAY, items), STRICT },
	{ ROW("contains", NONE, SCHEMA, SCHEMA), CHECK(ARRAY, contains) },
	{ ROW("minContains", MIN_CONTAINS, NUMBER, COUNT), SINCE_2019 },
	{ ROW("maxContains", MAX_CONTAINS, NUMBER, COUNT), SINCE_2019 },
	{ ROW("uniqueItems", NONE, BOOL, ANY), CHECK(ARRAY, unique_items) },
	{ ROW("$ref", REF, STRING, REF), CHECK(ANY, all_of), IN_PLACE, STRICT },
	{ ROW("allOf", NONE, ARRAY, LIST), CHECK(ANY, all_of), IN_PLACE },
	{ ROW("anyOf", ANY_OF, ARRAY, LIST), CHECK(ANY, any_of), IN_PLACE, STRICT },
	{ ROW("oneOf", NONE, ARRAY, LIST), CHECK(ANY, one_of), IN_PLACE },
	{ ROW("not", NONE, SCHEMA, SCHEMA), CHECK(ANY, not ), IN_PLACE },
	{ ROW("if", NONE, SCHEMA, SCHEMA), CHECK(ANY, if), IN_PLACE },
	{ ROW("then", THEN, SCHEMA, SCHEMA), IN_PLACE },
	{ ROW("else", ELSE, SCHEMA, SCHEMA), IN_PLACE },
	{ ROW("dependentSchemas", NONE, OBJECT, NAMED), CHECK(OBJECT, dependent_schemas), IN_PLACE,
		SINCE_2019 },
	{ ROW("$defs", DEFS, OBJECT, NAMED), STRICT },
	{ ROW("definitions", DEFS, OBJECT, NAMED) },
	{ ROW("$id", ID, STRING, ANY) },
	{ ROW("$anchor", ID, STRING, ANY), SINCE_2019 },
	{ ROW("$schema", SCHEMA, STRING, ANY), STRICT },
	{ ROW("format", FORMAT, STRING, ANY), STRICT },
	{ ROW("title", NONE, STRING, ANY), STRICT },
	{ ROW("description", NONE, STRING, ANY), STRICT },
	NOTE("default", ANY),
	NOTE("examples", ARRAY),
	NOTE("$comment", STRING),
	NOTE("deprecated", BOOL),
	NOTE("readOnly", BOOL),
	NOTE("writeOnly", BOOL),
	NOTE("contentEncoding", STRING),
	NOTE("contentMediaType", STRING),
	NOTE("contentSchema", SCHEMA),
};

const struct schema_keyword *schema_keyword_find(struct span name)
{
	for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
		if (span_is(name, keywords[i].name))
			return &keywords[i];
	return NULL;
}

const struct schema_clause *schema_clause_of(const struct schema_node *node, enum schema_word word)
{
	for (size_t i = 0; i < node->clauses_n; i++)
		if (node->clauses[i].keyword->word == word)
			return &node->clauses[i];
	return NULL;
}
