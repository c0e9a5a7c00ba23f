/* SPDX-License-Identifier: MIT */
/*
 * Most requests have a handful of plain names, so the tree that dots make is never built: each
 * level is found again by comparing prefixes, which for a few dozen items is cheaper than memory.
 */
#include "api/members.h"

#include "api/api.h"
#include "base/units.h"
#include "json/text.h"
#include "json/walk.h"
#include "work/splice.h"

#include <stdio.h>
#include <string.h>

void members_init(struct members *m)
{
	m->n = m->numbers_n = m->dropped_n = 0;
}

static void add(struct members *m, struct member item)
{
	size_t i = 0;
	while (i < m->n && !span_equals(m->items[i].path, item.path))
		i++;
	if (i == MEMBERS_MAX)
		return; /* cannot be: both sources are bounded */
	m->items[i] = item;
	m->n += i == m->n;
}

void members_add(struct members *m, const char *path, struct span json)
{
	add(m, (struct member){ span_of(path), json });
}

void members_add_int(struct members *m, const char *path, int64_t n)
{
	char *text = m->numbers[m->numbers_n++];
	snprintf(text, sizeof m->numbers[0], "%lld", (long long)n);
	members_add(m, path, span_of(text));
}

/* What the params say of the field at that path, itself or as a part of an object. */
static struct span find_param(const struct step *s, const char *path)
{
	struct span whole = { 0 }, part = { 0 };
	for (size_t i = 0; i < s->params_n; i++) {
		const char *key = s->params[i].key;
		size_t n = strlen(key);
		if (strcmp(key, path) == 0)
			whole = span_of(s->params[i].json);
		else if (strncmp(key, path, n) == 0 && path[n] == '.')
			part = json_member(span_of(s->params[i].json), span_of(path + n + 1));
	}
	return whole.at ? whole : part;
}

static void add_seed(struct members *m, const struct ask *ask)
{
	const char *path = ask->endpoint->api->seed;
	struct span given = path ? find_param(ask->step, path) : (struct span){ 0 };
	int64_t seed = 0;
	if (!path || (given.at && !units_parse_int(given, &seed)) ||
		__builtin_add_overflow(seed, ask->sample, &seed))
		return;
	members_add_int(m, path, seed);
}

void members_add_params(struct members *m, const struct ask *ask)
{
	const struct step *s = ask->step;
	for (size_t i = 0; i < s->params_n; i++)
		members_add(m, s->params[i].key, span_of(s->params[i].json));
	if (ask->sample >= 0 && ask->form != ASK_BODY)
		add_seed(m, ask);
}

bool members_has_param(const struct step *s, const char *name)
{
	size_t n = strlen(name);
	for (size_t i = 0; i < s->params_n; i++) {
		const char *key = s->params[i].key;
		if (strncmp(key, name, n) == 0 && (key[n] == '\0' || key[n] == '.'))
			return true;
	}
	return false;
}

bool members_check_system(const struct step *s, const char *name, struct fault *fault)
{
	return !members_has_param(s, name) ||
		fault_set(fault, ERROR_BAD_RECORD,
			"--param %s says what the system message says, -s or the record's: give one of them",
			name);
}

void members_drop(struct members *m, const char *name)
{
	m->dropped[m->dropped_n++] = name;
}

/* The name of an item behind `at` bytes of its path. */
static struct span name_at(const struct member *item, size_t at)
{
	const char *from = item->path.at + at;
	size_t left = item->path.n - at;
	const char *dot = memchr(from, '.', left);
	return (struct span){ .at = from, .n = dot ? (size_t)(dot - from) : left };
}

/* True if the item's path begins with these bytes, which end with a dot or are none. */
static bool is_below(const struct member *item, struct span prefix)
{
	return item->path.n > prefix.n && memcmp(item->path.at, prefix.at, prefix.n) == 0;
}

static bool put_level(
	const struct members *m, struct span prefix, struct buf *out, bool has_before);

/* The members that are one level below prefix, as names; those that other items speak of. */
static size_t names_below(const struct members *m, struct span prefix, struct span *names)
{
	size_t n = 0;
	for (size_t i = 0; i < m->n; i++)
		if (is_below(&m->items[i], prefix))
			names[n++] = name_at(&m->items[i], prefix.n);
	return n;
}

/* An object some of whose fields have items of their own; whole is what is said of all of it. */
static bool put_object(
	const struct members *m, struct span prefix, struct span whole, struct buf *out)
{
	struct span names[MEMBERS_MAX];
	bool has_members = false;
	if (json_is(whole, JSON_KIND_OBJECT)) {
		size_t n = names_below(m, prefix, names);
		if (!splice_open(out, whole, names, n, &has_members))
			return false;
	} else if (!buf_put_char(out, '{')) {
		return false;
	}
	return put_level(m, prefix, out, has_members) && buf_put_char(out, '}');
}

/* True if an earlier item of this level has the same first name, and was written for both. */
static bool is_written(const struct members *m, size_t i, struct span prefix, struct span name)
{
	for (size_t j = 0; j < i; j++)
		if (is_below(&m->items[j], prefix) &&
			span_equals(name_at(&m->items[j], prefix.n), name))
			return true;
	return false;
}

/* Writes the first item's name with all that is said of it. */
static bool put_name(const struct members *m, struct span prefix, struct span name, struct buf *out)
{
	const struct member *whole = NULL;
	struct span below = { 0 };
	for (size_t i = 0; i < m->n; i++) {
		const struct member *item = &m->items[i];
		if (!is_below(item, prefix) || !span_equals(name_at(item, prefix.n), name))
			continue;
		if (item->path.n == prefix.n + name.n)
			whole = item;
		else
			below = (struct span){ item->path.at, prefix.n + name.n + 1 };
	}
	struct span json = whole ? whole->json : (struct span){ 0 };
	return json_put_string(out, name) && buf_put_char(out, ':') &&
		(below.at ? put_object(m, below, json, out) : buf_put_span(out, json));
}

static bool put_level(const struct members *m, struct span prefix, struct buf *out, bool has_before)
{
	for (size_t i = 0; i < m->n; i++) {
		if (!is_below(&m->items[i], prefix))
			continue;
		struct span name = name_at(&m->items[i], prefix.n);
		if (is_written(m, i, prefix, name))
			continue;
		if ((has_before && !buf_put_char(out, ',')) || !put_name(m, prefix, name, out))
			return false;
		has_before = true;
	}
	return true;
}

bool members_put(const struct members *m, struct buf *out)
{
	return put_level(m, SPAN(""), out, true);
}

bool members_too_large(const struct buf *out, struct fault *fault)
{
	return fault_set(
		fault, ERROR_TEMPLATE, "the request would be larger than %zu bytes", out->max);
}

/* What the body says of an object of which we say a part is kept, but for that part. */
static void add_own_objects(struct members *m, struct span body)
{
	for (size_t i = 0, n = m->n; i < n && m->n < MEMBERS_MAX; i++) {
		struct span name = name_at(&m->items[i], 0);
		struct span own = json_member(body, name);
		size_t j = 0;
		while (j < m->n && !span_equals(m->items[j].path, name))
			j++;
		if (name.n < m->items[i].path.n && json_is(own, JSON_KIND_OBJECT) && j == m->n)
			m->items[m->n++] = (struct member){ name, own };
	}
}

bool members_put_over_body(struct members *m, const struct ask *ask, const char *model_name,
	struct buf *out, struct fault *fault)
{
	struct span names[MEMBERS_MAX + sizeof m->dropped / sizeof *m->dropped];
	bool has_members;
	if (model_name && ask->endpoint->model)
		members_add(m, model_name, ask->model);
	size_t n = names_below(m, SPAN(""), names);
	for (size_t i = 0; i < m->dropped_n; i++)
		names[n++] = span_of(m->dropped[i]);
	add_own_objects(m, ask->own);
	bool ok = splice_open(out, ask->own, names, n, &has_members) &&
		put_level(m, SPAN(""), out, has_members) && buf_put_char(out, '}');
	return ok || members_too_large(out, fault);
}
