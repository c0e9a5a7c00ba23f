/* SPDX-License-Identifier: MIT */
/*
 * scan: JSON read where it lies.
 *
 * One strict pass validates a text (RFC 8259, UTF-8, depth); after that its parts are found as
 * spans of the same bytes, so nothing is copied and no number is ever re-printed. What scanning
 * promises, walking relies on: every function below the first one wants a span that json_scan has
 * accepted, or a value found in one. Knows nothing of records or models. Pure; any thread.
 */
#pragma once

#include "base/span.h"

#include <stdbool.h>
#include <stddef.h>

/* The deepest nesting of arrays and objects that is accepted. */
#define JSON_DEPTH_MAX 512

enum json_kind { JSON_KIND_NULL, JSON_KIND_BOOL, JSON_KIND_NUMBER, JSON_KIND_STRING, JSON_KIND_ARRAY, JSON_KIND_OBJECT };

struct json_fault {
	size_t offset;      /* of the first byte that is wrong, from the start of the text */
	const char *reason; /* static: what was expected or found, "control character in string" */
};

/*
 * Validates that `text` is exactly one JSON value with optional white space around it.
 * True: *value is the value without that white space. False: *fault says where and why.
 */
bool json_scan(struct span text, struct span *value, struct json_fault *fault);

/* The kind of a scanned value, from its first byte. */
enum json_kind json_kind(struct span value);

/* A walk through the members of an object or the items of an array. */
struct json_walk {
	const char *at;  /* the next byte to look at */
	const char *end; /* one past the container's last byte */
	bool in_object;
	bool is_open;      /* the current value has not been skipped yet */
	struct span key;   /* of the current member, with its quotes; missing in an array */
	struct span value; /* the current member's or item's value */
};

/* Starts a walk; a value that is neither object nor array has no members. Borrows the bytes. */
void json_walk_init(struct json_walk *w, struct span container);

/* Moves to the next member or item and fills key and value. False at the end. */
bool json_walk_next(struct json_walk *w);

/*
 * The same without looking for the end of the value, so that a container can be entered and walked
 * in one pass over the bytes: key is filled, value is not.
 */
bool json_walk_step(struct json_walk *w);

/* After json_walk_step: gives the current value. */
struct span json_walk_value(struct json_walk *w);

/* After json_walk_step: starts a walk inside the current value, a container or not. */
void json_walk_enter(const struct json_walk *w, struct json_walk *inner);

/* Ends a walk begun with json_walk_enter, wherever it is; w goes on behind its container. */
void json_walk_leave(struct json_walk *w, struct json_walk *inner);

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
