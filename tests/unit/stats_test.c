/* SPDX-License-Identifier: MIT */
#include "engine/stats.h"

#include "base/xalloc.h"
#include "t.h"

/* Counts a record on that line that failed so; ERROR_NONE = it was answered. */
static void count(struct stats *s, uint64_t line, enum error_code code)
{
	struct record *r = record_new(SPAN("1"));
	r->line = line;
	if (code == ERROR_NONE)
		r->fate = FATE_ANSWERED;
	else
		record_fail(r, code, xasprintf("line %d", (int)line));
	stats_count(s, r);
	record_free(r);
}

TEST("the sample of a kind of failure is the one that stands first in the input")
{
	struct stats s = { 0 };
	count(&s, 7, ERROR_TEMPLATE);
	count(&s, 3, ERROR_TEMPLATE);
	count(&s, 5, ERROR_TEMPLATE);
	CHECK_INT(s.codes_n[ERROR_TEMPLATE], 3);
	CHECK_INT(s.samples[ERROR_TEMPLATE].line, 3);
	CHECK_STR(s.samples[ERROR_TEMPLATE].message, "line 3");
}

TEST("nothing worked if some were asked and none was answered or refused")
{
	static const struct {
		enum error_code codes[2];
		bool none_worked;
	} cases[] = {
		{ { ERROR_TRANSPORT, ERROR_OVERLOADED }, true },
		{ { ERROR_TIMEOUT, ERROR_BAD_RECORD }, true },
		{ { ERROR_TRANSPORT, ERROR_CANCELLED }, true },
		{ { ERROR_BAD_RECORD, ERROR_TEMPLATE }, false },
		{ { ERROR_TRANSPORT, ERROR_NONE }, false },
		{ { ERROR_TRANSPORT, ERROR_REQUEST_REJECTED }, false },
		{ { ERROR_TIMEOUT, ERROR_BAD_RESPONSE }, false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct stats s = { 0 };
		count(&s, 1, cases[i].codes[0]);
		count(&s, 2, cases[i].codes[1]);
		if (!CHECK_INT(stats_none_worked(&s), cases[i].none_worked))
			CHECK_INT(i, -1);
	}
}

TEST("what would fail in the same way again is not worth asking")
{
	static const enum error_code same[] = { ERROR_BAD_RECORD, ERROR_TEMPLATE, ERROR_TRUNCATED,
		ERROR_TOO_LARGE };
	static const enum error_code others[] = { ERROR_REQUEST_REJECTED, ERROR_AUTH, ERROR_QUOTA,
		ERROR_RATE_LIMITED, ERROR_OVERLOADED, ERROR_TIMEOUT, ERROR_TRANSPORT,
		ERROR_BAD_RESPONSE, ERROR_CONTENT_FILTER, ERROR_SCHEMA_MISMATCH, ERROR_BUDGET,
		ERROR_CANCELLED };
	struct stats s = { .requests_n = 1 };
	for (size_t i = 0; i < sizeof same / sizeof *same; i++)
		count(&s, i + 1, same[i]);
	CHECK_INT(stats_mendable_n(&s, false), 0);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		count(&s, i + 1, others[i]);
	CHECK_INT(stats_mendable_n(&s, false), sizeof others / sizeof *others);
	/* A cache has the answers that did not match; a budget that allows nothing never will. */
	CHECK_INT(stats_mendable_n(&s, true), sizeof others / sizeof *others - 1);
	s.requests_n = 0;
	CHECK_INT(stats_mendable_n(&s, false), sizeof others / sizeof *others - 1);
}

/* Counts a record that failed before and passed through. */
static void pass(struct stats *s, struct span text)
{
	struct record *r = record_new(text);
	record_scan(r);
	r->fate = FATE_PASSED;
	r->hopeless = record_why_hopeless(r, NULL);
	stats_count(s, r);
	record_free(r);
}

TEST("of what failed before, lines that were no JSON are not worth asking, the others are")
{
	struct stats s = { 0 };
	pass(&s, SPAN("{\"input\":\"x\",\"pllm\":{\"error\":{},\"wrapped\":\"text\"}}"));
	CHECK_INT(s.passed_n, 1);
	CHECK_INT(stats_mendable_n(&s, false), 0);
	pass(&s, SPAN("{\"input\":1,\"pllm\":{\"error\":{},\"wrapped\":\"value\"}}"));
	pass(&s, SPAN("{\"pllm\":{\"error\":{}}}"));
	CHECK_INT(stats_mendable_n(&s, false), 2);
}
