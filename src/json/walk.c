/* SPDX-License-Identifier: MIT */
/*
 * Walking trusts what scanning has promised: a string ends, brackets match. It looks for the few
 * bytes that end things and steps over the rest.
 */
#include "json/walk.h"

#include "base/units.h"
#include "json/run.h"
#include "json/text.h"

#include <assert.h>

enum json_kind json_kind(struct span value)
{
	assert(value.n > 0);
	switch (*value.at) {
	case '{':
		return JSON_KIND_OBJECT;
	case '[':
		return JSON_KIND_ARRAY;
	case '"':
		return JSON_KIND_STRING;
	case 'n':
		return JSON_KIND_NULL;
	case 't':
	case 'f':
		return JSON_KIND_BOOL;
	default:
		return JSON_KIND_NUMBER;
	}
}

bool json_is(struct span value, enum json_kind kind)
{
	return value.at && json_kind(value) == kind;
}

/* At the opening quote of a valid string; gives what is past the closing one. */
static inline const char *skip_string(const char *at, const char *end)
{
	at = run_end(at + 1, end, RUN_UNQUOTED);
	while (*at == '\\')
		at = run_end(at + 2, end, RUN_UNQUOTED);
	return at + 1;
}

/* At the opening bracket or brace of a valid container; gives what is past the closing one. */
static const char *skip_container(const char *at, const char *end)
{
	size_t depth = 0;
	do {
		at = run_end(at, end, RUN_FLAT);
		if (*at == '"') {
			at = skip_string(at, end);
			continue;
		}
		if (*at == '{' || *at == '[')
			depth++;
		else
			depth--;
		at++;
	} while (depth > 0);
	return at;
}

static const char *skip_number(const char *at, const char *end)
{
	while (at<end && * at> ' ' && *at != ',' && *at != ']' && *at != '}')
		at++;
	return at;
}

/* Gives what is past the valid value at `at`. */
static const char *skip_value(const char *at, const char *end)
{
	switch (*at) {
	case '"':
		return skip_string(at, end);
	case '{':
	case '[':
		return skip_container(at, end);
	case 't':
	case 'n':
		return at + 4;
	case 'f':
		return at + 5;
	default:
		return skip_number(at, end);
	}
}

void json_walk_init(struct json_walk *w, struct span container)
{
	*w = (struct json_walk){ 0 };
	if (container.n == 0 || (*container.at != '{' && *container.at != '['))
		return;
	w->at = container.at + 1;
	w->end = container.at + container.n;
	w->in_object = *container.at == '{';
}

bool json_walk_next(struct json_walk *w)
{
	if (!w->at)
		return false;
	const char *at = past_space(w->at, w->end);
	if (*at == ',')
		at = past_space(at + 1, w->end);
	w->at = at;
	if (at == w->end - 1)
		return false;
	if (w->in_object) {
		at = skip_string(at, w->end);
		w->key = (struct span){ w->at, (size_t)(at - w->at) };
		at = past_space(at, w->end);
		at = past_space(at + 1, w->end);
	}
	w->at = skip_value(at, w->end);
	w->value = (struct span){ at, (size_t)(w->at - at) };
	return true;
}

bool json_key_is(struct span key, struct span name)
{
	/* an escape is longer than what it stands for, so most keys are told apart by length */
	if (key.n - 2 < name.n)
		return false;
	if (name.n > 0 && key.at[1] != name.at[0] && key.at[1] != '\\')
		return false;
	return json_escaped_equals(json_inside(key), name);
}

struct span json_member(struct span object, struct span name)
{
	struct span found = { 0 };
	struct json_walk w;
	json_walk_init(&w, object);
	if (!w.in_object)
		return found;
	while (json_walk_next(&w))
		if (json_key_is(w.key, name))
			found = w.value;
	return found;
}

/* Counts the items of an array. */
static long count_items(struct span array)
{
	struct json_walk w;
	long n = 0;
	json_walk_init(&w, array);
	while (json_walk_next(&w))
		n++;
	return n;
}

struct span json_item(struct span array, long index)
{
	struct json_walk w;
	json_walk_init(&w, array);
	if (w.in_object)
		return (struct span){ 0 };
	if (index < 0)
		index += count_items(array);
	for (long i = 0; i <= index && json_walk_next(&w); i++)
		if (i == index)
			return w.value;
	return (struct span){ 0 };
}

bool json_is_empty(struct span container)
{
	struct json_walk w;
	json_walk_init(&w, container);
	/* not json_walk_next: that would look for the end of the first member */
	return !w.at || past_space(w.at, w.end) == w.end - 1;
}

struct span json_inside(struct span string)
{
	assert(string.n >= 2);
	return (struct span){ string.at + 1, string.n - 2 };
}

struct span json_text_of(struct span value)
{
	if (!json_is(value, JSON_KIND_STRING))
		return (struct span){ 0 };
	return json_inside(value);
}

int64_t json_count_of(struct span value)
{
	struct span text = json_text_of(value);
	int64_t n;
	if (text.at)
		value = text;
	bool is_count = value.at && units_parse_int(value, &n) && n >= 0 && n <= INT64_C(1) << 53;
	return is_count ? n : -1;
}
