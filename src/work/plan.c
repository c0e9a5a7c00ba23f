/* SPDX-License-Identifier: MIT */
#include "work/plan.h"

#include "base/xalloc.h"
#include "json/scan.h"
#include "json/schema.h"
#include "json/text.h"

#include <stdlib.h>
#include <string.h>

/*
 * Fields that pllm writes or whose meaning it relies on; setting them behind its back would lose
 * answers.
 */
static const char *const owned_keys[] = { "model", "messages", "input", "n", "stream", "prompt",
	"contents" };

enum { PATH_NAMES_MAX = 8 };

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
	free(s->name);
	free(s->name_json);
}

void plan_release(struct plan *p)
{
	for (unsigned i = 0; i < p->steps_n; i++)
		step_release(&p->steps[i]);
	free(p->steps);
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
		return err_set(err, ERR_USAGE, "--param %s: expected KEY=JSON", text);
	struct span key = { .at = text, .n = (size_t)(equals - text) };
	if (!utf8_is_valid(key))
		return err_set(err, ERR_USAGE, "--param: the key is not UTF-8");
	struct span first = { .at = key.at, .n = 0 };
	while (first.n < key.n && key.at[first.n] != '.')
		first.n++;
	for (size_t i = 0; i < sizeof owned_keys / sizeof *owned_keys; i++)
		if (span_is(first, owned_keys[i]))
			return err_set(err, ERR_USAGE, "--param %s: pllm sets \"%s\" itself%s",
				text, owned_keys[i], i == 0 ? "; use -m" : "");
	if (!is_path(key))
		return err_set(err, ERR_USAGE,
			"--param %.100s: a key is a name, or up to %d names with a dot between two",
			text, PATH_NAMES_MAX);
	struct span value;
	struct json_fault fault;
	if (!json_scan(span_of(equals + 1), &value, &fault))
		return err_set(err, ERR_USAGE,
			"--param %s: the value is not JSON: %s at byte %zu; a string is written %.*s='\"...\"'",
			text, fault.reason, fault.offset + 1, (int)key.n, key.at);
	put_param(s, key, value);
	return s->params_n <= STEP_PARAMS_MAX ||
		err_set(err, ERR_USAGE, "more than %d different --param", STEP_PARAMS_MAX);
}
