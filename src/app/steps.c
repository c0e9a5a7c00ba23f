/* SPDX-License-Identifier: MIT */
#include "app/steps.h"

#include "app/flow.h"
#include "app/origin.h"
#include "app/step_keys.h"
#include "app/step_values.h"
#include "json/text.h"

#include <inttypes.h>
#include <string.h>

/* The command line's prompts while steps are made of them. */
struct making {
	struct plan *plan;
	const struct prompt_opts *opts;
	unsigned flow_n; /* steps of the flow file, which are the first */
	bool has_unnamed;
	struct err *err;
};

/*
 * Splits "NAME=rest"; a leading "=" means that there is no name. Gives the name (missing = none)
 * and moves *text to the rest.
 */
static struct span take_name(const char **text)
{
	size_t n = step_name_length(*text);
	if ((*text)[n] != '=')
		return (struct span){ 0 };
	struct span name = { .at = n ? *text : NULL, .n = n };
	*text += n + 1;
	return name;
}

/* True if no step of the flow file has that name; else err is filled. */
static bool check_flow(const struct making *m, struct span name, const char *option)
{
	const struct step *s = plan_find_step(m->plan, name);
	return !s || s >= m->plan->steps + m->flow_n ||
		err_set(m->err, ERR_USAGE,
			"%s: there are two steps named \"%s\"; the other is in %s", option, s->name,
			m->opts->flow);
}

/* Adds a step, named by its prompt or by -a. NULL with err filled. */
static struct step *add_step(struct making *m, struct span name, const char *option)
{
	struct err why;
	if (!name.at && m->has_unnamed) {
		err_set(m->err, ERR_USAGE,
			"%s: several prompts need names, as in -p first='...' -p second='...'",
			option);
		return NULL;
	}
	struct span field = name.at ? name : span_of(m->opts->as);
	if (!check_flow(m, field, option))
		return NULL;
	struct step *s = step_add(m->plan, field, &why);
	if (!s)
		err_set(m->err, ERR_USAGE, "%s: %s", option, why.msg);
	else if (!name.at)
		s->is_unnamed = m->has_unnamed = true;
	return s;
}

static bool add_prompt(struct making *m, const char *text, bool is_file)
{
	const char *option = is_file ? "--prompt-file" : "-p";
	struct err why;
	struct span name = take_name(&text);
	if (!*text)
		return err_set(
			m->err, ERR_USAGE, "%s: there is nothing after the step's name", option);
	struct step *s = add_step(m, name, option);
	if (!s)
		return false;
	if (is_file)
		return step_put_prompt_file(s, option, text, m->err);
	s->has_prompt = true;
	return template_parse(&s->prompt, span_of(text), TEMPLATE_FROM_ARGUMENT, &why) ||
		err_set(m->err, ERR_USAGE, "-p: %s", why.msg);
}

static bool add_prompts(struct making *m)
{
	const struct strings *prompts = &m->opts->prompts, *files = &m->opts->prompt_files;
	for (size_t i = 0; i < prompts->n; i++)
		if (!add_prompt(m, prompts->items[i], false))
			return false;
	for (size_t i = 0; i < files->n; i++)
		if (!add_prompt(m, files->items[i], true))
			return false;
	/* Without any prompt the record says what is asked. */
	return m->plan->steps_n > 0 || add_step(m, (struct span){ 0 }, "-a");
}

/* Gives in rule what becomes of prompts that are too long. */
static bool choose_overflow(enum overflow_rule *rule, const struct config *c, struct err *err)
{
	*rule = (enum overflow_rule)c->prompt.on_overflow;
	if (*rule == OVERFLOW_SPLITS && c->command != COMMAND_REDUCE) {
		if (!origin_is_setting(c, "on-overflow"))
			return err_set(err, ERR_USAGE,
				"--on-overflow split: only pllm reduce can ask about a record in parts; here it is error, truncate or truncate-middle");
		*rule = OVERFLOW_IS_ERROR;
	}
	return c->prompt.max_input_tokens > 0 ||
		origin_kind_of(c, "on-overflow") != ORIGIN_COMMAND_LINE ||
		err_set(err, ERR_USAGE,
			"--on-overflow: nothing is too long without --max-input-tokens N, which says what a prompt may have");
}

/* What is the same for all steps. */
static bool set_common(struct plan *plan, const struct config *c, struct err *err)
{
	const struct prompt_opts *o = &c->prompt;
	enum overflow_rule rule;
	bool has_room = c->pipeline.sched.on_truncate == TRUNCATE_GROWS ||
		!origin_is_setting(c, "max-tokens-limit");
	if (!choose_overflow(&rule, c, err))
		return false;
	for (unsigned i = 0; i < plan->steps_n; i++) {
		struct step *s = &plan->steps[i];
		s->reasks_n = (unsigned)o->reasks_n;
		s->max_input_tokens = o->max_input_tokens;
		s->on_overflow = rule;
		s->max_tokens_limit = has_room ? o->max_tokens_limit : 0;
	}
	return true;
}

static bool read_flow(struct making *m, struct step_values *values)
{
	const struct prompt_opts *o = m->opts;
	bool needs_steps = o->prompts.n + o->prompt_files.n == 0;
	if (o->flow && !flow_read(o->flow, needs_steps, m->plan, values, m->err))
		return false;
	m->flow_n = m->plan->steps_n;
	return true;
}

bool steps_make(struct plan *plan, const struct config *c, struct err *err)
{
	const struct prompt_opts *o = &c->prompt;
	struct making m = { .plan = plan, .opts = o, .err = err };
	struct step_values values = { 0 };
	if (!*o->as || !utf8_is_valid(span_of(o->as)))
		return err_set(
			err, ERR_USAGE, "-a: expected the name of a field, UTF-8 and not empty");
	bool ok = read_flow(&m, &values) && add_prompts(&m) &&
		step_values_read(&values, plan, c, err) && step_values_apply(&values, plan, err);
	step_values_release(&values);
	return ok && set_common(plan, c, err) && plan_link(plan, err);
}

static bool check_step(const struct step *s, bool grows, struct err *err)
{
	if (!grows)
		return !s->max_tokens_limit ||
			err_set(err, ERR_USAGE, "--max-tokens-limit is for --on-truncate grow");
	if (!s->max_tokens)
		return err_set(err, ERR_USAGE,
			"--on-truncate grow: step %s needs --max-tokens, from which it grows",
			s->name);
	return s->max_tokens_limit > s->max_tokens ||
		err_set(err, ERR_USAGE,
			"--on-truncate grow: step %s needs a --max-tokens-limit above its --max-tokens, which is %" PRId64,
			s->name, s->max_tokens);
}

bool steps_check_growth(const struct plan *plan, bool grows, struct err *err)
{
	for (unsigned i = 0; i < plan->steps_n; i++)
		if (!check_step(&plan->steps[i], grows, err))
			return false;
	return true;
}
