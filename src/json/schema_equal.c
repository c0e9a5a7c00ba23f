/* SPDX-License-Identifier: MIT */
/*
 * Equality as JSON Schema sees it: of numbers by value, of strings decoded, of objects without
 * order, where the last of two members of one name counts. For uniqueItems each item gets a hash
 * that does not depend on how it is written; only items that share one are compared.
 */
#include "json/schema_check.h"

#include <stdlib.h>

enum { ITEMS_MAX = 1 << 20 /* that can be told apart */ };

#define HASH_BASIS 0xcbf29ce484222325ULL
#define HASH_PRIME 0x100000001b3ULL

struct item {
	uint64_t hash;
	size_t index;
	struct span value;
};

static bool equal_strings(struct schema_check *c, struct span a, struct span b)
{
	if (span_equals(a, b))
		return true;
	return json_key_is(a, schema_decode(c, b));
}

static bool equal_arrays(struct schema_check *c, struct span a, struct span b)
{
	struct json_walk in_a, in_b;
	json_walk_init(&in_a, a);
	json_walk_init(&in_b, b);
	for (;;) {
		bool more = json_walk_next(&in_a);
		if (more != json_walk_next(&in_b))
			return false;
		if (!more)
			return true;
		if (!schema_equal(c, in_a.value, in_b.value))
			return false;
	}
}

/* True if each member of a is in b; and with the same value, if that is wanted. */
static bool includes(struct schema_check *c, struct span a, struct span b, bool has_values)
{
	struct json_walk w;
	json_walk_init(&w, a);
	while (json_walk_next(&w)) {
		if (!schema_spend(c, b.n))
			return false;
		struct span other = json_member(b, schema_decode(c, w.key));
		if (!other.at)
			return false;
		if (!has_values)
			continue;
		/* w.value may be one that a later member of the name replaces */
		struct span value = json_member(a, schema_decode(c, w.key));
		if (!schema_spend(c, a.n) || !schema_equal(c, value, other))
			return false;
	}
	return true;
}

bool schema_equal(struct schema_check *c, struct span a, struct span b)
{
	enum json_kind kind = json_kind(a);
	if (kind != json_kind(b) || !schema_spend(c, a.n < b.n ? a.n : b.n))
		return false;
	switch (kind) {
	case JSON_KIND_STRING:
		return equal_strings(c, a, b);
	case JSON_KIND_NUMBER: {
		struct schema_number x = schema_number_of(a), y = schema_number_of(b);
		return schema_number_compare(&x, &y) == 0;
	}
	case JSON_KIND_ARRAY:
		return equal_arrays(c, a, b);
	case JSON_KIND_OBJECT:
		return includes(c, a, b, true) && includes(c, b, a, false);
	default:
		return span_equals(a, b);
	}
}

static uint64_t hash_string(struct schema_check *c, struct span string)
{
	struct span plain = schema_decode(c, string);
	uint64_t hash = HASH_BASIS;
	for (size_t i = 0; i < plain.n; i++)
		hash = (hash ^ (unsigned char)plain.at[i]) * HASH_PRIME;
	return hash;
}

/* Mixes, so that sums of what comes out differ. */
static uint64_t mix(uint64_t hash)
{
	hash = (hash ^ hash >> 30) * 0xbf58476d1ce4e5b9ULL;
	hash = (hash ^ hash >> 27) * 0x94d049bb133111ebULL;
	return hash ^ hash >> 31;
}

/* Adds up the members that count: the last of each name. */
static uint64_t hash_object(struct schema_check *c, struct span object)
{
	struct json_walk w;
	uint64_t hash = HASH_BASIS;
	json_walk_init(&w, object);
	while (json_walk_next(&w)) {
		uint64_t name = hash_string(c, w.key);
		if (!schema_spend(c, object.n))
			return 0;
		if (json_member(object, schema_decode(c, w.key)).at == w.value.at)
			hash += mix(name ^ mix(schema_hash(c, w.value)));
	}
	return hash;
}

uint64_t schema_hash(struct schema_check *c, struct span value)
{
	struct json_walk w;
	enum json_kind kind = json_kind(value);
	uint64_t hash = HASH_BASIS + (uint64_t)kind;
	struct schema_number number;
	if (!schema_spend(c, value.n))
		return 0;
	switch (kind) {
	case JSON_KIND_STRING:
		return hash_string(c, value);
	case JSON_KIND_NUMBER:
		number = schema_number_of(value);
		return schema_number_hash(&number);
	case JSON_KIND_ARRAY:
		json_walk_init(&w, value);
		while (json_walk_next(&w))
			hash = mix(hash + schema_hash(c, w.value));
		return hash;
	case JSON_KIND_OBJECT:
		return hash_object(c, value);
	default:
		return hash + (unsigned char)*value.at;
	}
}

static int compare_items(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return (x->index > y->index) - (x->index < y->index);
}

/* Puts an item for each of the array's into out. False if the check has given up. */
static bool put_items(struct schema_check *c, struct span array, struct buf *out)
{
	struct json_walk w;
	json_walk_init(&w, array);
	for (size_t i = 0; json_walk_next(&w); i++) {
		struct item item = { .index = i, .value = w.value };
		item.hash = schema_hash(c, w.value);
		if (!buf_put(out, &item, sizeof item))
			schema_give_up(c, "these are too many items to tell apart");
		if (c->gave_up)
			return false;
	}
	return true;
}

/* Gives the index of an item that is equal to one of the next, which goes to *other; n if none. */
static size_t find_twins(struct schema_check *c, const struct item *items, size_t n, size_t *other)
{
	for (size_t i = 0; i < n; i++)
		for (size_t j = i + 1; j < n && items[j].hash == items[i].hash; j++) {
			*other = j;
			if (schema_equal(c, items[i].value, items[j].value))
				return i;
		}
	return n;
}

SCHEMA_CHECK(unique_items)
{
	struct buf bytes;
	size_t other = 0;
	if (*clause->value.at == 'f')
		return true;
	buf_init(&bytes, ITEMS_MAX * sizeof(struct item));
	bool ok = put_items(c, value, &bytes);
	size_t n = bytes.len / sizeof(struct item);
	struct item *items = (struct item *)(void *)bytes.data;
	if (ok && n > 0) {
		qsort(items, n, sizeof *items, compare_items);
		size_t one = find_twins(c, items, n, &other);
		ok = one == n ||
			schema_fail(c, "expected items that all differ, found %s at %zu and at %zu",
				schema_found(c, items[one].value).text, items[one].index,
				items[other].index);
	}
	buf_release(&bytes);
	return ok;
}
