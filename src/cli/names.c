/* SPDX-License-Identifier: MIT */
#include "cli/names.h"

#include "base/near.h"
#include "base/xalloc.h"
#include "cli/setting.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

/* What is checked stands behind this, so that app sees a whole text. */
#define ANY_URL "http://any"

struct name {
	char *name;          /* owned */
	char *text;          /* owned: of an endpoint "URL,key=value..."; NULL = a pool */
	char *model;         /* owned: of an endpoint; not in the text */
	struct strings pool; /* of a pool: names of endpoints, each with what is added to it */
};

/* One map of names while it is read. */
struct reading {
	struct names *names;
	const struct yaml *yaml;
	struct err *err;
};

static const struct name *find(const struct names *names, struct span name)
{
	for (size_t i = 0; i < names->n; i++)
		if (span_is(name, names->items[i].name))
			return &names->items[i];
	return NULL;
}

/* Gives the name that is most like it, or NULL if none is near. */
static const char *nearest(const struct names *names, struct span name, bool may_be_pool)
{
	const char *found = NULL;
	size_t least = near_limit(name.n) + 1;
	for (size_t i = 0; i < names->n; i++) {
		size_t distance = near_distance(name, span_of(names->items[i].name));
		if (distance < least && (may_be_pool || names->items[i].text)) {
			least = distance;
			found = names->items[i].name;
		}
	}
	return found;
}

/* The part before the first comma. */
static struct span head_of(const char *text)
{
	return (struct span){ .at = text, .n = strcspn(text, ",") };
}

/* Says what app says of the text, less the option that the user did not write. */
static bool check_text(const struct reading *r, const struct yaml_node *node, const char *text)
{
	static const char option[] = "--endpoint: ";
	struct err err;
	if (setting_looks_secret(text))
		return yaml_refuse(r->err, r->yaml, node,
			"this looks like an API key, which does not belong into this file" LOG_HELP
			"say key-env");
	if (endpoint_opts_check(text, &err))
		return true;
	bool is_ours = strncmp(err.msg, option, sizeof option - 1) == 0;
	return yaml_refuse(
		r->err, r->yaml, node, "%s", is_ours ? err.msg + sizeof option - 1 : err.msg);
}

static bool check_url(const struct reading *r, const struct yaml_node *node)
{
	if (node->kind != YAML_SCALAR || !strstr(node->text, "://"))
		return yaml_refuse(
			r->err, r->yaml, node, "expected a URL, such as http://127.0.0.1:8000/v1");
	if (strchr(node->text, ','))
		return yaml_refuse(r->err, r->yaml, node,
			"a comma cannot be part of a URL here" LOG_HELP
			"for more than the URL write a map");
	return check_text(r, node, node->text);
}

/* Appends ",key=value" for what is said of the endpoint, or takes the model. */
static bool add_attribute(const struct reading *r, struct name *name, const struct yaml_node *node)
{
	if (setting_names_secret(span_of(node->key)))
		return yaml_refuse_key(r->err, r->yaml, node,
			"unknown key \"%.60s\": secrets do not belong into this file" LOG_HELP
			"say key-env",
			node->key);
	if (node->kind != YAML_SCALAR || yaml_is_null(node) || strchr(node->text, ','))
		return yaml_refuse(r->err, r->yaml, node, "expected one value, without commas");
	char *checked = xasprintf(ANY_URL ",%s=%s", node->key, node->text);
	bool ok = check_text(r, node, checked);
	free(checked);
	if (!ok)
		return false;
	if (strcmp(node->key, "model") == 0) {
		name->model = xstrdup(node->text);
		return true;
	}
	char *text = xasprintf("%s,%s=%s", name->text, node->key, node->text);
	free(name->text);
	name->text = text;
	return true;
}

static bool read_endpoint(const struct reading *r, struct name *name, const struct yaml_node *node)
{
	bool is_url = node->kind == YAML_SCALAR;
	const struct yaml_node *url = is_url ? node : yaml_member(node, "url");
	if (!url)
		return yaml_refuse(r->err, r->yaml, node,
			"expected a URL, or a map with url, model, key-env and such");
	if (!check_url(r, url))
		return false;
	name->text = xstrdup(url->text);
	for (const struct yaml_node *member = node->first; member; member = member->next)
		if (member != url && !add_attribute(r, name, member))
			return false;
	return true;
}

/* A pool is made of endpoints, not of pools. */
static bool add_to_pool(const struct reading *r, struct name *name, const struct yaml_node *node)
{
	if (node->kind != YAML_SCALAR || yaml_is_null(node))
		return yaml_refuse(r->err, r->yaml, node, "expected the name of an endpoint");
	struct span head = head_of(node->text);
	const struct name *endpoint = find(r->names, head);
	const char *near = nearest(r->names, head, false);
	if (!endpoint || !endpoint->text)
		return yaml_refuse(r->err, r->yaml, node,
			"there is no endpoint \"%.*s\" in this file%s%s",
			head.n < 60 ? (int)head.n : 60, head.at,
			near ? LOG_HELP "the nearest is " : "", near ? near : "");
	strings_add(&name->pool, node->text);
	char *checked = xasprintf(ANY_URL "%s", node->text + head.n);
	bool ok = check_text(r, node, checked);
	free(checked);
	return ok;
}

static bool read_pool(const struct reading *r, struct name *name, const struct yaml_node *node)
{
	if (node->kind != YAML_LIST || !node->first)
		return yaml_refuse(
			r->err, r->yaml, node, "expected a list of endpoints, such as [one, two]");
	for (const struct yaml_node *item = node->first; item; item = item->next)
		if (!add_to_pool(r, name, item))
			return false;
	return true;
}

static bool check_name(const struct reading *r, const struct yaml_node *node)
{
	size_t n = strlen(node->key);
	if (n == 0 || strspn(node->key, NAME_LETTERS ".") != n)
		return yaml_refuse_key(
			r->err, r->yaml, node, "a name is made of letters, digits and - _ .");
	return !find(r->names, span_of(node->key)) ||
		yaml_refuse_key(r->err, r->yaml, node,
			"\"%.60s\" is the name of an endpoint already", node->key);
}

static bool read_map(const struct reading *r, const struct yaml_node *map, bool is_of_pools)
{
	struct names *names = r->names;
	if (!map || yaml_is_null(map))
		return true;
	if (map->kind != YAML_MAP)
		return yaml_refuse(
			r->err, r->yaml, map, "expected a map, with a line for each name");
	for (const struct yaml_node *node = map->first; node; node = node->next) {
		if (!check_name(r, node))
			return false;
		struct name name = { .name = xstrdup(node->key) };
		bool ok = is_of_pools ? read_pool(r, &name, node) : read_endpoint(r, &name, node);
		names->items = xrealloc(names->items, names->n + 1, sizeof *names->items);
		names->items[names->n++] = name;
		if (!ok)
			return false;
	}
	return true;
}

bool names_read(struct names *names, const struct yaml *y, const struct yaml_node *endpoints,
	const struct yaml_node *pools, struct err *err)
{
	const struct reading r = { names, y, err };
	free(names->file);
	names->file = xstrdup(yaml_name(y));
	return read_map(&r, endpoints, false) && read_map(&r, pools, true);
}

/* The length of "STEP=" at the start, where it stands with all options of steps; 0 = none. */
static size_t step_prefix_n(const char *text)
{
	size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_");
	return text[n] == '=' ? n + 1 : 0;
}

/* True if the model is one of those, which have commas between them. */
static bool names_model(const char *list, struct span model)
{
	for (const char *at = list; *at; at += strspn(at, ",")) {
		struct span one = head_of(at);
		if (one.n == model.n && memcmp(one.at, model.at, one.n) == 0)
			return true;
		at += one.n;
	}
	return false;
}

/*
 * True if a value of -m (NULL = there are none) is for every step, but none such names the model.
 */
static bool is_overruled(const struct strings *models, struct span model)
{
	bool says_other = false;
	for (size_t i = 0; models && i < models->n; i++) {
		const char *text = models->items[i];
		size_t prefix_n = step_prefix_n(text);
		bool is_for_one = prefix_n > 1;
		if (!is_for_one && names_model(text + prefix_n, model))
			return false;
		says_other |= !is_for_one;
	}
	return says_other;
}

/*
 * Appends what the endpoint's name stands for, and `rest`, which is empty or begins with a comma.
 */
static void add_endpoint(struct strings *out, const struct name *name, const char *rest,
	const struct strings *models)
{
	bool is_with_model = name->model && !is_overruled(models, span_of(name->model));
	char *text = xasprintf("%s%s%s%s", name->text, is_with_model ? ",model=" : "",
		is_with_model ? name->model : "", rest);
	strings_add(out, text);
	free(text);
}

/* Appends what one option's value stands for: itself, if it begins with no name. */
static void expand_one(const struct names *names, struct strings *out, const char *text,
	const struct strings *models)
{
	struct span head = head_of(text);
	const struct name *name = find(names, head);
	const char *rest = text + head.n;
	if (!name) {
		strings_add(out, text);
		return;
	}
	if (name->text) {
		add_endpoint(out, name, rest, models);
		return;
	}
	for (size_t i = 0; i < name->pool.n; i++) {
		char *member = xasprintf("%s%s", name->pool.items[i], rest);
		struct span member_head = head_of(member);
		add_endpoint(out, find(names, member_head), member + member_head.n, models);
		free(member);
	}
}

static void expand(const struct names *names, struct strings *list, const struct strings *models)
{
	struct strings out = { 0 };
	for (size_t i = 0; i < list->n; i++)
		expand_one(names, &out, list->items[i], models);
	strings_release(list);
	*list = out;
}

static const struct origin *origin_in(const struct config *config, const char *option)
{
	size_t i = 0;
	while (strcmp(config->origins.items[i].option, option) != 0)
		i++;
	return &config->origins.items[i];
}

/* One word, where a URL should be, is a name; app would say that it lacks http. */
static bool check_known(
	const struct names *names, const char *text, const struct origin *origin, struct err *err)
{
	struct span head = head_of(text);
	if (head.n == 0 || strspn(text, NAME_LETTERS) != head.n || find(names, head))
		return true;
	const char *near = nearest(names, head, true);
	if (!names->file)
		return err_set(err, ERR_ENDPOINT,
			"--endpoint %.60s: neither a URL nor a name that a configuration file "
			"gives to one" LOG_HELP "expected a URL, such as http://127.0.0.1:8000/v1",
			text);
	if (origin->kind == ORIGIN_COMMAND_LINE)
		return err_set(err, ERR_ENDPOINT,
			"--endpoint %.60s: neither a URL nor a name in %s%s%s", text, names->file,
			near ? LOG_HELP "the nearest is " : "", near ? near : "");
	return err_set(err, ERR_ENDPOINT,
		"%s: --endpoint %.60s: neither a URL nor a name in this file%s%s", origin->place,
		text, near ? LOG_HELP "the nearest is " : "", near ? near : "");
}

bool names_expand(const struct names *names, struct config *config, struct err *err)
{
	struct endpoint_opts *opts = &config->endpoint;
	const struct origin *origin = origin_in(config, "endpoint");
	for (size_t i = 0; i < opts->endpoints.n; i++)
		if (!check_known(names, opts->endpoints.items[i], origin, err))
			return false;
	bool is_typed = origin_in(config, "model")->kind == ORIGIN_COMMAND_LINE;
	expand(names, &opts->endpoints, is_typed ? &config->prompt.models : NULL);
	expand(names, &opts->fallbacks, NULL);
	return true;
}

const char *names_name(const struct names *names, size_t at)
{
	return names->items[at].name;
}

const char *names_model_of(const struct names *names, size_t at)
{
	return names->items[at].model;
}

bool names_begin(const struct names *names, const char *text)
{
	return find(names, head_of(text)) != NULL;
}

void names_release(struct names *names)
{
	strings_release(&names->profiles);
	for (size_t i = 0; i < names->n; i++) {
		free(names->items[i].name);
		free(names->items[i].text);
		free(names->items[i].model);
		strings_release(&names->items[i].pool);
	}
	free(names->items);
	free(names->file);
	*names = (struct names){ 0 };
}
