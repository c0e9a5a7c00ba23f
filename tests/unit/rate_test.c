/* SPDX-License-Identifier: MIT */
#include "policy/rate.h"

#include "t.h"

#include <math.h>

static const struct rate_cost one = { .of[RATE_REQUESTS] = 1 };

static struct rate_cost tokens(double n)
{
	return (struct rate_cost){ .of[RATE_REQUESTS] = 1, .of[RATE_TOKENS] = n };
}

static struct rate own(enum rate_unit unit, double amount)
{
	struct rate r;
	rate_init(&r);
	rate_add(&r, unit, amount, 60000, 0);
	return r;
}

static struct rate_told told(enum rate_unit unit, double limit, double remaining, int64_t reset_ms)
{
	return (struct rate_told){
		.unit = unit, .limit = limit, .remaining = remaining, .reset_ms = reset_ms
	};
}

/* A rate that was told this in the answer, at 100, to its first request, started at 0. */
static struct rate taught(struct rate_told t)
{
	struct rate r;
	struct rate_ticket ticket;
	rate_init(&r);
	rate_enter(&r, &one, 0, &ticket);
	rate_learn(&r, &ticket, &t, 1, 100);
	return r;
}

/* How many requests may start at once at that time. */
static int burst(struct rate r, int64_t now_ms)
{
	struct rate_ticket ticket;
	int n = 0;
	for (; n < 100000 && rate_wait(&r, &one, now_ms) == 0; n++)
		rate_enter(&r, &one, now_ms, &ticket);
	return n;
}

TEST("without limits all may start, whatever they cost")
{
	struct rate r;
	rate_init(&r);
	struct rate_cost huge = tokens(1e30);
	CHECK_INT(rate_wait(&r, &huge, 0), 0);
	CHECK_INT(burst(r, 0), 100000);
	CHECK(!rate_counts_tokens(&r));
}

TEST("60 a minute is one each second, to the millisecond")
{
	struct rate r = own(RATE_REQUESTS, 60);
	struct rate_ticket ticket;
	for (int64_t now = 0; now < 600000; now += 1000) {
		CHECK_INT(rate_wait(&r, &one, now), 0);
		rate_enter(&r, &one, now, &ticket);
		CHECK_INT(rate_wait(&r, &one, now), 1000);
		CHECK_INT(rate_wait(&r, &one, now + 999), 1);
	}
}

enum { STARTS_MAX = 60000 };

TEST("in any time no more start than one second's worth and what flows in, and hardly fewer")
{
	static const double amounts[] = { 1, 7, 59, 60, 61, 600, 997, 6000, 12345 };
	static int64_t starts[STARTS_MAX];
	for (size_t i = 0; i < sizeof amounts / sizeof *amounts; i++) {
		struct rate r = own(RATE_REQUESTS, amounts[i]);
		struct rate_ticket ticket;
		double capacity = fmax(1, amounts[i] / 60);
		int n = 0;
		int64_t now = 0;
		while (now < 180000 && n < STARTS_MAX) {
			int64_t wait = rate_wait(&r, &one, now);
			now += wait;
			if (wait == 0) {
				rate_enter(&r, &one, now, &ticket);
				starts[n++] = now;
			}
		}
		int too_many = 0;
		for (int span = 1; span < n; span = span * 2 + 1)
			for (int a = 0; a + span < n; a++) {
				double time = (double)(starts[a + span] - starts[a]);
				double most = capacity + amounts[i] * time / 60000;
				too_many += span + 1 > most + 1e-6;
			}
		CHECK_INT(too_many, 0);
		CHECK(n >= (int)(amounts[i] * 3 * 0.98));
	}
}

TEST("a wait that is waited out is over, and a millisecond less is not enough")
{
	static const double costs[] = { 1, 3, 100, 1000, 4999.5, 1e6 };
	for (size_t i = 0; i < sizeof costs / sizeof *costs; i++) {
		struct rate r = own(RATE_TOKENS, 300000);
		struct rate_ticket ticket;
		struct rate_cost cost = tokens(costs[i]);
		int64_t now = 0;
		for (int n = 0; n < 200; n++) {
			int64_t wait = rate_wait(&r, &cost, now);
			CHECK(wait == 0 || rate_wait(&r, &cost, now + wait - 1) > 0);
			now += wait;
			CHECK_INT(rate_wait(&r, &cost, now), 0);
			rate_enter(&r, &cost, now, &ticket);
		}
	}
}

TEST("of several limits the slowest counts")
{
	struct rate r = own(RATE_REQUESTS, 600);
	rate_add(&r, RATE_TOKENS, 6000, 60000, 0);
	struct rate_ticket ticket;
	struct rate_cost c = tokens(100);
	CHECK(rate_counts_tokens(&r));
	rate_enter(&r, &c, 0, &ticket);
	CHECK_INT(rate_wait(&r, &c, 0), 1000);
	CHECK_INT(rate_wait(&r, &one, 0), 100);
}

TEST("requests that the user limits save nothing up: after a rest they start one by one")
{
	static const double amounts[] = { 60, 600, 3000 };
	for (size_t i = 0; i < sizeof amounts / sizeof *amounts; i++) {
		struct rate r = own(RATE_REQUESTS, amounts[i]);
		CHECK_INT(burst(r, 0), 1);
		CHECK_INT(burst(r, 60000), 1);
	}
}

TEST("what is larger than the bucket starts when it is full, and the debt is paid before the next")
{
	struct rate r = own(RATE_TOKENS, 60000);
	struct rate_ticket ticket;
	struct rate_cost large = tokens(5000), small = tokens(1);
	CHECK_INT(rate_wait(&r, &large, 0), 0);
	rate_enter(&r, &large, 0, &ticket);
	CHECK_INT(rate_wait(&r, &small, 0), 4001);
	CHECK_INT(rate_wait(&r, &large, 0), 5000);
}

TEST("what was reserved beyond the need is given back, and what was missing is taken")
{
	struct rate r = own(RATE_TOKENS, 60000);
	struct rate_ticket ticket;
	struct rate_cost c = tokens(1000), less = tokens(400), more = tokens(1700);
	rate_enter(&r, &c, 0, &ticket);
	rate_leave(&r, &ticket, &less, 0);
	CHECK_INT(rate_wait(&r, &(struct rate_cost){ .of[RATE_TOKENS] = 600 }, 0), 0);
	CHECK_INT(rate_wait(&r, &(struct rate_cost){ .of[RATE_TOKENS] = 601 }, 0), 1);
	r = own(RATE_TOKENS, 60000);
	rate_enter(&r, &c, 0, &ticket);
	rate_leave(&r, &ticket, &more, 0);
	CHECK_INT(rate_wait(&r, &(struct rate_cost){ .of[RATE_TOKENS] = 1 }, 0), 701);
}

TEST("giving back never fills a bucket beyond what it holds")
{
	struct rate r = own(RATE_TOKENS, 60000);
	struct rate_ticket ticket;
	struct rate_cost c = tokens(1000), none = tokens(0);
	rate_enter(&r, &c, 0, &ticket);
	rate_leave(&r, &ticket, &none, 5000);
	CHECK(r.buckets[0].level <= 1000);
}

TEST("a told limit makes a bucket with what remains of it")
{
	struct rate r = taught(told(RATE_REQUESTS, 100, 40, -1));
	CHECK_INT(r.buckets_n, 1);
	CHECK_INT(burst(r, 100), 40);
	struct rate full = taught(told(RATE_REQUESTS, 100, -1, -1));
	CHECK_INT(burst(full, 100), 99);
	struct rate t = taught(told(RATE_INPUT, 100, 40, -1));
	CHECK(rate_counts_tokens(&t));
}

TEST("an answer is old: requests that have started since count against what remains")
{
	struct rate r;
	struct rate_ticket first, ticket;
	struct rate_told t = told(RATE_REQUESTS, 100, 99, -1);
	rate_init(&r);
	rate_enter(&r, &one, 0, &first);
	for (int i = 0; i < 9; i++)
		rate_enter(&r, &one, 0, &ticket);
	rate_learn(&r, &first, &t, 1, 0);
	CHECK_INT(burst(r, 0), 90);
}

TEST("what we count ourselves is kept where it fits between the bounds, else moved to the nearer")
{
	struct rate_ticket ticket, after;
	struct rate r = taught(told(RATE_REQUESTS, 6000, 100, -1));
	struct rate_told high = told(RATE_REQUESTS, 6000, 500, -1);
	struct rate_told low = told(RATE_REQUESTS, 6000, 20, -1);
	struct rate_told fits = told(RATE_REQUESTS, 6000, 99, -1);
	rate_enter(&r, &one, 100, &ticket);
	rate_enter(&r, &one, 100, &after);
	struct rate a = r, b = r, c = r;
	rate_learn(&a, &ticket, &high, 1, 100);
	CHECK_INT(burst(a, 100), 499);
	rate_learn(&b, &ticket, &low, 1, 200);
	CHECK_INT(burst(b, 200), 30);
	rate_learn(&c, &ticket, &fits, 1, 100);
	CHECK_INT(burst(c, 100), 98);
}

TEST("the answer to an older request than one learned from is ignored")
{
	struct rate r;
	struct rate_ticket first, second;
	struct rate_told t = told(RATE_REQUESTS, 100, 10, -1),
			 old = told(RATE_REQUESTS, 100, 90, -1);
	rate_init(&r);
	rate_enter(&r, &one, 0, &first);
	rate_enter(&r, &one, 0, &second);
	rate_learn(&r, &second, &t, 1, 5);
	rate_learn(&r, &first, &old, 1, 5);
	rate_learn(&r, &second, &old, 1, 5);
	CHECK_INT(burst(r, 5), 10);
}

/* The window that is believed after answers that report so much use, and such resets. */
static int64_t window_after(double limit, const double *used, const int64_t *reset_ms, int n)
{
	struct rate r;
	struct rate_ticket ticket;
	rate_init(&r);
	for (int i = 0; i < n; i++) {
		struct rate_told t = told(RATE_REQUESTS, limit, limit - used[i], reset_ms[i]);
		rate_enter(&r, &one, i, &ticket);
		rate_learn(&r, &ticket, &t, 1, i);
	}
	CHECK_INT(r.buckets_n, 1);
	return r.buckets[0].window_ms;
}

TEST("the window is inferred from how the reset grows with the use")
{
	static const double used[] = { 10, 20 };
	static const struct {
		double limit;
		int64_t reset_ms[2];
		int64_t window_ms;
	} cases[] = {
		{ 5000, { 120, 240 }, 60000 },
		{ 500000, { 1728, 3456 }, 86400000 },
		{ 100, { 360000, 720000 }, 3600000 },
		{ 100, { 1000, 2000 }, 10000 },
		{ 100, { 110, 215 }, 1000 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		CHECK_INT(window_after(cases[i].limit, used, cases[i].reset_ms, 2),
			cases[i].window_ms);
}

TEST("neither one answer, nor whole seconds, nor a window of the clock changes a minute")
{
	static const double used[] = { 1, 2, 4, 8, 16, 32, 64, 128, 256, 512 };
	static const int64_t seconds[] = { 1000, 1000, 1000, 1000, 1000, 1000, 1000, 2000, 3000,
		6000 };
	static const int64_t clock[] = { 50000, 49900, 49800, 49700, 49600, 49500, 49400, 49300,
		49200, 49100 };
	for (int n = 1; n <= 10; n++) {
		CHECK_INT(window_after(6000, used, seconds, n), 60000);
		CHECK_INT(window_after(6000, used, clock, n), 60000);
	}
}

/*
 * A rate with 300 a minute, of which one was used every 100 ms, told each time how many remain and,
 * as the seconds are whole, when all of it is there again.
 */
static struct rate told_of_use(bool is_clock, int n)
{
	struct rate r;
	struct rate_ticket ticket;
	rate_init(&r);
	for (int i = 0; i < n; i++) {
		int64_t now = (int64_t)i * 100;
		/* Of a bucket 0.5 have flowed in with each. */
		double used = is_clock ? i + 1 : (i + 1) * 0.5;
		int64_t reset = is_clock ? 60000 - now : (int64_t)(used * 200);
		struct rate_told t =
			told(RATE_REQUESTS, 300, floor(300 - used), (reset + 999) / 1000 * 1000);
		rate_enter(&r, &one, now, &ticket);
		rate_learn(&r, &ticket, &t, 1, now);
	}
	return r;
}

/* How many requests can start from that time until the end. */
static int starts(struct rate r, int64_t now_ms, int64_t end_ms)
{
	struct rate_ticket ticket;
	int n = 0;
	for (int64_t wait; now_ms < end_ms; now_ms += wait)
		if ((wait = rate_wait(&r, &one, now_ms)) == 0) {
			rate_enter(&r, &one, now_ms, &ticket);
			n++;
		}
	return n;
}

TEST("what remains of a window of the clock is spread over the time that remains of it")
{
	struct rate r = told_of_use(true, 30);
	CHECK(r.buckets[0].is_fixed);
	CHECK(burst(r, 3000) <= 2);
	CHECK(starts(r, 3000, 31500) <= 140);
	int n = starts(r, 3000, 60000);
	CHECK(n >= 255 && n <= 270);
}

TEST("when nothing remains of a window of the clock all wait for its end")
{
	struct rate r = told_of_use(true, 30);
	struct rate_ticket ticket;
	struct rate_told t = told(RATE_REQUESTS, 300, 0, 57000);
	int64_t now = 3000 + rate_wait(&r, &one, 3000);
	rate_enter(&r, &one, now, &ticket);
	rate_learn(&r, &ticket, &t, 1, now);
	CHECK_INT(starts(r, now, 60000), 0);
	int n = starts(r, 60000, 70000);
	CHECK(n >= 45 && n <= 51);
}

TEST("a bucket that is full the later the more is used is taken for no window of the clock")
{
	for (int n = 1; n <= 400; n++) {
		struct rate r = told_of_use(false, n);
		CHECK(!r.buckets[0].is_fixed);
	}
	struct rate r = told_of_use(false, 200);
	CHECK(burst(r, 20000) >= 190);
}

TEST("a window that is told is believed, and each window of a unit has its bucket")
{
	struct rate r;
	struct rate_ticket ticket;
	struct rate_told both[] = { told(RATE_REQUESTS, 100, 99, -1),
		told(RATE_REQUESTS, 5000, 3, -1) };
	rate_init(&r);
	both[0].window_ms = 60000;
	both[1].window_ms = 86400000;
	for (int i = 0; i < 3; i++) {
		rate_enter(&r, &one, 0, &ticket);
		rate_learn(&r, &ticket, both, 2, 0);
	}
	CHECK_INT(r.buckets_n, 2);
	CHECK_INT(burst(r, 0), 3);
}

TEST("a told limit that changes changes the bucket")
{
	struct rate r = taught(told(RATE_REQUESTS, 6000, 5000, -1));
	struct rate_ticket ticket;
	struct rate_told t = told(RATE_REQUESTS, 60, 50, -1);
	rate_enter(&r, &one, 200, &ticket);
	rate_learn(&r, &ticket, &t, 1, 200);
	CHECK_INT(r.buckets_n, 1);
	CHECK_INT(burst(r, 200), 50);
	CHECK_INT(burst(r, 1000000), 60);
}

TEST("what the user limits is never loosened by what is told")
{
	struct rate r = own(RATE_REQUESTS, 60);
	struct rate_ticket ticket;
	struct rate_told t = told(RATE_REQUESTS, 6000, 6000, 0);
	for (int i = 0; i < 5; i++) {
		CHECK_INT(rate_wait(&r, &one, i * 1000), 0);
		rate_enter(&r, &one, i * 1000, &ticket);
		rate_learn(&r, &ticket, &t, 1, i * 1000);
		CHECK_INT(rate_wait(&r, &one, i * 1000), 1000);
	}
}

TEST("a remainder without its limit makes starts wait only when it is used up, and for the reset")
{
	struct rate r = taught(told(RATE_REQUESTS, -1, 3, 5000));
	CHECK_INT(r.buckets_n, 0);
	CHECK_INT(burst(r, 100), 3);
	CHECK_INT(burst(r, 5100), 100000);
	struct rate dry = taught(told(RATE_REQUESTS, -1, 0, 5000));
	CHECK_INT(rate_wait(&dry, &one, 100), 5000);
	CHECK_INT(rate_wait(&dry, &one, 5099), 1);
	struct rate open = taught(told(RATE_REQUESTS, -1, 0, -1));
	CHECK_INT(rate_wait(&open, &one, 100), 0);
}

TEST("a remainder without its limit corrects the bucket of that unit, if there is one")
{
	struct rate r = taught(told(RATE_REQUESTS, 100, 90, -1));
	struct rate_ticket ticket;
	struct rate_told t = told(RATE_REQUESTS, -1, 7, -1);
	rate_enter(&r, &one, 100, &ticket);
	rate_learn(&r, &ticket, &t, 1, 100);
	CHECK_INT(r.buckets_n, 1);
	CHECK_INT(burst(r, 100), 7);
}

TEST("nonsense is harmless: nothing waits for ever because of it")
{
	const double numbers[] = { -1, -5, 0, 0.5, 1, 100, 1e300, nan(""), HUGE_VAL, -HUGE_VAL };
	const int64_t times[] = { INT64_MIN, -1, 0, 1, 60000, INT64_MAX };
	for (int i = 0; i < 10 * 10 * 6 * 6; i++) {
		struct rate_told t = told(
			RATE_REQUESTS, numbers[i % 10], numbers[i / 10 % 10], times[i / 100 % 6]);
		t.window_ms = times[i / 600];
		struct rate r = taught(t);
		int64_t wait = rate_wait(&r, &one, 100);
		CHECK(wait >= 0 && wait <= (int64_t)2 * 32 * 86400000);
		CHECK_INT(rate_wait(&r, &one, 100 + wait), 0);
		CHECK(r.buckets_n == 0 || isfinite(r.buckets[0].level));
	}
}

TEST("a limit of zero is no limit, and more limits than there is room for are left out")
{
	struct rate zero = taught(told(RATE_REQUESTS, 0, 0, 1000));
	CHECK_INT(rate_wait(&zero, &one, 100), 0);
	struct rate r;
	struct rate_ticket ticket;
	rate_init(&r);
	for (int i = 1; i <= 50; i++) {
		struct rate_told t = told(RATE_TOKENS, 10, 10, -1);
		t.window_ms = i * 1000;
		rate_enter(&r, &one, i, &ticket);
		rate_learn(&r, &ticket, &t, 1, i);
		rate_add(&r, RATE_TOKENS, 10, 1000, i);
	}
	CHECK_INT(r.buckets_n, RATE_BUCKETS_MAX);
}
