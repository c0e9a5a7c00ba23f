/* SPDX-License-Identifier: MIT */
#include "engine/stand_in.h"

#include "json/scan.h"
#include "work/tokens.h"

#include <string.h>

#include "t.h"

static struct step *add(struct plan *p, const char *name, const char *prompt)
{
	struct err err;
	struct step *s = plan_add_step(p, name);
	s->has_prompt = s->is_emitted = true;
	CHECK(template_parse(&s->prompt, span_of(prompt), TEMPLATE_FROM_ARGUMENT, &err));
	return s;
}

/* What stands in for the answer of the plan's first step, of so many tokens. */
static struct buf value_of(const struct plan *p, int64_t tokens)
{
	struct buf out;
	struct json_fault fault;
	struct span value;
	buf_init(&out, STAND_IN_MAX_BYTES);
	stand_in_put_value(&out, p, 0, &(struct stand_in){ tokens, 1 });
	CHECK(!out.is_full && json_scan(buf_span(&out), &value, &fault));
	return out;
}

static void check_value(const struct plan *p, int64_t tokens, const char *want)
{
	struct buf out = value_of(p, tokens);
	CHECK_MEM(out.data, out.len, want);
	buf_release(&out);
}

TEST("the words that stand in are as many tokens as they are to be")
{
	struct buf out;
	for (int n = 3; n <= STAND_IN_TOKENS; n += 7) {
		buf_init(&out, STAND_IN_MAX_BYTES);
		stand_in_put_words(&out, &(struct stand_in){ n, (uint64_t)n * 7654321 });
		CHECK_INT(tokens_estimate(buf_span(&out)) + 0.5, n);
		buf_release(&out);
	}
}

TEST("what stands in for answers to different requests differs, to the same it does not")
{
	struct buf out[3];
	for (size_t i = 0; i < 3; i++) {
		buf_init(&out[i], STAND_IN_MAX_BYTES);
		stand_in_put_words(&out[i], &(struct stand_in){ 5, i ? UINT64_MAX : 7 });
	}
	CHECK_INT(out[0].len, out[1].len);
	CHECK(memcmp(out[0].data, out[1].data, out[0].len) != 0);
	CHECK(memcmp(out[1].data, out[2].data, out[1].len) == 0);
	for (size_t i = 0; i < 3; i++)
		buf_release(&out[i]);
}

TEST("a value has just what later templates look for in it")
{
	struct plan p = { 0 };
	add(&p, "x", "{{text}}");
	check_value(&p, 4, "\"100000001 word\"");
	add(&p, "y", "{{x.name}} and {{x.tags[1]}} of {{x}}, {{x.name}}, {{other.name}}");
	check_value(&p, 12,
		"{\"name\":\"100000001 word\",\"tags\":[\"100000001 word\",\"100000001 word\"]}");
	plan_release(&p);
}

TEST("paths of several steps, in prompts and system messages, meet in one value")
{
	struct plan p = { 0 };
	struct err err;
	add(&p, "x", "{{text}}");
	add(&p, "y", "{{x.a.b}}");
	add(&p, "z", "{{x.a[\"odd \\\"key\\\"\"]}} {{x.rows[-2].id}}");
	struct step *s = plan_add_step(&p, "last");
	s->has_system = true;
	CHECK(template_parse(&s->system, SPAN("{{x.c|json}}"), TEMPLATE_FROM_ARGUMENT, &err));
	check_value(&p, 4,
		"{\"a\":{\"b\":\"100000001\",\"odd \\\"key\\\"\":\"100000001\"},"
		"\"rows\":[{\"id\":\"100000001\"},\"100000001\"],\"c\":\"100000001\"}");
	plan_release(&p);
}

TEST("of a list of answers the index says which, and the rest leads into each")
{
	struct plan p = { 0 };
	add(&p, "x", "{{text}}")->samples_n = 3;
	p.steps[0].models_n = 1;
	add(&p, "y", "{{x[2].name}} {{x[0]}} {{x}}");
	check_value(&p, 1, "{\"name\":\"100000001\"}");
	plan_release(&p);
}

TEST("what a step votes by is there to vote by")
{
	struct plan p = { 0 };
	struct err err;
	struct step *s = add(&p, "x", "{{text}}");
	s->has_vote_by = true;
	CHECK(path_parse(&s->vote_by, SPAN(".verdict.code"), &err));
	check_value(&p, 1, "{\"verdict\":{\"code\":\"100000001\"}}");
	plan_release(&p);
}

TEST("templates that contradict each other, or want what is far away, do no harm")
{
	struct plan p = { 0 };
	add(&p, "x", "{{text}}");
	add(&p, "y", "{{x.a.b}} {{x.a[0]}} {{x.rows[2000000000]}} {{x.back[-2000000000]}}");
	struct buf out = value_of(&p, 8);
	CHECK(out.len < 10000);
	const char begin[] = "{\"a\":{\"b\":\"100000001\"},";
	CHECK(memmem(out.data, out.len, begin, strlen(begin)) == out.data);
	buf_release(&out);
	plan_release(&p);
}

TEST("an answer is taken to be short where it may be, and where later prompts are to be")
{
	struct plan p = { 0 };
	add(&p, "x", "{{text}}");
	add(&p, "y", "{{x}}");
	add(&p, "z", "{{text}}")->max_input_tokens = 10;
	CHECK_INT(stand_in_tokens(&p, 0, 0), STAND_IN_TOKENS);
	CHECK_INT(stand_in_tokens(&p, 0, 4096), STAND_IN_TOKENS);
	CHECK_INT(stand_in_tokens(&p, 0, 30), 30);
	p.steps[1].max_input_tokens = 400;
	CHECK_INT(stand_in_tokens(&p, 0, 4096), 50);
	CHECK_INT(stand_in_tokens(&p, 0, 30), 30);
	p.steps[1].max_input_tokens = 4;
	CHECK_INT(stand_in_tokens(&p, 0, 4096), 1);
	CHECK_INT(stand_in_uses(&p.steps[1], &p.steps[0]), 1);
	CHECK_INT(stand_in_uses(&p.steps[2], &p.steps[0]), 0);
	plan_release(&p);
}
