/* SPDX-License-Identifier: MIT */
#include "work/plan.h"

#include "t.h"

#include <string.h>

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
		CHECK_INT(err.kind, ERR_USAGE);
		if (!CHECK(strstr(err.msg, cases[i].words) != NULL))
			CHECK_STR(err.msg, cases[i].words);
	}
	CHECK_INT(s->params_n, 0);
	plan_release(&p);
}
