/* SPDX-License-Identifier: MIT */
/*
 * schema_private: what a compiled schema is made of.
 *
 * A node is a place in the document where a schema stands; a clause is one keyword of it, with
 * what its value was compiled to. What a keyword is (its value's shape, how it is checked, since
 * when it exists) is one row of the table in schema_keywords.c; the rows stand in the order in
 * which clauses are checked, so that the plainest fault is found first. All spans lie in the
 * schema's own text. Nothing changes after compilation. Private to the schema.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "json/schema.h"
#include "json/schema_number.h"
#include "json/schema_regex.h"
#include "json/walk.h"

#include <stdint.h>

struct schema_check;
struct schema_clause;

/* A bit for each enum json_kind, for sets of them. */
#define SCHEMA_KIND(kind) (1U << (kind))
/* One more, for the type "integer". */
#define SCHEMA_INTEGER SCHEMA_KIND(JSON_KIND_OBJECT + 1)

enum schema_draft { SCHEMA_DRAFT_07, SCHEMA_DRAFT_2019, SCHEMA_DRAFT_2020 };

/* What the value of a keyword looks like, and so what its clause holds. */
enum schema_shape {
	SCHEMA_SHAPE_ANY,      /* nothing but the value */
	SCHEMA_SHAPE_REF,      /* one sub: where it leads */
	SCHEMA_SHAPE_SCHEMA,   /* one sub */
	SCHEMA_SHAPE_LIST,     /* subs, at least one */
	SCHEMA_SHAPE_NAMED,    /* subs, by name in order */
	SCHEMA_SHAPE_PATTERNS, /* subs with a regex */
	SCHEMA_SHAPE_NAMES,    /* an array of strings */
	SCHEMA_SHAPE_NAME_MAP, /* an object of arrays of strings */
	SCHEMA_SHAPE_TYPES,    /* kinds */
	SCHEMA_SHAPE_NUMBER,   /* number */
	SCHEMA_SHAPE_DIVISOR,  /* number, > 0 and short */
	SCHEMA_SHAPE_COUNT,    /* count */
	SCHEMA_SHAPE_REGEX     /* regex */
};

/* The keywords that others look at. */
enum schema_word {
	SCHEMA_WORD_NONE,
	SCHEMA_WORD_ID,
	SCHEMA_WORD_REF,
	SCHEMA_WORD_TYPE,
	SCHEMA_WORD_PROPERTIES,
	SCHEMA_WORD_PATTERN_PROPERTIES,
	SCHEMA_WORD_ADDITIONAL,
	SCHEMA_WORD_REQUIRED,
	SCHEMA_WORD_PREFIX_ITEMS,
	SCHEMA_WORD_ITEMS,
	SCHEMA_WORD_MIN_CONTAINS,
	SCHEMA_WORD_MAX_CONTAINS,
	SCHEMA_WORD_CONST,
	SCHEMA_WORD_ENUM,
	SCHEMA_WORD_ANY_OF,
	SCHEMA_WORD_THEN,
	SCHEMA_WORD_ELSE,
	SCHEMA_WORD_DEFS,
	SCHEMA_WORD_SCHEMA,
	SCHEMA_WORD_FORMAT,
	SCHEMA_WORD_PATTERN
};

struct schema_keyword {
	const char *name;
	enum schema_word word;
	unsigned kinds; /* the kinds its value may be of */
	enum schema_shape shape;
	unsigned applies; /* the kinds of values that are checked; others pass */
	/* False, with a fault, if the value breaks the clause. NULL: an annotation, or a helper. */
	bool (*check)(
		struct schema_check *c, const struct schema_clause *clause, struct span value);
	enum schema_draft since; /* the first dialect that knows it */
	bool in_place;           /* its subs are about the same value */
	bool is_strict;          /* strict mode knows it */
};

struct schema_sub {
	struct span name;           /* plain; for NAMED */
	struct schema_regex *regex; /* owned; for PATTERNS */
	struct schema_node *node;   /* borrowed from the schema */
};

struct schema_clause {
	const struct schema_keyword *keyword;
	const struct schema_node *node; /* whose clause it is */
	struct span value;              /* the keyword's value */
	struct schema_sub *subs;        /* owned */
	size_t subs_n;
	struct schema_number number;
	uint64_t count;
	unsigned kinds;
	struct schema_regex *regex; /* owned */
};

struct schema_node {
	struct span text;
	struct schema_clause *clauses; /* owned, in the table's order; none for true and false */
	size_t clauses_n;
	size_t resource;    /* the index of the resource it is part of */
	int in_place_depth; /* in-place steps it takes at most, itself included; 0 = not known yet
			     */
	bool is_open;       /* while they are counted */
};

/* A schema with a URI of its own: the root, and whatever has an $id. */
struct schema_resource {
	char *uri; /* owned, absolute as far as the document says, without a fragment */
	struct schema_node *node;
};

struct schema_anchor {
	struct span name; /* plain */
	struct schema_node *node;
};

struct schema {
	struct buf text;            /* the document, compact */
	struct schema_node **nodes; /* owned, each too; in the order of the text; [0] is the root */
	size_t nodes_n;
	struct schema_resource *resources; /* owned */
	size_t resources_n;
	struct schema_anchor *anchors; /* owned */
	size_t anchors_n;
	char **names; /* owned, each too: names that had to be decoded */
	size_t names_n;
	enum schema_draft draft;
};

/* Gives the row of the keyword called `name` (plain), or NULL. */
const struct schema_keyword *schema_keyword_find(struct span name);

/* Gives the clause of a node's keyword, or NULL. */
const struct schema_clause *schema_clause_of(const struct schema_node *node, enum schema_word word);

/* Gives the sub called `name` (plain) of a clause with names, or NULL. */
const struct schema_sub *schema_sub_find(const struct schema_clause *clause, struct span name);
