/* SPDX-License-Identifier: MIT */
/*
 * A counter that begins anew with each run would mislead: Prometheus sees that it has begun anew
 * only if it is less than it was, and takes 1200 after 1000 for 200 more. So counters, and the
 * histogram, go on from what the file says; then rate() and increase() are right over any number of
 * runs, and a file that was lost looks like what Prometheus knows well, a restart. Each line is
 * found again by its own name and labels, so what is of another job, or of another version, counts
 * for nothing.
 *
 * What is of one run is a gauge: a person asks what the last one did, and whether it went well.
 * Series of words that are known beforehand are written though they are 0, for increase() does not
 * see the first value of a series.
 *
 * Outcomes and reasons have the words of failed records: those are in the manual, and few.
 */
#include "ui/metrics.h"

#include "base/money.h"
#include "base/units.h"
#include "json/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* Up to here a double, which is what Prometheus makes of it, tells whole numbers apart. */
#define COUNT_MAX (INT64_C(1) << 53)

/* More of --job-name is of no use to anybody. */
enum { JOB_MAX_BYTES = 1000, SERIES_MAX_BYTES = 4096 };

struct writing {
	const struct metrics *m;
	struct buf *out;
	struct buf job;    /* job="...", escaped */
	struct buf series; /* the one that is being written */
};

/* == What was there == */

/* Gives the value that a line for that series has; missing if there is no such line. */
static struct span value_before(struct span before, struct span series)
{
	while (before.n > 0) {
		const char *end = memchr(before.at, '\n', before.n);
		size_t n = end ? (size_t)(end - before.at) : before.n;
		if (n > series.n && before.at[series.n] == ' ' &&
			memcmp(before.at, series.at, series.n) == 0)
			return (struct span){ before.at + series.n + 1, n - series.n - 1 };
		n += end != NULL;
		before = (struct span){ before.at + n, before.n - n };
	}
	return (struct span){ 0 };
}

static int64_t count_before(const struct writing *w)
{
	struct span text = value_before(w->m->before, buf_span(&w->series));
	int64_t n;
	return units_parse_int(text, &n) && n >= 0 && n <= COUNT_MAX ? n : 0;
}

static int64_t money_before(const struct writing *w)
{
	struct span text = value_before(w->m->before, buf_span(&w->series));
	int64_t pico;
	return money_read(text, 1, &pico) ? pico : 0;
}

static int64_t ms_before(const struct writing *w)
{
	struct span text = value_before(w->m->before, buf_span(&w->series));
	int64_t ms;
	/* Decimals are read exactly where money is. */
	return money_read(text, MONEY_PER_DOLLAR / 1000, &ms) ? ms : 0;
}

/* == Lines == */

/* A label's value may be any UTF-8; three characters are written otherwise. */
static void put_escaped(struct buf *out, const char *text)
{
	struct span rest = { text, strnlen(text, JOB_MAX_BYTES) };
	while (rest.n > 0) {
		size_t n = utf8_valid_n(rest);
		for (size_t i = 0; i < n; i++) {
			char c = rest.at[i];
			if (c == '\\' || c == '"' || c == '\n')
				buf_put_char(out, '\\');
			buf_put_char(out, c == '\n' ? 'n' : c);
		}
		if (n < rest.n)
			buf_put_str(out, "\xef\xbf\xbd");
		n += n < rest.n;
		rest = (struct span){ rest.at + n, rest.n - n };
	}
}

static __attribute__((format(printf, 2, 3))) void put(struct buf *out, const char *format, ...)
{
	char text[256];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	buf_put_str(out, text);
}

/* Begins a metric. */
static void head(struct writing *w, const char *name, const char *type, const char *help)
{
	put(w->out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* Makes the series; label may be NULL. */
static void series(struct writing *w, const char *name, const char *label, const char *value)
{
	buf_clear(&w->series);
	put(&w->series, "%s{", name);
	buf_put_span(&w->series, buf_span(&w->job));
	if (label)
		put(&w->series, ",%s=\"%s\"", label, value);
	buf_put_char(&w->series, '}');
}

static void put_count(struct writing *w, int64_t n)
{
	buf_put_span(w->out, buf_span(&w->series));
	put(w->out, " %" PRId64 "\n", n);
}

static void put_seconds(struct writing *w, int64_t ms)
{
	buf_put_span(w->out, buf_span(&w->series));
	put(w->out, " %" PRId64 ".%03" PRId64 "\n", ms / 1000, ms % 1000);
}

static void put_money(struct writing *w, int64_t pico)
{
	buf_put_span(w->out, buf_span(&w->series));
	buf_put_char(w->out, ' ');
	money_put(w->out, pico);
	buf_put_char(w->out, '\n');
}

static int64_t capped(uint64_t n)
{
	return n < (uint64_t)COUNT_MAX ? (int64_t)n : COUNT_MAX;
}

/* What is counted over all runs. */
static void add_count(struct writing *w, uint64_t n)
{
	put_count(w, capped((uint64_t)count_before(w) + (uint64_t)capped(n)));
}

/* == Metrics == */

struct status {
	const char *name;
	uint64_t n;
};

static void put_records(struct writing *w)
{
	const struct stats *s = w->m->stats;
	const struct status of[] = { { "answered", s->answered_n }, { "failed", s->failed_n },
		{ "passed", s->passed_n }, { "skipped", s->skipped_n } };
	head(w, "pllm_records_total", "counter",
		"Records, or the results of pllm reduce, by what became of them.");
	for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
		series(w, "pllm_records_total", "status", of[i].name);
		add_count(w, of[i].n);
	}
	head(w, "pllm_run_records", "gauge", "The same, of the last run alone.");
	for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
		series(w, "pllm_run_records", "status", of[i].name);
		put_count(w, capped(of[i].n));
	}
}

/* Of attempts, by how they ended or what they were repeated for. */
static void put_outcomes(
	struct writing *w, const char *metric, const char *label, const uint64_t counts[OUTCOMES_N])
{
	uint64_t of[ERROR_CODES_N] = { 0 };
	bool occurs[ERROR_CODES_N] = { false };
	for (int i = 0; i < OUTCOMES_N; i++) {
		of[error_code_of((enum outcome)i)] += counts[i];
		occurs[error_code_of((enum outcome)i)] = true;
	}
	for (int code = 0; code < ERROR_CODES_N; code++) {
		const char *word = error_code_name((enum error_code)code);
		/* No request is repeated for its answer. */
		if (!occurs[code] ||
			(code == ERROR_NONE && counts == w->m->stats->traffic.retries_n))
			continue;
		series(w, metric, label, code == ERROR_NONE ? "answered" : word);
		add_count(w, of[code]);
	}
}

static void put_requests(struct writing *w)
{
	const struct traffic *t = &w->m->stats->traffic;
	head(w, "pllm_requests_total", "counter", "HTTP requests, by how they ended.");
	put_outcomes(w, "pllm_requests_total", "outcome", t->ended_n);
	head(w, "pllm_retries_total", "counter",
		"Those that repeated a failed one, by why it failed.");
	put_outcomes(w, "pllm_retries_total", "reason", t->retries_n);
	head(w, "pllm_cached_calls_total", "counter", "Calls that --cache answered.");
	series(w, "pllm_cached_calls_total", NULL, NULL);
	add_count(w, w->m->stats->hits_n);
}

static void put_tokens(struct writing *w)
{
	const struct usage *u = &w->m->stats->usage;
	const struct {
		const char *name;
		int64_t n;
	} of[] = { { "input", u->input }, { "output", u->output }, { "cached", u->cached },
		{ "reasoning", u->reasoning } };
	head(w, "pllm_tokens_total", "counter",
		"Tokens as servers count them; cached are among input, reasoning among output.");
	for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
		series(w, "pllm_tokens_total", "type", of[i].name);
		add_count(w, of[i].n > 0 ? (uint64_t)of[i].n : 0);
	}
}

static void put_cost(struct writing *w)
{
	head(w, "pllm_cost_usd_total", "counter", "US dollars, of answers whose price is known.");
	series(w, "pllm_cost_usd_total", NULL, NULL);
	put_money(w, money_plus(money_before(w), w->m->stats->cost));
	head(w, "pllm_run_cost_usd", "gauge", "The same, of the last run alone.");
	series(w, "pllm_run_cost_usd", NULL, NULL);
	put_money(w, w->m->stats->cost);
}

static void put_durations(struct writing *w)
{
	static const struct {
		const char *le;
		int64_t ms;
	} buckets[] = { { "0.05", 50 }, { "0.1", 100 }, { "0.25", 250 }, { "0.5", 500 },
		{ "1", 1000 }, { "2.5", 2500 }, { "5", 5000 }, { "10", 10000 }, { "30", 30000 },
		{ "60", 60000 }, { "120", 120000 }, { "300", 300000 }, { "600", 600000 },
		{ "+Inf", INT64_MAX } };
	static const char metric[] = "pllm_request_duration_seconds";
	const struct histogram *h = &w->m->stats->traffic.latency;
	int64_t n = 0;
	head(w, metric, "histogram", "How long requests with an answer took, to its end.");
	for (size_t i = 0; i < sizeof buckets / sizeof *buckets; i++) {
		series(w, "pllm_request_duration_seconds_bucket", "le", buckets[i].le);
		int64_t up_to = capped((uint64_t)count_before(w) +
			(uint64_t)capped(histogram_up_to(h, buckets[i].ms)));
		/* Whatever the file says: a larger bucket holds what a smaller one does. */
		n = up_to > n ? up_to : n;
		put_count(w, n);
	}
	series(w, "pllm_request_duration_seconds_sum", NULL, NULL);
	put_seconds(w, money_plus(ms_before(w), h->sum));
	series(w, "pllm_request_duration_seconds_count", NULL, NULL);
	put_count(w, n);
}

static void put_gauge(struct writing *w, const char *metric, const char *help, int64_t n)
{
	head(w, metric, "gauge", help);
	series(w, metric, NULL, NULL);
	put_count(w, n);
}

/* Of the run itself. */
static void put_run(struct writing *w)
{
	const struct metrics *m = w->m;
	bool is_success = m->exit_code == EXIT_ALL_ANSWERED && !m->verdict->is_trial;
	head(w, "pllm_run_duration_seconds", "gauge", "How long the last run took.");
	series(w, "pllm_run_duration_seconds", NULL, NULL);
	put_seconds(w, m->stats->wall_ms);
	put_gauge(w, "pllm_exit_code", "Its exit status, or 128 and the signal that ended it.",
		m->exit_code);
	put_gauge(w, "pllm_last_run_timestamp_seconds", "When it ended.", m->now_s);
	series(w, "pllm_last_success_timestamp_seconds", NULL, NULL);
	put_gauge(w, "pllm_last_success_timestamp_seconds",
		"When the last run with exit status 0 ended; 0 if there was none.",
		is_success ? m->now_s : count_before(w));
}

void metrics_put(const struct metrics *m, struct buf *out)
{
	struct writing w = { .m = m, .out = out };
	buf_init(&w.job, SERIES_MAX_BYTES);
	buf_init(&w.series, SERIES_MAX_BYTES);
	buf_put_str(&w.job, "job=\"");
	put_escaped(&w.job, m->job);
	buf_put_char(&w.job, '"');
	put_records(&w);
	put_requests(&w);
	put_tokens(&w);
	put_cost(&w);
	put_durations(&w);
	put_run(&w);
	buf_release(&w.job);
	buf_release(&w.series);
}
