/* SPDX-License-Identifier: MIT */
#include "ui/trial_report.h"

#include "base/log.h"

#include "caught.h"
#include "t.h"

#include <string.h>
#include <unistd.h>

/* Gives what is said on stderr, in static memory. */
static const char *said(const struct trial_report *r)
{
	struct caught c = caught_begin();
	trial_report_say(r);
	return caught_text(&c);
}

static struct trial_figure figure(double about, double low, double high)
{
	return (struct trial_figure){ true, true, about, low, high };
}

static struct trial_report usual(void)
{
	return (struct trial_report){
		.total_n = 12345,
		.drawn_n = 20,
		.run_n = 20,
		.input = figure(1234567, 1100000, 1399999),
		.has_output = true,
		.output = figure(9999, 950, 10000),
		.cost = figure(12.5e12, 10e12, 15e12),
		.ms = figure(5025e3, 55e3, 90000e3),
		.jobs = 64,
	};
}

TEST("a trial says what all records would take, and how sure that is")
{
	struct trial_report r = usual();
	CHECK_STR(said(&r),
		"pllm: trial: 20 of 12345 records were run, drawn evenly; with all:\n"
		"pllm:   input tokens: about 1.23M (90 %: 1.10M to 1.40M)\n"
		"pllm:   output tokens: about 9999 (90 %: 950 to 10.0k)\n"
		"pllm:   cost: about $12.50 (90 %: $10.00 to $15.00)\n"
		"pllm:   time with -j 64: at least about 1h 24m (90 %: 55s to 1d 1h)\n");
}

TEST("quiet or not, it is said")
{
	struct trial_report r = usual();
	log_set_level(LOG_ERROR);
	CHECK(strstr(said(&r), "cost") != NULL);
	log_set_level(LOG_WARNING);
}

TEST("what is not known is unknown, with the reason")
{
	struct trial_report r = usual();
	r.input.is_known = r.cost.is_known = r.ms.is_known = false;
	r.unpriced = "gpt-x";
	const char *text = said(&r);
	CHECK(strstr(text, "input tokens: unknown: the server has not said it of each answer\n"));
	CHECK(strstr(text, "cost: unknown: no price for gpt-x\n"));
	CHECK(strstr(text, "time with -j 64: unknown\n"));
	r.unpriced = NULL;
	CHECK(strstr(said(&r), "cost: unknown: it takes a price and the tokens of each answer\n"));
}

TEST("where all records were run there is no interval")
{
	struct trial_report r = usual();
	r.total_n = 20;
	r.has_output = false;
	CHECK_STR(said(&r),
		"pllm: trial: 20 of 20 records were run, drawn evenly; with all:\n"
		"pllm:   input tokens: about 1.23M\n"
		"pllm:   cost: about $12.50\n"
		"pllm:   time with -j 64: at least about 1h 24m\n");
}

TEST("where all that were drawn are alike there is no interval of no width")
{
	struct trial_report r = usual();
	r.input = figure(5000, 5000, 5000);
	r.output = figure(7000, 7000, 7000.1);
	r.ms = figure(5025e3, 5025e3, 5025e3);
	const char *text = said(&r);
	CHECK(strstr(text, "input tokens: about 5000 (all 20 drawn were alike)\n"));
	CHECK(strstr(text, "output tokens: about 7000 (90 %: 7000 to 7000)\n"));
	/* Of records it would be true, but a time is not that of records alone. */
	CHECK(strstr(text, "time with -j 64: at least about 1h 24m\n"));
	r.run_n = 12;
	CHECK(strstr(said(&r), "input tokens: about 5000 (all 12 run were alike)\n"));
	r.run_n = r.drawn_n = r.total_n = 20;
	CHECK(strstr(said(&r), "input tokens: about 5000\n"));
}

TEST("one record gives no interval, and that is said")
{
	struct trial_report r = usual();
	r.drawn_n = r.run_n = 1;
	r.input.has_interval = false;
	const char *text = said(&r);
	CHECK(strstr(text, "input tokens: about 1.23M\n"));
	CHECK(strstr(text, "one record says nothing of how much they vary: run two or more\n"));
	r.total_n = 1;
	CHECK(!strstr(said(&r), "one record"));
}

TEST("a run that ended early says of how many it speaks, and none says so")
{
	struct trial_report r = usual();
	r.run_n = 12;
	CHECK(strstr(said(&r),
		"20 of 12345 records were drawn evenly, 12 came to an end of their own; with all:"));
	r.run_n = 0;
	CHECK_STR(said(&r), "pllm: trial: no record was answered, so nothing is known of all\n");
	r.run_n = r.failed_n = 20;
	CHECK_STR(said(&r), "pllm: trial: no record was answered, so nothing is known of all\n");
	r.failed_n = 3;
	CHECK(strstr(said(&r), "drawn evenly, of which 3 failed; with all:\n"));
	r = (struct trial_report){ 0 };
	CHECK_STR(said(&r), "pllm: trial: the input holds no record\n");
}

TEST("amounts are rounded to what a person reads")
{
	static const struct {
		double ms;
		const char *text;
	} times[] = { { 0, "0ms" }, { 0.2, "1ms" }, { 12, "12ms" }, { 98.5, "99ms" },
		{ 99.5, "0.1s" }, { 3240, "3.2s" }, { 9949, "9.9s" }, { 9951, "10s" },
		{ 59400, "59s" }, { 59600, "1m" }, { 61000, "1m 1s" }, { 119600, "2m" },
		{ 3599400, "59m 59s" }, { 3599600, "1h" }, { 86340e3, "23h 59m" },
		{ 86399e3, "1d" }, { 90000e3, "1d 1h" }, { 8640000e3, "100d" },
		{ 1e300, "1157407407d 10h" } };
	static const struct {
		double n;
		const char *text;
	} counts[] = { { 0, "0" }, { 9999.4, "9999" }, { 9999.6, "10.0k" }, { 99940, "99.9k" },
		{ 99960, "100k" }, { 999400, "999k" }, { 999600, "1.00M" }, { 2e9, "2.00G" },
		{ 5e21, "5000E" } };
	struct trial_report r = usual();
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		r.ms = (struct trial_figure){ .is_known = true, .about = times[i].ms };
		const char *at = strstr(said(&r), "-j 64: at least about ");
		if (!CHECK(at && strncmp(at + 22, times[i].text, strlen(times[i].text)) == 0 &&
			    at[22 + strlen(times[i].text)] == '\n'))
			CHECK_STR(at, times[i].text);
	}
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		r.input = (struct trial_figure){ .is_known = true, .about = counts[i].n };
		const char *at = strstr(said(&r), "input tokens: about ");
		if (!CHECK(at && strncmp(at + 20, counts[i].text, strlen(counts[i].text)) == 0 &&
			    at[20 + strlen(counts[i].text)] == '\n'))
			CHECK_STR(at, counts[i].text);
	}
	r.cost = figure(1e30, 0, 1e30);
	CHECK(strstr(said(&r), "cost: about $9223372"));
}
