/* SPDX-License-Identifier: MIT */
/* The keywords that look at a value as it is, without other schemas. */
#include "json/schema_check.h"

#include "json/utf8.h"

#include <inttypes.h>
#include <stdio.h>

/* Writes "an integer", or "a string or null", for a set of types. */
static void write_types(unsigned kinds, char *out, size_t n)
{
	static const struct {
		unsigned kind;
		const char *name;
	} names[] = {
		{ SCHEMA_KIND(JSON_KIND_OBJECT), "an object" },
		{ SCHEMA_KIND(JSON_KIND_ARRAY), "an array" },
		{ SCHEMA_KIND(JSON_KIND_STRING), "a string" },
		{ SCHEMA_KIND(JSON_KIND_NUMBER), "a number" },
		{ SCHEMA_INTEGER, "an integer" },
		{ SCHEMA_KIND(JSON_KIND_BOOL), "true or false" },
		{ SCHEMA_KIND(JSON_KIND_NULL), "null" },
	};
	size_t used = 0;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if ((kinds & names[i].kind) && used < n)
			used += (size_t)snprintf(
				out + used, n - used, "%s%s", used ? " or " : "", names[i].name);
}

SCHEMA_CHECK(type)
{
	char types[128];
	enum json_kind kind = json_kind(value);
	if (clause->kinds & SCHEMA_KIND(kind))
		return true;
	if (kind == JSON_KIND_NUMBER && (clause->kinds & SCHEMA_INTEGER)) {
		struct schema_number number = schema_number_of(value);
		if (schema_number_is_whole(&number))
			return true;
	}
	write_types(clause->kinds, types, sizeof types);
	return schema_fail(c, "expected %s, found %s", types, schema_found(c, value).text);
}

SCHEMA_CHECK(const)
{
	return schema_equal(c, clause->value, value) ||
		schema_fail(c, "expected %s, found %s", schema_wanted(c, clause->value).text,
			schema_found(c, value).text);
}

SCHEMA_CHECK(enum)
{
	struct json_walk w;
	json_walk_init(&w, clause->value);
	while (json_walk_next(&w))
		if (schema_equal(c, w.value, value))
			return true;
	return schema_fail(c, "expected one of %s, found %s", schema_wanted(c, clause->value).text,
		schema_found(c, value).text);
}

/* Gives how the number compares with the clause's, as schema_number_compare does. */
static int compare(const struct schema_clause *clause, struct span value)
{
	struct schema_number number = schema_number_of(value);
	return schema_number_compare(&number, &clause->number);
}

/* As schema_fail, for a number. */
static bool fail_number(struct schema_check *c, const struct schema_clause *clause,
	const char *expected, struct span value)
{
	return schema_fail(c, "expected %s %s, found %s", expected,
		schema_wanted(c, clause->value).text, schema_found(c, value).text);
}

SCHEMA_CHECK(minimum)
{
	return compare(clause, value) >= 0 || fail_number(c, clause, "a number of at least", value);
}

SCHEMA_CHECK(maximum)
{
	return compare(clause, value) <= 0 || fail_number(c, clause, "a number of at most", value);
}

SCHEMA_CHECK(exclusive_minimum)
{
	return compare(clause, value) > 0 || fail_number(c, clause, "a number above", value);
}

SCHEMA_CHECK(exclusive_maximum)
{
	return compare(clause, value) < 0 || fail_number(c, clause, "a number below", value);
}

SCHEMA_CHECK(multiple_of)
{
	struct schema_number number = schema_number_of(value);
	return schema_number_divides(&clause->number, &number) ||
		fail_number(c, clause, "a multiple of", value);
}

/* Gives how many code points the scanned string has. */
static uint64_t length_of(struct schema_check *c, struct span string)
{
	struct span plain = schema_decode(c, string);
	uint64_t n = 0;
	for (size_t i = 0; i < plain.n; i++)
		n += !utf8_continues(plain.at[i]);
	return n;
}

SCHEMA_CHECK(min_length)
{
	uint64_t n = length_of(c, value);
	return n >= clause->count ||
		schema_fail(c,
			"expected a string of at least %" PRIu64 " characters, found %" PRIu64
			": %s",
			clause->count, n, schema_found(c, value).text);
}

SCHEMA_CHECK(max_length)
{
	uint64_t n = length_of(c, value);
	return n <= clause->count ||
		schema_fail(c,
			"expected a string of at most %" PRIu64 " characters, found %" PRIu64
			": %s",
			clause->count, n, schema_found(c, value).text);
}

SCHEMA_CHECK(pattern)
{
	enum schema_found found =
		schema_regex_find(clause->regex, schema_decode(c, value), &c->match, &c->steps);
	if (found == SCHEMA_FOUND_UNKNOWN)
		return schema_give_up(c, "matching this with the pattern takes too long");
	return found == SCHEMA_FOUND_YES ||
		schema_fail(c, "expected a string that matches the pattern %s, found %s",
			schema_wanted(c, clause->value).text, schema_found(c, value).text);
}

/* Gives how many members or items the container has. */
static uint64_t count_members(struct schema_check *c, struct span value)
{
	struct json_walk w;
	uint64_t n = 0;
	schema_spend(c, value.n);
	json_walk_init(&w, value);
	while (json_walk_next(&w))
		n++;
	return n;
}

static const char *members_of(struct span value)
{
	return json_kind(value) == JSON_KIND_ARRAY ? "items" : "properties";
}

SCHEMA_CHECK(min_members)
{
	uint64_t n = count_members(c, value);
	return n >= clause->count ||
		schema_fail(c, "expected at least %" PRIu64 " %s, found %" PRIu64, clause->count,
			members_of(value), n);
}

SCHEMA_CHECK(max_members)
{
	uint64_t n = count_members(c, value);
	return n <= clause->count ||
		schema_fail(c, "expected at most %" PRIu64 " %s, found %" PRIu64, clause->count,
			members_of(value), n);
}

/* True if the object has a member for each name of the array. */
static bool has_members(struct schema_check *c, struct span object, struct span names)
{
	struct json_walk w;
	json_walk_init(&w, names);
	while (json_walk_next(&w)) {
		if (!schema_spend(c, object.n))
			return false;
		if (!json_member(object, schema_decode(c, w.value)).at)
			return schema_fail(
				c, "missing property %s", schema_wanted(c, w.value).text);
	}
	return true;
}

SCHEMA_CHECK(required)
{
	return has_members(c, value, clause->value);
}

SCHEMA_CHECK(dependent_required)
{
	struct json_walk w;
	json_walk_init(&w, clause->value);
	while (json_walk_next(&w)) {
		if (!schema_spend(c, value.n))
			return false;
		if (json_member(value, schema_decode(c, w.key)).at &&
			!has_members(c, value, w.value))
			return false;
	}
	return true;
}
