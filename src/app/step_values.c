/* SPDX-License-Identifier: MIT */
#include "app/step_values.h"

#include "app/origin.h"
#include "base/units.h"
#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

void step_values_add(struct step_values *values, struct step_value v)
{
	values->items = xrealloc(values->items, values->n + 1, sizeof *values->items);
	values->items[values->n++] = v;
}

void step_values_release(struct step_values *values)
{
	for (size_t i = 0; i < values->n; i++) {
		free(values->items[i].label);
		free(values->items[i].text);
	}
	free(values->items);
	*values = (struct step_values){ 0 };
}

/* The options while they are read. */
struct reading {
	struct step_values *values;
	const struct plan *plan;
	const struct config *config;
	struct err *err;
};

static enum value_rank rank_of(const struct reading *r, enum step_key key, bool is_of_step)
{
	if (origin_is_setting(r->config, step_key_row(key)->long_name))
		return is_of_step ? RANK_SETTING_STEP : RANK_SETTING;
	return is_of_step ? RANK_STEP : RANK_EVERY;
}

/*
 * Cuts "STEP=" off, where only a step's own name counts; a leading "=" means that there is none.
 * Gives the step, or NULL.
 */
static const struct step *take_step(const struct plan *plan, const char **text, char separator)
{
	if (separator == '=' && **text == '=') {
		++*text;
		return NULL;
	}
	for (unsigned i = 0; i < plan->steps_n; i++) {
		const struct step *s = &plan->steps[i];
		size_t n = strlen(s->name);
		if (strncmp(*text, s->name, n) == 0 && (*text)[n] == separator) {
			*text += n + 1;
			return s;
		}
	}
	return NULL;
}

/* What is left has no step's name before it: is that a mistake? */
static bool check_prefix(const struct reading *r, const struct step_key_row *row, const char *text,
	const char *label)
{
	static const char word_bytes[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
	struct span word = { .at = text, .n = strspn(text, word_bytes) };
	if (row->prefix == PREFIX_IS_TEXT || word.n == 0 || text[word.n] != row->separator)
		return true;
	const char *near = step_nearest(r->plan, word);
	bool has_names = r->plan->steps_n > 1 || !r->plan->steps[0].is_unnamed;
	if (row->prefix == PREFIX_MAY_BE && (!near || !has_names))
		return true;
	if (row->prefix == PREFIX_MAY_BE && row->separator == '=')
		return err_set(r->err, ERR_STEP,
			"%s: there is no step \"%.*s\"" LOG_HELP
			"the nearest is %s; a value that begins so is given as =%.*s=...",
			label, (int)word.n, word.at, near, (int)word.n, word.at);
	return step_refuse_name(r->plan, label, word, r->err);
}

static char *label_of(const struct step_key_row *row, const char *text)
{
	return row->is_long ? xstrdup(row->option) : xasprintf("%s %.200s", row->option, text);
}

static bool read_value(const struct reading *r, enum step_key key, const char *text)
{
	const struct step_key_row *row = step_key_row(key);
	char *label = label_of(row, text);
	bool has_no_name = *text == '=';
	const struct step *s = take_step(r->plan, &text, row->separator);
	if (!s && !has_no_name && !check_prefix(r, row, text, label)) {
		free(label);
		return false;
	}
	step_values_add(r->values,
		(struct step_value){ .key = key,
			.rank = rank_of(r, key, s != NULL),
			.step = s ? (unsigned)(s - r->plan->steps) : 0,
			.label = label,
			.text = xstrdup(text) });
	return true;
}

/* Marks the steps that a list names. */
static bool mark_emitted(const struct reading *r, const char *list, bool *is_emitted)
{
	char *copy = xstrdup(list), *rest = copy, *label = label_of(step_key_row(STEP_EMIT), list);
	bool ok = true;
	while (ok && rest) {
		struct span name = span_of(strsep(&rest, ","));
		const struct step *s = plan_find_step(r->plan, name);
		if (s)
			is_emitted[s - r->plan->steps] = true;
		else
			ok = name.n > 0 ? step_refuse_name(r->plan, label, name, r->err)
					: err_set(r->err, ERR_USAGE,
						  "%s: not understood" LOG_HELP
						  "expected names of steps with commas between",
						  label);
	}
	free(label);
	free(copy);
	return ok;
}

/* --emit is of all steps at once: those that it does not name are not emitted. */
static bool read_emits(const struct reading *r, const struct strings *lists)
{
	bool is_emitted[PLAN_STEPS_MAX] = { false };
	for (size_t i = 0; i < lists->n; i++)
		if (!mark_emitted(r, lists->items[i], is_emitted))
			return false;
	for (unsigned i = 0; lists->n > 0 && i < r->plan->steps_n; i++)
		step_values_add(r->values,
			(struct step_value){ .key = STEP_EMIT,
				.rank = rank_of(r, STEP_EMIT, true),
				.step = i,
				.label = xstrdup("--emit"),
				.text = xstrdup(is_emitted[i] ? "true" : "false") });
	return true;
}

bool step_values_read(struct step_values *values, const struct plan *plan, const struct config *c,
	struct err *err)
{
	const struct reading r = { values, plan, c, err };
	for (enum step_key key = 0; key < STEP_KEYS_N; key++) {
		const struct strings *list =
			(const void *)((const char *)&c->prompt + step_key_row(key)->list);
		if (key == STEP_EMIT && !read_emits(&r, list))
			return false;
		for (size_t i = 0; key != STEP_EMIT && i < list->n; i++)
			if (!read_value(&r, key, list->items[i]))
				return false;
	}
	return true;
}

static bool is_for(const struct step_value *v, enum step_key key, unsigned step)
{
	return v->key == key && (!step_value_is_own(v) || v->step == step);
}

/* Gives the value that counts, or NULL. */
static const struct step_value *winner(
	const struct step_values *values, enum step_key key, unsigned step)
{
	const struct step_value *best = NULL;
	for (size_t i = 0; i < values->n; i++) {
		const struct step_value *v = &values->items[i];
		if (is_for(v, key, step) && (!best || v->rank >= best->rank))
			best = v;
	}
	return best;
}

static bool apply_params(
	const struct step_values *values, struct plan *plan, unsigned step, struct err *err)
{
	struct step *s = &plan->steps[step];
	for (enum value_rank rank = RANK_SETTING; rank <= RANK_STEP; rank++)
		for (size_t i = 0; i < values->n; i++) {
			const struct step_value *v = &values->items[i];
			if (v->rank == rank && is_for(v, STEP_PARAM, step) &&
				!step_put(plan, s, STEP_PARAM, v, err))
				return false;
		}
	for (size_t i = 0; s->max_tokens && i < s->params_n; i++) {
		const struct param *p = &s->params[i];
		if (strcmp(p->key, "max_tokens") == 0 ||
			strcmp(p->key, "max_completion_tokens") == 0)
			return err_set(err, ERR_USAGE,
				"--param %s=%s says the same as --max-tokens" LOG_HELP
				"give one of them",
				p->key, p->json);
	}
	return true;
}

static bool apply_to(
	const struct step_values *values, struct plan *plan, unsigned step, struct err *err)
{
	for (enum step_key key = 0; key < STEP_PARAM; key++)
		if (!step_put(plan, &plan->steps[step], key, winner(values, key, step), err))
			return false;
	return apply_params(values, plan, step, err);
}

/* True if one step at least can do what is said of all. */
static bool is_of_use(const struct step_value *v, const struct plan *plan)
{
	int64_t n;
	bool needs_several =
		v->key == STEP_QUORUM && units_parse_int(span_of(v->text), &n) && n > 1;
	if (!needs_several && v->key != STEP_VOTE_BY)
		return true;
	for (unsigned i = 0; i < plan->steps_n; i++) {
		const struct step *s = &plan->steps[i];
		bool has_several = step_calls_n(s) > 1;
		if (needs_several ? has_several && s->join != JOIN_FIRST : s->join == JOIN_VOTE)
			return true;
	}
	return false;
}

static bool check_use(const struct step_values *values, const struct plan *plan, struct err *err)
{
	for (size_t i = 0; i < values->n; i++) {
		const struct step_value *v = &values->items[i];
		if (v->rank != RANK_EVERY || is_of_use(v, plan))
			continue;
		return err_set(err, ERR_STEP,
			v->key == STEP_VOTE_BY ? "%s: nobody votes" LOG_HELP
						 "several answers and --join vote are needed"
					       : "%s: no step needs more than one answer" LOG_HELP
						 "several, and --join all or vote, are needed",
			v->label);
	}
	return true;
}

bool step_values_apply(const struct step_values *values, struct plan *plan, struct err *err)
{
	for (unsigned i = 0; i < plan->steps_n; i++)
		if (!apply_to(values, plan, i, err))
			return false;
	return check_use(values, plan, err);
}
