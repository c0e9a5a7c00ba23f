/* SPDX-License-Identifier: MIT */
/*
 * path: where in a value to look, in jq's manner.
 *
 * `a.b[0]`, `.a.b`, `["odd key"]`, `a["b"][-1]`, and `.` for the whole value. A name without
 * quotes is made of letters, digits, `_ - $ @ :` and what is outside ASCII; any other is written
 * as a JSON string in brackets. Compiled once, looked up per record. Serves templates and every
 * option that takes a PATH. Pure; a compiled path never changes, so any thread may look up in it.
 */
#pragma once

#include "base/err.h"
#include "base/span.h"

#include <stdbool.h>
#include <stddef.h>

struct path_part {
	char *name; /* owned, plain text, may hold NULs; NULL for an index */
	size_t name_n;
	long index;    /* when name is NULL; negative counts from the end */
	size_t text_n; /* how many bytes of the path's text lead up to and include this part */
};

struct path {
	struct path_part *parts; /* owned; none = the whole value */
	size_t parts_n;
	char *text; /* owned: as written, without outer spaces, NUL-terminated, for messages */
};

/*
 * Compiles text, which is borrowed; white space around it is ignored. False, with p empty and err
 * filled (ERR_TEMPLATE: which path, what is wrong, and where in it), if it is no path.
 */
bool path_parse(struct path *p, struct span text, struct err *err);

/* Frees what p holds; fine on a zeroed one. */
void path_release(struct path *p);

/* Gives the value at p in a scanned value, borrowed, or a missing span. */
struct span path_find(const struct path *p, struct span value);

/*
 * For messages about a path that leads nowhere in a scanned value: writes the key, escaped as the
 * value has it and NUL-terminated, of the member most like the first name that was not found.
 * False, with out untouched, if none is near (see near_limit), none fits in n bytes, or it is not
 * a name in an object that is missing.
 */
bool path_nearest(const struct path *p, struct span value, char *out, size_t n);
