/* SPDX-License-Identifier: MIT */
#include "app/reduce.h"

#include "base/near.h"
#include "base/xalloc.h"
#include "json/text.h"

#include <stdlib.h>
#include <string.h>

/* What the prompt is filled from. */
static const char *const holes[] = { "items", "key" };

/* True if the template has a hole that begins with that name. */
static bool mentions(const struct template *t, const char *name)
{
	for (size_t i = 0; i < template_holes_n(t); i++) {
		const struct path *path = template_hole(t, i);
		if (path->parts_n > 0 && path->parts[0].name &&
			span_is((struct span){ path->parts[0].name, path->parts[0].name_n }, name))
			return true;
	}
	return false;
}

static bool is_one_of(struct span word, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (span_is(word, words[i]))
			return true;
	return false;
}

static bool refuse_hole(const char *label, const struct path *path, struct err *err)
{
	const struct path_part *first = path->parts;
	char *name = path->parts_n > 0 && first->name ? xmemdup(first->name, first->name_n) : NULL;
	const char *near = name ? near_find(name, holes, 2) : NULL;
	free(name);
	if (near)
		return err_set(err, ERR_TEMPLATE,
			"%s: {{%.200s}} is nothing that pllm reduce fills in" LOG_HELP
			"the nearest is %s",
			label, path->text, near);
	return err_set(err, ERR_TEMPLATE,
		"%s: {{%.200s}}: pllm reduce fills in items and key" LOG_HELP
		"fields of records belong into --item",
		label, path->text);
}

/* A pack has its items, as one text, and its group's key; nothing else can be meant. */
static bool check_holes(const struct template *t, const char *label, struct err *err)
{
	for (size_t i = 0; i < template_holes_n(t); i++) {
		const struct path *path = template_hole(t, i);
		const struct path_part *first = path->parts;
		struct span name = { 0 };
		if (path->parts_n > 0 && first->name)
			name = (struct span){ first->name, first->name_n };
		if (!name.at || !is_one_of(name, holes, 2))
			return refuse_hole(label, path, err);
		if (path->parts_n > 1 && span_is(name, "items"))
			return err_set(err, ERR_TEMPLATE,
				"%s: {{%.200s}}: the items are one text, which has no "
				"parts" LOG_HELP "it is {{items}}",
				label, path->text);
	}
	return true;
}

/* A group's record has fields of its own, which nothing else may be called. */
static bool check_fields(const struct config *c, const struct plan *plan, struct err *err)
{
	static const char *const fields[] = { "key", "items", "count", "levels" };
	const char *answer = plan->steps[0].name, *meta = c->writer.meta;
	if (is_one_of(span_of(answer), fields, 4))
		return err_set(err, ERR_USAGE,
			"the field \"%s\" is pllm reduce's own" LOG_HELP
			"name the answer something else",
			answer);
	return !meta || !is_one_of(span_of(meta), fields, 4) ||
		err_set(err, ERR_USAGE,
			"--meta=%s: the field is pllm reduce's own" LOG_HELP "name another", meta);
}

/* What is combined is written by the prompt, and by nothing else. */
static bool check_plan(const struct plan *plan, struct err *err)
{
	const struct step *step = &plan->steps[0];
	if (plan->batch != BATCH_NONE)
		return err_set(err, ERR_USAGE,
			"pllm reduce combines records" LOG_HELP
			"requests of a batch format are answered one by one");
	if (plan->steps_n > 1)
		return err_set(err, ERR_USAGE,
			"pllm reduce has one prompt, which combines" LOG_HELP
			"more can be asked in a pipe before and after it");
	if (!check_holes(&step->prompt, "the prompt", err) ||
		!check_holes(&step->system, "--system", err))
		return false;
	if (!step->has_prompt || !mentions(&step->prompt, "items"))
		return err_set(err, ERR_TEMPLATE,
			"pllm reduce needs a prompt in which {{items}} stands for what is to be "
			"combined" LOG_HELP "-p 'Merge these:\\n{{items}}'");
	return step_calls_n(step) == 1 ||
		err_set(err, ERR_MODEL, "pllm reduce asks one model, once for each pack");
}

static bool parse_item(struct fold_opts *o, const char *text, struct err *err)
{
	struct err why;
	return template_parse(&o->item, span_of(text), TEMPLATE_FROM_ARGUMENT, &why) ||
		err_set(err, why.kind, "--item: %s", why.msg);
}

static bool parse_by(struct fold_opts *o, const char *text, struct err *err)
{
	struct err why;
	o->has_by = text != NULL;
	return !text || path_parse(&o->by, span_of(text), &why) ||
		err_set(err, why.kind, "--by: %s", why.msg);
}

bool reduce_make(
	struct fold_opts *o, const struct config *c, const struct plan *plan, struct err *err)
{
	if (!check_plan(plan, err) || !check_fields(c, plan, err) ||
		!parse_by(o, c->reduce.by, err) || !parse_item(o, c->reduce.item, err))
		return false;
	if (c->reduce.is_sorted && !o->has_by)
		return err_set(err, ERR_USAGE, "--sorted: by what?" LOG_HELP "give --by PATH");
	o->fan_in = c->reduce.fan_in;
	o->is_sorted = c->reduce.is_sorted;
	o->is_unordered = c->pipeline.unordered;
	o->drops = c->on_error == ERROR_IS_DROPPED;
	o->max_bytes = c->reduce.group_bytes;
	return true;
}

void reduce_release(struct fold_opts *o)
{
	path_release(&o->by);
	template_release(&o->item);
}
