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
