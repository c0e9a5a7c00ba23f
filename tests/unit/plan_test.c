/* SPDX-License-Identifier: MIT */
#include "work/plan.h"

#include "json/schema.h"
#include "json/scan.h"
#include "t.h"

#include <stdio.h>
#include <string.h>

/* Adds a step with that prompt, whose value goes into the output. */
static struct step *add(struct plan *p, const char *name, const char *prompt)
{
	struct err err = { 0 };
	struct step *s = plan_add_step(p, name);
	s->has_prompt = s->is_emitted = true;
	if (!CHECK(template_parse(&s->prompt, span_of(prompt), TEMPLATE_FROM_ARGUMENT, &err)))
		printf("#   %s: %s\n", prompt, err.msg);
	return s;
}

/* Makes the plan's step of that name one of n samples. */
static void sample(struct plan *p, const char *name, unsigned n)
{
	plan_find_step(p, span_of(name))->samples_n = n;
}

static void check_refused(struct plan *p, const char *message)
{
	struct err err = { 0 };
	CHECK(!plan_link(p, &err));
	CHECK(err_is_usage(err.kind));
	CHECK_STR(err.msg, message);
	plan_release(p);
}

/* Checks that the plan's prompt i gives that text of a record and the values of two steps. */
static void check_prompt(const struct plan *p, unsigned i, const char *want)
{
	struct json_fault fault;
	struct template_fault why = { "" };
	struct span values[] = { SPAN("[\"x\",\"y\"]"), SPAN("\"two\"") };
	struct template_scope scope = { .values = values };
	struct buf out;
	buf_init(&out, 1000);
	CHECK(json_scan(SPAN("{\"a\":\"mine\"}"), &scope.record, &fault));
	bool ok = template_render(&p->steps[i].prompt, &scope, &out, &why);
	CHECK_MEM(out.data, out.len, ok ? want : "");
	if (!ok)
		CHECK_STR(why.msg, want);
	buf_release(&out);
}

TEST("steps are kept in the order in which they were added, with their names as JSON")
{
	struct plan p = { 0 };
	plan_add_step(&p, "draft");
	plan_add_step(&p, "odd \"name\"\n");
	CHECK_INT(p.steps_n, 2);
	CHECK_STR(p.steps[0].name, "draft");
	CHECK_STR(p.steps[0].name_json, "\"draft\"");
	CHECK_STR(p.steps[1].name_json, "\"odd \\\"name\\\"\\n\"");
	CHECK(!p.steps[0].has_prompt && !p.steps[0].has_system);
	plan_release(&p);
	plan_release(&p);
	CHECK_INT(p.steps_n, 0);
}

TEST("a parameter is a key and any JSON value, kept as it was written")
{
	static const struct {
		const char *text, *key, *json;
	} cases[] = {
		{ "temperature=0.10", "temperature", "0.10" },
		{ "stop=[\"a\", \"=\"]", "stop", "[\"a\", \"=\"]" },
		{ "user= \"me\" ", "user", "\"me\"" },
		{ "seed=12345678901234567890", "seed", "12345678901234567890" },
		{ "x=null", "x", "null" },
	};
	struct plan p = { 0 };
	struct step *s = plan_add_step(&p, "output");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct err err = { 0 };
		CHECK(step_add_param(s, cases[i].text, &err));
		CHECK_STR(s->params[i].key, cases[i].key);
		CHECK_STR(s->params[i].json, cases[i].json);
	}
	plan_release(&p);
}

TEST("a parameter given again has its last value, once")
{
	struct plan p = { 0 };
	struct step *s = plan_add_step(&p, "output");
	struct err err;
	CHECK(step_add_param(s, "a=1", &err) && step_add_param(s, "b=2", &err) &&
		step_add_param(s, "a=3", &err));
	CHECK_INT(s->params_n, 2);
	CHECK_STR(s->params[0].json, "3");
	CHECK_STR(s->params[1].json, "2");
	plan_release(&p);
}

TEST("a parameter that is none is refused with what would be right")
{
	static const struct {
		const char *text, *words;
	} cases[] = {
		{ "", "KEY=JSON" },
		{ "temperature", "KEY=JSON" },
		{ "=1", "KEY=JSON" },
		{ "user=me", "user='\"...\"'" },
		{ "a=", "not JSON" },
		{ "a={", "not JSON" },
		{ "a=1,\"model\":\"x\"", "not JSON" },
		{ "model=\"m\"", "use -m" },
		{ "messages=[]", "itself" },
		{ "input=1", "itself" },
		{ "n=2", "itself" },
		{ "stream=true", "itself" },
	};
	struct plan p = { 0 };
	struct step *s = plan_add_step(&p, "output");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct err err = { 0 };
		CHECK(!step_add_param(s, cases[i].text, &err));
		CHECK(err_is_usage(err.kind));
		if (!CHECK(strstr(err.msg, cases[i].words) != NULL))
			CHECK_STR(err.msg, cases[i].words);
	}
	CHECK_INT(s->params_n, 0);
	plan_release(&p);
}

TEST("a step is found by its whole name")
{
	struct plan p = { 0 };
	plan_add_step(&p, "draft");
	plan_add_step(&p, "best");
	CHECK(plan_find_step(&p, SPAN("best")) == &p.steps[1]);
	CHECK(!plan_find_step(&p, SPAN("bes")));
	CHECK(!plan_find_step(&p, SPAN("best1")));
	CHECK(!plan_find_step(&p, SPAN("")));
	plan_release(&p);
}

TEST("a model has one number, unless it is the usual one and named too")
{
	struct plan p = { 0 };
	char name[32];
	CHECK_INT(plan_add_model(&p, NULL, true), 0);
	CHECK_INT(plan_add_model(&p, "m", true), 1);
	CHECK_INT(plan_add_model(&p, "m", false), 2);
	CHECK_INT(plan_add_model(&p, "m2", false), 3);
	CHECK_INT(plan_add_model(&p, "m", true), 1);
	CHECK_INT(plan_add_model(&p, "m", false), 2);
	CHECK_INT(plan_add_model(&p, NULL, true), 0);
	CHECK_INT(p.models_n, 4);
	CHECK(!p.models[0].name && p.models[0].is_usual);
	CHECK_STR(p.models[3].name, "m2");
	CHECK(!p.models[3].is_usual);
	for (int i = 4; i < PLAN_MODELS_MAX; i++) {
		snprintf(name, sizeof name, "more%d", i);
		CHECK_INT(plan_add_model(&p, name, false), i);
	}
	CHECK_INT(plan_add_model(&p, "one more", false), -1);
	CHECK_INT(plan_add_model(&p, "m2", false), 3);
	CHECK_INT(p.models_n, PLAN_MODELS_MAX);
	plan_release(&p);
	CHECK_INT(p.models_n, 0);
}

TEST("a step needs the steps that its templates mention, each once")
{
	struct plan p = { 0 };
	struct err err = { 0 };
	add(&p, "a", "{{text}}");
	add(&p, "b", "{{a}} {{a|json}} {{a?}} {{b}} {{x.c}} {{.}} {{[0]?}}");
	struct step *c = add(&p, "c", "{{text}}");
	CHECK(template_parse(&c->system, SPAN("{{b}}"), TEMPLATE_FROM_FILE, &err));
	CHECK(template_parse(&c->image, SPAN("{{[\"a\"]}}{{d}}"), TEMPLATE_FROM_FILE, &err));
	c->has_system = c->has_image = true;
	add(&p, "d", "none");
	CHECK(plan_link(&p, &err));
	CHECK_INT(p.steps[0].needs_n, 0);
	CHECK_INT(p.steps[1].needs_n, 1);
	CHECK_INT(p.steps[1].needs[0], 0);
	CHECK_INT(p.steps[2].needs_n, 3);
	CHECK_INT(p.steps[2].needs[0], 1);
	CHECK_INT(p.steps[2].needs[1], 0);
	CHECK_INT(p.steps[2].needs[2], 3);
	CHECK(p.steps[0].is_needed && p.steps[1].is_needed && p.steps[3].is_needed);
	CHECK(!p.steps[2].is_needed);
	plan_release(&p);
}

TEST("holes are bound by the number of the step, and a step's own name is the record's field")
{
	struct plan p = { 0 };
	struct err err = { 0 };
	add(&p, "a", "{{a}} {{b}}");
	add(&p, "b", "{{text?}}");
	add(&p, "c", "{{a}}, {{a[1]}}, {{b}}");
	sample(&p, "a", 2);
	CHECK(plan_link(&p, &err));
	check_prompt(&p, 0, "mine two");
	check_prompt(&p, 2, "1. x\\n2. y, y, two");
	plan_release(&p);
}

TEST("a step that is not a list is bound as what it is")
{
	struct plan p = { 0 };
	struct err err = { 0 };
	add(&p, "a", "");
	add(&p, "b", "{{a}}");
	sample(&p, "a", 2);
	p.steps[0].join = JOIN_VOTE;
	CHECK(plan_link(&p, &err));
	check_prompt(&p, 1, "[\\\"x\\\",\\\"y\\\"]");
	plan_release(&p);
}

TEST("a name near a step's is taken for a slip, but not near its own")
{
	struct plan p = { 0 };
	struct err err = { 0 };
	add(&p, "draft", "{{drafts}}");
	add(&p, "best", "{{drafd}} {{draft?}}");
	CHECK(plan_link(&p, &err));
	check_prompt(&p, 0, "no field \"drafts\"" LOG_HELP "the record has \"a\"");
	check_prompt(&p, 1, "no field \"drafd\"" LOG_HELP "there is a step \"draft\"");
	plan_release(&p);
}

TEST("a step without a name of its own cannot be mentioned")
{
	struct plan p = { 0 };
	struct err err = { 0 };
	add(&p, "output", "{{a}}")->is_unnamed = true;
	add(&p, "a", "{{output?}}{{outputs}}");
	CHECK(plan_link(&p, &err));
	CHECK_INT(p.steps[1].needs_n, 0);
	CHECK_INT(p.steps[0].needs_n, 1);
	CHECK(!p.steps[0].is_needed);
	check_prompt(&p, 1, "no field \"outputs\"" LOG_HELP "the record has \"a\"");
	plan_release(&p);
}

TEST("a cycle is refused and printed, from the step that was given first")
{
	struct plan p = { 0 };
	add(&p, "a", "{{b}}");
	add(&p, "b", "{{a}}");
	check_refused(&p, "cycle: a -> b -> a");
	add(&p, "start", "{{z}}");
	add(&p, "y", "{{x}}");
	add(&p, "x", "{{z}}");
	add(&p, "z", "{{y}}");
	check_refused(&p, "cycle: y -> x -> z -> y");
	add(&p, "a", "{{b}}{{c}}");
	add(&p, "b", "{{c}}");
	add(&p, "c", "{{a}}");
	check_refused(&p, "cycle: a -> c -> a");
	add(&p, "a", "{{b}}");
	add(&p, "b", "{{c}}")->is_emitted = false;
	add(&p, "c", "{{b}}")->is_emitted = false;
	check_refused(&p, "cycle: b -> c -> b");
}

TEST("two ways to one step are no cycle")
{
	struct plan p = { 0 };
	struct err err = { 0 };
	add(&p, "end", "{{left}}{{right}}");
	add(&p, "left", "{{start}}");
	add(&p, "right", "{{start}}{{left}}");
	add(&p, "start", "{{start}}");
	CHECK(plan_link(&p, &err));
	CHECK_INT(p.steps[3].needs_n, 0);
	plan_release(&p);
}

TEST("the longest chain of steps is linked, and the longest cycle refused")
{
	struct plan p = { 0 };
	struct err err = { 0 };
	char name[16], prompt[32];
	for (int closes = 0; closes < 2; closes++) {
		for (int i = 0; i < PLAN_STEPS_MAX; i++) {
			int next = (i + 1) % PLAN_STEPS_MAX;
			snprintf(name, sizeof name, "s%d", i);
			snprintf(prompt, sizeof prompt, "{{s%d}}", next);
			add(&p, name, next || closes ? prompt : "none");
		}
		CHECK_INT(plan_link(&p, &err), !closes);
		plan_release(&p);
	}
	CHECK(strncmp(err.msg, "cycle: s0 -> s1 -> s2 -> ", 25) == 0);
	CHECK(strstr(err.msg, "s62 -> s63 -> s0"));
}

TEST("a step that is neither emitted nor needed is refused")
{
	struct plan p = { 0 };
	struct err err = { 0 };
	add(&p, "draft", "x")->is_emitted = false;
	add(&p, "best", "{{draft}}");
	CHECK(plan_link(&p, &err));
	plan_release(&p);
	add(&p, "draft", "x");
	add(&p, "lost", "{{draft}}{{lost}}")->is_emitted = false;
	check_refused(&p,
		"step \"lost\" is for nothing: its value is not in the output, and no other step "
		"mentions it");
}

TEST("an index that the answers of a step do not have is refused")
{
	static const struct {
		const char *prompt, *message;
	} cases[] = {
		{ "{{draft[4]}}{{draft[-5]}}{{draft[0].x}}{{draft[0][7]}}", NULL },
		{ "{{draft[5]}}",
			"step \"best\": {{draft[5]}}: \"draft\" has 5 answers, [0] to [4]" },
		{ "{{draft[-6]?}}",
			"step \"best\": {{draft[-6]}}: \"draft\" has 5 answers, [0] to [4]" },
		{ "{{ [\"draft\"][99].x }}",
			"step \"best\": {{[\"draft\"][99].x}}: \"draft\" has 5 answers, [0] to [4]" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct plan p = { 0 };
		struct err err = { 0 };
		add(&p, "draft", "");
		add(&p, "best", cases[i].prompt);
		sample(&p, "draft", 5);
		if (cases[i].message) {
			check_refused(&p, cases[i].message);
			continue;
		}
		if (!CHECK(plan_link(&p, &err)))
			CHECK_STR(err.msg, "");
		plan_release(&p);
	}
}

TEST("an index into a step's value wants a list or a schema")
{
	struct plan p = { 0 };
	struct err err = { 0 };
#define NO_LIST                                                                              \
	"step \"best\": {{draft[0]}}: the value of \"draft\" is a text, not a list" LOG_HELP \
	"with "                                                                              \
	"--schema it is JSON"
#define NO_FIELDS                                                                                 \
	"step \"best\": {{draft.x}}: the value of \"draft\" is a text and has no fields" LOG_HELP \
	"with --schema it is JSON"
#define NO_ITEM                                                                \
	"step \"best\": {{draft.x}}: \"draft\" has a list of answers" LOG_HELP \
	"take one, as in {{draft[0]}}"
	add(&p, "draft", "");
	add(&p, "best", "{{draft.x}}");
	check_refused(&p, NO_FIELDS);
	add(&p, "draft", "");
	add(&p, "best", "{{draft.x}}");
	sample(&p, "draft", 3);
	check_refused(&p, NO_ITEM);
	add(&p, "draft", "");
	add(&p, "best", "{{draft[0]}}");
	check_refused(&p, NO_LIST);
	add(&p, "draft", "")->join = JOIN_FIRST;
	add(&p, "best", "{{draft[0]}}");
	sample(&p, "draft", 3);
	check_refused(&p, NO_LIST);
	add(&p, "draft", "");
	add(&p, "best", "{{draft[7]}}");
	p.steps[0].schema = schema_new(SPAN("{\"type\":\"array\"}"), &err);
	CHECK(plan_link(&p, &err));
	plan_release(&p);
}

TEST("a step has a call for each model and sample, and is a list if all of several are kept")
{
	struct plan p = { 0 };
	struct err err = { 0 };
	struct step *s = add(&p, "a", "");
	CHECK(plan_link(&p, &err));
	CHECK_INT(s->samples_n, 1);
	CHECK_INT(s->models_n, 0);
	CHECK_INT(step_calls_n(s), 1);
	CHECK(!step_is_list(s));
	s->models_n = 3;
	CHECK_INT(step_calls_n(s), 3);
	CHECK(step_is_list(s));
	s->samples_n = 5;
	CHECK(plan_link(&p, &err));
	CHECK_INT(step_calls_n(s), 15);
	s->join = JOIN_VOTE;
	CHECK(!step_is_list(s));
	s->join = JOIN_FIRST;
	CHECK(!step_is_list(s));
	plan_release(&p);
}

TEST("how many answers are enough is the join's rule or the step's own")
{
	static const struct {
		enum join join;
		unsigned calls_n, quorum, want;
	} cases[] = {
		{ JOIN_ALL, 1, 0, 1 },
		{ JOIN_ALL, 5, 0, 5 },
		{ JOIN_ALL, 5, 3, 3 },
		{ JOIN_ALL, 2, 3, 2 },
		{ JOIN_VOTE, 1, 0, 1 },
		{ JOIN_VOTE, 4, 0, 3 },
		{ JOIN_VOTE, 5, 0, 3 },
		{ JOIN_VOTE, 5, 1, 1 },
		{ JOIN_VOTE, 5, 4, 4 },
		{ JOIN_FIRST, 5, 0, 1 },
		{ JOIN_FIRST, 5, 3, 1 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct step s = { .join = cases[i].join,
			.samples_n = cases[i].calls_n,
			.models_n = 1,
			.quorum = cases[i].quorum };
		if (!CHECK_INT(step_quorum(&s), cases[i].want))
			printf("#   case %zu\n", i);
	}
}

TEST("a plan frees what its steps vote by")
{
	struct plan p = { 0 };
	struct err err = { 0 };
	struct step *s = add(&p, "a", "");
	CHECK(path_parse(&s->vote_by, SPAN(".label.x"), &err));
	s->has_vote_by = true;
	CHECK(plan_link(&p, &err));
	plan_release(&p);
	CHECK(!p.steps);
}
