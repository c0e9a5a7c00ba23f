/* SPDX-License-Identifier: MIT */
#include "ui/trial_report.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/money.h"
#include "ui/amount.h"

#include <stdio.h>

enum { TEXT_MAX_BYTES = 400 };

/* Appends an amount as a person reads it. */
typedef void put_amount(struct buf *out, double amount);

static void put_money(struct buf *out, double pico)
{
	/* 2^63 is the first that is too much. */
	money_put_rounded(out, pico < 0x1p63 ? (int64_t)pico : INT64_MAX);
}

/*
 * How sure a figure is: nothing where there is no more to be known, or none of it is. That all that
 * were seen are alike does not say that the others are, so there is no interval of no width.
 */
static void put_sureness(struct buf *out, const struct trial_report *r,
	const struct trial_figure *f, put_amount *put)
{
	if (r->run_n == r->total_n || !f->has_interval)
		return;
	if (f->low < f->high) {
		buf_put_str(out, " (90 %: ");
		put(out, f->low);
		buf_put_str(out, " to ");
		put(out, f->high);
		buf_put_str(out, ")");
	} else if (f != &r->ms) {
		buf_put_str(out, " (all ");
		buf_put_int(out, (int64_t)r->run_n);
		buf_put_str(out, r->run_n < r->drawn_n ? " run were alike)" : " drawn were alike)");
	}
}

static void say_figure(const struct trial_report *r, const char *name, const struct trial_figure *f,
	put_amount *put)
{
	struct buf text;
	buf_init(&text, TEXT_MAX_BYTES);
	if (f->is_known) {
		/* Limits that only the server knows come on top. */
		buf_put_str(&text, f == &r->ms ? "at least about " : "about ");
		put(&text, f->about);
		put_sureness(&text, r, f, put);
	} else {
		buf_put_str(&text, "unknown: the server has not said it of each answer");
	}
	log_say(LOG_ERROR, "  %s: %.*s", name, (int)text.len, text.data);
	buf_release(&text);
}

static void say_cost(const struct trial_report *r)
{
	if (r->cost.is_known)
		say_figure(r, "cost", &r->cost, put_money);
	else if (r->unpriced)
		log_say(LOG_ERROR, "  cost: unknown: no price for %s", r->unpriced);
	else
		log_say(LOG_ERROR,
			"  cost: unknown: it takes a price and the tokens of each answer");
}

/* Tenths of a second say nothing of answers that come at once. */
static void put_time(struct buf *out, double ms)
{
	if (ms > 99) {
		amount_put_ms(out, ms);
		return;
	}
	int64_t whole = (int64_t)ms;
	buf_put_int(out, whole + (ms > (double)whole));
	buf_put_str(out, "ms");
}

static void say_time(const struct trial_report *r)
{
	char name[64];
	snprintf(name, sizeof name, "time with -j %lld", (long long)r->jobs);
	if (r->ms.is_known)
		say_figure(r, name, &r->ms, put_time);
	else
		log_say(LOG_ERROR, "  %s: unknown", name);
}

/* What the figures are made of. */
static void say_heading(const struct trial_report *r)
{
	unsigned long long total_n = r->total_n, drawn_n = r->drawn_n, run_n = r->run_n;
	char failed[64] = "";
	if (r->failed_n > 0)
		snprintf(failed, sizeof failed, ", of which %llu failed",
			(unsigned long long)r->failed_n);
	if (run_n < drawn_n)
		log_say(LOG_ERROR,
			"trial: %llu of %llu records were drawn evenly, %llu came to an end of their own%s; with all:",
			drawn_n, total_n, run_n, failed);
	else
		log_say(LOG_ERROR,
			"trial: %llu of %llu records were run, drawn evenly%s; with all:", run_n,
			total_n, failed);
}

void trial_report_say(const struct trial_report *r)
{
	if (r->run_n == r->failed_n) {
		log_say(LOG_ERROR,
			r->total_n ? "trial: no record was answered, so nothing is known of all"
				   : "trial: the input holds no record");
		return;
	}
	say_heading(r);
	say_figure(r, "input tokens", &r->input, amount_put_count);
	if (r->has_output)
		say_figure(r, "output tokens", &r->output, amount_put_count);
	say_cost(r);
	say_time(r);
	if (r->run_n == 1 && r->total_n > 1)
		log_say(LOG_ERROR,
			"  one record says nothing of how much they vary: run two or more");
}
