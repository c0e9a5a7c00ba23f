/* SPDX-License-Identifier: MIT */
/*
 * The graph is read in three passes: needs (each hole against each name), the cycle (from each step
 * in the order given, breadth first, so that the shortest cycle of the first step on one is shown),
 * and who is left that nobody wants. With 64 steps at most nothing cleverer is called for.
 */
#include "work/plan.h"

#include "base/xalloc.h"
#include "json/scan.h"
#include "json/schema.h"
#include "json/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Fields that pllm writes or whose meaning it relies on; setting them behind its back would lose
 * answers.
 */
static const char *const owned_keys[] = { "model", "messages", "input", "n", "stream", "prompt",
	"contents" };

enum {
	PATH_NAMES_MAX = 8,
	SHOWN_LETTERS = 40, /* of a hole in a message */
	WHERE_BYTES = 400,  /* of a place in a message */
	CYCLE_BYTES_MAX = 1 << 16
};

struct step *plan_add_step(struct plan *p, const char *name)
{
	p->steps = xrealloc(p->steps, p->steps_n + 1, sizeof *p->steps);
	struct step *s = &p->steps[p->steps_n++];
	*s = (struct step){ .name = xstrdup(name) };
	struct buf json;
	buf_init(&json, strlen(name) * 6 + 3);
	json_put_string(&json, span_of(name));
	buf_put_char(&json, '\0');
	s->name_json = json.data;
	return s;
}

struct step *plan_find_step(const struct plan *p, struct span name)
{
	for (unsigned i = 0; i < p->steps_n; i++)
		if (span_is(name, p->steps[i].name))
			return &p->steps[i];
	return NULL;
}

static bool is_model(const struct plan_model *m, const char *name, bool is_usual)
{
	bool is_same_name = m->name && name ? strcmp(m->name, name) == 0 : m->name == name;
	return is_same_name && m->is_usual == is_usual;
}

int plan_add_model(struct plan *p, const char *name, bool is_usual)
{
	unsigned i = 0;
	while (i < p->models_n && !is_model(&p->models[i], name, is_usual))
		i++;
	if (i == PLAN_MODELS_MAX)
		return -1;
	if (i == p->models_n)
		p->models[p->models_n++] = (struct plan_model){ .name = name ? xstrdup(name) : NULL,
			.is_usual = is_usual };
	return (int)i;
}

unsigned step_calls_n(const struct step *s)
{
	return (s->models_n ? s->models_n : 1) * (s->samples_n ? s->samples_n : 1);
}

bool step_is_list(const struct step *s)
{
	return s->join == JOIN_ALL && step_calls_n(s) > 1;
}

unsigned step_quorum(const struct step *s)
{
	unsigned calls_n = step_calls_n(s);
	if (s->join == JOIN_FIRST)
		return 1;
	if (s->quorum)
		return s->quorum < calls_n ? s->quorum : calls_n;
	return s->join == JOIN_VOTE ? calls_n / 2 + 1 : calls_n;
}

/* Refuses a hole that leads into a step's value where no record's value has anything. */
static bool check_hole(
	const struct step *s, const struct step *other, const struct path *hole, struct err *err)
{
	struct span shown = utf8_first(span_of(hole->text), SHOWN_LETTERS);
	char where[WHERE_BYTES];
	long calls_n = (long)step_calls_n(other);
	if (hole->parts_n < 2 || (other->schema && !step_is_list(other)))
		return true;
	long i = hole->parts[1].index;
	bool is_name = hole->parts[1].name != NULL;
	snprintf(where, sizeof where, "step \"%.100s\": {{%.*s}}: ", s->name, (int)shown.n,
		shown.at);
	if (!step_is_list(other))
		return err_set(err, ERR_TEMPLATE,
			"%sthe value of \"%.100s\" is a text%s" LOG_HELP "with --schema it is JSON",
			where, other->name, is_name ? " and has no fields" : ", not a list");
	if (is_name)
		return err_set(err, ERR_TEMPLATE,
			"%s\"%.100s\" has a list of answers" LOG_HELP
			"take one, as in {{%.100s[0]}}",
			where, other->name, other->name);
	return (i < calls_n && i >= -calls_n) ||
		err_set(err, ERR_TEMPLATE, "%s\"%.100s\" has %ld answers, [0] to [%ld]", where,
			other->name, calls_n, calls_n - 1);
}

static void add_need(struct plan *p, struct step *s, unsigned other)
{
	unsigned i = 0;
	while (i < s->needs_n && s->needs[i] != other)
		i++;
	if (i == s->needs_n)
		s->needs[s->needs_n++] = other;
	p->steps[other].is_needed = true;
}

/* Finds the steps that a template of s mentions. */
static bool link_template(struct plan *p, struct step *s, struct template *t, struct err *err)
{
	for (size_t i = 0; i < template_holes_n(t); i++) {
		const struct path *hole = template_hole(t, i);
		if (hole->parts_n == 0 || !hole->parts->name)
			continue;
		struct span name = { hole->parts->name, hole->parts->name_n };
		const struct step *other = plan_find_step(p, name);
		if (!other || other == s || other->is_unnamed)
			continue;
		if (!check_hole(s, other, hole, err))
			return false;
		unsigned index = (unsigned)(other - p->steps);
		template_bind(t, name, index, step_is_list(other));
		add_need(p, s, index);
	}
	return true;
}

static bool link_step(struct plan *p, struct step *s, struct err *err)
{
	struct template *templates[] = { &s->prompt, &s->system, &s->image };
	const char *names[PLAN_STEPS_MAX];
	size_t names_n = 0;
	for (unsigned i = 0; i < p->steps_n; i++)
		if (&p->steps[i] != s && !p->steps[i].is_unnamed)
			names[names_n++] = p->steps[i].name;
	for (size_t i = 0; i < sizeof templates / sizeof *templates; i++) {
		if (!link_template(p, s, templates[i], err))
			return false;
		template_suggest(templates[i], names, names_n);
	}
	return true;
}

static bool needs_step(const struct step *s, unsigned other)
{
	for (unsigned i = 0; i < s->needs_n; i++)
		if (s->needs[i] == other)
			return true;
	return false;
}

/*
 * Looks for the shortest way from a step through its needs back to itself. Gives the last step on
 * it, from which `before` leads to the first; or steps_n.
 */
static unsigned find_way_back(const struct plan *p, unsigned first, unsigned *before)
{
	unsigned queue[PLAN_STEPS_MAX] = { first };
	bool is_seen[PLAN_STEPS_MAX] = { false };
	is_seen[first] = true;
	for (unsigned i = 0, n = 1; i < n; i++) {
		const struct step *s = &p->steps[queue[i]];
		if (needs_step(s, first))
			return queue[i];
		for (unsigned k = 0; k < s->needs_n; k++) {
			unsigned need = s->needs[k];
			if (is_seen[need])
				continue;
			is_seen[need] = true;
			before[need] = queue[i];
			queue[n++] = need;
		}
	}
	return p->steps_n;
}

/* Fills err with the cycle that goes from the first step to the last and back; always false. */
static bool show_cycle(const struct plan *p, unsigned first, unsigned last, const unsigned *before,
	struct err *err)
{
	unsigned way[PLAN_STEPS_MAX], n = 0;
	struct buf text;
	buf_init(&text, CYCLE_BYTES_MAX);
	for (unsigned i = last; i != first; i = before[i])
		way[n++] = i;
	buf_put_str(&text, p->steps[first].name);
	while (n-- > 0) {
		buf_put_str(&text, " -> ");
		buf_put_str(&text, p->steps[way[n]].name);
	}
	buf_put_str(&text, " -> ");
	buf_put_str(&text, p->steps[first].name);
	err_set(err, ERR_STEP, "cycle: %.*s", (int)text.len, text.data);
	buf_release(&text);
	return false;
}

static bool check_cycles(const struct plan *p, struct err *err)
{
	for (unsigned i = 0; i < p->steps_n; i++) {
		unsigned before[PLAN_STEPS_MAX];
		unsigned last = find_way_back(p, i, before);
		if (last < p->steps_n)
			return show_cycle(p, i, last, before, err);
	}
	return true;
}

bool plan_link(struct plan *p, struct err *err)
{
	for (unsigned i = 0; i < p->steps_n; i++) {
		struct step *s = &p->steps[i];
		s->samples_n = s->samples_n ? s->samples_n : 1;
	}
	for (unsigned i = 0; i < p->steps_n; i++)
		if (!link_step(p, &p->steps[i], err))
			return false;
	if (!check_cycles(p, err))
		return false;
	for (unsigned i = 0; i < p->steps_n; i++)
		if (!p->steps[i].is_emitted && !p->steps[i].is_needed)
			return err_set(err, ERR_STEP,
				"step \"%.100s\" is for nothing: its value is not in the output, and no "
				"other step mentions it",
				p->steps[i].name);
	return true;
}

static void step_release(struct step *s)
{
	template_release(&s->prompt);
	template_release(&s->system);
	template_release(&s->image);
	schema_free(s->schema);
	for (size_t i = 0; i < s->params_n; i++) {
		free(s->params[i].key);
		free(s->params[i].json);
	}
	free(s->params);
	path_release(&s->vote_by);
	free(s->name);
	free(s->name_json);
}

void plan_release(struct plan *p)
{
	for (unsigned i = 0; i < p->steps_n; i++)
		step_release(&p->steps[i]);
	free(p->steps);
	for (unsigned i = 0; i < p->models_n; i++)
		free(p->models[i].name);
	*p = (struct plan){ 0 };
}

/*
 * A key that is given again has its last value: twice in a body it would mean what each server
 * likes.
 */
static void put_param(struct step *s, struct span key, struct span value)
{
	size_t i = 0;
	while (i < s->params_n && !span_is(key, s->params[i].key))
		i++;
	if (i == s->params_n) {
		s->params = xrealloc(s->params, s->params_n + 1, sizeof *s->params);
		s->params[s->params_n++] = (struct param){ .key = xmemdup(key.at, key.n) };
	}
	free(s->params[i].json);
	s->params[i].json = xmemdup(value.at, value.n);
}

/* Dots lead into objects: none at an end, no two together, and not into the depths. */
static bool is_path(struct span key)
{
	int names_n = 1;
	for (size_t i = 0; i < key.n; i++) {
		if (key.at[i] != '.')
			continue;
		if (i == 0 || i + 1 == key.n || key.at[i + 1] == '.')
			return false;
		names_n++;
	}
	return names_n <= PATH_NAMES_MAX;
}

bool step_add_param(struct step *s, const char *text, struct err *err)
{
	const char *equals = strchr(text, '=');
	if (!equals || equals == text)
		return err_set(err, ERR_USAGE,
			"--param %s: not understood" LOG_HELP "expected KEY=JSON", text);
	struct span key = { .at = text, .n = (size_t)(equals - text) };
	if (!utf8_is_valid(key))
		return err_set(err, ERR_USAGE, "--param: the key is not UTF-8");
	struct span first = { .at = key.at, .n = 0 };
	while (first.n < key.n && key.at[first.n] != '.')
		first.n++;
	for (size_t i = 0; i < sizeof owned_keys / sizeof *owned_keys; i++)
		if (span_is(first, owned_keys[i]))
			return err_set(err, ERR_USAGE, "--param %s: pllm sets \"%s\" itself%s",
				text, owned_keys[i], i == 0 ? LOG_HELP "use -m" : "");
	if (!is_path(key))
		return err_set(err, ERR_USAGE,
			"--param %.100s: a key is a name, or up to %d names with a dot between two",
			text, PATH_NAMES_MAX);
	struct span value;
	struct json_fault fault;
	if (!json_scan(span_of(equals + 1), &value, &fault))
		return err_set(err, ERR_USAGE,
			"--param %s: the value is not JSON: %s at byte %zu" LOG_HELP
			"a string is written %.*s='\"...\"'",
			text, fault.reason, fault.offset + 1, (int)key.n, key.at);
	put_param(s, key, value);
	return s->params_n <= STEP_PARAMS_MAX ||
		err_set(err, ERR_USAGE, "more than %d different --param", STEP_PARAMS_MAX);
}
