/* SPDX-License-Identifier: MIT */
#include "work/record.h"

#include "base/xalloc.h"
#include "t.h"

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
		record_revive(r);
		record_revive(r);
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
	record_revive(r);
	CHECK(record_is_failed_before(r));
	CHECK_MEM(r->text.at, r->text.n, line);
	record_free(r);
}

TEST("a line that is no JSON can be revived without harm")
{
	struct record *r = make("{\"pllm\":{\"error\":");
	record_revive(r);
	CHECK(r->value.at == NULL);
	CHECK_MEM(r->text.at, r->text.n, "{\"pllm\":{\"error\":");
	record_free(r);
}

TEST("a record frees the calls it holds")
{
	struct record *r = make("1");
	r->calls = xcalloc(2, sizeof *r->calls);
	r->calls_n = 2;
	for (unsigned i = 0; i < 2; i++) {
		call_init(&r->calls[i], r, i);
		attempt_init(&r->calls[i].attempt, 100);
		CHECK(buf_put_str(&r->calls[i].attempt.body, "body"));
		answer_init(&r->calls[i].answer, OUTCOME_REQUEST);
		r->calls[i].answer.message = xstrdup("message");
	}
	record_free(r);
}
