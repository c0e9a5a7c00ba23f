/* SPDX-License-Identifier: MIT */
#include "app/speed.h"

#include "t.h"

TEST("a rate is so many in a unit of time, or in several")
{
	static const struct {
		const char *text;
		double tenths;
		int64_t window_ms;
	} rows[] = {
		{ "5/s", 50, 1000 },
		{ "60/m", 600, 60000 },
		{ "1/h", 10, 3600000 },
		{ "1000/d", 10000, 86400000 },
		{ "5/15s", 50, 15000 },
		{ "3/4h", 30, 4 * 3600000 },
		{ "0.5/s", 5, 1000 },
		{ "1/365d", 10, INT64_C(365) * 86400000 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct sched_opts o = { 0 };
		struct err err;
		CHECK(speed_parse_rate(rows[i].text, &o, &err));
		CHECK_INT(o.rate * 10 + 0.5, rows[i].tenths);
		CHECK_INT(o.rate_window_ms, rows[i].window_ms);
	}
}

TEST("what is no rate is refused, a bare number too")
{
	static const char *const wrong[] = { "", "60", "/m", "5/", "5/x", "0/s", "-1/s", "5/0s",
		"5/-1s", "5/1.5s", "5/s/s", "5 /s", "5/ s", "5/ms", "nan/s", "inf/s", "1e10/s",
		"1/366d", "1/99999999999999999999s" };
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct sched_opts o = { 0 };
		struct err err = { 0 };
		CHECK(!speed_parse_rate(wrong[i], &o, &err));
		CHECK_INT(err.kind, ERR_USAGE);
	}
	struct sched_opts o = { .rate = 5 };
	CHECK(speed_parse_rate(NULL, &o, NULL));
	CHECK(!(o.rate > 0));
}

TEST("hedging is by delay, by percentile, or off")
{
	struct hedge_opts o;
	struct err err;
	CHECK(speed_parse_hedge("1500ms", "2", &o, &err));
	CHECK(o.delay_ms == 1500 && !(o.percentile > 0) && o.max_percent > 1.9);
	CHECK(speed_parse_hedge("p99.5", "0.5", &o, &err));
	CHECK(o.delay_ms == 0 && o.percentile > 99.4 && o.max_percent < 0.6);
	for (int i = 0; i < 2; i++) {
		CHECK(speed_parse_hedge(i ? "off" : NULL, "100", &o, &err));
		CHECK(o.delay_ms == 0 && !(o.percentile > 0));
		CHECK(speed_check_hedge(&o, 1, &err));
	}
}

TEST("what is no delay and no percentile is refused, and so is a share beyond all")
{
	static const char *const wrong[] = { "", "p", "p0", "p100", "p-5", "px", "p95%", "0", "0s",
		"-1s", "5", "on", "8761h" };
	struct hedge_opts o;
	struct err err;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		CHECK(!speed_parse_hedge(wrong[i], "2", &o, &err));
	CHECK(!speed_parse_hedge("5s", "101", &o, &err));
	CHECK(!speed_parse_hedge("5s", "-1", &o, &err));
	CHECK(!speed_parse_hedge("5s", "2%", &o, &err));
}

TEST("hedging needs a second endpoint in the pool")
{
	const struct hedge_opts by_delay = { .delay_ms = 1 }, by_percentile = { .percentile = 95 };
	struct err err;
	CHECK(!speed_check_hedge(&by_delay, 1, &err));
	CHECK(!speed_check_hedge(&by_percentile, 1, &err));
	CHECK(speed_check_hedge(&by_delay, 2, &err));
	CHECK(speed_check_hedge(&by_percentile, 64, &err));
}
