/* SPDX-License-Identifier: MIT */
#include "ui/estimate_report.h"

#include "base/money.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { NAME_COLUMNS = 14, VALUE_COLUMNS = 12, REMARK_BYTES = 400, MONEY_BYTES = 64 };

/* A sum of money as a person reads it; or that it is not known. */
struct sum {
	char text[MONEY_BYTES];
};

static struct sum sum_of(int64_t pico)
{
	struct sum sum = { .text = "" };
	struct buf b;
	buf_init(&b, sizeof sum.text - 1);
	money_put_rounded(&b, pico);
	memcpy(sum.text, b.data, b.len);
	buf_release(&b);
	return sum;
}

/* Appends a name, of a model maybe, that may come from anywhere. */
static void put_safely(struct buf *out, const char *text)
{
	for (; *text; text++)
		buf_put_char(out, (unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text);
}

static void pad(struct buf *out, size_t from, size_t columns)
{
	do
		buf_put_char(out, ' ');
	while (out->len < from + columns);
}

/* Appends a line; without a remark if that is empty. */
static void put_line(struct buf *out, const char *name, const char *value, const char *remark)
{
	size_t from = out->len;
	buf_put_str(out, name);
	pad(out, from, NAME_COLUMNS);
	put_safely(out, value);
	if (remark[0]) {
		pad(out, from, NAME_COLUMNS + VALUE_COLUMNS);
		put_safely(out, remark);
	}
	buf_put_char(out, '\n');
}

static __attribute__((format(printf, 4, 5))) void put_count(
	struct buf *out, const char *name, uint64_t n, const char *format, ...)
{
	char value[32], remark[REMARK_BYTES];
	va_list args;
	snprintf(value, sizeof value, "%" PRIu64, n);
	va_start(args, format);
	vsnprintf(remark, sizeof remark, format, args);
	va_end(args);
	put_line(out, name, value, remark);
}

/* Why it is not known what something costs. */
static void explain_price(
	const struct estimate_report *r, uint64_t requests_n, char remark[REMARK_BYTES])
{
	snprintf(remark, REMARK_BYTES,
		"no price for %.200s, %" PRIu64
		" requests; --prices FILE or --price-in and --price-out says it",
		r->unpriced ? r->unpriced : "some model", requests_n);
}

static void put_output(struct buf *out, const struct estimate_part *t)
{
	char remark[REMARK_BYTES];
	if (t->unbounded_n == 0) {
		put_count(out, "tokens-out", t->output, "at most");
		return;
	}
	snprintf(remark, sizeof remark, "no --max-tokens, and %" PRIu64 " requests have none",
		t->unbounded_n);
	put_line(out, "tokens-out", "unknown", remark);
}

static void put_costs(const struct estimate_report *r, struct buf *out)
{
	const struct estimate_part *t = &r->total;
	char remark[REMARK_BYTES] = "";
	if (t->unpriced_n == 0)
		put_line(out, "cost-in", sum_of(t->cost_in).text, "about: for the input alone");
	else
		explain_price(r, t->unpriced_n, remark);
	if (remark[0])
		put_line(out, "cost-in", "unknown", remark);
	if (t->no_most_n == 0) {
		put_line(out, "cost-at-most", sum_of(t->cost_most).text,
			"about: if all answers are as long as they may be");
		return;
	}
	if (t->unbounded_n > 0)
		snprintf(remark, sizeof remark,
			"without --max-tokens nobody knows how long answers may be");
	else
		explain_price(r, t->no_most_n, remark);
	put_line(out, "cost-at-most", "unknown", remark);
}

/* One model of several, on one line: figures behind their names. */
static void put_model(struct buf *out, const struct estimate_part *m)
{
	char text[REMARK_BYTES];
	size_t from = out->len;
	buf_put_str(out, "model");
	pad(out, from, NAME_COLUMNS);
	put_safely(out, m->name);
	snprintf(text, sizeof text, "  requests %" PRIu64 "  tokens-in %" PRIu64, m->requests_n,
		m->input);
	buf_put_str(out, text);
	buf_put_str(out, "  tokens-out ");
	if (m->unbounded_n > 0)
		buf_put_str(out, "unknown");
	else
		buf_put_int(out, (long long)m->output);
	buf_put_str(out, "  cost-in ");
	buf_put_str(out, m->unpriced_n > 0 ? "unknown" : sum_of(m->cost_in).text);
	buf_put_str(out, "  cost-at-most ");
	buf_put_str(out, m->no_most_n > 0 ? "unknown" : sum_of(m->cost_most).text);
	buf_put_char(out, '\n');
}

static const char *if_any(uint64_t n, const char *remark)
{
	return n > 0 ? remark : "";
}

void estimate_report_put(const struct estimate_report *r, struct buf *out)
{
	char remark[REMARK_BYTES];
	put_count(out, "records", r->records_n, "%s", "");
	put_count(out, "failed", r->failed_n, "%s",
		if_any(r->failed_n, "nothing is asked about these; the messages say why"));
	put_count(out, "skipped", r->skipped_n, "%s",
		if_any(r->skipped_n, "have their answers already"));
	put_count(out, "requests", r->total.requests_n, "%s",
		if_any(r->total.requests_n, "to be sent, each once: further tries come on top"));
	put_count(out, "cached", r->cached_n, "%s",
		if_any(r->cached_n, "answers come from the cache and cost nothing"));
	put_count(out, "shared", r->shared_n, "%s",
		if_any(r->shared_n, "ask what others ask and share their answers"));
	snprintf(remark, sizeof remark,
		"of the requests hold answers that are not there yet, taken as %" PRIu64
		" tokens at most",
		r->stand_in);
	put_count(out, "rough", r->rough_n, "%s", if_any(r->rough_n, remark));
	put_count(out, "tokens-in", r->total.input, "%s",
		if_any(r->total.requests_n,
			"about: mostly within 15 % of OpenAI's count; others' differ more"));
	put_output(out, &r->total);
	put_costs(r, out);
	put_line(out, "prices", r->total.source, "");
	for (unsigned i = 0; r->models_n > 1 && i < r->models_n; i++)
		put_model(out, &r->models[i]);
	if (r->trial_n > 0) {
		snprintf(remark, sizeof remark,
			"--trial %" PRIu64
			" in place of -n asks so many records and tells what all will cost",
			r->trial_n);
		put_line(out, "next", remark, "");
	}
}
