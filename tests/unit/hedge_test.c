/* SPDX-License-Identifier: MIT */
#include "policy/hedge.h"

#include "t.h"

static const struct hedge_opts p95 = { .percentile = 95, .max_percent = 2 };

/* Notes n latencies of `from`, `from + step`, ... at now_ms. */
static void note_all(struct hedge *h, int n, int64_t from, int64_t step, int64_t now_ms)
{
	for (int i = 0; i < n; i++)
		hedge_note(h, from + i * step, now_ms);
}

TEST("hedging that is off never comes")
{
	const struct hedge_opts off = { .max_percent = 2 };
	struct hedge h;
	hedge_init(&h, &off);
	CHECK(!hedge_is_on(&h));
	note_all(&h, 1000, 100, 0, 0);
	CHECK_INT(hedge_delay_ms(&h, 0), INT64_MAX);
}

TEST("a delay that was given is kept, whatever the latencies are")
{
	const struct hedge_opts fixed = { .delay_ms = 1500, .max_percent = 2 };
	struct hedge h;
	hedge_init(&h, &fixed);
	CHECK(hedge_is_on(&h));
	CHECK_INT(hedge_delay_ms(&h, 0), 1500);
	note_all(&h, 1000, 100, 0, 0);
	CHECK_INT(hedge_delay_ms(&h, 5), 1500);
}

TEST("a percentile needs 20 latencies")
{
	struct hedge h;
	hedge_init(&h, &p95);
	CHECK(hedge_is_on(&h));
	note_all(&h, 19, 100, 0, 1000);
	CHECK_INT(hedge_delay_ms(&h, 1000), INT64_MAX);
	hedge_note(&h, 100, 1000);
	CHECK(hedge_delay_ms(&h, 1000) != INT64_MAX);
}

TEST("the delay is the percentile, and up to a fifth more")
{
	static const double percentiles[] = { 10, 50, 90, 95, 99, 99.9 };
	for (size_t i = 0; i < sizeof percentiles / sizeof *percentiles; i++) {
		const struct hedge_opts opts = { .percentile = percentiles[i] };
		struct hedge h;
		hedge_init(&h, &opts);
		note_all(&h, 10000, 1, 1, 0); /* 1 ms to 10 s: the percentile is 100 times it */
		double exact = percentiles[i] * 100;
		CHECK((double)hedge_delay_ms(&h, 0) >= exact - 1);
		CHECK((double)hedge_delay_ms(&h, 0) <= exact * 1.19);
	}
}

TEST("from nothing to longer than any bucket, latencies are counted in order")
{
	const struct hedge_opts median = { .percentile = 50 };
	static const int64_t latencies[] = { 0, 1, 2, 3, 5, 64, 1000, 65536, 1 << 20, INT64_MAX };
	int64_t last = 0;
	for (size_t i = 0; i < sizeof latencies / sizeof *latencies; i++) {
		struct hedge h;
		hedge_init(&h, &median);
		note_all(&h, 20, latencies[i], 0, 0);
		int64_t delay = hedge_delay_ms(&h, 0);
		CHECK(delay >= 1 && delay >= last && delay < INT64_MAX);
		CHECK(delay >= latencies[i] || delay == 1 << 20);
		CHECK(delay - latencies[i] <= latencies[i] / 5 + 1);
		last = delay;
	}
}

TEST("latencies are forgotten after 20 to 30 seconds")
{
	struct hedge h;
	hedge_init(&h, &p95);
	note_all(&h, 100, 8000, 0, 9999);
	note_all(&h, 100, 10, 0, 15000);
	CHECK(hedge_delay_ms(&h, 15000) >= 8000);
	CHECK(hedge_delay_ms(&h, 29999) >= 8000);
	CHECK(hedge_delay_ms(&h, 30000) < 20);
	CHECK(hedge_delay_ms(&h, 39999) < 20);
	CHECK_INT(hedge_delay_ms(&h, 40000), INT64_MAX);
}

TEST("a slice that is used again holds nothing of what it held")
{
	struct hedge h;
	hedge_init(&h, &p95);
	note_all(&h, 100, 8000, 0, 5000);
	note_all(&h, 20, 10, 0, 35000);
	CHECK(hedge_delay_ms(&h, 35000) < 20);
}

TEST("hedges stay within their share of all requests")
{
	struct hedge h;
	uint64_t most = 0;
	hedge_init(&h, &p95);
	for (uint64_t requests_n = 0; requests_n <= 10000; requests_n++) {
		while (hedge_is_affordable(&h, requests_n))
			hedge_enter(&h);
		CHECK(h.hedges_n * 50 <= requests_n);
		most = h.hedges_n;
	}
	CHECK_INT(most, 200);
}

TEST("without a share there are no hedges, and with all of it one for each request")
{
	const struct hedge_opts none = { .delay_ms = 1 },
				all = { .delay_ms = 1, .max_percent = 100 };
	struct hedge h;
	hedge_init(&h, &none);
	CHECK(!hedge_is_affordable(&h, 1000000));
	hedge_init(&h, &all);
	CHECK(!hedge_is_affordable(&h, 0));
	CHECK(hedge_is_affordable(&h, 1));
	hedge_enter(&h);
	CHECK(!hedge_is_affordable(&h, 1));
}
