/* SPDX-License-Identifier: MIT */
/*
 * array: a JSON array put together from values that were found in others.
 *
 * It grows in a buf of its own, empty to begin with, and is whole once array_end has closed it.
 * Values are copied byte for byte and must have been validated. What adds returns false only at the
 * buf's ceiling. Pure; any thread.
 */
#pragma once

#include "base/buf.h"
#include "base/span.h"
#include "json/walk.h"

#include <stdbool.h>

/* Adds one item. */
static inline bool array_add(struct buf *array, struct span value)
{
	return buf_put_char(array, array->len ? ',' : '[') && buf_put_span(array, value);
}

/* Adds all items of another array; a value that is none, or is missing, adds nothing. */
static inline bool array_add_all(struct buf *array, struct span other)
{
	if (!json_is(other, JSON_KIND_ARRAY) || json_is_empty(other))
		return true;
	return array_add(array, json_inside(other)); /* brackets come off as quotes do */
}

/* Closes the array and gives it; a missing span if nothing was added. */
static inline struct span array_end(struct buf *array)
{
	if (!array->len || !buf_put_char(array, ']'))
		return (struct span){ 0 };
	return buf_span(array);
}
