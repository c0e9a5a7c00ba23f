/* SPDX-License-Identifier: MIT */
#include "engine/fold_member.h"

#include "fold_rig.h"
#include "t.h"

#include <string.h>

TEST("keys are the same if their texts are, or else if their bytes without white space are")
{
	static const struct {
		const char *a, *b;
		bool is_same;
	} cases[] = {
		{ "\"caf\\u00e9\"", "\"caf\xc3\xa9\"", true },
		{ "\"a\\/b\"", "\"a/b\"", true },
		{ "\"a\\n\"", "\"a\\u000a\"", true },
		{ "\"a\\\\n\"", "\"a\\n\"", false },
		{ "\"\\\"\"", "\"\\u0022\"", true },
		{ "{\"x\": 1}", "{ \"x\":1 }", true },
		{ "[1, \"a b\"]", "[1,\"a b\"]", true },
		{ "[1, \"a b\"]", "[1,\"ab\"]", false },
		{ "1", "1.0", false },
		{ "1", "\"1\"", false },
		{ "null", "\"null\"", false },
		{ "true", "true", true },
		{ "\"\"", "null", false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct fold_rig g;
		fold_rig_prepare(&g, "k", 2);
		g.opts.is_sorted = i % 2;
		fold_rig_open(&g);
		fold_rig_put(&g, cases[i].a, "x");
		fold_rig_put(&g, cases[i].b, "y");
		fold_rig_finish(&g);
		if (!CHECK_INT(g.groups.n, cases[i].is_same ? 1 : 2))
			CHECK_STR(cases[i].a, cases[i].b);
		fold_rig_release(&g);
	}
}

/* Gives a record that is in no group, and checks what became of it. */
static void check_left(
	struct fold_rig *g, const char *text, enum error_code code, const char *message)
{
	struct record *r = fold_rig_give(g, text);
	if (CHECK(r != NULL)) {
		CHECK_INT(r->fate, code == ERROR_NONE ? FATE_PASSED : FATE_FAILED);
		CHECK_INT(r->failure.code, code);
		CHECK_STR(r->failure.message, message);
	}
	record_free(r);
}

TEST("a record without a key is in no group and says why")
{
	struct fold_rig g;
	fold_rig_prepare(&g, "lang", 2);
	fold_rig_open(&g);
	check_left(&g, "{\"lang\":}", ERROR_BAD_RECORD,
		"not a JSON value: expected a value at byte 9 of the line (byte 9 of the input)");
	check_left(&g, "{\"lan\":1}", ERROR_TEMPLATE,
		"no field \"lang\" to group by" LOG_HELP "the record has \"lan\"");
	check_left(&g, "[1]", ERROR_TEMPLATE, "no field \"lang\" to group by");
	check_left(&g, "{\"pllm\":{\"error\":{\"code\":\"auth\"}}}", ERROR_NONE, NULL);
	CHECK_INT(fold_groups_n(g.f), 0);
	fold_rig_finish(&g);
	fold_rig_release(&g);
}

TEST("a key that is nested as deeply as can be is refused, one level less is not")
{
	char text[2 * JSON_DEPTH_MAX + 1] = { 0 };
	memset(text, '[', JSON_DEPTH_MAX);
	memset(text + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
	struct fold_rig g;
	fold_rig_prepare(&g, ".", 2);
	template_release(&g.opts.item);
	fold_rig_open(&g);
	check_left(&g, text, ERROR_BAD_RECORD, "the key \".\" is nested too deeply to group by");
	text[2 * JSON_DEPTH_MAX - 1] = 0;
	CHECK(fold_rig_give(&g, text + 1) == NULL);
	fold_rig_finish(&g);
	CHECK_INT(g.groups.n, 1);
	fold_rig_release(&g);
}

TEST("a group with a member that failed fails and names its line; the others are counted")
{
	struct fold_rig g;
	fold_rig_prepare(&g, "k", 2);
	fold_rig_open(&g);
	for (int i = 0; i < 3; i++)
		fold_rig_put(&g, "1", "a");
	CHECK(fold_rig_take(&g));
	CHECK(fold_rig_give(&g, "{\"k\":1}") == NULL);
	fold_rig_put(&g, "2", "b");
	for (int i = 0; i < 3; i++)
		fold_rig_put(&g, "1", "a");
	CHECK_INT(fold_packs_n(g.f), 0);
	fold_end(g.f);
	fold_rig_take_groups(&g);
	CHECK_INT(g.groups.n, 0);
	/* what was asked comes back and changes nothing but the count of attempts */
	fold_rig_finish(&g);
	CHECK_STR(fold_rig_group(&g, 0),
		"1 7 ! template: a member failed: line 4: no field \"v\"" LOG_HELP
		"the record has \"k\"; write {{k}}, or {{v?}} if it may be missing");
	CHECK_STR(fold_rig_group(&g, 1), "2 1 1 (b)");
	CHECK_INT(g.packs_n, 2);
	fold_rig_release(&g);
}

TEST("a member that failed in an earlier stage fails its group with the code of then")
{
	struct fold_rig g;
	fold_rig_prepare(&g, NULL, 2);
	fold_rig_open(&g);
	CHECK(fold_rig_give(&g,
		      "{\"v\":1,\"pllm\":{\"error\":{\"code\":\"rate_limited\","
		      "\"message\":\"slow \\u0022down\\\"\"}}}") == NULL);
	fold_rig_finish(&g);
	CHECK_STR(fold_rig_group(&g, 0),
		"null 1 ! rate_limited: a member failed: line 1: it had failed before (rate_limited): slow \"down\"");
	fold_rig_release(&g);
}

TEST("members that failed are left out if that is wanted, and so is a group of no others")
{
	struct fold_rig g;
	fold_rig_prepare(&g, "k", 2);
	g.opts.drops = true;
	fold_rig_open(&g);
	CHECK(fold_rig_give(&g, "{\"k\":1}") == NULL);
	CHECK(fold_rig_give(&g, "{\"k\":2}") == NULL);
	CHECK_INT(fold_groups_n(g.f), 0);
	CHECK_INT(fold_bytes(g.f), 0);
	fold_rig_put(&g, "2", "a");
	CHECK(fold_rig_give(&g, "{\"k\":2,\"v\":\"x\",\"pllm\":{\"error\":{}}}") == NULL);
	fold_rig_put(&g, "2", "b");
	fold_rig_finish(&g);
	CHECK_INT(g.groups.n, 1);
	CHECK_STR(fold_rig_group(&g, 0), "2 2 1 (a+b)");
	CHECK_INT(g.last_line, 3);
	CHECK_INT(fold_dropped_n(g.f), 3);
	fold_rig_release(&g);
}
