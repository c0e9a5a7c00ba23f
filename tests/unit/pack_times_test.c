/* SPDX-License-Identifier: MIT */
#include "policy/pack_times.h"

#include "t.h"

#include <math.h>

static void add(struct pack_times *t, unsigned n, int64_t took_ms)
{
	while (n-- > 0)
		pack_times_add(t, took_ms, 10);
}

static bool is_mean(const struct pack_times *t, double item_ms)
{
	return fabs(t->mean - log(item_ms)) < 0.01;
}

TEST("packs that take the same are known after four, those that vary after sixteen at most")
{
	struct pack_times t = { 0 };
	add(&t, 3, 1000);
	CHECK(!pack_times_are_known(&t));
	add(&t, 1, 1000);
	CHECK(pack_times_are_known(&t));
	CHECK(is_mean(&t, 100));
	t = (struct pack_times){ 0 };
	for (int i = 0; i < 15; i++)
		add(&t, 1, i % 2 ? 600 : 1400);
	CHECK(!pack_times_are_known(&t));
	add(&t, 1, 1000);
	CHECK(pack_times_are_known(&t));
}

TEST("a pack that takes a hundred times as long hardly moves the mean, even if it is the first")
{
	struct pack_times t = { 0 };
	add(&t, 19, 1000);
	add(&t, 1, 100000);
	CHECK(t.mean - log(100) < 0.05);
	t = (struct pack_times){ 0 };
	add(&t, 1, 100000);
	add(&t, 4, 1000);
	CHECK(is_mean(&t, 100));
}

TEST("what is long past is forgotten, so that the mean follows")
{
	struct pack_times t = { 0 };
	add(&t, 1000, 1000);
	add(&t, 300, 1500);
	CHECK(is_mean(&t, 150));
}

TEST("the deviation to expect is less with more packs, and that of the wider spread")
{
	struct pack_times even = { 0 }, varied = { 0 };
	add(&even, 8, 1000);
	double few = pack_times_deviation(&even, &even);
	for (int i = 0; i < 8; i++)
		add(&varied, 1, i % 2 ? 600 : 1400);
	double wide = pack_times_deviation(&even, &varied);
	CHECK(wide > 3 * few);
	CHECK(wide >= 0.9 * pack_times_deviation(&varied, &varied));
	add(&even, 24, 1000);
	CHECK(pack_times_deviation(&even, &even) < few / 2);
}
