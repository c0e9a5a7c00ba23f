/* SPDX-License-Identifier: MIT */
/* Graphs, and the plans that pllm would make of them. */
#include "graph.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEMPLATE_MAX_BYTES = 2048, NEEDS_MAX = 4 };

struct graph graph;

static unsigned pick(int64_t least, int64_t most)
{
	return (unsigned)world_pick((struct range){ least, most });
}

unsigned graph_calls_n(const struct graph_step *s)
{
	return s->models_n * s->samples_n;
}

bool graph_is_list(const struct graph_step *s)
{
	return s->join == JOIN_ALL && graph_calls_n(s) > 1;
}

/* product.md: all every one, vote more than half, first one; --quorum lowers it. */
unsigned graph_quorum(const struct graph_step *s)
{
	unsigned n = graph_calls_n(s);
	unsigned usual = s->join == JOIN_FIRST ? 1 : s->join == JOIN_VOTE ? n / 2 + 1 : n;
	if (s->join == JOIN_FIRST || s->quorum == 0)
		return usual;
	return s->quorum < n ? s->quorum : n;
}

void graph_clear(void)
{
	graph = (struct graph){ 0 };
}

unsigned graph_add(const char *name)
{
	unsigned i = graph.steps_n++;
	struct graph_step *s = &graph.steps[i];
	*s = (struct graph_step){ .models_n = 1, .samples_n = 1, .is_emitted = true };
	snprintf(s->name, sizeof s->name, "%s", name);
	graph.topology[i] = i;
	return i;
}

void graph_need(unsigned step, unsigned other, enum hole_form form)
{
	struct graph_step *s = &graph.steps[step];
	s->holes[s->holes_n++] = (struct graph_hole){ .step = other, .form = form };
}

/* templates */

static void put_hole(const struct graph_hole *h, char *out, size_t size)
{
	const char *name = graph.steps[h->step].name;
	const char *mark = h->is_optional ? "?" : "";
	size_t n = strlen(out);
	switch (h->form) {
	case HOLE_JSON:
		snprintf(out + n, size - n, " <{{%s%s|json}}>", name, mark);
		break;
	case HOLE_TRIM:
		snprintf(out + n, size - n, " <{{ .%s%s|trim }}>", name, mark);
		break;
	case HOLE_ITEM:
		snprintf(out + n, size - n, " <{{%s[%d]%s}}>", name, h->item, mark);
		break;
	default:
		snprintf(out + n, size - n, " <{{%s%s}}>", name, mark);
	}
}

static void set_template(struct template *t, const struct graph_step *s, bool is_system)
{
	char text[TEMPLATE_MAX_BYTES];
	struct err err;
	snprintf(text, sizeof text, "#{{id}} %s", s->name);
	for (unsigned i = 0; i < s->holes_n; i++)
		if (s->holes[i].is_in_system == is_system)
			put_hole(&s->holes[i], text, sizeof text);
	if (!template_parse(t, span_of(text), TEMPLATE_FROM_ARGUMENT, &err))
		check_fail("%s: %s", text, err.msg);
}

static void add_step(const struct graph_step *from)
{
	struct step *s = plan_add_step(&run.plan, from->name);
	char model[16];
	s->has_prompt = true;
	s->has_system = from->has_system;
	s->is_emitted = from->is_emitted;
	s->join = from->join;
	s->quorum = from->quorum;
	s->samples_n = from->samples_n;
	for (unsigned i = 0; i < from->models_n; i++) {
		snprintf(model, sizeof model, "m%u", from->models[i]);
		s->models[s->models_n++] = (unsigned)plan_add_model(&run.plan, model, false);
	}
	set_template(&s->prompt, from, false);
	if (s->has_system)
		set_template(&s->system, from, true);
}

void graph_link(void)
{
	struct err err;
	char model[16];
	for (unsigned i = 0; i < GRAPH_MODELS_MAX; i++) {
		snprintf(model, sizeof model, "m%u", i);
		plan_add_model(&run.plan, model, false);
	}
	for (unsigned i = 0; i < graph.steps_n; i++)
		add_step(&graph.steps[i]);
	graph_print();
	if (!plan_link(&run.plan, &err))
		check_fail("%s", err.msg);
}

/* chance */

static void shuffle(unsigned *numbers, unsigned n)
{
	for (unsigned i = n; i > 1; i--) {
		unsigned k = pick(0, i - 1), kept = numbers[i - 1];
		numbers[i - 1] = numbers[k];
		numbers[k] = kept;
	}
}

static void scatter(struct graph_step *s, unsigned models_n)
{
	unsigned pools[GRAPH_MODELS_MAX];
	for (unsigned i = 0; i < models_n; i++)
		pools[i] = i;
	shuffle(pools, models_n);
	s->models_n = world_chance(70) ? 1 : pick(1, models_n);
	memcpy(s->models, pools, sizeof pools);
	s->samples_n = world_chance(50) ? 1 : pick(1, 5);
	s->join = (enum join)pick(JOIN_ALL, JOIN_FIRST);
	s->quorum = world_chance(60) ? 0 : pick(1, graph_calls_n(s) + 1);
}

static void add_hole(struct graph_step *s, unsigned other)
{
	struct graph_hole *h = &s->holes[s->holes_n++];
	int n = (int)graph_calls_n(&graph.steps[other]);
	*h = (struct graph_hole){ .step = other,
		.form = (enum hole_form)pick(0, HOLE_FORMS_N - 1) };
	h->is_optional = world_chance(20);
	h->is_in_system = s->has_system && world_chance(30);
	if (h->form == HOLE_ITEM && !graph_is_list(&graph.steps[other]))
		h->form = HOLE_PLAIN;
	h->item = (int)pick(0, n - 1);
	if (world_chance(30))
		h->item -= n;
}

/* Which of the steps before it, by topology, the step at that place needs. */
static void add_holes(struct graph_step *s, unsigned place)
{
	unsigned before[GRAPH_STEPS_MAX];
	memcpy(before, graph.topology, sizeof before);
	shuffle(before, place);
	unsigned n = place ? pick(0, place < NEEDS_MAX ? place : NEEDS_MAX) : 0;
	for (unsigned i = 0; i < n; i++)
		add_hole(s, before[i]);
	/* The same once more, in another form. */
	if (n > 0 && world_chance(20))
		add_hole(s, before[0]);
}

static bool is_needed(unsigned step)
{
	for (unsigned i = 0; i < graph.steps_n; i++)
		for (unsigned k = 0; k < graph.steps[i].holes_n; k++)
			if (graph.steps[i].holes[k].step == step)
				return true;
	return false;
}

void graph_make_random(unsigned models_n)
{
	char name[16];
	unsigned n = pick(1, GRAPH_STEPS_MAX);
	graph_clear();
	for (unsigned i = 0; i < n; i++) {
		snprintf(name, sizeof name, "s%u", i);
		graph_add(name);
	}
	/* A step may come before those that it needs: the graph is not read off the order. */
	shuffle(graph.topology, n);
	for (unsigned i = 0; i < n; i++) {
		struct graph_step *s = &graph.steps[graph.topology[i]];
		s->has_system = world_chance(20);
		scatter(s, models_n);
		add_holes(s, i);
	}
	for (unsigned i = 0; i < n; i++)
		graph.steps[i].is_emitted = !is_needed(i) || world_chance(50);
	graph_link();
}

void graph_print(void)
{
	static const char *const joins[] = { "all", "vote", "first" };
	for (unsigned i = 0; i < graph.steps_n; i++) {
		const struct graph_step *s = &graph.steps[i];
		char text[TEMPLATE_MAX_BYTES] = "";
		for (unsigned h = 0; h < s->holes_n; h++)
			put_hole(&s->holes[h], text, sizeof text);
		world_trace("step %s: %u models, %u samples, %s, quorum %u of %u%s%s", s->name,
			s->models_n, s->samples_n, joins[s->join], graph_quorum(s),
			graph_calls_n(s), s->is_emitted ? ", emitted" : "", text);
	}
}
