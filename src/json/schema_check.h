/* SPDX-License-Identifier: MIT */
/*
 * schema_check: one value on its way through a schema.
 *
 * A keyword's check looks at one value, in the place the check stands in, and is called only for
 * values of the kinds it applies to. It says false after schema_fail, which is quiet while a
 * failure is only a finding (under not, anyOf, ...). Once gave_up is set the answer is false,
 * whatever the keywords make of it. Private to the schema; one check, one thread.
 */
#pragma once

#include "json/schema_private.h"

/* Where in the value the check stands: a step down from `up`; the root has none. */
struct schema_place {
	const struct schema_place *up;
	struct span key; /* with its quotes; missing: an item */
	size_t index;    /* of an item */
	bool is_name;    /* the member's name, not its value */
};

/* Why a value fails: the later, the more it looks like what was meant. */
enum schema_reason { SCHEMA_REASON_CONSTANT, SCHEMA_REASON_TYPE, SCHEMA_REASON_OTHER };

/* How far a failing value came, to tell which alternative was meant. */
struct schema_score {
	size_t depth; /* of the place of the fault */
	enum schema_reason reason;
};

struct schema_check {
	const struct schema_place *place;
	struct schema_fault *fault; /* borrowed */
	long steps;                 /* that are left */
	size_t depth;               /* of the place */
	size_t nodes_n;             /* nodes that are being checked, one inside the other */
	unsigned quiet;             /* above 0: no message */
	bool gave_up;
	struct schema_score score; /* of the last fault */
	struct schema_match match;
	struct buf plain; /* a decoded string, until the next one */
};

/* A piece of a value, for a message. */
struct schema_quote {
	char text[256];
};

/* True if the value meets the schema; the check stands in the value's place. */
bool schema_check_node(struct schema_check *c, const struct schema_node *node, struct span value);

/* As schema_check_node, one step further down. */
bool schema_check_below(struct schema_check *c, const struct schema_node *node, struct span value,
	struct schema_place place);

/* True if the value meets the schema; false leaves no message. */
bool schema_check_quietly(
	struct schema_check *c, const struct schema_node *node, struct span value);

/* Notes a fault here: what was expected, and found. False. */
bool schema_fail(struct schema_check *c, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Ends the check: it would cost too much. `what` says why. False. */
bool schema_give_up(struct schema_check *c, const char *what);

/* Takes what looking at so many bytes costs; false if the check has given up. */
bool schema_spend(struct schema_check *c, size_t bytes);

/*
 * Give a value's text for a message, empty while the check is quiet: of what was found some 80
 * bytes at most, of what the schema wants some 240.
 */
struct schema_quote schema_found(const struct schema_check *c, struct span value);
/* As schema_found. */
struct schema_quote schema_wanted(const struct schema_check *c, struct span value);

/* Gives the plain text of a scanned string, borrowed until the next call. */
struct span schema_decode(struct schema_check *c, struct span string);

/* True if the two scanned values are equal, as JSON Schema sees it. */
bool schema_equal(struct schema_check *c, struct span a, struct span b);

/* Gives a hash that equal values share. */
uint64_t schema_hash(struct schema_check *c, struct span value);

/* How a keyword's check is defined. */
#define SCHEMA_CHECK(name)        \
	bool schema_check_##name( \
		struct schema_check *c, const struct schema_clause *clause, struct span value)

/* The type of these functions, of which each is named for its keyword; see the table. */
typedef SCHEMA_CHECK(of_keyword);

extern schema_check_of_keyword schema_check_type, schema_check_const, schema_check_enum,
	schema_check_required, schema_check_dependent_required, schema_check_dependent_schemas,
	schema_check_min_members, schema_check_max_members, schema_check_min_length,
	schema_check_max_length, schema_check_minimum, schema_check_maximum,
	schema_check_exclusive_minimum, schema_check_exclusive_maximum, schema_check_multiple_of,
	schema_check_pattern, schema_check_properties, schema_check_pattern_properties,
	schema_check_additional, schema_check_property_names, schema_check_prefix_items,
	schema_check_items, schema_check_contains, schema_check_unique_items, schema_check_all_of,
	schema_check_any_of, schema_check_one_of, schema_check_not, schema_check_if;
