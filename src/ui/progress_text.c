/* SPDX-License-Identifier: MIT */
#include "ui/progress_text.h"

#include "base/money.h"
#include "base/visible.h"
#include "ui/amount.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_BYTES = 64, LABEL_COLUMNS = 24, LABEL_MAX_BYTES = 400 };

struct progress_scene progress_scene(const struct progress *p, const struct view *view)
{
	return (struct progress_scene){ p, view, progress_figure(p, view) };
}

void progress_put_count(struct buf *out, uint64_t n)
{
	char text[TEXT_BYTES];
	if (n >= 1000000)
		amount_put_count(out, (double)n);
	else if (n >= 1000) {
		snprintf(text, sizeof text, "%u,%03u", (unsigned)n / 1000, (unsigned)n % 1000);
		buf_put_str(out, text);
	} else {
		buf_put_int(out, (long long)n);
	}
}

void progress_put_clock(struct buf *out, int64_t ms)
{
	char text[TEXT_BYTES];
	unsigned long long s = ms > 0 ? ((unsigned long long)ms + 500) / 1000 : 0;
	if (s < 3600)
		snprintf(text, sizeof text, "%llu:%02llu", s / 60, s % 60);
	else if (s < 86400)
		snprintf(text, sizeof text, "%lluh%02llu", s / 3600, s / 60 % 60);
	else if (s < 1000 * 86400ULL)
		snprintf(text, sizeof text, "%llud%02lluh", s / 86400, s / 3600 % 24);
	else
		snprintf(text, sizeof text, "years");
	buf_put_str(out, text);
}

static void put_share(struct buf *out, double share)
{
	char text[TEXT_BYTES];
	/* Cut, not rounded: 100% is when all is done. */
	snprintf(text, sizeof text, " (%d%%)", (int)(share * 100));
	buf_put_str(out, text);
}

/* In eleven columns two of them and what parts them. */
static void put_shortly(struct buf *out, uint64_t n)
{
	if (n < 10000)
		progress_put_count(out, n);
	else
		amount_put_count(out, (double)n);
}

void progress_put_done(struct buf *out, const struct progress_scene *s, int form)
{
	void (*put)(struct buf *, uint64_t) = form == 0 ? put_shortly : progress_put_count;
	uint64_t total_n = s->figures.total_n;
	if (form > 3)
		return;
	put(out, s->view->settled_n);
	if (total_n > 0) {
		buf_put_str(out, form < 3 ? "/" : " of ");
		put(out, total_n);
	}
	if (form == 3) {
		buf_put_str(out, " ");
		buf_put_str(out, s->progress->opts.unit);
	}
	/* Where no total says it, the share is all there is of how far it is. */
	if (s->figures.share >= 0 && (form >= 2 || total_n == 0))
		put_share(out, s->figures.share);
}

void progress_put_rate(struct buf *out, const struct progress_scene *s, int form)
{
	static const struct {
		double seconds;
		const char *name;
	} units[] = { { 1, "/s" }, { 60, "/min" }, { 3600, "/h" } };
	(void)form;
	double rate = s->figures.records_per_s;
	size_t i = 0;
	if (rate < 0)
		return;
	while (i < 2 && rate > 0 && rate * units[i].seconds < 0.95)
		i++;
	rate *= units[i].seconds;
	if (rate > 0 && rate < 9.95) {
		char text[TEXT_BYTES];
		snprintf(text, sizeof text, "%.1f", rate);
		buf_put_str(out, text);
	} else {
		amount_put_count(out, rate);
	}
	buf_put_str(out, units[i].name);
}

void progress_put_cost(struct buf *out, const struct progress_scene *s, int form)
{
	const struct progress_figures *f = &s->figures;
	if (f->cost < 0 || (form > 0 && f->cost_forecast < 0))
		return;
	money_put_rounded(out, f->cost);
	/* Of some answers nobody knows what they cost. */
	if (s->view->stats->unpriced_n > 0)
		buf_put_str(out, "+");
	if (form == 0)
		return;
	buf_put_str(out, " of ~");
	money_put_rounded(out, f->cost_forecast);
}

static void put_tokens(struct buf *out, int64_t n)
{
	amount_put_count(out, n > 0 ? (double)n : 0);
}

void progress_put_tokens(struct buf *out, const struct progress_scene *s, int form)
{
	const struct usage *u = &s->view->stats->usage;
	bool has_output = u->output >= 0;
	if (u->input <= 0 && u->output <= 0)
		return;
	put_tokens(out, u->input);
	if (form == 0) {
		buf_put_str(out, has_output ? "+" : "");
		if (has_output)
			put_tokens(out, u->output);
		buf_put_str(out, " tok");
		return;
	}
	buf_put_str(out, " tokens in");
	if (!has_output)
		return;
	buf_put_str(out, ", ");
	put_tokens(out, u->output);
	buf_put_str(out, " out");
}

enum why_number { WHY_ALONE, WHY_JOBS, WHY_LIMIT, WHY_FLIGHT };

/* What the reasons are called. */
static const struct {
	const char *name;    /* in JSON; part of the interface */
	const char *shortly; /* some ten columns */
	const char *text;
	enum why_number number; /* that goes behind both */
	bool is_trouble;
} whys[HOLDS_N] = {
	[HOLD_NONE] = { NULL, "", "", WHY_ALONE, false },
	[HOLD_END] = { "end", "ending", "ending", WHY_FLIGHT, true },
	[HOLD_OUTPUT] = { "output", "slow output", "waiting for output", WHY_ALONE, true },
	[HOLD_ORDER] = { "order", "slow record", "one slow record holds the order", WHY_ALONE,
		true },
	[HOLD_JOBS] = { "jobs", "at -j ", "at -j ", WHY_JOBS, false },
	[HOLD_BREAKER] = { "breaker", "paused", "paused after failures", WHY_ALONE, true },
	[HOLD_SERVER] = { "server", "limited", "rate limited", WHY_ALONE, true },
	[HOLD_RATE] = { "rate", "at rate", "at the rate limit", WHY_ALONE, false },
	[HOLD_LIMIT] = { "limit", "at limit ", "limit found so far: ", WHY_LIMIT, false },
	[HOLD_BUDGET] = { "budget", "budget", "in flight may use up the budget", WHY_ALONE, true },
	[HOLD_CACHE] = { "cache", "cache", "waiting for the cache", WHY_ALONE, false },
	[HOLD_RETRY] = { "retry", "retrying", "waiting to retry", WHY_ALONE, true },
	[HOLD_LAST] = { "last", "finishing", "finishing what is in flight", WHY_ALONE, false },
	[HOLD_INPUT] = { "input", "slow input", "waiting for input", WHY_ALONE, false },
};

bool progress_why_is_trouble(enum hold hold)
{
	return whys[hold].is_trouble;
}

const char *progress_why_name(enum hold hold)
{
	return whys[hold].name;
}

unsigned progress_columns_of(char c)
{
	unsigned char byte = (unsigned char)c;
	if (byte < 0x80)
		return 1;
	return byte < 0xc0 ? 0 : 2;
}

void progress_put_label(struct buf *out, const char *label, bool is_utf8)
{
	struct buf text;
	unsigned columns = 0;
	buf_init(&text, LABEL_MAX_BYTES);
	visible_put(&text, span_of(label));
	size_t n = 0;
	for (; n < text.len; n++) {
		unsigned char byte = (unsigned char)text.data[n];
		columns += progress_columns_of(text.data[n]);
		if (columns > LABEL_COLUMNS)
			break;
		if (byte < 0x20)
			buf_put_char(out, ' ');
		else if (byte < 0x80 || is_utf8)
			buf_put_char(out, (char)byte);
		else if (byte >= 0xc0)
			buf_put_char(out, '?');
	}
	if (n < text.len)
		buf_put_str(out, is_utf8 ? "\xe2\x80\xa6" : "...");
	buf_release(&text);
}

static void put_why_number(struct buf *out, const struct view *v, int form)
{
	enum why_number number = whys[v->hold].number;
	if (number == WHY_JOBS || number == WHY_LIMIT)
		buf_put_int(out, number == WHY_JOBS ? v->jobs : v->limit);
	if (number == WHY_FLIGHT && form > 0) {
		buf_put_str(out, ", ");
		buf_put_int(out, v->in_flight);
		buf_put_str(out, " in flight");
	}
}

/* Rounded up, so that it counts down to 1s. */
static void put_wait(struct buf *out, int64_t ms)
{
	int64_t s = ms / 1000 + (ms % 1000 > 0);
	if (s >= 60) {
		progress_put_clock(out, ms);
		return;
	}
	buf_put_int(out, s);
	buf_put_str(out, "s");
}

void progress_put_why(struct buf *out, const struct progress_scene *s, int form)
{
	const struct view *v = s->view;
	const char *text = form == 0 ? whys[v->hold].shortly : whys[v->hold].text;
	if (!text[0] || (form == 2 && !v->hold_at))
		return;
	buf_put_str(out, text);
	put_why_number(out, v, form);
	/* What is over at once need not be waited for. */
	if (v->hold_ms >= 1000) {
		buf_put_str(out, form == 0 ? " " : ", ");
		put_wait(out, v->hold_ms);
		buf_put_str(out, form == 0 ? "" : " left");
	}
	if (form == 2) {
		buf_put_str(out, " at ");
		progress_put_label(out, v->hold_at, s->progress->opts.terminal.is_utf8);
	}
}
