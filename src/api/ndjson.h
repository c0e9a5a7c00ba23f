/* SPDX-License-Identifier: MIT */
/*
 * ndjson: the lines of a stream of JSON values that has arrived whole.
 *
 * Lines end with LF, or CR and LF; those with nothing but white space in them are passed over.
 * Knows no API, and looks at no JSON. Pure; any thread.
 */
#pragma once

#include "base/span.h"

#include <stdbool.h>

/* A walk through the lines; the members are private. */
struct ndjson {
	const char *at;
	const char *end;
};

/* Starts at the first line. Borrows the bytes while the walk lasts. */
void ndjson_init(struct ndjson *n, struct span bytes);

/*
 * Moves to the next line and fills *line, without its end. False when there are no more. *is_cut
 * says that it is the last and has no LF: it may be a part of a line.
 */
bool ndjson_next(struct ndjson *n, struct span *line, bool *is_cut);
