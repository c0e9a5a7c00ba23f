/* SPDX-License-Identifier: MIT */
#include "ui/metrics.h"
#include "ui/metrics_merge.h"

#include "t.h"

#include "base/money.h"
#include "base/rng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX_BYTES = 1 << 20 };

/* A run that has done something of everything. */
static struct stats busy(void)
{
	struct stats s = { .read_n = 10,
		.answered_n = 6,
		.failed_n = 2,
		.passed_n = 1,
		.skipped_n = 1,
		.hits_n = 3,
		.cost = MONEY_PER_DOLLAR / 8,
		.wall_ms = 61042,
		.usage = { .input = 100, .output = 20, .cached = 40, .reasoning = -1 } };
	s.traffic.ended_n[OUTCOME_ANSWERED] = 6;
	s.traffic.ended_n[OUTCOME_CAPACITY] = 2;
	s.traffic.ended_n[OUTCOME_FAULT] = 1;
	s.traffic.retries_n[OUTCOME_CAPACITY] = 2;
	histogram_add(&s.traffic.latency, 80);
	histogram_add(&s.traffic.latency, 700);
	histogram_add(&s.traffic.latency, 900000);
	return s;
}

static struct buf put(const struct stats *s, int exit_code, int64_t now_s, struct span before)
{
	struct verdict v = { 0 };
	struct metrics m = { .stats = s,
		.verdict = &v,
		.exit_code = exit_code,
		.job = "nightly",
		.now_s = now_s,
		.before = before };
	struct buf out;
	buf_init(&out, TEXT_MAX_BYTES);
	metrics_put(&m, &out);
	buf_put_char(&out, '\0');
	CHECK(!out.is_full);
	out.len--;
	return out;
}

/* Checks that one line of the text is this series with this value. */
static void check_line(const struct buf *text, const char *series, const char *value)
{
	char line[300];
	snprintf(line, sizeof line, "\n%s %s\n", series, value);
	if (!CHECK(strstr(text->data, line)))
		printf("#   no line: %s", line + 1);
}

TEST("a run without a file before says what it has counted")
{
	struct stats s = busy();
	struct buf text = put(&s, 1, 1700000000, (struct span){ 0 });
	check_line(&text, "pllm_records_total{job=\"nightly\",status=\"answered\"}", "6");
	check_line(&text, "pllm_records_total{job=\"nightly\",status=\"failed\"}", "2");
	check_line(&text, "pllm_records_total{job=\"nightly\",status=\"passed\"}", "1");
	check_line(&text, "pllm_records_total{job=\"nightly\",status=\"skipped\"}", "1");
	check_line(&text, "pllm_requests_total{job=\"nightly\",outcome=\"answered\"}", "6");
	check_line(&text, "pllm_requests_total{job=\"nightly\",outcome=\"overloaded\"}", "3");
	check_line(&text, "pllm_requests_total{job=\"nightly\",outcome=\"timeout\"}", "0");
	check_line(&text, "pllm_retries_total{job=\"nightly\",reason=\"overloaded\"}", "2");
	check_line(&text, "pllm_cached_calls_total{job=\"nightly\"}", "3");
	check_line(&text, "pllm_tokens_total{job=\"nightly\",type=\"input\"}", "100");
	check_line(&text, "pllm_tokens_total{job=\"nightly\",type=\"output\"}", "20");
	check_line(&text, "pllm_tokens_total{job=\"nightly\",type=\"reasoning\"}", "0");
	check_line(&text, "pllm_cost_usd_total{job=\"nightly\"}", "0.125");
	check_line(&text, "pllm_run_duration_seconds{job=\"nightly\"}", "61.042");
	check_line(&text, "pllm_exit_code{job=\"nightly\"}", "1");
	check_line(&text, "pllm_last_run_timestamp_seconds{job=\"nightly\"}", "1700000000");
	check_line(&text, "pllm_last_success_timestamp_seconds{job=\"nightly\"}", "0");
	CHECK(!strstr(text.data, "reason=\"answered\""));
	/* No request ends so. */
	CHECK(!strstr(text.data, "=\"bad_record\""));
	CHECK_INT(text.data[text.len - 1], '\n');
	buf_release(&text);
}

TEST("the buckets of the histogram hold what smaller ones hold")
{
	struct stats s = busy();
	struct buf text = put(&s, 0, 1, (struct span){ 0 });
	static const char *const want[][2] = { { "0.05", "0" }, { "0.1", "1" }, { "0.5", "1" },
		{ "1", "2" }, { "600", "2" }, { "+Inf", "3" } };
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		char series[120];
		snprintf(series, sizeof series,
			"pllm_request_duration_seconds_bucket{job=\"nightly\",le=\"%s\"}",
			want[i][0]);
		check_line(&text, series, want[i][1]);
	}
	check_line(&text, "pllm_request_duration_seconds_sum{job=\"nightly\"}", "900.780");
	check_line(&text, "pllm_request_duration_seconds_count{job=\"nightly\"}", "3");
	buf_release(&text);
}

TEST("each bucket ends where its name says")
{
	static const char *const ends[] = { "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10",
		"30", "60", "120", "300", "600" };
	struct stats s = { 0 };
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		histogram_add(&s.traffic.latency, (int64_t)(strtod(ends[i], NULL) * 900));
	struct buf text = put(&s, 0, 1, (struct span){ 0 });
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		char series[120], n[20];
		snprintf(series, sizeof series,
			"pllm_request_duration_seconds_bucket{job=\"nightly\",le=\"%s\"}", ends[i]);
		snprintf(n, sizeof n, "%zu", i + 1);
		check_line(&text, series, n);
	}
	buf_release(&text);
}

TEST("the next run adds to counters, and says gauges of itself")
{
	struct stats s = busy();
	struct buf first = put(&s, 0, 100, (struct span){ 0 });
	s.answered_n = 1;
	s.cost = 1;
	s.usage.reasoning = 5;
	struct buf second = put(&s, 5, 200, buf_span(&first));
	check_line(&second, "pllm_records_total{job=\"nightly\",status=\"answered\"}", "7");
	check_line(&second, "pllm_run_records{job=\"nightly\",status=\"answered\"}", "1");
	check_line(&second, "pllm_cost_usd_total{job=\"nightly\"}", "0.125000000001");
	check_line(&second, "pllm_run_cost_usd{job=\"nightly\"}", "0.000000000001");
	check_line(&second, "pllm_tokens_total{job=\"nightly\",type=\"cached\"}", "80");
	check_line(&second, "pllm_tokens_total{job=\"nightly\",type=\"reasoning\"}", "5");
	check_line(&second, "pllm_request_duration_seconds_sum{job=\"nightly\"}", "1801.560");
	check_line(&second, "pllm_request_duration_seconds_count{job=\"nightly\"}", "6");
	check_line(&second, "pllm_run_duration_seconds{job=\"nightly\"}", "61.042");
	check_line(&second, "pllm_last_run_timestamp_seconds{job=\"nightly\"}", "200");
	check_line(&second, "pllm_last_success_timestamp_seconds{job=\"nightly\"}", "100");
	buf_release(&first);
	buf_release(&second);
}

TEST("a trial, which is not the whole, is no success")
{
	struct stats s = busy();
	struct verdict v = { .is_trial = true };
	struct metrics m = { .stats = &s, .verdict = &v, .job = "nightly", .now_s = 9 };
	struct buf text;
	buf_init(&text, TEXT_MAX_BYTES);
	metrics_put(&m, &text);
	buf_put_char(&text, '\0');
	check_line(&text, "pllm_last_success_timestamp_seconds{job=\"nightly\"}", "0");
	buf_release(&text);
}

TEST("the file of another job counts for nothing")
{
	struct stats s = busy();
	struct span other = SPAN("pllm_records_total{job=\"other\",status=\"answered\"} 50\n"
				 "pllm_cached_calls_total{job=\"nightly\"} 4\n");
	struct buf text = put(&s, 0, 1, other);
	check_line(&text, "pllm_records_total{job=\"nightly\",status=\"answered\"}", "6");
	check_line(&text, "pllm_cached_calls_total{job=\"nightly\"}", "7");
	buf_release(&text);
}

TEST("values that are none count for nothing, and sums end where counting does")
{
	static const struct {
		const char *value, *want;
	} cases[] = { { "-5", "3" }, { "1e3", "3" }, { "", "3" }, { "NaN", "3" }, { "7 ", "3" },
		{ "99999999999999999999", "3" }, { "9007199254740993", "3" },
		{ "9007199254740992", "9007199254740992" },
		{ "9007199254740000", "9007199254740003" } };
	struct stats s = busy();
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char before[100];
		snprintf(before, sizeof before, "pllm_cached_calls_total{job=\"nightly\"} %s\n",
			cases[i].value);
		struct buf text = put(&s, 0, 1, span_of(before));
		check_line(&text, "pllm_cached_calls_total{job=\"nightly\"}", cases[i].want);
		buf_release(&text);
	}
	struct buf text = put(&s, 0, 1, SPAN("pllm_cost_usd_total{job=\"nightly\"} 9223372\n"));
	check_line(&text, "pllm_cost_usd_total{job=\"nightly\"}", "9223372.036854775807");
	buf_release(&text);
}

TEST("a bucket is never less than a smaller one, whatever the file says")
{
	struct stats s = busy();
	struct buf text = put(&s, 0, 1,
		SPAN("pllm_request_duration_seconds_bucket{job=\"nightly\",le=\"0.05\"} 70\n"));
	check_line(
		&text, "pllm_request_duration_seconds_bucket{job=\"nightly\",le=\"0.05\"}", "70");
	check_line(
		&text, "pllm_request_duration_seconds_bucket{job=\"nightly\",le=\"+Inf\"}", "70");
	check_line(&text, "pllm_request_duration_seconds_count{job=\"nightly\"}", "70");
	buf_release(&text);
}

TEST("a job may have any name")
{
	static const struct {
		const char *job, *want;
	} cases[] = { { "a\"b\\c\nd", "pllm_exit_code{job=\"a\\\"b\\\\c\\nd\"}" },
		{ "\xc3\xa4\xff", "pllm_exit_code{job=\"\xc3\xa4\xef\xbf\xbd\"}" },
		{ "", "pllm_exit_code{job=\"\"}" } };
	struct stats s = { 0 };
	struct verdict v = { 0 };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct metrics m = { .stats = &s, .verdict = &v, .job = cases[i].job };
		struct buf text;
		buf_init(&text, TEXT_MAX_BYTES);
		metrics_put(&m, &text);
		buf_put_char(&text, '\0');
		check_line(&text, cases[i].want, "0");
		buf_release(&text);
	}
	char name[5000];
	memset(name, '"', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	struct metrics m = { .stats = &s, .verdict = &v, .job = name };
	struct buf text;
	buf_init(&text, TEXT_MAX_BYTES);
	metrics_put(&m, &text);
	buf_put_char(&text, '\0');
	CHECK(strstr(text.data, "\\\"\"} 0\n"));
	buf_release(&text);
}

TEST("whatever the file holds, all metrics are written")
{
	struct stats s = busy();
	struct rng r;
	for (uint64_t seed = 1; seed <= 200; seed++) {
		struct buf whole = put(&s, 0, 77, (struct span){ 0 });
		rng_init(&r, seed);
		for (int i = 0; i < 30; i++)
			whole.data[rng_upto(&r, (int64_t)whole.len - 1)] = (char)rng_upto(&r, 255);
		size_t n = (size_t)rng_upto(&r, (int64_t)whole.len);
		struct buf text = put(&s, 0, 78, (struct span){ whole.data, n });
		check_line(&text, "pllm_last_success_timestamp_seconds{job=\"nightly\"}", "78");
		buf_release(&text);
		buf_release(&whole);
	}
}

/* What the file holds once that job has ended its first run. */
static struct buf merge(const char *job, int64_t now_s, struct span before, size_t max)
{
	struct stats s = busy();
	struct verdict v = { 0 };
	struct metrics m = { .stats = &s, .verdict = &v, .job = job, .now_s = now_s };
	struct buf own, out;
	buf_init(&own, TEXT_MAX_BYTES);
	buf_init(&out, max);
	m.before = before;
	metrics_put(&m, &own);
	metrics_merge(buf_span(&own), before, &out);
	CHECK(!out.is_full);
	buf_release(&own);
	buf_put_char(&out, '\0');
	out.len--;
	return out;
}

static size_t count_of(const char *text, const char *what)
{
	size_t n = 0;
	for (const char *at = text; (at = strstr(at, what)); at++)
		n++;
	return n;
}

TEST("jobs in one file each keep all their series, and count on")
{
	struct buf a = merge("a\"\\\nb", 100, (struct span){ 0 }, TEXT_MAX_BYTES);
	struct buf b = merge("b", 200, buf_span(&a), TEXT_MAX_BYTES);
	struct buf c = merge("a\"\\\nb", 300, buf_span(&b), TEXT_MAX_BYTES);
	check_line(&b, "pllm_last_success_timestamp_seconds{job=\"a\\\"\\\\\\nb\"}", "100");
	check_line(&b, "pllm_last_success_timestamp_seconds{job=\"b\"}", "200");
	check_line(&c, "pllm_last_success_timestamp_seconds{job=\"b\"}", "200");
	check_line(&c, "pllm_records_total{job=\"b\",status=\"answered\"}", "6");
	check_line(&c, "pllm_records_total{job=\"a\\\"\\\\\\nb\",status=\"answered\"}", "12");
	CHECK_INT(count_of(c.data, "# HELP"), count_of(a.data, "# HELP"));
	CHECK_INT(count_of(c.data, "{job=\"b\""), count_of(a.data, "{job="));
	CHECK_INT(count_of(c.data, "{job=\"a"), count_of(a.data, "{job="));
	buf_release(&a);
	buf_release(&b);
	buf_release(&c);
}

TEST("the lines of a metric stay together, and buckets in order, however they stood")
{
	struct buf text = merge("a", 1,
		SPAN("pllm_request_duration_seconds_count{job=\"b\"} 3\n"
		     "pllm_request_duration_seconds_bucket{job=\"b\",le=\"+Inf\"} 3\n"
		     "pllm_exit_code{job=\"b\"} 9\n"
		     "pllm_request_duration_seconds_bucket{job=\"b\",le=\"2.5\"} 2\n"
		     "pllm_request_duration_seconds_sum{job=\"b\"} 1.5\n"
		     "pllm_request_duration_seconds_bucket{job=\"b\",le=\"10\"} 2\n"),
		TEXT_MAX_BYTES);
	CHECK(strstr(text.data,
		"pllm_request_duration_seconds_count{job=\"a\"} 3\n"
		"pllm_request_duration_seconds_bucket{job=\"b\",le=\"2.5\"} 2\n"
		"pllm_request_duration_seconds_bucket{job=\"b\",le=\"10\"} 2\n"
		"pllm_request_duration_seconds_bucket{job=\"b\",le=\"+Inf\"} 3\n"
		"pllm_request_duration_seconds_sum{job=\"b\"} 1.5\n"
		"pllm_request_duration_seconds_count{job=\"b\"} 3\n"
		"# HELP pllm_run_duration_seconds"));
	CHECK(strstr(
		text.data, "pllm_exit_code{job=\"a\"} 0\npllm_exit_code{job=\"b\"} 9\n# HELP"));
	buf_release(&text);
}

TEST("a line of another job that we would not have written is not kept")
{
	static const char *const lines[] = { "pllm_exit_code{job=\"b\"}",
		"pllm_exit_code{job=\"b\"} ", "pllm_exit_code{job=\"b\"} x",
		"pllm_exit_code{job=\"b\"} NaN", "pllm_exit_code{job=\"b\"} -1",
		"pllm_exit_code{job=\"b\"} 1 2", "pllm_exit_code{job=\"b\"}  1",
		"pllm_exit_code{job=\"b\"} 1\r", " pllm_exit_code{job=\"b\"} 1",
		"pllm_exit_code{job=\"b} 1", "pllm_exit_code{job=\"\\x\"} 1",
		"pllm_exit_code{job=\"b\\\"} 1", "pllm_exit_code{job=\"\xff\"} 1",
		"pllm_exit_code{job=\"b\",} 1", "pllm_exit_code{job=\"b\",a=\"b\"} 1",
		"pllm_exit_code{jobs=\"b\"} 1", "pllm_exit_code{} 1", "pllm_exit_code 1",
		"pllm_exit_codes{job=\"b\"} 1", "up{job=\"b\"} 1", "{job=\"b\"} 1",
		"pllm_request_duration_seconds{job=\"b\"} 1",
		"pllm_request_duration_seconds_bucket{job=\"b\",le=\"7\"} 1",
		"pllm_records_total{job=\"b\"} 1",
		"pllm_records_total{status=\"failed\",job=\"b\"} 1",
		"pllm_records_total{job=\"b\",status=\"lost\"} 1",
		"# HELP pllm_exit_code{job=\"b\"} 1", "{", " ", "{job=\" " };
	struct buf want = merge("a", 1, (struct span){ 0 }, TEXT_MAX_BYTES);
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		char before[200];
		snprintf(before, sizeof before, "%s\n", lines[i]);
		struct buf text = merge("a", 1, span_of(before), TEXT_MAX_BYTES);
		CHECK_STR(text.data, want.data);
		buf_release(&text);
	}
	struct buf text = merge("a", 1, SPAN("pllm_exit_code{job=\"b\"} 1"), TEXT_MAX_BYTES);
	CHECK_STR(text.data, want.data);
	buf_release(&text);
	text = merge("a", 1, SPAN("pllm_exit_code{job=\"b\0\"} 1\n"), TEXT_MAX_BYTES);
	CHECK_STR(text.data, want.data);
	buf_release(&text);
	buf_release(&want);
}

/* A line of a job, whose name is so many letters, with a number of so many digits. */
static bool is_kept(int job_n, int digits_n)
{
	char before[6000], job[5000];
	memset(job, 'b', sizeof job);
	snprintf(before, sizeof before, "pllm_exit_code{job=\"%.*s\"} %0*d\n", job_n, job, digits_n,
		7);
	struct buf text = merge("a", 1, span_of(before), TEXT_MAX_BYTES);
	bool is_there = strstr(text.data, before);
	buf_release(&text);
	return is_there;
}

TEST("names and numbers that are longer than ours ever are are not kept")
{
	CHECK(is_kept(4096, 64));
	CHECK(!is_kept(4097, 64));
	CHECK(!is_kept(4096, 65));
}

/* Merges a run of job "c" with what was before, in so much room; gives how many jobs went. */
static size_t went(struct span before, size_t max, struct buf *out)
{
	struct stats s = { 0 };
	struct verdict v = { 0 };
	struct metrics m = { .stats = &s, .verdict = &v, .job = "c", .now_s = 9 };
	struct buf own;
	buf_init(&own, TEXT_MAX_BYTES);
	buf_init(out, max);
	metrics_put(&m, &own);
	size_t n = metrics_merge(buf_span(&own), before, out);
	CHECK(!out->is_full);
	buf_release(&own);
	return n;
}

#define LONG_AGO "pllm_last_run_timestamp_seconds{job=\"long ago\"} 1\n"

TEST("a job that just fits stays, and behind one that does not, none does")
{
	const struct span before =
		SPAN(LONG_AGO "pllm_last_run_timestamp_seconds{job=\"a short while ago\"} 2\n"
			      "pllm_last_run_timestamp_seconds{job=\"now\"} 3\n");
	struct buf out;
	CHECK_INT(went(before, TEXT_MAX_BYTES, &out), 0);
	size_t all_n = out.len;
	buf_release(&out);
	CHECK_INT(went(before, all_n, &out), 0);
	CHECK_INT(out.len, all_n);
	buf_release(&out);
	CHECK_INT(went(before, all_n - 1, &out), 1);
	buf_release(&out);
	/* There would be room for that of long ago. */
	CHECK_INT(went(before, all_n - sizeof LONG_AGO, &out), 2);
	buf_release(&out);
}

TEST("a series that stands there twice is kept once, as it stands first")
{
	struct buf text = merge("a", 1,
		SPAN("pllm_exit_code{job=\"b\"} 1\npllm_exit_code{job=\"bb\"} 2\n"
		     "pllm_exit_code{job=\"b\"} 3\npllm_exit_code{job=\"a\"} 4\n"),
		TEXT_MAX_BYTES);
	CHECK(strstr(text.data,
		"pllm_exit_code{job=\"a\"} 0\npllm_exit_code{job=\"b\"} 1\n"
		"pllm_exit_code{job=\"bb\"} 2\n#"));
	CHECK_INT(count_of(text.data, "pllm_exit_code{"), 3);
	buf_release(&text);
}

TEST("where there is no room for all, jobs go whole, those first that ran longest ago")
{
	struct buf text = merge("job 0", 500, (struct span){ 0 }, TEXT_MAX_BYTES);
	size_t one_n = count_of(text.data, "{job=\"job 0\"");
	static const int64_t ends[] = { 300, 100, 400, 200 };
	size_t max = 0;
	for (int i = 0; i < 4; i++) {
		char job[20];
		snprintf(job, sizeof job, "job %d", i + 1);
		struct buf next = merge(job, ends[i], buf_span(&text), TEXT_MAX_BYTES);
		buf_release(&text);
		text = next;
		max = i < 3 ? text.len : max; /* four of them fit */
	}
	struct stats s = busy();
	struct verdict v = { 0 };
	struct metrics m = { .stats = &s, .verdict = &v, .job = "job 5", .now_s = 600 };
	struct buf own, out;
	buf_init(&own, TEXT_MAX_BYTES);
	buf_init(&out, max + 20);
	metrics_put(&m, &own);
	CHECK_INT(metrics_merge(buf_span(&own), buf_span(&text), &out), 2);
	buf_put_char(&out, '\0');
	CHECK(!out.is_full);
	static const size_t kept[] = { 1, 1, 0, 1, 0, 1 };
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
		char job[20];
		snprintf(job, sizeof job, "{job=\"job %zu\"", i);
		CHECK_INT(count_of(out.data, job), kept[i] * one_n);
	}
	buf_release(&own);
	buf_release(&out);
	buf_release(&text);
}

/* True if each line is a heading or a series with a number. */
static bool is_well_formed(struct buf *text)
{
	char *save = NULL;
	for (char *at = strtok_r(text->data, "\n", &save); at; at = strtok_r(NULL, "\n", &save)) {
		const char *space = strrchr(at, ' ');
		if (*at != '#' &&
			(strncmp(at, "pllm_", 5) != 0 || !space || space[-1] != '}' ||
				strspn(space + 1, "0123456789.e+-") != strlen(space + 1)))
			return false;
	}
	return true;
}

TEST("whatever the file holds of other jobs, what is written can be read")
{
	struct rng r;
	for (uint64_t seed = 1; seed <= 200; seed++) {
		struct buf b = merge("b\"", 5, (struct span){ 0 }, TEXT_MAX_BYTES);
		struct buf both = merge("c", 6, buf_span(&b), TEXT_MAX_BYTES);
		rng_init(&r, seed);
		for (int i = 0; i < 60; i++)
			both.data[rng_upto(&r, (int64_t)both.len - 1)] =
				(char)rng_upto(&r, i % 2 ? 255 : 127);
		size_t n = (size_t)rng_upto(&r, (int64_t)both.len);
		struct buf text = merge("a", 7, (struct span){ both.data, n }, TEXT_MAX_BYTES);
		check_line(&text, "pllm_last_success_timestamp_seconds{job=\"a\"}", "7");
		CHECK(is_well_formed(&text));
		buf_release(&text);
		buf_release(&both);
		buf_release(&b);
	}
}
