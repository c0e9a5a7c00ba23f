/* SPDX-License-Identifier: MIT */
/*
 * walk: the parts of a JSON text that is known to be valid.
 *
 * Finds members and items as spans of the same bytes: nothing is copied, no number is ever
 * re-printed. Every function wants a value that json_scan has accepted, or one found in it, and
 * trusts it. Pure; any thread.
 */
#pragma once

#include "base/span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum json_kind {
	JSON_KIND_NULL,
	JSON_KIND_BOOL,
	JSON_KIND_NUMBER,
	JSON_KIND_STRING,
	JSON_KIND_ARRAY,
	JSON_KIND_OBJECT
};

/* The kind of a scanned value, from its first byte. */
enum json_kind json_kind(struct span value);

/* True if the value is there and of that kind. */
bool json_is(struct span value, enum json_kind kind);

/* A walk through the members of an object or the items of an array. */
struct json_walk {
	const char *at;  /* the next byte to look at; NULL = there is nothing to walk through */
	const char *end; /* one past the container's last byte */
	bool in_object;
	struct span key;   /* of the current member, with its quotes; missing in an array */
	struct span value; /* the current member's or item's value */
};

/* Starts a walk; a value that is neither object nor array has no members. Borrows the bytes. */
void json_walk_init(struct json_walk *w, struct span container);

/* Moves to the next member or item and fills key and value. False at the end. */
bool json_walk_next(struct json_walk *w);

/* True if a key, with its quotes, stands for the plain text `name`, escapes decoded. */
bool json_key_is(struct span key, struct span name);

/*
 * Gives the value of the member called `name` (plain text, compared with escapes decoded); with
 * duplicate keys the last one, as JSON parsers do. A missing span if there is none or `object` is
 * not an object.
 */
struct span json_member(struct span object, struct span name);

/*
 * Gives the item at `index` (negative: from the end); a missing span if there is none or it is no
 * array.
 */
struct span json_item(struct span array, long index);

/* True if the object has no members, or the array no items. */
bool json_is_empty(struct span container);

/* Gives the inside of a string value, still escaped: the span without its quotes. */
struct span json_inside(struct span string);

/* Gives the inside of a value if it is a string, still escaped; else a missing span. */
struct span json_text_of(struct span value);

/*
 * Gives a whole number from 0 to 2^53 that a value is, or that it is the text of ("12"); -1 if it
 * is neither: of more nobody counts, and sums of these do not overflow.
 */
int64_t json_count_of(struct span value);
