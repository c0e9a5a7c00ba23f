/* SPDX-License-Identifier: MIT */
#include "ui/summary.h"

#include "caught.h"
#include "t.h"

#include "base/log.h"
#include "base/money.h"
#include "json/scan.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_MAX_BYTES = 1 << 20 };

/* Gives what is said on stderr, in static memory. */
static const char *said(const struct summary *s, enum log_level level)
{
	struct caught c = caught_begin();
	log_set_level(level);
	summary_say(s);
	log_set_level(LOG_WARNING);
	return caught_text(&c);
}

static void fail(struct stats *s, enum error_code code, uint64_t n, uint64_t line)
{
	s->failed_n += n;
	s->read_n += n;
	s->codes_n[code] = n;
	s->samples[code].line = line;
	snprintf(s->samples[code].message, sizeof s->samples[code].message, "it was %s",
		error_code_name(code));
}

static struct stats quick(void)
{
	return (struct stats){ .read_n = 5,
		.answered_n = 5,
		.requests_n = 5,
		.wall_ms = 812,
		.usage = { .input = 1234, .output = 310 },
		.cost_source = "built in",
		.cost = MONEY_PER_DOLLAR / 100 };
}

/* A run long enough for figures, in which much happened. */
static struct stats eventful(void)
{
	struct stats s = { .read_n = 200,
		.answered_n = 195,
		.skipped_n = 2,
		.passed_n = 3,
		.requests_n = 215,
		.retries_n = 15,
		.hits_n = 10,
		.refusals_n = 1,
		.shared_n = 4,
		.wall_ms = 89000,
		.usage = { .input = 1200000,
			.output = 310000,
			.cached = 300000,
			.reasoning = 12000 } };
	s.traffic.retries_n[OUTCOME_RATE] = 9;
	s.traffic.retries_n[OUTCOME_CAPACITY] = 4;
	s.traffic.retries_n[OUTCOME_FAULT] = 2;
	for (int i = 1; i <= 100; i++) {
		histogram_add(&s.traffic.latency, i * 20);
		histogram_add(&s.traffic.first_byte, i * 2);
	}
	return s;
}

TEST("a short run that went well: how many, tokens and dollars; with -v all; else nothing")
{
	struct stats s = quick();
	struct verdict v = { 0 };
	struct summary sum = { &s, &v, 0, NULL, false, 0, 0 };
	CHECK_STR(said(&sum, LOG_WARNING), "");
	CHECK_STR(said(&sum, LOG_NOTICE),
		"pllm: records:  5 read, 5 answered; 812ms, 6.2/s\n"
		"pllm: tokens:   1234 in, 310 out\n"
		"pllm: cost:     $0.01 (prices: built in)\n");
	histogram_add(&s.traffic.latency, 1500);
	histogram_add(&s.traffic.first_byte, 1450);
	CHECK_STR(said(&sum, LOG_DETAIL),
		"pllm: records:  5 read, 5 answered; 812ms, 6.2/s\n"
		"pllm: requests: 5\n"
		"pllm: tokens:   1234 in, 310 out\n"
		"pllm: cost:     $0.01 (prices: built in)\n"
		"pllm: latency:  half in 1.5s, 90 % in 1.5s, 99 % in 1.5s\n");
}

TEST("a long run in which something failed says all of it, also to logs")
{
	struct stats s = eventful();
	struct verdict v = { 0 };
	const struct summary sum = { &s, &v, 1, "pllm --retry-errors -i a -o b", false, 0, 0 };
	CHECK_STR(said(&sum, LOG_WARNING),
		"pllm: 3 of 200 records failed\n"
		"pllm:   failed before and passed through: 3 (--retry-errors asks again)\n"
		"pllm:   rerun: pllm --retry-errors -i a -o b\n"
		"pllm: records:  200 read, 195 answered, 2 skipped, 3 failed before; 1m 29s, 2.2/s\n"
		"pllm: requests: 215, 15 of them retries (9 rate_limited, 6 overloaded)\n"
		"pllm: cache:    10 calls answered, 1 of them refused when they were asked (--retry-errors "
		"asks again)\n"
		"pllm: shared:   4 calls had the answer to another that asked the same\n"
		"pllm: tokens:   1.20M in (300k cached), 310k out (12.0k reasoning); 17.0k/s\n"
		"pllm: latency:  half in 1.0s, 90 % in 1.8s, 99 % in 2.0s\n"
		"pllm: began:    half in 101ms, 90 % in 179ms, 99 % in 195ms\n");
	CHECK_STR(said(&sum, LOG_ERROR), "");
}

TEST("the five most frequent reasons are said, with the first line of each, and how many more")
{
	struct stats s = { .wall_ms = 5 };
	struct verdict v = { 0 };
	struct summary sum = { &s, &v, 1, "again", false, 0, 0 };
	fail(&s, ERROR_BAD_RECORD, 1, 9);
	fail(&s, ERROR_TEMPLATE, 40, 2);
	fail(&s, ERROR_TIMEOUT, 7, 3);
	fail(&s, ERROR_TRANSPORT, 7, 4);
	fail(&s, ERROR_TRUNCATED, 100, 5);
	fail(&s, ERROR_BUDGET, 2, 6);
	fail(&s, ERROR_CANCELLED, 3, 7);
	CHECK_STR(said(&sum, LOG_WARNING),
		"pllm: 155 of 160 records failed\n"
		"pllm: 5 of 160 records were not asked, or not to the end\n"
		"pllm:   truncated: 100, first on line 5: it was truncated\n"
		"pllm:   template: 40, first on line 2: it was template\n"
		"pllm:   timeout: 7, first on line 3: it was timeout\n"
		"pllm:   transport: 7, first on line 4: it was transport\n"
		"pllm:   cancelled: 3, first on line 7: it was cancelled\n"
		"pllm:   2 other reasons: 3\n"
		"pllm:   for truncated: a larger --max-tokens, or --on-truncate grow or keep\n"
		"pllm:   rerun: again\n"
		"pllm: records:  160 read, 0 answered, 160 failed; 5ms\n");
}

TEST("what the run's reason has said is not said again, and no message is none")
{
	struct stats s = { .is_offline = true };
	struct verdict v = { .reason = "it was auth, so" };
	struct summary sum = { &s, &v, 1, NULL, false, 0, 0 };
	fail(&s, ERROR_AUTH, 1, 9);
	CHECK_STR(said(&sum, LOG_WARNING),
		"pllm: it was auth, so\npllm: 1 of 1 records failed\n"
		"pllm:   auth: 1, first on line 9\n");
	v.reason[0] = s.samples[ERROR_AUTH].message[0] = '\0';
	CHECK_STR(said(&sum, LOG_WARNING),
		"pllm: 1 of 1 records failed\npllm:   auth: 1, first on line 9\n");
}

TEST("of groups it is results that failed, and all of them are counted")
{
	struct stats s = { .is_offline = true,
		.has_groups = true,
		.read_n = 100,
		.answered_n = 4,
		.passed_n = 1 };
	struct verdict v = { 0 };
	struct summary sum = { &s, &v, 1, NULL, false, 0, 0 };
	fail(&s, ERROR_TIMEOUT, 2, 9);
	fail(&s, ERROR_CANCELLED, 1, 9);
	CHECK_STR(said(&sum, LOG_WARNING),
		"pllm: 3 of 8 results failed\n"
		"pllm: 1 of 8 results were not asked, or not to the end\n"
		"pllm:   timeout: 2, first on line 9: it was timeout\n"
		"pllm:   cancelled: 1, first on line 9: it was cancelled\n"
		"pllm:   failed before and passed through: 1\n");
}

TEST("--retry-errors is named where it would ask any of those again that failed before")
{
	struct stats s = { .is_offline = true, .read_n = 3, .passed_n = 3, .hopeless_n = 2 };
	struct verdict v = { 0 };
	struct summary sum = { &s, &v, 1, NULL, false, 0, 0 };
	CHECK_STR(said(&sum, LOG_WARNING),
		"pllm: 3 of 3 records failed\n"
		"pllm:   failed before and passed through: 3 (--retry-errors asks 1 of them "
		"again)\n");
	s.hopeless_n = 0;
	CHECK_STR(said(&sum, LOG_WARNING),
		"pllm: 3 of 3 records failed\n"
		"pllm:   failed before and passed through: 3 (--retry-errors asks again)\n");
	s.hopeless_n = 3;
	CHECK_STR(said(&sum, LOG_WARNING),
		"pllm: 3 of 3 records failed\npllm:   failed before and passed through: 3\n");
}

TEST("an answer from a cache is the same again: what else would be right is said")
{
	struct stats s = { 0 };
	struct verdict v = { 0 };
	struct summary sum = { &s, &v, 1, NULL, true, 0, 0 };
	fail(&s, ERROR_SCHEMA_MISMATCH, 1, 4);
	CHECK(strstr(said(&sum, LOG_WARNING), "pllm:   for schema_mismatch: --refresh, or "));
	sum.has_cache = false;
	CHECK(!strstr(said(&sum, LOG_WARNING), "--refresh"));
}

TEST("with a model or a key that is none the same command goes nowhere")
{
	struct stats s = { 0 };
	struct verdict v = { .refused = true, .reason = "no such model" };
	struct summary sum = { &s, &v, 3, NULL, false, 0, 0 };
	fail(&s, ERROR_REQUEST_REJECTED, 3, 1);
	CHECK(!strstr(said(&sum, LOG_WARNING), "to go on"));
	s.answered_n = 1;
	CHECK(strstr(said(&sum, LOG_WARNING), "to go on"));
}

TEST("of a run that ended before its input the same command goes on, which a cache makes cheap")
{
	struct stats s = { 0 };
	struct verdict v = { .gave_up = true, .reason = "stopped" };
	struct summary sum = { &s, &v, 5, NULL, false, 0, 0 };
	fail(&s, ERROR_CANCELLED, 3, 1);
	CHECK(strstr(said(&sum, LOG_WARNING),
		"pllm:   to go on: the same command again; with --cache FILE it would ask nothing twice\n"));
	CHECK(!strstr(said(&sum, LOG_WARNING), "failed\n"));
	sum.has_cache = true;
	CHECK(strstr(said(&sum, LOG_WARNING),
		"pllm:   to go on: the same command again, which asks nothing twice\n"));
	s.is_offline = true;
	CHECK(!strstr(said(&sum, LOG_WARNING), "to go on"));
	s.is_offline = false;
	s.is_all_read = true;
	CHECK(strstr(said(&sum, LOG_WARNING), "to go on"));
	sum.rerun = "again";
	CHECK(!strstr(said(&sum, LOG_WARNING), "to go on"));
	v.output_failed = true;
	CHECK(strstr(said(&sum, LOG_WARNING), "to go on"));
}

TEST("where all records are refused as they are, or the budget is for none, nothing goes on")
{
	struct stats s = { 0 };
	struct verdict v = { .halted = true };
	const struct summary sum = { &s, &v, 4, NULL, false, 0, 0 };
	fail(&s, ERROR_BAD_RECORD, 100, 1);
	CHECK(!strstr(said(&sum, LOG_WARNING), "to go on"));
	fail(&s, ERROR_OVERLOADED, 1, 1);
	CHECK(strstr(said(&sum, LOG_WARNING), "to go on"));
	s = (struct stats){ 0 };
	v = (struct verdict){ .budget_reached = true };
	fail(&s, ERROR_BUDGET, 3, 1);
	CHECK(!strstr(said(&sum, LOG_WARNING), "to go on"));
	s.requests_n = 1;
	CHECK(strstr(said(&sum, LOG_WARNING), "to go on"));
}

TEST("whatever ends a run before its input, the same command goes on")
{
	static const struct verdict all[] = { { .by_signal = 2 }, { .halted = true },
		{ .budget_reached = true }, { .duration_reached = true }, { .refused = true },
		{ .gave_up = true }, { .input_failed = true } };
	struct stats s = quick();
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		const struct summary sum = { &s, &all[i], 1, NULL, false, 0, 0 };
		CHECK(strstr(said(&sum, LOG_WARNING), "to go on"));
	}
	const struct summary sum = { &s, &(struct verdict){ 0 }, 1, NULL, false, 0, 0 };
	CHECK(!strstr(said(&sum, LOG_WARNING), "to go on"));
}

TEST("a reason to end, or a record that failed before, is enough to say how it went")
{
	struct stats s = quick();
	struct verdict v = { .reason = "stopped" };
	const struct summary sum = { &s, &v, 0, NULL, false, 0, 0 };
	CHECK(strstr(said(&sum, LOG_WARNING), "pllm: records:  5 read"));
	v.reason[0] = '\0';
	s.passed_n = 1;
	CHECK(strstr(said(&sum, LOG_WARNING), "pllm: records:  5 read"));
}

TEST("what is unusual is said, and what came of it")
{
	struct stats s = {
		.is_offline = true, .cuts_n = 1, .dropped_n = 2, .splits_n = 3, .is_overspent = true
	};
	struct verdict v = { 0 };
	const struct summary sum = { &s, &v, 0, NULL, false, 0, 0 };
	CHECK_STR(said(&sum, LOG_NOTICE),
		"pllm: cut to --max-input-tokens: 1\n"
		"pllm: left out of their groups (--on-error drop): 2 records\n"
		"pllm: packs divided to find what could not be answered: 3, by 6 more requests\n"
		"pllm: the servers have counted more than the requests could cost: more was spent "
		"than the budget has\n");
	CHECK(!strstr(said(&sum, LOG_WARNING), "cut to") &&
		!strstr(said(&sum, LOG_WARNING), "packs"));
}

TEST("of a short run that went well retries and the cache are said, the rest with -v")
{
	struct stats s = quick();
	struct verdict v = { 0 };
	const struct summary sum = { &s, &v, 0, NULL, false, 0, 0 };
	s.retries_n = s.hits_n = s.shared_n = s.unpriced_n = 1;
	s.usage.output = -1;
	s.cost_source = NULL;
	s.wall_ms = 1000;
	histogram_add(&s.traffic.latency, 15);
	CHECK_STR(said(&sum, LOG_NOTICE),
		"pllm: records:  5 read, 5 answered; 1.0s, 5.0/s\n"
		"pllm: requests: 5, 1 of them retries\n"
		"pllm: cache:    1 calls answered\n"
		"pllm: tokens:   1234 in\n");
	CHECK_STR(said(&sum, LOG_DETAIL),
		"pllm: records:  5 read, 5 answered; 1.0s, 5.0/s\n"
		"pllm: requests: 5, 1 of them retries\n"
		"pllm: cache:    1 calls answered\n"
		"pllm: shared:   1 calls had the answer to another that asked the same\n"
		"pllm: tokens:   1234 in\n"
		"pllm: cost:     not known of 1 answers: no price for them\n"
		"pllm: latency:  half in 15ms, 90 % in 15ms, 99 % in 15ms\n");
	s.wants_cost = true;
	CHECK_STR(said(&sum, LOG_WARNING),
		"pllm: cost:     not known of 1 answers: no price for them\n");
}

TEST("a run is long from ten seconds on, and one record or no time has no speed")
{
	struct stats s = quick();
	struct verdict v = { 0 };
	const struct summary sum = { &s, &v, 0, NULL, false, 0, 0 };
	s.wall_ms = 9999;
	CHECK(!strstr(said(&sum, LOG_NOTICE), "requests: 5"));
	s.wall_ms = 10000;
	CHECK(strstr(
		said(&sum, LOG_NOTICE), "requests: 5\npllm: tokens:   1234 in, 310 out; 154/s\n"));
	s.wall_ms = 100;
	CHECK(strstr(said(&sum, LOG_NOTICE), "5 answered; 100ms, 50/s\n"));
	s.wall_ms = 99;
	CHECK(strstr(said(&sum, LOG_NOTICE), "5 answered; 99ms\n"));
	s = (struct stats){
		.read_n = 1, .answered_n = 1, .wall_ms = 500, .usage = { .input = -1, .output = 7 }
	};
	CHECK_STR(said(&sum, LOG_NOTICE),
		"pllm: records:  1 read, 1 answered; 500ms\npllm: tokens:   0 in, 7 out\n");
}

TEST("an exit code that is not 0 is reason enough to say how it went")
{
	struct stats s = quick();
	struct verdict v = { .output_failed = true };
	const struct summary sum = { &s, &v, 7, NULL, false, 0, 0 };
	CHECK(strstr(said(&sum, LOG_WARNING), "pllm: records:  5 read"));
}

/* Gives the JSON, which must be one strict value, in static memory. */
static const char *json_of(const struct summary *s)
{
	static char text[65536];
	struct span value;
	struct json_fault fault;
	struct buf out;
	buf_init(&out, TEXT_MAX_BYTES);
	summary_put_json(s, &out);
	bool is_json = json_scan(buf_span(&out), &value, &fault);
	if (!CHECK(is_json))
		printf("#   at %zu: %s\n", fault.offset, fault.reason);
	CHECK(is_json && value.n == out.len - 1 && out.data[out.len - 1] == '\n');
	snprintf(text, sizeof text, "%.*s", (int)out.len, out.data);
	buf_release(&out);
	return text;
}

TEST("as JSON all of it has its name, and what is not known is null")
{
	struct stats s = quick();
	struct verdict v = { 0 };
	const struct summary sum = { &s, &v, 0, NULL, false, 951782399, 1774000000 };
	s.usage.cached = s.usage.reasoning = -1;
	s.traffic.ended_n[OUTCOME_ANSWERED] = 5;
	s.traffic.ended_n[OUTCOME_FAULT] = 1;
	s.traffic.retries_n[OUTCOME_FAULT] = 1;
	histogram_add(&s.traffic.latency, 10);
	histogram_add(&s.traffic.latency, 20);
	CHECK_STR(json_of(&sum),
		"{\"exit_code\":0,\"signal\":null,\"reason\":null,"
		"\"started\":\"2000-02-28T23:59:59Z\",\"ended\":\"2026-03-20T09:46:40Z\","
		"\"wall_ms\":812,"
		"\"records\":{\"read\":5,\"answered\":5,\"failed\":0,\"passed\":0,\"skipped\":0,"
		"\"dropped\":0,\"cut\":0,\"per_second\":6.158},\"errors\":{},"
		"\"requests\":{\"sent\":5,\"outcomes\":{\"answered\":5,\"overloaded\":1},"
		"\"retries\":0,\"retries_after\":{\"overloaded\":1},\"packs_divided\":0},"
		"\"calls\":{\"cached\":0,\"cached_refusals\":0,\"shared\":0},"
		"\"tokens\":{\"input\":1234,\"output\":310,\"cached\":null,\"reasoning\":null,"
		"\"per_second\":1901.478},\"cost\":0.01,\"cost_source\":\"built in\","
		"\"answers_without_price\":0,"
		"\"latency_ms\":{\"n\":2,\"p50\":10,\"p90\":20,\"p99\":20,\"max\":20,\"mean\":15},"
		"\"first_byte_ms\":{\"n\":0,\"p50\":null,\"p90\":null,\"p99\":null,\"max\":null,"
		"\"mean\":null},\"rerun\":null}\n");
}

TEST("each figure stands under its own name")
{
	struct stats s = { .read_n = 11,
		.answered_n = 12,
		.failed_n = 13,
		.passed_n = 14,
		.skipped_n = 15,
		.dropped_n = 16,
		.cuts_n = 17,
		.requests_n = 18,
		.retries_n = 19,
		.splits_n = 20,
		.hits_n = 21,
		.refusals_n = 22,
		.shared_n = 23,
		.unpriced_n = 24,
		.wall_ms = 1000,
		.usage = { .input = -1, .output = 25, .cached = 26, .reasoning = 27 } };
	struct verdict v = { 0 };
	const struct summary sum = { &s, &v, 28, "again", false, -1, 0 };
	static const char *const parts[] = {
		"{\"exit_code\":28,",
		",\"started\":null,\"ended\":\"1970-",
		"{\"read\":11,\"answered\":12,\"failed\":13,\"passed\":14,\"skipped\":15",
		",\"dropped\":16,\"cut\":17,\"per_second\":54.000}",
		"{\"auth\":{\"n\":29,\"line\":30,\"message\":",
		"{\"sent\":18,",
		",\"retries\":19,",
		",\"packs_divided\":20}",
		"{\"cached\":21,\"cached_refusals\":22,\"shared\":23}",
		"{\"input\":null,\"output\":25,\"cached\":26,\"reasoning\":27,\"per_second\":25.000}",
		",\"answers_without_price\":24,",
		",\"p50\":10,\"p90\":18,\"p99\":20,\"max\":20,",
		",\"rerun\":\"again\"}",
	};
	s.codes_n[ERROR_AUTH] = 29;
	s.samples[ERROR_AUTH].line = 30;
	for (int i = 1; i <= 20; i++)
		histogram_add(&s.traffic.latency, i);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		if (!CHECK(strstr(json_of(&sum), parts[i])))
			printf("#   not there: %s\n", parts[i]);
	s.wall_ms = 0;
	s.usage.output = -1;
	CHECK(strstr(json_of(&sum), "\"cut\":17,\"per_second\":null}"));
	s.wall_ms = 1000;
	CHECK(strstr(json_of(&sum), "\"reasoning\":27,\"per_second\":null}"));
}

TEST("whatever servers and people have said, it is JSON")
{
	struct stats s = { .wall_ms = 0 };
	struct verdict v = { .by_signal = 15, .reason = "\"\\\x01\xff line\n" };
	const struct summary sum = { &s, &v, 143, "pllm -p '\"\\\t\xc3'", false, 0, 0 };
	fail(&s, ERROR_REQUEST_REJECTED, UINT64_MAX, UINT64_MAX);
	snprintf(s.samples[ERROR_REQUEST_REJECTED].message, 20, "%s", "cut in half: \xe2\x82");
	s.usage = (struct usage){ -1, -1, -1, -1, 0, 0, TIER_USUAL };
	const char *text = json_of(&sum);
	CHECK(strstr(text, "\"signal\":15"));
	CHECK(strstr(text, "\"reason\":\"\\\"\\\\\\u0001\xef\xbf\xbd line\\n\""));
	CHECK(strstr(text, "\"n\":9223372036854775807"));
	CHECK(strstr(text, "cut in half: \xef\xbf\xbd\""));
	CHECK(strstr(text, "\"cost\":null,\"cost_source\":null"));
}
