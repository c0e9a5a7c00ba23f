/* SPDX-License-Identifier: MIT */
#include "peer.h"

#include "base/buf.h"
#include "json/scan.h"
#include "json/text.h"

#include <jansson.h>

static json_t *load(struct span text, json_error_t *error)
{
	return json_loadb(text.at, text.n, JSON_DECODE_ANY | JSON_ALLOW_NUL, error);
}

enum peer_verdict peer_judge(struct span text)
{
	json_error_t error;
	/* jansson passes over a NUL that follows a number; the grammar has none anywhere */
	if (text.n && memchr(text.at, 0, text.n))
		return PEER_REFUSES;
	json_t *tree = load(text, &error);
	if (tree) {
		json_decref(tree);
		return PEER_ACCEPTS;
	}
	switch (json_error_code(&error)) {
	case json_error_numeric_overflow:
	case json_error_null_byte_in_key:
	case json_error_stack_overflow:
		return PEER_IS_NARROW;
	default:
		return strncmp(error.text, "invalid Unicode", 15) == 0 ? PEER_IS_NARROW
								       : PEER_REFUSES;
	}
}

static bool same(struct span value, json_t *want);

static bool same_members(struct span object, json_t *want)
{
	const char *key;
	json_t *member;
	bool ok = json_kind(object) == JSON_KIND_OBJECT &&
		json_is_empty(object) == (json_object_size(want) == 0);
	json_object_foreach(want, key, member) ok =
		ok && same(json_member(object, span_of(key)), member);
	return ok;
}

static bool same_items(struct span array, json_t *want)
{
	struct json_walk w;
	size_t n = 0;
	bool ok = json_kind(array) == JSON_KIND_ARRAY;
	json_walk_init(&w, array);
	for (; ok && json_walk_next(&w); n++)
		ok = n < json_array_size(want) && same(w.value, json_array_get(want, n));
	return ok && n == json_array_size(want) && json_is_empty(array) == (n == 0);
}

static bool same_string(struct span string, json_t *want)
{
	if (json_kind(string) != JSON_KIND_STRING)
		return false;
	struct span plain = { json_string_value(want), json_string_length(want) };
	struct buf got;
	buf_init(&got, string.n);
	bool ok = json_put_plain(&got, json_inside(string)) && span_equals(buf_span(&got), plain) &&
		json_escaped_equals(json_inside(string), plain);
	buf_release(&got);
	return ok;
}

static bool same_scalar(struct span value, json_t *want)
{
	json_t *got = load(value, NULL);
	bool ok = got && json_equal(got, want);
	json_decref(got);
	return ok;
}

static bool same(struct span value, json_t *want)
{
	if (!value.at)
		return false;
	switch (json_typeof(want)) {
	case JSON_OBJECT:
		return same_members(value, want);
	case JSON_ARRAY:
		return same_items(value, want);
	case JSON_STRING:
		return same_string(value, want);
	default:
		return same_scalar(value, want);
	}
}

bool peer_sees_same(struct span value)
{
	json_t *want = load(value, NULL);
	bool ok = want && same(value, want);
	json_decref(want);
	return ok;
}

static json_t *step(json_t *from, const struct path_part *part)
{
	if (part->name)
		return memchr(part->name, 0, part->name_n)
			? NULL
			: json_object_getn(from, part->name, part->name_n);
	long size = (long)json_array_size(from);
	long index = part->index < 0 ? part->index + size : part->index;
	return index < 0 ? NULL : json_array_get(from, (size_t)index);
}

bool peer_finds_same(const struct path *p, struct span value, struct span found)
{
	json_t *root = load(value, NULL), *want = root;
	for (size_t i = 0; i < p->parts_n && want; i++)
		want = step(want, &p->parts[i]);
	bool ok = root && (want ? same(found, want) : !found.at);
	json_decref(root);
	return ok;
}
