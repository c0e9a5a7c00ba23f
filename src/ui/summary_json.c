/* SPDX-License-Identifier: MIT */
/*
 * Names are for programs, and stay. What is not known is null rather than left out, so that who
 * reads one of these needs to ask of nothing whether it is there; only the reasons that did not
 * occur are left out of the lists by reason.
 */
#include "base/money.h"
#include "base/utc.h"
#include "json/text.h"
#include "ui/summary.h"

#include <stdio.h>

/* An object that is being written. */
struct object {
	struct buf *out;
	bool has_members;
};

static void put_name(struct object *o, const char *name)
{
	if (o->has_members)
		buf_put_char(o->out, ',');
	o->has_members = true;
	if (!name)
		return;
	buf_put_char(o->out, '"');
	buf_put_str(o->out, name);
	buf_put_str(o->out, "\":");
}

/* Begins an object: a member of another, or, without a name, the whole. */
static struct object enter(struct object *o, const char *name)
{
	put_name(o, name);
	buf_put_char(o->out, '{');
	return (struct object){ .out = o->out };
}

static void leave(struct object *o)
{
	buf_put_char(o->out, '}');
}

static void put_null(struct object *o, const char *name)
{
	put_name(o, name);
	buf_put_str(o->out, "null");
}

/* A number; below 0, it is not known. */
static void put_int(struct object *o, const char *name, int64_t n)
{
	if (n < 0) {
		put_null(o, name);
		return;
	}
	put_name(o, name);
	buf_put_int(o->out, n);
}

static void put_count(struct object *o, const char *name, uint64_t n)
{
	put_int(o, name, n < INT64_MAX ? (int64_t)n : INT64_MAX);
}

/* Text from anywhere, cut anywhere. */
static void put_text(struct object *o, const char *name, const char *text)
{
	put_name(o, name);
	json_put_text(o->out, text);
}

/* How many in a second, if there was time enough to tell. */
static void put_rate(struct object *o, const char *name, int64_t n, int64_t wall_ms)
{
	char text[64];
	if (wall_ms <= 0 || n < 0) {
		put_null(o, name);
		return;
	}
	snprintf(text, sizeof text, "%.3f", (double)n * 1000 / (double)wall_ms);
	put_name(o, name);
	buf_put_str(o->out, text);
}

static void put_times(struct object *o, const char *name, const struct histogram *h)
{
	struct object times = enter(o, name);
	put_count(&times, "n", h->n);
	put_int(&times, "p50", histogram_quantile(h, 0.5));
	put_int(&times, "p90", histogram_quantile(h, 0.9));
	put_int(&times, "p99", histogram_quantile(h, 0.99));
	put_int(&times, "max", h->n > 0 ? h->max : -1);
	put_int(&times, "mean", h->n > 0 ? (int64_t)((uint64_t)h->sum / h->n) : -1);
	leave(&times);
}

/* Counts of attempts by the words that failed records have. */
static void put_outcomes(struct object *o, const char *name, const uint64_t counts[OUTCOMES_N])
{
	uint64_t of[ERROR_CODES_N] = { 0 };
	struct object list = enter(o, name);
	for (int i = 0; i < OUTCOMES_N; i++)
		of[error_code_of((enum outcome)i)] += counts[i];
	for (int code = 0; code < ERROR_CODES_N; code++)
		if (of[code] > 0)
			put_count(&list,
				code == ERROR_NONE ? "answered"
						   : error_code_name((enum error_code)code),
				of[code]);
	leave(&list);
}

static void put_records(struct object *o, const struct stats *s)
{
	struct object records = enter(o, "records");
	put_count(&records, "read", s->read_n);
	put_count(&records, "answered", s->answered_n);
	put_count(&records, "failed", s->failed_n);
	put_count(&records, "passed", s->passed_n);
	put_count(&records, "skipped", s->skipped_n);
	put_count(&records, "dropped", s->dropped_n);
	put_count(&records, "cut", s->cuts_n);
	put_rate(&records, "per_second", (int64_t)stats_done_n(s), s->wall_ms);
	leave(&records);
}

static void put_errors(struct object *o, const struct stats *s)
{
	struct object errors = enter(o, "errors");
	for (int code = 0; code < ERROR_CODES_N; code++) {
		if (s->codes_n[code] == 0)
			continue;
		struct object e = enter(&errors, error_code_name((enum error_code)code));
		put_count(&e, "n", s->codes_n[code]);
		put_count(&e, "line", s->samples[code].line);
		put_text(&e, "message", s->samples[code].message);
		leave(&e);
	}
	leave(&errors);
}

static void put_requests(struct object *o, const struct stats *s)
{
	struct object requests = enter(o, "requests");
	put_count(&requests, "sent", s->requests_n);
	put_outcomes(&requests, "outcomes", s->traffic.ended_n);
	put_count(&requests, "retries", s->retries_n);
	put_outcomes(&requests, "retries_after", s->traffic.retries_n);
	put_count(&requests, "packs_divided", s->splits_n);
	leave(&requests);
	struct object calls = enter(o, "calls");
	put_count(&calls, "cached", s->hits_n);
	put_count(&calls, "cached_refusals", s->refusals_n);
	put_count(&calls, "shared", s->shared_n);
	leave(&calls);
}

static void put_money(struct object *o, const struct stats *s)
{
	const struct usage *u = &s->usage;
	int64_t all = u->input < 0 && u->output < 0
		? -1
		: (u->input > 0 ? u->input : 0) + (u->output > 0 ? u->output : 0);
	struct object tokens = enter(o, "tokens");
	put_int(&tokens, "input", u->input);
	put_int(&tokens, "output", u->output);
	put_int(&tokens, "cached", u->cached);
	put_int(&tokens, "reasoning", u->reasoning);
	put_rate(&tokens, "per_second", all, s->wall_ms);
	leave(&tokens);
	if (s->cost_source) {
		put_name(o, "cost");
		money_put(o->out, s->cost);
	} else {
		put_null(o, "cost");
	}
	put_text(o, "cost_source", s->cost_source);
	put_count(o, "answers_without_price", s->unpriced_n);
}

/* A moment, as RFC 3339 and jq's fromdate have it. */
static void put_moment(struct object *o, const char *name, int64_t seconds)
{
	char text[96];
	struct utc u;
	bool ok = utc_of(seconds, &u);
	if (ok)
		snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02dZ", u.year, u.month,
			u.day, u.hour, u.minute, u.second);
	put_text(o, name, ok ? text : NULL);
}

void summary_put_json(const struct summary *summary, struct buf *out)
{
	const struct stats *s = summary->stats;
	const struct verdict *v = summary->verdict;
	struct object none = { .out = out }, o = enter(&none, NULL);
	put_int(&o, "exit_code", summary->exit_code);
	put_int(&o, "signal", v->by_signal ? v->by_signal : -1);
	put_text(&o, "reason", v->reason[0] ? v->reason : NULL);
	put_moment(&o, "started", summary->started_s);
	put_moment(&o, "ended", summary->ended_s);
	put_int(&o, "wall_ms", s->wall_ms);
	put_records(&o, s);
	put_errors(&o, s);
	put_requests(&o, s);
	put_money(&o, s);
	put_times(&o, "latency_ms", &s->traffic.latency);
	put_times(&o, "first_byte_ms", &s->traffic.first_byte);
	put_text(&o, "rerun", summary->rerun);
	leave(&o);
	buf_put_char(out, '\n');
}
