/* SPDX-License-Identifier: MIT */
#include "ui/progress_text.h"

#include "t.h"

#include <string.h>

/* Compares what has been appended, and empties it. */
static void check_text(struct buf *out, const char *want)
{
	CHECK_MEM(out->data, out->len, want);
	buf_clear(out);
}

TEST("a clock has two units, the larger one of which it takes")
{
	static const struct {
		int64_t s;
		const char *want;
	} all[] = { { -1, "0:00" }, { 0, "0:00" }, { 59, "0:59" }, { 61, "1:01" },
		{ 3599, "59:59" }, { 3600, "1h00" }, { 7500, "2h05" }, { 86399, "23h59" },
		{ 86400, "1d00h" }, { 273600, "3d04h" }, { 86399999, "999d23h" },
		{ 86400000, "years" } };
	struct buf out;
	buf_init(&out, 1000);
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		progress_put_clock(&out, all[i].s * 1000);
		check_text(&out, all[i].want);
	}
	progress_put_clock(&out, 1499);
	check_text(&out, "0:01");
	progress_put_clock(&out, 1500);
	check_text(&out, "0:02");
	buf_release(&out);
}

TEST("counts are whole below a million")
{
	struct buf out;
	buf_init(&out, 1000);
	progress_put_count(&out, 999);
	check_text(&out, "999");
	progress_put_count(&out, 1000);
	check_text(&out, "1,000");
	progress_put_count(&out, 999999);
	check_text(&out, "999,999");
	progress_put_count(&out, 1234567);
	check_text(&out, "1.23M");
	buf_release(&out);
}

TEST("a rate is told in the unit in which it is about one or more")
{
	static const struct {
		double per_s;
		const char *want;
	} all[] = { { -1, "" }, { 0, "0/s" }, { 0.96, "1.0/s" }, { 0.94, "56/min" },
		{ 1 / 60.0, "1.0/min" }, { 0.9 / 60, "54/h" }, { 1 / 36000.0, "0.1/h" },
		{ 9.94, "9.9/s" }, { 9.96, "10/s" }, { 12345, "12.3k/s" } };
	struct buf out;
	buf_init(&out, 1000);
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		struct progress_scene s = { .figures = { .records_per_s = all[i].per_s } };
		progress_put_rate(&out, &s, 0);
		check_text(&out, all[i].want);
	}
	buf_release(&out);
}

TEST("tokens are told as far as they are known, and not before there are any")
{
	static const struct {
		int64_t input, output;
		const char *shortly, *longer;
	} all[] = { { -1, -1, "", "" }, { 0, 0, "", "" }, { 0, -1, "", "" },
		{ 5, -1, "5 tok", "5 tokens in" }, { 5, 0, "5+0 tok", "5 tokens in, 0 out" },
		{ -1, 7, "0+7 tok", "0 tokens in, 7 out" } };
	struct buf out;
	buf_init(&out, 1000);
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		struct stats stats = { .usage = {
					       .input = all[i].input, .output = all[i].output } };
		struct view v = { .stats = &stats };
		struct progress_scene s = { .view = &v };
		progress_put_tokens(&out, &s, 0);
		check_text(&out, all[i].shortly);
		progress_put_tokens(&out, &s, 1);
		check_text(&out, all[i].longer);
	}
	buf_release(&out);
}

TEST("reasons have the names that the manual has, and some are trouble")
{
	static const struct {
		const char *name;
		bool is_trouble;
	} all[HOLDS_N] = {
		[HOLD_NONE] = { NULL, false },
		[HOLD_END] = { "end", true },
		[HOLD_OUTPUT] = { "output", true },
		[HOLD_ORDER] = { "order", true },
		[HOLD_JOBS] = { "jobs", false },
		[HOLD_BREAKER] = { "breaker", true },
		[HOLD_SERVER] = { "server", true },
		[HOLD_RATE] = { "rate", false },
		[HOLD_LIMIT] = { "limit", false },
		[HOLD_BUDGET] = { "budget", true },
		[HOLD_CACHE] = { "cache", false },
		[HOLD_RETRY] = { "retry", true },
		[HOLD_LAST] = { "last", false },
		[HOLD_INPUT] = { "input", false },
	};
	for (int hold = 0; hold < HOLDS_N; hold++) {
		CHECK_STR(progress_why_name((enum hold)hold), all[hold].name);
		CHECK_INT(progress_why_is_trouble((enum hold)hold), all[hold].is_trouble);
	}
}
