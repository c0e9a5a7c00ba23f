/* SPDX-License-Identifier: MIT */
/*
 * schema_compile: the steps of making a schema of a document.
 *
 * First every node is made (schema_compile.c, with schema_clause.c for the keywords' values), then
 * references find theirs (schema_ref.c). Private to the schema; one compiler, one thread.
 */
#pragma once

#include "json/schema_private.h"

struct schema_compiler {
	struct schema *schema; /* being made */
	struct err *err;       /* borrowed */
	struct buf refused;    /* keywords that are not known here, as a sentence's end */
	size_t refused_n;
};

/*
 * Fails: fills err with the JSON pointer to the value or key at `where`, in the schema's text, and
 * the message. False.
 */
bool schema_wrong(struct schema_compiler *k, const char *where, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Notes a keyword, or what else is refused, to be named with others; `where` is in the text. */
void schema_refuse(
	struct schema_compiler *k, const char *where, const char *what, struct span name);

/*
 * Makes the node of the schema `text`, in the resource of that index, and all below it. NULL, err
 * filled, if it is none.
 */
struct schema_node *schema_compile_node(
	struct schema_compiler *k, struct span text, size_t resource);

/* Reads the value of a clause, by its keyword's shape. False, err filled, if it is of another. */
bool schema_compile_clause(struct schema_compiler *k, struct schema_clause *clause);

/* Gives the plain text of a scanned string: a span of the text, or of what the schema owns. */
struct span schema_plain(struct schema *s, struct span string);

/* Notes the node's $id and $anchor and sets its resource. False, err filled, if they are bad. */
bool schema_identify(struct schema_compiler *k, struct schema_node *node);

/* Leads every $ref to its node. False, err filled, if one leads nowhere or in a circle. */
bool schema_resolve(struct schema_compiler *k);

/*
 * Gives the URI that `reference` means where the base is `base` (RFC 3986, 5.2; both plain and
 * borrowed); the caller frees it. A fragment is kept.
 */
char *schema_uri_resolve(struct span base, struct span reference);
