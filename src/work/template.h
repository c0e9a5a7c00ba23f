/* SPDX-License-Identifier: MIT */
/*
 * template: text with holes for a record's fields (product.md section 4).
 *
 * `{{path}}`, `{{path?}}`, `{{path|json}}`, `{{path|trim}}`, `{{path|truncate:N}}`; filters are
 * chained left to right, a `?` stands after the path. One pass, no logic, never rescanned.
 * Compiled once; rendering writes *escaped* JSON text (the inside of a string), so no record can
 * break out of the string it is put in.
 *
 * Strings go in decoded, which means that their escaped bytes are copied; null, booleans, numbers,
 * objects and arrays go in as their original bytes. `json` gives a value's JSON text, of a string
 * with its quotes; after another filter it quotes that filter's text. `trim` drops ASCII white
 * space at both ends, `truncate:N` keeps the first N code points, both of the plain text (a lone
 * surrogate becomes U+FFFD).
 *
 * Knows nothing of steps (work/plan does) or APIs. A compiled template never changes: any thread
 * may render it.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "json/path.h"

#include <stdbool.h>
#include <stddef.h>

enum template_source {
	TEMPLATE_FROM_ARGUMENT, /* \n, \t, \\ and \{{ are escapes; any other \x stays as it is */
	TEMPLATE_FROM_FILE      /* verbatim but for \{{ */
};

struct template_part; /* literal or hole; private */

/* The most that values of holes can be bound to: a plan's steps. */
enum { TEMPLATE_VALUES_MAX = 64 };

/* What holes are filled from. */
struct template_scope {
	struct span record;        /* scanned: any JSON value */
	const struct span *values; /* JSON, by the index that holes were bound to; a missing span is
				      filled from the record. NULL if none was bound */
};

struct template
{
	struct template_part *parts; /* owned */
	size_t parts_n;
};

/* What rendering found wrong with a record. */
struct template_fault {
	char msg[300]; /* UTF-8, NUL-terminated; e.g. `no field "titel"; the record has "title"` */
};

/*
 * Compiles text, which is borrowed. False, with t empty and err filled (ERR_TEMPLATE; says at which
 * column, and line if it is not the first): an unclosed {{, a bad path, an unknown filter (names
 * the known ones), invalid UTF-8.
 */
bool template_parse(
	struct template *t, struct span text, enum template_source source, struct err *err);

/* Frees what t holds; fine on a zeroed one. */
void template_release(struct template *t);

/*
 * Binds all holes whose path begins with that name to the value of that index: from then on they
 * are filled from the scope's values, with the rest of the path. If it is_list, a hole that is the
 * name and no more gives the items numbered, one below the other ("1. ..."), without those that are
 * null, unless its first filter is `json`; an item that is null is missing. Gives how many holes
 * were bound. While it is compiled: one thread.
 */
size_t template_bind(struct template *t, struct span name, unsigned index, bool is_list);

/*
 * Tells each hole that is not bound which of the n names its own may be a slip of: should the
 * record have no such field, the fault says so. The names, not their array, are borrowed for as
 * long as t is rendered. Once all are bound.
 */
void template_suggest(struct template *t, const char *const *names, size_t n);

/*
 * Appends the text to out, escaped. False with fault filled if a field without `?` is missing or
 * out's ceiling is reached; out then holds a part.
 */
bool template_render(const struct template *t, const struct template_scope *scope, struct buf *out,
	struct template_fault *fault);

/* Gives how many holes t has. */
size_t template_holes_n(const struct template *t);

/*
 * Gives the path of hole i (< template_holes_n, in order), borrowed; work/plan reads the steps'
 * needs off these.
 */
const struct path *template_hole(const struct template *t, size_t i);
