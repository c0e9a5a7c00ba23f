/* SPDX-License-Identifier: MIT */
/*
 * Where keys are from, and where they go. Of a key itself nothing is said: not how it begins, nor
 * how long it is.
 */
#include "api/api.h"
#include "app/doctor_part.h"
#include "app/environment.h"
#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

static bool are_equal(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* True if it has been said of one before it. */
static bool was_said(const struct endpoints *list, unsigned index)
{
	const struct endpoint *e = &list->items[index];
	for (unsigned i = 0; i < index; i++) {
		const struct endpoint *before = &list->items[i];
		if (strcmp(before->name, e->name) == 0 &&
			are_equal(before->key_source, e->key_source) &&
			are_equal(before->key_fault, e->key_fault))
			return true;
	}
	return false;
}

static void say_key(struct doctor *d, const struct endpoint *e)
{
	if (e->key_fault)
		doctor_refuse(d, e->name, e->key_fault);
	else if (e->key_source)
		doctor_say(d, FINDING_OK, e->name, "from %s%s; goes to %s alone", e->key_source,
			strcmp(e->key_source, "--key-cmd") == 0 ? ", which was run" : "",
			e->unix_path ? e->unix_path : e->origin);
	else if (!e->api->key_env)
		doctor_say(d, FINDING_OK, e->name, "none, and the API %s needs none", e->api->name);
	else
		doctor_say(d, FINDING_OK, e->name, "none%s",
			e->is_loopback || e->unix_path ? ", and a server on this machine needs none"
						       : ", as it was asked for");
}

static bool is_used(const struct doctor *d, const char *name)
{
	for (unsigned i = 0; i < d->endpoints.n; i++) {
		const char *source = d->endpoints.items[i].key_source;
		if (source && strcmp(source, name) == 0)
			return true;
	}
	return false;
}

/* Adds those of an API's variables that are set and that nobody asked for. */
static void add_unused(const struct doctor *d, const char *names, struct strings *unused)
{
	for (const char *at = names; at && *at; at += strspn(at, " ")) {
		size_t n = strcspn(at, " ");
		char *name = xmemdup(at, n);
		bool is_new = environment_get(name) && !is_used(d, name);
		for (size_t i = 0; is_new && i < unused->n; i++)
			is_new = strcmp(unused->items[i], name) != 0;
		if (is_new)
			strings_add(unused, name);
		free(name);
		at += n;
	}
}

static void say_unused(struct doctor *d)
{
	enum { TEXT_MAX_BYTES = 2000 };
	struct strings unused = { 0 };
	struct buf text;
	size_t n, embedders_n;
	const struct api *const *all = api_all(&n), *const * embedders;
	embedders = api_all_embedders(&embedders_n);
	for (size_t i = 0; i < n; i++)
		add_unused(d, all[i]->key_env, &unused);
	for (size_t i = 0; i < embedders_n; i++)
		add_unused(d, embedders[i]->key_env, &unused);
	buf_init(&text, TEXT_MAX_BYTES);
	for (size_t i = 0; i < unused.n; i++) {
		buf_put_str(&text, i > 0 ? ", " : "");
		buf_put_str(&text, unused.items[i]);
	}
	if (unused.n > 0)
		doctor_say(d, FINDING_NOTE, "others", "%.*s: set, and not asked for here",
			(int)text.len, text.data);
	buf_release(&text);
	strings_release(&unused);
}

void doctor_keys(struct doctor *d)
{
	doctor_begin(d, "keys");
	for (unsigned i = 0; d->has_keys && i < d->endpoints.n; i++)
		if (!was_said(&d->endpoints, i))
			say_key(d, &d->endpoints.items[i]);
	if (!d->has_keys)
		doctor_say(d, FINDING_NOTE, "all",
			"not looked for: what is wrong with the endpoints comes first");
	say_unused(d);
}
