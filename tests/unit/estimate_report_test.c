/* SPDX-License-Identifier: MIT */
#include "ui/estimate_report.h"

#include <stdio.h>
#include <string.h>

#include "t.h"

enum { REPORT_BYTES = 8000 };

#define DOLLAR INT64_C(1000000000000)

/* The report's text; static. */
static const char *report(const struct estimate_report *r)
{
	static char text[REPORT_BYTES];
	struct buf out;
	buf_init(&out, sizeof text - 1);
	estimate_report_put(r, &out);
	CHECK(!out.is_full);
	memcpy(text, out.data, out.len);
	text[out.len] = '\0';
	buf_release(&out);
	return text;
}

/* The second word of the line that begins with that name; static. */
static const char *value_of(const struct estimate_report *r, const char *name)
{
	static char value[100];
	char start[40];
	snprintf(start, sizeof start, "\n%s ", name);
	const char *text = report(r), *at = strstr(text, start);
	if (!at && strncmp(text, start + 1, strlen(start + 1)) == 0)
		at = text - 1;
	if (!at)
		return NULL;
	at += strlen(start);
	at += strspn(at, " ");
	snprintf(value, sizeof value, "%.*s", (int)strcspn(at, " \n"), at);
	return value;
}

static struct estimate_report usual(void)
{
	return (struct estimate_report){
		.records_n = 1000,
		.failed_n = 3,
		.cached_n = 12,
		.shared_n = 4,
		.stand_in = 200,
		.trial_n = 20,
		.total = { .requests_n = 981,
			.input = 45210,
			.output = 196200,
			.cost_in = DOLLAR / 1000 * 7,
			.cost_most = DOLLAR / 100 * 13,
			.source = "--prices" },
	};
}

TEST("each figure of an estimate is the second word of a line of its own")
{
	struct estimate_report r = usual();
	static const char *const figures[][2] = {
		{ "records", "1000" },
		{ "failed", "3" },
		{ "skipped", "0" },
		{ "requests", "981" },
		{ "cached", "12" },
		{ "shared", "4" },
		{ "rough", "0" },
		{ "tokens-in", "45210" },
		{ "tokens-out", "196200" },
		{ "cost-in", "$0.007" },
		{ "cost-at-most", "$0.13" },
		{ "prices", "--prices" },
		{ "next", "--trial" },
	};
	for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
		CHECK_STR(value_of(&r, figures[i][0]), figures[i][1]);
}

TEST("each figure has a remark in a column of its own, if there is something to remark")
{
	struct estimate_report r = usual();
	r.skipped_n = 5;
	r.rough_n = 6;
	CHECK_STR(report(&r),
		"records       1000\n"
		"failed        3           nothing is asked about these; the messages say why\n"
		"skipped       5           have their answers already\n"
		"requests      981         to be sent, each once: further tries come on top\n"
		"cached        12          answers come from the cache and cost nothing\n"
		"shared        4           ask what others ask and share their answers\n"
		"rough         6           of the requests hold answers that are not there yet, taken"
		" as 200 tokens at most\n"
		"tokens-in     45210       about: mostly within 15 % of OpenAI's count; others' differ"
		" more\n"
		"tokens-out    196200      at most\n"
		"cost-in       $0.007      about: for the input alone\n"
		"cost-at-most  $0.13       about: if all answers are as long as they may be\n"
		"prices        --prices\n"
		"next          --trial 20 in place of -n asks so many records and tells what all will"
		" cost\n");
	r = (struct estimate_report){ .total = { .source = "a source that is long" } };
	CHECK(strstr(report(&r), "records       0\nfailed        0\nskipped       0\n"));
	r.records_n = 123456789012;
	r.failed_n = UINT64_C(12345678901234);
	CHECK(strstr(report(&r), "failed        12345678901234 nothing is asked"));
}

TEST("without a maximum of answer tokens the most is unknown, and why is said; the input is not")
{
	struct estimate_report r = usual();
	r.total.unbounded_n = r.total.no_most_n = 981;
	CHECK_STR(value_of(&r, "tokens-out"), "unknown");
	CHECK_STR(value_of(&r, "cost-at-most"), "unknown");
	CHECK_STR(value_of(&r, "cost-in"), "$0.007");
	CHECK(strstr(report(&r), "no --max-tokens, and 981 requests"));
	CHECK(!strstr(report(&r), "no price"));
}

TEST("without a price all costs are unknown and never nothing, and the model is named")
{
	struct estimate_report r = usual();
	r.total.unpriced_n = 5;
	r.total.no_most_n = 7;
	r.unpriced = "gpt\n-\x7f";
	CHECK_STR(value_of(&r, "cost-in"), "unknown");
	CHECK_STR(value_of(&r, "cost-at-most"), "unknown");
	CHECK_STR(value_of(&r, "tokens-out"), "196200");
	CHECK(strstr(report(&r), "cost-in       unknown     no price for gpt?-?, 5 requests;"));
	CHECK(strstr(report(&r), "cost-at-most  unknown     no price for gpt?-?, 7 requests;"));
	CHECK(!strstr(report(&r), "$"));
}

TEST("a price for the input alone leaves the most unknown")
{
	struct estimate_report r = usual();
	r.total.no_most_n = 981;
	CHECK_STR(value_of(&r, "cost-in"), "$0.007");
	CHECK_STR(value_of(&r, "cost-at-most"), "unknown");
	CHECK(strstr(report(&r), "no price for some model, 981 requests"));
}

TEST("of several models each has a line; of one there is none")
{
	struct estimate_report r = usual();
	const struct estimate_part models[] = {
		{ .name = "small",
			.requests_n = 900,
			.input = 40000,
			.output = 5,
			.cost_in = DOLLAR,
			.cost_most = 2 * DOLLAR },
		{ .name = "large",
			.requests_n = 81,
			.input = 5210,
			.unbounded_n = 81,
			.unpriced_n = 81,
			.no_most_n = 81 },
		{ .name = "input", .output = 9, .cost_in = DOLLAR, .no_most_n = 4 },
	};
	r.models = models;
	r.models_n = 1;
	CHECK(!value_of(&r, "model"));
	r.models_n = 3;
	CHECK(strstr(report(&r),
		"\nmodel         small  requests 900  tokens-in 40000  tokens-out 5  cost-in $1.00  "
		"cost-at-most $2.00\n"
		"model         large  requests 81  tokens-in 5210  tokens-out unknown  cost-in unknown  "
		"cost-at-most unknown\n"
		"model         input  requests 0  tokens-in 0  tokens-out 9  cost-in $1.00  "
		"cost-at-most unknown\n"));
}

TEST("with too few records for a trial none is recommended")
{
	struct estimate_report r = usual();
	r.trial_n = 0;
	CHECK(!value_of(&r, "next"));
}
