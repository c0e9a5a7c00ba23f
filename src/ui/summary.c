/* SPDX-License-Identifier: MIT */
#include "ui/summary.h"

#include "base/log.h"
#include "base/money.h"
#include "ui/amount.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LINE_MAX_BYTES = 1000, REASONS_SAID_N = 5, SHORT_RUN_MS = 10000 };

/* At which level things are said. */
struct voice {
	enum log_level usual;
	enum log_level details;
};

static bool has_failed(const struct summary *s)
{
	return s->stats->failed_n + s->stats->passed_n > 0 || s->verdict->reason[0] ||
		s->exit_code != 0;
}

/* Where something failed, also who only reads logs wants to know what came of the rest. */
static struct voice voice_of(const struct summary *s)
{
	enum log_level usual = has_failed(s) ? LOG_WARNING : LOG_NOTICE;
	bool is_short = s->stats->wall_ms < SHORT_RUN_MS;
	return (struct voice){ usual, is_short && !has_failed(s) ? LOG_DETAIL : usual };
}

/* Says a line and makes room for the next one. */
static void say(enum log_level level, struct buf *line)
{
	log_say(level, "%.*s", (int)line->len, line->data);
	buf_clear(line);
}

static __attribute__((format(printf, 2, 3))) void put(struct buf *line, const char *format, ...)
{
	char text[400];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	buf_put_str(line, text);
}

/* == What failed == */

/* Gives how many reasons there are, the most frequent first. */
static unsigned rank_reasons(const struct stats *s, enum error_code reasons[ERROR_CODES_N])
{
	unsigned n = 0;
	for (int code = 0; code < ERROR_CODES_N; code++) {
		unsigned at = n;
		if (s->codes_n[code] == 0)
			continue;
		for (; at > 0 && s->codes_n[reasons[at - 1]] < s->codes_n[code]; at--)
			reasons[at] = reasons[at - 1];
		reasons[at] = (enum error_code)code;
		n++;
	}
	return n;
}

/* Says how many failed for that, where first, and why, unless the run's reason has just said it. */
static void say_reason(const struct summary *summary, enum error_code code)
{
	const struct stats *s = summary->stats;
	const struct stats_sample *first = &s->samples[code];
	bool is_said =
		strncmp(summary->verdict->reason, first->message, strlen(first->message)) == 0;
	log_say(LOG_WARNING, "  %s: %llu, first on line %llu%s%s", error_code_name(code),
		(unsigned long long)s->codes_n[code], (unsigned long long)first->line,
		is_said ? "" : ": ", is_said ? "" : first->message);
}

static void say_reasons(const struct summary *summary)
{
	const struct stats *s = summary->stats;
	enum error_code reasons[ERROR_CODES_N];
	unsigned n = rank_reasons(s, reasons);
	uint64_t others_n = 0;
	for (unsigned i = 0; i < n; i++) {
		enum error_code code = reasons[i];
		if (i < REASONS_SAID_N)
			say_reason(summary, code);
		else
			others_n += s->codes_n[code];
	}
	if (others_n > 0)
		log_say(LOG_WARNING, "  %u other reasons: %llu", n - REASONS_SAID_N,
			(unsigned long long)others_n);
}

/* True if there may be more input than was read. */
static bool has_stopped_reading(const struct verdict *v)
{
	return v->by_signal || v->halted || v->budget_reached || v->duration_reached ||
		v->refused || v->gave_up || v->input_failed;
}

/* What the same command would not mend. */
static void say_what_helps(const struct summary *summary)
{
	const struct stats *s = summary->stats;
	if (s->codes_n[ERROR_TRUNCATED] > 0)
		log_say(LOG_WARNING,
			"  for truncated: a larger --max-tokens, or --on-truncate grow or keep");
	if (s->codes_n[ERROR_SCHEMA_MISMATCH] > 0 && summary->has_cache)
		log_say(LOG_WARNING,
			"  for schema_mismatch: --refresh, or the cache gives the same answers again");
}

static void say_passed(const struct stats *s)
{
	uint64_t mendable_n = s->has_groups ? 0 : s->passed_n - s->hopeless_n;
	char note[80] = "";
	if (mendable_n == s->passed_n)
		snprintf(note, sizeof note, " (--retry-errors asks again)");
	else if (mendable_n > 0)
		snprintf(note, sizeof note, " (--retry-errors asks %llu of them again)",
			(unsigned long long)mendable_n);
	if (s->passed_n > 0)
		log_say(LOG_WARNING, "  failed before and passed through: %llu%s",
			(unsigned long long)s->passed_n, note);
}

static void say_failures(const struct summary *summary)
{
	const struct stats *s = summary->stats;
	unsigned long long all_n =
		s->has_groups ? s->failed_n + s->passed_n + s->answered_n : s->read_n;
	unsigned long long unasked_n = stats_unasked_n(s);
	unsigned long long failed_n = s->failed_n + s->passed_n - unasked_n;
	const char *noun = s->has_groups ? "results" : "records";
	if (failed_n > 0)
		log_say(LOG_WARNING, "%llu of %llu %s failed", failed_n, all_n, noun);
	if (unasked_n > 0)
		log_say(LOG_WARNING, "%llu of %llu %s were not asked, or not to the end", unasked_n,
			all_n, noun);
	say_reasons(summary);
	say_passed(s);
	say_what_helps(summary);
	if (summary->rerun)
		log_say(LOG_WARNING, "  rerun: %s", summary->rerun);
}

/* True if the next run would come to the same: a key or a model that is none, or no records. */
static bool is_in_vain(const struct summary *summary)
{
	const struct verdict *v = summary->verdict;
	const struct stats *s = summary->stats;
	bool is_same = v->halted || s->requests_n == 0;
	is_same = is_same && s->failed_n > 0 && stats_mendable_n(s, summary->has_cache) == 0;
	return s->answered_n == 0 && (v->refused || is_same);
}

/*
 * What was not read, or has not been written, is in no file that could be asked about again; what
 * was not asked may be in one, but for want of a command that does it.
 */
static void say_how_to_go_on(const struct summary *summary)
{
	const struct verdict *v = summary->verdict;
	const struct stats *s = summary->stats;
	bool is_short = has_stopped_reading(v) && !s->is_all_read;
	bool is_left = stats_unasked_n(s) > 0 && !summary->rerun;
	if (is_in_vain(summary) || s->is_offline || !(is_short || is_left || v->output_failed))
		return;
	log_say(LOG_WARNING, "  to go on: the same command again%s",
		summary->has_cache ? ", which asks nothing twice"
				   : "; with --cache FILE it would ask nothing twice");
}

/* == What was done == */

static void put_rate(struct buf *line, uint64_t n, int64_t wall_ms)
{
	double rate = (double)n * 1000 / (double)wall_ms;
	if (rate < 9.95)
		put(line, "%.1f", rate);
	else
		amount_put_count(line, rate);
	buf_put_str(line, "/s");
}

static void put_time(struct buf *line, int64_t ms)
{
	if (ms < 1000)
		put(line, "%lldms", (long long)ms);
	else
		amount_put_ms(line, (double)ms);
}

static void say_records(const struct stats *s, struct voice voice, struct buf *line)
{
	put(line, "records:  %llu read%s%llu answered", (unsigned long long)s->read_n,
		s->has_groups ? "; of their groups " : ", ", (unsigned long long)s->answered_n);
	if (s->skipped_n > 0)
		put(line, ", %llu skipped", (unsigned long long)s->skipped_n);
	if (s->failed_n > 0)
		put(line, ", %llu failed", (unsigned long long)s->failed_n);
	if (s->passed_n > 0)
		put(line, ", %llu failed before", (unsigned long long)s->passed_n);
	buf_put_str(line, "; ");
	put_time(line, s->wall_ms);
	/* What took no time has no speed. */
	if (stats_done_n(s) > 1 && s->wall_ms >= 100) {
		buf_put_str(line, ", ");
		put_rate(line, stats_done_n(s), s->wall_ms);
	}
	say(voice.usual, line);
}

/* By the words that failed records have, of which several outcomes may share one. */
static uint64_t retries_for(const struct stats *s, enum error_code code)
{
	uint64_t n = 0;
	for (int i = 0; i < OUTCOMES_N; i++)
		if (error_code_of((enum outcome)i) == code)
			n += s->traffic.retries_n[i];
	return n;
}

static void say_requests(const struct stats *s, enum log_level level, struct buf *line)
{
	const char *before = " (";
	put(line, "requests: %llu", (unsigned long long)s->requests_n);
	if (s->retries_n > 0)
		put(line, ", %llu of them retries", (unsigned long long)s->retries_n);
	for (int code = 0; code < ERROR_CODES_N; code++) {
		uint64_t n = retries_for(s, (enum error_code)code);
		if (n == 0)
			continue;
		put(line, "%s%llu %s", before, (unsigned long long)n,
			error_code_name((enum error_code)code));
		before = ", ";
	}
	if (before[0] == ',')
		buf_put_char(line, ')');
	say(level, line);
}

/* A part of the tokens before, if it is known and not nothing. */
static void put_part(struct buf *line, int64_t n, const char *name)
{
	if (n <= 0)
		return;
	buf_put_str(line, " (");
	amount_put_count(line, (double)n);
	put(line, " %s)", name);
}

static void say_tokens(const struct stats *s, enum log_level level, struct buf *line)
{
	const struct usage *u = &s->usage;
	int64_t all = (u->input > 0 ? u->input : 0) + (u->output > 0 ? u->output : 0);
	if (all == 0)
		return;
	buf_put_str(line, "tokens:   ");
	amount_put_count(line, u->input > 0 ? (double)u->input : 0);
	buf_put_str(line, " in");
	put_part(line, u->cached, "cached");
	if (u->output >= 0) {
		buf_put_str(line, ", ");
		amount_put_count(line, (double)u->output);
		buf_put_str(line, " out");
		put_part(line, u->reasoning, "reasoning");
	}
	if (s->wall_ms >= SHORT_RUN_MS) {
		buf_put_str(line, "; ");
		put_rate(line, (uint64_t)all, s->wall_ms);
	}
	say(level, line);
}

/* What was paid, as far as anybody knows, and what was not. */
static void say_cost(const struct stats *s, enum log_level level, struct buf *line)
{
	if (s->unpriced_n > 0)
		log_say(s->wants_cost ? LOG_WARNING : LOG_DETAIL,
			"cost:     not known of %llu answers: no price for them",
			(unsigned long long)s->unpriced_n);
	if (!s->cost_source)
		return;
	buf_put_str(line, "cost:     ");
	money_put_rounded(line, s->cost);
	put(line, " (prices: %s)", s->cost_source);
	say(level, line);
}

static void say_cache(const struct stats *s, enum log_level level, struct buf *line)
{
	if (s->hits_n == 0)
		return;
	put(line, "cache:    %llu calls answered", (unsigned long long)s->hits_n);
	if (s->refusals_n > 0)
		put(line, ", %llu of them refused when they were asked (--retry-errors asks again)",
			(unsigned long long)s->refusals_n);
	say(level, line);
}

static void put_quantiles(struct buf *line, const struct histogram *h)
{
	buf_put_str(line, "half in ");
	put_time(line, histogram_quantile(h, 0.5));
	buf_put_str(line, ", 90 % in ");
	put_time(line, histogram_quantile(h, 0.9));
	buf_put_str(line, ", 99 % in ");
	put_time(line, histogram_quantile(h, 0.99));
}

/* An answer that does not stream begins when it is there; then its first byte says nothing more. */
static void say_latency(const struct traffic *t, enum log_level level, struct buf *line)
{
	if (t->latency.n == 0)
		return;
	buf_put_str(line, "latency:  ");
	put_quantiles(line, &t->latency);
	say(level, line);
	if (t->first_byte.n == 0 ||
		histogram_quantile(&t->first_byte, 0.5) * 10 >=
			histogram_quantile(&t->latency, 0.5) * 9)
		return;
	buf_put_str(line, "began:    ");
	put_quantiles(line, &t->first_byte);
	say(level, line);
}

static void say_totals(const struct stats *s, struct voice voice)
{
	struct buf line;
	buf_init(&line, LINE_MAX_BYTES);
	say_records(s, voice, &line);
	if (s->requests_n > 0)
		say_requests(s, s->retries_n > 0 ? voice.usual : voice.details, &line);
	say_cache(s, voice.usual, &line);
	if (s->shared_n > 0) {
		put(&line, "shared:   %llu calls had the answer to another that asked the same",
			(unsigned long long)s->shared_n);
		say(voice.details, &line);
	}
	say_tokens(s, voice.usual, &line);
	say_cost(s, voice.usual, &line);
	say_latency(&s->traffic, voice.details, &line);
	buf_release(&line);
}

/* What is neither a failure nor usual. */
static void say_oddities(const struct stats *s)
{
	if (s->cuts_n > 0)
		log_say(LOG_NOTICE, "cut to --max-input-tokens: %llu",
			(unsigned long long)s->cuts_n);
	if (s->dropped_n > 0)
		log_say(LOG_WARNING, "left out of their groups (--on-error drop): %llu records",
			(unsigned long long)s->dropped_n);
	if (s->splits_n > 0)
		log_say(LOG_NOTICE,
			"packs divided to find what could not be answered: %llu, by %llu more requests",
			(unsigned long long)s->splits_n, 2 * (unsigned long long)s->splits_n);
	if (s->is_overspent)
		log_say(LOG_WARNING,
			"the servers have counted more than the requests could cost: more was spent than the budget has");
}

void summary_say(const struct summary *summary)
{
	const struct stats *s = summary->stats;
	if (summary->verdict->reason[0])
		log_say(LOG_WARNING, "%s", summary->verdict->reason);
	if (s->failed_n + s->passed_n > 0)
		say_failures(summary);
	say_how_to_go_on(summary);
	say_oddities(s);
	if (!s->is_offline)
		say_totals(s, voice_of(summary));
}
