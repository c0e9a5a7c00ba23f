/* SPDX-License-Identifier: MIT */
/*
 * The whole file is checked in every run, profiles that are not used included: what is wrong with a
 * profile should not be found out in the night for which it was written.
 */
#include "cli/config_file.h"

#include "base/near.h"
#include "base/xalloc.h"
#include "cli/private_file.h"
#include "cli/setting.h"
#include "json/yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The file while it is read. */
struct reading {
	const struct yaml *yaml;
	struct layers *layers;
	struct err *err;
};

static bool unknown_key(const struct reading *r, const struct yaml_node *node, const char *near)
{
	if (setting_names_secret(span_of(node->key)))
		return yaml_refuse_key(r->err, r->yaml, node,
			"unknown key \"%.60s\": secrets do not belong into this file" LOG_HELP
			"use key-env, key-file or key-cmd",
			node->key);
	return yaml_refuse_key(r->err, r->yaml, node, "unknown key \"%.60s\"%s%s", node->key,
		near ? LOG_HELP "the nearest is " : "", near ? near : "");
}

/* A value that is text of its own: "--jobs", said with the place. */
struct value {
	const struct option *option;
	const struct yaml_node *node;
	enum origin_kind kind;
};

/*
 * A name that is relative would be looked for in the working directory, where anybody may have put
 * it. Gives the name, allocated, with ~ filled in; NULL if it will not do.
 */
static char *file_name(const struct option *o, const char *text)
{
	const char *home = getenv("HOME"), *name = text;
	size_t step_n = strcspn(text, "=/");
	if (o->value && o->value[0] == '[' && text[step_n] == '=')
		name = text + step_n + 1;
	if (strncmp(name, "~/", 2) == 0 && home && home[0] == '/')
		return xasprintf("%.*s%s%s", (int)(name - text), text, home, name + 1);
	return name[0] == '/' || strcmp(name, "-") == 0 ? xstrdup(text) : NULL;
}

static bool say_text(const struct reading *r, const struct value *v, const char *text)
{
	const struct option *o = v->option;
	char *place = xasprintf("%s:%d:%d", yaml_name(r->yaml), v->node->line, v->node->column);
	char *label = xasprintf("%s: --%s ", place, o->name);
	bool ok = layers_say(r->layers, o, &(struct source){ v->kind, place },
		&(struct given){ label, text }, r->err);
	free(place);
	free(label);
	return ok;
}

/* One scalar for an option that takes a value. */
static bool take_scalar(const struct reading *r, const struct value *v)
{
	const struct option *o = v->option;
	const char *text = v->node->text;
	if (v->node->kind != YAML_SCALAR)
		return yaml_refuse(r->err, r->yaml, v->node,
			"--%s: not understood" LOG_HELP "expected one value%s", o->name,
			o->kind == OPTION_LIST ? " or a list of values" : "");
	if (yaml_is_null(v->node))
		return yaml_refuse(r->err, r->yaml, v->node, "--%s: there is no value", o->name);
	if (!(o->traits & OPTION_IS_TEXT) && setting_looks_secret(text))
		return yaml_refuse(r->err, r->yaml, v->node,
			"--%s: this looks like an API key, which does not belong into this "
			"file" LOG_HELP "use key-env, key-file or key-cmd",
			o->name);
	if (!(o->traits & OPTION_IS_FILE))
		return say_text(r, v, text);
	char *name = file_name(o, text);
	if (!name)
		return yaml_refuse(r->err, r->yaml, v->node,
			"--%s %.60s: the name of a file begins with / or ~/ here", o->name, text);
	bool ok = say_text(r, v, name);
	free(name);
	return ok;
}

/* YAML 1.1 had eleven words for each; only two are left. */
static bool is_switch(const struct yaml_node *node, const char *word)
{
	return node->kind == YAML_SCALAR && strcmp(node->text, word) == 0;
}

static bool say_off(const struct reading *r, const struct value *v)
{
	char *place = xasprintf("%s:%d:%d", yaml_name(r->yaml), v->node->line, v->node->column);
	layers_say_off(r->layers, v->option, &(struct source){ v->kind, place });
	free(place);
	return true;
}

static bool take_switch(const struct reading *r, const struct value *v)
{
	if (is_switch(v->node, "true"))
		return say_text(r, v, NULL);
	return is_switch(v->node, "false")
		? say_off(r, v)
		: yaml_refuse(r->err, r->yaml, v->node,
			  "--%s: not understood" LOG_HELP "expected true or false",
			  v->option->name);
}

/* A value that may be left out is a switch as well, unless it is quoted. */
static bool is_for_switch(const struct value *v)
{
	return v->option->kind == OPTION_FLAG ||
		(v->option->bare && v->node->is_plain &&
			(is_switch(v->node, "true") || is_switch(v->node, "false")));
}

static bool take_value(const struct reading *r, const struct value *v)
{
	if (is_for_switch(v))
		return take_switch(r, v);
	if (v->option->kind != OPTION_LIST || v->node->kind != YAML_LIST)
		return take_scalar(r, v);
	if (!v->node->first)
		return say_off(r, v);
	for (const struct yaml_node *item = v->node->first; item; item = item->next)
		if (!take_scalar(r, &(struct value){ v->option, item, v->kind }))
			return false;
	return true;
}

static bool take_option(
	const struct reading *r, const struct yaml_node *node, enum origin_kind kind)
{
	struct span name = span_of(node->key);
	const struct option *o = option_find(name), *near = option_nearest(name);
	if (!o)
		return unknown_key(r, node, near ? near->name : NULL);
	if (o->kind == OPTION_ACTION || o->traits & OPTION_IS_TYPED)
		return yaml_refuse_key(
			r->err, r->yaml, node, "--%s is for the command line only", o->name);
	return take_value(r, &(struct value){ o, node, kind });
}

/* A map of options, or nothing. */
static bool take_options(
	const struct reading *r, const struct yaml_node *map, enum origin_kind kind)
{
	if (!map || yaml_is_null(map))
		return true;
	if (map->kind != YAML_MAP)
		return yaml_refuse(
			r->err, r->yaml, map, "expected a map of options, such as jobs: 8");
	for (const struct yaml_node *node = map->first; node; node = node->next)
		if (!take_option(r, node, kind))
			return false;
	return true;
}

static void note_profiles(struct names *names, const struct yaml_node *map)
{
	for (const struct yaml_node *node = map ? map->first : NULL; node; node = node->next)
		if (node->key)
			strings_add(&names->profiles, node->key);
}

/* Reads all profiles, and keeps the one that is wanted. */
static bool take_profiles(const struct reading *r, const struct yaml_node *map, const char *wanted)
{
	if (!map || yaml_is_null(map))
		return true;
	if (map->kind != YAML_MAP)
		return yaml_refuse(
			r->err, r->yaml, map, "expected a map, with a line for each profile");
	struct layers unused;
	layers_init(&unused);
	const struct reading aside = { r->yaml, &unused, r->err };
	bool ok = true;
	for (const struct yaml_node *node = map->first; ok && node; node = node->next) {
		bool is_wanted = wanted && strcmp(node->key, wanted) == 0;
		ok = take_options(is_wanted ? r : &aside, node, ORIGIN_PROFILE);
	}
	layers_release(&unused);
	return ok;
}

/* Gives the member of the map whose key is nearest to the word, or NULL. */
static const char *nearest_key(const struct yaml_node *map, const char *word)
{
	const char *found = NULL;
	size_t least = near_limit(strlen(word)) + 1;
	for (const struct yaml_node *node = map ? map->first : NULL; node; node = node->next) {
		size_t distance = near_distance(span_of(word), span_of(node->key));
		if (distance < least) {
			least = distance;
			found = node->key;
		}
	}
	return found;
}

static bool check_profile(const struct reading *r, const struct yaml_node *map, const char *wanted)
{
	const char *near = NULL;
	if (!wanted || (map && yaml_member(map, wanted)))
		return true;
	near = map && map->kind == YAML_MAP ? nearest_key(map, wanted) : NULL;
	return err_set(r->err, ERR_CONFIG, "--profile %.60s: there is no such profile in %s%s%s",
		wanted, yaml_name(r->yaml), near ? LOG_HELP "the nearest is " : "",
		near ? near : "");
}

static bool check_keys(const struct reading *r, const struct yaml_node *root)
{
	static const char *const keys[] = { "defaults", "endpoints", "pools", "profiles" };
	enum { KEYS_N = sizeof keys / sizeof *keys };
	if (root->kind != YAML_MAP)
		return yaml_refuse(r->err, r->yaml, root,
			"expected a map with defaults, endpoints, pools or profiles");
	for (const struct yaml_node *node = root->first; node; node = node->next) {
		struct span key = span_of(node->key);
		bool is_known = false;
		for (size_t i = 0; i < KEYS_N; i++)
			is_known |= span_is(key, keys[i]);
		if (!is_known && option_find(key))
			return yaml_refuse_key(r->err, r->yaml, node,
				"--%s stands below defaults: or a profile", node->key);
		if (!is_known)
			return unknown_key(r, node, near_find(node->key, keys, KEYS_N));
	}
	return true;
}

static bool take_document(
	const struct reading *r, struct names *names, const struct config_file_opts *opts)
{
	const struct yaml_node *root = yaml_root(r->yaml), *profiles = NULL;
	if (root) {
		profiles = yaml_member(root, "profiles");
		note_profiles(names, profiles);
		if (!check_keys(r, root) ||
			!names_read(names, r->yaml, yaml_member(root, "endpoints"),
				yaml_member(root, "pools"), r->err) ||
			!take_options(r, yaml_member(root, "defaults"), ORIGIN_DEFAULTS) ||
			!take_profiles(r, profiles, opts->profile))
			return false;
	}
	return check_profile(r, profiles, opts->profile);
}

/* With --no-config, what needs a file must not be asked for. */
static bool check_opts(const struct config_file_opts *opts, struct err *err)
{
	if (!opts->path && !opts->profile)
		return true;
	return err_set(err, ERR_CONFIG, "--no-config does not go with --%s",
		opts->path ? "config" : "profile");
}

/* Reads the bytes; no path is no file. */
static bool read_bytes(const struct config_file_opts *opts, const char *path, struct buf *text,
	bool *is_there, struct err *err)
{
	if (path && !private_file_read(path, text, is_there, err))
		return false;
	if (*is_there || !(opts->path || opts->profile))
		return true;
	if (opts->path)
		return err_set(err, ERR_CONFIG, "--config: there is no file %s", path);
	return err_set(err, ERR_CONFIG, "--profile %.60s: there is no configuration file%s%s",
		opts->profile, path ? " " : "", path ? path : "");
}

bool config_file_read(const struct config_file_opts *opts, struct layers *layers,
	struct names *names, struct err *err)
{
	struct buf text;
	struct yaml *y = NULL;
	bool is_there = false;
	if (opts->is_off)
		return check_opts(opts, err);
	char *path = config_path(opts);
	buf_init(&text, YAML_BYTES_MAX);
	bool ok = read_bytes(opts, path, &text, &is_there, err);
	if (ok && is_there)
		ok = (y = yaml_new(buf_span(&text), path, ERR_CONFIG, err)) &&
			take_document(&(struct reading){ y, layers, err }, names, opts);
	yaml_free(y);
	buf_release(&text);
	free(path);
	return ok;
}
