/* SPDX-License-Identifier: MIT */
/*
 * asked: plans made of what a command line says about prompts, for the tests of steps and flows.
 */
#pragma once

#include "app/steps.h"
#include "base/xalloc.h"
#include "json/schema.h"
#include "t.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct asked {
	struct prompt_opts opts;
	struct config config; /* its prompt is opts; the rest is the test's */
	struct plan plan;
	struct err err;
	char dir[32]; /* with the files of the test; empty = there are none */
};

static inline void asked_write(struct asked *a, const char *name, const char *text)
{
	if (!*a->dir) {
		snprintf(a->dir, sizeof a->dir, "/tmp/pllm-unit-XXXXXX");
		CHECK(mkdtemp(a->dir));
	}
	char *path = xasprintf("%s/%s", a->dir, name);
	FILE *f = fopen(path, "w");
	CHECK(f && fputs(text, f) >= 0 && fclose(f) == 0);
	free(path);
}

/* One option; an @ in front of a value is the directory. */
static inline void asked_add(struct asked *a, const char *line)
{
	struct prompt_opts *o = &a->opts;
	const struct {
		const char *name;
		struct strings *list;
	} lists[] = { { "-p", &o->prompts }, { "--prompt-file", &o->prompt_files },
		{ "-s", &o->systems }, { "-m", &o->models }, { "--max-tokens", &o->max_tokens },
		{ "--param", &o->params }, { "--schema", &o->schemas }, { "--image", &o->images },
		{ "--samples", &o->samples }, { "--join", &o->joins },
		{ "--vote-by", &o->vote_bys }, { "--quorum", &o->quorums },
		{ "--emit", &o->emits } };
	const char *value = strchr(line, ' ') + 1, *at = strchr(value, '@');
	size_t n = (size_t)(value - line) - 1, i = 0;
	char *text = at ? xasprintf("%.*s%s/%s", (int)(at - value), value, a->dir, at + 1)
			: xstrdup(value);
	while (i < sizeof lists / sizeof *lists &&
		!(strlen(lists[i].name) == n && memcmp(lists[i].name, line, n) == 0))
		i++;
	if (strncmp(line, "--flow ", 7) == 0)
		o->flow = xstrdup(text);
	else if (CHECK(i < sizeof lists / sizeof *lists))
		strings_add(lists[i].list, text);
	free(text);
}

/* Makes the plan of options, one a line; gives what steps_make does. */
static inline bool asked_make(struct asked *a, const char *lines)
{
	char *copy = xstrdup(lines), *rest = copy;
	while (rest && *rest)
		asked_add(a, strsep(&rest, "\n"));
	free(copy);
	a->opts.as = a->opts.as ? a->opts.as : xstrdup("output");
	a->config.prompt = a->opts;
	return steps_make(&a->plan, &a->config, &a->err);
}

/* Frees all but the files. */
static inline void asked_clear(struct asked *a)
{
	struct prompt_opts *o = &a->opts;
	struct strings *lists[] = { &o->prompts, &o->prompt_files, &o->systems, &o->models,
		&o->max_tokens, &o->params, &o->schemas, &o->images, &o->samples, &o->joins,
		&o->vote_bys, &o->quorums, &o->emits };
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		strings_release(lists[i]);
	free(o->as);
	free(o->flow);
	plan_release(&a->plan);
	*o = (struct prompt_opts){ 0 };
}

static inline void asked_end(struct asked *a)
{
	static const char *const names[] = { "flow.yaml", "s.json", "p.txt" };
	asked_clear(a);
	for (size_t i = 0; *a->dir && i < sizeof names / sizeof *names; i++) {
		char *path = xasprintf("%s/%s", a->dir, names[i]);
		unlink(path);
		free(path);
	}
	CHECK(!*a->dir || rmdir(a->dir) == 0);
}

/* Options that must be fine. */
static inline void asked_check_made(struct asked *a, const char *lines)
{
	asked_clear(a);
	if (!CHECK(asked_make(a, lines)))
		t_check_str(a->err.msg, lines, __FILE__, __LINE__);
}

/* Options that must be refused with that message, in which @ is the directory. */
static inline void asked_check_refused(struct asked *a, const char *lines, const char *msg)
{
	asked_clear(a);
	a->err = (struct err){ 0 };
	CHECK(!asked_make(a, lines));
	CHECK(err_is_usage(a->err.kind));
	const char *at = strchr(msg, '@');
	char *want =
		at ? xasprintf("%.*s%s/%s", (int)(at - msg), msg, a->dir, at + 1) : xstrdup(msg);
	CHECK_STR(a->err.msg, want);
	free(want);
}

static inline struct step *asked_step(struct asked *a, const char *name)
{
	struct step *s = plan_find_step(&a->plan, span_of(name));
	CHECK(s);
	return s;
}

/* Whether the step asks these models, with spaces between; "-" is one without a name. */
static inline void asked_check_models(struct asked *a, const char *step, const char *want)
{
	const struct step *s = asked_step(a, step);
	char *got = xstrdup("");
	for (unsigned i = 0; i < s->models_n; i++) {
		const struct plan_model *m = &a->plan.models[s->models[i]];
		char *longer = xasprintf("%s%s%s%s", got, i ? " " : "", m->name ? m->name : "-",
			m->is_usual ? "(usual)" : "");
		free(got);
		got = longer;
	}
	CHECK_STR(got, want);
	free(got);
}
