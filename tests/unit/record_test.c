/* SPDX-License-Identifier: MIT */
#include "work/record.h"

#include "base/log.h"
#include "base/xalloc.h"
#include "t.h"
#include "work/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct record *make(const char *line)
{
	struct record *r = record_new(span_of(line));
	record_scan(r);
	return r;
}

TEST("a record holds a copy of its line, and finds the value in it")
{
	char line[] = " {\"a\":1}\t";
	struct record *r = make(line);
	memset(line, 'x', sizeof line - 1);
	CHECK_MEM(r->text.at, r->text.n, " {\"a\":1}\t");
	CHECK_MEM(r->value.at, r->value.n, "{\"a\":1}");
	CHECK_INT(r->fate, FATE_OPEN);
	CHECK(record_weight(r) >= 10);
	record_free(r);
	record_free(NULL);
}

TEST("a line that is no JSON has no value, but a fault with its place")
{
	static const struct {
		const char *line;
		size_t offset;
	} cases[] = { { "", 0 }, { "{\"a\":}", 5 }, { "{\"a\":\"\xff\"}", 6 }, { "nul", 3 },
		{ "1 2", 2 } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct record *r = make(cases[i].line);
		CHECK(r->value.at == NULL);
		CHECK(r->fault.reason != NULL);
		CHECK_INT(r->fault.offset, cases[i].offset);
		CHECK(!record_is_failed_before(r));
		record_free(r);
	}
}

TEST("failing a record writes down why")
{
	struct record *r = make("1");
	record_fail(r, ERROR_TEMPLATE, xstrdup("no field"));
	CHECK_INT(r->fate, FATE_FAILED);
	CHECK_INT(r->failure.code, ERROR_TEMPLATE);
	CHECK_STR(r->failure.message, "no field");
	record_free(r);
}

TEST("only pllm.error says that a record failed before")
{
	static const struct {
		const char *line;
		bool failed;
	} cases[] = {
		{ "{\"a\":1,\"pllm\":{\"error\":{\"code\":\"auth\"}}}", true },
		{ "{\"pllm\":{\"error\":{\"code\":\"auth\"}},\"a\":1}", true },
		{ "{\"pllm\":{\"model\":\"m\"}}", false },
		{ "{\"error\":{\"code\":\"auth\"}}", false },
		{ "{\"pllm\":\"error\"}", false },
		{ "{\"pllm\":[\"error\"]}", false },
		{ "{\"x\":{\"pllm\":{\"error\":{}}}}", false },
		{ "[{\"pllm\":{\"error\":{}}}]", false },
		{ "\"pllm\"", false },
		{ "{}", false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct record *r = make(cases[i].line);
		if (!CHECK_INT(record_is_failed_before(r), cases[i].failed))
			CHECK_STR(cases[i].line, "this one");
		record_free(r);
	}
}

TEST("reviving takes out our member and unwraps what we wrapped, and leaves others alone")
{
#define OURS "\"pllm\":{\"error\":{\"code\":\"timeout\"}}"
#define WRAPPED "\"pllm\":{\"error\":{\"code\":\"timeout\"},\"wrapped\":\"value\"}"
	static const struct {
		const char *line, *text, *value;
	} cases[] = {
		{ "{\"a\":1," OURS "}", "{\"a\":1}", "{\"a\":1}" },
		{ "{\"a\":1 ," OURS "}", "{\"a\":1 }", "{\"a\":1 }" },
		{ " {\"a\":1," OURS "} ", " {\"a\":1} ", "{\"a\":1}" },
		{ "{" OURS ",\"a\":1e400}", "{\"a\":1e400}", "{\"a\":1e400}" },
		{ "{\"a\":1," OURS ",\"b\":2}", "{\"a\":1,\"b\":2}", "{\"a\":1,\"b\":2}" },
		{ "{" OURS "}", "{}", "{}" },
		{ "{ " OURS "}", "{ }", "{ }" },
		{ "{\"input\":1.10," WRAPPED "}", "1.10", "1.10" },
		{ "{\"input\":\"x\"," WRAPPED "}", "\"x\"", "\"x\"" },
		{ "{\"input\":[1, 2]," WRAPPED "}", "[1, 2]", "[1, 2]" },
		{ "{\"input\":\"x\"," OURS "}", "{\"input\":\"x\"}", "{\"input\":\"x\"}" },
		{ "{\"input\":{\"a\":1}," OURS "}", "{\"input\":{\"a\":1}}",
			"{\"input\":{\"a\":1}}" },
		{ "{\"input\":\"x\",\"b\":2," OURS "}", "{\"input\":\"x\",\"b\":2}",
			"{\"input\":\"x\",\"b\":2}" },
		{ "{\"a\":1}", "{\"a\":1}", "{\"a\":1}" },
		{ "{\"pllm\":{\"model\":\"m\"}}", "{\"pllm\":{\"model\":\"m\"}}",
			"{\"pllm\":{\"model\":\"m\"}}" },
		{ " 5 ", " 5 ", "5" },
	};
#undef OURS
#undef WRAPPED
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct record *r = make(cases[i].line);
		record_revive(r, NULL);
		record_revive(r, NULL);
		CHECK_MEM(r->text.at, r->text.n, cases[i].text);
		CHECK_MEM(r->value.at, r->value.n, cases[i].value);
		CHECK(!record_is_failed_before(r));
		record_free(r);
	}
}

TEST("what stands for a line that was no JSON stays failed")
{
	const char *line =
		"{\"input\":\"{\",\"pllm\":{\"error\":{\"code\":\"bad_record\"},\"wrapped\":\"text\"}}";
	struct record *r = make(line);
	record_revive(r, NULL);
	CHECK(record_is_failed_before(r));
	CHECK_MEM(r->text.at, r->text.n, line);
	record_free(r);
}

/* A plan of steps of these names, for record_survey. */
static void plan_names(struct plan *plan, unsigned n, const char *const *names)
{
	*plan = (struct plan){ 0 };
	for (unsigned i = 0; i < n; i++)
		plan_add_step(plan, names[i]);
}

TEST("what failed in a step that the plan has not stays failed")
{
	struct plan plan;
	static const struct {
		const char *error, *hopeless;
		bool is_revived, was_unasked;
	} cases[] = {
		{ "\"code\":\"timeout\",\"step\":\"b\"", NULL, true, false },
		{ "\"code\":\"timeout\",\"step\":\"\\u0062\"", NULL, true, false },
		{ "\"code\":\"timeout\",\"step\":null", NULL, true, false },
		{ "\"code\":\"timeout\"", NULL, true, false },
		{ "\"code\":\"timeout\",\"step\":\"c\"", "its step is another command's", false,
			false },
		{ "\"code\":\"bad_record\",\"step\":\"b\"", "it is refused as it is", true, true },
		{ "\"code\":\"bad_record\",\"step\":\"c\"", "its step is another command's", false,
			false },
	};
	plan_names(&plan, 2, (const char *const[]){ "a", "b" });
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char line[200];
		snprintf(line, sizeof line, "{\"id\":1,\"pllm\":{\"error\":{%s}}}", cases[i].error);
		struct record *r = make(line);
		const char *why = record_why_hopeless(r, &plan);
		CHECK_STR(why ? why : "", cases[i].hopeless ? cases[i].hopeless : "");
		record_revive(r, &plan);
		CHECK_INT(record_is_failed_before(r), !cases[i].is_revived);
		CHECK_INT(r->was_unasked, cases[i].was_unasked);
		record_free(r);
	}
	plan_release(&plan);
}

TEST("a line that is no JSON can be revived without harm")
{
	struct record *r = make("{\"pllm\":{\"error\":");
	record_revive(r, NULL);
	CHECK(r->value.at == NULL);
	CHECK_MEM(r->text.at, r->text.n, "{\"pllm\":{\"error\":");
	record_free(r);
}

TEST("one look at a record tells which steps' fields it has, and whether it failed before")
{
	static const struct {
		const char *line;
		uint64_t has;
		bool failed;
	} cases[] = {
		{ "{\"a\":1,\"x\":{\"b\":2}}", 1, false },
		{ "{\"c\":null,\"a\":1}", 5, false },
		{ "{\"\\u0062\":1,\"b\":2}", 2, false },
		{ "{\"a\":1,\"pllm\":{\"error\":{\"code\":\"auth\"}},\"b\":2}", 3, true },
		{ "{\"pllm\":{\"a\":1}}", 0, false },
		{ "{}", 0, false },
		{ "[\"a\"]", 0, false },
		{ "\"a\"", 0, false },
	};
	struct plan plan;
	plan_names(&plan, 3, (const char *const[]){ "a", "b", "c" });
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct record *r = make(cases[i].line);
		uint64_t has = 99;
		bool failed = !cases[i].failed;
		record_survey(r, &plan, &has, &failed);
		if (!CHECK_INT(has, cases[i].has) || !CHECK_INT(failed, cases[i].failed))
			CHECK_STR(cases[i].line, "this one");
		record_free(r);
	}
	plan_release(&plan);
}

TEST("the last of as many steps as a plan may have is found in a record, too")
{
	char names[PLAN_STEPS_MAX][16];
	struct plan plan = { 0 };
	for (int i = 0; i < PLAN_STEPS_MAX; i++) {
		snprintf(names[i], sizeof names[i], "s%d", i);
		plan_add_step(&plan, names[i]);
	}
	struct record *r = make("{\"s63\":1}");
	uint64_t has;
	bool failed;
	record_survey(r, &plan, &has, &failed);
	CHECK(has == UINT64_C(1) << 63);
	record_free(r);
	plan_release(&plan);
}

/* Gives the calls of a stage something to be freed. */
static void fill(struct stage *s)
{
	for (unsigned i = 0; i < s->calls_n; i++) {
		attempt_init(&s->calls[i].attempt, 100);
		CHECK(buf_put_str(&s->calls[i].attempt.body, "body"));
		answer_init(&s->calls[i].answer, OUTCOME_REQUEST);
		s->calls[i].answer.message = xstrdup("message");
	}
}

TEST("a record has room for one stage with one call, and no other memory is held for them")
{
	struct record *r = make("1");
	size_t weight = record_weight(r);
	record_add_stages(r, 1);
	record_add_calls(r, r->stages, 1);
	CHECK(r->stages == &r->first_stage && r->stages->calls == &r->first_call);
	CHECK_INT(record_weight(r), weight);
	fill(r->stages);
	record_free(r);
}

TEST("a record weighs and frees the stages and calls it holds")
{
	struct record *r = make("1");
	size_t weight = record_weight(r);
	record_add_stages(r, 3);
	for (unsigned i = 0; i < 3; i++) {
		record_add_calls(r, &r->stages[i], i == 1 ? 5 : 1);
		fill(&r->stages[i]);
	}
	CHECK(r->stages[0].calls != r->stages[2].calls);
	CHECK(r->stages[1].calls[4].record == r);
	CHECK_INT(r->stages[1].calls[4].step, 1);
	CHECK_INT(r->stages[1].calls[4].index, 4);
	CHECK_INT(record_weight(r), weight + 3 * sizeof(struct stage) + 6 * sizeof(struct call));
	record_free(r);
}

TEST("of a line that is too long it is said what length would do, if any")
{
	static const struct {
		uint64_t whole_bytes;
		const char *help;
	} cases[] = { { 101, "--max-record 200" }, { 200, "--max-record 200" },
		{ 201, "--max-record 400" }, { UINT64_C(1) << 30, "--max-record 1G" },
		{ (UINT64_C(1) << 30) + 1, "the most that can be accepted is --max-record 1G" } };
	char line[101] = { 0 };
	memset(line, 'x', 100);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct record *r = record_new(span_of(line));
		r->whole_bytes = cases[i].whole_bytes;
		char *text = record_explain_fault(r);
		const char *help = strstr(text, LOG_HELP);
		CHECK(strncmp(text, "longer than --max-record (100), ", 32) == 0);
		CHECK_STR(help ? help + strlen(LOG_HELP) : NULL, cases[i].help);
		free(text);
		record_free(r);
	}
}
