/* SPDX-License-Identifier: MIT */
#include "base/money.h"

#include "t.h"

#include <inttypes.h>
#include <stdio.h>

enum { MILLION = 1000000 };

static void check_read(const char *text, int64_t divisor, int64_t want)
{
	int64_t pico = -7;
	bool ok = CHECK(money_read(span_of(text), divisor, &pico));
	if (!(ok & CHECK_INT(pico, want)))
		printf("#   %s / %" PRId64 "\n", text, divisor);
}

TEST("prices are read exactly, with or without an exponent")
{
	check_read("0", 1, 0);
	check_read("0.000", 1, 0);
	check_read("0e9", 1, 0);
	check_read("12", 1, 12 * MONEY_PER_DOLLAR);
	check_read("0.1", 1, MONEY_PER_DOLLAR / 10);
	check_read("0.15", 1, 150000000000);
	check_read("1.5e-07", 1, 150000);
	check_read("1.5E-7", 1, 150000);
	check_read("1E-3", 1, 1000000000);
	check_read("1e+2", 1, 100 * MONEY_PER_DOLLAR);
	check_read("1.25e2", 1, 125 * MONEY_PER_DOLLAR);
	check_read("2.5", MILLION, 2500000);
	check_read("0.075", MILLION, 75000);
	check_read("3e-06", 1, 3000000);
	check_read("0.000000000001", 1, 1);
	check_read("3.0000000000000000000000000000000000000000", 1, 3 * MONEY_PER_DOLLAR);
	check_read("0.00000000000000000000000000000000000000007e40", 1, 700000000000);
	check_read("700000000000000000000000000000000000000000000e-45", 1, 700000000000);
}

TEST("half a pico-dollar is rounded up, and something never becomes nothing")
{
	check_read("1.0000000000004", 1, MONEY_PER_DOLLAR);
	check_read("1.00000000000049999999999999999999999999999", 1, MONEY_PER_DOLLAR);
	check_read("1.0000000000005", 1, MONEY_PER_DOLLAR + 1);
	check_read("0.9999999999995", 1, MONEY_PER_DOLLAR);
	check_read("0.0000025", MILLION, 3);
	check_read("1e-12", MILLION, 1);
	check_read("1e-999999999999999999999999", 1, 1);
	check_read("0.4e-12", 1, 1);
}

TEST("the largest that fits is read, and what is more is refused")
{
	int64_t pico = -7;
	check_read("9223372.036854775807", 1, INT64_MAX);
	check_read("9223372.0368547758074", 1, INT64_MAX);
	check_read("9223372036854.775807", MILLION, INT64_MAX);
	CHECK(!money_read(SPAN("9223372.036854775808"), 1, &pico));
	CHECK(!money_read(SPAN("9223372.0368547758075"), 1, &pico));
	CHECK(!money_read(SPAN("9223373"), 1, &pico));
	CHECK(!money_read(SPAN("1e99999999999999999999"), 1, &pico));
	CHECK_INT(pico, -7);
}

TEST("what is no number of JSON, or less than nothing, is refused")
{
	static const char *const bad[] = { "", " 1", "1 ", "-1", "-0", "+1", ".5", "5.", "1.e3",
		"01", "00", "1e", "1e+", "1e-", "1e1.5", "1.2.3", "0x10", "NaN", "Infinity", "1,5",
		"$1", "null", "1_0", "e5", "." };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		int64_t pico = -7;
		bool ok = CHECK(!money_read(span_of(bad[i]), 1, &pico));
		if (!(ok & CHECK_INT(pico, -7)))
			printf("#   %s\n", bad[i]);
	}
	int64_t pico = -7;
	CHECK(!money_read((struct span){ 0 }, 1, &pico));
	CHECK(!money_read((struct span){ "1\0", 2 }, 1, &pico));
}

static void check_put(int64_t pico, const char *exact, const char *rounded)
{
	struct buf out;
	buf_init(&out, 100);
	money_put(&out, pico);
	CHECK_MEM(out.data, out.len, exact);
	buf_clear(&out);
	money_put_rounded(&out, pico);
	CHECK_MEM(out.data, out.len, rounded);
	buf_release(&out);
}

TEST("money is printed exactly for programs, and to two digits that matter for people")
{
	check_put(0, "0", "$0");
	check_put(1, "0.000000000001", "$0.000000000001");
	check_put(150000, "0.00000015", "$0.00000015");
	check_put(150000000, "0.00015", "$0.00015");
	check_put(4249999999, "0.004249999999", "$0.0042");
	check_put(4250000000, "0.00425", "$0.0043");
	check_put(4000000000, "0.004", "$0.004");
	check_put(50000000000, "0.05", "$0.05");
	check_put(51000000000, "0.051", "$0.051");
	check_put(99499999999, "0.099499999999", "$0.099");
	check_put(99500000000, "0.0995", "$0.10");
	check_put(MONEY_PER_DOLLAR / 10, "0.1", "$0.10");
	check_put(104999999999, "0.104999999999", "$0.10");
	check_put(105000000000, "0.105", "$0.11");
	check_put(999999999999, "0.999999999999", "$1.00");
	check_put(MONEY_PER_DOLLAR, "1", "$1.00");
	check_put(12 * MONEY_PER_DOLLAR + MONEY_PER_DOLLAR / 2, "12.5", "$12.50");
	check_put(1234567 * MONEY_PER_DOLLAR, "1234567", "$1234567.00");
	check_put(INT64_MAX, "9223372.036854775807", "$9223372.04");
}

TEST("what is printed exactly reads as the same again")
{
	for (int64_t pico = 1; pico < INT64_MAX / 11; pico = pico * 11 + 3) {
		struct buf out;
		int64_t back = -1;
		buf_init(&out, 100);
		money_put(&out, pico);
		CHECK(money_read(buf_span(&out), 1, &back));
		CHECK_INT(back, pico);
		buf_release(&out);
	}
}

TEST("sums and products stop at the largest number")
{
	CHECK_INT(money_times(3, 4), 12);
	CHECK_INT(money_times(0, INT64_MAX), 0);
	CHECK_INT(money_times(INT64_C(1) << 32, INT64_C(1) << 32), INT64_MAX);
	CHECK_INT(money_times(INT64_MAX, 2), INT64_MAX);
	CHECK_INT(money_plus(3, 4), 7);
	CHECK_INT(money_plus(INT64_MAX, 0), INT64_MAX);
	CHECK_INT(money_plus(INT64_MAX, 1), INT64_MAX);
	CHECK_INT(money_plus(INT64_MAX - 1, INT64_MAX), INT64_MAX);
}
