/* SPDX-License-Identifier: MIT */
#include "io/allowance.h"

#include "base/units.h"
#include "t.h"

#include <stdio.h>
#include <stdlib.h>

/* 2025-08-21T12:40:00Z */
#define WALL_S INT64_C(1755780000)

enum { SECOND = 1000, MINUTE = 60000 };
#define DAY INT64_C(86400000)

/* Hears all lines "name: value" of a text. */
static struct allowances *hear(const char *lines)
{
	struct allowances *all = NULL;
	while (*lines) {
		size_t n = strcspn(lines, "\n"), colon = strcspn(lines, ":");
		struct span name = { lines, colon }, value = { lines + colon + 2, n - colon - 2 };
		if (allowance_is_header(name))
			allowance_read(&all, name, value, WALL_S);
		lines += n + (lines[n] == '\n');
	}
	return all;
}

/* The items as one line each: unit limit remaining reset window. */
static const char *told(const char *lines)
{
	static const char *const units[] = { "requests", "tokens", "input", "output" };
	static char text[2000];
	struct allowances *all = hear(lines);
	size_t n = 0;
	text[0] = '\0';
	for (unsigned i = 0; all && i < all->n; i++) {
		const struct allowance *a = &all->items[i];
		n += (size_t)snprintf(text + n, sizeof text - n, "%s%s %.0f %.0f %lld %lld",
			i ? "\n" : "", units[a->unit], a->limit, a->remaining,
			(long long)a->reset_ms, (long long)a->window_ms);
	}
	free(all);
	return text;
}

static int64_t reset_of(const char *value)
{
	struct allowances *all = NULL;
	int64_t reset_ms = -1;
	if (allowance_read(&all, SPAN("x-ratelimit-reset"), span_of(value), WALL_S))
		reset_ms = all->items[0].reset_ms;
	free(all);
	return reset_ms;
}

TEST("OpenAI's six headers are two limits, as captured")
{
	CHECK_STR(told("x-request-id: req_1\n"
		       "x-ratelimit-limit-requests: 5000\n"
		       "x-ratelimit-limit-tokens: 800000\n"
		       "x-ratelimit-remaining-requests: 4999\n"
		       "x-ratelimit-remaining-tokens: 799986\n"
		       "x-ratelimit-reset-requests: 12ms\n"
		       "x-ratelimit-reset-tokens: 1ms\n"
		       "openai-processing-ms: 300"),
		"requests 5000 4999 12 0\n"
		"tokens 800000 799986 1 0");
}

TEST("a project's tokens are a limit of their own, per minute")
{
	CHECK_STR(told("x-ratelimit-limit-tokens: 800000\n"
		       "x-ratelimit-limit-project-tokens: 60000\n"
		       "x-ratelimit-remaining-project-tokens: 57000\n"
		       "x-ratelimit-remaining-tokens: 799986\n"
		       "x-ratelimit-reset-project-tokens: 3s"),
		"tokens 800000 799986 -1 0\n"
		"tokens 60000 57000 3000 60000");
}

TEST("Groq's long and broken durations are read")
{
	CHECK_STR(told("x-ratelimit-limit-requests: 500000\n"
		       "x-ratelimit-remaining-requests: 499999\n"
		       "x-ratelimit-reset-requests: 172.799999ms\n"
		       "x-ratelimit-limit-tokens: 18000\n"
		       "x-ratelimit-remaining-tokens: 17997\n"
		       "x-ratelimit-reset-tokens: 7.44ms"),
		"requests 500000 499999 173 0\n"
		"tokens 18000 17997 8 0");
}

TEST("Azure says only what is left")
{
	CHECK_STR(told("x-ratelimit-remaining-requests: 59\nx-ratelimit-remaining-tokens: 9876"),
		"requests -1 59 -1 0\n"
		"tokens -1 9876 -1 0");
}

TEST("Anthropic's four limits are per minute, and a reset may lie in the past")
{
	CHECK_STR(told("anthropic-ratelimit-input-tokens-limit: 80000\n"
		       "anthropic-ratelimit-input-tokens-remaining: 79000\n"
		       "anthropic-ratelimit-input-tokens-reset: 2025-08-21T12:40:59Z\n"
		       "anthropic-ratelimit-output-tokens-limit: 16000\n"
		       "anthropic-ratelimit-output-tokens-remaining: 16000\n"
		       "anthropic-ratelimit-output-tokens-reset: 2025-08-21T12:39:59Z\n"
		       "anthropic-ratelimit-requests-limit: 1000\n"
		       "anthropic-ratelimit-requests-remaining: 999\n"
		       "anthropic-ratelimit-requests-reset: 2025-08-21T12:40:01Z\n"
		       "anthropic-ratelimit-tokens-limit: 96000\n"
		       "anthropic-ratelimit-tokens-remaining: 95000\n"
		       "anthropic-ratelimit-tokens-reset: 2025-08-21T12:40:59Z\n"
		       "anthropic-organization-id: 0"),
		"input 80000 79000 59000 60000\n"
		"output 16000 16000 0 60000\n"
		"requests 1000 999 1000 60000\n"
		"tokens 96000 95000 59000 60000");
}

TEST("Mistral's windows are in its names")
{
	CHECK_STR(told("x-ratelimit-limit-tokens-minute: 500000\n"
		       "x-ratelimit-remaining-tokens-minute: 499970\n"
		       "x-ratelimit-limit-tokens-month: 1000000000\n"
		       "x-ratelimit-remaining-tokens-month: 999000000\n"
		       "x-ratelimit-tokens-query-cost: 30\n"
		       "x-ratelimit-limit-req-10-second: 60\n"
		       "x-ratelimit-remaining-req-10-second: 59\n"
		       "x-ratelimit-limit-req-minute: 300"),
		"tokens 500000 499970 -1 60000\n"
		"tokens 1000000000 999000000 -1 2592000000\n"
		"requests 60 59 -1 10000\n"
		"requests 300 -1 -1 60000");
}

TEST("Mistral's older headers are tokens per minute")
{
	CHECK_STR(told("x-ratelimitbysize-limit-minute: 500000\n"
		       "x-ratelimitbysize-remaining-minute: 499970\n"
		       "ratelimitbysize-reset: 17\n"
		       "x-ratelimitbysize-limit-month: 1000000000"),
		"tokens 500000 499970 17000 60000\n"
		"tokens 1000000000 -1 -1 2592000000");
}

TEST("headers without a unit count requests, and a point in time is told from seconds")
{
	CHECK_STR(told("X-RateLimit-Limit: 20\nX-RateLimit-Remaining: 19\n"
		       "X-RateLimit-Reset: 1755780045000"),
		"requests 20 19 45000 0");
	CHECK_STR(told("ratelimit-limit: 100, 100;w=60\nratelimit-remaining: 99\n"
		       "ratelimit-reset: 33"),
		"requests 100 99 33000 0");
	CHECK_INT(reset_of("1755780007"), 7 * SECOND);
	CHECK_INT(reset_of("1755779000"), 0);
	CHECK_INT(reset_of("86400"), DAY);
}

TEST("words may stand in any order and case")
{
	CHECK_STR(told("X-RateLimit-Limit-Requests-Day: 14400\n"
		       "x-ratelimit-remaining-requests-day: 14399\n"
		       "X-RATELIMIT-RESET-REQUESTS-DAY: 33011.5\n"
		       "x-ratelimit-tokens-minute-limit: 7"),
		"requests 14400 14399 33011500 86400000\n"
		"tokens 7 -1 -1 60000");
}

TEST("resets are read in all their forms, or not at all")
{
	static const struct {
		const char *value;
		int64_t reset_ms;
	} cases[] = {
		{ "0", 0 },
		{ "0s", 0 },
		{ "1s", 1 * SECOND },
		{ "6m0s", 6 * MINUTE },
		{ "1h2m3.5s", 3723500 },
		{ "250us", 1 },
		{ "250\xc2\xb5s", 1 },
		{ "900ns", 1 },
		{ "1.25", 1250 },
		{ "-3", 0 },
		{ "2025-08-21T12:41:00Z", 60 * SECOND },
		{ "2025-08-21T12:40:00.25Z", 250 },
		{ "2025-08-21T14:41:00+02:00", 60 * SECOND },
		{ "2025-08-21T10:11:00-02:30", 60 * SECOND },
		{ "2024-02-29T00:00:00Z", 0 },
		{ "2025-08-22T12:40:00Z", DAY },
		{ "2026-08-21T12:40:00Z", 365 * DAY },
		{ "2026-02-21T12:40:00Z", 184 * DAY },
		{ "2028-02-29T12:40:00Z", 922 * DAY },
		{ "9999-12-31T23:59:60Z", UNITS_MS_MAX },
		{ "1e200", UNITS_MS_MAX },
		{ "", -1 },
		{ "soon", -1 },
		{ "6m0", -1 },
		{ "2025-08-21T12:41:00", -1 },
		{ "2025-08-21T12:41:00X", -1 },
		{ "2025-08-21T12:41:00.Z", -1 },
		{ "2025-08-21T12:41:00.1.2Z", -1 },
		{ "2025-08-21T12:41:007Z", -1 },
		{ "2025-08-21T12:41:00+2:00", -1 },
		{ "2025-08-21T12:41:00+02:60", -1 },
		{ "2025-08-21T12:41:00+02-00", -1 },
		{ "2025-13-21T12:41:00Z", -1 },
		{ "2025-00-21T12:41:00Z", -1 },
		{ "2025-08-32T12:41:00Z", -1 },
		{ "2025-08-21T24:00:00Z", -1 },
		{ "2025-08-21 12:41:00Z", -1 },
		{ "2025-08-21T-2:41:00Z", -1 },
		{ "20250821T124100Z", -1 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (!CHECK_INT(reset_of(cases[i].value), cases[i].reset_ms))
			CHECK_STR(cases[i].value, "this one");
}

TEST("headers that say nothing allocate nothing and change nothing")
{
	static const char *const lines[] = {
		"content-type: application/json",
		"retry-after: 7",
		"x-request-id: x-ratelimit-limit",
		"x-ratelimit-: 7",
		"x-ratelimit-requests: 7",
		"x-ratelimit-limit-limit: 7",
		"x-ratelimit-limit-remaining: 7",
		"x-ratelimit-limit-tokens_usage_based: 7",
		"x-ratelimit-limit-apples: 7",
		"x-ratelimit-limit-requests-10: 7",
		"x-ratelimit-limit-requests-0-second: 7",
		"x-ratelimit-limit-requests-9999-second: 7",
		"x-ratelimit-limit--requests: 7",
		"x-ratelimits-limit-requests: 7",
		"x-ratelimit-over-limit: yes",
		"anthropic-ratelimit-unified-limit: 7",
		"anthropic-priority-input-tokens-limit: 7",
		"x-ratelimit-limit-requests: ",
		"x-ratelimit-limit-requests: many",
		"x-ratelimit-limit-requests: -1",
		"x-ratelimit-limit-requests: 1s",
		"x-ratelimit-limit-requests: ,5",
		"x-ratelimit-remaining-requests: 0x10",
		"x-ratelimit-remaining-requests: nan",
	};
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct allowances *all = hear(lines[i]);
		if (!CHECK(all == NULL))
			CHECK_STR(lines[i], "this one");
		free(all);
	}
	CHECK_STR(told("x-ratelimit-limit: 9\nx-ratelimit-limit: none\nx-ratelimit-reset: later"),
		"requests 9 -1 -1 0");
}

TEST("of two headers alike the later counts")
{
	CHECK_STR(told("x-ratelimit-remaining: 9\nx-ratelimit-remaining: 4"), "requests -1 4 -1 0");
}

TEST("more limits than there is room for are left out")
{
	struct allowances *all = NULL;
	for (int i = 1; i <= ALLOWANCES_MAX + 3; i++) {
		char name[64];
		snprintf(name, sizeof name, "x-ratelimit-limit-req-%d-second", i);
		CHECK(allowance_read(&all, span_of(name), SPAN("5"), 0) == (i <= ALLOWANCES_MAX));
	}
	CHECK_INT(all->n, ALLOWANCES_MAX);
	CHECK(allowance_read(&all, SPAN("x-ratelimit-reset-req-1-second"), SPAN("1"), 0));
	CHECK_INT(all->items[0].reset_ms, 1000);
	free(all);
}

TEST("a name that is of no family is told by a glance, and none that is")
{
	static const struct {
		const char *name;
		bool is;
	} cases[] = {
		{ "x-ratelimit-limit", true },
		{ "X-RateLimit-Reset-Tokens", true },
		{ "ratelimit-reset", true },
		{ "RateLimitBySize-Reset", true },
		{ "x-ratelimitbysize-limit-minute", true },
		{ "anthropic-ratelimit-tokens-limit", true },
		{ "", false },
		{ "ratelimit", false },
		{ "x-ratelimit", false },
		{ "referrer-policy-of-old", false },
		{ "x-envoy-upstream-service-time", false },
		{ "access-control-expose-headers", false },
		{ "anthropic-organization-id", false },
		{ "strict-transport-security", false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (!CHECK(allowance_is_header(span_of(cases[i].name)) == cases[i].is))
			CHECK_STR(cases[i].name, "this one");
}
