/* SPDX-License-Identifier: MIT */
#include "policy/forecast.h"

#include "base/rng.h"
#include "t.h"

#include <math.h>

static struct forecast fresh(void)
{
	struct forecast f;
	forecast_init(&f);
	return f;
}

static bool is_near(double got, double want)
{
	return fabs(got - want) <= 0.01 * fabs(want) + 1e-9;
}

static void learn_often(struct forecast *f, unsigned n, double estimate, int64_t input)
{
	for (unsigned i = 0; i < n; i++)
		forecast_learn(f, estimate, input, -1);
}

TEST("while nothing is known the estimate is believed")
{
	struct forecast f = fresh();
	CHECK(is_near(forecast_input(&f, 123), 123));
	CHECK(is_near(forecast_input(&f, 0), 0));
}

TEST("while no answer is known, output is the request's own limit, or a modest guess")
{
	struct forecast f = fresh();
	CHECK(is_near(forecast_output(&f, 4000), 4000));
	CHECK(is_near(forecast_output(&f, 5), 5));
	CHECK(is_near(forecast_output(&f, 0), FORECAST_OUTPUT));
	forecast_learn(&f, 100, 150, -1);
	CHECK(is_near(forecast_output(&f, 4000), 4000));
	CHECK(is_near(forecast_output(&f, 0), FORECAST_OUTPUT));
}

TEST("a tokenizer that always counts half as much again is learned within twenty answers")
{
	struct forecast f = fresh();
	forecast_learn(&f, 200, 300, -1);
	CHECK(is_near(f.ratio, 1.5));
	learn_often(&f, 19, 200, 300);
	CHECK(is_near(f.ratio, 1.5));
	double after_20 = forecast_input(&f, 1000);
	CHECK(after_20 >= 1500 && after_20 < 1600);
	learn_often(&f, 100, 200, 300);
	CHECK(is_near(forecast_input(&f, 1000), 1500));
}

TEST("the first twenty answers count alike, later ones a twentieth")
{
	struct forecast f = fresh();
	for (int i = 1; i <= 20; i++)
		forecast_learn(&f, 100, i <= 10 ? 100 : 200, -1);
	CHECK(is_near(f.ratio, 1.5));
	forecast_learn(&f, 100, 350, -1);
	CHECK(is_near(f.ratio, 1.6));
}

TEST("a first answer that surprises makes the next forecast careful")
{
	struct forecast f = fresh(), g = fresh();
	forecast_learn(&f, 100, 160, -1);
	forecast_learn(&g, 100, 101, -1);
	CHECK(forecast_input(&f, 100) > 160 * 1.5);
	CHECK(forecast_input(&g, 100) < 101 * 1.05);
}

TEST("long prompts say more about tokens than short ones")
{
	struct forecast f = fresh();
	for (int i = 0; i < 100; i++) {
		forecast_learn(&f, 10, 40, -1);
		forecast_learn(&f, 1000, 1030, -1);
	}
	CHECK(f.ratio > 1.0 && f.ratio < 1.1);
	CHECK(forecast_input(&f, 1000) < 1200);
}

TEST("with errors of a normal size nearly all requests stay within what was reserved")
{
	struct forecast f = fresh();
	struct rng r;
	int over_n = 0, all_n = 5000;
	double reserved = 0, used = 0;
	rng_init(&r, 7);
	for (int i = 0; i < all_n + 20; i++) {
		double estimate = 50 + 400 * rng_unit(&r);
		/* a sum of uniforms is about normal */
		double noise = rng_unit(&r) + rng_unit(&r) + rng_unit(&r) + rng_unit(&r) - 2;
		int64_t input = (int64_t)(estimate * (1.3 + 0.25 * noise));
		if (i >= 20) {
			over_n += (double)input > forecast_input(&f, estimate);
			reserved += forecast_input(&f, estimate);
			used += (double)input;
		}
		forecast_learn(&f, estimate, input, -1);
	}
	CHECK(over_n > all_n / 100 && over_n < all_n / 10);
	CHECK(reserved / used > 1.02 && reserved / used < 1.3);
}

TEST("about nine of ten answers are no longer than forecast, whatever their distribution")
{
	for (int kind = 0; kind < 3; kind++) {
		struct forecast f = fresh();
		struct rng r;
		int within_n = 0, all_n = 5000;
		rng_init(&r, (uint64_t)kind);
		for (int i = 0; i < all_n + 20; i++) {
			double u = rng_unit(&r);
			double output = kind == 0 ? 100 + 100 * u : -200 * log(1 - u);
			if (kind == 2)
				output = 300 + 40 * (u + rng_unit(&r) + rng_unit(&r) - 1.5);
			if (i >= 20)
				within_n += output <= forecast_output(&f, 0);
			forecast_learn(&f, 100, -1, (int64_t)output);
		}
		CHECK(within_n > all_n * 84 / 100 && within_n < all_n * 97 / 100);
	}
}

TEST("output is never expected to pass the request's own limit")
{
	struct forecast f = fresh();
	for (int i = 0; i < 50; i++)
		forecast_learn(&f, 100, 100, 900);
	CHECK(is_near(forecast_output(&f, 100), 100));
	CHECK(is_near(forecast_output(&f, 900), 900));
	CHECK(is_near(forecast_output(&f, 1000000), forecast_output(&f, 0)));
	CHECK(forecast_output(&f, 0) >= 900);
}

TEST("a change is followed: old answers are forgotten")
{
	struct forecast f = fresh();
	for (int i = 0; i < 1000; i++)
		forecast_learn(&f, 100, 100, 1000);
	for (int i = 0; i < 200; i++)
		forecast_learn(&f, 100, 200, 10);
	CHECK(f.ratio > 1.95 && f.ratio <= 2);
	CHECK(forecast_output(&f, 0) >= 10 && forecast_output(&f, 0) < 20);
}

TEST("answers that report nothing, or nonsense, teach nothing or little")
{
	struct forecast f = fresh();
	forecast_learn(&f, 100, -1, -1);
	forecast_learn(&f, 100, 0, -1);
	forecast_learn(&f, 0, 50, -1);
	CHECK_INT(f.inputs_n, 0);
	CHECK_INT(f.outputs_n, 0);
	CHECK(is_near(forecast_input(&f, 100), 100));
	learn_often(&f, 100, 10, INT64_MAX);
	CHECK(f.ratio <= FORECAST_RATIO_MAX && forecast_input(&f, 10) <= 10 * FORECAST_RATIO_MAX);
	learn_often(&f, 1000, 1e6, 1);
	CHECK(f.ratio >= FORECAST_RATIO_MIN && is_near(f.ratio, FORECAST_RATIO_MIN));
}

TEST("after one answer the next may well be longer")
{
	struct forecast f = fresh();
	forecast_learn(&f, 100, -1, 100);
	CHECK(forecast_output(&f, 0) > 150 && forecast_output(&f, 0) < 300);
}

TEST("an answer of no tokens is an answer")
{
	struct forecast f = fresh();
	forecast_learn(&f, 100, -1, 0);
	CHECK_INT(f.outputs_n, 1);
	CHECK(is_near(forecast_output(&f, 500), 0));
}
