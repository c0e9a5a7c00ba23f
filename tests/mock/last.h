/* SPDX-License-Identifier: MIT */
/*
 * last: the last request to an API, as it came, for tests to look at.
 *
 * Without secrets: the values of headers that carry keys are `***`. One thread.
 */
#pragma once

#include "arrival.h"
#include "base/buf.h"

#include <jansson.h>

/* Zeroed is: there was none. */
struct last {
	char *method; /* owned, as all here */
	char *uri;
	struct buf headers; /* name, NUL, value, NUL, ... */
	struct buf body;
};

/* Remembers a request in the place of the one before; takes its body. */
void last_take(struct last *last, const struct arrival *a, struct buf *body);

/* Gives it as a tree that the caller owns: method, path, headers, body (JSON or text). */
json_t *last_tree(const struct last *last);

/* Frees what it holds and forgets it. */
void last_release(struct last *last);
