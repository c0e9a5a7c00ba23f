/* SPDX-License-Identifier: MIT */
#include "work/splice.h"

#include "json/scan.h"
#include "json/text.h"

static bool is_named(struct span key, const struct span *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (json_escaped_equals(json_inside(key), names[i]))
			return true;
	return false;
}

bool splice_has(struct span object, const struct span *names, size_t n)
{
	struct json_walk walk;
	json_walk_init(&walk, object);
	while (json_walk_next(&walk))
		if (is_named(walk.key, names, n))
			return true;
	return false;
}

/*
 * A member that goes takes with it the comma before it, or, if nothing is left before it, the one
 * after it and what is up to the next key; so {"a":1, "b":2} without b is {"a":1}, and without a is
 * {"b":2}. White space before a comma stays: what was inserted before a closing brace comes out
 * again without a trace.
 */
bool splice_open(
	struct buf *out, struct span object, const struct span *names, size_t n, bool *has_members)
{
	struct json_walk walk;
	const char *at = object.at + 1; /* all before this has been dealt with */
	const char *close = object.at + object.n - 1;
	*has_members = false;
	if (!buf_put_char(out, '{'))
		return false;
	json_walk_init(&walk, object);
	while (json_walk_next(&walk)) {
		const char *end = walk.value.at + walk.value.n;
		const char *comma = memchr(at, ',', (size_t)(walk.key.at - at));
		if (!buf_put(out, at, (size_t)((comma ? comma : walk.key.at) - at)))
			return false;
		if (!is_named(walk.key, names, n)) {
			const char *from = comma && *has_members ? comma : walk.key.at;
			if (!buf_put(out, from, (size_t)(end - from)))
				return false;
			*has_members = true;
		}
		at = end;
	}
	return buf_put(out, at, (size_t)(close - at));
}
