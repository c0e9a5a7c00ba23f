/* SPDX-License-Identifier: MIT */
#include "sample.h"

#include "base/xalloc.h"
#include "put.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define WORD "mock"

/* A schema that refers to itself ends here, and so do strings and arrays that would be large. */
#define DEPTH_MAX 24
#define LENGTH_MAX 4096
#define ITEMS_MAX 64

struct sampling {
	struct buf *out;
	const json_t *root;
	int depth;
};

static void put_instance(struct sampling *s, const json_t *schema);

/* What `#/a/b` points to, or NULL. */
static const json_t *resolve(const json_t *root, const char *ref)
{
	const json_t *at = root;
	if (*ref++ != '#')
		return NULL;
	while (at && *ref == '/') {
		char name[128];
		size_t n = strcspn(++ref, "/");
		if (n >= sizeof name)
			return NULL;
		memcpy(name, ref, n);
		name[n] = '\0';
		at = json_object_get(at, name);
		ref += n;
	}
	return at;
}

/* The type's name; the first that is not null, where there are several; NULL if there is none. */
static const char *type_of(const json_t *schema)
{
	const json_t *type = json_object_get(schema, "type");
	for (size_t i = 0; i < json_array_size(type); i++) {
		const char *name = json_string_value(json_array_get(type, i));
		if (name && strcmp(name, "null") != 0)
			return name;
	}
	if (json_is_array(type))
		return "null";
	if (json_is_string(type))
		return json_string_value(type);
	if (json_object_get(schema, "properties"))
		return "object";
	return json_object_get(schema, "items") ? "array" : NULL;
}

static size_t bound(const json_t *schema, const char *name, size_t otherwise, size_t most)
{
	const json_t *value = json_object_get(schema, name);
	json_int_t n = json_is_integer(value) ? json_integer_value(value) : (json_int_t)otherwise;
	if (n < 0)
		return 0;
	return (size_t)n < most ? (size_t)n : most;
}

static void put_tree(struct buf *out, const json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	if (!text)
		xalloc_die();
	buf_put_str(out, text);
	free(text);
}

static void put_text(struct sampling *s, const json_t *schema)
{
	size_t least = bound(schema, "minLength", 0, LENGTH_MAX);
	size_t most = bound(schema, "maxLength", LENGTH_MAX, LENGTH_MAX);
	size_t n = strlen(WORD) < least ? least : strlen(WORD);
	if (n > most)
		n = most;
	buf_put_char(s->out, '"');
	for (size_t i = 0; i < n; i++)
		buf_put_char(s->out, i < strlen(WORD) ? WORD[i] : 'x');
	buf_put_char(s->out, '"');
}

/* The least number that is allowed, but 1 if that is. */
static void put_number_for(struct sampling *s, const json_t *schema, bool is_whole)
{
	const json_t *least = json_object_get(schema, "minimum");
	const json_t *above = json_object_get(schema, "exclusiveMinimum");
	const json_t *most = json_object_get(schema, "maximum");
	const json_t *below = json_object_get(schema, "exclusiveMaximum");
	const json_t *step = json_object_get(schema, "multipleOf");
	double unit = json_is_number(step) ? json_number_value(step) : 1, number = unit;
	if (json_is_number(least) && number < json_number_value(least))
		number = ceil(json_number_value(least) / unit) * unit;
	if (json_is_number(above) && number <= json_number_value(above))
		number = (floor(json_number_value(above) / unit) + 1) * unit;
	if (json_is_number(most) && number > json_number_value(most))
		number = json_number_value(most);
	if (json_is_number(below) && number >= json_number_value(below))
		number = json_number_value(below) - (is_whole ? 1 : unit / 2);
	if (fabs(number) < 1e15 && floor(number) == number) {
		buf_put_int(s->out, (long long)number);
	} else {
		json_t *value = json_real(number);
		put_tree(s->out, value);
		json_decref(value);
	}
}

static void put_array(struct sampling *s, const json_t *schema)
{
	const json_t *first = json_object_get(schema, "prefixItems");
	const json_t *items = json_object_get(schema, "items");
	size_t n = bound(schema, "minItems", json_array_size(first), ITEMS_MAX);
	buf_put_char(s->out, '[');
	for (size_t i = 0; i < n; i++) {
		const json_t *item = json_array_get(first, i);
		if (i)
			buf_put_char(s->out, ',');
		put_instance(s, item ? item : items);
	}
	buf_put_char(s->out, ']');
}

/* Members that are required here or by one of allOf. */
static bool put_members(struct sampling *s, const json_t *schema, bool has_some)
{
	const json_t *properties = json_object_get(schema, "properties");
	const json_t *required = json_object_get(schema, "required");
	const json_t *all = json_object_get(schema, "allOf");
	for (size_t i = 0; i < json_array_size(required); i++) {
		const char *name = json_string_value(json_array_get(required, i));
		if (!name)
			continue;
		put_json(s->out, has_some ? ",%s:" : "%s:", name);
		put_instance(s, json_object_get(properties, name));
		has_some = true;
	}
	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *part = json_array_get(all, i);
		const char *ref = json_string_value(json_object_get(part, "$ref"));
		if (s->depth++ < DEPTH_MAX)
			has_some = put_members(s, ref ? resolve(s->root, ref) : part, has_some);
		s->depth--;
	}
	return has_some;
}

static void put_typed(struct sampling *s, const json_t *schema)
{
	const char *type = type_of(schema);
	if (!type && json_object_get(schema, "allOf"))
		type = "object";
	if (!type || strcasecmp(type, "string") == 0) {
		put_text(s, schema);
	} else if (strcasecmp(type, "integer") == 0 || strcasecmp(type, "number") == 0) {
		put_number_for(s, schema, strcasecmp(type, "integer") == 0);
	} else if (strcasecmp(type, "array") == 0) {
		put_array(s, schema);
	} else if (strcasecmp(type, "object") == 0) {
		buf_put_char(s->out, '{');
		put_members(s, schema, false);
		buf_put_char(s->out, '}');
	} else {
		buf_put_str(s->out, strcasecmp(type, "boolean") == 0 ? "true" : "null");
	}
}

/* The schema that another one stands for: the first alternative, or what it refers to. */
static const json_t *stand_in(const struct sampling *s, const json_t *schema)
{
	const char *ref = json_string_value(json_object_get(schema, "$ref"));
	const json_t *any = json_object_get(schema, "anyOf");
	if (!any)
		any = json_object_get(schema, "oneOf");
	return ref ? resolve(s->root, ref) : json_array_get(any, 0);
}

static void put_instance(struct sampling *s, const json_t *schema)
{
	const json_t *value = json_object_get(schema, "const");
	const json_t *other = stand_in(s, schema);
	if (!value)
		value = json_array_get(json_object_get(schema, "enum"), 0);
	if (s->depth >= DEPTH_MAX) {
		buf_put_str(s->out, "null");
		return;
	}
	s->depth++;
	if (value)
		put_tree(s->out, value);
	else if (other)
		put_instance(s, other);
	else
		put_typed(s, schema);
	s->depth--;
}

void sample_put(struct buf *out, const json_t *schema)
{
	struct sampling s = { .out = out, .root = schema };
	put_instance(&s, schema);
}

void sample_put_mismatch(struct buf *out, const json_t *schema)
{
	struct buf instance;
	bool is_text;
	buf_init(&instance, SIZE_MAX / 2);
	sample_put(&instance, schema);
	is_text = instance.len > 0 && instance.data[0] == '"';
	buf_put_str(out, is_text ? "12345" : "\"mismatch\"");
	buf_release(&instance);
}

static bool is_closed(const json_t *schema, bool all_required)
{
	const json_t *properties = json_object_get(schema, "properties");
	size_t required_n = json_array_size(json_object_get(schema, "required"));
	if (!properties && !json_is_string(json_object_get(schema, "type")))
		return true;
	if (!properties &&
		strcmp(json_string_value(json_object_get(schema, "type")), "object") != 0)
		return true;
	if (!json_is_false(json_object_get(schema, "additionalProperties")))
		return false;
	return !all_required || required_n == json_object_size(properties);
}

static bool are_strict(const json_t *parts, bool all_required, int depth);

static bool is_strict(const json_t *schema, bool all_required, int depth)
{
	static const char *const inside[] = { "properties", "$defs", "definitions", "anyOf",
		"oneOf", "allOf", "prefixItems" };
	if (!json_is_object(schema) || depth > DEPTH_MAX)
		return true;
	if (!is_closed(schema, all_required))
		return false;
	for (size_t i = 0; i < sizeof inside / sizeof *inside; i++)
		if (!are_strict(json_object_get(schema, inside[i]), all_required, depth + 1))
			return false;
	return is_strict(json_object_get(schema, "items"), all_required, depth + 1);
}

/* Of each value of an object or an array. */
static bool are_strict(const json_t *parts, bool all_required, int depth)
{
	const char *name;
	json_t *part, *object = json_incref((json_t *)(uintptr_t)parts);
	bool good = true;
	for (size_t i = 0; good && i < json_array_size(parts); i++)
		good = is_strict(json_array_get(parts, i), all_required, depth);
	json_object_foreach(object, name, part) good = good && is_strict(part, all_required, depth);
	json_decref(object);
	return good;
}

bool sample_is_strict(const json_t *schema, bool all_required)
{
	return is_strict(schema, all_required, 0);
}
