/* SPDX-License-Identifier: MIT */
#include "work/ask.h"

#include "json/scan.h"
#include "t.h"

/* A step and an endpoint, and the last ask made of them. */
struct scene {
	struct plan plan;
	struct step *step;
	struct endpoint endpoint;
	struct ask ask;
	struct fault fault;
};

static void enter(struct scene *s, const char *prompt, const char *model)
{
	struct err err;
	*s = (struct scene){ 0 };
	s->step = plan_add_step(&s->plan, "output");
	endpoint_set_model(&s->endpoint, model);
	if (prompt) {
		s->step->has_prompt = true;
		CHECK(template_parse(
			&s->step->prompt, span_of(prompt), TEMPLATE_FROM_ARGUMENT, &err));
	}
}

static void leave(struct scene *s)
{
	plan_release(&s->plan);
	endpoint_release(&s->endpoint);
}

static bool ask_about(struct scene *s, const char *record)
{
	struct span value;
	struct json_fault fault;
	CHECK(json_scan(span_of(record), &value, &fault));
	s->fault = (struct fault){ 0 };
	return ask_init(&s->ask, s->step, &s->endpoint, value, &s->fault);
}

static void check_prompt(struct scene *s, const char *want)
{
	struct buf out;
	buf_init(&out, 1000);
	CHECK(ask_put_prompt(&s->ask, &out, &s->fault));
	CHECK_MEM(out.data, out.len, want);
	buf_release(&out);
}

TEST("without a template the record says what is asked: body, messages, prompt, or the string it is")
{
	static const struct {
		const char *record;
		enum ask_form form;
		const char *own;
	} cases[] = {
		{ "\"a\\n\\u00e9\"", ASK_PROMPT, "a\\n\\u00e9" },
		{ "\"\"", ASK_PROMPT, "" },
		{ "{\"prompt\":\"p\"}", ASK_PROMPT, "p" },
		{ "{\"messages\":[ 1 ],\"prompt\":\"p\"}", ASK_MESSAGES, "[ 1 ]" },
		{ "{\"prompt\":\"p\",\"messages\":[],\"body\":{\"x\":1}}", ASK_BODY, "{\"x\":1}" },
		{ "{\"body\":\"of an e-mail\",\"prompt\":\"p\"}", ASK_PROMPT, "p" },
		{ "{\"messages\":\"many\",\"prompt\":\"p\"}", ASK_PROMPT, "p" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct scene s;
		enter(&s, NULL, "m");
		CHECK(ask_about(&s, cases[i].record));
		CHECK_INT(s.ask.form, cases[i].form);
		CHECK_MEM(s.ask.own.at, s.ask.own.n, cases[i].own);
		CHECK_MEM(s.ask.model.at, s.ask.model.n, "\"m\"");
		if (cases[i].form == ASK_PROMPT)
			check_prompt(&s, cases[i].own);
		leave(&s);
	}
}

TEST("a record that brings nothing to ask is a bad one for who needs words")
{
	static const char *const records[] = { "{}", "1", "null", "[]", "{\"prompt\":1}",
		"{\"prompt\":null}", "{\"body\":[]}", "{\"text\":\"x\"}" };
	for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
		struct scene s;
		enter(&s, NULL, "m");
		CHECK(ask_about(&s, records[i]));
		CHECK_INT(s.ask.form, ASK_FIELDS);
		CHECK(!ask_has_words(&s.ask, &s.fault));
		CHECK_INT(s.fault.code, ERROR_BAD_RECORD);
		CHECK(s.fault.msg[0] != '\0');
		leave(&s);
	}
}

TEST("a template asks whatever else the record holds")
{
	struct scene s;
	enter(&s, "Say {{t}}", "m");
	CHECK(ask_about(&s, "{\"t\":\"x\\n\",\"body\":{\"stream\":true},\"messages\":[]}"));
	CHECK_INT(s.ask.form, ASK_PROMPT);
	check_prompt(&s, "Say x\\n");
	leave(&s);
}

TEST("a template that names a missing field is a template fault")
{
	struct scene s;
	struct buf out;
	enter(&s, "{{titel}}", "m");
	buf_init(&out, 100);
	CHECK(ask_about(&s, "{\"title\":1}"));
	CHECK(!ask_put_prompt(&s.ask, &out, &s.fault));
	CHECK_INT(s.fault.code, ERROR_TEMPLATE);
	CHECK(strstr(s.fault.msg, "titel") != NULL);
	buf_release(&out);
	leave(&s);
}

TEST("the command line's model comes first, then the body's own; without either there is none")
{
	struct scene s;
	enter(&s, NULL, NULL);
	CHECK(ask_about(&s, "{\"body\":{\"model\":\"own\"}}"));
	CHECK_MEM(s.ask.model.at, s.ask.model.n, "\"own\"");
	CHECK(ask_has_model(&s.ask, &s.fault));
	CHECK(ask_about(&s, "{\"body\":{}}"));
	CHECK(!ask_has_model(&s.ask, &s.fault));
	CHECK_INT(s.fault.code, ERROR_BAD_RECORD);
	CHECK(ask_about(&s, "{\"body\":{\"model\":7}}"));
	CHECK(!ask_has_model(&s.ask, &s.fault));
	CHECK(ask_about(&s, "{\"prompt\":\"p\",\"model\":\"own\"}"));
	CHECK(!ask_has_model(&s.ask, &s.fault));
	endpoint_set_model(&s.endpoint, "ours");
	CHECK(ask_about(&s, "{\"body\":{\"model\":\"own\"}}"));
	CHECK_MEM(s.ask.model.at, s.ask.model.n, "\"ours\"");
	leave(&s);
}

TEST("a body that streams or wants several choices is refused, one that says the usual is not")
{
	static const struct {
		const char *record;
		bool ok;
	} cases[] = {
		{ "{\"body\":{\"stream\":true}}", false },
		{ "{\"body\":{\"stream\":1}}", false },
		{ "{\"body\":{\"stream\":false}}", true },
		{ "{\"body\":{\"stream\":null}}", true },
		{ "{\"body\":{\"n\":2}}", false },
		{ "{\"body\":{\"n\":\"1\"}}", false },
		{ "{\"body\":{\"n\":1}}", true },
		{ "{\"body\":{\"n\":null}}", true },
		{ "{\"body\":{\"str\\u0065am\":true}}", false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct scene s;
		enter(&s, NULL, "m");
		if (!CHECK_INT(ask_about(&s, cases[i].record), cases[i].ok))
			CHECK_STR(cases[i].record, "this one");
		CHECK_INT(s.fault.code, cases[i].ok ? ERROR_NONE : ERROR_BAD_RECORD);
		leave(&s);
	}
}

TEST("what does not fit below the ceiling is a fault, with a template and without")
{
	for (int with = 0; with < 2; with++) {
		struct scene s;
		struct buf out;
		enter(&s, with ? "{{.}}" : NULL, "m");
		buf_init(&out, 4);
		CHECK(ask_about(&s, "\"12345\""));
		CHECK(!ask_put_prompt(&s.ask, &out, &s.fault));
		CHECK_INT(s.fault.code, ERROR_TEMPLATE);
		buf_release(&out);
		leave(&s);
	}
}

TEST("a fault that is too long is cut")
{
	struct fault fault;
	char text[1000];
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	CHECK(!fault_set(&fault, ERROR_TEMPLATE, "%s", text));
	CHECK_INT(strlen(fault.msg), sizeof fault.msg - 1);
}
