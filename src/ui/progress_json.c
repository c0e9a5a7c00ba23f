/* SPDX-License-Identifier: MIT */
/* The names are part of the interface: they are in the manual, and stay. */
#include "base/money.h"
#include "json/text.h"
#include "ui/progress_text.h"

/* A millionth of a dollar: an estimate has no more digits. */
#define COST_STEP (MONEY_PER_DOLLAR / 1000000)

/* Appends ,"name": */
static void put_name(struct buf *out, const char *name)
{
	buf_put_str(out, ",\"");
	buf_put_str(out, name);
	buf_put_str(out, "\":");
}

static void put_count(struct buf *out, const char *name, uint64_t n)
{
	put_name(out, name);
	buf_put_int(out, n <= INT64_MAX ? (long long)n : INT64_MAX);
}

/* As put_count; -1 = null. */
static void put_known(struct buf *out, const char *name, int64_t n)
{
	put_name(out, name);
	if (n < 0)
		buf_put_str(out, "null");
	else
		buf_put_int(out, n);
}

/* Appends a number that was counted in thousandths; negative = null. No locale writes it. */
static void put_thousandths(struct buf *out, const char *name, int64_t n)
{
	put_name(out, name);
	if (n < 0) {
		buf_put_str(out, "null");
		return;
	}
	const char digits[] = { '.', (char)('0' + n / 100 % 10), (char)('0' + n / 10 % 10),
		(char)('0' + n % 10) };
	buf_put_int(out, n / 1000);
	buf_put(out, digits, sizeof digits);
}

static int64_t thousandths_of(double number)
{
	return number < 0 ? -1 : number < 0x1p52 ? (int64_t)(number * 1000 + 0.5) : INT64_MAX;
}

static void put_dollars(struct buf *out, const char *name, int64_t pico)
{
	put_name(out, name);
	if (pico < 0)
		buf_put_str(out, "null");
	else
		money_put(out, pico);
}

static void put_text(struct buf *out, const char *name, const char *text)
{
	put_name(out, name);
	json_put_text(out, text);
}

static void put_records(struct buf *out, const struct progress_scene *s)
{
	const struct view *v = s->view;
	const struct stats *stats = v->stats;
	uint64_t total_n = s->figures.total_n;
	put_count(out, "done", v->settled_n);
	put_known(out, "total", total_n > 0 && total_n <= INT64_MAX ? (int64_t)total_n : -1);
	put_thousandths(out, "share", thousandths_of(s->figures.share));
	put_count(out, "ok", stats->answered_n);
	put_count(out, "failed", stats->failed_n);
	put_count(out, "cancelled", stats_unasked_n(stats));
	put_count(out, "passed", stats->passed_n);
	put_count(out, "skipped", stats->skipped_n);
}

static void put_requests(struct buf *out, const struct progress_scene *s)
{
	const struct view *v = s->view;
	const struct stats *stats = v->stats;
	put_count(out, "cached", stats->hits_n);
	put_count(out, "requests", stats->requests_n);
	put_count(out, "in_flight", v->in_flight);
	put_count(out, "limit", v->limit);
	put_count(out, "jobs", v->jobs);
	put_count(out, "waiting", v->waiting_n);
	put_count(out, "retries", stats->retries_n);
	put_count(out, "rate_limited", stats->traffic.ended_n[OUTCOME_RATE]);
	put_count(out, "overloaded", stats->traffic.ended_n[OUTCOME_CAPACITY]);
}

/* Appends ,"tokens":{...} */
static void put_tokens(struct buf *out, const struct usage *u)
{
	put_name(out, "tokens");
	size_t start = out->len;
	put_known(out, "input", u->input);
	put_known(out, "output", u->output);
	put_known(out, "cached", u->cached);
	put_known(out, "reasoning", u->reasoning);
	/* The first member has no comma before it. */
	if (start < out->len)
		out->data[start] = '{';
	buf_put_char(out, '}');
}

void progress_put_json(const struct progress *p, const struct view *view, struct buf *out)
{
	struct progress_scene s = progress_scene(p, view);
	const struct progress_figures *f = &s.figures;
	int64_t forecast = f->cost_forecast, rest = forecast < 0 ? 0 : forecast % COST_STEP;
	buf_put_str(out, "{\"type\":\"progress\"");
	put_thousandths(out, "elapsed_s", view->now_ms - view->started_ms);
	put_records(out, &s);
	put_requests(out, &s);
	put_tokens(out, &view->stats->usage);
	put_dollars(out, "cost", f->cost);
	put_dollars(out, "cost_forecast", forecast - rest);
	put_count(out, "unpriced", view->stats->unpriced_n);
	put_thousandths(out, "records_per_s", thousandths_of(f->records_per_s));
	put_thousandths(out, "eta_s", f->eta_ms);
	put_text(out, "waiting_for", progress_why_name(view->hold));
	put_thousandths(out, "waiting_s", view->hold_ms);
	put_text(out, "waiting_at", view->hold_at);
	put_name(out, "final");
	buf_put_str(out, p->has_ended ? "true" : "false");
	buf_put_char(out, '}');
}
