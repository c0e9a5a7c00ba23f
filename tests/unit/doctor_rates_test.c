/* SPDX-License-Identifier: MIT */
#include "app/doctor_part.h"

#include "t.h"

#include <stdlib.h>
#include <string.h>

/* Has the doctor look at one limit, and checks what he says. */
static void check_limit(struct allowance a, int64_t latency_ms, const char *text, const char *help)
{
	struct doctor d = { 0 };
	struct allowances said = { .n = 1, .items = { a } };
	doctor_begin(&d, "endpoint");
	doctor_rates(&d, &said, latency_ms);
	if (!text) {
		CHECK_INT(d.checks.n, 0);
	} else if (CHECK_INT(d.checks.n, 1)) {
		CHECK_INT(d.checks.items[0].finding, FINDING_NOTE);
		CHECK_STR(d.checks.items[0].text, text);
		CHECK_STR(d.checks.items[0].help, help);
	}
	checks_release(&d.checks);
	free(d.part);
}

static struct allowance requests(double limit, int64_t window_ms)
{
	return (struct allowance){ .unit = ALLOWANCE_REQUESTS,
		.limit = limit,
		.remaining = -1,
		.reset_ms = -1,
		.window_ms = window_ms };
}

TEST("as many requests must be in flight as are started in the time that one takes")
{
	/* 600 a minute are 10 a second; in 2.5 s 25 are started. */
	check_limit(requests(600, 60000), 2500, "600 requests/m",
		"-j 25 makes use of it: 10 requests/s x 2.5 s, which the answer took; --rate 576/m keeps below it");
	/* 3.3 must be 4, and less than one must be one. */
	check_limit(requests(10, 1000), 330, "10 requests/s",
		"-j 4 makes use of it: 10 requests/s x 0.33 s, which the answer took; --rate 9/s keeps below it");
	check_limit(requests(1, 1000), 5, "1 requests/s",
		"-j 1 makes use of it: 1 requests/s x 0.005 s, which the answer took; --rate 1/s keeps below it");
}

TEST("without a measured latency one is supposed, and said to be")
{
	check_limit(requests(500, 60000), -1, "500 requests/m",
		"-j 9 makes use of it: 8.33 requests/s x 1 s, if an answer takes that long, which --live measures; --rate 480/m keeps below it");
}

TEST("a limit without a time is taken for a minute's, and said to be; others as --rate has them")
{
	check_limit(requests(60, 0), 1000,
		"60 requests/m (taken for a minute's: the server does not say)",
		"-j 1 makes use of it: 1 requests/s x 1 s, which the answer took; --rate 57/m keeps below it");
	check_limit(requests(1440000, 86400000), 1000, "1440000 requests/d",
		"-j 17 makes use of it: 16.7 requests/s x 1 s, which the answer took; --rate 1382400/d keeps below it");
	check_limit(requests(150, 15000), 1000, "150 requests/15s",
		"-j 10 makes use of it: 10 requests/s x 1 s, which the answer took; --rate 144/15s keeps below it");
}

TEST("tokens have an option of their own, if they are a minute's, and none if they are of one side")
{
	struct allowance a = requests(30000, 60000);
	a.unit = ALLOWANCE_TOKENS;
	a.remaining = 29000;
	check_limit(a, 1000, "30000 tokens/m, 29000 left", "--tpm 28800 keeps below it");
	a.window_ms = 86400000;
	check_limit(a, 1000, "30000 tokens/d, 29000 left", NULL);
	a.unit = ALLOWANCE_INPUT_TOKENS;
	a.window_ms = 60000;
	check_limit(a, 1000, "30000 tokens of input/m, 29000 left", NULL);
}

TEST("what is no limit, or none that anybody has, is not spoken of")
{
	check_limit(requests(0, 60000), 1000, NULL, NULL);
	check_limit(requests(-1, 60000), 1000, NULL, NULL);
	check_limit(requests(1e300, 60000), 1000, NULL, NULL);
}
