/* SPDX-License-Identifier: MIT */
#include "app/reduce.h"

#include "json/text.h"

#include <string.h>

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

/* What is combined is written by the prompt, and by nothing else. */
static bool check_plan(const struct plan *plan, struct err *err)
{
	const struct step *step = &plan->steps[0];
	if (plan->batch != BATCH_NONE)
		return err_set(err, ERR_USAGE,
			"pllm reduce combines records; requests of a batch format are answered one by one");
	if (plan->steps_n > 1)
		return err_set(err, ERR_USAGE,
			"pllm reduce has one prompt, which combines; more can be asked in a pipe before and after it");
	if (!step->has_prompt || !mentions(&step->prompt, "items"))
		return err_set(err, ERR_USAGE,
			"pllm reduce needs a prompt in which {{items}} stands for what is to be combined: -p 'Merge these:\\n{{items}}'");
	if (step_calls_n(step) > 1)
		return err_set(err, ERR_USAGE, "pllm reduce asks one model, once for each pack");
	return !step->has_image ||
		err_set(err, ERR_USAGE, "--image: what is combined are texts; there is no picture");
}

static bool parse_item(struct fold_opts *o, const char *text, struct err *err)
{
	struct err why;
	return template_parse(&o->item, span_of(text), TEMPLATE_FROM_ARGUMENT, &why) ||
		err_set(err, ERR_USAGE, "--item: %s", why.msg);
}

static bool parse_by(struct fold_opts *o, const char *text, struct err *err)
{
	struct err why;
	o->has_by = text != NULL;
	return !text || path_parse(&o->by, span_of(text), &why) ||
		err_set(err, ERR_USAGE, "--by: %s", why.msg);
}

bool reduce_make(
	struct fold_opts *o, const struct config *c, const struct plan *plan, struct err *err)
{
	if (!check_plan(plan, err) || !parse_by(o, c->reduce.by, err) ||
		!parse_item(o, c->reduce.item, err))
		return false;
	if (c->reduce.is_sorted && !o->has_by)
		return err_set(err, ERR_USAGE, "--sorted: by what? Give --by PATH");
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
