/* SPDX-License-Identifier: MIT */
#include "base/rng.h"

#include "t.h"

TEST("the numbers are SplitMix64's")
{
	struct rng r;
	rng_init(&r, 0);
	CHECK(rng_next(&r) == UINT64_C(0xe220a8397b1dcdaf));
	CHECK(rng_next(&r) == UINT64_C(0x6e789e6aa1b965f4));
	CHECK(rng_next(&r) == UINT64_C(0x06c45d188009454f));
	rng_init(&r, 1234567);
	CHECK(rng_next(&r) == UINT64_C(6457827717110365317));
}

TEST("equal seeds give equal runs, unequal ones do not")
{
	struct rng a, b, c;
	int same = 0;
	rng_init(&a, 42);
	rng_init(&b, 42);
	rng_init(&c, 43);
	for (int i = 0; i < 100; i++) {
		uint64_t n = rng_next(&a);
		CHECK(n == rng_next(&b));
		same += n == rng_next(&c);
	}
	CHECK_INT(same, 0);
}

TEST("numbers up to n stay there, reach both ends and spread evenly")
{
	struct rng r;
	int count[8] = { 0 };
	rng_init(&r, 5);
	CHECK_INT(rng_upto(&r, 0), 0);
	CHECK_INT(rng_upto(&r, -5), 0);
	for (int i = 0; i < 80000; i++) {
		int64_t n = rng_upto(&r, 7);
		if (CHECK(n >= 0 && n <= 7))
			count[n]++;
	}
	for (int i = 0; i < 8; i++)
		CHECK(count[i] > 9500 && count[i] < 10500);
	for (int i = 0; i < 1000; i++)
		CHECK(rng_upto(&r, INT64_MAX) >= 0);
}

TEST("numbers between 0 and 1 never reach 1, and their mean is a half")
{
	struct rng r;
	double sum = 0;
	rng_init(&r, 9);
	for (int i = 0; i < 100000; i++) {
		double x = rng_unit(&r);
		CHECK(x >= 0 && x < 1);
		sum += x;
	}
	CHECK(sum > 49500 && sum < 50500);
}
