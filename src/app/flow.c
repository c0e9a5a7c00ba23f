/* SPDX-License-Identifier: MIT */
#include "app/flow.h"

#include "app/text_file.h"
#include "base/near.h"
#include "base/xalloc.h"
#include "json/scan.h"
#include "json/text.h"
#include "json/yaml.h"

#include <stdlib.h>
#include <string.h>

/* The file while it is read. */
struct reading {
	const struct yaml *yaml;
	const char *path;
	bool needs_steps;
	struct plan *plan;
	struct step_values *values;
	struct err *err;
};

/* Whose map of keys is read. */
struct owner {
	enum value_rank rank;
	unsigned step;
};

/* A value: whose, of which key, and where it is written. */
struct place {
	struct owner owner;
	enum step_key key;
	const struct yaml_node *node;
};

/* Gives (allocated) a file's name as seen from here. */
static char *resolve(const char *flow, const char *name)
{
	const char *slash = strrchr(flow, '/');
	if (name[0] == '/' || !slash)
		return xstrdup(name);
	return xasprintf("%.*s%s", (int)(slash + 1 - flow), flow, name);
}

/* Gives (allocated) what messages about a node begin with. */
static char *label_of(const struct reading *r, const struct yaml_node *node, const char *word)
{
	return xasprintf("%s:%d:%d: %s", yaml_name(r->yaml), node->line, node->column, word);
}

/* Adds a value; takes text. */
static void say(const struct reading *r, const struct place *at, char *text)
{
	const struct step_key_row *row = step_key_row(at->key);
	char *label = row->is_long ? xstrdup(row->name) : xasprintf("%s %.200s", row->name, text);
	step_values_add(r->values,
		(struct step_value){ .key = at->key,
			.rank = at->owner.rank,
			.step = at->owner.step,
			.label = label_of(r, at->node, label),
			.text = text });
	free(label);
}

/* True if the node is one value; else err is filled. */
static bool check_scalar(const struct reading *r, const struct yaml_node *node, const char *key)
{
	if (node->kind != YAML_SCALAR)
		return yaml_refuse(r->err, r->yaml, node,
			"%s: not understood" LOG_HELP "expected one value", key);
	return !yaml_is_null(node) ||
		yaml_refuse(r->err, r->yaml, node, "%s: there is no value", key);
}

static bool put_json(struct buf *out, const struct yaml_node *node);

static bool put_json_members(struct buf *out, const struct yaml_node *node)
{
	bool is_map = node->kind == YAML_MAP, ok = buf_put_char(out, is_map ? '{' : '[');
	for (const struct yaml_node *child = node->first; ok && child; child = child->next) {
		if (child != node->first)
			ok = buf_put_char(out, ',');
		if (is_map)
			ok = ok && json_put_string(out, span_of(child->key)) &&
				buf_put_char(out, ':');
		ok = ok && put_json(out, child);
	}
	return ok && buf_put_char(out, is_map ? '}' : ']');
}

/* True for true, false and numbers: a word that is JSON without quotes. */
static bool is_json_word(const struct yaml_node *node)
{
	struct span value;
	struct json_fault fault;
	return node->is_plain && json_scan(span_of(node->text), &value, &fault);
}

static bool put_json(struct buf *out, const struct yaml_node *node)
{
	if (node->kind != YAML_SCALAR)
		return put_json_members(out, node);
	if (yaml_is_null(node))
		return buf_put_str(out, "null");
	return is_json_word(node) ? buf_put_str(out, node->text)
				  : json_put_string(out, span_of(node->text));
}

static bool take_param(const struct reading *r, const struct place *at)
{
	struct buf text;
	buf_init(&text, TEXT_FILE_MAX_BYTES);
	bool ok = buf_put_str(&text, at->node->key) && buf_put_char(&text, '=') &&
		put_json(&text, at->node);
	if (ok)
		say(r, at, xmemdup(text.data, text.len));
	else
		yaml_refuse(r->err, r->yaml, at->node, "params: %.60s is too long", at->node->key);
	buf_release(&text);
	return ok;
}

static bool take_params(const struct reading *r, const struct place *at)
{
	struct place param = *at;
	if (at->node->kind != YAML_MAP)
		return yaml_refuse(r->err, r->yaml, at->node,
			"params: not understood" LOG_HELP
			"expected a map, such as {temperature: 0}");
	for (param.node = at->node->first; param.node; param.node = param.node->next)
		if (!take_param(r, &param))
			return false;
	return true;
}

/* A list of models is the same as their names with commas between. */
static bool take_model_list(const struct reading *r, const struct place *at)
{
	char *text = NULL;
	for (const struct yaml_node *item = at->node->first; item; item = item->next) {
		if (!check_scalar(r, item, "model")) {
			free(text);
			return false;
		}
		char *longer = text ? xasprintf("%s,%s", text, item->text) : xstrdup(item->text);
		free(text);
		text = longer;
	}
	if (!text)
		return yaml_refuse(r->err, r->yaml, at->node,
			"model: not understood" LOG_HELP
			"expected the name of a model, or several");
	say(r, at, text);
	return true;
}

static bool take_value(const struct reading *r, const struct place *at)
{
	const struct step_key_row *row = step_key_row(at->key);
	if (at->key == STEP_PARAM)
		return take_params(r, at);
	if (at->key == STEP_MODEL && at->node->kind == YAML_LIST)
		return take_model_list(r, at);
	if (!check_scalar(r, at->node, row->name))
		return false;
	const char *text = at->node->text;
	say(r, at, row->is_file ? resolve(r->path, text) : xstrdup(text));
	return true;
}

static bool refuse_key(const struct reading *r, const struct yaml_node *node, const char *near)
{
	return yaml_refuse_key(r->err, r->yaml, node, "unknown key \"%.60s\"%s%s", node->key,
		near ? LOG_HELP "the nearest is " : "", near ? near : "");
}

/* One line of a step or of the defaults; prompts have been taken already. */
static bool take_key(const struct reading *r, struct owner owner, const struct yaml_node *node)
{
	const char *names[STEP_KEYS_N + 2] = { "prompt", "prompt_file" };
	struct place at = { owner, 0, node };
	size_t n = owner.rank == RANK_FLOW ? 2 : 0;
	for (size_t i = 0; i < n; i++)
		if (strcmp(node->key, names[i]) == 0)
			return true;
	for (at.key = 0; at.key < STEP_KEYS_N; at.key++) {
		names[n++] = step_key_row(at.key)->name;
		if (strcmp(node->key, names[n - 1]) == 0)
			return take_value(r, &at);
	}
	return refuse_key(r, node, near_find(node->key, names, n));
}

static bool take_keys(const struct reading *r, struct owner owner, const struct yaml_node *map)
{
	for (const struct yaml_node *node = map->first; node; node = node->next)
		if (!take_key(r, owner, node))
			return false;
	return true;
}

static bool put_prompt(const struct reading *r, struct step *s, const struct yaml_node *node)
{
	struct err why;
	s->has_prompt = true;
	if (!check_scalar(r, node, "prompt"))
		return false;
	if (!*node->text)
		return yaml_refuse(r->err, r->yaml, node, "prompt: there is nothing in it");
	return template_parse(&s->prompt, span_of(node->text), TEMPLATE_FROM_FILE, &why) ||
		yaml_refuse(r->err, r->yaml, node, "prompt: %s", why.msg);
}

static bool put_prompt_file(const struct reading *r, struct step *s, const struct yaml_node *node)
{
	if (!check_scalar(r, node, "prompt_file"))
		return false;
	char *path = resolve(r->path, node->text), *label = label_of(r, node, "prompt_file");
	bool ok = step_put_prompt_file(s, label, path, r->err);
	free(label);
	free(path);
	return ok;
}

/* The step is there; its prompt is what a plain string is, or a member of the map. */
static bool take_step(const struct reading *r, struct step *s, const struct yaml_node *node)
{
	if (node->kind == YAML_SCALAR)
		return put_prompt(r, s, node);
	if (node->kind != YAML_MAP)
		return yaml_refuse(r->err, r->yaml, node, "expected a prompt, or a map with one");
	const struct yaml_node *prompt = yaml_member(node, "prompt"),
			       *file = yaml_member(node, "prompt_file");
	const struct owner owner = { RANK_FLOW, r->plan->steps_n - 1 };
	if (!take_keys(r, owner, node))
		return false;
	if (prompt && file)
		return yaml_refuse_key(r->err, r->yaml, file,
			"step %s has a prompt already" LOG_HELP "give one of the two", node->key);
	if (!prompt && !file)
		return yaml_refuse_key(r->err, r->yaml, node,
			"step %s has no prompt" LOG_HELP "give prompt or prompt_file", node->key);
	return prompt ? put_prompt(r, s, prompt) : put_prompt_file(r, s, file);
}

/* Nobody is to pay for what the records say in the place of steps that he forgot. */
static bool check_steps(const struct reading *r, const struct yaml_node *map)
{
	static const char why[] = "there are no steps" LOG_HELP "give some here, or with -p";
	if (r->plan->steps_n > 0 || !r->needs_steps)
		return true;
	return map ? yaml_refuse_key(r->err, r->yaml, map, why)
		   : yaml_refuse(r->err, r->yaml, yaml_root(r->yaml), why);
}

static bool take_steps(const struct reading *r, const struct yaml_node *map)
{
	struct err why;
	if (!map || yaml_is_null(map))
		return check_steps(r, map);
	if (map->kind != YAML_MAP)
		return yaml_refuse(r->err, r->yaml, map,
			"expected a map of steps, such as topics: \"List: {{text}}\"");
	for (const struct yaml_node *node = map->first; node; node = node->next) {
		if (!*node->key || node->key[step_name_length(node->key)])
			return yaml_refuse_key(r->err, r->yaml, node,
				"\"%.60s\" is no name for a step" LOG_HELP
				"expected a-z, 0-9 and _, and no digit first",
				node->key);
		struct step *s = step_add(r->plan, span_of(node->key), &why);
		if (!s)
			return yaml_refuse_key(r->err, r->yaml, node, "%s", why.msg);
		if (!take_step(r, s, node))
			return false;
	}
	return check_steps(r, map);
}

static bool take_defaults(const struct reading *r, const struct yaml_node *map)
{
	if (!map || yaml_is_null(map))
		return true;
	if (map->kind != YAML_MAP)
		return yaml_refuse(
			r->err, r->yaml, map, "expected a map, such as {max_tokens: 300}");
	return take_keys(r, (struct owner){ RANK_DEFAULTS, 0 }, map);
}

static bool take_document(const struct reading *r)
{
	static const char *const keys[] = { "defaults", "steps" };
	const struct yaml_node *root = yaml_root(r->yaml);
	if (!root)
		return err_set(r->err, ERR_FLOW, "--flow: there is nothing in %s", r->path);
	if (root->kind != YAML_MAP)
		return yaml_refuse(
			r->err, r->yaml, root, "expected a map with steps, and maybe defaults");
	for (const struct yaml_node *node = root->first; node; node = node->next)
		if (strcmp(node->key, keys[0]) != 0 && strcmp(node->key, keys[1]) != 0)
			return refuse_key(r, node, near_find(node->key, keys, 2));
	return take_defaults(r, yaml_member(root, keys[0])) &&
		take_steps(r, yaml_member(root, keys[1]));
}

bool flow_read(const char *path, bool needs_steps, struct plan *plan, struct step_values *values,
	struct err *err)
{
	struct buf text;
	struct yaml *y = NULL;
	if (strcmp(path, "-") == 0)
		return err_set(err, ERR_FLOW,
			"--flow: standard input is for the records" LOG_HELP "give a file");
	buf_init(&text, YAML_BYTES_MAX);
	bool ok = text_file_read("--flow", path, &text, err) &&
		(y = yaml_new(buf_span(&text), path, ERR_FLOW, err)) &&
		take_document(&(struct reading){ y, path, needs_steps, plan, values, err });
	yaml_free(y);
	buf_release(&text);
	return ok;
}
