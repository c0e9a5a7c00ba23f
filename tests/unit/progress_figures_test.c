/* SPDX-License-Identifier: MIT */
#include "ui/progress_figures.h"

#include "base/money.h"

#include "t.h"

static struct stats stats;
static struct progress progress;

/* The view at that time of a run that began at 0. */
static struct view at(int64_t now_ms, uint64_t settled_n)
{
	return (struct view){
		.stats = &stats, .now_ms = now_ms, .settled_n = settled_n, .jobs = 64, .hold_ms = -1
	};
}

static void begin(uint64_t total_n)
{
	stats = (struct stats){ .cost_source = "table" };
	progress_init(
		&progress, &(struct progress_opts){ .form = PROGRESS_IS_LINE, .total_n = total_n });
	struct view v = at(0, 0);
	progress_mark(&progress, &v);
}

/* Looks, and gives the figures then. */
static struct progress_figures seen(int64_t now_ms, uint64_t settled_n)
{
	struct view v = at(now_ms, settled_n);
	progress_mark(&progress, &v);
	return progress_figure(&progress, &v);
}

static bool is_near(double got, double want)
{
	return got > want * 0.99 && got < want * 1.01;
}

TEST("a steady rate is told, and when the rest will be done")
{
	struct progress_figures f = { 0 };
	begin(10000);
	for (int64_t ms = 200; ms <= 100000; ms += 200)
		f = seen(ms, (uint64_t)ms / 20);
	CHECK(is_near(f.records_per_s, 50));
	CHECK(is_near((double)f.eta_ms, 100000));
	CHECK(is_near(f.share, 0.5));
}

TEST("the rate is that of the last half minute, not of all the run")
{
	struct progress_figures f = { 0 };
	begin(0);
	for (int64_t ms = 200; ms <= 60000; ms += 200)
		f = seen(ms, (uint64_t)ms);
	CHECK(is_near(f.records_per_s, 1000));
	for (int64_t ms = 60200; ms <= 92000; ms += 200) {
		f = seen(ms, 60000 + (uint64_t)(ms - 60000) / 100);
		if (ms == 75000)
			CHECK(is_near(f.records_per_s, 505));
	}
	CHECK(is_near(f.records_per_s, 10));
	/* Nobody knows how many there are. */
	CHECK_INT(f.eta_ms, -1);
}

TEST("bursts neither speed a run up nor slow it down")
{
	struct progress_figures f;
	begin(6400);
	for (int64_t ms = 200; ms <= 400000; ms += 200) {
		f = seen(ms, (uint64_t)ms / 20000 * 64);
		if (ms < 20000)
			continue;
		double left = 6400.0 - (double)(ms / 20000 * 64);
		if (!CHECK(is_near(f.records_per_s, 3.2)) ||
			!CHECK(is_near((double)f.eta_ms, left / 3.2 * 1000)))
			return;
	}
}

TEST("one record a minute has a rate and an end, too")
{
	struct progress_figures f = { 0 };
	begin(100);
	for (int64_t ms = 1000; ms <= 650000; ms += 1000)
		f = seen(ms, (uint64_t)ms / 60000);
	CHECK(is_near(f.records_per_s, 1 / 60.0));
	CHECK(is_near((double)f.eta_ms, 90 * 60000.0));
	/* One that is late is waited for as long again. */
	CHECK(seen(710000, 10).records_per_s > 0.008);
	CHECK(seen(721000, 10).records_per_s < 0.001);
}

TEST("a run that stands still slows down, then says that nothing moves")
{
	struct progress_figures f = { 0 };
	begin(10000);
	for (int64_t ms = 200; ms <= 40000; ms += 200)
		f = seen(ms, (uint64_t)ms / 20);
	double before = f.records_per_s;
	for (int64_t ms = 40200; ms <= 55000; ms += 200)
		f = seen(ms, 2000);
	CHECK(f.records_per_s > 0 && f.records_per_s < 0.8 * before);
	for (int64_t ms = 55200; ms <= 75000; ms += 200)
		f = seen(ms, 2000);
	CHECK(f.records_per_s < 0.001 && f.records_per_s > -0.001);
	CHECK_INT(f.eta_ms, -1);
	/* And once it moves again it has a rate again. */
	for (int64_t ms = 75200; ms <= 115000; ms += 200)
		f = seen(ms, 2000 + (uint64_t)(ms - 75000) / 20);
	CHECK(is_near(f.records_per_s, 50));
}

TEST("a wait that is known counts before it is over")
{
	begin(300);
	struct view v = at(600, 10);
	progress_mark(&progress, &v);
	v = at(1200, 10);
	v.hold = HOLD_SERVER;
	v.hold_ms = 9000;
	CHECK(is_near((double)progress_figure(&progress, &v).eta_ms, 29 * 9600));
	v.hold_ms = INT64_MAX;
	CHECK_INT(progress_figure(&progress, &v).eta_ms, -1);
	v.hold = HOLD_JOBS;
	v.hold_ms = -1;
	CHECK(is_near((double)progress_figure(&progress, &v).eta_ms, 29 * 600));
}

TEST("nothing is told of the end before five are done, and nothing of the rate before one is")
{
	begin(1000);
	struct progress_figures f = seen(400, 0);
	CHECK(f.records_per_s < 0);
	f = seen(5000, 4);
	CHECK(is_near(f.records_per_s, 0.8));
	CHECK_INT(f.eta_ms, -1);
	CHECK_INT(f.cost_forecast, -1);
	f = seen(6000, 6);
	CHECK(is_near((double)f.eta_ms, 994000));
}

TEST("looks that are minutes apart still give the rate between them")
{
	begin(0);
	for (int64_t ms = 300000; ms <= 1200000; ms += 300000)
		CHECK(is_near(seen(ms, (uint64_t)ms / 100).records_per_s, 10));
}

TEST("bytes tell the share and the end where nobody has said how many there are")
{
	struct progress_figures f = { 0 };
	begin(0);
	for (int64_t ms = 200; ms <= 20000; ms += 200) {
		struct view v = at(ms, (uint64_t)ms / 100);
		v.settled_bytes = (uint64_t)ms * 10;
		v.input_bytes = 1000000;
		progress_mark(&progress, &v);
		f = progress_figure(&progress, &v);
	}
	CHECK(is_near(f.share, 0.2));
	CHECK(is_near((double)f.eta_ms, 80000));
}

TEST("a total that was too small is no total")
{
	begin(10);
	struct progress_figures f = seen(5000, 11);
	CHECK(f.share < 0);
	CHECK_INT(f.eta_ms, -1);
	CHECK_INT(f.total_n, 0);
	/* That is known as soon as more are there. */
	begin(10);
	CHECK_INT(seen(5000, 10).total_n, 10);
	stats.read_n = 11;
	CHECK_INT(seen(5000, 10).total_n, 0);
}

TEST("a file that has grown is not done by more than all of it")
{
	begin(0);
	struct view v = at(5000, 11);
	v.settled_bytes = 2000;
	v.input_bytes = 1000;
	struct progress_figures f = progress_figure(&progress, &v);
	CHECK(f.share <= 1 && f.share >= 1);
	CHECK_INT(f.eta_ms, 0);
}

TEST("what is all done ends now, however few they were")
{
	begin(3);
	CHECK_INT(seen(400, 2).eta_ms, -1);
	CHECK_INT(seen(500, 3).eta_ms, 0);
}

TEST("without an end nothing is told of what it will cost")
{
	begin(0);
	stats.cost = MONEY_PER_DOLLAR;
	struct progress_figures f = seen(5000, 30);
	CHECK_INT(f.cost, MONEY_PER_DOLLAR);
	CHECK_INT(f.cost_forecast, -1);
}

TEST("the forecast of the cost is what a record costs, for all of them")
{
	begin(1000);
	for (int64_t ms = 200; ms <= 40000; ms += 200) {
		stats.cost = (int64_t)((uint64_t)ms / 200) * MONEY_PER_DOLLAR / 100;
		struct progress_figures f = seen(ms, (uint64_t)ms / 200);
		if (ms >= 1000 && !CHECK(is_near((double)f.cost_forecast, 10e12)))
			return;
	}
	stats.unpriced_n = 1;
	CHECK_INT(seen(40200, 201).cost_forecast, -1);
	stats.cost_source = NULL;
	CHECK_INT(seen(40400, 202).cost, -1);
}

TEST("of a run that is ending nothing is told of an end that it will not come to")
{
	begin(1000);
	stats.cost = MONEY_PER_DOLLAR;
	struct view v = at(5000, 300);
	CHECK(progress_figure(&progress, &v).eta_ms > 0);
	v.hold = HOLD_END;
	v.hold_ms = 20000;
	v.is_ending = true;
	struct progress_figures f = progress_figure(&progress, &v);
	CHECK_INT(f.eta_ms, -1);
	CHECK_INT(f.cost_forecast, -1);
	CHECK_INT(f.cost, MONEY_PER_DOLLAR);
	CHECK(f.records_per_s > 0);
	/* When it has ended, it had no speed. */
	progress.has_ended = true;
	CHECK(progress_figure(&progress, &v).records_per_s < 0);
	v.is_ending = false;
	CHECK(progress_figure(&progress, &v).records_per_s > 0);
}

TEST("what is under way and paid in part does not make the forecast too high")
{
	begin(1000);
	stats.cost = MONEY_PER_DOLLAR;
	struct view v = at(5000, 30);
	v.in_flight = 20;
	v.waiting_n = 11;
	CHECK_INT(progress_figure(&progress, &v).cost_forecast, -1);
	v.waiting_n = 10;
	CHECK(progress_figure(&progress, &v).cost_forecast > 0);
}

TEST("records that were answered before do not make the rest look cheap for long")
{
	struct progress_figures f = { 0 };
	begin(5000);
	stats.skipped_n = 4000;
	seen(500, 4000);
	for (int64_t ms = 1000; ms <= 50000; ms += 500) {
		stats.cost = ms / 500 * MONEY_PER_DOLLAR / 100;
		f = seen(ms, 4000 + (uint64_t)ms / 500);
	}
	CHECK(is_near((double)f.cost_forecast, 10e12));
	CHECK(is_near((double)f.eta_ms, 450000));
}

TEST("records answered before all over the input are expected in the rest of it, too")
{
	struct progress_figures f = { 0 };
	begin(10000);
	for (int64_t ms = 500; ms <= 50000; ms += 500) {
		stats.skipped_n = (uint64_t)ms / 500 * 9;
		stats.cost = ms / 500 * MONEY_PER_DOLLAR / 100;
		f = seen(ms, (uint64_t)ms / 500 * 10);
	}
	CHECK(is_near((double)f.cost_forecast, 10e12));
}
