/* SPDX-License-Identifier: MIT */
#include "engine/sample.h"

#include "api/api.h"
#include "base/xalloc.h"

#include "t.h"

#include <math.h>

/* What one call comes to; 0 tokens are 0, -1 is what nobody said. */
struct told {
	int64_t input, output, cost, ms;
	enum outcome outcome;
	bool is_cached, is_shared;
};

/* A place to ask, with prices of 2 and 5 pico-dollars a token. */
struct desk {
	struct endpoint endpoint;
	struct price price;
	struct spend_opts money;
	struct sample sample;
};

static char model[] = "small";

static void desk_init(struct desk *d, bool is_priced, bool has_packs)
{
	*d = (struct desk){ .endpoint = { .api = api_find("openai"), .model = model } };
	price_init(&d->price);
	if (is_priced) {
		price_state(&d->price, 2, 5);
		d->price.source = PRICE_OF_OPTIONS;
	}
	d->money.prices = &d->price;
	sample_init(&d->sample, &d->money, &d->endpoint, has_packs);
}

static void fill(const struct desk *d, struct call *call, const struct told *told)
{
	call->attempts_n = 1;
	call->attempt.endpoint = &d->endpoint;
	call->attempt.api = d->endpoint.api;
	call->attempt.ms = told->ms;
	call->is_cached = told->is_cached;
	call->is_shared = told->is_shared;
	call->answer.outcome = told->outcome;
	call->answer.usage.input = told->input;
	call->answer.usage.output = told->output;
	call->answer.cost = told->cost;
}

/* Gives a settled record of one stage with those n calls. */
static struct record *make(
	const struct desk *d, const char *line, const struct told *told, unsigned n)
{
	struct record *r = record_new(span_of(line));
	r->fate = FATE_ANSWERED;
	record_add_stages(r, 1);
	record_add_calls(r, &r->stages[0], n);
	for (unsigned i = 0; i < n; i++)
		fill(d, &r->stages[0].calls[i], &told[i]);
	return r;
}

static void note(struct desk *d, const char *line, const struct told *told, unsigned n)
{
	struct record *r = make(d, line, told, n);
	sample_note(&d->sample, r);
	record_free(r);
}

/* What total_n records come to; -1 = not known. */
static double all(const struct desk *d, enum sample_figure figure, uint64_t total_n)
{
	struct projection p;
	return sample_project(&d->sample, figure, total_n, &p) ? round(p.about) : -1;
}

TEST("a record's figures are the sums of its calls'")
{
	static const struct told calls[] = { { 10, 4, 40, 300, .is_cached = false },
		{ 20, 6, 70, 500, .is_cached = false } };
	struct desk d;
	desk_init(&d, true, false);
	note(&d, "1", calls, 2);
	note(&d, "2", calls, 1);
	CHECK_INT(all(&d, SAMPLE_INPUT, 2), 40);
	CHECK_INT(all(&d, SAMPLE_INPUT, 20), 400);
	CHECK_INT(all(&d, SAMPLE_OUTPUT, 2), 14);
	CHECK_INT(all(&d, SAMPLE_TOKENS, 2), 54);
	CHECK_INT(all(&d, SAMPLE_COST, 2), 150);
	CHECK_INT(all(&d, SAMPLE_REQUESTS, 2), 3);
	CHECK_INT(all(&d, SAMPLE_BUSY_MS, 2), 1100);
	CHECK_INT(d.sample.longest_ms, 500);
	CHECK_INT(sample_n(&d.sample), 2);
}

TEST("what came from a cache counts as what it cost when it was asked for")
{
	static const struct told fresh = { 10, 4, 40, 300, .is_cached = false };
	static const struct told cached = { 10, 4, 0, 200, .is_cached = true };
	struct desk d;
	desk_init(&d, true, false);
	note(&d, "1", &fresh, 1);
	note(&d, "2", &cached, 1);
	CHECK_INT(all(&d, SAMPLE_COST, 2), 80);
	CHECK_INT(all(&d, SAMPLE_BUSY_MS, 2), 500);
	CHECK_INT(all(&d, SAMPLE_REQUESTS, 2), 2);
}

TEST("what was shared counts as if it were not: in all of the input they may be far apart")
{
	static const struct told calls[] = { { 10, 4, 40, 300, .is_cached = false },
		{ 10, 4, 0, 300, .is_shared = true } };
	struct desk d;
	desk_init(&d, true, false);
	note(&d, "1", &calls[0], 1);
	note(&d, "2", &calls[1], 1);
	CHECK_INT(all(&d, SAMPLE_INPUT, 4), 40);
	CHECK_INT(all(&d, SAMPLE_COST, 4), 160);
	CHECK_INT(all(&d, SAMPLE_REQUESTS, 4), 4);
}

TEST("records that ask for nothing cost nothing; those that fail for others' sake say nothing")
{
	static const struct told call = { 10, 4, 40, 300, .is_cached = false };
	struct desk d;
	struct record *bad = record_new(SPAN("{")), *left = record_new(SPAN("3"));
	desk_init(&d, true, false);
	record_fail(bad, ERROR_BAD_RECORD, xstrdup("no JSON"));
	record_fail(left, ERROR_CANCELLED, xstrdup("the run ended"));
	note(&d, "1", &call, 1);
	sample_note(&d.sample, bad);
	sample_note(&d.sample, left);
	left->failure.code = ERROR_BUDGET;
	sample_note(&d.sample, left);
	left->failure.code = ERROR_TRANSPORT;
	sample_note(&d.sample, left);
	record_free(bad);
	record_free(left);
	CHECK_INT(sample_n(&d.sample), 2);
	CHECK_INT(d.sample.failed_n, 1);
	CHECK_INT(all(&d, SAMPLE_INPUT, 10), 50);
}

TEST("an answer without a price makes the cost unknown, and says whose it is")
{
	static const struct told call = { 10, 4, -1, 300, .is_cached = false };
	struct desk d;
	desk_init(&d, false, false);
	note(&d, "1", &call, 1);
	CHECK_INT(all(&d, SAMPLE_COST, 10), -1);
	CHECK_INT(all(&d, SAMPLE_INPUT, 10), 100);
	CHECK_STR(d.sample.unpriced, "small");
	/* From a cache likewise. */
	static const struct told cached = { 10, 4, 0, 300, .is_cached = true };
	desk_init(&d, false, false);
	note(&d, "1", &cached, 1);
	CHECK_INT(all(&d, SAMPLE_COST, 10), -1);
	CHECK_STR(d.sample.unpriced, "small");
}

TEST("an answer that does not say its tokens makes them unknown, and the cost with them")
{
	static const struct told calls[] = { { 10, 4, 40, 300, .is_cached = false },
		{ -1, -1, -1, 300, .outcome = OUTCOME_TRUNCATED } };
	struct desk d;
	desk_init(&d, true, false);
	note(&d, "1", calls, 2);
	CHECK_INT(all(&d, SAMPLE_INPUT, 10), -1);
	CHECK_INT(all(&d, SAMPLE_TOKENS, 10), -1);
	CHECK_INT(all(&d, SAMPLE_COST, 10), -1);
	CHECK_INT(all(&d, SAMPLE_BUSY_MS, 10), 6000);
	CHECK(d.sample.unpriced == NULL);
}

TEST("a request that failed took its time, and what it did not say cost nothing")
{
	static const struct told call = { -1, -1, -1, 300, .outcome = OUTCOME_REQUEST };
	struct desk d;
	desk_init(&d, true, false);
	note(&d, "1", &call, 1);
	CHECK_INT(all(&d, SAMPLE_INPUT, 10), 0);
	CHECK_INT(all(&d, SAMPLE_COST, 10), 0);
	CHECK_INT(all(&d, SAMPLE_BUSY_MS, 10), 3000);
}

TEST("nothing that was run says nothing")
{
	struct desk d;
	desk_init(&d, true, false);
	CHECK_INT(all(&d, SAMPLE_INPUT, 10), -1);
}

TEST("what a pack used is said by one of its records, and shared out by their lengths")
{
	static const struct told first = { 100, -1, 200, 50, .is_cached = false };
	static const struct told others = { -1, -1, 0, 50, .is_cached = false };
	struct projection p;
	struct desk d;
	desk_init(&d, true, true);
	note(&d, "\"12345678\"", &first, 1);
	note(&d, "\"12345678\"", &others, 1);
	note(&d, "\"12345678\"", &others, 1);
	note(&d, "\"12345678\"", &others, 1);
	CHECK_INT(all(&d, SAMPLE_INPUT, 400), 10000);
	CHECK_INT(all(&d, SAMPLE_COST, 400), 20000);
	CHECK_INT(all(&d, SAMPLE_REQUESTS, 400), 100);
	CHECK_INT(all(&d, SAMPLE_BUSY_MS, 400), 5000);
	/* All are as long: so nothing says that others use more. */
	CHECK(sample_project(&d.sample, SAMPLE_INPUT, 400, &p) && p.has_interval);
	CHECK_INT(round(p.high), 10000);
	note(&d, "\"1\"", &others, 1);
	CHECK(sample_project(&d.sample, SAMPLE_INPUT, 400, &p) && p.high > p.about * 1.01);
}

TEST("packs that do not say what they used leave it unknown")
{
	static const struct told told = { -1, -1, 0, 50, .is_cached = false };
	struct desk d;
	desk_init(&d, true, true);
	note(&d, "\"a\"", &told, 1);
	CHECK_INT(all(&d, SAMPLE_INPUT, 10), -1);
	CHECK_INT(all(&d, SAMPLE_BUSY_MS, 10), -1);
}
