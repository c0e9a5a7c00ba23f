/* SPDX-License-Identifier: MIT */
#include "work/ask.h"

#include "json/scan.h"
#include "t.h"
#include "work/tokens.h"

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

TEST("an ask starts with the step's limit of tokens, and as the only one of its kind")
{
	struct scene s;
	enter(&s, "p", "m");
	s.step->max_tokens = 7;
	CHECK(ask_about(&s, "{}"));
	CHECK_INT(s.ask.max_tokens, 7);
	CHECK_INT(s.ask.sample, -1);
	leave(&s);
}

/* == How long it may be == */

static void enter_limited(
	struct scene *s, const char *prompt, int64_t limit, enum overflow_rule rule)
{
	enter(s, prompt, "m");
	s->step->max_input_tokens = limit;
	s->step->on_overflow = rule;
}

static void add_system(struct scene *s, const char *text)
{
	struct err err;
	s->step->has_system = true;
	CHECK(template_parse(&s->step->system, span_of(text), TEMPLATE_FROM_ARGUMENT, &err));
}

/* Checks that the record is asked about, with that prompt. */
static void check_fitted(struct scene *s, const char *record, const char *want)
{
	struct buf text;
	buf_init(&text, 100000);
	CHECK(ask_about(s, record));
	if (CHECK(ask_fit(&s->ask, &text, &s->fault)))
		check_prompt(s, want);
	else
		CHECK_STR(s->fault.msg, record);
	buf_release(&text);
}

/* Checks that the record is not asked about, and what is said of it. */
static void check_too_large(struct scene *s, const char *record, const char *message)
{
	struct buf text;
	buf_init(&text, 100000);
	CHECK(ask_about(s, record));
	CHECK(!ask_fit(&s->ask, &text, &s->fault));
	CHECK_INT(s->fault.code, ERROR_TOO_LARGE);
	CHECK_STR(s->fault.msg, message);
	buf_release(&text);
}

TEST("a prompt of as many tokens as may be is asked as it is, one of more is too large")
{
	static const enum overflow_rule rules[] = { OVERFLOW_IS_ERROR, OVERFLOW_CUTS_END,
		OVERFLOW_CUTS_MIDDLE, OVERFLOW_SPLITS };
	struct scene s;
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		enter_limited(&s, "Say {{t}}", 4, rules[i]);
		check_fitted(&s, "{\"t\":\"one two three\"}", "Say one two three");
		leave(&s);
		enter_limited(&s, NULL, 4, rules[i]);
		check_fitted(&s, "\"one two three four\"", "one two three four");
		leave(&s);
	}
	enter_limited(&s, "Say {{t}}", 4, OVERFLOW_IS_ERROR);
	check_too_large(&s, "{\"t\":\"one two three four\"}",
		"the prompt is about 5 tokens, --max-input-tokens allows 4");
	s.step->on_overflow = OVERFLOW_SPLITS;
	check_too_large(&s, "{\"t\":\"one two three four\"}",
		"the prompt is about 5 tokens, --max-input-tokens allows 4");
	leave(&s);
}

TEST("without a limit nothing is rendered ahead, however long the prompt is")
{
	struct scene s;
	struct buf text;
	enter(&s, "{{titel}}", "m");
	buf_init(&text, 1);
	CHECK(ask_about(&s, "{\"title\":1}"));
	CHECK(ask_fit(&s.ask, &text, &s.fault));
	CHECK(!s.ask.prompt.at && text.cap == 0);
	leave(&s);
}

TEST("the system message counts, is never cut, and alone may be too large")
{
	struct scene s;
	enter_limited(&s, "{{t}}", 12, OVERFLOW_CUTS_END);
	add_system(&s, "You are {{who}}");
	check_fitted(&s, "{\"t\":\"a b c d e f g h i\",\"who\":\"it\"}", "a b c d e f g h i");
	check_fitted(&s, "{\"t\":\"a b c d e f g h i j\",\"who\":\"it\"}", "a b c d e\\n[...]");
	check_fitted(&s, "{\"t\":\"a b c d e f g h i\",\"who\":\"an ass\"}", "a b c d\\n[...]");
	check_too_large(&s, "{\"t\":\"a\",\"who\":\"a b c d e f g h i j k\"}",
		"the system message alone is about 13 tokens, --max-input-tokens allows 12");
	leave(&s);
}

TEST("a prompt that is too long is cut at its end or in its middle, and a mark says so")
{
	const char *record = "\"a b c d e f g h i j k l m n o p q r s t\"";
	struct scene s;
	enter_limited(&s, NULL, 10, OVERFLOW_CUTS_END);
	check_fitted(&s, record, "a b c d e f\\n[...]");
	leave(&s);
	enter_limited(&s, NULL, 11, OVERFLOW_CUTS_MIDDLE);
	check_fitted(&s, record, "a b c\\n[...]\\n q r s t");
	leave(&s);
	enter_limited(&s, "Of {{.}}: what?", 11, OVERFLOW_CUTS_MIDDLE);
	check_fitted(&s, record, "Of a b\\n[...]\\n t: what?");
	leave(&s);
}

TEST("a cut prompt is within the limit at every limit, and is still escaped text")
{
	const char *record =
		"\"say \\\"yes\\\" \\ud83c\\udf89\\ud83c\\udf89 \\u4e1a\\u4e3b\\u5927 now"
		"\\n\\n\\\\ caf\\u00e9 123456789 (a) 🎉🎉🎉 HTTPServer +-*/ and so on, and on\"";
	for (int64_t limit = 5; limit < 60; limit++)
		for (int in_middle = 0; in_middle < 2; in_middle++) {
			struct scene s;
			struct buf text, json;
			struct span value;
			struct json_fault why;
			enter_limited(&s, NULL, limit,
				in_middle ? OVERFLOW_CUTS_MIDDLE : OVERFLOW_CUTS_END);
			buf_init(&text, 1000);
			buf_init(&json, 1000);
			CHECK(ask_about(&s, record));
			if (ask_fit(&s.ask, &text, &s.fault)) {
				struct span prompt = s.ask.prompt.at ? s.ask.prompt : s.ask.own;
				CHECK(tokens_estimate(prompt) <= (double)limit);
				buf_put_char(&json, '"');
				CHECK(ask_put_prompt(&s.ask, &json, &s.fault));
				buf_put_char(&json, '"');
				CHECK(json_scan(buf_span(&json), &value, &why));
			} else {
				CHECK_INT(s.fault.code, ERROR_TOO_LARGE);
				CHECK(limit < 8);
			}
			buf_release(&text);
			buf_release(&json);
			leave(&s);
		}
}

TEST("where the limit leaves nothing of a prompt it is too large")
{
	struct scene s;
	enter_limited(&s, NULL, 4, OVERFLOW_CUTS_END);
	check_too_large(&s, "\"a b c d e f\"",
		"the prompt is about 6 tokens, --max-input-tokens allows 4, too few to cut it to");
	leave(&s);
}

TEST("messages and bodies are measured as they stand, and never cut")
{
	static const char *const messages =
		"{\"messages\":[{\"role\":\"user\",\"content\":\"one two three four five six\"}]}";
	struct scene s;
	struct buf text;
	enter_limited(&s, NULL, 5, OVERFLOW_IS_ERROR);
	check_too_large(&s, messages,
		"the record's messages are about 17 tokens, --max-input-tokens allows 5");
	s.step->on_overflow = OVERFLOW_CUTS_END;
	check_too_large(&s, messages,
		"the record's messages are about 17 tokens, --max-input-tokens allows 5, and these are never cut");
	check_too_large(&s, "{\"body\":{\"prompt\":\"one two three four five six\"}}",
		"the record's body is about 11 tokens, --max-input-tokens allows 5, and these are never cut");
	s.step->max_input_tokens = 17;
	buf_init(&text, 100);
	CHECK(ask_about(&s, messages));
	CHECK(ask_fit(&s.ask, &text, &s.fault));
	CHECK(!s.ask.prompt.at);
	add_system(&s, "Be brief");
	CHECK(ask_about(&s, messages));
	CHECK(!ask_fit(&s.ask, &text, &s.fault));
	s.step->max_input_tokens = 19;
	CHECK(ask_fit(&s.ask, &text, &s.fault));
	leave(&s);
}

TEST("a record without words to measure is left to its API")
{
	struct scene s;
	struct buf text;
	enter_limited(&s, NULL, 1, OVERFLOW_IS_ERROR);
	buf_init(&text, 100);
	CHECK(ask_about(&s, "{\"documents\":[\"one two three\"]}"));
	CHECK(ask_fit(&s.ask, &text, &s.fault));
	leave(&s);
}

TEST("a template that fails while it is measured is a template fault")
{
	for (int of_system = 0; of_system < 2; of_system++) {
		struct scene s;
		struct buf text;
		enter_limited(&s, of_system ? "p" : "{{titel}}", 100, OVERFLOW_IS_ERROR);
		if (of_system)
			add_system(&s, "{{titel}}");
		buf_init(&text, 100);
		CHECK(ask_about(&s, "{\"title\":1}"));
		CHECK(!ask_fit(&s.ask, &text, &s.fault));
		CHECK_INT(s.fault.code, ERROR_TEMPLATE);
		buf_release(&text);
		leave(&s);
	}
}
