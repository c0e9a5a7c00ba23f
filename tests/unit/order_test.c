/* SPDX-License-Identifier: MIT */
#include "policy/order.h"

#include "base/rng.h"
#include "t.h"

#define THING(n) ((void *)(uintptr_t)((n) + 1))

TEST("with order kept, nobody leaves before an earlier number has")
{
	struct order o;
	order_init(&o, 4, true);
	CHECK(order_take(&o) == NULL);
	order_put(&o, 2, THING(2));
	order_put(&o, 1, THING(1));
	CHECK(order_peek(&o) == NULL);
	CHECK(order_take(&o) == NULL);
	order_put(&o, 0, THING(0));
	CHECK(order_peek(&o) == THING(0));
	CHECK(order_take(&o) == THING(0));
	CHECK(order_take(&o) == THING(1));
	order_put(&o, 3, THING(3));
	CHECK(order_take(&o) == THING(2));
	CHECK(order_take(&o) == THING(3));
	CHECK(order_take(&o) == NULL);
	CHECK_INT(o.held, 0);
	order_release(&o);
}

TEST("without order, things leave as they finished")
{
	struct order o;
	order_init(&o, 3, false);
	order_put(&o, 70, THING(70));
	order_put(&o, 2, THING(2));
	CHECK(order_take(&o) == THING(70));
	order_put(&o, 1000000, THING(5));
	CHECK(order_take(&o) == THING(2));
	CHECK(order_take(&o) == THING(5));
	CHECK(order_take(&o) == NULL);
	order_release(&o);
}

TEST("a window of one passes one thing after another")
{
	struct order o;
	order_init(&o, 1, true);
	for (unsigned i = 0; i < 10; i++) {
		order_put(&o, i, THING(i));
		CHECK(order_take(&o) == THING(i));
		CHECK(order_take(&o) == NULL);
	}
	order_release(&o);
}

/* Finishes numbers at random within the window and checks the order in which they leave. */
static void run_random(bool keeps, uint64_t seed)
{
	enum { WINDOW = 37, TOTAL = 5000 };
	uint64_t alive[WINDOW], read = 0, left = 0, sum = 0;
	size_t alive_n = 0;
	struct order o;
	struct rng rng;
	rng_init(&rng, seed);
	order_init(&o, WINDOW, keeps);
	while (left < TOTAL) {
		while (read < TOTAL && read - left < WINDOW && rng_upto(&rng, 3))
			alive[alive_n++] = read++;
		if (alive_n) {
			size_t at = (size_t)rng_upto(&rng, (int64_t)alive_n - 1);
			order_put(&o, alive[at], THING(alive[at]));
			alive[at] = alive[--alive_n];
		}
		for (void *thing; (thing = order_take(&o)); left++) {
			uint64_t number = (uintptr_t)thing - 1;
			sum += number;
			CHECK(!keeps || number == left);
		}
		CHECK_INT(o.held + alive_n + left, read);
	}
	CHECK_INT(sum, (uint64_t)TOTAL * (TOTAL - 1) / 2);
	order_release(&o);
}

TEST("everything that goes in comes out once, in order where order is kept")
{
	for (uint64_t seed = 0; seed < 20; seed++) {
		run_random(true, seed);
		run_random(false, seed);
	}
}
